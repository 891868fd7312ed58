/**
 * Judges mutants of `src/modules/raft`, one message each, in a process of its own that mutation.ts starts: a mutant may run for ever
 * (it is broken off) or fill the memory (the process dies, and its starter knows by which mutant).
 *
 * What is cheap comes first: the claims, the transcripts, then random schedules. A schedule says two things: whether an invariant
 * broke, and whether it went exactly as with the module unchanged.
 */
import { readdirSync, readFileSync } from "node:fs";
import { Script } from "node:vm";
import { CALLER } from "./caller.ts";
import { CLAIMS } from "./claims.ts";
import { moduleWith, sourceOf } from "./mutate.ts";
import type { RaftModule } from "./host.ts";
import { runSchedule } from "./schedule.ts";
import { SENTENCES } from "./sentences.ts";
import { runTranscript } from "./transcript.ts";

/** How a change was noticed, in the order in which it is tried. */
export type Noticed = "load" | "claim" | "transcript" | "schedule" | "behaviour" | "no end";

/** Without `source`: the file as it stands. */
export interface Question {
  readonly file: string;
  readonly source?: string;
}

/** Without `noticed`: nothing noticed it. */
export interface Verdict {
  readonly noticed?: Noticed;
}

const TRANSCRIPTS = new URL("../../data/raft/", import.meta.url);
/** Longer than any judgement of a module that ends takes, in milliseconds of the processor. */
const PATIENCE = 1_500;
const STEPS = 500;
const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1);

const claims = [...Object.values(SENTENCES), ...Object.values(CLAIMS), ...Object.values(CALLER)];
const transcripts = readdirSync(TRANSCRIPTS).map((file) => readFileSync(new URL(file, TRANSCRIPTS), "utf8"));
const unchanged = moduleWith();
const courses = new Map<number, string>();

const courseOf = (raft: RaftModule, seed: number): string => JSON.stringify(runSchedule(raft, seed, STEPS));

/** How the schedule goes with the module unchanged. */
function expectedOf(seed: number): string {
  const known = courses.get(seed) ?? courseOf(unchanged, seed);
  courses.set(seed, known);
  return known;
}

/** Runs it, and breaks it off where it does not end. Whether it neither threw nor said no. */
function within(judgement: () => boolean, patience = PATIENCE): boolean | "no end" {
  (globalThis as { judgement?: () => boolean }).judgement = judgement;
  const { user } = process.cpuUsage();
  try {
    return new Script("judgement()").runInThisContext({ timeout: patience }) as boolean;
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") return false;
    // On a busy machine it may not have had its turn: once more, and longer.
    return (process.cpuUsage().user - user) / 1_000 < PATIENCE / 2 ? within(judgement, patience * 2) : "no end";
  }
}

function judge(raft: RaftModule): Noticed | undefined {
  for (const check of claims) {
    // A claim that does not hold throws.
    const answer = within(() => (check(raft), true));
    if (answer !== true) return answer === "no end" ? answer : "claim";
  }
  for (const text of transcripts) {
    const answer = within(() => runTranscript(raft, text) === text);
    if (answer !== true) return answer === "no end" ? answer : "transcript";
  }
  // One that only behaves otherwise goes on: a later schedule may show that it also breaks something.
  let noticed: Noticed | undefined;
  for (const seed of SEEDS) {
    const expected = expectedOf(seed);
    const answer = within(() => {
      if (courseOf(raft, seed) !== expected) noticed = "behaviour";
      return true;
    });
    if (answer !== true) return answer === "no end" ? answer : "schedule";
  }
  return noticed;
}

function verdictOn({ file, source }: Question): Verdict {
  let changed: RaftModule;
  try {
    changed = moduleWith({ file, source: source ?? sourceOf(file) });
  } catch {
    return { noticed: "load" };
  }
  const noticed = judge(changed);
  return noticed === undefined ? {} : { noticed };
}

process.on("message", (question: Question) => process.send!(verdictOn(question)));
process.send!("ready");
