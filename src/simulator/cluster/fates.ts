/**
 * What becomes of versions where a shard's writes have no single order. A version is kept if it is what its key holds in the
 * end, or if a kept version replaced it that was not acknowledged before it was sent; where one beat it that was
 * (an older write won, by its clock), it is lost. Nothing tells beforehand which versions will be held in the end, so:
 *
 * - a version that every replica of the shard holds durably, or has met, is safe: kept, and forgotten;
 * - one that was replaced and that nothing holds any more hands its operation over to the versions that replaced it: it is kept
 *   if one of those is;
 * - one that vanishes without either is lost.
 *
 * So memory is what is pending, and what some replica has yet to see. What is forgotten as kept can no longer be found lost by what
 * comes later: an older write, of a faster clock, that no replica had met until then takes back only what is still held.
 */
import { Ending, grown, type Operations } from "./operations.ts";
import type { Beats } from "./order-of-versions.ts";

/** Bits of `marked` of an operation: an older write won over it; it lost to a concurrent one. */
export const BEATEN_BY_CLOCK = 4;
export const BEATEN_BY_CONCURRENT = 8;
/** It had been found kept, which no longer holds. */
export const TAKEN_BACK = 16;

/** A tombstone that was purged somewhere: the newest of its key. */
export interface Purged {
  readonly stamp: number;
  readonly serial: number;
  readonly key: number;
  readonly probe: boolean;
  readonly ending: Ending;
  readonly sentAt: number;
  readonly endedAt: number;
  readonly vantage: number;
}

export interface Fates {
  /** At the replica of this bit, for good: `winner` replaced the other, or was held when that one came. False if it won by its clock alone. */
  readonly beaten: (loser: number, winner: number, bit: number) => boolean;
  /** A replica has it on its disk, or something that beats it. */
  readonly reached: (version: number, shard: number, bit: number) => void;
  /** A replica is gone, and its bit will be another's. */
  readonly forget: (bit: number, shard: number) => void;
  /** Every replica of the shard is empty: what is still held elsewhere is as if nobody had met it. */
  readonly erased: (shard: number) => void;
  /** Nothing holds the version any more: called just before its number is given to another. */
  readonly vanished: (version: number) => void;
  readonly purged: (version: number, shard: number) => void;
  /** For the audit: this version is what its key holds in the end. */
  readonly final: (version: number) => void;
  /** For the audit, after the last: every version still there shares its heir's fate. */
  readonly close: () => void;
  /** The newest purged tombstone of each key of a shard. */
  readonly purgedOf: (shard: number) => ReadonlyMap<number, Purged>;
}

export interface FatesParts {
  readonly operations: Operations;
  readonly beats: Beats;
  /** Can a version lose to one that had not seen it? */
  readonly discards: boolean;
  /** Bits of the stores of a shard that are not destroyed. */
  readonly living: (shard: number) => number;
  /** The operation is in the history that counts, once more; once less. */
  readonly keep: (operation: number) => void;
  readonly unkeep: (operation: number) => void;
}

/** `safe` of a version: not, by all that is known so far, and if so, whether something took its place for good. */
const Safe = { No: 0, Standing: 1, Replaced: 2 } as const;

/** A version that nothing holds any more: kept, once, if one of those that replaced it is. It holds its operation. */
interface Ward {
  readonly operation: number;
  isKept: boolean;
  /** Versions whose ward it still is. */
  count: number;
}

const NOBODY: readonly number[] = [];

