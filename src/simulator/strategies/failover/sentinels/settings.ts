/** What sentinels are set to, and the periods that Redis Sentinel has fixed (src/sentinel.c of Redis 7). All in milliseconds, as there. */

export interface SentinelSettings {
  /** `down-after-milliseconds`. */
  readonly downAfter: number;
  /** Sentinels that must hold a primary down; undefined: a majority. */
  readonly quorum: number | undefined;
  /** `failover-timeout`. */
  readonly failoverTimeout: number;
  /** `parallel-syncs`. */
  readonly parallelSyncs: number;
}

/** SENTINEL_PING_PERIOD, _ASK_PERIOD, _PUBLISH_PERIOD, _INFO_PERIOD. */
export const PING_PERIOD = 1_000;
export const ASK_PERIOD = 1_000;
export const HELLO_PERIOD = 2_000;
export const INFO_PERIOD = 10_000;
/** Of standbys whose primary is objectively down or being replaced, or that have lost its connection. */
export const INFO_PERIOD_DOWN = 1_000;
/** SENTINEL_MAX_DESYNC: the start of a failover is dated up to so much later. */
export const DESYNC = 1_000;
/** SENTINEL_ELECTION_TIMEOUT. */
export const ELECTION_TIMEOUT = 10_000;
/** SENTINEL_SLAVE_RECONF_TIMEOUT. */
export const RECONFIGURE_TIMEOUT = 10_000;
/** SENTINEL_MIN_LINK_RECONNECT_PERIOD: a connection younger than this is not given up. */
export const RECONNECT_LEAST = 15_000;
/** SENTINEL_TILT_TRIGGER and _TILT_PERIOD: a timer so late means that the process stood still, and nothing is decided for so long. */
export const TILT_TRIGGER = 2_000;
export const TILT_PERIOD = 30 * PING_PERIOD;
/** CONFIG_DEFAULT_HZ: each run of the timer draws the next rate from this up to twice this, less one (sentinelTimer). */
export const HERTZ = 10;
