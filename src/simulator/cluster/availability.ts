/**
 * Who holds itself primary, who is writable by state, and for how long. Kept at events:
 * faults, ready and demoted facts, map changes. Clients play no part in it.
 */
export interface StateView {
  /** Servers that hold themselves primary of a shard and accept writes, with the epoch of each. */
  readonly holders: (shard: number) => ReadonlyMap<number, number>;
  readonly ready: (shard: number, server: number, epoch: number) => void;
  readonly demoted: (shard: number, server: number) => void;
  /** Everything a dead process held is held no more. */
  readonly serverGone: (server: number) => void;
  /** Two hosts each hold themselves owner of the shard. */
  readonly isContested: (shard: number) => boolean;
  /** States changed: find anew which shards are writable, charging the time since the last change. */
  readonly update: (now: number) => void;
  /** Share of shard x time, from `start` until `now`, in which shards were writable. */
  readonly share: (now: number) => number;
  readonly begin: (now: number) => void;
}

/** `isWritable(shard, server, epoch)`: may this holder, with what it can reach now, complete a write? */
export function createStateView(shards: number, isWritable: (shard: number, server: number, epoch: number) => boolean): StateView {
  const holders: Map<number, number>[] = Array.from({ length: shards }, () => new Map<number, number>());
  const writable = new Uint8Array(shards);
  let writableCount = 0;
  let since = 0;
  let start = 0;
  let good = 0;

  function update(now: number): void {
    good += writableCount * (now - since);
    since = now;
    writableCount = 0;
    for (let shard = 0; shard < shards; shard += 1) {
      let is = 0;
      for (const [server, epoch] of holders[shard]!) if (isWritable(shard, server, epoch)) is = 1;
      writable[shard] = is;
      writableCount += is;
    }
  }

  return {
    holders: (shard) => holders[shard]!,
    ready: (shard, server, epoch) => {
      holders[shard]!.set(server, epoch);
    },
    demoted: (shard, server) => {
      holders[shard]!.delete(server);
    },
    serverGone: (server) => {
      for (const held of holders) held.delete(server);
    },
    isContested: (shard) => holders[shard]!.size > 1,
    update,
    share: (now) => {
      update(now);
      return now > start ? good / ((now - start) * shards) : 0;
    },
    begin: (now) => {
      update(now);
      good = 0;
      start = now;
    },
  };
}
