/**
 * The package as a library: from the text of a scenario to records, figures, verdicts and a report, without a command line. Nothing
 * here touches files, the clock or the process, so it also runs in a browser's worker.
 *
 *     const { registry, metrics, invariants } = builtIn();
 *     const read = readScenario(text, { file: "my.yaml", readText: () => undefined, registry, metrics, invariants });
 *     if (!read.ok) throw new Error(read.problems.map(formatProblem).join("\n"));
 *     const records = planJobs(read.scenario).map((job) => runOne(read.scenario, job));
 *     const [p90] = summarise(records, [metricByName("recovery.time")!]).metrics;
 *
 * The REAL modules have entries of their own: `shardlab/sharding`, `shardlab/routing`.
 */
import { NOT_BUILT, REGISTRY, STRATEGY_PRESETS } from "./simulator/strategies/registry.ts";
import { checkParts } from "./study/experiment/check-parts.ts";
import { INVARIANTS } from "./study/checks/invariants.ts";
import type { MetricInfo } from "./study/scenario/expectations.ts";
import type { Registry } from "./study/scenario/schema/strategy.ts";
import { METRICS } from "./study/stats/metrics.ts";

export type { Fact } from "./base/fact.ts";
export type { Outage, RunRecord } from "./simulator/record/record.ts";
export { judge } from "./study/checks/expectations.ts";
export type { ExpectationVerdict } from "./study/checks/verdict.ts";
export { type Job, planJobs } from "./study/experiment/experiment.ts";
export { runOne } from "./study/experiment/run-one.ts";
export { VERSION } from "./study/experiment/version.ts";
export { type Problem, formatProblem } from "./study/scenario/problem.ts";
export { type ReadResult, readScenario } from "./study/scenario/read.ts";
export type { Expectation, Scenario } from "./study/scenario/scenario.ts";
export { compare } from "./study/stats/compare.ts";
export { metricByName } from "./study/stats/metrics.ts";
export { type StrategySummary, summarise } from "./study/stats/summary.ts";
export { type Report, makeReport, reportOf } from "./report/report.ts";
export { type ReadResults, readResults } from "./report/results-read.ts";
export type { Results } from "./report/stored.ts";
export { resultsJson } from "./report/results.ts";
export { comparison } from "./report/table.ts";

/** What a scenario may name when no plug-in adds to it: what `readScenario` asks for. */
export function builtIn(): {
  readonly registry: Registry;
  readonly metrics: Readonly<Record<string, MetricInfo>>;
  readonly invariants: readonly string[];
} {
  const metrics = METRICS.map(({ name, unit, better, filters, over }): readonly [string, MetricInfo] => [
    name,
    { unit, better, where: filters, over },
  ]);
  return {
    registry: { parts: REGISTRY, notBuilt: NOT_BUILT, presets: STRATEGY_PRESETS, check: checkParts(REGISTRY) },
    metrics: Object.fromEntries(metrics),
    invariants: INVARIANTS.map(({ name }) => name),
  };
}
