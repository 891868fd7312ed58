/** `expect:` to data: names that exist, one bound in the metric's own unit, statistics that the repeats can support. */
import type { Bound, Expectation, MetricExpectation, Statistic, Where } from "./scenario.ts";
import { boundField, durationText } from "./schema/fields.ts";
import type { MetricUnit } from "./schema/fields.ts";
import { BOUND_KEYS, EXPECTATION_KEYS } from "./schema/expect.ts";
import type { RawExpectation } from "./schema/expect.ts";
import type { Report } from "./checks/report.ts";
import { highestQuantile, repeatsForPairs, repeatsForQuantile } from "./repeats.ts";
import type { Problems } from "./problem.ts";
import { positionOf } from "./text/node.ts";
import type { Node } from "./text/node.ts";
import { addIssues, errorMap } from "./text/issues.ts";
import { suggestion } from "./text/suggest.ts";
import { child, plain } from "./text/node.ts";

/** What a scenario needs to know of a metric; definitions live with the metrics. */
export interface MetricInfo {
  readonly unit: MetricUnit;
  /** Filters of `where:` that mean something for it. */
  readonly where: readonly (keyof Where)[];
  /** Whether a run has several values of it, so that `over:` can say how they become one; false refuses `over:`. */
  readonly over?: boolean;
  /** Statistics that mean something for it; left out: all. `quantile` stands for every pNN. */
  readonly statistics?: readonly ("mean" | "max" | "min" | "quantile")[];
  /** Named by the format, served by nothing yet. */
  readonly notBuilt?: boolean;
}

export interface ExpectationContext {
  readonly strategies: readonly string[];
  readonly metrics: Readonly<Record<string, MetricInfo>>;
  /** Of the file itself, before `--repeats`. */
  readonly repeats: number | undefined;
  readonly hasFaults: boolean;
  readonly duration: number | undefined;
  /** Over all strategies; undefined where unread. */
  readonly shards: number | undefined;
  readonly vantages: readonly string[] | undefined;
}

/** The expectation of `item`, or undefined when problems were added. */
export function readExpectation(raw: Partial<RawExpectation>, item: Node, problems: Problems, report: Report, context: ExpectationContext): Expectation | undefined {
  const before = problems.count();
  const { line, column } = positionOf(item.place.source, item.place.offset);
  const of = readOf(raw, report, context);
  const place = { path: item.place.path, line, column, of: of ?? [], knownFailure: raw.knownFailure };
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
  const metric = readMetric(raw, item, problems, report, context, of);
  return problems.count() > before || metric === undefined ? undefined : { kind: "metric", ...place, ...metric };
}

/** A key nobody knows has been reported already, and is what seems to be missing. */
const hasUnknownKey = (item: Node): boolean => item.kind === "map" && [...item.entries.keys()].some((key) => !EXPECTATION_KEYS.includes(key));

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

const comparedWith = (raw: Partial<RawExpectation>): string | undefined => raw.lessThan ?? raw.notWorseThan?.strategy;

type Judged = Pick<MetricExpectation, "metric" | "where" | "over" | "statistic" | "bound" | "confidence">;

function readMetric(raw: Partial<RawExpectation>, item: Node, problems: Problems, report: Report, context: ExpectationContext, of: readonly string[] | undefined): Judged | undefined {
  const bounds = BOUND_KEYS.filter((key) => report.has([key]));
  const [key, second] = bounds;
  if (key === undefined && !hasUnknownKey(item)) report.at([], "says no bound", `give one of ${BOUND_KEYS.join(", ")}`);
  if (second !== undefined) report.at([second], `stands beside ${key ?? ""}:`, "an expectation has one bound: make two of it, or write between", "key");
  const info = raw.metric === undefined ? undefined : context.metrics[raw.metric];
  if (raw.metric !== undefined && info !== undefined) {
    if (raw.metric.startsWith("recovery.") && !context.hasFaults) report.at(["metric"], "no fault is injected, so recovery is not exercised", "add faults:");
    checkFilters(raw.metric, info, raw, item, report, context);
  }
  const bound = key === undefined || info === undefined ? undefined : readBound(key, raw, info.unit, item, problems, report, context, of);
  const statistic = raw.statistic ?? "mean";
  if (key !== undefined && !(report.has(["statistic"]) && raw.statistic === undefined)) checkSupport(key, statistic, raw.confidence, report, context.repeats);
  if (raw.metric === undefined || bound === undefined || raw.where === undefined || raw.over === undefined) return undefined;
  const where: Where = { ...NO_FILTER, ...raw.where, window: readWindow(raw.where.window, report, context.duration) };
  return { metric: raw.metric, where, over: raw.over, statistic, bound, confidence: raw.confidence };
}

const NO_FILTER: Where = { shard: undefined, operation: undefined, vantage: undefined, window: undefined, per: undefined, what: undefined };

