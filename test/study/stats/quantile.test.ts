import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearestRank, quantile } from "../../../src/study/stats/quantile.ts";
import type { Observed } from "../../../src/study/stats/sample.ts";
import { lowerEnd, order } from "../../../src/study/stats/sample.ts";

const values = (...numbers: number[]): Observed[] => numbers.map((value) => ({ kind: "value", value }));
const observed = fc.oneof(
  fc.integer({ min: 0, max: 50 }).map((value): Observed => ({ kind: "value", value })),
  fc.integer({ min: 0, max: 50 }).map((atLeast): Observed => ({ kind: "censored", atLeast })),
);

describe("quantiles by nearest rank", () => {
  it("are values that occurred: the examples of the definition (NIST/SEMATECH and Wikipedia, nearest-rank method)", () => {
    const sample = values(15, 20, 35, 40, 50);
    expect([0.05, 0.3, 0.4, 0.5, 1].map((p) => order(quantile(sample, p)))).toEqual([15, 20, 20, 35, 50]);
    expect(order(quantile(values(4, 1, 3, 2), 0.5))).toBe(2);
  });

  it("take the rank that decimal arithmetic gives, whatever binary makes of 0.07 x 100", () => {
    for (let n = 1; n <= 1000; n += 1) {
      for (const tenths of [70, 99, 500, 900, 990, 999])
        expect(nearestRank(tenths / 1000, n)).toBe(Math.max(1, Number((BigInt(tenths) * BigInt(n) + 999n) / 1000n)));
    }
  });

  it("lie between the extremes and grow with p", () =>
    fc.assert(
      fc.property(
        fc.array(observed, { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (sample, p, q) => {
          const [low, high] = [quantile(sample, Math.min(p, q)), quantile(sample, Math.max(p, q))];
          expect(order(low)).toBeLessThanOrEqual(order(high));
          expect(order(low)).toBeGreaterThanOrEqual(Math.min(...sample.map(order)));
          expect(order(high)).toBeLessThanOrEqual(Math.max(...sample.map(order)));
        },
      ),
    ));

  it("censored, are bounded by what is certain: no true values behind the sample could lie below", () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(observed, fc.integer({ min: 0, max: 30 })), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (drawn, p) => {
          const sample = drawn.map(([one]) => one);
          const truth = drawn.map(([one, more]): Observed => ({
            kind: "value",
            value: lowerEnd(one) + (one.kind === "censored" ? more : 0),
          }));
          const found = quantile(sample, p);
          if (found.kind === "censored") expect(order(quantile(truth, p))).toBeGreaterThanOrEqual(found.atLeast);
        },
      ),
    ));

  it("treat a run that never recovered as the largest", () => {
    const sample: Observed[] = [{ kind: "censored", atLeast: 10 }, ...values(1, 2, 50)];
    expect(quantile(sample, 0.75)).toEqual({ kind: "value", value: 50 });
    expect(quantile(sample, 1)).toEqual({ kind: "censored", atLeast: 50 });
  });
});
