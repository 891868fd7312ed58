import fc from "fast-check";
import { expect, it } from "vitest";
import { rankSum, shift } from "../../../src/study/stats/rank-sum.ts";
import type { Observed } from "../../../src/study/stats/sample.ts";

const values = (numbers: readonly number[]): readonly Observed[] =>
  numbers.map((value) => (value === Infinity ? { kind: "censored", atLeast: 40 } : { kind: "value", value }));

it("gives the p-value of the example in Hollander and Wolfe (1973), page 69: permeability of membranes", () => {
  // The same data and figures stand in R's manual of wilcox.test: W = 35, p-value = 0.1272, exact, greater.
  const term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
  const early = [1.15, 0.88, 0.9, 0.74, 1.21];
  const test = rankSum(values(term), values(early));
  expect(test.method).toBe("exact");
  expect(test.leftRanks - (10 * 11) / 2).toBe(35);
  expect(test.greater).toBeCloseTo(0.1272, 4);
  // Hollander and Wolfe, page 76: the estimate of the shift is 0.305.
  expect(shift(values(term), values(early), 0.95)?.median).toBeCloseTo(0.305, 9);
});

/** Every way to choose `n` of the ranks, one by one: slow, and nothing to be wrong about. */
function tailsByCounting(left: readonly number[], right: readonly number[]): readonly [less: number, greater: number] {
  const all = [...left, ...right];
  const ranks = all.map((one) => all.filter((other) => other < one).length + (all.filter((other) => other === one).length + 1) / 2);
  const seen = ranks.slice(0, left.length).reduce((sum, rank) => sum + rank, 0);
  let [less, greater, ways] = [0, 0, 0];
  for (let mask = 0; mask < 1 << all.length; mask += 1) {
    const chosen = ranks.filter((_, index) => ((mask >> index) & 1) === 1);
    if (chosen.length !== left.length) continue;
    const sum = chosen.reduce((total, rank) => total + rank, 0);
    ways += 1;
    if (sum <= seen + 1e-9) less += 1;
    if (sum >= seen - 1e-9) greater += 1;
  }
  return [less / ways, greater / ways];
}

const small = fc.array(fc.constantFrom(1, 2, 3, 4, 5, Infinity), { minLength: 1, maxLength: 5 });

it("counts every way of dealing the ranks, ties and runs that never recovered included", () =>
  fc.assert(
    fc.property(small, small, (left, right) => {
      const { less, greater } = rankSum(values(left), values(right));
      const [expectedLess, expectedGreater] = tailsByCounting(left, right);
      expect(less).toBeCloseTo(expectedLess, 9);
      expect(greater).toBeCloseTo(expectedGreater, 9);
    }),
    { numRuns: 100 },
  ));

it("the normal tails of larger samples are near the exact ones of slightly smaller", () => {
  const at = (n: number): ReturnType<typeof rankSum> =>
    rankSum(values(Array.from({ length: n }, (_, i) => 3 * i + 20)), values(Array.from({ length: n }, (_, i) => 3 * i + 1)));
  expect([at(20).method, at(21).method]).toEqual(["exact", "normal"]);
  expect(Math.abs(at(20).greater - at(21).greater)).toBeLessThan(0.01);
});

it("the shift is that of the two samples, and bounded only where there are runs enough", () =>
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 8, maxLength: 15 }),
      fc.integer({ min: -50, max: 50 }),
      (sample, by) => {
        const found = shift(values(sample.map((one) => one + by)), values(sample), 0.95);
        expect(found?.median).toBe(by);
        expect(found?.low).toBeLessThanOrEqual(by);
        expect(found?.high).toBeGreaterThanOrEqual(by);
        expect(shift(values(sample.slice(0, 1)), values(sample.slice(0, 1)), 0.95)?.low).toBeUndefined();
      },
    ),
    { numRuns: 50 },
  ));
