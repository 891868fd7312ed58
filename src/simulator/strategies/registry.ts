/**
 * Every implementation of every part: name, what it is, what its options may be, how it is made. A table one can read:
 * a new part is one file and one line here.
 */
import { z } from "zod";
import { assert } from "../../base/assert.ts";
import { createLeaseFailover, leaseOptions as failoverLeaseOptions } from "./failover/lease/part.ts";
import type { FencingPart, PlacementContext, PlacementPart, ShardingContext, ShardingPart } from "./contracts.ts";
import { createLease, leaseOptions } from "./fencing/lease.ts";
import { createStonith, stonithOptions } from "./fencing/stonith.ts";
import { REDIS_STRATEGIES } from "./failover/redis-presets.ts";
import { createGossipFailover, gossipOptions } from "./failover/gossip/part.ts";
import { createSentinelsFailover, sentinelsOptions } from "./failover/sentinels/part.ts";
import { checkMonitor, manualOptions, monitorOptions } from "./failover/monitor/options.ts";
import { createManualFailover, createMonitorFailover, createNoFailover, noneOptions as noFailoverOptions } from "./failover/policies.ts";
import { checkCopysets, copysetsOptions, createCopysets } from "./placement/copysets.ts";
import { checkExplicit, createExplicit, explicitOptions } from "./placement/explicit.ts";
import { checkRandom, createRandom, randomOptions } from "./placement/random.ts";
import { checkRingSuccessors, createRingSuccessors, ringSuccessorsOptions } from "./placement/ring-successors.ts";
import { checkSpread, createSpread, spreadOptions } from "./placement/spread.ts";
import type { NotBuilt, PartEntry, PartFault, PartSurroundings, StrategyPreset } from "./part.ts";
import {
  asynchronousOptions,
  chainOptions,
  checkAsynchronous,
  checkSemiSynchronous,
  createAsynchronous,
  createChain,
  createNone,
  createSemiSynchronous,
  createSynchronous,
  noneOptions,
  semiSynchronousOptions,
  synchronousOptions,
} from "./replication/policies.ts";
import { multiPrimaryOptions } from "./replication/multi-primary/options.ts";
import { createMultiPrimary } from "./replication/multi-primary/part.ts";
import { quorumOptions } from "./replication/quorum/options.ts";
import { checkQuorum, createQuorum } from "./replication/quorum/part.ts";
import { createRaft, raftOptions } from "./replication/raft/part.ts";
import { MONITOR_STRATEGIES } from "./failover/monitor-presets.ts";
import { RAFT_STRATEGIES } from "./replication/raft-presets.ts";
import { createProxyRouting, proxyOptions } from "./routing/proxy.ts";
import { checkReads } from "./routing/reads.ts";
import { createSmartClientRouting, smartClientOptions } from "./routing/smart-client.ts";
import type { MadePart } from "./sharding/adapt.ts";
import { boundedRingOptions, makeBoundedRing } from "./sharding/bounded-ring.ts";
import {
  anchorOptions,
  databaseTableOptions,
  databaseTableShards,
  jumpOptions,
  maglevOptions,
  makeAnchor,
  makeDatabaseTable,
  makeJump,
  makeMaglev,
  makeModulo,
  makeMultiProbe,
  makeRendezvous,
  makeRing,
  makeSlots,
  moduloOptions,
  multiProbeOptions,
  rendezvousOptions,
  ringOptions,
  slotsOptions,
} from "./sharding/hashed.ts";
import {
  directoryOptions,
  intervalsOptions,
  makeDirectory,
  makeIntervals,
  makeRanges,
  makeTree,
  rangesOptions,
  treeOptions,
} from "./sharding/ordered.ts";

/** An entry with its maker: options as its schema gives them, then what the part needs to know. */
interface Entry<Options, Made, Rest extends readonly unknown[]> extends PartEntry {
  readonly options: z.ZodType<Options>;
  readonly create: (options: Options, ...rest: Rest) => Made;
}

const entry = <Options, Made, Rest extends readonly unknown[]>(
  summary: string,
  options: z.ZodType<Options>,
  create: (options: Options, ...rest: Rest) => Made,
): Entry<Options, Made, Rest> => ({
  summary,
  options,
  create,
});

