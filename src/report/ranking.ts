/**
 * Who is best at a metric, as far as the runs tell: the strategies that no other beats, provided that they beat somebody. Where
 * nobody beats anybody there is no best. To beat is to be significantly better by more than a margin: with enough runs any
 * difference is significant, and nobody chooses a set-up for one of 1 %.
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

/** What lies within this share of the figure is alike; of a share (availability) it is this share of what is missing to 1. */
export const MARGIN = 0.01;

/**
 * How two strategies compare. `better`: significantly, and by more than the margin; `alike`: the paired intervals of the median
 * and of the mean both lie within the margin; `unequal`: they carried different loads, so that how evenly says nothing;
 * `open`: the runs do not tell.
 */
export type Outcome = { readonly kind: "better"; readonly winner: string } | { readonly kind: "alike" | "unequal" | "open" };

export function outcomeOf(report: Report, { metric, left, right, winner, difference, meanDifference }: Comparison): Outcome {
  if (isBalance(metric) && servedUnequally(report, left, right)) return { kind: "unequal" };
  const margin = marginOf(report, metric, left, right);
  // A median alone would call a strategy that loses much in few runs like one that never does.
  const ends = [difference?.low, difference?.high, meanDifference?.low, meanDifference?.high];
  if (margin !== undefined && ends.every((end) => end !== undefined && Math.abs(end) <= margin)) return { kind: "alike" };
  return winner === undefined ? { kind: "open" } : { kind: "better", winner };
}

const isBalance = (metric: string): boolean => metric.startsWith("load.") && metric !== "load.utilisation";

/** Whether one of two strategies served significantly more, and by more than the margin: what is refused weighs on no server. */
export function servedUnequally(report: Report, one: string, other: string): boolean {
  const goodput = comparisonOf(report, "goodput", one, other);
  return goodput !== undefined && outcomeOf(report, goodput).kind === "better";
}

/** In the metric's unit; undefined without figures on both sides. */
function marginOf(report: Report, metric: string, one: string, other: string): number | undefined {
  return marginBetween(summaryOf(report, one, metric), summaryOf(report, other, metric));
}

/** What lies within it counts as alike, in the metric's unit; undefined without figures on both sides. */
export function marginBetween(one: MetricSummary | undefined, other: MetricSummary | undefined): number | undefined {
  const summaries = [one, other];
  const [first, second] = summaries.map(orderingFigure);
  if (first === undefined || second === undefined || !Number.isFinite(first + second)) return undefined;
  const isShare = one?.unit === "share" && one.better === "more";
  const sizes = [first, second].map((size) => Math.abs(isShare ? 1 - size : size));
  return MARGIN * Math.min(...sizes);
}

export function rank(report: Report, metric: string): Ranking {
  const names = report.strategies.map((one) => one.name);
  const decided = report.comparisons
    .filter((one) => one.metric === metric)
    .flatMap(({ left, right, ...rest }) => {
      const outcome = outcomeOf(report, { left, right, ...rest });
      return outcome.kind === "better" ? [{ winner: outcome.winner, loser: outcome.winner === left ? right : left }] : [];
    });
  const losers = new Set(decided.map((one) => one.loser));
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
  const { difference, meanDifference } = found;
  const turned = (end: number | undefined): number | undefined => (end === undefined ? undefined : 0 - end);
  return {
    ...found,
    left: one,
    right: other,
    difference: { median: 0 - difference.median, low: turned(difference.high), high: turned(difference.low) },
    meanDifference: meanDifference === undefined ? undefined : { low: 0 - meanDifference.high, high: 0 - meanDifference.low },
  };
}

/** The number a strategy is ordered by: the median of times, the mean of the rest; infinite where it is censored. */
export function orderingFigure(summary: MetricSummary | undefined): number | undefined {
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
