import { describe, expect, it } from "vitest";
import { machineId } from "../../../../src/base/ids.ts";
import { createLink, isPingDue, judge, pinged, type Link } from "../../../../src/simulator/strategies/failover/sentinels/link.ts";
import { createTold, Step, type Master } from "../../../../src/simulator/strategies/failover/sentinels/master.ts";
import { sentinelsOptions } from "../../../../src/simulator/strategies/failover/sentinels/part.ts";
import { selectReplica } from "../../../../src/simulator/strategies/failover/sentinels/selection.ts";
import { leaderOf, vote, type Electorate } from "../../../../src/simulator/strategies/failover/sentinels/voting.ts";
import { simulate } from "../../../../src/simulator/cluster/cluster.ts";
import type { FaultAction } from "../../../../src/simulator/faults/fault.ts";
import type { RunRecord } from "../../../../src/simulator/record/record.ts";
import { partsOf } from "../../cluster/build.ts";
import { fault, ms, s, smallSpec } from "../../cluster/small-run.ts";

const NOW = 1_000_000;

function masterOf(servers: readonly number[]): Master {
  const master: Master = {
    shard: 0,
    owner: servers[0]!,
    configEpoch: 1,
    leader: -1,
    leaderEpoch: 0,
    isObjectivelyDown: false,
    step: Step.None,
    stepAt: 0,
    failoverEpoch: 0,
    startAt: -Infinity,
    promoted: -1,
    told: new Map(),
    words: [],
  };
  for (const server of servers) master.told.set(server, createTold(NOW, servers[0]!, server === servers[0], NOW - 500));
  return master;
}

/** Sentinel 0 of so many; gives what it raised and saved. */
function electorateOf(sentinels: number, quorum: number, epoch = 1): Electorate & { saves: number; yields: number } {
  let now = epoch;
  const electorate = {
    self: 0,
    sentinels,
    quorum,
    saves: 0,
    yields: 0,
    epoch: () => now,
    raise: (to: number) => {
      now = Math.max(now, to);
    },
    yielded: () => {
      electorate.yields += 1;
    },
    save: () => {
      electorate.saves += 1;
    },
  };
  return electorate;
}

const word = (leader: number, leaderEpoch: number): NonNullable<Master["words"][number]> => ({
  isDown: true,
  leader,
  leaderEpoch,
  repliedAt: NOW,
});

describe("a sentinel votes", () => {
  it("once in an epoch, for whoever asked first, and holds back its own failover", () => {
    const [master, electorate] = [masterOf([0, 1]), electorateOf(3, 2)];
    vote(master, 2, 1, electorate);
    vote(master, 2, 2, electorate);
    expect([master.leader, master.leaderEpoch, electorate.saves, electorate.yields]).toEqual([1, 2, 1, 1]);
    vote(master, 3, 2, electorate);
    expect([master.leader, master.leaderEpoch]).toEqual([2, 3]);
  });

  it("for nobody in an epoch that is over", () => {
    const [master, electorate] = [masterOf([0, 1]), electorateOf(3, 2, 5)];
    vote(master, 4, 1, electorate);
    expect([master.leader, electorate.saves]).toEqual([-1, 0]);
  });
});

describe("a leader is elected", () => {
  it("by a majority of all sentinels, however few a quorum asks for", () => {
    const master = masterOf([0, 1]);
    expect(leaderOf(master, 2, electorateOf(5, 1, 2))).toBe(-1);
    master.words.push(undefined, word(0, 2), undefined, undefined, undefined);
    expect(leaderOf(master, 2, electorateOf(5, 1, 2))).toBe(-1);
    master.words[2] = word(0, 2);
    expect(leaderOf(master, 2, electorateOf(5, 1, 2))).toBe(0);
  });

  it("by the quorum too, where that is more", () => {
    const master = masterOf([0, 1]);
    master.words.push(undefined, word(0, 2), word(0, 2), undefined, undefined);
    expect(leaderOf(master, 2, electorateOf(5, 4, 2))).toBe(-1);
    master.words[3] = word(0, 2);
    expect(leaderOf(master, 2, electorateOf(5, 4, 2))).toBe(0);
  });

  it("by votes of the present epoch alone", () => {
    const master = masterOf([0, 1]);
    master.words.push(undefined, word(0, 1), word(0, 1));
    expect(leaderOf(master, 2, electorateOf(3, 2, 2))).toBe(-1);
  });
});

