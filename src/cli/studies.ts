/** Runs scenarios and judges them: what `run` and `check` have in common. */
import { availableParallelism } from "node:os";
import { judge } from "../study/checks/expectations.ts";
import { printable } from "../report/layout.ts";
import type { ExpectationVerdict } from "../study/checks/verdict.ts";
import { type Job, planJobs } from "../study/experiment/experiment.ts";
import { REPEATS_MOST } from "../study/scenario/schema/top.ts";
import type { Expectation, Scenario } from "../study/scenario/scenario.ts";
import { type Given, suggestion } from "./arguments.ts";
import { InputError } from "./exit.ts";
import { type Loaded, loadScenarios } from "./load.ts";
import type { Pool, StartPool } from "./pool.ts";
import { asksHeadroom, measureHeadroom } from "./measure-headroom.ts";
import { startProgress } from "./progress.ts";
import type { RunRecord } from "./task.ts";
import type { Terminal } from "./terminal.ts";

export interface StudyOptions {
  readonly files: readonly string[];
  readonly set: readonly string[];
  readonly repeats: number | undefined;
  readonly seed: number | undefined;
  /** Empty: all. */
  readonly strategies: readonly string[];
  readonly jobs: number;
  readonly verify: boolean;
  readonly quiet: boolean;
  readonly allowPlugins: boolean;
  /** Milliseconds for all scenarios together, after which no repeat is begun; the first of each scenario always is. */
  readonly budget?: number | undefined;
}

/** Threads beyond this only wait for one another. */
const JOBS_MOST = 1_024;

/** Reads what `run` and `check` both take. */
export function studyOptions(given: Given): StudyOptions {
  return {
    files: given.positionals,
    set: given.texts("set"),
    repeats: given.whole("repeats", 1, REPEATS_MOST),
    seed: given.whole("seed", 0),
    strategies: given.texts("strategy"),
    jobs: given.whole("jobs", 1, JOBS_MOST) ?? availableParallelism(),
    verify: given.flag("verify"),
    quiet: given.flag("quiet"),
    allowPlugins: given.flag("allow-plugins"),
  };
}

/** A scenario with what its runs left. */
export interface Study {
  readonly file: string;
  readonly scenario: Scenario;
  readonly seed: number;
  /** Asked for, by the file or by `--repeats`; and those that are whole, less when interrupted. */
  readonly asked: number;
  readonly repeats: number;
  /** In the order of the file, only those that were chosen. */
  readonly records: ReadonlyMap<string, readonly RunRecord[]>;
  readonly verdicts: readonly ExpectationVerdict[];
  /** Of the scenario's objectives, for the strategies that were chosen. */
  readonly objectives: readonly ExpectationVerdict[];
  /** Expectations about strategies that were not chosen. */
  readonly unjudged: number;
  /** What the options change of the file, in the words of the command line. */
  readonly changes: readonly string[];
}

export interface Planned extends Loaded {
  readonly jobs: readonly Job[];
  readonly strategies: readonly string[];
}

/** Reads the scenarios and plans their runs. Throws an InputError for anything wrong, before anything runs. */
export async function plan(options: StudyOptions): Promise<readonly Planned[]> {
  const loaded = await loadScenarios(options.files, options);
  const known = [...new Set(loaded.flatMap(({ scenario }) => scenario.strategies.map(({ name }) => name)))];
  const unknown = options.strategies.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new InputError(
      unknown.map((name) => {
        const guess = suggestion(name, known);
        return `--strategy: there is no strategy "${name}"; ${guess === undefined ? `there are ${known.join(", ")}` : `did you mean "${guess}"?`}`;
      }),
    );
  }
  return loaded.map((one) => {
    const names = one.scenario.strategies.map(({ name }) => name);
    const strategies = options.strategies.length === 0 ? names : names.filter((name) => options.strategies.includes(name));
    const { seed = one.scenario.seed, repeats = one.scenario.repeats } = options;
    return { ...one, strategies, jobs: planJobs(one.scenario, { strategies, seed, repeats }) };
  });
}

export interface Performing {
  readonly terminal: Terminal;
  readonly startPool: StartPool;
  readonly signal: AbortSignal;
  /** Milliseconds from any fixed instant; a test hands in its own. */
  readonly clock?: () => number;
}

/** Runs every planned scenario in turn, giving each as it is done. After `signal` the running one is given as far as it came. */
export async function* perform(
  planned: readonly Planned[],
  options: StudyOptions,
  { terminal, startPool, signal, clock = () => performance.now() }: Performing,
): AsyncGenerator<Study> {
  const end = clock() + (options.budget ?? Infinity);
  const most = Math.max(...planned.map(({ jobs }) => jobs.length));
  const pool = startPool(
    planned.map(({ source }) => source),
    Math.max(1, Math.min(options.jobs, most)),
  );
  try {
    for (const [source, one] of planned.entries()) {
      if (one.jobs.length === 0) continue;
      // What is left is shared by the number of runs; what a scenario does not use goes to those after it.
      const waiting = planned.slice(source).reduce((sum, { jobs }) => sum + jobs.length, 0);
      const due = clock() + ((end - clock()) * one.jobs.length) / waiting;
      const enough = (next: Job): boolean => next.repeat > 0 && clock() >= due;
      yield await study(one, source, { pool, options, terminal, signal, enough });
      if (signal.aborted) return;
    }
  } finally {
    await pool.close();
  }
}

