/** How even ring, jump, multi-probe and maglev are, against their papers' tables and limits. */
import { fillTable, maglev, type Turns } from "../../modules/sharding/maglev.ts";
import { jump, jumpBucket } from "../../modules/sharding/jump.ts";
import { difference } from "../../modules/sharding/difference.ts";
import { modulo } from "../../modules/sharding/modulo.ts";
import { multiProbe } from "../../modules/sharding/multi-probe.ts";
import { rendezvous } from "../../modules/sharding/rendezvous.ts";
import { ring } from "../../modules/sharding/ring.ts";
import type { Sharding } from "../../modules/sharding/sharding.ts";
import { byStandardError, everywhere, exactly, meanOf, shown, type VerifyCase } from "./case.ts";
import { chiSquare, countsOf, deviation, keysOf, membersOf, rootOf, valueOf, type ShardingSettings } from "./sharding-keys.ts";

const LAMPING_VEACH = "Lamping and Veach, arXiv:1406.2294 (2014)";

/**
 * Lamping and Veach's table for Karger's ring: relative standard error of bucket sizes, for 1,000 buckets as its values have
 * it; and the 99 % interval of a bucket's size that the beta law gives there, over the mean.
 */
const KARGER = [
  { points: 1, deviation: 0.997906, low: 0.005, high: 5.2896 },
  { points: 10, deviation: 0.315181, low: 0.3718, high: 1.9989 },
  { points: 100, deviation: 0.0996996, low: 0.7613, high: 1.2762 },
  { points: 1000, deviation: 0.0315723, low: 0.9205, high: 1.0833 },
];
/** Points placed per case at most: more repeats than this allows add little to a claim about thousands of members. */
const POINTS_BUDGET = 4_000_000;

/** A member's share of a ring of n members with v points each is Beta(v, nv - v). Planted: twice the points. */
export function ringCases({ members, virtualNodes, runs: wished, plant }: ShardingSettings): readonly VerifyCase[] {
  return virtualNodes.flatMap((points) => {
    const runs = Math.max(3, Math.min(wished, Math.floor(POINTS_BUDGET / (members * points))));
    const rings = Array.from({ length: runs }, (_, run) =>
      valueOf(ring(membersOf(members, run), { virtualNodes: plant ? 2 * points : points })).shares!(),
    );
    const spreads = rings.map(deviation);
    const { value, standardError } = rootOf(meanOf(spreads));
    const what = `ring, ${members} members, ${points} points each: relative standard deviation of shares`;
    const cases = [
      byStandardError(
        { case: what, source: "beta law: sqrt((n - 1) / (nv + 1))", predicted: Math.sqrt((members - 1) / (members * points + 1)), n: runs },
        value,
        standardError,
      ),
    ];
    const published = members === 1000 ? KARGER.find((row) => row.points === points) : undefined;
    if (published === undefined) return cases;
    // The table is itself a measurement: its error is taken for that of one of ours.
    const single = Math.sqrt(spreads.reduce((sum, one) => sum + (Math.sqrt(one) - value) * (Math.sqrt(one) - value), 0) / (runs - 1));
    const error = Math.sqrt(standardError * standardError + single * single);
    const inside = meanOf(
      rings.map(
        (shares) => shares.filter((share) => share * members >= published.low && share * members <= published.high).length / members,
      ),
    );
    return [
      ...cases,
      byStandardError(
        {
          case: `${what}, as published`,
          source: `${LAMPING_VEACH}, table of Karger et al.'s scheme`,
          predicted: published.deviation,
          n: runs,
        },
        value,
        error,
      ),
      byStandardError(
        {
          case: `ring, ${members} members, ${points} points each: share of members between ${published.low} and ${published.high} of the mean`,
          source: "99 % interval of the beta law",
          predicted: 0.99,
          n: runs * members,
        },
        inside.value,
        inside.standardError,
      ),
    ];
  });
}

/** go-jump's test, made by the reference C++ code, and Guava's: buckets of keys 0 to 19 among 100; more keys among more. */
const JUMP_OF_100 = [0, 55, 62, 8, 45, 59, 86, 97, 82, 59, 73, 37, 17, 56, 86, 21, 90, 37, 38, 83];
const JUMP_OTHERS: readonly (readonly [high: number, low: number, buckets: number, bucket: number])[] = [
  [0x002698ad, 0x4b48eacf, 11, 6],
  [0x173a623c, 0x9725b476, 11, 5],
  [0x00000000, 0x00000899, 100_001, 22_152],
  [0x00000000, 0x00000100, 1024, 520],
];