describe("the replica to promote", () => {
  const links = (): Link[] => [0, 1, 2].map((id) => createLink(machineId(id), NOW, { ping: 100, hello: 0 }));
  const select = (master: Master, all: readonly Link[]): number => selectReplica(master, [0, 1, 2], (server) => all[server]!, NOW, 1_000);

  it("has the longest log; of equals the first", () => {
    const master = masterOf([0, 1, 2]);
    expect(select(master, links())).toBe(1);
    master.told.get(2)!.offset = 7;
    expect(select(master, links())).toBe(2);
  });

  it("is connected, was heard in the last five seconds, and has told how it stands", () => {
    for (const spoil of [
      (link: Link) => (link.isConnected = false),
      (link: Link) => (link.heardAt = NOW - 5_001),
      (link: Link) => (link.isDown = true),
    ]) {
      const all = links();
      spoil(all[1]!);
      expect(select(masterOf([0, 1, 2]), all)).toBe(2);
    }
    const master = masterOf([0, 1, 2]);
    master.told.get(1)!.infoAt = 0;
    expect(select(master, links())).toBe(2);
  });

  it("was not without its primary for ten times down-after longer than the primary is down", () => {
    const [master, all] = [masterOf([0, 1, 2]), links()];
    Object.assign(all[0]!, { isDown: true, downAt: NOW - 500 });
    master.told.get(1)!.unlinked = 10_501;
    expect(select(master, all)).toBe(2);
    master.told.get(1)!.unlinked = 10_500;
    expect(select(master, all)).toBe(1);
  });

  it("is nobody where nobody qualifies", () => {
    const all = links();
    for (const link of all) link.isConnected = false;
    expect(select(masterOf([0, 1, 2]), all)).toBe(-1);
  });
});

it("a ping goes out once a second has passed since the last answer, and a link is down once the first unanswered is too old", () => {
  const link = createLink(machineId(0), NOW, { ping: 0, hello: 0 });
  expect([isPingDue(link, NOW + 1_000, 3_000), isPingDue(link, NOW + 1_001, 3_000)]).toEqual([false, true]);
  pinged(link, NOW + 1_001);
  expect(isPingDue(link, NOW + 1_501, 3_000)).toBe(false);
  pinged(link, NOW + 2_100);
  expect([judge(link, NOW + 4_001, 3_000), judge(link, NOW + 4_002, 3_000), judge(link, NOW + 4_003, 3_000)]).toEqual([
    undefined,
    "down",
    undefined,
  ]);
});

function run(action: FaultAction, at: number, length: number | undefined, seed = 1): RunRecord {
  const base = smallSpec({
    seed,
    duration: s(35),
    settle: s(15),
    prober: { every: ms(50), deadline: s(1) },
    faults: [fault(action, s(at), length === undefined ? undefined : s(length))],
  });
  return simulate(
    {
      ...base,
      hosts: { ...base.hosts, sentinel: base.hosts["monitor"]! },
      client: { ...base.client, learn: [{ kind: "ask" }] },
      workload: [{ ...base.workload[0]!, arrivals: { kind: "poisson", rate: 30 } }],
      parts: {
        ...base.parts,
        failover: { name: "sentinels", options: sentinelsOptions.parse({ downAfter: "1s", failoverTimeout: "10s" }) },
        fencing: { name: "none", options: {} },
      },
    },
    partsOf(),
  );
}

it("a dead primary is replaced: every step of the outage has its fact, in order", () => {
  const { outages, facts, data } = run({ kind: "hostDeath", target: [{ kind: "server", server: 0 }] }, 5, undefined);
  const ended = outages.filter(({ ended: how }) => how === "failover");
  expect(ended.length).toBe(3);
  for (const { phases } of ended) {
    expect(phases.detection).toBeGreaterThan(1_000_000);
    for (const phase of [phases.decision, phases.promotion, phases.publication]) expect(phase).toBeGreaterThan(0);
  }
  const chosen = facts.find((fact) => fact.kind === "chosen");
  const actionable = facts.find((fact) => fact.kind === "actionable" && chosen?.kind === "chosen" && fact.by === chosen.by);
  expect(actionable!.at).toBeLessThan(chosen!.at);
  expect(facts.filter((fact) => fact.kind === "visible" && fact.epoch === 2)).toHaveLength(3);
  expect(data.splitBrainWrites).toBe(0);
});

it("an isolated primary goes on taking writes until it is back, then is made a standby and takes back what nobody has", () => {
  const { facts, data } = run({ kind: "cut", from: [{ kind: "location", location: "zone", name: "a" }], to: "rest", oneWay: false }, 5, 15);
  expect(data.splitBrainWrites).toBeGreaterThan(50);
  expect(data.lossWrites).toBeGreaterThan(50);
  const demoted = facts.find((fact) => fact.kind === "demoted" && fact.server === 0);
  // The cut ends at 20 s; a replica that says it is primary is given four hello periods, and asked every ten seconds.
  expect(demoted!.at / 1e6).toBeGreaterThan(28);
  expect(demoted!.at / 1e6).toBeLessThan(33);
  expect(facts.some((fact) => fact.kind === "rejoined" && fact.server === 0 && fact.rewound > 0)).toBe(true);
  expect(data.divergedReplicas).toBe(0);
});

it("a process that is back before it was missed is primary again, unasked", () => {
  const { facts, outages } = run({ kind: "processCrash", target: [{ kind: "server", server: 0 }] }, 5, 0.4);
  expect(facts.filter((fact) => fact.kind === "chosen")).toEqual([]);
  expect(facts.filter((fact) => fact.kind === "ready" && fact.server === 0 && fact.epoch === 1)).toHaveLength(2);
  expect(outages.every(({ ended }) => ended === "returned")).toBe(true);
});
