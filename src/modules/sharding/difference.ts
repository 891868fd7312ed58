/** What moves when a membership changes: the keys that leave their owner, against the fewest that would have had to. */
import { assert } from "../../base/assert.ts";
import type { Sharding } from "./sharding.ts";

/** Keys by number, so that millions need not be held at once: `at(i)` may hand out the same buffer every time. */
export interface Keys {
  readonly count: number;
  readonly at: (index: number) => Uint8Array;
}

/** The difference of two shardings over the same keys. Members are the same if their names are. */
export interface Difference {
  /** How many keys were looked at. */
  readonly keys: number;
  /** Indices of the keys whose owner changed, rising. */
  readonly moved: Uint32Array;
  /** Per member of either side, in the order of `before` and then of those that are new. */
  readonly members: readonly MemberChange[];
  /**
   * The fewest keys that must move for every member to hold what it is due afterwards: the sum over members of
   * max(0, keys due after - keys held before).
   */
  readonly minimum: number;
  /** Keys moved for each that had to: `moved` / `minimum`, at least 1. 1 if nothing moved; Infinity if nothing had to. */
  readonly excess: number;
}

/** One member's side of a difference, in keys. */
export interface MemberChange {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** Keys that came to it from others. */
  readonly gained: number;
  /** Keys that left it for others. */
  readonly lost: number;
}

/** Compares the owners of `keys` under `before` and `after`. */
export function difference(before: Sharding, after: Sharding, keys: Keys): Difference {
  const names = [...new Set([...before.members, ...after.members])];
  const places = new Map(names.map((name, place) => [name, place]));
  const placeOf = (name: string): number => {
    const place = places.get(name);
    assert(place !== undefined, `no place for member "${name}"`);
    return place;
  };
  const placesBefore = Int32Array.from(before.members, placeOf);
  const placesAfter = Int32Array.from(after.members, placeOf);
  const held = new Float64Array(names.length);
  const due = new Float64Array(names.length);
  const gained = new Float64Array(names.length);
  const lost = new Float64Array(names.length);
  const moved: number[] = [];
  for (let index = 0; index < keys.count; index += 1) {
    const key = keys.at(index);
    const from = placesBefore[before.ownerOf(key)] as number;
    const to = placesAfter[after.ownerOf(key)] as number;
    add(held, from);
    add(due, to);
    if (from === to) continue;
    add(lost, from);
    add(gained, to);
    moved.push(index);
  }
  let minimum = 0;
  for (let place = 0; place < names.length; place += 1) {
    minimum += Math.max(0, (due[place] as number) - (held[place] as number));
  }
  return {
    keys: keys.count,
    moved: Uint32Array.from(moved),
    members: names.map((name, place) => ({
      name,
      before: held[place] as number,
      after: due[place] as number,
      gained: gained[place] as number,
      lost: lost[place] as number,
    })),
    minimum,
    excess: moved.length === 0 ? 1 : moved.length / minimum,
  };
}

function add(counts: Float64Array, place: number): void {
  counts[place] = (counts[place] as number) + 1;
}
