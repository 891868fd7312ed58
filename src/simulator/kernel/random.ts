/**
 * Named streams of a seed: each purpose of each entity draws from its own generator, so that one more draw here, or one
 * more entity there, changes nothing elsewhere.
 *
 * The generator is seedrandom's Tyche-i (S. Neves, F. Araujo, "Fast and small nonlinear pseudorandom number generators
 * for computer simulation", PPAM 2011): 16 bytes of state, 2 ns a draw. Its state is a 128-bit hash of seed and name, so
 * that streams of neighbouring seeds or names are unrelated; two of a million streams are alike with odds of 1 in 10^26.
 */
import seedrandom from "seedrandom";
import { assert } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";

/** One stream. `uniform` has 32 bits. `below` is exact up to 2^21, and beyond that off by less than 1 in 2^21. */
export interface Stream extends Random {
  /** A signed 32-bit integer, all alike likely. */
  readonly int32: () => number;
  /** Uniform in [0, 1) with 53 bits, from two draws. */
  readonly uniform53: () => number;
}

export interface Streams {
  /** The stream of this name: the same object each time. It is made when first asked for, and asking alters no other. */
  readonly stream: (name: string) => Stream;
}

const TWO_32 = 4_294_967_296;
const TWO_21 = 2_097_152;
/** The generator's first values after a jump to a given state are passed over. */
const WARM_UP = 8;

/** The streams of a seed. The number 7 and the text "7" are the same seed. */
export function createStreams(seed: number | string): Streams {
  const prefix = `${seed}\u0000`;
  const streams = new Map<string, Stream>();
  return {
    stream(name) {
      let stream = streams.get(name);
      if (stream === undefined) {
        stream = createStream(prefix + name);
        streams.set(name, stream);
      }
      return stream;
    },
  };
}

/** A stream of its own, from a text that says what it is for. */
export function createStream(text: string): Stream {
  const [a, b, c, d] = hash128(text);
  // seedrandom's own function, which needs no `this`: a wrapper around it would cost as much as the draw.
  const { int32 } = seedrandom.tychei("", { state: { a, b, c, d } }) as { readonly int32: () => number };
  for (let i = 0; i < WARM_UP; i += 1) int32();
  // Literals, since V8 does not fold a module's constants into closures that are made more than once.
  const uniform = (): number => (int32() >>> 0) / 4_294_967_296;
  const uniform53 = (): number => ((int32() >>> 11) * 4_294_967_296 + (int32() >>> 0)) / 9_007_199_254_740_992;
  return {
    int32,
    uniform,
    uniform53,
    below(bound) {
      // The text of an assertion is made before it is judged: too dear here.
      if (!(bound >= 1 && bound <= TWO_32)) assert(false, `a whole number below ${bound}`);
      if (bound > TWO_21) return Math.floor(uniform53() * bound);
      // D. Lemire, "Fast random integer generation in an interval" (2019); the product is below 2^53, so exact.
      for (;;) {
        const product = (int32() >>> 0) * bound;
        const whole = Math.floor(product / TWO_32);
        const rest = product - whole * TWO_32;
        if (rest >= bound || rest >= (TWO_32 - bound) % bound) return whole;
      }
    },
  };
}

/** Four words that each depend on all of the text: four MurmurHash3-like lanes that are mixed with one another at the end. */
function hash128(text: string): readonly [number, number, number, number] {
  let a = 0x3c6e_f372 ^ text.length;
  let b = 0x1b87_3593;
  let c = 0x6a09_e667;
  let d = 0xa54f_f53a | 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ unit, 0x239b_961b);
    b = c ^ Math.imul(b ^ unit, 0xab0e_9789);
    c = d ^ Math.imul(c ^ unit, 0x38b3_4ae5);
    d = a ^ Math.imul(d ^ unit, 0xa1e3_8b93);
  }
  a = finish(c ^ (a >>> 18));
  b = finish(d ^ (b >>> 22));
  c = finish(a ^ (c >>> 17));
  d = finish(b ^ (d >>> 19));
  a = finish((a ^ b ^ c ^ d) | 0);
  return [a, finish(b + a), finish(c + Math.imul(a, 3)), finish(d + Math.imul(a, 5))];
}

function finish(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return h ^ (h >>> 16);
}
