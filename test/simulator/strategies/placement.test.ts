/** Placement parts: laws for all of them on clusters of any shape, what each promises, and what each refuses. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shardId } from "../../../src/base/ids.ts";
import type { ServerPlace } from "../../../src/simulator/strategies/contracts.ts";
import { type Around, faults, placement, type PlacementName, servers } from "./parts.ts";

/** The servers of every shard. */
const lists = (name: PlacementName, options: unknown, around: Around): readonly (readonly number[])[] => {
  const part = placement(name, options, around);
  return Array.from({ length: around.shards ?? 16 }, (_, shard) => part.serversOf(shardId(shard), around.copies ?? 3));
};
const zonesOf = (places: readonly ServerPlace[], list: readonly number[]): number => new Set(list.map((id) => places[id]!.zone)).size;

const shape = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 });

describe.each(["spread", "random", "ringSuccessors", "copysets"] as const)("placement by %s", (name) => {
  it("gives every shard different servers in different domains, or says beforehand that it cannot", () =>
    fc.assert(
      fc.property(
        shape,
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        fc.boolean(),
        fc.integer(),
        (zones, copies, byZone, overServers, seed) => {
          const places = servers(zones);
          fc.pre(copies <= places.length);
          const domain = byZone ? "zone" : "server";
          const options = name === "spread" ? domain : { domain };
          const around = { servers: places, shards: overServers ? places.length : 13, copies, overServers, seed };
          const can = !byZone || copies <= zones.length;
          const refused = faults("placement", name, options, around);
          expect(refused.length > 0).toBe(!can);
          if (!can) return;
          for (const [shard, list] of lists(name, options, around).entries()) {
            expect(list.length).toBe(copies);
            expect(new Set(list).size).toBe(copies);
            if (byZone) expect(zonesOf(places, list)).toBe(copies);
            if (overServers) expect(list[0]).toBe(shard);
          }
        },
      ),
      { numRuns: 150 },
    ));

  it("is the same for the same seed", () => {
    const around = { servers: servers([4, 4, 4]), shards: 40 };
    expect(lists(name, {}, around)).toEqual(lists(name, {}, around));
  });
});

describe("a domain that is named is a promise", () => {
  const two = { servers: servers([3, 3]) };

  it("which spread refuses at its place, with the mend that keeps it as it was", () => {
    expect(faults("placement", "spread", "zone", two)).toEqual([
      {
        fault: "3 replicas cannot stand in different zones: there are 2 zones with servers",
        mend: "add zones, keep fewer replicas, or write spread: { domain: zone, allowFewer: true }",
        steps: ["spread"],
      },
    ]);
    expect(faults("placement", "spread", { domain: "zone", allowFewer: true }, two)).toEqual([]);
    expect(faults("placement", "spread", undefined, two)).toEqual([]);
    for (const list of lists("spread", undefined, two)) expect(zonesOf(two.servers, list)).toBe(2);
  });

  it("and racks without servers are none", () => {
    const empty = { servers: servers([3, 0, 3]) };
    expect(faults("placement", "spread", "zone", empty)).toHaveLength(1);
  });
});

describe("spread", () => {
  const primariesOf = (around: Around): readonly number[] => {
    const counts = around.servers.map(() => 0);
    for (const [first] of lists("spread", "zone", around)) counts[first!]! += 1;
    return counts;
  };

  it("deals primaries and replicas evenly; by weight where servers have weights", () => {
    expect(primariesOf({ servers: servers([2, 2, 2]), shards: 12 })).toEqual([2, 2, 2, 2, 2, 2]);
    expect(primariesOf({ servers: servers([2, 2, 2], [1, 2, 1]), shards: 16 })).toEqual([2, 2, 4, 4, 2, 2]);
  });

  it("keeps the servers of shards where primaries are wanted elsewhere", () => {
    const around = { servers: servers([2, 2, 2]), shards: 8, primaries: "zone b" };
    expect(primariesOf(around)).toEqual([0, 0, 4, 4, 0, 0]);
  });
});

