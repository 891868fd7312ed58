/**
 * The ledger's memory of client operations and of the versions they made, as pooled typed arrays. An operation lives
 * while its client waits, while a message or queue holds it, and while any version of it exists; a version (one
 * application of an operation, one log entry) lives while a log, a replica's state or a message holds it. What is no
 * longer reachable is judged once and forgotten, so that memory follows the key space and not the number of writes.
 */
import { fail } from "../../base/assert.ts";

/** What became of an operation, as its client knows it. */
export const Ending = { Pending: 0, Acknowledged: 1, Refused: 2, Ambiguous: 3 } as const;
export type Ending = (typeof Ending)[keyof typeof Ending];

/** Numbers of the kinds in `OPERATIONS` (workload.ts). */
export const Kind = { Read: 0, Update: 1, Insert: 2, ReadModifyWrite: 3, Delete: 4, Scan: 5, Find: 6, Join: 7, MultiRead: 8 } as const;

export const isWrite = (kind: number): boolean => kind !== Kind.Read && kind < Kind.Scan;
/** Does it read several keys, perhaps of several shards? */
export const isSpread = (kind: number): boolean => kind >= Kind.Scan;

export interface Operations {
  readonly live: () => number;
  readonly liveVersions: () => number;
  /** A new operation, held once (by its client). */
  readonly open: () => number;
  readonly hold: (operation: number) => void;
  readonly release: (operation: number) => void;
  /** Its number among all operations of the run, or 0 if nothing holds it. */
  readonly serialOf: (operation: number) => number;
  /** A new version of an operation, held once; it holds its operation. */
  readonly version: (operation: number, epoch: number, at: number, note?: number) => number;
  readonly holdVersion: (version: number) => void;
  readonly releaseVersion: (version: number) => void;
  /** Every live operation, in slot order. */
  readonly forEach: (visit: (operation: number) => void) => void;
  /** Every live version, in slot order. */
  readonly forEachVersion: (visit: (version: number) => void) => void;
  /** The arrays; replaced when the pool grows, so take them from here at each use. */
  readonly of: OperationFields;
  readonly versions: VersionFields;
}

export interface OperationFields {
  key: Int32Array;
  kind: Uint8Array;
  shard: Int32Array;
  vantage: Int32Array;
  workload: Int32Array;
  /** Intended send and acknowledgement, true microseconds. */
  sentAt: Float64Array;
  endedAt: Float64Array;
  ending: Uint8Array;
  probe: Uint8Array;
  bytes: Float64Array;
  /** Service demands, drawn once with the operation. */
  readDemand: Int32Array;
  writeDemand: Int32Array;
  /** Its part in the histories has been judged. */
  judged: Uint8Array;
  /** How often a kept history applied it. */
  kept: Int32Array;
  /** Epoch under which it was acknowledged. */
  epoch: Int32Array;
  /** Epoch and instant of the append of the version that was acknowledged. */
  appendedUnder: Int32Array;
  appendedAt: Float64Array;
  /** Its number among all operations of the run, from 1. */
  serial: Float64Array;
  /** Neighbours among the acknowledged writes of its key that are still held; 0 at either end. */
  newer: Int32Array;
  older: Int32Array;
  /** Bits: its read has been answered; as a write, it was missed by a read (freshness.ts); what beat it (fates.ts). */
  marked: Uint8Array;
  /** Logical client of a closed loop, or -1. */
  client: Int32Array;
}

export interface VersionFields {
  /** 0 for an entry that no client asked for. */
  operation: Int32Array;
  epoch: Int32Array;
  appendedAt: Float64Array;
  /** The part's own word on the entry. */
  note: Float64Array;
  /** Causes, where versions have some: immutable. */
  about: unknown[];
}

/**
 * `settled` is called once for an operation that nothing holds any more, just before it is forgotten; so is `vanished` for a
 * version, while its operation is still there.
 */
