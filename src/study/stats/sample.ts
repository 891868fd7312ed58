/**
 * What one run says about one metric, and the order among such values. A run that had not recovered when measured time
 * ended is censored: all we know is "at least so much", and it orders above every number.
 */

/** One metric of one run. Numbers are in the metric's own unit. */
export type MetricValue = Observed | Missing;

/** A value that takes part in quantiles, ranks and extremes. */
export type Observed =
  | {
      readonly kind: "value";
      readonly value: number;
      /** What a reader should know besides, such as shards left out. */ readonly note?: string;
    }
  | { readonly kind: "censored"; readonly atLeast: number };

export type Missing =
  /**
   * The metric has a meaning here, and this run cannot tell. `unexercised`: the run never did what the metric watches
   * (no fault touched a shard); `audit`: the run was not quiescent after settling; `open`: part of an outage that never
   * closed; `unsupported`: the record does not hold the figure in the asked form.
   */
  | { readonly kind: "unknown"; readonly reason: string; readonly cause: "unexercised" | "audit" | "open" | "unsupported" }
  /** The metric has no meaning here: a vantage without clients, split-brain of a leaderless strategy. */
  | { readonly kind: "absent"; readonly reason: string };

export const value = (number: number, note?: string): MetricValue =>
  note === undefined ? { kind: "value", value: number } : { kind: "value", value: number, note };
export const censored = (atLeast: number): MetricValue => ({ kind: "censored", atLeast });
export const unknown = (cause: Extract<Missing, { kind: "unknown" }>["cause"], reason: string): MetricValue => ({
  kind: "unknown",
  reason,
  cause,
});
export const absent = (reason: string): MetricValue => ({ kind: "absent", reason });

/** Tells a metric value from whatever else a function gives when it can: an array, a range, a histogram. */
export const isMetricValue = (found: object): found is MetricValue => "kind" in found;

export const isObserved = (one: MetricValue): one is Observed => one.kind === "value" || one.kind === "censored";

/** The place of a value in the order: the number itself, or infinity where it is censored, so that two censored values tie. */
export const order = (one: Observed): number => (one.kind === "value" ? one.value : Infinity);

/** What is certain: the true value is at least this. */
export const lowerEnd = (one: Observed): number => (one.kind === "value" ? one.value : one.atLeast);

/** Ascending, censored last; censored values among themselves by what is certain of them. */
export function sortObserved(sample: readonly Observed[]): readonly Observed[] {
  return [...sample].sort((a, b) => (order(a) === order(b) ? lowerEnd(a) - lowerEnd(b) : order(a) < order(b) ? -1 : 1));
}
