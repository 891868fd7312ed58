/** Adversarial schedules: a small cluster, any strategy, any overlapping faults; and what must hold whatever happens. */
import fc from "fast-check";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { Remains } from "../../../src/simulator/cluster/run.ts";
import type { LearnSpec, RunSpec } from "../../../src/simulator/cluster/spec.ts";
import type { FaultAction, FaultSpec, Target } from "../../../src/simulator/faults/fault.ts";
import type { RunRecord } from "../../../src/simulator/record/record.ts";
import { INVARIANTS } from "../../../src/study/checks/invariants.ts";
import type { Reads } from "../../../src/simulator/strategies/routing/reads.ts";
import {
  asynchronousOptions,
  chainOptions,
  semiSynchronousOptions,
  synchronousOptions,
} from "../../../src/simulator/strategies/replication/policies.ts";
import { gossipOptions } from "../../../src/simulator/strategies/failover/gossip/part.ts";
import { leaseOptions } from "../../../src/simulator/strategies/failover/lease/part.ts";
import { sentinelsOptions } from "../../../src/simulator/strategies/failover/sentinels/part.ts";
import { quorumOptions } from "../../../src/simulator/strategies/replication/quorum/options.ts";
import { raftOptions } from "../../../src/simulator/strategies/replication/raft/part.ts";
import { proxyOptions } from "../../../src/simulator/strategies/routing/proxy.ts";
import { partsOf } from "./build.ts";
import { constant, exponential, ms, s, smallSpec } from "./small-run.ts";

export interface Chaos {
  readonly seed: number;
  readonly replication: "none" | "asynchronous" | "semiSynchronous" | "synchronous" | "chain" | "raft" | "quorum";
  readonly shipEvery: number;
  readonly failover: "none" | "manual" | "monitor" | "sentinels" | "gossip" | "lease";
  readonly fencing: "none" | "epoch";
  readonly shards: number;
  readonly replicas: number;
  readonly perZone: number;
  readonly cores: number;
  readonly queue: number;
  readonly rate: number;
  readonly closed: boolean;
  readonly drift: number;
  readonly offset: number;
  readonly loss: number;
  readonly jitter: boolean;
  /** Mean one-way latency between zones, microseconds. */
  readonly latency: number;
  /** All within two seconds, and soon over. */
  readonly tight: boolean;
  readonly budget: number;
  readonly timeout: number;
  readonly learn: "redirect" | "watch" | "poll" | "ttl" | "ask";
  readonly faults: readonly Strike[];
  /** Operations on several rows too, read from replicas. */
  readonly several?: Several | undefined;
  /** Connections of a client host to each server. */
  readonly pool?: number | undefined;
  /** Behind routers with a buffer of so many requests. */
  readonly buffered?: number | undefined;
}

/** Failovers that keep their own news, and whom their faults strike besides. */
export const redis: fc.Arbitrary<Partial<Chaos>> = fc.record({
  replication: fc.constantFrom("asynchronous" as const, "asynchronous" as const, "synchronous" as const),
  failover: fc.constantFrom("sentinels" as const, "gossip" as const),
  shards: fc.constantFrom(1, 3),
  learn: fc.constantFrom("redirect" as const, "watch" as const, "ask" as const),
});

/** The failover that keeps its own processes, beside a chain or none under those that keep their own news. */
export const others: fc.Arbitrary<Partial<Chaos>> = fc.oneof(
  fc.record({
    replication: fc.constant("asynchronous" as const),
    failover: fc.constant("lease" as const),
    fencing: fc.constant("none" as const),
  }),
  fc.record({ replication: fc.constant("chain" as const), failover: fc.constantFrom("sentinels" as const, "gossip" as const) }),
);

export interface Several {
  readonly reads: Reads;
  readonly consistency: number | undefined;
  readonly onFailure: "refuse" | "return";
  readonly sharding: "ring" | "ranges";
}

const PLAIN_KINDS = ["processCrash", "hostDeath", "pause", "cut", "oneWay"] as const;
const GRAY_KINDS = ["powerLoss", "wipe", "freeze", "slow", "slowLink", "loss", "flap", "skew", "drift", "clockJump"] as const;

