/** Replication by Raft in the simulator: what the module promises must hold on hosts that crash, links that are cut and clocks that err. */
import { expect, it } from "vitest";
import { simulate } from "../../../../src/simulator/cluster/cluster.ts";
import type { FaultAction, Target } from "../../../../src/simulator/faults/fault.ts";
import type { RunRecord } from "../../../../src/simulator/record/record.ts";
import { raftOptions } from "../../../../src/simulator/strategies/replication/raft/part.ts";
import { builtIn, readScenario } from "../../../../src/library.ts";
import { partsOf } from "../../cluster/build.ts";
import { constant, fault, ms, s, smallSpec } from "../../cluster/small-run.ts";

const primary: Target = { kind: "primaryOf", shard: 0 };
const servers = (...ids: number[]): Target[] => ids.map((server) => ({ kind: "server", server }));

const READERS = [
  { name: "readers", zones: ["a"], hosts: 2 },
  { name: "writers", zones: ["b"], hosts: 1 },
];

interface Setting {
  readonly raft?: Readonly<Record<string, unknown>>;
  readonly action?: FaultAction;
  readonly at?: number;
  readonly length?: number;
  readonly seed?: number;
  readonly drift?: readonly [number, number];
  readonly shards?: number;
  readonly rate?: number;
  /** Clients that only read, beside others that only write: who writes finds out soon that its leader is cut off. */
  readonly readers?: true;
}

function run({ raft = {}, action, at = 5, length = 5, seed = 1, drift = [0, 0], readers, shards = 1, rate = 200 }: Setting): RunRecord {
  const spec = smallSpec({
    seed,
    duration: s(20),
    cluster: { shards, ...(readers === undefined ? {} : { clients: READERS }) },
    ...(readers === undefined ? {} : { data: { tables: [{ name: "users", rows: 3, row: 1000, key: "id" }] } }),
    server: { clock: { offset: constant(0), drift: { kind: "uniform", from: drift[0], to: drift[1] } } as never },
  });
  const parts = {
    ...spec.parts,
    replication: { name: "raft", options: raftOptions.parse({ election: "300ms..600ms", heartbeat: "50ms", ...raft }) },
    failover: { name: "none", options: {} },
    fencing: { name: "none", options: {} },
  };
  const app = spec.workload[0]!;
  const plain = [{ ...app, arrivals: { kind: "poisson" as const, rate } }];
  const workload = READERS.map(({ name }) => ({ ...app, name, from: name, mix: name === "readers" ? { read: 1 } : { update: 1 } }));
  return simulate(
    {
      ...spec,
      parts,
      ...(readers === undefined ? { workload: plain } : { workload, client: { ...spec.client, learn: [{ kind: "redirect" }] } }),
      faults: action === undefined ? [] : [fault(action, s(at), s(length))],
    },
    partsOf(),
  );
}

it("a leader whose host dies is followed within the time-outs, and nothing acknowledged is lost", () => {
  for (let seed = 1; seed <= 3; seed += 1) {
    const { outages, data } = run({ seed, action: { kind: "hostDeath", target: [primary] } });
    expect(data.lossWrites).toBe(0);
    expect(outages.length).toBeGreaterThan(0);
    for (const { ended, phases, openedAt, closedAt, elections } of outages) {
      expect(ended).toBe("failover");
      expect(elections).toBeGreaterThanOrEqual(1);
      // The last heartbeat was sent up to 50 ms before the crash; the time-out of the first of two is below 600 ms.
      expect(phases.detection).toBeGreaterThan(ms(300 - 51));
      expect(phases.detection).toBeLessThan(ms(600 + 5));
      expect(phases.publication).toBe(0);
      expect(Object.values<number>({ ...phases }).reduce((sum, phase) => sum + phase, 0)).toBe(closedAt - openedAt);
    }
  }
});

it("without a majority nothing is acknowledged and nothing is wrong", () => {
  const { data, outages, writableShare } = run({ action: { kind: "hostDeath", target: servers(1, 2) }, length: 10 });
  expect(data.lossWrites).toBe(0);
  expect(data.staleReads).toBe(0);
  expect(Math.max(...outages.map(({ openedAt, closedAt }) => closedAt - openedAt))).toBeGreaterThan(s(9));
  expect(writableShare).toBeLessThan(0.7);
});

