import { expect, it } from "vitest";
import { createCandidacy, isTooOld, stand } from "../../../../src/simulator/strategies/failover/gossip/election.ts";
import { createHealth } from "../../../../src/simulator/strategies/failover/gossip/health.ts";
import { answered, countReports, createNode, isOverdue } from "../../../../src/simulator/strategies/failover/gossip/node.ts";
import { gossipOptions } from "../../../../src/simulator/strategies/failover/gossip/part.ts";
import { createSlots } from "../../../../src/simulator/strategies/failover/gossip/slots.ts";
import { simulate } from "../../../../src/simulator/cluster/cluster.ts";
import type { FaultAction, Target } from "../../../../src/simulator/faults/fault.ts";
import type { RunRecord } from "../../../../src/simulator/record/record.ts";
import { partsOf } from "../../cluster/build.ts";
import { fault, ms, s, smallSpec } from "../../cluster/small-run.ts";

const NOW = 1_000_000;
const settings = { nodeTimeout: 2_000, validityFactor: 10, requireFullCoverage: true };

it("a replica asks for votes 500 to 999 ms after its primary has failed, and a second later for each that is further on", () => {
  for (const [rank, draw] of [
    [0, 0],
    [0, 499],
    [2, 250],
  ] as const) {
    const candidacy = createCandidacy();
    expect(stand(candidacy, NOW, rank, settings, () => draw)).toBe("scheduled");
    const due = NOW + 500 + draw + rank * 1_000;
    expect(stand(candidacy, due - 1, rank, settings, () => 0)).toBe("none");
    expect(stand(candidacy, due, rank, settings, () => 0)).toBe("ask");
  }
});

it("a replica that turns out to be further behind waits longer", () => {
  const candidacy = createCandidacy();
  stand(candidacy, NOW, 0, settings, () => 0);
  expect(stand(candidacy, NOW + 500, 1, settings, () => 0)).toBe("none");
  expect(stand(candidacy, NOW + 1_500, 1, settings, () => 0)).toBe("ask");
});

it("an election that nobody won is tried again after four node time-outs, and lapses after two", () => {
  const candidacy = createCandidacy();
  stand(candidacy, NOW, 0, settings, () => 0);
  expect(stand(candidacy, NOW + 500 + 4_001, 0, settings, () => 0)).toBe("none");
  expect(stand(candidacy, NOW + 500 + 8_000, 0, settings, () => 0)).toBe("none");
  expect(stand(candidacy, NOW + 500 + 8_001, 0, settings, () => 0)).toBe("scheduled");
});

it("data are too old after the validity factor in node time-outs, and 10 s; a factor of 0 lets everybody stand", () => {
  expect([isTooOld(32_000, settings), isTooOld(32_001, settings)]).toEqual([false, true]);
  expect(isTooOld(Infinity, { ...settings, validityFactor: 0 })).toBe(false);
});

it("reports are valid for two node time-outs", () => {
  const node = createNode(1, NOW, 0);
  node.reports.set(2, NOW).set(3, NOW + 100);
  expect([countReports(node, NOW + 4_000, 2_000), countReports(node, NOW + 4_050, 2_000)]).toEqual([2, 1]);
});

it("other data than an answer keep a node from being overdue; a failed primary is taken back only after a while", () => {
  const node = createNode(1, NOW, 0);
  node.pingedAt = NOW;
  expect([isOverdue(node, NOW + 2_000, 2_000), isOverdue(node, NOW + 2_001, 2_000)]).toEqual([false, true]);
  node.dataAt = NOW + 1_000;
  expect(isOverdue(node, NOW + 2_001, 2_000)).toBe(false);
  Object.assign(node, { hasFailed: true, failedAt: NOW });
  answered(node, NOW + 4_000, true, 2_000);
  expect(node.hasFailed).toBe(true);
  answered(node, NOW + 4_001, true, 2_000);
  expect(node.hasFailed).toBe(false);
});

const five = (): Parameters<typeof createSlots>[0] => {
  const numbers = Int32Array.from([0, 1, 2]);
  const ones = new Int32Array(3).fill(1);
  return { owners: numbers, epochs: ones, members: ones, standing: ones, replicas: [], goal: { operations: 0, lost: [] }, claimed: ones };
};

it("a claim wins under a greater epoch alone", () => {
  const slots = createSlots(five(), undefined);
  expect([
    slots.learn({ shard: 0, owner: 4, epoch: 1 }),
    slots.learn({ shard: 0, owner: 4, epoch: 3 }),
    slots.learn({ shard: 0, owner: 0, epoch: 2 }),
  ]).toEqual([false, true, false]);
  expect([slots.owner(0), slots.epoch(0), slots.primaries()]).toEqual([4, 3, [4, 1, 2]]);
});