export interface Strike {
  readonly kind: (typeof PLAIN_KINDS)[number] | (typeof GRAY_KINDS)[number];
  readonly target: Target;
  readonly to: Target | "rest";
  readonly at: number;
  /** Milliseconds, or for ever. */
  readonly length: number | undefined;
  /** Again and again, with such a pause on average between the beginnings; not once at `at`. */
  readonly every: number | undefined;
  /** How bad it is, 0 to 1, where there are degrees. */
  readonly much?: number;
}

const DURATION = 12_000;

const target: fc.Arbitrary<Target> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 1).map((shard): Target => ({ kind: "primaryOf", shard })) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("standbyOf" as const), ordinal: fc.constantFrom(1, 2), shard: fc.constantFrom(0, 1) }),
  },
  { weight: 1, arbitrary: fc.constantFrom(0, 1).map((shard): Target => ({ kind: "standbysOf", shard })) },
  { weight: 1, arbitrary: fc.constant<Target>({ kind: "primaries" }) },
  { weight: 2, arbitrary: fc.nat(2).map((server): Target => ({ kind: "server", server })) },
  { weight: 1, arbitrary: fc.constantFrom("a", "b", "c").map((name): Target => ({ kind: "location", location: "zone", name })) },
  { weight: 1, arbitrary: fc.nat(2).map((count): Target => ({ kind: "randomServers", count: count + 1 })) },
  { weight: 1, arbitrary: fc.constantFrom(1, 2, 3).map((which): Target => ({ kind: "role", role: "monitor", which })) },
  { weight: 1, arbitrary: fc.constant<Target>({ kind: "role", role: "metadata", which: "all" }) },
  { weight: 1, arbitrary: fc.constantFrom(undefined, "a", "b").map((zone): Target => ({ kind: "clients", group: "web", zone })) },
);

const strike: fc.Arbitrary<Strike> = fc.record({
  kind: fc.constantFrom(...PLAIN_KINDS),
  target,
  to: fc.oneof(fc.constant("rest" as const), target),
  at: fc.nat(DURATION - 1),
  length: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 1, max: 8_000 }) }, { weight: 1, arbitrary: fc.constant(undefined) }),
  every: fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.integer({ min: 300, max: 4_000 }) }),
});

/** Any kind of fault, the gray ones as often as the plain ones. */
export const grayFaults: fc.Arbitrary<readonly Strike[]> = fc.array(
  fc
    .tuple(strike, fc.constantFrom(undefined, ...GRAY_KINDS, ...GRAY_KINDS), fc.constantFrom(0.01, 0.1, 0.3, 1))
    .map(([plain, kind, much]) => (kind === undefined ? plain : { ...plain, kind, much })),
  { minLength: 1, maxLength: 6 },
);

export const chaos: fc.Arbitrary<Chaos> = fc.record({
  seed: fc.nat(1_000_000),
  replication: fc.constantFrom(
    "none" as const,
    "asynchronous" as const,
    "synchronous" as const,
    "semiSynchronous" as const,
    "chain" as const,
    "raft" as const,
    "raft" as const,
  ),
  shipEvery: fc.constantFrom(0, 0, 20_000, 300_000),
  failover: fc.constantFrom("none" as const, "manual" as const, "monitor" as const, "monitor" as const),
  fencing: fc.constantFrom("none" as const, "epoch" as const, "epoch" as const),
  shards: fc.constantFrom(1, 2, 3),
  replicas: fc.constantFrom(3, 3, 3, 2),
  perZone: fc.constantFrom(1, 1, 2),
  cores: fc.constantFrom(1, 4),
  queue: fc.constantFrom(2, 20, 1000),
  rate: fc.constantFrom(50, 200, 600),
  closed: fc.boolean(),
  drift: fc.constantFrom(0, 0, 200, 20_000),
  offset: fc.constantFrom(0, 500_000),
  loss: fc.constantFrom(0, 0, 0.02),
  jitter: fc.boolean(),
  latency: fc.constantFrom(1_000, 1_000, 15_000),
  tight: fc.boolean(),
  budget: fc.constantFrom(1, 0.1),
  timeout: fc.constantFrom(100, 500),
  learn: fc.constantFrom("redirect" as const, "watch" as const, "poll" as const, "ttl" as const),
  faults: fc.array(strike, { maxLength: 8 }),
});

