/** `shardlab run`: runs scenarios, prints the comparison, writes the report, judges what was expected. */
import { availableParallelism, cpus, totalmem } from "node:os";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { comparison } from "../report/table.ts";
import { VERSION } from "../study/experiment/version.ts";
import type { Given } from "./arguments.ts";
import { Exit, InputError } from "./exit.ts";
import { type OutputFile, writeFiles } from "./files.ts";
import { listenForInterrupt } from "./interrupt.ts";
import type { StartPool } from "./pool.ts";
import { type Format, PAGE, readFormats, reportFiles, writePictures } from "./report-files.ts";
import { type Planned, type Study, type StudyOptions, perform, plan, studyOptions, unjudgedText } from "./studies.ts";
import { reportOfStudy } from "./study-report.ts";
import type { Terminal } from "./terminal.ts";

/** The command. Gives the exit status. */
export async function run(given: Given, terminal: Terminal, startPool: StartPool): Promise<number> {
  const options = studyOptions(given);
  const formats = readFormats(given.text("format"));
  const out = given.text("out");
  const planned = await plan(options);
  const folders = foldersOf(planned, out);
  const interrupt = listenForInterrupt();
  const start = performance.now();
  let status: number = Exit.Held;
  try {
    for await (const study of perform(planned, options, { terminal, startPool, signal: interrupt.signal })) {
      const whole = folders.get(study.file) ?? join("reports", study.scenario.name);
      // A part of a study does not take the place of the whole one, unless its folder was named.
      const folder = out === undefined && isPartOf(study, options) ? join(whole, "partial") : whole;
      const found = await finish(study, {
        folder,
        formats,
        terminal,
        options,
        milliseconds: performance.now() - start,
        interrupted: interrupt.signal.aborted,
      });
      if (!given.flag("no-fail")) status = Math.max(status, found);
    }
  } finally {
    interrupt.release();
  }
  return interrupt.status() ?? status;
}

/** Fewer repeats than the file plans, some strategies only, another seed, or other values. */
function isPartOf({ repeats, seed, scenario }: Study, { strategies, set }: StudyOptions): boolean {
  return repeats < scenario.repeats || seed !== scenario.seed || strategies.length > 0 || set.length > 0;
}

interface Finishing {
  readonly folder: string;
  readonly formats: readonly Format[];
  readonly terminal: Terminal;
  readonly options: StudyOptions;
  readonly milliseconds: number;
  readonly interrupted: boolean;
}

/** Prints and writes one study. Gives 1 if anything expected is not held. */
async function finish(study: Study, { folder, formats, terminal, options, milliseconds, interrupted }: Finishing): Promise<number> {
  const { scenario, repeats } = study;
  const partial = interrupted && repeats < study.asked;
  if (repeats === 0) {
    terminal.say(`${scenario.name}: stopped before the first repeat was whole; nothing was written`);
    return Exit.Held;
  }
  const report = reportOfStudy(study);
  const files = [...(await reportFiles(report, formats)), ...(formats.length === 0 ? [] : [environment(options, milliseconds)])];
  writeFiles(folder, files);
  await writePictures(report, folder, formats);
  const page = files.some(({ name }) => name === PAGE) ? join(folder, PAGE) : folder;
  terminal.print(comparison(report, { columns: terminal.columns, paint: terminal.paint, path: files.length === 0 ? undefined : page }));
  const unjudged = unjudgedText(study);
  if (unjudged !== undefined) terminal.say(`${scenario.name}: ${unjudged}`);
  const stale = formats.includes("html") ? [] : [join(folder, PAGE)].filter((path) => existsSync(path));
  for (const path of stale) terminal.say(`${path} is of an earlier run`);
  if (partial) {
    terminal.say(`${scenario.name}: stopped after ${repeats} of ${study.asked} repeats, which are written to ${folder}`);
    terminal.say("Run it again to go on: the same seeds give the same runs.");
  }
  return report.verdicts.every((one) => one.kind === "held") ? Exit.Held : Exit.Broken;
}

/** What the results do not depend on, for whoever wonders: the machine, the time it took. */
function environment({ jobs }: StudyOptions, milliseconds: number): OutputFile {
  const processors = cpus();
  const content = {
    schemaVersion: 1,
    shardlab: VERSION,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: processors[0]?.model ?? "unknown",
    processors: processors.length,
    available: availableParallelism(),
    memoryBytes: totalmem(),
    jobs,
    wallSeconds: Number((milliseconds / 1_000).toFixed(3)),
    finished: new Date().toISOString(),
  };
  return { name: "environment.json", content: `${JSON.stringify(content, undefined, 1)}\n` };
}

/** Where each scenario's results go, by file: `--out` itself for one scenario, a folder in it for each of several. */
function foldersOf(planned: readonly Planned[], out: string | undefined): ReadonlyMap<string, string> {
  const folders = new Map<string, string>();
  const owners = new Map<string, string>();
  const wrong: string[] = [];
  for (const { source, scenario } of planned) {
    const own = out === undefined ? join("reports", scenario.name) : planned.length === 1 ? out : join(out, scenario.name);
    const owner = owners.get(own);
    if (owner !== undefined)
      wrong.push(
        `${source.file} and ${owner} are both named ${scenario.name} and would write to ${own}; rename one, or run them apart with --out`,
      );
    owners.set(own, source.file);
    folders.set(source.file, own);
  }
  if (wrong.length > 0) throw new InputError(wrong);
  return folders;
}
