import { describe, expect, it } from "vitest";
import { compare, tableMetrics } from "../../../src/study/stats/compare.ts";
import { metricByName } from "../../../src/study/stats/metrics.ts";
import { summarise } from "../../../src/study/stats/summary.ts";
import { histogram, makeOperation, makeRecord, makeRecords, neverRecovered, recovered } from "../records.ts";

const S = 1_000_000;
const metrics = (...names: string[]) => names.map((name) => metricByName(name)!);
const seconds = (...lengths: number[]) => lengths.map((length) => recovered(length * S));

describe("the summary of a strategy", () => {
  it("gives n, mean, quantiles and extremes with intervals, from records in any order", () => {
    const records = makeRecords("sync", seconds(...Array.from({ length: 30 }, (_, index) => index + 1)));
    const [found] = summarise([...records].reverse(), metrics("recovery.time")).metrics;
    expect(found).toMatchObject({ n: 30, censored: 0, unknown: 0, absent: 0 });
    expect(found!.values.map((one) => one.run.repeat)).toEqual(Array.from({ length: 30 }, (_, index) => index));
    const { mean, p50, p90, min, max } = found!.figures!;
    expect(mean).toMatchObject({ kind: "mean", value: 15.5 * S });
    // 15.5 -+ t(0.975, 29) x 8.8034 / sqrt 30 = 2.0452 x 1.6073.
    if (mean.kind === "mean") expect(mean.interval!.low / S).toBeCloseTo(15.5 - 3.2873, 3);
    expect([p50.value, p90.value, min, max]).toEqual([15, 27, 1, 30].map((value) => ({ kind: "value", value: value * S })));
    expect(p50.interval).toEqual({ low: { kind: "value", value: 10 * S }, high: { kind: "value", value: 21 * S } });
    expect(p90.interval.high).toBeUndefined();
  });

  it("refuses a mean with runs that never recovered, and restricts it to the time all were watched", () => {
    const records = makeRecords("manual", [...seconds(10, 20, 50), neverRecovered(39 * S), neverRecovered(40 * S)]);
    const [found] = summarise(records, metrics("recovery.time")).metrics;
    expect(found).toMatchObject({ n: 5, censored: 2 });
    // min(x, 39): 10, 20, 39, 39, 39.
    expect(found!.figures!.mean).toEqual({
      kind: "refused",
      restricted: 29.4 * S,
      horizon: 39 * S,
      words: "2 of 5 never recovered; the mean restricted to the first 39 s is 29.4 s",
    });
    expect(found!.figures!.max).toEqual({ kind: "censored", atLeast: 50 * S });
    expect(found!.figures!.p50.value).toEqual({ kind: "value", value: 50 * S });
  });

  it("counts what is missing and says why, most frequent first", () => {
    const records = makeRecords("sync", [...seconds(1), {}, {}, { ...recovered(S), quiescent: false }]);
    const [found] = summarise(records, metrics("recovery.time")).metrics;
    expect(found).toMatchObject({ n: 1, unknown: 3 });
    expect(found!.reasons.map((one) => one.runs)).toEqual([2, 1]);
    expect(summarise(makeRecords("x", [{}]), metrics("recovery.time")).metrics[0]!.figures).toBeUndefined();
  });

  it("says of 0 in 30 runs what that leaves open", () => {
    const [found] = summarise(makeRecords("sync", new Array(30).fill({})), metrics("loss.writes")).metrics;
    expect(found!.figures!.runsWithAny).toMatchObject({
      runs: 0,
      of: 30,
      words: "none in 30 runs; up to 9.5 % of all runs could have some, at 95 %",
    });
  });

  it("pools latency over runs and keeps one p99 a run", () => {
    const latencies = [[...new Array<number>(99).fill(10), 100], new Array<number>(100).fill(20)];
    const records = makeRecords(
      "sync",
      latencies.map((values) => ({ operations: [makeOperation({ latency: histogram(values) })] })),
    );
    const [found] = summarise(records, metrics("latency.read")).metrics;
    expect(found).toMatchObject({ statistic: "p99", pooled: { count: 200, mean: (990 + 100 + 2000) / 200, p50: 20, p99: 20, max: 100 } });
    expect(found!.values.map((one) => one.value)).toEqual([10, 20].map((value) => ({ kind: "value", value })));
  });
});

