/** Semi-synchronous replication against arithmetic of its timers, and what it promises while it has not fallen back. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSemiSynchronous, semiSynchronousOptions } from "../../../../src/simulator/strategies/replication/policies.ts";
import type { Target } from "../../../../src/simulator/faults/fault.ts";
import { invariantByName } from "../../../../src/study/checks/invariants.ts";
import { s, smallSpec } from "../../cluster/small-run.ts";
import type { Peer } from "../../../../src/simulator/strategies/replication/peers.ts";
import { createSemiSynchronous } from "../../../../src/simulator/strategies/replication/semi-synchronous.ts";
import { alone, replicaOn } from "./alone.ts";
import { cut, during, EXACT, factsOf, PRIMARY, replicatedBy, run, standby, STANDBYS } from "./waiting.ts";

const semi = (options: object = {}, overrides: Parameters<typeof replicatedBy>[2] = {}) =>
  replicatedBy("semiSynchronous", options, overrides);
const SERVER_0: Target = { kind: "server", server: 0 };
const seldom = smallSpec().workload.map((load) => ({ ...load, mix: { update: 1 }, arrivals: { kind: "poisson" as const, rate: 60 } }));
const NOBODY = { failover: { name: "none", options: {} } } as never;

describe("the time-out of a semi-synchronous primary", () => {
  it("is waited once when the standbys are gone: writes stall so long, then go on alone until they are back", () => {
    const record = run(semi({ timeout: "3s" }, { faults: [during({ kind: "pause", target: [STANDBYS] }, 5, 12)], parts: NOBODY }));
    const fallbacks = factsOf(record, "fallback");
    expect(fallbacks.map(({ phase }) => phase)).toEqual(["begin", "end"]);
    // The first write after 5 s waits from its own sync on: at 200 writes a second that is soon.
    expect(fallbacks[0]!.at).toBeGreaterThan(s(8));
    expect(fallbacks[0]!.at).toBeLessThan(s(8.1));
    // What was written alone between 8 s and 12 s is fetched first.
    expect(fallbacks[1]!.at).toBeGreaterThan(s(12));
    expect(fallbacks[1]!.at).toBeLessThan(s(12.5));
    for (const { openedAt, closedAt } of record.outages) expect(closedAt - openedAt).toBeLessThan(s(3.2));
    expect(Math.max(...record.outages.map(({ openedAt, closedAt }) => closedAt - openedAt))).toBeGreaterThan(s(2.9));
    expect(record.data.lossWrites).toBe(0);
  });

  it("never comes where it blocks: the stall lasts as long as the standbys are away", () => {
    const record = run(
      semi({ timeout: "3s", onTimeout: "block" }, { faults: [during({ kind: "pause", target: [STANDBYS] }, 5, 12)], parts: NOBODY }),
    );
    expect(factsOf(record, "fallback")).toEqual([]);
    expect(Math.max(...record.outages.map(({ openedAt, closedAt }) => closedAt - openedAt))).toBeGreaterThan(s(6.9));
  });

  it("is not waited while another standby answers, and is with two acknowledgements to get", () => {
    const faults = [during({ kind: "pause", target: [standby(1)] }, 5, 12)];
    expect(factsOf(run(semi({ acks: 1, timeout: "2s" }, { faults, parts: NOBODY })), "fallback")).toEqual([]);
    const both = factsOf(run(semi({ acks: 2, timeout: "2s" }, { faults, parts: NOBODY })), "fallback");
    expect(both.map(({ phase }) => phase)).toEqual(["begin", "end"]);
  });

  it("is waited out after the dead standbys are dropped, since too few members are left", () => {
    const record = run(semi({ timeout: "8s" }, { faults: [during({ kind: "hostDeath", target: [STANDBYS] }, 3, 15)] }));
    const dropped = factsOf(record, "map").find(({ members }) => members.length === 1)!;
    const fallbacks = factsOf(record, "fallback");
    expect(dropped.at).toBeLessThan(fallbacks[0]!.at);
    expect(fallbacks[0]!.at - s(11)).toBeLessThan(s(0.1));
    expect(fallbacks.map(({ phase }) => phase)).toEqual(["begin", "end"]);
    expect(factsOf(record, "map").at(-1)!.members).toEqual([0, 1, 2]);
  });
});

it("a primary is alone no more only once enough standbys have all that it acknowledged alone, though new writes wait before", () => {
  const { io, shown, facts, timers } = alone();
  const replica = replicaOn(0);
  const semi = createSemiSynchronous(
    replica,
    { acks: 1, timeout: s(1), onTimeout: "fallback", waitPoint: "afterSync", ackWhen: "synced" },
    6,
  );
  const [standbyOne] = replica.peers() as [Peer];
  /** So much is synced here and there; what may be acknowledged is. */
  const advance = (synced: number, acked: number): number => {
    shown.written = shown.synced = synced;
    standbyOne.acked = acked;
    return (replica.commit = Math.max(replica.commit, semi.limit(synced, io)));
  };
  expect([advance(10, 0), timers.get(6)]).toEqual([0, s(1)]);
  shown.now = s(1);
  expect([semi.due(io), semi.isAlone(), advance(20, 0)]).toEqual([true, true, 20]);
  // Within a lap it has what there was at the lap's begin: new writes wait, and 15 to 20 are still on this disk alone.
  shown.now += 50_000;
  expect([advance(30, 15), semi.isAlone()]).toEqual([20, true]);
  expect([advance(31, 19), semi.isAlone(), facts.map((fact) => fact.kind === "fallback" && fact.phase)]).toEqual([20, true, ["begin"]]);
  expect([advance(31, 20), semi.isAlone(), facts.map((fact) => fact.kind === "fallback" && fact.phase)]).toEqual([
    20,
    false,
    ["begin", "end"],
  ]);
  expect(advance(40, 35)).toBe(35);
});

