/** Where copies are due after a change: laws for any cluster, and the fewest moves where nothing hinders them. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { serverId, type ServerId } from "../../../src/base/ids.ts";
import type { ServerPlace } from "../../../src/simulator/strategies/contracts.ts";
import { adjust } from "../../../src/simulator/cluster/targets.ts";

const place = (id: number, zones: number): ServerPlace => {
  const zone = `z${id % zones}`;
  return { id: serverId(id), name: `server ${id}`, rack: zone, zone, region: "r", weight: 1 };
};

interface Case {
  readonly zones: number;
  readonly servers: number;
  readonly copies: number;
  readonly units: number;
  readonly added: number;
  readonly gone: readonly number[];
}

const cases: fc.Arbitrary<Case> = fc.record({
  zones: fc.integer({ min: 1, max: 4 }),
  servers: fc.integer({ min: 4, max: 10 }),
  copies: fc.integer({ min: 1, max: 3 }),
  units: fc.integer({ min: 1, max: 30 }),
  added: fc.nat(4),
  gone: fc.array(fc.nat(9), { maxLength: 2 }),
});

const first = ({ servers, zones, units, copies }: Case): readonly (readonly ServerId[])[] =>
  adjust({
    current: Array.from({ length: units }, () => []),
    live: Array.from({ length: servers }, (_, id) => place(id, zones)),
    copies,
    domainOf: ({ zone }) => zone,
  });

const asSet = (servers: readonly ServerId[]): string => [...servers].sort((a, b) => a - b).join();
const domains = (servers: readonly ServerId[], zones: number): number => new Set(servers.map((id) => (id as number) % zones)).size;
const loads = (units: readonly (readonly ServerId[])[], live: readonly ServerPlace[]): readonly number[] =>
  live.map(({ id }) => units.filter((servers) => servers.includes(id)).length);

it("copies stand on different live servers, in as many domains as there are, whoever came or went", () => {
  fc.assert(
    fc.property(cases, (one) => {
      const current = first(one);
      const live = Array.from({ length: one.servers + one.added }, (_, id) => place(id, one.zones)).filter(
        ({ id }) => !one.gone.includes(id),
      );
      fc.pre(live.length >= one.copies);
      const after = adjust({ current, live, copies: one.copies, domainOf: ({ zone }) => zone });
      expect(after.length).toBe(one.units);
      const there = new Set(live.map(({ id }) => id));
      const zonesLeft = new Set(live.map(({ zone }) => zone)).size;
      for (const servers of after) {
        expect(new Set(servers).size).toBe(one.copies);
        expect(servers.every((id) => there.has(id))).toBe(true);
        expect(domains(servers, one.zones)).toBe(Math.min(one.copies, zonesLeft));
      }
    }),
  );
});

it("without domains, servers end with as many copies as one another, give or take one", () => {
  fc.assert(
    fc.property(cases, (one) => {
      const live = Array.from({ length: one.servers + one.added }, (_, id) => place(id, one.zones));
      const after = adjust({ current: first(one), live, copies: one.copies, domainOf: ({ name }) => name });
      const all = loads(after, live);
      expect(Math.max(...all) - Math.min(...all)).toBeLessThanOrEqual(1);
    }),
  );
});

it("a server that joins only receives, the others only give: nothing moves that need not", () => {
  fc.assert(
    fc.property(cases, (one) => {
      const before = first(one);
      const live = Array.from({ length: one.servers + one.added }, (_, id) => place(id, one.zones));
      const after = adjust({ current: before, live, copies: one.copies, domainOf: ({ name }) => name });
      let moved = 0;
      let fewest = 0;
      for (const { id } of live) {
        const held = before.filter((servers) => servers.includes(id)).length;
        const due = after.filter((servers) => servers.includes(id)).length;
        moved += after.filter((servers, unit) => servers.includes(id) && !before[unit]!.includes(id)).length;
        fewest += Math.max(0, due - held);
      }
      expect(moved).toBe(fewest);
    }),
  );
});

it("nothing changes where nothing changed", () => {
  fc.assert(
    fc.property(cases, (one) => {
      const before = first(one);
      const live = Array.from({ length: one.servers }, (_, id) => place(id, one.zones));
      const copies = before.map(asSet);
      const again = adjust({ current: before, live, copies: one.copies, domainOf: ({ zone }) => zone });
      expect(again.map(asSet)).toEqual(copies);
    }),
  );
});
