/**
 * Quantiles by nearest rank: the p-quantile of n values is the smallest with at least p n of them at or below, so p99 is
 * a value that occurred and 99 % did not exceed it. Censored values take part as the largest.
 */
import { assert } from "../../base/assert.ts";
import { type Observed, lowerEnd, sortObserved } from "./sample.ts";

/** The rank, from 1 to n, of the p-quantile of n values. Needs 0 <= p <= 1 and n >= 1. */
export function nearestRank(p: number, n: number): number {
  assert(p >= 0 && p <= 1 && n >= 1, `rank of the ${p}-quantile of ${n} values`);
  return Math.max(1, ceiling(p * n));
}

/** The p-quantile of a sample; censored if its rank falls among the censored values. Needs a value. */
export function quantile(sample: readonly Observed[], p: number): Observed {
  return atRank(sample, nearestRank(p, sample.length));
}

/**
 * The value of a rank, counted from 1. Among the censored values it is "at least" the same rank of what is certain of
 * every value: if each x is at least its l, the k-th smallest x is at least the k-th smallest l.
 */
export function atRank(sample: readonly Observed[], rank: number): Observed {
  assert(rank >= 1 && rank <= sample.length, `rank ${rank} of ${sample.length} values`);
  const found = sortObserved(sample)[rank - 1]!;
  if (found.kind === "value") return { kind: "value", value: found.value };
  const certain = sample.map(lowerEnd).sort((a, b) => a - b);
  return { kind: "censored", atLeast: certain[rank - 1]! };
}

/** 0.07 x 100 is 7.000000000000001 in binary; its rank is 7 all the same. */
function ceiling(x: number): number {
  const nearest = Math.round(x);
  return Math.abs(x - nearest) <= 1e-9 * Math.max(1, nearest) ? nearest : Math.ceil(x);
}
