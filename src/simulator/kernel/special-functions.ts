/** Special functions, for moments and cumulative distributions: accurate to about 12 digits, and not meant to be fast. */
import { assert } from "../../base/assert.ts";

/** Terms after which a series or continued fraction that should have converged long ago is our mistake. */
const TERMS_MOST = 10_000;
const EPSILON = 1e-16;

/** The standard normal distribution function. G. Marsaglia, J. Statistical Software 11(4), 2004; a continued fraction beyond 6. */
export function normalCdf(x: number): number {
  if (x < -6) return upperTail(-x);
  if (x > 6) return 1 - upperTail(x);
  let term = x;
  let sum = x;
  for (let i = 3; i < TERMS_MOST; i += 2) {
    term *= (x * x) / i;
    const next = sum + term;
    if (next === sum) break;
    sum = next;
  }
  return 0.5 + sum * normalDensity(x);
}

const normalDensity = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

function upperTail(x: number): number {
  let fraction = 0;
  for (let i = 100; i >= 1; i -= 1) fraction = i / (x + fraction);
  return normalDensity(x) / (x + fraction);
}

/** The standard normal quantile: normalCdf inverted by bisection. Needs 0 < p < 1. */
export function normalQuantile(p: number): number {
  assert(p > 0 && p < 1, `the ${p}-quantile of a normal`);
  let low = -40;
  let high = 40;
  for (let i = 0; i < 200 && low < high; i += 1) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) break;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return high;
}

// Lanczos' approximation, g = 7, 9 coefficients (P. Godfrey's, 2001): 15 digits.
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** The logarithm of the gamma function. Needs x > 0. */
export function logGamma(x: number): number {
  assert(x > 0, `log gamma of ${x}`);
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const y = x - 1;
  let sum = LANCZOS[0]!;
  for (let i = 1; i < LANCZOS.length; i += 1) sum += LANCZOS[i]! / (y + i);
  const t = y + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (y + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** The regularised lower incomplete gamma function P(shape, x): the gamma distribution function. Needs shape > 0. */
export function gammaCdf(shape: number, x: number): number {
  if (x <= 0) return 0;
  const factor = Math.exp(shape * Math.log(x) - x - logGamma(shape));
  if (x < shape + 1) {
    let term = 1 / shape;
    let sum = term;
    for (let i = 1; i < TERMS_MOST && term > sum * EPSILON; i += 1) {
      term *= x / (shape + i);
      sum += term;
    }
    return Math.min(1, sum * factor);
  }
  // Lentz's continued fraction for the upper part.
  let b = x + 1 - shape;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let i = 1; i < TERMS_MOST; i += 1) {
    const a = -i * (i - shape);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < EPSILON * 10) break;
  }
  return Math.max(0, 1 - factor * fraction);
}
