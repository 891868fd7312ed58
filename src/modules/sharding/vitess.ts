/**
 * Vitess: a vindex turns a column's value into a keyspace id of 8 bytes, and a shard owns a range of those, written in hex
 * as "-80" or "80-c0" (vitess.io, "Key Ranges and Partitions"; go/vt/vtgate/vindexes).
 */
import { desZeroKey } from "./des.ts";
import { keyHash } from "./hash.ts";
import { evenRanges, hashRanges } from "./hash-ranges.ts";
import type { HashRanges } from "./hash-ranges.ts";
import { bigEndianWord, md5 } from "./md5.ts";
import { roster } from "./members.ts";
import type { Roster } from "./members.ts";
import { refuse } from "./sharding.ts";
import type { Made, Member, Sharding } from "./sharding.ts";
import { xxhash64 } from "./xxhash.ts";

/**
 * - `hash`: DES with a zero key of the value as an unsigned 64-bit number, given as up to 8 bytes, most significant first.
 *   (Vitess takes numbers only; longer keys go through `keyHash` first, so that every key has an owner.)
 * - `xxhash`: XXH64 of the value's text (a number's decimal digits), its digest written least significant byte first.
 * - `binary_md5`: MD5 of the bytes. `reverse_bits`: the number's bits in reverse order, with the limits of `hash`.
 */
export type Vindex = "hash" | "xxhash" | "binary_md5" | "reverse_bits";

export interface VitessOptions {
  readonly vindex: Vindex;
}

/** The first 8 bytes of the keyspace id (all there is, but for binary_md5's 16) as two halves. `into` has four places. */
export function keyspaceId(vindex: Vindex, key: Uint8Array, length: number, into: Uint32Array): void {
  switch (vindex) {
    case "hash":
      readNumber(key, length, into);
      desZeroKey((into[0] as number) | 0, (into[1] as number) | 0, into);
      return;
    case "reverse_bits": {
      readNumber(key, length, into);
      const high = into[0] as number;
      into[0] = reverseBits(into[1] as number);
      into[1] = reverseBits(high);
      return;
    }
    case "xxhash": {
      xxhash64(key, length, 0, into);
      const high = into[0] as number;
      into[0] = reverseBytes(into[1] as number);
      into[1] = reverseBytes(high);
      return;
    }
    case "binary_md5":
      md5(key, length, into);
      for (let word = 0; word < 4; word += 1) into[word] = bigEndianWord(into, word);
  }
}

/**
 * Makes the scheme. If members are called like key ranges they own those, and must cover all of the space once; else they
 * own even parts of it, in order of names. Unequal weights are refused.
 */
export function vitess(members: readonly Member[], options: VitessOptions): Made<Sharding> {
  const checked = roster("vitess", members, "equal");
  if (!checked.ok) return checked;
  const owned =
    checked.given.every((name) => RANGE_NAME.test(name)) && checked.given.length > 1
      ? namedRanges(checked)
      : ({ ok: true, value: evenRanges(checked.indices) } as const);
  if (!owned.ok) return owned;
  const { vindex } = options;
  const id = new Uint32Array(4);
  return {
    ok: true,
    value: {
      scheme: "vitess",
      members: checked.given,
      ownerOf: (key, length = key.length) => {
        keyspaceId(vindex, key, length, id);
        return owned.value.ownerOf((id[0] as number) | 0, (id[1] as number) | 0);
      },
      ranges: owned.value.ranges,
      shares: () => owned.value.shares(checked.given.length),
      memory: owned.value.memory,
    },
  };
}

const RANGE_NAME = /^((?:[0-9a-f]{2}){0,8})-((?:[0-9a-f]{2}){0,8})$/;

function namedRanges(checked: Roster): Made<HashRanges> {
  const parts = checked.given.map((name, index) => {
    const [, from = "", to = ""] = RANGE_NAME.exec(name) ?? [];
    return { name, index, from: from.padEnd(16, "0"), to: to === "" ? "end" : to.padEnd(16, "0") };
  });
  // Hex of one length sorts as the numbers do.
  parts.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  let expected = "0".repeat(16);
  for (const part of parts) {
    if (part.from !== expected) {
      return refuse(`key ranges leave a gap or overlap before "${part.name}"`, "let each begin where the one before ends");
    }
    expected = part.to;
  }
  if (expected !== "end") return refuse("key ranges do not reach the end", 'let the last one end open, such as "80-"');
  return {
    ok: true,
    value: hashRanges(
      Uint32Array.from(parts, (part) => Number.parseInt(part.from.slice(0, 8), 16)),
      Uint32Array.from(parts, (part) => Number.parseInt(part.from.slice(8), 16)),
      Int32Array.from(parts, (part) => part.index),
    ),
  };
}

function readNumber(key: Uint8Array, length: number, into: Uint32Array): void {
  if (length > 8) {
    keyHash(key, length, into);
    return;
  }
  let high = 0;
  let low = 0;
  for (let at = 0; at < length; at += 1) {
    high = (high << 8) | (low >>> 24);
    low = (low << 8) | (key[at] as number);
  }
  into[0] = high;
  into[1] = low;
}

function reverseBytes(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}

function reverseBits(word: number): number {
  let w = reverseBytes(word);
  w = ((w >>> 4) & 0x0f0f0f0f) | ((w & 0x0f0f0f0f) << 4);
  w = ((w >>> 2) & 0x33333333) | ((w & 0x33333333) << 2);
  return (((w >>> 1) & 0x55555555) | ((w & 0x55555555) << 1)) >>> 0;
}
