/**
 * What becomes of versions where a shard's writes have no single order. A version is kept if it is what its key holds in the
 * end, or if a kept version replaced it that was not acknowledged before it was sent; where one beat it that was
 * (an older write won, by its clock), it is lost. Nothing tells beforehand which versions will be held in the end, so:
 *
 * - a version that every replica of the shard holds durably, or has met, is safe: kept, and forgotten;
 * - one that was replaced and that nothing holds any more hands its operation over to the version that replaced it, and shares
 *   that one's fate from then on;
 * - one that vanishes without either is lost.
 *
 * So memory is what is pending, and what some replica has yet to see.
 */
import { Ending, grown, type Operations } from "./operations.ts";
import type { Beats } from "./order-of-versions.ts";

/** Bits of `marked` of an operation: an older write won over it; it lost to a concurrent one. */
export const BEATEN_BY_CLOCK = 4;
export const BEATEN_BY_CONCURRENT = 8;

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

export function createFates({ operations, beats, discards, living, keep, unkeep }: FatesParts): Fates {
  const { of, versions } = operations;
  let seen = new Int32Array(1024);
  /** The version that it shares its fate with, held; 0 for none. */
  let heirs = new Int32Array(1024);
  let safe = new Uint8Array(1024);
  /** Operations whose versions are gone, held, by the version whose fate they share. */
  const wards = new Map<number, number[]>();
  const graves: Map<number, Purged>[] = [];

  function reserve(version: number): void {
    if (version < seen.length) return;
    const capacity = Math.max(version + 1, seen.length * 2);
    seen = grown(seen, capacity);
    heirs = grown(heirs, capacity);
    safe = grown(safe, capacity);
  }

  const isBefore = (operation: number, other: number): boolean =>
    of.ending[operation] === Ending.Acknowledged && of.endedAt[operation]! < of.sentAt[other]!;

  function save(version: number): void {
    if (safe[version] === 1) return;
    safe[version] = 1;
    keep(versions.operation[version]!);
    const list = wards.get(version);
    wards.delete(version);
    for (const operation of list ?? []) {
      keep(operation);
      operations.release(operation);
    }
    const heir = heirs[version]!;
    heirs[version] = 0;
    operations.releaseVersion(heir);
  }

  function follow(loser: number, winner: number): void {
    if (safe[loser] === 1) return;
    if (safe[winner] === 1) return save(loser);
    const heir = heirs[loser]!;
    if (heir !== 0 && !beats(winner, heir)) return;
    operations.holdVersion(winner);
    heirs[loser] = winner;
    operations.releaseVersion(heir);
  }

  /** Is the version safe, or will be with its heir? Chains are as long as what replicas missed: no recursion. */
  function resolve(version: number): void {
    const chain: number[] = [];
    let at = version;
    while (at !== 0 && safe[at] === 0) {
      chain.push(at);
      at = heirs[at]!;
    }
    if (at !== 0) for (const each of chain.reverse()) save(each);
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
          if (safe[loser] === 1) unkeep(lost);
          safe[loser] = 0;
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
    vanished: (version) => {
      if (version >= seen.length) return;
      const heir = heirs[version]!;
      const list = wards.get(version);
      wards.delete(version);
      if (safe[version] === 0 && heir !== 0) {
        const operation = versions.operation[version]!;
        operations.hold(operation);
        const mine = list ?? [];
        mine.push(operation);
        if (safe[heir] === 1) {
          for (const ward of mine) {
            keep(ward);
            operations.release(ward);
          }
        } else {
          const theirs = wards.get(heir);
          if (theirs === undefined) wards.set(heir, mine);
          else for (const ward of mine) theirs.push(ward);
        }
      } else for (const ward of list ?? []) operations.release(ward);
      seen[version] = 0;
      heirs[version] = 0;
      safe[version] = 0;
      operations.releaseVersion(heir);
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
      operations.forEachVersion((version) => {
        if (version < seen.length) resolve(version);
      });
      // What is left shares the fate of something that nobody holds in the end.
      for (const list of [...wards.values()]) for (const operation of list) operations.release(operation);
      wards.clear();
    },
    purgedOf: (shard) => graves[shard] ?? new Map<number, Purged>(),
  };
}