export function createOperations(settled: (operation: number) => void, vanished?: (version: number) => void): Operations {
  let capacity = 1024;
  let used = 1; // Slot 0 is nobody's operation, so that 0 can mean "none".
  let free = new Int32Array(capacity);
  let freeCount = 0;
  let refs = new Int32Array(capacity);
  refs[0] = 1;
  let live = 0;
  let opened = 0;
  const of: OperationFields = {
    key: new Int32Array(capacity),
    kind: new Uint8Array(capacity),
    shard: new Int32Array(capacity),
    vantage: new Int32Array(capacity),
    workload: new Int32Array(capacity),
    sentAt: new Float64Array(capacity),
    endedAt: new Float64Array(capacity),
    ending: new Uint8Array(capacity),
    probe: new Uint8Array(capacity),
    bytes: new Float64Array(capacity),
    readDemand: new Int32Array(capacity),
    writeDemand: new Int32Array(capacity),
    judged: new Uint8Array(capacity),
    kept: new Int32Array(capacity),
    epoch: new Int32Array(capacity),
    appendedUnder: new Int32Array(capacity),
    appendedAt: new Float64Array(capacity),
    serial: new Float64Array(capacity),
    newer: new Int32Array(capacity),
    older: new Int32Array(capacity),
    marked: new Uint8Array(capacity),
    client: new Int32Array(capacity),
  };
  let versionCapacity = 1024;
  let versionsUsed = 1; // Version 0 is "as loaded, or absent".
  let versionFree = new Int32Array(versionCapacity);
  let versionFreeCount = 0;
  let versionRefs = new Int32Array(versionCapacity);
  let versionsLive = 0;
  const versions: VersionFields = {
    operation: new Int32Array(versionCapacity),
    epoch: new Int32Array(versionCapacity),
    appendedAt: new Float64Array(versionCapacity),
    note: new Float64Array(versionCapacity),
    about: [],
  };

  function release(operation: number): void {
    const left = (refs[operation] ?? 0) - 1;
    refs[operation] = left;
    if (left > 0) return;
    if (!(left === 0)) fail(`operation ${operation} released more often than held`);
    settled(operation);
    live -= 1;
    free[freeCount++] = operation;
  }

  return {
    live: () => live,
    liveVersions: () => versionsLive,
    open: () => {
      if (freeCount === 0 && used === capacity) {
        capacity *= 2;
        for (const name of Object.keys(of) as (keyof OperationFields)[]) of[name] = grown(of[name], capacity) as never;
        refs = grown(refs, capacity);
        free = grown(free, capacity);
      }
      const operation = freeCount > 0 ? free[--freeCount]! : used++;
      refs[operation] = 1;
      live += 1;
      of.ending[operation] = Ending.Pending;
      of.kept[operation] = 0;
      of.judged[operation] = 0;
      of.epoch[operation] = 0;
      of.appendedUnder[operation] = 0;
      of.appendedAt[operation] = 0;
      of.marked[operation] = 0;
      of.endedAt[operation] = Infinity;
      opened += 1;
      of.serial[operation] = opened;
      return operation;
    },
    hold: (operation) => {
      refs[operation] = (refs[operation] ?? 0) + 1;
    },
    release,
    serialOf: (operation) => (refs[operation]! > 0 ? of.serial[operation]! : 0),
    version: (operation, epoch, at, note = 0) => {
      if (versionFreeCount === 0 && versionsUsed === versionCapacity) {
        versionCapacity *= 2;
        for (const name of ["operation", "epoch", "appendedAt", "note"] as const)
          versions[name] = grown(versions[name], versionCapacity) as never;
        versionRefs = grown(versionRefs, versionCapacity);
        versionFree = grown(versionFree, versionCapacity);
      }
      const version = versionFreeCount > 0 ? versionFree[--versionFreeCount]! : versionsUsed++;
      versionsLive += 1;
      versionRefs[version] = 1;
      versions.operation[version] = operation;
      versions.epoch[version] = epoch;
      versions.appendedAt[version] = at;
      versions.note[version] = note;
      refs[operation] = (refs[operation] ?? 0) + 1;
      return version;
    },
    holdVersion: (version) => {
      versionRefs[version] = (versionRefs[version] ?? 0) + 1;
    },
    releaseVersion: (version) => {
      if (version === 0) return;
      const left = (versionRefs[version] ?? 0) - 1;
      versionRefs[version] = left;
      if (left > 0) return;
      if (!(left === 0)) fail(`version ${version} released more often than held`);
      vanished?.(version);
      if (version < versions.about.length) versions.about[version] = undefined;
      versionsLive -= 1;
      versionFree[versionFreeCount++] = version;
      release(versions.operation[version]!);
    },
    forEach: (visit) => {
      for (let operation = 1; operation < used; operation += 1) if (refs[operation]! > 0) visit(operation);
    },
    forEachVersion: (visit) => {
      for (let version = 1; version < versionsUsed; version += 1) if (versionRefs[version]! > 0) visit(version);
    },
    of,
    versions,
  };
}

/** A copy of `array` with `capacity` places. */
export function grown<A extends Int32Array | Uint8Array | Float64Array>(array: A, capacity: number): A {
  const larger = new (array.constructor as new (length: number) => A)(capacity);
  larger.set(array);
  return larger;
}
