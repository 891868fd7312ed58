/** XXH64 by Yann Collet (github.com/Cyan4973/xxHash, doc/xxhash_spec.md). Allocates nothing. */
import { addHigh, multiplyHigh, read32, rotate } from "./word64.ts";

const P1H = 0x9e3779b1;
const P1L = 0x85ebca87;
const P2H = 0xc2b2ae3d;
const P2L = 0x27d4eb4f;
const P3H = 0x165667b1;
const P3L = 0x9e3779f9;
const P4H = 0x85ebca77;
const P4L = 0xc2b2ae63;
const P5H = 0x27d4eb2f;
const P5L = 0x165667c5;

/** The four accumulators of a call in progress, high and low halves; written before they are read, so calls share nothing. */
const LANES = new Int32Array(8);

/** XXH64 of the first `length` bytes with a 32-bit seed: `into[0]` the high half, `into[1]` the low. */
export function xxhash64(bytes: Uint8Array, length: number, seed: number, into: Uint32Array): void {
  let high = 0;
  let low = 0;
  let at = 0;
  if (length >= 32) {
    at = length & ~31;
    fillLanes(bytes, at, seed);
    high = mergeLanesHigh();
    low = mergeLanesLow();
    for (let lane = 0; lane < 8; lane += 2) {
      const laneHigh = LANES[lane] as number;
      const laneLow = LANES[lane + 1] as number;
      high ^= roundHigh(0, 0, laneHigh, laneLow);
      low ^= roundLow(0, 0, laneHigh, laneLow);
      high = addHigh(multiplyHigh(high, low, P1H, P1L), Math.imul(low, P1L), P4H, P4L);
      low = (Math.imul(low, P1L) + P4L) | 0;
    }
  } else {
    high = addHigh(0, seed, P5H, P5L);
    low = (seed + P5L) | 0;
  }
  high = addHigh(high, low, 0, length);
  low = (low + length) | 0;
  for (; at + 8 <= length; at += 8) {
    const k = read32(bytes, at + 4);
    const l = read32(bytes, at);
    high ^= roundHigh(0, 0, k, l);
    low ^= roundLow(0, 0, k, l);
    const h27 = rotate(high, low, 27);
    const l27 = rotate(low, high, 27);
    high = addHigh(multiplyHigh(h27, l27, P1H, P1L), Math.imul(l27, P1L), P4H, P4L);
    low = (Math.imul(l27, P1L) + P4L) | 0;
  }
  if (at + 4 <= length) {
    const word = read32(bytes, at);
    high ^= multiplyHigh(0, word, P1H, P1L);
    low ^= Math.imul(word, P1L);
    const h23 = rotate(high, low, 23);
    const l23 = rotate(low, high, 23);
    high = addHigh(multiplyHigh(h23, l23, P2H, P2L), Math.imul(l23, P2L), P3H, P3L);
    low = (Math.imul(l23, P2L) + P3L) | 0;
    at += 4;
  }
  for (; at < length; at += 1) {
    const byte = bytes[at] as number;
    high ^= multiplyHigh(0, byte, P5H, P5L);
    low ^= Math.imul(byte, P5L);
    const h11 = rotate(high, low, 11);
    const l11 = rotate(low, high, 11);
    high = multiplyHigh(h11, l11, P1H, P1L);
    low = Math.imul(l11, P1L);
  }
  // Avalanche: shifts by 33, 29 and 32 between two products.
  low ^= high >>> 1;
  high = multiplyHigh(high, low, P2H, P2L);
  low = Math.imul(low, P2L);
  low ^= (low >>> 29) | (high << 3);
  high ^= high >>> 29;
  const last = multiplyHigh(high, low, P3H, P3L);
  into[0] = last;
  into[1] = Math.imul(low, P3L) ^ last;
}

/** Runs the four accumulators over all stripes of 32 bytes up to `end`. They are independent, so one after the other. */
function fillLanes(bytes: Uint8Array, end: number, seed: number): void {
  for (let lane = 0; lane < 4; lane += 1) {
    let high = 0;
    let low = seed | 0;
    if (lane === 0) {
      high = addHigh(addHigh(0, seed, P1H, P1L), (seed + P1L) | 0, P2H, P2L);
      low = (seed + P1L + P2L) | 0;
    } else if (lane === 1) {
      high = addHigh(0, seed, P2H, P2L);
      low = (seed + P2L) | 0;
    } else if (lane === 3) {
      high = addHigh(0, seed, ~P1H, -P1L);
      low = (seed - P1L) | 0;
    }
    for (let at = 8 * lane; at < end; at += 32) {
      const wordHigh = read32(bytes, at + 4);
      const wordLow = read32(bytes, at);
      const nextHigh = roundHigh(high, low, wordHigh, wordLow);
      low = roundLow(high, low, wordHigh, wordLow);
      high = nextHigh;
    }
    LANES[2 * lane] = high;
    LANES[2 * lane + 1] = low;
  }
}

/** rotl(v1, 1) + rotl(v2, 7) + rotl(v3, 12) + rotl(v4, 18). */
function mergeLanesHigh(): number {
  let high = 0;
  let low = 0;
  for (let lane = 0; lane < 4; lane += 1) {
    const h = LANES[2 * lane] as number;
    const l = LANES[2 * lane + 1] as number;
    const by = MERGE_BY[lane] as number;
    high = addHigh(high, low, rotate(h, l, by), rotate(l, h, by));
    low = (low + rotate(l, h, by)) | 0;
  }
  return high;
}
function mergeLanesLow(): number {
  let low = 0;
  for (let lane = 0; lane < 4; lane += 1) {
    low = (low + rotate(LANES[2 * lane + 1] as number, LANES[2 * lane] as number, MERGE_BY[lane] as number)) | 0;
  }
  return low;
}
const MERGE_BY = Int32Array.of(1, 7, 12, 18);

/** rotl(accumulator + word · P2, 31) · P1: high half, then low half. */
function roundHigh(accumulatorHigh: number, accumulatorLow: number, wordHigh: number, wordLow: number): number {
  const productLow = Math.imul(wordLow, P2L);
  const high = addHigh(accumulatorHigh, accumulatorLow, multiplyHigh(wordHigh, wordLow, P2H, P2L), productLow);
  const low = (accumulatorLow + productLow) | 0;
  return multiplyHigh(rotate(high, low, 31), rotate(low, high, 31), P1H, P1L);
}
function roundLow(accumulatorHigh: number, accumulatorLow: number, wordHigh: number, wordLow: number): number {
  const productLow = Math.imul(wordLow, P2L);
  const high = addHigh(accumulatorHigh, accumulatorLow, multiplyHigh(wordHigh, wordLow, P2H, P2L), productLow);
  const low = (accumulatorLow + productLow) | 0;
  return Math.imul(rotate(low, high, 31), P1L);
}
