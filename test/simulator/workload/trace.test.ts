import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ByteSource } from "../../../src/simulator/workload/trace/bytes.ts";
import { TraceError } from "../../../src/simulator/workload/trace/fault.ts";
import { denseKeys } from "../../../src/simulator/workload/trace/keys.ts";
import { createTraceReplay } from "../../../src/simulator/workload/trace/replay.ts";
import { createTraceRows } from "../../../src/simulator/workload/trace/rows.ts";
import { scanTrace, type TraceLook } from "../../../src/simulator/workload/trace/scan.ts";
import { OPERATIONS, type TraceContents, type TraceLayout, type TraceSpec } from "../../../src/simulator/workload/workload.ts";

/** A text as bytes that come `most` at a time. */
function source(text: string, most = Infinity): ByteSource {
  const bytes = new TextEncoder().encode(text);
  return {
    read: (position, into) => {
      const count = Math.max(0, Math.min(into.length, most, bytes.length - position));
      into.set(bytes.subarray(position, position + count));
      return count;
    },
  };
}

const TWITTER: TraceLayout = { kind: "twitter" };
const COLUMNS: TraceLayout = { kind: "columns", time: "at", key: "k", operation: "op", size: "bytes", client: "who", unit: 1_000 };

function contentsOf(text: string, look: TraceLook = { layout: TWITTER }): TraceContents {
  const found = scanTrace(source(text), look);
  if (!found.ok) expect.fail(JSON.stringify(found.faults));
  return found.contents;
}

function faultsOf(text: string, layout: TraceLayout = TWITTER): readonly string[] {
  const found = scanTrace(source(text), { layout });
  return found.ok ? [] : found.faults.map(({ line, column, fault, mend }) => `${line}:${column} ${fault}; ${mend}`);
}

interface Row {
  readonly time: number;
  readonly kind: string;
  readonly size: number;
  readonly key: string;
  readonly client: number;
}

function rowsOf(text: string, layout: TraceLayout, most = Infinity): readonly Row[] {
  const rows = createTraceRows(source(text, most), layout);
  const found: Row[] = [];
  for (let next = rows.next(); next !== "end"; next = rows.next()) {
    if (next !== "row") expect.fail(JSON.stringify(next));
    const { time, kind, size, client, keyHigh, keyLow } = rows.row;
    found.push({ time, kind: OPERATIONS[kind]!, size, key: `${keyHigh} ${keyLow}`, client });
  }
  return found;
}

describe("Twitter's seven columns", () => {
  const TEXT =
    "0,q:q:1:8WTfjZU14ee,17,213,4,get,0\n0,yDqF:3q:1AJrrJ1nnCJKKrnGx1A,27,27,5,set,3600\n7,q:q:1:8WTfjZU14ee,17,0,4,delete,0\n8,counter,7,8,6,incr,0";

  it("are read as they stand, the last line with or without an end", () => {
    const rows = rowsOf(TEXT, TWITTER);
    expect(rows.map(({ time, kind, size }) => [time, kind, size])).toEqual([
      [0, "read", 213],
      [0, "update", 27],
      [7_000_000, "delete", 0],
      [8_000_000, "readModifyWrite", 8],
    ]);
    expect(rows[0]?.key).toBe(rows[2]?.key);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(3);
    expect(rows[0]?.client).toBe(rows[2]?.client);
    expect(rows[0]?.client).not.toBe(rows[1]?.client);
    expect(rowsOf(`${TEXT}\n`, TWITTER)).toEqual(rows);
    expect(rowsOf(TEXT.replaceAll("\n", "\r\n"), TWITTER)).toEqual(rows);
  });

  it("that are wrong are named by line and column, and none is passed over", () => {
    expect(
      faultsOf(
        "0,a,1,1,1,get,0\nx,a,1,1,1,get,0\n3,a,1,1,1,get,0\n2,b,1,1,1,get,0\n4,b,1,1,get,0\n\n5,,1,1,1,get,0\n6,c,1,-1,1,get,0\n7,c,1,1,1,fetch,0\n8,c,?,1,1,get,0\n",
      ),
    ).toEqual([
      '2:1 "x" is not a time; write a number, such as 12 or 12.345',
      '4:1 the time "2" is before that of the row above; sort the rows by time',
      "5:1 6 fields where there should be 7; they are timestamp, key, key size, value size, client id, operation, TTL",
      "6:1 the line is empty; remove it",
      "7:3 the key is empty; every row names one",
      '8:7 "-1" is not a size; write whole bytes',
      expect.stringContaining('9:11 "fetch" is not an operation; known are get, gets, read, set,') as string,
      '10:5 "?" is not a size; write whole bytes',
    ]);
    expect(faultsOf("")).toEqual(["1:1 there are no rows; a trace has at least one"]);
    expect(faultsOf(`0,${"a".repeat(1_200_000)}`)).toEqual(["1:1 the line does not end; this is no trace: rows are lines"]);
    const many = scanTrace(source("x\n".repeat(500)), { layout: TWITTER });
    expect(many.ok ? 0 : [many.faults.length, many.more]).toEqual([10, 490]);
  });
});

