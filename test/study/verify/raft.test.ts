import fc from "fast-check";
import { expect, it } from "vitest";
import type { Random } from "../../../src/base/random.ts";
import { compileDistribution, type Sampler } from "../../../src/simulator/kernel/distributions.ts";
import { createStream } from "../../../src/simulator/kernel/random.ts";
import { electByRules } from "../../../src/study/verify/election-model.ts";
import { electByModule } from "../../../src/study/verify/election-module.ts";
import { firstWithin, meanOfFirst, splitVote } from "../../../src/study/verify/election-theory.ts";
import { leastEligible, logLengths, type Conditions } from "../../../src/study/verify/election.ts";
import { verifyTopic } from "../../../src/study/verify/verify.ts";

const constant = (value: number): Sampler => compileDistribution({ kind: "constant", value });
const MS = 1_000;

const conditions = fc
  .record({
    servers: fc.integer({ min: 3, max: 9 }),
    more: fc.nat({ max: 8 }),
    election: fc.tuple(fc.integer({ min: 10, max: 200 }), fc.integer({ min: 20, max: 200 })),
    delays: fc.tuple(fc.integer({ min: 100, max: 9_999 }), fc.integer({ min: 0, max: 9_999 }), fc.integer({ min: 0, max: 9_999 })),
    timers: fc.constantFrom("together", "free"),
    isTicking: fc.boolean(),
    preVote: fc.boolean(),
    checkQuorum: fc.boolean(),
    seed: fc.nat(),
  })
  .map(({ servers, more, election: [least, width], delays: [oneWay, candidate, voter], isTicking, seed, ...rest }) => {
    const survivors = Math.floor(servers / 2) + 1 + (more % (servers - Math.floor(servers / 2) - 1));
    const down = servers - survivors;
    const lowest = leastEligible(servers, down);
    const eligible = lowest + (seed % (survivors - lowest + 1));
    const tick = isTicking ? 5 * MS : 0;
    const whole = (ms: number): number => (isTicking ? Math.ceil(ms / 5) * 5 * MS : ms * MS);
    const times = {
      electionMin: whole(least + 5),
      electionMax: whole(least + 5 + width),
      heartbeat: whole(least / 2),
      patience: 2_000 * MS,
    };
    const disks = { oneWay: constant(oneWay), persistCandidate: constant(candidate), persistVoter: constant(voter) };
    const chosen: Conditions = { servers, down, eligible, tick, crash: "uniform", ...times, ...disks, ...rest };
    return { chosen, seed };
  });

it("where nothing but crash and time-outs is drawn, module and rules hold the same election, to the microsecond", () => {
  fc.assert(
    fc.property(conditions, ({ chosen, seed }) => {
      const module = electByModule(chosen, (purpose) => createStream(`${seed}/${purpose}`), 1_000_000);
      const rules = electByRules(chosen, (purpose) => afterFirst(`${seed}/${purpose}`, chosen), 1_000_000);
      const { downtime, firstTimeout, terms } = rules!;
      expect(module).toMatchObject({ downtime, firstTimeout, terms });
    }),
    { numRuns: 400 },
  );
});

/** A peer of the module draws a time-out when it starts, and another when it hears the leader; the rules begin with that. */
function afterFirst(name: string, { electionMin, electionMax, tick }: Conditions): Random {
  const stream = createStream(name);
  if (!name.endsWith("/draws")) stream.below((electionMax - electionMin) / (tick === 0 ? 1 : tick) + 1);
  return stream;
}

it("the closed form gives the dissertation's examples", () => {
  const printed = [
    [5, 4, 0.01, 0.000592],
    [5, 4, 0.1, 0.0523],
    [5, 4, 0.2, 0.1808],
    [9, 5, 0.2, 0.67232],
    [3, 2, 0.1, 0.19],
    [9, 9, 0.3, 0.098809],
  ] as const;
  for (const [servers, survivors, latency, value] of printed) expect(splitVote(servers, survivors, latency)).toBeCloseTo(value, 5);
  expect(firstWithin(4, 0.25)).toBeCloseTo(0.683594, 6);
});

it("the mean of the first of several is what it is for uniform variables, and for the sum of two", () => {
  expect(meanOfFirst(4, 150, 300, 0)).toBeCloseTo(180, 6);
  expect(meanOfFirst(1, 150, 300, 50)).toBeCloseTo(250, 4);
  expect(meanOfFirst(3, 100, 100, 40)).toBeCloseTo(110, 6);
  // Of two sums of two uniform variables on [0, 1]: 1 less 7/30, half the mean difference.
  expect(meanOfFirst(2, 0, 1, 1)).toBeCloseTo(1 - 7 / 30, 6);
});

it("logs differ where as few as possible may win, and are alike among those who may where more can", () => {
  const lengths = (servers: number, down: number, eligible: number) => logLengths({ servers, down, eligible } as Conditions);
  expect(lengths(5, 1, 2)).toEqual([4, 3, 2, 1]);
  expect(lengths(5, 1, 3)).toEqual([4, 4, 4, 1]);
  expect(lengths(5, 1, 4)).toEqual([4, 4, 4, 4]);
});

const verify = (set: Readonly<Record<string, string>>, more: object = {}) => verifyTopic("raft", { set, plant: false, runs: 200, ...more });

it("settings that do not go together are problems, each with what would", () => {
  const problems = (set: Readonly<Record<string, string>>): readonly string[] => {
    const result = verify(set);
    return result.ok ? [] : result.problems;
  };
  expect(problems({ servers: "4", down: "2" })).toEqual(["down: 2 of 4 down leaves no majority; at most 1 may be"]);
  expect(problems({ eligible: "1" })).toEqual(["eligible: of 4 survivors of 5 servers, 2 to 4 can win"]);
  expect(problems({ heartbeat: "150ms" })).toEqual([expect.stringContaining("heartbeat: not below")]);
  expect(problems({ tick: "100ms" })).toEqual([expect.stringMatching(/^election: 150 ms\.\..* ms, which is not whole ticks of 100 ms$/u)]);
  expect(problems({ tick: "10ms", heartbeat: "75ms" })).toEqual(["heartbeat: 75 ms, which is not whole ticks of 10 ms"]);
  expect(problems({ election: "exp(3ms)", oneWay: "empirical(a.csv b)", timers: "both" })).toEqual([
    expect.stringContaining("election: "),
    expect.stringContaining("oneWay: there is no file here"),
    expect.stringContaining("timers: "),
  ]);
});

it.each([
  { servers: "9", down: "3" },
  { tick: "10ms", election: "150ms..290ms" },
  { preVote: "true", checkQuorum: "true", timers: "free" },
  { oneWay: "30ms..40ms", election: "300ms..600ms", eligible: "all" },
  { oneWay: "20ms", "persist.candidate": "0ms", "persist.voter": "0ms", eligible: "all" },
])("elections under %o are as the rules have them, and a planted fault shows in every case", (set) => {
  const found = verify(set);
  const planted = verify(set, { plant: true, runs: 1_000 });
  for (const one of found.ok ? found.cases : []) expect(one, one.case).toMatchObject({ held: true });
  for (const one of planted.ok ? planted.cases : []) expect(one, one.case).toMatchObject({ held: false });
  expect(found.ok && found.cases.length).toBeGreaterThan(4);
  expect(planted.ok && planted.cases.length).toBeGreaterThan(4);
});

it("a way that is longer than the time-outs elects nobody, and says so", () => {
  const found = verify({ oneWay: "200ms" }, { runs: 20 });
  expect(found.ok && found.cases[0]).toMatchObject({ predicted: 0, simulated: 0 });
});
