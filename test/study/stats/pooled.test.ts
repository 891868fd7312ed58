import { describe, expect, it } from "vitest";
import { metricByName } from "../../../src/study/stats/metrics.ts";
import { EVERYWHERE } from "../../../src/study/stats/metric.ts";
import { pooledBound, pooledPoint } from "../../../src/study/stats/pooled.ts";
import { histogram, makeOperation, makeRecords } from "../records.ts";

const latency = metricByName("latency.read")!.distribution!;
const runs = (values: readonly (readonly number[])[]) =>
  makeRecords(
    "x",
    values.map((one) => ({ operations: [makeOperation({ latency: histogram(one) })] })),
  );

/** Park and Miller's generator. */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe("statistics of operations pooled over runs", () => {
  it("are those of all operations, not means of the runs' statistics", () => {
    // One run of 10 slow operations among nine of 90 fast ones: the median is fast, the maximum slow.
    const records = runs([new Array<number>(10).fill(200), ...Array.from({ length: 9 }, () => new Array<number>(90).fill(10))]);
    expect(pooledPoint(latency, records, EVERYWHERE, "p50")).toBe(10);
    expect(pooledPoint(latency, records, EVERYWHERE, "p99")).toBe(200);
    expect(pooledPoint(latency, records, EVERYWHERE, "mean")).toBe((2000 + 8100) / 820);
    expect([pooledPoint(latency, records, EVERYWHERE, "max"), pooledPoint(latency, records, EVERYWHERE, "min")]).toEqual([200, 10]);
  });

  it("have no bound from one run, nor of an extreme", () => {
    expect(pooledBound(latency, runs([[1, 2, 3]]), EVERYWHERE, "p50", 0.95, "upper")).toBeUndefined();
    expect(pooledBound(latency, runs([[1], [2]]), EVERYWHERE, "max", 0.95, "upper")).toBeUndefined();
  });

  it("are bounded by exactly one value when all runs are alike", () => {
    const records = runs([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ]);
    for (const side of ["upper", "lower"] as const) expect(pooledBound(latency, records, EVERYWHERE, "mean", 0.95, side)).toBe(2.5);
    expect(pooledBound(latency, records, EVERYWHERE, "p50", 0.95, "upper")).toBe(2);
    expect(pooledBound(latency, records, EVERYWHERE, "p50", 0.95, "lower")).toBe(2);
  });

  it("have 95 % bounds that cover 95 % although runs differ, where bounds that count operations do not", () => {
    // A run's latencies are exponential with a mean that is itself drawn, 50 to 150: operations of a run hang together.
    const random = generator(4_711);
    const [trials, perTrial, operations] = [160, 20, 50];
    // P(X > x) = mean over m of exp(-x / m) = 0.1, m uniform in 50..150, solved by halving.
    const beyond = (x: number): number =>
      Array.from({ length: 1_000 }, (_, index) => Math.exp(-x / (50.05 + index * 0.1))).reduce((sum, one) => sum + one, 0) / 1_000;
    let [low, high] = [0, 1_000];
    while (high - low > 1e-6)
      if (beyond((low + high) / 2) > 0.1) low = (low + high) / 2;
      else high = (low + high) / 2;
    let [upperCovers, lowerCovers, naiveCovers] = [0, 0, 0];
    for (let trial = 0; trial < trials; trial += 1) {
      const samples = Array.from({ length: perTrial }, () => {
        const scale = 50 + 100 * random();
        return Array.from({ length: operations }, () => -scale * Math.log(random()));
      });
      const records = runs(samples);
      // Half a bucket is 0.4 %: allowed for in the truth, on the side that makes the test harder.
      if (pooledBound(latency, records, EVERYWHERE, "p90", 0.95, "upper")! >= low - 1) upperCovers += 1;
      if (pooledBound(latency, records, EVERYWHERE, "p90", 0.95, "lower")! <= low + 1) lowerCovers += 1;
      const all = samples.flat().sort((a, b) => a - b);
      // Rank of the upper 95 % bound of p90 among 1,000 independent operations, by the normal approximation.
      if (all[Math.ceil(900 + 1.645 * Math.sqrt(90)) - 1]! >= low) naiveCovers += 1;
    }
    const error = Math.sqrt(0.95 * 0.05 * trials);
    expect(Math.abs(upperCovers - 0.95 * trials) / error).toBeLessThan(3.5);
    expect(Math.abs(lowerCovers - 0.95 * trials) / error).toBeLessThan(3.5);
    expect((0.95 * trials - naiveCovers) / error).toBeGreaterThan(4);
  });
});
