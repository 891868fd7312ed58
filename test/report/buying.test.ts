import { expect, it } from "vitest";
import { beatenText, costText, purchase, purchaseSentence } from "../../src/report/buying.ts";
import { page } from "../../src/report/page.ts";
import { type Report, makeReport, reportOf } from "../../src/report/report.ts";
import type { Results } from "../../src/report/stored.ts";
import { comparison } from "../../src/report/table.ts";
import { judge } from "../../src/study/checks/expectations.ts";
import type { MetricExpectation } from "../../src/study/scenario/scenario.ts";
import { type StrategyShape, results, series } from "./study.ts";

const WHERE = { shard: undefined, operation: undefined, vantage: undefined, window: undefined, per: undefined, what: undefined };

function objective(metric: string, statistic: MetricExpectation["statistic"], value: number): MetricExpectation {
  const place = { path: `objectives.${metric}.${statistic}`, line: 1, column: 1, of: ["fast", "safe", "cheap"], knownFailure: undefined };
  return {
    kind: "metric",
    metric,
    where: WHERE,
    over: "max",
    statistic,
    bound: { kind: "atMost", value },
    confidence: undefined,
    ...place,
  };
}

/** Hosts of each: what a strategy pays for. */
const HOSTS: Readonly<Record<string, number>> = { fast: 6, safe: 4, cheap: 3 };

const SHAPES: readonly StrategyShape[] = [
  { name: "fast", outages: series(10, 1, 0), losses: series(10, 3, 0) },
  { name: "safe", outages: series(10, 4, 0), losses: series(10, 0, 0) },
  { name: "cheap", outages: series(10, 20, 0), losses: series(10, 0, 0) },
];

function bought(
  asked: readonly MetricExpectation[],
  prices: Results["prices"] | "none" = { server: 0.5, crossZone: 0.1, storage: 2 },
): Report {
  const given = results(SHAPES);
  const strategies = given.strategies.map((one) => ({
    ...one,
    records: one.records.map((record) => ({
      ...record,
      hostTime: (HOSTS[one.name] ?? 0) * record.header.duration,
      network: { messages: 1, bytes: 5e9, measured: { messages: 1, bytes: 5e9, crossZoneBytes: 6e6 } },
      storageBytes: 10e9,
    })),
  }));
  const records = new Map(strategies.map((one) => [one.name, one.records]));
  const objectives = asked.map((one) => judge(one, records, { plannedRepeats: 10, actualRepeats: 10 }));
  return makeReport({ ...given, strategies, objectives, prices: prices === "none" ? undefined : prices });
}

const ASKED = [objective("loss.writes", "max", 0), objective("recovery.time", "p90", 10e6)];

it("feasible strategies come first, the cheapest of them first; of the others the first objective that they break is named", () => {
  const found = purchase(bought([...ASKED, objective("recovery.time", "max", 2e6)]));
  expect(found?.offers.map(({ strategy, kind, met }) => [strategy, kind, met])).toEqual([
    ["safe", "broken", 2],
    ["fast", "broken", 2],
    ["cheap", "broken", 1],
  ]);
  const two = purchase(bought(ASKED));
  expect(two?.offers.map(({ strategy, kind, against }) => [strategy, kind, against])).toEqual([
    ["safe", "feasible", undefined],
    ["cheap", "broken", "recovery.time p90 at most 10 s: 20 s"],
    ["fast", "broken", "loss.writes max at most 0: 3"],
  ]);
  expect(purchaseSentence(two!)).toBe("safe meets both objectives for 1,506 a month; no other does");
  expect(purchaseSentence(found!)).toBe(
    "nothing here: no strategy is known to meet all 3 objectives; safe comes nearest and breaks recovery.time max at most 2 s: 4 s",
  );
});

