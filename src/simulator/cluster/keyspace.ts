/**
 * Keys as dense numbers, their text, and the shard each belongs to. Rows of the tables come first, then one reserved key
 * for each prober, then what inserts add. A key's text is hashed once, by the sharding part.
 */
import { fail } from "../../base/assert.ts";
import type { ShardingPart } from "../strategies/contracts.ts";
import { writeRowKey } from "./row-key.ts";
import type { DataSpec } from "./spec.ts";

export interface KeySpace {
  readonly size: () => number;
  readonly shardOf: (key: number) => number;
  /** The key of a row of a table, inserted rows included. */
  readonly keyOf: (table: number, row: number) => number;
  readonly rows: (table: number) => number;
  /** The row of its table that a key is of. */
  readonly rowOf: (key: number) => number;
  /** Rows by which a table goes to shards together with another: those of what both are bound to; 0 if each goes its own way. */
  readonly boundBy: (table: number, other: number) => number;
  /** Do shards follow the order of rows, so that rows beside each other are mostly in one? */
  readonly isOrdered: boolean;
  /** Adds a row to a table; gives its key. */
  readonly insert: (table: number) => number;
  /** The insert that added this key has ended, well or not. */
  readonly insertEnded: (key: number) => void;
  /** Rows of a table from the first on that were loaded or whose insert has ended. */
  readonly settled: (table: number) => number;
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
  /** By place of an added key: 1 once its insert has ended. By table: rows up to which all have. */
  const ended: number[] = [];
  const settled = data.tables.map(({ rows }) => rows);
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

  /** The table by whose rows each table is sharded: its own, unless it is bound to another. */
  const anchors = data.tables.map(({ boundTo }, table) => {
    const anchor = data.tables.findIndex(({ name }) => name === boundTo);
    return anchor < 0 ? table : anchor;
  });

  function shardOfRow(table: number, row: number): number {
    const anchor = anchors[table]!;
    const place = anchor === table ? row : row % data.tables[anchor]!.rows;
    if (sharding.shardOfRow !== undefined) return sharding.shardOfRow(anchor, place);
    return sharding.shardOf(text, writeRowKey(text, data.tables[anchor]!.name, place));
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
    rowOf: (key) => (key < loaded ? key - offsets[tableOf(key)]! : insertedRow[key - loaded - probes]!),
    boundBy: (table, other) => (anchors[table] === anchors[other] ? data.tables[anchors[table]!]!.rows : 0),
    isOrdered: sharding.isOrdered ?? sharding.shardOfRow !== undefined,
    insert: (table) => {
      const key = size;
      size += 1;
      insertedTable.push(table);
      insertedRow.push(data.tables[table]!.rows + inserted[table]!.length);
      inserted[table]!.push(key);
      ended.push(0);
      return key;
    },
    insertEnded: (key) => {
      const place = key - loaded - probes;
      const table = insertedTable[place]!;
      ended[place] = 1;
      const added = inserted[table]!;
      let row = settled[table]! - data.tables[table]!.rows;
      while (row < added.length && ended[added[row]! - loaded - probes] === 1) row += 1;
      settled[table] = data.tables[table]!.rows + row;
    },
    settled: (table) => settled[table]!,
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
