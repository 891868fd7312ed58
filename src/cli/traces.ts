/** Recorded traces as files: looked at whole when a scenario is read, pulled piece by piece while it runs. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import type { RunOneOptions } from "../study/experiment/run-one.ts";
import { type LookAtTrace, scanTrace, traceProblem, TraceError } from "../study/scenario/traces.ts";
import { formatProblem } from "../study/scenario/problem.ts";
import { InputError } from "./exit.ts";
import { isCode } from "./files.ts";

/** What was found in traces, by what was asked: plain data, so that a worker need not look again. */
export type TracesFound = Readonly<Record<string, NonNullable<ReturnType<LookAtTrace>>>>;

type OpenTrace = NonNullable<RunOneOptions["openTrace"]>;
type ByteSource = ReturnType<OpenTrace>;

const nameOf = (...asked: Parameters<LookAtTrace>): string => JSON.stringify(asked);

/** Looks at files, and puts into `found` what it saw. */
export const looking =
  (found: Record<string, TracesFound[string]>): LookAtTrace =>
  (path, look) => {
    const file = openBytes(path);
    if (file === undefined) return undefined;
    try {
      const seen = scanTrace(file.bytes, look);
      found[nameOf(path, look)] = seen;
      return seen;
    } finally {
      file.close();
    }
  };

/** Gives what was seen before. */
export const remembered =
  (found: TracesFound): LookAtTrace =>
  (...asked) =>
    found[nameOf(...asked)];

/** The traces of a scenario's folder, each opened once and kept open. */
export function openTraces(scenario: string): OpenTrace {
  const open = new Map<string, ByteSource>();
  return (file) => {
    const before = open.get(file);
    if (before !== undefined) return before;
    const opened = openBytes(join(dirname(scenario), file));
    if (opened === undefined) throw new InputError([`${join(dirname(scenario), file)}: is gone since the scenario was read`]);
    open.set(file, opened.bytes);
    return opened.bytes;
  };
}

/** The file's bytes; undefined where it cannot be opened as a file. */
function openBytes(path: string): { readonly bytes: ByteSource; readonly close: () => void } | undefined {
  try {
    const file = openSync(path, "r");
    if (!fstatSync(file).isFile()) {
      closeSync(file);
      return undefined;
    }
    return { bytes: { read: (position, into) => readSync(file, into, 0, into.length, position) }, close: () => closeSync(file) };
  } catch (error) {
    if (isCode(error, "ENOENT", "ENOTDIR", "EISDIR", "EACCES", "EPERM")) return undefined;
    throw error;
  }
}

/** What the user is to be told where a run found a trace torn; undefined for any other error. */
export function tracesFault(error: unknown, scenario: string): InputError | undefined {
  if (error instanceof InputError) return error;
  return error instanceof TraceError
    ? new InputError([formatProblem(traceProblem(join(dirname(scenario), error.file), error.at))])
    : undefined;
}
