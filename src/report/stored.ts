/**
 * What is kept of a study: one value a run and metric, the runs' distributions pooled, outages, and what charts draw. Everything that a
 * report shows is worked out from this and from nothing else (report.ts), so that stored results are drawn again as they were.
 */
import type { Outage, RunRecord } from "../simulator/record/record.ts";
import type { ExpectationVerdict } from "../study/checks/verdict.ts";
import { tableMetrics } from "../study/stats/compare.ts";
import { EVERYWHERE } from "../study/stats/metric.ts";
import type { MetricDefinition } from "../study/stats/metric.ts";
import { METRICS, metricByName } from "../study/stats/metrics.ts";
import { type Pooled, pooledFigures } from "../study/stats/pooled.ts";
import type { MetricValue } from "../study/stats/sample.ts";
import { inOrder } from "../study/stats/series.ts";
import { type Drawn, drawnOf } from "./drawn.ts";

/** Confidence of every interval and test of a report. */
export const CONFIDENCE = 0.95;

/** What a study is, whoever holds its runs. */
export interface StudyFacts {
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
  readonly verdicts: readonly ExpectationVerdict[];
  /** What a strategy must keep to be bought, judged for all; none where the scenario names none. */
  readonly objectives?: readonly ExpectationVerdict[] | undefined;
  readonly prices?: Prices | undefined;
}

/** In one currency: of a host for an hour, of a GB between zones, of a GB kept for a month. */
export interface Prices {
  readonly server: number;
  readonly crossZone: number;
  readonly storage: number;
}

/** One scenario's results as they are handed in. */
export interface Results extends StudyFacts {
  /** In the order of the file, each with the resolved scenario of its runs. */
  readonly strategies: readonly StrategyResults[];
}

export interface StrategyResults {
  readonly name: string;
  readonly resolved: unknown;
  readonly records: readonly RunRecord[];
}

/** One scenario's results as they are stored. */
export interface Stored extends StudyFacts {
  /** Metrics of the table: those of every table, and those that expectations name. */
  readonly shown: readonly string[];
  /** Microseconds of measured time: of the shortest run, should they differ. */
  readonly measured: number;
  readonly strategies: readonly StoredStrategy[];
}

export interface StoredStrategy {
  readonly name: string;
  readonly resolved: unknown;
  /** In the order of the repeats. */
  readonly runs: readonly StoredRun[];
  /** Of the metrics of which a run holds a whole distribution, by name. */
  readonly pooled: Readonly<Record<string, Pooled>>;
  /** Those of isolated vantages and those without a fault included. */
  readonly outages: readonly StoredOutage[];
  readonly drawn: Drawn;
}

export interface StoredRun {
  readonly repeat: number;
  readonly seed: number;
  /** Identity of the run: hash of all that can change its result. */
  readonly key: string;
  readonly digest: string;
  /** By metric. */
  readonly values: ReadonlyMap<string, MetricValue>;
}

export interface StoredOutage {
  readonly seed: number;
  readonly outage: Outage;
}

/** Takes from the records what is kept of them. */
export function store(results: Results): Stored {
  const { strategies, ...facts } = results;
  const ordered = strategies.map((one) => ({ ...one, records: inOrder(one.records) }));
  const shown = [
    ...tableMetrics(new Map(ordered.map(({ name, records }) => [name, records]))),
    ...expectedMetrics([...facts.verdicts, ...(facts.objectives ?? [])]),
  ];
  const drawn = drawnOf(ordered);
  const durations = ordered.flatMap(({ records }) => records.map(({ header }) => header.duration));
  return {
    ...facts,
    shown: [...new Set(shown.map(({ name }) => name))],
    measured: durations.length === 0 ? 0 : Math.min(...durations),
    strategies: ordered.map((one, index) => storeStrategy(one, drawn[index]!)),
  };
}

/** What the scenario itself asks about belongs into its table. */
function expectedMetrics(verdicts: readonly ExpectationVerdict[]): readonly MetricDefinition[] {
  return verdicts.flatMap(({ expectation }) => (expectation.kind === "metric" ? (metricByName(expectation.metric) ?? []) : []));
}

function storeStrategy({ name, resolved, records }: StrategyResults, drawn: Drawn): StoredStrategy {
  const pooled = METRICS.flatMap((metric): readonly (readonly [string, Pooled])[] => {
    const found = metric.distribution === undefined ? undefined : pooledFigures(metric.distribution, records, EVERYWHERE, CONFIDENCE);
    return found === undefined ? [] : [[metric.name, found]];
  });
  return {
    name,
    resolved,
    runs: records.map(storeRun),
    pooled: Object.fromEntries(pooled),
    outages: records.flatMap(({ header, outages }) => outages.map((outage) => ({ seed: header.seed, outage }))),
    drawn,
  };
}

function storeRun(record: RunRecord): StoredRun {
  const { repeat, seed, key } = record.header;
  const values = new Map(METRICS.map((metric) => [metric.name, metric.extract(record, EVERYWHERE, "max")]));
  return { repeat, seed, key, digest: record.digest, values };
}
