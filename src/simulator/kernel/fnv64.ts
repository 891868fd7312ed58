/**
 * YCSB's fnvhash64 (core/src/main/java/site/ycsb/Utils.java): FNV-1a over the eight octets of a 64-bit number, least
 * significant first, then the absolute value of the result read as signed. In two words of 32 bits, without BigInt.
 */
import { assert } from "../../base/assert.ts";

const BASIS_HIGH = 0xcbf2_9ce4;
const BASIS_LOW = 0x8422_2325;
/** The prime 1099511628211 is 2^40 + this. */
const PRIME_LOW = 0x1b3;
const TWO_32 = 4_294_967_296;
const MODULUS_MOST = 137_438_953_472;

// The two words of the last hash: written and read within one call from outside.
const result = new Uint32Array(2);

/** fnvhash64(value) mod modulus. Needs a whole value from 0 to 2^53 and 1 <= modulus <= 2^37. */
export function fnvHash64Modulo(value: number, modulus: number): number {
  assert(modulus >= 1 && modulus <= MODULUS_MOST, `fnvhash64 modulo ${modulus}`);
  hash(value);
  let rest = result[0]! % modulus;
  rest = (rest * 65_536 + (result[1]! >>> 16)) % modulus;
  return (rest * 65_536 + (result[1]! & 0xffff)) % modulus;
}

/** fnvhash64(value) in decimal digits, as in YCSB's key names ("user" + it). Not fast. */
export function fnvHash64Text(value: number): string {
  hash(value);
  return (BigInt(result[0]!) * BigInt(TWO_32) + BigInt(result[1]!)).toString();
}

function hash(value: number): void {
  let high = BASIS_HIGH;
  let low = BASIS_LOW;
  let word = value >>> 0;
  for (let octet = 0; octet < 8; octet += 1) {
    if (octet === 4) word = Math.floor(value / TWO_32);
    low = (low ^ (word & 0xff)) >>> 0;
    word >>>= 8;
    // × 2^40 moves the low word by 8 bits into the high one; × 0x1b3 is at most 2^41, exact in a double.
    const product = low * PRIME_LOW;
    high = (Math.imul(high, PRIME_LOW) + Math.floor(product / TWO_32) + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  if (high >= 0x8000_0000) {
    low = ~low + 1;
    high = ~high + (low === 0 ? 1 : 0);
  }
  result[0] = high;
  result[1] = low;
}