describe("latency of a semi-synchronous write", () => {
  // Service 0.8 ms, fsync 1 ms at most twice (group commit), 1 ms each way between zones: by what a standby does first.
  const mean = (options: object): number => {
    const record = run(semi(options, { server: EXACT, parts: NOBODY, duration: s(10) }));
    const update = record.operations.find(({ operation, vantage }) => operation === "update" && vantage === "web/a")!;
    return update.latency.sum / update.latency.count;
  };

  it("grows by a flush if standbys must have synced, and by applying if they must have applied", () => {
    const received = mean({ ackWhen: "received" });
    const synced = mean({ ackWhen: "synced" });
    const applied = mean({ ackWhen: "applied" });
    // A flush of 1 ms may have begun just before: 1 to 2 ms, little above 1 at 200 writes a second.
    expect(synced - received).toBeGreaterThan(900);
    expect(synced - received).toBeLessThan(1_500);
    // Applying 50 us runs beside the flush.
    expect(Math.abs(applied - synced)).toBeLessThan(100);
  });
});

describe("what was acknowledged", () => {
  it("survives a failover while the primary has not fallen back, whatever dies when, and is counted as fallen back if it does not", () =>
    fc.assert(
      fc.property(
        fc.constantFrom<"hostDeath" | "processCrash" | "pause">("hostDeath", "processCrash", "pause"),
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 2_000, max: 4_000 }),
        fc.constantFrom("received", "synced", "applied"),
        fc.constantFrom("afterSync", "afterCommit"),
        (kind, seed, at, ackWhen, waitPoint) => {
          const record = run(
            semi(
              { ackWhen, waitPoint, timeout: "10s" },
              {
                seed,
                workload: seldom,
                duration: s(9),
                settle: s(10),
                faults: [during({ kind, target: [PRIMARY] }, at / 1_000, kind === "hostDeath" ? undefined : 8)],
              },
            ),
          );
          expect(record.facts.filter((fact) => fact.kind === "ready").length).toBeGreaterThan(0);
          expect(record.data.lossWrites).toBe(record.data.lossFallenBack ?? 0);
          expect(record.data.lossWrites).toBe(0);
        },
      ),
      { numRuns: 2 },
    ));

  it("is lost where the primary fell back and then died, and every lost write was acknowledged alone", () => {
    const record = run(
      semi(
        { timeout: "2s" },
        {
          faults: [during(cut(PRIMARY, STANDBYS), 4, 19), during({ kind: "hostDeath", target: [SERVER_0] }, 10, undefined)],
        },
      ),
    );
    expect(record.data.lossWrites).toBeGreaterThan(100);
    expect(record.data.lossFallenBack).toBe(record.data.lossWrites);
  });
});

it("a write that waits is seen by others after commit, and gone after the failover; after sync nobody has seen it", () => {
  // Standbys are out of the primary's reach for a second, and then it dies: nothing written meanwhile was acknowledged.
  const judged = (waitPoint: string): string => {
    const spec = semi(
      { waitPoint },
      { duration: s(9), faults: [during(cut(PRIMARY, STANDBYS), 3, 8), during({ kind: "hostDeath", target: [SERVER_0] }, 4, undefined)] },
    );
    const mixed = spec.workload.map((load) => ({ ...load, mix: { read: 0.5, update: 0.5 } }));
    const data = { tables: [{ name: "users", rows: 20, row: 1000, key: "id" }] };
    const record = run({ ...spec, data, workload: mixed, histories: { keys: 20, operations: 10_000 } });
    expect(record.data.lossWrites).toBe(0);
    return invariantByName("linearizable")!.judge(record).kind;
  };
  expect([judged("afterSync"), judged("afterCommit")]).toEqual(["held", "broken"]);
});

it("more acknowledgements than standbys are refused", () => {
  const around = { copies: 3 } as never;
  expect(checkSemiSynchronous(semiSynchronousOptions.parse({ acks: 2 }), around)).toEqual([]);
  expect(checkSemiSynchronous(semiSynchronousOptions.parse({ acks: 3 }), around)[0]!.fault).toBe(
    "3 acknowledgements, and a shard has 2 standbys",
  );
});
