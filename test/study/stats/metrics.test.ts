import { describe, expect, it } from "vitest";
import { OPERATIONS } from "../../../src/simulator/workload/workload.ts";
import type { RunRecord } from "../../../src/simulator/record/record.ts";
import { EVERYWHERE, type MetricWhere, type Over, whereProblem } from "../../../src/study/stats/metric.ts";
import { METRICS, metricByName } from "../../../src/study/stats/metrics.ts";
import { balanceSeries, loadSeries } from "../../../src/study/stats/metrics-load.ts";
import { LATENCY_OPERATIONS } from "../../../src/study/stats/metrics-performance.ts";
import type { MetricValue } from "../../../src/study/stats/sample.ts";
import { histogram, makeOperation, makeOutage, makeRecord, neverRecovered, readyFact, recovered } from "../records.ts";

const S = 1_000_000;

function extract(name: string, record: RunRecord, where: Partial<MetricWhere> = {}, over: Over = "max"): MetricValue {
  const metric = metricByName(name)!;
  expect(whereProblem(metric, { ...EVERYWHERE, ...where })).toBeUndefined();
  return metric.extract(record, { ...EVERYWHERE, ...where }, over);
}
const is = (value: number): MetricValue => ({ kind: "value", value });

describe("the table of metrics", () => {
  it("has every name once, each with a definition of some length, a unit and a healthy run's value or reason", () => {
    expect(new Set(METRICS.map((metric) => metric.name)).size).toBe(METRICS.length);
    for (const metric of METRICS) {
      expect(metric.definition.length, metric.name).toBeGreaterThan(60);
      expect(metric.definition.trim(), metric.name).toMatch(/^[A-Z].*\.$/u);
      expect(metric.each !== undefined, metric.name).toBe(metric.over);
      expect(["value", "unknown", "absent"]).toContain(metric.extract(makeRecord(), EVERYWHERE, "max").kind);
    }
  });

  it("has every name of recovery, data, load and performance that a record can give now", () => {
    const names =
      "recovery.time recovery.detection recovery.decision recovery.promotion recovery.publication recovery.reconnection recovery.return recovery.isolated recovery.redundancy recovery.needless availability availability.time " +
      "loss.writes loss.visible loss.bytes loss.seconds resurrected.keys phantom.writes duplicated.writes ambiguous.writes ambiguous.present stale.reads stale.age splitBrain.writes splitBrain.seconds diverged.replicas " +
      "load.maxOverMean load.cv load.gini load.jain load.utilisation throughput goodput latency.read latency.update query.index network.bytes network.messages storage.bytes host.seconds";
    for (const name of names.split(" ")) expect(metricByName(name)?.name).toBe(name);
  });

  it("says what is better: more of what serves, neither of writes that may be there or not, less of all else", () => {
    const names = (better: string) => METRICS.filter((metric) => metric.better === better).map((metric) => metric.name);
    const more = ["availability", "availability.time", "load.jain", "headroom", "headroom.gone", "throughput", "goodput", "query.index"];
    expect(names("more")).toEqual(more);
    expect(names("neither")).toEqual(["ambiguous.present"]);
  });

  it("has a latency for every operation that a workload issues", () => expect(LATENCY_OPERATIONS).toEqual(OPERATIONS));

  it("refuses filters that a metric does not have, and pairs that the record cannot serve", () => {
    expect(whereProblem(metricByName("loss.writes")!, { ...EVERYWHERE, shard: 1 })).toBe(
      "loss.writes cannot be asked by shard; it takes no filter",
    );
    expect(whereProblem(metricByName("latency.read")!, { ...EVERYWHERE, vantage: "a", window: { from: 0, to: S } })).toContain("together");
    expect(whereProblem(metricByName("goodput")!, { ...EVERYWHERE, window: { from: S, to: S } })).toContain("empty");
    expect(whereProblem(metricByName("recovery.time")!, { ...EVERYWHERE, shard: 0, vantage: "a" })).toBeUndefined();
  });
});

