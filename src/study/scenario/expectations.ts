/** `expect:` to data: names that exist, one bound in the metric's own unit, statistics that the repeats can support. */
import { checkSupport, comparedWith, readBound } from "./bounds.ts";
import type { Judging } from "./bounds.ts";
import { reportOn } from "./checks/report.ts";
import type { Report } from "./checks/report.ts";
import type { Problems } from "./problem.ts";
import type { Expectation, MetricExpectation, Where } from "./scenario.ts";
import { BOUND_KEYS, EXPECTATION_KEYS } from "./schema/expect.ts";
import type { RawExpectation } from "./schema/expect.ts";
import { boundField, durationText } from "./schema/fields.ts";
import type { MetricUnit } from "./schema/fields.ts";
import { errorMap } from "./text/issues.ts";
import { child, positionOf } from "./text/node.ts";
import type { Node } from "./text/node.ts";
import { suggestion } from "./text/suggest.ts";

/** What a scenario needs to know of a metric; definitions live with the metrics. */
export interface MetricInfo {
  readonly unit: MetricUnit;
  /** Which way is better: what an objective bounds it from. Left out: neither. */
  readonly better?: "less" | "more" | "neither";
  /** Filters of `where:` that mean something for it. */
  readonly where: readonly (keyof Where)[];
  /** Filters that mean nothing together. */
  readonly conflicts?: readonly (readonly (keyof Where)[])[];
  /** Whether a run has several values of it, so that `over:` can say how they become one; false refuses `over:`. */
  readonly over?: boolean;
  /** Statistics that mean something for it; left out: all. `quantile` stands for every pNN. */
  readonly statistics?: readonly ("mean" | "max" | "min" | "quantile")[];
  /** A run holds a whole distribution of it, so that few runs can bound a high quantile (stats/pooled.ts). */
  readonly pooled?: boolean;
  /** It is about when an objective breaks: without one it means nothing. */
  readonly needsObjective?: boolean;
  /** Named by the format, served by nothing yet. */
  readonly notBuilt?: boolean;
}

export interface ExpectationContext {
  readonly strategies: readonly string[];
  readonly metrics: Readonly<Record<string, MetricInfo>>;
  /** Of the file itself, before `--repeats`. */
  readonly repeats: number | undefined;
  readonly hasFaults: boolean;
  /** Objectives other than of headroom itself. */
  readonly hasObjectives: boolean;
  readonly duration: number | undefined;
  /** Over all strategies; undefined where unread. */
  readonly shards: number | undefined;
  readonly vantages: readonly string[] | undefined;
}

/** The expectation that `item` was read to, as far as it could be; undefined when problems were added. */
export function readExpectation(
  raw: Partial<RawExpectation>,
  item: Node,
  problems: Problems,
  context: ExpectationContext,
): Expectation | undefined {
  const before = problems.count();
  const report = reportOn(item, problems);
  const { line, column } = positionOf(item.place.source, item.place.offset);
  const of = readOf(raw, report, context);
  const place = { path: item.place.path, line, column, source: item.place.source.name, of: of ?? [], knownFailure: raw.knownFailure };
  const isInvariant = report.has(["invariant"]);
  if (isInvariant === report.has(["metric"])) {
    if (isInvariant) report.at(["invariant"], "stands beside metric:", "an expectation is about one of them: make two of it", "key");
    else if (!hasUnknownKey(item)) report.at([], "says neither metric: nor invariant:", "write { metric: NAME, … } or { invariant: NAME }");
    return undefined;
  }
  if (isInvariant) {
    refuseOthers(item, report);
    return problems.count() > before || raw.invariant === undefined ? undefined : { kind: "invariant", invariant: raw.invariant, ...place };
  }
  const metric = readMetric({ raw, item, problems, report, strategies: context.strategies, of }, context);
  return problems.count() > before || metric === undefined ? undefined : { kind: "metric", ...place, ...metric };
}

/** A key nobody knows has been reported already, and is what seems to be missing. */
const hasUnknownKey = (item: Node): boolean =>
  item.kind === "map" && [...item.entries.keys()].some((key) => !EXPECTATION_KEYS.includes(key));

/** An invariant holds or not, everywhere: nothing else can be said of it. */
function refuseOthers(item: Node, report: Report): void {
  const allowed = ["invariant", "of", "knownFailure", "metric"];
  for (const key of item.kind === "map" ? item.entries.keys() : []) {
    if (!allowed.includes(key)) report.at([key], "means nothing for an invariant", "remove it", "key");
  }
}

function readOf(raw: Partial<RawExpectation>, report: Report, { strategies }: ExpectationContext): readonly string[] | undefined {
  const { of: names } = raw;
  if (names === undefined) return undefined;
  if (names.includes("all")) {
    if (names.length > 1) report.at(["of"], '"all" stands beside other names', "write of: all");
    return strategies.filter((name) => name !== comparedWith(raw));
  }
  for (const [index, name] of names.entries()) {
    const steps = report.has(["of", index]) ? ["of", index] : ["of"];
    if (!strategies.includes(name)) report.at(steps, `there is no strategy "${name}"`, suggestion(name, [...strategies, "all"]));
    else if (names.indexOf(name) !== index) report.at(steps, `the strategy "${name}" stands twice`, "remove one");
  }
  return strategies.filter((name) => names.includes(name));
}

