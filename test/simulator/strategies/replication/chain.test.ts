/** Chain replication against the sum of its hops, and through the failure of each of its members. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { invariantByName } from "../../../../src/study/checks/invariants.ts";
import { experiment } from "../../../../src/study/verify/laboratory.ts";
import { constant, s, smallSpec } from "../../cluster/small-run.ts";
import type { MachineId } from "../../../../src/base/ids.ts";
import { Outcome } from "../../../../src/base/machine.ts";
import { createChainReads } from "../../../../src/simulator/strategies/replication/chain-reads.ts";
import { createLine } from "../../../../src/simulator/strategies/replication/line.ts";
import { alone, replicaOn } from "./alone.ts";
import { during, EXACT, factsOf, replicatedBy, run, standby, PRIMARY } from "./waiting.ts";

const NOBODY = { failover: { name: "none", options: {} } } as never;
const chain = (options: object = {}, overrides: Parameters<typeof replicatedBy>[2] = {}) => replicatedBy("chain", options, overrides);
const load = (read: number, rate: number) =>
  smallSpec().workload.map((one) => ({ ...one, mix: { read, update: 1 - read }, arrivals: { kind: "poisson" as const, rate } }));
/** Mean and largest latency of an operation from the zone of the head. */
const latency = (record: ReturnType<typeof run>, operation: string, vantage = "web/a"): { min: number; mean: number } => {
  const { min, sum, count } = record.operations.find((one) => one.operation === operation && one.vantage === vantage)!.latency;
  return { min, mean: sum / count };
};

describe("latency in a chain", () => {
  // Nothing queues at 5 writes a second: 0.25 ms to the head in the client's zone; there 0.8 ms and a flush of 1 ms; 1 ms to
  // each of the next two, where an entry costs 0.05 ms and a flush; and 1 ms from the tail to the client.
  const write = 250 + 800 + 1_000 + 2 * (1_000 + 50 + 1_000) + 1_000;

  it("of a write is the sum of its hops: head, middle, tail, and from there to the client", () => {
    const record = run(chain({}, { server: EXACT, parts: NOBODY, duration: s(20), workload: load(0, 5) }));
    expect(latency(record, "update").min).toBe(write);
    expect(latency(record, "update").mean).toBeLessThan(write * 1.1);
  });

  it("of a read is one way to the tail and back, once the tail is known; with CRAQ that to whom the client chose", () => {
    const tail = run(chain({}, { server: EXACT, parts: NOBODY, duration: s(20), workload: load(1, 5) }));
    expect(latency(tail, "read").min).toBe(1_000 + 400 + 1_000);
    const near = { routing: { name: "smartClient", options: { reads: { kind: "nearestZone" } } }, failover: { name: "none", options: {} } };
    const craq = run(chain({ reads: "craq" }, { server: EXACT, parts: near as never, duration: s(20), workload: load(1, 5) }));
    for (const vantage of ["web/a", "web/b", "web/c"]) expect(latency(craq, "read", vantage).min).toBe(250 + 400 + 250);
  });
});

describe("a chain that loses", () => {
  const faults = { head: PRIMARY, middle: standby(1), tail: standby(2) } as const;
  for (const [name, target] of Object.entries(faults))
    it(`its ${name} goes on without it, loses nothing, and takes it back as the tail`, () => {
      const record = run(
        chain({}, { server: EXACT, faults: [during({ kind: "hostDeath", target: [target] }, 4, 10)], workload: load(0.5, 100) }),
      );
      expect(record.data.lossWrites).toBe(0);
      expect(record.data.splitBrainWrites).toBe(0);
      expect(record.data.divergedReplicas).toBe(0);
      const maps = factsOf(record, "map");
      expect(maps.find(({ members }) => members.length === 2)).toBeDefined();
      expect(maps.at(-1)!.members).toEqual([0, 1, 2]);
      // Back in the service within detection (3 s), agreement and the way of the news; not only once it is back.
      for (const { openedAt, closedAt, ended } of record.outages) {
        expect(ended).not.toBe("open");
        expect(closedAt - openedAt).toBeLessThan(s(5));
      }
      expect(record.outages.length).toBeGreaterThan(0);
      // The first tail stands in zone c. Who came back last answers reads of its own zone at once.
      const zone = { head: "web/a", middle: "web/b", tail: "web/c" }[name as keyof typeof faults];
      expect(latency(record, "read", zone).min).toBe(250 + 400 + 250);
    });

  it("anyone at any time keeps what it acknowledged and stays linearizable, with reads at the tail or by CRAQ", () =>
    fc.assert(
      fc.property(
        fc.constantFrom("hostDeath" as const, "processCrash" as const),
        fc.constantFrom(...Object.values(faults)),
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 2_000, max: 4_000 }),
        fc.integer({ min: 100, max: 5_000 }),
        fc.constantFrom("tail", "craq"),
        (kind, target, seed, at, length, reads) => {
          const routing = reads === "craq" ? { routing: { name: "smartClient", options: { reads: { kind: "roundRobin" } } } } : {};
          const spec = chain(
            { reads },
            {
              seed,
              duration: s(10),
              workload: load(0.5, 60),
              parts: routing as never,
              faults: [during({ kind, target: [target] }, at / 1_000, (at + length) / 1_000)],
            },
          );
          const data = { tables: [{ name: "users", rows: 10, row: 1000, key: "id" }] };
          const record = run({ ...spec, data, histories: { keys: 10, operations: 10_000 } });
          expect(record.data.lossWrites).toBe(0);
          expect(record.data.divergedReplicas).toBe(0);
          if (record.data.duplicatedWrites === 0) expect(invariantByName("linearizable")!.judge(record)).toMatchObject({ kind: "held" });
        },
      ),
      { numRuns: 3 },
    ));
});

