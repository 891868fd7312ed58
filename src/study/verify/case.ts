/** What an oracle says: a prediction that nobody here invented beside what the simulator did, and whether the two agree. */
import { assert } from "../../base/assert.ts";
import { normalQuantile } from "../stats/distributions.ts";
import { kolmogorovSmirnov, kolmogorovSmirnovTwo } from "../stats/goodness.ts";

/** One comparison. Numbers are in the unit that `case` names. */
export interface VerifyCase {
  readonly case: string;
  readonly predicted: number;
  /** What was printed somewhere, where the prediction is not that number itself. */
  readonly published?: number;
  /** Where the prediction comes from. */
  readonly source: string;
  readonly simulated: number;
  /** What a true prediction would fall into: `simulated` ± 4 standard errors, or the bounds of an exact claim. */
  readonly interval: { readonly low: number; readonly high: number } | undefined;
  /** Standard errors between the two; undefined where the claim is exact and no chance is left. */
  readonly z: number | undefined;
  /** How many values `simulated` rests on: operations, repeats, as the case says. */
  readonly n: number;
  readonly held: boolean;
  /** False where the two are only shown beside each other: the prediction is one realisation, or from memory. */
  readonly judged?: false;
  readonly note?: string;
}

export interface Claim {
  readonly case: string;
  readonly source: string;
  readonly predicted: number;
  readonly n: number;
  readonly note?: string;
}

/**
 * Where a claim stops being held. Seeds are fixed, so nothing flickers: the figure is set so that a true claim among a
 * hundred is refused once in 150 such suites.
 */
const Z_BOUND = 4;

/** A claim about a mean or share, judged in standard errors of the simulated figure; without any spread they must be equal. */
export function byStandardError(claim: Claim, simulated: number, standardError: number): VerifyCase {
  const away = simulated - claim.predicted;
  const z = away === 0 ? 0 : standardError > 0 ? away / standardError : Math.sign(away) * Z_MOST;
  const interval = { low: simulated - Z_BOUND * standardError, high: simulated + Z_BOUND * standardError };
  return finished(claim, simulated, interval, z, Math.abs(z) < Z_BOUND);
}

/** A claim without chance: equal, or within `low` to `high` where instants are whole and a figure is known to a bucket. */
export function exactly(
  claim: Claim,
  simulated: number,
  bounds: { readonly low: number; readonly high: number } = { low: claim.predicted, high: claim.predicted },
): VerifyCase {
  const held = simulated >= bounds.low && simulated <= bounds.high;
  return finished(claim, simulated, bounds, undefined, held);
}

/** Not a claim: a figure that was published, beside ours. It neither holds nor breaks. */
export function shown({ note, ...claim }: Claim, simulated: number): VerifyCase {
  const base = { ...claim, simulated, interval: undefined, z: undefined, held: true, judged: false } as const;
  return note === undefined ? base : { ...base, note };
}

/** A claim about every one of several values: shown is the one farthest from it. */
export function everywhere(claim: Omit<Claim, "n">, values: readonly number[]): VerifyCase {
  assert(values.length > 0, `${claim.case}: no values`);
  const away = (value: number): number => Math.abs(value - claim.predicted);
  const farthest = values.reduce((worst, value) => (away(value) > away(worst) ? value : worst));
  return exactly({ ...claim, n: values.length }, farthest);
}

/** A claim that events of this kind do not happen at all: 0 of n, with what the rule of three leaves open. */
export function never(claim: Omit<Claim, "predicted">, hits: number): VerifyCase {
  const open = `0 of ${claim.n} leaves at most ${(300 / claim.n).toPrecision(2)} % of runs, 95 % (rule of three)`;
  return exactly({ ...claim, predicted: 0, note: claim.note === undefined ? open : `${claim.note}; ${open}` }, hits);
}

