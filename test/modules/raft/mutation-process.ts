/** Judging mutants in processes of their own: one that does not end, or fills the memory, ends its process and nothing else. */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Question, Verdict } from "./mutation-judge.ts";

const PROGRAM = fileURLToPath(new URL("mutation-judge.ts", import.meta.url));

/** Enough for any schedule; a list that grows without end is noticed soon. */
const MEMORY_MB = 512;
/** Each judgement leaves compiled code behind: after so many, a new process. */
const BATCH = 150;
/** A process that says nothing for so long, in milliseconds, hangs where it cannot break off by itself. */
const SILENCE_MS = 120_000;

/** One process after another that judges; `judge` takes one question at a time. */
export interface Judge {
  readonly judge: (question: Question) => Promise<Verdict>;
  readonly stop: () => void;
}

export function createJudge(): Judge {
  let child: ChildProcess | undefined;
  let judged = 0;
  const stop = (): void => {
    child?.kill();
    child = undefined;
  };
  return {
    judge: async (question) => {
      if (judged >= BATCH) stop();
      if (child === undefined) {
        child = await start();
        judged = 0;
      }
      judged += 1;
      const answer = answerOf(child);
      child.send(question);
      const verdict = (await answer) as Verdict | undefined;
      if (verdict !== undefined) return verdict;
      // It died of the mutant.
      child = undefined;
      return { noticed: "no end" };
    },
    stop,
  };
}

async function start(): Promise<ChildProcess> {
  const execArgv = [`--max-old-space-size=${MEMORY_MB}`, "--import", "tsx"];
  const child = fork(PROGRAM, [], { execArgv, stdio: ["ignore", "inherit", "pipe", "ipc"] });
  // What a process that dies of a mutant says is long and means nothing; one that cannot start must be heard.
  let said = "";
  child.stderr!.on("data", (text: Buffer) => (said = (said + text.toString()).slice(-4_000)));
  if ((await answerOf(child)) !== "ready") throw new Error(`the judge does not start: ${said}`);
  return child;
}

/** The next message of `child`; `undefined` if it dies first. */
function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => {
    const end = (answer: unknown): void => {
      clearTimeout(timer);
      child.off("message", end);
      child.off("exit", died);
      resolve(answer);
    };
    const died = (): void => end(undefined);
    const timer = setTimeout(() => child.kill("SIGKILL"), SILENCE_MS);
    child.once("message", end);
    child.once("exit", died);
  });
}
