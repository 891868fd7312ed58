import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binomialCdf } from "../../../src/study/stats/distributions.ts";
import {
  meanBound,
  meanInterval,
  quantileBound,
  quantileInterval,
  repeatsNeeded,
  shareBound,
  shareInterval,
} from "../../../src/study/stats/interval.ts";
import type { Observed } from "../../../src/study/stats/sample.ts";
import { expectNear, rows } from "./reference.ts";

const ranks = (n: number): readonly Observed[] => Array.from({ length: n }, (_, index) => ({ kind: "value", value: index + 1 }));
const rankOf = (bound: Observed | undefined): number | undefined => (bound?.kind === "value" ? bound.value : undefined);

describe("intervals agree with what others computed", () => {
  it("the mean's Student-t interval is SciPy's", () => {
    for (const { x, confidence, low, high } of rows<{ x: number[]; confidence: number; low: number; high: number }>("meanInterval")) {
      const interval = meanInterval(x, confidence)!;
      expectNear(interval.low, low, 1e-9, "low");
      expectNear(interval.high, high, 1e-9, "high");
    }
  });

  it("the Clopper-Pearson interval is SciPy's", () => {
    for (const [hits, n, confidence, low, high] of rows<[number, number, number, number, number]>("clopperPearson")) {
      const interval = shareInterval(hits, n, confidence);
      expectNear(interval.low, low, 1e-9, `${hits} of ${n} low`);
      expectNear(interval.high, high, 1e-9, `${hits} of ${n} high`);
    }
  });

  it("0 of 30 runs means at most 9.5 % at 95 %, for which the rule of three says 10 %", () => {
    expect(shareBound(0, 30, 0.95, "upper")).toBeCloseTo(0.095, 3);
    for (const n of [30, 100, 1000]) expectNear(shareBound(0, n, 0.95, "upper"), 3 / n, 0.06, `rule of three at ${n}`);
    expect(shareBound(0, 30, 0.95, "lower")).toBe(0);
    expect(shareBound(30, 30, 0.95, "upper")).toBe(1);
  });

  it("the ranks that bound a quantile are those a linear search with SciPy's binomial finds", () => {
    for (const [n, p, confidence, upper, lower] of rows<[number, number, number, number | null, number | null]>("boundRanks")) {
      expect(rankOf(quantileBound(ranks(n), p, confidence, "upper")), `upper ${n} ${p} ${confidence}`).toBe(upper ?? undefined);
      expect(rankOf(quantileBound(ranks(n), p, confidence, "lower")), `lower ${n} ${p} ${confidence}`).toBe(lower ?? undefined);
    }
  });

  it("the median of 30 lies between the 10th and 21st value (Conover, Practical Nonparametric Statistics, table of the sign test)", () => {
    const { low, high } = quantileInterval(ranks(30), 0.5, 0.95);
    expect([rankOf(low), rankOf(high)]).toEqual([10, 21]);
  });
});

describe("how many repeats a quantile needs", () => {
  it("p99 at 95 % needs 299, p90 29, the median 5", () => {
    expect(repeatsNeeded(0.99, 0.95, "upper")).toBe(299);
    expect(repeatsNeeded(0.9, 0.95, "upper")).toBe(29);
    expect(repeatsNeeded(0.5, 0.95, "upper")).toBe(5);
    expect(repeatsNeeded(0.9, 0.95, "lower")).toBe(2);
    expect(repeatsNeeded(0.5, 0.96875, "upper")).toBe(5);
  });

  it("is the first number at which a bound exists", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 98 }),
        fc.constantFrom(0.8, 0.9, 0.95, 0.99),
        fc.constantFrom("upper" as const, "lower" as const),
        (percent, confidence, side) => {
          const n = repeatsNeeded(percent / 100, confidence, side);
          expect(quantileBound(ranks(n), percent / 100, confidence, side)).toBeDefined();
          if (n > 1) expect(quantileBound(ranks(n - 1), percent / 100, confidence, side)).toBeUndefined();
        },
      ),
    ));
});

