/**
 * YCSB's fnvhash64 (core/src/main/java/site/ycsb/Utils.java): FNV-1a over the eight octets of a 64-bit number, least
 * significant first, then the absolute value of the result read as signed. In two words of 32 bits, without BigInt.
 */
import { assert } from "../../base/assert.ts";

const BASIS_HIGH = 0xcbf2_9ce4 | 0;
const BASIS_LOW = 0x8422_2325 | 0;
/** The prime 1099511628211 is 2^40 + this. */
const PRIME_LOW = 0x1b3;
const TWO_32 = 4_294_967_296;
const MODULUS_MOST = 68_719_476_736;

// The two words of the last hash: written and read within one call from outside.
const result = new Uint32Array(2);

/** fnvhash64(value) mod modulus. Needs a whole value from 0 to 2^53 and 1 <= modulus <= 2^36. */
export function fnvHash64Modulo(value: number, modulus: number): number {
  // The text of an assertion is made before it is judged: too dear here.
  if (!(modulus >= 1 && modulus <= MODULUS_MOST)) assert(false, `fnvhash64 modulo ${modulus}`);
  hash(value);
  let rest = remainder(result[0]!, modulus);
  rest = remainder(rest * 65_536 + (result[1]! >>> 16), modulus);
  return remainder(rest * 65_536 + (result[1]! & 0xffff), modulus);
}

/** x mod m for whole x from 0 to 2^53 - m: a division, much faster than `%` on doubles, whose rounding may be one off. */
function remainder(x: number, m: number): number {
  const rest = x - Math.floor(x / m) * m;
  return rest < 0 ? rest + m : rest >= m ? rest - m : rest;
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
    low ^= word & 0xff;
    word >>>= 8;
    // × 2^40 moves the low word by 8 bits into the high one; × 0x1b3 is done in halves of 16 bits, so that all stays in int32.
    const lower = (low & 0xffff) * PRIME_LOW;
    const upper = (low >>> 16) * PRIME_LOW + (lower >>> 16);
    high = (Math.imul(high, PRIME_LOW) + (upper >>> 16) + (low << 8)) | 0;
    low = (upper << 16) | (lower & 0xffff);
  }
  if (high < 0) {
    low = -low | 0;
    high = (~high + (low === 0 ? 1 : 0)) | 0;
  }
  result[0] = high;
  result[1] = low;
}
