/**
 * Stale reads: a read sent after the acknowledgement of a kept write v returned a version whose
 * write was acknowledged before v was sent. Whether v is kept is known at the end only, so what a suspicious read may
 * have missed is noted and judged then. Every write that a replica can still miss is held by some log, and so in reach
 * here: the acknowledged writes of a key that are still held form a list.
 */
import { Ending, type Operations } from "./operations.ts";
import type { ShardKeys } from "./shard-keys.ts";

/** A read whose answer was older than some acknowledged write, and stale if one of those turns out to be kept. */
export interface StaleRead {
  readonly key: number;
  readonly sentAt: number;
  /** Acknowledgement of the write whose version it returned; -1 for what was there from the start. */
  readonly answerAckedAt: number;
  /** Another key that the same read named: it is one stale read, as old as its oldest answer. */
  readonly next: StaleRead | undefined;
}

/** An acknowledged write that a read may have missed. */
export interface MissedWrite {
  readonly serial: number;
  readonly shard: number;
  readonly sentAt: number;
  readonly ackAt: number;
}

export interface Freshness {
  readonly stale: readonly StaleRead[];
  readonly missed: ReadonlyMap<number, readonly MissedWrite[]>;
  /** A write was acknowledged to its client. */
  readonly acknowledged: (keys: ShardKeys, operation: number) => void;
  /** Nothing holds this acknowledged write any more. */
  readonly forget: (keys: ShardKeys, operation: number) => void;
  readonly serving: (keys: ShardKeys, operation: number, key: number, version: number) => void;
  /** One of several keys that a read names; each is judged at the first answer with it. */
  readonly servingOneOf: (keys: ShardKeys, shard: number, operation: number, key: number, version: number) => void;
  /** The client has its last word on an operation: what a read was served counts only if it got it. */
  readonly answered: (operation: number, isDone: boolean) => void;
}

/** Bits of `marked`: a read-modify-write can be both. */
const SERVED = 1;
const MISSED = 2;

export function createFreshness(operations: Operations): Freshness {
  const { of, versions } = operations;
  const stale: StaleRead[] = [];
  const missed = new Map<number, MissedWrite[]>();
  /** Reads served with something old, by operation, until their clients have heard. */
  const suspects = new Map<number, StaleRead>();

  function note(key: number, write: MissedWrite): void {
    const known = missed.get(key);
    if (known === undefined) missed.set(key, [write]);
    else if (known.at(-1)!.serial !== write.serial) known.push(write);
  }

  function judge(keys: ShardKeys, shard: number, operation: number, key: number, version: number): void {
    const local = keys.known(key);
    const held = version === 0 ? 0 : versions.operation[version]!;
    const answerAckedAt = held === 0 ? -1 : of.ending[held] === Ending.Acknowledged ? of.endedAt[held]! : Infinity;
    if (keys.lastSent(local) <= answerAckedAt) return; // All was sent before the answer's write was acknowledged.
    const sentAt = of.sentAt[operation]!;
    let isSuspect = false;
    for (let write = keys.newest(local); write !== 0; write = of.older[write]!) {
      if (of.endedAt[write]! >= sentAt || of.sentAt[write]! <= answerAckedAt) continue;
      isSuspect = true;
      if ((of.marked[write]! & MISSED) !== 0) continue;
      of.marked[write] = of.marked[write]! | MISSED;
      note(key, { serial: of.serial[write]!, shard: of.shard[write]!, sentAt: of.sentAt[write]!, ackAt: of.endedAt[write]! });
    }
    // Held by nobody any more, if an old write was applied again over it.
    if (keys.lastAt(local) < sentAt && !isSuspect) {
      isSuspect = true;
      note(key, { serial: keys.lastSerial(local), shard, sentAt: keys.lastSent(local), ackAt: keys.lastAt(local) });
    }
    if (isSuspect) suspects.set(operation, { key, sentAt, answerAckedAt, next: suspects.get(operation) });
  }

  return {
    stale,
    missed,
    acknowledged: (keys, operation) => {
      const local = keys.localOf(of.key[operation]!);
      keys.acknowledged(local, of.serial[operation]!, of.sentAt[operation]!, of.endedAt[operation]!);
      const newest = keys.newest(local);
      of.older[operation] = newest;
      of.newer[operation] = 0;
      if (newest !== 0) of.newer[newest] = operation;
      keys.setNewest(local, operation);
    },
    forget: (keys, operation) => {
      if (of.probe[operation] === 1) return;
      const newer = of.newer[operation]!;
      const older = of.older[operation]!;
      if (older !== 0) of.newer[older] = newer;
      if (newer !== 0) of.older[newer] = older;
      else keys.setNewest(keys.localOf(of.key[operation]!), older);
    },
    serving: (keys, operation, key, version) => {
      if (keys.known(key) < 0 || (of.marked[operation]! & SERVED) !== 0 || of.ending[operation] !== Ending.Pending) return;
      of.marked[operation] = of.marked[operation]! | SERVED;
      judge(keys, of.shard[operation]!, operation, key, version);
    },
    servingOneOf: (keys, shard, operation, key, version) => {
      if (keys.known(key) >= 0 && of.ending[operation] === Ending.Pending) judge(keys, shard, operation, key, version);
    },
    answered: (operation, isDone) => {
      if (suspects.size === 0) return;
      const suspect = suspects.get(operation);
      if (suspect === undefined) return;
      suspects.delete(operation);
      if (isDone) stale.push(suspect);
    },
  };
}

/** Ages of the reads that missed a kept write: from the oldest kept write missed, its acknowledgement, to the read's sending. */
export function staleAges(freshness: Freshness, isLost: (write: MissedWrite) => boolean): number[] {
  const ages: number[] = [];
  const kept = new Map<number, MissedWrite[]>();
  for (const [key, writes] of freshness.missed)
    kept.set(
      key,
      writes.filter((write) => !isLost(write)).sort((a, b) => a.ackAt - b.ackAt || a.serial - b.serial),
    );
  for (const read of freshness.stale) {
    let oldest = Infinity;
    for (let one: StaleRead | undefined = read; one !== undefined; one = one.next) {
      const { sentAt, answerAckedAt } = one;
      const write = kept.get(one.key)?.find((candidate) => candidate.ackAt < sentAt && candidate.sentAt > answerAckedAt);
      if (write !== undefined && write.ackAt < oldest) oldest = write.ackAt;
    }
    if (oldest < Infinity) ages.push(read.sentAt - oldest);
  }
  return ages;
}
