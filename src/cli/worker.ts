/** A worker thread: reads the scenarios from the text it was handed, then runs whatever jobs it is given. */
import { workerData } from "piscina";
import { type Outcome, type Task, createPerformer } from "./task.ts";
import type { Source } from "./load.ts";

const perform = createPerformer((workerData as { readonly sources: readonly Source[] }).sources);

/** piscina calls what a module exports by this name (pool.ts says which). */
export const runTask = (task: Task): Promise<Outcome> => perform(task);