/** Planted: keys one off among the vectors, a ring for the evenness, modulo for the movement. */
export function jumpCases({ members, keys, runs, plant }: ShardingSettings): readonly VerifyCase[] {
  const off = plant ? 1 : 0;
  const others = plant ? [] : JUMP_OTHERS;
  const right =
    JUMP_OF_100.filter((bucket, key) => jumpBucket(0, key + off, 100) === bucket).length +
    others.filter(([high, low, buckets, bucket]) => jumpBucket(high, low, buckets) === bucket).length;
  const vectors = JUMP_OF_100.length + JUMP_OTHERS.length;
  const even = (plant ? ring : jump)(membersOf(members));
  const spreads = meanOf(Array.from({ length: runs }, (_, run) => deviation(countsOf(valueOf(even), keysOf(keys, run)))));
  const { value, standardError } = rootOf(spreads);
  const cases = [
    exactly(
      {
        case: "jump: published buckets that are met",
        source: "go-jump (from the reference C++ code), Guava's HashingTest",
        predicted: vectors,
        n: vectors,
      },
      right,
    ),
    byStandardError(
      {
        case: `jump, ${members} members: relative standard deviation of ${keys} keys`,
        source: "multinomial: sqrt((n - 1) / keys), jump itself adding nothing",
        predicted: Math.sqrt((members - 1) / keys),
        n: runs,
      },
      value,
      standardError,
    ),
    ...growth(plant, keys, runs),
  ];
  if (plant) return cases;
  const claim = {
    case: `jump, ${members} members: relative standard deviation of the key space`,
    source: `${LAMPING_VEACH}, table`,
    predicted: 7.64e-9,
    n: members,
  };
  return [
    ...cases,
    shown(
      { ...claim, note: "the paper's figure is the rounding of 64 bits; shares are exact here" },
      Math.sqrt(deviation(valueOf(jump(membersOf(members))).shares!())),
    ),
  ];
}

/** The paper's introduction: 10 buckets grown to 12 move a sixth of the keys, all to the new ones. */
function growth(plant: boolean, keys: number, runs: number): readonly VerifyCase[] {
  const make = plant ? modulo : jump;
  const changes = Array.from({ length: runs }, (_, run) =>
    difference(valueOf(make(membersOf(10))), valueOf(make(membersOf(12))), keysOf(keys, run)),
  );
  const moved = meanOf(changes.map((change) => change.moved.length / keys));
  const toOld = changes.map((change) => change.moved.length - change.members.slice(-2).reduce((sum, { gained }) => sum + gained, 0));
  return [
    byStandardError(
      { case: "jump, 10 to 12 members: share of keys moved", source: `${LAMPING_VEACH}, section 1`, predicted: 1 / 6, n: runs },
      moved.value,
      moved.standardError,
    ),
    everywhere(
      { case: "jump, 10 to 12 members: keys moved between old members", source: `${LAMPING_VEACH}, section 1`, predicted: 0 },
      toOld,
    ),
  ];
}

/** The peak over the mean of exact shares, and look-ups against those shares. Planted: half as many probes. */
export function multiProbeCases({ members, probes, keys, runs, plant }: ShardingSettings): readonly VerifyCase[] {
  // The limit is for many members: at 100 its mean is within 0.5 %, at 10 up to 11 % away (exact integrals over random rings).
  const room = members >= 100 ? 0.03 : 0.2;
  return probes.flatMap((k) => {
    const make = (run: number, used: number): Sharding => valueOf(multiProbe(membersOf(members, run), { probes: used }));
    const asked = plant ? Math.ceil(k / 2) : k;
    const peaks = meanOf(Array.from({ length: runs }, (_, run) => Math.max(...make(run, asked).shares!()) * members));
    const limit = k / (k - 1);
    return [
      exactly(
        {
          case: `multiProbe, ${members} members, ${k} probes: largest share over the mean`,
          source: "Appleton and O'Reilly, arXiv:1505.00062: k / (k - 1) for many members",
          predicted: limit,
          n: runs,
        },
        peaks.value,
        { low: limit * (1 - room), high: limit * (1 + room) },
      ),
      chiSquare(
        {
          case: `multiProbe, ${members} members, ${k} probes: chi-square of look-ups against exact shares`,
          source: "integral of k F(d)^(k - 1) over each gap",
        },
        countsOf(make(0, asked), keysOf(keys)),
        make(0, k).shares!(),
      ),
    ];
  });
}

