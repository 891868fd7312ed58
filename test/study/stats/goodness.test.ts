import { describe, expect, it } from "vitest";
import { chiSquare, kolmogorovSmirnov, kolmogorovSmirnovTwo } from "../../../src/study/stats/goodness.ts";
import { expectNear, rows } from "./reference.ts";

const uniform = (x: number): number => Math.min(1, Math.max(0, x));

const KS_MIDDLE = [
  [10, 1.2, 0.9948566839762616],
  [10, 2.3, 0.5885983746197226],
  [20, 2.3, 0.9269959181181632],
] as const;

describe("Kolmogorov-Smirnov", () => {
  it("against a distribution is SciPy's exact test, from 1 to 1,000 values", () => {
    for (const { x, d, p } of rows<{ x: number[]; d: number; p: number }>("kolmogorovSmirnov")) {
      const found = kolmogorovSmirnov(x, uniform);
      expectNear(found.statistic, d, 1e-12, `D of ${x.length}`);
      expect(Math.abs(found.p - p), `p of ${x.length}`).toBeLessThan(p > 1e-4 ? 1e-5 : 0.02 * p);
    }
  });

  it("is exact in the middle of the distribution too, where every term of the matrix counts", () => {
    // Distances of 1.2 of 10, 2.3 of 10 and 2.3 of 20 (scipy.stats.kstwo.sf).
    for (const [n, steps, p] of KS_MIDDLE)
      expect(
        kolmogorovSmirnov(
          Array.from({ length: n }, (_, index) => Math.min(1, (index + steps) / n)),
          uniform,
        ).p,
      ).toBeCloseTo(p, 9);
  });

  it("of two samples is SciPy's exact test", () => {
    for (const { x, y, d, p } of rows<{ x: number[]; y: number[]; d: number; p: number }>("kolmogorovSmirnovTwo")) {
      const found = kolmogorovSmirnovTwo(x, y);
      expectNear(found.statistic, d, 1e-12, `D of ${x.length}, ${y.length}`);
      expect(Math.abs(found.p - p), `p of ${x.length}, ${y.length}`).toBeLessThan(1e-12 + 1e-9 * p);
    }
  });

  it("of samples too large to count is within 2 % of the exact test (SciPy's, 1,000 against 1,000 values)", () => {
    const left = Array.from({ length: 1_000 }, (_, index) => index);
    for (const [shift, exact] of [
      [37, 0.4659595288557257],
      [61, 0.042792013924212634],
      [80, 0.0028179208242694134],
    ] as const) {
      expectNear(
        kolmogorovSmirnovTwo(
          left,
          left.map((x) => x + shift + 0.5),
        ).p,
        exact,
        0.02,
        `p of a shift of ${shift}`,
      );
    }
  });

  it("has the critical values of the printed table at 5 % (Massey, JASA 46, 1951, table 1)", () => {
    for (const [n, critical] of [
      [5, 0.565],
      [10, 0.41],
      [20, 0.294],
    ] as const) {
      // A sample whose largest distance is at its first value only: all are moved up by the critical distance.
      const sample = Array.from({ length: n }, (_, index) => Math.min(1, index / n + critical));
      expect(kolmogorovSmirnov(sample, uniform).p).toBeGreaterThan(0.045);
      expect(kolmogorovSmirnov(sample, uniform).p).toBeLessThan(0.055);
    }
  });

  it("accepts draws of its own distribution and refuses a twin 10 % off", () => {
    let state = 5;
    const draws = Array.from({ length: 2_000 }, () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647);
    expect(kolmogorovSmirnov(draws, uniform).p).toBeGreaterThan(0.01);
    expect(
      kolmogorovSmirnov(
        draws.map((x) => x * 0.9),
        uniform,
      ).p,
    ).toBeLessThan(1e-6);
  });
});

describe("chi-square", () => {
  it("is SciPy's", () => {
    for (const { observed, expected, statistic, p } of rows<{ observed: number[]; expected: number[]; statistic: number; p: number }>(
      "chiSquare",
    )) {
      const found = chiSquare(observed, expected);
      expect(found.statistic).toBeCloseTo(statistic, 10);
      expect(found.p).toBeCloseTo(p, 10);
    }
  });

  it("counts a fitted parameter as a degree of freedom less", () => {
    expect(chiSquare([10, 20, 30], [20, 20, 20], 1).freedom).toBe(1);
  });
});
