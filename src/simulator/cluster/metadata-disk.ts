/**
 * What a member of the metadata group has on its disk: Raft's term and vote, its log, and a snapshot of the state. Writes are
 * numbered over all incarnations; how many of them a crash has left is for the machine's register to say, which a host's
 * death takes back to what was synced.
 */
import { newDurable, type Durable, type Entry, type Membership, type PeerId, type Snapshot } from "../../modules/raft/entry.ts";
import type { MetadataState } from "./metadata-state.ts";

export type DiskWrite =
  | { readonly kind: "state"; readonly term: number; readonly vote: PeerId }
  | { readonly kind: "entries"; readonly first: number; readonly entries: readonly Entry[] }
  | { readonly kind: "snapshot"; readonly snapshot: Snapshot; readonly state: MetadataState };

export interface MemberDisk {
  /** Puts a write behind those before it; gives its number, from 1. */
  readonly write: (what: DiskWrite) => number;
  /** Writes up to this number are on the device. */
  readonly synced: (number: number) => void;
  /** The log up to the snapshot's index is replaced by it. All of that is on the device. */
  readonly compact: (snapshot: Snapshot, state: MetadataState) => void;
  /** What a restart finds where writes up to this number are left; undefined if even what was synced is gone. */
  readonly recovered: (number: number) => { readonly durable: Durable; readonly state: MetadataState } | undefined;
  readonly written: () => number;
}

/** Of a member that has never run. */
export function createMemberDisk(membership: Membership, initial: MetadataState): MemberDisk {
  let { term, vote, snapshot } = newDurable(membership);
  let state = initial;
  let entries: Entry[] = [];
  let pending: DiskWrite[] = [];
  /** Writes that are folded into the above. */
  let folded = 0;

  function fold(write: DiskWrite): void {
    switch (write.kind) {
      case "state":
        ({ term, vote } = write);
        return;
      case "entries":
        entries = [...entries.slice(0, write.first - 1 - snapshot.index), ...write.entries];
        return;
      case "snapshot":
        ({ snapshot, state } = write);
        entries = [];
        return;
    }
  }

  function synced(number: number): void {
    while (folded < number) {
      fold(pending.shift()!);
      folded += 1;
    }
  }

  return {
    write: (what) => folded + pending.push(what),
    synced,
    compact: (taken, taking) => {
      entries = entries.slice(taken.index - snapshot.index);
      snapshot = taken;
      state = taking;
    },
    recovered: (number) => {
      if (number < folded) return undefined;
      synced(number);
      pending = [];
      return { durable: { term, vote, snapshot, entries: entries.slice() }, state };
    },
    written: () => folded + pending.length,
  };
}