it("a primary among a minority stops, and comes back a rejoin delay after it has seen the majority again", () => {
  const slots = createSlots(five(), undefined);
  const nodes = [undefined, createNode(1, NOW, 0), createNode(2, NOW, 0)];
  const health = createHealth(0, 3, slots, nodes, settings, true);
  expect([health.update(NOW), health.isUp()]).toEqual([false, true]);
  for (const node of nodes) if (node !== undefined) node.mayHaveFailed = true;
  expect([health.update(NOW + 10), health.isUp()]).toEqual([true, false]);
  for (const node of nodes) if (node !== undefined) node.mayHaveFailed = false;
  expect([health.update(NOW + 2_009), health.update(NOW + 2_010), health.isUp()]).toEqual([false, true, true]);
});

it("a primary that has just started serves nothing for two seconds; one shard's failed owner stops all, if full coverage is asked for", () => {
  const slots = createSlots(five(), undefined);
  const nodes = [undefined, createNode(1, NOW, 0), createNode(2, NOW, 0)];
  const fresh = createHealth(0, 3, slots, nodes, settings, false);
  expect([fresh.update(NOW), fresh.update(NOW + 1_999), fresh.update(NOW + 2_000)]).toEqual([false, false, true]);
  nodes[1]!.hasFailed = true;
  expect([fresh.update(NOW + 3_000), fresh.isUp()]).toEqual([true, false]);
  const lenient = createHealth(0, 3, slots, nodes, { ...settings, requireFullCoverage: false }, true);
  expect([lenient.update(NOW), lenient.isUp()]).toEqual([false, true]);
});

function run(action: FaultAction, at: number, length: number | undefined, options: object = {}): RunRecord {
  const base = smallSpec({
    duration: s(18),
    settle: s(12),
    prober: { every: ms(50), deadline: s(1) },
    faults: [fault(action, s(at), length === undefined ? undefined : s(length))],
  });
  return simulate(
    {
      ...base,
      cluster: { ...base.cluster, shards: 3 },
      workload: [{ ...base.workload[0]!, arrivals: { kind: "poisson", rate: 60 } }],
      parts: {
        ...base.parts,
        placement: {
          name: "explicit",
          options: [
            [0, 1, 2],
            [1, 2, 0],
            [2, 0, 1],
          ],
        },
        failover: { name: "gossip", options: gossipOptions.parse({ nodeTimeout: "1s", ...options }) },
        fencing: { name: "none", options: {} },
      },
    },
    partsOf(),
  );
}
const server = (id: number): Target => ({ kind: "server", server: id });

it("a dead server's shard is taken over by one of its replicas, elected by the other primaries", () => {
  const { facts, outages, data } = run({ kind: "hostDeath", target: [server(0)] }, 5, undefined);
  const chosen = facts.filter((fact) => fact.kind === "chosen");
  expect(chosen.map((fact) => [fact.shard, fact.server > 0])).toEqual([[0, true]]);
  expect(facts.filter((fact) => fact.kind === "election" && fact.outcome === "won")).toHaveLength(1);
  expect(outages.filter(({ shard, ended }) => shard === 0 && ended === "failover")).toHaveLength(3);
  expect(data.splitBrainWrites).toBe(0);
});

it("with full coverage the others' shards stand still until the dead one's is taken over, without it they go on", () => {
  const others = ({ outages }: RunRecord): number => outages.filter(({ shard }) => shard !== 0).length;
  const death: FaultAction = { kind: "hostDeath", target: [server(0)] };
  expect(others(run(death, 5, undefined))).toBeGreaterThan(0);
  expect(others(run(death, 5, undefined, { requireFullCoverage: false }))).toBe(0);
});

it("a primary that is cut off from the others stops within its node time-out, and comes back as a standby", () => {
  const { facts, data } = run({ kind: "cut", from: [server(0)], to: [server(1), server(2)], oneWay: false }, 5, 10);
  const [demoted] = facts.filter((fact) => fact.kind === "demoted" && fact.shard === 0 && fact.server === 0);
  expect(demoted!.at / 1e6).toBeGreaterThan(6);
  expect(demoted!.at / 1e6).toBeLessThan(7);
  const ready = facts.find((fact) => fact.kind === "ready" && fact.shard === 0 && fact.epoch > 1);
  expect(ready!.at).toBeGreaterThan(demoted!.at);
  expect(data.splitBrainWrites).toBe(0);
  expect(data.lossWrites).toBeGreaterThan(0);
  expect(facts.some((fact) => fact.kind === "rejoined" && fact.server === 0 && fact.shard === 0 && fact.rewound > 0)).toBe(true);
  expect(data.divergedReplicas).toBe(0);
});
