/** What a monitor's options do, in whole runs: when it suspects, whom it asks, whom it lets take over, when it holds back. */
import { describe, expect, it } from "vitest";
import type { Fact } from "../../../../src/base/fact.ts";
import { simulate } from "../../../../src/simulator/cluster/cluster.ts";
import type { RunSpec } from "../../../../src/simulator/cluster/spec.ts";
import type { FaultSpec } from "../../../../src/simulator/faults/fault.ts";
import { monitorOptions } from "../../../../src/simulator/strategies/failover/monitor/options.ts";
import { partsOf } from "../../cluster/build.ts";
import { fault, ms, s, smallSpec } from "../../cluster/small-run.ts";

interface Change {
  readonly seed?: number;
  readonly duration?: number;
  readonly ship?: number;
  readonly replication?: string;
  readonly monitors?: readonly string[];
  readonly shards?: number;
}

function runWith(
  options: Record<string, unknown>,
  faults: readonly FaultSpec[],
  { seed = 1, duration = 8, ship = 0, replication = "asynchronous", monitors = ["a", "b", "c"], shards = 1 }: Change = {},
) {
  const prober = { every: ms(100), deadline: s(1) };
  const base = smallSpec({ seed, duration: s(duration), settle: s(2), faults, prober, cluster: { shards } });
  const spec: RunSpec = {
    ...base,
    hosts: { ...base.hosts, monitor: monitors.map((name) => ({ kind: "zone" as const, name })) },
    workload: [{ ...base.workload[0]!, arrivals: { kind: "poisson", rate: 40 } }],
    parts: {
      ...base.parts,
      replication: { name: replication, options: replication === "asynchronous" ? { ship: { every: ship } } : {} },
      failover: { name: "monitor", options: monitorOptions.parse({ heartbeat: "500ms", ...options }) },
    },
  };
  return simulate(spec, partsOf());
}

const times = (facts: readonly Fact[], kind: Fact["kind"]): number[] => facts.filter((fact) => fact.kind === kind).map(({ at }) => at);
const successors = (facts: readonly Fact[]): number[] =>
  facts.flatMap((fact) => (fact.kind === "ready" && fact.epoch > 1 ? [fact.server] : []));
const notes = (facts: readonly Fact[]): string[] => facts.flatMap((fact) => (fact.kind === "note" ? [fact.topic] : []));
const primary = [{ kind: "server" as const, server: 0 }];
const death = (at = 2_000): FaultSpec => fault({ kind: "hostDeath", target: primary }, ms(at), undefined);
const crash = fault({ kind: "processCrash", target: primary }, ms(2_000), undefined);

describe("a monitor that polls", () => {
  const poll = { heartbeat: "1s", misses: 1, agree: 1, detector: { poll: { timeout: "300ms" } } };

  it("finds a refused connection at its next poll, and a silence so much later as it waits", () => {
    const one = { monitors: ["b"] };
    const crashed = times(runWith(poll, [crash], one).facts, "suspected")[0]! - ms(2_000);
    const silent = times(runWith(poll, [death()], one).facts, "suspected")[0]! - ms(2_000);
    expect(crashed).toBeGreaterThan(0);
    expect(crashed).toBeLessThan(s(1) + ms(20));
    // The same phase: the same poll meets the fault.
    expect(silent - crashed).toBeGreaterThan(ms(290));
    expect(silent - crashed).toBeLessThan(ms(310));
  });

  it("suspects only after so many polls in succession have failed", () => {
    const [first, second] = [1, 2].map(
      (misses) => times(runWith({ ...poll, misses }, [death()], { monitors: ["b"] }).facts, "suspected")[0]!,
    );
    expect(second! - first!).toBe(s(1));
  });

  it("looks for what is wrong at its own ticks alone", () => {
    const ticks = [2_000, 2_350, 2_700].map((at) => {
      const { facts } = runWith({ ...poll, recoveryPoll: "700ms" }, [death(at)], { monitors: ["b"] });
      return times(facts, "actionable")[0]! % ms(700);
    });
    expect(new Set(ticks).size).toBe(1);
  });
});

