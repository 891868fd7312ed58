/**
 * What a server keeps of one shard: a log of versions and the state that applied entries have made, with what is needed
 * to take entries back. Received, written, synced and applied are kept apart. The store is the
 * truth that the ledger judges by: a part can only change it through the effects append, truncate and apply.
 */
import { fail } from "../../base/assert.ts";
import { grown, type Operations } from "./operations.ts";
import type { ShardKeys } from "./shard-keys.ts";

export interface ReplicaStore {
  readonly shard: number;
  /** Where it stands; a copy gets its place when it is installed. */
  server: number;
  /** Gone for ever: no part of any history any more. */
  readonly destroyed: () => boolean;
  readonly destroy: () => void;
  readonly base: () => number;
  readonly written: () => number;
  readonly synced: () => number;
  readonly applied: () => number;
  readonly setSynced: (index: number) => void;
  /** Up to here nothing but the loss of its disk takes anything back; infinite unless a device has a volatile cache. */
  readonly durable: () => number;
  readonly setDurable: (index: number) => void;
  /** Appends a version that the caller holds no longer (its hold passes to the log); gives its index. */
  readonly append: (version: number) => number;
  readonly truncate: (index: number) => void;
  readonly apply: (index: number) => void;
  readonly versionAt: (index: number) => number;
  /** Epoch of the entry at `index`; that of the last settled entry at `base()`; 0 before the first. */
  readonly epochAt: (index: number) => number;
  /** The version held for a key of this shard, 0 for none. */
  readonly read: (key: number) => number;
  readonly stateAt: (local: number) => number;
  /** Forgets the oldest retained entry: it is in every history for good. */
  readonly retire: () => void;
  /** A store of its own that holds the same up to what this one has applied, all synced. */
  readonly copy: () => ReplicaStore;
  /** What entries that could still be taken back have replaced. */
  readonly replacedVersions: () => readonly number[];
  /** Bytes of the values that the state holds. */
  readonly bytes: () => number;
  /** Of a store whose shard has no single order of writes. */
  readonly merging?: Merging;
}

/** What a store without a single order has beside the usual. */
export interface Merging {
  /** Its bit among the stores of its shard. */
  readonly bit: number;
  /** Retires what is synced and applied; with `all`, also what is not synced. */
  readonly retireAll: (all: boolean) => void;
  /** The versions held for a key: one at most where the last writer wins. */
  readonly heldAt: (local: number) => readonly number[];
  /** Is what is held for this key a tombstone that was purged? It counts as nothing for other replicas. */
  readonly isPurged: (local: number) => boolean;
  /** Purges tombstones stamped before this; gives how many. */
  readonly purge: (before: number) => number;
}

/** What a copy begins with; holds on the versions in it pass to the new store. */
interface Contents {
  readonly base: number;
  readonly baseEpoch: number;
  readonly applied: number;
  readonly entries: Int32Array;
  readonly replaced: Int32Array;
  readonly state: Int32Array;
}

