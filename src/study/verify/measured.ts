/**
 * Real clusters beside simulated ones: how long each took until a killed or frozen primary had a successor, step by step. The
 * measured times are of real servers on one machine (tools/measure; measured-times.ts); the simulated ones of whole runs of the
 * parts with the same options. Two samples of one distribution (Kolmogorov-Smirnov), where nobody here wrote the first.
 *
 * A hundred trials see shifts of about a standard deviation, not of a tenth: agreement to the timer's tick is the Monte Carlo's
 * to judge (`verify failover`), that it plays the right timers is judged here.
 */
import { assert } from "../../base/assert.ts";
import type { Fact } from "../../simulator/record/fact.ts";
import { alike, type VerifyCase } from "./case.ts";
import { experiment, us } from "./laboratory.ts";
import { MEASURED, type MeasuredName } from "./measured-times.ts";
import { readSettings, type Setting } from "./settings.ts";
import type { Topic, TopicOptions } from "./topic.ts";

/** What is looked for in a record from the fault on; undefined: it did not happen. */
type Find = (facts: readonly Fact[]) => Fact | undefined;

interface Step {
  /** As the measurement calls it. */
  readonly key: string;
  readonly name: string;
  readonly find: Find;
  /** Counted from the end of the fault, not from its beginning. */
  readonly isAfterwards?: true;
}

interface System {
  readonly name: MeasuredName;
  readonly what: string;
  readonly text: string;
  /** `--set`s of the planted twin: something in it is slower. */
  readonly planted: readonly string[];
  readonly steps: readonly Step[];
}

const S = 1_000_000;
const SUSPECTED: Find = (facts) => facts.find((fact) => fact.kind === "suspected" && fact.server === 0);
const ACTIONABLE: Find = (facts) => facts.find(({ kind }) => kind === "actionable");
const READY: Find = (facts) => facts.find((fact) => fact.kind === "ready" && fact.shard === 0);
const DEMOTED: Find = (facts) => facts.find((fact) => fact.kind === "demoted" && fact.server === 0 && fact.shard === 0);
const election =
  (outcome: "started" | "won"): Find =>
  (facts) =>
    facts.find((fact) => fact.kind === "election" && fact.outcome === outcome);

/** A killed process closes its connections; a stopped one does not answer, while its kernel takes connections. */
const FAULTS = { killed: "processCrash", frozen: "pause" } as const;
type Fault = keyof typeof FAULTS;

/** What is alike in all: one machine's loopback, files in memory, little load. */
const text = (zones: string, cluster: string, fault: string, duration: number, strategy: string): string => `
name: verify-measured
question: When does a real cluster have a successor for its primary, and when a simulated one?
repeats: 200
warmup: 0s
duration: ${us(duration)}
settle: 1s
window: 10m
prober: { every: 10s }
cluster:
  regions: { local: { zones: { ${zones} } } }
  ${cluster}
  server: { fsync: 100us }
  network: { sameHost: 50us, sameZone: 50us, crossZone: 50us }
  clients: [ { name: app, zones: [a], hosts: 1 } ]
data: { tables: { items: { rows: 10 } } }
workload: [ { name: load, arrivals: { poisson: 2/s }, mix: { update: 100% } } ]
faults: [ { ${fault} } ]
strategies: { one: ${strategy} }
`;

function redisCluster(name: MeasuredName, timeout: number, fault: Fault, replicas: number): System {
  const servers = 3 * (1 + replicas);
  // Answers are told of in whole seconds, so pings fall into step with them after a while.
  const settled = 2 * timeout + 8 * S;
  const placement = [0, 1, 2].map((shard) => `[${Array.from({ length: 1 + replicas }, (_, i) => shard + 3 * i).join(", ")}]`).join(", ");
  return {
    name,
    what: `Redis Cluster 7.0.15, node time-out ${timeout / S} s, 3 primaries${replicas > 1 ? `, ${replicas} replicas each` : ""}, ${fault}`,
    text: text(
      `a: ${servers}`,
      `shards: 3\n  replicas: ${1 + replicas}`,
      `at: uniform(${us(settled)}..${us(settled + S)}), ${FAULTS[fault]}: server 0, for: ever`,
      settled + timeout * 1.6 + 4 * S,
      `{ placement: { explicit: [ ${placement} ] }, replication: asynchronous, failover: { gossip: { nodeTimeout: ${us(timeout)} } }, hosts: { metadata: [ zone a ] }, client: { learn: [ redirect ] } }`,
    ),
    planted: [`strategies.one.failover.gossip.nodeTimeout=${us(timeout * 1.3)}`],
    steps: [
      { key: "suspected", name: "first PFAIL", find: SUSPECTED },
      { key: "failed", name: "FAIL", find: ACTIONABLE },
      { key: "write", name: "first write", find: READY },
    ],
  };
}

