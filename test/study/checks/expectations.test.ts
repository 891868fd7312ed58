import { describe, expect, it } from "vitest";
import { type RecordsByStrategy, judge, requiredRepeats } from "../../../src/study/checks/expectations.ts";
import type { ExpectationVerdict } from "../../../src/study/checks/verdict.ts";
import type { InvariantExpectation, MetricExpectation } from "../../../src/study/scenario/scenario.ts";
import { EVERYWHERE } from "../../../src/study/stats/metric.ts";
import { type RecordOverrides, histogram, makeOperation, makeRecords, mapFact, neverRecovered, readyFact, recovered } from "../records.ts";

const S = 1_000_000;
const place = { path: "expect[0]", line: 1, column: 1, knownFailure: undefined };

const metric = (overrides: Partial<MetricExpectation>): MetricExpectation => ({
  ...place,
  kind: "metric",
  of: ["sync"],
  metric: "recovery.time",
  where: EVERYWHERE,
  over: "max",
  statistic: "max",
  bound: { kind: "below", value: 6 * S },
  confidence: undefined,
  ...overrides,
});
const invariant = (name: string, overrides: Partial<InvariantExpectation> = {}): InvariantExpectation => ({
  ...place,
  kind: "invariant",
  of: ["sync"],
  invariant: name,
  ...overrides,
});

const seconds = (...lengths: number[]): RecordOverrides[] => lengths.map((length) => recovered(length * S));
const runs = (strategies: Readonly<Record<string, readonly RecordOverrides[]>>): RecordsByStrategy =>
  new Map(Object.entries(strategies).map(([name, overrides]) => [name, makeRecords(name, overrides)]));

function verdict(
  expectation: MetricExpectation | InvariantExpectation,
  strategies: Readonly<Record<string, readonly RecordOverrides[]>>,
  plannedRepeats?: number,
): ExpectationVerdict {
  const actualRepeats = Math.max(0, ...Object.values(strategies).map((one) => one.length));
  return judge(expectation, runs(strategies), { plannedRepeats: plannedRepeats ?? actualRepeats, actualRepeats });
}
const sync = (expectation: Partial<MetricExpectation>, overrides: readonly RecordOverrides[], planned?: number): ExpectationVerdict =>
  verdict(metric(expectation), { sync: overrides }, planned);

const THIRTY = Array.from({ length: 30 }, (_, index) => 2 + index * 0.1);

describe("a threshold without confidence judges the point estimate", () => {
  it("held, with the figure in words", () => {
    expect(sync({ statistic: "p90" }, seconds(...THIRTY))).toMatchObject({
      kind: "held",
      text: "recovery.time of sync: p90 is 4.6 s, below 6 s: held",
    });
  });

  it("broken, naming the first run that goes against it", () => {
    const found = sync({}, seconds(2, 7, 3, 8));
    expect(found).toMatchObject({ kind: "broken", text: "recovery.time of sync: max is 8 s, below 6 s: broken" });
    expect(found.parts[0]!.run).toEqual({ seed: 101, repeat: 1, key: "sync-1" });
  });

  it("keeps below strict, and atMost, atLeast and between inclusive", () => {
    const kind = (bound: MetricExpectation["bound"]) => sync({ bound }, seconds(6)).kind;
    expect(kind({ kind: "below", value: 6 * S })).toBe("broken");
    expect(kind({ kind: "atMost", value: 6 * S })).toBe("held");
    expect(kind({ kind: "atLeast", value: 6 * S })).toBe("held");
    expect(kind({ kind: "atLeast", value: 6 * S + 1 })).toBe("broken");
    expect(kind({ kind: "between", low: 6 * S, high: 7 * S })).toBe("held");
    expect(kind({ kind: "between", low: 1, high: 5 * S })).toBe("broken");
  });

  it("judges min, mean and quantiles each as such", () => {
    const kind = (statistic: MetricExpectation["statistic"], value: number) =>
      sync({ statistic, bound: { kind: "between", low: value * S, high: value * S } }, seconds(1, 2, 9)).kind;
    expect([kind("min", 1), kind("mean", 4), kind("p50", 2), kind("max", 9)]).toEqual(["held", "held", "held", "held"]);
    expect([kind("min", 2), kind("mean", 2), kind("p50", 4), kind("max", 4)]).toEqual(["broken", "broken", "broken", "broken"]);
  });

  it("treats a run that never recovered as infinite: a quantile below it may hold, the maximum does not", () => {
    const overrides = [...seconds(...THIRTY), neverRecovered()];
    expect(sync({ statistic: "p90" }, overrides).kind).toBe("held");
    const found = sync({}, overrides);
    expect(found.text).toBe("recovery.time of sync: max is ≥ 40 s, below 6 s: broken");
    expect(found.parts[0]!.run?.repeat).toBe(30);
    expect(sync({ bound: { kind: "atLeast", value: 50 * S } }, overrides).kind).toBe("held");
  });

  it("refuses a mean with runs that never recovered: broken, whichever way the bound points, with the restricted mean", () => {
    const overrides = [...seconds(1, 2), neverRecovered()];
    const text = "recovery.time of sync: 1 of 3 never recovered; the mean restricted to the first 40 s is 14.3 s, below 6 s: broken";
    expect(sync({ statistic: "mean" }, overrides)).toMatchObject({ kind: "broken", text });
    expect(sync({ statistic: "mean", bound: { kind: "atLeast", value: 1 } }, overrides).kind).toBe("broken");
    expect(sync({ statistic: "mean" }, overrides).parts[0]!.run?.repeat).toBe(2);
  });
});

