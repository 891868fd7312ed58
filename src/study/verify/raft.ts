/**
 * Raft's leader elections: the REAL module, driven through many elections, beside what is published of them and what their rules
 * say. Without `--set`: Figure 16 of the paper, all curves under one setting of the disk, and the split votes of the dissertation.
 * With it: elections under the conditions that are set.
 *
 * election.ts the construction; election-module.ts and election-model.ts play it; election-theory.ts and election-published.ts know
 * the answers; election-cases.ts judges.
 */
import { assert } from "../../base/assert.ts";
import type { DistributionSpec } from "../../simulator/kernel/distribution-spec.ts";
import { compileDistribution } from "../../simulator/kernel/distributions.ts";
import type { VerifyCase } from "./case.ts";
import { curveCases, elect, endlessCase, firstTimeoutCase, meanTimeCase, setCases, splitCase, varyingSplitCase } from "./election-cases.ts";
import { CURVES, NO_RANDOMNESS, SPLIT_VOTES, SPLIT_VOTES_VARYING } from "./election-published.ts";
import { leastEligible, majorityOf, type Conditions } from "./election.ts";
import { readSettings, type Setting, type Settings } from "./settings.ts";
import type { Topic, TopicOptions } from "./topic.ts";

const HOUR = 3_600_000_000;

const SETTINGS: readonly Setting[] = [
  { name: "servers", default: "5", what: "servers of the group, 3 to 99", kind: "count", min: 3, max: 99 },
  { name: "down", default: "1", what: "servers that are down, the crashed leader among them, 1 to 49", kind: "count", min: 1, max: 49 },
  {
    name: "eligible",
    default: "least",
    what: "survivors whose log can win; least: all logs differ (as in Figure 16); all: no log differs",
    kind: { words: ["least", "all"], or: "count" },
    min: 1,
    max: 98,
  },
  {
    name: "election",
    default: "150ms..300ms",
    what: "election time-out, uniform, both ends included, 1ms to 1h",
    kind: "range",
    min: 1_000,
    max: HOUR,
  },
  {
    name: "heartbeat",
    default: "half",
    what: "the leader's heartbeat interval, in which it crashes; half: of the least election time-out, in whole ticks",
    kind: { words: ["half"], or: "duration" },
    min: 1,
    max: HOUR,
  },
  { name: "oneWay", default: "0.3ms", what: "what a message takes, a distribution", kind: "distribution" },
  {
    name: "persist.candidate",
    default: "0ms..6ms",
    what: "what a candidate's term and vote take to become durable, before its requests leave; a distribution",
    kind: "distribution",
  },
  {
    name: "persist.voter",
    default: "4ms..14ms",
    what: "what a voter's term and vote take to become durable, before its answer leaves; a distribution",
    kind: "distribution",
  },
  {
    name: "timers",
    default: "together",
    what: "together: the last heartbeat reached all at once; free: each heard at an instant of its own in the last heartbeat interval",
    kind: { words: ["together", "free"] },
  },
  {
    name: "tick",
    default: "0ms",
    what: "0ms: exact time-outs; else time-outs are whole ticks, counted by each server at a phase of its own; up to 1h",
    kind: "duration",
    min: 0,
    max: HOUR,
  },
  { name: "preVote", default: "false", what: "candidates ask first whether they would win", kind: { words: ["true", "false"] } },
  {
    name: "checkQuorum",
    default: "false",
    what: "voters ignore candidates while they have heard a leader within the least time-out",
    kind: { words: ["true", "false"] },
  },
];

/** Elections of each case; `--runs` gives another number. */
const RUNS = 1_000;
/** Time-outs after which an election is given up; the longest of the published curve with 1 ms of randomness took 55. */
const PATIENCE = 100;
/** One second wide, so that a latency's share of the range is its number of seconds. */
const UNIT = 1_000_000;

export const RAFT: Topic = {
  name: "raft",
  summary:
    "leader elections of the raft module: the paper's Figure 16, the dissertation's split votes; with --set, elections under these settings",
  settings: SETTINGS,
  runsLeast: 20,
  problems: problemsOf,
  run: (options) => (Object.keys(options.set).length === 0 ? published(options) : underSettings(options)),
};

function defaults(): Conditions {
  const read = readSettings(SETTINGS, {});
  assert(read.ok, "the defaults are settings");
  return conditionsOf(read.settings);
}

/** The paper's conditions, with election time-outs between so many milliseconds. */
const between = (min: number, max: number): Conditions => ({
  ...defaults(),
  electionMin: min * 1_000,
  electionMax: max * 1_000,
  patience: PATIENCE * max * 1_000,
  heartbeat: min * 500,
});

/** Plays the published curves, so many elections each, by the module alone; gives how many were played. For measuring. */
export function playCurves(runs: number): number {
  return CURVES.reduce((sum, { min, max }) => sum + elect(between(min, max), runs), 0);
}

