/** Planted delays and faults on the small cluster, end to end: each must show in its own place of the record. */
import { describe, expect, it } from "vitest";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { RunSpec } from "../../../src/simulator/cluster/spec.ts";
import type { FaultAction, FaultSpec } from "../../../src/simulator/faults/fault.ts";
import type { Outage, Phases, RunRecord } from "../../../src/simulator/record/record.ts";
import { RECOVERY_METRICS } from "../../../src/study/stats/metrics-recovery.ts";
import { partsOf } from "../cluster/build.ts";
import { constant, exponential, fault, s, smallSpec } from "../cluster/small-run.ts";

const PRIMARY = { kind: "primaryOf", shard: 0 } as const;
const AT = 5_000_000;
const death = (length?: number): FaultSpec => fault({ kind: "hostDeath", target: [PRIMARY] }, AT, length);
const cut = (
  from: Extract<FaultAction, { kind: "cut" }>["from"],
  to: Extract<FaultAction, { kind: "cut" }>["to"],
  length: number,
): FaultSpec => fault({ kind: "cut", from, to, oneWay: false }, AT, length);

interface Change {
  readonly faults?: readonly FaultSpec[];
  readonly seed?: number;
  readonly learn?: RunSpec["client"]["learn"];
  readonly parts?: Partial<RunSpec["parts"]>;
  readonly metadata?: Partial<RunSpec["cluster"]["metadata"]>;
  readonly server?: Partial<RunSpec["cluster"]["server"]>;
  readonly clients?: RunSpec["cluster"]["clients"];
  readonly rate?: number;
}

function spec({ faults = [death()], seed = 1, learn, parts, metadata, server, clients, rate = 100 }: Change): RunSpec {
  const base = smallSpec({ duration: s(16), seed, faults });
  return {
    ...base,
    cluster: {
      ...base.cluster,
      clients: clients ?? base.cluster.clients,
      metadata: { ...base.cluster.metadata, ...metadata },
      server: { ...base.cluster.server, ...server },
    },
    client: { ...base.client, learn: learn ?? base.client.learn },
    workload: [{ ...base.workload[0]!, arrivals: { kind: "poisson", rate } }],
    parts: { ...base.parts, ...parts },
  };
}

const run = (change: Change): RunRecord => simulate(spec(change), partsOf());
const none = { failover: { name: "none", options: {} } };
const watching = [{ kind: "watch" }] as const;
const WHOLE = { shard: undefined, vantage: undefined, operation: undefined, window: undefined, per: undefined, what: undefined };
const metric = (record: RunRecord, name: string) => RECOVERY_METRICS.find((one) => one.name === name)!.extract(record, WHOLE, "max");

function longest(record: RunRecord): Outage {
  return [...record.outages].sort((a, b) => b.closedAt - b.openedAt - (a.closedAt - a.openedAt))[0]!;
}

function difference(one: Phases, other: Phases): Partial<Phases> {
  return Object.fromEntries(
    (Object.keys(one) as (keyof Phases)[]).filter((name) => one[name] !== other[name]).map((name) => [name, one[name] - other[name]]),
  );
}

