import { describe, expect, it } from "vitest";
import { createStreams } from "../../../src/simulator/kernel/random.ts";
import { createKeySpace } from "../../../src/simulator/cluster/keyspace.ts";
import type { ShardingPart } from "../../../src/simulator/strategies/contracts.ts";
import { createKeyChooser } from "../../../src/simulator/workload/keys.ts";
import type { KeysSpec } from "../../../src/simulator/workload/workload.ts";
import { growingTable, type GrowingTable } from "./table.ts";

const COUNT = 100_000;
const z = (seen: number, share: number, count: number): number => Math.abs(seen - share * count) / Math.sqrt(share * (1 - share) * count);

interface Asked {
  readonly table?: GrowingTable;
  readonly seed?: number;
  readonly expectedInserts?: number;
}

function chooser(
  spec: KeysSpec,
  rows: number,
  { table = growingTable(rows), seed = 1, expectedInserts = 0 }: Asked = {},
): (at: number) => number {
  return createKeyChooser(spec, table, createStreams(seed).stream, { expectedInserts });
}

function counts(draw: (at: number) => number, size: number, { at = 0, count = COUNT } = {}): number[] {
  const seen = new Array<number>(size).fill(0);
  for (let i = 0; i < count; i += 1) {
    const key = draw(at);
    if (!Number.isInteger(key) || key < 0 || key >= size) expect.fail(`key ${key} of ${size}`);
    seen[key]! += 1;
  }
  return seen;
}

const hottest = (seen: readonly number[]): number => seen.indexOf(Math.max(...seen));

/** YCSB's fnvhash64 of 0 and 1, by its own Java. */
const HASH_OF_RANK = [6284781860667377211n, 8517097267634966620n];

describe("YCSB's zipfian requests", () => {
  it.each([0, 500])(
    "are scattered over the rows, twice the %d inserts to be expected and one more, and only rows that are there are asked for",
    (inserts) => {
      const rows = 1_000;
      const seen = counts(chooser({ kind: "ycsbScrambledZipfian" }, rows, { expectedInserts: inserts }), rows);
      const items = BigInt(rows + 2 * inserts + 1);
      const places = HASH_OF_RANK.map((hash) => Number(hash % items));
      const there = places.filter((place) => place < rows);
      expect(there.length).toBeGreaterThan(0);
      if (inserts === 0) {
        expect(hottest(seen)).toBe(places[0]);
        // 1 in 26.469 draws by YCSB's constant; other ranks that fall on the same row add a little.
        const share = seen[places[0]!]! / COUNT;
        expect(share).toBeGreaterThan(1 / 26.469 - 0.0025);
        expect(share).toBeLessThan(1 / 26.469 + 0.0045);
      }
    },
  );

  it("keep their hot rows while the table grows", () => {
    const table = growingTable(1_000);
    const draw = chooser({ kind: "ycsbScrambledZipfian" }, 1_000, { table, expectedInserts: 200 });
    const before = hottest(counts(draw, 1_400));
    for (let i = 0; i < 300; i += 1) table.insert();
    table.settle(1_300);
    const seen = counts(draw, 1_400);
    expect(hottest(seen)).toBe(before);
    expect(seen.slice(1_000, 1_300).reduce((a, b) => a + b, 0)).toBeGreaterThan(1_000);
  });
});

/** The sum of i^-exponent up to n. */
const zeta = (n: number, exponent: number): number => Array.from({ length: n }, (_, i) => (i + 1) ** -exponent).reduce((a, b) => a + b, 0);

describe("YCSB's latest requests", () => {
  it("ask the newest row whose insert has ended most, with the share of the first rank; an insert under way is not seen", () => {
    const table = growingTable(1_000);
    const draw = chooser({ kind: "ycsbLatest" }, 1_000, { table });
    const first = counts(draw, 1_000);
    // YCSB's ZipfianGenerator of 999 items: the counter's last value, not the number of rows.
    expect(z(first[999]!, 1 / zeta(999, 0.99), COUNT)).toBeLessThan(4.5);
    expect(z(first[998]!, 2 ** -0.99 / zeta(999, 0.99), COUNT)).toBeLessThan(4.5);
    expect(first[0]).toBe(0);
    for (let i = 0; i < 500; i += 1) table.insert();
    expect(hottest(counts(draw, 1_000))).toBe(999);
    table.settle(1_500);
    const later = counts(draw, 1_500);
    expect(z(later[1_499]!, 1 / zeta(1_499, 0.99), COUNT)).toBeLessThan(4.5);
    expect(hottest(later)).toBe(1_499);
  });
});

