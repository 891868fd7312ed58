import { createCipheriv, createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { desZeroKey } from "../../../src/modules/sharding/des.ts";
import { crc16, crc16Tagged, encodeKey, fnv1a32, fnv1a64, keyHash, textHash, textKey } from "../../../src/modules/sharding/hash.ts";
import { md5, md5Hex } from "../../../src/modules/sharding/md5.ts";
import { murmur128, murmur128x86, murmur32 } from "../../../src/modules/sharding/murmur.ts";
import { addHigh, hex64, multiplyHigh, multiplyHigh32 } from "../../../src/modules/sharding/word64.ts";
import { xxhash64 } from "../../../src/modules/sharding/xxhash.ts";
import { bytesOf, published } from "./data.ts";

const vectors = published<{
  smhasher: Record<"murmur32" | "murmur128x86" | "murmur128" | "xxhash64", string>;
  fnv1a32: Record<string, string>;
  fnv1a64: Record<string, string>;
  md5: Record<string, string>;
}>("routing-vectors", "hash-functions");

type Digest = (key: Uint8Array, length: number, seed: number) => Uint8Array;
const littleEndian = (...words: number[]): Uint8Array => new Uint8Array(Uint32Array.from(words).buffer);

/** SMHasher's verification value: every length from 0 to 255, every seed from 256 down, folded into 32 bits. */
function verificationValue(digest: Digest): string {
  const key = Uint8Array.from({ length: 256 }, (_, i) => i);
  const all = Array.from(key, (i) => [...digest(key, i, 256 - i)]).flat();
  const last = digest(Uint8Array.from(all), all.length, 0);
  return hex64(0, new DataView(last.buffer).getUint32(0, true)).slice(8);
}

describe("hash functions", () => {
  const w = new Uint32Array(4);
  const digests: Record<keyof typeof vectors.smhasher, Digest> = {
    murmur32: (key, length, seed) => littleEndian(murmur32(key, length, seed)),
    murmur128x86: (key, length, seed) => {
      murmur128x86(key, length, seed, w);
      return littleEndian(...w);
    },
    murmur128: (key, length, seed) => {
      murmur128(key, length, seed, "standard", w);
      return littleEndian(w[1] as number, w[0] as number, w[3] as number, w[2] as number);
    },
    xxhash64: (key, length, seed) => {
      xxhash64(key, length, seed, w);
      return littleEndian(w[1] as number, w[0] as number);
    },
  };
  for (const [name, digest] of Object.entries(digests)) {
    it(`${name} has SMHasher's verification value`, () => {
      expect(verificationValue(digest)).toBe(vectors.smhasher[name as keyof typeof digests]);
    });
  }
  it("and the verification value notices one wrong bit in a long key", () => {
    const wrong: Digest = (key, length, seed) => littleEndian(murmur32(key, length, seed) ^ (length === 200 ? 1 : 0));
    expect(verificationValue(wrong)).not.toBe(vectors.smhasher.murmur32);
  });

  it("FNV-1a has Noll's published values", () => {
    for (const [text, hash] of Object.entries(vectors.fnv1a32)) expect(hex64(0, fnv1a32(bytesOf(text), text.length)).slice(8)).toBe(hash);
    for (const [text, hash] of Object.entries(vectors.fnv1a64)) {
      fnv1a64(bytesOf(text), text.length, w);
      expect(hex64(w[0] as number, w[1] as number)).toBe(hash);
    }
  });

  it("MD5 has the values of RFC 1321", () => {
    for (const [text, hash] of Object.entries(vectors.md5)) {
      md5(bytesOf(text), text.length, w);
      expect(md5Hex(w)).toBe(hash);
    }
  });

  it("MD5 agrees with OpenSSL on bytes of any length", () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        md5(bytes, bytes.length, w);
        expect(md5Hex(w)).toBe(createHash("md5").update(bytes).digest("hex"));
      }),
    ));

  it("DES with the zero key agrees with OpenSSL, and undoes itself", () =>
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), (high, low) => {
        const cipher = createCipheriv("des-ede", Buffer.alloc(16), Buffer.alloc(0)).setAutoPadding(false);
        const block = Buffer.alloc(8);
        block.writeUInt32BE(high, 0);
        block.writeUInt32BE(low, 4);
        desZeroKey(high, low, w);
        expect(hex64(w[0] as number, w[1] as number)).toBe(cipher.update(block).toString("hex"));
        desZeroKey(w[0] as number, w[1] as number, w);
        expect([w[0], w[1]]).toEqual([high, low]);
      }),
    ));

  it("64-bit sums and products in halves are those of BigInt", () =>
    fc.assert(
      fc.property(fc.bigInt(0n, (1n << 64n) - 1n), fc.bigInt(0n, (1n << 64n) - 1n), (a, b) => {
        const half = (x: bigint): [number, number] => [Number((x >> 32n) & 0xffffffffn), Number(x & 0xffffffffn)];
        const [ah, al] = half(a);
        const [bh, bl] = half(b);
        expect(multiplyHigh(ah, al, bh, bl) >>> 0).toBe(half((a * b) & ((1n << 64n) - 1n))[0]);
        expect(multiplyHigh32(al, bl) >>> 0).toBe(half(BigInt(al) * BigInt(bl))[0]);
        expect(addHigh(ah, al, bh, bl) >>> 0).toBe(half((a + b) & ((1n << 64n) - 1n))[0]);
      }),
    ));

  it("encodes text as TextEncoder does, lone surrogates too", () =>
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 12 }).chain((text) => fc.constantFrom(text, `${text}\ud800`, `\udc00${text}`)),
        (text) => {
          expect(textKey(text)).toEqual(bytesOf(text));
          const room = new Uint8Array(3 * text.length);
          expect(encodeKey(text, room)).toBe(bytesOf(text).length);
        },
      ),
    ));

  it("hashes a text as its bytes, ASCII or not, of any length", () => {
    const hashText = textHash();
    const unit = fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom("a", "Z", "0", "~", "\u0000") },
      { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 1 }) },
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 70 }), (text) => {
        const one = new Uint32Array(2);
        const other = new Uint32Array(2);
        hashText(text, one);
        keyHash(bytesOf(text), bytesOf(text).length, other);
        expect(one).toEqual(other);
      }),
    );
  });

  it("hashes only the bytes up to the length given", () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }), (key, rest) => {
        const longer = Uint8Array.from([...key, ...rest]);
        const one = new Uint32Array(4);
        const other = new Uint32Array(4);
        keyHash(key, key.length, one);
        keyHash(longer, key.length, other);
        expect(other).toEqual(one);
        murmur128(key, key.length, 7, "signed", one);
        murmur128(longer, key.length, 7, "signed", other);
        expect(other).toEqual(one);
        xxhash64(key, key.length, 7, one);
        xxhash64(longer, key.length, 7, other);
        expect(other).toEqual(one);
        md5(key, key.length, one);
        md5(longer, key.length, other);
        expect(other).toEqual(one);
        expect(crc16Tagged(longer, key.length)).toBe(crc16Tagged(key, key.length));
        expect(crc16(longer, 0, key.length)).toBe(crc16(key, 0, key.length));
        expect(fnv1a32(longer, key.length)).toBe(fnv1a32(key, key.length));
      }),
    ));
});
