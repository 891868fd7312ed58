/**
 * Scatter-gather: one request (a scan, a find on another column, a join) to many shards, answered when the last of them
 * has. Its latency is the slowest shard's, and one dead shard makes it partial or failed, as configured: "The Tail at
 * Scale", Dean, Barroso, Communications of the ACM 56(2), 2013.
 *
 * Retries, redirects and hedges of one shard's part happen below this: here a shard answers once or fails for good.
 */
import { assert } from "../../base/assert.ts";
import type { Sharding } from "../sharding/sharding.ts";

export interface GatherOptions {
  /** What a failed part does: `refuse` fails the whole at once; `return` gives what came, marked partial. */
  readonly onFailure: "refuse" | "return";
  /** With `return`: the least share of parts (0 to 1) that must have come, else the whole fails. Default: any one part. */
  readonly shareMin?: number;
}

/** How a gathering ended. The object is reused by the next one. */
export interface Gathered {
  readonly kind: "complete" | "partial" | "failed";
  /** Parts that answered, and parts that failed or were still out. */
  readonly answered: number;
  readonly missing: number;
  /** Shard whose answer or failure ended it, the slowest; the first one still out if time ran out. */
  readonly slowest: number;
  /** From `begin` to the end, in the caller's unit of time. */
  readonly took: number;
}

/** One gathering at a time; `begin` starts the next. Allocates only when a gathering has more shards than any before. */
export interface Gather {
  /** Starts: the first `count` of `shards`, each once, are asked at `now`. Needs at least one. */
  readonly begin: (shards: ArrayLike<number>, count: number, now: number) => void;
  /** A shard's part came. Gives the end if that was it. A shard that is not awaited (late, double) changes nothing. */
  readonly answer: (shard: number, now: number) => Gathered | undefined;
  /** A shard's part failed for good. */
  readonly fail: (shard: number, now: number) => Gathered | undefined;
  /** Time ran out: what is still out has failed. Undefined if it had ended before. */
  readonly expire: (now: number) => Gathered | undefined;
  /** Parts still out; 0 once it ended. */
  readonly awaited: () => number;
}

/** The bookkeeping of one client's gatherings. */
export function gather(options: GatherOptions): Gather {
  let shards = new Int32Array(16);
  /** Per shard the round in which it is awaited; rounds count from 1, so that starting one clears nothing. */
  let awaitedIn = new Float64Array(16);
  let round = 0;
  let size = 0;
  let out = 0;
  let answered = 0;
  let failed = 0;
  let begun = 0;
  const result = { kind: "complete" as Gathered["kind"], answered: 0, missing: 0, slowest: 0, took: 0 };

  const end = (slowest: number, now: number): Gathered => {
    const missing = failed + out;
    const isEnough = answered >= 1 && answered >= (options.shareMin ?? 0) * size;
    result.kind = missing === 0 ? "complete" : options.onFailure === "return" && isEnough ? "partial" : "failed";
    result.answered = answered;
    result.missing = missing;
    result.slowest = slowest;
    result.took = now - begun;
    out = 0;
    return result;
  };
  /** Whether the shard was awaited; it no longer is. */
  const settle = (shard: number): boolean => {
    if (out === 0 || awaitedIn[shard] !== round) return false;
    awaitedIn[shard] = 0;
    out -= 1;
    return true;
  };
  return {
    begin: (asked, count, now) => {
      assert(count >= 1, "a gathering asks at least one shard");
      if (count > shards.length) shards = new Int32Array(2 * count);
      round += 1;
      for (let i = 0; i < count; i += 1) {
        const shard = asked[i] as number;
        if (shard >= awaitedIn.length) {
          const wider = new Float64Array(2 * shard);
          wider.set(awaitedIn);
          awaitedIn = wider;
        }
        assert(awaitedIn[shard] !== round, `shard ${shard} is asked twice`);
        shards[i] = shard;
        awaitedIn[shard] = round;
      }
      size = count;
      out = count;
      answered = 0;
      failed = 0;
      begun = now;
    },
    answer: (shard, now) => {
      if (!settle(shard)) return undefined;
      answered += 1;
      return out === 0 ? end(shard, now) : undefined;
    },
    fail: (shard, now) => {
      if (!settle(shard)) return undefined;
      failed += 1;
      return out === 0 || options.onFailure === "refuse" ? end(shard, now) : undefined;
    },
    expire: (now) => {
      if (out === 0) return undefined;
      let first = 0;
      while (awaitedIn[shards[first] as number] !== round) first += 1;
      return end(shards[first] as number, now);
    },
    awaited: () => out,
  };
}

/**
 * The shards that a scan of the keys from `from` up to `to` (left out; undefined: to the end) must ask: those that may hold
 * one if the sharding keeps keys in order, else all. Into `into`, which has room for all of them; gives how many. A find
 * on another column, or a join of tables that are not bound, asks all: `from` the empty key, `to` undefined.
 */
export function shardsOfRange(sharding: Sharding, from: Uint8Array, to: Uint8Array | undefined, into: Int32Array): number {
  if (sharding.ownersBetween !== undefined) return sharding.ownersBetween(from, to, into);
  const count = Math.min(into.length, sharding.members.length);
  for (let shard = 0; shard < count; shard += 1) into[shard] = shard;
  return count;
}
