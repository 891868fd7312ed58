/**
 * What a server keeps of one shard whose writes have no single order: a commit log of versions in the order in which they
 * came here, and per key the version that beats all others that came. Logs of replicas differ, states agree once all have
 * met the same versions. An entry is retired by itself, once it is synced and applied: what it replaced, or lost to, is
 * then for good, and the fates of versions (fates.ts) hear of it.
 */
import { fail } from "../../base/assert.ts";
import type { Fates } from "./fates.ts";
import { grown, Kind, type Operations } from "./operations.ts";
import type { Beats } from "./order-of-versions.ts";
import type { ReplicaStore } from "./replica-store.ts";
import type { ShardKeys } from "./shard-keys.ts";

/** What applying an entry did: nothing (it was held already), it replaced another or nothing, it lost to what was held. */
const Effect = { None: 0, Replaced: 1, Lost: 2 } as const;

const NONE: readonly number[] = [];

export function createMergingStore(
  operations: Operations,
  keys: ShardKeys,
  shard: number,
  server: number,
  bit: number,
  beats: Beats,
  fates: Fates,
): ReplicaStore {
  let capacity = 64;
  let entries: Int32Array = new Int32Array(capacity);
  /** The other version of the entry's effect, held until the entry is retired. */
  let others: Int32Array = new Int32Array(capacity);
  let effects: Uint8Array = new Uint8Array(capacity);
  let base = 0;
  let written = 0;
  let synced = 0;
  let durable = Infinity;
  let applied = 0;
  let state: Int32Array = new Int32Array(64);
  let purged: Uint8Array = new Uint8Array(64);
  /** Keys whose tombstones may be purged one day, in the order in which those were retired. */
  let tombstones: number[] = [];
  let destroyed = false;
  const { of, versions, holdVersion, releaseVersion } = operations;

  const localOf = (version: number): number => keys.localOf(of.key[versions.operation[version]!]!);

  function applyNext(): void {
    applied += 1;
    const place = applied & (capacity - 1);
    const version = entries[place]!;
    const local = localOf(version);
    if (local >= state.length) {
      const length = Math.max(local + 1, state.length * 2);
      state = grown(state, length);
      purged = grown(purged, length);
    }
    const held = state[local]!;
    if (version === held && purged[local] === 0) return;
    // A purged tombstone beats nothing any more.
    if (purged[local] === 1 || beats(version, held)) {
      effects[place] = Effect.Replaced;
      others[place] = held;
      state[local] = version;
      purged[local] = 0;
      holdVersion(version);
    } else {
      effects[place] = Effect.Lost;
      others[place] = held;
      holdVersion(held);
    }
  }

  function undo(place: number): void {
    const version = entries[place]!;
    if (effects[place] === Effect.Replaced) {
      state[localOf(version)] = others[place]!;
      releaseVersion(version);
    } else if (effects[place] === Effect.Lost) releaseVersion(others[place]!);
    effects[place] = Effect.None;
    others[place] = 0;
  }

  function retireOne(): void {
    base += 1;
    const place = base & (capacity - 1);
    const version = entries[place]!;
    const other = others[place]!;
    if (effects[place] === Effect.Replaced && other !== 0) fates.beaten(other, version, bit);
    if (effects[place] !== Effect.Lost || fates.beaten(version, other, bit)) fates.reached(version, shard, bit);
    if (of.kind[versions.operation[version]!] === Kind.Delete && effects[place] === Effect.Replaced) tombstones.push(localOf(version));
    releaseVersion(other);
    releaseVersion(version);
    others[place] = 0;
    entries[place] = 0;
    effects[place] = Effect.None;
  }

  function purge(before: number): number {
    let count = 0;
    const left: number[] = [];
    for (const local of tombstones) {
      const version = state[local]!;
      const isTombstone = version !== 0 && purged[local] === 0 && of.kind[versions.operation[version]!] === Kind.Delete;
      if (!isTombstone) continue;
      if (versions.note[version]! >= before) left.push(local);
      else {
        purged[local] = 1;
        count += 1;
        fates.purged(version, shard);
      }
    }
    tombstones = left;
    return count;
  }

  function grow(): void {
    const before = capacity;
    const [oldEntries, oldOthers, oldEffects] = [entries, others, effects];
    capacity *= 2;
    entries = new Int32Array(capacity);
    others = new Int32Array(capacity);
    effects = new Uint8Array(capacity);
    for (let index = base + 1; index <= written; index += 1) {
      const [from, to] = [index & (before - 1), index & (capacity - 1)];
      entries[to] = oldEntries[from]!;
      others[to] = oldOthers[from]!;
      effects[to] = oldEffects[from]!;
    }
  }

  return {
    shard,
    server,
    merging: {
      bit,
      retireAll: (all) => {
        const until = all ? applied : Math.min(synced, applied, durable);
        while (base < until) retireOne();
      },
      heldAt: (local) => (local < state.length && state[local] !== 0 ? [state[local]!] : NONE),
      isPurged: (local) => local < purged.length && purged[local] === 1,
      purge,
    },
    destroyed: () => destroyed,
    destroy: () => {
      destroyed = true;
      for (let index = base + 1; index <= written; index += 1) {
        const place = index & (capacity - 1);
        releaseVersion(entries[place]!);
        if (index <= applied) releaseVersion(others[place]!);
      }
      for (const version of state) if (version !== 0) releaseVersion(version);
      state = new Int32Array(0);
      base = written;
    },
    base: () => base,
    written: () => written,
    synced: () => synced,
    applied: () => applied,
    durable: () => durable,
    setDurable: (index) => {
      durable = index;
    },
    setSynced: (index) => {
      if (index > synced) synced = index < written ? index : written;
    },
    append: (version) => {
      if (written - base + 1 >= capacity) grow();
      written += 1;
      entries[written & (capacity - 1)] = version;
      return written;
    },
    truncate: (index) => {
      if (!(index >= base))
        fail(`replica of shard ${shard} on server ${server} takes back entry ${index + 1}, which it had retired (up to ${base})`);
      while (written > index) {
        const place = written & (capacity - 1);
        if (written <= applied) {
          undo(place);
          applied = written - 1;
        }
        releaseVersion(entries[place]!);
        entries[place] = 0;
        written -= 1;
      }
      if (synced > written) synced = written;
    },
    apply: (index) => {
      if (!(index <= written)) fail(`replica of shard ${shard} on server ${server} applies entry ${index} of ${written}`);
      while (applied < index) applyNext();
    },
    versionAt: (index) => (index > base && index <= written ? entries[index & (capacity - 1)]! : 0),
    epochAt: () => 1,
    read: (key) => {
      const local = keys.known(key);
      return local < 0 || local >= state.length ? 0 : state[local]!;
    },
    stateAt: (local) => (local < state.length ? state[local]! : 0),
    retire: retireOne,
    copy: () => fail("a replica of a shard without a single order of writes is not copied"),
    replacedVersions: () => Array.from({ length: applied - base }, (_, i) => others[(base + 1 + i) & (capacity - 1)]!),
    bytes: () => {
      let bytes = 0;
      for (const version of state) bytes += of.bytes[versions.operation[version]!]!;
      return bytes;
    },
  };
}
