/**
 * When shards had fewer copies than they should. A shard is whole when its owner is
 * primary, every replica is up and in touch with it, all of them are members of its configuration, and each holds what
 * the primary held when the last of them came back. Kept at events, and looked at again now and then while copies catch
 * up; clients play no part in it.
 */

/** A stretch with fewer copies; true microseconds. */
export interface Reduction {
  readonly shard: number;
  readonly from: number;
  /** Undefined while it lasts. */
  readonly until: number | undefined;
}

export interface RedundancyView {
  /** Things changed, or it is time to look again. True while some shard's copies are all there and catching up. */
  readonly look: (now: number) => boolean;
  readonly reductions: () => readonly Reduction[];
}

export interface RedundancyParts {
  readonly shards: number;
  /** Is the shard's owner primary, and are all its replicas up, in touch with it, and members? */
  readonly isConnected: (shard: number) => boolean;
  /** The last entry that the shard's primary has written. */
  readonly written: (shard: number) => number;
  /** Do all replicas hold the primary's log up to and including this entry? */
  readonly haveAll: (shard: number, index: number) => boolean;
}

export function createRedundancyView({ shards, isConnected, written, haveAll }: RedundancyParts): RedundancyView {
  const past: Reduction[] = [];
  /** Per shard: since when it is reduced, and what its copies have to reach; -1 for neither. */
  const since = new Float64Array(shards).fill(-1);
  const goal = new Float64Array(shards).fill(-1);

  function lookAt(shard: number, now: number): boolean {
    if (!isConnected(shard)) {
      if (since[shard]! < 0) since[shard] = now;
      goal[shard] = -1;
      return false;
    }
    if (since[shard]! < 0) return false;
    if (goal[shard]! < 0) goal[shard] = written(shard);
    if (!haveAll(shard, goal[shard]!)) return true;
    past.push({ shard, from: since[shard]!, until: now });
    since[shard] = -1;
    goal[shard] = -1;
    return false;
  }

  return {
    look: (now) => {
      let isCatchingUp = false;
      for (let shard = 0; shard < shards; shard += 1) if (lookAt(shard, now)) isCatchingUp = true;
      return isCatchingUp;
    },
    reductions: () => {
      const present: Reduction[] = [];
      since.forEach((from, shard) => {
        if (from >= 0) present.push({ shard, from, until: undefined });
      });
      return [...past, ...present];
    },
  };
}