describe("what was not exercised or cannot be told", () => {
  it("is unknown when no run has a value", () => {
    expect(sync({}, [{}, {}])).toMatchObject({
      kind: "unknown",
      text: "recovery.time of sync: no fault touched a shard that is looked at, so recovery was not exercised: unknown",
    });
    expect(sync({}, []).kind).toBe("unknown");
    expect(verdict(metric({ of: ["other"] }), { sync: seconds(1) }).kind).toBe("unknown");
  });

  it("leaves out runs that no fault hit, and says so", () => {
    expect(sync({}, [...seconds(1, 2), {}]).text).toContain("below 6 s, 1 run left out: no fault touched a shard");
  });

  it("leaves out runs in which it has no meaning, and is unknown when it has none in any", () => {
    const isolated: RecordOverrides = { touched: [{ shard: 0, vantage: "web/a", counts: false }] };
    expect(sync({}, [...seconds(1, 2), isolated]).text).toContain("max is 2 s, below 6 s, 1 run left out: every vantage");
    expect(sync({}, [isolated]).kind).toBe("unknown");
  });

  it("is unknown while a run has no audit, unless the others break the bound already", () => {
    const unaudited = { ...recovered(S), quiescent: false };
    const found = sync({}, [...seconds(1, 2), unaudited]);
    expect(found).toMatchObject({ kind: "unknown" });
    expect(found.text).toContain("1 of 3 runs cannot tell (the first with seed 102, repeat 2: the run was not quiescent");
    expect(sync({}, [...seconds(1, 7), unaudited])).toMatchObject({ kind: "broken", parts: [{ run: { repeat: 1 } }] });
    expect(sync({ statistic: "p50" }, [...seconds(1, 7), unaudited]).kind).toBe("unknown");
    expect(sync({ statistic: "min", bound: { kind: "atLeast", value: 5 * S } }, [...seconds(1, 7), unaudited]).kind).toBe("broken");
    expect(sync({ statistic: "min", bound: { kind: "atLeast", value: S } }, [...seconds(1, 7), unaudited]).kind).toBe("unknown");
    expect(sync({ bound: { kind: "atMost", value: 7 * S } }, [...seconds(1, 7), unaudited]).kind).toBe("unknown");
    expect(sync({ bound: { kind: "below", value: 7 * S } }, [...seconds(1, 7), unaudited]).kind).toBe("broken");
    expect(sync({ statistic: "mean" }, [...seconds(90, 90), unaudited]).kind).toBe("unknown");
  });

  it("is unknown for names and filters that a reader would have refused", () => {
    expect(sync({ metric: "no.such" }, seconds(1)).kind).toBe("unknown");
    expect(sync({ metric: "loss.writes", where: { ...EVERYWHERE, shard: 0 } }, seconds(1)).text).toContain(
      "loss.writes cannot be asked by shard",
    );
  });
});

