/** Moves under live writes with faults at any point, of everybody concerned; and what must hold whatever happens. */
import fc from "fast-check";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { OperationAction, RunSpec } from "../../../src/simulator/cluster/spec.ts";
import type { FaultSpec, Target } from "../../../src/simulator/faults/fault.ts";
import type { RunRecord } from "../../../src/simulator/record/record.ts";
import { INVARIANTS } from "../../../src/study/checks/invariants.ts";
import { partsOf } from "./build.ts";
import { constant, fault, ms, s, smallSpec } from "./small-run.ts";

/** Copies begin at 2 s and take about half a second. */
const BEGIN = 2_000;

export interface Move {
  readonly seed: number;
  readonly action: OperationAction;
  /** Keys are dealt over servers: what moves are keys between their shards. */
  readonly overServers: boolean;
  readonly cutover: "forwarding" | "dualWrite" | "freeze";
  readonly faults: readonly Strike[];
}

export interface Strike {
  readonly kind: "processCrash" | "hostDeath" | "pause";
  readonly target: Target;
  readonly at: number;
  readonly length: number;
}

const target: fc.Arbitrary<Target> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 1).map((shard): Target => ({ kind: "primaryOf", shard })) },
  { weight: 4, arbitrary: fc.nat(5).map((server): Target => ({ kind: "server", server })) },
  { weight: 3, arbitrary: fc.constant<Target>({ kind: "role", role: "rebalancer", which: "all" }) },
  { weight: 2, arbitrary: fc.constant<Target>({ kind: "role", role: "metadata", which: "all" }) },
);

const strike: fc.Arbitrary<Strike> = fc.record({
  kind: fc.constantFrom("processCrash" as const, "processCrash" as const, "hostDeath" as const, "pause" as const),
  target,
  at: fc.integer({ min: BEGIN, max: BEGIN + 1_500 }),
  length: fc.integer({ min: 1, max: 3_000 }),
});

export const move: fc.Arbitrary<Move> = fc.record({
  seed: fc.nat(1_000_000),
  action: fc.constantFrom<OperationAction>(
    { kind: "add", zones: ["a", "b", "c"] },
    { kind: "add", zones: ["a", "b", "c"] },
    { kind: "remove", server: 3 },
    { kind: "reshard", into: { kind: "shards", shards: 4 } },
  ),
  overServers: fc.boolean(),
  cutover: fc.constantFrom("forwarding" as const, "dualWrite" as const, "freeze" as const),
  faults: fc.array(strike, { minLength: 1, maxLength: 3 }),
});

function specOf({ seed, action, overServers, cutover, faults }: Move, replication = "synchronous"): RunSpec {
  const perZone = action.kind === "add" ? 1 : 2;
  const isOver = overServers && action.kind !== "reshard";
  const zones = ["a", "b", "c"].map((name) => ({ name, racks: [{ name, servers: perZone }] }));
  const spec = smallSpec({
    seed,
    warmup: ms(500),
    duration: s(7),
    settle: s(60),
    prober: { every: ms(50), deadline: s(1) },
    cluster: {
      shards: isOver ? 3 * perZone : 2,
      replicas: 3,
      regions: [{ name: "r", zones }],
      clients: [{ name: "web", zones: ["a", "b"], hosts: 2 }],
    },
    data: { tables: [{ name: "users", rows: 200, row: 1000, key: "id" }] },
  });
  const app = spec.workload[0]!;
  return {
    ...spec,
    ...(isOver ? { over: "servers" as const } : {}),
    client: { ...spec.client, timeout: ms(200) },
    hosts: { ...spec.hosts, rebalancer: [{ kind: "zone", name: "b" }] },
    workload: [{ ...app, arrivals: { kind: "poisson", rate: 120 } }],
    parts: {
      ...spec.parts,
      replication: { name: replication, options: replication === "asynchronous" ? { ship: { every: 50_000 } } : {} },
      failover: { name: "monitor", options: { heartbeat: 200_000, misses: 3, gather: 100_000 } },
    },
    operations: [{ name: "the move", label: "move", at: constant(ms(BEGIN)), action, throttle: 200_000, cutover }],
    faults: faults.map((one, place): FaultSpec => ({
      ...fault({ kind: one.kind, target: [one.target] }, ms(one.at), ms(one.length)),
      name: `fault ${place}`,
    })),
  };
}

