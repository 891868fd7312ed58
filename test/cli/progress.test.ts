import { expect, it } from "vitest";
import { startProgress } from "../../src/cli/progress.ts";
import { fakeTerminal } from "./harness.ts";

function session(
  interactive: boolean,
  quiet: boolean,
  stepMilliseconds: number,
): { readonly err: string; readonly drawn: readonly string[] } {
  const { terminal, err, drawn } = fakeTerminal({ interactive });
  let now = 0;
  const progress = startProgress({ terminal, quiet, label: "demo", total: 10, clock: () => now });
  for (let run = 0; run < 10; run += 1) {
    now += stepMilliseconds;
    progress.step(50_000);
  }
  progress.end();
  return { err: err(), drawn };
}

it("on a terminal a bar shows runs done, speed and time left, and is cleared at the end", () => {
  const { err, drawn } = session(true, false, 1_000);
  expect(drawn[0]).toContain("[....................] 0 of 10 runs");
  expect(drawn[5]).toBe("demo [##########..........] 5 of 10 runs, 50 k events/s, 5.0 s left");
  expect(drawn.at(-1)).toBe("");
  expect(err).toBe("demo: 10 of 10 runs, 50 k events/s, 10 s\n");
});

it("elsewhere a plain line is written now and then", () => {
  const { err, drawn } = session(false, false, 4_000);
  expect(drawn).toEqual([]);
  expect(err.split("\n")).toEqual([
    "demo: 3 of 10 runs, 13 k events/s, 28 s left",
    "demo: 6 of 10 runs, 13 k events/s, 16 s left",
    "demo: 9 of 10 runs, 13 k events/s, 4.0 s left",
    "demo: 10 of 10 runs, 13 k events/s, 40 s",
    "",
  ]);
});

it("quick runs say one line, and quiet ones none", () => {
  expect(session(false, false, 10).err).toBe("demo: 10 of 10 runs, 5.0 M events/s, 0.1 s\n");
  expect(session(true, true, 4_000)).toEqual({ err: "", drawn: [] });
});
