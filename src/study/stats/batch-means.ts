/**
 * Batch means: one long, correlated series is cut into equal batches whose means are nearly independent, so that a
 * Student-t interval of them is honest. Law, Simulation Modeling and Analysis (5th edition), section 9.5.3.
 */
import { mean, sampleStandardDeviation } from "simple-statistics";
import { assert } from "../../base/assert.ts";
import { type Interval, meanInterval } from "./interval.ts";

export interface BatchMeans {
  readonly mean: number;
  readonly standardError: number;
  readonly interval: Interval;
  readonly batches: readonly number[];
  /** Correlation of neighbouring batches: far from 0 (beyond 2 / sqrt(batches)) means the batches are too short. */
  readonly correlation: number;
}

/** `count` batches of the series (at least 2 values each; the first few that do not fill a batch are left out). */
export function batchMeans(series: readonly number[], count = 30, confidence = 0.95): BatchMeans {
  const size = Math.floor(series.length / count);
  assert(count >= 2 && size >= 2, `${series.length} values do not make ${count} batches of at least two`);
  const first = series.length - size * count;
  const batches = Array.from({ length: count }, (_, index) => mean(series.slice(first + index * size, first + (index + 1) * size)));
  const interval = meanInterval(batches, confidence);
  assert(interval !== undefined, `${count} batches have an interval`);
  return {
    mean: mean(batches),
    standardError: sampleStandardDeviation(batches) / Math.sqrt(count),
    interval,
    batches,
    correlation: lagOneCorrelation(batches),
  };
}

/** Correlation of a series with itself one step later: 0 for a constant series. */
export function lagOneCorrelation(series: readonly number[]): number {
  const middle = mean([...series]);
  let shared = 0;
  let total = 0;
  for (let index = 0; index < series.length; index += 1) {
    const deviation = series[index]! - middle;
    total += deviation * deviation;
    if (index > 0) shared += deviation * (series[index - 1]! - middle);
  }
  return total === 0 ? 0 : shared / total;
}
