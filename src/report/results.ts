/**
 * results.json: everything the study found, as data. A function of scenario, seed and version alone: nothing of the machine, the time
 * or the number of workers is in it, so two files are equal, byte for byte, exactly when the studies are.
 *
 * JSON has no infinity: a figure that is infinite (one side never recovered) is the text "Infinity" or "-Infinity".
 */
import type { ExpectationVerdict } from "../study/checks/verdict.ts";
import type { Comparison } from "../study/stats/compare.ts";
import { EVERYWHERE } from "../study/stats/metric.ts";
import { METRICS } from "../study/stats/metrics.ts";
import type { MetricValue, Observed } from "../study/stats/sample.ts";
import type { MetricSummary, QuantileFigure } from "../study/stats/summary.ts";
import { answers } from "./answers.ts";
import { notes } from "./notes.ts";
import { MARGIN, outcomeOf } from "./ranking.ts";
import { CONFIDENCE, type Report, type StrategyResults } from "./report.ts";

/** Grows by one whenever a reader of the last version would misread this one. */
const SCHEMA_VERSION = 1;

/** The text of results.json, with an end of line. */
export function resultsJson(report: Report): string {
  return `${JSON.stringify(resultsData(report), finite, 1)}\n`;
}

function resultsData(report: Report): unknown {
  const { name, question, labels, seed, version, plannedRepeats, repeats, changes } = report;
  return {
    schemaVersion: SCHEMA_VERSION,
    shardlab: version,
    scenario: { name, question, labels, seed, repeats: plannedRepeats },
    repeats,
    changes,
    confidence: CONFIDENCE,
    margin: MARGIN,
    units: { time: "microseconds", bytes: "bytes", share: "0 to 1", rate: "per second" },
    answers: answers(report),
    notes: notes(report),
    strategies: report.strategies.map(({ name: strategy, resolved }, index) => ({
      name: strategy,
      scenario: resolved,
      summaries: Object.fromEntries((report.summaries[index]?.metrics ?? []).map((one) => [one.metric, summaryData(one)])),
    })),
    comparisons: report.comparisons.map((comparison) => comparisonData(report, comparison)),
    verdicts: report.verdicts.map(verdictData),
    runs: report.strategies.flatMap(runsData),
  };
}

function comparisonData(report: Report, comparison: Comparison): unknown {
  const { metric, left, right, pairs, dropped, difference, meanDifference, test, p, winner } = comparison;
  const { n, zeros, positiveRanks, twoSided, method } = test;
  return {
    metric,
    left,
    right,
    pairs,
    dropped,
    difference,
    meanDifference,
    signedRank: { n, zeros, positiveRanks, twoSided, method },
    p,
    winner,
    outcome: outcomeOf(report, comparison).kind,
  };
}

function summaryData({ unit, better, statistic, n, censored, absent, unknown, reasons, figures, pooled }: MetricSummary): unknown {
  const shown =
    figures === undefined
      ? undefined
      : {
          ...figures,
          p50: quantileData(figures.p50),
          p90: quantileData(figures.p90),
          min: observedData(figures.min),
          max: observedData(figures.max),
        };
  return { unit, better, statistic, n, censored, absent, unknown, reasons, figures: shown, pooled };
}

const quantileData = ({ value, interval }: QuantileFigure): unknown => ({
  value: observedData(value),
  low: observedData(interval.low),
  high: observedData(interval.high),
});

/** A number where it is known, else what is known of it. */
function observedData(observed: Observed | undefined): unknown {
  if (observed === undefined) return undefined;
  return observed.kind === "value" ? observed.value : { atLeast: observed.atLeast };
}

function valueData(value: MetricValue): unknown {
  switch (value.kind) {
    case "value":
      return value.note === undefined ? value.value : { value: value.value, note: value.note };
    case "censored":
      return { atLeast: value.atLeast };
    case "unknown":
      return { unknown: value.reason };
    case "absent":
      return { absent: value.reason };
  }
}

function verdictData({ expectation, kind, text, parts }: ExpectationVerdict): unknown {
  const asked: Record<string, unknown> = { ...expectation };
  // Where in the file it stands is for messages; a reformatted file asks the same.
  for (const place of ["line", "column"]) Reflect.deleteProperty(asked, place);
  return {
    ...asked,
    verdict: kind,
    text,
    parts: parts.map(({ strategy, kind: verdict, text: words, run, figures }) => ({ strategy, verdict, text: words, run, figures })),
  };
}

function runsData({ name, records }: StrategyResults): readonly unknown[] {
  return records.map((record) => ({
    strategy: name,
    repeat: record.header.repeat,
    seed: record.header.seed,
    key: record.header.key,
    digest: record.digest,
    metrics: Object.fromEntries(METRICS.map((metric) => [metric.name, valueData(metric.extract(record, EVERYWHERE, "max"))])),
  }));
}

function finite(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
