/** What each sharding scheme costs and moves at a number of members. Measured in a process of its own (child.ts). */
import { anchor, type AnchorSharding } from "../../modules/sharding/anchor.ts";
import { bounded, type BoundedSharding } from "../../modules/sharding/bounded.ts";
import { databaseTable } from "../../modules/sharding/database-table.ts";
import { directory, type DirectorySharding } from "../../modules/sharding/directory.ts";
import { textKey } from "../../modules/sharding/hash.ts";
import { intervals } from "../../modules/sharding/intervals.ts";
import { jump } from "../../modules/sharding/jump.ts";
import { maglev } from "../../modules/sharding/maglev.ts";
import { modulo } from "../../modules/sharding/modulo.ts";
import { multiProbe } from "../../modules/sharding/multi-probe.ts";
import { ranges } from "../../modules/sharding/ranges.ts";
import { rendezvous } from "../../modules/sharding/rendezvous.ts";
import { ring } from "../../modules/sharding/ring.ts";
import type { Made, Member, Sharding } from "../../modules/sharding/sharding.ts";
import { reassign, slots, type SlotSharding } from "../../modules/sharding/slots.ts";
import { tree } from "../../modules/sharding/tree.ts";

export interface SchemeCost {
  /** Look-ups of 12-byte keys a second of CPU time. */
  readonly lookups: number;
  /** CPU milliseconds to build, once warm. */
  readonly build: number;
  /** Bytes of tables. */
  readonly memory: number;
  /** Share of keys that move when a hundredth of members (at least one) come; undefined where members do not come one by one. */
  readonly moved: number | undefined;
}

/** A scheme, or why there is none of this size. */
export type SchemeAnswer = SchemeCost | { readonly refused: string };

/** What one measurement may take: nanoseconds of look-ups. */
const LOOKUP_BUDGET = 150_000_000;
const KEYS = 16_384;

/** Points of a member: fewer where ten million would be needed. */
export const pointsFor = (members: number): number => (members > 10_000 ? 16 : 128);
/** A prime of at least 50 entries a member. */
const tableFor = (members: number): number => (members > 10_000 ? 5_000_011 : members > 500 ? 655_373 : 65_537);

const SCHEMES: Readonly<Record<string, (members: readonly Member[]) => Made<Sharding>>> = {
  modulo,
  databaseTable: (members) => {
    const tables = Math.max(1, Math.floor(Math.sqrt(members.length)));
    return databaseTable({ databases: Math.ceil(members.length / tables), tables });
  },
  slots: (members) => slots(members),
  ring: (members) => ring(members, { virtualNodes: pointsFor(members.length) }),
  boundedRing: (members) => bounded(members, { virtualNodes: pointsFor(members.length) }),
  rendezvous,
  jump,
  multiProbe: (members) => multiProbe(members),
  maglev: (members) => maglev(members, { tableSize: tableFor(members.length) }),
  anchor: (members) => anchor(members, { capacity: Math.ceil(members.length * 1.1) + 1 }),
  ranges: (members) => ranges(members),
  tree: (members) => tree(members),
  directory: (members) => directory(members),
  intervals: (members) => intervals(members, { length: 1000 }),
};
export const SCHEME_NAMES = Object.keys(SCHEMES);

/** Members that come change what these have been told, not what they are. */
const STANDING = ["databaseTable", "ranges", "tree", "directory", "intervals"];

/** `budget`: CPU nanoseconds that look-ups may take. */
export function schemeCost(name: string, count: number, budget = LOOKUP_BUDGET): SchemeAnswer {
  const make = SCHEMES[name];
  if (make === undefined) throw new Error(`no scheme named ${name}`);
  const members = Array.from({ length: count }, (_, member) => ({ name: `member ${member}` }));
  const first = make(members);
  if (!first.ok) return { refused: first.fault };
  const before = cpu();
  const made = make(members);
  const build = (cpu() - before) / 1e6;
  if (!made.ok) return { refused: made.fault };
  const scheme = made.value;
  const keys = Array.from({ length: KEYS }, (_, key) => textKey(`user:${1_000_000 + key}`));
  // Schemes that hold their keys are asked with them in.
  if (name === "boundedRing") for (const key of keys) (scheme as BoundedSharding).insert(key);
  if (name === "directory") for (const key of keys) (scheme as DirectorySharding).assign(key, scheme.ownerOf(key));
  const lookups = 1e9 / lookupTime(scheme, keys, budget);
  return {
    lookups,
    build,
    memory: scheme.memory(),
    moved: STANDING.includes(name) ? undefined : movedShare(name, make, scheme, members, keys),
  };
}

/** CPU nanoseconds a look-up: in growing batches, until the budget is spent. */
function lookupTime(scheme: Sharding, keys: readonly Uint8Array[], budget: number): number {
  let sink = 0;
  for (let batch = 16; ; batch *= 2) {
    const start = cpu();
    for (let i = 0; i < batch; i += 1) sink += scheme.ownerOf(keys[i & (KEYS - 1)]!);
    const spent = cpu() - start;
    if (spent >= budget && sink >= 0) return spent / batch;
  }
}

function movedShare(
  name: string,
  make: (members: readonly Member[]) => Made<Sharding>,
  scheme: Sharding,
  members: readonly Member[],
  keys: readonly Uint8Array[],
): number | undefined {
  const added = Array.from({ length: arrivals(members.length) }, (_, i) => ({ name: `member ${members.length + i}` }));
  const grown = withMore(name, make, scheme, members, added);
  if (!grown.ok) return undefined;
  // A rendezvous of many looks at all of them for each key.
  const some = name === "rendezvous" && members.length > 10_000 ? keys.slice(0, 1024) : keys;
  const moved = some.filter((key) => scheme.members[scheme.ownerOf(key)] !== grown.value.members[grown.value.ownerOf(key)]);
  return moved.length / some.length;
}

/** Members that come at once: one in a hundred, at least one. */
export const arrivals = (members: number): number => Math.max(1, Math.floor(members / 100));

/** The scheme over more members, by its own way of growing where it has one. */
function withMore(
  name: string,
  make: (members: readonly Member[]) => Made<Sharding>,
  scheme: Sharding,
  members: readonly Member[],
  added: readonly Member[],
): Made<Sharding> {
  const all = [...members, ...added];
  if (name === "slots") return reassign(scheme as SlotSharding, all);
  if (name === "boundedRing") return (scheme as BoundedSharding).withMembers(all);
  if (name !== "anchor") return make(all);
  return added.reduce<Made<AnchorSharding>>((made, member) => (made.ok ? made.value.with(member.name) : made), {
    ok: true,
    value: scheme as AnchorSharding,
  });
}

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}
