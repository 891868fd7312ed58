/**
 * What the repeats of one strategy say about each metric: the figures of the comparison table and of results.json. One
 * value a run is the sample; intervals are two-sided. Metrics with a distribution (latency) also have it pooled.
 */
import { mean as meanOf } from "simple-statistics";
import type { RunRecord } from "../../simulator/record/record.ts";
import { counted, figure, percent } from "./figure.ts";
import { type Interval, type QuantileInterval, meanInterval, quantileInterval, shareBound, shareInterval } from "./interval.ts";
import { EVERYWHERE, type MetricDefinition, type MetricWhere, type Over, withinBounds } from "./metric.ts";
import { type Pooled, type RunStatistic, pooledFigures } from "./pooled.ts";
import { quantile } from "./quantile.ts";
import { type Observed, lowerEnd, sortObserved } from "./sample.ts";
import { inOrder, runValues, type RunValue, sortValues } from "./series.ts";

export interface StrategySummary {
  readonly strategy: string;
  readonly runs: number;
  /** In the order of the metrics asked for; those that no run has a meaning for are in here too, with n 0. */
  readonly metrics: readonly MetricSummary[];
}

export interface MetricSummary {
  readonly metric: string;
  readonly unit: MetricDefinition["unit"];
  readonly better: MetricDefinition["better"];
  /** For a metric with a distribution: the statistic of a run that `values` and the figures below are of. */
  readonly statistic: RunStatistic | undefined;
  /** One value a run, in the order of the repeats. */
  readonly values: readonly RunValue[];
  /** Runs in the sample, censored ones included. */
  readonly n: number;
  readonly censored: number;
  readonly absent: number;
  readonly unknown: number;
  /** Why runs are not in the sample. */
  readonly reasons: readonly { readonly reason: string; readonly runs: number }[];
  /** Undefined without a value. */
  readonly figures: Figures | undefined;
  /** All runs' distributions taken together, where the metric has one. */
  readonly pooled: Pooled | undefined;
}

export interface Figures {
  readonly mean: MeanFigure;
  readonly p50: QuantileFigure;
  readonly p90: QuantileFigure;
  readonly min: Observed;
  readonly max: Observed;
  /** For counts: the share of runs with any, Clopper-Pearson. */
  readonly runsWithAny: ShareFigure | undefined;
}

export type MeanFigure =
  | { readonly kind: "mean"; readonly value: number; readonly interval: Interval | undefined }
  /** Some runs never ended: the mean of what is not known is refused, the mean of min(x, horizon) is known exactly. */
  | { readonly kind: "refused"; readonly words: string; readonly restricted: number; readonly horizon: number };

export interface QuantileFigure {
  readonly value: Observed;
  readonly interval: QuantileInterval;
}

export interface ShareFigure {
  readonly runs: number;
  readonly of: number;
  readonly interval: Interval;
  /** "none in 30 runs; up to 9.5 % of all runs could have some, at 95 %". */
  readonly words: string;
}

export interface SummaryOptions {
  readonly confidence?: number;
  readonly where?: MetricWhere;
  readonly over?: Over;
}

/** Summarises the records of one strategy, all of one scenario. Needs a record. */
export function summarise(
  records: readonly RunRecord[],
  metrics: readonly MetricDefinition[],
  options: SummaryOptions = {},
): StrategySummary {
  const ordered = inOrder(records);
  return {
    strategy: ordered[0]?.header.strategy ?? "",
    runs: ordered.length,
    metrics: metrics.map((metric) => summariseMetric(ordered, metric, options)),
  };
}

/** The summary of one metric over records of one strategy. */
function summariseMetric(
  records: readonly RunRecord[],
  metric: MetricDefinition,
  { confidence = 0.95, where = EVERYWHERE, over = "max" }: SummaryOptions = {},
): MetricSummary {
  const { distribution } = metric;
  const pooled = distribution === undefined ? undefined : pooledFigures(distribution, records, where, confidence);
  return summariseValues(runValues({ metric, where, over, statistic: undefined }, records), metric, { confidence, pooled });
}

/** The summary of one metric over values that have been taken from records before, in the order of the repeats. */
export function summariseValues(
  values: readonly RunValue[],
  metric: MetricDefinition,
  { confidence = 0.95, pooled }: { readonly confidence?: number; readonly pooled?: Pooled | undefined } = {},
): MetricSummary {
  const { observed, censored, absent, unexercised, undecided, reasons } = sortValues(values.map((one) => one.value));
  const { name, unit, better, distribution } = metric;
  return {
    metric: name,
    unit,
    better,
    statistic: distribution?.statistic,
    values,
    n: observed.length,
    censored,
    absent,
    unknown: unexercised + undecided,
    reasons,
    figures: observed.length === 0 ? undefined : figuresOf(observed, metric, confidence),
    pooled,
  };
}

function figuresOf(sample: readonly Observed[], metric: MetricDefinition, confidence: number): Figures {
  const sorted = sortObserved(sample);
  const quantileFigure = (p: number): QuantileFigure => ({ value: quantile(sample, p), interval: quantileInterval(sample, p, confidence) });
  return {
    mean: meanFigure(sample, metric, confidence),
    p50: quantileFigure(0.5),
    p90: quantileFigure(0.9),
    min: sorted[0]!,
    max: quantile(sample, 1),
    runsWithAny: metric.unit === "count" ? runsWithAny(sample, confidence) : undefined,
  };
}

/**
 * Mean with its Student-t interval; with censored values the refusal and the restricted mean up to the horizon, the
 * shortest time after which a run was still waiting: up to there every run is known.
 */
export function meanFigure(sample: readonly Observed[], metric: MetricDefinition, confidence: number): MeanFigure {
  const { unit } = metric;
  const censored = sample.filter((one) => one.kind === "censored");
  const known = sample.map(lowerEnd);
  if (censored.length === 0) {
    const interval = meanInterval(known, confidence);
    const bounded = (end: number): number => withinBounds(metric, end);
    return {
      kind: "mean",
      value: meanOf(known),
      interval: interval === undefined ? undefined : { low: bounded(interval.low), high: bounded(interval.high) },
    };
  }
  const horizon = Math.min(...censored.map(lowerEnd));
  const restricted = meanOf(known.map((one) => Math.min(one, horizon)));
  const words = `${censored.length} of ${sample.length} never recovered; the mean restricted to the first ${figure(horizon, unit)} is ${figure(restricted, unit)}`;
  return { kind: "refused", words, restricted, horizon };
}

function runsWithAny(sample: readonly Observed[], confidence: number): ShareFigure {
  const hits = sample.filter((one) => lowerEnd(one) > 0).length;
  return {
    runs: hits,
    of: sample.length,
    interval: shareInterval(hits, sample.length, confidence),
    words: shareWords(hits, sample.length, confidence),
  };
}

/** What so many hits of n say about the share in general: for none, the rule of three in its exact form. */
export function shareWords(hits: number, n: number, confidence: number): string {
  const seen = hits === 0 ? `none in ${counted(n, "run")}` : `some in ${hits} of ${counted(n, "run")}`;
  return `${seen}; up to ${percent(shareBound(hits, n, confidence, "upper"))} of all runs could have some, at ${percent(confidence)}`;
}