describe("latest keys", () => {
  it("are exact Zipf by age", () => {
    const table = growingTable(200);
    const draw = chooser({ kind: "latest", exponent: 0.8 }, 200, { table });
    for (let i = 0; i < 100; i += 1) table.insert();
    table.settle(300);
    const seen = counts(draw, 300);
    const sum = zeta(300, 0.8);
    for (const age of [0, 1, 2, 9, 99, 299]) expect(z(seen[299 - age]!, (age + 1) ** -0.8 / sum, COUNT)).toBeLessThan(4.5);
  });
});

describe("the rows that have settled", () => {
  const oneShard = { shards: 1, shardOf: () => 0 } as unknown as ShardingPart;

  it("grow in order: one insert that takes long holds back those after it", () => {
    const keys = createKeySpace(
      {
        tables: [
          { name: "t", rows: 10, row: 1, key: "id" },
          { name: "u", rows: 5, row: 1, key: "id" },
        ],
      },
      oneShard,
      1,
      new Map(),
    );
    const [a, other, b, c] = [keys.insert(0), keys.insert(1), keys.insert(0), keys.insert(0)];
    expect([keys.rows(0), keys.settled(0), keys.settled(1)]).toEqual([13, 10, 5]);
    keys.insertEnded(b);
    keys.insertEnded(other);
    expect([keys.settled(0), keys.settled(1)]).toEqual([10, 6]);
    keys.insertEnded(a);
    expect(keys.settled(0)).toBe(12);
    keys.insertEnded(c);
    expect(keys.settled(0)).toBe(13);
    expect(keys.keyOf(0, 11)).toBe(b);
  });
});

const SECOND = 1_000_000;

describe("a shift", () => {
  it("turns the whole ranking on at its instants and draws what would be drawn without it", () => {
    const rows = 1_000;
    const still = chooser({ kind: "zipf", exponent: 1.2 }, rows);
    const moving = chooser({ kind: "zipf", exponent: 1.2, shift: { every: 20 * SECOND } }, rows);
    const offsets: number[] = [];
    for (const from of [-5, 0, 20, 40, 60]) {
      const found = new Set<number>();
      for (let i = 0; i < 500; i += 1) found.add((moving((from + i / 100) * SECOND) - still(0) + rows) % rows);
      expect(found.size).toBe(1);
      offsets.push([...found][0]!);
    }
    expect(offsets.slice(0, 2)).toEqual([0, 0]);
    expect(new Set(offsets.slice(1)).size).toBe(4);
    // Another seed goes elsewhere; where a share is given it is the same everywhere.
    const other = chooser({ kind: "zipf", exponent: 1.2, shift: { every: 20 * SECOND } }, rows, { seed: 2 });
    expect(hottest(counts(other, rows, { at: 20 * SECOND }))).not.toBe(offsets[2]);
    const stepping = chooser({ kind: "hotSet", keys: 0.1, operations: 0.9, shift: { at: [30 * SECOND, 10 * SECOND], by: 0.4 } }, rows);
    const hotIn = (at: number, first: number): number =>
      counts(stepping, rows, { at: at * SECOND, count: 20_000 })
        .slice(first, first + 100)
        .reduce((a, b) => a + b, 0);
    expect(z(hotIn(9, 0), 0.9, 20_000)).toBeLessThan(4.5);
    expect(z(hotIn(10, 400), 0.9, 20_000)).toBeLessThan(4.5);
    expect(z(hotIn(30, 800), 0.9, 20_000)).toBeLessThan(4.5);
  });
});

describe("a celebrity", () => {
  it("gets its share from its instant to its end, and everybody else asks what they would have asked", () => {
    const rows = 1_000;
    const spec: KeysSpec = { kind: "zipf", exponent: 0.99, celebrity: { share: 0.2, from: 30 * SECOND, until: 40 * SECOND, row: 700 } };
    const plain = chooser({ kind: "zipf", exponent: 0.99 }, rows);
    const famous = chooser(spec, rows);
    let asked = 0;
    for (const [at, count] of [
      [29.9, 20_000],
      [30, 50_000],
      [39.9, 50_000],
      [40, 20_000],
    ] as const) {
      for (let i = 0; i < count; i += 1) {
        const [other, key] = [plain(at * SECOND), famous(at * SECOND)];
        if (key === other) continue;
        if (key !== 700 || at < 30 || at >= 40) expect.fail(`key ${key} for ${other} at ${at} s`);
        asked += 1;
      }
    }
    const own = 701 ** -0.99 / zeta(rows, 0.99);
    expect(z(asked, 0.2 * (1 - own), 100_000)).toBeLessThan(4.5);
  });

  it("is another row for another seed, unless it is named", () => {
    const draw = (seed: number): number =>
      hottest(counts(chooser({ kind: "uniform", celebrity: { share: 0.5, from: 0 } }, 1_000, { seed }), 1_000, { count: 2_000 }));
    expect(draw(1)).toBe(draw(1));
    expect(draw(1)).not.toBe(draw(2));
  });
});