/** The sample is uniform on (low, high]: its Kolmogorov-Smirnov distance, z being the normal deviate of the same p-value. */
export function uniformly(claim: Omit<Claim, "predicted" | "n">, sample: readonly number[], low: number, high: number): VerifyCase {
  const { statistic, p } = kolmogorovSmirnov(sample, (x) => Math.min(1, Math.max(0, (x - low) / (high - low))));
  const n = sample.length;
  // Stephens' form of the critical distance at the p-value of 4 standard errors.
  const critical = Math.sqrt(-Math.log(P_AT_BOUND / 2) / 2) / (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n));
  return finished(
    { ...claim, predicted: 0, n },
    statistic,
    { low: 0, high: critical },
    -normalQuantile(Math.max(p, P_LEAST) / 2),
    p > P_AT_BOUND,
  );
}

/** Two samples come from one distribution: their Kolmogorov-Smirnov distance, z being the normal deviate of the same p-value. */
export function alike(claim: Omit<Claim, "predicted" | "n">, simulated: readonly number[], predicted: readonly number[]): VerifyCase {
  const { statistic, p } = kolmogorovSmirnovTwo(simulated, predicted);
  const n = simulated.length;
  const critical = Math.sqrt(((-Math.log(P_AT_BOUND / 2) / 2) * (n + predicted.length)) / (n * predicted.length));
  return finished(
    { ...claim, predicted: 0, n },
    statistic,
    { low: 0, high: critical },
    -normalQuantile(Math.max(p, P_LEAST) / 2),
    p > P_AT_BOUND,
  );
}

/**
 * The largest of n values that are uniform on (0, high]: below `high`, and not far below. P(largest / high <= x) = x^n.
 * Sharp where means are blunt: a range 5 % too long or too short shows in a few hundred values.
 */
export function largestOfUniform(claim: Omit<Claim, "predicted" | "n">, sample: readonly number[], high: number, scale = 1): VerifyCase {
  const n = sample.length;
  const largest = sample.reduce((most, value) => Math.max(most, value), 0);
  const p = largest > high ? 0 : Math.exp(n * Math.log(largest / high));
  const low = high * Math.exp(Math.log(P_AT_BOUND) / n);
  const z = largest > high ? Z_MOST : Math.max(0, -normalQuantile(Math.max(p, P_LEAST)));
  return finished(
    { ...claim, predicted: high / scale, n },
    largest / scale,
    { low: low / scale, high: high / scale },
    z,
    largest >= low && largest <= high,
  );
}

/** Two-sided p-value of 4 standard errors. */
const P_AT_BOUND = 6.334e-5;
/** Below this a p-value is 0 for us. */
const P_LEAST = 1e-300;
/** The z of the least p-value; JSON has no infinity. */
const Z_MOST = 37;

function finished(
  { note, ...claim }: Claim,
  simulated: number,
  interval: VerifyCase["interval"],
  z: number | undefined,
  held: boolean,
): VerifyCase {
  const base = { case: claim.case, predicted: claim.predicted, source: claim.source, simulated, interval, z, n: claim.n, held };
  return note === undefined ? base : { ...base, note };
}

/** A figure with its standard error. */
export interface Estimate {
  readonly value: number;
  readonly standardError: number;
}

/**
 * A ratio of totals from batches (or repeats) that are nearly independent, such as total time over number of operations:
 * the estimator's usual error, Cochran, Sampling Techniques (3rd edition), section 2.11.
 */
export function ratioOf(tops: readonly number[], bottoms: readonly number[]): Estimate {
  const count = tops.length;
  assert(count >= 2 && bottoms.length === count, `a ratio of ${count} and ${bottoms.length} batches`);
  const value = sum(tops) / sum(bottoms);
  const squares = tops.reduce((total, top, i) => total + (top - value * bottoms[i]!) * (top - value * bottoms[i]!), 0);
  return { value, standardError: Math.sqrt((squares * count) / (count - 1)) / sum(bottoms) };
}

/** The mean of independent values. */
export const meanOf = (values: readonly number[]): Estimate =>
  ratioOf(
    values,
    values.map(() => 1),
  );

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
