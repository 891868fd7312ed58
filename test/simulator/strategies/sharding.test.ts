/** Sharding schemes as parts of a strategy: laws for all of them, and what each makes of its options. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shardId } from "../../../src/base/ids.ts";
import { ranges } from "../../../src/modules/sharding/ranges.ts";
import { ring } from "../../../src/modules/sharding/ring.ts";
import { textKey } from "../../../src/modules/sharding/hash.ts";
import { createKeySpace } from "../../../src/simulator/cluster/keyspace.ts";
import { writeRowKey } from "../../../src/simulator/cluster/row-key.ts";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { PartsBuilder } from "../../../src/simulator/cluster/run.ts";
import { REGISTRY } from "../../../src/simulator/strategies/registry.ts";
import { adapt, adaptRows, type MadePart } from "../../../src/simulator/strategies/sharding/adapt.ts";
import { HASHES } from "../../../src/simulator/strategies/sharding/hash-option.ts";
import { orderedKey } from "../../../src/simulator/strategies/sharding/ordered.ts";
import { INVARIANTS } from "../../../src/study/checks/invariants.ts";
import { changed } from "../../canary/broken.ts";
import { partsOf } from "../cluster/build.ts";
import { s, smallSpec } from "../cluster/small-run.ts";
import { context, faults, servers, sharding, shardOf, type ShardingName } from "./parts.ts";

/** Options with which a scheme fits any small cluster. */
const OPTIONS: Partial<Record<ShardingName, object>> = {
  databaseTable: { databases: 3, tables: 4 },
  maglev: { tableSize: 1009 },
  intervals: { length: 7 },
};
const NAMES = Object.keys(REGISTRY.sharding) as ShardingName[];
const optionsOf = (name: ShardingName): object => OPTIONS[name] ?? {};

describe.each(NAMES)("sharding by %s", (name) => {
  it("gives every row one of the shards, the same one each time it is made", () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 300 }), (shards, rows) => {
        const first = sharding(name, optionsOf(name), context(shards, rows));
        const again = sharding(name, optionsOf(name), context(shards, rows));
        expect(first.shards).toBe(name === "databaseTable" ? 12 : shards);
        // Rows inserted during a run too.
        for (let row = 0; row < rows + 5; row += 1) {
          const shard = shardOf(first, row);
          expect(shard).toBeGreaterThanOrEqual(0);
          expect(shard).toBeLessThan(first.shards);
          expect(shardOf(again, row)).toBe(shard);
        }
      }),
      { numRuns: 25 },
    ));

  it("covers the key space, and leaves no shard without keys where there are many", () => {
    const part = sharding(name, optionsOf(name), context(8, 4000));
    expect(part.covered(4096)).toBe(4096);
    const used = new Set(Array.from({ length: 4000 }, (_, row) => shardOf(part, row)));
    expect(used.size).toBe(part.shards);
  });

  it("keeps map-covers-key-space in a run", () => expect(coverOf(name, partsOf())).toBe("held"));
});

function coverOf(name: ShardingName, parts: PartsBuilder): string {
  const base = smallSpec({ warmup: s(0), duration: s(0.1), settle: s(2), window: s(0.1), cluster: { shards: 4 } });
  const spec = { ...base, parts: { ...base.parts, sharding: { name, options: REGISTRY.sharding[name].options.parse(optionsOf(name)) } } };
  return INVARIANTS.find((one) => one.name === "map-covers-key-space")!.judge(simulate(spec, parts)).kind;
}

describe("map-covers-key-space is broken by", () => {
  const four = Array.from({ length: 4 }, (_, shard) => ({ name: `shard ${shard}` }));
  const over = (made: MadePart): PartsBuilder => {
    if (!made.ok) throw new Error(made.fault);
    return changed(() => ({ sharding: made.value }));
  };

  it("a ring that has forgotten whose some keys are, though no row is among them", () => {
    const made = ring(four);
    if (!made.ok) throw new Error(made.fault);
    const whole = made.value;
    const holed = { ...whole, ownerOf: (key: Uint8Array, length?: number) => (key[0] === 55 ? -1 : whole.ownerOf(key, length)) };
    expect(coverOf("ring", over(adapt(made)))).toBe("held");
    expect(coverOf("ring", over(adapt({ ok: true, value: holed })))).toBe("broken");
  });

  it("ranges that send a part of their order to a shard too many", () => {
    const made = ranges(four);
    const shifted = (by: number): MadePart => {
      const part = adaptRows(
        made,
        (scheme, _table, row, key) => scheme.ownerOf(key, orderedKey(key, row, 1000)) + by,
        () => 1000,
      );
      // Rows are where they belong: only what the map says of the space is wrong.
      return part.ok ? { ok: true, value: { ...part.value, shardOfRow: (_table, row) => shardId(row % 4) } } : part;
    };
    expect(coverOf("ranges", over(shifted(0)))).toBe("held");
    expect(coverOf("ranges", over(shifted(1)))).toBe("broken");
  });
});

