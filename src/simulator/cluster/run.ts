/** What one run is made from, beside its spec: the parts, wired by study/experiment, and what watches. Types only. */
import type {
  FailoverPart,
  FencingPart,
  MachinePlan,
  MakeMachine,
  PartContext,
  PlacementPart,
  PlannedSwitchover,
  RebalancingPlan,
  ReplicationPart,
  RoutingPart,
  ServerPlace,
  ShardingPart,
} from "../strategies/contracts.ts";
import type { Machine } from "../../base/machine.ts";
import type { Random } from "../../base/random.ts";
import type { ByteSource } from "../workload/trace/bytes.ts";
import type { SentMessage, Service } from "../record/sent-message.ts";
import type { Ledger } from "./ledger.ts";
import type { ReshardSpec, RunSpec } from "./spec.ts";

/** Builds the parts of a run; called once the servers are known. */
export interface RunParts {
  readonly sharding: ShardingPart;
  readonly placement: PlacementPart;
  readonly routing: RoutingPart;
  readonly replication: ReplicationPart;
  readonly failover: FailoverPart;
  readonly fencing: FencingPart;
  /** Machines beside those that every strategy has. */
  readonly machines?: readonly MachinePlan[];
  /** The sharding after a change: into so many shards (or as before), over these servers where keys are dealt over servers. */
  readonly divide?: (into: ReshardSpec | undefined, servers: readonly ServerPlace[], before: ShardingPart) => ShardingPart;
  /** The placement over these servers. */
  readonly relay?: (servers: readonly ServerPlace[], shards: number) => PlacementPart;
  /** What moves copies to where they are due: for runs in which the membership can change. */
  readonly createRebalancer?: (context: PartContext, ordinal: number, plan: RebalancingPlan) => Machine;
  /** What changes primaries as planned: for runs that have planned switchovers. */
  readonly createOperator?: (context: PartContext, plan: readonly PlannedSwitchover[]) => Machine;
  /** Makes machines during the run. */
  readonly makeMachine?: MakeMachine;
  /** Each member of the metadata service as it is to be instead: for tests that plant a bug in it. */
  readonly aroundMetadata?: (member: Machine) => Machine;
}
export type PartsBuilder = (spec: RunSpec, servers: readonly ServerPlace[], stream: (name: string) => Random) => RunParts;

/** One line of a trace. */
export interface TraceLine {
  /** Microseconds from the start of measured time. */
  readonly at: number;
  /** The event's kind: deliver, work, timer, flush, connection, arrival, fault, fact, probe, window, transfer. */
  readonly kind: string;
  readonly shard: number | undefined;
  readonly server: number | undefined;
  readonly text: string;
}

/** What is left in the pools when a run has settled: for tests of leaks. */
export interface Remains {
  readonly messages: () => number;
  readonly ledger: Ledger;
  /** Events that the kernel has handled. */
  readonly events: () => number;
  /** Goes on for so many microseconds, without a workload. */
  readonly drain: (length: number) => void;
}

export interface RunOptions {
  /** Called with what is left at the end. */
  readonly ended?: (remains: Remains) => void;
  readonly trace?: (line: TraceLine) => void;
  /** Told of every message between processes, in the order in which they are delivered or known to be lost. */
  readonly message?: (message: SentMessage) => void;
  /** Told of every piece of work that a core of a server has done, when it is done. */
  readonly service?: (service: Service) => void;
  /** Called with a running hash of every event, for `--verify`. */
  readonly checkpoint?: (events: number, hash: string) => void;
  /** Events between two checkpoints. */
  readonly checkpointEvery?: number;
  /** The bytes of a recorded trace, by the name that the scenario gives it; needed where a workload replays one. */
  readonly openTrace?: (file: string) => ByteSource;
  /** What repeats of one strategy share: key counts by shard and the like. */
  readonly memo?: Map<string, unknown>;
}
