/**
 * Intervals and one-sided bounds from independent runs: means by Student's t, quantiles by order statistics, shares by
 * Clopper and Pearson. `confidence` is the probability that the interval covers the true figure, between 0 and 1. The
 * quantile and share intervals hold for any distribution and cover at least so often; the mean's leans on the central
 * limit theorem and is too narrow for few runs of a very skewed metric.
 */
import { mean, sampleStandardDeviation } from "simple-statistics";
import { assert } from "../../base/assert.ts";
import { betaQuantile, binomialCdf, studentQuantile } from "./distributions.ts";
import { atRank } from "./quantile.ts";
import type { Observed } from "./sample.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Between two order statistics; an end is undefined where the sample is too small to bound that side. */
export interface QuantileInterval {
  readonly low: Observed | undefined;
  readonly high: Observed | undefined;
}

export type Side = "upper" | "lower";

/** Two-sided Student-t interval of the mean; undefined for fewer than two values. */
export function meanInterval(sample: readonly number[], confidence: number): Interval | undefined {
  const half = halfWidth(sample, (1 + confidence) / 2);
  return half === undefined ? undefined : { low: mean([...sample]) - half, high: mean([...sample]) + half };
}

/** One-sided Student-t bound of the mean; undefined for fewer than two values. */
export function meanBound(sample: readonly number[], confidence: number, side: Side): number | undefined {
  const half = halfWidth(sample, confidence);
  return half === undefined ? undefined : mean([...sample]) + (side === "upper" ? half : -half);
}

function halfWidth(sample: readonly number[], p: number): number | undefined {
  if (sample.length < 2) return undefined;
  return (studentQuantile(p, sample.length - 1) * sampleStandardDeviation([...sample])) / Math.sqrt(sample.length);
}

/**
 * Two-sided interval of the p-quantile, the two tails apart, each (1 - confidence) / 2. Conover, Practical
 * Nonparametric Statistics (3rd edition), section 3.2: P(x(r) <= quantile) = P(Bin(n, p) >= r), exact for continuous
 * metrics and at least so often for others.
 */
export function quantileInterval(sample: readonly Observed[], p: number, confidence: number): QuantileInterval {
  const each = (1 + confidence) / 2;
  return { low: quantileBound(sample, p, each, "lower"), high: quantileBound(sample, p, each, "upper") };
}

/** One-sided bound of the p-quantile; undefined if no order statistic of so few runs reaches `confidence`. */
export function quantileBound(sample: readonly Observed[], p: number, confidence: number, side: Side): Observed | undefined {
  const rank = boundRank(sample.length, p, confidence, side);
  return rank === undefined ? undefined : atRank(sample, rank);
}

/** Upper: the smallest rank r with P(Bin(n, p) <= r - 1) >= confidence. Lower: the largest r with P(Bin(n, p) >= r) >= confidence. */
function boundRank(n: number, p: number, confidence: number, side: Side): number | undefined {
  assert(p > 0 && p < 1 && confidence > 0 && confidence < 1, `bound of the ${p}-quantile at confidence ${confidence}`);
  // The rank wanted lies where a growing function of r crosses; n is a number of runs, so halving keeps this instant.
  const reaches = (rank: number): boolean =>
    side === "upper" ? binomialCdf(rank - 1, n, p) >= confidence - ROUNDING : 1 - binomialCdf(rank - 1, n, p) < confidence - ROUNDING;
  let [below, above] = [0, n + 1];
  while (above - below > 1) {
    const middle = below + Math.floor((above - below) / 2);
    if (reaches(middle)) above = middle;
    else below = middle;
  }
  const rank = side === "upper" ? above : below;
  return rank >= 1 && rank <= n ? rank : undefined;
}

/** 1 - 0.5^5 is 0.96875 exactly; the incomplete beta function may give a last bit less. */
const ROUNDING = 1e-12;

/**
 * How many runs a one-sided bound of the p-quantile needs at least: the largest value bounds it from above once
 * 1 - p^n >= confidence (p99 at 95 % needs 299, p90 29), the smallest from below once 1 - (1 - p)^n >= confidence.
 */
export function repeatsNeeded(p: number, confidence: number, side: Side): number {
  assert(p > 0 && p < 1 && confidence > 0 && confidence < 1, `repeats for the ${p}-quantile at confidence ${confidence}`);
  const miss = side === "upper" ? Math.log(p) : Math.log1p(-p);
  return Math.max(1, Math.ceil(Math.log1p(-confidence) / miss - ROUNDING));
}

/** Two-sided Clopper-Pearson interval of a share of which `hits` of `n` were seen. Biometrika 26 (1934), 404-413. */
export function shareInterval(hits: number, n: number, confidence: number): Interval {
  const each = (1 + confidence) / 2;
  return { low: shareBound(hits, n, each, "lower"), high: shareBound(hits, n, each, "upper") };
}

/**
 * One-sided Clopper-Pearson bound of a share. For 0 of n from above it is 1 - (1 - confidence)^(1/n), which the rule of
 * three approximates by 3/n at 95 %: 0 of 30 means at most 9.5 %.
 */
export function shareBound(hits: number, n: number, confidence: number, side: Side): number {
  assert(n >= 1 && hits >= 0 && hits <= n, `share of ${hits} of ${n}`);
  if (side === "upper") return hits === n ? 1 : betaQuantile(confidence, hits + 1, n - hits);
  return hits === 0 ? 0 : betaQuantile(1 - confidence, hits, n - hits + 1);
}
