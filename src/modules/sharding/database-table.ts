/**
 * Database × table: two levels, D databases of T tables each, as sharding middleware for MySQL has it (Cobar, TDDL,
 * ShardingSphere). A shard is one table of one database; with h the key's hash:
 *
 * - `table-first`: table = h mod T, database = (h div T) mod D. Doubling D moves half of the keys.
 * - `database-first`: database = h mod D, table = (h div D) mod T. Doubling D from 4 to 8 with T = 8 moves 15 of 16.
 * - `independent`: database and table from two independent hashes. Doubling D moves half; the levels share no divisor.
 */
import { keyHash } from "./hash.ts";
import { refuse } from "./sharding.ts";
import type { Made, Sharding } from "./sharding.ts";

export type LevelOrder = "table-first" | "database-first" | "independent";

export interface DatabaseTableOptions {
  /** Number of databases, at least 1. */
  readonly databases: number;
  /** Tables in each, at least 1. */
  readonly tables: number;
  /** Default `table-first`. */
  readonly order?: LevelOrder;
}

/** The most shards: h is a 32-bit hash, and a level should not see its last bits run out. */
const SHARDS_MAX = 65_536;

/** Makes the scheme. Its members are the shards, named `database.table`; shard index = database · T + table. */
export function databaseTable(options: DatabaseTableOptions): Made<Sharding> {
  const { databases, tables, order = "table-first" } = options;
  for (const [name, count] of [
    ["databases", databases],
    ["tables", tables],
  ] as const) {
    if (!Number.isInteger(count) || count < 1) {
      return refuse(`${name}: ${count} is not a number of ${name}`, "write a whole number of at least 1");
    }
  }
  const shards = databases * tables;
  if (shards > SHARDS_MAX) return refuse(`${databases} × ${tables} are ${shards} shards`, `use at most ${SHARDS_MAX}`);
  const hash = new Uint32Array(2);
  const ownerOfHash = ownerBy(order, databases, tables);
  return {
    ok: true,
    value: {
      scheme: "databaseTable",
      members: Array.from({ length: shards }, (_, shard) => `${Math.floor(shard / tables)}.${shard % tables}`),
      ownerOf: (key, length = key.length) => {
        keyHash(key, length, hash);
        return ownerOfHash((hash[0] as number) | 0, (hash[1] as number) | 0);
      },
      ownerOfHash,
      shares: () => new Float64Array(shards).fill(1 / shards),
      memory: () => 0,
    },
  };
}

function ownerBy(order: LevelOrder, databases: number, tables: number): (high: number, low: number) => number {
  if (order === "independent") return (high, low) => ((high >>> 0) % databases) * tables + ((low >>> 0) % tables);
  if (order === "database-first") {
    return (high) => {
      const h = high >>> 0;
      return (h % databases) * tables + (((h / databases) >>> 0) % tables);
    };
  }
  return (high) => {
    const h = high >>> 0;
    return (((h / tables) >>> 0) % databases) * tables + (h % tables);
  };
}

/**
 * Whether two tables of the application are bound: sharded alike, so that rows of one key value lie in one shard and a
 * join on the sharding key stays inside it. True if the same scheme over the same members puts every one of `samples` in
 * the same place; a sharding object is bound to itself.
 */
export function areBound(one: Sharding, other: Sharding, samples: readonly Uint8Array[]): boolean {
  if (one === other) return true;
  if (one.scheme !== other.scheme || one.members.length !== other.members.length) return false;
  return samples.every((key) => one.members[one.ownerOf(key)] === other.members[other.ownerOf(key)]);
}