it("a phi detector suspects after a mean and so many deviations of silence as its threshold says", () => {
  const options = { heartbeat: "500ms", agree: 1, detector: { phi: { threshold: 8, minDeviation: "100ms" } } };
  const { facts } = runWith(options, [death(6_200)], { duration: 10, monitors: ["b"] });
  const [suspectedAt] = times(facts, "suspected");
  const [repeatedAt] = times(
    runWith({ ...options, detector: { phi: { threshold: 3, minDeviation: "100ms" } } }, [death(6_200)], { duration: 10, monitors: ["b"] })
      .facts,
    "suspected",
  );
  // From the same last answer; the guess that the window began with makes the deviation a little larger than 100 ms or not at all.
  const perDeviation = (suspectedAt! - repeatedAt!) / (5.612 - 3.0902);
  expect(perDeviation).toBeGreaterThanOrEqual(ms(99.9));
  expect(perDeviation).toBeLessThan(ms(102));
  expect(successors(facts).length).toBe(1);
});

describe("second opinions", () => {
  const away = fault(
    { kind: "cut", from: primary, to: [{ kind: "role", role: "monitor", which: "all" }], oneWay: false },
    ms(2_000),
    ms(4_000),
  );

  it("leave a primary alone that its standbys reach", () => {
    expect(successors(runWith({}, [away]).facts).length).toBeGreaterThan(0);
    expect(successors(runWith({ confirm: "replicas" }, [away]).facts)).toEqual([]);
  });

  it("let a dead one go, later by what the standbys try", () => {
    const at = (confirm: unknown): number => times(runWith({ confirm }, [death()]).facts, "actionable")[0]!;
    const late = at({ replicas: { within: "700ms" } }) - at("none");
    expect(late).toBeGreaterThan(ms(699));
    expect(late).toBeLessThan(ms(720));
    // A crash is refused at once.
    const crashed = (confirm: unknown): number => times(runWith({ confirm }, [crash]).facts, "actionable")[0]!;
    expect(crashed({ replicas: { within: "700ms" } }) - crashed("none")).toBeLessThan(ms(20));
  });
});

describe("who takes over", () => {
  it("is kept out by bans, borders and priority 0, and ranked by preference among equals", () => {
    const [usual] = successors(runWith({}, [death()]).facts);
    const other = usual === 1 ? 2 : 1;
    const zone = (server: number): string => `zone ${"abc"[server]!}`;
    for (const options of [
      { ban: zone(usual!) },
      { prefer: [zone(other)] },
      { priority: { [`server ${usual}`]: 0 } },
      { priority: { [`server ${other}`]: 5 } },
    ])
      expect([options, successors(runWith(options, [death()], { replication: "synchronous" }).facts)]).toEqual([options, [other]]);
    const { facts } = runWith({ preventCrossZone: true }, [death()]);
    expect([successors(facts), notes(facts).slice(0, 1)]).toEqual([[], ["no successor"]]);
    expect(successors(runWith({ preventCrossRegion: true }, [death()]).facts)).toEqual([usual]);
  });

  it("has most of the log first, whatever is preferred, unless rank says otherwise", () => {
    const behind = fault({ kind: "cut", from: primary, to: [{ kind: "server", server: 2 }], oneWay: false }, ms(500), undefined);
    expect(successors(runWith({ prefer: "zone c" }, [behind, death()]).facts)[0]).toBe(1);
    expect(successors(runWith({ prefer: "zone c", rank: "priority" }, [behind, death()]).facts)[0]).toBe(2);
  });

  it("is not too far behind, or nobody; or after all whoever has most", () => {
    const behind = fault(
      {
        kind: "cut",
        from: primary,
        to: [
          { kind: "server", server: 1 },
          { kind: "server", server: 2 },
        ],
        oneWay: false,
      },
      ms(500),
      undefined,
    );
    for (const maxLag of [{ entries: 5 }, { time: "500ms" }]) {
      const { facts } = runWith({ maxLag }, [behind, death(2_500)]);
      expect([successors(facts), notes(facts).includes("no successor")]).toEqual([[], true]);
      expect(successors(runWith({ maxLag, failOnLag: false }, [behind, death(2_500)]).facts).length).toBe(1);
      expect(successors(runWith({ maxLag }, [death(2_500)]).facts).length).toBe(1);
    }
    expect(successors(runWith({ maxLag: { entries: 100_000, time: "1h" } }, [behind, death(2_500)]).facts).length).toBe(1);
  });
});