const sentinels = (downAfter: number): string =>
  `{ placement: { explicit: [ [0, 1, 2] ] }, replication: asynchronous, failover: { sentinels: { downAfter: ${us(downAfter)}, quorum: 2 } }, hosts: { metadata: [ zone a ], sentinel: [ zone a, zone a, zone a ] }, client: { learn: [ ask ] } }`;

function redisSentinel(name: MeasuredName, downAfter: number, fault: Fault): System {
  return {
    name,
    what: `Redis Sentinel 7.0.15, down after ${downAfter / S} s, 3 sentinels, 2 replicas, ${fault}`,
    text: text(
      "a: 3",
      "shards: 1\n  replicas: 3",
      `at: uniform(3s..4s), ${FAULTS[fault]}: server 0, for: ever`,
      downAfter + 10 * S,
      sentinels(downAfter),
    ),
    planted: [`strategies.one.failover.sentinels.downAfter=${us(downAfter + S)}`],
    steps: [
      { key: "suspected", name: "first +sdown", find: SUSPECTED },
      { key: "agreed", name: "first +odown", find: ACTIONABLE },
      // A client that waited for it was cut off by the promotion (CLIENT KILL) and came back some 15 ms later.
      { key: "ordered", name: "order to the successor", find: READY },
      { key: "promoted", name: "promotion seen", find: (facts) => facts.find(({ kind }) => kind === "visible") },
    ],
  };
}

/** A primary that was frozen until it had a successor goes on as primary until a sentinel makes it a replica. */
function redisSentinelWoken(name: MeasuredName): System {
  return {
    name,
    what: "Redis Sentinel 7.0.15, down after 1 s, 3 sentinels, 2 replicas, frozen and woken",
    text: text("a: 3", "shards: 1\n  replicas: 3", "at: uniform(3s..4s), pause: server 0, for: uniform(5s..6s)", 22 * S, sentinels(S)),
    // The sentinels are half the world away.
    planted: ["cluster.network.sameZone=100ms"],
    steps: [{ key: "converted", name: "made a replica", find: DEMOTED, isAfterwards: true }],
  };
}

function etcd(name: MeasuredName, members: number, fault: Fault, preVote = false): System {
  return {
    name,
    what: `etcd 3.4.23, heartbeat 100 ms, election time-out 1 s, ${members} members${preVote ? ", pre-vote" : ""}, ${fault}`,
    text: text(
      `a: ${members}`,
      `shards: 1\n  replicas: ${members}`,
      `at: uniform(3s..5s), ${FAULTS[fault]}: primary of shard 0, for: ever`,
      16 * S,
      `{ preset: etcd-${preVote ? "3.5" : "3.4"}, client: { learn: [ redirect ] }, hosts: { metadata: [ zone a ] } }`,
    ),
    planted: ["strategies.one.replication.raft.election=1700ms..3200ms"],
    steps: [
      { key: "candidate", name: "first candidate", find: election("started") },
      { key: "leader", name: "leader", find: election("won") },
    ],
  };
}

function patroni(name: MeasuredName, ttl: number, loopWait: number, fault: Fault): System {
  return {
    name,
    what: `Patroni 3.0.2 on etcd, ttl ${ttl / S} s, loop_wait ${loopWait / S} s, 3 nodes, ${fault}`,
    text: text(
      "a: 3",
      "shards: 1\n  replicas: 3\n  metadata: { read: 0ms, claim: 1ms, commit: 1ms }",
      `at: uniform(${us(loopWait * 3)}..${us(loopWait * 4)}), ${FAULTS[fault]}: [ process agent on server 0, process database on server 0 ], for: ever`,
      loopWait * 4 + ttl + 8 * S,
      `{ placement: { explicit: [ [0, 1, 2] ] }, replication: asynchronous, failover: { lease: { ttl: ${us(ttl)}, loopWait: ${us(loopWait)}, retryTimeout: ${us(loopWait)} } }, hosts: { metadata: [ zone a ] } }`,
    ),
    planted: [`strategies.one.failover.lease.ttl=${us(ttl * 1.3)}`],
    steps: [
      { key: "taken", name: "key taken", find: (facts) => facts.find(({ kind }) => kind === "chosen") },
      { key: "write", name: "first write", find: READY },
    ],
  };
}