describe("random", () => {
  it("keeps further copies within the scatter width, and takes it up", () => {
    const around = { servers: servers([30]), shards: 3000, copies: 3 };
    const partners = new Map<number, Set<number>>();
    for (const [first, ...rest] of lists("random", { scatter: 4 }, around))
      for (const other of rest) partners.set(first!, (partners.get(first!) ?? new Set()).add(other));
    expect(partners.size).toBe(30);
    for (const met of partners.values()) expect(met.size).toBe(4);
  });

  it("puts first copies on servers by their weights", () => {
    const around = { servers: servers([1, 1], [3, 1]), shards: 4000, copies: 2 };
    const heavy = lists("random", {}, around).filter(([first]) => first === 0).length;
    // 3000 of 4000, standard deviation 27.
    expect(Math.abs(heavy - 3000)).toBeLessThan(110);
  });

  it("refuses widths that cannot be, and zones that neighbours do not reach", () => {
    const steps = ["random", "scatter"];
    expect(faults("placement", "random", { scatter: 1 }, { servers: servers([6]) })[0]).toMatchObject({ mend: "write 2 or more", steps });
    expect(faults("placement", "random", { scatter: 6 }, { servers: servers([6]) })[0]).toMatchObject({ mend: "write 5 or less", steps });
    const lopsided = { servers: servers([10, 1, 1]) };
    expect(faults("placement", "random", { scatter: 2, domain: "zone" }, lopsided)[0]?.fault).toContain("do not reach 3 different zones");
    expect(faults("placement", "random", { scatter: 11, domain: "zone" }, lopsided)).toEqual([]);
  });
});

describe("copysets", () => {
  const setsOf = (scatter: number, around: Around): ReadonlySet<string> =>
    new Set(lists("copysets", { scatter }, around).map((list) => [...list].sort((a, b) => a - b).join(",")));

  it("use S / (R - 1) permutations of N / R sets, and no others, where random uses nearly as many as there are shards", () => {
    const around = { servers: servers([30]), shards: 4000, copies: 3 };
    expect(setsOf(2, around).size).toBe(10);
    // Four permutations, which may share a set.
    expect(setsOf(8, around).size).toBeGreaterThan(36);
    expect(setsOf(8, around).size).toBeLessThanOrEqual(40);
    const random = new Set(lists("random", {}, around).map((list) => [...list].sort((a, b) => a - b).join(",")));
    expect(random.size).toBeGreaterThan(2000);
  });

  it("leave no server without data, whatever N mod R", () =>
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 20 }), fc.integer({ min: 1, max: 3 }), fc.integer(), (count, copies, seed) => {
        const around = { servers: servers([count]), shards: 40 * count, copies, seed };
        expect(new Set(lists("copysets", {}, around).flat()).size).toBe(count);
      }),
      { numRuns: 60 },
    ));

  it("refuse a scatter width that cannot be", () => {
    const steps = ["copysets", "scatter"];
    expect(faults("placement", "copysets", { scatter: 1 }, { servers: servers([6]) })[0]).toMatchObject({ steps });
    expect(faults("placement", "copysets", { scatter: 6 }, { servers: servers([6]) })[0]).toMatchObject({ steps });
  });
});

describe("ring successors", () => {
  it("over servers are each server's next ones on one ring: chains of length R that close", () => {
    const around = { servers: servers([7]), shards: 7, overServers: true };
    const all = lists("ringSuccessors", {}, around);
    for (const [first, second, third] of all) {
      expect(all[second!]![1]).toBe(third);
      expect(first).not.toBe(second);
    }
    expect(new Set(all.map(([, second]) => second)).size).toBe(7);
  });

  it("cannot honour a wish for primaries", () => {
    expect(faults("placement", "ringSuccessors", {}, { servers: servers([6]), primaries: "zone a" })[0]?.steps).toEqual(["primaries"]);
  });
});

describe("explicit lists", () => {
  const around = { servers: servers([4]), shards: 2, copies: 2 };

  it("are what is placed", () => {
    expect(lists("explicit", [[3, 1], [0, 2]], around)).toEqual([[3, 1], [0, 2]]); // prettier-ignore
    expect(faults("placement", "explicit", [[3, 1], [0, 2]], around)).toEqual([]); // prettier-ignore
  });

  it("are refused with a shard too few, a stranger, a double, a copy too few, each at its place", () => {
    const where = (given: unknown, more: Partial<Around> = {}): readonly (readonly (string | number)[])[] =>
      faults("placement", "explicit", given, { ...around, ...more }).map(({ steps }) => steps);
    expect(where([[3, 1]])).toEqual([["explicit"]]);
    expect(where([[3, 4], [0, 0]])).toEqual([["explicit", 0, 1], ["explicit", 1, 1]]); // prettier-ignore
    expect(where([[3, 1], [0]])).toEqual([["explicit", 1]]); // prettier-ignore
    expect(where([[0, 1], [0, 1]], { overServers: true })).toEqual([["explicit", 1, 0]]); // prettier-ignore
    expect(where([[3, 1], [0, 2]], { primaries: "zone a" })).toEqual([["primaries"]]); // prettier-ignore
  });
});
