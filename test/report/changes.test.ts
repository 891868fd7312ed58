import { expect, it } from "vitest";
import { changesData, changesText } from "../../src/report/changes-text.ts";
import { type StudyChange, isUnchanged, isWorse, studyChange } from "../../src/report/changes.ts";
import { widthOf } from "../../src/report/layout.ts";
import { pathChanges } from "../../src/report/path-changes.ts";
import { makeReport } from "../../src/report/report.ts";
import type { Results } from "../../src/report/stored.ts";
import { HOSTILE, THREE, results, series, study, verdict } from "./study.ts";

/** Worked out once: a report takes a while. */
const BASE = study(THREE);

const text = (change: StudyChange, columns = 80): string => changesText(change, { columns, names: ["before", "now"] });
const kinds = (change: StudyChange, strategy: string): Readonly<Record<string, string>> =>
  Object.fromEntries((change.strategies.find(({ name }) => name === strategy)?.metrics ?? []).map((one) => [one.metric.name, one.kind]));

/** The same with other digests and keys, as another version's runs have. */
function rekeyed(given: Results): Results {
  const strategies = given.strategies.map((one) => ({
    ...one,
    records: one.records.map((record) => ({ ...record, digest: "changed", header: { ...record.header, key: `${record.header.key}'` } })),
  }));
  return { ...given, strategies };
}

const shifted = (by: number, step = 0.001): Results =>
  rekeyed(
    results(
      THREE.map((one) => ({ ...one, outages: one.outages.map((each, run) => (each === undefined ? undefined : each + by + run * step)) })),
    ),
  );

it("a study beside itself: nothing changed", () => {
  const change = studyChange(BASE, BASE);
  expect([isUnchanged(change), isWorse(change)]).toEqual([true, false]);
  expect(text(change)).toContain("Nothing changed: all 90 runs are the same, event by event.");
});

it("what is significantly worse in every run is worse, what is better better, and the rest stays as it was", () => {
  const [slower, quicker] = [shifted(1), shifted(-1)].map((now) => studyChange(BASE, makeReport(now)));
  for (const name of ["quick", "twin", "slow"]) {
    expect(kinds(slower!, name)).toMatchObject({ "recovery.time": "worse", "loss.writes": "same", availability: "same" });
    expect(kinds(quicker!, name)["recovery.time"]).toBe("better");
  }
  expect([isWorse(slower!), isWorse(quicker!), isUnchanged(quicker!)]).toEqual([true, false, false]);
  expect(text(slower!)).toMatch(/^WORSE +recovery\.time +3\.14 s +4\.15 s +\+1\.0\d+ s \(\+1\.0\d* s to \+1\.02\d* s\)$/mu);
  expect(text(slower!)).toContain("Worse: of");
});

it("a sure difference within the margin is alike, and a change that one run in fifteen pays for is not called alike", () => {
  const near = studyChange(BASE, makeReport(shifted(0.001, 0.0001)));
  expect(kinds(near, "quick")["recovery.time"]).toBe("alike");
  expect(isWorse(near)).toBe(false);
  const rare = results([
    { name: "one", outages: series(30, 3, 0), losses: series(30, 0, 0).map((_, run) => (run % 15 === 0 ? 1_000 : 5)) },
  ]);
  const base = results([{ name: "one", outages: series(30, 3, 0), losses: series(30, 5, 0) }]);
  expect(kinds(studyChange(makeReport(base), makeReport(rekeyed(rare))), "one")["loss.writes"]).toBe("open");
});

it("runs of other seeds are compared as two samples", () => {
  const later = (given: Results): Results => ({
    ...given,
    strategies: given.strategies.map((one) => ({
      ...one,
      records: one.records.map((record) => ({ ...record, header: { ...record.header, seed: record.header.seed + 1_000 } })),
    })),
  });
  const worse = studyChange(BASE, makeReport(later(shifted(1))));
  expect(worse.strategies[0]).toMatchObject({ common: 0 });
  expect(kinds(worse, "quick")["recovery.time"]).toBe("worse");
  // Alike but for the draw: two samples of 30 do not tell.
  expect(kinds(studyChange(BASE, makeReport(later(rekeyed(results(THREE))))), "quick")["recovery.time"]).toBe("open");
  expect(text(worse)).toContain("no seed in common");
});

