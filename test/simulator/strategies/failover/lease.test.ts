/** Failover by a lease: agents beside databases, a key with a time to live, and who takes over when. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Input, Io } from "../../../../src/base/machine.ts";
import type { Fact } from "../../../../src/base/fact.ts";
import { simulate } from "../../../../src/simulator/cluster/cluster.ts";
import type { LocationSpec, RunSpec } from "../../../../src/simulator/cluster/spec.ts";
import type { FaultSpec, Target } from "../../../../src/simulator/faults/fault.ts";
import type { RunRecord } from "../../../../src/simulator/record/record.ts";
import { leaseOptions } from "../../../../src/simulator/strategies/failover/lease/part.ts";
import { INVARIANTS } from "../../../../src/study/checks/invariants.ts";
import { partsOf } from "../../cluster/build.ts";
import { constant, fault, ms, s, smallSpec } from "../../cluster/small-run.ts";

const zones = (names: string): readonly LocationSpec[] => Array.from(names).map((name) => ({ kind: "zone", name }));
const PRIMARY: readonly Target[] = [{ kind: "primaryOf", shard: 0 }];
/** A tenth of Patroni's defaults. */
const QUICK = { ttl: "3s", loopWait: "1s", retryTimeout: "1s" };

function leaseSpec(
  faults: readonly FaultSpec[],
  options: object = {},
  members = "c",
  overrides: Parameters<typeof smallSpec>[0] = {},
): RunSpec {
  const base = smallSpec({ duration: s(20), settle: s(20), faults, prober: { every: ms(40), deadline: s(1) }, ...overrides });
  return {
    ...base,
    workload: [{ ...base.workload[0]!, arrivals: { kind: "poisson", rate: 40 } }],
    parts: {
      ...base.parts,
      failover: { name: "lease", options: leaseOptions.parse({ ...QUICK, ...options }) },
      fencing: { name: "none", options: {} },
    },
    hosts: { metadata: zones(members) },
  };
}
const run = (...given: Parameters<typeof leaseSpec>): RunRecord => simulate(leaseSpec(...given), partsOf());
const factsOf = <Kind extends Fact["kind"]>({ facts }: RunRecord, kind: Kind): Extract<Fact, { readonly kind: Kind }>[] =>
  facts.filter((fact) => fact.kind === kind && fact.at >= 0) as never;
const broken = (record: RunRecord): readonly string[] =>
  INVARIANTS.flatMap(({ name, judge }) => {
    const verdict = judge(record);
    return verdict.kind === "broken" ? [`${name}: ${verdict.what}`] : [];
  });

const server = (number: number): Target => ({ kind: "server", server: number });
const member = (which: number | "all" | "leader"): Target => ({ kind: "role", role: "metadata", which });
const named = (one: FaultSpec, name: string): FaultSpec => ({ ...one, name, label: name });
const ended = ({ outages }: RunRecord): readonly string[] => outages.map((outage) => outage.ended);
/** Servers that became primary in measured time, in order. */
const primaries = (record: RunRecord): readonly number[] => factsOf(record, "ready").map((fact) => fact.server);
/** Server 0 is cut off from all others, but not from the clients of its own zone. */
const isolation = fault(
  {
    kind: "cut",
    from: [server(0)],
    to: [server(1), server(2), member("all"), { kind: "clients", group: "web", zone: "b" }, { kind: "clients", group: "web", zone: "c" }],
    oneWay: false,
  },
  s(4),
  s(8),
);

