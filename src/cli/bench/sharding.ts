/**
 * The sharding schemes' speed: ring and jump against the quickest npm package of their kind, in turns; then look-ups, build
 * time, memory and movement of every scheme at 10, 1,000 and 100,000 members.
 */
import { compare, nodeJson, nodeProgram, type BenchRow } from "./measure.ts";
import type { Timed } from "./models.ts";
import { JUMP_PEERS, RING_PEERS } from "./sharding-peers.ts";
import { arrivals, pointsFor, SCHEME_NAMES, type SchemeAnswer } from "./sharding-schemes.ts";

export interface ShardingBenchOptions {
  /** Interleaved pairs for each comparison. */
  readonly pairs?: number;
  /** Share of the usual number of look-ups. */
  readonly scale?: number;
  readonly sizes?: readonly number[];
  readonly onRow?: (row: BenchRow) => void;
}

const PAIRS = 7;
/** As quick as the quickest, within what a pair of measurements can tell. */
const TARGET = 0.95;
const SIZES = [10, 1_000, 100_000];
const PEER_SIZES = [10, 1_000];
const LOOKUPS = { ring: 2_000_000, jump: 200_000 } as const;

/** Measures every row, in order. About two minutes. */
export async function benchSharding({ pairs = PAIRS, scale = 1, sizes = SIZES, onRow }: ShardingBenchOptions = {}): Promise<
  readonly BenchRow[]
> {
  const rows: BenchRow[] = [];
  const add = (row: BenchRow): void => {
    rows.push(row);
    onRow?.(row);
  };
  for (const kind of ["ring", "jump"] as const)
    for (const members of PEER_SIZES) add(await againstPeers(kind, members, Math.round(LOOKUPS[kind] * scale), pairs));
  for (const name of SCHEME_NAMES)
    for (const members of sizes) add(figures(name, members, (await nodeJson("scheme", name, members)) as SchemeAnswer));
  return rows;
}

/** Each package is measured once; the quickest then takes turns with ours. */
async function againstPeers(kind: "ring" | "jump", members: number, lookups: number, pairs: number): Promise<BenchRow> {
  const peers = kind === "ring" ? RING_PEERS : JUMP_PEERS;
  const found: { readonly name: string; readonly nanoseconds: number; readonly count: number }[] = [];
  for (const name of peers) {
    const timed = await nodeProgram(kind, name, members, Math.ceil(lookups / 10))();
    if (timed !== undefined) found.push({ name, nanoseconds: timed.nanoseconds, count: lookups });
  }
  found.sort((a, b) => a.nanoseconds - b.nanoseconds);
  const [best] = found;
  const others = peers
    .filter((name) => name !== best?.name)
    .map((name) => `${name} ${figure(found.find((one) => one.name === name)?.nanoseconds)}`);
  const row = await compare(
    {
      name: `sharding, ${kind} look-up, ${members} members`,
      against: best === undefined ? peers.join(", ") : `npm ${best.name}, the quickest of ${peers.length}`,
      kind: "speed",
      target: TARGET,
      ours: nodeProgram(kind, "shardlab", members, lookups),
      theirs: best === undefined ? undefined : nodeProgram(kind, best.name, members, lookups),
      missing: `none of ${peers.join(", ")} is installed`,
      unit: "a look-up",
      mismatch: kind === "ring" ? sameMembers : sameBuckets,
    },
    pairs,
  );
  return best === undefined ? row : { ...row, detail: `${row.detail}; once: ${others.join(", ")}` };
}

const figure = (nanoseconds: number | undefined): string => (nanoseconds === undefined ? "not measured" : `${nanoseconds.toFixed(1)} ns`);

/** A ring that sends keys to half of its members only would be quick for the wrong reason. */
const sameMembers = (ours: Timed, theirs: Timed): string | undefined =>
  ours.check > 0.99 && theirs.check > 0.99
    ? undefined
    : `keys reach ${Math.round(ours.check * 100)} % of our members and ${Math.round(theirs.check * 100)} % of theirs`;

const sameBuckets = (ours: Timed, theirs: Timed): string | undefined =>
  ours.check === theirs.check ? undefined : "their buckets are not the paper's";

function figures(name: string, members: number, answer: SchemeAnswer): BenchRow {
  const row = {
    name: `sharding, ${name}, ${members} members`,
    against: "nothing",
    kind: "figure",
    target: 0,
    ratio: undefined,
    held: true,
  } as const;
  if ("refused" in answer) return { ...row, detail: `not possible: ${answer.refused}` };
  const { lookups, build, memory, moved } = answer;
  const points = name === "ring" || name === "boundedRing" ? ` of ${pointsFor(members)} points each` : "";
  const movement =
    moved === undefined
      ? ""
      : `, ${arrivals(members)} more move ${(100 * moved).toPrecision(3)} % (least ${((100 * arrivals(members)) / (members + arrivals(members))).toPrecision(3)} %)`;
  return { ...row, detail: `${short(lookups)} look-ups/s, built in ${build.toPrecision(3)} ms, ${bytes(memory)}${movement}${points}` };
}

const short = (number: number): string =>
  number >= 1e6 ? `${(number / 1e6).toPrecision(3)} M` : number >= 1e3 ? `${(number / 1e3).toPrecision(3)} k` : number.toPrecision(3);
const bytes = (number: number): string =>
  number >= 1e6 ? `${(number / 1e6).toPrecision(3)} MB` : number >= 1e3 ? `${(number / 1e3).toPrecision(3)} kB` : `${number} B`;