export const several: fc.Arbitrary<Several> = fc
  .record({
    reads: fc.constantFrom<Reads>(
      { kind: "primary" },
      { kind: "roundRobin" },
      { kind: "random" },
      { kind: "choices", of: 2 },
      { kind: "leastOutstanding" },
      { kind: "nearestZone" },
    ),
    consistency: fc.constantFrom(undefined, undefined, 100_000),
    onFailure: fc.constantFrom("refuse" as const, "return" as const),
    sharding: fc.constantFrom("ring" as const, "ranges" as const),
  })
  .map((one) => (one.reads.kind === "primary" ? { ...one, consistency: undefined } : one));

/** A part of everything, a third of it on several rows. */
const WIDE: Partial<RunSpec["workload"][number]> = {
  mix: { read: 0.2, update: 0.3, insert: 0.1, readModifyWrite: 0.05, delete: 0.05, scan: 0.1, find: 0.1, multiRead: 0.1 },
  scan: { length: constant(20) },
  find: { column: "city" },
  multiRead: { keys: constant(5) },
};

export function specOf(plan: Chaos): RunSpec {
  const zone = ["a", "b", "c"].map((name) => ({ name, racks: [{ name, servers: plan.perZone }] }));
  const spec = smallSpec({
    seed: plan.seed,
    warmup: ms(500),
    duration: ms(DURATION),
    settle: s(60),
    cluster: { shards: plan.shards, replicas: plan.replicas, regions: [{ name: "r", zones: zone }] },
    server: {
      cores: plan.cores,
      queue: plan.queue,
      clock: {
        offset: { kind: "uniform", from: -plan.offset, to: plan.offset },
        drift: { kind: "uniform", from: -plan.drift, to: plan.drift },
      } as never,
    },
  });
  const app = spec.workload[0]!;
  const slow = plan.jitter ? exponential(plan.latency) : constant(plan.latency);
  return {
    ...spec,
    client: {
      ...spec.client,
      timeout: ms(plan.timeout),
      budget: plan.budget,
      learn: learnOf(plan),
      ...(plan.pool === undefined ? {} : { pool: { size: plan.pool, roundTrips: 2, connectTimeout: ms(plan.timeout) } }),
    },
    cluster: { ...spec.cluster, network: { ...spec.cluster.network, loss: plan.loss, crossZone: slow } },
    workload: [
      {
        ...app,
        mix: { read: 0.3, update: 0.4, insert: 0.1, readModifyWrite: 0.1, delete: 0.1 },
        arrivals: plan.closed
          ? { kind: "closed", clients: Math.ceil(plan.rate / 20), think: exponential(20_000) }
          : { kind: "poisson", rate: plan.rate },
        ...(plan.several === undefined ? {} : WIDE),
      },
    ],
    data: plan.several === undefined ? spec.data : { tables: spec.data.tables.map((table) => ({ ...table, columns: { city: 50 } })) },
    faults: plan.faults.map((strike, place) => faultOf(watching(plan.tight ? tightened(strike) : strike, plan), place, plan.shards)),
    parts: {
      ...spec.parts,
      replication: { name: plan.replication, options: replicationOptions(plan) },
      failover: {
        name: hasNoFailover(plan) ? "none" : plan.failover,
        options: failoverOptions(plan),
      },
      fencing: { name: plan.fencing, options: {} },
      ...(plan.several === undefined ? {} : partsFor(plan.several, spec)),
      ...(plan.buffered === undefined ? {} : { routing: { name: "proxy", options: routerOptions(plan) } }),
    },
    hosts: {
      ...spec.hosts,
      ...(plan.buffered === undefined ? {} : { router: spec.hosts["monitor"]! }),
      ...(plan.failover === "sentinels" ? { sentinel: spec.hosts["monitor"]! } : {}),
    },
  };
}