describe("named columns", () => {
  it("are found wherever they stand, with quotes, fractions and a unit", () => {
    const text = '\uFEFFop,extra,k,at,bytes,who\nPUT,"a, ""b""",key one,1.5,10,x\nread,,"key one",2.0004,0,y\nLookup,,k2,2.0006,0,x\n';
    const rows = rowsOf(text, { ...COLUMNS, operations: { lookup: "read" } });
    expect(rows.map(({ time, kind, size }) => [time, kind, size])).toEqual([
      [1_500, "update", 10],
      [2_000, "read", 0],
      [2_001, "read", 0],
    ]);
    expect(rows[0]?.key).toBe(rows[1]?.key);
    expect(rows[0]?.client).toBe(rows[2]?.client);
  });

  it("that are left out mean reads of no size by nobody in particular", () =>
    expect(rowsOf("at,k\n1,a\n", { kind: "columns", time: "at", key: "k", unit: 1 })).toMatchObject([
      { time: 1, kind: "read", size: -1, client: -1 },
    ]));

  it("that are not there, or not closed, are named", () => {
    expect(faultsOf("at,k,op\n1,a,get\n", COLUMNS)).toEqual(['1:1 there is no column "bytes", "who"; the first line names at, k, op']);
    expect(faultsOf('at,k,op,bytes,who\n1,"a,get,1,x\n2,"b"c,get,1,x\n', COLUMNS)).toEqual([
      "2:3 the quote is not closed on its line; close it; a field may hold no end of line",
      "3:6 something follows a closed quote; put a comma between fields, and double quotes inside one",
    ]);
    expect(faultsOf("at,k,op,bytes,who\n", COLUMNS)).toEqual(["1:1 there are no rows; a trace has at least one"]);
  });
});

describe("reading a trace", () => {
  it("gives the same rows however the bytes come", () => {
    const field = fc.string({ unit: fc.constantFrom("a", "b", ":", " ", "é", "7"), minLength: 1, maxLength: 40 });
    const row = fc.tuple(fc.integer({ min: 0, max: 3 }), field, fc.constantFrom("get", "set", "incr", "delete"), fc.nat({ max: 99_999 }));
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 50 }), (given, most) => {
        let time = 0;
        const expected = given.map(([more, key, operation, size]) => ({ time: (time += more), key, operation, size }));
        const text = expected.map((one) => `${one.time},${one.key},${one.key.length},${one.size},1,${one.operation},0\n`).join("");
        const rows = rowsOf(text, TWITTER, most);
        expect(rows).toEqual(rowsOf(text, TWITTER));
        expect(rows.map((one) => [one.time / 1e6, one.size])).toEqual(expected.map((one) => [one.time, one.size]));
        // The same key the same hash, another another.
        expect(new Set(rows.map(({ key }) => key)).size).toBe(new Set(given.map(([, key]) => key)).size);
        expect(rows.map(({ key }) => rows.findIndex((one) => one.key === key))).toEqual(
          given.map(([, key]) => given.findIndex(([, other]) => other === key)),
        );
      }),
      { numRuns: 100 },
    );
  });

  it("finds every byte's change in the hash of the contents", () => {
    const text = "0,a,1,1,1,get,0\n1,b,1,1,1,set,9\n2,c,1,22,1,get,0\n";
    const { hash, rows, bytes, operations, first, last } = contentsOf(text);
    expect([rows, bytes, operations, first, last]).toEqual([3, text.length, { read: 2, update: 1 }, 0, 2_000_000]);
    const hashes = new Set([
      hash,
      ...Array.from(text, (_, at) => (/[0-9a-c]/u.test(text[at]!) && text[at + 1] === "," ? contentsWith(text, at) : hash)),
    ]);
    expect(hashes.size).toBeGreaterThan(6);
    expect(contentsOf(text).hash).toBe(hash);
  });
});

