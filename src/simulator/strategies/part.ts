/** How a part is entered in the registry: its name, what its options may be, and what a reader should know about it. */
import type { z } from "zod";

/** The part of a registry entry that a scenario reader needs: it never constructs anything. */
export interface PartEntry {
  readonly summary: string;
  /** Options as written in a scenario (input) to options as the part gets them (output), defaults filled. */
  readonly options: z.ZodType;
  /** A replication that elects its primary itself: it takes the place of the failover and fencing parts. */
  readonly ownFailover?: true;
}

/** Implementation name -> entry, in the order in which `list` shows them. */
export type PartTable = Readonly<Record<string, PartEntry>>;

/** Names of the format that no part serves yet: refused with "not built yet". */
export type NotBuilt = readonly string[];
