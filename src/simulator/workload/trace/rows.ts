/**
 * Rows of a trace, one after another, read from bytes without an object a row. Comma-separated; in a file with names of
 * columns a field may stand in double quotes, a quote in it doubled, but may hold no end of line. Twitter's layout is that
 * of github.com/twitter/cache-trace: timestamp in seconds, key, key size, value size, client id, operation, time to live.
 */
import { OPERATIONS, type OperationKind, type TraceLayout } from "../workload.ts";
import { createByteHash, type ByteSource } from "./bytes.ts";
import type { TraceFault } from "./fault.ts";
import { createLines } from "./lines.ts";
import { TRACE_OPERATIONS } from "./operations.ts";

/** The current row, in an object that is reused. */
export interface TraceRow {
  /** Microseconds, as the trace counts them. */
  time: number;
  /** A hash of the key's bytes. */
  keyHigh: number;
  keyLow: number;
  /** Number in OPERATIONS. */
  kind: number;
  /** Bytes of the value; -1 where the trace does not say. */
  size: number;
  /** A hash of who asked; -1 where the trace does not say. */
  client: number;
}

export interface TraceRows {
  /** Moves on to the next row: "row", "end", or what is wrong with it, after which the next one can be asked for. */
  readonly next: () => "row" | "end" | TraceFault;
  readonly row: TraceRow;
  readonly line: () => number;
  readonly rewind: () => void;
}

const TWITTER = ["timestamp", "key", "key size", "value size", "client id", "operation", "TTL"];
const FIELDS_MOST = 4_096;
const TEXT_SHOWN = 200;
const QUOTE = 34;
const COMMA = 44;

interface Columns {
  readonly count: number;
  readonly time: number;
  readonly key: number;
  readonly operation: number;
  readonly size: number;
  readonly client: number;
}

