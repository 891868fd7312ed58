/** Does a sample follow a distribution, or two samples the same one? Kolmogorov-Smirnov and chi-square, with p-values. */
import { assert } from "../../base/assert.ts";
import { chiSquareSurvival } from "./distributions.ts";

export interface GoodnessOfFit {
  /** Kolmogorov-Smirnov: the largest distance of the distribution functions. Chi-square: its sum. */
  readonly statistic: number;
  /** How likely a statistic at least so large is if the hypothesis is true; for continuous distributions. */
  readonly p: number;
}

/** One-sample Kolmogorov-Smirnov test of `sample` against a continuous distribution function without fitted parameters. */
export function kolmogorovSmirnov(sample: readonly number[], cdf: (x: number) => number): GoodnessOfFit {
  assert(sample.length > 0, "Kolmogorov-Smirnov of no values");
  const n = sample.length;
  const sorted = [...sample].sort((a, b) => a - b);
  const statistic = sorted.reduce((largest, x, index) => {
    const at = cdf(x);
    return Math.max(largest, (index + 1) / n - at, at - index / n);
  }, 0);
  return { statistic, p: clamp(kolmogorovSurvival(n, statistic)) };
}

/** Two-sample Kolmogorov-Smirnov test. Exact up to 250,000 pairs, then asymptotic; conservative when values tie. */
export function kolmogorovSmirnovTwo(left: readonly number[], right: readonly number[]): GoodnessOfFit {
  assert(left.length > 0 && right.length > 0, "Kolmogorov-Smirnov of no values");
  const [a, b] = [[...left].sort((x, y) => x - y), [...right].sort((x, y) => x - y)];
  let [statistic, i, j] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const at = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i] === at) i += 1;
    while (j < b.length && b[j] === at) j += 1;
    statistic = Math.max(statistic, Math.abs(i / a.length - j / b.length));
  }
  if (a.length * b.length <= 250_000) return { statistic, p: clamp(1 - pathsWithin(a.length, b.length, statistic)) };
  return { statistic, p: clamp(limitSurvival(statistic * Math.sqrt((a.length * b.length) / (a.length + b.length)))) };
}

/**
 * Pearson's chi-square test of counts against expected counts. `fitted` parameters were estimated from the same counts.
 * The p-value is asymptotic: merge cells until each expects at least 5.
 */
export function chiSquare(
  observed: readonly number[],
  expected: readonly number[],
  fitted = 0,
): GoodnessOfFit & { readonly freedom: number } {
  const freedom = observed.length - 1 - fitted;
  assert(
    observed.length === expected.length && freedom >= 1,
    `chi-square of ${observed.length} and ${expected.length} cells, ${fitted} fitted`,
  );
  const statistic = observed.reduce((sum, seen, index) => {
    const due = expected[index]!;
    assert(due > 0, `cell ${index} expects ${due}`);
    return sum + ((seen - due) * (seen - due)) / due;
  }, 0);
  return { statistic, freedom, p: chiSquareSurvival(statistic, freedom) };
}

/** Matrices up to this side are multiplied out (a few milliseconds); beyond, the asymptotic form is good to 3 digits. */
const SIDE_MAX = 101;

