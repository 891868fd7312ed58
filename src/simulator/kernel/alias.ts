/** Drawing positions by weight in constant time: A. J. Walker's alias method (1977), tables by M. Vose's construction (1991). */
import { assert } from "../../base/assert.ts";
import type { Sampler } from "./distributions.ts";

/** Draws i with probability weights[i] ÷ sum. Needs at least one weight, none negative, a finite sum above 0. */
export function createAlias(weights: ArrayLike<number>): Sampler {
  const count = weights.length;
  let sum = 0;
  for (let i = 0; i < count; i += 1) {
    if (!(weights[i]! >= 0)) assert(false, `weight ${weights[i]!} of item ${i}`);
    sum += weights[i]!;
  }
  assert(sum > 0 && sum < Infinity, `weights that sum to ${sum}`);

  // Each place keeps its own item with probability own[i], else gives other[i].
  const own = new Float64Array(count);
  const other = new Int32Array(count);
  const small = new Int32Array(count);
  const large = new Int32Array(count);
  let smalls = 0;
  let larges = 0;
  for (let i = 0; i < count; i += 1) {
    own[i] = (weights[i]! * count) / sum;
    other[i] = i;
    if (own[i]! < 1) small[smalls++] = i;
    else large[larges++] = i;
  }
  while (smalls > 0 && larges > 0) {
    const poor = small[--smalls]!;
    const rich = large[larges - 1]!;
    other[poor] = rich;
    own[rich] = own[rich]! + own[poor]! - 1;
    if (own[rich] < 1) {
      larges -= 1;
      small[smalls++] = rich;
    }
  }
  // What is left differs from 1 by rounding alone.
  while (larges > 0) own[large[--larges]!] = 1;
  while (smalls > 0) own[small[--smalls]!] = 1;

  return (random) => {
    const place = random.below(count);
    return random.uniform() < own[place]! ? place : other[place]!;
  };
}