export function createReplicaStore(
  operations: Operations,
  keys: ShardKeys,
  shard: number,
  server: number,
  contents?: Contents,
): ReplicaStore {
  let capacity = 64;
  let entries: Int32Array = new Int32Array(capacity);
  /** The version that applying this entry replaced; the hold on it passed from the state to here. */
  let replaced: Int32Array = new Int32Array(capacity);
  let base = 0;
  let written = 0;
  let synced = 0;
  let applied = 0;
  let state: Int32Array = new Int32Array(64);
  let destroyed = false;
  let durable = Infinity;
  let baseEpoch = 0;
  const { holdVersion, releaseVersion } = operations;
  if (contents !== undefined) {
    ({ base, baseEpoch, applied, entries, replaced, state } = contents);
    capacity = entries.length;
    written = applied;
    synced = applied;
  }

  /** The key that a version is of, or -1 for an entry that no client asked for. */
  const localOf = (version: number): number => {
    const operation = operations.versions.operation[version]!;
    return operation === 0 ? -1 : keys.localOf(operations.of.key[operation]!);
  };

  function truncate(index: number): void {
    if (!(index >= base))
      fail(`replica of shard ${shard} on server ${server} takes back entry ${index + 1}, which every replica had settled (up to ${base})`);
    while (written > index) {
      const place = written & (capacity - 1);
      const version = entries[place]!;
      if (written <= applied) {
        const local = localOf(version);
        if (local >= 0) {
          state[local] = replaced[place]!;
          replaced[place] = 0;
          releaseVersion(version);
        }
        applied = written - 1;
      }
      releaseVersion(version);
      written -= 1;
    }
    if (synced > written) synced = written;
  }

  /** Everything up to `applied`, each version held once more. */
  function contentsNow(): Contents {
    for (let index = base + 1; index <= applied; index += 1) {
      holdVersion(entries[index & (capacity - 1)]!);
      holdVersion(replaced[index & (capacity - 1)]!);
    }
    for (const version of state) if (version !== 0) holdVersion(version);
    return { base, baseEpoch, applied, entries: entries.slice(), replaced: replaced.slice(), state: state.slice() };
  }

  return {
    shard,
    server,
    destroyed: () => destroyed,
    destroy: () => {
      destroyed = true;
      for (let index = base + 1; index <= written; index += 1) {
        const place = index & (capacity - 1);
        releaseVersion(entries[place]!);
        if (index <= applied) releaseVersion(replaced[place]!);
      }
      for (const version of state) if (version !== 0) releaseVersion(version);
      state = new Int32Array(0);
      base = written;
    },
    base: () => base,
    written: () => written,
    synced: () => synced,
    applied: () => applied,
    setSynced: (index) => {
      if (index > synced) synced = index < written ? index : written;
    },
    durable: () => durable,
    setDurable: (index) => {
      durable = index;
    },
    append: (version) => {
      if (written - base + 1 >= capacity) {
        const before = capacity;
        const oldEntries = entries;
        const oldReplaced = replaced;
        capacity *= 2;
        entries = new Int32Array(capacity);
        replaced = new Int32Array(capacity);
        for (let index = base + 1; index <= written; index += 1) {
          entries[index & (capacity - 1)] = oldEntries[index & (before - 1)]!;
          replaced[index & (capacity - 1)] = oldReplaced[index & (before - 1)]!;
        }
      }
      written += 1;
      entries[written & (capacity - 1)] = version;
      replaced[written & (capacity - 1)] = 0;
      return written;
    },
    truncate,
    apply: (index) => {
      if (!(index <= written)) fail(`replica of shard ${shard} on server ${server} applies entry ${index} of ${written}`);
      while (applied < index) {
        applied += 1;
        const place = applied & (capacity - 1);
        const version = entries[place]!;
        const local = localOf(version);
        if (local < 0) continue;
        if (local >= state.length) state = grown(state, Math.max(local + 1, state.length * 2));
        replaced[place] = state[local]!;
        state[local] = version;
        holdVersion(version);
      }
    },
    versionAt: (index) => (index > base && index <= written ? entries[index & (capacity - 1)]! : 0),
    epochAt: (index) =>
      index > base && index <= written ? operations.versions.epoch[entries[index & (capacity - 1)]!]! : index === base ? baseEpoch : 0,
    read: (key) => {
      const local = keys.known(key);
      return local < 0 || local >= state.length ? 0 : state[local]!;
    },
    stateAt: (local) => (local < state.length ? state[local]! : 0),
    retire: () => {
      base += 1;
      const place = base & (capacity - 1);
      baseEpoch = operations.versions.epoch[entries[place]!]!;
      releaseVersion(replaced[place]!);
      replaced[place] = 0;
      releaseVersion(entries[place]!);
      entries[place] = 0;
    },
    copy: () => createReplicaStore(operations, keys, shard, server, contentsNow()),
    replacedVersions: () => Array.from({ length: applied - base }, (_, i) => replaced[(base + 1 + i) & (capacity - 1)]!),
    bytes: () => {
      let bytes = 0;
      for (const version of state) bytes += operations.of.bytes[operations.versions.operation[version]!]!;
      return bytes;
    },
  };
}
