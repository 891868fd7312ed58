/**
 * Schemes that look at nothing but a key's hash, over the REAL modules: modulo, database × table, ring, rendezvous, jump,
 * multi-probe, maglev, anchor; and slots, which have their own hash.
 */
import { z } from "zod";
import { assert } from "../../../base/assert.ts";
import { anchor } from "../../../modules/sharding/anchor.ts";
import { cassandra } from "../../../modules/sharding/cassandra.ts";
import { databaseTable } from "../../../modules/sharding/database-table.ts";
import { jump } from "../../../modules/sharding/jump.ts";
import { ketama } from "../../../modules/sharding/ketama.ts";
import { maglev } from "../../../modules/sharding/maglev.ts";
import { modulo } from "../../../modules/sharding/modulo.ts";
import { multiProbe } from "../../../modules/sharding/multi-probe.ts";
import { rendezvous } from "../../../modules/sharding/rendezvous.ts";
import { ring } from "../../../modules/sharding/ring.ts";
import type { Made, Member, Sharding } from "../../../modules/sharding/sharding.ts";
import { reassign, slots, type SlotSharding } from "../../../modules/sharding/slots.ts";
import { countField, numberField } from "../../notation/fields.ts";
import type { ShardingContext, ShardingPart } from "../contracts.ts";
import { adapt, membersOf, type MadePart, type Weights } from "./adapt.ts";
import { HASHES, hashOption, type HashName } from "./hash-option.ts";

const weightsOption = z
  .union([z.literal("equal"), z.array(numberField({ min: 0.001, max: 1_000_000 })).min(1)])
  .optional()
  .describe("Weight of each shard in order, or equal; default: with over: servers the servers' own, else equal.");

function over(
  context: ShardingContext,
  make: (members: readonly Member[]) => Made<Sharding>,
  hash?: HashName,
  weights?: Weights,
): MadePart {
  const members = membersOf(context, weights);
  return members.ok ? adapt(make(members.value), hash) : members;
}

const onlyHash = z.strictObject({ hash: hashOption });

export const moduloOptions = onlyHash;
export const makeModulo = ({ hash }: z.output<typeof moduloOptions>, context: ShardingContext): MadePart => over(context, modulo, hash);

export const databaseTableOptions = z.strictObject({
  databases: countField({ min: 1, max: 65_536 }).describe("Databases over which every table is divided."),
  tables: countField({ min: 1, max: 65_536 }).describe("Tables in each database."),
  order: z
    .enum(["table-first", "database-first", "independent"])
    .default("table-first")
    .describe("table-first: table = h mod T, database = (h div T) mod D; database-first the other way round; independent: two hashes."),
  hash: hashOption,
});
export const databaseTableShards = ({ databases, tables }: z.output<typeof databaseTableOptions>): number => databases * tables;
export const makeDatabaseTable = ({ hash, ...options }: z.output<typeof databaseTableOptions>): MadePart =>
  adapt(databaseTable(options), hash);

export const slotsOptions = z.strictObject({
  slots: countField({ min: 1, max: 65_536 }).default(16_384).describe("Number of hash slots, 1 to 65536."),
  hashTags: z.boolean().default(true).describe("Whether only the part of a key between braces is hashed."),
  weights: weightsOption,
});
export function makeSlots({ weights, ...options }: z.output<typeof slotsOptions>, context: ShardingContext): MadePart {
  const members = membersOf(context, weights);
  if (!members.ok) return members;
  return slotsPart(slots(members.value, options));
}

/** After a change of members a slot stays where it is unless somebody else is due it. */
function slotsPart(made: Made<SlotSharding>): MadePart {
  const part = adapt(made);
  if (!made.ok || !part.ok) return part;
  const resized = (context: ShardingContext): ShardingPart => {
    const members = membersOf(context);
    const next = members.ok ? slotsPart(reassign(made.value, members.value)) : members;
    assert(next.ok, next.ok ? "" : next.fault);
    return next.value;
  };
  return { ok: true, value: { ...part.value, resized } };
}

export const ringOptions = z.strictObject({
  mode: z
    .enum(["plain", "ketama", "cassandra"])
    .optional()
    .describe(
      "plain (default): points from names by Murmur3; ketama: libketama's 160 points of MD5; cassandra: Murmur3Partitioner tokens.",
    ),
  virtualNodes: countField({ min: 1, max: 1_000_000 })
    .optional()
    .describe("Points of a member of weight 1; default 128, in mode cassandra 16. Ketama has 160."),
  weights: weightsOption,
  hash: z.enum(HASHES).optional().describe("Hash function of keys in mode plain; default keyHash."),
});
export function makeRing(
  { mode = "plain", virtualNodes, weights, hash }: z.output<typeof ringOptions>,
  context: ShardingContext,
): MadePart {
  if (mode !== "plain" && hash !== undefined) return no(`hash: mode ${mode} has a hash function of its own`, "remove hash, or the mode");
  if (mode === "ketama" && virtualNodes !== undefined)
    return no("virtualNodes: mode ketama has 160 points a member", "remove virtualNodes, or the mode");
  const points = virtualNodes === undefined ? {} : { virtualNodes };
  const make = (members: readonly Member[]): Made<Sharding> =>
    mode === "ketama" ? ketama(members) : mode === "cassandra" ? cassandra(members, points) : ring(members, points);
  return over(context, make, hash, weights);
}

export const rendezvousOptions = z.strictObject({ weights: weightsOption, hash: hashOption });
export const makeRendezvous = ({ weights, hash }: z.output<typeof rendezvousOptions>, context: ShardingContext): MadePart =>
  over(context, rendezvous, hash, weights);

export const jumpOptions = onlyHash;
export const makeJump = ({ hash }: z.output<typeof jumpOptions>, context: ShardingContext): MadePart => over(context, jump, hash);

export const multiProbeOptions = z.strictObject({
  probes: countField({ min: 1, max: 1024 }).default(21).describe("Probes a key; the peak is k/(k - 1) of the mean."),
  hash: hashOption,
});
export const makeMultiProbe = ({ hash, ...options }: z.output<typeof multiProbeOptions>, context: ShardingContext): MadePart =>
  over(context, (members) => multiProbe(members, options), hash);

export const maglevOptions = z.strictObject({
  tableSize: countField({ min: 2, max: 5_000_011 })
    .default(65_537)
    .describe("Entries of the look-up table, a prime; 100 a member or more."),
  weights: weightsOption,
  hash: hashOption,
});
export const makeMaglev = ({ weights, hash, ...options }: z.output<typeof maglevOptions>, context: ShardingContext): MadePart =>
  over(context, (members) => maglev(members, options), hash, weights);

export const anchorOptions = z.strictObject({
  capacity: countField({ min: 1, max: 1_048_576 })
    .optional()
    .describe("Buckets, working or not: how far it can grow; default: twice the members."),
  hash: hashOption,
});
export const makeAnchor = ({ capacity, hash }: z.output<typeof anchorOptions>, context: ShardingContext): MadePart =>
  // Its buckets cannot grow: what it is to grow to during a run must fit from the start.
  over(context, (members) => anchor(members, { capacity: capacity ?? 2 * Math.max(context.shards, context.shardsMost ?? 0) }), hash);

const no = (fault: string, mend: string): MadePart => ({ ok: false, fault, mend });