it("a member that holds a write which it does not know to be acknowledged asks the tail before it answers", () => {
  const text = `
name: dirty-reads
question: Does a member of a chain answer with what the tail has replaced already?
warmup: 1s
duration: 4s
prober: { every: 10s }
cluster:
  regions: { r: { zones: { a: 1, b: 1, c: 1 } } }
  shards: 1
  replicas: 3
  network: { crossZone: 5ms }
  clients: [ { name: web, zones: [ a, c ], hosts: 2 } ]
data: { tables: { items: { rows: 2 } } }
workload: [ { name: app, arrivals: { poisson: 150/s }, mix: { read: 80%, update: 20% }, from: clients web } ]
histories: { keys: 2 }
strategies:
  one:
    placement: { spread: zone, primaries: zone a }
    routing: { smartClient: { reads: nearestZone } }
    replication: { chain: { reads: craq } }
`;
  const [record] = experiment({ text, repeats: 1 }, (one) => one);
  expect(record!.requests.issued).toBeGreaterThan(500);
  expect([invariantByName("linearizable")!.judge(record!).kind, record!.data.staleReads]).toEqual(["held", 0]);
});

it("a head that has not heard what its tail acknowledged, since the member between them is dead, answers with it all the same", () => {
  const anybody = { routing: { name: "smartClient", options: { reads: { kind: "roundRobin" } } } };
  const crash = during({ kind: "processCrash", target: [standby(1)] }, 1, undefined);
  // Flushes are slow: when the middle dies, the tail has what it has not synced yet. Nobody tries again: no write is made twice.
  const spec = chain(
    { reads: "craq" },
    {
      duration: s(2),
      settle: s(6),
      client: { retries: 0 },
      workload: load(0.6, 150),
      server: { ...EXACT, fsync: constant(40_000) },
      parts: anybody as never,
      faults: [crash],
    },
  );
  const data = { tables: [{ name: "users", rows: 2, row: 1000, key: "id" }] };
  const record = run({ ...spec, data, histories: { keys: 2, operations: 10_000 } });
  expect(record.data.duplicatedWrites).toBe(0);
  expect(invariantByName("linearizable")!.judge(record)).toMatchObject({ kind: "held" });
});

it.each([false, true])(
  "a tail that has applied more than is acknowledged, as one that has just joined, answers no read from it (craq: %s)",
  (isCraq) => {
    const { io, shown, sent, message } = alone();
    const replica = replicaOn(3);
    const line = createLine(replica, { kind: "chain" });
    const reads = createChainReads(replica, { line, isCraq, acknowledgedUpTo: () => undefined });
    const read = (): readonly unknown[] => {
      expect(reads.read(message({ key: 7, operation: 1 }), 5 as MachineId, io)).toBe(true);
      const { kind, fields } = sent.at(-1)!;
      return [kind, fields["outcome"], fields["version"]];
    };
    expect([line.isTail(), reads.serves()]).toEqual([true, true]);
    Object.assign(shown, { written: 12, synced: 10, applied: 12 });
    for (const commit of [9, 11]) {
      replica.commit = commit;
      expect(read()).toEqual(["reply", Outcome.Unavailable, 0]);
    }
    replica.commit = 12;
    expect(read()).toEqual(["reply", Outcome.Done, 12]);
  },
);

it("applying at every hop is part of a write's way: a slower applier lengthens it by as much per standby", () => {
  const at = (apply: number): number =>
    latency(
      run(chain({}, { server: { ...EXACT, service: { ...EXACT.service, apply: constant(apply) } }, parts: NOBODY, workload: load(0, 5) })),
      "update",
    ).min;
  expect(at(450) - at(50)).toBe(2 * 400);
});
