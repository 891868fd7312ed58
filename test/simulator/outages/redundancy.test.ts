import { describe, expect, it } from "vitest";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import { createRedundancyView } from "../../../src/simulator/cluster/redundancy.ts";
import type { RunSpec } from "../../../src/simulator/cluster/spec.ts";
import type { FaultSpec } from "../../../src/simulator/faults/fault.ts";
import type { RunRecord } from "../../../src/simulator/record/record.ts";
import { RECOVERY_METRICS } from "../../../src/study/stats/metrics-recovery.ts";
import { partsOf } from "../cluster/build.ts";
import { fault, s, smallSpec } from "../cluster/small-run.ts";

const AT = 3_000_000;
const STANDBY = [{ kind: "standbyOf", ordinal: 1, shard: 0 }] as const;
const synchronous = { replication: { name: "synchronous", options: {} } };

function run(one: FaultSpec | undefined, parts: Partial<RunSpec["parts"]> = {}): RunRecord {
  const base = smallSpec({ duration: s(14), settle: s(5), faults: one === undefined ? [] : [one] });
  return simulate(
    { ...base, workload: [{ ...base.workload[0]!, arrivals: { kind: "poisson", rate: 100 } }], parts: { ...base.parts, ...parts } },
    partsOf(),
  );
}
const WHOLE = { shard: undefined, vantage: undefined, operation: undefined, window: undefined, per: undefined, what: undefined };
const redundancy = (record: RunRecord) => RECOVERY_METRICS.find((one) => one.name === "recovery.redundancy")!.extract(record, WHOLE, "max");

describe("a shard's redundancy", () => {
  it("is reduced from the first loss of a copy until all that are back hold what the primary held then", () => {
    let isConnected = true;
    let written = 10;
    let held = 10;
    const view = createRedundancyView({
      shards: 1,
      isConnected: () => isConnected,
      written: () => written,
      haveAll: (_, index) => held >= index,
    });
    expect([view.look(100), view.reductions()]).toEqual([false, []]);
    isConnected = false;
    expect(view.look(200)).toBe(false);
    expect(view.look(250)).toBe(false);
    expect(view.reductions()).toEqual([{ shard: 0, from: 200, until: undefined }]);
    isConnected = true;
    written = 50;
    expect(view.look(300)).toBe(true);
    // What was written since does not put off the end; losing the copy again does.
    written = 80;
    held = 49;
    expect(view.look(310)).toBe(true);
    isConnected = false;
    view.look(320);
    isConnected = true;
    expect(view.look(330)).toBe(true);
    held = 80;
    expect(view.look(340)).toBe(false);
    expect(view.reductions()).toEqual([{ shard: 0, from: 200, until: 340 }]);
  });

  it("is whole in a run without a fault, and cannot be judged by it", () => {
    const record = run(undefined);
    expect(record.reductions).toEqual([]);
    expect(redundancy(record)).toMatchObject({ kind: "unknown" });
  });

  it("comes back when a standby's host does and has caught up, although no client noticed", () => {
    const record = run(fault({ kind: "hostDeath", target: STANDBY }, AT, 4_000_000));
    expect(record.outages).toEqual([]);
    expect(record.reductions).toMatchObject([{ shard: 0, openedAt: AT, isOpen: false }]);
    expect(record.reductions[0]!.closedAt).toBeGreaterThan(AT + 4_000_000);
    expect(record.reductions[0]!.closedAt).toBeLessThan(AT + 5_500_000);
    expect(redundancy(record)).toMatchObject({ kind: "value", value: record.reductions[0]!.closedAt - AT });
  });

  it("comes back only with membership, where a dropped standby must be taken back", () => {
    const record = run(fault({ kind: "hostDeath", target: STANDBY }, AT, 4_000_000), synchronous);
    const planned = record.facts.find((fact) => fact.kind === "map" && fact.members.length === 3 && fact.epoch > 1);
    expect(planned).toBeDefined();
    // Dropped once and taken back once, although its monitors hear it again at different times.
    expect(record.facts.flatMap((fact) => (fact.kind === "map" ? [fact.epoch] : []))).toEqual([1, 2, 3]);
    expect(record.reductions.at(-1)!.closedAt).toBeGreaterThanOrEqual(planned!.at);
    expect(record.reductions.at(-1)!.isOpen).toBe(false);
  });

  it("outlasts a failover: service is back long before all copies are", () => {
    const record = run(fault({ kind: "hostDeath", target: [{ kind: "primaryOf", shard: 0 }] }, AT, 8_000_000));
    expect(Math.max(...record.outages.map((outage) => outage.closedAt))).toBeLessThan(AT + 3_100_000);
    expect(redundancy(record)).toMatchObject({ kind: "value" });
    expect(record.reductions.reduce((sum, one) => sum + one.closedAt - one.openedAt, 0)).toBeGreaterThan(8_000_000);
  });

  it("never comes back from a host death for good: censored at the end of measured time", () => {
    const record = run(fault({ kind: "hostDeath", target: STANDBY }, AT, undefined));
    expect(redundancy(record)).toMatchObject({ kind: "censored", atLeast: 14_000_000 - AT });
  });

  it("is reduced by a cut and by a pause too", () => {
    for (const one of [
      fault({ kind: "cut", from: STANDBY, to: "rest", oneWay: false }, AT, 1_000_000),
      fault({ kind: "pause", target: STANDBY }, AT, 1_000_000),
    ]) {
      const { reductions } = run(one);
      expect(reductions).toMatchObject([{ openedAt: AT, isOpen: false }]);
      expect(reductions[0]!.closedAt).toBeLessThan(AT + 2_500_000);
    }
  });
});
