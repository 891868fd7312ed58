/** Every kind of fault under every kind of replication: who is out, to what it is charged, what is lost, and that all is well after it. */
import { describe, expect, it } from "vitest";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { RunSpec } from "../../../src/simulator/cluster/spec.ts";
import type { FaultAction } from "../../../src/simulator/faults/fault.ts";
import type { RunRecord } from "../../../src/simulator/record/record.ts";
import { raftOptions } from "../../../src/simulator/strategies/replication/raft/part.ts";
import { INVARIANTS } from "../../../src/study/checks/invariants.ts";
import { partsOf } from "./build.ts";
import { constant, fault, ms, s, smallSpec } from "./small-run.ts";

const PRIMARY = [{ kind: "primaryOf", shard: 0 }] as const;
const REPLICATIONS = ["asynchronous", "synchronous", "raft"] as const;
type Replication = (typeof REPLICATIONS)[number];

const OPTIONS: Readonly<Record<Replication, unknown>> = {
  asynchronous: { ship: { every: 50_000 } },
  synchronous: {},
  raft: raftOptions.parse({ election: "300ms..600ms", heartbeat: "50ms" }),
};

/** One shard, nine measured seconds, the fault from 1 s on. */
function run(replication: Replication, action: FaultAction, lasts: number | undefined, more: Partial<RunSpec> = {}): RunRecord {
  const base = smallSpec({
    seed: 5,
    duration: s(9),
    settle: s(30),
    prober: { every: ms(40), deadline: s(1) },
    faults: [fault(action, s(1), lasts)],
    ...more,
  });
  const failover =
    replication === "raft"
      ? { name: "none", options: {} }
      : { name: "monitor", options: { heartbeat: 200_000, misses: 3, gather: 100_000 } };
  return simulate(
    { ...base, parts: { ...base.parts, failover, replication: { name: replication, options: OPTIONS[replication] } } },
    partsOf(),
  );
}

/** What holds of every run. */
function judge(record: RunRecord, action: FaultAction): void {
  for (const invariant of INVARIANTS) {
    const verdict = invariant.judge(record);
    // A wiped replica stays out: there is one less to compare, and nothing else is wrong.
    expect([invariant.name, verdict.kind === "broken" ? verdict.what : "well"]).toEqual([invariant.name, "well"]);
  }
  for (const { phases, openedAt, closedAt, ended, causes } of record.outages) {
    const sum = Object.values(phases).reduce((total: number, phase: number) => total + phase, 0);
    expect(sum).toBe(ended === "open" ? 0 : closedAt - openedAt);
    expect(causes).toContain(action.kind);
  }
  expect(record.requests.neverEnded).toBe(0);
  expect(record.quiescent).toBe(true);
  expect(record.touched.length).toBeGreaterThan(0);
  const first = record.facts.find((fact) => fact.kind === "fault");
  expect(first).toMatchObject({ phase: "start", type: action.kind });
}

const endings = (record: RunRecord): readonly string[] => [...new Set(record.outages.map(({ ended }) => ended))].sort();
const longest = (record: RunRecord): number => Math.max(0, ...record.outages.map(({ openedAt, closedAt }) => closedAt - openedAt));
const acknowledges = (replication: Replication): boolean => replication !== "asynchronous";

describe.each(REPLICATIONS)("%s replication", (replication) => {
  it("a frozen primary is replaced, and what it had acknowledged is kept where more than it have it", () => {
    const action: FaultAction = { kind: "freeze", target: PRIMARY };
    const record = run(replication, action, s(5));
    judge(record, action);
    expect(endings(record)).toEqual(["failover"]);
    if (acknowledges(replication)) expect(record.data.lossWrites).toBe(0);
  });

  it("a primary that comes back empty at once is replaced; its replica stays out and no other is lost", () => {
    const action: FaultAction = { kind: "wipe", target: PRIMARY };
    const record = run(replication, action, ms(200));
    judge(record, action);
    expect(endings(record)).toEqual(["failover"]);
    expect(record.data.comparedReplicas).toBe(1);
    if (acknowledges(replication)) expect(record.data.lossWrites).toBe(0);
    else expect(record.data.lossWrites).toBeGreaterThan(0);
    expect(record.reductions.some(({ isOpen }) => isOpen)).toBe(true);
  });

  it("a zone without power loses what was acknowledged there alone, and comes back", () => {
    const action: FaultAction = { kind: "powerLoss", target: [{ kind: "location", location: "zone", name: "a" }] };
    const record = run(replication, action, s(4));
    judge(record, action);
    expect(record.outages.length).toBeGreaterThan(0);
    if (acknowledges(replication)) expect(record.data.lossWrites).toBe(0);
    expect(record.data.comparedReplicas).toBe(2);
  });
});

