/** Standbys under asynchronous replication: counted by the guard, late on purpose, fed by one another, brought up to date. */
import { describe, expect, it } from "vitest";
import type { FaultAction, Target } from "../../../../src/simulator/faults/fault.ts";
import { asynchronousOptions, checkAsynchronous } from "../../../../src/simulator/strategies/replication/policies.ts";
import { constant, s, smallSpec } from "../../cluster/small-run.ts";
import { createLine } from "../../../../src/simulator/strategies/replication/line.ts";
import type { Peer } from "../../../../src/simulator/strategies/replication/peers.ts";
import { alone, replicaOn } from "./alone.ts";
import { cut, during, EXACT, factsOf, PRIMARY, replicatedBy, run, standby, STANDBYS } from "./waiting.ts";

const NOBODY = { failover: { name: "none", options: {} } } as never;
const asynchronous = (options: object, overrides: Parameters<typeof replicatedBy>[2] = {}) =>
  replicatedBy("asynchronous", options, overrides);
const load = (rate: number) =>
  smallSpec().workload.map((one) => ({ ...one, mix: { update: 1 }, arrivals: { kind: "constant" as const, rate } }));
const SERVER_0: Target = { kind: "server", server: 0 };

describe("the guard of min-replicas", () => {
  const refused = (options: object, target: Target): { readonly from: number; readonly until: number } => {
    const spec = asynchronous(
      { minReplicas: 1, minReplicasMaxLag: "2s", ...options },
      { parts: NOBODY, faults: [during(cut(PRIMARY, target), 5, 15)] },
    );
    const opened = run(spec).outages;
    return {
      from: Math.min(...opened.map(({ openedAt }) => openedAt)),
      until: Math.max(...opened.map(({ closedAt }) => closedAt)),
    };
  };

  it("refuses writes once no standby was heard for the lag: whole seconds, so up to two later, and takes them again when one is", () => {
    const { from, until } = refused({}, STANDBYS);
    // The last sign of life came up to 1 s before the cut.
    expect(from).toBeGreaterThan(s(5 + 1));
    expect(from).toBeLessThan(s(5 + 2 + 2));
    expect(until).toBeGreaterThan(s(15));
    expect(until).toBeLessThan(s(15 + 2));
  });

  it("takes no notice of one standby if another is heard, and refuses if two are asked for", () => {
    expect(refused({}, standby(1)).from).toBe(Infinity);
    expect(refused({ minReplicas: 2 }, standby(1)).from).toBeLessThan(s(9));
  });

  it("counts a standby whose connection broke no longer, long before its silence would say so", () => {
    const from = (minReplicas: number, target: Target): number => {
      const crash = during({ kind: "processCrash", target: [target] }, 2, 3);
      const options = { minReplicas, minReplicasMaxLag: "20s" };
      const { outages } = run(asynchronous(options, { duration: s(4), settle: s(2), parts: NOBODY, faults: [crash] }));
      return Math.min(...outages.map(({ openedAt }) => openedAt));
    };
    // Opened by the first probe that is refused: one is sent every 50 ms.
    expect(from(1, STANDBYS) - s(2)).toBeLessThan(s(0.1));
    expect(from(2, standby(1)) - s(2)).toBeLessThan(s(0.1));
    expect(from(1, standby(1))).toBe(Infinity);
  });

  it("asked for more standbys than there are, is refused as an option", () => {
    expect(checkAsynchronous(asynchronousOptions.parse({ minReplicas: 3 }), { copies: 3 } as never)[0]!.fault).toContain("3 standbys");
    expect(checkAsynchronous(asynchronousOptions.parse({ minReplicas: 2 }), { copies: 3 } as never)).toEqual([]);
  });
});

