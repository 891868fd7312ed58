/** The metadata service as a group of three or five on Raft: what it bears, and what it must never do. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Channel, Is, type Machine } from "../../../src/base/machine.ts";
import type { Fact } from "../../../src/base/fact.ts";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { LocationSpec, RunSpec } from "../../../src/simulator/cluster/spec.ts";
import type { FaultAction, FaultSpec, Target } from "../../../src/simulator/faults/fault.ts";
import type { RunRecord } from "../../../src/simulator/record/record.ts";
import { Message } from "../../../src/simulator/strategies/messages.ts";
import { INVARIANTS } from "../../../src/study/checks/invariants.ts";
import { partsOf } from "./build.ts";
import { fault, ms, s, smallSpec } from "./small-run.ts";

const zones = (names: string): readonly LocationSpec[] => Array.from(names).map((name) => ({ kind: "zone", name }));
const PRIMARY: readonly Target[] = [{ kind: "primaryOf", shard: 0 }];
const member = (which: number | "all" | "leader"): Target => ({ kind: "role", role: "metadata", which });
const dies = (target: readonly Target[], at: number, length?: number): FaultSpec => {
  const one = fault({ kind: "hostDeath", target }, at, length);
  return { ...one, name: `${one.name} of ${JSON.stringify(target)}` };
};
const cuts = (target: Target, at: number, length: number): FaultSpec =>
  fault({ kind: "cut", from: [target], to: "rest", oneWay: false } satisfies FaultAction, at, length);

function groupSpec(members: string, faults: readonly FaultSpec[], overrides: Parameters<typeof smallSpec>[0] = {}): RunSpec {
  const base = smallSpec({ duration: s(16), settle: s(20), prober: { every: ms(40), deadline: s(1) }, faults, ...overrides });
  return {
    ...base,
    workload: [{ ...base.workload[0]!, arrivals: { kind: "poisson", rate: 20 } }],
    hosts: { ...base.hosts, metadata: zones(members) },
  };
}

const run = (
  members: string,
  faults: readonly FaultSpec[],
  overrides: Parameters<typeof smallSpec>[0] = {},
  parts = partsOf(),
): RunRecord => simulate(groupSpec(members, faults, overrides), parts);

/** A member that grants every claim it is asked for at once, before the group has agreed; the group hears of it all the same. */
const hasty = (machine: Machine): Machine => ({
  ...machine,
  step: (input, io) => {
    if (input.kind === Is.Message && input.message === Message.Claim) {
      const m = io.messages;
      const slot = io.message();
      m.shard[slot] = m.shard[input.slot]!;
      m.epoch[slot] = m.epoch[input.slot]! + 1;
      m.time[slot] = m.time[input.slot]!;
      m.outcome[slot] = 1;
      m.bytes[slot] = 100;
      io.send(input.from, Channel.Control, Message.Claimed, slot);
    }
    machine.step(input, io);
  },
});

const factsOf = <Kind extends Fact["kind"]>({ facts }: RunRecord, kind: Kind): Extract<Fact, { readonly kind: Kind }>[] =>
  facts.filter((fact) => fact.kind === kind && fact.at >= 0) as never;
const broken = (record: RunRecord): readonly string[] =>
  INVARIANTS.flatMap(({ name, judge }) => {
    const verdict = judge(record);
    return verdict.kind === "broken" ? [`${name}: ${verdict.what}`] : [];
  });
const epochs = (record: RunRecord): readonly string[] => factsOf(record, "map").map(({ shard, epoch }) => `${shard}.${epoch}`);
/** Each change is stated once. */
const isOnce = (record: RunRecord): boolean => new Set(epochs(record)).size === epochs(record).length;

