/**
 * Intervals of time: a key that begins with its time belongs to the member of the interval in which that time falls, as in
 * time-partitioned stores of logs and metrics (one table a day). A scan of a period asks few members; the newest interval
 * takes all writes, unless members take turns within it (`ways`).
 *
 * Growth moves nothing: members that come take part from a later time on (`generations`), and the past stays where it is.
 */
import { finish32 } from "./murmur.ts";
import { placesOf, roster } from "./members.ts";
import { refuse } from "./sharding.ts";
import type { Made, Member, Sharding } from "./sharding.ts";

export interface IntervalOptions {
  /** Length of an interval in the unit of the keys' times; whole, at least 1. */
  readonly length: number;
  /** Byte at which a key's time begins: 8 bytes, unsigned, most significant first; missing bytes count as 0. Default 0. */
  readonly offset?: number;
  /** How many members share each interval, by a hash of the rest of the key. Default 1, at most the fewest members. */
  readonly ways?: number;
  /**
   * Who takes part from when on, by rising time, the first from 0; names must be members. Default: all members from 0.
   * A generation changes at the start of the first interval that begins at or after its time.
   */
  readonly generations?: readonly { readonly from: number; readonly members: readonly string[] }[];
}

/** Times above this are one: 2^53 - 1, the last whole number that a double holds with its neighbours. */
const TIME_MAX = 9_007_199_254_740_991;

/** Makes the scheme. Interval i belongs to the i-th member of its generation, in order of names, round and round. */
export function intervals(members: readonly Member[], options: IntervalOptions): Made<Sharding> {
  const checked = roster("intervals", members, "equal");
  if (!checked.ok) return checked;
  const { length, offset = 0, ways = 1 } = options;
  if (!Number.isSafeInteger(length) || length < 1) return refuse(`length: ${length} is not a length`, "write a whole number of at least 1");
  if (!Number.isInteger(offset) || offset < 0)
    return refuse(`offset: ${offset} is not a place in a key`, "write a whole number of at least 0");
  const generations = options.generations ?? [{ from: 0, members: checked.given }];
  const places = placesOf(checked.given);
  const starts: number[] = [];
  const turns: Int32Array[] = [];
  for (const [i, generation] of generations.entries()) {
    const first = Math.ceil(generation.from / length);
    if (!Number.isFinite(first) || (i === 0 ? generation.from !== 0 : first <= (starts[i - 1] ?? 0))) {
      return refuse(
        `generation ${i} begins at ${generation.from}`,
        "begin with 0, and let each begin an interval later than the one before",
      );
    }
    const named = new Set(generation.members);
    const turn = checked.names.filter((name) => named.has(name)).map((name) => places.get(name) as number);
    if (turn.length !== named.size || turn.length !== generation.members.length || turn.length === 0) {
      return refuse(`generation ${i} does not list members, each once`, "name at least one, and members only");
    }
    if (!Number.isInteger(ways) || ways < 1 || ways > turn.length) {
      return refuse(`ways: ${ways} of ${turn.length} members`, "write a whole number from 1 to the fewest members of a generation");
    }
    starts.push(first);
    turns.push(Int32Array.from(turn));
  }
  const generationOf = (interval: number): number => {
    let at = starts.length - 1;
    while (at > 0 && (starts[at] as number) > interval) at -= 1;
    return at;
  };
  const ownerIn = (interval: number, way: number): number => {
    const turn = turns[generationOf(interval)] as Int32Array;
    return turn[(interval * ways + way) % turn.length] as number;
  };
  const intervalOf = (key: Uint8Array, size: number): number => Math.floor(timeOf(key, size, offset) / length);
  return {
    ok: true,
    value: {
      scheme: "intervals",
      members: checked.given,
      ownerOf: (key, size = key.length) => {
        const interval = intervalOf(key, size);
        return ownerIn(interval, ways === 1 ? 0 : restHash(key, size, offset + 8) % ways);
      },
      ...(offset === 0 && {
        ownersBetween: (from: Uint8Array, to: Uint8Array | undefined, into: Int32Array): number => {
          let found = 0;
          const last = to === undefined ? Math.floor(TIME_MAX / length) : intervalOf(to, to.length);
          // Every member is met within one round of each generation; the rest of a long scan adds nobody.
          for (let interval = intervalOf(from, from.length); interval <= last && found < into.length; interval += 1) {
            for (let way = 0; way < ways && found < into.length; way += 1) {
              const owner = ownerIn(interval, way);
              let known = 0;
              while (known < found && into[known] !== owner) known += 1;
              if (known < found) continue;
              into[found] = owner;
              found += 1;
            }
            const generation = generationOf(interval);
            const round = Math.max(starts[generation] as number, intervalOf(from, from.length)) + (turns[generation] as Int32Array).length;
            if (interval >= round) interval = Math.max(interval, (starts[generation + 1] ?? last + 1) - 1);
          }
          return found;
        },
      }),
      memory: () => turns.reduce((sum, turn) => sum + turn.byteLength, 8 * starts.length),
    },
  };
}

/** The key's time, at most TIME_MAX. */
function timeOf(key: Uint8Array, size: number, offset: number): number {
  let time = 0;
  for (let at = offset; at < offset + 8; at += 1) time = time * 256 + (at < size ? (key[at] as number) : 0);
  return Math.min(time, TIME_MAX);
}

/** A quick hash of the bytes from `from` on, unsigned. */
function restHash(key: Uint8Array, size: number, from: number): number {
  let hash = 0;
  for (let at = from; at < size; at += 1) hash = finish32(Math.imul(hash, 31) + (key[at] as number) + 1);
  return finish32(hash + 0x9e3779b9) >>> 0;
}
