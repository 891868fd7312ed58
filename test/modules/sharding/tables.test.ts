import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareBytes } from "../../../src/modules/sharding/bytes.ts";
import { directory } from "../../../src/modules/sharding/directory.ts";
import { intervals } from "../../../src/modules/sharding/intervals.ts";
import { keyTable } from "../../../src/modules/sharding/key-table.ts";
import { loadSplitKey, planChanges } from "../../../src/modules/sharding/range-changes.ts";
import { ranges, sampleBoundaries } from "../../../src/modules/sharding/ranges.ts";
import { tokenRing } from "../../../src/modules/sharding/token-ring.ts";
import { tree } from "../../../src/modules/sharding/tree.ts";
import { bytesOf, fromHex, made, numbered, textKeys } from "./data.ts";

/** Short keys over three letters, so that they meet. */
const key = fc.string({ unit: fc.constantFrom("a", "b", "\u0001"), maxLength: 4 }).map(bytesOf);
const text = (bytes: Uint8Array): string => [...bytes].join(",");
const before = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) < 0;

describe("the order of bytes", () => {
  it("is Node's", () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), fc.uint8Array({ maxLength: 6 }), (a, b) => {
        expect(Math.sign(compareBytes(a, a.length, b))).toBe(Buffer.compare(a, b));
      }),
    ));
});

describe("the token ring", () => {
  const token = fc.tuple(
    fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff),
    fc.constantFrom(0, 1, 0x80000000, 0xffffffff),
  );
  it("finds the first point at or after a token, crowded tokens and doubles too, as a linear scan does", () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(token, fc.nat(5)), { minLength: 1, maxLength: 90 }),
        fc.array(token, { minLength: 1, maxLength: 20 }),
        (points, asked) => {
          const ring = tokenRing(
            Uint32Array.from(points, ([[high]]) => high),
            Uint32Array.from(points, ([[, low]]) => low),
            Int32Array.from(points, ([, rank]) => rank),
            Int32Array.of(0, 10, 20, 30, 40, 50),
          );
          const whole = ([high, low]: [number, number]): bigint => (BigInt(high) << 32n) | BigInt(low);
          const sorted = points
            .map(([t, rank]) => ({ at: whole(t), rank }))
            .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.rank - b.rank));
          for (const t of asked) {
            const owner = (sorted.find(({ at }) => at >= whole(t)) ?? sorted[0])?.rank ?? -1;
            expect(ring.owners[ring.find(...t)]).toBe(10 * owner);
          }
        },
      ),
    ));
});

