/** Ranges of a 64-bit space, each from its start up to the next one's: what hashed shard keys are split into. */
import type { OwnedRange } from "./sharding.ts";
import { hex64 } from "./word64.ts";

export interface HashRanges {
  /** Index of the owner of a point. */
  readonly ownerOf: (high: number, low: number) => number;
  readonly shares: (members: number) => Float64Array;
  readonly ranges: () => readonly OwnedRange[];
  readonly memory: () => number;
}

/** Starts, rising, the first of them 0, as two halves; owners[i] owns from start i to the one after it. */
export function hashRanges(highs: Uint32Array, lows: Uint32Array, owners: Int32Array): HashRanges {
  const size = owners.length;
  return {
    ownerOf: (high, low) => {
      const h = high >>> 0;
      const l = low >>> 0;
      let from = 0;
      let end = size;
      while (end - from > 1) {
        const middle = (from + end) >>> 1;
        const there = highs[middle] as number;
        if (there < h || (there === h && (lows[middle] as number) <= l)) from = middle;
        else end = middle;
      }
      return owners[from] as number;
    },
    shares: (members) => {
      const shares = new Float64Array(members);
      for (let at = 0; at < size; at += 1) {
        const end = at + 1 < size ? fraction(highs[at + 1] as number, lows[at + 1] as number) : 1;
        const owner = owners[at] as number;
        shares[owner] = (shares[owner] as number) + end - fraction(highs[at] as number, lows[at] as number);
      }
      return shares;
    },
    ranges: () =>
      Array.from(owners, (owner, at) => ({
        owner,
        from: hex64(highs[at] as number, lows[at] as number),
        to: at + 1 < size ? before(highs[at + 1] as number, lows[at + 1] as number) : "ffffffffffffffff",
      })),
    memory: () => highs.byteLength + lows.byteLength + owners.byteLength,
  };
}

/** `owners.length` ranges of equal length, as near as whole points allow. */
export function evenRanges(owners: Int32Array): HashRanges {
  const count = owners.length;
  const highs = new Uint32Array(count);
  const lows = new Uint32Array(count);
  for (let at = 0; at < count; at += 1) {
    // floor(at · 2^64 / count) in two digits of 2^32; at < 2^20 keeps each step exact.
    const top = at * 4_294_967_296;
    highs[at] = Math.floor(top / count);
    lows[at] = Math.floor(((top % count) * 4_294_967_296) / count);
  }
  return hashRanges(highs, lows, owners);
}

function fraction(high: number, low: number): number {
  return high / 4_294_967_296 + low / 18_446_744_073_709_551_616;
}

function before(high: number, low: number): string {
  return hex64(low === 0 ? high - 1 : high, low - 1);
}
