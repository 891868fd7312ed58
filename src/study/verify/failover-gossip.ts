/**
 * Gossip among servers (`failover: gossip`). The model plays cluster_legacy.c for three primaries and a replica of each:
 * ten runs of the cron a second, each up to a millisecond late (ae.c, ae_epoll.c), a ping a second to the oldest of five
 * random nodes, another to whoever has been silent for half of the time-out, what each answer tells of third nodes (of those
 * that may have failed from the next run on), agreement of primaries, then the replica's delay.
 */
import type { Random } from "../../base/random.ts";
import type { Chosen, Mechanism, Trial } from "./failover-mechanism.ts";
import { us } from "./laboratory.ts";

/** One way, any two hosts; on one host; a flush of any log device. Milliseconds. */
const ONE_WAY = 0.5;
const SAME_HOST = 0.02;
const FLUSH = 1;
const NODES = 6;
const PRIMARIES = 3;
/** Node 0 dies at 0; this one has its shard's other replica. */
const REPLICA = 3;

const TEXT = `
name: verify-failover-gossip
question: When does a cluster have a successor for a primary whose host dies?
repeats: 1000
warmup: 0s
duration: 60s
settle: 1s
window: 10m
prober: { every: 10s }
cluster:
  regions: { local: { zones: { a: 6 } } }
  shards: 3
  replicas: 2
  server: { fsync: ${FLUSH}ms }
  network: { sameHost: ${SAME_HOST}ms, sameZone: ${ONE_WAY}ms }
  clients: [ { name: app, zones: [a], hosts: 1 } ]
data: { tables: { items: { rows: 10 } } }
workload: [ { name: load, arrivals: { poisson: 0.1/s }, mix: { read: 100% } } ]
faults: [ { at: uniform(3s..4s), hostDeath: server 0, for: ever } ]
strategies:
  one:
    placement: { explicit: [ [0, 3], [1, 4], [2, 5] ] }
    replication: asynchronous
    failover: { gossip: {} }
    hosts: { metadata: [ zone a ] }
    client: { learn: [ redirect ] }
`;

export const GOSSIP: Mechanism = {
  name: "gossip",
  source: "Redis 7 src/cluster_legacy.c: clusterCron, clusterSendPing, clusterProcessGossipSection, clusterHandleSlaveFailover",
  settings: [
    { name: "nodeTimeout", default: "15s", what: "cluster-node-timeout, 100ms to 2m", kind: "duration", min: 100_000, max: 120_000_000 },
  ],
  text: TEXT,
  set: (chosen) => [
    `strategies.one.failover.gossip.nodeTimeout=${us(chosen("nodeTimeout"))}`,
    `faults[0].at=uniform(${us(chosen("nodeTimeout"))}..${us(chosen("nodeTimeout") + 1_000_000)})`,
    `duration=${us(chosen("nodeTimeout") * 3 + 8_000_000)}`,
  ],
  model,
  // Beside a replica's delay of up to a second, a tenth of a short time-out would be nothing.
  planted: (chosen) => ({ nodeTimeout: Math.max(1.1, 1 + 300_000 / chosen("nodeTimeout")) }),
  windows: [
    {
      system: "Redis Cluster",
      source:
        "Redis 7 with a node time-out of 15 s: a ping is out after at most half of it, then the time-out, reports, 0.5 s to 1 s of delay",
      options: {},
      low: 16_000_000,
      high: 24_000_000,
      planted: { nodeTimeout: "30s" },
    },
  ],
  countsElections: true,
};

interface Modelled {
  readonly id: number;
  tick: number;
  round: number;
  readonly pongAt: number[];
  readonly pingedAt: number[];
  mayHaveFailed: boolean;
  /** It did so when the last run of its cron began: only then are others told (stats_pfail_nodes). */
  tells: boolean;
  readonly reports: Map<number, number>;
  authAt: number;
}

