/** Planned changes of primary: nothing is lost, nothing refused beyond the freeze, and what cannot be done is given up whole. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { MachineId } from "../../../src/base/ids.ts";
import { Channel } from "../../../src/base/machine.ts";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { RunSpec, SwitchoverSpec } from "../../../src/simulator/cluster/spec.ts";
import type { Target } from "../../../src/simulator/faults/fault.ts";
import type { RunRecord } from "../../../src/simulator/record/record.ts";
import { Cutover, Message } from "../../../src/simulator/strategies/messages.ts";
import { REGISTRY } from "../../../src/simulator/strategies/registry.ts";
import { createHandover } from "../../../src/simulator/strategies/replication/handover.ts";
import type { Peer } from "../../../src/simulator/strategies/replication/peers.ts";
import { INVARIANTS } from "../../../src/study/checks/invariants.ts";
import { metricByName } from "../../../src/study/stats/metrics.ts";
import { isRequest, look, replicas, stepping } from "../../canary/broken.ts";
import { alone, replicaOn } from "../strategies/replication/alone.ts";
import { partsOf } from "./build.ts";
import { constant, fault, ms, s, smallSpec } from "./small-run.ts";

const REPLICATIONS = {
  asynchronous: { name: "asynchronous", options: { ship: { every: ms(300) } } },
  synchronous: { name: "synchronous", options: {} },
  raft: { name: "raft", options: REGISTRY.replication.raft.options.parse({ election: "500ms..1s", heartbeat: "100ms" }) },
} as const;

interface Plan {
  readonly seed?: number;
  readonly replication?: keyof typeof REPLICATIONS;
  readonly change?: Partial<SwitchoverSpec>;
  readonly rate?: number;
  readonly faults?: RunSpec["faults"];
  readonly failover?: RunSpec["parts"]["failover"];
}

function plan({ seed = 1, replication = "asynchronous", change = {}, rate = 150, faults = [], failover }: Plan): RunSpec {
  const base = smallSpec({ seed, duration: s(6), settle: s(6), cluster: { shards: 2 } });
  const chosen = REPLICATIONS[replication];
  return {
    ...base,
    faults,
    hosts: { ...base.hosts, operator: [{ kind: "zone", name: "a" }] },
    workload: [{ ...base.workload[0]!, arrivals: { kind: "poisson", rate } }],
    parts: {
      ...base.parts,
      replication: chosen,
      failover: failover ?? (replication === "raft" ? { name: "none", options: {} } : base.parts.failover),
    },
    switchovers: [
      {
        name: "planned",
        label: "planned",
        at: constant(ms(2_000)),
        of: { kind: "shard", shard: 0 },
        to: undefined,
        cutover: "forwarding",
        within: ms(2_000),
        ...change,
      },
    ],
  };
}

const ANYWHERE = {
  shard: undefined,
  operation: undefined,
  vantage: undefined,
  window: undefined,
  server: undefined,
  what: undefined,
} as never;
const memo = new Map<string, unknown>();
const run = (spec: RunSpec): RunRecord => simulate(spec, partsOf(), { memo });
const broken = (record: RunRecord): readonly string[] =>
  INVARIANTS.filter(({ judge }) => judge(record).kind === "broken").map(({ name }) => name);
const phases = (record: RunRecord): readonly string[] => record.facts.flatMap((fact) => (fact.kind === "switchover" ? [fact.phase] : []));
const counts = (record: RunRecord): { readonly issued: number; readonly good: number } => ({
  issued: record.operations.reduce((sum, row) => sum + row.issued, 0),
  good: record.operations.reduce((sum, row) => sum + row.good, 0),
});

it("a switchover loses nothing and refuses nothing beyond its freeze, whoever replicates, whatever the load", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.constantFrom(...(["asynchronous", "synchronous", "raft"] as const)),
      fc.constantFrom("forwarding" as const, "freeze" as const),
      fc.constantFrom<SwitchoverSpec["to"]>(undefined, { kind: "standby", ordinal: 1 }, { kind: "standby", ordinal: 2 }),
      fc.constantFrom<SwitchoverSpec["of"]>({ kind: "shard", shard: 0 }, { kind: "server", server: 0 }, { kind: "all" }),
      fc.integer({ min: 20, max: 300 }),
      (seed, replication, cutover, to, of, rate) => {
        const record = run(plan({ seed, replication, rate, change: { cutover, to, of } }));
        const done = record.facts.filter((fact) => fact.kind === "switchover" && fact.phase === "done");
        expect(done.length).toBeGreaterThanOrEqual(of.kind === "shard" ? 1 : 0);
        expect(phases(record)).not.toContain("aborted");
        expect([record.data.lossWrites, record.data.phantomWrites, record.data.splitBrainWrites, record.data.divergedReplicas]).toEqual([
          0, 0, 0, 0,
        ]);
        expect(broken(record)).toEqual([]);
        const { issued, good } = counts(record);
        expect(good).toBe(issued);
        for (const fact of record.facts)
          if (fact.kind === "ready" && fact.epoch > 1 && replication !== "raft") expect(fact.planned).toBe(true);
        expect(metricByName("recovery.needless")!.extract(record, ANYWHERE, "max")).toEqual({ kind: "value", value: 0 });
        const switched = record.facts.filter((fact) => fact.kind === "switched");
        expect(switched.length).toBe(done.length);
        for (const fact of switched) expect(fact.time).toBeGreaterThan(0);
      },
    ),
    { numRuns: 10 },
  );
});

it("an outage that a switchover makes ends in `switchover`, with nothing detected or decided in it", () => {
  // What was written since the last shipment takes the successor longer than `slow` to apply, and writes are refused meanwhile.
  const base = plan({ change: { cutover: "freeze" } });
  const { server } = base.cluster;
  const slowly = { ...server, service: { ...server.service, apply: constant(15_000) } };
  const record = run({ ...base, slow: ms(60), cluster: { ...base.cluster, server: slowly } });
  expect(phases(record)).toEqual(["start", "done"]);
  const outages = record.outages.filter(({ ended }) => ended === "switchover");
  expect(outages.length).toBeGreaterThan(0);
  for (const { phases: spent, causes } of outages) expect([spent.detection, spent.decision, causes.length]).toEqual([0, 0, 0]);
});

it("a successor that cannot catch up in time is given up: the freeze ends, nothing is lost, the old primary goes on", () => {
  const cut = fault(
    { kind: "cut", from: [{ kind: "server", server: 0 }], to: [{ kind: "server", server: 1 }], oneWay: false },
    ms(1_500),
    ms(4_000),
  );
  const spec = plan({
    change: { of: { kind: "server", server: 0 }, to: { kind: "server", server: 1 }, cutover: "freeze", within: ms(1_000) },
    faults: [cut],
  });
  const record = run(spec);
  expect(new Set(phases(record))).toEqual(new Set(["start", "aborted"]));
  const ready = record.facts.filter((fact) => fact.kind === "ready" && fact.epoch > 1);
  expect(ready.length).toBeGreaterThan(0);
  for (const fact of ready) expect(fact).toMatchObject({ server: 0, planned: true });
  expect([record.data.lossWrites, broken(record)]).toEqual([0, []]);
  expect(metricByName("switchover.time")!.extract(record, ANYWHERE, "max").kind).toBe("unknown");
});

it("a primary that dies while it hands over is taken over from like any other, and what it had acknowledged and handed over is kept", () => {
  const death = fault({ kind: "hostDeath", target: [{ kind: "server", server: 0 }] }, ms(2_030), ms(30_000));
  const base = plan({ replication: "synchronous", change: { of: { kind: "server", server: 0 } }, faults: [death] });
  const record = run({ ...base, duration: s(20), settle: s(10) });
  expect([record.data.lossWrites, broken(record)]).toEqual([0, []]);
  expect(record.outages.every(({ ended }) => ended !== "open")).toBe(true);
});

it("a hand-over that takes too long is taken back, and never once the word was given: nothing is served until a newer epoch is known", () => {
  for (const [cutover, treated] of [
    [Cutover.Forwarding, "wait"],
    [Cutover.Freeze, "refuse"],
  ] as const) {
    const { io, shown, sent, timers } = alone();
    const [successor] = replicaOn(0)
      .known()
      .filter((peer) => peer !== undefined) as [Peer];
    const handover = createHandover(0, 5);
    const treats = (): readonly string[] => [handover.treat(true), handover.treat(false)];
    shown.written = 10;
    handover.begin(successor, 2, cutover, 9 as MachineId, 0, io);
    expect([timers.get(5), handover.look(10, io), handover.isOn()]).toEqual([s(3), false, true]);
    handover.giveUp();
    // The successor has all, too late: no word is given.
    successor.synced = 10;
    expect([handover.isOn(), treats(), handover.look(10, io), sent]).toEqual([false, ["serve", "serve"], false, []]);
    handover.begin(successor, 3, cutover, 9 as MachineId, 0, io);
    expect([handover.look(10, io), handover.isGiven(), timers.has(5)]).toEqual([true, true, false]);
    expect(sent.map(({ kind, fields }) => [kind, fields["epoch"]])).toEqual([[Message.Yielded, 3]]);
    handover.giveUp();
    expect([handover.isGiven(), treats(), handover.look(10, io), sent.length]).toEqual([true, [treated, treated], false, 1]);
    handover.forget(io);
    expect([handover.isGiven(), treats()]).toEqual([false, ["serve", "serve"]]);
  }
});

const targets: readonly Target[] = [
  ...[0, 1, 2].map((server): Target => ({ kind: "server", server })),
  ...[1, 2, 3].map((which): Target => ({ kind: "role", role: "monitor", which })),
  { kind: "role", role: "metadata", which: "all" },
  { kind: "role", role: "operator", which: "all" },
];

const anyFault = fc
  .record({
    kind: fc.constantFrom("pause" as const, "processCrash" as const, "hostDeath" as const, "cut" as const),
    who: fc.subarray([...targets], { minLength: 1, maxLength: 2 }),
    others: fc.subarray([...targets], { minLength: 1, maxLength: 6 }),
    // The hand-over takes some ten milliseconds from 2 s on.
    at: fc.integer({ min: 1_970, max: 2_080 }),
    length: fc.integer({ min: 50, max: 4_000 }),
    oneWay: fc.boolean(),
  })
  .map(({ kind, who, others, at, length, oneWay }) =>
    kind === "cut" ? fault({ kind, from: who, to: others, oneWay }, ms(at), ms(length)) : fault({ kind, target: who }, ms(at), ms(length)),
  );

it("whatever fails during switchovers, no epoch has two primaries, every shard serves again, and nothing synchronous is lost", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.array(anyFault, { minLength: 1, maxLength: 3 }),
      fc.constantFrom("forwarding" as const, "freeze" as const),
      fc.constantFrom("asynchronous" as const, "synchronous" as const),
      (seed, faults, cutover, replication) => {
        const base = plan({ seed, replication, rate: 60, faults, change: { of: { kind: "all" }, cutover } });
        const record = run({ ...base, duration: s(26), settle: s(25), prober: { every: ms(200), deadline: s(1) } });
        expect(broken(record)).toEqual([]);
        if (replication === "synchronous") expect(record.data.lossWrites).toBe(0);
        expect(record.outages.filter(({ ended }) => ended === "open")).toEqual([]);
        const begun = phases(record);
        const ended = begun.filter((phase) => phase !== "start").length;
        // An operator that crashes does not say how what it had begun came out.
        const isWell = !faults.some(({ action }) => JSON.stringify(action).includes("operator"));
        if (isWell) expect(ended).toBe(begun.length - ended);
      },
    ),
    { numRuns: Number(process.env["RUNS"] ?? 5) },
  );
});

it("canary: a primary that gives its word before the successor has everything loses writes", () => {
  const spec = plan({ rate: 300, change: { of: { kind: "all" } } });
  const hasty = replicas((machine, context) =>
    stepping(machine, (input, io) => {
      if (!isRequest(input, Message.Yield)) return machine.step(input, io);
      const m = io.messages;
      const slot = io.message();
      m.shard[slot] = context.shard;
      m.epoch[slot] = m.epoch[input.slot]!;
      m.bytes[slot] = 100;
      io.send(input.from, Channel.Control, Message.Yielded, slot);
    }),
  );
  expect(look(spec).audit.lossWrites).toBeUndefined();
  expect(look(spec, hasty).audit.lossWrites).toBeGreaterThan(0);
});
