/**
 * A router's operations on several shards, by the REAL scatter module: each shard's part is a request of its own, with its
 * own attempts and retries, and the operation ends when the module says so: with the last part, or with a failed one.
 */
import { gather, type Gather, type Gathered, type GatherOptions } from "../../../modules/routing/scatter.ts";
import type { Requests } from "./requests.ts";

export interface Gatherings {
  /** An operation asks the first `count` of `shards` at `now`. */
  readonly begin: (operation: number, shards: ArrayLike<number>, count: number, now: number) => void;
  /** Is this an operation on several shards, under way? */
  readonly has: (operation: number) => boolean;
  /** A part was answered, or failed for good. Gives the end of the whole if that was it. */
  readonly answer: (operation: number, shard: number, now: number) => Gathered | undefined;
  readonly fail: (operation: number, shard: number, now: number) => Gathered | undefined;
  /** The operation is over: parts still under way are given up, each after `abandon` was called for it. */
  readonly end: (operation: number, abandon: (request: number) => void) => void;
}

export function createGatherings(requests: Requests, options: GatherOptions): Gatherings {
  const open = new Map<number, Gather>();
  const free: Gather[] = [];
  return {
    begin: (operation, shards, count, now) => {
      const one = free.pop() ?? gather(options);
      open.set(operation, one);
      one.begin(shards, count, now);
    },
    has: (operation) => open.has(operation),
    answer: (operation, shard, now) => open.get(operation)?.answer(shard, now),
    fail: (operation, shard, now) => open.get(operation)?.fail(shard, now),
    end: (operation, abandon) => {
      for (let request = requests.find(operation); request >= 0; request = requests.find(operation)) {
        abandon(request);
        requests.close(request);
      }
      const one = open.get(operation);
      open.delete(operation);
      if (one !== undefined) free.push(one);
    },
  };
}
