/**
 * Keys as dense numbers, their text, and the shard each belongs to. Rows of the tables come first, then one reserved key
 * for each prober, then what inserts add. A key's text is hashed once, by the sharding part.
 */
import { fail } from "../../base/assert.ts";
import type { ShardingPart } from "../strategies/contracts.ts";
import type { DataSpec } from "./spec.ts";

export interface KeySpace {
  readonly size: () => number;
  readonly shardOf: (key: number) => number;
  /** The key of a row of a table, inserted rows included. */
  readonly keyOf: (table: number, row: number) => number;
  readonly rows: (table: number) => number;
  /** Adds a row to a table; gives its key. */
  readonly insert: (table: number) => number;
  readonly rowBytes: (key: number) => number;
  readonly probeKey: (shard: number, vantage: number) => number;
  readonly isLoaded: (key: number) => boolean;
  /** An acknowledged insert or delete: the change in the number of rows that exist, -1, 0 or 1. */
  readonly noteExistence: (key: number, exists: boolean) => number;
  /** Loaded rows by shard, and their bytes. */
  readonly loadedByShard: () => readonly number[];
  readonly loadedBytesByShard: () => readonly number[];
}

export function createKeySpace(data: DataSpec, sharding: ShardingPart, vantages: number, memo: Map<string, unknown>): KeySpace {
  const offsets: number[] = [];
  let loaded = 0;
  for (const table of data.tables) {
    offsets.push(loaded);
    loaded += table.rows;
  }
  const probes = sharding.shards * vantages;
  let size = loaded + probes;
  const inserted: number[][] = data.tables.map(() => []);
  const insertedTable: number[] = [];
  const insertedRow: number[] = [];
  // What repeats of one strategy share: shards of keys are the same in each, and hashing a million keys takes a while.
  const cacheName = "shards of keys";
  let cache = memo.get(cacheName) as Int32Array | undefined;
  if (cache === undefined) {
    cache = new Int32Array(loaded).fill(-1);
    memo.set(cacheName, cache);
  }
  const known = cache;
  const added: number[] = [];
  const text = new Uint8Array(256);
  /** Keys whose existence differs from what they began with: loaded rows deleted, added rows inserted. */
  const changed = new Set<number>();

  function shardOfRow(table: number, row: number): number {
    return sharding.shardOf(text, writeText(text, data.tables[table]!.name, row));
  }

  function tableOf(key: number): number {
    let table = data.tables.length - 1;
    while (offsets[table]! > key) table -= 1;
    return table;
  }

  function loadedBytesByShard(): readonly number[] {
    space.loadedByShard();
    return memo.get("loaded bytes by shard") as readonly number[];
  }

  const space: KeySpace = {
    size: () => size,
    shardOf: (key) => {
      if (key < loaded) {
        const before = known[key]!;
        if (before >= 0) return before;
        const table = tableOf(key);
        const shard = shardOfRow(table, key - offsets[table]!);
        known[key] = shard;
        return shard;
      }
      if (key < loaded + probes) return Math.floor((key - loaded) / vantages);
      const place = key - loaded - probes;
      const before = added[place];
      if (before !== undefined) return before;
      const shard = shardOfRow(insertedTable[place]!, insertedRow[place]!);
      added[place] = shard;
      return shard;
    },
    keyOf: (table, row) => (row < data.tables[table]!.rows ? offsets[table]! + row : inserted[table]![row - data.tables[table]!.rows]!),
    rows: (table) => data.tables[table]!.rows + inserted[table]!.length,
    insert: (table) => {
      const key = size;
      size += 1;
      insertedTable.push(table);
      insertedRow.push(data.tables[table]!.rows + inserted[table]!.length);
      inserted[table]!.push(key);
      return key;
    },
    rowBytes: (key) => {
      if (key < loaded) return data.tables[tableOf(key)]!.row;
      if (key < loaded + probes) return data.tables[0]?.row ?? 0;
      return data.tables[insertedTable[key - loaded - probes]!]!.row;
    },
    probeKey: (shard, vantage) => loaded + shard * vantages + vantage,
    isLoaded: (key) => key < loaded,
    noteExistence: (key, exists) => {
      const isChange = exists !== key < loaded;
      if (isChange === changed.has(key)) return 0;
      if (isChange) changed.add(key);
      else changed.delete(key);
      return exists ? 1 : -1;
    },
    loadedByShard: () => {
      const name = "loaded keys by shard";
      const before = memo.get(name) as readonly number[] | undefined;
      if (before !== undefined) return before;
      const counts = new Array<number>(sharding.shards).fill(0);
      const bytes = new Array<number>(sharding.shards).fill(0);
      for (const [table, spec] of data.tables.entries())
        for (let row = 0; row < spec.rows; row += 1) {
          const key = offsets[table]! + row;
          const shard = known[key]! >= 0 ? known[key]! : shardOfRow(table, row);
          if (!(shard >= 0 && shard < sharding.shards)) fail(`row ${row} of ${spec.name} is in shard ${shard} of ${sharding.shards}`);
          known[key] = shard;
          counts[shard] = counts[shard]! + 1;
          bytes[shard] = bytes[shard]! + spec.row;
        }
      memo.set(name, counts);
      memo.set("loaded bytes by shard", bytes);
      return counts;
    },
    loadedBytesByShard,
  };
  return space;
}

/** Writes `table:row` as ASCII (other characters of the name by their low byte); gives the length. */
export function writeText(into: Uint8Array, table: string, row: number): number {
  let at = 0;
  for (; at < table.length && at < 200; at += 1) into[at] = table.charCodeAt(at) & 0xff;
  into[at] = 58;
  at += 1;
  const start = at;
  let rest = row;
  do {
    into[at] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
    at += 1;
  } while (rest > 0);
  for (let left = start, right = at - 1; left < right; left += 1, right -= 1) {
    const held = into[left]!;
    into[left] = into[right]!;
    into[right] = held;
  }
  return at;
}
