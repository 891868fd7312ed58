import { describe, expect, it } from "vitest";
import { highestQuantile, repeatsForPairs, repeatsForQuantile } from "../../../src/study/scenario/repeats.ts";

describe("repeats that a bound needs", () => {
  // First-order one-sided tolerance limits, as tabulated for safety analyses since Wilks (1941): 59 runs for 95/95, and so on.
  it.each([
    [0.9, 0.9, 22],
    [0.9, 0.95, 29],
    [0.9, 0.99, 44],
    [0.95, 0.9, 45],
    [0.95, 0.95, 59],
    [0.95, 0.99, 90],
    [0.99, 0.9, 230],
    [0.99, 0.95, 299],
    [0.99, 0.99, 459],
  ])("for quantile %f at confidence %f are Wilks' %i", (level, confidence, needed) => {
    expect(repeatsForQuantile(level, "above", confidence)).toBe(needed);
    expect(repeatsForQuantile(1 - level, "below", confidence)).toBe(needed);
  });

  it("are one fewer than enough when one fewer does not reach the confidence", () => {
    for (const level of [0.5, 0.8, 0.9, 0.95, 0.99]) {
      for (const confidence of [0.5, 0.8, 0.9, 0.95, 0.99]) {
        const needed = repeatsForQuantile(level, "above", confidence);
        const reached = (n: number): number => 1 - Array.from({ length: n }, () => level).reduce((product, one) => product * one, 1);
        expect(reached(needed)).toBeGreaterThanOrEqual(confidence - 1e-12);
        if (needed > 1) expect(reached(needed - 1)).toBeLessThan(confidence);
      }
    }
  });

  it("reach p90 with 30", () =>
    expect([highestQuantile(30, 0.95), highestQuantile(299, 0.95), highestQuantile(2, 0.95)]).toEqual(["p90", "p99", undefined]));

  it("for a paired test at 95 % are 5: 1/32 is the first below 5 %", () => expect(repeatsForPairs(0.95)).toBe(5));
});