describe("a planted delay lands in its own phase", () => {
  // Clients that learn by watching depend on the map's publication; those that ask around may find the new primary before.
  const plain = longest(run({ learn: watching }));
  const outageWith = (change: Change): Outage => longest(run({ learn: watching, ...change }));

  it("nothing but the steps themselves without one", () => {
    expect(plain).toMatchObject({ ended: "failover", openedAt: AT, causes: ["hostDeath"], elections: 1 });
    expect(plain.phases.detection).toBeGreaterThan(2_000_000);
    expect(plain.phases.detection).toBeLessThanOrEqual(3_010_000);
    expect(plain.phases.decision + plain.phases.promotion + plain.phases.publication).toBeLessThan(20_000);
    expect(plain.phases.reconnection).toBeLessThan(50_000);
    expect(plain.phases.return).toBe(0);
  });

  it("an operator's 7 s in decision", () => {
    const manual = {
      failover: { name: "manual", options: { heartbeat: 1_000_000, misses: 3, gather: 500_000, operatorDelay: 7_000_000 } },
    };
    const { detection, decision, promotion, publication } = difference(outageWith({ parts: manual }).phases, plain.phases);
    expect({ detection, decision, promotion, publication }).toEqual({ decision: 7_000_000 });
  });

  it("a map commit of 400 ms in publication, a claim of 300 ms in decision", () => {
    const commit = difference(outageWith({ metadata: { commit: constant(400_500) } }).phases, plain.phases);
    expect({ ...commit, reconnection: undefined }).toEqual({ publication: 400_000, reconnection: undefined });
    expect(Math.abs(commit.reconnection ?? 0)).toBeLessThan(20_000);
    const claim = difference(outageWith({ metadata: { claim: constant(300_500) } }).phases, plain.phases);
    expect({ ...claim, reconnection: undefined }).toEqual({ decision: 300_000, reconnection: undefined });
  });

  it("a slow log device wherever something is made durable first: the claim, the new epoch, the map", () => {
    const { decision, promotion, publication } = difference(outageWith({ server: { fsync: constant(101_000) } }).phases, plain.phases);
    expect({ decision, promotion, publication }).toEqual({ decision: 100_000, promotion: 100_000, publication: 100_000 });
  });

  it("a client's map of 5 s TTL as reconnection uniform in (0, 5 s], with one client host", () => {
    const n = 40;
    const drawn = Array.from({ length: n }, (_, i) => {
      const { outages } = run({
        seed: 100 + i,
        learn: [{ kind: "ttl", after: s(5) }],
        clients: [{ name: "web", zones: ["b"], hosts: 1 }],
        rate: 10,
      });
      expect(outages).toHaveLength(1);
      return outages[0]!.phases.reconnection;
    }).sort((a, b) => a - b);
    expect(drawn[0]).toBeGreaterThan(0);
    expect(drawn[n - 1]).toBeLessThanOrEqual(5_050_000); // The next probe and its round trip come on top.
    // Kolmogorov and Smirnov's distance, at 1 %: 1.63 / sqrt(n). A TTL of 3 s or 8 s would be seen.
    const distance = (ttl: number): number =>
      Math.max(...drawn.map((at, i) => Math.max((i + 1) / n - Math.min(1, at / ttl), Math.min(1, at / ttl) - i / n)));
    expect(distance(5_000_000)).toBeLessThan(1.63 / Math.sqrt(n));
    expect(distance(3_000_000)).toBeGreaterThan(1.63 / Math.sqrt(n));
    expect(distance(8_000_000)).toBeGreaterThan(1.63 / Math.sqrt(n));
  });
});

describe("how an outage ends", () => {
  it("never, for a strategy that never recovers: open, censored at the end of measured time, worse than any number", () => {
    const record = run({ parts: none });
    expect(record.outages).toHaveLength(3);
    for (const outage of record.outages)
      expect(outage).toMatchObject({ ended: "open", openedAt: AT, closedAt: 16_000_000, phases: { detection: 0, return: 0 } });
    expect(metric(record, "recovery.time")).toMatchObject({ kind: "censored", atLeast: 11_000_000 });
    // What had not been shipped is lost, though nobody took over.
    expect(record.data.lossSpan).toBeGreaterThan(0);
    expect(record.outages.reduce((sum, outage) => sum + outage.lossWrites, 0)).toBe(record.data.lossWrites);
  });

  it("by the same primary's return, for a process crash that restarts", () => {
    const record = run({ parts: none, faults: [fault({ kind: "processCrash", target: [PRIMARY] }, AT, 4_000_000)] });
    for (const { ended, phases, openedAt, closedAt, lossWrites } of record.outages) {
      expect({ ended, openedAt, lossWrites, part: phases.return }).toEqual({
        ended: "returned",
        openedAt: AT,
        lossWrites: 0,
        part: closedAt - openedAt,
      });
      expect(phases.return).toBeGreaterThan(4_000_000);
      expect(phases.return).toBeLessThan(4_100_000);
    }
    expect(record.data.lossWrites).toBe(0);
  });

  it("by the same primary's return, for a pause shorter than the detection", () => {
    const record = run({ faults: [fault({ kind: "pause", target: [PRIMARY] }, AT, 1_500_000)] });
    expect(record.outages.map((outage) => outage.ended)).toEqual(["returned", "returned", "returned"]);
    expect(record.outages[0]!.phases.return).toBeGreaterThan(1_500_000);
    expect(metric(record, "recovery.needless")).toMatchObject({ kind: "value", value: 0 });
  });

  it("under a newer epoch of the same primary, when a synchronous standby dies and is dropped", () => {
    const record = run({
      parts: { replication: { name: "synchronous", options: {} } },
      faults: [fault({ kind: "hostDeath", target: [{ kind: "standbyOf", ordinal: 1, shard: 0 }] }, AT, undefined)],
    });
    expect(longest(record)).toMatchObject({ ended: "failover", causes: ["hostDeath"] });
    // The host that answers is not struck: it opens with the first write that waits, or at the fault that meets one under way.
    for (const { openedAt } of record.outages) expect(openedAt >= AT && openedAt < AT + 50_000).toBe(true);
    expect(record.facts.filter((fact) => fact.kind === "ready" && fact.epoch === 2)).toMatchObject([
      { server: 0, deposed: -1, deposedReachable: false },
    ]);
    expect(record.data.lossWrites).toBe(0);
  });
});

