/** From a scenario to its runs: strategies x repeats, with common seeds, so that differences are the strategies'. */
import { createDigest } from "../../simulator/record/digest.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { VERSION } from "./version.ts";

export interface Job {
  readonly strategy: string;
  /** 0 up to the number of repeats. */
  readonly repeat: number;
  /** The same for all strategies of one repeat. */
  readonly seed: number;
  /** Identity of the run: what can change its result, hashed. */
  readonly key: string;
}

export interface PlanOptions {
  readonly repeats?: number;
  readonly seed?: number;
  readonly strategies?: readonly string[];
}

/** The runs of a scenario, repeat by repeat and in each strategy by strategy: a run broken off early leaves whole repeats. */
export function planJobs(scenario: Scenario, options: PlanOptions = {}): readonly Job[] {
  const repeats = options.repeats ?? scenario.repeats;
  const first = options.seed ?? scenario.seed;
  const jobs: Job[] = [];
  for (let repeat = 0; repeat < repeats; repeat += 1)
    for (const strategy of scenario.strategies) {
      if (options.strategies !== undefined && !options.strategies.includes(strategy.name)) continue;
      const seed = first + repeat;
      jobs.push({ strategy: strategy.name, repeat, seed, key: runKey(strategy.resolved, seed) });
    }
  return jobs;
}

/** Sixteen hexadecimal digits over the resolved scenario of a strategy (labels left out by the reader), seed and version. */
function runKey(resolved: unknown, seed: number): string {
  const digest = createDigest();
  digest.text(JSON.stringify(resolved));
  digest.number(seed);
  digest.text(VERSION);
  return digest.hex();
}