/** What routers do for the operations of the plan: reads and fan-out as clients would, and a buffer that is soon full. */
function routerOptions({ several: wide, buffered, timeout }: Chaos): object {
  return proxyOptions.parse({
    buffer: { requests: buffered, window: "2s", every: "20ms" },
    timeout: `${Math.ceil(timeout / 2)}ms`,
    ...(wide === undefined ? {} : { scatter: { onFailure: wide.onFailure } }),
  });
}

function partsFor({ reads, consistency, onFailure, sharding }: Several, { parts }: RunSpec): Partial<RunSpec["parts"]> {
  const options = { reads, scatter: { onFailure }, ...(consistency === undefined ? {} : { consistency }) };
  return {
    routing: { name: "smartClient", options },
    sharding: sharding === "ring" ? parts.sharding : { name: "ranges", options: {} },
  };
}

/** Raft counts in ticks under half of the plans, reads by lease where clocks keep within its bound. */
function replicationOptions({ replication, shipEvery, seed, drift, replicas, faults }: Chaos): object {
  if (replication === "asynchronous")
    return asynchronousOptions.parse({ ship: { every: `${shipEvery}us` }, ...asynchronously(seed, replicas) });
  if (replication === "semiSynchronous") return semiSynchronousOptions.parse(semiSynchronously(seed, replicas));
  if (replication === "synchronous") return synchronousOptions.parse(keeping(seed));
  if (replication === "chain") return chainOptions.parse({ reads: seed % 2 === 0 ? "tail" : "craq", ...keeping(seed) });
  if (replication === "quorum")
    return quorumOptions.parse({
      r: 1 + (seed % 2),
      w: 1 + (Math.floor(seed / 2) % 2),
      antiEntropy: { every: "1s" },
      hints: { flush: "1s" },
      timeout: "500ms",
      commitLog: seed % 3 === 0 ? { periodic: "1s" } : "batch",
      sloppy: seed % 5 === 0,
      ask: seed % 7 === 0 ? "enough" : "all",
    });
  if (replication !== "raft") return {};
  // A lease by a clock that stands, or runs faster than it may, is none.
  const isClockSound = drift <= 200 && faults.every(({ kind }) => kind !== "freeze" && kind !== "drift");
  const reads = isClockSound && seed % 3 === 0 ? "lease" : "readIndex";
  return raftOptions.parse({
    election: "300ms..600ms",
    heartbeat: "50ms",
    preVote: seed % 5 !== 0,
    reads,
    eagerCommit: seed % 7 === 0,
    ...(seed % 2 === 0 ? { tick: "50ms" } : {}),
    ...(seed % 11 === 0 ? { coalesce: "20ms" } : {}),
  });
}

/** Now and then so little log is kept that standbys need a full copy, and diverged ones are not rewound. */
const keeping = (seed: number): object => ({
  ...(seed % 3 === 0 ? { retain: "20KB" } : {}),
  ...(seed % 5 === 0 ? { diverged: "copy" } : {}),
});

const asynchronously = (seed: number, replicas: number): object => ({
  ...keeping(seed),
  ...(seed % 4 === 1 ? { minReplicas: 1, minReplicasMaxLag: "2s" } : {}),
  ...(seed % 7 === 2 ? { delay: "3s" } : {}),
  ...(seed % 2 === 0 && replicas > 2 ? { cascade: true } : {}),
});

const semiSynchronously = (seed: number, replicas: number): object => ({
  ...keeping(seed),
  acks: seed % 3 === 1 ? replicas - 1 : 1,
  timeout: seed % 2 === 0 ? "500ms" : "3s",
  onTimeout: seed % 5 === 3 ? "block" : "fallback",
  waitPoint: seed % 7 < 3 ? "afterCommit" : "afterSync",
  ackWhen: (["received", "synced", "applied"] as const)[seed % 3],
});
function failoverOptions(plan: Chaos): object {
  if (plan.failover === "none" || hasNoFailover(plan)) return {};
  if (plan.failover === "sentinels") return sentinelsOptions.parse({ downAfter: "1s", failoverTimeout: "3s" });
  if (plan.failover === "gossip") return gossipOptions.parse({ nodeTimeout: "1s", requireFullCoverage: plan.seed % 2 === 0 });
  if (plan.failover === "lease") return leaseOptions.parse({ ttl: "3s", loopWait: "1s", retryTimeout: "1s" });
  return { heartbeat: 200_000, misses: 3, gather: 100_000, ...(plan.failover === "manual" ? { operatorDelay: 1_500_000 } : {}) };
}

