/**
 * Schemes that go by the order of rows, over the REAL modules: ranges, the same in a balanced tree, a lookup directory, and
 * intervals of time. A row's number is its place in the order of its table's keys and of their insertion alike: what an
 * application gets from a rising key. Rows inserted during a run come after all that were there.
 */
import { z } from "zod";
import { directory } from "../../../modules/sharding/directory.ts";
import { intervals } from "../../../modules/sharding/intervals.ts";
import { ranges } from "../../../modules/sharding/ranges.ts";
import { tree } from "../../../modules/sharding/tree.ts";
import { countField } from "../../notation/fields.ts";
import type { ShardingContext } from "../contracts.ts";
import { adaptRows, membersOf, type MadePart } from "./adapt.ts";

/** 48 bits: what ranges.ts and tree.ts cut evenly. */
const KEY_BYTES = 6;
const KEY_SPACE = 281_474_976_710_656;

/**
 * The key of a row for a scheme of ranges: its place among the rows that its table began with, as a share of 48 bits; then
 * the row's number, so that keys differ and rise with it. Rows that came later end the space. Gives the length.
 */
export function orderedKey(into: Uint8Array, row: number, rows: number): number {
  let place = row < rows ? Math.floor((row / rows) * KEY_SPACE) : KEY_SPACE - 1;
  for (let at = KEY_BYTES - 1; at >= 0; at -= 1) {
    into[at] = place % 256;
    place = Math.floor(place / 256);
  }
  writeNumber(into, KEY_BYTES, row);
  return KEY_BYTES + 8;
}

/** Eight bytes, most significant first. */
function writeNumber(into: Uint8Array, from: number, value: number): void {
  let rest = value;
  for (let at = from + 7; at >= from; at -= 1) {
    into[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

const rowsOf =
  ({ tables }: ShardingContext) =>
  (table: number): number =>
    tables[table]?.rows ?? 1;

export const rangesOptions = z.strictObject({});
export function makeRanges(_options: unknown, context: ShardingContext): MadePart {
  const members = membersOf(context);
  if (!members.ok) return members;
  const rows = rowsOf(context);
  return adaptRows(ranges(members.value), (scheme, table, row, key) => scheme.ownerOf(key, orderedKey(key, row, rows(table))), rows);
}

export const treeOptions = z.strictObject({
  ranges: countField({ min: 1, max: 1_048_576 }).optional().describe("Ranges at first, dealt to shards in turn; default: one a shard."),
});
export function makeTree({ ranges: count }: z.output<typeof treeOptions>, context: ShardingContext): MadePart {
  const members = membersOf(context);
  if (!members.ok) return members;
  if (count !== undefined && count < context.shards) {
    return {
      ok: false,
      fault: `ranges: ${count} for ${context.shards} shards leave some without keys`,
      mend: "write at least one a shard",
    };
  }
  const rows = rowsOf(context);
  return adaptRows(
    tree(members.value, count === undefined ? {} : { ranges: count }),
    (scheme, table, row, key) => scheme.ownerOf(key, orderedKey(key, row, rows(table))),
    rows,
  );
}

export const intervalsOptions = z.strictObject({
  length: countField({ min: 1 }).default(10_000).describe("Rows of an interval: as many as come in its time."),
  ways: countField({ min: 1 }).default(1).describe("Shards that share each interval, by a hash; 1 sends all that is new to one."),
});
export function makeIntervals(options: z.output<typeof intervalsOptions>, context: ShardingContext): MadePart {
  const members = membersOf(context);
  if (!members.ok) return members;
  return adaptRows(
    intervals(members.value, options),
    (scheme, table, row, key) => {
      writeNumber(key, 0, row);
      // What is hashed within an interval: the row's number again, and its table.
      writeNumber(key, 8, row);
      key[16] = table & 0xff;
      return scheme.ownerOf(key, 17);
    },
    rowsOf(context),
  );
}

export const directoryOptions = z.strictObject({
  pinned: z
    .record(z.string(), countField())
    .default({})
    .describe('Keys with a shard chosen by hand, as `"users:17": 3`; all others are dealt to shards in turn.'),
});
/**
 * Every key has its entry: rows are dealt to shards in turn, as a directory does that gives each new key to the shard with
 * fewest; keys in `pinned` live where they are put. Entries are written when a key is first met.
 */
export function makeDirectory({ pinned }: z.output<typeof directoryOptions>, context: ShardingContext): MadePart {
  const members = membersOf(context);
  if (!members.ok) return members;
  const { shards, tables } = context;
  const chosen = new Map<string, number>();
  for (const [key, shard] of Object.entries(pinned)) {
    const [name, digits = ""] = key.split(":");
    const table = tables.find((candidate) => candidate.name === name);
    if (table === undefined || !/^\d+$/.test(digits)) {
      const names = tables.map((candidate) => candidate.name).join(", ");
      return { ok: false, fault: `pinned: "${key}" is not the key of a row`, mend: `write TABLE:ROW, such as "${names}:0"` };
    }
    if (shard >= shards)
      return { ok: false, fault: `pinned: "${key}" is pinned to shard ${shard} of ${shards}`, mend: `write 0 to ${shards - 1}` };
    chosen.set(`${tables.indexOf(table)}:${Number(digits)}`, shard);
  }
  const made = directory(members.value);
  if (!made.ok) return made;
  const entries = made.value;
  return adaptRows(
    made,
    (_scheme, table, row, key) => {
      const text = key.subarray(0, context.rowKey(key, table, row));
      entries.assign(text, (chosen.size === 0 ? undefined : chosen.get(`${table}:${row}`)) ?? row % shards);
      return entries.ownerOf(text);
    },
    rowsOf(context),
  );
}
