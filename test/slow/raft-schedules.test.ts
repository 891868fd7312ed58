import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as raft from "../../src/modules/raft/index.ts";
import { MUTANTS } from "../modules/raft/mutants.ts";
import { mutant } from "../modules/raft/mutate.ts";
import { runSchedule } from "../modules/raft/schedule.ts";
import { ALL_FAULTS } from "../modules/raft/schedule-options.ts";
import { shrink } from "../modules/raft/shrink.ts";

describe("on a network that loses, repeats, delays and reorders, with crashes, pauses, cuts, drift and changes of membership", () => {
  it("the five safety properties hold after every step, reads are current, and the group recovers once faults stop", () => {
    const schedule = fc.record({
      seed: fc.integer({ min: 1, max: 1_000_000_000 }),
      steps: fc.integer({ min: 100, max: 800 }),
      faults: fc.subarray([...ALL_FAULTS], { minLength: 1 }),
      lossMax: fc.double({ min: 0, max: 0.6, noNaN: true }),
      slow: fc.double({ min: 0, max: 0.3, noNaN: true }),
      founders: fc.constantFrom(1, 2, 3, 5),
    });
    fc.assert(
      fc.property(schedule, ({ seed, steps, ...profile }) => {
        expect(runSchedule(raft, seed, steps, { ...profile, votersMin: 1 }).steps).toBeGreaterThanOrEqual(steps);
      }),
      { numRuns: 100 },
    );
  });

  it("a healed group keeps its leader", () => {
    for (let seed = 30; seed < 50; seed += 1) runSchedule(raft, seed, 300, { faults: ["crash", "cut", "pause"], isStable: true });
  });

  it("a schedule is the same twice, step for step", () => {
    for (let seed = 30; seed < 40; seed += 1) expect(runSchedule(raft, seed, 500)).toEqual(runSchedule(raft, seed, 500));
  });
});

describe("the lease", () => {
  const leases = {
    options: { checkQuorum: true, preVote: false },
    faults: ["crash", "cut"],
    founders: 3,
    timing: "exact",
    nemesisEvery: 250,
    clientEvery: 4,
    proposals: 0.05,
    electionMax: 155,
    lossMax: 0.05,
  } as const;
  const run = (driftBound: number, drift: number, seed: number): number =>
    runSchedule(raft, seed, 1_500, { ...leases, drift, options: { ...leases.options, reads: { kind: "lease", driftBound } } }).leaseReads;

  it("never reads stale while clocks drift within the bound, and does read", () => {
    let reads = 0;
    for (let seed = 340; seed < 380; seed += 1) reads += run(2, 2, seed);
    expect(reads).toBeGreaterThan(100);
  });

  it("reads stale beyond the bound, and the history of the key shows it", () => {
    expect(() => {
      const { options, ...rest } = leases;
      const reads = { kind: "lease", driftBound: 0 } as const;
      // The first that shows it is known; a change of the harness may move it.
      for (let seed = 830; seed < 3_000; seed += 1)
        runSchedule(raft, seed, 1_500, { ...rest, leavesReads: true, drift: 2, options: { ...options, reads } });
    }).toThrow(/Linearizable History/);
  });

  it("reads stale beyond the bound, and is caught", () => {
    expect(() => {
      // The first that shows it is known; a change of the harness may move it.
      for (let seed = 345; seed < 2_000; seed += 1) run(0, 2, seed);
    }).toThrow(/Linearizable Read/);
  });
});

it("a breach is shrunk to fewer kinds of fault and fewer steps", () => {
  const { patches } = MUTANTS.find((each) => each.name === "forgets its vote in a crash")!;
  const raftOfMutant = mutant(...patches);
  let seed = 30;
  while (shrink(raftOfMutant, seed, 500) === undefined) seed += 1;
  const shrunk = shrink(raftOfMutant, seed, 500)!;
  expect(shrunk.breach.property).toBe("One Vote");
  expect(shrunk.profile.faults?.length).toBeLessThan(ALL_FAULTS.length);
  expect(shrunk.profile.faults).toContain("crash");
  expect(shrunk.steps).toBeLessThan(500);
});
