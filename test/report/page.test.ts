import * as vega from "vega";
import { compile } from "vega-lite";
import { expect, it, vi } from "vitest";
import { charts } from "../../src/report/charts/all.ts";
import { escapeHtml, scriptJson } from "../../src/report/html.ts";
import { page } from "../../src/report/page.ts";
import { summaryMarkdown } from "../../src/report/markdown.ts";
import { makeReport } from "../../src/report/report.ts";
import { scenarioText } from "../../src/report/scenario-text.ts";
import { comparison } from "../../src/report/table.ts";
import { makeRecords } from "../study/records.ts";
import { HOSTILE, THREE, results, study, verdict } from "./study.ts";

const ASSETS = { libraries: ["/* vega */", "/* vega-lite </script> */", "/* vega-embed */"] };

/** Counts what a tokenizer would see as elements of this name. */
const elements = (html: string, name: string): number => [...html.matchAll(new RegExp(`<${name}[\\s>]`, "giu"))].length;

it("no name, question or verdict can leave its place in the page", () => {
  const plain = page(study(HOSTILE.map((_, index) => ({ name: `s${index}`, outages: [3, 4] }))), ASSETS);
  const hostile = page(
    study(
      HOSTILE.map((name) => ({ name, outages: [3, 4] })),
      { question: HOSTILE.join(" "), name: HOSTILE[0] ?? "", version: HOSTILE[1] ?? "" },
    ),
    ASSETS,
  );
  for (const name of ["script", "img", "style", "meta", "link"]) expect(elements(hostile, name)).toBe(elements(plain, name));
  expect(elements(hostile, "script")).toBe(6);
  expect([...hostile.matchAll(/<\/script/giu)]).toHaveLength(6);
  expect(hostile).not.toMatch(/<[^>]*\son\w+=/iu);
  expect(hostile).not.toContain("\u001b");
  expect(hostile).not.toContain("\u202e");
});

