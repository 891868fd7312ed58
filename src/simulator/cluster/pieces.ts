/**
 * Pieces: keys that belong to the same shard under every division of a list, found by asking each division for every
 * loaded row. A key that is inserted later and belongs to none of them goes with the largest piece that is in its shard
 * under the first division; with as many rows as a table has, such keys are rare.
 */
import { shardId, type ShardId } from "../../base/ids.ts";
import type { ShardingPart } from "../strategies/contracts.ts";
import { writeRowKey } from "./row-key.ts";
import type { DataSpec } from "./spec.ts";

export interface Pieces {
  readonly sharding: ShardingPart;
  /** Per division how many shards it has, and the shard of each piece. */
  readonly divisions: readonly number[];
  readonly unitOf: readonly (readonly number[])[];
  /** Loaded rows of each piece. */
  readonly keys: readonly number[];
}

interface Found {
  readonly pieceOf: ReadonlyMap<string, number>;
  readonly shards: readonly (readonly number[])[];
  readonly keys: readonly number[];
}

export function createPieces(divisions: readonly ShardingPart[], data: DataSpec, memo: Map<string, unknown>): Pieces {
  const first = divisions[0]!;
  const found = (memo.get("pieces") as Found | undefined) ?? find(divisions, data);
  memo.set("pieces", found);
  const { pieceOf, shards, keys } = found;
  const asked = askers(divisions, data);
  /** Per shard of the first division its largest piece. */
  const largest = new Int32Array(first.shards).fill(-1);
  shards.forEach(([shard = 0], piece) => {
    const best = largest[shard]!;
    if (best < 0 || keys[piece]! > keys[best]!) largest[shard] = piece;
  });
  const shardOfRow = (table: number, row: number): ShardId => {
    const owners = asked.map((ask) => ask(table, row));
    return shardId(pieceOf.get(owners.join(" ")) ?? largest[owners[0]!]!);
  };
  return {
    sharding: {
      shards: shards.length,
      shardOf: (bytes, length) =>
        shardId(
          pieceOf.get(divisions.map((division) => division.shardOf(bytes, length)).join(" ")) ?? largest[first.shardOf(bytes, length)]!,
        ),
      shardOfRow,
      isOrdered: divisions.every(({ isOrdered, shardOfRow: byRow }) => isOrdered ?? byRow !== undefined),
      // A part of the space is covered if every division has a shard for it: the piece follows.
      covered: (parts) => Math.min(...divisions.map((division) => division.covered(parts))),
    },
    divisions: divisions.map((division) => division.shards),
    unitOf: divisions.map((_, index) => shards.map((each) => each[index]!)),
    keys,
  };
}

/** Per division: the shard of a table's row. */
function askers(divisions: readonly ShardingPart[], data: DataSpec): readonly ((table: number, row: number) => number)[] {
  const text = new Uint8Array(256);
  return divisions.map(
    ({ shardOfRow, shardOf }) => shardOfRow ?? ((table, row) => shardOf(text, writeRowKey(text, data.tables[table]!.name, row))),
  );
}

/** Numbered by their shards, in order, so that they do not depend on the order of rows. */
function find(divisions: readonly ShardingPart[], data: DataSpec): Found {
  const asked = askers(divisions, data);
  const counts = new Map<string, { readonly shards: readonly number[]; keys: number }>();
  for (const [table, { rows }] of data.tables.entries())
    for (let row = 0; row < rows; row += 1) {
      const shards = asked.map((ask) => ask(table, row));
      const name = shards.join(" ");
      const known = counts.get(name);
      if (known !== undefined) known.keys += 1;
      else counts.set(name, { shards, keys: 1 });
    }
  // Every shard of the first division has a piece, rows or not: probes and inserts need one.
  for (let shard = 0; shard < divisions[0]!.shards; shard += 1) {
    if ([...counts.values()].some(({ shards }) => shards[0] === shard)) continue;
    counts.set(`empty ${shard}`, { shards: divisions.map(({ shards }) => shard % shards), keys: 0 });
  }
  const sorted = [...counts].sort(([, a], [, b]) => {
    for (let i = 0; i < a.shards.length; i += 1) if (a.shards[i] !== b.shards[i]) return a.shards[i]! - b.shards[i]!;
    return 0;
  });
  return {
    pieceOf: new Map(sorted.map(([name], piece) => [name, piece])),
    shards: sorted.map(([, { shards }]) => shards),
    keys: sorted.map(([, { keys }]) => keys),
  };
}
