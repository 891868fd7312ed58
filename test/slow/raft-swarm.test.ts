/**
 * Many random schedules of five peers, every invariant after every step, and a count of what they met: a swarm that never saw a
 * split vote has said nothing about split votes. `npm run swarm:raft -- 1 8412` repeats one, larger numbers hunt for more.
 */
import { expect, it } from "vitest";
import * as raft from "../../src/modules/raft/index.ts";
import { Breach } from "../modules/raft/judge.ts";
import { NO_COVERAGE } from "../modules/raft/coverage.ts";
import type { Coverage } from "../modules/raft/coverage.ts";
import { runSchedule } from "../modules/raft/schedule.ts";
import { shrink } from "../modules/raft/shrink.ts";

const FIRST = Number(process.env["RAFT_SEED"] ?? 1);
const SCHEDULES = Number(process.env["RAFT_SCHEDULES"] ?? 10_000);
const STEPS = 500;
/** Ten times what a schedule takes. */
const TIME_MOST = Math.max(300_000, SCHEDULES * 50);

/** What 10,000 schedules must have met at least; fewer schedules only have to pass. */
const LEAST: Partial<Coverage> = {
  leaderChanges: 1_000,
  splitVotes: 100,
  truncations: 100,
  snapshotInstalls: 100,
  crashesInJoint: 100,
  unsyncedLosses: 100,
  membershipChanges: 100,
  catchUpsFailed: 1,
  transfers: 100,
  reads: 1_000,
  leaseReads: 1_000,
};

it(
  `${SCHEDULES} schedules from seed ${FIRST} keep every invariant, and meet what they are for`,
  () => {
    const total = { ...NO_COVERAGE };
    const kinds = Object.keys(total) as (keyof Coverage)[];
    for (let seed = FIRST; seed < FIRST + SCHEDULES; seed += 1) {
      const met = runOrReport(seed);
      expect(met.steps).toBeGreaterThanOrEqual(STEPS);
      for (const kind of kinds) total[kind] += met[kind];
    }
    process.stdout.write(`raft swarm: ${JSON.stringify(total)}\n`);
    if (SCHEDULES < 10_000) return;
    expect(total.historiesOpen).toBe(0);
    for (const kind of kinds) if (kind !== "historiesOpen") expect(total[kind], kind).toBeGreaterThanOrEqual(LEAST[kind] ?? 1);
  },
  TIME_MOST,
);

function runOrReport(seed: number): Coverage {
  try {
    return runSchedule(raft, seed, STEPS);
  } catch (error) {
    if (!(error instanceof Breach)) throw error;
    const small = shrink(raft, seed, STEPS);
    const repeat = `npm run swarm:raft -- 1 ${seed}`;
    const shrunk =
      small === undefined ? "" : `\nshrunk: ${small.steps} steps with ${JSON.stringify(small.profile)}: ${small.breach.message}`;
    throw new Error(`seed ${seed}: ${error.message}${shrunk}\nrepeat: ${repeat}`);
  }
}
