/**
 * Runs jobs on worker threads. Results come back in the order of the jobs, whoever did them and when, so that nothing after this
 * depends on how many workers there were.
 */
import { createRequire } from "node:module";
import { extname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Piscina } from "piscina";
import type { Job } from "../study/experiment/experiment.ts";
import { InputError, RunFailure } from "./exit.ts";
import type { Source } from "./load.ts";
import type { Outcome, RunRecord, Task } from "./task.ts";

export interface Pool {
  /**
   * Runs jobs of one source. A job that was not finished when `signal` fired is undefined in the result. Throws a RunFailure for
   * the first job that fails, and stops the others.
   */
  readonly run: (batch: Batch) => Promise<readonly (RunRecord | undefined)[]>;
  readonly close: () => Promise<void>;
}

export interface Batch {
  readonly source: number;
  readonly jobs: readonly Job[];
  readonly verify: boolean;
  readonly variant?: Task["variant"];
  readonly signal: AbortSignal;
  /** Asked before each job: true ends the batch, and what has begun is finished. */
  readonly enough?: (next: Job) => boolean;
  readonly done: (events: number) => void;
  /** The command that shows a job's run again. */
  readonly repeat: (job: Job) => string;
}

/** Makes a pool of up to `workers` workers, each of which can run every source. Tests have one without threads. */
export type StartPool = (sources: readonly Source[], workers: number) => Pool;

/** Starts threads. */
export function startPool(sources: readonly Source[], workers: number): Pool {
  const self = import.meta.url;
  const extension = extname(fileURLToPath(self));
  const piscina = new Piscina({
    filename: new URL(`./worker${extension}`, self).href,
    name: "runTask",
    workerData: { sources },
    minThreads: workers,
    maxThreads: workers,
    // From sources, on a Node that does not read TypeScript by itself.
    ...(extension === ".ts" && !readsTypeScript()
      ? { execArgv: ["--import", pathToFileURL(createRequire(self).resolve("tsx")).href] }
      : {}),
  });
  const close = async (): Promise<void> => {
    await piscina.destroy();
  };
  return { run: batchRunner((task, signal) => submit(piscina, task, signal), workers), close };
}

/** Performs one task; undefined if it was called off. */
export type Perform = (task: Task, signal: AbortSignal) => Promise<Outcome | undefined>;

/** `Pool.run` on whatever performs tasks, so many at a time. */
export function batchRunner(perform: Perform, lanes: number): Pool["run"] {
  return async ({ source, jobs, verify, variant, signal, enough, done, repeat }) => {
    const records: (RunRecord | undefined)[] = jobs.map(() => undefined);
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const one = async (job: Job, index: number): Promise<void> => {
      const outcome = await perform({ source, job, verify, variant }, either);
      if (outcome === undefined) return;
      if (outcome.kind === "input") throw new InputError(outcome.lines);
      if (outcome.kind === "failed") throw new RunFailure(outcome.message, repeat(job), outcome.stack);
      records[index] = outcome.record;
      done(outcome.events);
    };
    // Jobs are handed out one by one in their order: piscina's own queue mixes it up, and whole repeats would be finished last.
    const waiting = jobs.entries();
    const lane = async (): Promise<void> => {
      for (const [index, job] of waiting) {
        if (enough?.(job) === true) return;
        await one(job, index);
      }
    };
    try {
      await Promise.all(Array.from({ length: lanes }, lane));
    } finally {
      stop.abort();
    }
    return records;
  };
}

/** What came of a task; undefined if it was called off. A worker that died is a failure like any other. */
async function submit(piscina: Piscina, task: Task, signal: AbortSignal): Promise<Outcome | undefined> {
  if (signal.aborted) return undefined;
  try {
    return (await piscina.run(task, { signal })) as Outcome;
  } catch (error) {
    // It may have fired while we waited.
    if (hasFired(signal)) return undefined;
    const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
    return { kind: "failed", message: `a worker died: ${message}`, stack };
  }
}

/** Node says so from 22.10 on. */
const readsTypeScript = (): boolean => "typescript" in process.features && Boolean(process.features.typescript);

const hasFired = (signal: AbortSignal): boolean => signal.aborted;
