import { describe, expect, it } from "vitest";
import { batchMeans, lagOneCorrelation } from "../../../src/study/stats/batch-means.ts";
import { warmUp } from "../../../src/study/stats/warm-up.ts";

/** A first-order process around 100 with deviation 10 that starts `bias` off and forgets it over `memory` steps. */
function series(seed: number, length: number, correlation: number, bias: number, memory: number): number[] {
  let state = seed * 7_919 + 1;
  const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let skip = 0; skip < 10; skip += 1) random();
  const normal = (): number => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  let noise = normal();
  return Array.from({ length }, (_, index) => {
    noise = correlation * noise + Math.sqrt(1 - correlation * correlation) * normal();
    return 100 + 10 * noise + bias * Math.exp(-index / memory);
  });
}

const share = (judged: readonly boolean[]): number => judged.filter(Boolean).length / judged.length;
const seeds = Array.from({ length: 200 }, (_, index) => index + 1);

describe("the warm-up check", () => {
  it("calls a steady series insufficiently warmed up in at most 1 of 20 cases, correlated or not", () => {
    for (const correlation of [0, 0.5]) {
      expect(share(seeds.map((seed) => warmUp(series(seed, 100, correlation, 0, 1)).kind === "notEnough"))).toBeLessThanOrEqual(0.05);
    }
  });

  it("sees a start-up twice as high that takes 10 windows to fade in nearly every case", () => {
    expect(share(seeds.map((seed) => warmUp(series(seed, 100, 0, 100, 10)).kind === "notEnough"))).toBeGreaterThan(0.95);
  });

  it("says how many windows to cut, and of what", () => {
    const found = warmUp([...Array.from({ length: 10 }, () => 500), ...Array.from({ length: 90 }, (_, index) => 99 + 2 * (index % 2))]);
    expect(found).toMatchObject({ kind: "notEnough", cut: 10, removed: 500 });
  });

  it("is unknown for a series of fewer than 30 windows, and a constant one is warm", () => {
    expect(warmUp([1, 2, 3])).toEqual({ kind: "unknown", reason: "3 windows are too few; 30 are needed" });
    expect(warmUp(new Array<number>(40).fill(5)).kind).toBe("enough");
  });
});

describe("batch means", () => {
  it("cover the mean of a correlated series about as often as they say, where single values do not", () => {
    let [covered, coveredByValues] = [0, 0];
    for (const seed of seeds) {
      const values = series(seed, 3_000, 0.8, 0, 1);
      const inside = ({ low, high }: { readonly low: number; readonly high: number }): boolean => low <= 100 && high >= 100;
      if (inside(batchMeans(values).interval)) covered += 1;
      if (inside(batchMeans(values, 1_500).interval)) coveredByValues += 1;
    }
    // 190 of 200 expected, standard error 3.1.
    expect(Math.abs(covered - 190)).toBeLessThan(4 * 3.1);
    expect(coveredByValues).toBeLessThan(150);
  });

  it("tell when batches are too short to be independent", () => {
    expect(Math.abs(batchMeans(series(1, 3_000, 0.8, 0, 1)).correlation)).toBeLessThan(0.4);
    expect(batchMeans(series(1, 3_000, 0.8, 0, 1), 1_500).correlation).toBeGreaterThan(0.4);
    expect(lagOneCorrelation([1, 1, 1])).toBe(0);
  });
});
