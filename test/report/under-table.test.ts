import { expect, it } from "vitest";
import { charts } from "../../src/report/charts/all.ts";
import { page } from "../../src/report/page.ts";
import { type Report, makeReport } from "../../src/report/report.ts";
import { comparison } from "../../src/report/table.ts";
import { underTable } from "../../src/report/under-table.ts";
import type { Outage } from "../../src/simulator/record/record.ts";
import { makeOutage, makeRecords } from "../study/records.ts";
import { results } from "./study.ts";

const SECOND = 1_000_000;

/** Strategies with so many runs, the same outages in each. */
function report(strategies: Readonly<Record<string, readonly Outage[]>>): Report {
  const header = { vantages: ["web/a", "web/b"] };
  const touched = [
    { shard: 0, vantage: "web/a", counts: true },
    { shard: 0, vantage: "web/b", counts: false },
  ];
  const made = Object.entries(strategies).map(([name, outages]) => ({
    name,
    resolved: { name },
    records: makeRecords(name, [{ header, touched, outages }]),
  }));
  return makeReport(results([], { strategies: made, repeats: 1, plannedRepeats: 1 }));
}

const failover = makeOutage(2.8 * SECOND);
const isolated = makeOutage(10.3 * SECOND, { vantage: "web/b", isolated: true, ended: "returned" });

it("clients that no strategy could serve are named under the table and in the timeline's title, though no figure counts them", () => {
  const cut = report({ sync: [failover, isolated] });
  expect(underTable(cut)).toEqual([
    'Cut off: clients in web/b could not reach a majority of a shard\'s replicas for 10.3 s, which no strategy can serve; not counted in "back after" (recovery.isolated).',
  ]);
  expect(comparison(cut, { columns: 80 }).replaceAll(/\s+/gu, " ")).toContain("Cut off: clients in web/b could not");
  expect(page(cut, { libraries: [] })).toContain("Cut off: clients in web/b could not");
  const title = charts(cut).find(({ id }) => id === "timeline")?.title;
  expect(title).toMatch(/some client that is not cut off cannot write for 2\.8 s.*; clients cut off from a majority cannot for 10\.3 s$/u);
  expect(underTable(report({ sync: [failover] }))).toEqual([]);
});

it("a strategy whose every outage ended by the return of what had failed is said not to have been seen to fail over", () => {
  const back = makeOutage(10 * SECOND, { ended: "returned" });
  const found = underTable(report({ slow: [back], quick: [failover], both: [back, failover], calm: [] }));
  expect(found).toEqual([
    "Not seen to fail over: slow. What had failed was back after 10 s, in every run; how it would do without is not shown.",
  ]);
});