// What is slow is slow under synchronous replication as under asynchronous.
describe.each(["asynchronous", "raft"] as const)("%s replication", (replication) => {
  it("a primary whose cores or disk are slow is slow, and nobody takes its place while it answers", () => {
    const slowest = (one: RunRecord): number => one.operations.reduce((most, { latency }) => Math.max(most, latency.max), 0);
    const slow = (cpu: number, disk: number): number => {
      const action: FaultAction = { kind: "slow", target: PRIMARY, cpu, disk };
      const record = run(replication, action, s(4));
      judge(record, action);
      expect([record.outages.length, record.data.lossWrites]).toEqual([0, 0]);
      return slowest(record);
    };
    const well = slow(1.001, 1.001);
    expect(slow(4, 1)).toBeGreaterThan(well * 1.5);
    // Raft commits what two of three have synced, whoever they are: its leader's own disk holds nobody up.
    if (replication === "raft") expect(slow(1, 40)).toBeLessThan(well * 1.5);
    else expect(slow(1, 40)).toBeGreaterThan(ms(40));
  });

  it("a primary too slow for its work is an outage charged to the fault, whether it is replaced or recovers", () => {
    const action: FaultAction = { kind: "slow", target: PRIMARY, cpu: 1_000, disk: 1 };
    const record = run(replication, action, s(3));
    judge(record, action);
    expect(longest(record)).toBeGreaterThan(ms(500));
    if (acknowledges(replication)) expect(record.data.lossWrites).toBe(0);
  });

  it("a link too slow for the deadline of its vantage is an outage of that vantage alone", () => {
    const from = [{ kind: "clients", group: "web", zone: "b" }] as const;
    const action: FaultAction = { kind: "slowLink", from, to: "rest", oneWay: false, delay: constant(s(1)) };
    const record = run(replication, action, s(4));
    judge(record, action);
    expect([...new Set(record.outages.map(({ vantage }) => vantage))]).toEqual(["web/b"]);
    expect(endings(record)).toEqual(["returned"]);
    expect(record.data.lossWrites).toBe(0);
  });

  it("a link that loses packets is late and loses nothing", () => {
    const from = [{ kind: "clients", group: "web", zone: undefined }] as const;
    const action: FaultAction = { kind: "loss", from, to: "rest", oneWay: false, share: 0.2 };
    const record = run(replication, action, s(4));
    judge(record, action);
    expect(record.data.lossWrites).toBe(0);
    const slowest = record.operations.reduce((most, { latency }) => Math.max(most, latency.max), 0);
    expect(slowest).toBeGreaterThan(ms(200));
  });

  it("a primary behind a link that flaps is replaced or comes back, and every cut is a fact", () => {
    const action: FaultAction = { kind: "flap", from: PRIMARY, to: "rest", oneWay: false, down: constant(s(1)), up: constant(ms(300)) };
    const record = run(replication, action, s(5));
    judge(record, action);
    expect(record.outages.length).toBeGreaterThan(0);
    expect(record.facts.filter((fact) => fact.kind === "fault" && fact.phase === "start").length).toBe(4);
    if (acknowledges(replication)) expect(record.data.lossWrites).toBe(0);
  });

  it("wrong clocks trouble nobody who goes by none", () => {
    const actions: FaultAction[] = [
      { kind: "skew", target: PRIMARY, by: s(60) },
      { kind: "clockJump", target: PRIMARY, by: -60_000_000 },
      { kind: "drift", target: PRIMARY, ppm: 10_000 },
    ];
    for (const action of actions) {
      const record = run(replication, action, action.kind === "clockJump" ? undefined : s(4));
      judge(record, action);
      expect([record.outages.length, record.data.lossWrites]).toEqual([0, 0]);
    }
  });
});