it("one key with two digests is said loudly: runs are not deterministic, or a file was changed", () => {
  const given = results(THREE);
  const strategies = given.strategies.map((one) => ({
    ...one,
    records: one.records.map((record, at) => (at === 3 ? { ...record, digest: "x" } : record)),
  }));
  const change = studyChange(BASE, makeReport({ ...given, strategies }));
  expect(change.strategies.map(({ contradicting }) => contradicting)).toEqual([1, 1, 1]);
  expect(isWorse(change)).toBe(true);
  expect(text(change, 200)).toContain("1 run of the same key left another digest");
});

it("a verdict that fell is worse, one that rose is not, wherever they stand in the file", () => {
  const with_ = (kind: "held" | "broken" | "unknown", path: string): ReturnType<typeof study> =>
    study(THREE, { verdicts: [verdict(kind, "x", { path })] });
  const fell = studyChange(with_("held", "expect[0]"), with_("unknown", "expect[4]"));
  expect(fell.verdicts).toEqual([{ strategy: "quick", what: "epochs-grow", before: "held", after: "unknown" }]);
  expect(isWorse(fell)).toBe(true);
  expect(isWorse(studyChange(with_("broken", "expect[0]"), with_("held", "expect[0]")))).toBe(false);
  expect(isUnchanged(studyChange(with_("held", "expect[0]"), with_("held", "expect[9]")))).toBe(true);
  expect(isWorse(studyChange(BASE, with_("broken", "expect[0]")))).toBe(true);
});

it("strategies that came and went are named; one that is gone is worse", () => {
  const change = studyChange(BASE, study(THREE.slice(1)));
  expect(text(change)).toContain("Only before: quick");
  expect([isWorse(change), isWorse(studyChange(study(THREE.slice(1)), BASE))]).toEqual([true, false]);
});

it("what changed in the scenario is named, leaf by leaf", () => {
  const at = (resolved: unknown): ReturnType<typeof study> => {
    const given = results(THREE.slice(0, 1));
    return makeReport({ ...given, strategies: given.strategies.map((one) => ({ ...one, resolved })) });
  };
  const change = studyChange(at({ slow: 5, faults: [{ at: 1 }] }), at({ slow: 5, faults: [{ at: 2 }], more: true }));
  expect(text(change)).toContain("faults[0].at: 1 µs, now 2 µs");
  expect(text(change)).toContain("more: nothing, now true");
  expect(pathChanges({ a: [1, 2] }, { a: [1, 2] })).toEqual([]);
  expect(pathChanges({ a: {} }, { a: [] })).toHaveLength(1);
});

it("what changed alike for all strategies is said once, in units, and what is beside it is said to be of pairs", () => {
  const at = (common: object, own: string, outages = series(30, 3, 0.01)): ReturnType<typeof study> => {
    const given = results(THREE.slice(0, 2).map((one) => ({ ...one, outages })));
    return makeReport({
      ...given,
      strategies: given.strategies.map((one, index) => ({ ...one, resolved: { ...common, own: index === 0 ? own : "b" } })),
    });
  };
  const change = studyChange(
    at({ duration: 60_000_000, tag: "x y" }, "a"),
    at({ duration: 90_500_000, tag: "z" }, "c", series(30, 4, 0.01)),
  );
  const said = text(change);
  expect(said.split("duration: 60 s, now 90.5 s")).toHaveLength(2);
  expect(said).toContain("tag: x y, now z");
  expect(said.indexOf("own: a, now c")).toBeGreaterThan(said.indexOf("quick: "));
  expect(said.replaceAll(/\s+/gu, " ")).toContain("by: the median of the differences of runs with the same seed");
});

it("no line is wider than asked, whatever the names, and nothing is unprintable", () => {
  const hostile = [HOSTILE[0], HOSTILE[4], HOSTILE[7], HOSTILE[11]].map((name = "") => ({ name, outages: series(8, 3, 0.1) }));
  const now = rekeyed(results(hostile.map((one) => ({ ...one, outages: one.outages.map((each) => each + 1) }))));
  for (const columns of [60, 80, 140]) {
    const lines = text(studyChange(study(hostile), makeReport(now)), columns).split("\n");
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    // eslint-disable-next-line no-control-regex -- the escapes are what is looked for
    expect(lines.join("\n")).not.toMatch(/[\u001b\u202e]/u);
  }
});

it("as data it says the same", () => {
  const data = changesData(studyChange(BASE, makeReport(shifted(1))), ["a", "b"]) as { readonly worse: boolean };
  expect(data).toMatchObject({ before: "a", after: "b", unchanged: false, worse: true });
});
