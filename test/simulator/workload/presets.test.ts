import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { DistributionSpec } from "../../../src/simulator/kernel/distribution-spec.ts";
import { createStreams } from "../../../src/simulator/kernel/random.ts";
import { createWorkloadDriver } from "../../../src/simulator/workload/driver.ts";
import { PRESETS } from "../../../src/simulator/workload/presets.ts";
import { OPERATIONS, type OperationKind } from "../../../src/simulator/workload/workload.ts";
import { growingTable } from "./table.ts";

interface Published {
  readonly ycsb: {
    readonly workloads: Readonly<Record<string, Readonly<Record<string, number | string>>>>;
    readonly fields: number;
    readonly fieldBytes: number;
    readonly scrambledZeta: number;
    readonly zipfian: readonly { readonly n: number; readonly p_rank0: number; readonly p_rank1: number }[];
  };
  readonly facebookEtc: {
    readonly getsToSet: { readonly value: number };
    readonly keyBytes: { readonly p50: number; readonly p99: number };
    readonly valueBytes: {
      readonly head: readonly (readonly [number, number])[];
      readonly tailMeanAbove15: number;
      readonly tailP50Above15: number;
      readonly tailP99Above15: number;
    };
    readonly gapMicroseconds: { readonly mean: number; readonly p99: number };
    readonly hitRate: { readonly value: number; readonly grade: string };
  };
  readonly twitter: {
    readonly clusters: readonly {
      readonly cluster: number;
      readonly key: number;
      readonly value: number;
      readonly kqps: number;
      readonly zipf_alpha: number | null;
      readonly ops: Readonly<Record<string, number>>;
    }[];
  };
}
const PUBLISHED = JSON.parse(readFileSync(new URL("../../data/workload/published.json", import.meta.url), "utf8")) as Published;

const ROWS = 10_000;
const DEMAND: DistributionSpec = { kind: "constant", value: 1 };

interface Stream {
  readonly kinds: Readonly<Record<OperationKind, number>>;
  readonly keys: readonly number[];
  /** By operation: bytes of value and key together. */
  readonly bytes: Readonly<Record<OperationKind, readonly number[]>>;
  readonly gaps: readonly number[];
}

/** What a preset's clients ask, as the simulator draws it; inserts end at once. */
function drawn(name: string, count: number, rows = ROWS): Stream {
  const { mix, keys, value, inserted, key, arrivals = { kind: "poisson", rate: 1_000 } } = PRESETS[name]!;
  const table = growingTable(rows);
  const driver = createWorkloadDriver(
    { name: "app", from: "web", table: "t", arrivals, mix, keys, value, ...(inserted && { inserted }), ...(key && { key }) },
    table,
    { read: DEMAND, write: DEMAND },
    createStreams(7).stream,
    { length: 60_000_000 },
  );
  const kinds = Object.fromEntries(OPERATIONS.map((one) => [one, 0])) as Record<OperationKind, number>;
  const bytes = Object.fromEntries(OPERATIONS.map((one) => [one, [] as number[]])) as Record<OperationKind, number[]>;
  const [asked, gaps]: [number[], number[]] = [[], []];
  for (let i = 0; i < count; i += 1) {
    gaps.push(driver.gap());
    const operation = driver.draw(i);
    const kind = OPERATIONS[operation.kind]!;
    kinds[kind] += 1;
    bytes[kind].push(operation.bytes);
    if (kind === "insert") table.settle(table.rows());
    else asked.push(operation.key);
  }
  return { kinds, keys: asked, bytes, gaps };
}

const deviation = (seen: number, share: number, count: number): number =>
  Math.abs(seen - share * count) / Math.sqrt(share * (1 - share) * count);
const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const quantileOf = (values: readonly number[], p: number): number => [...values].sort((a, b) => a - b)[Math.ceil(p * values.length) - 1]!;
/** Share at or below a published quantile: what sampling leaves of p. */
const below = (values: readonly number[], x: number): number => values.filter((value) => value <= x).length;

