/** What a metric is: its definition as `explain` prints it, and how to take it from one run's record. metrics.ts has the table. */
import type { HistogramData } from "../../simulator/record/histogram.ts";
import type { RunRecord } from "../../simulator/record/record.ts";
import type { MetricValue, Missing } from "./sample.ts";

/** Times are microseconds, rates per second, shares between 0 and 1. */
export type Unit = "time" | "count" | "bytes" | "share" | "number" | "rate";

/** How the places of one run (shards seen from vantages, servers) become one figure; `each` leaves them apart. */
export type Over = "max" | "mean" | "each";

/** The part of a run that is looked at; undefined is all of it. The same shape as `where:` in a scenario. */
export interface MetricWhere {
  readonly shard: number | undefined;
  readonly operation: string | undefined;
  readonly vantage: string | undefined;
  /** Microseconds of measured time, start included, end not. */
  readonly window: { readonly from: number; readonly to: number } | undefined;
  readonly per: "server" | "shard" | undefined;
  readonly what: "requests" | "bytes" | "keys" | "busy" | undefined;
}

export type Filter = keyof MetricWhere;

export const EVERYWHERE: MetricWhere = {
  shard: undefined,
  operation: undefined,
  vantage: undefined,
  window: undefined,
  per: undefined,
  what: undefined,
};

export interface MetricDefinition {
  readonly name: string;
  /** What `explain` prints: complete, in plain English, with units and what it does not promise. */
  readonly definition: string;
  readonly unit: Unit;
  readonly better: "less" | "more" | "neither";
  /** What no run's figure can be below or above: intervals end there. Without them 0 (a plain number has no bound), and for a share 1. */
  readonly least?: number;
  readonly most?: number;
  /** Keys of `where:` it accepts. */
  readonly filters: readonly Filter[];
  /** Pairs of accepted filters that the record cannot serve together. */
  readonly conflicts: readonly (readonly [Filter, Filter])[];
  /** True if one run has several values (one a place) among which `over:` chooses. */
  readonly over: boolean;
  /** One figure of one run. `each` counts as `max` here: use `each` below for the values apart. */
  readonly extract: (record: RunRecord, where: MetricWhere, over: Over) => MetricValue;
  /** The values of a run apart, one a place; given exactly where `over` is true. */
  readonly each: ((record: RunRecord, where: MetricWhere) => readonly MetricValue[]) | undefined;
  /** Given where a run holds a whole distribution: a statistic then judges the runs' distributions pooled (pooled.ts). */
  readonly distribution: MetricDistribution | undefined;
}

export interface MetricDistribution {
  /** The statistic that stands for one run where none is named, such as in a table. */
  readonly statistic: "p99" | "max";
  readonly of: (record: RunRecord, where: MetricWhere) => HistogramData | Missing;
  /** The figure of a run whose distribution is empty: undefined leaves the run unexercised. */
  readonly empty: number | undefined;
}

/** `number` moved into what a figure of this metric can be: Student's interval knows no bounds. */
export function withinBounds(
  { unit, least = unit === "number" ? -Infinity : 0, most = unit === "share" ? 1 : Infinity }: MetricDefinition,
  number: number,
): number {
  return Math.min(most, Math.max(least, number));
}

/** Why a metric cannot be asked this way, as "fault; mend"; undefined if it can. */
export function whereProblem(metric: MetricDefinition, where: MetricWhere): string | undefined {
  const given = (Object.keys(EVERYWHERE) as Filter[]).filter((filter) => where[filter] !== undefined);
  const refused = given.find((filter) => !metric.filters.includes(filter));
  if (refused !== undefined) {
    const accepted = metric.filters.length === 0 ? "it takes no filter" : `it takes ${metric.filters.join(", ")}`;
    return `${metric.name} cannot be asked by ${refused}; ${accepted}`;
  }
  const clash = metric.conflicts.find(([one, other]) => where[one] !== undefined && where[other] !== undefined);
  if (clash !== undefined) return `${metric.name} is not recorded by ${clash[0]} and ${clash[1]} together; drop one of them`;
  const window = where.window;
  return window !== undefined && window.from >= window.to ? "the window is empty; write its start before its end" : undefined;
}

/** `where.vantage` names a vantage in full (`web/a`) or by its zone (`a`). */
export function seenFrom({ vantage: wanted }: MetricWhere, vantage: string): boolean {
  return wanted === undefined || wanted === vantage || vantage.endsWith(`/${wanted}`);
}

/** First window (included) and last (not), and the microseconds they span. */
export interface WindowRange {
  readonly first: number;
  readonly end: number;
  readonly time: number;
}

/** The record's windows that `where.window` covers, or why they cannot answer for it. */
export function windowRange(record: RunRecord, where: MetricWhere): WindowRange | Missing {
  const { width, count } = record.windows;
  const { duration } = record.header;
  if (where.window === undefined) return { first: 0, end: count, time: duration };
  const { from, to } = where.window;
  const fits = from >= 0 && to <= duration && from % width === 0 && (to % width === 0 || to === duration);
  if (!fits) {
    return {
      kind: "unknown",
      cause: "unsupported",
      reason: `the record has windows of ${width / 1e6} s over ${duration / 1e6} s: ${from / 1e6} s to ${to / 1e6} s does not fall on them`,
    };
  }
  return { first: from / width, end: Math.min(count, Math.ceil(to / width)), time: to - from };
}

/** What the audit says of a run that was not quiescent. */
export const AUDIT_UNKNOWN: Missing = {
  kind: "unknown",
  cause: "audit",
  reason: "the run was not quiescent by the end of settling, so its audit is unknown",
};