describe("ranges", () => {
  const edits = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant("split" as const), at: key, owner: fc.constantFrom("shard-0", "shard-1", "new") }),
      fc.record({ kind: fc.constant("merge" as const), range: fc.nat(12) }),
    ),
    { maxLength: 30 },
  );
  it("split and merge as a list of starts does, and keep every version as it was", () =>
    fc.assert(
      fc.property(edits, fc.array(key, { minLength: 1, maxLength: 20 }), (list, keys) => {
        let now = made(ranges(numbered(2), { boundaries: [bytesOf("b")] }));
        let model = [
          { start: bytesOf(""), owner: "shard-0" },
          { start: bytesOf("b"), owner: "shard-1" },
        ];
        for (const edit of list) {
          const was = keys.map((k) => now.ownerOf(k));
          const next = edit.kind === "split" ? now.split(edit.at, edit.owner) : now.merge(edit.range);
          expect(keys.map((k) => now.ownerOf(k))).toEqual(was);
          if (edit.kind === "split") {
            const isNew = !model.some(({ start }) => text(start) === text(edit.at));
            expect(next.ok).toBe(isNew);
            if (isNew) model = [...model, { start: edit.at, owner: edit.owner }].sort((a, b) => Buffer.compare(a.start, b.start));
          } else {
            expect(next.ok).toBe(edit.range + 1 < model.length);
            model = model.filter((_, i) => i !== edit.range + 1);
          }
          if (next.ok) now = next.value;
        }
        for (const k of keys) {
          const owner = model.filter(({ start }) => !before(k, start)).pop()?.owner;
          expect(now.members[now.ownerOf(k)]).toBe(owner);
        }
        expect(now.ranges?.().map(({ owner, from }) => [now.members[owner], from])).toEqual(
          model.map(({ start, owner }) => [owner, Buffer.from(start).toString("hex")]),
        );
      }),
      { numRuns: 200 },
    ));

  it("a scan asks exactly the owners of ranges that it meets", () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(
          key.filter((k) => k.length > 0),
          { selector: text, maxLength: 8 },
        ),
        key,
        fc.option(key, { nil: undefined }),
        (starts, from, to) => {
          const boundaries = [...starts].sort((a, b) => Buffer.compare(a, b));
          const owners = [...boundaries.map((_, i) => `shard-${i % 3}`), "shard-0"];
          const rangeScheme = made(ranges(numbered(3), { boundaries, owners }));
          const treeScheme = made(tree(numbered(3), { ranges: 1 }));
          boundaries.forEach((start, i) => treeScheme.insert(start, Number((owners[i + 1] as string).slice(-1))));
          if (to !== undefined && !before(from, to)) return;
          const met = new Set(
            owners.filter((_, i) => {
              const start = boundaries[i - 1] ?? new Uint8Array(0);
              const end = boundaries[i];
              return (i === 0 || to === undefined || before(start, to)) && (end === undefined || before(from, end));
            }),
          );
          const into = new Int32Array(3);
          for (const scheme of [rangeScheme, treeScheme]) {
            const found = scheme.ownersBetween?.(from, to, into) ?? 0;
            expect(new Set([...into.subarray(0, found)].map((owner) => scheme.members[owner]))).toEqual(met);
          }
        },
      ),
    ));

  it("sample boundaries cut text keys evenly where even parts of the key space would not", () => {
    const keys = textKeys(10_000, "user");
    const sample = Array.from({ length: 1000 }, (_, i) => keys.at(i * 10));
    const largest = (boundaries?: readonly Uint8Array[]): number => {
      const scheme = made(ranges(numbered(8), boundaries === undefined ? {} : { boundaries }));
      const counts = new Array<number>(8).fill(0);
      for (let i = 0; i < keys.count; i += 1) counts[scheme.ownerOf(keys.at(i))]! += 1;
      return Math.max(...counts);
    };
    expect(largest(sampleBoundaries(sample, 8))).toBeLessThan(1300);
    expect(largest()).toBe(10_000);
  });

  it("refuses boundaries that do not rise, strangers as owners and wrong counts", () => {
    expect(ranges(numbered(3), { boundaries: [bytesOf("b"), bytesOf("a")] }).ok).toBe(false);
    expect(ranges(numbered(2), { boundaries: [bytesOf("")] }).ok).toBe(false);
    expect(ranges(numbered(3), { boundaries: [bytesOf("a")] }).ok).toBe(false);
    expect(ranges(numbered(2), { boundaries: [bytesOf("a")], owners: ["shard-0", "x"] }).ok).toBe(false);
  });
});

describe("range changes", () => {
  const at = bytesOf("m");
  it("split what is too large or too busy, merge neighbours that stay well below both, and touch no range twice", () => {
    const limits = { sizeMax: 100, loadMax: 10 };
    expect(
      planChanges(
        [
          { size: 120, load: 1, splitBySize: at },
          { size: 10, load: 1 },
          { size: 20, load: 1 },
          { size: 10, load: 1 },
          { size: 50, load: 20, splitByLoad: at },
          { size: 1, load: 50 },
          { size: 40, load: 1 },
          { size: 20, load: 1 },
        ],
        limits,
      ),
    ).toEqual([
      { kind: "split", range: 0, at, reason: "size" },
      { kind: "merge", range: 1 },
      { kind: "split", range: 4, at, reason: "load" },
    ]);
  });
  it("cut the load in the middle of what requests named, and not at all for one hot key", () => {
    const spread = Array.from({ length: 100 }, (_, i) => bytesOf(String(1000 + i)));
    expect(loadSplitKey(spread)).toEqual(bytesOf("1050"));
    expect(loadSplitKey([...spread.slice(0, 20), ...new Array<Uint8Array>(80).fill(bytesOf("1050"))])).toBeUndefined();
    expect(loadSplitKey([...spread.slice(0, 30), ...new Array<Uint8Array>(70).fill(bytesOf("1050"))])).toEqual(bytesOf("1050"));
    expect(loadSplitKey([])).toBeUndefined();
  });
});