describe("the comparison of strategies", () => {
  const lengths = Array.from({ length: 12 }, (_, index) => 5 + (index % 5));
  const byStrategy = new Map([
    [
      "slow",
      makeRecords(
        "slow",
        lengths.map((length) => recovered((length + 10 + (length % 3)) * S)),
      ),
    ],
    [
      "fast",
      makeRecords(
        "fast",
        lengths.map((length) => recovered(length * S)),
      ),
    ],
    [
      "alike",
      makeRecords(
        "alike",
        lengths.map((length, index) => recovered((length + (index % 2 === 0 ? 0.1 : -0.1)) * S)),
      ),
    ],
  ]);

  it("names the better side where the Holm-corrected p-value allows it, and nobody where it does not", () => {
    const found = compare(byStrategy, { metrics: metrics("recovery.time") });
    expect(found.map(({ left, right, winner }) => [left, right, winner])).toEqual([
      ["slow", "fast", "fast"],
      ["slow", "alike", "alike"],
      ["fast", "alike", undefined],
    ]);
    // 12 pairs to one side: two-sided 2 / 4096, times 3 comparisons.
    expect(found[0]!.test.twoSided).toBeCloseTo(2 / 4096, 12);
    expect(found[0]!.p).toBeCloseTo(6 / 4096, 12);
    expect(found[0]!.difference!.low).toBeGreaterThan(9 * S);
  });

  it("counts more as better where the metric says so", () => {
    const goodput = (good: number) => ({ operations: [makeOperation({ good })] });
    const records = new Map([
      [
        "low",
        makeRecords(
          "low",
          lengths.map((length) => goodput(100 + length)),
        ),
      ],
      [
        "high",
        makeRecords(
          "high",
          lengths.map((length) => goodput(200 + 2 * length)),
        ),
      ],
    ]);
    expect(compare(records, { metrics: metrics("goodput") })[0]!.winner).toBe("high");
  });

  it("pairs by seed whatever the order, and drops runs without a twin or a value", () => {
    const left = makeRecords("left", seconds(1, 2, 3, 4, 5, 6));
    const right = makeRecords("right", [...seconds(2, 3, 4, 5, 6), {}]);
    const [found] = compare(
      new Map([
        ["left", [...left].reverse()],
        ["right", right],
      ]),
      { metrics: metrics("recovery.time") },
    );
    expect(found).toMatchObject({ pairs: 5, dropped: 1, difference: { median: -S } });
    expect(found!.difference!.low).toBeUndefined();
    expect(
      compare(
        new Map([
          ["left", left],
          ["right", right.slice(2)],
        ]),
        { metrics: metrics("recovery.time") },
      )[0]!.pairs,
    ).toBe(3);
  });

  it("ranks a strategy that never recovers last", () => {
    const records = new Map([
      [
        "never",
        makeRecords(
          "never",
          lengths.map(() => neverRecovered()),
        ),
      ],
      [
        "slow",
        makeRecords(
          "slow",
          lengths.map((_, index) => recovered((30 + index) * S)),
        ),
      ],
    ]);
    expect(compare(records, { metrics: metrics("recovery.time") })[0]).toMatchObject({ winner: "slow", difference: { median: Infinity } });
  });

  it("shows visible loss where families of replication meet, and the latencies of what was issued", () => {
    expect(tableMetrics(byStrategy).map((metric) => metric.name)).toEqual([
      "recovery.time",
      "loss.writes",
      "availability",
      "goodput",
      "latency.read",
      "load.maxOverMean",
      "network.bytes",
      "host.seconds",
    ]);
    const mixed = new Map([...byStrategy, ["quorum", [makeRecord({ header: { singleOrder: false } })]]]);
    expect(tableMetrics(mixed)[1]!.name).toBe("loss.visible");
  });
});

describe("an interval of a mean", () => {
  it("ends where the metric's figures do, however few and scattered the runs", () => {
    const records = makeRecords(
      "few",
      [1, 40].map((busiest) => ({
        windows: { serverRequests: Array.from({ length: 18 }, (_, cell) => (cell % 3 === 0 ? busiest : 1)) },
      })),
    );
    const found = summarise(records, metrics("load.maxOverMean", "load.cv", "load.gini", "load.jain"));
    const interval = (name: string): unknown => {
      const mean = found.metrics.find(({ metric }) => metric === name)?.figures?.mean;
      return mean?.kind === "mean" ? mean.interval : undefined;
    };
    expect(interval("load.maxOverMean")).toMatchObject({ low: 1 });
    expect(interval("load.cv")).toMatchObject({ low: 0 });
    expect(interval("load.gini")).toMatchObject({ low: 0, high: 1 });
    expect(interval("load.jain")).toMatchObject({ low: 0, high: 1 });
  });
});
