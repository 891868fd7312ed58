import * as vega from "vega";
import { compile } from "vega-lite";
import { expect, it, vi } from "vitest";
import { charts } from "../../src/report/charts/all.ts";
import type { Chart } from "../../src/report/charts/chart.ts";
import { type Report, makeReport } from "../../src/report/report.ts";
import type { Results } from "../../src/report/stored.ts";
import type { Fact } from "../../src/simulator/record/fact.ts";
import { type RecordOverrides, makeRecords, readyFact } from "../study/records.ts";
import { THREE, results, series, study, verdict } from "./study.ts";

const SECOND = 1_000_000;

/** Four runs of each strategy, alike but for what is given. */
function studyOf(strategies: Readonly<Record<string, RecordOverrides>>, more: Partial<Results> = {}): Report {
  const made = Object.entries(strategies).map(([name, one]) => ({ name, resolved: {}, records: makeRecords(name, [one, one, one, one]) }));
  return makeReport({ ...results([]), repeats: 4, plannedRepeats: 4, strategies: made, ...more });
}

const chartOf = (report: Report, id: string): Chart | undefined => charts(report).find((one) => one.id === id);
const ids = (report: Report): readonly string[] => charts(report).map(({ id }) => id);

/** Requests of three servers in six windows, the first asked `hot` times as much. */
const uneven = (hot: number): RecordOverrides => ({
  windows: { serverRequests: Array.from({ length: 18 }, (_, cell) => (cell % 3 === 0 ? hot * 10 : 10)) },
});

const moved = (keys: number, fewest: number): RecordOverrides => ({
  facts: [
    readyFact({ at: -5 * SECOND, epoch: 1, server: 0, deposed: -1 }),
    { kind: "membership", at: 10 * SECOND, change: "add", servers: [2], label: "add 1 server" },
    { kind: "move", phase: "copied", at: 12 * SECOND, shard: 0, from: 0, to: 2, keys, bytes: keys * 100 },
  ] satisfies readonly Fact[],
  movement: { fewestKeys: fewest },
});

it("a study has only the charts that say something: no recovery without a fault, no loss without a loss, no balance where all are even", () => {
  expect(ids(studyOf({ a: {}, b: {} }))).toEqual([]);
  expect(ids(studyOf({ a: uneven(1), b: uneven(4) }))).toEqual(["balance", "load-servers"]);
  expect(ids(studyOf({ a: moved(100, 100), b: moved(500, 100) }))).toEqual(["movement", "timeline"]);
  expect(ids(study(THREE))).not.toContain("balance");
});

it("shards have a map of their own only where it tells what that of the servers does not", () => {
  const hot = { shardRequests: Array.from({ length: 12 }, (_, cell) => (cell % 2 === 0 ? 30 : 10)) };
  expect(ids(studyOf({ a: { windows: hot }, b: {} }))).toEqual(["load-shards"]);
  // A shard alone on each server, asked as the server is.
  const header = { shards: 3 };
  const alone = { header, windows: { ...uneven(4).windows, shardRequests: uneven(4).windows!.serverRequests! } };
  expect(ids(studyOf({ a: alone, b: { header, windows: { shardRequests: new Array<number>(18).fill(10) } } }))).toEqual([
    "balance",
    "load-servers",
  ]);
});

it("a burst does not leave everything else pale: colours end below it, and that is said", () => {
  const windows = (most: number): RecordOverrides => ({
    windows: { serverRequests: Array.from({ length: 18 }, (_, cell) => (cell === 4 ? most : cell % 3 === 0 ? 60 : 30)) },
  });
  const chart = (most: number): Chart | undefined =>
    chartOf(
      studyOf(Object.fromEntries(["a", "b", "c", "d", "e", "f"].map((name) => [name, windows(name === "a" ? most : 60)]))),
      "load-servers",
    );
  expect(chart(9_000)?.about).toContain("Colours end at 6/s; the strongest burst is 900/s.");
  expect(chart(80)?.about).not.toContain("Colours end");
});

