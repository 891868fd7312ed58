import { describe, expect, it } from "vitest";
import { batchMeans, lagOneCorrelation } from "../../../src/study/stats/batch-means.ts";
import { warmUp, warmUpOf } from "../../../src/study/stats/warm-up.ts";
import type { Fact } from "../../../src/simulator/record/fact.ts";
import { type RecordOverrides, histogram, makeRecords } from "../records.ts";

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
    for (const [length, correlation] of [
      [100, 0],
      [100, 0.5],
      [20, 0],
      [12, 0],
    ] as const) {
      expect(
        share(seeds.map((seed) => warmUp(series(seed, length, correlation, 0, 1)).kind === "notEnough")),
        `${length} ${correlation}`,
      ).toBeLessThanOrEqual(0.05);
    }
  });

  it("sees a start-up twice as high that takes 10 windows to fade in nearly every case", () => {
    expect(share(seeds.map((seed) => warmUp(series(seed, 100, 0, 100, 10)).kind === "notEnough"))).toBeGreaterThan(0.95);
  });

  it("says how many windows to cut, and of what", () => {
    const found = warmUp([...Array.from({ length: 10 }, () => 500), ...Array.from({ length: 90 }, (_, index) => 99 + 2 * (index % 2))]);
    expect(found).toMatchObject({ kind: "notEnough", cut: 10, removed: 500 });
  });

  it("is unknown for a series of fewer than 12 windows, and a constant one is warm", () => {
    expect(warmUp([1, 2, 3])).toEqual({ kind: "unknown", reason: "3 windows are too few; 12 are needed" });
    expect(warmUp(new Array<number>(40).fill(5)).kind).toBe("enough");
  });

  it("of a strategy averages its repeats and looks at no window that a fault reaches", () => {
    const fault: Fact = {
      kind: "fault",
      phase: "start",
      fault: "f",
      label: "f",
      type: "hostDeath",
      targets: [],
      touches: [0],
      at: 20_500_000,
    };
    const run = (latencies: readonly number[]): RecordOverrides => ({
      facts: [fault],
      windows: { width: 1_000_000, count: 60, latency: [{ operation: "read", windows: latencies.map((one) => histogram([one, one])) }] },
    });
    const steady = Array.from({ length: 60 }, (_, window) => (window < 20 ? 100 + (window % 3) : 5_000));
    expect(warmUpOf(makeRecords("x", [run(steady), run(steady)]))).toMatchObject({ kind: "enough" });
    const cold = steady.map((one, window) => (window < 3 ? 900 : one));
    // 20 windows make batches of 3: the first is cold in one of two runs, (900 + 101) / 2.
    expect(warmUpOf(makeRecords("x", [run(steady), run(cold)]))).toMatchObject({ kind: "notEnough", cut: 3, removed: 500.5 });
    expect(warmUpOf([])).toMatchObject({ kind: "unknown" });
    expect(warmUpOf(makeRecords("x", [run(steady.slice(0, 5))]))).toMatchObject({ kind: "unknown" });
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
