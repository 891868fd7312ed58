import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gini, jain, maxOverMean, variationCoefficient } from "../../../src/study/stats/balance.ts";

describe("balance of a load", () => {
  it("has the values of worked examples", () => {
    expect(maxOverMean([1, 2, 3])).toBe(1.5);
    // Standard deviation 2, mean 5: the example of every article on the standard deviation.
    expect(variationCoefficient([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(0.4, 12);
    expect(gini([1, 2, 3, 4, 5])).toBeCloseTo(4 / 15, 12);
    // Jain, Chiu & Hawe: a resource shared equally by k of n has index k / n.
    expect(jain([1, 1, 1, 0])).toBeCloseTo(0.75, 12);
  });

  it("is even for equal loads and worst when one carries all", () => {
    expect([maxOverMean, variationCoefficient, gini, jain].map((figure) => figure([7, 7, 7, 7]))).toEqual([1, 0, 0, 1]);
    expect([maxOverMean, variationCoefficient, gini, jain].map((figure) => figure([0, 8, 0, 0]))).toEqual([4, Math.sqrt(3), 0.75, 0.25]);
  });

  it("is undefined without load", () => {
    for (const figure of [maxOverMean, variationCoefficient, gini, jain])
      expect([figure([0, 0]), figure([])]).toEqual([undefined, undefined]);
  });

  it("of Gini is the mean absolute difference of all pairs over twice the mean", () =>
    fc.assert(
      fc.property(
        fc.array(fc.nat(100), { minLength: 1, maxLength: 20 }).filter((loads) => loads.some((load) => load > 0)),
        (loads) => {
          const total = loads.reduce((sum, load) => sum + load, 0);
          const pairs = loads.flatMap((one) => loads.map((other) => Math.abs(one - other))).reduce((sum, gap) => sum + gap, 0);
          expect(gini(loads)).toBeCloseTo(pairs / (2 * loads.length * total), 12);
        },
      ),
    ));

  it("of Jain and the coefficient of variation say the same: jain = 1 / (1 + cv^2)", () =>
    fc.assert(
      fc.property(
        fc.array(fc.nat(100), { minLength: 1, maxLength: 20 }).filter((loads) => loads.some((load) => load > 0)),
        (loads) => {
          const cv = variationCoefficient(loads)!;
          expect(jain(loads)).toBeCloseTo(1 / (1 + cv * cv), 10);
        },
      ),
    ));
});
