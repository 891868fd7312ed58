/** The ring with bounded loads (modules/sharding/bounded.ts) as a part. */
import { z } from "zod";
import { shardId } from "../../../base/ids.ts";
import { bounded, type BoundedSharding } from "../../../modules/sharding/bounded.ts";
import { countField, numberField } from "../../notation/fields.ts";
import type { ShardingContext } from "../contracts.ts";
import { adapt, membersOf, type MadePart } from "./adapt.ts";

export const boundedRingOptions = z.strictObject({
  capacityFactor: numberField({ min: 1.001, max: 1000 }).default(1.25).describe("Most keys of a shard over the mean, above 1."),
  virtualNodes: countField({ min: 1, max: 1_000_000 }).default(128).describe("Points of each shard on the ring."),
});

/**
 * Where a key lives depends on all keys: the rows that are there at first are placed in the order of their tables and numbers,
 * when the first key is asked for. A row inserted later is placed then, and stays: that others would be drawn back into the
 * room that it makes is left to rebalancing, so shards may stray from the bound by what was inserted since.
 */
export function makeBoundedRing(options: z.output<typeof boundedRingOptions>, context: ShardingContext): MadePart {
  const members = membersOf(context);
  if (!members.ok) return members;
  const made = bounded(members.value, options);
  const part = adapt(made);
  if (!made.ok || !part.ok) return part;
  const scheme = made.value;
  let isLoaded = false;
  return {
    ok: true,
    value: {
      ...part.value,
      shardOf: (bytes, length) => {
        if (!isLoaded) load(scheme, context);
        isLoaded = true;
        return shardId(scheme.insert(bytes.subarray(0, length)));
      },
    },
  };
}

function load(scheme: BoundedSharding, { tables, rowKey }: ShardingContext): void {
  const key = new Uint8Array(256);
  for (const [table, { rows }] of tables.entries())
    for (let row = 0; row < rows; row += 1) scheme.insert(key.subarray(0, rowKey(key, table, row)));
}
