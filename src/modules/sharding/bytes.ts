/** Keys as byte strings in order: byte by byte, unsigned; a prefix comes before what it begins. */

/** Below 0, 0 or above 0 as the first `length` bytes of `a` come before, equal or come after `b`. */
export function compareBytes(a: Uint8Array, length: number, b: Uint8Array): number {
  const common = Math.min(length, b.length);
  for (let at = 0; at < common; at += 1) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference;
  }
  return length - b.length;
}

/** The first four bytes as an unsigned number, zero-filled: decides most comparisons at once. */
export function headOf(key: Uint8Array, length: number): number {
  let head = 0;
  for (let at = 0; at < 4; at += 1) head = (head << 8) | (at < length ? (key[at] as number) : 0);
  return head >>> 0;
}

/** Two hexadecimal digits a byte. */
export function hexBytes(key: Uint8Array): string {
  return Array.from(key, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The smallest key of 48 bits that begins part `part` of `parts` equal parts of the key space; needs parts < 2^20. */
export function evenBoundary(part: number, parts: number): Uint8Array {
  let rest = Math.floor((part / parts) * 281_474_976_710_656);
  const key = new Uint8Array(6);
  for (let at = 5; at >= 0; at -= 1) {
    key[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return key;
}
