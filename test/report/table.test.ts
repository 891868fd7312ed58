import fc from "fast-check";
import { expect, it } from "vitest";
import { columns } from "../../src/report/columns.ts";
import { widthOf } from "../../src/report/layout.ts";
import type { Paint } from "../../src/report/paint.ts";
import { rank } from "../../src/report/ranking.ts";
import { type Report, makeReport, reportOf } from "../../src/report/report.ts";
import { comparison } from "../../src/report/table.ts";
import { makeOperation, makeRecords } from "../study/records.ts";
import { HOSTILE, THREE, results, series, study, verdict } from "./study.ts";

const lines = (text: string): readonly string[] => text.split("\n");
const rowOf = (text: string, name: string): string => lines(text).find((line) => line.startsWith(`${name} `)) ?? "";

it("no line is wider than the columns there are, whatever the names, from 40 columns on", () => {
  const name = fc.oneof(fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }), fc.constantFrom(...HOSTILE));
  fc.assert(
    fc.property(
      fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
      fc.string({ maxLength: 200 }),
      fc.integer({ min: 40, max: 140 }),
      (names, question, columns) => {
        const report = study(
          names.map((each, index) => ({ name: each, outages: [3, 4, 5 + index, undefined], losses: [0, index] })),
          { question, verdicts: [verdict("broken", `loss.writes of ${names.join()}: max is 4, at most 0`)] },
        );
        for (const line of lines(comparison(report, { columns }))) expect(widthOf(line)).toBeLessThanOrEqual(columns);
      },
    ),
    { numRuns: 40 },
  );
});

it("the strategies that are best, or not told apart from the best, carry a star; the others do not", () => {
  const text = comparison(study(THREE), { columns: 80 });
  expect(rowOf(text, "quick")).toMatch(/^quick +\* 3\.14 s/u);
  expect(rowOf(text, "twin")).toMatch(/^twin +\* 3\.14 s/u);
  expect(rowOf(text, "slow")).not.toMatch(/^slow +\*/u);
  expect(rowOf(text, "slow")).toMatch(/\* 0/u);
});

it("the answer says in words who is better by how much, and how sure that is", () => {
  const text = comparison(study(THREE), { columns: 140 }).replaceAll(/\s+/gu, " ");
  expect(text).toMatch(
    /Recovers fastest +quick and twin \(alike\), 3\.14 s.*was back 2\d(\.\d)? s sooner than slow \(95 %: .* s to .* s, p < 0\.0001\)/u,
  );
  expect(text).toMatch(/Loses least +twin and slow \(alike\), none in 30 runs \(95 %: at most 9\.5 % of runs lose any\)/u);
});

it("where no difference is shown nobody carries a star, and so few runs are never called alike", () => {
  const text = comparison(study(THREE.map((one) => ({ ...one, outages: [3, 3.1], losses: [0, 0] }))), { columns: 140 });
  expect(text).not.toContain("*");
  expect(text).toMatch(/Recovers fastest +cannot tell: 2 runs each are too few, 10 the least that could: quick 3 s, twin 3 s, slow 3 s/u);
});

it("runs that never recovered are counted, and a strategy without any recovery is no number", () => {
  expect(comparison(study(THREE), { columns: 80 })).toContain("3 of 30 never");
  const nobody = comparison(study([{ name: "lost", outages: [undefined, undefined] }]), { columns: 80 });
  expect(rowOf(nobody, "lost")).toMatch(/≥ 40 s/u);
  expect(nobody).toContain("2 of 2 never");
});

it("columns for which there is no room are left out from the least important on, and named", () => {
  const [wide, middle, narrow] = [140, 80, 45].map((columns) => comparison(study(THREE), { columns }));
  expect(wide).not.toContain("No room");
  expect(middle?.replaceAll(/\s+/gu, " ")).toMatch(/No room at 80 columns for .*host\.seconds/u);
  expect(narrow?.replaceAll(/\s+/gu, " ")).toMatch(/No room at 45 columns for .*availability, load\.maxOverMean/u);
  expect(narrow).toContain("back after");
});

