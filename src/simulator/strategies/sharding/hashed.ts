/** Key → shard by the REAL sharding modules: modulo, hash slots, consistent-hash ring. One thin adapter for all. */
import { z } from "zod";
import { assert } from "../../../base/assert.ts";
import { shardId } from "../../../base/ids.ts";
import { modulo } from "../../../modules/sharding/modulo.ts";
import { ring } from "../../../modules/sharding/ring.ts";
import type { Made, Member, Sharding } from "../../../modules/sharding/sharding.ts";
import { slots } from "../../../modules/sharding/slots.ts";
import type { ShardingPart } from "../contracts.ts";
import { countField } from "../../notation/fields.ts";

export const moduloOptions = z.strictObject({});
export const createModulo = (_options: unknown, shards: number): ShardingPart => adapt(modulo(members(shards)), shards);

export const slotsOptions = z.strictObject({
  slots: countField().default(16_384).describe("Number of hash slots, 1 to 65536."),
  hashTags: z.boolean().default(true).describe("Whether only the part of a key between braces is hashed."),
});
export const createSlots = (options: z.output<typeof slotsOptions>, shards: number): ShardingPart =>
  adapt(slots(members(shards), options), shards);

export const ringOptions = z.strictObject({
  virtualNodes: countField().default(128).describe("Points of each shard on the ring."),
});
export const createRing = (options: z.output<typeof ringOptions>, shards: number): ShardingPart =>
  adapt(ring(members(shards), options), shards);

/** Shards as members, named so that their order by name is their order by number. */
function members(shards: number): readonly Member[] {
  const digits = String(Math.max(0, shards - 1)).length;
  return Array.from({ length: shards }, (_, shard) => ({ name: `shard ${String(shard).padStart(digits, "0")}` }));
}

function adapt(made: Made<Sharding>, shards: number): ShardingPart {
  assert(made.ok, made.ok ? "" : `sharding options passed the schema and were refused: ${made.fault}`);
  const scheme = made.value;
  return {
    shards,
    shardOf: (bytes, length) => shardId(scheme.ownerOf(bytes, length)),
    covered: (parts) => {
      // Keys that differ in one number stand for equal parts of the key space.
      const text = new Uint8Array(16);
      let covered = 0;
      for (let part = 0; part < parts; part += 1) {
        let rest = part;
        for (let digit = 0; digit < text.length; digit += 1) {
          text[digit] = 48 + (rest % 10);
          rest = Math.floor(rest / 10);
        }
        const owner = scheme.ownerOf(text, text.length);
        if (Number.isInteger(owner) && owner >= 0 && owner < shards) covered += 1;
      }
      return covered;
    },
  };
}
