/** From a REAL sharding module to a part: who the members are, which hash keys go through, and what covers the key space. */
import { assert } from "../../../base/assert.ts";
import { shardId } from "../../../base/ids.ts";
import type { Made, Member, Sharding } from "../../../modules/sharding/sharding.ts";
import type { ShardingContext, ShardingPart } from "../contracts.ts";
import { hasLowEnd, hashByName, type HashName } from "./hash-option.ts";

/** A made part, or the module's own words on what is wrong. */
export type MadePart = Made<ShardingPart>;

/** What a scheme can be weighted by: each member alike, by the servers' weights, or by a list. */
export type Weights = "equal" | readonly number[] | undefined;

/**
 * Shards as members, named so that their order by name is their order by number; servers by their own names. Weights are the
 * servers' (1 for shards) unless the options say otherwise.
 */
export function membersOf({ shards, shardsMost = shards, homes }: ShardingContext, weights?: Weights): Made<readonly Member[]> {
  if (weights !== undefined && weights !== "equal" && weights.length !== shards) {
    return {
      ok: false,
      fault: `weights: ${weights.length} for ${shards} ${homes === undefined ? "shards" : "servers"}`,
      mend: "give one weight each, in their order",
    };
  }
  const digits = String(Math.max(0, Math.max(shards, shardsMost) - 1)).length;
  const weightOf = (index: number): number =>
    weights === "equal" ? 1 : weights === undefined ? (homes?.[index]?.weight ?? 1) : weights[index]!;
  return {
    ok: true,
    value: Array.from({ length: shards }, (_, index) => ({
      name: homes?.[index]?.name ?? `shard ${String(index).padStart(digits, "0")}`,
      weight: weightOf(index),
    })),
  };
}

/** The part over a scheme that looks at a key's text, its members being the shards. */
export function adapt(made: Made<Sharding>, hash?: HashName): MadePart {
  if (!made.ok) return made;
  const scheme = made.value;
  const shards = scheme.members.length;
  const { ownerOfHash } = scheme;
  let ownerOf: (bytes: Uint8Array, length: number) => number = scheme.ownerOf;
  if (hash !== undefined && hash !== "keyHash") {
    assert(ownerOfHash !== undefined, `${scheme.scheme} has a hash of its own`);
    const digest = hashByName(hash);
    const halves = new Uint32Array(4);
    // Schemes of remainders look at the first half they are given, and a system that has them takes the low one.
    const first = hasLowEnd(hash) && (scheme.scheme === "modulo" || scheme.scheme === "databaseTable") ? 1 : 0;
    ownerOf = (bytes, length) => {
      digest(bytes, length, halves);
      return ownerOfHash(halves[first]! | 0, halves[1 - first]! | 0);
    };
  }
  return {
    ok: true,
    value: {
      shards,
      shardOf: (bytes, length) => shardId(ownerOf(bytes, length)),
      covered: (parts) => coveredKeys(parts, shards, ownerOf),
    },
  };
}

/** The part over a scheme that goes by the order of rows: `ownerOfRow` of a table's row. */
export function adaptRows(
  made: Made<Sharding>,
  ownerOfRow: (scheme: Sharding, table: number, row: number, key: Uint8Array) => number,
  rowsOf: (table: number) => number,
): MadePart {
  if (!made.ok) return made;
  const scheme = made.value;
  const shards = scheme.members.length;
  const key = new Uint8Array(256);
  const shardOfRow = (table: number, row: number): number => ownerOfRow(scheme, table, row, key);
  return {
    ok: true,
    value: {
      shards,
      shardOf: (bytes, length) => shardId(scheme.ownerOf(bytes, length)),
      shardOfRow: (table, row) => shardId(shardOfRow(table, row)),
      covered: (parts) => {
        const rows = rowsOf(0);
        let covered = 0;
        for (let part = 0; part < parts; part += 1) {
          if (isShard(shardOfRow(0, Math.floor((part * rows) / parts)), shards)) covered += 1;
        }
        return covered;
      },
    },
  };
}

/** Keys that differ in one number stand for equal parts of the key space. */
function coveredKeys(parts: number, shards: number, ownerOf: (bytes: Uint8Array, length: number) => number): number {
  const text = new Uint8Array(16);
  let covered = 0;
  for (let part = 0; part < parts; part += 1) {
    let rest = part;
    for (let digit = 0; digit < text.length; digit += 1) {
      text[digit] = 48 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    if (isShard(ownerOf(text, text.length), shards)) covered += 1;
  }
  return covered;
}

const isShard = (owner: number, shards: number): boolean => Number.isInteger(owner) && owner >= 0 && owner < shards;
