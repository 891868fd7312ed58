/**
 * Sentinels (`failover: sentinels`). The model plays sentinel.c's timers for three sentinels and one primary: runs of a
 * timer whose rate is drawn anew at each, up to a millisecond late (ae.c, ae_epoll.c), pings a period after the last answer,
 * the subjective verdict, asking the others, votes once an epoch, then one step of the failover at each run.
 */
import type { Random } from "../../base/random.ts";
import type { Chosen, Mechanism, Trial } from "./failover-mechanism.ts";
import { us } from "./laboratory.ts";

/** One way, any two hosts; a flush of any log device. Milliseconds. */
const ONE_WAY = 0.5;
const FLUSH = 1;
const SENTINELS_MOST = 7;

const TEXT = `
name: verify-failover-sentinels
question: When do sentinels have a successor for a primary whose host dies?
repeats: 1000
warmup: 0s
duration: 60s
settle: 1s
window: 10m
prober: { every: 10s }
cluster:
  regions: { local: { zones: { a: 1, b: 1 } } }
  shards: 1
  replicas: 2
  server: { fsync: ${FLUSH}ms }
  network: { sameZone: ${ONE_WAY}ms, crossZone: ${ONE_WAY}ms }
  clients: [ { name: app, zones: [b], hosts: 1 } ]
data: { tables: { items: { rows: 10 } } }
workload: [ { name: load, arrivals: { poisson: 0.1/s }, mix: { read: 100% } } ]
faults: [ { at: uniform(3s..4s), hostDeath: server 0, for: ever } ]
strategies:
  one:
    placement: { spread: zone, primaries: zone a }
    replication: asynchronous
    failover: { sentinels: {} }
    hosts: { monitor: [ zone b ], metadata: [ zone b ] }
    client: { learn: [ ask ] }
`;

export const SENTINELS: Mechanism = {
  name: "sentinels",
  source: "Redis 7 src/sentinel.c: sentinelTimer, SENTINEL_PING_PERIOD, _ASK_PERIOD, sentinelVoteLeader, sentinelFailoverStateMachine",
  settings: [
    { name: "downAfter", default: "30s", what: "down-after-milliseconds, 1s to 5m", kind: "duration", min: 1_000_000, max: 300_000_000 },
    { name: "sentinels", default: "3", what: `sentinels, 1 to ${SENTINELS_MOST}`, kind: "count", min: 1, max: SENTINELS_MOST },
    {
      name: "quorum",
      default: "2",
      what: `sentinels that must hold the primary down, 1 to ${SENTINELS_MOST}`,
      kind: "count",
      min: 1,
      max: SENTINELS_MOST,
    },
  ],
  text: TEXT,
  problems: (chosen, isSet) =>
    isSet("quorum") && chosen("quorum") > chosen("sentinels")
      ? [`quorum: ${chosen("quorum")} of ${chosen("sentinels")} sentinels, so that no primary would ever be down; at most all`]
      : [],
  set: (chosen) => [
    `strategies.one.failover.sentinels={ downAfter: ${us(chosen("downAfter"))}, quorum: ${quorumOf(chosen)} }`,
    `strategies.one.hosts.sentinel=[${Array.from({ length: chosen("sentinels") }, () => "zone b").join(", ")}]`,
    `duration=${us(chosen("downAfter") + 4_000_000 + 6_000_000)}`,
  ],
  model,
  planted: (chosen) => ({ downAfter: Math.max(1.05, 1 + 200_000 / chosen("downAfter")) }),
  windows: [
    {
      system: "Redis Sentinel",
      source: "Redis 7: down-after 30 s, up to 1 s to ask, up to 1 s of chance, promotion seen by an INFO a second (sentinel.c)",
      options: {},
      low: 31_000_000,
      high: 35_000_000,
      planted: { downAfter: "40s" },
    },
  ],
  countsElections: true,
};

/** Fewer sentinels than the default asks for must all agree. */
const quorumOf = (chosen: Chosen): number => Math.min(chosen("quorum"), chosen("sentinels"));

