/** Redis 7 with Sentinel and as a cluster: the values of its defaults, and where each was read. */
import type { StrategyPreset } from "../part.ts";

const ASYNCHRONOUS = {
  what: "replication: asynchronous, sent as it is written",
  source: "redis-doc docs/management/replication.md: Redis uses asynchronous replication by default",
};
const UNFENCED = { what: "fencing: none", source: "neither sentinel.c nor cluster_legacy.c stops a primary that nothing reaches" };

export const REDIS_STRATEGIES: Readonly<Record<string, StrategyPreset>> = {
  "redis-sentinel-7": {
    summary: "Redis 7 with sentinels, as its sample sentinel.conf sets them",
    parts: {
      replication: { asynchronous: {} },
      failover: { sentinels: { downAfter: "30s", quorum: 2, failoverTimeout: "3m", parallelSyncs: 1 } },
      fencing: "none",
      client: { learn: ["ask", "watch"] },
    },
    facts: [
      { what: "downAfter 30s", source: "Redis 7 src/sentinel.c: SENTINEL_DEFAULT_DOWN_AFTER 30000; sentinel.conf" },
      { what: "quorum 2", source: "Redis 7 sentinel.conf: sentinel monitor mymaster 127.0.0.1 6379 2" },
      { what: "failoverTimeout 3m", source: "Redis 7 src/sentinel.c: SENTINEL_DEFAULT_FAILOVER_TIMEOUT 60*3*1000" },
      { what: "parallelSyncs 1", source: "Redis 7 src/sentinel.c: SENTINEL_DEFAULT_PARALLEL_SYNCS 1" },
      ASYNCHRONOUS,
      UNFENCED,
      {
        what: "client learns by asking a sentinel, and from +switch-master",
        source: "redis-doc docs/reference/sentinel-clients.md: ask in turn, ask again at each reconnection; subscribing is optional",
      },
    ],
  },
  "redis-cluster-7": {
    summary: "Redis 7 Cluster with its defaults",
    parts: {
      sharding: "slots",
      replication: { asynchronous: {} },
      failover: { gossip: { nodeTimeout: "15s", replicaValidityFactor: 10, requireFullCoverage: true } },
      fencing: "none",
      client: { learn: ["redirect", "ask"] },
    },
    facts: [
      { what: "sharding: 16,384 slots by CRC16", source: "redis-doc docs/reference/cluster-spec.md, key distribution model" },
      { what: "nodeTimeout 15s", source: "Redis 7 src/config.c: cluster-node-timeout 15000" },
      { what: "replicaValidityFactor 10", source: "Redis 7 src/config.c: cluster-replica-validity-factor 10" },
      { what: "requireFullCoverage true", source: "Redis 7 src/config.c: cluster-require-full-coverage yes" },
      ASYNCHRONOUS,
      UNFENCED,
      {
        what: "client learns by MOVED, and asks any node after a failure",
        source: "redis-doc docs/reference/cluster-spec.md, MOVED redirection; client connections and redirection handling",
      },
    ],
  },
};
