/**
 * How real systems set Raft: election time-outs in ticks or exactly, extensions, reads. Each value says where it was read; a
 * preset is of one version, since defaults change between versions.
 */
import type { StrategyPreset } from "../part.ts";
import { formatDuration } from "../../notation/units.ts";
import { DEFAULT_OPTIONS, type Options } from "../../../modules/raft/options.ts";

/** A value and where it stands. */
interface Sourced<Value> {
  readonly value: Value;
  readonly source: string;
}

export interface RaftPreset {
  readonly name: RaftPresetName;
  readonly version: string;
  /** Microseconds; 0 for time-outs that are exact. */
  readonly tick: Sourced<number>;
  /** Both ends included: whole ticks, or microseconds where there is no tick. */
  readonly election: Sourced<readonly [number, number]>;
  readonly heartbeat: Sourced<number>;
  readonly preVote: Sourced<boolean>;
  readonly checkQuorum: Sourced<boolean>;
  /** By the leader's lease, whose length is the least time-out less a tick; or by a round of heartbeats. */
  readonly reads: Sourced<"lease" | "readIndex">;
}

export type RaftPresetName = "etcd-3.4" | "etcd-3.5" | "cockroachdb-25" | "tikv-8" | "raft-paper";

const MS = 1_000;
const ETCD = "etcd server/embed/config.go, DefaultConfig and its validation";
const ETCD_RAFT = "etcd-io/raft raft.go, resetRandomizedElectionTimeout: electionTimeout + Intn(electionTimeout) ticks";
const COCKROACH = "cockroach pkg/base/config.go and docs v25.4, replication layer";
const TIKV = "tikv components/raftstore/src/store/config.rs, Config::default";
const PAPER = "Ongaro and Ousterhout, USENIX ATC 2014 (extended version)";

const ETCD_35: RaftPreset = {
  name: "etcd-3.5",
  version: "3.5",
  tick: { value: 100 * MS, source: `${ETCD}: TickMs 100, which is the heartbeat interval` },
  election: { value: [10, 19], source: `${ETCD}: ElectionMs 1000; ${ETCD_RAFT}` },
  heartbeat: { value: 1, source: `${ETCD}: a heartbeat each tick` },
  preVote: { value: true, source: `${ETCD}: PreVote true` },
  checkQuorum: { value: true, source: "etcd-io/raft raft.go: inLease = checkQuorum, a known leader, electionElapsed < electionTimeout" },
  reads: { value: "readIndex", source: "etcd-io/raft ReadOnlySafe, the default of ReadOnlyOption (not verified)" },
};

export const RAFT_PRESETS: readonly RaftPreset[] = [
  {
    ...ETCD_35,
    name: "etcd-3.4",
    version: "3.4",
    preVote: { value: false, source: "etcd 3.4 server/embed/config.go: PreVote is off unless asked for" },
  },
  ETCD_35,
  {
    name: "cockroachdb-25",
    version: "25",
    tick: { value: 500 * MS, source: `${COCKROACH}: RaftTickInterval 500 ms (older versions: 200 ms)` },
    election: { value: [4, 7], source: `${COCKROACH}: 4 ticks, drawn from [1, 2) times as many` },
    heartbeat: { value: 2, source: `${COCKROACH}: 2 ticks` },
    preVote: { value: true, source: "cockroach pkg/kv/kvserver, newRaftConfig: PreVote (not verified)" },
    checkQuorum: { value: true, source: `${COCKROACH}: CheckQuorum on` },
    reads: { value: "readIndex", source: "reads go by range leases, which are not Raft's; this is the nearest that Raft has" },
  },
  {
    name: "tikv-8",
    version: "8",
    tick: { value: 1_000 * MS, source: `${TIKV}: raft_base_tick_interval 1 s` },
    election: { value: [10, 19], source: `${TIKV}: raft_election_timeout_ticks 10, drawn from 10 up to twice as many` },
    heartbeat: { value: 2, source: `${TIKV}: raft_heartbeat_ticks 2` },
    preVote: { value: true, source: `${TIKV}: prevote true (not verified)` },
    checkQuorum: { value: true, source: "tikv components/raftstore/src/store/peer.rs: check_quorum true (not verified)" },
    reads: { value: "lease", source: `${TIKV}: raft_store_max_leader_lease 9 s, one tick below the least time-out` },
  },
  {
    name: "raft-paper",
    version: "2014",
    tick: { value: 0, source: `${PAPER}, section 9.3: time-outs of a process's own timers` },
    election: {
      value: [150 * MS, 300 * MS],
      source: `${PAPER}, section 9.3: "we recommend using a conservative election timeout such as 150-300ms"`,
    },
    heartbeat: { value: 75 * MS, source: `${PAPER}, section 9.3: half of the minimum election timeout` },
    preVote: { value: false, source: `${PAPER}: not in the paper` },
    checkQuorum: { value: false, source: `${PAPER}: not in the paper but for section 6, removed servers` },
    reads: {
      value: "readIndex",
      source: `${PAPER}, section 8: heartbeat messages with a majority before responding to read-only requests`,
    },
  },
];

/**
 * The module's options under a preset. `phase`, in [0, tick), is the peer's own: peers that tick together give false certainty.
 * `driftBound` is what the group is promised of its clocks, where reads go by the lease.
 */
export function presetOptions(preset: RaftPreset, phase: number, driftBound = 0): Options {
  const [electionMin, electionMax] = preset.election.value;
  const tick = preset.tick.value;
  const counts = { electionMin, electionMax, heartbeat: preset.heartbeat.value };
  return {
    ...DEFAULT_OPTIONS,
    timing: tick === 0 ? { kind: "exact", ...counts } : { kind: "ticks", tick, phase, ...counts },
    preVote: preset.preVote.value,
    checkQuorum: preset.checkQuorum.value,
    reads: preset.reads.value === "lease" ? { kind: "lease", driftBound } : { kind: "readIndex" },
  };
}

/** The same as a scenario writes the options of `replication: { raft: … }`. */
export function presetFields({
  tick,
  election,
  heartbeat,
  preVote,
  checkQuorum,
  reads,
}: RaftPreset): Readonly<Record<string, string | boolean>> {
  const time = (count: number): string => formatDuration(count * Math.max(1, tick.value));
  const [least, most] = election.value;
  return {
    ...(tick.value === 0 ? {} : { tick: formatDuration(tick.value) }),
    election: `${time(least)}..${time(most)}`,
    heartbeat: time(heartbeat.value),
    preVote: preVote.value,
    checkQuorum: checkQuorum.value,
    reads: reads.value,
  };
}

/** As strategies: the parts that each has, and where each value was read. */
export const RAFT_STRATEGIES: Readonly<Record<string, StrategyPreset>> = Object.fromEntries(
  RAFT_PRESETS.map((preset): readonly [string, StrategyPreset] => {
    const { name, tick, election, heartbeat, preVote, checkQuorum, reads } = preset;
    const fields = presetFields(preset);
    const told = { tick, election, heartbeat, preVote, checkQuorum, reads };
    return [
      name,
      {
        summary: `Raft as ${name === "raft-paper" ? "the paper recommends it" : `${name.slice(0, name.lastIndexOf("-"))} ${preset.version} sets it`}`,
        parts: { replication: { raft: fields } },
        facts: Object.entries(told).map(([option, { source }]) => ({ what: `${option} ${String(fields[option] ?? "exact")}`, source })),
      },
    ];
  }),
);
