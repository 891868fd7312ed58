import fc from "fast-check";
import { expect, it } from "vitest";
import {
  byStandardError,
  everywhere,
  exactly,
  largestOfUniform,
  meanOf,
  never,
  ratioOf,
  uniformly,
} from "../../../src/study/verify/case.ts";

const claim = { case: "a case", source: "a book" };

it("a figure is held within 4 standard errors of its prediction and not beyond", () => {
  expect(byStandardError({ ...claim, predicted: 10, n: 5 }, 13.9, 1)).toMatchObject({ held: true, n: 5 });
  expect(byStandardError({ ...claim, predicted: 10, n: 5 }, 14.1, 1)).toMatchObject({
    held: false,
    interval: { low: 14.1 - 4, high: 14.1 + 4 },
  });
  expect(byStandardError({ ...claim, predicted: 10, n: 5 }, 5.9, 1).held).toBe(false);
});

it("without any spread a figure is held only where it is equal, and its z stays finite", () => {
  expect(byStandardError({ ...claim, predicted: 10, n: 5 }, 10, 0)).toMatchObject({ held: true, z: 0 });
  const off = byStandardError({ ...claim, predicted: 10, n: 5 }, 9, 0);
  expect(off.held).toBe(false);
  expect(Number.isFinite(off.z)).toBe(true);
});

it("an exact claim is judged by its bounds, both included, and has no z", () => {
  expect(exactly({ ...claim, predicted: 7, n: 1 }, 7)).toMatchObject({ held: true, z: undefined });
  expect(exactly({ ...claim, predicted: 7, n: 1 }, 7.000001).held).toBe(false);
  expect(exactly({ ...claim, predicted: 7, n: 1 }, 8, { low: 6, high: 8 }).held).toBe(true);
});

it("one wrong value among many breaks a claim about all of them, and is the one shown", () => {
  expect(everywhere({ ...claim, predicted: 0 }, [0, 0, 3, 0, -1])).toMatchObject({ held: false, simulated: 3, n: 5 });
  expect(everywhere({ ...claim, predicted: 0 }, [0, 0]).held).toBe(true);
});

it("none of 100 says what it leaves open, and one of 100 breaks it", () => {
  expect(never({ ...claim, n: 100 }, 0)).toMatchObject({ held: true, note: "0 of 100 leaves at most 3.0 % of runs, 95 % (rule of three)" });
  expect(never({ ...claim, n: 100 }, 1).held).toBe(false);
});

it("an even grid is uniform, and its square is not", () => {
  const grid = Array.from({ length: 200 }, (_, i) => (i + 0.5) / 200);
  expect(uniformly(claim, grid, 0, 1)).toMatchObject({ held: true, n: 200 });
  const squares = uniformly(
    claim,
    grid.map((x) => x * x),
    0,
    1,
  );
  expect(squares.held).toBe(false);
  expect(squares.z).toBeGreaterThan(4);
});

it("the bound of a distance and its p-value judge alike", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 100, maxLength: 150 }),
      fc.double({ min: 0.5, max: 2, noNaN: true }),
      (sample, power) => {
        const { held, simulated, interval } = uniformly(
          claim,
          sample.map((x) => Math.exp(power * Math.log(Math.max(x, 1e-12)))),
          0,
          1,
        );
        // Stephens' form is good to three digits: near the bound the two may differ.
        if (Math.abs(simulated / interval!.high - 1) > 0.03) expect(held).toBe(simulated < interval!.high);
      },
    ),
  );
});

it("the largest of 300 uniform values is near their end: 5 % above or below is seen", () => {
  const grid = Array.from({ length: 300 }, (_, i) => (i + 1) / 301);
  expect(largestOfUniform(claim, grid, 1).held).toBe(true);
  expect(
    largestOfUniform(
      claim,
      grid.map((x) => 1.05 * x),
      1,
    ).held,
  ).toBe(false);
  expect(
    largestOfUniform(
      claim,
      grid.map((x) => 0.95 * x),
      1,
    ).held,
  ).toBe(false);
});

it("a ratio of totals is not the mean of ratios, and is certain where every batch has the same", () => {
  expect(ratioOf([1, 30], [1, 10]).value).toBeCloseTo(31 / 11, 12);
  expect(ratioOf([2, 20], [1, 10])).toEqual({ value: 2, standardError: 0 });
});

it("a mean's standard error is the textbook's", () => {
  const { value, standardError } = meanOf([1, 2, 3, 4, 5]);
  expect(value).toBe(3);
  expect(standardError).toBeCloseTo(Math.sqrt(2.5 / 5), 12);
});
