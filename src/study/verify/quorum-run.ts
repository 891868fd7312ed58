/** Writes and the reads that follow them through the simulator's quorum: write and read have coordinators of their own, neither a replica. */
import { assert } from "../../base/assert.ts";
import { compileDistribution } from "../../simulator/kernel/distributions.ts";
import type { DistributionSpec } from "../../simulator/kernel/distribution-spec.ts";
import { createStreams } from "../../simulator/kernel/random.ts";
import type { KeyHistory } from "../../simulator/record/history.ts";
import { experiment, us, type Progress } from "./laboratory.ts";

/** One row, one shard; service, flushes, hints and repair cost nothing and are not there. Servers: the readers', the writers', the replicas. */
const PAIRS = `
name: verify-quorum
question: Does a read see the write before it?
repeats: 20
warmup: 0s
slow: 10000d
prober: { every: 1d }
cluster:
  shards: 1
  server: { cores: 1024, service: { read: 0ms, write: 0ms }, fsync: 0ms }
  clients: [ { name: readers, zones: [cr], hosts: 1 }, { name: writers, zones: [cw], hosts: 1 } ]
data: { tables: { items: { rows: 1 } } }
workload:
  - { name: writes, from: clients writers, mix: { update: 100% } }
  - { name: reads, from: clients readers, arrivals: { following: { workload: writes } }, mix: { read: 100% } }
histories: { keys: 1, operations: 10M }
strategies:
  one:
    replication:
      quorum:
        { ask: all, readRepair: none, hints: none, coordinator: nearest, coordination: 0ms, tombstones: { every: 10000d }, probe: 10000d }
    client: { retries: 0, learn: [redirect] }
`;

export const MESSAGES = ["write", "ack", "read", "response"] as const;
export type MessageName = (typeof MESSAGES)[number];

export interface Pairs {
  readonly n: number;
  readonly r: number;
  readonly w: number;
  /** As a scenario writes them, and as they are read. */
  readonly delays: Readonly<Record<MessageName, string>>;
  readonly specs: Readonly<Record<MessageName, DistributionSpec>>;
  /** From the acknowledgement to the read's sending, microseconds. */
  readonly t: number;
  /** Something is wrong: coordinators take so long (microseconds), and the clock of every other write's is years ahead. */
  readonly fault?: number;
}

export interface Measured {
  /** Reads that saw the write before them, of so many. */
  readonly consistent: number;
  readonly reads: number;
  /** Rising, microseconds. */
  readonly writeLatency: Float64Array;
  readonly readLatency: Float64Array;
}

/** Pairs of a write and a read in one run. */
export const PAIRS_PER_RUN = 2_000;
/** Instants are whole microseconds up to 2^53. */
const LONGEST = 8e15;
const DRAWS = 20_000;
/** How often the longest of them fits between two operations; and at the least, where time is short: heavy tails have longer ones. */
const APART = 1_000;
const APART_LEAST = 20;
/** Of windows nothing is asked: one a run, a day at the least. */
const DAY = 86_400_000_000;

export function measurePairs(pairs: Pairs, runs: number, progress?: Progress): Measured {
  const gap = spacing(pairs);
  const found = experiment({ text: PAIRS, repeats: runs, progress, set: settingsOf(pairs, gap) }, ({ histories, requests }) => {
    assert(requests.neverEnded === 0, `${requests.neverEnded} requests never ended`);
    const [history] = histories ?? [];
    assert(history !== undefined, "no history was kept");
    return pairsOf(history);
  });
  const joined = (of: (one: Measured) => Float64Array): Float64Array => Float64Array.from(found.flatMap((one) => [...of(one)])).sort();
  return {
    consistent: found.reduce((sum, one) => sum + one.consistent, 0),
    reads: found.reduce((sum, one) => sum + one.reads, 0),
    writeLatency: joined((one) => one.writeLatency),
    readLatency: joined((one) => one.readLatency),
  };
}

/** Each read is after one write and before the next. */
function pairsOf({ operations }: KeyHistory): Measured {
  const writeLatency: number[] = [];
  const readLatency: number[] = [];
  let consistent = 0;
  let last: number | undefined;
  for (const { kind, value, from, until, ending } of operations) {
    assert(ending === "acknowledged", `a ${kind} ended ${ending}: operations are not far enough apart`);
    if (kind === "write") {
      last = value;
      writeLatency.push(until - from);
    } else {
      if (value === last) consistent += 1;
      readLatency.push(until - from);
    }
  }
  return {
    consistent,
    reads: readLatency.length,
    writeLatency: Float64Array.from(writeLatency),
    readLatency: Float64Array.from(readLatency),
  };
}

/** The longest of many delays, drawn as a trial. */
function longestOf({ specs }: Pick<Pairs, "specs">): number {
  const random = createStreams(1).stream("spacing");
  let longest = 0;
  for (const name of MESSAGES) {
    const draw = compileDistribution(specs[name]);
    for (let i = 0; i < DRAWS; i += 1) longest = Math.max(longest, draw(random));
  }
  return longest;
}

/** Operations of such delays cannot be kept apart in the time that there is. */
export const areTooLong = (pairs: Pick<Pairs, "specs">): boolean => longestOf(pairs) > LONGEST / PAIRS_PER_RUN / APART_LEAST;

/** Operations so far apart that none meets another's messages: connections keep order, and the model's messages do not wait for others. */
function spacing(pairs: Pairs): number {
  return Math.min(1_000_000 + pairs.t + APART * longestOf(pairs), LONGEST / PAIRS_PER_RUN);
}

function settingsOf({ n, r, w, delays, t, fault }: Pairs, gap: number): readonly string[] {
  const servers = Array.from({ length: n }, (_, replica) => replica + 2);
  const isPlanted = fault !== undefined;
  // The racks of the writers' zone come with their own servers: replicas follow.
  const first = isPlanted ? 1 : 0;
  const ahead = "{ racks: { ahead: { servers: 1, server: { clock: { offset: 3000d } } }, right: 1 } }";
  const quorum = "strategies.one.replication.quorum";
  return [
    `duration=${us(gap * PAIRS_PER_RUN)}`,
    `window=${us(Math.max(DAY, gap * PAIRS_PER_RUN))}`,
    // The last operation's messages arrive too.
    `settle=${us(gap)}`,
    `cluster.regions={ local: { zones: { cr: 1, cw: ${isPlanted ? ahead : "1"}, store: ${n} } } }`,
    `cluster.replicas=${n}`,
    `cluster.network={ sameHost: 0ms, sameZone: 0ms, crossZone: 0ms, between: { cw>store: ${delays.write}, store>cw: ${delays.ack}, cr>store: ${delays.read}, store>cr: ${delays.response} } }`,
    `workload[0].arrivals={ gaps: ${us(gap)} }`,
    `workload[1].arrivals.following.delay=${us(t)}`,
    `strategies.one.placement={ explicit: [[${servers.map((server) => server + first).join(", ")}]] }`,
    `${quorum}.r=${r}`,
    `${quorum}.w=${w}`,
    `${quorum}.timeout=${us(gap)}`,
    ...(isPlanted ? [`${quorum}.coordination=${us(Math.max(1, fault))}`] : []),
    `strategies.one.client.deadline=${us(gap)}`,
    `strategies.one.client.timeout=${us(gap)}`,
  ];
}
