/** The bound of an expectation, in the unit of its metric, and whether the file's repeats can support it. */
import type { Report } from "./checks/report.ts";
import type { Problems } from "./problem.ts";
import { highestQuantile, repeatsForPairs, repeatsForQuantile } from "./repeats.ts";
import type { Bound, Statistic } from "./scenario.ts";
import type { BOUND_KEYS, RawExpectation } from "./schema/expect.ts";
import { boundField } from "./schema/fields.ts";
import type { MetricUnit } from "./schema/fields.ts";
import { addIssues, errorMap } from "./text/issues.ts";
import { child, plain } from "./text/node.ts";
import type { Node, Steps } from "./text/node.ts";
import { suggestion } from "./text/suggest.ts";

export type BoundKey = (typeof BOUND_KEYS)[number];

/** One line of `expect:` while it is read. */
export interface Judging {
  readonly raw: Partial<RawExpectation>;
  /** As the file has it. */
  readonly item: Node;
  readonly problems: Problems;
  readonly report: Report;
  /** All there are. */
  readonly strategies: readonly string[];
  /** Those judged; undefined where that could not be read. */
  readonly of: readonly string[] | undefined;
}

/** The strategy of a paired comparison that the others are compared with. */
export const comparedWith = (raw: Partial<RawExpectation>): string | undefined => raw.lessThan ?? raw.notWorseThan?.strategy;

/** The one bound of an expectation, in the unit of its metric; undefined when it cannot be read. */
export function readBound(key: BoundKey, unit: MetricUnit, judging: Judging): Bound | undefined {
  const { raw, item, problems, report } = judging;
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
      if (other === undefined) return undefined;
      checkOther(other, key === "lessThan" ? [key] : [key, "strategy"], judging);
      if (key === "lessThan") return { kind: key, strategy: other };
      const margin = value(child(node, "margin"));
      return margin === undefined ? undefined : { kind: key, strategy: other, margin };
    }
  }
}

function checkOther(other: string, steps: Steps, { report, strategies, of }: Judging): void {
  if (!strategies.includes(other)) report.at(steps, `there is no strategy "${other}"`, suggestion(other, strategies));
  else if (of?.includes(other) === true)
    report.at(steps, `"${other}" is compared with itself`, "name another strategy, or leave it out of of:");
  else if (of?.length === 0) report.at(steps, `there is no other strategy to compare "${other}" with`, "name two strategies");
}

function readBetween(
  node: Node | undefined,
  value: (node: Node | undefined) => number | undefined,
  unit: MetricUnit,
  report: Report,
): Bound | undefined {
  let ends: readonly (number | undefined)[];
  if (node?.kind === "list") ends = node.items.map(value);
  else {
    const texts = node?.kind === "scalar" ? String(node.value).split("..") : [];
    ends = texts.map((text) => boundField(unit).safeParse(scalarOf(text.trim()), { error: errorMap }).data);
    if (node?.kind === "scalar" && (texts.length !== 2 || ends.includes(undefined))) {
      report.at(
        ["between"],
        `"${String(node.value)}" is not a pair of bounds`,
        `write LOW..HIGH or [LOW, HIGH], such as ${EXAMPLES[unit]}`,
      );
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

const EXAMPLES: Readonly<Record<MetricUnit, string>> = {
  time: "1s..3s",
  count: "1..10",
  bytes: "1KB..2KB",
  share: "1%..5%",
  number: "1..2",
  rate: "100/s..200/s",
};

/** Refuses what the file's own repeats cannot show: it would be unknown in every run, and fail without a reason in sight. */
export function checkSupport(
  key: BoundKey,
  statistic: Statistic,
  confidence: number | undefined,
  report: Report,
  repeats: number | undefined,
): void {
  if (key === "lessThan" || key === "notWorseThan") {
    const level = confidence ?? 0.95;
    const needed = repeatsForPairs(level);
    if (report.has(["statistic"]))
      report.at(["statistic"], "means nothing for a paired comparison", "remove it: each repeat is compared with its twin", "key");
    if (repeats !== undefined && repeats < needed)
      report.at([key], `${repeats} repeats cannot show this at confidence ${level}`, raise(needed), "key");
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
  report.at(["statistic"], `${repeats} repeats cannot bound the ${statistic} at confidence ${confidence}`, `${raise(needed)}${instead}`);
}

const raise = (needed: number): string => `it needs repeats: ${needed}, in the file or by --set repeats=${needed}`;

function quantileNeeds(key: BoundKey, level: number, confidence: number): number {
  const above = repeatsForQuantile(level, "above", confidence);
  const below = repeatsForQuantile(level, "below", confidence);
  return key === "atLeast" ? below : key === "between" ? Math.max(above, below) : above;
}
