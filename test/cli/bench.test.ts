import { expect, it } from "vitest";
import { rowLines } from "../../src/cli/bench.ts";
import { PLAIN } from "../../src/report/paint.ts";
import { shardlab } from "./harness.ts";

const row = {
  name: "kernel, hold model",
  against: "C++",
  kind: "cost",
  target: 2,
  ratio: { min: 1.5, median: 1.777, max: 12.34 },
  held: true,
  detail: "33 ns an event",
} as const;
const lines = (more: object): readonly string[] => rowLines({ ...row, ...more }, { columns: 80, paint: PLAIN });

it("a row says its verdict, the ratio with its spread, what it is held to, and what was measured", () => {
  expect(lines({})).toEqual([
    "reached       kernel, hold model, against C++",
    "              1.78 × (1.50 to 12.3), at most 2 ×",
    "              33 ns an event",
  ]);
  expect(lines({ held: false })[0]).toMatch(/^MISSED/u);
  expect(lines({ kind: "speed" })[1]).toContain("at least 2 ×");
});

it("what could not be measured is no pass, and says why", () => {
  const [first, second, third] = lines({ ratio: undefined, held: false, detail: "not measured: no g++" });
  expect([first, second, third]).toEqual([
    "not measured  kernel, hold model, against C++",
    "              at most 2 ×",
    "              not measured: no g++",
  ]);
});

it("an unknown topic is wrong input", async () => {
  expect(await shardlab("bench", "kernal")).toMatchObject({
    status: 2,
    out: "",
    err: 'bench: there is no topic "kernal"; did you mean "kernel"?\n',
  });
});
