/**
 * Who is best at a metric, as far as the runs tell: the strategies that no other is significantly better than, provided that they
 * beat somebody. Where nobody beats anybody there is no best.
 */
import type { Comparison } from "../study/stats/compare.ts";
import type { MetricSummary } from "../study/stats/summary.ts";
import { type Report, summaryOf } from "./report.ts";

export interface Ranking {
  readonly metric: string;
  /** Strategies that beat another and are beaten by none, in the report's order. */
  readonly best: readonly string[];
  /** Those beaten by somebody. */
  readonly beaten: readonly string[];
  /** Those that neither beat nor are beaten, while there is a best. */
  readonly between: readonly string[];
}

export function rank(report: Report, metric: string): Ranking {
  const names = report.strategies.map((one) => one.name);
  const decided = report.comparisons.filter((one) => one.metric === metric && one.winner !== undefined);
  const losers = new Set(decided.map((one) => (one.winner === one.left ? one.right : one.left)));
  const winners = new Set(decided.map((one) => one.winner));
  return {
    metric,
    best: names.filter((name) => winners.has(name) && !losers.has(name)),
    beaten: names.filter((name) => losers.has(name)),
    between: names.filter((name) => decided.length > 0 && !winners.has(name) && !losers.has(name)),
  };
}

/** The comparison of two strategies as seen from `one`: its difference is one - other. */
export function comparisonOf(report: Report, metric: string, one: string, other: string): Comparison | undefined {
  const found = report.comparisons.find(
    (each) => each.metric === metric && ((each.left === one && each.right === other) || (each.left === other && each.right === one)),
  );
  if (found === undefined || found.left === one || found.difference === undefined) return found;
  const { median, low, high } = found.difference;
  const turned = (end: number | undefined): number | undefined => (end === undefined ? undefined : 0 - end);
  return { ...found, left: one, right: other, difference: { median: 0 - median, low: turned(high), high: turned(low) } };
}

/** The number a strategy is ordered by: the median of times, the mean of the rest; infinite where it is censored. */
function orderingFigure(summary: MetricSummary | undefined): number | undefined {
  const figures = summary?.figures;
  if (summary === undefined || figures === undefined) return undefined;
  if (summary.metric.startsWith("recovery.") || figures.mean.kind === "refused")
    return figures.p50.value.kind === "value" ? figures.p50.value.value : Infinity;
  return figures.mean.value;
}

/** Strategies with a figure, best first; equals in the report's order. */
export function ordered(report: Report, metric: string, names: readonly string[]): readonly string[] {
  const sign = summaryOf(report, names[0] ?? "", metric)?.better === "more" ? -1 : 1;
  const figures = names.flatMap((name) => {
    const found = orderingFigure(summaryOf(report, name, metric));
    return found === undefined ? [] : [{ name, found }];
  });
  return figures.sort((a, b) => (a.found === b.found ? 0 : sign * (a.found < b.found ? -1 : 1))).map(({ name }) => name);
}
