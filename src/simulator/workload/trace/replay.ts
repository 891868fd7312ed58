/**
 * The operations of a trace, when they are due. Rows are pulled as time goes on; what is in memory is a piece of the file,
 * and the rows of one and the same time where those are to be spread.
 */
import { assert } from "../../../base/assert.ts";
import type { TraceSpec } from "../workload.ts";
import type { ByteSource } from "./bytes.ts";
import { TraceError } from "./fault.ts";
import { denseKeys, hashedKeys } from "./keys.ts";
import { createTraceRows, type TraceRow } from "./rows.ts";

export interface TraceReplay {
  /** Microseconds from the row before to the next one (from the start to the first); Infinity when there is none. It moves on. */
  readonly gap: () => number;
  /** The row that was moved on to before the last call of `gap`: the one that is due. */
  readonly due: Due;
}

/** A row that is due, in an object that is reused. */
export interface Due {
  kind: number;
  /** Of the table. */
  row: number;
  /** As in TraceRow. */
  size: number;
  client: number;
}

/** Rows of one time beyond which spreading them would hold too much. */
const TOGETHER_MOST = 4_194_304;
const SECOND = 1_000_000;

export function createTraceReplay(spec: TraceSpec, source: ByteSource, tableRows: number): TraceReplay {
  const { contents, spread, loop, timeScale } = spec;
  const rows = createTraceRows(source, spec.layout);
  const keys = spec.keys === "dense" ? denseKeys(tableRows) : hashedKeys(tableRows);
  const period = periodOf(spec);
  /** Rows of one time: kind, table row, size, client of each. */
  let group = new Float64Array(4 * 64);
  let size = 0;
  let place = 0;
  let groupTime = 0;
  let step = 0;
  /** A row that was read and belongs to the next group. */
  const ahead: TraceRow = { ...rows.row };
  let hasAhead = false;
  let read = 0;
  let rounds = 0;
  let rounded = 0;
  let isOver = false;
  const upcoming: Due = { kind: 0, row: 0, size: -1, client: -1 };
  const due: Due = { ...upcoming };

  function changed(line: number): never {
    throw new TraceError(spec.file, {
      line,
      column: 1,
      fault: `the file has changed since it was looked at: ${read} rows where there were ${contents.rows}`,
      mend: "run again",
      text: "",
    });
  }

  /** Reads one row into `ahead`; false at the end of the file. */
  function readAhead(): boolean {
    const next = rows.next();
    if (next === "row") {
      Object.assign(ahead, rows.row);
      read += 1;
      if (read > contents.rows) changed(rows.line());
      return true;
    }
    if (next !== "end") throw new TraceError(spec.file, next);
    if (read !== contents.rows) changed(rows.line());
    return false;
  }

  function keep(): void {
    const { keyHigh, keyLow } = ahead;
    const row = keys.rowOf(keyHigh, keyLow);
    if (row < 0) changed(rows.line());
    if (4 * (size + 1) > group.length) {
      if (size >= TOGETHER_MOST)
        throw new TraceError(spec.file, {
          line: rows.line(),
          column: 1,
          fault: `more than ${TOGETHER_MOST} rows have one and the same time`,
          mend: "write spread: 0s",
          text: "",
        });
      const larger = new Float64Array(group.length * 2);
      larger.set(group);
      group = larger;
    }
    group[4 * size] = ahead.kind;
    group[4 * size + 1] = row;
    group[4 * size + 2] = ahead.size;
    group[4 * size + 3] = ahead.client;
    size += 1;
  }

  /** Gathers the next rows of one time; false when the trace has ended for good. */
  function gather(): boolean {
    if (!hasAhead && !readAhead()) {
      if (!loop) return false;
      rounds += 1;
      read = 0;
      rows.rewind();
      assert(readAhead(), "a trace that has rows has none");
    }
    size = 0;
    place = 0;
    groupTime = ahead.time;
    keep();
    hasAhead = false;
    if (spread === 0) {
      step = 0;
      return true;
    }
    while (readAhead()) {
      if (ahead.time !== groupTime) {
        hasAhead = true;
        break;
      }
      keep();
    }
    step = (hasAhead ? Math.min(spread, ahead.time - groupTime) : spread) / size;
    return true;
  }

  return {
    due,
    gap: () => {
      Object.assign(due, upcoming);
      if (isOver) return Infinity;
      if (place === size && !gather()) {
        isOver = true;
        return Infinity;
      }
      upcoming.kind = group[4 * place]!;
      upcoming.row = group[4 * place + 1]!;
      upcoming.size = group[4 * place + 2]!;
      upcoming.client = group[4 * place + 3]!;
      const at = groupTime - contents.first + rounds * period + place * step;
      place += 1;
      const instant = Math.round(at * timeScale);
      const gap = instant - rounded;
      rounded = instant;
      return gap;
    },
  };
}

/** How long one round of a looped trace takes: from its first row to its last, and then the spread, or else a mean gap. */
export function periodOf({ contents: { first, last, rows }, spread }: Pick<TraceSpec, "contents" | "spread">): number {
  const length = last - first;
  if (spread > 0) return length + spread;
  return length === 0 ? SECOND : length + length / (rows - 1);
}
