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
  /**
   * One way more between an operation's coordinator and all replicas but one, microseconds: each replica is in a data centre of its
   * own, with coordinators of its own, and who writes or reads is in any of them.
   */
  readonly far: number;
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
  return Math.min(1_000_000 + pairs.t + 4 * pairs.far + APART * longestOf(pairs), LONGEST / PAIRS_PER_RUN);
}

function settingsOf(pairs: Pairs, gap: number): readonly string[] {
  const { n, r, w, t, far, fault } = pairs;
  const isPlanted = fault !== undefined;
  // The racks of a writers' zone come with their own servers: replicas follow all of them.
  const twoClocks = (zone: string): string =>
    `{ racks: { ahead-${zone}: { servers: 1, server: { clock: { offset: 3000d } } }, right-${zone}: 1 } }`;
  const quorum = "strategies.one.replication.quorum";
  const { readers, writers, stores, between } = sitesOf(pairs);
  const first = readers.length + writers.length * (isPlanted ? 2 : 1);
  const servers = Array.from({ length: n }, (_, replica) => replica + first);
  const zones = [
    ...readers.map((name) => `${name}: 1`),
    ...writers.map((name) => `${name}: ${isPlanted ? twoClocks(name) : "1"}`),
    ...stores.map((name) => `${name}: ${n / stores.length}`),
  ];
  const clients = (name: string, all: readonly string[]): string => `{ name: ${name}, zones: [${all.join(", ")}], hosts: ${all.length} }`;
  return [
    `duration=${us(gap * PAIRS_PER_RUN)}`,
    `window=${us(Math.max(DAY, gap * PAIRS_PER_RUN))}`,
    // The last operation's messages arrive too.
    `settle=${us(gap)}`,
    `cluster.regions={ local: { zones: { ${zones.join(", ")} } } }`,
    `cluster.clients=[ ${clients("readers", readers)}, ${clients("writers", writers)} ]`,
    `cluster.replicas=${n}`,
    `cluster.network={ sameHost: 0ms, sameZone: 0ms, crossZone: ${us(far)}, between: { ${between.join(", ")} } }`,
    `workload[0].arrivals={ gaps: ${us(gap)} }`,
    `workload[1].arrivals.following.delay=${us(t)}`,
    `strategies.one.placement={ explicit: [[${servers.join(", ")}]] }`,
    `${quorum}.r=${r}`,
    `${quorum}.w=${w}`,
    `${quorum}.timeout=${us(gap)}`,
    ...(isPlanted ? [`${quorum}.coordination=${us(Math.max(1, fault))}`] : []),
    `strategies.one.client.deadline=${us(gap)}`,
    `strategies.one.client.timeout=${us(gap)}`,
  ];
}

/** Zones of readers, writers and replicas, in the order of their names, and what messages between them take. */
function sitesOf({ n, delays, far }: Pairs) {
  if (far === 0) {
    const between = [`cw>store: ${delays.write}`, `store>cw: ${delays.ack}`, `cr>store: ${delays.read}`, `store>cr: ${delays.response}`];
    return { readers: ["cr"], writers: ["cw"], stores: ["store"], between };
  }
  const named = (kind: string): readonly string[] => Array.from({ length: n }, (_, site) => `${kind}${String(site).padStart(2, "0")}`);
  const [readers, writers, stores] = [named("cr"), named("cw"), named("store")];
  const between = stores.flatMap((store, site) =>
    stores.flatMap((_, other) => {
      const takes = (delay: string): string => (site === other ? delay : `shift(${us(far)} ${delay})`);
      return [
        `${writers[other]!}>${store}: ${takes(delays.write)}`,
        `${store}>${writers[other]!}: ${takes(delays.ack)}`,
        `${readers[other]!}>${store}: ${takes(delays.read)}`,
        `${store}>${readers[other]!}: ${takes(delays.response)}`,
      ];
    }),
  );
  return { readers, writers, stores, between };
}