describe("recovery.time", () => {
  it("is the longest outage over touched shards and vantages, 0 counting for those without one", () => {
    const record = makeRecord({
      touched: [0, 1, 2].map((shard) => ({ shard, vantage: "web/a", counts: true })),
      outages: [makeOutage(4 * S), makeOutage(1 * S, { openedAt: 40 * S }), makeOutage(2 * S, { shard: 1 })],
    });
    expect(extract("recovery.time", record)).toEqual(is(4 * S));
    expect(extract("recovery.time", record, {}, "mean")).toEqual(is(2 * S));
    expect(metricByName("recovery.time")!.each!(record, EVERYWHERE)).toEqual([is(4 * S), is(2 * S), is(0)]);
    expect(extract("recovery.time", record, { shard: 1 })).toEqual(is(2 * S));
    expect(extract("recovery.time", record, { shard: 2 })).toEqual(is(0));
    expect(extract("recovery.time", record, { vantage: "a" })).toEqual(is(4 * S));
  });

  it("is 0 where a fault touched a shard and no outage followed, and unknown where none touched any", () => {
    expect(extract("recovery.time", makeRecord(recovered(0)))).toEqual(is(0));
    expect(extract("recovery.time", makeRecord())).toMatchObject({ kind: "unknown", cause: "unexercised" });
    expect(extract("recovery.time", makeRecord(recovered(S)), { shard: 1 })).toMatchObject({ kind: "unknown", cause: "unexercised" });
  });

  it("is unknown where the audit is, even with outages to see", () => {
    expect(extract("recovery.time", makeRecord({ ...recovered(S), quiescent: false }))).toMatchObject({ kind: "unknown", cause: "audit" });
  });

  it("is censored, and longer than any closed outage, while one is open at the end", () => {
    const record = makeRecord({
      touched: [{ shard: 0, vantage: "web/a", counts: true }],
      outages: [makeOutage(30 * S, { openedAt: 5 * S }), makeOutage(10 * S, { openedAt: 50 * S, ended: "open" })],
    });
    expect(extract("recovery.time", record)).toEqual({ kind: "censored", atLeast: 10 * S });
  });

  it("leaves out overload, isolated vantages and vantages without clients, each of which would be the longest", () => {
    const record = makeRecord({
      touched: [
        { shard: 0, vantage: "web/a", counts: true },
        { shard: 0, vantage: "web/b", counts: false },
        { shard: 0, vantage: "web/c", counts: false },
      ],
      outages: [
        makeOutage(2 * S),
        makeOutage(9 * S, { causes: [], openedAt: 45 * S }),
        makeOutage(20 * S, { vantage: "web/b", isolated: true }),
        makeOutage(30 * S, { vantage: "web/c" }),
      ],
    });
    expect(extract("recovery.time", record)).toEqual(is(2 * S));
    expect(extract("recovery.isolated", record)).toEqual(is(20 * S));
    expect(extract("recovery.time", record, { vantage: "web/c" })).toMatchObject({ kind: "absent" });
    expect(extract("recovery.isolated", makeRecord(recovered(S)))).toMatchObject({ kind: "absent" });
  });

  it("in a window is of the outages that open there, and exercised by the faults that start there", () => {
    const fault = {
      kind: "fault",
      phase: "start",
      fault: "f",
      label: "f",
      type: "hostDeath",
      targets: ["a1"],
      touches: [0],
      at: 40 * S,
    } as const;
    const record = makeRecord({ ...recovered(4 * S), facts: [fault] });
    expect(extract("recovery.time", record, { window: { from: 20 * S, to: 21 * S } })).toEqual(is(4 * S));
    expect(extract("recovery.time", record, { window: { from: 40 * S, to: 41 * S } })).toEqual(is(0));
    expect(extract("recovery.time", record, { window: { from: 50 * S, to: 60 * S } })).toMatchObject({
      kind: "unknown",
      cause: "unexercised",
    });
  });
});

describe("phases of recovery", () => {
  const phases = { detection: 3 * S, decision: S, promotion: S / 2, publication: S / 4, reconnection: S / 4, return: 0 };
  const record = makeRecord({
    touched: [{ shard: 0, vantage: "web/a", counts: true }],
    outages: [makeOutage(S), makeOutage(5 * S, { openedAt: 40 * S, phases })],
  });

  it("are those of the longest outage and sum to it", () => {
    const names = Object.keys(phases);
    const values = names.map((name) => extract(`recovery.${name}`, record));
    expect(values).toEqual(Object.values(phases).map(is));
    expect(Object.values(phases).reduce((sum, one) => sum + one, 0)).toBe(5 * S);
  });

  it("are 0 without an outage and unknown while the longest is open", () => {
    expect(extract("recovery.detection", makeRecord(recovered(0)))).toEqual(is(0));
    expect(extract("recovery.detection", makeRecord(neverRecovered()))).toMatchObject({ kind: "unknown", cause: "open" });
  });
});

