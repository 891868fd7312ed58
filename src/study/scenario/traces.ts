/** Recorded traces that workloads replay: looked at as a whole when the scenario is read, so that a run never starts on a torn one. */
import { periodOf } from "../../simulator/workload/trace/replay.ts";
import type { TraceFault } from "../../simulator/workload/trace/fault.ts";
import type { TraceFound, TraceLook } from "../../simulator/workload/trace/scan.ts";
import type { TraceSpec } from "../../simulator/workload/workload.ts";
import type { Report } from "./checks/report.ts";
import type { Problems } from "./problem.ts";
import type { RawTrace } from "./schema/trace.ts";
import { folderOf, resolvePath } from "./text/paths.ts";

/** A look at the trace at a path; undefined when there is no such file. cli injects it: it alone touches files. */
export type LookAtTrace = (path: string, look: TraceLook) => TraceFound | undefined;

export interface TraceFiles {
  readonly file: string;
  readonly lookAtTrace: LookAtTrace | undefined;
}

/** Mean gap of a trace that is replayed again and again, microseconds. */
const GAP_LEAST = 1;

/** The trace with what is in it; undefined with problems added. `report` is on the workload, `rows` those of its table. */
export function readTrace(
  raw: RawTrace,
  rows: number,
  { file, lookAtTrace }: TraceFiles,
  report: Report,
  problems: Problems,
): TraceSpec | undefined {
  const steps = ["trace", "file"];
  const path = resolvePath(folderOf(file), raw.file, folderOf(file));
  if (path === undefined) {
    report.at(steps, `"${raw.file}" is outside the folder of the scenario`, "keep it beside the scenario or in folders below it");
    return undefined;
  }
  const found = lookAtTrace?.(path, { layout: raw.layout, ...(raw.keys === "dense" ? { denseRows: rows } : {}) });
  if (found === undefined) {
    report.at(steps, `there is no file "${path}"`, "paths are relative to the scenario");
    return undefined;
  }
  if (found.ok) {
    const trace = { ...raw, contents: found.contents };
    const gap = (periodOf(trace) * raw.timeScale) / found.contents.rows;
    if (raw.loop && gap < GAP_LEAST)
      report.at(
        ["trace", "timeScale"],
        `a round of the trace has ${found.contents.rows} rows in less than ${found.contents.rows} us`,
        "make timeScale larger: time is counted in microseconds",
      );
    return trace;
  }
  for (const fault of found.faults) problems.addOf(traceProblem(path, fault));
  if (found.more > 0) report.at(steps, `"${raw.file}" has ${found.more} more rows that are wrong`, "mend the first ones, and look again");
  return undefined;
}

/** A fault of a trace as a problem of its file. */
export const traceProblem = (path: string, { line, column, fault, mend, text }: TraceFault): Parameters<Problems["addOf"]>[0] => ({
  file: path,
  line,
  column,
  path: "",
  fault,
  mend,
  sourceLine: text,
});

export { TraceError } from "../../simulator/workload/trace/fault.ts";
export { scanTrace } from "../../simulator/workload/trace/scan.ts";