describe("the range tree", () => {
  const steps = fc.array(fc.tuple(fc.constantFrom("insert", "insert", "remove", "record", "split"), key, fc.nat(2)), { maxLength: 120 });
  it("does what a sorted list does, and is in order and in balance after every step", () =>
    fc.assert(
      fc.property(steps, (list) => {
        const scheme = made(tree(numbered(3), { ranges: 1 }));
        let model: { start: Uint8Array; owner: number; load: number }[] = [{ start: new Uint8Array(0), owner: 0, load: 0 }];
        const holder = (k: Uint8Array): { start: Uint8Array; owner: number; load: number } =>
          model.filter(({ start }) => !before(k, start)).pop() as { start: Uint8Array; owner: number; load: number };
        const put = (start: Uint8Array, owner: number, load: number): void => {
          model = [...model, { start, owner, load }].sort((a, b) => Buffer.compare(a.start, b.start));
        };
        for (const [step, k, n] of list) {
          const there = model.find(({ start }) => text(start) === text(k));
          if (step === "insert") {
            scheme.insert(k, n);
            if (there === undefined) put(k, n, 0);
            else there.owner = n;
          } else if (step === "remove") {
            const canEnd = there !== undefined && k.length > 0;
            expect(scheme.remove(k)).toBe(canEnd);
            if (!canEnd) continue;
            model = model.filter((range) => range !== there);
            holder(k).load += there.load;
          } else if (step === "record") {
            scheme.record(k, k.length, n + 1);
            holder(k).load += n + 1;
          } else {
            const hot = model.reduce((best, range) => (range.load > best.load ? range : best));
            const isInside = holder(k) === hot && text(hot.start) !== text(k);
            expect(scheme.splitHottest(k, n)).toBe(isInside);
            if (!isInside) continue;
            hot.load /= 2;
            put(k, n, hot.load);
          }
          scheme.verify();
          expect(scheme.size()).toBe(model.length);
          expect(scheme.ownerOf(k)).toBe(holder(k).owner);
          expect(text(scheme.startOf(k))).toBe(text(holder(k).start));
          const hot = model.reduce((best, range) => (range.load > best.load ? range : best));
          expect(scheme.hottest()).toEqual({ start: hot.start, owner: hot.owner, load: hot.load });
        }
        expect(scheme.ranges?.().map(({ owner, from }) => [owner, from])).toEqual(
          model.map(({ start, owner }) => [owner, Buffer.from(start).toString("hex")]),
        );
      }),
      { numRuns: 150 },
    ));

  it("stays below 1.4405 log2(n + 2) even for rising and alternating inserts", () => {
    for (const order of ["rising", "outside in"]) {
      const scheme = made(tree(numbered(2), { ranges: 1 }));
      for (let i = 0; i < 4096; i += 1) {
        const n = order === "rising" ? i : i % 2 === 0 ? i / 2 : 4096 - (i - 1) / 2;
        scheme.insert(fromHex((n + 65536).toString(16).padStart(8, "0")), n % 2);
        if (i % 256 === 0) scheme.verify();
      }
      expect(scheme.size()).toBe(4097);
      expect(scheme.height()).toBeLessThan(1.4405 * Math.log2(4099));
    }
  });
});

