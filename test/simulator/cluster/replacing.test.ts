/** A server that dies for good is replaced: redundancy is whole again, nothing is lost, and who took its load stands in the record. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { RunSpec } from "../../../src/simulator/cluster/spec.ts";
import type { FaultSpec } from "../../../src/simulator/faults/fault.ts";
import { INVARIANTS } from "../../../src/study/checks/invariants.ts";
import { chainOptions, semiSynchronousOptions } from "../../../src/simulator/strategies/replication/policies.ts";
import { partsOf } from "./build.ts";
import { fault, ms, s, smallSpec } from "./small-run.ts";

const SYNCHRONOUS: RunSpec["parts"]["replication"] = { name: "synchronous", options: {} };

interface Loss {
  readonly seed: number;
  readonly server: number;
  readonly at: number;
  readonly cutover: "forwarding" | "dualWrite" | "freeze";
  /** Crashes of the rebalancer and the metadata service meanwhile. */
  readonly crashes: readonly { readonly role: "rebalancer" | "metadata"; readonly at: number; readonly length: number }[];
}

const loss: fc.Arbitrary<Loss> = fc.record({
  seed: fc.nat(1_000_000),
  server: fc.nat(5),
  at: fc.integer({ min: 500, max: 1_500 }),
  cutover: fc.constantFrom("forwarding" as const, "dualWrite" as const, "freeze" as const),
  crashes: fc.array(
    fc.record({
      role: fc.constantFrom("rebalancer" as const, "metadata" as const),
      at: fc.integer({ min: 1_500, max: 5_000 }),
      length: fc.integer({ min: 1, max: 1_000 }),
    }),
    { maxLength: 2 },
  ),
});

function specOf({ seed, server, at, cutover, crashes }: Loss, replication = SYNCHRONOUS): RunSpec {
  const zones = ["a", "b", "c"].map((name) => ({ name, racks: [{ name, servers: 2 }] }));
  const spec = smallSpec({
    seed,
    warmup: ms(500),
    duration: s(8),
    settle: s(60),
    prober: { every: ms(50), deadline: s(1) },
    cluster: { shards: 4, replicas: 3, regions: [{ name: "r", zones }], clients: [{ name: "web", zones: ["a", "b"], hosts: 2 }] },
    data: { tables: [{ name: "users", rows: 400, row: 1000, key: "id" }] },
  });
  const dies: FaultSpec = fault({ kind: "hostDeath", target: [{ kind: "server", server }] }, ms(at), undefined);
  return {
    ...spec,
    hosts: { ...spec.hosts, rebalancer: [{ kind: "zone", name: "b" }] },
    workload: [{ ...spec.workload[0]!, arrivals: { kind: "poisson", rate: 150 } }],
    parts: {
      ...spec.parts,
      replication,
      failover: { name: "monitor", options: { heartbeat: 200_000, misses: 3, gather: 100_000 } },
    },
    rebalancing: { after: 1_500_000, throttle: 200_000, cutover },
    faults: [
      dies,
      ...crashes.map((crash, place) => ({
        ...fault({ kind: "processCrash", target: [{ kind: "role", role: crash.role, which: "all" }] }, ms(crash.at), ms(crash.length)),
        name: `crash ${place}`,
      })),
    ],
  };
}

it("copies of a dead server are made elsewhere, whoever crashes meanwhile, and nothing acknowledged is lost", () => {
  fc.assert(
    fc.property(loss, (one) => {
      const held: number[][] = [];
      const record = simulate(specOf(one), partsOf(), {
        ended: ({ ledger }) => {
          for (const { stores } of ledger.shards) held.push(stores.filter((store) => !store.destroyed()).map(({ server }) => server));
        },
      });
      expect([record.data.lossWrites, record.quiescent]).toEqual([0, true]);
      for (const { name, judge } of INVARIANTS) expect([name, judge(record).kind]).not.toEqual([name, "broken"]);
      for (const servers of held) {
        expect(new Set(servers).size).toBe(3);
        expect(servers).not.toContain(one.server);
      }
      // Whoever took its load: the dead server answers nothing at the end, and all that is asked is answered by others.
      const { count, serverRequests } = record.windows;
      const last = serverRequests.slice((count - 1) * 6, count * 6);
      expect(last[one.server]).toBe(0);
      expect(last.filter((requests) => requests > 0).length).toBeGreaterThan(1);
    }),
    { numRuns: 6 },
  );
});

it("so they are under a chain and under semi-synchronous replication: redundancy is whole again", () => {
  const kinds = [
    { name: "chain", options: chainOptions.parse({}) },
    { name: "semiSynchronous", options: semiSynchronousOptions.parse({ timeout: "60s" }) },
  ];
  for (const replication of kinds)
    for (const server of [0, 3]) {
      const held: number[][] = [];
      const record = simulate(specOf({ seed: 5, server, at: 1_000, cutover: "forwarding", crashes: [] }, replication), partsOf(), {
        ended: ({ ledger }) => {
          for (const { stores } of ledger.shards) held.push(stores.filter((store) => !store.destroyed()).map((store) => store.server));
        },
      });
      expect([replication.name, record.data.lossWrites, record.quiescent, record.data.divergedReplicas]).toEqual([
        replication.name,
        0,
        true,
        0,
      ]);
      for (const servers of held) {
        expect(new Set(servers).size).toBe(3);
        expect(servers).not.toContain(server);
      }
      for (const { isOpen } of record.reductions) expect([replication.name, isOpen]).toEqual([replication.name, false]);
    }
});
