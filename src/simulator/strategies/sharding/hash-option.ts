/** The hash function as an option: systems with one and the same scheme differ in it. Names are those of modules/sharding. */
import { z } from "zod";
import { crc16, fnv1a32, fnv1a64, keyHash } from "../../../modules/sharding/hash.ts";
import { md5 } from "../../../modules/sharding/md5.ts";
import { finish32, murmur128, murmur32 } from "../../../modules/sharding/murmur.ts";
import { xxhash64 } from "../../../modules/sharding/xxhash.ts";

export const HASHES = ["keyHash", "murmur32", "murmur128", "xxhash64", "fnv1a32", "fnv1a64", "crc16", "md5"] as const;
export type HashName = (typeof HASHES)[number];

export const hashOption = z
  .enum(HASHES)
  .default("keyHash")
  .describe("Hash function of keys; keyHash (64 bits of Murmur3) unless a real system is to be met.");

/** Hashes of 64 bits and more that a remainder should be taken of at their low end: FNV's high half is poor for short keys. */
export const hasLowEnd = (name: HashName): boolean => ["murmur128", "xxhash64", "fnv1a64", "md5"].includes(name);

/** Writes a key's hash as two 32-bit halves, high first. `into` has four places. */
export type Digest = (bytes: Uint8Array, length: number, into: Uint32Array) => void;

/**
 * The hash of this name. Hashes of 32 bits and fewer fill the low half with a mix of the high one: schemes look at 64 bits,
 * and their entropy stays what it was (crc16 knows 65,536 keys, whatever the scheme).
 */
export function hashByName(name: HashName): Digest {
  switch (name) {
    case "keyHash":
      return keyHash;
    case "murmur128":
      return (bytes, length, into) => murmur128(bytes, length, 0, "standard", into);
    case "xxhash64":
      return (bytes, length, into) => xxhash64(bytes, length, 0, into);
    case "fnv1a64":
      return fnv1a64;
    case "md5":
      return md5;
    case "murmur32":
      return widened((bytes, length) => murmur32(bytes, length, 0));
    case "fnv1a32":
      return widened(fnv1a32);
    case "crc16":
      // Its 16 bits at the top, where rings look first, and at the bottom, where a remainder does.
      return widened((bytes, length) => crc16(bytes, 0, length) * 65_537);
  }
}

const widened =
  (hash: (bytes: Uint8Array, length: number) => number): Digest =>
  (bytes, length, into) => {
    const word = hash(bytes, length);
    into[0] = word;
    into[1] = finish32(word + 0x9e3779b9);
  };
