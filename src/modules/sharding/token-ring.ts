/**
 * The ring that ring.ts, ketama.ts, cassandra.ts, bounded.ts and multi-probe.ts share: points with 64-bit tokens, each
 * owned by a member; a token belongs to the first point at or after it, and after the last point to the first one.
 *
 * Points are sorted by a counting sort on their top bits, about one bucket a point, and the buckets stay as an index: a
 * look-up reads one bucket and compares about one token, instead of searching log2(points) of them.
 */
import { hex64 } from "./word64.ts";
import type { OwnedRange } from "./sharding.ts";

export interface TokenRing {
  /** Number of points. */
  readonly size: number;
  /** Per point, in order of tokens: the token's halves and its owner. Not to be written to. */
  readonly highs: Uint32Array;
  readonly lows: Uint32Array;
  readonly owners: Int32Array;
  /** Position of the point that owns a token; its halves may be signed or unsigned. */
  readonly find: (high: number, low: number) => number;
  /** Distinct owners from the point at `position` onwards, into `into` until it is full; gives how many. */
  readonly successors: (position: number, into: Int32Array) => number;
  /** Exact share of the ring per member. */
  readonly shares: (members: number) => Float64Array;
  /** Per point what it owns: from the token after the point before, to its own; 16 hexadecimal digits. */
  readonly ranges: () => readonly OwnedRange[];
  readonly memory: () => number;
}

/** Above this many points in one bucket (tokens that a user chose) a look-up halves instead of walking. */
const WALK_MAX = 8;

/**
 * Builds the ring. Owners come as ranks and leave as `indices[rank]`. Where two points have one token, the lower rank
 * owns it, so that the order of members does not matter.
 */
export function tokenRing(tokenHighs: Uint32Array, tokenLows: Uint32Array, ranks: Int32Array, indices: Int32Array): TokenRing {
  const size = ranks.length;
  const bits = Math.min(24, Math.max(1, 32 - Math.clz32(size - 1)));
  const shift = 32 - bits;
  const starts = new Uint32Array((1 << bits) + 1);
  for (let i = 0; i < size; i += 1) count(starts, ((tokenHighs[i] as number) >>> shift) + 1);
  for (let bucket = 1; bucket < starts.length; bucket += 1) {
    starts[bucket] = (starts[bucket] as number) + (starts[bucket - 1] as number);
  }
  const fill = starts.slice();
  const highs = new Uint32Array(size);
  const lows = new Uint32Array(size);
  const owners = new Int32Array(size);
  for (let i = 0; i < size; i += 1) {
    const at = count(fill, (tokenHighs[i] as number) >>> shift);
    highs[at] = tokenHighs[i] as number;
    lows[at] = tokenLows[i] as number;
    owners[at] = ranks[i] as number;
  }
  for (let bucket = 0; bucket + 1 < starts.length; bucket += 1) {
    sortRun(highs, lows, owners, starts[bucket] as number, starts[bucket + 1] as number);
  }
  for (let i = 0; i < size; i += 1) owners[i] = indices[owners[i] as number] as number;

  const find = (tokenHigh: number, tokenLow: number): number => {
    const high = tokenHigh >>> 0;
    const low = tokenLow >>> 0;
    const bucket = high >>> shift;
    let at = starts[bucket] as number;
    let end = starts[bucket + 1] as number;
    while (end - at > WALK_MAX) {
      const middle = (at + end) >>> 1;
      const there = highs[middle] as number;
      if (there < high || (there === high && (lows[middle] as number) < low)) at = middle + 1;
      else end = middle;
    }
    while (at < end) {
      const there = highs[at] as number;
      if (there > high || (there === high && (lows[at] as number) >= low)) return at;
      at += 1;
    }
    // Past the bucket: the next point of all starts the next filled bucket, or the ring wraps.
    return at === size ? 0 : at;
  };
  return {
    size,
    highs,
    lows,
    owners,
    find,
    successors: (position, into) => {
      let found = 0;
      for (let step = 0, at = position; step < size && found < into.length; step += 1) {
        const owner = owners[at] as number;
        let known = 0;
        while (known < found && into[known] !== owner) known += 1;
        if (known === found) {
          into[found] = owner;
          found += 1;
        }
        at = at + 1 === size ? 0 : at + 1;
      }
      return found;
    },
    shares: (members) => {
      const shares = new Float64Array(members);
      for (let at = 0; at < size; at += 1) {
        const before = at === 0 ? size - 1 : at - 1;
        const high = (highs[at] as number) - (highs[before] as number);
        const low = (lows[at] as number) - (lows[before] as number);
        let arc = high / 4_294_967_296 + low / 18_446_744_073_709_551_616;
        if (at === 0) arc += 1;
        shares[owners[at] as number] = (shares[owners[at] as number] as number) + arc;
      }
      return shares;
    },
    ranges: () =>
      Array.from(owners, (owner, at) => {
        const before = at === 0 ? size - 1 : at - 1;
        const low = ((lows[before] as number) + 1) >>> 0;
        const high = ((highs[before] as number) + (low === 0 ? 1 : 0)) >>> 0;
        return { owner, from: hex64(high, low), to: hex64(highs[at] as number, lows[at] as number) };
      }),
    memory: () => starts.byteLength + highs.byteLength + lows.byteLength + owners.byteLength,
  };
}

/** Adds one to a counter and gives its value before. */
function count(counters: Uint32Array, at: number): number {
  const value = counters[at] as number;
  counters[at] = value + 1;
  return value;
}

/** Sorts [from, end) by token, then rank: by insertion when short, by a sorted permutation when a user's tokens crowd. */
function sortRun(highs: Uint32Array, lows: Uint32Array, ranks: Int32Array, from: number, end: number): void {
  if (end - from > 32) {
    const order = Array.from({ length: end - from }, (_, i) => from + i);
    order.sort(
      (a, b) =>
        (highs[a] as number) - (highs[b] as number) ||
        (lows[a] as number) - (lows[b] as number) ||
        (ranks[a] as number) - (ranks[b] as number),
    );
    const sortedHighs = order.map((i) => highs[i] as number);
    const sortedLows = order.map((i) => lows[i] as number);
    const sortedRanks = order.map((i) => ranks[i] as number);
    highs.set(sortedHighs, from);
    lows.set(sortedLows, from);
    ranks.set(sortedRanks, from);
    return;
  }
  for (let i = from + 1; i < end; i += 1) {
    const high = highs[i] as number;
    const low = lows[i] as number;
    const rank = ranks[i] as number;
    let at = i;
    for (; at > from; at -= 1) {
      const h = highs[at - 1] as number;
      const l = lows[at - 1] as number;
      if (h < high || (h === high && (l < low || (l === low && (ranks[at - 1] as number) <= rank)))) break;
      highs[at] = h;
      lows[at] = l;
      ranks[at] = ranks[at - 1] as number;
    }
    highs[at] = high;
    lows[at] = low;
    ranks[at] = rank;
  }
}
