/**
 * What a server keeps of one shard whose versions are replaced only by versions that have seen them: a commit log, and per key all
 * versions that none held has seen, side by side. With causes that see only their own maker's versions this is a mergeable
 * type: the parts of a counter, the elements of a set. Retiring and fates are as in merging-store.ts.
 */
import type { Cause } from "../../base/causes.ts";
import { hasSeen } from "../../base/causes.ts";
import { assert, fail } from "../../base/assert.ts";
import type { Fates } from "./fates.ts";
import { Kind, type Operations } from "./operations.ts";
import type { Beats } from "./order-of-versions.ts";
import type { ReplicaStore } from "./replica-store.ts";
import type { ShardKeys } from "./shard-keys.ts";

/** An entry of the log, and what applying it did. */
interface Entry {
  readonly version: number;
  /** What was held before; undefined until it is applied, or if it changed nothing. */
  before: readonly number[] | undefined;
  /** What it replaced, held until it is retired. */
  replaced: readonly number[];
  /** What had seen it before it came, held until it is retired; 0 for none. */
  lostTo: number;
}

const NONE: readonly number[] = [];

export function createSiblingStore(
  operations: Operations,
  keys: ShardKeys,
  shard: number,
  server: number,
  bit: number,
  beats: Beats,
  fates: Fates,
): ReplicaStore {
  const { of, versions, holdVersion, releaseVersion } = operations;
  /** Entries after `base`, the oldest first. */
  let entries: Entry[] = [];
  let base = 0;
  let synced = 0;
  let applied = 0;
  const state: (readonly number[] | undefined)[] = [];
  const purged = new Set<number>();
  let tombstones: number[] = [];
  let destroyed = false;
  let durable = Infinity;

  const written = (): number => base + entries.length;
  const localOf = (version: number): number => keys.localOf(of.key[versions.operation[version]!]!);
  const heldAt = (local: number): readonly number[] => state[local] ?? NONE;
  const causeOf = (version: number): Cause => {
    const cause = versions.about[version] as Cause | undefined;
    assert(cause !== undefined, `version ${version} has no cause`);
    return cause;
  };
  const isTombstone = (version: number): boolean => of.kind[versions.operation[version]!] === Kind.Delete;

  function applyNext(): void {
    const entry = entries[applied - base]!;
    applied += 1;
    const { version } = entry;
    const local = localOf(version);
    const held = heldAt(local);
    if (held.includes(version)) return;
    const cause = causeOf(version);
    const knower = held.find((other) => hasSeen(causeOf(other), cause));
    if (knower !== undefined && !purged.has(local)) {
      entry.lostTo = knower;
      holdVersion(knower);
      return;
    }
    entry.before = held;
    // A purged tombstone has seen nothing any more.
    entry.replaced = purged.has(local) ? held : held.filter((other) => hasSeen(cause, causeOf(other)));
    purged.delete(local);
    state[local] = [...held.filter((other) => !entry.replaced.includes(other)), version];
    holdVersion(version);
  }

  function retireOne(): void {
    const entry = entries.shift()!;
    base += 1;
    const { version, replaced, lostTo } = entry;
    for (const other of replaced) fates.beaten(other, version, bit);
    if (lostTo === 0 || fates.beaten(version, lostTo, bit)) fates.reached(version, shard, bit);
    if (isTombstone(version) && entry.before !== undefined) tombstones.push(localOf(version));
    for (const other of replaced) releaseVersion(other);
    releaseVersion(lostTo);
    releaseVersion(version);
  }

  function undo(entry: Entry): void {
    releaseVersion(entry.lostTo);
    if (entry.before === undefined) return;
    state[localOf(entry.version)] = entry.before;
    releaseVersion(entry.version);
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
      isPurged: (local) => purged.has(local),
      heldAt,
      purge: (before) => {
        let count = 0;
        tombstones = tombstones.filter((local) => {
          const [version = 0, ...more] = heldAt(local);
          if (version === 0 || more.length > 0 || !isTombstone(version) || purged.has(local)) return false;
          if (versions.note[version]! >= before) return true;
          purged.add(local);
          count += 1;
          fates.purged(version, shard);
          return false;
        });
        return count;
      },
    },
    destroyed: () => destroyed,
    destroy: () => {
      destroyed = true;
      for (const { version, replaced, lostTo } of entries) {
        for (const other of replaced) releaseVersion(other);
        releaseVersion(lostTo);
        releaseVersion(version);
      }
      for (const held of state) for (const version of held ?? NONE) releaseVersion(version);
      base = written();
      entries = [];
      state.length = 0;
    },
    base: () => base,
    written,
    synced: () => synced,
    applied: () => applied,
    durable: () => durable,
    setDurable: (index) => {
      durable = index;
    },
    setSynced: (index) => {
      if (index > synced) synced = Math.min(index, written());
    },
    append: (version) => {
      entries.push({ version, before: undefined, replaced: NONE, lostTo: 0 });
      return written();
    },
    truncate: (index) => {
      if (!(index >= base))
        fail(`replica of shard ${shard} on server ${server} takes back entry ${index + 1}, which it had retired (up to ${base})`);
      while (written() > index) {
        const isApplied = applied === written();
        const entry = entries.pop()!;
        if (isApplied) {
          undo(entry);
          applied -= 1;
        }
        releaseVersion(entry.version);
      }
      if (synced > written()) synced = written();
    },
    apply: (index) => {
      if (!(index <= written())) fail(`replica of shard ${shard} on server ${server} applies entry ${index} of ${written()}`);
      while (applied < index) applyNext();
    },
    versionAt: (index) => entries[index - base - 1]?.version ?? 0,
    epochAt: () => 1,
    // Of siblings the one stamped last stands for all.
    read: (key) => newestOf(heldAt(keys.known(key)), beats),
    stateAt: (local) => newestOf(heldAt(local), beats),
    retire: retireOne,
    copy: () => fail("a replica of a shard without a single order of writes is not copied"),
    replacedVersions: () => entries.flatMap(({ replaced }) => replaced),
    bytes: () =>
      state.reduce((sum, held) => sum + (held ?? NONE).reduce((bytes, version) => bytes + of.bytes[versions.operation[version]!]!, 0), 0),
  };
}

function newestOf(held: readonly number[], beats: Beats): number {
  let newest = 0;
  for (const version of held) if (beats(version, newest)) newest = version;
  return newest;
}