describe("a threshold with confidence", () => {
  it("is held when the one-sided bound keeps it too: p90 of 30 runs is bounded by their largest at 95 %", () => {
    expect(sync({ statistic: "p90", confidence: 0.95 }, seconds(...THIRTY)).text).toBe(
      "recovery.time of sync: p90 is 4.6 s (95 % bound 4.9 s), below 6 s: held",
    );
  });

  it("keeps its figures apart for whoever draws them", () => {
    expect(sync({ statistic: "p90", confidence: 0.95 }, seconds(...THIRTY)).parts[0]!.figures).toEqual({
      n: 30,
      point: 4.6 * S,
      bound: 4.9 * S,
    });
  });

  it("is unknown between point and bound, and names the repeats that could tell", () => {
    const found = sync({ statistic: "p90", confidence: 0.95 }, seconds(...THIRTY.slice(1), 9));
    expect(found.kind).toBe("unknown");
    expect(found.text).toContain("p90 is 4.7 s (95 % bound 9 s), below 6 s; about");
    // 1 in 30 beyond: k of n with k = ceil(n / 30) and P(Bin(n, 0.1) <= k) <= 5 %.
    expect(found.parts[0]!.figures.repeatsNeeded).toBeGreaterThan(46);
    expect(found.parts[0]!.figures.repeatsNeeded).toBeLessThan(100);
  });

  it("is broken when the point estimate breaks it", () => {
    expect(sync({ statistic: "p90", confidence: 0.95 }, seconds(...THIRTY.map((one) => one + 2))).kind).toBe("broken");
  });

  it("is unknown, naming the number, when repeats were lowered below what the quantile needs", () => {
    const found = sync({ statistic: "p90", confidence: 0.95 }, seconds(...THIRTY.slice(0, 10)), 30);
    expect(found.text).toBe("recovery.time of sync: p90 at 95 % needs 29 repeats; 10 were run of the 30 the file plans: unknown");
    expect(found.parts[0]!.figures.repeatsNeeded).toBe(29);
    expect(sync({ statistic: "p99", confidence: 0.95 }, seconds(...THIRTY)).text).toContain("needs 299 repeats; 30 were run");
  });

  it("counts only runs that could be judged", () => {
    expect(sync({ statistic: "p90", confidence: 0.95 }, [...seconds(...THIRTY.slice(2)), {}, {}]).text).toContain(
      "needs 29 repeats; 30 were run, of which 28 could be judged",
    );
  });

  it("bounds a mean by Student's t, one-sided", () => {
    // Mean 3, deviation sqrt 2.5, n 5: 3 + t(0.95, 4) x 0.7071 = 3 + 2.1318 x 0.7071 = 4.507.
    const kind = (value: number) =>
      sync({ statistic: "mean", confidence: 0.95, bound: { kind: "below", value: value * S } }, seconds(1, 2, 3, 4, 5)).kind;
    expect([kind(4.52), kind(4.5), kind(2.9)]).toEqual(["held", "unknown", "broken"]);
    const least = (value: number) =>
      sync({ statistic: "mean", confidence: 0.95, bound: { kind: "atLeast", value: value * S } }, seconds(1, 2, 3, 4, 5)).kind;
    expect([least(1.48), least(1.5), least(3.1)]).toEqual(["held", "unknown", "broken"]);
  });

  it("cannot bound a maximum from above by any number of runs, and from below by one", () => {
    expect(sync({ confidence: 0.95 }, seconds(1)).text).toContain("no number of repeats bounds the max");
    expect(sync({ confidence: 0.95, bound: { kind: "atLeast", value: S } }, seconds(1)).kind).toBe("held");
  });

  it("does not apply to over: each", () => {
    expect(sync({ over: "each", confidence: 0.95 }, seconds(1, 2)).text).toContain("draws distributions only");
    expect(sync({ over: "each" }, seconds(1, 2)).kind).toBe("held");
  });
});

describe("losses", () => {
  const losing = (writes: number): RecordOverrides => ({ data: { lossWrites: writes } });
  const none = { metric: "loss.writes", bound: { kind: "atMost", value: 0 } } as const;

  it("none in 30 runs is held, with what that leaves open", () => {
    expect(sync(none, new Array<RecordOverrides>(30).fill({})).text).toBe(
      "loss.writes of sync: max is 0, at most 0 (none in 30 runs; up to 9.5 % of all runs could have some, at 95 %): held",
    );
  });

  it("one in 30 is broken, naming the run", () => {
    const found = sync(none, [...new Array<RecordOverrides>(29).fill({}), losing(1)]);
    expect(found).toMatchObject({ kind: "broken", parts: [{ run: { repeat: 29 } }] });
    expect(found.text).toContain("max is 1, at most 0 (some in 1 of 30 runs");
  });

  it("none is unknown where no write was acknowledged or a replica set had not settled", () => {
    expect(sync(none, [{ data: { acknowledged: 0 } }]).kind).toBe("unknown");
    expect(sync(none, [{ quiescent: false }]).kind).toBe("unknown");
  });
});

