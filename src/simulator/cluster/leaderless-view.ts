/** Which shards are writable by state where no replica is primary: kept at events, like availability.ts. */
import type { StateView } from "./availability.ts";

const NOBODY: ReadonlyMap<number, number> = new Map();

/** `isWritable(shard)`: is there a server that could complete a write now? Nobody holds itself primary, so nothing is contested. */
export function createLeaderlessView(shards: number, isWritable: (shard: number) => boolean): StateView {
  let writable = 0;
  let since = 0;
  let start = 0;
  let good = 0;

  function update(now: number): void {
    good += writable * (now - since);
    since = now;
    writable = 0;
    for (let shard = 0; shard < shards; shard += 1) if (isWritable(shard)) writable += 1;
  }

  return {
    holders: () => NOBODY,
    ready: () => undefined,
    demoted: () => undefined,
    serverGone: () => undefined,
    isContested: () => false,
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
