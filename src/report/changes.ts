/**
 * Two studies side by side: which runs are the same, what changed in the scenario, in every metric and in the verdicts, and which of it is
 * significant. A function of what is stored; changes-text.ts says it in words.
 */
import type { ExpectationVerdict, VerdictKind } from "../study/checks/verdict.ts";
import { type Change, type ChangeKind, changes } from "../study/stats/change.ts";
import type { MetricDefinition } from "../study/stats/metric.ts";
import { METRICS } from "../study/stats/metrics.ts";
import type { MetricSummary } from "../study/stats/summary.ts";
import { type PathChange, pathChanges } from "./path-changes.ts";
import { marginBetween } from "./ranking.ts";
import { type Report, summaryOf, valuesOf } from "./report.ts";
import { CONFIDENCE, type StoredStrategy } from "./stored.ts";

export interface StudyChange {
  readonly before: Report;
  readonly after: Report;
  /** Strategies on one side only. */
  readonly gone: readonly string[];
  readonly gained: readonly string[];
  /** Of the strategies that both have, in the order of the first. */
  readonly strategies: readonly StrategyChange[];
  readonly verdicts: readonly VerdictChange[];
}

export interface StrategyChange {
  readonly name: string;
  /** Runs of one seed and repeat on both sides; of them those that left the same digest. */
  readonly common: number;
  readonly same: number;
  /** Runs of one key whose digests differ: one run must give one digest, so that this is a fault of shardlab, or a file was changed. */
  readonly contradicting: number;
  /** Of the scenario as it was run. */
  readonly scenario: readonly PathChange[];
  readonly metrics: readonly MetricChange[];
}

export interface MetricChange extends Change {
  readonly before: MetricSummary | undefined;
  readonly after: MetricSummary | undefined;
}

export interface VerdictChange {
  readonly strategy: string;
  /** What is expected, in words. */
  readonly what: string;
  /** Undefined where that side does not expect it. */
  readonly before: VerdictKind | undefined;
  readonly after: VerdictKind | undefined;
}

export interface ChangeOptions {
  /** Metrics that are compared; left out: those of either table. */
  readonly metrics?: readonly string[] | undefined;
}

/** Compares `after` with `before`. All metrics of all strategies are one family of tests. */
export function studyChange(before: Report, after: Report, { metrics }: ChangeOptions = {}): StudyChange {
  const names = (report: Report): readonly string[] => report.strategies.map(({ name }) => name);
  const common = names(before).filter((name) => names(after).includes(name));
  const shown = metricsOf(before, after, metrics);
  const compared = common.flatMap((name) =>
    shown.map((metric) => ({
      name,
      metric,
      before: valuesIn(before, name, metric),
      after: valuesIn(after, name, metric),
      margin: marginBetween(summaryOf(before, name, metric.name), summaryOf(after, name, metric.name)),
    })),
  );
  const found = changes(compared, CONFIDENCE);
  return {
    before,
    after,
    gone: names(before).filter((name) => !common.includes(name)),
    gained: names(after).filter((name) => !common.includes(name)),
    strategies: common.map((name) => ({
      ...runsChange(strategyOf(before, name), strategyOf(after, name)),
      name,
      metrics: found.flatMap((change, index) =>
        compared[index]?.name === name
          ? [{ ...change, before: summaryOf(before, name, change.metric.name), after: summaryOf(after, name, change.metric.name) }]
          : [],
      ),
    })),
    verdicts: verdictChanges(before.verdicts, after.verdicts),
  };
}

/** Whether nothing at all differs between the two: scenario, runs, strategies, verdicts. */
export function isUnchanged({ gone, gained, strategies, verdicts }: StudyChange): boolean {
  const isSame = (one: StrategyChange): boolean =>
    one.scenario.length === 0 && one.metrics.every(({ kind }) => kind === "same") && one.same === one.common && one.common > 0;
  return gone.length + gained.length + verdicts.length === 0 && strategies.length > 0 && strategies.every(isSame);
}

/** What a build should stop at: a metric significantly worse, a verdict that fell, a strategy or figure gone, runs that contradict their key. */
export function isWorse({ gone, strategies, verdicts }: StudyChange): boolean {
  const worse: readonly ChangeKind[] = ["worse", "gone"];
  return (
    gone.length > 0 ||
    strategies.some((one) => one.contradicting > 0 || one.metrics.some(({ kind }) => worse.includes(kind))) ||
    verdicts.some(({ before, after }) => after !== "held" && (before === "held" || (before === undefined && after === "broken")))
  );
}

function metricsOf(before: Report, after: Report, wanted: readonly string[] | undefined): readonly MetricDefinition[] {
  const names = wanted ?? [...before.shown, ...after.shown].map(({ name }) => name);
  return METRICS.filter(({ name }) => names.includes(name));
}

const strategyOf = (report: Report, name: string): StoredStrategy | undefined => report.strategies.find((one) => one.name === name);

function valuesIn(report: Report, name: string, metric: MetricDefinition): ReturnType<typeof valuesOf> {
  const strategy = strategyOf(report, name);
  return strategy === undefined ? [] : valuesOf(strategy, metric.name);
}

function runsChange(
  before: StoredStrategy | undefined,
  after: StoredStrategy | undefined,
): Pick<StrategyChange, "common" | "same" | "contradicting" | "scenario"> {
  const twins = new Map((before?.runs ?? []).map((run) => [`${run.seed} ${run.repeat}`, run]));
  const pairs = (after?.runs ?? []).flatMap((run) => {
    const twin = twins.get(`${run.seed} ${run.repeat}`);
    return twin === undefined ? [] : [{ run, twin }];
  });
  const keys = new Map((before?.runs ?? []).map((run) => [run.key, run.digest]));
  const contradicting = (after?.runs ?? []).filter(({ key, digest }) => keys.has(key) && keys.get(key) !== digest);
  return {
    common: pairs.length,
    same: pairs.filter(({ run, twin }) => run.digest === twin.digest).length,
    contradicting: contradicting.length,
    scenario: pathChanges(before?.resolved, after?.resolved),
  };
}

/** Expectations are the same where they ask the same, wherever they stand in the file. */
function verdictChanges(before: readonly ExpectationVerdict[], after: readonly ExpectationVerdict[]): readonly VerdictChange[] {
  const [old, now] = [judgedBy(before), judgedBy(after)];
  const all = [...new Set([...old.keys(), ...now.keys()])];
  return all.flatMap((key) => {
    const [one, other] = [old.get(key), now.get(key)];
    if (one?.kind === other?.kind) return [];
    const { strategy = "", what = "" } = one ?? other ?? {};
    return [{ strategy, what, before: one?.kind, after: other?.kind }];
  });
}

interface Judged {
  readonly strategy: string;
  readonly what: string;
  readonly kind: VerdictKind;
}

function judgedBy(verdicts: readonly ExpectationVerdict[]): ReadonlyMap<string, Judged> {
  const found = new Map<string, Judged>();
  for (const { expectation, kind, parts } of verdicts) {
    const asked = JSON.stringify({ ...expectation, path: undefined, line: undefined, column: undefined, source: undefined, of: undefined });
    for (const part of parts) {
      // A known failure is turned round for the whole expectation, not for its parts.
      const turned = expectation.knownFailure === undefined ? part.kind : kind;
      found.set(`${part.strategy} ${asked}`, { strategy: part.strategy, what: whatOf(expectation), kind: turned });
    }
  }
  return found;
}

const whatOf = (expectation: ExpectationVerdict["expectation"]): string =>
  expectation.kind === "invariant" ? expectation.invariant : `${expectation.metric} ${expectation.statistic} (${expectation.path})`;
