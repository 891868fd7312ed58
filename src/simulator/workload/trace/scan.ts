/** A look at a whole trace before anything runs: every row that is wrong, and what a run's identity needs. Memory stays flat. */
import { OPERATIONS, type TraceContents, type TraceLayout } from "../workload.ts";
import { createByteHash, type ByteSource } from "./bytes.ts";
import type { TraceFault } from "./fault.ts";
import { denseKeys } from "./keys.ts";
import { createTraceRows } from "./rows.ts";

export interface TraceLook {
  readonly layout: TraceLayout;
  /** Rows of the table, where each key is to have its own. */
  readonly denseRows?: number;
}

export type TraceFound =
  | { readonly ok: true; readonly contents: TraceContents }
  /** The first faults, and how many more there are. */
  | { readonly ok: false; readonly faults: readonly TraceFault[]; readonly more: number };

const FAULTS_MOST = 10;

export function scanTrace(source: ByteSource, { layout, denseRows }: TraceLook): TraceFound {
  const hash = createByteHash();
  let bytes = 0;
  const rows = createTraceRows(source, layout, (piece, from, to) => {
    hash.add(piece, from, to);
    bytes += to - from;
  });
  const keys = denseRows === undefined ? undefined : denseKeys(denseRows);
  const counts = OPERATIONS.map(() => 0);
  const faults: TraceFault[] = [];
  let more = 0;
  let count = 0;
  let first = 0;
  const add = (fault: TraceFault): void => {
    if (faults.length < FAULTS_MOST) faults.push(fault);
    else more += 1;
  };
  let isFull = false;
  for (let next = rows.next(); next !== "end"; next = rows.next()) {
    if (next !== "row") {
      add(next);
      continue;
    }
    const { time, kind, keyHigh, keyLow } = rows.row;
    if (count === 0) first = time;
    count += 1;
    counts[kind] = counts[kind]! + 1;
    if (keys !== undefined && !isFull && keys.rowOf(keyHigh, keyLow) < 0) {
      isFull = true;
      add({
        line: rows.line(),
        column: 1,
        fault: `the table has ${denseRows ?? 0} rows, and this is one key more`,
        mend: "give it more rows, or write keys: hash",
        text: "",
      });
    }
  }
  if (count === 0 && faults.length === 0)
    add({ line: 1, column: 1, fault: "there are no rows", mend: "a trace has at least one", text: "" });
  if (faults.length > 0) return { ok: false, faults, more };
  const operations = Object.fromEntries(OPERATIONS.flatMap((name, kind) => (counts[kind]! > 0 ? [[name, counts[kind]!]] : [])));
  const distinct = keys?.count();
  const contents = { hash: hash.hex(), bytes, rows: count, first, last: rows.row.time, operations };
  return { ok: true, contents: distinct === undefined ? contents : { ...contents, keys: distinct } };
}