describe("recovery.needless", () => {
  it("counts unplanned changes that deposed a primary others could reach, in measured time", () => {
    const needless = readyFact({ deposedReachable: true });
    const facts = [
      readyFact({ at: -S, deposedReachable: true }),
      needless,
      readyFact(),
      readyFact({ deposedReachable: true, planned: true }),
      readyFact({ at: 59 * S, shard: 1, deposedReachable: true }),
      readyFact({ at: 60 * S, deposedReachable: true }),
    ];
    expect(extract("recovery.needless", makeRecord({ facts }))).toEqual(is(2));
    expect(extract("recovery.needless", makeRecord({ facts }), { shard: 1 })).toEqual(is(1));
    expect(extract("recovery.needless", makeRecord({ facts }), { window: { from: 0, to: 30 * S } })).toEqual(is(1));
  });
});

describe("availability and goodput", () => {
  const record = makeRecord({
    operations: [
      makeOperation({ good: 240, ambiguous: 50, refused: 10 }),
      makeOperation({ operation: "update", vantage: "web/b", issued: 100, good: 100 }),
    ],
    windows: { issued: [50, 50, 50, 50, 50, 50], good: [50, 50, 0, 40, 50, 50] },
    writableShare: 0.9,
  });

  it("are shares and rates of what was issued, by operation, vantage or window", () => {
    expect(extract("availability", record)).toEqual(is(340 / 400));
    expect(extract("availability", record, { operation: "read" })).toEqual(is(0.8));
    expect(extract("availability", record, { vantage: "b" })).toEqual(is(1));
    expect(extract("availability", record, { window: { from: 20 * S, to: 40 * S } })).toEqual(is(0.4));
    expect(extract("goodput", record)).toEqual(is(340 / 60));
    expect(extract("goodput", record, { window: { from: 20 * S, to: 40 * S } })).toEqual(is(2));
    expect(extract("throughput", record)).toEqual(is(350 / 60));
    expect(extract("availability.time", record)).toEqual(is(0.9));
  });

  it("are unknown for what was never issued and for windows that the record does not have", () => {
    expect(extract("availability", record, { operation: "delete" })).toMatchObject({ kind: "unknown", cause: "unexercised" });
    expect(extract("goodput", record, { window: { from: 15 * S, to: 20 * S } })).toMatchObject({ kind: "unknown", cause: "unsupported" });
    expect(extract("goodput", record, { window: { from: 50 * S, to: 70 * S } })).toMatchObject({ kind: "unknown", cause: "unsupported" });
  });
});

describe("metrics of the data", () => {
  it("are the audit's figures, each under its own name", () => {
    const data = {
      lossWrites: 1,
      lossVisible: 2,
      lossBytes: 3,
      lossSpan: 4,
      resurrectedKeys: 5,
      phantomWrites: 6,
      duplicatedWrites: 7,
      ambiguousWrites: 8,
      ambiguousPresent: 9,
      staleReads: 10,
      splitBrainWrites: 11,
      splitBrainSpan: 12,
      divergedReplicas: 13,
    };
    const names = [
      "loss.writes",
      "loss.visible",
      "loss.bytes",
      "loss.seconds",
      "resurrected.keys",
      "phantom.writes",
      "duplicated.writes",
      "ambiguous.writes",
      "ambiguous.present",
      "stale.reads",
      "splitBrain.writes",
      "splitBrain.seconds",
      "diverged.replicas",
    ];
    expect(names.map((name) => extract(name, makeRecord({ data })))).toEqual(Object.values(data).map(is));
    for (const name of [...names, "stale.age"])
      expect(extract(name, makeRecord({ data, quiescent: false })), name).toMatchObject({ kind: "unknown", cause: "audit" });
  });

  it("say 0 lost only of a run that acknowledged a write, and 0 diverged only of one that compared a replica", () => {
    expect(extract("loss.writes", makeRecord({ data: { acknowledged: 0 } }))).toMatchObject({ kind: "unknown", cause: "unexercised" });
    expect(extract("diverged.replicas", makeRecord({ data: { comparedReplicas: 0 } }))).toMatchObject({
      kind: "unknown",
      cause: "unexercised",
    });
  });

  it("have no split-brain where several servers may take writes by design", () => {
    expect(extract("splitBrain.seconds", makeRecord({ header: { singleOrder: false } }))).toMatchObject({ kind: "absent" });
  });

  it("stand for a run's stale reads by the oldest, 0 where none was stale", () => {
    expect(extract("stale.age", makeRecord({ data: { staleAge: histogram([S, 3 * S, 2 * S]) } }))).toEqual(is(3 * S));
    expect(extract("stale.age", makeRecord())).toEqual(is(0));
  });
});

