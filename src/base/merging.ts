/**
 * What machines need where a shard has no single order of writes: versions that are held outside any replica, and a look at
 * what a replica holds key by key. Which of two versions wins is the store's affair; machines carry versions about.
 */
import type { Cause } from "./causes.ts";
import type { KeyId } from "./ids.ts";

/**
 * Versions that a machine holds beside its replica: an answer that is being put together, a hint for a server that is away.
 * A place is the machine's own, from 0. What is stored is on the disk: it outlives a crash of the process, and the host's
 * death once it has been synced. All else ends with the process.
 */
export interface Shelf {
  /** A new version of a client's operation, as its coordinator stamps it. */
  readonly make: (operation: number, stamp: number, epoch: number, cause?: Cause) => number;
  /** Appends it to this machine's own log; gives its index. */
  readonly append: (place: number) => number;
  /** Takes the attached entry `position` of a received message. */
  readonly take: (slot: number, position: number) => number;
  /** Holds the same version once more, at another place. */
  readonly again: (place: number) => number;
  readonly attach: (slot: number, place: number) => void;
  readonly drop: (place: number) => void;
  readonly stampOf: (place: number) => number;
  readonly keyOf: (place: number) => KeyId;
  readonly bytesOf: (place: number) => number;
  /** The version's number, for an answer to a client; 0 for no place (-1). */
  readonly versionOf: (place: number) => number;
  /** Whether the first beats the second, by the rule of the stores; a place of -1 loses. */
  readonly beats: (place: number, other: number) => boolean;
  /** Puts it on the disk, with a number of the machine's own; in one record with an entry of its log, if that is given. */
  readonly store: (place: number, about: number, entry?: number) => void;
  /** What is on the disk, in the order in which it was put there. */
  readonly stored: () => readonly { readonly place: number; readonly about: number }[];
}

/** What this machine's replica holds, key by key. */
export interface Held {
  /** Attaches what is held for a key: 0 nothing, 1 a version, 2 a tombstone that was purged, which is nothing to other replicas. */
  readonly attach: (slot: number, key: KeyId) => number;
  /** One hash for each of so many parts of the keys: equal where two replicas hold the same. */
  readonly summary: (parts: number) => Int32Array;
  /** Attaches all that is held in one part of so many; gives how many versions that are. */
  readonly attachPart: (slot: number, part: number, parts: number) => number;
  /** Causes of all versions held for a key, where versions have some. */
  readonly causes: (key: KeyId) => readonly Cause[];
  /** Purges tombstones stamped before this; gives how many. */
  readonly purge: (before: number) => number;
}