/** A sharding: made from its options and the context, or refused in the words of its REAL module. */
function sharding<Options>(
  name: string,
  summary: string,
  options: z.ZodType<Options>,
  make: (options: Options, context: ShardingContext) => MadePart,
  shards?: (options: Options) => number,
): ShardingEntry<Options> {
  return {
    ...entry(summary, options, (given: Options, context: ShardingContext): ShardingPart => {
      const made = make(given, context);
      assert(made.ok, made.ok ? "" : `sharding options passed all checks and were refused: ${made.fault}`);
      return made.value;
    }),
    ...(shards === undefined ? {} : { shards }),
    check: (given: Options, around: PartSurroundings): readonly PartFault[] => {
      const { servers, overServers, tables } = around;
      const homes = overServers ? servers : undefined;
      const made = make(given, { shards: around.shards, homes, tables, rowKey: () => 0 });
      const refused = made.ok ? [] : [{ fault: made.fault, mend: made.mend, steps: stepsTo(name, made.fault) }];
      return [...refused, ...ownShardsFaults(shards?.(given), around)];
    },
  };
}

/** A module names the option it refuses first: `tableSize: 100 is not a prime`. */
function stepsTo(name: string, fault: string): readonly string[] {
  const option = /^(\w+): /.exec(fault)?.[1];
  return option === undefined ? [] : [name, option];
}

/** `databaseTable` is the one scheme that divides by databases, and it makes its own shards. */
function ownShardsFaults(own: number | undefined, { overServers, databases }: PartSurroundings): readonly PartFault[] {
  if (own === undefined) {
    if (databases === 1) return [];
    return [
      {
        fault: `data has ${databases} databases, and this scheme does not divide by them`,
        mend: "shard by databaseTable, or write databases: 1",
        steps: [],
      },
    ];
  }
  return overServers
    ? [{ fault: "a scheme with shards of its own cannot deal keys over servers", mend: "remove over", steps: ["over"] }]
    : [];
}

type ShardingEntry<Options> = Entry<Options, ShardingPart, readonly [context: ShardingContext]>;

const placement = <Options>(
  summary: string,
  options: z.ZodType<Options>,
  create: (options: Options, context: PlacementContext) => PlacementPart,
  check: (options: Options, around: PartSurroundings) => readonly PartFault[],
): Entry<Options, PlacementPart, readonly [context: PlacementContext]> => ({ ...entry(summary, options, create), check });