describe("sharding over servers", () => {
  const places = servers([2, 2], [1, 3]);
  const share = (name: ShardingName, options: object): number => {
    const part = sharding(name, options, context(4, 20_000, places));
    let heavy = 0;
    for (let row = 0; row < 20_000; row += 1) if (shardOf(part, row) >= 2) heavy += 1;
    return heavy / 20_000;
  };

  it.each(["ring", "rendezvous", "maglev", "slots"] as const)("%s goes by the servers' weights, unless told that all are equal", (name) => {
    // 3 of 4 parts; the ring's error with 1,000 points is about 3 %.
    const points = name === "ring" ? { virtualNodes: 1000 } : {};
    expect(Math.abs(share(name, points) - 0.75)).toBeLessThan(0.04);
    expect(Math.abs(share(name, { ...points, weights: "equal" }) - 0.5)).toBeLessThan(0.04);
    expect(Math.abs(share(name, { ...points, weights: [3, 3, 1, 1] }) - 0.25)).toBeLessThan(0.04);
  });

  it.each(["modulo", "jump", "multiProbe", "anchor", "boundedRing", "ranges", "tree", "directory", "intervals"] as const)(
    "%s refuses unequal weights, which it cannot honour",
    (name) => {
      const [found] = faults("sharding", name, {}, { servers: places, shards: 4, overServers: true });
      expect(found?.fault).toContain("cannot honour weights");
      expect(faults("sharding", name, {}, { servers: servers([2, 2]), shards: 4, overServers: true })).toEqual([]);
    },
  );

  it("databaseTable refuses it: it has shards of its own", () => {
    expect(faults("sharding", "databaseTable", { databases: 2, tables: 2 }, { servers: places, overServers: true })).toEqual([
      { fault: "a scheme with shards of its own cannot deal keys over servers", mend: "remove over", steps: ["over"] },
    ]);
  });
});

describe("the hash function", () => {
  it("changes where keys are, and leaves them evenly spread, whichever it is", () => {
    // Not 8: FNV's last three bits are the same in 32 and 64 bits.
    const shards = 7;
    const spreads = HASHES.map((hash) => {
      const part = sharding("modulo", { hash }, context(shards));
      return Array.from({ length: 4000 }, (_, row) => shardOf(part, row));
    });
    for (const [index, spread] of spreads.entries()) {
      for (let shard = 0; shard < shards; shard += 1) {
        // 571 each, standard deviation 22: five of them.
        expect(Math.abs(spread.filter((found) => found === shard).length - 4000 / 7)).toBeLessThan(110);
      }
      for (const other of spreads.slice(index + 1)) expect(spread.filter((found, row) => found === other[row]).length).toBeLessThan(720);
    }
  });

  it("keyHash is the module's own, so a part and a library user find the same shard", () => {
    const part = sharding("ring", {}, context(8));
    const made = ring(Array.from({ length: 8 }, (_, shard) => ({ name: `shard ${shard}` })));
    for (let row = 0; row < 500; row += 1) {
      expect(shardOf(part, row)).toBe(made.ok ? made.value.ownerOf(textKey(`users:${row}`)) : -1);
    }
  });

  it("is refused where the mode of a ring has its own", () => {
    expect(faults("sharding", "ring", { mode: "ketama", hash: "md5" }, { servers: servers([3]) })[0]?.steps).toEqual(["ring", "hash"]);
    expect(faults("sharding", "ring", { mode: "ketama", virtualNodes: 4 }, { servers: servers([3]) })[0]?.steps).toEqual([
      "ring",
      "virtualNodes",
    ]);
  });
});