describe("a group of members of the metadata service", () => {
  it.each(["abc", "abcab"])("%s fails a shard over as a single one does, and states each change once", (members) => {
    const record = run(members, [dies(PRIMARY, s(4))]);
    expect(epochs(record)).toEqual(["0.2"]);
    expect(factsOf(record, "visible")).toMatchObject([{ shard: 0, epoch: 2 }]);
    expect(record.outages.map(({ ended }) => ended)).toEqual(["failover", "failover", "failover"]);
    expect([broken(record), record.quiescent]).toEqual([[], true]);
  });

  it("with a minority of them dead, the leader among them, it goes on: who dies with the primary's zone is not missed", () => {
    const record = run("abc", [dies([...PRIMARY, member("leader")], s(4))]);
    expect(factsOf(record, "fault")[0]).toMatchObject({ targets: ["server 0", "metadata 1"] });
    expect(record.outages.map(({ ended }) => ended)).toEqual(["failover", "failover", "failover"]);
    expect([broken(record), isOnce(record)]).toEqual([[], true]);
    const five = run("aabbc", [dies([...PRIMARY, member(1), member(2)], s(4))]);
    expect(five.outages.map(({ ended }) => ended)).toEqual(["failover", "failover", "failover"]);
    expect(broken(five)).toEqual([]);
  });

  it("with a majority of them dead nothing changes, and nothing is wrong; once they are back, it does", () => {
    const record = run("abc", [dies([member(1), member(3)], s(3), s(10)), dies(PRIMARY, s(4))]);
    const changes = factsOf(record, "map");
    expect(changes.map(({ epoch }) => epoch)).toEqual([2]);
    expect(changes[0]!.at).toBeGreaterThan(s(13));
    expect(factsOf(record, "actionable").some(({ at }) => at < s(8))).toBe(true);
    expect([broken(record), record.quiescent]).toEqual([[], true]);
  });

  it("its leader killed in the midst of a failover, at whatever step, only delays it", () => {
    const begun = factsOf(run("abc", [dies(PRIMARY, s(4))]), "actionable")[0]!.at;
    for (const after of [0, 3, 8, 20]) {
      const record = run("abc", [dies(PRIMARY, s(4)), dies([member("leader")], begun + ms(after))]);
      expect([after, broken(record), isOnce(record)]).toEqual([after, [], true]);
      expect([after, record.outages.map(({ ended }) => ended)]).toEqual([after, ["failover", "failover", "failover"]]);
    }
  });

  it("its leader cut off, with the primary and a monitor, grants no claim; the majority does", () => {
    const agree = { name: "monitor", options: { heartbeat: 1_000_000, misses: 3, gather: 500_000, agree: 1 } };
    const zone: Target = { kind: "location", location: "zone", name: "a" };
    const record = run("abc", [cuts(zone, s(4), s(8))], { parts: { ...smallSpec().parts, failover: agree } });
    const chosen = factsOf(record, "chosen");
    expect(chosen.map(({ by }) => by)).not.toContain("monitor 1");
    expect(new Set(chosen.map(({ epoch }) => epoch)).size).toBe(chosen.length);
    expect(chosen[0]).toMatchObject({ epoch: 2 });
    expect(chosen[0]!.at).toBeLessThan(s(12));
    expect(broken(record)).toEqual([]);
  });

  it("that answers a claim before it is agreed makes two primaries of one epoch, and is caught", () => {
    const agree = { name: "monitor", options: { heartbeat: 1_000_000, misses: 3, gather: 500_000, agree: 1 } };
    // Server 0 is dead. One side of the cut has a monitor, a member and server 1; the other the same and server 2.
    const zone: Target = { kind: "location", location: "zone", name: "b" };
    const faults = [dies(PRIMARY, s(4)), cuts(zone, s(4), s(10))];
    const overrides = { parts: { ...smallSpec().parts, failover: agree } };
    expect(broken(run("abc", faults, overrides))).toEqual([]);
    const hurried = broken(
      run(
        "abc",
        faults,
        overrides,
        partsOf(() => ({ aroundMetadata: hasty })),
      ),
    );
    expect(hurried.filter((what) => what.startsWith("one-primary-per-epoch"))).toHaveLength(1);
  });

  it("keeps one primary an epoch, and each change once, whatever members and primaries die, are cut off or stand still", () => {
    const target = fc.oneof(
      fc.constantFrom<Target>(member(1), member(2), member(3), member("leader"), member("leader")),
      fc.constantFrom<Target>(
        ...PRIMARY,
        { kind: "location", location: "zone", name: "a" },
        { kind: "location", location: "zone", name: "b" },
      ),
    );
    const strike = fc.record({
      kind: fc.constantFrom("hostDeath" as const, "processCrash" as const, "pause" as const, "cut" as const),
      target,
      at: fc.integer({ min: 0, max: 14_000 }),
      length: fc.integer({ min: 10, max: 6_000 }),
    });
    let changes = 0;
    fc.assert(
      fc.property(fc.nat(100_000), fc.array(strike, { minLength: 2, maxLength: 6 }), fc.constantFrom(1, 2), (seed, strikes, agree) => {
        const faults = strikes.map(({ kind, target: at, at: when, length }, place) => {
          const one = kind === "cut" ? cuts(at, ms(when), ms(length)) : fault({ kind, target: [at] }, ms(when), ms(length));
          return { ...one, name: `${place}`, label: `${kind} ${place}` };
        });
        const failover = { name: "monitor", options: { heartbeat: 300_000, misses: 3, gather: 100_000, agree } };
        const record = run("abc", faults, { seed, duration: s(15), settle: s(40), parts: { ...smallSpec().parts, failover } });
        changes += epochs(record).length;
        expect(broken(record).filter((what) => !what.startsWith("replicas-converge"))).toEqual([]);
        expect(isOnce(record)).toBe(true);
        expect(record.quiescent).toBe(true);
      }),
      { numRuns: 5 },
    );
    expect(changes).toBeGreaterThan(2);
  });
});
