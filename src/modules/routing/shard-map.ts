/**
 * The shard map: per shard its owner, its replicas in order and the epoch of that knowledge. Versions are immutable; a
 * newer one shares with the older what did not change. Knowledge is compared shard by shard: a map that is newer for one
 * shard may be older for another, and merging never goes back.
 */
import { assert } from "../../base/assert.ts";

/** Who serves one shard. Compared by epoch alone; entries of one epoch are taken to be the same. */
export interface ShardEntry<Server extends number = number> {
  /** Version of this shard's ownership; grows by every change of it. Whole, at least 0. */
  readonly epoch: number;
  /** The server that takes writes. */
  readonly owner: Server;
  /** All that hold a copy, the owner among them, in order of preference. */
  readonly replicas: readonly Server[];
}

/** A version of the map. `undefined` is a shard of which nothing is known yet. */
export interface ShardMap<Server extends number = number> {
  readonly entries: readonly (ShardEntry<Server> | undefined)[];
}

/** A map of `shards` shards that knows nothing. */
export function emptyMap<Server extends number = number>(shards: number): ShardMap<Server> {
  return { entries: new Array<ShardEntry<Server> | undefined>(shards).fill(undefined) };
}

/** A map that knows the given entries, by shard. */
export function shardMap<Server extends number = number>(entries: readonly ShardEntry<Server>[]): ShardMap<Server> {
  for (const [shard, entry] of entries.entries()) checkEntry(shard, entry);
  return { entries: entries.slice() };
}

/** The believed owner of a shard, if anything is known. */
export function ownerOf<Server extends number>(map: ShardMap<Server>, shard: number): Server | undefined {
  return map.entries[shard]?.owner;
}

/** Epoch of what is known of a shard; -1, older than everything, if nothing is. */
export function epochOf(map: ShardMap, shard: number): number {
  return map.entries[shard]?.epoch ?? -1;
}

/** The map with this entry if it is newer than what is known of its shard; else the very same map. */
export function withEntry<Server extends number>(map: ShardMap<Server>, shard: number, entry: ShardEntry<Server>): ShardMap<Server> {
  if (entry.epoch <= epochOf(map, shard)) return map;
  checkEntry(shard, entry);
  assert(shard >= 0 && shard < map.entries.length, `shard ${shard} of a map of ${map.entries.length}`);
  const entries = map.entries.slice();
  entries[shard] = entry;
  return { entries };
}

/**
 * All that either map knows, the newer entry of each shard; the very same `known` if `news` has nothing newer. Commutes
 * (but for entries of one epoch, where `known` stays), is associative and idempotent: maps may meet in any order.
 */
export function merge<Server extends number>(known: ShardMap<Server>, news: ShardMap<Server>): ShardMap<Server> {
  let entries: (ShardEntry<Server> | undefined)[] | undefined;
  for (let shard = 0; shard < news.entries.length; shard += 1) {
    const entry = news.entries[shard];
    if (entry === undefined || entry.epoch <= epochOf(known, shard)) continue;
    entries ??= known.entries.slice();
    while (entries.length < shard) entries.push(undefined);
    entries[shard] = entry;
  }
  return entries === undefined ? known : { entries };
}

/** The greatest epoch of any shard; -1 for an empty map. */
export function epochMax(map: ShardMap): number {
  let epoch = -1;
  for (const entry of map.entries) if (entry !== undefined && entry.epoch > epoch) epoch = entry.epoch;
  return epoch;
}

function checkEntry(shard: number, entry: ShardEntry): void {
  assert(Number.isSafeInteger(entry.epoch) && entry.epoch >= 0, `shard ${shard}: epoch ${entry.epoch}`);
  assert(entry.replicas.includes(entry.owner), `shard ${shard}: owner ${entry.owner} is not among its replicas`);
}