const hasNoFailover = ({ replication }: Chaos): boolean => replication === "raft" || replication === "quorum";

function learnOf({ learn }: Chaos): LearnSpec[] {
  switch (learn) {
    case "redirect":
      return [{ kind: "redirect" }];
    case "watch":
      return [{ kind: "redirect" }, { kind: "watch" }];
    case "poll":
      return [{ kind: "redirect" }, { kind: "poll", every: s(1) }];
    case "ask":
      return [{ kind: "ask" }];
    case "ttl":
      return [{ kind: "ttl", after: s(2) }];
  }
}

/** Targets of shards that this plan does not have name another. */
const within = (target: Target, shards: number): Target => ("shard" in target ? { ...target, shard: target.shard % shards } : target);

/** Who watches is struck: sentinels in place of monitors. */
function watching(strike: Strike, { failover }: Chaos): Strike {
  const instead = (target: Target): Target =>
    failover === "sentinels" && target.kind === "role" && target.role === "monitor" ? { ...target, role: "sentinel" } : target;
  return { ...strike, target: instead(strike.target), to: strike.to === "rest" ? "rest" : instead(strike.to) };
}

const tightened = (strike: Strike): Strike => ({
  ...strike,
  at: 3_000 + (strike.at % 2_000),
  length: strike.length === undefined ? undefined : 1 + (strike.length % 700),
});

function faultOf(whole: Strike, place: number, shards: number): FaultSpec {
  const strike = { ...whole, target: within(whole.target, shards), to: whole.to === "rest" ? ("rest" as const) : within(whole.to, shards) };
  const action = actionOf(strike);
  // A crash with `ever` leaves the host standing and its data unread; a cut or pause for ever can never settle.
  const mayLast: readonly string[] = ["hostDeath", "processCrash", "powerLoss", "wipe", "clockJump"];
  const length = strike.kind === "clockJump" ? undefined : (strike.length ?? (mayLast.includes(strike.kind) ? undefined : 5_000));
  return {
    name: `fault ${place}`,
    label: `${strike.kind} ${place}`,
    when: strike.every === undefined ? { kind: "at", at: constant(ms(strike.at)) } : { kind: "every", gap: exponential(ms(strike.every)) },
    action,
    lasts: length === undefined ? { kind: "ever" } : { kind: "for", length: constant(ms(length)) },
    path: `faults[${place}]`,
  };
}

function actionOf(strike: Strike): FaultAction {
  const { kind, much = 1 } = strike;
  const target = [strike.target];
  const link = { from: target, to: strike.to === "rest" ? ("rest" as const) : [strike.to], oneWay: much < 0.2 };
  switch (kind) {
    case "cut":
    case "oneWay":
      return { kind: "cut", ...link, oneWay: kind === "oneWay" };
    case "slow":
      return { kind, target, cpu: 1 + 30 * much, disk: 1 + 100 * much };
    case "slowLink":
      return { kind, ...link, delay: exponential(Math.round(300_000 * much)) };
    case "loss":
      return { kind, ...link, share: 0.5 * much };
    case "flap":
      return { kind, ...link, down: exponential(Math.round(1_000_000 * much)), up: exponential(400_000) };
    case "skew":
    case "clockJump":
      return { kind, target, by: Math.round((much < 0.2 ? -1 : 1) * 10_000_000 * much) };
    case "drift":
      return { kind, target, ppm: (much < 0.2 ? -1 : 1) * 500_000 * much };
    default:
      return { kind, target };
  }
}

/** Runs a plan and throws if anything that must hold does not; twice, if asked, and then the runs must be alike. */
export function endure(plan: Chaos, twice = false): RunRecord {
  const spec = specOf(plan);
  const problems: string[] = [];
  const record = simulate(spec, partsOf(), {
    ended: (remains) => {
      problems.push(...leaks(plan, remains));
    },
  });
  problems.push(...judge(plan, record));
  if (twice && simulate(spec, partsOf()).digest !== record.digest) problems.push("a second run has another digest");
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return record;
}

