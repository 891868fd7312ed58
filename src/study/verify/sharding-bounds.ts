/** What bounded ring, rendezvous and database × table promise: capacity, shares by weight, and what a change moves. */
import { bounded } from "../../modules/sharding/bounded.ts";
import { databaseTable, type LevelOrder } from "../../modules/sharding/database-table.ts";
import { difference } from "../../modules/sharding/difference.ts";
import { modulo } from "../../modules/sharding/modulo.ts";
import { rendezvous } from "../../modules/sharding/rendezvous.ts";
import { ring } from "../../modules/sharding/ring.ts";
import type { Member } from "../../modules/sharding/sharding.ts";
import { byStandardError, exactly, meanOf, shown, type VerifyCase } from "./case.ts";
import { chiSquare, countsOf, keysOf, membersOf, valueOf, type ShardingSettings } from "./sharding-keys.ts";

const MIRROKNI = "Mirrokni, Thorup, Zadimoghaddam, arXiv:1608.01350";

/** Loads are looked at this many times while keys come and go. */
const LOOKS = 200;

/** Keys come, then a half goes; the bound is computed here. Planted: a ring without a bound. */
export function boundedCases({ members, epsilon, keys, plant }: ShardingSettings): readonly VerifyCase[] {
  const all = membersOf(members);
  const scheme = valueOf(bounded(all, { capacityFactor: 1 + epsilon }));
  const free = valueOf(ring(all));
  const list = keysOf(keys);
  const loads = new Float64Array(members);
  const every = Math.max(1, Math.floor((2 * keys) / LOOKS));
  let over = 0;
  let looks = 0;
  let steps = 0;
  const look = (held: number): void => {
    steps += 1;
    if (steps % every !== 0 || held === 0) return;
    looks += 1;
    // A product of doubles may be too large by its rounding: far below one key.
    const capacity = Math.ceil(((1 + epsilon) * held) / members - 1e-9);
    for (const load of plant ? loads : scheme.loads) if (load > capacity) over += 1;
  };
  for (let key = 0; key < keys; key += 1) {
    if (plant) loads[free.ownerOf(list.at(key))]! += 1;
    else scheme.insert(list.at(key));
    look(key + 1);
  }
  const moves = scheme.moves();
  for (let key = 0; key < keys / 2; key += 1) {
    if (plant) loads[free.ownerOf(list.at(key))]! -= 1;
    else scheme.remove(list.at(key));
    look(keys - key - 1);
  }
  const what = `boundedRing, ${members} members, epsilon ${epsilon}`;
  const kept = exactly(
    {
      case: `${what}: members seen above ceil((1 + epsilon) m / n) keys`,
      source: `${MIRROKNI}, section 1`,
      predicted: 0,
      n: looks * members,
    },
    over,
  );
  if (plant) return [kept];
  return [
    kept,
    shown(
      {
        case: `${what}: keys moved for each that came`,
        source: `${MIRROKNI}, theorem 1: within O(1 / epsilon^2)`,
        predicted: 1 / (epsilon * epsilon),
        n: keys,
        note: "an order of growth, quoted from memory",
      },
      moves / keys,
    ),
  ];
}

const THALER = "Thaler and Ravishankar 1998; weights: Schindelhauer and Schomaker 2005";
/** Scores computed at most, as a look-up asks every member. */
const SCORES_BUDGET = 10_000_000;

/** Members of which one leaves: few enough for each heir to get many keys. */
const LEAVING = 100;

/** Weights 1 to 4 in turn. Planted: equal ones; modulo where a member leaves. */
export function rendezvousCases({ members, keys, plant }: ShardingSettings): readonly VerifyCase[] {
  const all = weighted(members);
  const counts = countsOf(valueOf(rendezvous(plant ? unweighted(all) : all)), keysOf(Math.min(keys, Math.floor(SCORES_BUDGET / members))));
  const what = `rendezvous, ${members} members of weights 1 to 4: chi-square of look-ups against shares by weight`;
  return [chiSquare({ case: what, source: THALER }, counts, shares(all)), ...leaving(weighted(Math.min(members, LEAVING)), keys, plant)];
}

/** The heaviest of the first four leaves. */
function leaving(all: readonly Member[], keys: number, plant: boolean): readonly VerifyCase[] {
  const leaver = Math.min(3, all.length - 1);
  const rest = all.filter((_, index) => index !== leaver);
  const from = valueOf(plant ? modulo(unweighted(all)) : rendezvous(all));
  const to = valueOf(plant ? modulo(unweighted(rest)) : rendezvous(rest));
  const heirs = new Float64Array(rest.length);
  const list = keysOf(Math.min(keys, Math.floor(SCORES_BUDGET / all.length)), 1);
  let needless = 0;
  for (let index = 0; index < list.count; index += 1) {
    const key = list.at(index);
    const owner = from.ownerOf(key);
    const heir = to.ownerOf(key);
    if (owner === leaver) heirs[heir] = heirs[heir]! + 1;
    else if (from.members[owner] !== to.members[heir]) needless += 1;
  }
  const what = `rendezvous, ${all.length} members, one leaves`;
  const kept = exactly({ case: `${what}: keys of others that moved`, source: THALER, predicted: 0, n: list.count }, needless);
  // With too few keys an heir the chi-square law bends.
  const orphans = heirs.reduce((sum, count) => sum + count, 0);
  if (rest.length < 2 || orphans < 5 * rest.length) return [kept];
  return [kept, chiSquare({ case: `${what}: chi-square of its keys against the heirs' weights`, source: THALER }, heirs, shares(rest))];
}

const weighted = (members: number): readonly Member[] => membersOf(members).map(({ name }, index) => ({ name, weight: 1 + (index % 4) }));
const unweighted = (members: readonly Member[]): readonly Member[] => members.map(({ name }) => ({ name }));

function shares(members: readonly Member[]): readonly number[] {
  const total = members.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return members.map(({ weight = 1 }) => weight / total);
}

const LEVELS: readonly { readonly order: LevelOrder; readonly moved: number; readonly other: LevelOrder; readonly why: string }[] = [
  { order: "table-first", moved: 1 / 2, other: "database-first", why: "the table's digit stays, the database's doubles" },
  {
    order: "database-first",
    moved: 15 / 16,
    other: "table-first",
    why: "a key stays where h mod 8 < 4 and its table's digit is the same: 1 in 16",
  },
  { order: "independent", moved: 1 / 2, other: "database-first", why: "the database's own hash doubles" },
];

/** 4 × 8 to 8 × 8, as shards and as their names have it. Planted: another order. */
export function databaseTableCases({ keys, runs, plant }: ShardingSettings): readonly VerifyCase[] {
  return LEVELS.map(({ order, moved, other, why }) => {
    const made = (databases: number) => valueOf(databaseTable({ databases, tables: 8, order: plant ? other : order }));
    const parts = Array.from({ length: runs }, (_, run) => difference(made(4), made(8), keysOf(Math.ceil(keys / runs), run)));
    const share = meanOf(parts.map((part) => part.moved.length / Math.ceil(keys / runs)));
    return byStandardError(
      {
        case: `databaseTable ${order}, 4 × 8 to 8 × 8: share of keys moved`,
        source: `arithmetic of remainders: ${why}`,
        predicted: moved,
        n: Math.ceil(keys / runs) * runs,
      },
      share.value,
      share.standardError,
    );
  });
}