describe("latency", () => {
  const answered = (...latencies: number[]): RecordOverrides => ({ operations: [makeOperation({ latency: histogram(latencies) })] });
  const p99 = { metric: "latency.read", statistic: "p99", bound: { kind: "below", value: 150 } } as const;

  it("is judged pooled over the runs: one slow run of ten is in the p99 of all", () => {
    const fast = answered(...new Array<number>(100).fill(10));
    const slow = answered(...new Array<number>(100).fill(200));
    expect(sync(p99, new Array<RecordOverrides>(10).fill(fast)).kind).toBe("held");
    const found = sync(p99, [fast, slow, ...new Array<RecordOverrides>(8).fill(fast)]);
    expect(found).toMatchObject({
      kind: "broken",
      text: "latency.read of sync: p99 is 200 µs, below 150 µs: broken",
      parts: [{ run: { repeat: 1 } }],
    });
    expect(sync({ ...p99, statistic: "p50" }, [fast, slow, fast]).kind).toBe("held");
  });

  it("with confidence is bounded over runs, of which a p99 needs two and not 299", () => {
    const run = answered(...Array.from({ length: 100 }, (_, index) => index + 1));
    expect(sync({ ...p99, confidence: 0.95 }, [run, run, run])).toMatchObject({
      kind: "held",
      text: "latency.read of sync: p99 is 99 µs (95 % bound 99 µs), below 150 µs: held",
    });
    expect(sync({ ...p99, confidence: 0.95 }, [run]).text).toContain("needs 2 repeats; 1 was run");
    const uneven = [10, 10, 10, 10, 200].map((high) => answered(...new Array<number>(195).fill(10), ...new Array<number>(5).fill(high)));
    // 5 of 1,000 beyond 150: the p99 is 10, and with the run as the unit nobody can be sure that it stays there.
    expect(sync({ ...p99, confidence: 0.95 }, uneven)).toMatchObject({ kind: "unknown" });
  });

  it("is paired by each run's own statistic", () => {
    const slow = THIRTY.map((one) => answered(...new Array<number>(98).fill(10), one * 1000, one * 1000));
    const fast = THIRTY.map((one) => answered(...new Array<number>(98).fill(20), one * 900, one * 900));
    const bound = { kind: "lessThan", strategy: "slow" } as const;
    const paired = (statistic: MetricExpectation["statistic"]) =>
      verdict(metric({ of: ["fast"], metric: "latency.read", statistic, bound }), { fast, slow }).kind;
    expect([paired("p99"), paired("p50")]).toEqual(["held", "broken"]);
  });
});

