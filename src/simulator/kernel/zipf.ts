/**
 * Exact Zipf draws: rank r, counted from 0, of n with probability proportional to (r + 1)^-exponent, for any exponent
 * >= 0, 1 included. Up to 100,000 ranks by alias table; above, and where n grows, by rejection-inversion (W. Hörmann,
 * G. Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions", ACM TOMACS 6(3), 1996),
 * which needs no table and accepts nearly always at once.
 */
import { assert } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";
import { createAlias } from "./alias.ts";
import { fine, type Sampler } from "./distributions.ts";

/** Above this a table costs more (12 bytes a rank, and cache misses) than it saves. */
const TABLE_MOST = 100_000;

/** Ranks 0 up to `items`, which is fixed. */
export function createZipf(items: number, exponent: number): Sampler {
  assert(items >= 1 && exponent >= 0, `Zipf of ${items} items, exponent ${exponent}`);
  if (exponent === 0) return (random) => random.below(items);
  if (items > TABLE_MOST) {
    const growing = createGrowingZipf(exponent);
    return (random) => growing(random, items);
  }
  const weights = new Float64Array(items);
  for (let rank = 0; rank < items; rank += 1) weights[rank] = Math.exp(-exponent * Math.log(rank + 1));
  return createAlias(weights);
}

/** Ranks 0 up to the number of items given with each draw. Another number than last time costs one logarithm. */
export function createGrowingZipf(exponent: number): (random: Random, items: number) => number {
  assert(exponent >= 0, `Zipf exponent ${exponent}`);
  // H is an antiderivative of h(x) = x^-exponent, with H(1) = 0; written so that it goes smoothly through exponent 1.
  const h = (x: number): number => Math.exp(-exponent * Math.log(x));
  const H = (x: number): number => {
    const log = Math.log(x);
    return expm1Over((1 - exponent) * log) * log;
  };
  const inverseH = (y: number): number => {
    const t = Math.max(-1, y * (1 - exponent));
    return Math.exp(log1pOver(t) * y);
  };
  const first = H(1.5) - 1;
  // A draw this close above its rank is accepted without looking further.
  const squeeze = 2 - inverseH(H(2.5) - h(2));
  let known = 0;
  let last = 0;

  return (random, items) => {
    if (items !== known) {
      assert(items >= 1, `Zipf of ${items} items`);
      known = items;
      last = H(items + 0.5);
    }
    for (;;) {
      const y = last + fine(random) * (first - last);
      const x = inverseH(y);
      const rank = Math.min(items, Math.max(1, Math.floor(x + 0.5)));
      if (rank - x <= squeeze || y >= H(rank + 0.5) - h(rank)) return rank - 1;
    }
  };
}

/** (e^x - 1) / x, also near 0. */
function expm1Over(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.expm1(x) / x : 1 + (x / 2) * (1 + (x / 3) * (1 + x / 4));
}

/** log(1 + x) / x, also near 0. */
function log1pOver(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.log1p(x) / x : 1 - x * (1 / 2 - x * (1 / 3 - x / 4));
}
