/** What a rebalancer works by: planned operations in the order of their times, and where copies are due under a goal. */
import type { ServerId } from "../../../base/ids.ts";
import type { Duration } from "../../../base/time.ts";
import type { MapGoal } from "../contracts.ts";
import type { Cutover } from "../messages.ts";

export interface PlannedChange {
  /** Microseconds after the start of the run. */
  readonly at: number;
  readonly change: "add" | "remove" | "reshard";
  /** Servers that come or go by it. */
  readonly servers: readonly ServerId[];
  readonly label: string;
  /** Bytes per second that one copy may use; 0: no limit. */
  readonly throttle: number;
  readonly cutover: Cutover;
}

/** The rebalancing part `onMembershipChange`: what is done about servers that stay away. */
export interface LossPolicy {
  /** Unheard for so long, a server is given up. */
  readonly after: Duration;
  readonly throttle: number;
  readonly cutover: Cutover;
}

export interface RebalancingPlan {
  readonly changes: readonly PlannedChange[];
  readonly loss: LossPolicy | undefined;
  /** Per shard the servers where its copies are due, the preferred primary first. The same goal gives the same answer. */
  readonly targets: (goal: MapGoal) => readonly (readonly ServerId[])[];
}
