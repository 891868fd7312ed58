/** A breach that a schedule showed, made smaller: faults switched off one after the other as long as it stays a breach. */
import type { RaftModule } from "./host.ts";
import { Breach } from "./judge.ts";
import { runSchedule } from "./schedule.ts";
import { ALL_FAULTS } from "./schedule-options.ts";
import type { FaultKind, Profile } from "./schedule-options.ts";

export interface Shrunk {
  readonly breach: Breach;
  readonly profile: Profile;
  /** The least number of steps, of those tried, that shows it. */
  readonly steps: number;
}

/** `undefined` if the schedule of `seed` breaches nothing. Tries a few hundred schedules at most. */
export function shrink(raft: RaftModule, seed: number, steps: number, profile: Profile = {}): Shrunk | undefined {
  const breachOf = (some: Profile, count: number): Breach | undefined => {
    try {
      runSchedule(raft, seed, count, some);
      return undefined;
    } catch (error) {
      if (error instanceof Breach) return error;
      throw error;
    }
  };
  let breach = breachOf(profile, steps);
  if (breach === undefined) return undefined;
  let smallest: Profile = profile;
  let faults: readonly FaultKind[] = profile.faults ?? ALL_FAULTS;
  for (const fault of ALL_FAULTS) {
    const fewer = faults.filter((each) => each !== fault);
    if (fewer.length === 0 || fewer.length === faults.length) continue;
    const smaller = { ...smallest, faults: fewer };
    const still = breachOf(smaller, steps);
    if (still === undefined) continue;
    breach = still;
    smallest = smaller;
    faults = fewer;
  }
  let count = steps;
  for (let less = Math.floor(count / 2); less > 0; less = Math.floor(less / 2)) {
    while (count > less) {
      const still = breachOf(smallest, count - less);
      if (still?.property !== breach.property) break;
      breach = still;
      count -= less;
    }
  }
  return { breach, profile: smallest, steps: count };
}