describe("lessThan", () => {
  const less = (
    overrides: readonly RecordOverrides[],
    others: readonly RecordOverrides[],
    more: Partial<MetricExpectation> = {},
    planned?: number,
  ) =>
    verdict(
      metric({ bound: { kind: "lessThan", strategy: "manual" }, statistic: "mean", ...more }),
      { sync: overrides, manual: others },
      planned,
    );
  const shifted = (by: number, n = 12) => seconds(...THIRTY.slice(0, n).map((one) => one + by));

  it("says so where the pairs are enough for the test but too few for an interval", () => {
    const found = less(shifted(0, 5), shifted(5, 5), { confidence: 0.95 }, 5);
    expect(found.kind).toBe("held");
    expect(found.text).toContain("of 5 paired differences is -5 s (too few for a 95 % interval), less than manual's");
  });

  it("is held when a one-sided Wilcoxon test shows it, with the median difference and its interval", () => {
    const found = less(shifted(0), shifted(5));
    expect(found).toMatchObject({ kind: "held", parts: [{ figures: { n: 12, point: -5 * S } }] });
    expect(found.parts[0]!.figures.p).toBeCloseTo(1 / 4096, 12);
    expect(found.text).toBe(
      "recovery.time of sync: the median of 12 paired differences is -5 s (95 % interval exactly -5 s), less than manual's (p 0.000244): held",
    );
  });

  it("is broken when the opposite is shown, naming a run that shows it", () => {
    const found = less(shifted(5), shifted(0));
    expect(found).toMatchObject({ kind: "broken", parts: [{ run: { seed: 100, repeat: 0 } }] });
    expect(found.text).toContain("the opposite is shown");
  });

  it("is broken when all pairs tie, two runs that never recovered being a tie", () => {
    expect(less(shifted(0), shifted(0)).text).toBe("recovery.time of sync: all 12 pairs tie, less than manual's: broken");
    expect(less([neverRecovered(39 * S)], [neverRecovered()]).kind).toBe("broken");
  });

  it("is unknown in between, naming the repeats it would take", () => {
    const found = less(shifted(0, 6), seconds(...THIRTY.slice(0, 6).map((one, index) => one + (index < 4 ? 1 : -0.9 - index))));
    expect(found.kind).toBe("unknown");
    expect(found.parts[0]!.figures.p).toBeGreaterThan(0.05);
  });

  it("is unknown with fewer than five pairs, however clear, and says how many it needs", () => {
    const found = less(shifted(0, 4), shifted(5, 4), {}, 30);
    expect(found).toMatchObject({ kind: "unknown", parts: [{ figures: { p: 1 / 16, repeatsNeeded: 9 } }] });
    expect(found.text).toContain("95 % needs about 9 repeats (5 at the very least); 4 were run of the 30 the file plans");
    expect(less(shifted(0, 5), shifted(5, 5)).kind).toBe("held");
    expect(less(shifted(0, 5), shifted(5, 5), { confidence: 0.99 }).kind).toBe("unknown");
  });

  it("ranks never above every time, and leaves out pairs without a value", () => {
    const never = new Array<RecordOverrides>(12).fill(neverRecovered());
    expect(less(shifted(50), never)).toMatchObject({ kind: "held" });
    expect(less([...shifted(0), {}], [...shifted(5), recovered(S)]).text).toContain("1 pair left out");
    expect(less([{}], [recovered(S)]).kind).toBe("unknown");
  });

  it("is unknown when a side has no audit", () => {
    expect(less(shifted(0), [...shifted(5, 11), { ...recovered(S), quiescent: false }]).kind).toBe("unknown");
  });
});

describe("notWorseThan", () => {
  const notWorse = (by: readonly number[], margin: number, more: Partial<MetricExpectation> = {}) =>
    verdict(metric({ bound: { kind: "notWorseThan", strategy: "manual", margin: margin * S }, statistic: "mean", ...more }), {
      sync: seconds(...by.map((one) => 10 + one)),
      manual: seconds(...by.map(() => 10)),
    });
  // Twelve differences: the one-sided 95 % bound of the median is the tenth value.
  const spread = [-3, -2, -1, 0, 0, 0, 1, 1, 1, 2, 3, 4];

  it("is held when the one-sided bound of the median difference is below the margin", () => {
    expect(notWorse(spread, 2.5)).toMatchObject({ kind: "held", parts: [{ figures: { point: 0.5 * S, bound: 2 * S } }] });
    expect(notWorse(spread, 2.5).text).toContain("is 500 ms to the worse (95 % bound 2 s), not worse than manual's by 2.5 s: held");
  });

  it("is unknown while only the bound is not, and broken when the median itself reaches the margin", () => {
    expect(notWorse(spread, 2).kind).toBe("unknown");
    expect(notWorse(spread, 0.5).kind).toBe("broken");
    expect(notWorse(spread, 0.5).parts[0]!.run?.repeat).toBe(6);
  });

  it("turns round for metrics of which more is better", () => {
    const goodput = (good: number): RecordOverrides[] => new Array<RecordOverrides>(6).fill({ operations: [makeOperation({ good })] });
    const bound = { kind: "notWorseThan", strategy: "other", margin: 1 } as const;
    const kind = (good: number) => verdict(metric({ metric: "goodput", bound }), { sync: goodput(good), other: goodput(240) }).kind;
    expect([kind(300), kind(200), kind(120)]).toEqual(["held", "held", "broken"]);
  });

  it("needs five pairs, and a metric that knows better from worse", () => {
    expect(notWorse([0, 0, 0, 0], 1).text).toContain("needs 5 repeats; 4 were run");
    expect(notWorse(spread, 1, { metric: "ambiguous.present" }).kind).toBe("unknown");
  });

  it("is broken by a side that never recovers where the other does", () => {
    const bound = { kind: "notWorseThan", strategy: "manual", margin: 100 * S } as const;
    const never = new Array<RecordOverrides>(6).fill(neverRecovered());
    expect(verdict(metric({ bound }), { sync: never, manual: seconds(1, 2, 3, 4, 5, 6) }).kind).toBe("broken");
    expect(verdict(metric({ bound }), { sync: never, manual: never }).text).toContain("in 6 neither recovered");
  });
});

