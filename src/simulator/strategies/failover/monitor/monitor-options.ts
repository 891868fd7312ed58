/** What a monitor is set to, as it gets it (options.ts reads it from a scenario). Types only. */
import type { Duration } from "../../../../base/time.ts";
import type { PhiOptions } from "./phi.ts";

export interface MonitorOptions {
  readonly heartbeat: Duration;
  readonly misses: number;
  /** Monitors that must suspect a server; undefined: a majority. */
  readonly agree: number | undefined;
  /** Longest wait for standbys to tell their positions, and for replicas to confirm a fence. */
  readonly gather: Duration;
  /** What a person takes to decide, after the suspicion is actionable. */
  readonly operatorDelay: Duration;
  readonly detector: DetectorOptions;
  /** Standbys are asked whether they reach the primary, and have so long; undefined: they are not. */
  readonly confirm: { readonly within: Duration } | undefined;
  /** What is wrong is looked for so often only, with a phase of its own; 0: at once. */
  readonly recoveryPoll: Duration;
  /** After a failover, no other of the same shard (or of any) for so long. */
  readonly block: { readonly length: Duration; readonly per: "shard" | "cluster" } | undefined;
  readonly choice: ChoiceOptions;
  readonly lag: LagOptions | undefined;
  /** A shard goes back to its first primary once that was heard for so long; undefined: never. */
  readonly failback: { readonly after: Duration } | undefined;
}

export type DetectorOptions =
  /** Unheard for heartbeat x misses. */
  | { readonly kind: "silence" }
  /** So many polls in succession (`misses`) without an answer in time; a refused connection is one at once. */
  | { readonly kind: "poll"; readonly timeout: Duration }
  | ({ readonly kind: "phi" } & PhiOptions);

/** A place, as `zone a`. */
export interface Location {
  readonly kind: "zone" | "rack" | "region";
  readonly name: string;
}

export interface ChoiceOptions {
  readonly prefer: readonly Location[];
  readonly ban: readonly Location[];
  readonly preventCrossZone: boolean;
  readonly preventCrossRegion: boolean;
  /** By server; 1 where it says nothing, 0 for never. The higher goes first. */
  readonly priority: ReadonlyMap<number, number>;
  readonly rank: "position" | "priority";
}

export interface LagOptions {
  /** Candidates that lack more log entries, or what is older, are out. */
  readonly entries: number | undefined;
  readonly time: Duration | undefined;
  /** Nobody else left: nobody is promoted (true), or whoever has most after all. */
  readonly failOnLag: boolean;
}
