/**
 * Samplers made of specs. A sampler draws from the Random it is given and keeps nothing, so one sampler serves many
 * streams. Powers are written exp(y log x), which gives the same bits on every Node. Mean, variance and distribution
 * function are in moments.ts.
 */
import { assert, unreachable } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";
import type { DistributionSpec, MixturePart, QuantilePoint } from "./distribution-spec.ts";
import { normalQuantile } from "./special-functions.ts";
import { drawExponential, drawNormal } from "./ziggurat.ts";

export type Sampler = (random: Random) => number;

/** What is drawn: durations and sizes are whole and never negative; numbers are as they come. */
export type Drawn = "duration" | "size" | "number";

const TWO_32 = 4_294_967_296;
/** Ranges wider than this take two draws for one uniform number, so that every whole number in them can occur. */
const FINE_RANGE = 65_536;

/**
 * A sampler of the spec. As "duration" (the default: whole microseconds) or "size" (whole bytes) each draw is rounded to
 * the nearest at once, and one below 0 is 0; `uniform` then takes every whole number between its ends, ends included,
 * alike. An empirical spec must have its values. The spec must be sound: the reader of the notation sees to that.
 */
export function compileDistribution(spec: DistributionSpec, drawn: Drawn = "duration"): Sampler {
  if (drawn === "number") return raw(spec);
  switch (spec.kind) {
    case "constant": {
      const value = whole(spec.value);
      return () => value;
    }
    case "exponential": {
      const { mean } = spec;
      return (random) => Math.floor(mean * drawExponential(random) + 0.5);
    }
    case "uniform": {
      const from = Math.max(0, Math.ceil(spec.from));
      const span = Math.max(1, Math.floor(spec.to) - from + 1);
      if (span > TWO_32) return (random) => from + Math.floor(fine(random) * span);
      return (random) => from + random.below(span);
    }
    default: {
      const draw = raw(spec);
      return (random) => whole(draw(random));
    }
  }
}

/**
 * Rounded to the nearest; at least 0, at most 2^53 - 1, which the tail of a Pareto may pass. By floor: V8's Math.round
 * branches on the fraction, which no processor predicts, and takes 10 ns for it.
 */
function whole(x: number): number {
  const rounded = Math.floor(x + 0.5);
  return rounded > 0 ? (rounded < Number.MAX_SAFE_INTEGER ? rounded : Number.MAX_SAFE_INTEGER) : 0;
}

function raw(spec: DistributionSpec): Sampler {
  switch (spec.kind) {
    case "constant": {
      const { value } = spec;
      return () => value;
    }
    case "uniform": {
      const { from } = spec;
      const span = spec.to - from;
      return span > FINE_RANGE ? (random) => from + span * fine(random) : (random) => from + span * random.uniform();
    }
    case "exponential": {
      const { mean } = spec;
      return (random) => mean * drawExponential(random);
    }
    case "normal": {
      const { mean, sd } = spec;
      return (random) => mean + sd * drawNormal(random);
    }
    case "lognormal":
    case "lognormalMoments": {
      const { mu, sigma } = lognormalParameters(spec);
      return (random) => Math.exp(mu + sigma * drawNormal(random));
    }
    case "gamma": {
      const scale = spec.mean / spec.shape;
      const draw = gamma(spec.shape);
      return (random) => scale * draw(random);
    }
    case "weibull": {
      const { scale } = spec;
      const power = 1 / spec.shape;
      return (random) => scale * Math.exp(power * Math.log(drawExponential(random)));
    }
    case "pareto": {
      // The logarithm of x / min is exponential with mean 1 / alpha.
      const { min, alpha } = spec;
      return (random) => min * Math.exp(drawExponential(random) / alpha);
    }
    case "gpareto": {
      // U^-shape is the exponential of shape times an exponential draw.
      const { location, scale, shape } = spec;
      return (random) => location + (scale * Math.expm1(shape * drawExponential(random))) / shape;
    }
    case "gev": {
      const { location, scale, shape } = spec;
      return (random) => location + (scale * Math.expm1(-shape * Math.log(drawExponential(random)))) / shape;
    }
    case "mixture":
      return mixture(spec.parts);
    case "shifted": {
      const { by } = spec;
      const draw = raw(spec.of);
      return (random) => by + draw(random);
    }
    case "quantiles":
      return quantiles(spec.points);
    case "empirical": {
      const values = spec.values;
      assert(values !== undefined && values.length > 0, `no values of ${spec.file} ${spec.column}`);
      return (random) => values[random.below(values.length)]!;
    }
    default:
      return unreachable(spec);
  }
}

/** Mean and standard deviation of the logarithm. */
export function lognormalParameters(spec: Extract<DistributionSpec, { kind: "lognormal" | "lognormalMoments" }>): {
  readonly mu: number;
  readonly sigma: number;
} {
  if (spec.kind === "lognormal") {
    return { mu: Math.log(spec.median), sigma: Math.log(spec.quantile / spec.median) / normalQuantile(spec.at) };
  }
  const ratio = spec.sd / spec.mean;
  const variance = Math.log1p(ratio * ratio);
  return { mu: Math.log(spec.mean) - variance / 2, sigma: Math.sqrt(variance) };
}

/** Mean `shape`, scale 1: G. Marsaglia and W. W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26(3), 2000. */
function gamma(shape: number): Sampler {
  // Below 1: a draw of shape + 1, times U^(1 / shape), whose logarithm is exponential.
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  const draw: Sampler = (random) => {
    for (;;) {
      const x = drawNormal(random);
      const root = 1 + c * x;
      if (root <= 0) continue;
      const v = root * root * root;
      const u = 1 - random.uniform();
      if (Math.log(u) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v;
    }
  };
  return shape < 1 ? (random) => draw(random) * Math.exp(-drawExponential(random) / shape) : draw;
}

function mixture(parts: readonly MixturePart[]): Sampler {
  const draws = parts.map((part) => raw(part.of));
  const bounds: number[] = [];
  let sum = 0;
  for (const part of parts) {
    sum += part.weight;
    bounds.push(sum);
  }
  const last = draws.length - 1;
  return (random) => {
    const u = random.uniform() * sum;
    let i = 0;
    while (i < last && u >= bounds[i]!) i += 1;
    return draws[i]!(random);
  };
}

function quantiles(points: readonly QuantilePoint[]): Sampler {
  const at = points.map((point) => point.at);
  const value = points.map((point) => point.value);
  const last = at.length - 1;
  return (random) => {
    const u = random.uniform();
    let i = 1;
    while (i < last && u >= at[i]!) i += 1;
    return value[i - 1]! + ((u - at[i - 1]!) / (at[i]! - at[i - 1]!)) * (value[i]! - value[i - 1]!);
  };
}

/** A uniform number in [0, 1) with a double's full precision, whatever the stream's is. */
export function fine(random: Random): number {
  const u = random.uniform() + random.uniform() / TWO_32;
  return u < 1 ? u : 1 - 1 / 9_007_199_254_740_992;
}
