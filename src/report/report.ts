/**
 * What a report is made of, worked out once from what is stored of a study: every figure that the table, the page and the files
 * show. table.ts prints it, page.ts and charts/ draw it, results.ts and csv.ts store it, answers.ts says it in a sentence.
 */
import { type Comparison, compareValues } from "../study/stats/compare.ts";
import type { MetricDefinition } from "../study/stats/metric.ts";
import { METRICS, metricByName } from "../study/stats/metrics.ts";
import { unknown } from "../study/stats/sample.ts";
import type { RunValue } from "../study/stats/series.ts";
import { type MetricSummary, type StrategySummary, summariseValues } from "../study/stats/summary.ts";
import { CONFIDENCE, type Results, type Stored, type StoredStrategy, store } from "./stored.ts";

export interface Report extends Omit<Stored, "shown"> {
  /** Of every metric there is, in the order of `strategies`. */
  readonly summaries: readonly StrategySummary[];
  /** What the table shows: the metrics of every table, and those that expectations name. */
  readonly shown: readonly MetricDefinition[];
  /** Every two strategies on every metric shown. */
  readonly comparisons: readonly Comparison[];
}

/** Works out every figure. Needs at least one record of each strategy. */
export const makeReport = (results: Results): Report => reportOf(store(results));

/** The report of stored results: the same as that of the records that they were taken from. */
export function reportOf(stored: Stored): Report {
  const { strategies } = stored;
  const shown = stored.shown.flatMap((name) => metricByName(name) ?? []);
  const series = strategies.map((one) => ({
    strategy: one.name,
    valuesOf: (metric: MetricDefinition): readonly RunValue[] => valuesOf(one, metric.name),
  }));
  return {
    ...stored,
    shown,
    summaries: strategies.map(summarised),
    comparisons: compareValues(shown, series, CONFIDENCE),
  };
}

/** One metric's values of a strategy's runs, in the order of the repeats. */
export function valuesOf({ runs }: StoredStrategy, metric: string): readonly RunValue[] {
  return runs.map(({ seed, repeat, key, values }) => ({
    run: { seed, repeat, key },
    value: values.get(metric) ?? unknown("unsupported", "the shardlab that made these results had no such metric"),
  }));
}

function summarised(strategy: StoredStrategy): StrategySummary {
  const summaries = METRICS.map((metric) =>
    summariseValues(valuesOf(strategy, metric.name), metric, { confidence: CONFIDENCE, pooled: strategy.pooled[metric.name] }),
  );
  return { strategy: strategy.name, runs: strategy.runs.length, metrics: summaries };
}

/** The summary of one metric of one strategy, by names. */
export function summaryOf(report: Report, strategy: string, metric: string): MetricSummary | undefined {
  return report.summaries.find((one) => one.strategy === strategy)?.metrics.find((one) => one.metric === metric);
}
