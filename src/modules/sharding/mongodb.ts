/**
 * MongoDB's hashed shard keys: MD5 over a seed, the value's canonical type and its payload, the first 8 bytes read as a
 * little-endian signed 64-bit number (src/mongo/db/hasher.cpp); shards own even parts of that space at first.
 */
import { evenRanges } from "./hash-ranges.ts";
import { md5 } from "./md5.ts";
import { roster } from "./members.ts";
import type { Made, Member, Sharding } from "./sharding.ts";

/** Canonical BSON types: what distinguishes values that would look alike as bytes. */
export const CANONICAL_TYPE = {
  minKey: -1,
  number: 10,
  string: 15,
  objectId: 35,
  boolean: 40,
  date: 45,
  maxKey: 127,
} as const;

export interface BsonHash {
  /** Hash of a payload of the given canonical type: `into[0]` high half, `into[1]` low half of the signed number. */
  readonly ofPayload: (type: number, payload: Uint8Array, length: number, into: Uint32Array) => void;
  /** Hash of a string given as its UTF-8 bytes. */
  readonly ofString: (text: Uint8Array, length: number, into: Uint32Array) => void;
  /** Hash of any number: cut to a whole one, NaN to 0, doubles beyond 64 bits to the nearest end. Allocates a BigInt. */
  readonly ofNumber: (value: number | bigint, into: Uint32Array) => void;
}

/** Hash functions with a buffer of their own, which grows with the longest value. */
export function bsonHash(): BsonHash {
  let message = new Uint8Array(64);
  const digest = new Uint32Array(4);
  const begin = (type: number, length: number): void => {
    if (message.length < length + 16) message = new Uint8Array(2 * length + 16);
    writeWord(message, 0, 0);
    writeWord(message, 4, type);
  };
  const finish = (length: number, into: Uint32Array): void => {
    md5(message, length, digest);
    into[0] = digest[1] as number;
    into[1] = digest[0] as number;
  };
  return {
    ofPayload: (type, payload, length, into) => {
      begin(type, length);
      for (let at = 0; at < length; at += 1) message[8 + at] = payload[at] as number;
      finish(8 + length, into);
    },
    ofString: (text, length, into) => {
      begin(CANONICAL_TYPE.string, length + 5);
      writeWord(message, 8, length + 1);
      for (let at = 0; at < length; at += 1) message[12 + at] = text[at] as number;
      message[12 + length] = 0;
      finish(13 + length, into);
    },
    ofNumber: (value, into) => {
      begin(CANONICAL_TYPE.number, 8);
      const whole = BigInt.asUintN(64, wholeNumber(value));
      writeWord(message, 8, Number(whole & 0xffffffffn));
      writeWord(message, 12, Number(whole >> 32n));
      finish(16, into);
    },
  };
}

/** Makes the scheme: keys are strings (UTF-8), hashed; members own even parts in order of names. Equal weights only. */
export function mongodb(members: readonly Member[]): Made<Sharding> {
  const checked = roster("mongodb", members, "equal");
  if (!checked.ok) return checked;
  const owned = evenRanges(checked.indices);
  const hash = bsonHash();
  const halves = new Uint32Array(2);
  return {
    ok: true,
    value: {
      scheme: "mongodb",
      members: checked.given,
      ownerOf: (key, length = key.length) => {
        hash.ofString(key, length, halves);
        // Signed order as unsigned order: the sign bit turned round.
        return owned.ownerOf((halves[0] as number) ^ 0x80000000, (halves[1] as number) | 0);
      },
      ranges: owned.ranges,
      shares: () => owned.shares(checked.given.length),
      memory: owned.memory,
    },
  };
}

const INT64_MAX = 9_223_372_036_854_775_807n;

function wholeNumber(value: number | bigint): bigint {
  if (typeof value === "bigint") return value;
  if (Number.isNaN(value)) return 0n;
  if (value >= 9_223_372_036_854_775_808) return INT64_MAX;
  if (value <= -9_223_372_036_854_775_808) return -INT64_MAX - 1n;
  return BigInt(Math.trunc(value));
}

function writeWord(into: Uint8Array, at: number, word: number): void {
  for (let i = 0; i < 4; i += 1) into[at + i] = word >>> (8 * i);
}
