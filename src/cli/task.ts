/** What a worker is given and gives back; and the doing of it, which is the same inside a worker and outside. */
import { type Job } from "../study/experiment/experiment.ts";
import { runOne } from "../study/experiment/run-one.ts";
import { type Variant, variantOf } from "../study/experiment/variant.ts";
import type { Scenario } from "../study/scenario/scenario.ts";
import { type Catalogue, catalogue } from "./catalogue.ts";
import { type Source, readSource } from "./load.ts";
import { openTraces, tracesFault } from "./traces.ts";
import { runTwice } from "./verified.ts";

/** What one run leaves. */
export type RunRecord = ReturnType<typeof runOne>;

export interface Task {
  /** Which of the worker's sources. */
  readonly source: number;
  readonly job: Job;
  readonly verify: boolean;
  /** The strategy at another load, or with a failure domain gone; left out: as the scenario has it. */
  readonly variant?: Variant | undefined;
}

export type Outcome =
  /** `events` that were simulated for it, both times if it was verified. */
  | { readonly kind: "done"; readonly record: RunRecord; readonly events: number }
  /** A file of the user's that was sound when it was read is not any more: what to tell them. */
  | { readonly kind: "input"; readonly lines: readonly string[] }
  /** Our own fault: an assertion, or a run that was not the same twice. `stack` is for whoever mends it. */
  | { readonly kind: "failed"; readonly message: string; readonly stack: string };

/** Scenarios and what repeats share, remembered from one task of a worker to the next. */
export type Performer = (task: Task) => Promise<Outcome>;

export function createPerformer(sources: readonly Source[]): Performer {
  const scenarios = new Map<number, Promise<{ readonly scenario: Scenario; readonly found: Catalogue }>>();
  const opened = new Map<number, ReturnType<typeof openTraces>>();
  const memos = new Map<string, Map<string, unknown>>();
  const read = async (index: number): Promise<{ readonly scenario: Scenario; readonly found: Catalogue }> => {
    const source = sources[index];
    if (source === undefined) throw new Error(`no scenario ${index} was handed to this worker`);
    const found = await catalogue(source.plugins);
    return { scenario: readSource(source, found), found };
  };
  return async ({ source, job, verify, variant }) => {
    const reading = scenarios.get(source) ?? read(source);
    scenarios.set(source, reading);
    const place = `${source} ${job.strategy}${variant === undefined ? "" : ` ${JSON.stringify(variant)}`}`;
    const memo = memos.get(place) ?? new Map<string, unknown>();
    memos.set(place, memo);
    const openTrace = opened.get(source) ?? openTraces(sources[source]?.file ?? "");
    opened.set(source, openTrace);
    let events = 0;
    const ended = (remains: { readonly events: () => number }): void => {
      events += remains.events();
    };
    try {
      const { scenario: asRead, found } = await reading;
      const scenario = variant === undefined ? asRead : varied(asRead, variant);
      if (!verify) {
        const record = runOne(scenario, job, { makers: found.makers, memo, openTrace, ended });
        return { kind: "done", record, events };
      }
      // Without what repeats share: the second execution must not lean on the first.
      const { record, differs } = runTwice((watch) => runOne(scenario, job, { makers: found.makers, openTrace, ended, ...watch }));
      return differs === undefined
        ? { kind: "done", record, events }
        : { kind: "failed", message: `the run is not the same twice: ${differs}`, stack: "" };
    } catch (error) {
      const input = tracesFault(error, sources[source]?.file ?? "");
      if (input !== undefined) return { kind: "input", lines: input.lines };
      return error instanceof Error
        ? { kind: "failed", message: error.message, stack: error.stack ?? "" }
        : { kind: "failed", message: String(error), stack: "" };
    }
  };
}

const varied = (scenario: Scenario, variant: Variant): Scenario => ({
  ...scenario,
  strategies: scenario.strategies.map((strategy) => ({ ...strategy, run: variantOf(strategy.run, variant) })),
});
