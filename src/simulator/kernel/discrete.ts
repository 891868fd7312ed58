/** Samplers of positions among items: which key an operation names. zipf.ts and ycsb.ts hold the skewed ones. */
import { assert, unreachable } from "../../base/assert.ts";
import { createAlias } from "./alias.ts";
import type { DiscreteSpec } from "./distribution-spec.ts";
import type { Sampler } from "./distributions.ts";
import { createZipf } from "./zipf.ts";

/** A sampler of 0 up to `items` (whole, at least 1). For Zipf 0 is the most likely; for a hot set the first positions are hot. */
export function compileDiscrete(spec: DiscreteSpec, items: number): Sampler {
  assert(items >= 1, `a draw from ${items} items`);
  switch (spec.kind) {
    case "uniform":
      return (random) => random.below(items);
    case "zipf":
      return createZipf(items, spec.exponent);
    case "hotSet":
      return createHotSet({ items, hot: spec.items, draws: spec.draws });
    case "weighted":
      assert(spec.weights.length === items, `${spec.weights.length} weights for ${items} items`);
      return createAlias(spec.weights);
    default:
      return unreachable(spec);
  }
}

/**
 * The share `hot` of the items, rounded to whole items and at least one, gets the share `draws` of the draws. Where that
 * leaves no cold item, all draws are hot. Uniform inside and outside.
 */
function createHotSet({ items, hot, draws }: { items: number; hot: number; draws: number }): Sampler {
  assert(hot >= 0 && hot <= 1 && draws >= 0 && draws <= 1, `a hot set of ${hot} of the items with ${draws} of the draws`);
  const count = Math.min(items, Math.max(1, Math.round(hot * items)));
  if (count === items) return (random) => random.below(items);
  return (random) => (random.uniform() < draws ? random.below(count) : count + random.below(items - count));
}
