import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anchor } from "../../../src/modules/sharding/anchor.ts";
import { databaseTable } from "../../../src/modules/sharding/database-table.ts";
import { difference } from "../../../src/modules/sharding/difference.ts";
import { keyHash } from "../../../src/modules/sharding/hash.ts";
import { jump } from "../../../src/modules/sharding/jump.ts";
import { compareNames } from "../../../src/modules/sharding/members.ts";
import { modulo } from "../../../src/modules/sharding/modulo.ts";
import { ring } from "../../../src/modules/sharding/ring.ts";
import type { Sharding } from "../../../src/modules/sharding/sharding.ts";
import { reassign, slots } from "../../../src/modules/sharding/slots.ts";
import { made, numbered, textKeys } from "./data.ts";
import { SCHEMES } from "./schemes.ts";

const RUNS = { numRuns: 60 };
const name = fc.string({ unit: fc.constantFrom("a", "b", "é", "-", "0", "1", "9", "😀"), minLength: 1, maxLength: 5 });
const names = (minLength = 1): fc.Arbitrary<string[]> => fc.uniqueArray(name, { minLength, maxLength: 12 });
const someKeys = fc.array(fc.uint8Array({ maxLength: 24 }), { minLength: 1, maxLength: 30 });
const membersOf = (list: readonly string[]): { name: string }[] => list.map((n) => ({ name: n }));
const ownerName = (sharding: Sharding, key: Uint8Array): string => sharding.members[sharding.ownerOf(key)] as string;

describe.each(Object.entries(SCHEMES))("%s", (_, scheme) => {
  it("is total, deterministic, and does not care in which order members are listed", () =>
    fc.assert(
      fc.property(
        names().chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        someKeys,
        ([list, shuffled], keys) => {
          const one = made(scheme.make(membersOf(list)));
          const again = made(scheme.make(membersOf(list)));
          const other = made(scheme.make(membersOf(shuffled)));
          expect(one.members).toEqual(list);
          for (const key of keys) {
            const owner = one.ownerOf(key);
            expect(Number.isInteger(owner) && owner >= 0 && owner < list.length).toBe(true);
            expect(again.ownerOf(key)).toBe(owner);
            expect(one.ownerOf(Uint8Array.from([...key, 1, 2]), key.length)).toBe(owner);
            expect(ownerName(other, key)).toBe(list[owner]);
          }
        },
      ),
      RUNS,
    ));

  it("answers from a key's hash, a preference list and its shares as it does from the key", () =>
    fc.assert(
      fc.property(names(), someKeys, (list, keys) => {
        const sharding = made(scheme.make(membersOf(list)));
        const hash = new Uint32Array(2);
        const into = new Int32Array(list.length + 2).fill(-1);
        for (const key of keys) {
          const owner = sharding.ownerOf(key);
          keyHash(key, key.length, hash);
          if (sharding.ownerOfHash !== undefined) expect(sharding.ownerOfHash(hash[0] as number, hash[1] as number)).toBe(owner);
          if (sharding.ownersOf === undefined) continue;
          const found = sharding.ownersOf(key, key.length, into);
          expect(found).toBe(list.length);
          expect(into[0]).toBe(owner);
          expect(new Set(into.subarray(0, found)).size).toBe(found);
          const two = new Int32Array(2);
          expect(sharding.ownersOf(key, key.length, two)).toBe(Math.min(2, list.length));
          expect([...two.subarray(0, list.length)]).toEqual([...into.subarray(0, Math.min(2, list.length))]);
          expect(sharding.ownersOf(key, key.length, new Int32Array(0))).toBe(0);
        }
        const shares = sharding.shares?.();
        if (shares !== undefined) expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
        expect(sharding.memory()).toBeGreaterThanOrEqual(0);
      }),
      RUNS,
    ));

  it("refuses no members, doubles, empty names and weights that it cannot honour, with fault and mend", () => {
    const wrong = [
      [],
      [{ name: "a" }, { name: "a" }],
      [{ name: "" }],
      [{ name: "a", weight: 0 }],
      [{ name: "a", weight: Number.NaN }],
      [{ name: "a", weight: Infinity }],
    ];
    for (const members of wrong) {
      const result = scheme.make(members);
      expect(result.ok ? "made" : [typeof result.fault, typeof result.mend]).toEqual(["string", "string"]);
    }
    expect(
      scheme.make([
        { name: "a", weight: 1 },
        { name: "b", weight: 2 },
      ]).ok,
    ).toBe(scheme.isWeighted);
    expect(
      scheme.make([
        { name: "a", weight: 3 },
        { name: "b", weight: 3 },
      ]).ok,
    ).toBe(true);
  });
});

/** Keys that moved although neither end of the move is a member that came or left. */
function needless(before: Sharding, after: Sharding, keys: readonly Uint8Array[]): number {
  return keys.filter((key) => {
    const from = ownerName(before, key);
    const to = ownerName(after, key);
    return from !== to && after.members.includes(from) && before.members.includes(to);
  }).length;
}