it("a month's cost is hosts by the hour, bytes between zones as they flow, and what is kept", () => {
  // 4 hosts x 730 h x 0.5 = 1460; 6 MB in 60 s are 262.8 GB in 730 h, x 0.1 = 26.28; and 10 GB x 2 = 20.
  const [safe] = purchase(bought(ASKED))?.offers ?? [];
  const flow = (6e6 / 60) * 730 * 3_600;
  expect(safe?.cost?.mean).toBeCloseTo(4 * 730 * 0.5 + (flow / 1e9) * 0.1 + 10 * 2, 6);
  expect(costText({ cost: { mean: 12.345, interval: undefined } })).toBe("12.35");
  expect(costText({ cost: { mean: 1_234_567.8, interval: undefined } })).toBe("1,234,568");
});

it("the Pareto set has what no other beats in one thing and loses in none to", () => {
  const found = purchase(bought(ASKED));
  // fast recovers soonest, safe is the only one that loses nothing soon, cheap costs least.
  expect(found?.offers.filter((one) => one.isPareto).map(({ strategy }) => strategy)).toEqual(["safe", "cheap", "fast"]);
  const without = purchase(bought(ASKED, "none"));
  // Without prices cheap has nothing for it: safe loses as little and is back sooner.
  expect(without?.offers.filter((one) => one.isPareto).map(({ strategy }) => strategy)).toEqual(["safe", "fast"]);
});

it("an objective that a run cannot tell of makes no strategy feasible", () => {
  const stale = bought([objective("latency.scan", "p99", 1e6)]);
  expect(purchase(stale)?.offers.map(({ kind }) => kind)).toEqual(["unknown", "unknown", "unknown"]);
  expect(purchaseSentence(purchase(stale)!)).toContain("no strategy is known to meet the objective");
});

it("nothing is said of buying where the scenario names neither objectives nor prices; prices alone give costs", () => {
  expect(purchase(makeReport(results(SHAPES)))).toBeUndefined();
  const priced = bought([]);
  expect(comparison(priced, { columns: 100 })).toMatch(/^Buy +cheap costs least, 1,141 a month \(10 runs: point estimates\)/mu);
});

it("the answer stands in the text, in words and a line a strategy, and on the page", () => {
  const report = bought(ASKED);
  const text = comparison(report, { columns: 80 });
  expect(text).toMatch(/^Buy +safe meets both objectives for 1,506 a month; no other does$/mu);
  expect(text).toMatch(/^ {2}fast +2,236 {2}6 hosts {2}breaks loss\.writes max at most 0: 3; not beaten$/mu);
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  const html = page(report, { libraries: [] });
  expect(html).toContain("Buy: safe meets both objectives for 1,506 a month");
});

it("what costs alike is said to, and the sooner back comes first, though it costs 0.03 % more", () => {
  const given = bought([objective("loss.writes", "max", 5)]);
  const dearer = (name: string, times: number): (typeof given.strategies)[number] => {
    const [one] = given.strategies.filter((each) => each.name === "cheap");
    const values = given.strategies.find((each) => each.name === name)?.runs ?? [];
    return {
      ...one!,
      name,
      runs: values.map((run, index) => {
        const hosts = one!.runs[index]?.values.get("host.seconds");
        const value = hosts?.kind === "value" ? hosts.value * times : 0;
        return { ...run, values: new Map([...run.values, ["host.seconds", { kind: "value" as const, value }]]) };
      }),
    };
  };
  const strategies = [dearer("cheap", 1), dearer("safe", 1.0003), dearer("fast", 1.0006)];
  const found = purchase(reportOf({ ...given, shown: given.shown.map(({ name }) => name), strategies }));
  expect(found?.offers.map(({ strategy }) => strategy)).toEqual(["fast", "safe", "cheap"]);
  expect(purchaseSentence(found!)).toBe("fast, safe, cheap meet the objective for 1,142 a month (alike in cost, within 1 %)");
});

it("who beats a strategy outright is named", () => {
  const found = purchase(bought(ASKED, "none"))!;
  expect(found.offers.map((offer) => [offer.strategy, beatenText(offer, found)])).toEqual([
    ["safe", "not beaten"],
    ["fast", "not beaten"],
    ["cheap", "beaten by safe"],
  ]);
});
