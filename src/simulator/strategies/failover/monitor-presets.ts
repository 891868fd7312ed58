/** How tools that watch databases from outside set their detection and recovery. Each value says where it was read. */
import type { StrategyPreset } from "../part.ts";

const CONFIG = "openark/orchestrator go/config/config.go";
const VTORC = "vitessio/website 22.0 reference/programs/vtorc";

export const MONITOR_STRATEGIES: Readonly<Record<string, StrategyPreset>> = {
  orchestrator: {
    summary: "MySQL's asynchronous replication under orchestrator 3.2, several of which must agree (its Raft setup)",
    parts: {
      replication: { asynchronous: { ship: { every: "0ms" } } },
      failover: {
        monitor: {
          heartbeat: "5s",
          misses: 1,
          detector: { poll: { timeout: "2s" } },
          confirm: { replicas: { within: "4s" } },
          recoveryPoll: "1s",
          recoveryBlock: "1h",
        },
      },
      fencing: "none",
    },
    facts: [
      { what: "heartbeat 5s", source: `${CONFIG}: InstancePollSeconds 5` },
      {
        what: "detector poll, timeout 2s, misses 1",
        source: `${CONFIG}: MySQLConnectTimeoutSeconds 2; a failed check is unreachable at once (its read time-out of 10 s is not modelled)`,
      },
      {
        what: "confirm replicas",
        source: "openark/orchestrator docs/failure-detection.md: a dead master is unreachable and all its replicas fail to replicate",
      },
      { what: "within 4s", source: "openark/orchestrator docs/configuration-failure-detection.md: slave_net_timeout=4 recommended" },
      { what: "recoveryPoll 1s", source: "openark/orchestrator go/logic/orchestrator.go: recoveryTick each second (not verified)" },
      { what: "recoveryBlock 1h", source: `${CONFIG}: RecoveryPeriodBlockSeconds 3600` },
      {
        what: "agreement of a majority",
        source: "openark/orchestrator docs/raft.md: a leader of a quorum acts alone; here each polls, and a majority must see it",
      },
      { what: "fencing none", source: "openark/orchestrator docs/configuration-recovery.md: the old master is left to hooks" },
    ],
  },
  "vtorc-22": {
    summary: "MySQL's asynchronous replication (durability none) under Vitess 22's VTOrc, any of which may act",
    parts: {
      replication: { asynchronous: { ship: { every: "0ms" } } },
      failover: {
        monitor: {
          heartbeat: "5s",
          misses: 1,
          agree: 1,
          detector: { poll: { timeout: "5s" } },
          confirm: { replicas: { within: "1s" } },
          recoveryPoll: "1s",
          gather: "30s",
        },
      },
      fencing: "epoch",
      routing: "proxy",
    },
    facts: [
      { what: "heartbeat 5s", source: `${VTORC}: --instance-poll-time 5s` },
      {
        what: "detector poll, timeout 5s",
        source: "a check that hangs counts as failed when the next is attempted (vitess go/vt/vtorc/inst, not verified)",
      },
      { what: "recoveryPoll 1s", source: `${VTORC}: --recovery-poll-duration 1s` },
      { what: "gather 30s", source: `${VTORC}: --wait-replicas-timeout 30s` },
      { what: "agree 1", source: "vitess docs: VTOrcs work alone, and take the shard's lock in the topology service, here the claim" },
      {
        what: "confirm replicas",
        source: "vitess go/vt/vtorc/inst/analysis_dao.go: DeadPrimary is unreachable with no replica replicating (not verified)",
      },
      { what: "fencing epoch", source: "vitess docs: tablets follow the newest primary term of the shard record" },
      { what: "routing proxy", source: "vitess docs: clients speak to VTGate; it buffers only with --enable_buffer, which is off" },
    ],
  },
};
