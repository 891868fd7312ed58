/**
 * How an oracle reaches the simulator: by the front door. A scenario's text is read by the scenario reader, planned into
 * jobs and run like any other; an oracle has no queue, clock or network of its own.
 */
import { assert } from "../../base/assert.ts";
import type { TraceLine } from "../../simulator/cluster/run.ts";
import type { RunRecord } from "../../simulator/record/record.ts";
import { NOT_BUILT, REGISTRY, STRATEGY_PRESETS } from "../../simulator/strategies/registry.ts";
import { checkParts } from "../experiment/check-parts.ts";
import { planJobs } from "../experiment/experiment.ts";
import { runOne } from "../experiment/run-one.ts";
import { readScenario } from "../scenario/read.ts";

export interface Experiment {
  /** A whole scenario file. */
  readonly text: string;
  /** As `--set path=value`, laid on the file in turn. */
  readonly set?: readonly string[];
  /** In place of the file's own. */
  readonly repeats?: number | undefined;
  readonly trace?: (line: TraceLine) => void;
  /** Called after each run. */
  readonly progress?: Progress | undefined;
}

export type Progress = (done: number, of: number) => void;

/** Runs every strategy of a scenario so many times; gives what `take` keeps of each record, repeat by repeat. */
export function experiment<Kept>(
  { text, set = [], repeats, trace, progress }: Experiment,
  take: (record: RunRecord) => Kept,
): readonly Kept[] {
  const found = readScenario(text, {
    file: "oracle.yaml",
    readText: () => undefined,
    registry: { parts: REGISTRY, notBuilt: NOT_BUILT, presets: STRATEGY_PRESETS, check: checkParts(REGISTRY) },
    metrics: {},
    invariants: [],
    set,
    repeats,
  });
  // Settings have bounds within which the texts hold: what is wrong here is ours.
  assert(
    found.ok,
    found.ok ? "" : `an oracle's scenario is wrong: ${found.problems.map(({ path, fault }) => `${path}: ${fault}`).join("; ")}`,
  );
  const { scenario } = found;
  const jobs = planJobs(scenario);
  const memos = new Map(scenario.strategies.map(({ name }) => [name, new Map<string, unknown>()]));
  return jobs.map((job, index) => {
    const record = runOne(scenario, job, { memo: memos.get(job.strategy)!, ...(trace === undefined ? {} : { trace }) });
    assert(record.quiescent, `${scenario.name}/${job.strategy}, seed ${job.seed}, was not quiescent after settling`);
    progress?.(index + 1, jobs.length);
    return take(record);
  });
}

/** Microseconds as a scenario writes them, to the microsecond. */
export const us = (time: number): string => `${Math.round(time)}us`;
/** Events per second, with every digit. */
export const perSecond = (rate: number): string => `${rate}/s`;
