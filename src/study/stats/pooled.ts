/**
 * Metrics of which one run holds a whole distribution (latency, age of stale reads). A statistic of such a metric is that
 * of all runs' values pooled: p99 is the latency that 99 of 100 operations of all runs kept, however they fell on runs.
 *
 * Values within a run hang together (one outage slows thousands), so bounds count runs as the independent observations.
 * A quantile is at most x exactly where, in the long run, the values beyond x are no more than 1 - p of all: the bound is
 * the first x at which a one-sided Student-t bound of (values beyond x) - (1 - p)(all values), run by run, says so. It leans
 * on the central limit theorem over runs, like every interval of a mean. Paired tests use one statistic a run.
 */
import { sampleStandardDeviation, sum } from "simple-statistics";
import {
  type HistogramBucket,
  type HistogramData,
  histogramBuckets,
  histogramMean,
  histogramQuantile,
  mergeHistograms,
} from "../../simulator/record/histogram.ts";
import type { RunRecord } from "../../simulator/record/record.ts";
import { studentQuantile } from "./distributions.ts";
import { type Side, meanBound } from "./interval.ts";
import type { MetricDefinition, MetricDistribution, MetricWhere } from "./metric.ts";
import { type MetricValue, isMetricValue, unknown, value } from "./sample.ts";

/** A statistic as scenarios write it. */
export type RunStatistic = "mean" | "max" | "min" | `p${number}`;

/** A metric with a distribution; its figure of one run is the distribution's own statistic. */
export function distributionMetric(
  metric: Omit<MetricDefinition, "extract" | "over" | "each"> & { readonly distribution: MetricDistribution },
): MetricDefinition {
  return { ...metric, over: false, each: undefined, extract: (record, where) => runFigure(metric.distribution, record, where, undefined) };
}

/** The statistic (or the distribution's own) of one run. */
export function runFigure(
  distribution: MetricDistribution,
  record: RunRecord,
  where: MetricWhere,
  statistic: RunStatistic | undefined,
): MetricValue {
  const data = distribution.of(record, where);
  if (isMetricValue(data)) return data;
  if (data.count === 0)
    return distribution.empty === undefined ? unknown("unexercised", "nothing of the kind was answered") : value(distribution.empty);
  return value(statisticOf(data, statistic ?? distribution.statistic));
}

/** The statistic of all runs' values together; undefined where no run has a distribution. */
export function pooledPoint(
  distribution: MetricDistribution,
  records: readonly RunRecord[],
  where: MetricWhere,
  statistic: RunStatistic,
): number | undefined {
  const parts = distributions(distribution, records, where);
  const whole = mergeHistograms(parts);
  if (whole.count === 0) return parts.length === 0 ? undefined : distribution.empty;
  return statisticOf(whole, statistic);
}

export interface Pooled {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  /** p99.9 */
  readonly p999: number;
  readonly max: number;
  /** Two-sided interval of p99 that counts runs as the independent observations; an end is missing for fewer than two runs. */
  readonly p99Low?: number;
  readonly p99High?: number;
}

/** What a table shows of the pooled distribution; undefined where it is empty. */
export function pooledFigures(
  distribution: MetricDistribution,
  records: readonly RunRecord[],
  where: MetricWhere,
  confidence: number,
): Pooled | undefined {
  const whole = mergeHistograms(distributions(distribution, records, where));
  if (whole.count === 0) return undefined;
  const at = (p: number): number => histogramQuantile(whole, p);
  const [low, high] = (["lower", "upper"] as const).map((side) =>
    pooledBound(distribution, records, where, "p99", (1 + confidence) / 2, side),
  );
  return {
    count: whole.count,
    mean: histogramMean(whole),
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    max: whole.max,
    ...(low === undefined ? {} : { p99Low: low }),
    ...(high === undefined ? {} : { p99High: high }),
  };
}

/** One-sided bound of a pooled mean or quantile; undefined for fewer than two runs, and for `max` and `min`. */
export function pooledBound(
  distribution: MetricDistribution,
  records: readonly RunRecord[],
  where: MetricWhere,
  statistic: RunStatistic,
  confidence: number,
  side: Side,
): number | undefined {
  const parts = distributions(distribution, records, where);
  if (parts.length < 2 || statistic === "max" || statistic === "min") return undefined;
  if (parts.every((part) => part.count === 0)) return distribution.empty;
  return statistic === "mean" ? meanOfRatio(parts, confidence, side) : quantileBoundOf(parts, shareOf(statistic), confidence, side);
}

/** The share of a quantile: 0.999 of "p99.9". */
export const shareOf = (statistic: `p${number}`): number => Number(statistic.slice(1)) / 100;

function statisticOf(data: HistogramData, statistic: RunStatistic): number {
  switch (statistic) {
    case "mean":
      return histogramMean(data);
    case "max":
      return data.max;
    case "min":
      return data.min;
    default:
      return histogramQuantile(data, shareOf(statistic));
  }
}

function distributions(distribution: MetricDistribution, records: readonly RunRecord[], where: MetricWhere): readonly HistogramData[] {
  return records.flatMap((record) => {
    const data = distribution.of(record, where);
    return isMetricValue(data) ? [] : [data];
  });
}

/** Bound of sum / count over runs by the linearised ratio (Cochran, Sampling Techniques, 3rd edition, section 6.4). */
function meanOfRatio(parts: readonly HistogramData[], confidence: number, side: Side): number {
  const counts = sum(parts.map((part) => part.count));
  const ratio = sum(parts.map((part) => part.sum)) / counts;
  const error = sampleStandardDeviation(parts.map((part) => part.sum - ratio * part.count)) * Math.sqrt(parts.length);
  const half = (studentQuantile(confidence, parts.length - 1) * error) / counts;
  return side === "upper" ? ratio + half : ratio - half;
}

function quantileBoundOf(parts: readonly HistogramData[], p: number, confidence: number, side: Side): number | undefined {
  const runs = parts.map((part) => ({ count: part.count, buckets: histogramBuckets(part) }));
  const whole = mergeHistograms(parts);
  const candidates = histogramBuckets(whole);
  /** Values of a run beyond a bucket; for a lower bound its own count as beyond. */
  const beyond = (buckets: readonly HistogramBucket[], { from }: HistogramBucket): number =>
    buckets.reduce((count, bucket) => (bucket.from > from || (side === "lower" && bucket.from === from) ? count + bucket.count : count), 0);
  const bounds = (candidate: HistogramBucket): boolean => {
    const bound = meanBound(
      runs.map((run) => beyond(run.buckets, candidate) - (1 - p) * run.count),
      confidence,
      side,
    );
    return bound !== undefined && (side === "upper" ? bound <= 0 : bound > 0);
  };
  // Upper: the first bucket that bounds. Lower: the last. The excess falls from bucket to bucket, so halving finds it.
  let [below, above] = [-1, candidates.length];
  while (above - below > 1) {
    const middle = below + Math.floor((above - below) / 2);
    if (bounds(candidates[middle]!) === (side === "upper")) above = middle;
    else below = middle;
  }
  const found = candidates[side === "upper" ? above : below];
  if (found === undefined) return undefined;
  // As histogramQuantile would say it, so that bound and point of one bucket are equal.
  return Math.min(whole.max, Math.max(whole.min, found.from + Math.floor((found.to - found.from) / 2)));
}
