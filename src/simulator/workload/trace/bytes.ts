/** A file as the simulator sees it: bytes at a place, pulled when they are needed. cli injects it; nothing here knows of files. */

export interface ByteSource {
  /** Copies bytes from `position` on into `into`; gives how many, 0 only at the end. The same place gives the same bytes. */
  readonly read: (position: number, into: Uint8Array) => number;
}

/** A running 64-bit hash over bytes in two lanes. It allocates nothing per byte. Not cryptographic: it guards against accidents. */
export interface ByteHash {
  readonly reset: () => void;
  readonly add: (bytes: Uint8Array, from: number, to: number) => void;
  /** The two words, mixed; more may be added after. */
  readonly high: () => number;
  readonly low: () => number;
  /** Sixteen hexadecimal digits. */
  readonly hex: () => string;
}

/** FNV-1a (prime 16777619) in one lane, a rotating multiplicative hash in the other, each finished as MurmurHash3 does. */
export function createByteHash(): ByteHash {
  let a = 0;
  let b = 0;
  let length = 0;
  const reset = (): void => {
    a = 0x811c_9dc5 | 0;
    b = 0x9747_b28c | 0;
    length = 0;
  };
  reset();
  const high = (): number => finish(a ^ length) >>> 0;
  const low = (): number => finish((b + Math.imul(length, 0x9e37_79b1)) | 0) >>> 0;
  return {
    reset,
    add: (bytes, from, to) => {
      let [one, two] = [a, b];
      for (let at = from; at < to; at += 1) {
        const byte = bytes[at]!;
        one = Math.imul(one ^ byte, 0x0100_0193);
        two = Math.imul(((two << 5) | (two >>> 27)) ^ byte, 0x85eb_ca6b);
      }
      a = one;
      b = two;
      length = (length + to - from) | 0;
    },
    high,
    low,
    hex: () => high().toString(16).padStart(8, "0") + low().toString(16).padStart(8, "0"),
  };
}

function finish(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return h ^ (h >>> 16);
}
