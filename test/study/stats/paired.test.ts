import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { difference, holm, medianBound, medianDifference, repeatsToShow, signedRank } from "../../../src/study/stats/paired.ts";
import type { Observed } from "../../../src/study/stats/sample.ts";
import { expectNear, rows } from "./reference.ts";

interface Case {
  readonly d: readonly number[];
  readonly method: "exact" | "approx";
  readonly less: number;
  readonly greater: number;
}

describe("Wilcoxon's signed-rank test", () => {
  it("is SciPy's, exact and approximate, one-sided both ways, with and without ties and zeros", () => {
    for (const { d, method, less, greater } of [...rows<Case>("wilcoxon"), ...rows<Case>("wilcoxonTies")]) {
      const found = signedRank(d);
      expect(found.method).toBe(method === "exact" ? "exact" : "normal");
      expectNear(found.less, less, 1e-9, `less, n ${d.length}`);
      expectNear(found.greater, greater, 1e-9, `greater, n ${d.length}`);
    }
  });

  it("gives Darwin's maize its W of 96 and p of 0.0206 (Fisher, The Design of Experiments, 1935)", () => {
    const found = signedRank([6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]);
    expect(found.positiveRanks).toBe(96);
    expect(found.greater).toBeCloseTo(0.0206298828125, 12);
    expect(found.twoSided).toBeCloseTo(0.041259765625, 12);
  });

  it("gives Hollander and Wolfe's depression scores their V of 40 and p of 0.0195 (Nonparametric Statistical Methods, 1973, table 3.1)", () => {
    const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
    const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
    const found = signedRank(before.map((one, index) => one - after[index]!));
    expect(found.positiveRanks).toBe(40);
    expect(found.greater).toBeCloseTo(0.01953, 5);
  });

  it("has the critical values of the printed table: the largest W with one-sided p at most 5 %", () => {
    // Wilcoxon & Wilcox, Some Rapid Approximate Statistical Procedures (1964), table 2.
    for (const [n, critical] of [
      [5, 0],
      [6, 2],
      [8, 5],
      [10, 10],
      [15, 30],
      [20, 60],
      [25, 100],
      [30, 151],
    ] as const) {
      expect(signedRank(withPositiveRanks(n, critical)).less).toBeLessThanOrEqual(0.05);
      expect(signedRank(withPositiveRanks(n, critical + 1)).less).toBeGreaterThan(0.05);
    }
  });

  it("finds the same both ways round", () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 70 }), (differences) => {
        const [one, other] = [signedRank(differences), signedRank(differences.map((d) => -d))];
        expect(one.less).toBeCloseTo(other.greater, 12);
        expect(one.twoSided).toBeCloseTo(other.twoSided, 12);
        expect(one.n + one.zeros).toBe(differences.length);
      }),
    ));

  it("rejects a true hypothesis as often as it says: 5 % of 1,000 fair samples, while shifted ones are found", () => {
    let state = 99;
    const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const rejections = (shift: number): number =>
      Array.from({ length: 1_000 }, () => signedRank(Array.from({ length: 20 }, () => random() - 0.5 - shift)).less).filter(
        (p) => p <= 0.05,
      ).length;
    expect(Math.abs(rejections(0) - 49) / Math.sqrt(1_000 * 0.049 * 0.951)).toBeLessThan(3);
    expect(rejections(0.15)).toBeGreaterThan(500);
  });

  it("has nothing to say when all pairs tie", () => {
    expect(signedRank([0, 0, 0])).toMatchObject({ n: 0, zeros: 3, less: 1, greater: 1, twoSided: 1 });
  });
});

/** Differences 1 to n of which those that are positive have ranks that sum to `total`. */
function withPositiveRanks(n: number, total: number): number[] {
  let left = total;
  const signs: number[] = [];
  for (let rank = n; rank >= 1; rank -= 1) {
    const positive = rank <= left;
    if (positive) left -= rank;
    signs.push(positive ? rank : -rank);
  }
  expect(left).toBe(0);
  return signs;
}

const at = (value: number): Observed => ({ kind: "value", value });
const never = (atLeast: number): Observed => ({ kind: "censored", atLeast });

describe("paired differences", () => {
  it("rank a run that never recovered above every number, and two of them tie", () => {
    expect(difference({ left: at(3), right: at(5) })).toBe(-2);
    expect(difference({ left: at(3), right: never(1) })).toBe(-Infinity);
    expect(difference({ left: never(1), right: at(3) })).toBe(Infinity);
    expect(difference({ left: never(1), right: never(9) })).toBe(0);
  });

  it("infinite ones share the top ranks", () => {
    // Sizes 1, 2, infinite, infinite: ranks 1, 2, 3.5, 3.5.
    expect(signedRank([1, 2, Infinity, -Infinity]).positiveRanks).toBe(6.5);
    expect(medianDifference([1, 2, Infinity], 0.5)?.median).toBe(2);
    expect(medianDifference([-Infinity, Infinity], 0.5)?.median).toBe(0);
  });

  it("have a median bounded by the sign test: ranks 10 and 21 of 30, and none below five pairs", () => {
    const differences = Array.from({ length: 30 }, (_, index) => index + 1);
    expect(medianDifference(differences, 0.95)).toEqual({ median: 15.5, low: 10, high: 21 });
    expect(medianBound([1, 2, 3, 4], 0.95, "upper")).toBeUndefined();
    expect(medianBound([1, 2, 3, 4, 5], 0.95, "upper")).toBe(5);
    expect(medianDifference([], 0.95)).toBeUndefined();
  });
});

describe("repeats needed to show a difference", () => {
  it("are at least five at 95 %, and none can be named when nothing points that way", () => {
    expect(repeatsToShow([-1, -2, -3], 0.95)).toBe(9);
    expect(repeatsToShow([1, 2, 3], 0.95)).toBeUndefined();
    expect(repeatsToShow([0, 0], 0.95)).toBeUndefined();
  });

  it("are Noether's: shifted normal differences with P(D + D' < 0) of 0.714 need about 45", () => {
    // Shift of 0.4 standard deviations: P(D + D' < 0) = Phi(0.4 sqrt 2) = 0.7142; (1.645 + 0.8416)^2 / (3 x 0.2142^2) = 44.9.
    let state = 7;
    const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const differences = Array.from({ length: 400 }, () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random()) - 0.4);
    expect(repeatsToShow(differences, 0.95)).toBeGreaterThan(35);
    expect(repeatsToShow(differences, 0.95)).toBeLessThan(57);
  });
});

describe("Holm's correction", () => {
  it("gives the worked example of R's p.adjust", () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((p, index) => expect(adjusted[index]).toBeCloseTo(p, 12));
    expect(holm([0.6, 0.5])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});
