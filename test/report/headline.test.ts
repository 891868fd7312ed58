import { expect, it } from "vitest";
import { headline } from "../../src/report/headline.ts";
import { THREE, series, study } from "./study.ts";

it("the answer names who was back sooner, by how much and how surely, and who lost what", () => {
  const text = headline(study(THREE));
  expect(text).toMatch(/^Quick and twin were back 20\.\d s sooner than slow \(95 %: 20\.?\d* s to 21\.?\d* s\), after 3\.1\d s; /u);
  expect(text).toContain("twin and slow lost nothing, quick lost 15 writes in the median run");
});

it("an answer of too few runs says so before anything else", () => {
  const few = THREE.map(({ name, outages, losses = [] }) => ({ name, outages: outages.slice(2, 5), losses: losses.slice(2, 5) }));
  expect(headline(study(few))).toMatch(/^In 3 runs, too few to be sure: quick was back after 3\.03 s, slow after 22\.3 s; /u);
});

it("strategies that never came back, and studies in which nothing struck, are said as they are", () => {
  const never = ["a", "b"].map((name) => ({ name, outages: new Array<undefined>(8).fill(undefined) }));
  expect(headline(study(never))).toContain("nobody was back in any run");
  const calm = ["a", "b"].map((name) => ({ name, outages: new Array<number>(8).fill(0) }));
  expect(headline(study(calm))).toContain("no difference between the strategies is to be seen: 100 % of operations answered well");
});

it("where nobody lost a write, that is said", () => {
  const clean = ["a", "b"].map((name, index) => ({ name, outages: series(30, 3 + 5 * index, 0.01) }));
  expect(headline(study(clean))).toBe("A was back 5 s sooner than b, after 3.14 s; neither lost a write.");
});
