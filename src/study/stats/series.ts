/** One metric over the repeats of a strategy, and two strategies' repeats paired by seed. */
import type { RunRecord } from "../../simulator/record/record.ts";
import type { MetricDefinition, MetricWhere, Over } from "./metric.ts";
import type { Pair } from "./paired.ts";
import { type RunStatistic, runFigure } from "./pooled.ts";
import { type MetricValue, type Missing, type Observed, isObserved } from "./sample.ts";

/** What is asked of a metric. `statistic` is used by metrics with a distribution only; undefined is the metric's own. */
export interface MetricQuery {
  readonly metric: MetricDefinition;
  readonly where: MetricWhere;
  readonly over: Over;
  readonly statistic: RunStatistic | undefined;
}

/** One run's value; `run` names what repeats it. */
export interface RunValue {
  readonly run: { readonly seed: number; readonly repeat: number; readonly key: string };
  readonly value: MetricValue;
}

/** One value a run, in the order of the repeats: what intervals and paired tests use. */
export function runValues(query: MetricQuery, records: readonly RunRecord[]): readonly RunValue[] {
  return inOrder(records).map((record) => ({ run: runOf(record), value: valueOf(query, record) }));
}

/** The values of `over: each`, those of all runs in one list; for distributions that are drawn, not for intervals. */
export function placeValues({ metric, where }: MetricQuery, records: readonly RunRecord[]): readonly RunValue[] {
  const { each } = metric;
  if (each === undefined) return [];
  return inOrder(records).flatMap((record) => each(record, where).map((value) => ({ run: runOf(record), value })));
}

export const inOrder = (records: readonly RunRecord[]): readonly RunRecord[] =>
  [...records].sort((a, b) => a.header.repeat - b.header.repeat || a.header.seed - b.header.seed);

const runOf = ({ header }: RunRecord): RunValue["run"] => ({ seed: header.seed, repeat: header.repeat, key: header.key });

function valueOf({ metric, where, over, statistic }: MetricQuery, record: RunRecord): MetricValue {
  return metric.distribution === undefined ? metric.extract(record, where, over) : runFigure(metric.distribution, record, where, statistic);
}

/** A sample told apart: what takes part, and why the rest does not. */
export interface Sorted {
  readonly observed: readonly Observed[];
  readonly censored: number;
  readonly absent: number;
  /** Runs that never did what the metric watches: left out of the sample. */
  readonly unexercised: number;
  /** Runs of which the metric cannot tell although it should (no audit, an outage still open): they spoil a verdict. */
  readonly undecided: number;
  /** Reasons of all that is missing, most frequent first, then in order of appearance. */
  readonly reasons: readonly { readonly reason: string; readonly runs: number }[];
}

export function sortValues(values: readonly MetricValue[]): Sorted {
  const observed = values.filter(isObserved);
  const missing = values.filter((one): one is Missing => !isObserved(one));
  const reasons = new Map<string, number>();
  for (const { reason } of missing) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const unexercised = missing.filter((one) => one.kind === "unknown" && one.cause === "unexercised").length;
  const absent = missing.filter((one) => one.kind === "absent").length;
  return {
    observed,
    censored: observed.filter((one) => one.kind === "censored").length,
    absent,
    unexercised,
    undecided: missing.length - unexercised - absent,
    reasons: [...reasons].map(([reason, runs]) => ({ reason, runs })).sort((a, b) => b.runs - a.runs),
  };
}

/** The runs that two strategies have in common. */
export interface Paired {
  /** Runs of both with a value on both sides, in the order of the repeats. */
  readonly pairs: readonly (Pair & { readonly run: RunValue["run"] })[];
  /** Pairs left out because a side was not exercised or has no value. */
  readonly dropped: number;
  /** Pairs of which a side cannot tell although it should. */
  readonly undecided: number;
}

/** Pairs by seed and repeat; a run without its twin is in no pair. */
export function pairValues(left: readonly RunValue[], right: readonly RunValue[]): Paired {
  const twins = new Map(right.map((one) => [`${one.run.seed} ${one.run.repeat}`, one.value]));
  const pairs: (Pair & { readonly run: RunValue["run"] })[] = [];
  let [dropped, undecided] = [0, 0];
  for (const { run, value } of left) {
    const twin = twins.get(`${run.seed} ${run.repeat}`);
    if (twin === undefined) continue;
    if (isObserved(value) && isObserved(twin)) pairs.push({ left: value, right: twin, run });
    else if (sortValues([value, twin]).undecided > 0) undecided += 1;
    else dropped += 1;
  }
  return { pairs, dropped, undecided };
}