/** NSDI 2016, table 1: three backends' offsets and skips in a table of seven, before and after the second one leaves. */
const TABLE_1: readonly Turns[] = [
  { offset: 3, skip: 4, weight: 1 },
  { offset: 0, skip: 2, weight: 1 },
  { offset: 3, skip: 1, weight: 1 },
];
const MAGLEV = "Eisenbud et al., Maglev, NSDI 2016";

/** Planted: a table filled by rendezvous; skips one off in the paper's example. */
export function maglevCases(settings: ShardingSettings): readonly VerifyCase[] {
  const { members, tableSizes, plant } = settings;
  const turns = plant ? TABLE_1.map((turn) => ({ ...turn, skip: turn.skip + 1 })) : TABLE_1;
  const before = fillTable(turns, 7).join(" ");
  const after = fillTable(
    turns.filter((_, backend) => backend !== 1),
    7,
  ).join(" ");
  const met = (before === "1 0 1 0 2 2 0" ? 1 : 0) + (after === "0 0 0 0 1 1 1" ? 1 : 0);
  return [
    exactly(
      {
        case: "maglev: tables of the paper's example that are met, before and after a backend leaves",
        source: `${MAGLEV}, table 1`,
        predicted: 2,
        n: 2,
      },
      met,
    ),
    ...tableSizes.filter((size) => size > members).flatMap((size) => tableCases(size, settings)),
  ];
}

function tableCases(tableSize: number, { members, plant }: ShardingSettings): readonly VerifyCase[] {
  const all = membersOf(members);
  const made = maglev(all, { tableSize });
  if (!made.ok) return [exactly({ case: `maglev, table of ${tableSize}: ${made.fault}`, source: MAGLEV, predicted: 1, n: 1 }, 0)];
  const entries = plant
    ? countsOf(valueOf(rendezvous(all.slice(0, 50))), keysOf(tableSize))
    : made.value.shares!().map((share) => Math.round(share * tableSize));
  const what = `maglev, ${members} members, table of ${tableSize}`;
  const even = exactly(
    {
      case: `${what}: largest less smallest number of entries`,
      source: `${MAGLEV}, section 3.4: at most 1`,
      predicted: tableSize % members === 0 ? 0 : 1,
      n: members,
    },
    Math.max(...entries) - Math.min(...entries),
  );
  const left = valueOf(maglev(all.slice(0, -1), { tableSize })).table;
  let freed = 0;
  let collateral = 0;
  for (let entry = 0; entry < tableSize; entry += 1) {
    if (made.value.table[entry] === members - 1) freed += 1;
    else if (made.value.table[entry] !== left[entry]) collateral += 1;
  }
  // What must change is the leaver's part; what need not, Maglev keeps small but not at none.
  const due = exactly(
    {
      case: `${what}: share of entries that a leaver frees`,
      source: `${MAGLEV}, section 3.4: floor or ceiling of M / N entries`,
      predicted: 1 / members,
      n: tableSize,
    },
    (plant ? entries[0]! : freed) / tableSize,
    { low: Math.floor(tableSize / members) / tableSize, high: Math.ceil(tableSize / members) / tableSize },
  );
  if (plant) return [even, due];
  return [
    even,
    due,
    shown(
      {
        case: `${what}: share of entries that change needlessly when one leaves`,
        source: `${MAGLEV}, section 5.3: few, not none`,
        predicted: 0,
        n: tableSize,
        note: "a single realisation",
      },
      collateral / tableSize,
    ),
    ...overprovision(tableSize, members),
  ];
}

/** The paper's comparison, of 1,000 backends: the most loaded one's entries over the mean, less 1. */
function overprovision(tableSize: number, members: number): readonly VerifyCase[] {
  const published = { 65_537: { ring: 0.297, rendezvous: 0.495 } }[tableSize];
  if (published === undefined || members !== 1000) return [];
  const all = membersOf(members);
  const excess = (scheme: Sharding): number => (Math.max(...countsOf(scheme, keysOf(tableSize))) * members) / tableSize - 1;
  const claim = (name: string, predicted: number) => ({
    case: `${name}, ${members} members, ${tableSize} entries: overprovision`,
    source: `${MAGLEV}, section 5.3`,
    predicted,
    n: members,
    note: "the published figure is a single realisation of a maximum",
  });
  return [
    shown(claim("ring", published.ring), excess(valueOf(ring(all, { virtualNodes: 1000 })))),
    shown(claim("rendezvous", published.rendezvous), excess(valueOf(rendezvous(all)))),
  ];
}
