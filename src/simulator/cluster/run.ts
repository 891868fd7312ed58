/** What one run is made from, beside its spec: the parts, wired by study/experiment, and what watches. Types only. */
import type { FailoverPart, FencingPart, PlacementPart, ReplicationPart, RoutingPart, ServerPlace, ShardingPart } from "../strategies/contracts.ts";
import type { Random } from "../../base/random.ts";
import type { RunSpec } from "./spec.ts";

/** Builds the parts of a run; called once the servers are known. */
export interface RunParts {
  readonly sharding: ShardingPart;
  readonly placement: PlacementPart;
  readonly routing: RoutingPart;
  readonly replication: ReplicationPart;
  readonly failover: FailoverPart;
  readonly fencing: FencingPart;
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

export interface RunOptions {
  readonly trace?: (line: TraceLine) => void;
  /** Called with a running hash of every event, for `--verify`. */
  readonly checkpoint?: (events: number, hash: string) => void;
  /** Events between two checkpoints. */
  readonly checkpointEvery?: number;
  /** What repeats of one strategy share: key counts by shard and the like. */
  readonly memo?: Map<string, unknown>;
}