interface Means {
  readonly pool: Pool;
  readonly options: StudyOptions;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly enough: (next: Job) => boolean;
}

async function study(
  { source: { file }, scenario, jobs, strategies }: Planned,
  source: number,
  { pool, options, terminal, signal, enough }: Means,
): Promise<Study> {
  const { verify, quiet } = options;
  const progress = startProgress({ terminal, quiet, label: scenario.name, total: jobs.length });
  const repeat = (job: Job): string => repeatCommand(file, job, options);
  let records: readonly (RunRecord | undefined)[];
  try {
    records = await pool.run({ source, jobs, verify, signal, enough, done: progress.step, repeat });
    if (asksHeadroom(scenario))
      records = await measureHeadroom(records, { pool, source, scenario, jobs, lanes: options.jobs, signal, repeat });
  } finally {
    progress.end();
  }
  // A run that was not the same twice has ended the study with its first difference.
  const made = records.filter((record) => record !== undefined).length;
  if (verify) terminal.say(`${printable(scenario.name)}: ${made} of ${jobs.length} runs repeated, each with the same events and digest`);
  const repeats = wholeRepeats(jobs, records);
  const byStrategy = new Map(
    strategies.map((name) => [
      name,
      records.filter((record) => record?.header.strategy === name && record.header.repeat < repeats) as readonly RunRecord[],
    ]),
  );
  const expectations = scenario.expect.flatMap((one) => narrowed(one, strategies));
  // The file's own number: what it expects is made for that many, so that lowering them makes an expectation unknown, not easier.
  const counts = { plannedRepeats: scenario.repeats, actualRepeats: repeats };
  const judged = (asked: readonly Expectation[]): readonly ExpectationVerdict[] =>
    repeats === 0 ? [] : asked.flatMap((one) => narrowed(one, strategies)).map((one) => judge(one, byStrategy, counts));
  return {
    file,
    scenario,
    seed: options.seed ?? scenario.seed,
    asked: options.repeats ?? scenario.repeats,
    repeats,
    records: byStrategy,
    verdicts: judged(scenario.expect),
    objectives: judged(scenario.objectives),
    unjudged: scenario.expect.length - expectations.length,
    changes: changesOf(scenario, options),
  };
}

/** What `--strategy` leaves unjudged, in a sentence; undefined where it leaves nothing. */
export const unjudgedText = ({ unjudged }: Pick<Study, "unjudged">): string | undefined =>
  unjudged === 0 ? undefined : `${unjudged} ${unjudged === 1 ? "expectation" : "expectations"} about other strategies not judged`;

function changesOf(scenario: Scenario, { set, repeats, seed, strategies }: StudyOptions): readonly string[] {
  const own = scenario.strategies.map(({ name }) => name);
  const chosen = own.filter((name) => strategies.includes(name));
  return [
    ...set.map((one) => `--set ${one}`),
    ...(chosen.length === 0 || chosen.length === own.length ? [] : chosen.map((name) => `--strategy ${name}`)),
    ...(repeats === undefined || repeats === scenario.repeats ? [] : [`--repeats ${repeats} (the file: ${scenario.repeats})`]),
    ...(seed === undefined || seed === scenario.seed ? [] : [`--seed ${seed} (the file: ${scenario.seed})`]),
  ];
}

/** How many repeats, from the first on, have all their runs. */
function wholeRepeats(jobs: readonly Job[], records: readonly (RunRecord | undefined)[]): number {
  const missing = jobs.find((_, index) => records[index] === undefined);
  return missing?.repeat ?? (jobs.at(-1)?.repeat ?? -1) + 1;
}

/** The expectation as far as it is about strategies that were run; none if it compares with one that was not. */
function narrowed(expectation: Expectation, strategies: readonly string[]): readonly Expectation[] {
  const of = expectation.of.filter((name) => strategies.includes(name));
  const other = expectation.kind === "metric" && "strategy" in expectation.bound ? expectation.bound.strategy : undefined;
  if (of.length === 0 || (other !== undefined && !strategies.includes(other))) return [];
  return [{ ...expectation, of }];
}

/** The command that makes one run again. */
export function repeatCommand(
  file: string,
  { strategy, seed }: Pick<Job, "strategy" | "seed">,
  { set, allowPlugins }: Pick<StudyOptions, "set" | "allowPlugins">,
): string {
  const words = [
    "shardlab",
    "run",
    file,
    "--strategy",
    strategy,
    "--seed",
    String(seed),
    "--repeats",
    "1",
    ...set.flatMap((one) => ["--set", one]),
    ...(allowPlugins ? ["--allow-plugins"] : []),
  ];
  return words.map(shellWord).join(" ");
}

/** As a shell reads it back: quoted where it must be. */
const shellWord = (word: string): string => (/^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
