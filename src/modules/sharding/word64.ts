/**
 * 64-bit unsigned words as two 32-bit halves, since a JavaScript number holds 53 bits and BigInt allocates.
 * A product is two calls, one for each half; both are inlined by the engine. Halves may be signed or unsigned on the
 * way in, results are signed 32-bit: finish with `>>> 0`.
 */

/** High 32 bits of the 64-bit product of two unsigned 32-bit numbers. Warren, Hacker's Delight, section 8-2 (mulhu). */
export function multiplyHigh32(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) >>> 0;
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) >>> 16;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + carry) | 0;
}

/** High half of the product modulo 2^64; its low half is `Math.imul(aLow, bLow)`. */
export function multiplyHigh(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  return (multiplyHigh32(aLow, bLow) + Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh)) | 0;
}

/** High half of the sum modulo 2^64; its low half is `(aLow + bLow) | 0`. */
export function addHigh(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  return (aHigh + bHigh + ((aLow + bLow) >>> 0 < aLow >>> 0 ? 1 : 0)) | 0;
}

/** One half of a left rotation by 1 to 31: `one` is the half wanted, `other` the half that feeds it. */
export function rotate(one: number, other: number, by: number): number {
  return (one << by) | (other >>> (32 - by));
}

/** Little-endian 32 bits at `at`. */
export function read32(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
}

/** 16 hexadecimal digits of the word. */
export function hex64(high: number, low: number): string {
  return (high >>> 0).toString(16).padStart(8, "0") + (low >>> 0).toString(16).padStart(8, "0");
}