it("of more strategies than an eye can follow six are drawn as lines, from the best to the worst, and all of them as rows", () => {
  const many = Array.from({ length: 11 }, (_, index) => ({ name: `s${index}`, outages: series(30, 2 + index, 0.01) }));
  const report = study(many);
  const recovery = chartOf(report, "recovery");
  expect(recovery?.about).toContain("6 of 11 strategies, from the soonest back to the latest.");
  expect(recovery?.title).toBe("9 of 10 runs are back within: from s0 2.26 s to s10 12.3 s");
  const drawn = [...new Set([...JSON.stringify(recovery?.spec).matchAll(/"strategy":"(s\d+)"/gu)].map(([, name]) => name))];
  expect(drawn).toEqual(["s0", "s2", "s4", "s6", "s8", "s10"]);
  expect(chartOf(report, "recovery-runs")?.title).toBe("The median run is back after 2.14 s with s0, 12.1 s with s10");
  expect(chartOf(study(THREE), "recovery-runs")).toBeUndefined();
});

it("of many strategies those that meet all objectives are drawn first", () => {
  const many = Array.from({ length: 11 }, (_, index) => ({ name: `s${index}`, outages: series(30, 2 + index, 0.01) }));
  const [part] = verdict("held", "x").parts;
  const parts = many.map(({ name }) => ({
    ...part!,
    strategy: name,
    kind: ["s3", "s7"].includes(name) ? ("held" as const) : ("broken" as const),
  }));
  const recovery = chartOf(study(many, { objectives: [{ ...verdict("broken", "x"), parts }] }), "recovery");
  expect(recovery?.about).toContain("6 of 11 strategies, those that meet all objectives first, then from the soonest back to the latest.");
  const drawn = [...new Set([...JSON.stringify(recovery?.spec).matchAll(/"strategy":"(s\d+)"/gu)].map(([, name]) => name))];
  expect(drawn).toEqual(["s0", "s3", "s4", "s6", "s7", "s10"]);
});

it("what the scenario asks about and nothing else shows has a chart of its own, the best on top; what is alike has none", () => {
  const asking = (metric: string, data: readonly RecordOverrides["data"][]): Report => {
    const strategies = data.map((one, index) => [`s${index}`, one === undefined ? {} : { data: one }] as const);
    return { ...studyOf(Object.fromEntries(strategies)), verdicts: [verdict("held", "x", { kind: "metric", metric } as object)] };
  };
  const stale = asking("stale.reads", [{ staleReads: 41 }, { staleReads: 0 }, { staleReads: 7 }]);
  const chart = chartOf(stale, "asked-stale-reads");
  expect(chart?.title).toBe("Stale reads, in the median run: s1 0, s2 7, s0 41");
  expect(JSON.stringify(chart?.spec)).toContain('"sort":["s1","s2","s0"]');
  expect(ids(asking("stale.reads", [{ staleReads: 3 }, { staleReads: 3 }]))).toEqual([]);
  expect(ids(asking("loss.writes", [{ lossWrites: 3 }, { lossWrites: 4 }]))).toEqual(["loss"]);
});

it("who never came back is not said to be like the others, however near the end of measured time they were", () => {
  const late = [
    { name: "late", outages: [39.9, 39.9, 39.9, 39.9] },
    { name: "never", outages: [undefined, undefined, undefined, undefined] },
  ];
  expect(chartOf(study(late), "recovery")?.title).toBe("9 of 10 runs are back within: late 39.9 s, never not within 40 s");
});

it("where nobody was back in any run the study is about that, not about balance", () => {
  const never = ["a", "b"].map((name) => ({ name, outages: [undefined, undefined] }));
  expect(ids(study(never))).not.toContain("balance");
});

it("titles say the finding: who is even and by how much, who moved more than it had to", () => {
  expect(chartOf(studyOf({ a: uneven(1), b: uneven(4) }), "balance")?.title).toMatch(
    /^The busiest server carries 1 × the mean load with a, 2 × with b/u,
  );
  expect(chartOf(studyOf({ a: moved(100, 100), b: moved(500, 100) }), "movement")?.title).toBe(
    "The change moves 100 keys (1 × what had to) with a, 500 keys (5 × what had to) with b",
  );
});

it("how evenly load is spread is not compared where the study is about recovery and does not ask", () => {
  const report = study(THREE);
  const asked: Report = {
    ...report,
    verdicts: [
      {
        kind: "held",
        text: "",
        parts: [],
        expectation: { kind: "metric", metric: "load.cv" } as unknown as Report["verdicts"][number]["expectation"],
      },
    ],
    summaries: studyOf({ quick: uneven(1), twin: uneven(4), slow: uneven(2) }).summaries.map((own, index) => ({
      ...own,
      metrics: own.metrics.map((one) =>
        one.metric === "recovery.time" ? report.summaries[index]!.metrics.find(({ metric }) => metric === "recovery.time")! : one,
      ),
    })),
  };
  expect(ids(asked)).toContain("balance");
  expect(ids({ ...asked, verdicts: [] })).not.toContain("balance");
});