describe("YCSB's presets", () => {
  const COUNT = 60_000;
  it.each(["a", "b", "c", "d", "f"])("draw workload %s as its file says", (letter) => {
    const published = PUBLISHED.ycsb.workloads[letter]!;
    const { kinds, keys, bytes } = drawn(`ycsb-${letter}`, COUNT);
    const shares: Partial<Record<OperationKind, string>> = {
      read: "read",
      update: "update",
      insert: "insert",
      readModifyWrite: "readmodifywrite",
    };
    for (const [kind, name] of Object.entries(shares) as [OperationKind, string][]) {
      const share = Number(published[name] ?? 0);
      if (share === 0 || share === 1) expect(kinds[kind]).toBe(share * COUNT);
      else expect(deviation(kinds[kind], share, COUNT)).toBeLessThan(4);
    }
    const { fields, fieldBytes, scrambledZeta } = PUBLISHED.ycsb;
    expect(new Set([...bytes.insert, fields * fieldBytes]).size).toBe(1);
    expect(new Set([...bytes.update, ...bytes.readModifyWrite, fieldBytes]).size).toBe(1);
    const hottest = Math.max(...frequencies(keys).values()) / keys.length;
    if (published["dist"] === "zipfian") {
      // Rank 0 has 1 in 26.469; few other ranks fall on its row among 10,000.
      expect(hottest).toBeGreaterThan(1 / scrambledZeta - 0.004);
      expect(hottest).toBeLessThan(1 / scrambledZeta + 0.005);
    } else {
      expect(published["dist"]).toBe("latest");
      expect(Math.max(...keys)).toBeGreaterThan(ROWS + kinds.insert * 0.9);
    }
  });

  it("ask the newest of 1,000, 10,000 and 100,000 rows as often as the published zeta sums say", () => {
    for (const { n, p_rank0, p_rank1 } of PUBLISHED.ycsb.zipfian.filter((one) => one.n <= 100_000)) {
      const { keys, value } = PRESETS["ycsb-d"]!;
      const table = growingTable(n + 1);
      const spec = { name: "app", from: "web", table: "t", arrivals: { kind: "poisson", rate: 1 } as const, mix: { read: 1 }, keys, value };
      const driver = createWorkloadDriver(spec, table, { read: DEMAND, write: DEMAND }, createStreams(3).stream, { length: 1 });
      const ages = Array.from({ length: COUNT }, () => n - driver.draw(0).key);
      expect(deviation(ages.filter((age) => age === 0).length, p_rank0, COUNT)).toBeLessThan(4);
      expect(deviation(ages.filter((age) => age === 1).length, p_rank1, COUNT)).toBeLessThan(4);
    }
  });
});

function frequencies(keys: readonly number[]): ReadonlyMap<number, number> {
  const seen = new Map<number, number>();
  for (const key of keys) seen.set(key, (seen.get(key) ?? 0) + 1);
  return seen;
}

describe("the preset facebook-etc", () => {
  const COUNT = 200_000;
  const { kinds, bytes, gaps } = drawn("facebook-etc", COUNT);
  const { getsToSet, keyBytes, valueBytes, gapMicroseconds } = PUBLISHED.facebookEtc;

  it("asks 30 gets to a set", () => expect(deviation(kinds.update, 1 / (getsToSet.value + 1), COUNT)).toBeLessThan(4));

  it("has the published quantiles of key sizes", () => {
    // Reads carry keys alone. Sizes are whole bytes: half a byte either side of the published quantile holds it.
    const keys = bytes.read;
    for (const [p, x] of [
      [0.5, keyBytes.p50],
      [0.99, keyBytes.p99],
    ] as const) {
      const [low, high] = [below(keys, x - 1), below(keys, x + 1)];
      expect(low / keys.length).toBeLessThan(p);
      expect(high / keys.length).toBeGreaterThan(p);
    }
    expect(Math.abs(quantileOf(keys, 0.99) - keyBytes.p99)).toBeLessThan(1.5);
  });

  it("has the published value sizes: each small one its share, the mean and quantiles of the tail", () => {
    const spec = PRESETS["facebook-etc"]!;
    const table = growingTable(ROWS);
    const alone = {
      name: "app",
      from: "web",
      table: "t",
      arrivals: { kind: "poisson", rate: 1 } as const,
      mix: { update: 1 },
      keys: spec.keys,
      value: spec.value,
    };
    const driver = createWorkloadDriver(alone, table, { read: DEMAND, write: DEMAND }, createStreams(5).stream, { length: 1 });
    const sizes = Array.from({ length: COUNT }, () => driver.draw(0).bytes);
    for (const [size, share] of valueBytes.head)
      expect(deviation(sizes.filter((one) => one === size).length, share, COUNT)).toBeLessThan(4.5);
    const tail = sizes.filter((one) => one >= 15).map((one) => one - 15);
    const share = 1 - valueBytes.head.reduce((sum, [, one]) => sum + one, 0);
    expect(deviation(tail.length, share, COUNT)).toBeLessThan(4);
    // The tail's variance is finite (shape below 1/2), but its fourth moment is not: the sample's own deviation is a guide alone.
    const middle = meanOf(tail);
    const error = Math.sqrt(meanOf(tail.map((one) => (one - middle) * (one - middle))) / tail.length);
    expect(Math.abs(middle - valueBytes.tailMeanAbove15) / error).toBeLessThan(4);
    expect(deviation(below(tail, valueBytes.tailP50Above15), 0.5, tail.length)).toBeLessThan(4.5);
    expect(deviation(below(tail, valueBytes.tailP99Above15), 0.99, tail.length)).toBeLessThan(4.5);
    // A scale 5 % off would be seen.
    expect(deviation(below(tail, valueBytes.tailP50Above15 * 1.05), 0.5, tail.length)).toBeGreaterThan(4.5);
  });

  it("has the published gaps", () => {
    const error = Math.sqrt(meanOf(gaps.map((gap) => (gap - gapMicroseconds.mean) * (gap - gapMicroseconds.mean))) / gaps.length);
    expect(Math.abs(meanOf(gaps) - gapMicroseconds.mean) / error).toBeLessThan(4);
    expect(deviation(below(gaps, gapMicroseconds.p99), 0.99, gaps.length)).toBeLessThan(6);
  });

  it("makes no claim of what is known from memory alone", () => {
    expect(PUBLISHED.facebookEtc.hitRate.grade).toBe("memory");
    expect(JSON.stringify(PRESETS["facebook-etc"])).not.toContain("hit");
  });
});

