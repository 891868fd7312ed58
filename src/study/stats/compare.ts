/**
 * Every two strategies on the metrics of the table: differences paired by seed with their interval, Wilcoxon's test, and
 * Holm's correction over all tests of the table, so that the whole table calls a difference real by chance in 1 of 20 at
 * most. Expectations do not use this: each of them is one claim, made beforehand (judge.ts in checks).
 */
import type { RunRecord } from "../../simulator/record/record.ts";
import { type Interval, meanInterval } from "./interval.ts";
import { EVERYWHERE, type MetricDefinition } from "./metric.ts";
import { metricByName } from "./metrics.ts";
import { type MedianDifference, type SignedRank, difference, holm, medianDifference, signedRank } from "./paired.ts";
import { type RunValue, pairValues, runValues } from "./series.ts";

export interface Comparison {
  readonly metric: string;
  readonly left: string;
  readonly right: string;
  /** Pairs with a value on both sides; the others, for want of exercise or of an audit. */
  readonly pairs: number;
  readonly dropped: number;
  /** left - right; its figures may be infinite where one side never recovered. Undefined without pairs. */
  readonly difference: MedianDifference | undefined;
  /** Two-sided Student-t interval of the mean of left - right; undefined for fewer than two pairs, or where one is infinite. */
  readonly meanDifference: Interval | undefined;
  readonly test: SignedRank;
  /** Two-sided, Holm-corrected over all comparisons returned together. */
  readonly p: number;
  /** Who is better, where p is at most 1 - confidence and the metric says what better is. */
  readonly winner: string | undefined;
}

export interface CompareOptions {
  readonly confidence?: number;
  readonly metrics?: readonly MetricDefinition[];
}

/** All pairs of strategies in the order of the map, metric by metric. */
export function compare(byStrategy: ReadonlyMap<string, readonly RunRecord[]>, options: CompareOptions = {}): readonly Comparison[] {
  const { confidence = 0.95, metrics = tableMetrics(byStrategy) } = options;
  return compareValues(
    metrics,
    [...byStrategy].map(([strategy, records]) => ({
      strategy,
      valuesOf: (metric) => runValues({ metric, where: EVERYWHERE, over: "max", statistic: undefined }, records),
    })),
    confidence,
  );
}

/** One value a run and metric of a strategy, from records or from what was stored of them. */
export interface StrategyValues {
  readonly strategy: string;
  readonly valuesOf: (metric: MetricDefinition) => readonly RunValue[];
}

/** As `compare`, on values that have been taken from the records before. */
export function compareValues(
  metrics: readonly MetricDefinition[],
  strategies: readonly StrategyValues[],
  confidence: number,
): readonly Comparison[] {
  const found = metrics.flatMap((metric) => compareMetric(strategies, metric, confidence));
  const adjusted = holm(found.map(({ test }) => test.twoSided));
  return found.map(({ better, ...one }, index) => {
    const p = adjusted[index]!;
    return { ...one, p, winner: p <= 1 - confidence ? winner({ better, ...one }) : undefined };
  });
}

/**
 * The metrics a table shows unasked: recovery, loss (visible loss where families of replication are compared, since only
 * that means the same for all), availability, goodput, p99 of each operation that was issued, balance, what moved if the membership changed, and cost.
 */
export function tableMetrics(byStrategy: ReadonlyMap<string, readonly RunRecord[]>): readonly MetricDefinition[] {
  const records = [...byStrategy.values()].flat();
  const families = new Set(records.map(({ header }) => header.singleOrder));
  const operations = [...new Set(records.flatMap((record) => record.operations.map((row) => row.operation)))].sort();
  const hasMoved = records.some(({ facts }) => facts.some(({ kind }) => kind === "membership"));
  const names = [
    "recovery.time",
    families.size > 1 ? "loss.visible" : "loss.writes",
    "availability",
    "goodput",
    ...operations.map((operation) => `latency.${operation}`),
    "load.maxOverMean",
    ...(hasMoved ? ["moved.keys", "moved.excess"] : []),
    "network.bytes",
    "host.seconds",
  ];
  return names.flatMap((name) => metricByName(name) ?? []);
}

type Uncorrected = Omit<Comparison, "p" | "winner"> & { readonly better: MetricDefinition["better"] };

function compareMetric(strategies: readonly StrategyValues[], metric: MetricDefinition, confidence: number): readonly Uncorrected[] {
  const series = strategies.map(({ strategy, valuesOf }) => ({ strategy, values: valuesOf(metric) }));
  return series.flatMap((left, index) =>
    series.slice(index + 1).map((right): Uncorrected => {
      const { pairs, dropped, undecided } = pairValues(left.values, right.values);
      const differences = pairs.map(difference);
      return {
        metric: metric.name,
        better: metric.better,
        left: left.strategy,
        right: right.strategy,
        pairs: pairs.length,
        dropped: dropped + undecided,
        difference: medianDifference(differences, confidence),
        meanDifference: differences.every(Number.isFinite) ? meanInterval(differences, confidence) : undefined,
        test: signedRank(differences),
      };
    }),
  );
}

function winner({ better, left, right, test }: Uncorrected): string | undefined {
  if (better === "neither") return undefined;
  return test.less < test.greater === (better === "less") ? left : right;
}
