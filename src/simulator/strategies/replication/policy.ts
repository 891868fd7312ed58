/** What makes one kind of replication under a primary unlike another: handed to the replica of primary-standby.ts. */
import type { Duration } from "../../../base/time.ts";
import type { DistributionOption } from "../contracts.ts";

export interface AckPolicy {
  /** Ships what was appended at once, before it is synced here (synchronous), or only what is synced (asynchronous). */
  readonly shipsUnsynced: boolean;
  /** Pause between shipments; 0 ships as soon as possible. */
  readonly shipEvery: Duration;
  /** Is there a configuration of members that must acknowledge: all of them, or as many as `semi` says? */
  readonly waitsForMembers: boolean;
  readonly semi?: SemiPolicy;
  /** How the standby of this ordinal applies what it receives; left out: as it comes. */
  readonly applying?: (ordinal: number) => Applying;
  /** Standbys run no database until they take over. */
  readonly cold?: ColdPolicy;
  /** Entries carry the primary's wall clock. */
  readonly stamps?: boolean;
  /** Standbys that must have been heard of lately, or the primary refuses writes. */
  readonly guard?: GuardPolicy;
  readonly resync?: ResyncPolicy;
  /** Replicas feed one another in a line; left out: the primary feeds all. */
  readonly line?: LinePolicy;
  /** False: standbys serve no reads, however old they may be. */
  readonly standbysRead?: boolean;
  /** Are there standbys at all? */
  readonly ships: boolean;
}

export interface SemiPolicy {
  /** Standbys that must have a write, the primary not counted. */
  readonly acks: number;
  /** How long a write waits at most. */
  readonly timeout: Duration;
  readonly onTimeout: "fallback" | "block";
  /** Seen by readers of the primary only once acknowledged (`afterSync`), or as soon as the primary has synced it. */
  readonly waitPoint: "afterSync" | "afterCommit";
  /** What a standby has done with a write when it says so. */
  readonly ackWhen: "received" | "synced" | "applied";
}

/** How a standby applies. Entries that must be a while old carry the primary's wall clock as their note. */
export type Applying =
  /** As the message that brings them is handled: its demand is theirs. */
  | { readonly kind: "onArrival" }
  /** As work of its own, one piece after another; entries younger than `delay` wait. */
  | { readonly kind: "work"; readonly delay: Duration }
  /** Every so often what has come by then, so many entries per second. */
  | { readonly kind: "replay"; readonly every: Duration; readonly rate: number };

export interface GuardPolicy {
  readonly replicas: number;
  readonly maxLag: Duration;
}

export interface ResyncPolicy {
  /** Bytes of log that a primary keeps for standbys that are away. */
  readonly retain: number;
  /** What a standby gets whose log has diverged. */
  readonly diverged: "rewind" | "copy";
}

export interface LinePolicy {
  readonly kind: "chain" | "cascade";
  /** Of a chain: reads are answered by the tail alone, or by every member that knows what is acknowledged (CRAQ). */
  readonly reads?: "tail" | "craq";
}

export interface ColdPolicy {
  /** From the order to take over until the database runs: microseconds. */
  readonly boot: DistributionOption;
  /** The base copy is made anew so often: only what came since has to be replayed. */
  readonly copyEvery: Duration;
}