it("a column that is unknown for every strategy gives its place to one that says something, and is named", () => {
  const calm = [0, 1].map((at) => ({
    name: ["one", "other"][at] ?? "",
    resolved: { at },
    records: makeRecords("calm", [{ operations: [makeOperation()] }]),
  }));
  const text = comparison(makeReport(results([], { strategies: calm, repeats: 1, plannedRepeats: 1 })), { columns: 80 });
  expect(text).not.toMatch(/back after|unknown/u);
  expect(text).toContain("Unknown for all: recovery.time.");
  const mixed = comparison(makeReport(results([], { strategies: [...results(THREE).strategies, ...calm] })), { columns: 80 });
  expect(rowOf(mixed, "one")).toMatch(/^one +unknown/u);
  expect(mixed).not.toContain("Unknown for all");
});

it("colours add nothing but colour", () => {
  const mark = (text: string): string => `\u001b[1m${text}\u001b[0m`;
  const paint: Paint = { bold: mark, dim: mark, good: mark, bad: mark, doubtful: mark };
  const report = study(THREE, { verdicts: [verdict("held", "a"), verdict("broken", "b"), verdict("unknown", "c")] });
  const painted = comparison(report, { columns: 80, paint });
  expect(painted).toContain("\u001b[1m");
  // eslint-disable-next-line no-control-regex -- the escapes are what is taken away
  expect(painted.replaceAll(/\u001b\[\d+m/gu, "")).toBe(comparison(report, { columns: 80 }));
  expect(comparison(report, { columns: 80 })).not.toContain("\u001b");
});

it("every expectation is printed back with its verdict first, and a broken one with what repeats it", () => {
  const report = study(THREE, {
    verdicts: [verdict("held", "x is 1"), verdict("broken", "y is 2"), verdict("unknown", "z needs 29 repeats")],
  });
  const text = comparison(report, { columns: 80, path: "reports/by-hand/report.html" });
  expect(text).toContain("Expected: 1 of 3 held, 1 broken, 1 unknown");
  expect(text).toMatch(/^held {5}x is 1$/mu);
  expect(text).toMatch(/^BROKEN {3}y is 2 \[--strategy quick --seed 104\]$/mu);
  expect(text).toMatch(/^UNKNOWN {2}z needs 29 repeats$/mu);
  expect(text.endsWith("Report: reports/by-hand/report.html\n")).toBe(true);
});

it("a known failure says why it is known", () => {
  const known = { ...verdict("held", "z is 1", { knownFailure: "issue 12" }), text: "z is 1: broken\nknown failure (issue 12): held" };
  expect(comparison(study(THREE, { verdicts: [known] }), { columns: 80 })).toContain("known failure (issue 12)");
});

it("where so few runs could not tell anything, the answer says so and how many could", () => {
  const text = (runs: number): string =>
    comparison(study(THREE.slice(1).map((one, index) => ({ ...one, outages: series(runs, index === 0 ? 3 : 20, 0.1) }))), { columns: 200 });
  const needed = Number(/cannot tell: 4 runs each are too few, (\d+) the least that could: twin 3\.1 s, slow 20\.1 s/u.exec(text(4))?.[1]);
  expect(text(needed)).toMatch(/Recovers fastest +twin,/u);
  expect(text(needed - 1)).toMatch(/Recovers fastest +cannot tell: \d+ runs each are too few/u);
});

it("a sure difference within the margin makes nobody best: both are alike", () => {
  const [one, other] = [series(30, 3, 0.01), series(30, 3.005, 0.01)];
  const report = study([
    { name: "one", outages: one },
    { name: "other", outages: other },
  ]);
  expect(report.comparisons.find(({ metric }) => metric === "recovery.time")?.winner).toBe("one");
  expect(rank(report, "recovery.time").best).toEqual([]);
  expect(comparison(report, { columns: 140 })).toMatch(/Recovers fastest +both alike within 1 %: one 3\.14 s, other 3\.15 s/u);
  // Beyond it there is a winner again.
  const wider = study([
    { name: "one", outages: one },
    { name: "other", outages: series(30, 3.1, 0.01) },
  ]);
  expect(rank(wider, "recovery.time").best).toEqual(["one"]);
});

it("a strategy that loses much in few runs is not alike to one that never does, though their medians are", () => {
  const losses = series(30, 0, 0).map((_, run) => (run % 15 === 0 ? 1_000 : 0));
  const report = study([
    { name: "seldom", outages: series(30, 3, 0.01), losses },
    { name: "never", outages: series(30, 3, 0.01) },
  ]);
  expect(comparison(report, { columns: 140 })).toMatch(/Loses least +cannot tell: no difference shown by 30 runs each/u);
});

it("a strategy that served less is not praised for its even load", () => {
  const of = (name: string, good: number, busiest: number): ReturnType<typeof results>["strategies"][number] => ({
    name,
    resolved: {},
    records: makeRecords(
      name,
      series(30, 0, 1).map((run) => ({
        operations: [makeOperation({ good: good + (run % 3) })],
        windows: {
          serverRequests: Array.from({ length: 18 }, (_, cell) => (cell % 3 === 0 ? busiest : 10)),
          good: new Array<number>(6).fill(good / 6 + (run % 3)),
        },
      })),
    ),
  });
  const report = (good: number): ReturnType<typeof makeReport> =>
    makeReport({ ...results([]), repeats: 30, plannedRepeats: 30, strategies: [of("serves", 3_000, 14), of("refuses", good, 10)] });
  const refuses = report(2_400);
  expect(rank(refuses, "load.maxOverMean").best).toEqual([]);
  expect(comparison(refuses, { columns: 140 }).replaceAll(/\s+/gu, " ")).toMatch(
    /Balances best no answer: they served different loads \(goodput: refuses .*, serves .*\), and what is refused weighs on no server/u,
  );
  // Where both serve alike, the more even is best.
  expect(rank(report(2_999), "load.maxOverMean").best).toEqual(["refuses"]);
});

it("the ends of an interval that are not the same do not look the same", () => {
  const report = study([
    { name: "quick", outages: series(30, 3, 0) },
    { name: "slow", outages: series(30, 23, 0.001) },
  ]);
  const text = comparison(report, { columns: 140 });
  expect(text).toMatch(/20\.01 s sooner than slow \(95 %: 20\.009 s to 20\.02 s|20\.015 s sooner than slow/u);
  expect(text).toContain("± < 0.1 s");
});

it("the columns of the questions come before what only this scenario asks about", () => {
  const given = study(THREE);
  const shown = ["recovery.time", "loss.writes", "loss.visible", "splitBrain.writes", "availability", "load.maxOverMean"];
  const report = reportOf({ ...given, shown });
  expect(columns(report).map(({ metric }) => metric)).toEqual([
    "recovery.time",
    "loss.writes",
    "availability",
    "load.maxOverMean",
    "loss.visible",
    "splitBrain.writes",
    "recovery.time",
  ]);
  const answer = comparison(report, { columns: 80 }).split("\n").find((line) => line.startsWith("Loses least seen")); // prettier-ignore
  expect(answer).toMatch(/^Loses least seen {2}[^ ]/u);
});

it("what so few repeats leave open ends in one number of repeats, the most that anything asks for", () => {
  const few = THREE.slice(1).map((one) => ({ ...one, outages: [3, 3.1], losses: [0, 0] }));
  const unknown = verdict("unknown", "p90 needs 29 repeats");
  const [part] = unknown.parts;
  const asking = { ...unknown, parts: [{ ...part!, figures: { n: 2, repeatsNeeded: 29 } }] };
  const text = (report: Report): string => comparison(report, { columns: 80 }).replaceAll(/\s+/gu, " ");
  expect(text(study(few, { verdicts: [asking] }))).toContain(
    "More repeats could tell: --repeats 29 (expectations 29, the table at least 9).",
  );
  expect(text(study(few))).toContain("More repeats could tell: --repeats 9, at the least.");
  expect(text(study(THREE, { verdicts: [verdict("held", "x")] }))).not.toContain("More repeats");
});

it("what a share of runs below a figure means is said where there is one", () => {
  const text = (losses: readonly number[]): string =>
    comparison(study([{ name: "a", outages: [3, 3, 3], losses }]), { columns: 80 }).replaceAll(/\s+/gu, " ");
  expect(text([0, 0, 0])).toContain("≤ 63.2 % of runs: none did; so many of all runs at most could.");
  expect(text([1, 1, 1])).not.toContain("none did");
});