export function createTraceRows(
  source: ByteSource,
  layout: TraceLayout,
  seen?: (bytes: Uint8Array, from: number, to: number) => void,
): TraceRows {
  const lines = createLines(source, seen);
  const names = layout.kind === "twitter" ? TWITTER : [];
  const unit = layout.kind === "twitter" ? 1_000_000 : layout.unit;
  const operations = operationsOf(layout);
  const starts = new Int32Array(FIELDS_MOST);
  const ends = new Int32Array(FIELDS_MOST);
  const hash = createByteHash();
  const row: TraceRow = { time: 0, keyHigh: 0, keyLow: 0, kind: 0, size: -1, client: -1 };
  let columns: Columns | undefined =
    layout.kind === "twitter" ? { count: TWITTER.length, time: 0, key: 1, operation: 5, size: 3, client: 4 } : undefined;
  let fields = 0;
  let number = 0;
  let last = -Infinity;
  let isOver = false;

  function fault(column: number, what: string, mend: string): TraceFault {
    const from = lines.start();
    return {
      line: lines.number(),
      column: column - from + 1,
      fault: what,
      mend,
      text: textOf(from, Math.min(lines.end(), from + TEXT_SHOWN)),
    };
  }

  function textOf(from: number, to: number): string {
    let text = "";
    for (let at = from; at < to; at += 1) text += String.fromCharCode(lines.buffer()[at]!);
    return text;
  }

  /** Finds the fields of the current line. */
  function split(): TraceFault | undefined {
    const buffer = lines.buffer();
    const end = lines.end();
    fields = 0;
    let at = lines.start();
    for (;;) {
      if (fields === FIELDS_MOST) return fault(at, `there are more than ${FIELDS_MOST} columns`, "this is no trace");
      if (layout.kind === "columns" && buffer[at] === QUOTE && at < end) {
        starts[fields] = at + 1;
        at += 1;
        while (at < end && !(buffer[at] === QUOTE && buffer[at + 1] !== QUOTE)) at += buffer[at] === QUOTE ? 2 : 1;
        if (at >= end)
          return fault(starts[fields]! - 1, "the quote is not closed on its line", "close it; a field may hold no end of line");
        ends[fields] = at;
        at += 1;
        if (at < end && buffer[at] !== COMMA)
          return fault(at, "something follows a closed quote", "put a comma between fields, and double quotes inside one");
      } else {
        starts[fields] = at;
        while (at < end && buffer[at] !== COMMA) at += 1;
        ends[fields] = at;
      }
      fields += 1;
      if (at >= end) return undefined;
      at += 1;
    }
  }

  /** Reads the names in the first line. */
  function readHeader(spec: Extract<TraceLayout, { kind: "columns" }>): TraceFault | undefined {
    const wrong = split();
    if (wrong !== undefined) return wrong;
    for (let field = 0; field < fields; field += 1) names.push(textOf(starts[field]!, ends[field]!).trim());
    const missing = [spec.time, spec.key, spec.operation, spec.size, spec.client].filter(
      (name) => name !== undefined && !names.includes(name),
    );
    if (missing.length > 0)
      return fault(
        lines.start(),
        `there is no column ${missing.map((name) => `"${name}"`).join(", ")}`,
        `the first line names ${names.join(", ")}`,
      );
    const place = (name: string | undefined): number => (name === undefined ? -1 : names.indexOf(name));
    columns = {
      count: fields,
      time: place(spec.time),
      key: place(spec.key),
      operation: place(spec.operation),
      size: place(spec.size),
      client: place(spec.client),
    };
    return undefined;
  }

  /** The number in a field, NaN if it is none: digits, and a fraction where `fractions`. */
  function numberIn(field: number, fractions: boolean): number {
    const buffer = lines.buffer();
    const end = ends[field]!;
    let value = 0;
    let scale = 0;
    let digits = 0;
    for (let at = starts[field]!; at < end; at += 1) {
      const byte = buffer[at]!;
      if (byte === 46 && fractions && scale === 0 && digits > 0) {
        scale = 1;
        continue;
      }
      if (byte < 48 || byte > 57) return NaN;
      digits += 1;
      if (scale === 0) value = value * 10 + byte - 48;
      else if (scale < 1e12) {
        scale *= 10;
        value += (byte - 48) / scale;
      }
    }
    return digits === 0 || value > Number.MAX_SAFE_INTEGER * 1_024 ? NaN : value;
  }

  function kindIn(field: number): number {
    const buffer = lines.buffer();
    const from = starts[field]!;
    const length = ends[field]! - from;
    for (const { name, kind } of operations) {
      if (name.length !== length) continue;
      let at = 0;
      while (at < length && lower(buffer[from + at]!) === name[at]) at += 1;
      if (at === length) return kind;
    }
    return -1;
  }

  const shown = (field: number): string => `"${textOf(starts[field]!, Math.min(ends[field]!, starts[field]! + 40))}"`;

  function read({ count, time, key, operation, size, client }: Columns): TraceFault | undefined {
    const wrong = split();
    if (wrong !== undefined) return wrong;
    if (fields !== count) {
      if (fields === 1 && starts[0] === ends[0]) return fault(lines.start(), "the line is empty", "remove it");
      return fault(
        lines.start(),
        `${fields} ${fields === 1 ? "field" : "fields"} where there should be ${count}`,
        `they are ${names.join(", ")}`,
      );
    }
    const at = Math.round(numberIn(time, true) * unit);
    if (!Number.isFinite(at)) return fault(starts[time]!, `${shown(time)} is not a time`, "write a number, such as 12 or 12.345");
    if (at < last) return fault(starts[time]!, `the time ${shown(time)} is before that of the row above`, "sort the rows by time");
    row.time = at;
    if (starts[key] === ends[key]) return fault(starts[key]!, "the key is empty", "every row names one");
    hash.reset();
    hash.add(lines.buffer(), starts[key]!, ends[key]!);
    row.keyHigh = hash.high();
    row.keyLow = hash.low();
    row.kind = operation < 0 ? 0 : kindIn(operation);
    if (row.kind < 0) {
      const known = operations.map(({ text }) => text).join(", ");
      const mend = layout.kind === "columns" ? `known are ${known}; name others in operations: { WORD: update }` : `known are ${known}`;
      return fault(starts[operation]!, `${shown(operation)} is not an operation`, mend);
    }
    row.size = size < 0 ? -1 : numberIn(size, false);
    if (Number.isNaN(row.size) || row.size > Number.MAX_SAFE_INTEGER)
      return fault(starts[size]!, `${shown(size)} is not a size`, "write whole bytes");
    if (layout.kind === "twitter" && Number.isNaN(numberIn(2, false)))
      return fault(starts[2]!, `${shown(2)} is not a size`, "write whole bytes");
    if (client >= 0) {
      hash.reset();
      hash.add(lines.buffer(), starts[client]!, ends[client]!);
      row.client = hash.high();
    }
    last = at;
    return undefined;
  }

  return {
    row,
    line: () => number,
    next: () => {
      if (isOver) return "end";
      if (!lines.next()) {
        isOver = true;
        return lines.tooLong() ? fault(lines.start(), "the line does not end", "this is no trace: rows are lines") : "end";
      }
      number = lines.number();
      if (columns === undefined && layout.kind === "columns") {
        const wrong = readHeader(layout);
        // Without names no row can be read.
        if (wrong !== undefined) isOver = true;
        if (wrong !== undefined) return wrong;
        if (!lines.next()) return "end";
        number = lines.number();
      }
      return read(columns!) ?? "row";
    },
    rewind: () => {
      lines.rewind();
      last = -Infinity;
      isOver = false;
      if (layout.kind === "columns") lines.next();
    },
  };
}

const lower = (byte: number): number => (byte >= 65 && byte <= 90 ? byte + 32 : byte);

interface Named {
  readonly text: string;
  readonly name: Uint8Array;
  readonly kind: number;
}

/** The layout's own words first. Letters' case does not matter. */
function operationsOf(layout: TraceLayout): readonly Named[] {
  const own: Readonly<Record<string, OperationKind>> = layout.kind === "columns" ? (layout.operations ?? {}) : {};
  return [...Object.entries(own), ...Object.entries(TRACE_OPERATIONS)].map(([text, kind]) => ({
    text,
    name: Uint8Array.from(text, (character) => lower(character.charCodeAt(0) & 0xff)),
    kind: OPERATIONS.indexOf(kind),
  }));
}
