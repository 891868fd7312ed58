/**
 * Distributions as plain data: what the notation is read into, what a record's header holds, what a sampler is made of.
 * Numbers carry no unit; whoever reads the notation resolves it (durations to microseconds, sizes to bytes).
 */

export type DistributionSpec =
  | { readonly kind: "constant"; readonly value: number }
  /** Any number between the ends. Needs from <= to. */
  | { readonly kind: "uniform"; readonly from: number; readonly to: number }
  | { readonly kind: "exponential"; readonly mean: number }
  | { readonly kind: "normal"; readonly mean: number; readonly sd: number }
  /** exp(normal): given by its median and one more quantile (`at` between 0 and 1, not 0.5) ... */
  | { readonly kind: "lognormal"; readonly median: number; readonly at: number; readonly quantile: number }
  /** ... or by its own mean and standard deviation. */
  | { readonly kind: "lognormalMoments"; readonly mean: number; readonly sd: number }
  /** Mean = shape × scale. */
  | { readonly kind: "gamma"; readonly shape: number; readonly mean: number }
  /** P(X > x) = exp(-(x / scale)^shape). */
  | { readonly kind: "weibull"; readonly shape: number; readonly scale: number }
  /** P(X > x) = (min / x)^alpha for x >= min. The mean is infinite for alpha <= 1, the variance for alpha <= 2. */
  | { readonly kind: "pareto"; readonly min: number; readonly alpha: number }
  /** Generalised Pareto: P(X > x) = (1 + shape (x - location) / scale)^(-1 / shape), shape above 0. The mean is infinite from shape 1 on. */
  | { readonly kind: "gpareto"; readonly location: number; readonly scale: number; readonly shape: number }
  /** Generalised extreme values (Frechet's type): P(X <= x) = exp(-(1 + shape (x - location) / scale)^(-1 / shape)), shape above 0. */
  | { readonly kind: "gev"; readonly location: number; readonly scale: number; readonly shape: number }
  /** Each part with its weight; the weights sum to 1. */
  | { readonly kind: "mixture"; readonly parts: readonly MixturePart[] }
  /** A constant more than another distribution. */
  | { readonly kind: "shifted"; readonly by: number; readonly of: DistributionSpec }
  /** Linear between the given quantiles: `at` grows from 0 to 1, values never fall. */
  | { readonly kind: "quantiles"; readonly points: readonly QuantilePoint[] }
  /** One of the values, all alike. `column` of `file` until the file is read (`values` is undefined so long). */
  | { readonly kind: "empirical"; readonly file: string; readonly column: string; readonly values?: readonly number[] };

export interface MixturePart {
  readonly weight: number;
  readonly of: DistributionSpec;
}

export interface QuantilePoint {
  /** Between 0 and 1. */
  readonly at: number;
  readonly value: number;
}

/** Which key an operation names, by rank or position: 0 up to the number of items. */
export type DiscreteSpec =
  | { readonly kind: "uniform" }
  /** Rank r (from 0) with probability proportional to (r + 1)^-exponent. Any exponent >= 0. */
  | { readonly kind: "zipf"; readonly exponent: number }
  /** A share of the items gets a share of the draws, uniform inside and outside. */
  | { readonly kind: "hotSet"; readonly items: number; readonly draws: number }
  /** Position i with probability proportional to weights[i]. */
  | { readonly kind: "weighted"; readonly weights: readonly number[] };

/** Every distribution in a spec, itself first, then those inside it. */
export function distributionsIn(spec: DistributionSpec): readonly DistributionSpec[] {
  if (spec.kind === "shifted") return [spec, ...distributionsIn(spec.of)];
  return spec.kind === "mixture" ? [spec, ...spec.parts.flatMap((part) => distributionsIn(part.of))] : [spec];
}

/** The same spec with each empirical distribution's values filled in from its file; `read` gives a column's numbers. */
export function fillEmpirical(spec: DistributionSpec, read: (file: string, column: string) => readonly number[]): DistributionSpec {
  switch (spec.kind) {
    case "empirical":
      return { ...spec, values: read(spec.file, spec.column) };
    case "mixture":
      return { ...spec, parts: spec.parts.map((part) => ({ ...part, of: fillEmpirical(part.of, read) })) };
    case "shifted":
      return { ...spec, of: fillEmpirical(spec.of, read) };
    default:
      return spec;
  }
}
