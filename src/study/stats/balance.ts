/** How evenly a load is spread over its carriers (servers, shards). Each is undefined when there is no load or no carrier. */
import { mean, standardDeviation, sum } from "simple-statistics";

/** Largest over mean: 1 when even, n when one of n carries all. */
export function maxOverMean(loads: readonly number[]): number | undefined {
  return carries(loads) ? Math.max(...loads) / mean([...loads]) : undefined;
}

/** Coefficient of variation: standard deviation over all carriers (divided by n, they are no sample) over the mean; 0 when even, sqrt(n - 1) at worst. */
export function variationCoefficient(loads: readonly number[]): number | undefined {
  return carries(loads) ? standardDeviation([...loads]) / mean([...loads]) : undefined;
}

/** Gini coefficient: mean absolute difference of all ordered pairs over twice the mean; 0 when even, (n - 1) / n at worst. */
export function gini(loads: readonly number[]): number | undefined {
  if (!carries(loads)) return undefined;
  const n = loads.length;
  // Sorted, the sum over all pairs of |x - y| is 2 sum (2 i - n - 1) x(i), i from 1.
  const sorted = [...loads].sort((a, b) => a - b);
  return sum(sorted.map((load, index) => (2 * (index + 1) - n - 1) * load)) / (n * sum(sorted));
}

/** Jain's fairness index, (sum x)^2 / (n sum x^2): 1 when even, 1/n at worst. Jain, Chiu, Hawe, DEC-TR-301 (1984). */
export function jain(loads: readonly number[]): number | undefined {
  if (!carries(loads)) return undefined;
  const total = sum([...loads]);
  return (total * total) / (loads.length * sum(loads.map((load) => load * load)));
}

const carries = (loads: readonly number[]): boolean => loads.some((load) => load > 0);