describe("what opens an outage", () => {
  it("no fault of a standby that the primary does not wait for: the place is touched, without an outage, and scores 0", () => {
    const record = run({ faults: [fault({ kind: "hostDeath", target: [{ kind: "standbyOf", ordinal: 1, shard: 0 }] }, AT, undefined)] });
    expect(record.touched.map((place) => place.counts)).toEqual([true, true, true]);
    expect(record.outages).toEqual([]);
    expect(metric(record, "recovery.time")).toMatchObject({ kind: "value", value: 0 });
  });

  it("overload too, with no causes, and recovery.time does not count it", () => {
    const record = run({
      faults: [],
      parts: none,
      rate: 300,
      server: { cores: 1, queue: 200, service: { read: exponential(400), write: exponential(12_000), apply: constant(50) } },
    });
    expect(record.outages.length).toBeGreaterThan(0);
    for (const outage of record.outages) expect(outage.causes).toEqual([]);
    expect(metric(record, "recovery.time")).toMatchObject({ kind: "unknown" });
  });

  it("not a write that was acknowledged before the fault and is lost by it", () => {
    // Shipped every 4 s: seconds of acknowledged writes are lost, and still every outage opens at the fault.
    const record = run({ parts: { replication: { name: "asynchronous", options: { ship: { every: 4_000_000 } } } } });
    expect(record.data.lossWrites).toBeGreaterThan(10);
    expect(record.outages.map((outage) => outage.openedAt)).toEqual([AT, AT, AT]);
    expect(record.outages.reduce((sum, outage) => sum + outage.lossWrites, 0)).toBe(record.data.lossWrites);
    // From the acknowledgement of the oldest lost write to the fault.
    expect(record.outages.every((outage) => outage.lossSpan === record.data.lossSpan)).toBe(true);
    expect(record.data.lossSpan).toBeGreaterThan(200_000);
    expect(record.data.lossSpan).toBeLessThan(4_000_000);
  });

  it("a write that was acknowledged after the cut by a primary that nobody else hears, and lost", () => {
    // Zone a's clients still reach the old primary, alone in its zone; everybody else is cut from it for 8 s.
    const rest = [
      { kind: "location", location: "zone", name: "b" },
      { kind: "location", location: "zone", name: "c" },
      { kind: "role", role: "monitor", which: "all" },
      { kind: "role", role: "metadata", which: "all" },
    ] as const;
    const others = [
      { kind: "clients", group: "web", zone: "b" },
      { kind: "clients", group: "web", zone: "c" },
    ] as const;
    const record = run({ learn: [{ kind: "redirect" }], faults: [cut([{ kind: "server", server: 0 }], [...rest, ...others], 8_000_000)] });
    const near = record.outages.filter((outage) => outage.vantage === "web/a");
    expect(near[0]).toMatchObject({ ended: "failover", causes: ["cut"] });
    // It opens with the first write that was sent after the cut and lost; not before the cut, and not at it.
    expect(near[0]!.openedAt).toBeGreaterThan(AT);
    expect(near[0]!.openedAt).toBeLessThan(AT + 100_000);
    expect(near[0]!.closedAt).toBeGreaterThan(AT + 8_000_000);
    expect(near[0]!.lossWrites).toBeGreaterThan(50);
    expect(record.outages.filter((outage) => outage.vantage !== "web/a").map((outage) => outage.openedAt)).toEqual([AT, AT]);
    expect(record.data.splitBrainWrites).toBeGreaterThan(50);
    expect(record.outages.reduce((sum, outage) => sum + outage.lossWrites, 0)).toBe(record.data.lossWrites);
  });
});

