/**
 * `objectives:` to data: each becomes a bound on every strategy, judged like an expectation by its point estimate. At most where less of
 * the metric is better, at least where more is.
 */
import { reportOn } from "./checks/report.ts";
import { type ExpectationContext, type MetricInfo, NO_OBJECTIVE } from "./expectations.ts";
import type { Problems } from "./problem.ts";
import type { MetricExpectation, Statistic } from "./scenario.ts";
import { boundField } from "./schema/fields.ts";
import { addIssues, errorMap, notOneOf } from "./text/issues.ts";
import { type Entry, type Node, child, plain, positionOf } from "./text/node.ts";

/** Of a scenario whose tree is `tree`; what cannot be read is reported and left out. In the order of the file. */
export function readObjectives(tree: Node, problems: Problems, context: ExpectationContext): readonly MetricExpectation[] {
  const section = child(tree, "objectives");
  if (section?.kind !== "map") return [];
  return [...section.entries].flatMap(([metric, entry]) => readMetric(metric, entry, problems, context));
}

function readMetric(metric: string, { key, value }: Entry, problems: Problems, context: ExpectationContext): readonly MetricExpectation[] {
  const info = Object.hasOwn(context.metrics, metric) ? context.metrics[metric] : undefined;
  if (info === undefined || info.notBuilt === true) {
    const known = Object.keys(context.metrics).filter((name) => context.metrics[name]?.notBuilt !== true);
    const [fault, mend] = notOneOf(`"${metric}"`, { known, later: Object.keys(context.metrics).filter((name) => !known.includes(name)) });
    problems.add(key, info === undefined ? `there is no metric "${metric}"` : `the metric ${fault}`, mend);
    return [];
  }
  if (info.needsObjective === true && !context.hasObjectives) {
    problems.add(key, ...NO_OBJECTIVE);
    return [];
  }
  const { better = "neither" } = info;
  if (better === "neither") {
    problems.add(key, `of ${metric} neither more nor less is better`, "write an expectation with the bound that you mean");
    return [];
  }
  if (value.kind !== "map" || value.entries.size === 0) {
    problems.add(value.place, "says no bound", `write { ${metric}: { p90: … } }: a statistic of the runs and its bound`);
    return [];
  }
  return [...value.entries].flatMap(([statistic, { key: place, value: node }]): readonly MetricExpectation[] => {
    const named = statisticOf(statistic);
    if (named === undefined) {
      problems.add(place, `"${statistic}" is not a statistic`, "write mean, max, min, or a quantile such as p50, p90, p99.9");
      return [];
    }
    const kind = named.startsWith("p") ? "quantile" : named;
    if (info.statistics?.some((allowed) => allowed === kind) === false) {
      problems.add(
        place,
        `${statistic} means nothing for ${metric}`,
        `write ${info.statistics.map((one) => (one === "quantile" ? "pNN" : one)).join(", ")}`,
      );
      return [];
    }
    const read = boundField(info.unit).safeParse(plain(node), { error: errorMap });
    if (!read.success) {
      addIssues(read.error.issues, node, problems);
      return [];
    }
    return [
      {
        kind: "metric",
        path: `objectives.${metric}.${statistic}`,
        ...positionOf(place.source, place.offset),
        of: context.strategies,
        knownFailure: undefined,
        metric,
        where: { shard: undefined, operation: undefined, vantage: undefined, window: undefined, per: undefined, what: undefined },
        over: "max",
        statistic: named,
        bound: { kind: better === "less" ? "atMost" : "atLeast", value: read.data },
        confidence: undefined,
      },
    ];
  });
}

function statisticOf(text: string): Statistic | undefined {
  if (text === "mean" || text === "max" || text === "min") return text;
  const level = Number(/^p(\d{1,2}(?:\.\d{1,4})?)$/u.exec(text)?.[1]);
  return level > 0 ? `p${level}` : undefined;
}

/** Whether anything can break but headroom itself. */
export function hasObjectives(tree: Node, metrics: Readonly<Record<string, MetricInfo>>): boolean {
  const section = child(tree, "objectives");
  return section?.kind === "map" && [...section.entries.keys()].some((metric) => metrics[metric]?.needsObjective !== true);
}

/** Faults are needed where recovery is an objective: without one it is not exercised, and no strategy is known to meet it. */
export function checkExercised(objectives: readonly MetricExpectation[], tree: Node, problems: Problems, hasFaults: boolean): void {
  if (hasFaults) return;
  const report = reportOn(tree, problems);
  for (const { metric } of objectives)
    if (metric.startsWith("recovery."))
      report.at(["objectives", metric], "no fault is injected, so recovery is not exercised", "add faults:", "key");
}