describe("known failures and several strategies", () => {
  it("a known failure is held while it fails, broken when it starts to hold, and unknown stays unknown", () => {
    const known = { knownFailure: "issue 7" };
    expect(sync(known, seconds(7))).toMatchObject({ kind: "held", parts: [{ kind: "broken" }] });
    expect(sync(known, seconds(7)).text).toContain("known failure (issue 7): held");
    expect(sync(known, seconds(5))).toMatchObject({ kind: "broken", parts: [{ kind: "held" }] });
    expect(sync(known, seconds(5)).text).toContain("take `knownFailure` away");
    expect(sync(known, [{}]).kind).toBe("unknown");
  });

  it("of several strategies the worst verdict counts, one line each", () => {
    const of = ["sync", "manual"];
    const found = verdict(metric({ of }), { sync: seconds(1), manual: seconds(9) });
    expect(found.kind).toBe("broken");
    expect(found.text.split("\n")).toHaveLength(2);
    expect(verdict(metric({ of }), { sync: seconds(1), manual: [{}] }).kind).toBe("unknown");
    expect(verdict(metric({ of }), { sync: seconds(9), manual: [{}] }).kind).toBe("broken");
    expect(verdict(metric({ of: [] }), {}).kind).toBe("unknown");
  });
});

describe("an invariant over runs", () => {
  const good: RecordOverrides = { facts: [mapFact(), readyFact(), mapFact({ at: 25 * S, epoch: 2, owner: 1 })] };
  const bad: RecordOverrides = { facts: [readyFact(), readyFact({ server: 2, at: 26 * S })] };

  it("is held, broken with its run and moment, or unknown", () => {
    expect(verdict(invariant("one-primary-per-epoch"), { sync: [good, good] }).text).toBe(
      "one-primary-per-epoch of sync: in 2 of 2 runs; the first: 2 epochs of 1 shard had one primary each: held",
    );
    const found = verdict(invariant("one-primary-per-epoch"), { sync: [good, bad, bad] });
    expect(found).toMatchObject({ kind: "broken", parts: [{ run: { seed: 101, repeat: 1 } }] });
    expect(found.text).toContain("under epoch 2: server 1 and server 2 at 26.000000 s (seed 101, repeat 1; 2 of 3 runs)");
    expect(verdict(invariant("one-primary-per-epoch"), { sync: [{}] }).kind).toBe("unknown");
    expect(verdict(invariant("one-primary-per-epoch"), { sync: [] }).kind).toBe("unknown");
    expect(verdict(invariant("no-such-rule"), { sync: [good] }).kind).toBe("unknown");
  });

  it("is held where some runs had nothing to judge, unknown where one could not tell, broken before both", () => {
    expect(verdict(invariant("epochs-grow"), { sync: [good, {}] }).text).toContain("in 1 of 2 runs; 1 had nothing to judge");
    expect(verdict(invariant("replicas-converge"), { sync: [{}, { quiescent: false }] }).kind).toBe("unknown");
    expect(verdict(invariant("replicas-converge"), { sync: [{ quiescent: false }, { data: { divergedReplicas: 1 } }] }).kind).toBe(
      "broken",
    );
  });
});

describe("the repeats that an expectation needs", () => {
  it("are those of its quantile, its pairs or its mean, and none suffices for the upper bound of a maximum", () => {
    const needed = (overrides: Partial<MetricExpectation>) => requiredRepeats(metric(overrides));
    expect(needed({ statistic: "p99", confidence: 0.95 })).toBe(299);
    expect(needed({ statistic: "p90", confidence: 0.95 })).toBe(29);
    expect(needed({ statistic: "p90", confidence: 0.95, bound: { kind: "atLeast", value: 1 } })).toBe(2);
    expect(needed({ statistic: "p90", confidence: 0.95, bound: { kind: "between", low: 1, high: 2 } })).toBe(29);
    expect(needed({ statistic: "p90" })).toBe(1);
    expect(needed({ statistic: "mean", confidence: 0.95 })).toBe(2);
    expect(needed({ metric: "latency.read", statistic: "p99", confidence: 0.95 })).toBe(2);
    expect(needed({ bound: { kind: "lessThan", strategy: "x" } })).toBe(5);
    expect(needed({ statistic: "max", confidence: 0.95 })).toBeUndefined();
    expect(requiredRepeats(invariant("epochs-grow"))).toBe(1);
  });
});