it("the page asks for nothing from outside, and forbids it", () => {
  const html = page(study(THREE), ASSETS);
  expect(html).toContain("default-src 'none'");
  for (const [, address] of html.matchAll(/(?:src|href)="?([^"\s>)]+)/gu)) expect(address).toMatch(/^(data:|#)/u);
  expect(html).not.toMatch(/url\(/u);
});

it("JSON inside the page is read back as it was written", () => {
  const value = { text: HOSTILE, more: "</script>\u2028<!--" };
  expect(scriptJson(value)).not.toMatch(/[<\u2028]/u);
  expect(JSON.parse(scriptJson(value))).toEqual(value);
  expect(escapeHtml(`<a href="x">'&`)).toBe("&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
});

it("every chart compiles without a warning and draws marks", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const drawn = charts(study(THREE));
  expect(drawn.map((chart) => chart.id)).toEqual(["recovery", "loss", "phases", "timeline", "latency", "load-servers"]);
  for (const { spec } of drawn) {
    const { spec: compiled } = compile(spec as unknown as Parameters<typeof compile>[0]);
    const view = new vega.View(vega.parse(compiled), { renderer: "none", logLevel: vega.Warn });
    view.signal("width", 600);
    const svg = await view.toSVG();
    expect([...svg.matchAll(/<path[^>]+d="M/gu)].length).toBeGreaterThan(3);
  }
  // Outside a browser there is no window to follow; nothing else may be amiss.
  const warnings = warn.mock.calls.map((call) => call.join(" ")).filter((text) => !text.includes("event source: window"));
  expect(warnings).toEqual([]);
  warn.mockRestore();
});

it("chart titles state the finding, with figures", () => {
  const titles = charts(study(THREE)).map((chart) => chart.title);
  expect(titles[0]).toBe("9 of 10 runs are back within: quick 3.26 s, twin 3.26 s, slow 24.9 s");
  expect(titles[1]).toBe("Writes lost in the median run: quick 15; twin and slow lose none in 30 runs");
  expect(titles[2]).toBe("With every strategy most of the outage is detection");
  expect(titles[3]).toBe("The worst run of slow: some client cannot write for 40 s, to the end");
});

it("the curve of a strategy that never recovered in some runs ends below 1 and says so", () => {
  const spec = JSON.stringify(charts(study(THREE))[0]?.spec);
  expect(spec).toContain('"words":"3 of 30 never back"');
  expect(spec).toMatch(/"strategy":"slow","seconds":4\d\.?\d*,"share":0\.9\}/u);
});

it("the heat map stays small however many shards and windows a run has", () => {
  const [shards, count] = [500, 2_000];
  // The last four shards are asked ten times as much: they are one row.
  const cells = Array.from({ length: shards * count }, (_, cell) => (cell % shards < 496 ? 3 : 30));
  const records = makeRecords("big", [{ header: { shards, duration: count * 1e6 }, windows: { width: 1e6, count, shardRequests: cells } }]);
  const report = makeReport({ ...results([]), repeats: 1, strategies: [{ name: "big", resolved: {}, records }] });
  const heat = charts(report).find((chart) => chart.id === "load-shards");
  const text = JSON.stringify(heat?.spec);
  expect([...text.matchAll(/"rate":/gu)].length).toBeLessThanOrEqual(8_100);
  // Put together, not cut off: so many requests a second and shard everywhere, up to the end.
  expect(new Set([...text.matchAll(/"rate":([\d.]+)/gu)].map(([, rate]) => rate))).toEqual(new Set(["3", "30"]));
  expect(text).toContain(`"to":${count}`);
  expect(text).toContain('"row":"496–499"');
});

it("verdicts stand in the page in words", () => {
  const html = page(study(THREE, { verdicts: [verdict("held", "a < b"), verdict("broken", "c")] }), ASSETS);
  expect(html).toContain("What was expected: 1 of 2 held, 1 broken");
  expect(html).toContain("a &lt; b");
  expect(html).toContain("✗ broken");
});

it("what the command line changed stands on the page, in the table and in the summary, with the scenario as it was run", () => {
  const changes = ["--set workload[0].arrivals.poisson=<1/s>", "--seed 9 (the file: 7)"];
  const report = study(THREE, { changes });
  for (const text of [comparison(report, { columns: 140 }), summaryMarkdown(report)])
    expect(text.replaceAll(/\s+/gu, " ")).toContain(`Not as in the file: ${changes.join(", ")}`);
  const html = page(report, ASSETS);
  expect(html).toContain(`Not as in the file: --set workload[0].arrivals.poisson=&lt;1/s&gt;, --seed 9 (the file: 7)`);
  expect(page(study(THREE), ASSETS)).not.toContain("Not as in the file");
  expect(html).toMatch(/<details><summary>The scenario as it was run<\/summary>/u);
});

it("the scenario's text says once what strategies share, and apart what they do not", () => {
  const resolved = (parts: string): unknown => ({
    faults: [{ at: 5, label: "x\u001b" }],
    slow: 500,
    strategy: parts,
    parts: { replication: parts },
  });
  const strategies = ["one", "two"].map((name) => ({ name, resolved: resolved(name), records: [] }));
  expect(scenarioText({ strategies })).toBe(
    [
      "faults: [{ at: 5, label: x\uFFFD }]",
      "slow: 500",
      "strategies: { one: { parts: { replication: one } }, two: { parts: { replication: two } } }",
    ].join("\n"),
  );
  const deep = (name: string): unknown => ({ name, long: Array.from({ length: 3 }, (_, index) => ({ index, text: "word ".repeat(9) })) });
  const text = scenarioText({ strategies: ["one", "two"].map((name) => ({ name, resolved: deep(name), records: [] })) });
  expect(text.split("\n").every((line) => line.length <= 102)).toBe(true);
  expect(text).toMatch(/^long:\n {2}- \{ index: 0, /mu);
});
