/**
 * Hashes of keys. `keyHash` is the house hash that every scheme uses unless it must agree with a real system; the others
 * are here because one does: CRC16 (Redis), FNV-1a, and in files of their own Murmur3, XXH64, MD5 and DES.
 * All take bytes, and allocate nothing.
 */
import { assert } from "../../base/assert.ts";
import { murmur128x86, murmur128x86Ascii } from "./murmur.ts";
import { multiplyHigh } from "./word64.ts";

/**
 * The house hash, 64 bits: the first two words of MurmurHash3_x86_128 with seed 0. `into[0]` is the high half, `into[1]`
 * the low. Uniform and quick; no protection against keys chosen by an adversary.
 */
export function keyHash(key: Uint8Array, length: number, into: Uint32Array): void {
  murmur128x86(key, length, 0, into);
}

/** `keyHash` of a text's UTF-8 bytes. Allocates nothing for ASCII texts, and for others only when one is the longest yet. */
export function textHash(): (text: string, into: Uint32Array) => void {
  let room = new Uint8Array(0);
  return (text, into) => {
    if (murmur128x86Ascii(text, 0, into)) return;
    if (room.length < 3 * text.length) room = new Uint8Array(6 * text.length);
    keyHash(room, encodeKey(text, room), into);
  };
}

/**
 * Writes `text` as UTF-8 into `into` and gives the number of bytes: how a string becomes a key without allocating.
 * Needs three bytes of room a UTF-16 unit. A lone surrogate becomes U+FFFD, as in TextEncoder.
 */
export function encodeKey(text: string, into: Uint8Array): number {
  let at = 0;
  for (let i = 0; i < text.length; i += 1) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      into[at] = code;
      at += 1;
      continue;
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      const next = text.charCodeAt(i + 1);
      if (code < 0xdc00 && next >= 0xdc00 && next <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (next - 0xdc00);
        i += 1;
      } else {
        code = 0xfffd;
      }
    }
    at = writeLong(code, into, at);
  }
  assert(at <= into.length, `a key of ${at} bytes does not fit the ${into.length} bytes given`);
  return at;
}

/** The UTF-8 bytes of `text`, in an array of their own. */
export function textKey(text: string): Uint8Array {
  const room = new Uint8Array(3 * text.length);
  return room.slice(0, encodeKey(text, room));
}

/**
 * CRC16 as Redis Cluster uses it: XMODEM, polynomial 0x1021, initial value 0, nothing reflected. Of the bytes from `from`
 * to `end`, the latter left out. Redis Cluster specification, appendix A.
 */
export function crc16(bytes: Uint8Array, from: number, end: number): number {
  let crc = 0;
  for (let at = from; at < end; at += 1) {
    crc = ((crc << 8) & 0xffff) ^ (CRC_TABLE[(crc >>> 8) ^ (bytes[at] as number)] as number);
  }
  return crc;
}

const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
});

/**
 * CRC16 of a key's hash tag, or of the whole key if it has none: of what lies between the first `{` and the first `}`
 * after it, unless that is empty. Keys with one tag share a slot. Redis Cluster specification, "Hash tags".
 */
export function crc16Tagged(key: Uint8Array, length: number): number {
  for (let open = 0; open < length; open += 1) {
    if (key[open] !== 0x7b) continue;
    for (let close = open + 1; close < length; close += 1) {
      if (key[close] === 0x7d) return close === open + 1 ? crc16(key, 0, length) : crc16(key, open + 1, close);
    }
    break;
  }
  return crc16(key, 0, length);
}

/** FNV-1a, 32 bits, unsigned. Fowler, Noll, Vo; offset basis and prime as in RFC 9923. */
export function fnv1a32(bytes: Uint8Array, length: number): number {
  let h = 0x811c9dc5;
  for (let at = 0; at < length; at += 1) h = Math.imul(h ^ (bytes[at] as number), 0x01000193);
  return h >>> 0;
}

/** FNV-1a, 64 bits: `into[0]` the high half, `into[1]` the low. Prime 2^40 + 0x1b3. */
export function fnv1a64(bytes: Uint8Array, length: number, into: Uint32Array): void {
  let high = 0xcbf29ce4 | 0;
  let low = 0x84222325 | 0;
  for (let at = 0; at < length; at += 1) {
    low ^= bytes[at] as number;
    high = multiplyHigh(high, low, 0x100, 0x1b3);
    low = Math.imul(low, 0x1b3);
  }
  into[0] = high;
  into[1] = low;
}

function writeLong(code: number, into: Uint8Array, start: number): number {
  let at = start;
  if (code < 0x800) {
    into[at] = 0xc0 | (code >> 6);
  } else {
    if (code < 0x10000) {
      into[at] = 0xe0 | (code >> 12);
    } else {
      into[at] = 0xf0 | (code >> 18);
      into[(at += 1)] = 0x80 | ((code >> 12) & 0x3f);
    }
    into[(at += 1)] = 0x80 | ((code >> 6) & 0x3f);
  }
  into[at + 1] = 0x80 | (code & 0x3f);
  return at + 2;
}
