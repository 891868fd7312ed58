/**
 * Mutation testing of `src/modules/raft`. Stryker's instrumenter says in which small ways the sources can be changed; each change is
 * compiled apart from the real module and judged: by the paper's sentences, by the transcripts, by random schedules under all
 * invariants, and last by whether sixty schedules go exactly as they go with the module unchanged. What passes all of these must stand
 * in test/mutation/survivors.json with the reason; what stands there and is noticed must go.
 *
 * Run by tools/mutation-raft.mjs: `npm run mutation:raft [-- FILE...]`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { Script } from "node:vm";
import { createInstrumenter } from "@stryker-mutator/instrumenter";
import { CLAIMS } from "./claims.ts";
import type { Coverage } from "./coverage.ts";
import type { RaftModule } from "./host.ts";
import { moduleWith, sourceOf } from "./mutate.ts";
import { runSchedule } from "./schedule.ts";
import { SENTENCES } from "./sentences.ts";
import { runTranscript } from "./transcript.ts";

const FOLDER = new URL("../../../src/modules/raft/", import.meta.url);
const TRANSCRIPTS = new URL("../../data/raft/", import.meta.url);
const EXPLAINED = new URL("../../mutation/survivors.json", import.meta.url);

/** Longer than any judgement of a module that ends, in milliseconds; too short for a list that grows without end to end the process. */
const PATIENCE = 1_500;
const STEPS = 500;
const SCHEDULES = { invariants: range(101, 160), behaviour: range(1, 60) } as const;

/** How a change was noticed, in the order in which it is tried. */
type Noticed = "does not compile" | "sentence" | "transcript" | "schedule" | "behaviour" | "no end";

/** A change is known by its file, the text of its line, the text that was changed, and what it became: line numbers move. */
interface Change {
  readonly file: string;
  readonly line: string;
  readonly from: string;
  readonly to: string;
}

interface Mutation extends Change {
  readonly number: number;
  readonly source: string;
}

interface Place {
  readonly line: number;
  readonly column: number;
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

const tidy = (text: string): string => text.replaceAll(/\s+/gu, " ").trim();
const keyOf = ({ file, line, from, to }: Change): string => JSON.stringify([file, line, from, to]);

async function mutationsOf(files: readonly string[]): Promise<readonly Mutation[]> {
  const quiet = (): void => undefined;
  const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet, trace: quiet, fatal: quiet, isDebugEnabled: () => false };
  const injector = { provideValue: () => injector, injectClass: (Made: new (logger: object) => unknown) => new Made(logger) };
  const instrumenter = createInstrumenter(injector as never) as unknown as {
    instrument: (
      files: readonly object[],
      options: object,
    ) => Promise<{ mutants: readonly { fileName: string; replacement: string; location: { start: Place; end: Place } }[] }>;
  };
  const given = files.map((file) => ({ name: file, mutate: true, content: sourceOf(file) }));
  const options = { plugins: null, excludedMutations: [], ignorers: [], noHeader: false, disableTypeChecks: false };
  const { mutants } = await instrumenter.instrument(given, options);
  return mutants.map(({ fileName, replacement, location }) => {
    const text = sourceOf(fileName);
    const [start, end] = [offset(text, location.start), offset(text, location.end)];
    const line = text.slice(text.lastIndexOf("\n", start - 1) + 1).split("\n", 1)[0]!;
    return {
      file: fileName,
      number: location.start.line + 1,
      line: line.trim(),
      from: tidy(text.slice(start, end)),
      to: tidy(replacement),
      source: text.slice(0, start) + replacement + text.slice(end),
    };
  });
}

/** Lines count from 0, as the instrumenter has them. */
function offset(text: string, { line, column }: Place): number {
  let at = 0;
  for (let passed = 0; passed < line; passed += 1) at = text.indexOf("\n", at) + 1;
  return at + column;
}

