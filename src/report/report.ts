/**
 * What a report is made of, worked out once from the records of a scenario: every figure that the table, the page and the files
 * show. table.ts prints it, page.ts and charts/ draw it, results.ts and csv.ts store it, answers.ts says it in a sentence.
 */
import type { RunRecord } from "../simulator/record/record.ts";
import type { ExpectationVerdict } from "../study/checks/verdict.ts";
import { type Comparison, compare, tableMetrics } from "../study/stats/compare.ts";
import { METRICS, metricByName } from "../study/stats/metrics.ts";
import type { MetricDefinition } from "../study/stats/metric.ts";
import { inOrder } from "../study/stats/series.ts";
import { type MetricSummary, type StrategySummary, summarise } from "../study/stats/summary.ts";

/** Confidence of every interval and test of a report. */
export const CONFIDENCE = 0.95;

/** One scenario's results as they are handed in. */
export interface Results {
  readonly name: string;
  readonly question: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly seed: number;
  /** shardlab's version. */
  readonly version: string;
  /** Repeats that the scenario plans, and those that are in here, alike for every strategy. */
  readonly plannedRepeats: number;
  readonly repeats: number;
  /** What the command line changed of the file, as it was written there: `--set path=value`, `--seed 9`. */
  readonly changes: readonly string[];
  /** In the order of the file, each with the resolved scenario of its runs. */
  readonly strategies: readonly StrategyResults[];
  readonly verdicts: readonly ExpectationVerdict[];
}

export interface StrategyResults {
  readonly name: string;
  readonly resolved: unknown;
  readonly records: readonly RunRecord[];
}

export interface Report extends Results {
  /** Of every metric there is, in the order of `strategies`. */
  readonly summaries: readonly StrategySummary[];
  /** What the table shows: the metrics of every table, and those that expectations name. */
  readonly shown: readonly MetricDefinition[];
  /** Every two strategies on every metric shown. */
  readonly comparisons: readonly Comparison[];
}

/** Works out every figure. Needs at least one record of each strategy. */
export function makeReport(results: Results): Report {
  const strategies = results.strategies.map((one) => ({ ...one, records: inOrder(one.records) }));
  const byStrategy = new Map(strategies.map(({ name, records }) => [name, records]));
  const shown = [...tableMetrics(byStrategy), ...expectedMetrics(results.verdicts)].filter(
    (one, index, all) => all.findIndex(({ name }) => name === one.name) === index,
  );
  return {
    ...results,
    strategies,
    shown,
    summaries: strategies.map(({ name, records }) => ({ ...summarise(records, METRICS, { confidence: CONFIDENCE }), strategy: name })),
    comparisons: compare(byStrategy, { confidence: CONFIDENCE, metrics: shown }),
  };
}

/** What the scenario itself asks about belongs into its table. */
function expectedMetrics(verdicts: readonly ExpectationVerdict[]): readonly MetricDefinition[] {
  return verdicts.flatMap(({ expectation }) => (expectation.kind === "metric" ? (metricByName(expectation.metric) ?? []) : []));
}

/** The summary of one metric of one strategy, by names. */
export function summaryOf(report: Report, strategy: string, metric: string): MetricSummary | undefined {
  return report.summaries.find((one) => one.strategy === strategy)?.metrics.find((one) => one.metric === metric);
}

/** Microseconds of measured time: of the shortest strategy, should they differ. */
export function measuredTime(report: Report): number {
  const durations = report.strategies.flatMap(({ records }) => records.map(({ header }) => header.duration));
  return durations.length === 0 ? 0 : Math.min(...durations);
}
