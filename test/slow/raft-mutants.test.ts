import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RaftModule } from "../modules/raft/host.ts";
import { Breach } from "../modules/raft/judge.ts";
import { MUTANTS } from "../modules/raft/mutants.ts";
import type { Mutant } from "../modules/raft/mutants.ts";
import { mutant } from "../modules/raft/mutate.ts";
import { runSchedule } from "../modules/raft/schedule.ts";
import { SENTENCES } from "../modules/raft/sentences.ts";
import { runTranscript } from "../modules/raft/transcript.ts";

/** How many schedules are searched before a mutant counts as alive. The known one is the first. */
const SCHEDULES = 2_000;

describe("a peer is found out that", () => {
  for (const each of MUTANTS) it(each.name, () => findOut(each, mutant(...each.patches)));
});

it("the module unchanged, compiled as mutants are, passes what kills them", () => {
  const raft = mutant();
  for (const { kill } of MUTANTS) {
    if (kill.by === "schedule") expect(breachOf(raft, kill.seed, kill)).toBeUndefined();
    else if (kill.by === "transcript") expect(isAnswered(raft, kill.file)).toBe(true);
    else SENTENCES[kill.says]!(raft);
  }
});

function findOut({ kill }: Mutant, raft: RaftModule): void {
  if (kill.by === "sentence") {
    expect(() => SENTENCES[kill.says]!(raft)).toThrow();
  } else if (kill.by === "transcript") {
    expect(isAnswered(raft, kill.file)).toBe(false);
  } else {
    const { breaks, seed } = kill;
    let breach: Breach | undefined;
    for (let i = 0; breach === undefined && i < SCHEDULES; i += 1) breach = breachOf(raft, seed + i, kill);
    expect(breaks).toContain(breach?.property);
  }
}

function breachOf(raft: RaftModule, seed: number, kill: Extract<Mutant["kill"], { by: "schedule" }>): Breach | undefined {
  try {
    runSchedule(raft, seed, kill.steps ?? 500, kill.profile);
    return undefined;
  } catch (error) {
    if (error instanceof Breach) return error;
    throw error;
  }
}

function isAnswered(raft: RaftModule, file: string): boolean {
  const text = readFileSync(new URL(`../data/raft/${file}`, import.meta.url), "utf8");
  try {
    return runTranscript(raft, text) === text;
  } catch {
    // An assertion of the module is an answer too, and not the one expected.
    return false;
  }
}