describe("schemes that go by the order of rows", () => {
  const order = (name: ShardingName, options: object, rows: number, shards: number): number[] => {
    const part = sharding(name, options, context(shards, rows));
    return Array.from({ length: rows + 10 }, (_, row) => shardOf(part, row));
  };

  it("ranges and tree keep neighbours together, evenly, and end with what is inserted", () =>
    fc.assert(
      fc.property(
        fc.constantFrom("ranges" as const, "tree" as const),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 20, max: 400 }),
        (name, shards, rows) => {
          const found = order(name, {}, rows, shards);
          expect(found).toEqual([...found].sort((a, b) => a - b));
          for (let shard = 0; shard < shards; shard += 1) {
            const held = found.slice(0, rows).filter((one) => one === shard).length;
            expect(Math.abs(held - rows / shards)).toBeLessThanOrEqual(1);
          }
          expect(found.slice(rows)).toEqual(Array.from({ length: 10 }, () => shards - 1));
        },
      ),
      { numRuns: 60 },
    ));

  it("a tree with more ranges than shards deals them in turn", () =>
    expect(order("tree", { ranges: 6 }, 12, 3).slice(0, 12)).toEqual([0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2]));

  it("a directory deals rows in turn, all but those that are pinned", () => {
    expect(order("directory", {}, 6, 3).slice(0, 6)).toEqual([0, 1, 2, 0, 1, 2]);
    expect(order("directory", { pinned: { "users:1": 0, "users:5": 1 } }, 6, 3).slice(0, 6)).toEqual([0, 0, 2, 0, 1, 1]);
    const around = { servers: servers([3]), shards: 3 };
    expect(faults("sharding", "directory", { pinned: { "people:1": 0 } }, around)[0]?.fault).toContain("not the key of a row");
    expect(faults("sharding", "directory", { pinned: { "users:1": 3 } }, around)[0]?.fault).toContain("shard 3 of 3");
  });

  it("intervals go to shards in turn; several ways share one", () => {
    expect(order("intervals", { length: 2 }, 10, 3).slice(0, 10)).toEqual([0, 0, 1, 1, 2, 2, 0, 0, 1, 1]);
    const shared = order("intervals", { length: 100, ways: 3 }, 100, 3).slice(0, 100);
    for (const shard of [0, 1, 2]) expect(shared.filter((one) => one === shard).length).toBeGreaterThan(15);
  });
});

describe("a bounded ring", () => {
  it("holds no more than its bound of the rows that are there at first", () => {
    for (const capacityFactor of [1.05, 1.25, 2]) {
      const part = sharding("boundedRing", { capacityFactor }, context(10, 5000));
      const held = new Array<number>(10).fill(0);
      for (let row = 0; row < 5000; row += 1) held[shardOf(part, row)]! += 1;
      expect(Math.max(...held)).toBeLessThanOrEqual(Math.ceil(capacityFactor * 500));
    }
  });
});

describe("a bound table", () => {
  const data = {
    tables: [
      { name: "orders", rows: 50, row: 100, key: "user", boundTo: "users" },
      { name: "users", rows: 20, row: 100, key: "id" },
      { name: "zips", rows: 20, row: 100, key: "id" },
    ],
  };

  it.each(["ring", "ranges", "directory"] as const)("shards alike by %s: the rows of one key value lie in one shard", (name) => {
    const within = {
      ...context(8),
      tables: data.tables,
      rowKey: (into: Uint8Array, table: number, row: number) => writeRowKey(into, data.tables[table]!.name, row),
    };
    const keys = createKeySpace(data, sharding(name, {}, within), 1, new Map());
    for (let row = 0; row < 50; row += 1) expect(keys.shardOf(keys.keyOf(0, row))).toBe(keys.shardOf(keys.keyOf(1, row % 20)));
    const added = keys.insert(0);
    expect(keys.shardOf(added)).toBe(keys.shardOf(keys.keyOf(1, 50 % 20)));
    // A table that is not bound goes its own way, where its name is part of the key.
    const alike = Array.from({ length: 20 }, (_, row) => row).filter(
      (row) => keys.shardOf(keys.keyOf(1, row)) === keys.shardOf(keys.keyOf(2, row)),
    );
    expect(alike.length < 10).toBe(name === "ring");
  });
});