function addTo<Value>(lists: Map<number, Value[]>, key: number, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

export function createFates({ operations, discards, living, keep, unkeep }: FatesParts): Fates {
  const { of, versions } = operations;
  let seen = new Int32Array(1024);
  /** A version with which it is kept, held; 0 for none. */
  let heirs = new Int32Array(1024);
  /** Further ones, where replicas replaced it by different versions. */
  const furtherHeirs = new Map<number, number[]>();
  let safe = new Uint8Array(1024);
  /** By a version with which they are kept. */
  const wards = new Map<number, Ward[]>();
  const graves: Map<number, Purged>[] = [];
  let isOver = false;

  function reserve(version: number): void {
    if (version < seen.length) return;
    const capacity = Math.max(version + 1, seen.length * 2);
    seen = grown(seen, capacity);
    heirs = grown(heirs, capacity);
    safe = grown(safe, capacity);
  }

  const isBefore = (operation: number, other: number): boolean =>
    of.ending[operation] === Ending.Acknowledged && of.endedAt[operation]! < of.sentAt[other]!;

  function save(version: number, as: number = Safe.Standing): void {
    if (safe[version] !== Safe.No) return;
    safe[version] = heirs[version] === 0 ? as : Safe.Replaced;
    keep(versions.operation[version]!);
    letWardsGo(version, true);
    letHeirsGo(version);
  }

  function letWardsGo(version: number, areKept: boolean): void {
    const list = wards.get(version);
    if (list === undefined) return;
    wards.delete(version);
    for (const ward of list) {
      if (areKept && !ward.isKept) {
        ward.isKept = true;
        keep(ward.operation);
      }
      ward.count -= 1;
      if (ward.count === 0) operations.release(ward.operation);
    }
  }

  const heirsOf = (version: number): readonly number[] =>
    heirs[version] === 0 ? NOBODY : [heirs[version]!, ...(furtherHeirs.get(version) ?? NOBODY)];

  function letHeirsGo(version: number): void {
    const all = heirsOf(version);
    heirs[version] = 0;
    furtherHeirs.delete(version);
    for (const heir of all) operations.releaseVersion(heir);
  }

  function follow(loser: number, winner: number): void {
    if (safe[loser] !== Safe.No) safe[loser] = Safe.Replaced;
    else if (safe[winner] !== Safe.No) save(loser, Safe.Replaced);
    else if (heirs[loser] !== winner && furtherHeirs.get(loser)?.includes(winner) !== true) {
      operations.holdVersion(winner);
      if (heirs[loser] === 0) heirs[loser] = winner;
      else addTo(furtherHeirs, loser, winner);
    }
  }

  /** It is gone for good: its fate, and that of its own wards, is that of its heirs. */
  function handOver(version: number): void {
    const operation = versions.operation[version]!;
    operations.hold(operation);
    const mine: Ward[] = [{ operation, isKept: false, count: 1 }, ...(wards.get(version) ?? [])];
    wards.delete(version);
    const all = heirsOf(version);
    const isSafe = all.some((heir) => safe[heir] !== Safe.No);
    for (const heir of isSafe ? NOBODY : all) {
      for (const ward of mine) {
        ward.count += 1;
        addTo(wards, heir, ward);
      }
    }
    wards.set(version, mine);
    letWardsGo(version, isSafe);
  }

  return {
    beaten: (loser, winner, bit) => {
      reserve(Math.max(loser, winner));
      const [lost, won] = [versions.operation[loser]!, versions.operation[winner]!];
      if (lost !== won) {
        if (isBefore(won, lost)) {
          of.marked[lost] = of.marked[lost]! | BEATEN_BY_CLOCK;
          seen[loser] = seen[loser]! & ~bit;
          // Every replica had it, and then came one that was away so long: a hint, say.
          if (safe[loser] !== Safe.No) unkeep(lost);
          safe[loser] = Safe.No;
          return false;
        }
        if (discards && !isBefore(lost, won)) of.marked[lost] = of.marked[lost]! | BEATEN_BY_CONCURRENT;
      }
      follow(loser, winner);
      return true;
    },
    reached: (version, shard, bit) => {
      reserve(version);
      seen[version] = seen[version]! | bit;
      const all = living(shard);
      if ((seen[version] & all) === all) save(version);
    },
    forget: (bit, shard) => {
      operations.forEachVersion((version) => {
        if (version < seen.length && of.shard[versions.operation[version]!] === shard) seen[version] = seen[version]! & ~bit;
      });
    },
    erased: (shard) => {
      operations.forEachVersion((version) => {
        const operation = versions.operation[version]!;
        if (version >= seen.length || of.shard[operation] !== shard || safe[version] === Safe.No) return;
        unkeep(operation);
        safe[version] = Safe.No;
      });
    },
    vanished: (version) => {
      if (version >= seen.length) return;
      if (safe[version] === Safe.No && heirs[version] !== 0) handOver(version);
      else letWardsGo(version, false);
      // All had it, nothing took its place, and now nobody has it: their disks were lost one by one.
      if (safe[version] === Safe.Standing && !isOver) unkeep(versions.operation[version]!);
      seen[version] = 0;
      safe[version] = Safe.No;
      letHeirsGo(version);
    },
    purged: (version, shard) => {
      reserve(version);
      save(version);
      const operation = versions.operation[version]!;
      const grave = (graves[shard] ??= new Map<number, Purged>());
      const key = of.key[operation]!;
      const stamp = versions.note[version]!;
      if ((grave.get(key)?.stamp ?? -Infinity) >= stamp) return;
      grave.set(key, {
        stamp,
        serial: of.serial[operation]!,
        key,
        probe: of.probe[operation] === 1,
        ending: of.ending[operation]! as Ending,
        sentAt: of.sentAt[operation]!,
        endedAt: of.endedAt[operation]!,
        vantage: of.vantage[operation]!,
      });
    },
    final: (version) => {
      reserve(version);
      save(version);
    },
    close: () => {
      // From what is safe to what it took the place of: chains are as long as what replicas missed, so no recursion.
      const losers = new Map<number, number[]>();
      const toVisit: number[] = [];
      const all: number[] = [];
      operations.forEachVersion((version) => {
        if (version >= seen.length) return;
        // None may vanish on the way.
        operations.holdVersion(version);
        all.push(version);
        if (safe[version] !== Safe.No) toVisit.push(version);
        for (const heir of heirsOf(version)) addTo(losers, heir, version);
      });
      for (let version = toVisit.pop(); version !== undefined; version = toVisit.pop()) {
        for (const loser of losers.get(version) ?? []) {
          if (safe[loser] === Safe.No) toVisit.push(loser);
          save(loser);
        }
        losers.delete(version);
      }
      // What is left shares the fate of something that nobody holds in the end.
      for (const version of [...wards.keys()]) letWardsGo(version, false);
      isOver = true;
      for (const version of all) operations.releaseVersion(version);
    },
    purgedOf: (shard) => graves[shard] ?? new Map<number, Purged>(),
  };
}