it("a leader that is cut off with its clients acknowledges nothing that another leader does not know", () => {
  const { data, facts } = run({
    action: { kind: "cut", from: [{ kind: "location", location: "zone", name: "a" }], to: "rest", oneWay: false },
    length: 10,
  });
  expect(data.lossWrites).toBe(0);
  expect(data.splitBrainWrites).toBe(0);
  expect(data.staleReads).toBe(0);
  expect(facts.some((fact) => fact.kind === "ready" && fact.epoch > 1)).toBe(true);
});

it("a read by lease is stale where clocks differ beyond the bound, and never within it", () => {
  const stale = (driftBound: string): number => {
    let found = 0;
    for (let seed = 1; seed <= 2; seed += 1)
      found += run({
        seed,
        raft: { reads: "lease", driftBound, election: "2s..3s", heartbeat: "200ms" },
        readers: true,
        // Clocks that differ in rate by up to two thirds: far beyond what any quartz does, so that the claim is sharp.
        drift: [-400_000, 400_000],
        action: { kind: "cut", from: [primary], to: servers(0, 1, 2), oneWay: false },
        length: 8,
      }).data.staleReads;
    return found;
  };
  expect(stale("0%")).toBeGreaterThan(0);
  expect(stale("100%")).toBe(0);
});

it("heartbeats that travel together are one message between two hosts, and leaders are followed all the same", () => {
  const messages = (raft: Readonly<Record<string, unknown>>): number => run({ raft, shards: 40, rate: 10 }).network.messages;
  // 40 groups on three hosts: of the heartbeats and their answers, one message in a dozen or so is left.
  expect(messages({ coalesce: "20ms" }) * 5).toBeLessThan(messages({}));
  const { data, outages } = run({ raft: { coalesce: "20ms" }, action: { kind: "hostDeath", target: [primary] } });
  expect(data.lossWrites).toBe(0);
  expect(outages.map(({ ended }) => ended)).toEqual(["failover", "failover", "failover"]);
});

it("the map learns of a leader from the leader, even if the metadata service was away when it was elected", () => {
  const { facts } = run({
    action: { kind: "hostDeath", target: [primary, { kind: "role", role: "metadata", which: "all" }] },
  });
  const led = facts.filter((fact) => fact.kind === "ready").at(-1);
  const map = facts.filter((fact) => fact.kind === "map").at(-1);
  expect(led).toMatchObject({ epoch: 2 });
  expect(map).toMatchObject({ epoch: 2, owner: (led as { server: number }).server });
});

const { registry, metrics, invariants } = builtIn();
const problemsOf = (strategies: string): readonly string[] => {
  const text = `name: x\ncommon: { failover: { monitor: {} }, fencing: epoch }\nstrategies:\n${strategies}\n`;
  const read = readScenario(text, { file: "x.yaml", readText: () => undefined, registry, metrics, invariants });
  return read.ok ? [] : read.problems.map(({ line, fault }) => `${line}: ${fault}`);
};

it("a scenario's common failover and fencing are for the others; a strategy that asks for both contradicts itself", () => {
  expect(problemsOf("  r: { replication: raft }\n  a: { replication: asynchronous }")).toEqual([]);
  expect(problemsOf("  r:\n    replication: raft\n    failover: { monitor: {} }")).toEqual([
    "6: replication raft elects its own primary: no failover part can stand beside it",
  ]);
  expect(problemsOf("  r:\n    replication: raft\n    rebalancing: { onMembershipChange: {} }")).toEqual([
    "6: rebalancing is not built yet for replication by raft",
  ]);
});

it("options that the module would refuse are problems of the scenario", () => {
  expect(problemsOf("  r: { replication: { raft: { election: 100ms..200ms, heartbeat: 100ms } } }")[0]).toMatch(
    /^4: the heartbeat is no shorter/,
  );
  expect(problemsOf("  r: { replication: { raft: { election: 200ms..100ms } } }")[0]).toMatch(/ends before it begins/);
  expect(problemsOf("  r: { replication: { raft: { tick: 2s } } }")[0]).toMatch(/a tick is longer/);
  expect(problemsOf("  r: { replication: { raft: { reads: lease, checkQuorum: false } } }")[0]).toMatch(/lease needs checkQuorum/);
});