export const REGISTRY = {
  sharding: {
    modulo: sharding("modulo", "hash of the key modulo the number of shards", moduloOptions, makeModulo),
    databaseTable: sharding(
      "databaseTable",
      "two levels, D databases of T tables each, by the digits of one hash or by two",
      databaseTableOptions,
      makeDatabaseTable,
      databaseTableShards,
    ),
    slots: sharding("slots", "16,384 hash slots dealt evenly to shards (Redis Cluster: CRC16, hash tags)", slotsOptions, makeSlots),
    ring: sharding(
      "ring",
      "consistent-hash ring with virtual nodes (Karger et al. 1997); also with ketama's or Cassandra's points",
      ringOptions,
      makeRing,
    ),
    boundedRing: sharding(
      "boundedRing",
      "ring on which no shard holds more than a bound over the mean (Mirrokni et al. 2018)",
      boundedRingOptions,
      makeBoundedRing,
    ),
    rendezvous: sharding(
      "rendezvous",
      "highest random weight of key and shard (Thaler and Ravishankar 1998)",
      rendezvousOptions,
      makeRendezvous,
    ),
    jump: sharding("jump", "jump consistent hash: no table, shards by number (Lamping and Veach 2014)", jumpOptions, makeJump),
    multiProbe: sharding(
      "multiProbe",
      "one point a shard, several probes a key (Appleton and O'Reilly 2015)",
      multiProbeOptions,
      makeMultiProbe,
    ),
    maglev: sharding("maglev", "look-up table that shards fill in turns (Eisenbud et al. 2016)", maglevOptions, makeMaglev),
    anchor: sharding("anchor", "AnchorHash: a fixed set of buckets of which some work (Mendelson et al. 2021)", anchorOptions, makeAnchor),
    ranges: sharding("ranges", "even ranges of rows in order: neighbours stay together (Bigtable, HBase)", rangesOptions, makeRanges),
    tree: sharding("tree", "the same ranges in a directory kept as a balanced search tree", treeOptions, makeTree),
    directory: sharding("directory", "every key written down: dealt in turn, or pinned by hand", directoryOptions, makeDirectory),
    intervals: sharding(
      "intervals",
      "intervals of time: rows of one interval together, intervals to shards in turn",
      intervalsOptions,
      makeIntervals,
    ),
  },
  placement: {
    spread: placement("replicas of a shard in different failure domains, dealt evenly", spreadOptions, createSpread, checkSpread),
    random: placement("replicas on random servers within a scatter width (HDFS)", randomOptions, createRandom, checkRandom),
    ringSuccessors: placement(
      "replicas on the servers that follow on a ring (Dynamo)",
      ringSuccessorsOptions,
      createRingSuccessors,
      checkRingSuccessors,
    ),
    copysets: placement("replicas on one of few fixed sets of servers (Cidon et al. 2013)", copysetsOptions, createCopysets, checkCopysets),
    explicit: placement("servers of every shard written out", explicitOptions, createExplicit, checkExplicit),
  },
  routing: {
    smartClient: {
      ...entry("clients route by a cached shard map and follow redirects", smartClientOptions, createSmartClientRouting),
      check: checkReads("smartClient"),
    },
    proxy: {
      ...entry("routers on hosts of their own route for clients, and hold what cannot be served now", proxyOptions, createProxyRouting),
      check: checkReads("proxy"),
    },
  },
  replication: {
    none: entry("one copy of each shard", noneOptions, createNone),
    asynchronous: {
      ...entry("acknowledged by the primary alone, shipped to standbys afterwards", asynchronousOptions, createAsynchronous),
      check: checkAsynchronous,
    },
    semiSynchronous: {
      ...entry("acknowledged when some standbys have it, or after a time-out alone (MySQL)", semiSynchronousOptions, createSemiSynchronous),
      check: checkSemiSynchronous,
    },
    chain: entry("down a chain of replicas, acknowledged by its tail (van Renesse and Schneider 2004; CRAQ)", chainOptions, createChain),
    synchronous: entry("acknowledged when every member of the epoch's configuration has synced", synchronousOptions, createSynchronous),
    raft: {
      ...entry(
        "acknowledged when a majority has synced; replicas elect their leader (Ongaro and Ousterhout 2014)",
        raftOptions,
        createRaft,
      ),
      ownFailover: true,
    },
    quorum: {
      ...entry(
        "leaderless: acknowledged when W of N replicas have it, read from R, the last stamp wins (DeCandia et al. 2007)",
        quorumOptions,
        createQuorum,
      ),
      leaderless: true,
      check: checkQuorum,
    },
    multiPrimary: {
      ...entry(
        "every replica takes writes and ships them to the others afterwards; what happened at once is settled by a rule",
        multiPrimaryOptions,
        createMultiPrimary,
      ),
      leaderless: true,
    },
  },
  failover: {
    none: entry("nobody takes over: service returns when the server does", noFailoverOptions, createNoFailover),
    manual: {
      ...entry("monitors raise the alarm, a person decides after a delay, then the procedure runs", manualOptions, createManualFailover),
      check: checkMonitor("manual"),
    },
    monitor: {
      ...entry("several monitors that must agree promote the most advanced standby", monitorOptions, createMonitorFailover),
      check: checkMonitor("monitor"),
    },
    sentinels: entry("sentinels elect one of them, which promotes (Redis Sentinel 7)", sentinelsOptions, createSentinelsFailover),
    gossip: entry("servers watch one another, primaries vote for a replica (Redis Cluster 7)", gossipOptions, createGossipFailover),
    lease: entry(
      "agents beside the databases keep a leader's key in the metadata service and race for it (Patroni)",
      failoverLeaseOptions,
      createLeaseFailover,
    ),
  },
  fencing: {
    none: entry("nothing stops a deposed primary", z.strictObject({}), (): FencingPart => ({ checksEpoch: false })),
    epoch: entry(
      "replicas refuse messages of an older epoch (cannot stop a primary that no message reaches)",
      z.strictObject({}),
      (): FencingPart => ({ checksEpoch: true }),
    ),
    lease: entry(
      "a primary accepts only while it holds a lease from a majority of the monitors; its successor waits for its end",
      leaseOptions,
      createLease,
    ),
    stonith: entry("the old primary's process is ended by order before a successor is made", stonithOptions, createStonith),
  },
} as const;

/** What the format names and nothing serves yet. */
export const NOT_BUILT: Readonly<Record<string, NotBuilt>> = {
  routing: ["serverRedirect"],
  rebalancing: ["threshold", "hotShardSplit"],
  transactions: ["twoPhaseCommit", "bestEffort", "saga"],
  backup: ["full", "incremental", "differential", "mixed"],
};

/** Strategies named after real systems and versions, in the order in which `list` shows them. */
export const STRATEGY_PRESETS: Readonly<Record<string, StrategyPreset>> = {
  ...RAFT_STRATEGIES,
  ...MONITOR_STRATEGIES,
  ...REDIS_STRATEGIES,
};
