/**
 * Runs jobs on worker threads. Results come back in the order of the jobs, whoever did them and when, so that nothing after this
 * depends on how many workers there were.
 */
import { createRequire } from "node:module";
import { extname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Piscina } from "piscina";
import type { Job } from "../study/experiment/experiment.ts";
import { RunFailure } from "./exit.ts";
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
  readonly signal: AbortSignal;
  readonly done: (record: RunRecord) => void;
  /** The command that shows a job's run again. */
  readonly repeat: (job: Job) => string;
}

/** Starts up to `workers` threads, each of which can run every source. */
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
  const run: Pool["run"] = async ({ source, jobs, verify, signal, done, repeat }) => {
    const records: (RunRecord | undefined)[] = jobs.map(() => undefined);
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const perform = async (job: Job, index: number): Promise<void> => {
      const outcome = await submit(piscina, { source, job, verify }, either);
      if (outcome === undefined) return;
      if (outcome.kind === "failed") throw new RunFailure(outcome.message, repeat(job), outcome.stack);
      records[index] = outcome.record;
      done(outcome.record);
    };
    try {
      await Promise.all(jobs.map(perform));
    } finally {
      stop.abort();
    }
    return records;
  };
  return { run, close };
}

/** What came of a task; undefined if it was called off. A worker that died is a failure like any other. */
async function submit(piscina: Piscina, task: Task, signal: AbortSignal): Promise<Outcome | undefined> {
  if (signal.aborted) return undefined;
  try {
    return (await piscina.run(task, { signal })) as Outcome;
  } catch (error) {
    if (signal.aborted) return undefined;
    const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
    return { kind: "failed", message: `a worker died: ${message}`, stack };
  }
}

/** Node says so from 22.10 on. */
const readsTypeScript = (): boolean => "typescript" in process.features && Boolean(process.features.typescript);
