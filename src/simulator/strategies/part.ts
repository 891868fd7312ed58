/** How a part is entered in the registry: its name, what its options may be, and what a reader should know about it. */
import type { z } from "zod";
import type { ServerPlace } from "./contracts.ts";

/** The part of a registry entry that a scenario reader needs: it never constructs anything. */
export interface PartEntry {
  readonly summary: string;
  /** Options as written in a scenario (input) to options as the part gets them (output), defaults filled. */
  readonly options: z.ZodType;
  /** A replication that elects its primary itself: it takes the place of the failover and fencing parts. */
  readonly ownFailover?: true;
  /** A replication without primaries: nobody fails over, and nobody is fenced. */
  readonly leaderless?: true;
  /** Of a sharding that has a number of shards of its own, from its checked options: `cluster.shards` has no say then. */
  readonly shards?: (options: never) => number;
  /** What cannot be with these options on this cluster. Asked once everything else is right; nothing is drawn or placed. */
  readonly check?: (options: never, around: PartSurroundings) => readonly PartFault[];
}

/** A constraint that cannot be met. */
export interface PartFault {
  readonly fault: string;
  readonly mend: string;
  /** Keys below the part that it concerns, such as `["copysets", "scatter"]`; the nearest that the file has is shown. */
  readonly steps: readonly (string | number)[];
}

/** What a part's constraints are checked against. */
export interface PartSurroundings {
  readonly servers: readonly ServerPlace[];
  readonly shards: number;
  /** Copies of each shard that the strategy keeps. */
  readonly copies: number;
  readonly overServers: boolean;
  /** Servers on which primaries should stand, as the file says it; undefined without a wish. */
  readonly primaries: string | undefined;
  readonly databases: number;
  readonly tables: readonly { readonly name: string; readonly rows: number }[];
}

/** Implementation name -> entry, in the order in which `list` shows them. */
export type PartTable = Readonly<Record<string, PartEntry>>;

/** Parts of a real system, as a scenario would write them, and where each value was read. */
export interface StrategyPreset {
  readonly summary: string;
  readonly parts: Readonly<Record<string, unknown>>;
  readonly facts: readonly { readonly what: string; readonly source: string }[];
}

/** Names of the format that no part serves yet: refused with "not built yet". */
export type NotBuilt = readonly string[];
