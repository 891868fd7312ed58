import { expect, it } from "vitest";
import { outagesCsv, runsCsv } from "../../src/report/csv.ts";
import { jsonText } from "../../src/report/json-text.ts";
import { summaryMarkdown } from "../../src/report/markdown.ts";
import { page } from "../../src/report/page.ts";
import { type Report, reportOf } from "../../src/report/report.ts";
import { readResults } from "../../src/report/results-read.ts";
import { resultsJsonSchema, resultsSchema } from "../../src/report/results-schema.ts";
import { resultsJson } from "../../src/report/results.ts";
import { comparison } from "../../src/report/table.ts";
import { HOSTILE, THREE, study, verdict } from "./study.ts";

const ASSETS = { libraries: ["/* vega */"], fonts: { regular: "AAAA", bold: "BBBB" } };
const METRIC = {
  kind: "metric",
  metric: "recovery.time",
  over: "max",
  statistic: "p90",
  bound: { kind: "below", value: 6e6 },
  confidence: 0.95,
};
const WHERE = { shard: 0, operation: undefined, vantage: undefined, window: { from: 0, to: 1e6 }, per: undefined, what: undefined };

const studies: readonly (readonly [string, Report])[] = [
  ["three strategies", study(THREE, { changes: ["--seed 9"], verdicts: [verdict("held", "a"), verdict("broken", "b")] })],
  [
    "an expectation of a metric",
    study(THREE, { verdicts: [verdict("unknown", "c", { ...METRIC, where: WHERE, invariant: undefined } as never)] }),
  ],
  [
    "objectives and prices",
    study(THREE, {
      objectives: [verdict("held", "d", { ...METRIC, where: WHERE, invariant: undefined, bound: { kind: "atMost", value: 6e6 } } as never)],
      prices: { server: 0.4, crossZone: 0, storage: 0.02 },
    }),
  ],
  ["hostile names", study(HOSTILE.map((name) => ({ name, outages: [3, undefined] })))],
  ["a single run", study([{ name: "one", outages: [0] }])],
];

function readBack(report: Report): Report {
  const read = readResults(resultsJson(report));
  if (!read.ok) throw new Error(read.fault);
  return reportOf(read.stored);
}

it.each(studies)("what is drawn from stored results is what was drawn from the runs: %s", (_name, report) => {
  const again = readBack(report);
  expect(comparison(again, { columns: 100 })).toBe(comparison(report, { columns: 100 }));
  expect(page(again, ASSETS)).toBe(page(report, ASSETS));
  expect(summaryMarkdown(again)).toBe(summaryMarkdown(report));
  expect(runsCsv(again)).toBe(runsCsv(report));
  expect(outagesCsv(again)).toBe(outagesCsv(report));
  expect(resultsJson(again)).toBe(resultsJson(report));
});

it.each(studies)("results.json holds nothing that its schema does not describe: %s", (_name, report) => {
  const data = JSON.parse(resultsJson(report)) as unknown;
  const { success, data: known } = resultsSchema.safeParse(data);
  expect(success).toBe(true);
  // Keys that the schema does not know are dropped by it; texts for what is infinite become numbers.
  expect(JSON.parse(jsonText(known))).toEqual(data);
});

it("and the schema sees what is missing, or another thing than it says", () => {
  const data = JSON.parse(resultsJson(study(THREE))) as Record<string, unknown>;
  for (const wrong of [{ runs: undefined }, { repeats: "three" }, { strategies: [{}] }, { verdicts: [{ kind: "metric" }] }])
    expect(resultsSchema.safeParse({ ...data, ...wrong }).success).toBe(false);
});

it("the published schema describes every key of the file", () => {
  const schema = resultsJsonSchema() as { readonly properties: Readonly<Record<string, unknown>>; readonly required: readonly string[] };
  const data = JSON.parse(resultsJson(study(THREE, { prices: { server: 1, crossZone: 0, storage: 0 } }))) as Readonly<
    Record<string, unknown>
  >;
  expect(Object.keys(schema.properties).sort()).toEqual(Object.keys(data).sort());
  const optional = ["prices", "purchase"];
  expect([...schema.required, ...optional].sort()).toEqual(Object.keys(data).sort());
});

it("what is no results.json is refused in words", () => {
  expect(readResults("{")).toEqual({ ok: false, fault: "is no JSON" });
  expect(readResults("[]")).toMatchObject({ fault: "is no results.json: it has no schemaVersion" });
  expect(readResults('{"schemaVersion":1}')).toMatchObject({ fault: expect.stringContaining("run the scenario again") });
  expect(readResults('{"schemaVersion":9}')).toMatchObject({ fault: expect.stringContaining("newer shardlab") });
  expect(readResults('{"schemaVersion":2}')).toMatchObject({ fault: expect.stringMatching(/is no whole results\.json: \w+/u) });
});

it("JSON text is JSON, with short things on one line and what is infinite as a word", () => {
  const value = { a: [1, 2, { b: Infinity }], c: undefined, d: "x".repeat(200), rows: [new Array<number>(200).fill(1)], e: -Infinity };
  const text = jsonText(value);
  expect(JSON.parse(text)).toEqual({ a: [1, 2, { b: "Infinity" }], d: value.d, rows: value.rows, e: "-Infinity" });
  expect(text.split("\n")).toHaveLength(8);
});