function checkFilters(metric: string, info: MetricInfo, raw: Partial<RawExpectation>, item: Node, report: Report, context: ExpectationContext): void {
  const where = child(item, "where");
  for (const key of where?.kind === "map" ? where.entries.keys() : []) {
    const known = Object.keys(NO_FILTER).includes(key);
    const applies = info.where.some((filter) => filter === key);
    if (known && !applies) report.at(["where", key], `means nothing for ${metric}`, info.where.length === 0 ? "remove it" : `it can be narrowed by ${info.where.join(", ")}`, "key");
  }
  const { shard, vantage } = raw.where ?? {};
  const { shards, vantages } = context;
  if (shard !== undefined && shards !== undefined && shard >= shards) report.at(["where", "shard"], `there is no shard ${shard}`, `there are ${shards}: shard 0 to shard ${shards - 1}`);
  if (vantage !== undefined && vantages !== undefined && !vantages.includes(vantage)) report.at(["where", "vantage"], `no client host is in zone "${vantage}"`, suggestion(vantage, vantages));
  if (info.over === false && report.has(["over"])) report.at(["over"], `a run has one value of ${metric}`, "remove it", "key");
  const { statistic } = raw;
  const kind = statistic === undefined || !statistic.startsWith("p") ? statistic : "quantile";
  if (kind !== undefined && info.statistics?.some((allowed) => allowed === kind) === false) {
    report.at(["statistic"], `${statistic ?? ""} means nothing for ${metric}`, `write ${info.statistics.map((allowed) => (allowed === "quantile" ? "pNN" : allowed)).join(", ")}`);
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
  else if (duration !== undefined && to.data > duration) report.at(steps, `ends after the ${durationText(duration)} of measured time`, "end it earlier, or make duration: longer");
  return { from: from.data, to: to.data };
}

function readBound(key: (typeof BOUND_KEYS)[number], raw: Partial<RawExpectation>, unit: MetricUnit, item: Node, problems: Problems, report: Report, context: ExpectationContext, of: readonly string[] | undefined): Bound | undefined {
  const value = (node: Node | undefined): number | undefined => {
    if (node === undefined) return undefined;
    const result = boundField(unit).safeParse(plain(node), { error: errorMap });
    if (!result.success) addIssues(result.error.issues, node, problems);
    return result.success ? result.data : undefined;
  };
  const node = child(item, key);
  switch (key) {
    case "below":
    case "atMost":
    case "atLeast": {
      // What is no scalar has been refused by the schema.
      const limit = node?.kind === "scalar" ? value(node) : undefined;
      return limit === undefined ? undefined : { kind: key, value: limit };
    }
    case "between":
      return readBetween(node, value, unit, report);
    case "lessThan":
    case "notWorseThan": {
      const other = comparedWith(raw);
      const steps = key === "lessThan" ? [key] : [key, "strategy"];
      if (other === undefined) return undefined;
      if (!context.strategies.includes(other)) report.at(steps, `there is no strategy "${other}"`, suggestion(other, context.strategies));
      else if (of?.includes(other) === true) report.at(steps, `"${other}" is compared with itself`, "name another strategy, or leave it out of of:");
      else if (of?.length === 0) report.at(steps, `there is no other strategy to compare "${other}" with`, "name two strategies");
      if (key === "lessThan") return { kind: key, strategy: other };
      const margin = value(child(node, "margin"));
      return margin === undefined ? undefined : { kind: key, strategy: other, margin };
    }
  }
}

function readBetween(node: Node | undefined, value: (node: Node | undefined) => number | undefined, unit: MetricUnit, report: Report): Bound | undefined {
  let ends: readonly (number | undefined)[];
  if (node?.kind === "list") ends = node.items.map(value);
  else {
    const texts = node?.kind === "scalar" ? String(node.value).split("..") : [];
    ends = texts.map((text) => boundField(unit).safeParse(scalarOf(text.trim()), { error: errorMap }).data);
    if (node?.kind === "scalar" && (texts.length !== 2 || ends.includes(undefined))) {
      report.at(["between"], `"${String(node.value)}" is not a pair of bounds`, `write LOW..HIGH or [LOW, HIGH], such as ${EXAMPLES[unit]}`);
      return undefined;
    }
  }
  const [low, high] = ends;
  if (low === undefined || high === undefined || ends.length !== 2) return undefined;
  if (low > high) report.at(["between"], "the lower bound is above the upper", "write the lower first");
  return { kind: "between", low, high };
}

/** As YAML would read it, standing alone. */
const scalarOf = (text: string): string | number => (/^[-+]?\d+(?:\.\d+)?$/u.test(text) ? Number(text) : text);

const EXAMPLES: Readonly<Record<MetricUnit, string>> = { time: "1s..3s", count: "1..10", bytes: "1KB..2KB", share: "1%..5%", number: "1..2", rate: "100/s..200/s" };

/** Refuses what the file's own repeats cannot show: it would be unknown in every run, and fail without a reason in sight. */
function checkSupport(key: (typeof BOUND_KEYS)[number], statistic: Statistic, confidence: number | undefined, report: Report, repeats: number | undefined): void {
  if (key === "lessThan" || key === "notWorseThan") {
    const level = confidence ?? 0.95;
    const needed = repeatsForPairs(level);
    if (report.has(["statistic"])) report.at(["statistic"], "means nothing for a paired comparison", "remove it: each repeat is compared with its twin", "key");
    if (repeats !== undefined && repeats < needed) report.at([key], `${repeats} repeats cannot show this at confidence ${level}`, `it needs repeats: ${needed}`, "key");
    return;
  }
  if (confidence === undefined) return;
  if (statistic === "max" || statistic === "min") {
    report.at(["confidence"], `no number of repeats bounds the true ${statistic}`, "remove it, or judge a quantile such as p90", "key");
    return;
  }
  const needed = statistic === "mean" ? 2 : quantileNeeds(key, Number(statistic.slice(1)) / 100, confidence);
  if (repeats === undefined || repeats >= needed) return;
  const reached = statistic === "mean" ? undefined : highestQuantile(repeats, confidence);
  const instead = reached === undefined || key === "atLeast" ? "" : `; ${repeats} reach ${reached}`;
  report.at(["statistic"], `${repeats} repeats cannot bound the ${statistic} at confidence ${confidence}`, `it needs repeats: ${needed}${instead}`);
}

function quantileNeeds(key: (typeof BOUND_KEYS)[number], level: number, confidence: number): number {
  const above = repeatsForQuantile(level, "above", confidence);
  const below = repeatsForQuantile(level, "below", confidence);
  return key === "atLeast" ? below : key === "between" ? Math.max(above, below) : above;
}
