/**
 * Mutation testing of `src/modules/raft`. Stryker's instrumenter says in which small ways the sources can be changed; each change is
 * compiled apart from the real module and judged in another process (mutation-process.ts, mutation-judge.ts): by the paper's sentences
 * and what follows from them, by the transcripts, by random schedules under all invariants, and last by whether these schedules go
 * exactly as they go with the module unchanged. What passes all of these must stand in test/mutation/survivors.json with the reason;
 * what stands there and is noticed must go.
 *
 * Run by tools/mutation-raft.mjs: `npm run mutation:raft [-- [--workers N] [--show OUTCOME] FILE...]`; `--show behaviour` lists what
 * is noticed by the course of the schedules alone. Exit status 1: something is not noticed and has no reason, or a reason is out of date.
 */
import { readdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { keyOf, mutationsOf } from "./mutation-list.ts";
import type { Change, Mutation } from "./mutation-list.ts";
import { createJudge } from "./mutation-process.ts";
import type { Judge } from "./mutation-process.ts";

const FOLDER = new URL("../../../src/modules/raft/", import.meta.url);
const EXPLAINED = new URL("../../mutation/survivors.json", import.meta.url);

const OUTCOMES = ["claim", "transcript", "schedule", "behaviour", "no end", "load", "explained", "not explained"] as const;
type Outcome = (typeof OUTCOMES)[number];

interface Reason extends Change {
  readonly why: string;
}

interface FileResult {
  readonly counts: ReadonlyMap<Outcome, number>;
  readonly stale: number;
}

/** All changes of one file, by as many judges as there are. Says at once what is not explained. */
async function judgeFile(file: string, judges: readonly Judge[], reasons: readonly Reason[], shown: string): Promise<FileResult> {
  const control = await judges[0]!.judge({ file });
  if (control.noticed !== undefined) throw new Error(`${file} unchanged is noticed (${control.noticed})`);
  const mutations = await mutationsOf(file);
  const mine = reasons.filter((each) => each.file === file);
  const known = new Set(mine.map(keyOf));
  const met = new Set<string>();
  const counts = new Map<Outcome, number>();
  const left = mutations.slice();
  const take = async (judge: Judge): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { noticed } = await judge.judge({ file, source: next.source });
      const key = keyOf(next.change);
      if (noticed === undefined) met.add(key);
      const outcome = noticed ?? (known.has(key) ? "explained" : "not explained");
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      if (outcome === "not explained" || outcome === shown) say(outcome, next);
    }
  };
  await Promise.all(judges.map(take));
  const stale = mine.filter((each) => !met.has(keyOf(each)));
  for (const each of stale) console.log(`explained, but noticed or gone: ${JSON.stringify(each)}`);
  console.log(`${file}: ${summaryOf(counts, stale.length)}`);
  return { counts, stale: stale.length };
}

function say(outcome: Outcome, { number, change }: Mutation): void {
  console.log(`${outcome}: ${change.file}:${number} ${JSON.stringify(change)}`);
}

function summaryOf(counts: ReadonlyMap<Outcome, number>, stale: number): string {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const noticed = all - (counts.get("explained") ?? 0) - (counts.get("not explained") ?? 0);
  const list = OUTCOMES.map((outcome) => `${outcome} ${counts.get(outcome) ?? 0}`).join(", ");
  return `${all} mutants, ${noticed} noticed (${list}), ${stale} reasons out of date`;
}

/** The reasons, none of them empty and none given twice. */
function readReasons(files: readonly string[]): readonly Reason[] {
  const reasons = JSON.parse(readFileSync(EXPLAINED, "utf8")) as readonly Reason[];
  const wrong = reasons.find((each, at) => each.why === "" || reasons.findIndex((other) => keyOf(other) === keyOf(each)) !== at);
  if (wrong !== undefined) throw new Error(`survivors.json: an empty reason, or one given twice: ${JSON.stringify(wrong)}`);
  const lost = reasons.find((each) => !files.includes(each.file));
  if (lost !== undefined) throw new Error(`survivors.json: there is no file ${lost.file}`);
  return reasons;
}

async function main(args: readonly string[]): Promise<number> {
  const all = readdirSync(FOLDER).filter((file) => file.endsWith(".ts"));
  let positionals: readonly string[];
  let workers: number;
  let shown: string;
  try {
    const options = { workers: { type: "string", default: "1" }, show: { type: "string", default: "not explained" } } as const;
    const given = parseArgs({ args: [...args], options, allowPositionals: true });
    positionals = given.positionals.map((name) => (name.endsWith(".ts") ? name : `${name}.ts`));
    workers = Number(given.values.workers);
    shown = given.values.show;
    const wrong = positionals.find((file) => !all.includes(file));
    if (wrong !== undefined) throw new Error(`no file ${wrong} in src/modules/raft; there are ${all.join(", ")}`);
    if (!Number.isInteger(workers) || workers < 1) throw new Error("--workers wants a whole number from 1");
    if (!OUTCOMES.some((outcome) => outcome === shown)) throw new Error(`--show wants one of ${OUTCOMES.join(", ")}`);
  } catch (error) {
    console.error(`mutation:raft: ${(error as Error).message}`);
    return 2;
  }
  const files = positionals.length === 0 ? all : positionals;
  const reasons = readReasons(all);
  const judges = Array.from({ length: workers }, createJudge);
  const counts = new Map<Outcome, number>();
  let stale = 0;
  try {
    for (const file of files) {
      const result = await judgeFile(file, judges, reasons, shown);
      for (const [outcome, count] of result.counts) counts.set(outcome, (counts.get(outcome) ?? 0) + count);
      stale += result.stale;
    }
  } finally {
    for (const judge of judges) judge.stop();
  }
  console.log(`${files.length} files: ${summaryOf(counts, stale)}`);
  return counts.size > 0 && !counts.has("not explained") && stale === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
