/**
 * A running 64-bit hash over numbers and texts, for telling two runs apart. Two lanes of 32 bits, each mixed as
 * MurmurHash3's (A. Appleby, public domain) with different constants, and finished together. It allocates nothing per
 * number. Not cryptographic: it guards against accidents.
 */

export interface Digest {
  /** Adds a double: its 64 bits, so -0 differs from 0. Every NaN counts as the same. */
  readonly number: (value: number) => void;
  /** Adds an int32; cheaper than `number`, and different from it. */
  readonly int32: (value: number) => void;
  /** Adds a text: its UTF-16 units and its length, so that "ab", "c" differs from "a", "bc". */
  readonly text: (value: string) => void;
  /** Sixteen hexadecimal digits over all that was added so far; more may be added after. */
  readonly hex: () => string;
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** Told apart by what they start with. */
const NUMBER = 0x1b87_3593;
const TEXT = 0x5bd1_e995;

/** A digest of nothing yet. */
export function createDigest(): Digest {
  // Both lanes, and how many words were added: in a typed array, so that an update allocates nothing.
  const state = new Int32Array([0x2f0b_4c47, 0x6d2b_79f5, 0]);

  function word(value: number): void {
    const one = Math.imul(value, 0xcc9e_2d51);
    const two = Math.imul(value, 0x239b_961b);
    let a = state[0]! ^ Math.imul((one << 15) | (one >>> 17), 0x1b87_3593);
    let b = state[1]! ^ Math.imul((two << 16) | (two >>> 16), 0x38b3_4ae5);
    a = (a << 13) | (a >>> 19);
    b = (b << 17) | (b >>> 15);
    a = (a + b) | 0;
    state[0] = (Math.imul(a, 5) + 0xe654_6b64) | 0;
    state[1] = (Math.imul(b, 5) + 0x561c_cd1b + a) | 0;
    state[2] = (state[2]! + 1) | 0;
  }

  return {
    int32: word,
    number(value) {
      double[0] = Number.isNaN(value) ? NaN : value;
      word(words[HIGH]! ^ NUMBER);
      word(words[1 - HIGH]!);
    },
    text(value) {
      word(value.length ^ TEXT);
      for (let i = 0; i < value.length; i += 2) {
        word(value.charCodeAt(i) | (i + 1 < value.length ? value.charCodeAt(i + 1) << 16 : 0));
      }
    },
    hex() {
      let a = state[0]! ^ state[2]!;
      let b = state[1]! ^ state[2]!;
      a = (a + b) | 0;
      b = (b + a) | 0;
      a = finish(a);
      b = finish(b);
      a = (a + b) | 0;
      b = (b + a) | 0;
      return hexOf(a) + hexOf(b);
    },
  };
}

/** MurmurHash3's finaliser: every bit of the word reaches every other. */
function finish(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return h ^ (h >>> 16);
}

const hexOf = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