/** Servers with a copy of each shard at the end. */
function run(spec: RunSpec): { readonly record: RunRecord; readonly holders: readonly (readonly number[])[] } {
  let holders: readonly (readonly number[])[] = [];
  const record = simulate(spec, partsOf(), {
    ended: ({ ledger }) => {
      holders = ledger.shards.map(({ stores }) =>
        stores
          .filter((store) => !store.destroyed())
          .map(({ server }) => server)
          .sort((a, b) => a - b),
      );
    },
  });
  return { record, holders };
}

/** The steps of a move that came before what they need: nobody joins without a copy, nobody is handed over to who did not join. */
function outOfOrder({ facts }: RunRecord): string[] {
  // Steps are stated by the rebalancer: what it had done and not yet said when it crashed nobody says.
  if (facts.some((fact) => fact.kind === "process" && fact.process === "rebalancer" && fact.change === "crashed")) return [];
  const reached = new Map<string, Set<string>>();
  const needs = { joined: "copied", cutOver: "joined" } as const;
  const found: string[] = [];
  for (const fact of facts) {
    if (fact.kind !== "move") continue;
    const place = `${fact.shard} ${fact.to}`;
    const before = reached.get(place) ?? new Set();
    reached.set(place, before.add(fact.phase));
    if (fact.phase !== "joined" && fact.phase !== "cutOver") continue;
    const needed = needs[fact.phase];
    // Who holds a copy from the start need not get one.
    if (before.has("start") && !before.has(needed)) found.push(`shard ${fact.shard}: ${fact.phase} at server ${fact.to} before ${needed}`);
  }
  return found;
}

/** What did not hold of a move without faults under asynchronous replication: a planned hand-over loses nothing. */
export function calmProblems(seed: number, cutover: Move["cutover"], shipEvery: number): string[] {
  const action = { kind: "remove", server: 0 } as const;
  const spec = specOf({ seed, action, overServers: false, cutover, faults: [] }, "asynchronous");
  const [app] = spec.workload;
  const { record, holders } = run({
    ...spec,
    workload: [{ ...app!, arrivals: { kind: "poisson", rate: 800 } }],
    parts: { ...spec.parts, replication: { name: "asynchronous", options: { ship: { every: shipEvery } } } },
  });
  const { lossWrites, staleReads, splitBrainWrites, phantomWrites } = record.data;
  const found = outOfOrder(record);
  if (lossWrites + staleReads + splitBrainWrites + phantomWrites > 0)
    found.push(`${lossWrites} lost, ${staleReads} stale, ${splitBrainWrites} of two primaries, ${phantomWrites} phantoms`);
  if (!record.facts.some((fact) => fact.kind === "move" && fact.phase === "cutOver")) found.push("nothing was handed over");
  if (holders.some((servers) => servers.includes(0))) found.push("a copy is left on the server that left");
  return found;
}

/** What did not hold; empty if all did. */
export function problems(move: Move): string[] {
  const { record, holders } = run(specOf(move));
  const found: string[] = outOfOrder(record);
  if (record.data.lossWrites > 0) found.push(`${record.data.lossWrites} writes are lost`);
  if (!move.faults.some(({ kind }) => kind === "pause") && record.data.staleReads > 0)
    found.push(`${record.data.staleReads} reads are stale`);
  if (!record.quiescent) found.push("not quiescent");
  for (const { name, judge } of INVARIANTS) {
    const verdict = judge(record);
    if (verdict.kind === "broken") found.push(`${name}: ${verdict.what}`);
  }
  for (const [shard, servers] of holders.entries()) {
    if (servers.length !== 3) found.push(`shard ${shard} has copies on ${servers.join(" ")}`);
    if (move.action.kind === "remove" && servers.includes(move.action.server))
      found.push(`shard ${shard} still has a copy on a server that left`);
  }
  if (move.action.kind === "add" && !holders.some((servers) => servers.some((server) => server >= 3)))
    found.push("nothing came to the new servers");
  return found;
}
