/**
 * `shardlab/vitest`: a scenario as a test. What it expects is judged as `shardlab check` judges it, and what is not held fails the test
 * with its line and the command that shows it again.
 *
 *     import { expectScenario } from "shardlab/vitest";
 *     it("one primary dies and nothing is lost", async () => {
 *       await expectScenario("scenarios/primary-crash.yaml", { repeats: 10 });
 *     }, 120_000);
 *
 * It throws an Error and asks nothing of Vitest, so that it serves other runners as well.
 */
import { claimsOf } from "../report/checked.ts";
import { type Report, summaryOf } from "../report/report.ts";
import type { ExpectationVerdict } from "../study/checks/verdict.ts";
import type { MetricSummary } from "../study/stats/summary.ts";
import { type StartPool, startPool } from "./pool.ts";
import { type Study, perform, plan, repeatCommand } from "./studies.ts";
import { reportOfStudy } from "./study-report.ts";
import type { Terminal } from "./terminal.ts";

export interface ExpectOptions {
  /** In place of the file's; an expectation that so few cannot judge is not held. */
  readonly repeats?: number;
  readonly seed?: number;
  /** Only these; left out: all. */
  readonly strategies?: readonly string[];
  /** `path=value`, each laid on the file. */
  readonly set?: readonly string[];
  /** Threads; default 1, since test runners run files side by side. */
  readonly jobs?: number;
  /** Modules named in `plugins:` are loaded. */
  readonly allowPlugins?: boolean;
}

/** What the runs gave, for further claims of one's own. */
export interface ScenarioResult {
  readonly report: Report;
  readonly verdicts: readonly ExpectationVerdict[];
  /** The figures of one metric of one strategy. Throws if there are none by these names. */
  readonly figures: (strategy: string, metric: string) => MetricSummary;
}

export type ExpectScenario = (file: string, given?: ExpectOptions) => Promise<ScenarioResult>;

/** Runs a scenario and throws unless everything that it expects is held, and something is. */
export const expectScenario: ExpectScenario = (file, given) => expecting(startPool)(file, given);

/** The same on whatever pool runs the jobs. */
export const expecting =
  (start: StartPool): ExpectScenario =>
  (file, given) =>
    expectOn(start, file, given);

async function expectOn(start: StartPool, file: string, given: ExpectOptions = {}): Promise<ScenarioResult> {
  const { repeats, seed, strategies = [], set = [], jobs = 1, allowPlugins = false } = given;
  const options = { files: [file], set, repeats, seed, strategies, jobs, verify: false, quiet: true, allowPlugins };
  const studies = perform(await plan(options), options, { terminal: SILENT, startPool: start, signal: new AbortController().signal });
  const ran: Study[] = [];
  for await (const study of studies) ran.push(study);
  const [study] = ran;
  if (study === undefined) throw new Error(`${file}: no strategy of these names`);
  const claims = study.verdicts.flatMap((verdict) => claimsOf(verdict, file, (run) => repeatCommand(file, run, options)));
  if (claims.length === 0) throw new Error(`${file}: nothing is expected, so nothing was checked; write expect:`);
  const failing = claims.filter(({ kind }) => kind !== "held");
  const lines = failing.flatMap(({ text, place, again }) => [
    `${place === undefined ? file : `${place.file}:${place.line}:${place.column}`}: ${text}`,
    ...(again === undefined ? [] : [`  again: ${again}`]),
  ]);
  if (lines.length > 0)
    throw new Error(`${failing.length} of ${claims.length} expectations of ${study.scenario.name} not held\n${lines.join("\n")}`);
  const report = reportOfStudy(study);
  const figures = (strategy: string, metric: string): MetricSummary => {
    const found = summaryOf(report, strategy, metric);
    if (found === undefined) throw new Error(`${study.scenario.name} has no ${metric} of ${strategy}`);
    return found;
  };
  return { report, verdicts: study.verdicts, figures };
}

const SILENT: Terminal = {
  print: () => undefined,
  say: () => undefined,
  redraw: () => undefined,
  interactive: false,
  columns: 80,
  paint: { bold: String, dim: String, good: String, bad: String, doubtful: String },
  closed: () => false,
};