describe("who counts", () => {
  it("a vantage that the network keeps from a majority of the live replica hosts is isolated and does not count", () => {
    const record = run({
      faults: [
        cut(
          [{ kind: "clients", group: "web", zone: "a" }],
          [
            { kind: "server", server: 0 },
            { kind: "server", server: 1 },
          ],
          3_000_000,
        ),
      ],
    });
    expect(record.outages.map((outage) => [outage.vantage, outage.isolated])).toEqual([["web/a", true]]);
    expect(record.touched.map((place) => place.counts)).toEqual([false, true, true]);
    expect(metric(record, "recovery.time")).toMatchObject({ kind: "value", value: 0 });
    expect(metric(record, "recovery.isolated")).toMatchObject({ kind: "value", value: record.outages[0]!.closedAt - AT });
  });

  it("one that still reaches two of three counts, though its primary is out of reach", () => {
    const record = run({ faults: [cut([{ kind: "clients", group: "web", zone: "a" }], [{ kind: "server", server: 0 }], 3_000_000)] });
    expect(record.outages.map((outage) => [outage.vantage, outage.isolated, outage.ended])).toEqual([["web/a", false, "returned"]]);
    expect(record.touched.map((place) => place.counts)).toEqual([true, true, true]);
  });

  it("dead hosts do not count towards the majority", () => {
    // Zone c's server is dead: of the two that live, one out of reach leaves no majority.
    const dead = fault({ kind: "hostDeath", target: [{ kind: "server", server: 2 }] }, AT - 1_000_000, undefined);
    const record = run({ faults: [dead, cut([{ kind: "clients", group: "web", zone: "a" }], [{ kind: "server", server: 0 }], 3_000_000)] });
    expect(record.outages.map((outage) => [outage.vantage, outage.isolated])).toEqual([["web/a", true]]);
  });

  it("a vantage whose client hosts are all down has no value, not even as an isolated one", () => {
    const clients = fault({ kind: "processCrash", target: [{ kind: "clients", group: "web", zone: "a" }] }, AT - 1_000_000, 10_000_000);
    const record = run({ faults: [clients, death()] });
    expect(record.touched.map((place) => [place.vantage, place.counts])).toEqual([
      ["web/a", false],
      ["web/b", true],
      ["web/c", true],
    ]);
    expect(metric(record, "recovery.isolated")).toMatchObject({ kind: "absent" });
  });
});

describe("needless changes of primary", () => {
  it("are those whose deposed primary was running and reachable when its successor was ready", () => {
    const monitors = [{ kind: "role", role: "monitor", which: "all" }] as const;
    expect(metric(run({ faults: [cut([PRIMARY], monitors, 6_000_000)] }), "recovery.needless")).toMatchObject({ kind: "value", value: 1 });
    expect(metric(run({}), "recovery.needless")).toMatchObject({ kind: "value", value: 0 });
    // Paused for longer than the detection: it is no use to anybody at that moment.
    expect(metric(run({ faults: [fault({ kind: "pause", target: [PRIMARY] }, AT, 6_000_000)] }), "recovery.needless")).toMatchObject({
      kind: "value",
      value: 0,
    });
  });
});