describe("failover by a lease", () => {
  it("a dead leader's key runs out a time to live after its last renewal; one of two that are alike takes it and promotes its database", () => {
    const record = run([fault({ kind: "hostDeath", target: PRIMARY }, s(4), undefined)]);
    expect(broken(record)).toEqual([]);
    expect(ended(record)).toEqual(["failover", "failover", "failover"]);
    const [ready, ...more] = factsOf(record, "ready");
    expect(more).toEqual([]);
    expect(
      factsOf(record, "actionable")
        .map(({ by }) => by)
        .sort(),
    ).toEqual(["agent 1", "agent 2"]);
    const { detection, decision } = record.outages[0]!.phases;
    // 2 to 3 s after the death, looked for every 500 ms.
    expect(detection).toBeGreaterThan(s(2));
    expect(detection).toBeLessThan(s(3.52));
    // The dead one is asked too, and waited for.
    expect(decision).toBeGreaterThan(s(2));
    expect(decision).toBeLessThan(s(2.1));
    expect(ready!.planned).toBe(false);
  });

  it("a leader that is cut off with clients takes its database down before its key runs out: nobody writes beside its successor", () => {
    const record = run([isolation]);
    expect(broken(record)).toEqual([]);
    const [demoted] = factsOf(record, "demoted");
    const [ready] = factsOf(record, "ready");
    expect(demoted).toMatchObject({ server: 0, reason: "it could not renew its lease in time" });
    expect(demoted!.at).toBeLessThan(ready!.at);
    expect(ready!.server).not.toBe(0);
    expect(record.data.splitBrainWrites).toBe(0);
    expect([record.data.divergedReplicas, record.quiescent]).toEqual([0, true]);
  });

  it("a pause longer than the time to live: the agent sees by its clock that its lease is over and stops its database at once", () => {
    const record = run([fault({ kind: "pause", target: PRIMARY }, s(4), s(8))]);
    expect(broken(record)).toEqual([]);
    expect(factsOf(record, "demoted")[0]).toMatchObject({ server: 0, at: s(12), reason: "its lease ran out" });
    expect(record.data.splitBrainWrites).toBeLessThan(10); // What the database found in its sockets before the agent came to act.
    expect(record.data.divergedReplicas).toBe(0);
  });

  it("a lease kept across a pause is caught: two primaries, and what they took diverges", () => {
    // The zone with the primary is cut off, clients and all; the primary sleeps through the first half of it.
    const zone: Target = { kind: "location", location: "zone", name: "a" };
    const faults = [
      fault({ kind: "cut", from: [zone], to: "rest", oneWay: false }, s(4), s(12)),
      fault({ kind: "pause", target: PRIMARY }, s(4), s(6)),
    ];
    const real = simulate(leaseSpec(faults), partsOf());
    const kept = simulate(leaseSpec(faults), (spec, servers, stream) => {
      const parts = partsOf()(spec, servers, stream);
      const machines = parts.machines!.map((plan) => ({
        ...plan,
        create: (...given: Parameters<typeof plan.create>) => {
          const agent = plan.create(...given);
          return {
            ...agent,
            step: (input: Input, io: Io) =>
              agent.step(input, { ...io, process: (order, process) => (order === "start" ? io.process(order, process) : undefined) }),
          };
        },
      }));
      return { ...parts, machines };
    });
    expect(kept.data.splitBrainWrites).toBeGreaterThan(real.data.splitBrainWrites + 20);
  });

  it("the service away: the leader steps down, and leads again once it is back; in failsafe mode it goes on", () => {
    const away = fault({ kind: "hostDeath", target: [member("all")] }, s(4), s(7));
    const record = run([away]);
    expect(broken(record)).toEqual([]);
    expect(factsOf(record, "demoted")).toHaveLength(1);
    expect(record.outages.length).toBeGreaterThan(0);
    expect([record.data.lossWrites, record.data.splitBrainWrites]).toEqual([0, 0]);
    const safe = run([away], { failsafeMode: true });
    expect([factsOf(safe, "demoted"), primaries(safe), safe.outages, broken(safe)]).toEqual([[], [], [], []]);
  });

  it("failsafe mode is no licence: a leader that does not reach all others steps down", () => {
    const record = run([isolation], { failsafeMode: true, ttl: "7s" });
    expect(factsOf(record, "demoted")[0]).toMatchObject({ server: 0, reason: "it could not renew its lease, nor reach all others" });
    expect([record.data.splitBrainWrites, broken(record)]).toEqual([0, []]);
  });

  it("cut off from the service alone, though all members answer it, a leader steps down; in failsafe mode it leads on and nobody takes over", () => {
    const away = fault({ kind: "cut", from: [server(0)], to: [member("all")], oneWay: false }, s(4), s(10));
    const record = run([away]);
    expect(factsOf(record, "demoted")[0]).toMatchObject({ server: 0, reason: "it could not renew its lease in time" });
    expect(primaries(record)[0]).not.toBe(0);
    const safe = run([away], { failsafeMode: true });
    expect([factsOf(safe, "demoted"), primaries(safe), safe.outages, broken(safe)]).toEqual([[], [], [], []]);
  });

  it("who has heard of a leader in failsafe mode lets it have its time before it races, and races then", () => {
    // The service first, which has forgotten the leader's key when all others are cut off too, but for clients of its zone.
    const away = fault({ kind: "cut", from: [server(0)], to: [member("all")], oneWay: false }, s(2), s(22));
    const alone = { ...isolation, name: "alone", when: { kind: "at" as const, at: constant(s(12)) }, lasts: away.lasts };
    const record = run([named(away, "away"), alone], { failsafeMode: true, ttl: "7s", retryTimeout: "3s" }, "c", { duration: s(25) });
    const [demoted] = factsOf(record, "demoted");
    const [ready] = factsOf(record, "ready");
    expect([demoted!.server, ready!.server === 0, record.data.splitBrainWrites, broken(record)]).toEqual([0, false, 0, []]);
    expect(demoted!.at).toBeGreaterThan(s(12));
    expect(ready!.at).toBeGreaterThan(demoted!.at);
    expect(ready!.at).toBeLessThan(s(12 + 7 + 1 + 2.5));
  });

  it("a crashed database is started again by its agent and leads on; given no time for that, another takes over", () => {
    const crash = fault({ kind: "processCrash", target: PRIMARY }, s(4), ms(500));
    const record = run([crash]);
    expect(new Set(primaries(record))).toEqual(new Set([0]));
    expect(new Set(ended(record))).toEqual(new Set(["returned"]));
    expect([record.data.lossWrites, broken(record)]).toEqual([0, []]);
    const impatient = run([fault({ kind: "processCrash", target: PRIMARY }, s(4), s(5))], { primaryStartTimeout: "0ms" });
    expect(primaries(impatient)[0]).not.toBe(0);
    expect(factsOf(impatient, "ready")[0]!.at).toBeLessThan(s(6));
    expect(broken(impatient)).toEqual([]);
  });

  it("a crashed agent leaves its database to lead beside the next, as without a watchdog; back again, it deposes it", () => {
    const target: Target = { kind: "process", process: "agent", server: 0 };
    const cut = fault({ kind: "cut", from: [{ kind: "location", location: "zone", name: "a" }], to: "rest", oneWay: false }, s(4), s(9));
    const record = run([fault({ kind: "processCrash", target: [target] }, s(4), s(10)), cut]);
    expect(record.data.splitBrainWrites).toBeGreaterThan(20);
    expect(factsOf(record, "demoted").at(-1)).toMatchObject({ server: 0, reason: "another has led since" });
    expect([record.data.divergedReplicas, broken(record)]).toEqual([0, []]);
    // Alone it is asked in vain: its host refuses, and nobody waits for it.
    const reached = run([fault({ kind: "processCrash", target: [target] }, s(4), s(10))]);
    const [chosen] = factsOf(reached, "chosen");
    const noticed = factsOf(reached, "actionable").find(({ by }) => by === chosen!.by)!.at;
    expect(chosen!.at - noticed).toBeLessThan(ms(50));
  });

  it("a standby that is behind leaves the key to one that is ahead, and takes none when it lags too far", () => {
    const behind = fault({ kind: "cut", from: [server(0)], to: [server(2)], oneWay: false }, s(2), s(10));
    const record = run([named(behind, "behind"), fault({ kind: "hostDeath", target: PRIMARY }, s(6), undefined)]);
    expect(primaries(record)).toEqual([1]);
    const both = fault({ kind: "cut", from: [server(0)], to: [server(1), server(2)], oneWay: false }, s(2), s(10));
    const faults = [named(both, "both"), fault({ kind: "hostDeath", target: PRIMARY }, s(8), undefined)];
    expect(primaries(run(faults, { maximumLagOnFailover: "10KB" }))).toEqual([]);
    expect(primaries(run(faults, { maximumLagOnFailover: "10MB" }))).toHaveLength(1);
  });

  it("three members of the service, their leader dead with the primary: as with one that lives, an election later at most", () => {
    const record = run([fault({ kind: "hostDeath", target: [...PRIMARY, member("leader")] }, s(4), undefined)], {}, "abc");
    expect(ended(record)).toEqual(["failover", "failover", "failover"]);
    expect([broken(record), record.data.splitBrainWrites]).toEqual([[], 0]);
  });

  it("never two primaries at once, whatever dies or is cut off, as long as nothing stands still", () => {
    const strike = fc.record({
      kind: fc.constantFrom("hostDeath" as const, "processCrash" as const, "cut" as const),
      target: fc.constantFrom<Target>(PRIMARY[0]!, PRIMARY[0]!, server(1), server(2), member("leader"), member(2), {
        kind: "location",
        location: "zone",
        name: "a",
      }),
      at: fc.integer({ min: 0, max: 12_000 }),
      length: fc.integer({ min: 10, max: 7_000 }),
    });
    let changes = 0;
    fc.assert(
      fc.property(
        fc.nat(100_000),
        fc.array(strike, { minLength: 1, maxLength: 5 }),
        fc.constantFrom("c", "abc"),
        fc.boolean(),
        (seed, strikes, members, failsafeMode) => {
          const faults = strikes.map(({ kind, target, at, length }, place) =>
            named(
              kind === "cut"
                ? fault({ kind, from: [target], to: "rest", oneWay: false }, ms(at), ms(length))
                : fault({ kind, target: [target] }, ms(at), ms(length)),
              `${kind} ${place}`,
            ),
          );
          const record = run(faults, { failsafeMode }, members, { seed, duration: s(15), settle: s(30) });
          changes += primaries(record).length;
          expect([broken(record), record.data.splitBrainWrites, record.quiescent]).toEqual([[], 0, true]);
        },
      ),
      { numRuns: 6 },
    );
    expect(changes).toBeGreaterThan(2);
  });
});

it("a time to live too short for what must happen within it is a problem of the scenario", () => {
  const result = leaseOptions.safeParse({ ttl: "20s" });
  expect(result.error?.issues[0]?.message).toBe(
    "a leader could not be sure to step down before its key runs out; write loopWait + 2 x retryTimeout of at most ttl",
  );
  expect(leaseOptions.parse({})).toMatchObject({
    ttl: s(30),
    loopWait: s(10),
    retryTimeout: s(10),
    primaryStartTimeout: s(300),
    failsafeMode: false,
  });
});