const SYSTEMS: readonly System[] = [
  redisCluster("redis-cluster-2s-kill", 2 * S, "killed", 1),
  redisCluster("redis-cluster-2s-stop", 2 * S, "frozen", 1),
  redisCluster("redis-cluster-2s-kill-2-replicas", 2 * S, "killed", 2),
  redisCluster("redis-cluster-5s-kill", 5 * S, "killed", 1),
  redisCluster("redis-cluster-5s-stop", 5 * S, "frozen", 1),
  redisCluster("redis-cluster-15s-kill", 15 * S, "killed", 1),
  redisCluster("redis-cluster-15s-stop", 15 * S, "frozen", 1),
  redisSentinel("redis-sentinel-1s-kill", S, "killed"),
  redisSentinel("redis-sentinel-5s-kill", 5 * S, "killed"),
  redisSentinel("redis-sentinel-5s-stop", 5 * S, "frozen"),
  redisSentinelWoken("redis-sentinel-1s-wake"),
  redisSentinel("redis-sentinel-30s-kill", 30 * S, "killed"),
  redisSentinel("redis-sentinel-30s-stop", 30 * S, "frozen"),
  etcd("etcd-3-kill", 3, "killed"),
  etcd("etcd-3-stop", 3, "frozen"),
  etcd("etcd-5-kill", 5, "killed"),
  etcd("etcd-3-kill-pre-vote", 3, "killed", true),
  patroni("patroni-30s-kill", 30 * S, 10 * S, "killed"),
  patroni("patroni-30s-stop", 30 * S, 10 * S, "frozen"),
  patroni("patroni-20s-kill", 20 * S, 5 * S, "killed"),
];

/** One of each kind and fault; the others are for whoever asks. */
const USUAL: readonly MeasuredName[] = [
  "redis-cluster-2s-kill",
  "redis-cluster-2s-kill-2-replicas",
  "redis-cluster-5s-stop",
  "redis-sentinel-5s-kill",
  "redis-sentinel-5s-stop",
  "redis-sentinel-1s-wake",
  "etcd-3-kill",
  "etcd-5-kill",
  "patroni-30s-kill",
  "patroni-30s-stop",
];

const RUNS = 200;
const SOME = "usual";
const ALL = "all";
const NAMES = [SOME, ALL, ...SYSTEMS.map(({ name }) => name)];
const SETTINGS: readonly Setting[] = [
  { name: "system", default: SOME, what: `which clusters: ${NAMES.join(", ")}`, kind: { words: NAMES } },
];

export const MEASUREMENTS: Topic = {
  name: "measured",
  summary: "time from a primary's death to its successor: real clusters, killed and timed, against the simulated ones",
  settings: SETTINGS,
  runsLeast: 50,
  run: (options) => {
    const read = readSettings(SETTINGS, options.set);
    assert(read.ok, "settings were checked");
    const wanted = read.settings.word("system");
    const isWanted = (name: MeasuredName): boolean => wanted === ALL || (wanted === SOME ? USUAL.includes(name) : wanted === name);
    return SYSTEMS.filter(({ name }) => isWanted(name)).flatMap((system) => casesOf(system, options));
  },
};

function casesOf(
  { name, what, text: scenario, planted, steps }: System,
  { runs = RUNS, plant, progress }: TopicOptions,
): readonly VerifyCase[] {
  const simulated = experiment({ text: scenario, set: plant ? planted : [], repeats: runs, progress }, ({ facts }) => {
    const fault = facts.find(({ kind }) => kind === "fault");
    assert(fault !== undefined, `${name}: nothing was done`);
    const end = facts.find((fact) => fact.kind === "fault" && fact.phase === "end") ?? fault;
    return steps.map(({ find, isAfterwards }) => {
      const { at: since } = isAfterwards === true ? end : fault;
      const found = find(facts.filter(({ at }) => at >= since));
      return found === undefined ? undefined : (found.at - since) / 1000;
    });
  });
  return steps.map((step, place) => {
    const measured = MEASURED[name][step.key];
    assert(measured !== undefined, `${name}: ${step.key} was not measured`);
    const times = simulated.flatMap((run) => run[place] ?? []);
    return alike(
      {
        case: `${what}: ${step.name}, distance of distributions`,
        source: `real servers: test/data/measured/${name}.json`,
        note: `real ${quantiles(measured)}; simulated ${quantiles(times)}${times.length < runs ? `; ${runs - times.length} runs without` : ""}`,
      },
      times,
      measured,
    );
  });
}

/** 10 %, 50 % and 90 %, in seconds. */
function quantiles(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string => ((sorted[Math.floor(share * sorted.length)] ?? NaN) / 1000).toFixed(2);
  return `${at(0.1)}, ${at(0.5)}, ${at(0.9)} s (10 %, 50 %, 90 %; n ${sorted.length})`;
}