/** Milliseconds inside. Answers are instantaneous but for what an election takes. */
function model(chosen: Chosen, random: Random): Trial {
  const timeout = Math.round(chosen("nodeTimeout") / 1000);
  const begin = -timeout - random.uniform() * 1_000;
  const all = Array.from({ length: NODES }, (_, id) => fresh(id, begin, timeout, random));
  let failedAt = Infinity;
  for (;;) {
    const node = all.reduce((next, one) => (one.tick < next.tick && !(one.id === 0 && one.tick > 0) ? one : next), all[REPLICA]!);
    const now = node.tick;
    node.round += 1;
    node.tells = node.mayHaveFailed;
    const pinged: number[] = [];
    if (node.round % 10 === 0) {
      const picks = Array.from({ length: 5 }, () => random.below(NODES)).filter((to) => to !== node.id && node.pingedAt[to] === 0);
      if (picks.length > 0)
        ping(
          node,
          picks.reduce((oldest, to) => (node.pongAt[to]! < node.pongAt[oldest]! ? to : oldest)),
        );
    }
    for (let to = 0; to < NODES; to += 1) {
      if (to === node.id) continue;
      if (node.pingedAt[to] === 0 && now - node.pongAt[to]! > timeout / 2) ping(node, to);
      else if (node.pingedAt[to] !== 0 && now - node.pingedAt[to]! > timeout && failedAt === Infinity) node.mayHaveFailed = true;
    }
    // Answers come once the cron is over, and find what was suspected in it.
    for (const to of pinged) answer(node, to, now);
    if (node.id === REPLICA && failedAt < now) {
      if (node.authAt === Infinity) node.authAt = now + 500 + random.below(500);
      else if (now >= node.authAt) {
        const failover = now + 2 * FLUSH + 2 * ONE_WAY + 2 * SAME_HOST + FLUSH;
        return { detection: failedAt * 1000, failover: failover * 1000, published: (failover + SAME_HOST) * 1000, elections: 1 };
      }
    }
    node.tick += 100 + random.uniform();

    function ping(from: Modelled, to: number): void {
      from.pingedAt[to] = now;
      if (to !== 0 || now <= 0) pinged.push(to);
    }
  }

  function answer(from: Modelled, to: number, now: number): void {
    // The answer is made before what the ping tells is read.
    tell(all[to]!, from, now);
    tell(from, all[to]!, now);
    from.pongAt[to] = now;
    from.pingedAt[to] = 0;
  }

  /** What one node tells another of third ones: up to three at random, and the one that may have failed. */
  function tell(from: Modelled, to: Modelled, now: number): void {
    const told = new Set<number>();
    for (let tries = 0; tries < 9 && told.size < 3; tries += 1) {
      const about = random.below(NODES);
      if (about !== from.id && !(about === 0 && from.mayHaveFailed)) told.add(about);
    }
    for (const about of told) {
      if (from.id < PRIMARIES && about === 0 && from.id !== 0) to.reports.delete(from.id);
      const pong = begin + Math.floor((from.pongAt[about]! - begin) / 1000) * 1000;
      const isSound = about !== to.id && to.pingedAt[about] === 0 && (about !== 0 || to.reports.size === 0);
      if (isSound && pong > to.pongAt[about]!) to.pongAt[about] = pong;
    }
    // Who is no primary is not even a reason to count what others have said.
    if (!from.tells || to.id === 0 || from.id >= PRIMARIES) return;
    to.reports.set(from.id, now);
    const agreed = to.reports.size + (to.id < PRIMARIES ? 1 : 0);
    if (to.mayHaveFailed && agreed > PRIMARIES / 2) failedAt = Math.min(failedAt, now);
  }
}

function fresh(id: number, begin: number, timeout: number, random: Random): Modelled {
  return {
    id,
    tick: begin + random.uniform() * 100,
    round: random.below(10),
    pongAt: Array.from({ length: NODES }, () => begin - (random.uniform() * timeout) / 2),
    pingedAt: new Array<number>(NODES).fill(0),
    mayHaveFailed: false,
    tells: false,
    reports: new Map(),
    authAt: Infinity,
  };
}