describe("a change of members", () => {
  const changes = fc.tuple(names(2), names(2)).map(([one, two]) => [[...new Set([...one, ...two])], two] as const);
  for (const [label, scheme] of Object.entries(SCHEMES).filter(([, { isMinimal }]) => isMinimal)) {
    it(`moves keys of a ${label} only to who came and from who left`, () =>
      fc.assert(
        fc.property(changes, someKeys, ([all, some], keys) => {
          const large = made(scheme.make(membersOf(all)));
          const small = made(scheme.make(membersOf(some)));
          expect(needless(large, small, keys)).toBe(0);
          expect(needless(small, large, keys)).toBe(0);
        }),
        RUNS,
      ));
  }
  it("and a ring whose points depend on the number of members would be seen", () => {
    const wrong = (count: number): Sharding => made(ring(numbered(count), { virtualNodes: 16 + count }));
    const { at, count: total } = textKeys(2000);
    const keys = Array.from({ length: total }, (_, i) => at(i));
    expect(needless(wrong(6), wrong(7), keys)).toBeGreaterThan(0);
    expect(needless(made(ring(numbered(6))), made(ring(numbered(7))), keys)).toBe(0);
  });

  it("of anchor, member by member, moves keys only to who came and from who left; a return restores everything", () =>
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.array(fc.nat(11), { maxLength: 10 }), someKeys, (count, steps, keys) => {
        let now = made(anchor(numbered(count), { capacity: 16 }));
        for (const step of steps) {
          const target = `shard-${step}`;
          const isThere = now.members.includes(target);
          if (isThere && now.members.length === 1) continue;
          const next = made(isThere ? now.without(target) : now.with(target));
          expect(next.members.length).toBe(now.members.length + (isThere ? -1 : 1));
          expect(needless(now, next, keys)).toBe(0);
          for (const key of keys) if (isThere) expect(ownerName(next, key)).not.toBe(target);
          if (isThere) {
            const back = made(next.with(target));
            for (const key of keys) expect(ownerName(back, key)).toBe(ownerName(now, key));
          }
          now = next;
        }
      }),
      RUNS,
    ));

  it("of jump moves keys only to a member that comes last", () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), someKeys, (count, keys) => {
        const before = made(jump(numbered(count)));
        const after = made(jump(numbered(count + 1)));
        for (const key of keys) expect([ownerName(before, key), `shard-${count}`]).toContain(ownerName(after, key));
      }),
      RUNS,
    ));

  it("of slots moves no more slots than the new dues ask, and leaves dues that differ by one", () =>
    fc.assert(
      fc.property(names(2), names(2), (one, two) => {
        const before = made(slots(membersOf(one)));
        const after = made(reassign(before, membersOf(two)));
        const held = (sharding: typeof before, member: string): number =>
          sharding.owners.filter((owner) => sharding.members[owner] === member).length;
        let minimum = 0;
        for (const member of two) minimum += Math.max(0, held(after, member) - held(before, member));
        let moved = 0;
        for (let slot = 0; slot < 16384; slot += 1) {
          if (before.members[before.owners[slot] as number] !== after.members[after.owners[slot] as number]) moved += 1;
        }
        expect(moved).toBe(minimum);
        const counts = two.map((member) => held(after, member));
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 20 },
    ));

  it("of slots honours weights to within one slot", () => {
    const members = [
      { name: "a", weight: 1 },
      { name: "b", weight: 2.5 },
      { name: "c", weight: 0.25 },
    ];
    for (const scheme of [made(slots(members)), made(reassign(made(slots(numbered(5))), members))]) {
      const shares = scheme.shares?.() ?? new Float64Array(3);
      for (const [i, { weight }] of members.entries()) {
        expect(Math.abs((shares[i] as number) * 16384 - (16384 * weight) / 3.75)).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe("difference", () => {
  const keys = textKeys(20_000);
  it("of a ring counts what the newcomer took, and that is the minimum", () => {
    const change = difference(made(ring(numbered(12))), made(ring(numbered(13))), keys);
    const newcomer = change.members.find(({ name: n }) => n === "shard-12");
    expect(change.moved.length).toBe(newcomer?.gained);
    expect(change.minimum).toBe(newcomer?.after);
    expect(change.excess).toBe(1);
    for (const member of change.members) {
      expect(member.after - member.before).toBe(member.gained - member.lost);
      if (member !== newcomer) expect(member.gained).toBe(0);
    }
  });
  it("of modulo 12 to 13 moves 12/13 of the keys, twelve times the minimum", () => {
    const change = difference(made(modulo(numbered(12))), made(modulo(numbered(13))), keys);
    const share = change.moved.length / keys.count;
    const error = Math.sqrt(((12 / 13) * (1 / 13)) / keys.count);
    expect(Math.abs(share - 12 / 13) / error).toBeLessThan(4);
    expect(change.excess).toBeGreaterThan(11);
    expect(change.excess).toBeLessThan(13);
  });
  it("of nothing is nothing", () => {
    const same = made(ring(numbered(3)));
    expect(difference(same, same, keys)).toMatchObject({ minimum: 0, excess: 1, moved: new Uint32Array(0) });
  });
  // 4 × 8 to 8 × 8: half moves if tables come first, 15/16 if databases do.
  for (const [order, share] of [
    ["table-first", 1 / 2],
    ["database-first", 15 / 16],
    ["independent", 1 / 2],
  ] as const) {
    it(`of ${order} 4 × 8 to 8 × 8 moves ${share} of the keys`, () => {
      const before = made(databaseTable({ databases: 4, tables: 8, order }));
      const change = difference(before, made(databaseTable({ databases: 8, tables: 8, order })), keys);
      const error = Math.sqrt((share * (1 - share)) / keys.count);
      expect(Math.abs(change.moved.length / keys.count - share) / error).toBeLessThan(4);
    });
  }
});

describe("names", () => {
  it("are in one total order, in which numbers count as numbers", () => {
    expect(["shard-10", "shard-9", "shard-09", "a", "shard", "shard-1b", "shard-1a"].sort(compareNames)).toEqual([
      "a",
      "shard",
      "shard-1a",
      "shard-1b",
      "shard-09",
      "shard-9",
      "shard-10",
    ]);
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(Math.sign(compareNames(a, b))).toBe(0 - Math.sign(compareNames(b, a)));
        expect(compareNames(a, b) === 0).toBe(a === b);
        if (compareNames(a, b) <= 0 && compareNames(b, c) <= 0) expect(compareNames(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
