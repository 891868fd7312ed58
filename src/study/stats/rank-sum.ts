/**
 * Two samples of runs that share no seeds: Wilcoxon's rank-sum test and the shift between the two. Where seeds are shared, paired.ts tells
 * more with as many runs.
 */
import { normalCdf, normalQuantile } from "./distributions.ts";
import type { MedianDifference } from "./paired.ts";
import { type Observed, order } from "./sample.ts";

export interface RankSum {
  /** Sum of the ranks of the left sample in both together, tied values sharing the mean of theirs. */
  readonly leftRanks: number;
  /** One-sided: how likely so small (`less`) or so large (`greater`) a sum is if both samples are of one distribution. */
  readonly less: number;
  readonly greater: number;
  readonly twoSided: number;
  readonly method: "exact" | "normal";
}

/** Up to so many runs on both sides together every way of dealing the ranks is counted. */
const EXACT_UP_TO = 40;

/**
 * Wilcoxon's rank-sum test (Biometrics Bulletin 1 (1945), 80-83; Mann and Whitney's U is the sum less n(n+1)/2): exact, ties included,
 * for few runs, else normal with the corrections for ties and for continuity. With an empty sample every p-value is 1.
 */
export function rankSum(left: readonly Observed[], right: readonly Observed[]): RankSum {
  const ranks = midRanks([...left, ...right].map(order));
  const leftRanks = ranks.slice(0, left.length).reduce((sum, rank) => sum + rank, 0);
  const isExact = ranks.length <= EXACT_UP_TO;
  const [less, greater] = isExact ? exactTails(ranks, left.length, leftRanks) : normalTails(ranks, left.length, leftRanks);
  return { leftRanks, less, greater, twoSided: Math.min(1, 2 * Math.min(less, greater)), method: isExact ? "exact" : "normal" };
}

/** Ranks from 1, in the order given; tied values, infinite ones among them, share the mean of theirs. */
function midRanks(values: readonly number[]): readonly number[] {
  const sorted = [...values].sort((a, b) => (a === b ? 0 : a < b ? -1 : 1));
  const rankOf = new Map<number, number>();
  for (let start = 0; start < sorted.length;) {
    let end = start;
    while (end < sorted.length && sorted[end] === sorted[start]) end += 1;
    rankOf.set(sorted[start] ?? NaN, (start + 1 + end) / 2);
    start = end;
  }
  return values.map((one) => rankOf.get(one) ?? NaN);
}

/** All ways to choose `n` of the ranks, by the sum of those chosen; ranks are doubled, so that halves are whole. */
function exactTails(ranks: readonly number[], n: number, seen: number): readonly [less: number, greater: number] {
  const doubled = ranks.map((rank) => Math.round(2 * rank));
  const total = doubled.reduce((sum, rank) => sum + rank, 0);
  const ways = Array.from({ length: n + 1 }, () => new Float64Array(total + 1));
  ways[0]?.fill(1, 0, 1);
  for (const rank of doubled) {
    for (let chosen = n; chosen >= 1; chosen -= 1) {
      const [to, from] = [ways[chosen], ways[chosen - 1]];
      if (to === undefined || from === undefined) continue;
      for (let sum = total; sum >= rank; sum -= 1) to[sum] = (to[sum] ?? 0) + (from[sum - rank] ?? 0);
    }
  }
  const last = ways[n] ?? new Float64Array(1);
  const add = (from: number, to: number): number => last.subarray(from, to).reduce((sum, one) => sum + one, 0);
  const all = add(0, total + 1);
  const at = Math.round(2 * seen);
  return [add(0, at + 1) / all, add(at, total + 1) / all];
}

function normalTails(ranks: readonly number[], n: number, seen: number): readonly [less: number, greater: number] {
  const all = ranks.length;
  const expected = (n * (all + 1)) / 2;
  // The variance of a sum of n ranks drawn without replacement, whatever the ties.
  const squares = ranks.reduce((sum, rank) => sum + (rank - (all + 1) / 2) * (rank - (all + 1) / 2), 0);
  const deviation = Math.sqrt((n * (all - n) * squares) / (all * (all - 1)));
  if (deviation === 0) return [1, 1];
  const tail = (distance: number): number => normalCdf((distance + 0.5) / deviation);
  return [tail(seen - expected), tail(expected - seen)];
}

/**
 * By how much the left sample lies above the right: the median of all differences between a run of each (Hodges and Lehmann, Annals of
 * Mathematical Statistics 34 (1963), 598-611) with the interval that inverts the rank-sum test (Moses; Hollander and Wolfe, Nonparametric
 * Statistical Methods, section 4.3, large-sample). An end is undefined where the runs are too few; undefined without runs on both sides.
 */
export function shift(left: readonly Observed[], right: readonly Observed[], confidence: number): MedianDifference | undefined {
  const differences = left.flatMap((one) => right.map((other) => (order(one) === order(other) ? 0 : order(one) - order(other))));
  if (differences.length === 0) return undefined;
  differences.sort((a, b) => (a === b ? 0 : a < b ? -1 : 1));
  const { length } = differences;
  const [below = 0, above = 0] = [differences[Math.floor((length - 1) / 2)], differences[Math.floor(length / 2)]];
  const median = below === above ? below : below === -Infinity && above === Infinity ? 0 : (below + above) / 2;
  const deviation = Math.sqrt((length * (left.length + right.length + 1)) / 12);
  const rank = Math.floor(length / 2 - normalQuantile((1 + confidence) / 2) * deviation);
  return rank < 1 ? { median, low: undefined, high: undefined } : { median, low: differences[rank - 1], high: differences[length - rank] };
}
