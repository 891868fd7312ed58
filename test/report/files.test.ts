import { hostname } from "node:os";
import { expect, it } from "vitest";
import { outagesCsv, runsCsv } from "../../src/report/csv.ts";
import { widthOf } from "../../src/report/layout.ts";
import { summaryMarkdown } from "../../src/report/markdown.ts";
import { makeReport } from "../../src/report/report.ts";
import { resultsJson } from "../../src/report/results.ts";
import { METRICS } from "../../src/study/stats/metrics.ts";
import { HOSTILE, THREE, results, series, study, verdict } from "./study.ts";

interface ResultsFile {
  readonly schemaVersion: number;
  readonly shardlab: string;
  readonly strategies: readonly {
    readonly name: string;
    readonly scenario: unknown;
    readonly summaries: Readonly<Record<string, { readonly n: number; readonly figures: { readonly p50: { readonly value: unknown } } }>>;
  }[];
  readonly runs: readonly { readonly strategy: string; readonly seed: number; readonly metrics: Readonly<Record<string, unknown>> }[];
  readonly comparisons: readonly {
    readonly metric: string;
    readonly left: string;
    readonly right: string;
    readonly difference: { readonly median: unknown };
  }[];
}

/** RFC 4180, read by other means than it is written. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/gu)) {
    rows.at(-1)?.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
    if (end === "\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

it("results.json is the same, byte for byte, whatever the order in which runs came in", () => {
  const given = results(THREE, { verdicts: [verdict("held", "x")] });
  const shuffled = { ...given, strategies: given.strategies.map((one) => ({ ...one, records: [...one.records].reverse() })) };
  expect(resultsJson(makeReport(shuffled))).toBe(resultsJson(makeReport(given)));
});

it("results.json holds every run's metrics, every strategy's figures, and nothing of the machine", () => {
  const text = resultsJson(study(THREE));
  const read = JSON.parse(text) as ResultsFile;
  expect(read.schemaVersion).toBe(2);
  expect(read.shardlab).toBe("1.2.3");
  expect(read.runs).toHaveLength(90);
  expect(Object.keys(read.runs[0]?.metrics ?? {})).toEqual(METRICS.map((metric) => metric.name));
  expect(read.strategies.map((one) => one.name)).toEqual(["quick", "twin", "slow"]);
  expect(read.strategies[0]?.scenario).toEqual({ parts: "quick" });
  expect(read.strategies[0]?.summaries["recovery.time"]?.figures.p50.value).toBe(3_140_000);
  for (const word of [hostname(), process.cwd(), process.version]) expect(text).not.toContain(word);
});

it("a run that never recovered is stored as at least so much, and an infinite difference as a word", () => {
  const read = JSON.parse(
    resultsJson(
      study([
        { name: "a", outages: series(6, 3, 1) },
        { name: "b", outages: new Array<undefined>(6).fill(undefined) },
      ]),
    ),
  ) as ResultsFile;
  expect(read.runs.find((run) => run.strategy === "b")?.metrics["recovery.time"]).toEqual({ atLeast: 40_000_000 });
  expect(read.comparisons.find((one) => one.metric === "recovery.time")?.difference.median).toBe("-Infinity");
});

it("runs.csv has one row a run and metric", () => {
  const [head, ...rows] = parseCsv(runsCsv(study(THREE)));
  expect(head).toEqual(["strategy", "repeat", "seed", "key", "digest", "metric", "statistic", "unit", "status", "value"]);
  expect(rows).toHaveLength(90 * METRICS.length);
  const row = rows.find(([strategy, repeat, , , , metric]) => strategy === "slow" && repeat === "10" && metric === "recovery.time");
  expect(row?.slice(8)).toEqual(["censored", "40000000"]);
});

it("outages.csv has the columns that other programs rely on, in their order, one row an outage", () => {
  const [head, ...rows] = parseCsv(outagesCsv(study(THREE)));
  expect(head?.join(", ")).toBe(
    "strategy, seed, shard, vantage, causes, ended, opened_us, closed_us, detection_us, decision_us, promotion_us, publication_us, reconnection_us, return_us, elections, loss_writes, loss_visible, loss_span_us, isolated",
  );
  expect(rows).toHaveLength(90);
  expect(rows[0]).toEqual([
    "quick",
    "100",
    "0",
    "web/a",
    "hostDeath primary of shard 0",
    "failover",
    "20000000",
    "23000000",
    "2000000",
    "1000000",
    ...new Array<string>(9).fill("0"),
  ]);
});

it("a CSV keeps names with commas, quotes and ends of line whole", () => {
  const names = [...HOSTILE, 'a,"b"\nc'];
  const rows = parseCsv(runsCsv(study(names.map((name) => ({ name, outages: [3] })))));
  expect([...new Set(rows.slice(1).map(([strategy]) => strategy))]).toEqual(names);
});

it("summary.md fits 80 columns, and no name ends its block or brings HTML", () => {
  const text = summaryMarkdown(
    study(
      HOSTILE.map((name) => ({ name, outages: [3, 4] })),
      { name: "<b>`x`</b>" },
    ),
  );
  for (const line of text.split("\n")) expect(widthOf(line)).toBeLessThanOrEqual(80);
  const [heading] = text.split("\n");
  expect(heading).toBe("# \\<b\\>\\`x\\`\\</b\\>");
  const fences = text.split("\n").filter((line) => /^`{4,}/u.test(line));
  expect(fences).toEqual(["````text", "````"]);
});

it("in summary.md a question stands inside the block, and no name, version or line of text becomes markup outside it", () => {
  const names = ["- <script>alert(1)</script> | a", "1. **b**", "=== [c](d)", "--- &lt; ~e~ _f_"];
  const question = "Is <script>alert(1)</script> | **bold** ```` fine?";
  const text = summaryMarkdown(
    study(
      names.map((name, place) => ({ name, outages: [3 + place, 4 + place] })),
      { name: names.join(" "), question, version: names.join(" ") },
    ),
  );
  const lines = text.split("\n");
  const [open, close, ...more] = lines.flatMap((line, place) => (/^`{3,}/u.test(line) ? [place] : []));
  expect([more, lines[open!], lines[close!]]).toEqual([[], "`````text", "`````"]);
  expect(
    lines
      .slice(open! + 1, close)
      .join(" ")
      .replaceAll(/\s+/gu, " "),
  ).toContain(question);
  // The page's own heading and list items are taken off; what is left has no character of markup but behind a backslash.
  const outside = [...lines.slice(0, open), ...lines.slice(close! + 1)].map((line) => line.replace(/^(?:# |- )/u, ""));
  const bare = outside.map((line) => line.replaceAll(/\\[\\`*_{}[\]<>#+|&~=.-]/gu, ""));
  for (const line of bare) {
    expect(line).not.toMatch(/[\\`*_{}[\]<>#+|&~]/u);
    expect(line.trim()).not.toMatch(/^(?:[-=]+(?:\s|$)|1[.)]\s)/u);
  }
  expect(outside.join(" ")).toContain("\\<script\\>alert(1)\\</script\\> \\| a");
});
