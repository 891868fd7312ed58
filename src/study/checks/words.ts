/** Expectations read back in words. */
import { unreachable } from "../../base/assert.ts";
import type { Bound, MetricExpectation } from "../scenario/scenario.ts";
import { counted, differenceFigure, figure } from "../stats/figure.ts";
import type { MetricDefinition, Unit } from "../stats/metric.ts";

/** "recovery.time", "load.cv (per server, busy, 20 s to 40 s)". */
export function subjectWords({ metric, where, over }: MetricExpectation, definition: MetricDefinition | undefined): string {
  const { shard, operation, vantage, window, per, what } = where;
  const details = [
    shard === undefined ? [] : [`shard ${shard}`],
    operation === undefined ? [] : [operation],
    vantage === undefined ? [] : [`from ${vantage}`],
    per === undefined ? [] : [`per ${per}`],
    what === undefined ? [] : [what],
    window === undefined ? [] : [`${figure(window.from, "time")} to ${figure(window.to, "time")}`],
    definition?.over === true && over !== "max" ? [`over: ${over}`] : [],
  ].flat();
  return details.length === 0 ? metric : `${metric} (${details.join(", ")})`;
}

/** "below 6 s", "between 1 and 3". */
export function boundWords(bound: Bound, unit: Unit): string {
  switch (bound.kind) {
    case "below":
      return `below ${figure(bound.value, unit)}`;
    case "atMost":
      return `at most ${figure(bound.value, unit)}`;
    case "atLeast":
      return `at least ${figure(bound.value, unit)}`;
    case "between":
      return `between ${figure(bound.low, unit)} and ${figure(bound.high, unit)}`;
    case "lessThan":
      return `less than ${bound.strategy}'s`;
    case "notWorseThan":
      return `not worse than ${bound.strategy}'s by ${differenceFigure(bound.margin, unit)}`;
    default:
      return unreachable(bound);
  }
}

/** "3 runs left out: no fault touched a shard"; empty where none is. */
export function leftOutWords(missing: number, reasons: readonly { readonly reason: string; readonly runs: number }[]): string {
  const [first] = reasons;
  return missing === 0 || first === undefined ? "" : `, ${counted(missing, "run")} left out: ${first.reason}`;
}