describe("the key table and the directory", () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(40), fc.nat(2)), { maxLength: 200 });
  it("hold keys as a Map does", () =>
    fc.assert(
      fc.property(steps, (list) => {
        const table = keyTable();
        const scheme = made(directory(numbered(3)));
        const model = new Map<string, { slot: number; owner: number }>();
        for (const [isInsert, n, owner] of list) {
          const name = "k".repeat(n % 7) + String(n);
          const bytes = bytesOf(name);
          const known = model.get(name);
          expect(table.find(bytes, bytes.length)).toBe(known?.slot ?? -1);
          if (isInsert) {
            const slot = table.insert(bytes, bytes.length);
            if (known !== undefined) expect(slot).toBe(known.slot);
            scheme.assign(bytes, owner);
            model.set(name, { slot, owner });
          } else {
            if (known !== undefined) table.remove(known.slot);
            expect(scheme.forget(bytes)).toBe(model.delete(name));
          }
        }
        expect(table.count()).toBe(model.size);
        expect(scheme.entries()).toBe(model.size);
        const loads = [0, 0, 0];
        for (const [name, { slot, owner }] of model) {
          expect(table.find(bytesOf(name), name.length)).toBe(slot);
          expect(table.keyAt(slot)).toEqual(bytesOf(name));
          expect(scheme.ownerOf(bytesOf(name))).toBe(owner);
          loads[owner] = (loads[owner] as number) + 1;
        }
        expect([...scheme.loads]).toEqual(loads);
      }),
    ));
  it("a directory that moved one key moved only that one", () => {
    const scheme = made(directory(numbered(4)));
    const keys = textKeys(200);
    const owners = Array.from({ length: 200 }, (_, i) => scheme.ownerOf(keys.at(i)));
    scheme.assign(keys.at(7), ((owners[7] as number) + 1) % 4);
    for (let i = 0; i < 200; i += 1) expect(scheme.ownerOf(keys.at(i)) === owners[i]).toBe(i !== 7);
    scheme.forget(keys.at(7));
    expect(scheme.ownerOf(keys.at(7))).toBe(owners[7]);
  });
});

describe("intervals of time", () => {
  const stamped = (time: number, rest = ""): Uint8Array => {
    const bytes = Buffer.alloc(8 + rest.length);
    bytes.writeBigUInt64BE(BigInt(time));
    bytes.write(rest, 8);
    return bytes;
  };
  it("take turns by interval, and a new member moves nothing that is past", () => {
    const before = made(intervals(numbered(3), { length: 100 }));
    const generations = [
      { from: 0, members: ["shard-0", "shard-1", "shard-2"] },
      { from: 1000, members: ["shard-0", "shard-1", "shard-2", "shard-3"] },
    ];
    const after = made(intervals(numbered(4), { length: 100, generations }));
    for (let time = 0; time < 2000; time += 7) {
      const owner = before.ownerOf(stamped(time));
      expect(owner).toBe(Math.floor(time / 100) % 3);
      expect(after.ownerOf(stamped(time))).toBe(time < 1000 ? owner : Math.floor(time / 100) % 4);
    }
  });
  it("spread one interval over as many members as asked", () => {
    const scheme = made(intervals(numbered(4), { length: 100, ways: 2 }));
    const owners = new Set(Array.from({ length: 200 }, (_, i) => scheme.ownerOf(stamped(50, `sensor-${i}`))));
    expect(owners).toEqual(new Set([0, 1]));
  });
  it("a scan asks the members of the intervals that it meets", () =>
    fc.assert(
      fc.property(fc.nat(3000), fc.nat(3000), (from, to) => {
        const generations = [
          { from: 0, members: ["shard-0", "shard-1"] },
          { from: 900, members: ["shard-1", "shard-2", "shard-3"] },
          { from: 1400, members: ["shard-4"] },
        ];
        const scheme = made(intervals(numbered(5), { length: 100, generations }));
        const into = new Int32Array(5);
        const found = scheme.ownersBetween?.(stamped(from), stamped(from + to), into) ?? 0;
        const met = new Set<number>();
        for (let time = from; time <= from + to; time += 1) met.add(scheme.ownerOf(stamped(time)));
        expect(new Set(into.subarray(0, found))).toEqual(met);
      }),
      { numRuns: 60 },
    ));
  it("a scan without end asks everybody still to come, quickly", () => {
    const scheme = made(intervals(numbered(5), { length: 1 }));
    expect(scheme.ownersBetween?.(stamped(3), undefined, new Int32Array(9))).toBe(5);
  });
  it("refuses generations out of order, strangers and no length", () => {
    expect(intervals(numbered(2), { length: 0 }).ok).toBe(false);
    expect(intervals(numbered(2), { length: 10, ways: 3 }).ok).toBe(false);
    expect(intervals(numbered(2), { length: 10, generations: [{ from: 5, members: ["shard-0"] }] }).ok).toBe(false);
    expect(intervals(numbered(2), { length: 10, generations: [{ from: 0, members: ["x"] }] }).ok).toBe(false);
    expect(
      intervals(numbered(2), {
        length: 10,
        generations: [
          { from: 0, members: ["shard-0"] },
          { from: 0, members: ["shard-1"] },
        ],
      }).ok,
    ).toBe(false);
  });
});
