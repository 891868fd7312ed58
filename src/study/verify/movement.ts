/**
 * What growth moves: the keys whose owner changes when one member joins n others, by the sharding module's own
 * difference. Consistent schemes move 1 / (n + 1) of them, all to the newcomer; modulo moves n / (n + 1).
 */
import { assert } from "../../base/assert.ts";
import { difference, type Keys } from "../../modules/sharding/difference.ts";
import { encodeKey } from "../../modules/sharding/hash.ts";
import { jump } from "../../modules/sharding/jump.ts";
import { modulo } from "../../modules/sharding/modulo.ts";
import { rendezvous } from "../../modules/sharding/rendezvous.ts";
import { ring } from "../../modules/sharding/ring.ts";
import type { Made, Member, Sharding } from "../../modules/sharding/sharding.ts";
import { byStandardError, everywhere, meanOf, type VerifyCase } from "./case.ts";
import { readSettings, type Setting } from "./settings.ts";
import type { Topic } from "./topic.ts";

const SETTINGS: readonly Setting[] = [
  { name: "members", default: "10", what: "members before one joins, 1 to 1000", kind: "count", min: 1, max: 1000 },
  { name: "virtualNodes", default: "128", what: "points of each member on the ring, 1 to 10000", kind: "count", min: 1, max: 10_000 },
  { name: "keys", default: "5000", what: "keys looked at in each repeat, 100 to 10M", kind: "count", min: 100, max: 10_000_000 },
];
/** Memberships looked at: the share that a ring moves depends on where the newcomer's points fall. */
const RUNS = 400;

export const MOVEMENT: Topic = {
  name: "movement",
  summary: "keys moved when a member joins n others: 1 / (n + 1), all to the newcomer",
  settings: SETTINGS,
  runsLeast: 2,
  run: ({ set, runs = RUNS, plant, progress }) => {
    const read = readSettings(SETTINGS, set);
    assert(read.ok, "settings were checked");
    const members = read.settings.number("members");
    const keys = read.settings.number("keys");
    const virtualNodes = read.settings.number("virtualNodes");
    const schemes: readonly Scheme[] = [
      { name: "ring", source: "Karger et al., STOC 1997", make: (names) => ring(names, { virtualNodes }) },
      { name: "jump", source: "Lamping and Veach, arXiv:1406.2294", make: (names) => jump(names) },
      {
        name: "rendezvous",
        source: "Thaler and Ravishankar, IEEE/ACM Transactions on Networking 6 (1998)",
        make: (names) => rendezvous(names),
      },
    ];
    return schemes.flatMap((scheme, index) =>
      growth(plant ? { ...scheme, make: modulo } : scheme, { members, keys, runs }, () => progress?.(index + 1, schemes.length)),
    );
  },
};

interface Scheme {
  readonly name: string;
  readonly source: string;
  readonly make: (members: readonly Member[]) => Made<Sharding>;
}

function growth(
  { name, source, make }: Scheme,
  { members, keys, runs }: { readonly members: number; readonly keys: number; readonly runs: number },
  done: () => void,
): readonly VerifyCase[] {
  const made = (run: number, count: number): Sharding => {
    const found = make(Array.from({ length: count }, (_, member) => ({ name: `repeat ${run} member ${member}` })));
    assert(found.ok, found.ok ? "" : found.fault);
    return found.value;
  };
  const changes = Array.from({ length: runs }, (_, run) => difference(made(run, members), made(run, members + 1), keysOf(run, keys)));
  done();
  const moved = meanOf(changes.map((change) => change.moved.length / keys));
  const detour = changes.map((change) => change.moved.length - (change.members.at(-1)?.gained ?? 0));
  return [
    byStandardError(
      { case: `${name}, ${members} to ${members + 1} members: share of keys moved`, source, predicted: 1 / (members + 1), n: runs },
      moved.value,
      moved.standardError,
    ),
    everywhere({ case: `${name}, ${members} to ${members + 1} members: keys moved between old members`, source, predicted: 0 }, detour),
  ];
}

/** Keys of a repeat: other ones in each. */
function keysOf(run: number, count: number): Keys {
  const bytes = new Uint8Array(64);
  return { count, at: (index) => bytes.subarray(0, encodeKey(`user ${run}/${index}`, bytes)) };
}