function published({ runs = RUNS, plant, progress }: TopicOptions): readonly VerifyCase[] {
  const paper = defaults();
  const constant = (value: number): DistributionSpec => ({ kind: "constant", value });
  const none = compileDistribution(constant(0));
  const bare = (servers: number, survivors: number, oneWay: DistributionSpec): Conditions => ({
    ...paper,
    servers,
    down: servers - survivors,
    eligible: survivors,
    electionMin: UNIT,
    electionMax: 2 * UNIT,
    patience: PATIENCE * UNIT,
    heartbeat: UNIT / 2,
    oneWay: compileDistribution(oneWay),
    persistCandidate: none,
    persistVoter: none,
  });
  const work: readonly (() => readonly VerifyCase[])[] = [
    ...CURVES.map((curve) => () => curveCases(curve, between(curve.min, curve.max), runs, plant)),
    () => [endlessCase(between(NO_RANDOMNESS.min, NO_RANDOMNESS.max), Math.min(runs, NO_RANDOMNESS.trials), plant)],
    ...SPLIT_VOTES.map((example) => () => {
      const { servers, survivors, latency } = example;
      return [splitCase(example, bare(servers, survivors, constant(latency * UNIT)), runs, plant)];
    }),
    ...SPLIT_VOTES_VARYING.map((example) => () => {
      const { servers, survivors } = example;
      return [varyingSplitCase(example, bare(servers, survivors, { kind: "uniform", from: 0.1 * UNIT, to: 0.2 * UNIT }), runs, plant)];
    }),
    () => [firstTimeoutCase(bare(5, 4, constant(0)), runs, plant)],
    ...[
      [5, 4],
      [9, 7],
    ].map(([servers = 0, survivors = 0]) => () => [meanTimeCase(bare(servers, survivors, constant(0.01 * UNIT)), 0.01, runs, plant)]),
  ];
  return work.flatMap((cases, done) => {
    const found = cases();
    progress?.(done + 1, work.length);
    return found;
  });
}

function underSettings({ set, runs, plant, progress }: TopicOptions): readonly VerifyCase[] {
  const read = readSettings(SETTINGS, set);
  assert(read.ok, "settings were checked");
  const { settings } = read;
  const conditions = conditionsOf(settings);
  const isEndless = conditions.electionMin === conditions.electionMax;
  const { servers, down, eligible, electionMin, heartbeat } = conditions;
  const isDefault = (name: string): boolean =>
    SETTINGS.some((setting) => setting.name === name && setting.default === set[name]) ||
    (name === "eligible" && eligible === leastEligible(servers, down)) ||
    (name === "heartbeat" && heartbeat === halfOf(electionMin, conditions.tick));
  const changed = Object.keys(set).filter((name) => name !== "election" && !isDefault(name));
  const curve = CURVES.find(
    ({ min, max }) => changed.length === 0 && min * 1_000 === conditions.electionMin && max * 1_000 === conditions.electionMax,
  );
  const trials = runs ?? (isEndless ? NO_RANDOMNESS.trials : RUNS);
  const cases = [
    ...(curve === undefined ? [] : curveCases(curve, conditions, trials, plant)),
    ...(changed.length === 0 && conditions.electionMin === NO_RANDOMNESS.min * 1_000 && isEndless
      ? [endlessCase(conditions, trials, plant)]
      : []),
    ...setCases(
      {
        conditions,
        latency: constantOf(settings.distribution("oneWay")),
        isInstant: ["persist.candidate", "persist.voter"].every((name) => constantOf(settings.distribution(name)) === 0),
      },
      trials,
      plant,
    ),
  ];
  progress?.(1, 1);
  return cases;
}

const constantOf = (spec: DistributionSpec): number | undefined => (spec.kind === "constant" ? spec.value : undefined);

/** Rounded down to whole ticks; one tick at least. */
function halfOf(electionMin: number, tick: number): number {
  const half = Math.floor(electionMin / 2);
  return tick === 0 ? half : Math.max(tick, half - (half % tick));
}

function conditionsOf(settings: Settings): Conditions {
  const servers = settings.number("servers");
  const down = settings.number("down");
  const eligible = settings.wordOrNumber("eligible");
  const heartbeat = settings.wordOrNumber("heartbeat");
  const [electionMin = 0, electionMax = 0] = settings.list("election");
  const tick = settings.number("tick");
  const sampler = (name: string): Conditions["oneWay"] => compileDistribution(settings.distribution(name));
  return {
    servers,
    down,
    eligible: typeof eligible === "number" ? eligible : eligible === "all" ? servers - down : leastEligible(servers, down),
    electionMin,
    electionMax,
    heartbeat: typeof heartbeat === "number" ? heartbeat : halfOf(electionMin, tick),
    oneWay: sampler("oneWay"),
    persistCandidate: sampler("persist.candidate"),
    persistVoter: sampler("persist.voter"),
    timers: settings.word("timers") === "free" ? "free" : "together",
    crash: "uniform",
    tick,
    preVote: settings.word("preVote") === "true",
    checkQuorum: settings.word("checkQuorum") === "true",
    patience: PATIENCE * electionMax,
  };
}

function problemsOf(settings: Settings): readonly string[] {
  const { servers, down, eligible, electionMin, electionMax, heartbeat, tick } = conditionsOf(settings);
  const problems: string[] = [];
  const survivors = servers - down;
  if (survivors < majorityOf(servers)) {
    problems.push(`down: ${down} of ${servers} down leaves no majority; at most ${servers - majorityOf(servers)} may be`);
  } else if (eligible < leastEligible(servers, down) || eligible > survivors) {
    problems.push(`eligible: of ${survivors} survivors of ${servers} servers, ${leastEligible(servers, down)} to ${survivors} can win`);
  }
  if (heartbeat >= electionMin) problems.push("heartbeat: not below the least election time-out, so a live leader would be given up");
  if (heartbeat === 0) problems.push("heartbeat: no time at all; write one from 1us");
  if (!Number.isInteger(electionMin) || !Number.isInteger(electionMax))
    problems.push("election: not whole microseconds; write an end of fewer digits");
  if (tick > 0) {
    const told = (name: string, ...times: readonly number[]): void => {
      if (times.some((time) => time % tick !== 0))
        problems.push(`${name}: ${times.map((time) => `${time / 1_000} ms`).join("..")}, which is not whole ticks of ${tick / 1_000} ms`);
    };
    told("election", electionMin, electionMax);
    told("heartbeat", heartbeat);
  }
  return problems;
}