/** Runs it, and breaks it off where it does not end. */
function within(judgement: () => boolean): boolean | "no end" {
  (globalThis as { judgement?: () => boolean }).judgement = judgement;
  try {
    return new Script("judgement()").runInThisContext({ timeout: PATIENCE }) as boolean;
  } catch (error) {
    return (error as { code?: string }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT" ? "no end" : false;
  }
}

const transcripts = readdirSync(TRANSCRIPTS).map((file) => readFileSync(new URL(file, TRANSCRIPTS), "utf8"));

/** A claim of the paper that does not hold throws. */
function saysAll(raft: RaftModule): boolean {
  for (const check of [...Object.values(SENTENCES), ...Object.values(CLAIMS)]) check(raft);
  return true;
}

function judge(raft: RaftModule, expected: readonly Coverage[]): Noticed | undefined {
  const steps: readonly (readonly [Noticed, () => boolean])[] = [
    ["sentence", () => saysAll(raft)],
    ["transcript", () => transcripts.every((text) => runTranscript(raft, text) === text)],
    ...SCHEDULES.invariants.map((seed) => ["schedule", () => runSchedule(raft, seed, STEPS).steps >= STEPS] as const),
    ...SCHEDULES.behaviour.map(
      (seed, index) => ["behaviour", () => JSON.stringify(runSchedule(raft, seed, STEPS)) === JSON.stringify(expected[index])] as const,
    ),
  ];
  for (const [noticed, passes] of steps) {
    const answer = within(passes);
    if (answer === "no end") return "no end";
    if (!answer) return noticed;
  }
  return undefined;
}

async function main(names: readonly string[]): Promise<number> {
  const all = readdirSync(FOLDER).filter((file) => file.endsWith(".ts"));
  const files = names.length === 0 ? all : names.map((name) => (name.endsWith(".ts") ? name : `${name}.ts`));
  const wrong = files.find((file) => !all.includes(file));
  if (wrong !== undefined) {
    console.error(`mutation:raft: no file ${wrong} in src/modules/raft; there are ${all.join(", ")}`);
    return 2;
  }
  const unchanged = moduleWith();
  const expected = SCHEDULES.behaviour.map((seed) => runSchedule(unchanged, seed, STEPS));
  const before = judge(unchanged, expected);
  if (before !== undefined) throw new Error(`the module unchanged is found out by ${before}`);
  const explained = JSON.parse(readFileSync(EXPLAINED, "utf8")) as readonly (Change & { readonly why: string })[];
  const reasons = new Map(explained.map((each) => [keyOf(each), each.why]));
  const counts = new Map<string, number>();
  const met = new Set<string>();
  const mutations = await mutationsOf(files);
  for (const mutation of mutations) {
    const noticed = judgeOne(mutation, expected);
    const key = keyOf(mutation);
    if (noticed === undefined) met.add(key);
    const outcome = noticed ?? ((reasons.get(key) ?? "") === "" ? "not noticed" : "not noticed for a stated reason");
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    const { file, line, from, to } = mutation;
    if (outcome === "not noticed") console.log(`${file}:${mutation.number} ${JSON.stringify({ file, line, from, to })}`);
  }
  const stale = explained.filter((each) => files.includes(each.file) && !met.has(keyOf(each)));
  for (const each of stale) console.log(`explained, but noticed or gone: ${JSON.stringify(each)}`);
  const list = [...counts].map(([outcome, count]) => `${outcome} ${count}`).join(", ");
  console.log(`${mutations.length} mutants of ${files.length} files: ${list}; ${stale.length} reasons out of date`);
  return mutations.length > 0 && !counts.has("not noticed") && stale.length === 0 ? 0 : 1;
}

function judgeOne({ file, source }: Mutation, expected: readonly Coverage[]): Noticed | undefined {
  try {
    return judge(moduleWith({ file, source }), expected);
  } catch {
    return "does not compile";
  }
}

process.exitCode = await main(process.argv.slice(2));
