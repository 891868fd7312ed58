/**
 * When the operations of an open loop come. Gaps are summed as fractions and their ends rounded each, so that no rate
 * drifts by rounding.
 */
import { assert, fail, unreachable } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";
import { createAlias } from "../kernel/alias.ts";
import { compileDistribution } from "../kernel/distributions.ts";
import { distributionMean } from "../kernel/moments.ts";
import type { ArrivalsSpec } from "./workload.ts";

const SECOND = 1_000_000;

/** Whole microseconds from each arrival to the next; the first from 0. `stream` gives the workload's random stream of a purpose. */
export function createArrivals(spec: ArrivalsSpec, stream: (purpose: string) => Random): () => number {
  const next = createGaps(spec, stream);
  let exact = 0;
  let rounded = 0;
  return () => {
    exact += next();
    const gap = Math.round(exact) - rounded;
    rounded += gap;
    return gap;
  };
}

/** Arrivals per second in the long run. */
export function meanRate(spec: Exclude<ArrivalsSpec, { kind: "closed" | "trace" | "following" }>): number {
  switch (spec.kind) {
    case "poisson":
    case "constant":
      return spec.rate;
    case "gaps":
      return SECOND / distributionMean(spec.gap);
    case "mmpp": {
      const total = spec.stay.reduce((sum, stay) => sum + stay, 0);
      return spec.rates.reduce((sum, rate, state) => sum + (rate * spec.stay[state]!) / total, 0);
    }
    default:
      return unreachable(spec);
  }
}

function createGaps(spec: ArrivalsSpec, stream: (purpose: string) => Random): () => number {
  switch (spec.kind) {
    case "constant": {
      const gap = SECOND / spec.rate;
      return () => gap;
    }
    case "poisson": {
      const arrivals = stream("arrivals");
      const draw = compileDistribution({ kind: "exponential", mean: spec.rate > 0 ? SECOND / spec.rate : 1 }, "number");
      return () => draw(arrivals);
    }
    case "gaps": {
      const arrivals = stream("arrivals");
      const draw = compileDistribution(spec.gap, "number");
      return () => Math.max(0, draw(arrivals));
    }
    case "mmpp":
      return createMmpp(spec.rates, spec.stay, stream("arrivals"), stream("phases"));
    case "trace":
    case "closed":
    case "following":
      return () => fail("no arrivals to be drawn");
    default:
      return unreachable(spec);
  }
}

/**
 * Markov-modulated Poisson process (W. Fischer, K. Meier-Hellstern, "The Markov-modulated Poisson process (MMPP)
 * cookbook", Performance Evaluation 18, 1993): a hidden state that stays for an exponential time, then goes to one of the
 * others, all alike; arrivals are Poisson at the state's rate. It starts in its stationary distribution, which gives
 * each state the share that its stay has of the sum of all.
 *
 * One unit of exponential "work" a gap is used up at the state's rate: so many arrivals take so many draws of
 * `arrivals`, whatever the states do.
 */
function createMmpp(rates: readonly number[], stay: readonly number[], arrivals: Random, phases: Random): () => number {
  const count = rates.length;
  assert(count >= 2 && stay.length === count, `an MMPP of ${count} rates and ${stay.length} stays`);
  const unit = compileDistribution({ kind: "exponential", mean: 1 }, "number");
  let state = createAlias(stay)(phases);
  let left = stay[state]! * unit(phases);
  return () => {
    let work = unit(arrivals) * SECOND;
    let gap = 0;
    for (;;) {
      const rate = rates[state]!;
      if (work <= rate * left) {
        const last = work / rate;
        left -= last;
        return gap + last;
      }
      work -= rate * left;
      gap += left;
      // Any other state, all alike.
      const other = count === 2 ? 0 : phases.below(count - 1);
      state = count === 2 ? 1 - state : other < state ? other : other + 1;
      left = stay[state]! * unit(phases);
    }
  };
}