/** The hash when the time to live of the second row is another (which no operation shows), or a key. */
function contentsWith(text: string, at: number): string {
  const found = scanTrace(source(`${text.slice(0, at)}9${text.slice(at + 1)}`), { layout: TWITTER });
  return found.ok ? found.contents.hash : `torn at ${at}`;
}

describe("dense keys", () => {
  it("number keys in the order of their first appearance, as a Map would, and run out after the rows", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 90 }), fc.nat({ max: 60 })), { maxLength: 4_000 }), (hashes) => {
        const keys = denseKeys(1_200);
        const twin = new Map<string, number>();
        for (const [high, low] of hashes) {
          const name = `${high} ${low}`;
          if (!twin.has(name) && twin.size < 1_200) twin.set(name, twin.size);
          if (keys.rowOf(high, low) !== (twin.get(name) ?? -1)) expect.fail(name);
        }
        expect(keys.count()).toBe(twin.size);
      }),
      { numRuns: 30 },
    );
  });
});

function replayed(
  text: string,
  more: Partial<TraceSpec>,
  count: number,
  rows = 1_000,
): { at: number; kind: string; row: number; size: number }[] {
  const layout = more.layout ?? TWITTER;
  const spec: TraceSpec = {
    file: "t.csv",
    layout,
    timeScale: 1,
    loop: false,
    spread: 1_000_000,
    keys: "dense",
    contents: contentsOf(text, { layout }),
    ...more,
  };
  const replay = createTraceReplay(spec, source(text, 7), rows);
  const found: { at: number; kind: string; row: number; size: number }[] = [];
  let at = 0;
  let gap = replay.gap();
  while (gap < Infinity && found.length < count) {
    at += gap;
    gap = replay.gap();
    const { kind, row, size } = replay.due;
    found.push({ at, kind: OPERATIONS[kind]!, row, size });
  }
  return found;
}

