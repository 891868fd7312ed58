/** `shardlab check`: for CI. Runs scenarios and says only whether what they expect holds: to people, to build servers, beside a baseline. */
import { appendFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { annotations, jobSummary } from "../report/annotations.ts";
import { conclusion, worseLines } from "../report/changes-text.ts";
import { isWorse, studyChange } from "../report/changes.ts";
import { type Checked, type Claim, claimsOf, isHeld } from "../report/checked.ts";
import { junitXml } from "../report/junit.ts";
import { printable, wrap } from "../report/layout.ts";
import { changesText, expectations } from "../report/table.ts";
import { percent } from "../study/stats/figure.ts";
import { highestQuantile } from "../study/scenario/repeats.ts";
import type { Given } from "./arguments.ts";
import { Exit } from "./exit.ts";
import { readIfThere, writeFiles } from "./files.ts";
import { listenForInterrupt } from "./interrupt.ts";
import type { StartPool } from "./pool.ts";
import { readDuration } from "./quantities.ts";
import { RESULTS, readReports } from "./results-files.ts";
import { type Planned, type Study, type StudyOptions, perform, plan, repeatCommand, studyOptions, unjudgedText } from "./studies.ts";
import { reportOfStudy } from "./study-report.ts";
import type { Terminal } from "./terminal.ts";

/** The command. Gives the exit status: a scenario that expects nothing is not held. */
export async function check(given: Given, terminal: Terminal, startPool: StartPool): Promise<number> {
  const budget = readDuration(given, "budget");
  const options = { ...studyOptions(given), budget: budget === undefined ? undefined : budget / 1_000 };
  const baseline = given.text("baseline");
  const planned = await plan(options);
  const found = await checkStudies(planned, options, { terminal, startPool, baseline });
  const junit = given.text("junit");
  if (junit !== undefined) writeFiles(dirname(junit), [{ name: basename(junit), content: junitXml(found.checked) }]);
  if (given.flag("github")) tellGitHub(found.checked, terminal);
  const status = found.checked.length > 0 && found.checked.every(isHeld) ? Exit.Held : Exit.Broken;
  return found.interrupted ?? (given.flag("no-fail") ? Exit.Held : status);
}

export interface Checking {
  readonly terminal: Terminal;
  readonly startPool: StartPool;
  /** The folder of the results that nothing may be worse than: `DIR/NAME/results.json`, or `DIR/results.json` for one scenario. */
  readonly baseline: string | undefined;
}

/** Runs and judges all, printing each as it is done; `interrupted` is the exit status if it was. */
export async function checkStudies(
  planned: readonly Planned[],
  options: StudyOptions,
  { terminal, startPool, baseline }: Checking,
): Promise<{ readonly checked: readonly Checked[]; readonly interrupted: number | undefined }> {
  const interrupt = listenForInterrupt();
  const checked: Checked[] = [];
  try {
    for await (const study of perform(planned, options, { terminal, startPool, signal: interrupt.signal })) {
      if (interrupt.signal.aborted) {
        terminal.say(`${study.scenario.name}: stopped after ${study.repeats} of ${study.asked} repeats; not judged`);
        break;
      }
      const one = checkedStudy(study, options, baseline === undefined ? undefined : baselineClaim(study, baseline, planned.length));
      checked.push(one);
      terminal.print(`${studyLines(study, one, options, terminal).join("\n")}\n\n`);
    }
  } finally {
    interrupt.release();
  }
  return { checked, interrupted: interrupt.status() };
}

const NOTHING: Claim = {
  title: "something is expected",
  kind: "unknown",
  text: "nothing is expected, so nothing was checked; write expect:",
  place: undefined,
  again: undefined,
  knownFailure: undefined,
};

/** A scenario that expects something, only not of the strategies that were chosen, is not told to write `expect:`. */
const nothing = (study: Study): Claim => {
  const unjudged = unjudgedText(study);
  return unjudged === undefined ? NOTHING : { ...NOTHING, text: `nothing was checked: ${unjudged}` };
};

function checkedStudy(study: Study, options: StudyOptions, baseline: Claim | undefined): Checked {
  const { file, scenario, verdicts } = study;
  const claims = verdicts.flatMap((verdict) => claimsOf(verdict, file, (run) => repeatCommand(file, run, options)));
  return {
    file,
    name: printable(scenario.name),
    claims: [...(claims.length === 0 ? [nothing(study)] : claims), ...(baseline === undefined ? [] : [baseline])],
  };
}

/** Nothing may be significantly worse than the baseline; without one nobody can tell. */
function baselineClaim(study: Study, folder: string, scenarios: number): Claim {
  const own = join(folder, study.scenario.name);
  const place = readIfThere(join(own, RESULTS)) === undefined && scenarios === 1 ? folder : own;
  const claim = { title: `nothing is worse than ${printable(place)}`, place: undefined, again: undefined, knownFailure: undefined };
  if (readIfThere(join(place, RESULTS)) === undefined)
    return { ...claim, kind: "unknown", text: `${join(own, RESULTS)} is not there; shardlab run ${study.file} --out ${own} writes it` };
  const [before] = readReports([place]);
  if (before === undefined) return { ...claim, kind: "unknown", text: "no results" };
  const change = studyChange(before, reportOfStudy(study));
  const text = [conclusion(change), ...worseLines(change)].join(" ");
  return { ...claim, kind: isWorse(change) ? "broken" : "held", text };
}

function studyLines(study: Study, { name, claims }: Checked, options: StudyOptions, { paint, columns }: Terminal): readonly string[] {
  const { verdicts, changes } = study;
  const own = new Set(claims.filter(({ place }) => place !== undefined));
  const others = claims
    .filter((claim) => !own.has(claim))
    .flatMap(({ kind, text }) => {
      const colour = { held: paint.good, broken: paint.bad, unknown: paint.doubtful }[kind];
      const word = kind === "held" ? "held" : kind.toUpperCase();
      const [first = "", ...rest] = wrap(text, columns - 9);
      return [colour(word.padEnd(9)) + first, ...rest.map((line) => " ".repeat(9) + line)];
    });
  const again = [...new Set(claims.flatMap((claim) => (claim.kind === "broken" && claim.again !== undefined ? [claim.again] : [])))];
  const changed = changes.length === 0 ? [] : wrap(changesText(changes), columns, 2).map(paint.doubtful);
  const unjudged = verdicts.length === 0 ? undefined : unjudgedText(study);
  const power = powerWords(study, options).flatMap((line) => wrap(line, columns, 2).map(paint.doubtful));
  return [
    paint.bold(name),
    ...changed,
    ...power,
    ...expectations(verdicts, columns, paint),
    ...(unjudged === undefined ? [] : wrap(unjudged, columns, 2)),
    ...others,
    ...again.map((command) => `again:   ${command}`),
  ];
}

const CONFIDENCE = 0.95;

/** What so few repeats can still show, where the budget left fewer than were asked for. */
function powerWords({ repeats, asked }: Study, { budget }: StudyOptions): readonly string[] {
  if (budget === undefined || repeats >= asked) return [];
  // 1 - (1 - share)^n = 0.95: a failure of that share of runs is seen at least once with 95 %.
  const seen = -Math.expm1(Math.log1p(-CONFIDENCE) / repeats);
  const quantile = highestQuantile(repeats, CONFIDENCE);
  return [
    `The budget left ${repeats} of ${asked} repeats: what fails in ${percent(seen)} of runs or more is seen with ${percent(CONFIDENCE)}; ${
      quantile === undefined ? "no quantile can be bounded" : `quantiles up to ${quantile} can be bounded`
    }.`,
  ];
}

/** Annotations on standard output, where the runner looks for them, and the summary in the file that it names. */
function tellGitHub(checked: readonly Checked[], terminal: Terminal): void {
  const root = process.env["GITHUB_WORKSPACE"];
  const shown = (file: string): string => (root === undefined || root === "" ? file : relative(root, resolve(file)));
  for (const line of annotations(checked, shown)) terminal.print(`${line}\n`);
  const summary = process.env["GITHUB_STEP_SUMMARY"];
  if (summary !== undefined && summary !== "") appendFileSync(summary, jobSummary(checked));
}