it("the band of 30 runs is 24.8 points to both sides of the curve, as Massart's bound says; fewer than 10 runs have none", () => {
  // sqrt(ln(2 / 0.05) / (2 * 30)) = 0.24796
  expect(JSON.stringify(chartOf(study(THREE), "recovery")?.spec)).toContain('"share":0.5,"low":0.252,"high":0.748}');
  const few = THREE.map((one) => ({ ...one, outages: one.outages.slice(0, 9) }));
  expect(JSON.stringify(chartOf(study(few), "recovery")?.spec)).not.toContain('"low":');
});

it("with prices, cost is drawn against what differs, and says what to buy", () => {
  const prices = { server: 0.5, crossZone: 0, storage: 0 };
  const cheap = { hostTime: 120 * SECOND, windows: { good: [50, 50, 20, 50, 50, 50] } };
  const report = studyOf({ dear: { hostTime: 360 * SECOND }, cheap }, { prices });
  const chart = chartOf(report, "cost");
  expect(chart?.title).toBe("Cheap costs least, 730 a month (4 runs: point estimates)");
  expect(JSON.stringify(chart?.spec)).toContain('"price":"2,190"');
});

it("one chart over time has the brush, the first that is drawn; what it chooses zooms the others, which are whole until then", () => {
  const all = charts(study(THREE));
  expect(all.filter(({ navigator }) => navigator === true).map(({ id }) => id)).toEqual(["latency"]);
  const others = all.filter(({ time, navigator }) => time === true && navigator !== true);
  expect(others.map(({ id }) => id)).toEqual(["timeline", "load-servers"]);
  for (const { spec } of others) expect(JSON.stringify(spec)).toContain('"domain":[{"expr":"zoomFrom"},{"expr":"zoomTo"}]');
  expect(JSON.stringify(all.find(({ id }) => id === "latency")?.spec)).toContain('"name":"brush"');
});

it("every chart of every kind of study compiles without a warning, has words to read it by, and draws", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const dip = { windows: { good: [50, 50, 20, 50, 50, 50] } };
  const studies = [
    studyOf({ a: uneven(1), b: uneven(4) }),
    studyOf({ a: moved(100, 100), b: { ...moved(500, 100), ...dip } }),
    studyOf({ a: { hostTime: 360 * SECOND }, b: dip }, { prices: { server: 1, crossZone: 0, storage: 0 } }),
    study([{ name: "one", outages: [3], losses: [5_000] }]),
    study(Array.from({ length: 9 }, (_, index) => ({ name: `s${index}`, outages: [1 + index, 2 + index, undefined] }))),
    {
      ...studyOf({ a: { data: { staleReads: 3 } }, b: {} }),
      verdicts: [verdict("held", "x", { kind: "metric", metric: "stale.reads" } as object)],
    },
    studyOf({ a: { windows: { shardRequests: Array.from({ length: 12 }, (_, cell) => (cell % 2 === 0 ? 30 : 10)) } } }),
  ];
  const seen = new Set<string>();
  for (const { id, spec, reading, about } of studies.flatMap(charts)) {
    seen.add(id);
    expect(reading.length, id).toBeGreaterThan(40);
    expect(about, id).toMatch(/\d run/u);
    const view = new vega.View(vega.parse(compile({ ...spec, width: 500 } as unknown as Parameters<typeof compile>[0]).spec), {
      renderer: "none",
      logLevel: vega.Warn,
    });
    expect([...(await view.toSVG()).matchAll(/<path[^>]+d="M/gu)].length, id).toBeGreaterThan(3);
  }
  const warnings = warn.mock.calls.map((call) => call.join(" ")).filter((text) => !text.includes("event source: window"));
  warn.mockRestore();
  expect(warnings).toEqual([]);
  expect([...seen].sort()).toEqual(
    [
      "answered",
      "asked-stale-reads",
      "balance",
      "cost",
      "latency",
      "load-servers",
      "load-shards",
      "loss",
      "movement",
      "phases",
      "recovery",
      "recovery-runs",
      "timeline",
    ].sort(),
  );
});
