/**
 * results.json: everything the study found, as data. A function of scenario, seed and version alone: nothing of the machine, the time
 * or the number of workers is in it, so two files are equal, byte for byte, exactly when the studies are.
 *
 * JSON has no infinity: a figure that is infinite (one side never recovered) is the text "Infinity" or "-Infinity".
 */
import type { ExpectationVerdict } from "../study/checks/verdict.ts";
import type { Comparison } from "../study/stats/compare.ts";
import type { MetricValue, Observed } from "../study/stats/sample.ts";
import type { MetricSummary, QuantileFigure } from "../study/stats/summary.ts";
import { answers } from "./answers.ts";
import { purchase } from "./buying.ts";
import { headline } from "./headline.ts";
import { jsonText } from "./json-text.ts";
import { notes } from "./notes.ts";
import { MARGIN, outcomeOf } from "./ranking.ts";
import type { Report } from "./report.ts";
import { OUTAGE_FIELDS } from "./results-outages.ts";
import { RESULTS_VERSION } from "./results-schema.ts";
import { CONFIDENCE, type StoredRun, type StoredStrategy } from "./stored.ts";

/** The text of results.json, with an end of line. */
export const resultsJson = (report: Report): string => `${jsonText(resultsData(report))}\n`;

function resultsData(report: Report): unknown {
  const { name, question, labels, seed, version, plannedRepeats, repeats, changes, measured, strategies } = report;
  return {
    schemaVersion: RESULTS_VERSION,
    shardlab: version,
    scenario: { name, question, labels, seed, repeats: plannedRepeats },
    repeats,
    changes,
    measured,
    shown: report.shown.map((metric) => metric.name),
    confidence: CONFIDENCE,
    margin: MARGIN,
    units: { time: "microseconds", bytes: "bytes", share: "0 to 1", rate: "per second" },
    headline: headline(report),
    answers: answers(report),
    notes: notes(report),
    strategies: strategies.map(({ name: strategy, resolved, drawn }, index) => ({
      name: strategy,
      scenario: resolved,
      summaries: Object.fromEntries((report.summaries[index]?.metrics ?? []).map((one) => [one.metric, summaryData(one)])),
      drawn,
    })),
    comparisons: report.comparisons.map((comparison) => comparisonData(report, comparison)),
    verdicts: report.verdicts.map(verdictData),
    objectives: (report.objectives ?? []).map(verdictData),
    prices: report.prices,
    purchase: purchase(report),
    runs: strategies.flatMap((strategy) => strategy.runs.map((run) => runData(strategy.name, run))),
    outages: { columns: ["strategy", "seed", ...OUTAGE_FIELDS.map(({ name: column }) => column)], rows: strategies.flatMap(outageRows) },
  };
}

const outageRows = ({ name, outages }: StoredStrategy): readonly unknown[] =>
  outages.map(({ seed, outage }) => [name, seed, ...OUTAGE_FIELDS.map(({ take }) => take(outage))]);

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
      return { unknown: value.reason, cause: value.cause };
    case "absent":
      return { absent: value.reason };
  }
}

/** Where in the file an expectation stands is for messages; a reformatted file asks the same. */
function verdictData({ expectation, kind: verdict, text, parts }: ExpectationVerdict): unknown {
  const { kind, path, of, knownFailure } = expectation;
  const asked = kind === "invariant" ? { invariant: expectation.invariant } : askedOf(expectation);
  const judged = parts.map((part) => ({
    strategy: part.strategy,
    verdict: part.kind,
    text: part.text,
    run: part.run,
    figures: part.figures,
  }));
  return { kind, ...asked, path, of, knownFailure, verdict, text, parts: judged };
}

const askedOf = ({
  metric,
  where,
  over,
  statistic,
  bound,
  confidence,
}: Extract<ExpectationVerdict["expectation"], { kind: "metric" }>) => ({
  metric,
  where,
  over,
  statistic,
  bound,
  confidence,
});

const runData = (strategy: string, { repeat, seed, key, digest, values }: StoredRun): unknown => ({
  strategy,
  repeat,
  seed,
  key,
  digest,
  metrics: Object.fromEntries([...values].map(([metric, value]) => [metric, valueData(value)])),
});
