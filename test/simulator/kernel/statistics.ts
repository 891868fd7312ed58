/** What tests of draws need: distances and deviations in units of chance, so that a tolerance is a number of standard errors. */
import { createStream, type Stream } from "../../../src/simulator/kernel/random.ts";

/** A stream for a test, named by what it tests. */
export const streamFor = (name: string): Stream => createStream(`test/${name}`);

export function draws(count: number, draw: () => number): Float64Array {
  const values = new Float64Array(count);
  for (let i = 0; i < count; i += 1) values[i] = draw();
  return values;
}

/**
 * Kolmogorov and Smirnov's distance between a sample and a continuous distribution function, times the square root of
 * the sample's size: above 2.7 once in a million for the right distribution (2 exp(-2 x^2)). Sorts the sample.
 */
export function kolmogorov(sample: Float64Array, cdf: (x: number) => number): number {
  sample.sort();
  let distance = 0;
  for (const [i, x] of sample.entries()) {
    const p = cdf(x);
    distance = Math.max(distance, p - i / sample.length, (i + 1) / sample.length - p);
  }
  return distance * Math.sqrt(sample.length);
}

/** Pearson's chi-square, as standard deviations above its mean (for many classes nearly normal). Classes expecting under 5 are joined. */
export function chiSquareZ(observed: readonly number[], expected: readonly number[]): number {
  let statistic = 0;
  let classes = 0;
  let seen = 0;
  let due = 0;
  for (const [i, share] of expected.entries()) {
    seen += observed[i]!;
    due += share;
    if (due < 5 && i < expected.length - 1) continue;
    if (due > 0) {
      statistic += ((seen - due) * (seen - due)) / due;
      classes += 1;
    }
    seen = 0;
    due = 0;
  }
  return (statistic - (classes - 1)) / Math.sqrt(2 * (classes - 1));
}

/** Mean and variance of a sample, and how many standard errors they are from what they should be (fourth moment from the sample). */
export function momentsZ(sample: Float64Array, mean: number, variance: number): { readonly mean: number; readonly variance: number } {
  let fourth = 0;
  let second = 0;
  let first = 0;
  for (const x of sample) {
    const apart = x - mean;
    first += apart;
    second += apart * apart;
    fourth += apart * apart * apart * apart;
  }
  const n = sample.length;
  return {
    mean: first / n / Math.sqrt(variance / n),
    variance: (second / n - variance) / Math.sqrt(Math.max(1e-300, (fourth / n - variance * variance) / n)),
  };
}
