/**
 * YCSB's key generators as they are, bias and all, for runs that must match YCSB (github.com/brianfrankcooper/YCSB,
 * core/src/main/java/site/ycsb/generator: ZipfianGenerator, ScrambledZipfianGenerator, SkewedLatestGenerator). The Zipfian
 * is that of J. Gray et al., "Quickly generating billion-record synthetic databases", SIGMOD 1994: exact for ranks 0 and
 * 1, approximate beyond. Where YCSB need not be matched, zipf.ts is exact and as fast.
 */
import { assert } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";
import { fine, type Sampler } from "./distributions.ts";
import { fnvHash64Modulo } from "./fnv64.ts";

const YCSB_THETA = 0.99;
/** ScrambledZipfianGenerator draws from this many items (its range 0 to 10^10 has both ends) with this zeta, whatever the record count. */
const SCRAMBLED_ITEMS = 10_000_000_001;
const SCRAMBLED_ZETA = 26.46902820178302;

/** Ranks 0 up to `items`, the first the most likely. Needs items >= 1. */
export function createYcsbZipfian(items: number, theta: number = YCSB_THETA): Sampler {
  assert(items >= 1, `YCSB Zipfian of ${items} items`);
  const draw = zipfian({ items, theta, zeta: addZeta({ from: 0, to: items, theta, sum: 0 }) });
  return (random) => draw(random, items);
}

/**
 * Keys 0 up to `items`, the hot ones scattered by fnvhash64 (so some share a key). The hottest gets about 1 in 26.5
 * draws however many items there are: YCSB's constant, not Zipf's.
 */
export function createYcsbScrambledZipfian(items: number): Sampler {
  const draw = zipfian({ items: SCRAMBLED_ITEMS, theta: YCSB_THETA, zeta: SCRAMBLED_ZETA });
  return (random) => fnvHash64Modulo(draw(random, SCRAMBLED_ITEMS), items);
}

/**
 * Keys favoured by their youth: `last` is the highest key that exists, given with each draw and never falling; the draw
 * is last - Zipfian(last), so the last key is the most likely and key 0 never comes (YCSB's quirk, kept). `first` is
 * `last` at the start of the run, from which YCSB keeps one of its constants. Needs last >= 1.
 */
export function createYcsbLatest(first: number, theta: number = YCSB_THETA): (random: Random, last: number) => number {
  assert(first >= 1, `YCSB latest of ${first} items`);
  const draw = zipfian({ items: first, theta, zeta: addZeta({ from: 0, to: first, theta, sum: 0 }) });
  return (random, last) => last - draw(random, last);
}

/** ZipfianGenerator.nextLong: a draw for a number of items that may have grown since; if it fell, the old zeta stays, as there. */
function zipfian({ items, theta, zeta }: { items: number; theta: number; zeta: number }): (random: Random, count: number) => number {
  const alpha = 1 / (1 - theta);
  const half = Math.exp(-theta * Math.log(2));
  const zetaOfTwo = 1 + half;
  const etaOf = (sum: number): number => (1 - Math.exp((1 - theta) * Math.log(2 / items))) / (1 - zetaOfTwo / sum);
  let counted = items;
  let sum = zeta;
  let eta = etaOf(sum);
  return (random, count) => {
    if (count > counted) {
      sum = addZeta({ from: counted, to: count, theta, sum });
      counted = count;
      eta = etaOf(sum);
    }
    const u = fine(random);
    const uz = u * sum;
    if (uz < 1) return 0;
    if (uz < 1 + half) return 1;
    return Math.floor(count * Math.exp(alpha * Math.log(eta * u - eta + 1)));
  };
}

/** sum + the terms i^-theta for from < i <= to, smallest index first as YCSB adds them. */
function addZeta({ from, to, theta, sum }: { from: number; to: number; theta: number; sum: number }): number {
  let total = sum;
  for (let i = from + 1; i <= to; i += 1) total += Math.exp(-theta * Math.log(i));
  return total;
}
