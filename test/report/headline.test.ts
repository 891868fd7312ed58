import { expect, it } from "vitest";
import { charts } from "../../src/report/charts/all.ts";
import { headline } from "../../src/report/headline.ts";
import { reportOf } from "../../src/report/report.ts";
import type { StoredStrategy } from "../../src/report/stored.ts";
import { THREE, series, study, verdict } from "./study.ts";

it("the answer names who was back sooner, by how much and how surely, and who lost what", () => {
  const text = headline(study(THREE));
  expect(text).toMatch(/^Quick and twin were back 20\.\d s sooner than slow \(95 %: 20\.?\d* s to 21\.?\d* s\), after 3\.1\d s; /u);
  expect(text).toContain("twin and slow lost nothing, quick lost 15 writes in the median run");
});

it("an answer of too few runs says so at once", () => {
  const few = THREE.map(({ name, outages, losses = [] }) => ({ name, outages: outages.slice(2, 5), losses: losses.slice(2, 5) }));
  expect(headline(study(few))).toMatch(/^Quick was back after 3\.03 s, slow after 22\.3 s; .*\. Seen in 3 runs, too few to be sure\.$/u);
});

it("strategies that never came back, and studies in which nothing struck, are said as they are", () => {
  const never = ["a", "b"].map((name) => ({ name, outages: new Array<undefined>(8).fill(undefined) }));
  expect(headline(study(never))).toContain("Nobody was back in any run");
  const calm = ["a", "b"].map((name) => ({ name, outages: new Array<number>(8).fill(0) }));
  expect(headline(study(calm))).toContain("No difference between the strategies is to be seen: 100 % of operations answered well");
});

it("what all have in common is said of all, and who is first only by its place in the file is not called the only one", () => {
  const same = ["a", "b"].map((name) => ({
    name,
    outages: series(30, 3, 0.01),
    losses: series(30, 0, 0).map((_, index) => (index % 3 === 0 ? 1 : 0)),
  }));
  expect(headline(study(same))).toContain("each lost up to 1 write, in 10 of 30 runs");
  const late = (name: string, stale: number): StoredStrategy => {
    const [one] = study([{ name, outages: series(30, 0, 0) }]).strategies;
    return {
      ...one!,
      runs: one!.runs.map((run) => ({ ...run, values: new Map([...run.values, ["stale.reads", { kind: "value", value: stale }]]) })),
    };
  };
  const strategies = [late("a", 0), late("b", 7), late("c", 0), late("d", 3)];
  const asked = verdict("held", "x", { kind: "metric", metric: "stale.reads" } as object);
  const report = reportOf({ ...study([{ name: "a", outages: series(30, 0, 0) }]), strategies, shown: ["stale.reads"], verdicts: [asked] });
  expect(headline(report)).toContain("Stale reads: a and 1 other 0, b 7");
});

it("where nobody lost a write, that is said", () => {
  const clean = ["a", "b"].map((name, index) => ({ name, outages: series(30, 3 + 5 * index, 0.01) }));
  expect(headline(study(clean))).toBe("A was back 5 s sooner than b, after 3.14 s; neither lost a write.");
});

it("the headline and the chart count lost writes, as their column does, and say how many of them readers notice", () => {
  const given = study(THREE);
  const strategies = given.strategies.map((one): StoredStrategy => ({
    ...one,
    runs: one.runs.map((run) => ({ ...run, values: new Map([...run.values, ["loss.visible", { kind: "value", value: 2 }]]) })),
  }));
  const report = reportOf({ ...given, strategies, shown: ["recovery.time", "loss.writes", "loss.visible"] });
  expect(headline(report)).toContain("quick lost 15 writes in the median run (2 that readers notice)");
  expect(charts(report).find(({ id }) => id === "loss")?.title).toContain("quick 15;");
});