describe("bounds of small and censored samples", () => {
  it("a mean of one run has no interval, a constant one has no width", () => {
    expect(meanInterval([3], 0.95)).toBeUndefined();
    expect(meanBound([3], 0.95, "upper")).toBeUndefined();
    expect(meanInterval([3, 3, 3], 0.95)).toEqual({ low: 3, high: 3 });
  });

  it("an upper bound that falls among runs that never recovered is at least what they lasted", () => {
    const sample: Observed[] = [...ranks(28), { kind: "censored", atLeast: 40 }, { kind: "censored", atLeast: 39 }];
    expect(quantileBound(sample, 0.9, 0.95, "upper")).toEqual({ kind: "censored", atLeast: 40 });
    expect(quantileBound(sample, 0.5, 0.95, "upper")).toEqual({ kind: "value", value: 20 });
  });
});

describe("95 % intervals cover 95 %, and twins with a planted mistake do not", () => {
  const trials = 2_000;
  const standardError = Math.sqrt((0.95 * 0.05) / trials);
  const score = (covered: number): number => (covered / trials - 0.95) / standardError;
  // Park and Miller's generator, so that the draws are nobody's but this test's.
  const generator = (): (() => number) => {
    let state = 20_240;
    return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  };
  const normal = (random: () => number): number => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());

  it("the mean of 8 normal values; the normal quantile instead of t's is seen", () => {
    const random = generator();
    let [covered, coveredByNormal] = [0, 0];
    for (let trial = 0; trial < trials; trial += 1) {
      const sample = Array.from({ length: 8 }, () => normal(random));
      const { low, high } = meanInterval(sample, 0.95)!;
      const half = ((high - low) / 2) * (1.95996 / 2.36462);
      if (low <= 0 && high >= 0) covered += 1;
      if (Math.abs((low + high) / 2) <= half) coveredByNormal += 1;
    }
    expect(Math.abs(score(covered))).toBeLessThan(3);
    expect(score(coveredByNormal)).toBeLessThan(-4);
  });

  it("the p90 bound of 46 exponential values; a rank too low is seen", () => {
    const random = generator();
    const truth = -Math.log(0.1);
    let [covered, coveredByTwin] = [0, 0];
    for (let trial = 0; trial < trials; trial += 1) {
      const sample: Observed[] = Array.from({ length: 46 }, () => ({ kind: "value", value: -Math.log(random()) }));
      const bound = quantileBound(sample, 0.9, 0.95, "upper")!;
      const sorted = sample.map((one) => (one.kind === "value" ? one.value : 0)).sort((a, b) => a - b);
      const rank = sorted.indexOf(bound.kind === "value" ? bound.value : -1);
      if (sorted[rank]! >= truth) covered += 1;
      if (sorted[rank - 1]! >= truth) coveredByTwin += 1;
    }
    // Order statistics cannot hit 95 % exactly: rank 45 of 46 covers P(Bin(46, 0.9) <= 44), 95.2 %, and rank 44 only 85 %.
    const due = binomialCdf(44, 46, 0.9);
    expect(Math.abs(covered / trials - due)).toBeLessThan(3 * Math.sqrt((due * (1 - due)) / trials));
    expect(score(coveredByTwin)).toBeLessThan(-4);
  });

  it("a Clopper-Pearson bound of a share of 5 % in 60 runs; a hit less is seen", () => {
    const random = generator();
    let [covered, coveredByTwin] = [0, 0];
    for (let trial = 0; trial < trials; trial += 1) {
      const hits = Array.from({ length: 60 }, () => (random() < 0.05 ? 1 : 0)).reduce<number>((sum, one) => sum + one, 0);
      if (shareBound(hits, 60, 0.95, "upper") >= 0.05) covered += 1;
      if (hits > 0 && shareBound(hits - 1, 60, 0.95, "upper") >= 0.05) coveredByTwin += 1;
    }
    // With 0 hits the bound is 4.87 %, below the truth: 4.6 % of runs, which the bound is allowed to miss.
    expect(score(covered)).toBeGreaterThan(-3);
    expect(score(coveredByTwin)).toBeLessThan(-4);
  });
});