describe("a delayed standby", () => {
  it("applies its backlog before it takes over: delay x rate x demand of one, and loses nothing that it had received", () => {
    // At 100 writes a second, each 2 ms to apply: what came in the 8 s before the choice, less the time that none came.
    const record = run(
      asynchronous(
        { delay: "8s" },
        {
          server: { ...EXACT, service: { ...EXACT.service, apply: constant(2_000) } },
          workload: load(100),
          faults: [during({ kind: "processCrash", target: [SERVER_0] }, 12, undefined)],
        },
      ),
    );
    const chosen = factsOf(record, "chosen")[0]!;
    const ready = factsOf(record, "ready").find(({ epoch }) => epoch === chosen.epoch)!;
    const work = (s(8) - (chosen.at - s(12))) * (100 * 0.002);
    expect(Math.abs(ready.at - chosen.at - work)).toBeLessThan(s(0.05));
    expect(record.data.lossWrites).toBeLessThanOrEqual(1);
    expect(record.data.divergedReplicas).toBe(0);
  });

  it("answers readers from so long ago, and one beside it from now", () => {
    const stale = (options: object): number => {
      const spec = asynchronous(options, { duration: s(10), parts: { ...READS_ANY, ...(NOBODY as object) } as never });
      const mixed = spec.workload.map((one) => ({ ...one, mix: { read: 0.5, update: 0.5 } }));
      const data = { tables: [{ name: "users", rows: 5, row: 100, key: "id" }] };
      return run({ ...spec, data, workload: mixed }).data.staleAge.max;
    };
    expect(stale({ delay: "2s" })).toBeGreaterThan(s(1.5));
    expect(stale({ delay: { by: "2s", standbys: [2] } })).toBeGreaterThan(s(1.5));
    expect(stale({})).toBeLessThan(s(0.1));
  });
});

const READS_ANY = { routing: { name: "smartClient", options: { reads: { kind: "roundRobin" } } } };

describe("cascading standbys", () => {
  it("are fed past who lets its feeder wait for three seconds, until it is heard again; never past who is idle", () => {
    const { io, shown } = alone();
    const replica = replicaOn(0);
    const line = createLine(replica, { kind: "cascade" });
    const others = replica.known().filter((peer) => peer !== undefined);
    const fed = (): readonly number[] => others.filter(line.feeds).map(({ server }) => server);
    expect([line.order(), line.passOver(io), fed()]).toEqual([[0, 1, 2, 3], false, [1]]);
    // Nothing was written for an hour, and nobody had anything to say.
    shown.now = s(3_600);
    expect([line.passOver(io), fed()]).toEqual([false, [1]]);
    const [first, second] = others as [Peer, Peer];
    first.goal = 10;
    first.heardAt = shown.now;
    shown.now += s(3);
    expect([line.passOver(io), fed()]).toEqual([false, [1]]);
    shown.now += 1;
    // It is still fed, or it could never be heard again.
    expect([line.passOver(io), fed(), line.passOver(io)]).toEqual([true, [1, 2], false]);
    // The next is silent too: the one after it is fed past both.
    second.goal = 10;
    expect([line.passOver(io), fed()]).toEqual([true, [1, 2, 3]]);
    first.heardAt = shown.now;
    expect([line.passOver(io), fed()]).toEqual([true, [1]]);
  });

  it("feed the next in the line alone, whoever has left it", () => {
    const replica = replicaOn(1);
    const line = createLine(replica, { kind: "cascade" });
    const fed = (): readonly number[] => replica.known().flatMap((peer) => (peer !== undefined && line.feeds(peer) ? [peer.server] : []));
    expect([fed(), line.before()]).toEqual([[2], 0]);
    replica.now.standing = 0b1011;
    expect([fed(), line.order(), line.isTail()]).toEqual([[3], [0, 1, 3], false]);
    replica.now.owner = 3;
    expect([fed(), line.order(), line.before(), line.isTail()]).toEqual([[], [3, 0, 1], 0, true]);
  });

  it("spare the primary: its standby feeds the next, who is fed past a dead one after some seconds", () => {
    const bytesOf = (options: object) => run(asynchronous(options, { parts: NOBODY, workload: load(50) }));
    expect(bytesOf({ cascade: true }).data.divergedReplicas).toBe(0);
    const around = run(
      asynchronous(
        { cascade: true },
        { parts: NOBODY, workload: load(50), faults: [during({ kind: "hostDeath", target: [standby(1)] }, 4, undefined)] },
      ),
    );
    expect(around.data.comparedReplicas).toBe(1);
    expect(around.data.divergedReplicas).toBe(0);
  });

  it("are a hop further away each: standby 2 lags by a hop more than standby 1", () => {
    // Both die together with the primary's process at the same instant: what each had is what its way allowed.
    const lag = (cascade: boolean): number => {
      const spec = asynchronous({ cascade }, { parts: { ...READS_ANY, ...(NOBODY as object) } as never, duration: s(6), server: EXACT });
      const mixed = spec.workload.map((one) => ({
        ...one,
        mix: { read: 0.8, update: 0.2 },
        arrivals: { kind: "poisson" as const, rate: 400 },
      }));
      const data = { tables: [{ name: "users", rows: 1, row: 100, key: "id" }] };
      return run({ ...spec, data, workload: mixed }).data.staleAge.max;
    };
    // A hop is 1 ms on the wire, 0.05 ms to apply and a flush of 1 ms, which may have to wait for another.
    expect(lag(true) - lag(false)).toBeGreaterThan(1_000);
    expect(lag(true) - lag(false)).toBeLessThan(4_500);
  });
});

