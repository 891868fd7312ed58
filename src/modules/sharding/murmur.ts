/**
 * MurmurHash3 by Austin Appleby (public domain, 2011, github.com/aappleby/smhasher): the three published functions, and
 * Cassandra's variant of the 64-bit one. None allocates; results go into the caller's array or are returned.
 */
import { addHigh, multiplyHigh, read32, rotate } from "./word64.ts";

/** MurmurHash3_x86_32 of the first `length` bytes, unsigned. */
export function murmur32(bytes: Uint8Array, length: number, seed: number): number {
  const blocksEnd = length & ~3;
  let h = seed | 0;
  for (let at = 0; at < blocksEnd; at += 4) {
    h ^= scramble(read32(bytes, at), 0xcc9e2d51, 15, 0x1b873593);
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  if (blocksEnd < length) h ^= scramble(readUpTo4(bytes, blocksEnd, length), 0xcc9e2d51, 15, 0x1b873593);
  return finish32(h ^ length) >>> 0;
}

/**
 * MurmurHash3_x86_128 of the first `length` bytes: the four 32-bit words h1 to h4 in order, as many as `into` holds.
 * The quickest of the family here, as it needs 32-bit products only; `keyHash` is its first two words.
 */
export function murmur128x86(bytes: Uint8Array, length: number, seed: number, into: Uint32Array): void {
  const blocksEnd = length & ~15;
  begin(seed);
  for (let at = 0; at < blocksEnd; at += 16) {
    mixBlock(read32(bytes, at), read32(bytes, at + 4), read32(bytes, at + 8), read32(bytes, at + 12));
  }
  finishBlocks(
    readUpTo4(bytes, blocksEnd, length),
    readUpTo4(bytes, blocksEnd + 4, length),
    readUpTo4(bytes, blocksEnd + 8, length),
    readUpTo4(bytes, blocksEnd + 12, length),
    length,
    into,
  );
}

/**
 * The same of a text's UTF-8 bytes, without writing them anywhere, if all its characters are ASCII. False if one is not:
 * then `into` is as it was, and the text has to be encoded first.
 */
export function murmur128x86Ascii(text: string, seed: number, into: Uint32Array): boolean {
  const { length } = text;
  const blocksEnd = length & ~15;
  begin(seed);
  for (let at = 0; at < blocksEnd; at += 16) {
    mixBlock(textUpTo4(text, at), textUpTo4(text, at + 4), textUpTo4(text, at + 8), textUpTo4(text, at + 12));
  }
  const k1 = textUpTo4(text, blocksEnd);
  const k2 = textUpTo4(text, blocksEnd + 4);
  const k3 = textUpTo4(text, blocksEnd + 8);
  const k4 = textUpTo4(text, blocksEnd + 12);
  if ((STATE[4] as number) > 0x7f) return false;
  finishBlocks(k1, k2, k3, k4, length, into);
  return true;
}

/**
 * h1 to h4 of a call in progress, and all characters of its text or-ed together; written before they are read, so calls
 * share nothing.
 */
const STATE = new Int32Array(5);

function begin(seed: number): void {
  STATE[0] = seed;
  STATE[1] = seed;
  STATE[2] = seed;
  STATE[3] = seed;
  STATE[4] = 0;
}

function mixBlock(k1: number, k2: number, k3: number, k4: number): void {
  let h1 = STATE[0] as number;
  let h2 = STATE[1] as number;
  let h3 = STATE[2] as number;
  let h4 = STATE[3] as number;
  h1 ^= scramble(k1, C1, 15, C2);
  h1 = (Math.imul((((h1 << 19) | (h1 >>> 13)) + h2) | 0, 5) + 0x561ccd1b) | 0;
  h2 ^= scramble(k2, C2, 16, C3);
  h2 = (Math.imul((((h2 << 17) | (h2 >>> 15)) + h3) | 0, 5) + 0x0bcaa747) | 0;
  h3 ^= scramble(k3, C3, 17, C4);
  h3 = (Math.imul((((h3 << 15) | (h3 >>> 17)) + h4) | 0, 5) + 0x96cd1c35) | 0;
  h4 ^= scramble(k4, C4, 18, C1);
  h4 = (Math.imul((((h4 << 13) | (h4 >>> 19)) + h1) | 0, 5) + 0x32ac3b17) | 0;
  STATE[0] = h1;
  STATE[1] = h2;
  STATE[2] = h3;
  STATE[3] = h4;
}

/** The rest, zero-filled (an absent word changes nothing: 0 scrambles to 0), the length, and the finaliser. */
function finishBlocks(k1: number, k2: number, k3: number, k4: number, length: number, into: Uint32Array): void {
  let h1 = (STATE[0] as number) ^ scramble(k1, C1, 15, C2) ^ length;
  let h2 = (STATE[1] as number) ^ scramble(k2, C2, 16, C3) ^ length;
  let h3 = (STATE[2] as number) ^ scramble(k3, C3, 17, C4) ^ length;
  let h4 = (STATE[3] as number) ^ scramble(k4, C4, 18, C1) ^ length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = finish32((h2 + h1) | 0);
  h3 = finish32((h3 + h1) | 0);
  h4 = finish32((h4 + h1) | 0);
  h1 = (finish32(h1) + h2 + h3 + h4) | 0;
  // Typed arrays ignore writes past their end: a caller who wants 64 bits hands in two places.
  into[0] = h1;
  into[1] = h2 + h1;
  if (into.length <= 2) return;
  into[2] = h3 + h1;
  into[3] = h4 + h1;
}

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

/**
 * MurmurHash3_x64_128 of the first `length` bytes with a 32-bit seed. Words into `into`: h1 high, h1 low, h2 high, h2 low,
 * as many as it holds. `tail: "signed"` is Cassandra's: its Java code sign-extends the bytes after the last full block of
 * 16, so keys with a byte above 0x7f there get another hash than the standard one.
 */
export function murmur128(bytes: Uint8Array, length: number, seed: number, tail: "standard" | "signed", into: Uint32Array): void {
  const blocksEnd = length & ~15;
  let h1h = 0;
  let h1l = seed | 0;
  let h2h = 0;
  let h2l = seed | 0;
  for (let at = 0; at < blocksEnd; at += 16) {
    const k1l = read32(bytes, at);
    const k1h = read32(bytes, at + 4);
    const k2l = read32(bytes, at + 8);
    const k2h = read32(bytes, at + 12);
    h1h ^= scramble1High(k1h, k1l);
    h1l ^= scramble1Low(k1h, k1l);
    let h = rotate(h1h, h1l, 27);
    let l = rotate(h1l, h1h, 27);
    h = addHigh(h, l, h2h, h2l);
    l = (l + h2l) | 0;
    h = multiplyHigh(h, l, 0, 5);
    l = Math.imul(l, 5);
    h1h = addHigh(h, l, 0, 0x52dce729);
    h1l = (l + 0x52dce729) | 0;
    h2h ^= scramble2High(k2h, k2l);
    h2l ^= scramble2Low(k2h, k2l);
    h = rotate(h2h, h2l, 31);
    l = rotate(h2l, h2h, 31);
    h = addHigh(h, l, h1h, h1l);
    l = (l + h1l) | 0;
    h = multiplyHigh(h, l, 0, 5);
    l = Math.imul(l, 5);
    h2h = addHigh(h, l, 0, 0x38495ab5);
    h2l = (l + 0x38495ab5) | 0;
  }
  const signed = tail === "signed";
  if (length > blocksEnd + 8) {
    const k2h = tailHigh(bytes, blocksEnd + 8, length, signed);
    const k2l = tailLow(bytes, blocksEnd + 8, length, signed);
    h2h ^= scramble2High(k2h, k2l);
    h2l ^= scramble2Low(k2h, k2l);
  }
  if (length > blocksEnd) {
    const end = Math.min(length, blocksEnd + 8);
    const k1h = tailHigh(bytes, blocksEnd, end, signed);
    const k1l = tailLow(bytes, blocksEnd, end, signed);
    h1h ^= scramble1High(k1h, k1l);
    h1l ^= scramble1Low(k1h, k1l);
  }
  h1l ^= length;
  h2l ^= length;
  h1h = addHigh(h1h, h1l, h2h, h2l);
  h1l = (h1l + h2l) | 0;
  h2h = addHigh(h2h, h2l, h1h, h1l);
  h2l = (h2l + h1l) | 0;
  const f1h = finish64High(h1h, h1l);
  const f1l = finish64Low(h1h, h1l);
  const f2h = finish64High(h2h, h2l);
  const f2l = finish64Low(h2h, h2l);
  h1h = addHigh(f1h, f1l, f2h, f2l);
  h1l = (f1l + f2l) | 0;
  into[0] = h1h;
  into[1] = h1l;
  into[2] = addHigh(f2h, f2l, h1h, h1l);
  into[3] = f2l + h1l;
}

/** k · first, rotated, · second: how the 32-bit functions mix in one block. */
function scramble(k: number, first: number, by: number, second: number): number {
  const m = Math.imul(k, first);
  return Math.imul((m << by) | (m >>> (32 - by)), second);
}

/** The finaliser of the 32-bit functions; a bijection that makes every input bit reach every output bit. */
export function finish32(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Bytes from `at` up to `end`, four at most, little-endian, zero above. */
function readUpTo4(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 <= end) return read32(bytes, at);
  if (at >= end) return 0;
  let value = bytes[at] as number;
  if (at + 1 < end) value |= (bytes[at + 1] as number) << 8;
  if (at + 2 < end) value |= (bytes[at + 2] as number) << 16;
  return value;
}

/** The same of characters below 0x80; those above are only noted, in STATE[4]. */
function textUpTo4(text: string, at: number): number {
  const left = text.length - at;
  if (left <= 0) return 0;
  const a = text.charCodeAt(at);
  const b = left > 1 ? text.charCodeAt(at + 1) : 0;
  const c = left > 2 ? text.charCodeAt(at + 2) : 0;
  const d = left > 3 ? text.charCodeAt(at + 3) : 0;
  STATE[4] = (STATE[4] as number) | a | b | c | d;
  return a | (b << 8) | (c << 16) | (d << 24);
}

/** Bytes 0 to 3 of a 64-bit tail; see tailHigh. */
function tailLow(bytes: Uint8Array, from: number, end: number, signed: boolean): number {
  let low = 0;
  for (let i = 0; i < 4 && from + i < end; i += 1) low ^= tailByte(bytes, from + i, signed) << (8 * i);
  return low;
}

/** The high half: bytes 4 to 7, and what a negative byte below them extends into. Exclusive or, as Cassandra has it. */
function tailHigh(bytes: Uint8Array, from: number, end: number, signed: boolean): number {
  let high = 0;
  for (let i = 0; i < 8 && from + i < end; i += 1) {
    const byte = tailByte(bytes, from + i, signed);
    high ^= i >= 4 ? byte << (8 * i - 32) : i === 0 ? byte >> 31 : byte >> (32 - 8 * i);
  }
  return high;
}

function tailByte(bytes: Uint8Array, at: number, signed: boolean): number {
  const byte = bytes[at] as number;
  return signed ? (byte << 24) >> 24 : byte;
}

const K1H = 0x87c37b91;
const K1L = 0x114253d5;
const K2H = 0x4cf5ad43;
const K2L = 0x2745937f;

/** k1 · c1, rotated left by 31, · c2: high half, then low half. */
function scramble1High(h: number, l: number): number {
  const high = multiplyHigh(h, l, K1H, K1L);
  const low = Math.imul(l, K1L);
  return multiplyHigh(rotate(high, low, 31), rotate(low, high, 31), K2H, K2L);
}
function scramble1Low(h: number, l: number): number {
  return Math.imul(rotate(Math.imul(l, K1L), multiplyHigh(h, l, K1H, K1L), 31), K2L);
}

/** k2 · c2, rotated left by 33 (swap the halves, then 1), · c1: high half, then low half. */
function scramble2High(h: number, l: number): number {
  const high = multiplyHigh(h, l, K2H, K2L);
  const low = Math.imul(l, K2L);
  return multiplyHigh(rotate(low, high, 1), rotate(high, low, 1), K1H, K1L);
}
function scramble2Low(h: number, l: number): number {
  return Math.imul(rotate(multiplyHigh(h, l, K2H, K2L), Math.imul(l, K2L), 1), K1L);
}

/** The 64-bit finaliser: high half, then low half. A shift by 33 leaves only the high half, shifted by 1, in the low. */
function finish64High(h: number, l: number): number {
  const l1 = l ^ (h >>> 1);
  const h2 = multiplyHigh(h, l1, 0xff51afd7, 0xed558ccd);
  const l2 = Math.imul(l1, 0xed558ccd) ^ (h2 >>> 1);
  return multiplyHigh(h2, l2, 0xc4ceb9fe, 0x1a85ec53);
}
function finish64Low(h: number, l: number): number {
  const l1 = l ^ (h >>> 1);
  const h2 = multiplyHigh(h, l1, 0xff51afd7, 0xed558ccd);
  const l2 = Math.imul(l1, 0xed558ccd) ^ (h2 >>> 1);
  const h3 = multiplyHigh(h2, l2, 0xc4ceb9fe, 0x1a85ec53);
  return Math.imul(l2, 0x1a85ec53) ^ (h3 >>> 1);
}
