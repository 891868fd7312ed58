/**
 * Every implementation of every part: name, what it is, what its options may be, how it is made. A table one can read:
 * a new part is one file and one line here.
 */
import { z } from "zod";
import type { FencingPart, ServerPlace } from "./contracts.ts";
import {
  createManualFailover,
  createMonitorFailover,
  createNoFailover,
  manualOptions,
  monitorOptions,
  noneOptions as noFailoverOptions,
} from "./failover/policies.ts";
import { createSpread, spreadOptions } from "./placement/spread.ts";
import type { NotBuilt, PartEntry } from "./part.ts";
import {
  asynchronousOptions,
  createAsynchronous,
  createNone,
  createSynchronous,
  noneOptions,
  synchronousOptions,
} from "./replication/policies.ts";
import { createSmartClientRouting, smartClientOptions } from "./routing/smart-client.ts";
import { createModulo, createRing, createSlots, moduloOptions, ringOptions, slotsOptions } from "./sharding/hashed.ts";

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

export const REGISTRY = {
  sharding: {
    modulo: entry("hash of the key modulo the number of shards", moduloOptions, createModulo),
    slots: entry("16,384 hash slots dealt evenly to shards (Redis Cluster: CRC16, hash tags)", slotsOptions, createSlots),
    ring: entry("consistent-hash ring with virtual nodes (Karger et al. 1997)", ringOptions, createRing),
  },
  placement: {
    spread: entry(
      "replicas of a shard in different failure domains, dealt evenly",
      spreadOptions,
      (domain, servers: readonly ServerPlace[], shards: number, prefersPrimary: ((server: ServerPlace) => boolean) | undefined) =>
        createSpread({ domain, prefersPrimary }, servers, shards),
    ),
  },
  routing: {
    smartClient: entry("clients route by a cached shard map and follow redirects", smartClientOptions, createSmartClientRouting),
  },
  replication: {
    none: entry("one copy of each shard", noneOptions, createNone),
    asynchronous: entry("acknowledged by the primary alone, shipped to standbys afterwards", asynchronousOptions, createAsynchronous),
    synchronous: entry("acknowledged when every member of the epoch's configuration has synced", synchronousOptions, createSynchronous),
  },
  failover: {
    none: entry("nobody takes over: service returns when the server does", noFailoverOptions, createNoFailover),
    manual: entry("monitors raise the alarm, a person decides after a delay, then the procedure runs", manualOptions, createManualFailover),
    monitor: entry("several monitors that must agree promote the most advanced standby", monitorOptions, createMonitorFailover),
  },
  fencing: {
    none: entry("nothing stops a deposed primary", z.strictObject({}), (): FencingPart => ({ checksEpoch: false })),
    epoch: entry(
      "replicas refuse messages of an older epoch (cannot stop a primary that no message reaches)",
      z.strictObject({}),
      (): FencingPart => ({ checksEpoch: true }),
    ),
  },
} as const;

/** What the format names and nothing serves yet. */
export const NOT_BUILT: Readonly<Record<string, NotBuilt>> = {
  sharding: [
    "databaseTable",
    "boundedRing",
    "rendezvous",
    "jump",
    "multiProbe",
    "maglev",
    "anchor",
    "ranges",
    "tree",
    "directory",
    "intervals",
  ],
  placement: ["random", "ringSuccessors", "copysets", "explicit"],
  routing: ["proxy", "serverRedirect"],
  replication: ["semiSynchronous", "chain", "quorum", "multiPrimary", "raft"],
  failover: ["sentinels", "gossip", "lease"],
  fencing: ["lease", "stonith"],
  rebalancing: ["onMembershipChange", "threshold", "hotShardSplit", "leaderBalancing"],
  transactions: ["twoPhaseCommit", "bestEffort", "saga"],
  backup: ["full", "incremental", "differential", "mixed"],
};