describe("a replay", () => {
  const TEXT = "100,a,1,1,1,get,0\n100,b,1,2,1,set,0\n100,a,1,3,1,set,0\n100,c,1,4,1,get,0\n101,b,1,5,1,set,0\n105,a,1,6,1,get,0\n";

  it("spreads the rows of one second over it, begins with the first row, and ends with the last", () => {
    expect(replayed(TEXT, {}, 99)).toEqual([
      { at: 0, kind: "read", row: 0, size: 1 },
      { at: 250_000, kind: "update", row: 1, size: 2 },
      { at: 500_000, kind: "update", row: 0, size: 3 },
      { at: 750_000, kind: "read", row: 2, size: 4 },
      { at: 1_000_000, kind: "update", row: 1, size: 5 },
      { at: 5_000_000, kind: "read", row: 0, size: 6 },
    ]);
  });

  it("is scaled in time, and can keep rows of one time together", () => {
    expect(replayed(TEXT, { timeScale: 0.5 }, 99).map(({ at }) => at)).toEqual([0, 125_000, 250_000, 375_000, 500_000, 2_500_000]);
    expect(replayed(TEXT, { spread: 0 }, 99).map(({ at }) => at)).toEqual([0, 0, 0, 0, 1_000_000, 5_000_000]);
    // Not beyond the next time: rows stay in order.
    expect(replayed(TEXT, { spread: 2_000_000 }, 99).map(({ at }) => at)).toEqual([0, 250_000, 500_000, 750_000, 1_000_000, 5_000_000]);
  });

  it("that loops goes on after the last second, with the same rows for the same keys", () => {
    const rounds = replayed(TEXT, { loop: true }, 18);
    for (let round = 1; round < 3; round += 1)
      expect(rounds.slice(6 * round, 6 * round + 6)).toEqual(rounds.slice(0, 6).map((one) => ({ ...one, at: one.at + round * 6_000_000 })));
  });

  it("of named columns loops past its names", () => {
    const text = "at,k,op,bytes,who\n0,a,get,1,x\n1000,b,get,1,x\n";
    expect(replayed(text, { layout: COLUMNS, loop: true, spread: 0 }, 4).map(({ at, row }) => [at, row])).toEqual([
      [0, 0],
      [1_000_000, 1],
      [2_000_000, 0],
      [3_000_000, 1],
    ]);
  });

  it("hashes keys over the rows when asked, evenly", () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `0,key-${i},1,1,1,get,0\n`).join("");
    const seen = new Array<number>(10).fill(0);
    for (const { row } of replayed(text, { keys: "hash" }, 20_000, 10)) seen[row]! += 1;
    const chi = seen.reduce((sum, count) => sum + ((count - 2_000) * (count - 2_000)) / 2_000, 0);
    // Chi-square with 9 degrees of freedom: above 33.7 once in ten thousand.
    expect(chi).toBeLessThan(33.7);
  });

  it("of a file that has changed since it was looked at stops with its line, instead of going on", () => {
    const contents = contentsOf(TEXT);
    const spec: TraceSpec = { file: "t.csv", layout: TWITTER, timeScale: 1, loop: false, spread: 0, keys: "hash", contents };
    const replayOf = (text: string) => (): void => {
      const replay = createTraceReplay(spec, source(text), 10);
      while (replay.gap() < Infinity);
    };
    expect(replayOf(TEXT)).not.toThrow();
    expect(replayOf(`${TEXT}106,a,1,1,1,get,0\n`)).toThrow(TraceError);
    expect(replayOf(TEXT.slice(0, -20))).toThrow(/changed|fields/u);
    expect(replayOf(TEXT.replace("101,", "1O1,"))).toThrow('t.csv:5:1 "1O1" is not a time');
  });
});

describe("memory", () => {
  it("stays flat on a long file, which is pulled piece by piece and once", () => {
    // A file of 20 MB that exists nowhere: rows of 32 bytes, made where they are asked for.
    const rows = 600_000;
    const line = new TextEncoder().encode("0000000,key-0000,8,00100,1,get,0\n");
    let pulled = 0;
    let largest = 0;
    const endless: ByteSource = {
      read: (position, into) => {
        const count = Math.max(0, Math.min(into.length, rows * line.length - position));
        for (let at = 0; at < count; at += 1) {
          const place = (position + at) % line.length;
          const index = Math.floor((position + at) / line.length);
          into[at] =
            place < 7
              ? 48 + (Math.floor(Math.floor(index / 1_000) / POWERS[6 - place]!) % 10)
              : place > 11 && place < 16
                ? 48 + (Math.floor(index / POWERS[15 - place]!) % 10)
                : line[place]!;
        }
        pulled += count;
        largest = Math.max(largest, into.length);
        return count;
      },
    };
    const spec: TraceSpec = {
      file: "long.csv",
      layout: TWITTER,
      timeScale: 1,
      loop: false,
      spread: 1_000_000,
      keys: "dense",
      contents: { hash: "", bytes: 0, rows, first: 0, last: 0, operations: {} },
    };
    const replay = createTraceReplay(spec, endless, 10_000);
    const before = process.memoryUsage();
    let count = 0;
    while (replay.gap() < Infinity) count += 1;
    const after = process.memoryUsage();
    expect([count, pulled]).toEqual([rows, rows * line.length]);
    expect(largest).toBeLessThanOrEqual(65_536);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(2_000_000);
  });
});

const POWERS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