type Judged = Pick<MetricExpectation, "metric" | "where" | "over" | "statistic" | "bound" | "confidence">;

function readMetric(judging: Judging, context: ExpectationContext): Judged | undefined {
  const { raw, item, report } = judging;
  const bounds = BOUND_KEYS.filter((key) => report.has([key]));
  const [key, second] = bounds;
  if (key === undefined && !hasUnknownKey(item)) report.at([], "says no bound", `give one of ${BOUND_KEYS.join(", ")}`);
  if (second !== undefined)
    report.at([second], `stands beside ${key ?? ""}:`, "an expectation has one bound: make two of it, or write between", "key");
  const info = raw.metric === undefined ? undefined : context.metrics[raw.metric];
  if (raw.metric?.startsWith("recovery.") === true && !context.hasFaults) {
    report.at(["metric"], "no fault is injected, so recovery is not exercised", "add faults:");
  }
  if (info?.needsObjective === true && !context.hasObjectives) report.at(["metric"], ...NO_OBJECTIVE);
  if (info !== undefined) checkMeaning(raw.metric ?? "", info, judging);
  checkWhere(raw, report, context);
  const bound = key === undefined || info === undefined ? undefined : readBound(key, info.unit, judging);
  const statistic = raw.statistic ?? "mean";
  const isKnown = !(report.has(["statistic"]) && raw.statistic === undefined);
  if (key !== undefined && isKnown && info?.pooled !== true) checkSupport(key, statistic, raw.confidence, report, context.repeats);
  if (raw.metric === undefined || bound === undefined || raw.where === undefined || raw.over === undefined) return undefined;
  const where: Where = { ...NO_FILTER, ...raw.where, window: readWindow(raw.where.window, report, context.duration) };
  return { metric: raw.metric, where, over: raw.over, statistic, bound, confidence: raw.confidence };
}

/** Fault and mend. */
export const NO_OBJECTIVE = [
  "there is no objective, and headroom is the load at which one breaks",
  "add such as objectives: { latency.read: { p99: 20ms } }",
] as const;

const NO_FILTER: Where = { shard: undefined, operation: undefined, vantage: undefined, window: undefined, per: undefined, what: undefined };

/** What the metric has no use for. */
function checkMeaning(metric: string, info: MetricInfo, { raw, item, report }: Judging): void {
  const where = child(item, "where");
  for (const key of where?.kind === "map" ? where.entries.keys() : []) {
    if (!(key in NO_FILTER) || info.where.some((filter) => filter === key)) continue;
    const mend = info.where.length === 0 ? "remove it" : `it can be narrowed by ${info.where.join(", ")}`;
    report.at(["where", key], `means nothing for ${metric}`, mend, "key");
  }
  for (const together of info.conflicts ?? []) {
    const [first, ...rest] = together;
    const last = rest.at(-1);
    if (first === undefined || last === undefined || !together.every((key) => report.has(["where", key]))) continue;
    report.at(["where", last], `stands beside ${first}:, and ${metric} is not kept by both`, "remove one", "key");
  }
  if (info.over === false && report.has(["over"])) report.at(["over"], `a run has one value of ${metric}`, "remove it", "key");
  const { statistic } = raw;
  const kind = statistic?.startsWith("p") === true ? "quantile" : statistic;
  if (statistic === undefined || info.statistics === undefined || info.statistics.some((allowed) => allowed === kind)) return;
  const allowed = info.statistics.map((one) => (one === "quantile" ? "pNN" : one));
  report.at(["statistic"], `${statistic} means nothing for ${metric}`, `write ${allowed.join(", ")}`);
}

/** Filters by what does not exist. */
function checkWhere({ where = {} }: Partial<RawExpectation>, report: Report, { shards, vantages }: ExpectationContext): void {
  const { shard, vantage } = where;
  if (shard !== undefined && shards !== undefined && shard >= shards) {
    report.at(["where", "shard"], `there is no shard ${shard}`, `there are ${shards}: shard 0 to shard ${shards - 1}`);
  }
  if (vantage !== undefined && vantages !== undefined && !vantages.includes(vantage)) {
    report.at(["where", "vantage"], `no client host is at "${vantage}"`, suggestion(vantage, vantages));
  }
}

function readWindow(text: readonly [string, string] | undefined, report: Report, duration: number | undefined): Where["window"] {
  if (text === undefined) return undefined;
  const [from, to] = text.map((end) => boundField("time").safeParse(end, { error: errorMap }));
  const steps = ["where", "window"];
  if (from?.success !== true || to?.success !== true) {
    report.at(steps, `"${text.join("..")}" is not a stretch of time`, "write such as 20s..40s");
    return undefined;
  }
  if (from.data >= to.data) report.at(steps, "ends before it begins", "write the earlier time first");
  else if (duration !== undefined && to.data > duration)
    report.at(steps, `ends after the ${durationText(duration)} of measured time`, "end it earlier, or make duration: longer");
  return { from: from.data, to: to.data };
}
