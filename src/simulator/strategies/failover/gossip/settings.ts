/** What a Redis Cluster node is set to, and what Redis 7 has fixed (src/cluster_legacy.c and .h; in 7.0 cluster.c and .h). All in milliseconds. */

export interface GossipSettings {
  /** `cluster-node-timeout`. */
  readonly nodeTimeout: number;
  /** `cluster-replica-validity-factor`; 0: data are never too old. */
  readonly validityFactor: number;
  /** `cluster-require-full-coverage`. */
  readonly requireFullCoverage: boolean;
}

/** clusterCron runs ten times a second (serverCron, run_with_period(100)); at every tenth run some node is pinged. */
export const CRON_PERIOD = 100;
export const PING_EVERY = 10;
/** Of so many random nodes, the one whose last answer is the oldest. */
export const PING_CHOICES = 5;
/** CLUSTER_FAIL_REPORT_VALIDITY_MULT, CLUSTER_FAIL_UNDO_TIME_MULT, and the election's times, in node time-outs. */
export const REPORT_VALIDITY = 2;
export const UNDO_FAIL = 2;
export const AUTH_TIMEOUT = 2;
export const AUTH_TIMEOUT_LEAST = 2_000;
/** clusterHandleSlaveFailover: 500 ms, up to 499 more, and a second for each replica that is further on. */
export const DELAY = 500;
export const DELAY_RANDOM = 500;
export const DELAY_PER_RANK = 1_000;
/** `repl-ping-replica-period`. */
export const REPLICA_PING_PERIOD = 10_000;
/** CLUSTER_MIN_REJOIN_DELAY, CLUSTER_MAX_REJOIN_DELAY, CLUSTER_WRITABLE_DELAY. */
export const REJOIN_LEAST = 500;
export const REJOIN_MOST = 5_000;
export const WRITABLE_DELAY = 2_000;
/** clusterSendPing: a tenth of the nodes, at least this many, beside those that may have failed. */
export const GOSSIP_LEAST = 3;
/** A replica that is not what the configuration says is told again, at most so often. */
export const RECONCILE_PERIOD = 500;