describe("a block on failovers", () => {
  // The first primary dies for good, its successor (whichever it is) soon after.
  const twice = [death(), fault({ kind: "hostDeath", target: [{ kind: "primaryOf", shard: 0 }] }, ms(6_000), undefined)];

  it("holds the second one back until it is over, and says so", () => {
    const free = runWith({}, twice, { duration: 16 });
    expect(successors(free.facts).length).toBe(2);
    const blocked = runWith({ recoveryBlock: "1h" }, twice, { duration: 16 });
    expect([successors(blocked.facts).length, notes(blocked.facts).includes("recovery blocked")]).toEqual([1, true]);
    const late = runWith({ recoveryBlock: "8s" }, twice, { duration: 16 });
    const ready = late.facts.filter((fact) => fact.kind === "ready" && fact.epoch > 1);
    expect(ready.length).toBe(2);
    expect(ready[1]!.at - ready[0]!.at).toBeGreaterThan(s(8));
    expect(ready[1]!.at - ready[0]!.at).toBeLessThan(s(8.2));
  });

  it("is of the shard that failed over, or of all of the cluster's: another shard's primary is replaced at once or waits as well", () => {
    // Server 0 dies with the primary of shard 0 alone, and three seconds later server 1 with those of both shards.
    const death = (server: number): FaultSpec => ({
      ...fault({ kind: "hostDeath", target: [{ kind: "server", server }] }, ms(2_000 + 3_000 * server), undefined),
      name: `death ${server}`,
    });
    const after = (options: object): readonly (readonly number[])[] => {
      const { facts } = runWith({ recoveryBlock: "6s", ...options }, [death(0), death(1)], { duration: 14, shards: 2 });
      const ready = (shard: number): readonly number[] =>
        facts.flatMap((fact) => (fact.kind === "ready" && fact.epoch > 1 && fact.shard === shard ? [fact.at] : []));
      return [ready(0), ready(1)];
    };
    for (const [options, isBlocked] of [
      [{}, false],
      [{ blockPer: "shard" }, false],
      [{ blockPer: "cluster" }, true],
    ] as const) {
      const [[first, second, ...more] = [], other = []] = after(options);
      expect([more, other.length]).toEqual([[], 1]);
      expect(second! - first!).toBeGreaterThan(s(6));
      if (isBlocked) expect(other[0]! - first!).toBeGreaterThan(s(6));
      else expect(other[0]! - s(5)).toBeLessThan(s(1.5));
    }
  });
});

it("a shard goes home by a planned switchover when its first primary has been well for long enough, and loses nothing by it", () => {
  const short = fault({ kind: "processCrash", target: primary }, ms(2_000), ms(3_000));
  const { facts, data } = runWith({ failback: { whenHealthy: { after: "2s" } } }, [short], { duration: 14 });
  const ready = facts.filter((fact) => fact.kind === "ready" && fact.epoch > 1);
  expect(ready.map((fact) => (fact.kind === "ready" ? [fact.server === 0, fact.planned] : []))).toEqual([
    [false, false],
    [true, true],
  ]);
  expect(ready[1]!.at).toBeGreaterThan(s(7));
  expect(ready[1]!.at).toBeLessThan(s(8.5));
  expect(data.lossWrites).toBe(0);
  expect(successors(runWith({}, [short], { duration: 14 }).facts).length).toBe(1);
});

it("options that name what is not there, or say nothing, are refused", () => {
  expect(monitorOptions.safeParse({ prefer: "room a" }).success).toBe(false);
  expect(monitorOptions.safeParse({ detector: { phi: { threshold: 0 } } }).success).toBe(false);
  expect(monitorOptions.safeParse({ detector: { guess: {} } }).success).toBe(false);
});