/** Operations of memcached as this simulator has them; what stores a value is an update. */
const KIND: Readonly<Record<string, OperationKind>> = {
  get: "read",
  gets: "read",
  set: "update",
  add: "update",
  cas: "update",
  prepend: "update",
  incr: "readModifyWrite",
  delete: "delete",
};

describe("the presets of Twitter's clusters", () => {
  it("are all those that the table has figures of", () =>
    expect(Object.keys(PRESETS).filter((name) => name.startsWith("twitter-"))).toEqual(
      PUBLISHED.twitter.clusters.map(({ cluster }) => `twitter-${cluster}`),
    ));

  it.each(PUBLISHED.twitter.clusters)(
    "twitter-$cluster draws the published mix, sizes, rate and popularity of keys",
    ({ cluster, key, value, kqps, zipf_alpha, ops }) => {
      const COUNT = 20_000;
      const { kinds, keys, bytes, gaps } = drawn(`twitter-${cluster}`, COUNT, 1_000);
      const expected: Partial<Record<OperationKind, number>> = {};
      for (const [name, share] of Object.entries(ops)) expected[KIND[name]!] = (expected[KIND[name]!] ?? 0) + share;
      // Published shares are rounded to a percent each, and do not always sum to 100.
      const rounding = 0.005 * Object.keys(ops).length + Math.abs(1 - Object.values(ops).reduce((a, b) => a + b, 0));
      for (const kind of OPERATIONS) {
        const share = expected[kind] ?? 0;
        if (share === 0) expect(kinds[kind]).toBe(0);
        else expect(Math.abs(kinds[kind] / COUNT - share)).toBeLessThan(rounding + 4 * Math.sqrt((share * (1 - share)) / COUNT) + 1e-9);
      }
      expect(new Set([...bytes.update, Math.round(key) + Math.round(value)]).size).toBe(1);
      expect(new Set([...bytes.read, Math.round(key)]).size).toBe(1);
      const rate = 1e6 / meanOf(gaps);
      expect(Math.abs(rate / (kqps * 1_000) - 1)).toBeLessThan(4 / Math.sqrt(COUNT));
      if (zipf_alpha === null) return;
      const weights = Array.from({ length: 1_000 }, (_, i) => (i + 1) ** -zipf_alpha);
      const sum = weights.reduce((a, b) => a + b, 0);
      const top = (ranks: number): number => weights.slice(0, ranks).reduce((a, b) => a + b, 0) / sum;
      for (const ranks of [1, 10, 100])
        expect(deviation(keys.filter((row) => row < ranks).length, top(ranks), keys.length)).toBeLessThan(4.5);
    },
  );
});

describe("every preset", () => {
  it("says of each value where it comes from", () => {
    for (const { facts, about } of Object.values(PRESETS)) {
      expect(about.length).toBeGreaterThan(10);
      expect(facts.length).toBeGreaterThan(2);
      for (const { what, source, grade } of facts) {
        expect(what.length > 3 && source.length > 10, `${what}: ${grade}`).toBe(true);
      }
    }
  });

  it("has a mix that sums to the whole", () => {
    for (const { mix } of Object.values(PRESETS)) expect(Object.values(mix).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
  });
});
