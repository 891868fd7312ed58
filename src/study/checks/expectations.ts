/**
 * Judges one line of `expect:` over the records of all strategies. A pure function of records: a stored run can be judged
 * again. threshold.ts compares with numbers, paired-bound.ts with another strategy, invariants.ts has the rules.
 */
import { unreachable } from "../../base/assert.ts";
import type { RunRecord } from "../../simulator/record/record.ts";
import type { Expectation, InvariantExpectation, MetricExpectation } from "../scenario/scenario.ts";
import { whereProblem } from "../stats/metric.ts";
import { metricByName } from "../stats/metrics.ts";
import { inOrder } from "../stats/series.ts";
import { invariantByName } from "./invariants.ts";
import { PAIRED_CONFIDENCE, judgePaired, pairsNeeded } from "./paired-bound.ts";
import { judgeThreshold, repeatsFor } from "./threshold.ts";
import {
  type ExpectationVerdict,
  type FailingRun,
  type Finding,
  type Repeats,
  type StrategyVerdict,
  type VerdictKind,
  inWords,
} from "./verdict.ts";
import { subjectWords } from "./words.ts";

/** Records by strategy, each list complete; their order does not matter. */
export type RecordsByStrategy = ReadonlyMap<string, readonly RunRecord[]>;

/** The verdict of one expectation over all strategies it is of. */
export function judge(expectation: Expectation, records: RecordsByStrategy, repeats: Repeats): ExpectationVerdict {
  const parts = expectation.of.map((strategy) => judgeStrategy(expectation, strategy, records, repeats));
  const shown = parts.length === 0 ? "unknown" : worst(parts.map((part) => part.kind));
  const lines = parts.length === 0 ? "no strategy to judge: unknown" : parts.map((part) => part.text).join("\n");
  const { knownFailure } = expectation;
  if (knownFailure === undefined || shown === "unknown") return { expectation, kind: shown, text: lines, parts };
  const turned = shown === "held" ? "broken" : "held";
  const word =
    shown === "held"
      ? `holds now, so it is no known failure any more (${knownFailure}); take \`knownFailure\` away`
      : `known failure (${knownFailure})`;
  return { expectation, kind: turned, text: `${lines}\n${word}: ${turned}`, parts };
}

/**
 * The fewest repeats that can decide an expectation: what a file's `repeats` must reach, else it is refused with this
 * number. Undefined if no number can (the upper bound of a maximum at a confidence).
 */
export function requiredRepeats(expectation: Expectation): number | undefined {
  if (expectation.kind === "invariant") return 1;
  const metric = metricByName(expectation.metric);
  const { bound } = expectation;
  if (metric === undefined) return 1;
  if (bound.kind === "lessThan" || bound.kind === "notWorseThan") return pairsNeeded(expectation.confidence ?? PAIRED_CONFIDENCE);
  return repeatsFor({ expectation, bound, metric });
}

function judgeStrategy(expectation: Expectation, strategy: string, records: RecordsByStrategy, repeats: Repeats): StrategyVerdict {
  const own = inOrder(records.get(strategy) ?? []);
  switch (expectation.kind) {
    case "metric":
      return inWords(
        judgeMetric(expectation, own, records, repeats),
        strategy,
        subjectWords(expectation, metricByName(expectation.metric)),
      );
    case "invariant":
      return inWords(judgeInvariant(expectation, own), strategy, expectation.invariant);
    default:
      return unreachable(expectation);
  }
}

function judgeMetric(expectation: MetricExpectation, own: readonly RunRecord[], records: RecordsByStrategy, repeats: Repeats): Finding {
  const metric = metricByName(expectation.metric);
  const { bound } = expectation;
  // The scenario reader refuses both; a stored file of another version may still bring them here.
  if (metric === undefined) return { kind: "unknown", text: "no metric has this name", figures: { n: 0 } };
  const problem = whereProblem(metric, expectation.where);
  if (problem !== undefined) return { kind: "unknown", text: problem, figures: { n: 0 } };
  if (bound.kind === "lessThan" || bound.kind === "notWorseThan")
    return judgePaired({ expectation, bound, metric, repeats }, own, records.get(bound.strategy) ?? []);
  return judgeThreshold({ expectation, bound, metric, repeats }, own);
}

/** An invariant over the runs of one strategy: broken by one, unknown if a run could not tell or none had anything to judge. */
function judgeInvariant(expectation: InvariantExpectation, own: readonly RunRecord[]): Finding {
  const invariant = invariantByName(expectation.invariant);
  if (invariant === undefined) return { kind: "unknown", text: "no invariant has this name", figures: { n: 0 } };
  const judged = own.map((record) => ({ record, verdict: invariant.judge(record) }));
  const figures = { n: judged.length };
  for (const { record, verdict } of judged) {
    if (verdict.kind !== "broken") continue;
    const run: FailingRun = { seed: record.header.seed, repeat: record.header.repeat, key: record.header.key };
    const runs = judged.filter((one) => one.verdict.kind === "broken").length;
    const when = verdict.when === undefined ? "" : ` at ${(verdict.when / 1e6).toFixed(6)} s`;
    return {
      kind: "broken",
      text: `${verdict.what}${when} (seed ${run.seed}, repeat ${run.repeat}; ${runs} of ${judged.length} runs)`,
      run,
      figures,
    };
  }
  const unknown = judged.flatMap(({ verdict }) => (verdict.kind === "unknown" ? [verdict] : []));
  const unsettled = unknown.find((verdict) => verdict.cause === "audit");
  if (unsettled !== undefined) return { kind: "unknown", text: unsettled.reason, figures };
  const first = judged.find(({ verdict }) => verdict.kind === "held")?.verdict;
  if (first?.kind !== "held") return { kind: "unknown", text: unknown[0]?.reason ?? "no run of it was found", figures };
  const idle = unknown.length === 0 ? "" : `; ${unknown.length} had nothing to judge`;
  return { kind: "held", text: `in ${judged.length - unknown.length} of ${judged.length} runs${idle}; the first: ${first.what}`, figures };
}

const worst = (kinds: readonly VerdictKind[]): VerdictKind =>
  kinds.includes("broken") ? "broken" : kinds.includes("unknown") ? "unknown" : "held";