/** What the pools hold once all is quiet must be in a log, in a state or on its way. */
function leaks(plan: Chaos, remains: Remains): string[] {
  const { operations } = remains.ledger;
  // Requests whose clients gave up may still wait for a core.
  remains.drain(s(30));
  const messages = remains.messages();
  const reachable = new Set<number>();
  for (const shard of remains.ledger.shards)
    for (const store of [...shard.stores, ...shard.copies]) {
      if (store.destroyed()) continue;
      for (let index = store.base() + 1; index <= store.written(); index += 1) reachable.add(store.versionAt(index));
      for (const version of store.replacedVersions()) reachable.add(version);
      for (let local = 0; local < shard.keys.count(); local += 1) reachable.add(store.stateAt(local));
    }
  reachable.delete(0);
  const found: string[] = [];
  // Heartbeats, watches and shipments under way.
  const exchanges = plan.replication === "quorum" ? 300 : 0;
  if (messages > 30 * plan.perZone + 6 * plan.shards + exchanges) found.push(`${messages} messages left`);
  // Hints for replicas that are gone keep what they are about.
  if (plan.replication === "quorum") return found;
  const lostVersions = operations.liveVersions() - reachable.size;
  if (lostVersions < 0 || lostVersions > messages * 512) found.push(`${lostVersions} versions left of ${operations.liveVersions()}`);
  if (operations.live() > operations.liveVersions() + messages)
    found.push(`${operations.live()} operations left with ${operations.liveVersions()} versions`);
  return found;
}

export function judge(plan: Chaos, record: RunRecord): string[] {
  const problems: string[] = [];
  const claim = (holds: boolean, what: string): void => {
    if (!holds) problems.push(what);
  };
  for (const invariant of INVARIANTS) {
    if (invariant.name === "replicas-converge") continue;
    const verdict = invariant.judge(record);
    claim(
      verdict.kind !== "broken",
      `${invariant.name}: ${verdict.kind === "broken" ? `${verdict.what} at ${verdict.when ?? "the end"}` : ""}`,
    );
  }
  for (const outage of record.outages) {
    const { detection, decision, promotion, publication, reconnection } = outage.phases;
    const sum = detection + decision + promotion + publication + reconnection + outage.phases.return;
    claim(
      outage.ended === "open" ? sum === 0 : sum === outage.closedAt - outage.openedAt,
      `phases sum to ${sum} of an outage of ${outage.closedAt - outage.openedAt}`,
    );
    claim(
      Object.values(outage.phases).every((phase) => phase >= 0),
      "a phase is negative",
    );
  }
  const { data } = record;
  claim(data.lossVisible <= data.lossWrites, `${data.lossVisible} visible of ${data.lossWrites} lost`);
  claim(data.phantomWrites === 0, `${data.phantomWrites} refused writes took effect`);
  claim(record.quiescent, "not quiescent after settling");
  const destroys = plan.faults.some(({ kind, length }) => kind === "wipe" || (kind !== "clockJump" && length === undefined));
  if ((plan.replication === "synchronous" || plan.replication === "chain") && plan.fencing === "epoch" && !destroys)
    claim(data.lossWrites === 0, `${plan.replication} lost ${data.lossWrites} writes`);
  claim((data.lossFallenBack ?? 0) <= data.lossWrites, `${data.lossFallenBack ?? 0} lost while fallen back, of ${data.lossWrites}`);
  if (plan.replication === "raft") {
    claim(data.splitBrainWrites === 0, `${data.splitBrainWrites} writes of two leaders at once`);
    if (!destroys) claim(data.lossWrites === 0, `raft lost ${data.lossWrites} writes`);
    const isLeaderAsked = plan.several === undefined || plan.several.reads.kind === "primary";
    // A retried write that took effect twice brings its value back: Raft orders what it is given, and is given it twice.
    if (!destroys && isLeaderAsked && data.duplicatedWrites === 0)
      claim(data.staleReads === 0, `raft answered ${data.staleReads} stale reads`);
  }
  if (record.quiescent && !destroys)
    claim(data.divergedReplicas === 0, `${data.divergedReplicas} of ${data.comparedReplicas} replicas differ`);
  return problems;
}