describe("a standby that returns", () => {
  const BANDWIDTH = 1_000_000;
  const returned = (options: object, overrides: Parameters<typeof replicatedBy>[2] = {}) =>
    run(
      asynchronous(options, {
        parts: NOBODY,
        server: { ...EXACT, bandwidth: BANDWIDTH },
        workload: load(100),
        duration: s(25),
        faults: [during({ kind: "hostDeath", target: [standby(1)] }, 3, 13)],
        ...overrides,
      }),
    );
  const took = (record: ReturnType<typeof run>, how: string): { readonly time: number; readonly bytes: number } => {
    const facts = factsOf(record, "resync").filter((fact) => fact.how === how);
    const done = facts.find(({ phase }) => phase === "done")!;
    const start = facts.filter(({ phase, at }) => phase === "start" && at <= done.at).at(-1)!;
    return { time: done.at - start.at, bytes: done.transferred };
  };

  it("gets the log that it lacks as one transfer: its bytes over the bandwidth", () => {
    const record = returned({});
    const { time, bytes } = took(record, "log");
    // 10 s of 100 writes a second, each 1,000 bytes and a header of 24; probes' writes are smaller.
    expect(bytes).toBeGreaterThan(900 * 1_024);
    expect(time / 1e6).toBeCloseTo(bytes / BANDWIDTH, 3);
    expect(record.data.divergedReplicas).toBe(0);
    expect(factsOf(record, "resync").some(({ how }) => how === "copy")).toBe(false);
  });

  it("gets everything once the log is gone: the rows' bytes over the bandwidth", () => {
    const record = returned({ retain: "500KB" });
    const { time, bytes } = took(record, "copy");
    expect(bytes).toBe(1_000 * 1_000);
    expect(time / 1e6).toBeCloseTo(bytes / BANDWIDTH, 3);
    expect(record.data.divergedReplicas).toBe(0);
  });

  it("that was a primary and went on alone gets the pages of its diverged entries, or everything, before it follows", () => {
    const others: readonly Target[] = [
      STANDBYS,
      { kind: "role", role: "monitor", which: "all" },
      { kind: "role", role: "metadata", which: "all" },
    ];
    const apart: FaultAction = { kind: "cut", from: [PRIMARY], to: others, oneWay: false };
    const alone = (diverged: string) =>
      returned({ diverged }, { parts: {} as never, faults: [during(apart, 4, 12)], client: { learn: [{ kind: "redirect" }] } });
    const rewound = alone("rewind");
    const { entries, transferred } = factsOf(rewound, "resync").find(({ how }) => how === "rewind")!;
    expect(transferred).toBe(entries * 8_192);
    expect(factsOf(rewound, "rejoined").reduce((sum, fact) => sum + fact.rewound, 0)).toBe(entries);
    expect(took(rewound, "rewind").time / 1e6).toBeCloseTo(transferred / BANDWIDTH, 3);
    const copied = alone("copy");
    expect(factsOf(copied, "resync").some(({ how }) => how === "rewind")).toBe(false);
    expect(took(copied, "copy").bytes).toBe(1_000 * 1_000);
    for (const record of [rewound, copied]) expect(record.data.divergedReplicas).toBe(0);
  });
});
