/** Planned operations of a scenario, as data. Types only. */
import type { DistributionSpec } from "../kernel/distribution-spec.ts";

export type OperationAction =
  /** So many servers join, in these places in turn; they stand idle before. */
  | { readonly kind: "add"; readonly zones: readonly string[] }
  /** A server leaves, as planned: nothing is on it any more at the end. */
  | { readonly kind: "remove"; readonly server: number }
  /** The keys are divided anew. */
  | { readonly kind: "reshard"; readonly into: ReshardSpec };

export type ReshardSpec = { readonly kind: "shards"; readonly shards: number } | { readonly kind: "databases"; readonly databases: number };

export interface OperationSpec {
  /** By its content: what its random numbers are named after. */
  readonly name: string;
  readonly label: string;
  readonly at: DistributionSpec;
  readonly action: OperationAction;
  /** Bytes per second that one copy may use; 0: no limit. */
  readonly throttle: number;
  readonly cutover: CutoverName;
}

export type CutoverName = "forwarding" | "dualWrite" | "freeze";

/** The rebalancing part `onMembershipChange`. */
export interface RebalancingSpec {
  /** Microseconds for which a server is silent before it is given up. */
  readonly after: number;
  readonly throttle: number;
  readonly cutover: CutoverName;
}