describe("load", () => {
  const windows = {
    serverRequests: [...new Array<number>(15).fill(10), 40, 10, 10],
    serverKeys: [...new Array<number>(15).fill(0), 3, 0, 0],
    serverBusy: [...new Array<number>(15).fill(0), 20 * S, 10 * S, 0],
  };
  const record = makeRecord({ windows });

  it("adds up measured time or the window; keys are those at its end", () => {
    expect(extract("load.maxOverMean", record)).toEqual(is(90 / 70));
    expect(extract("load.maxOverMean", record, { window: { from: 50 * S, to: 60 * S } })).toEqual(is(2));
    expect(extract("load.maxOverMean", record, { window: { from: 0, to: 50 * S } })).toEqual(is(1));
    expect(extract("load.gini", record, { what: "keys" })).toEqual(is(2 / 3));
    expect(extract("load.jain", record, { per: "shard" })).toEqual(is(1));
    expect(extract("load.cv", record, { per: "shard", what: "busy" })).toEqual(is(0));
  });

  it("is unknown where there was nothing to carry", () => {
    expect(extract("load.cv", record, { what: "keys", window: { from: 0, to: 50 * S } })).toMatchObject({
      kind: "unknown",
      cause: "unexercised",
    });
  });

  it("has a series per window", () => {
    expect(balanceSeries(metricByName("load.maxOverMean")!, record, EVERYWHERE)).toEqual([1, 1, 1, 1, 1, 2]);
    expect(loadSeries(record, { ...EVERYWHERE, window: { from: 40 * S, to: 60 * S } })).toEqual([
      [10, 10, 10],
      [40, 10, 10],
    ]);
  });

  it("keeps a server busy for core time over cores x time", () => {
    expect(extract("load.utilisation", record, { window: { from: 50 * S, to: 60 * S } })).toEqual(is(1));
    expect(extract("load.utilisation", record, { window: { from: 50 * S, to: 60 * S } }, "mean")).toEqual(is(0.5));
    expect(extract("load.utilisation", makeRecord())).toEqual(is(0.5));
  });
});

describe("performance", () => {
  it("takes p99 for a run's latency, by vantage or window, exact to the histogram's buckets", () => {
    const operations = [
      makeOperation({ latency: histogram(Array.from({ length: 100 }, (_, index) => index + 1)) }),
      makeOperation({ vantage: "web/b", latency: histogram([200]) }),
    ];
    expect(extract("latency.read", makeRecord({ operations }), { vantage: "web/a" })).toEqual(is(99));
    expect(extract("latency.read", makeRecord({ operations }), { vantage: "web/b" })).toEqual(is(200));
    expect(extract("latency.read", makeRecord(), { window: { from: 0, to: 10 * S } })).toMatchObject({ kind: "value" });
    expect(extract("latency.update", makeRecord())).toMatchObject({ kind: "unknown", cause: "unexercised" });
  });

  it("averages the speeds of shards that answered reads and counts those that did not", () => {
    // Reads of 1 ms and of 4 ms: (1000 + 250) / 2.
    expect(extract("query.index", makeRecord({ windows: { shardReads: [10, 10, 0], shardReadTime: [10_000, 40_000, 0] } }))).toEqual({
      kind: "value",
      value: 625,
      note: "1 of 3 shards answered no read and are left out",
    });
    expect(extract("query.index", makeRecord({ windows: { shardReads: [0], shardReadTime: [0] } }))).toMatchObject({ kind: "unknown" });
  });

  it("passes totals through", () => {
    expect(["network.bytes", "network.messages", "storage.bytes", "host.seconds"].map((name) => extract(name, makeRecord()))).toEqual(
      [100_000, 1_000, 3_000_000, 180 * S].map(is),
    );
  });
});
