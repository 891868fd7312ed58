/**
 * Distribution functions that the intervals and tests stand on, to about 12 digits: normal, Student t, binomial, beta,
 * chi-square. simple-statistics has the log-gamma they share; its normal and t functions are table look-ups of four
 * digits, too coarse for exact intervals. Powers are written as exp(y log x), so every Node version gives the same bits.
 */
import { gammaln } from "simple-statistics";
import { InternalError, assert } from "../../base/assert.ts";

/** P(Z <= z) of the standard normal distribution. Relative accuracy holds in the lower tail; use -z for the upper one. */
export function normalCdf(z: number): number {
  if (z === 0) return 0.5;
  const half = (z * z) / 2;
  return z < 0 ? gammaUpper(0.5, half) / 2 : 1 - gammaUpper(0.5, half) / 2;
}

/** The z with P(Z <= z) = p. Needs 0 < p < 1. */
export function normalQuantile(p: number): number {
  assert(p > 0 && p < 1, `normal quantile of ${p}`);
  return p === 0.5 ? 0 : p > 0.5 ? -normalQuantile(1 - p) : bisect(normalCdf, p, -40, 0);
}

/** P(T <= t) of Student's t with `freedom` degrees of freedom (real, above 0). */
export function studentCdf(t: number, freedom: number): number {
  if (t === 0) return 0.5;
  const tail = betaCdf(freedom / (freedom + t * t), freedom / 2, 0.5) / 2;
  return t > 0 ? 1 - tail : tail;
}

/** The t with P(T <= t) = p for Student's t with `freedom` degrees of freedom. Needs 0 < p < 1. */
export function studentQuantile(p: number, freedom: number): number {
  assert(p > 0 && p < 1 && freedom > 0, `Student quantile of ${p} at ${freedom} degrees of freedom`);
  if (p === 0.5) return 0;
  if (p > 0.5) return -studentQuantile(1 - p, freedom);
  // t = -sqrt(freedom (1 - x) / x) where x is the beta quantile of the two-sided tail.
  const x = betaQuantile(2 * p, freedom / 2, 0.5);
  return -Math.sqrt((freedom * (1 - x)) / x);
}

/** P(X <= k) for X binomial of `n` trials with success probability `p`; 0 below k = 0, 1 from k = n on. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return betaCdf(1 - p, n - Math.floor(k), Math.floor(k) + 1);
}

/** P(X >= statistic) of chi-square with `freedom` degrees of freedom: the p-value of a chi-square test. */
export function chiSquareSurvival(statistic: number, freedom: number): number {
  return statistic <= 0 ? 1 : gammaUpper(freedom / 2, statistic / 2);
}

/** P(X <= x) of the beta distribution: the regularised incomplete beta function. Abramowitz & Stegun 26.5. */
function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(gammaln(a + b) - gammaln(a) - gammaln(b) + a * Math.log(x) + b * Math.log1p(-x));
  // The continued fraction converges fast on the side of the mean only.
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** The x with P(X <= x) = p of the beta distribution. Needs 0 <= p <= 1. */
export function betaQuantile(p: number, a: number, b: number): number {
  assert(p >= 0 && p <= 1 && a > 0 && b > 0, `beta quantile of ${p} at a ${a}, b ${b}`);
  if (p === 0) return 0;
  if (p === 1) return 1;
  return bisect((x) => betaCdf(x, a, b), p, 0, 1);
}

const TINY = 1e-300;
const PRECISION = 1e-16;
/** Both series need O(sqrt(max(a, b))) terms; this is far above what samples of a million need. */
const TERMS = 10_000;

/** Continued fraction of the incomplete beta function by Lentz's method (Numerical Recipes, 3rd edition, section 6.4). */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= TERMS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < PRECISION * 10) return fraction;
  }
  throw new InternalError(`the incomplete beta function of ${x}, ${a}, ${b} did not converge`);
}

/** Q(a, x), the regularised upper incomplete gamma function (Numerical Recipes, section 6.2). */
function gammaUpper(a: number, x: number): number {
  if (x <= 0) return 1;
  const front = Math.exp(a * Math.log(x) - x - gammaln(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; term > sum * PRECISION; n += 1) {
      assert(n <= TERMS, `the incomplete gamma series of ${a}, ${x} did not converge`);
      term *= x / (a + n);
      sum += term;
    }
    return 1 - front * sum;
  }
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n <= TERMS; n += 1) {
    const step = -n * (n - a);
    b += 2;
    d = 1 / away(step * d + b);
    c = away(b + step / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < PRECISION * 10) return front * fraction;
  }
  throw new InternalError(`the incomplete gamma fraction of ${a}, ${x} did not converge`);
}

const away = (x: number): number => (Math.abs(x) < TINY ? TINY : x);

/** Where a growing function reaches `target`, to the last bit that halving can tell apart. */
function bisect(f: (x: number) => number, target: number, low: number, high: number): number {
  let [left, right] = [low, high];
  for (;;) {
    const middle = left + (right - left) / 2;
    if (middle <= left || middle >= right) return middle;
    if (f(middle) < target) left = middle;
    else right = middle;
  }
}
