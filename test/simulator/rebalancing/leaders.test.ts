/** Leader balancing under Raft: leaders even out over servers by handing over, and nothing else changes. */
import { describe, expect, it } from "vitest";
import type { Fact } from "../../../src/base/fact.ts";
import { builtIn } from "../../../src/library.ts";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { LeaderBalancingSpec, RunSpec } from "../../../src/simulator/cluster/spec.ts";
import type { RunRecord } from "../../../src/simulator/record/record.ts";
import { raftOptions } from "../../../src/simulator/strategies/replication/raft/part.ts";
import { INVARIANTS } from "../../../src/study/checks/invariants.ts";
import { readScenario } from "../../../src/study/scenario/read.ts";
import { partsOf } from "../cluster/build.ts";
import { fault, ms, s, smallSpec } from "../cluster/small-run.ts";

const SHARDS = 12;

function run(leaderBalancing: LeaderBalancingSpec | undefined, shards = SHARDS): RunRecord {
  const base = smallSpec({
    duration: s(16),
    settle: s(10),
    cluster: { shards, replicas: 3 },
    prober: { every: ms(500), deadline: s(1) },
    faults: [fault({ kind: "hostDeath", target: [{ kind: "server", server: 0 }] }, s(2), s(4))],
  });
  const zone = (name: string) => ({ kind: "zone" as const, name });
  const spec: RunSpec = {
    ...base,
    workload: [{ ...base.workload[0]!, arrivals: { kind: "poisson", rate: 50 } }],
    parts: {
      ...base.parts,
      replication: { name: "raft", options: raftOptions.parse({ heartbeat: "300ms" }) },
      failover: { name: "none", options: {} },
      fencing: { name: "none", options: {} },
    },
    hosts: { metadata: [zone("c")], ...(leaderBalancing === undefined ? {} : { rebalancer: [zone("b")] }) },
    ...(leaderBalancing === undefined ? {} : { leaderBalancing }),
  };
  return simulate(spec, partsOf());
}

/** Who leads how many shards at the end, by server. */
function leads({ facts }: RunRecord, shards = SHARDS): readonly number[] {
  const owners = new Map<number, number>();
  for (const fact of facts) if (fact.kind === "map") owners.set(fact.shard, fact.owner);
  expect(owners.size).toBe(shards);
  const counts = [0, 0, 0];
  for (const owner of owners.values()) counts[owner] = counts[owner]! + 1;
  return counts;
}
const ready = ({ facts }: RunRecord): Extract<Fact, { readonly kind: "ready" }>[] =>
  facts.filter((fact): fact is Extract<Fact, { readonly kind: "ready" }> => fact.kind === "ready" && fact.at > 0);

describe("leaders", () => {
  const options = { interval: s(4), threshold: 0.1, atOnce: 2 };

  it("do not come back by themselves to a server that was away; balanced, they do, as planned changes that lose and break nothing", () => {
    const left = run(undefined);
    expect(leads(left)[0]).toBe(0);
    const record = run(options);
    expect(leads(record)).toEqual([4, 4, 4]);
    const planned = ready(record).filter((fact) => fact.planned);
    expect(planned.length).toBeGreaterThanOrEqual(4);
    expect(planned.filter(({ server }) => server === 0)).toHaveLength(4);
    // Nobody was suspected for it, and at most two were under way at once.
    for (const { shard, epoch } of planned)
      expect(record.facts.some((fact) => fact.kind === "chosen" && fact.shard === shard && fact.epoch === epoch)).toBe(true);
    expect(record.data.lossWrites + record.data.splitBrainWrites).toBe(0);
    for (const { name, judge } of INVARIANTS) expect([name, judge(record).kind]).not.toEqual([name, "broken"]);
    // A hand-over is an election without a time-out: an outage that it makes is short.
    for (const outage of record.outages.filter(({ openedAt }) => openedAt > s(7)))
      expect(outage.closedAt - outage.openedAt).toBeLessThan(ms(500));
  });

  it("below the threshold are left where they are", () => {
    const record = run({ ...options, threshold: 0.6 });
    expect(leads(record)[0]).toBe(0);
    expect(ready(record).filter(({ planned }) => planned)).toEqual([]);
  });

  it("of many groups even out too", () => {
    const record = run({ interval: s(3), threshold: 0.05, atOnce: 8 }, 80);
    const counts = leads(record, 80);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });
});

it("balancing leaders that nobody elects is a problem of the scenario, unless it is common to those that do", () => {
  const problemsOf = (text: string): readonly string[] => {
    const read = readScenario(`name: x\n${text}\n`, { file: "x.yaml", readText: () => undefined, ...builtIn() });
    return read.ok ? [] : read.problems.map(({ line, fault: what }) => `${line}: ${what}`);
  };
  expect(problemsOf("strategies:\n  r: { replication: raft, rebalancing: { leaderBalancing: { interval: 5s } } }")).toEqual([]);
  expect(problemsOf("strategies:\n  a: { rebalancing: leaderBalancing }")).toEqual([
    "3: leaders are balanced only where replicas elect them",
  ]);
  expect(problemsOf("common: { rebalancing: leaderBalancing }\nstrategies:\n  r: { replication: raft }\n  a: {}")).toEqual([]);
  expect(problemsOf("strategies:\n  r: { replication: raft, rebalancing: onMembershipChange }")).toEqual([
    "3: rebalancing is not built yet for replication by raft",
  ]);
});
