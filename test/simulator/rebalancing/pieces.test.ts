/** Pieces: each key is in the shard that every division has it in, and 4 x 8 tables become 8 x 8 as the orders of levels say. */
import { expect, it } from "vitest";
import { createPieces } from "../../../src/simulator/cluster/pieces.ts";
import { writeRowKey } from "../../../src/simulator/cluster/row-key.ts";
import type { DataSpec } from "../../../src/simulator/cluster/spec.ts";
import type { ShardingPart } from "../../../src/simulator/strategies/contracts.ts";
import { makeDatabaseTable, makeModulo } from "../../../src/simulator/strategies/sharding/hashed.ts";
import type { MadePart } from "../../../src/simulator/strategies/sharding/adapt.ts";

const ROWS = 20_000;
const data: DataSpec = { tables: [{ name: "orders", rows: ROWS, row: 100, key: "id" }] };

function part(made: MadePart): ShardingPart {
  if (!made.ok) throw new Error(made.fault);
  return made.value;
}

const tables = (databases: number, order: "table-first" | "database-first"): ShardingPart =>
  part(makeDatabaseTable({ databases, tables: 8, order, hash: "keyHash" }));

it("a row's piece is in the row's shard under each division", () => {
  const context = { homes: undefined, tables: [], rowKey: () => 0 };
  const divisions = [7, 9].map((shards) => part(makeModulo({ hash: "keyHash" }, { ...context, shards })));
  const pieces = createPieces(divisions, data, new Map());
  const text = new Uint8Array(64);
  for (let row = 0; row < 2_000; row += 1) {
    const length = writeRowKey(text, "orders", row);
    const piece = pieces.sharding.shardOf(text, length);
    expect(pieces.sharding.shardOfRow!(0, row)).toBe(piece);
    divisions.forEach((division, index) => expect(pieces.unitOf[index]![piece]).toBe(division.shardOf(text, length)));
  }
  expect(pieces.sharding.shards).toBe(63);
  expect(pieces.keys.reduce((sum, keys) => sum + keys)).toBe(ROWS);
  expect(pieces.sharding.covered(4096)).toBe(4096);
});

it.each([
  ["table-first", 0.5],
  ["database-first", 15 / 16],
] as const)("4 x 8 to 8 x 8, %s: %d of the keys change their shard", (order, share) => {
  const pieces = createPieces([tables(4, order), tables(8, order)], data, new Map());
  let moved = 0;
  pieces.keys.forEach((keys, piece) => {
    if (pieces.unitOf[0]![piece] !== pieces.unitOf[1]![piece]) moved += keys;
  });
  // Five standard errors of a share of so many keys.
  expect(Math.abs(moved / ROWS - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / ROWS));
});