interface Modelled {
  tick: number;
  heardAt: number;
  pingedFirst: number;
  pingedLast: number;
  isDown: boolean;
  /** By sentinel: when it last answered, and what. */
  readonly repliedAt: number[];
  readonly saysDown: boolean[];
  readonly votedFor: number[];
  vote: number;
  epoch: number;
  infoAt: number;
  step: number;
  detectedAt: number;
  promotedAt: number;
}

/** From a while before the death, at 0, until one sentinel has seen the promotion; milliseconds inside. */
function model(chosen: Chosen, random: Random): Trial {
  const count = chosen("sentinels");
  const downAfter = Math.round(chosen("downAfter") / 1000);
  const quorum = quorumOf(chosen);
  const majority = Math.max(Math.floor(count / 2) + 1, quorum);
  const begin = -5_000 - random.uniform() * 1_000;
  const all = Array.from({ length: count }, () => fresh(begin, count, random));
  for (let elections = 0; ;) {
    const i = all.reduce((next, one, at) => (one.tick < all[next]!.tick ? at : next), 0);
    const one = all[i]!;
    const now = Math.floor(one.tick);
    // Every server but the primary answers; so does the primary until it dies.
    if (now - one.heardAt > Math.min(1_000, downAfter) && now - one.pingedLast > Math.min(1_000, downAfter) / 2) {
      one.pingedLast = now;
      if (one.tick + ONE_WAY < 0) one.heardAt = Math.floor(one.tick + 2 * ONE_WAY);
      else if (one.pingedFirst === 0) one.pingedFirst = now;
    }
    one.isDown = one.pingedFirst !== 0 && now - one.pingedFirst > downAfter;
    const agreed = one.isDown && 1 + one.saysDown.filter(Boolean).length >= quorum;
    const starts = agreed && one.step === 0 && one.vote < 0;
    if (starts) {
      elections += 1;
      one.step = 1;
      one.epoch += 1;
      one.detectedAt = one.tick;
    }
    all.forEach((other, j) => {
      if (j === i || !one.isDown || !(starts || now - one.repliedAt[j]! >= 1_000)) return;
      one.repliedAt[j] = Math.floor(one.tick + 2 * ONE_WAY);
      one.saysDown[j] = other.isDown;
      if (one.step === 0) return;
      if (one.epoch > other.epoch) [other.epoch, other.vote] = [one.epoch, i];
      one.votedFor[j] = other.epoch === one.epoch ? other.vote : -1;
    });
    if (starts && one.vote < 0) one.vote = i;
    if (one.step === 1 && !starts && 1 + one.votedFor.filter((who) => who === i).length >= majority) one.step = 2;
    else if (one.step === 2) one.step = 3;
    else if (one.step === 3) [one.step, one.promotedAt] = [4, one.tick + ONE_WAY];
    if (count === 1 && starts) one.step = 2;
    const isInfoDue = now - one.infoAt > (agreed || one.step > 0 ? 1_000 : 10_000);
    if (isInfoDue) {
      one.infoAt = Math.floor(one.tick + 2 * ONE_WAY);
      if (one.step === 4) {
        const failover = (one.promotedAt + FLUSH) * 1000;
        return { detection: one.detectedAt * 1000, failover, published: (one.tick + 2 * ONE_WAY) * 1000, elections };
      }
    }
    // From the end of this run, and rounded up to the event loop's whole milliseconds.
    one.tick += Math.floor(1000 / (10 + random.below(10))) + random.uniform() + (starts ? FLUSH : 0);
    if (one.tick > 2 * downAfter + 60_000) return { detection: Infinity, failover: Infinity, published: Infinity, elections: 0 };
  }
}

function fresh(begin: number, count: number, random: Random): Modelled {
  return {
    tick: begin + random.uniform() * 100,
    heardAt: Math.floor(begin - random.uniform() * 1_000),
    pingedFirst: 0,
    pingedLast: -Infinity,
    isDown: false,
    repliedAt: new Array<number>(count).fill(-Infinity),
    saysDown: new Array<boolean>(count).fill(false),
    votedFor: new Array<number>(count).fill(-1),
    vote: -1,
    epoch: 1,
    infoAt: Math.floor(begin - random.uniform() * 10_000),
    step: 0,
    detectedAt: 0,
    promotedAt: 0,
  };
}