/** P(D >= d) for n values: Marsaglia, Tsang & Wang, Journal of Statistical Software 8 (2003), issue 18. */
function kolmogorovSurvival(n: number, d: number): number {
  const s = d * d * n;
  // Their right-tail formula, good to 7 digits there, where 1 - P would cancel.
  if (s > 7.24 || (s > 3.76 && n > 99)) return 2 * Math.exp(-(2.000071 + 0.331 / Math.sqrt(n) + 1.409 / n) * s);
  const k = Math.floor(n * d) + 1;
  const side = 2 * k - 1;
  if (side > SIDE_MAX) return asymptoticSurvival(d, n);
  const h = k - n * d;
  const start: number[] = [];
  for (let row = 0; row < side; row += 1) for (let column = 0; column < side; column += 1) start.push(row - column + 1 < 0 ? 0 : 1);
  let power = 1;
  for (let index = 0; index < side; index += 1) {
    power *= h;
    start[index * side] = start[index * side]! - power;
    start[side * side - 1 - index] = start[side * side - 1 - index]! - power;
  }
  const corner = (side - 1) * side;
  start[corner] = start[corner]! + (2 * h - 1 > 0 ? raised(2 * h - 1, side) : 0);
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      for (let factor = 1; factor <= row - column + 1; factor += 1) start[row * side + column] = start[row * side + column]! / factor;
    }
  }
  const raisedMatrix = matrixPower({ entries: Float64Array.from(start), exponent: 0 }, side, n);
  let probability = raisedMatrix.entries[(k - 1) * side + k - 1]!;
  let { exponent } = raisedMatrix;
  for (let factor = 1; factor <= n; factor += 1) {
    probability = (probability * factor) / n;
    if (probability < 1e-140) [probability, exponent] = [probability * 1e140, exponent - 140];
  }
  for (; exponent < 0; exponent += 140) probability /= 1e140;
  for (; exponent > 0; exponent -= 140) probability *= 1e140;
  return 1 - probability;
}

/** A matrix times ten to the exponent, a multiple of 140, so that its entries stay within a double. */
interface Scaled {
  readonly entries: Float64Array;
  readonly exponent: number;
}

function matrixPower(base: Scaled, side: number, n: number): Scaled {
  if (n === 1) return base;
  const half = matrixPower(base, side, Math.floor(n / 2));
  let entries = product(half.entries, half.entries, side);
  let exponent = 2 * half.exponent;
  if (n % 2 === 1) [entries, exponent] = [product(base.entries, entries, side), exponent + base.exponent];
  const centre = (side - 1) / 2;
  return entries[centre * side + centre]! > 1e140
    ? { entries: entries.map((entry) => entry * 1e-140), exponent: exponent + 140 }
    : { entries, exponent };
}

function product(left: Float64Array, right: Float64Array, side: number): Float64Array {
  const result = new Float64Array(side * side);
  for (let row = 0; row < side; row += 1) {
    for (let middle = 0; middle < side; middle += 1) {
      const factor = left[row * side + middle]!;
      for (let column = 0; column < side; column += 1) result[row * side + column]! += factor * right[middle * side + column]!;
    }
  }
  return result;
}

/** The limit with Stephens' correction for one sample, Journal of the Royal Statistical Society B 32 (1970), 115-122. */
const asymptoticSurvival = (d: number, n: number): number => limitSurvival((Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * d);

/** Kolmogorov's limit distribution: P(K >= x). */
function limitSurvival(x: number): number {
  // The alternating series does not converge near 0, where the survival is 1 to 12 digits.
  if (x < 0.2) return 1;
  let sum = 0;
  for (let term = 1; term <= 100; term += 1) sum += (term % 2 === 1 ? 2 : -2) * Math.exp(-2 * term * term * x * x);
  return sum;
}

/** Share of the orderings of m and n values whose distance stays below d: Hodges, Arkiv för Matematik 3 (1958), 469-486. */
function pathsWithin(m: number, n: number, d: number): number {
  // Distances are multiples of 1 / (m n): half a step below d tells "at least d" from "below" without equality.
  const limit = (0.5 + Math.floor(d * m * n - 1e-7)) / (m * n);
  const within = new Float64Array(n + 1);
  for (let j = 0; j <= n; j += 1) within[j] = j / n > limit ? 0 : 1;
  for (let i = 1; i <= m; i += 1) {
    const weight = i / (i + n);
    within[0] = i / m > limit ? 0 : weight * within[0]!;
    for (let j = 1; j <= n; j += 1) within[j] = Math.abs(i / m - j / n) > limit ? 0 : weight * within[j]! + within[j - 1]!;
  }
  return within[n]!;
}

function raised(base: number, exponent: number): number {
  let result = 1;
  for (let index = 0; index < exponent; index += 1) result *= base;
  return result;
}

const clamp = (p: number): number => Math.min(1, Math.max(0, p));
