/**
 * report.html: one file that needs nothing else. Question, answer in sentences, table, charts, expectations, definitions. The
 * libraries and fonts that draw the charts are handed in and written into the page; its content policy forbids any request.
 */
import type { VerdictKind } from "../study/checks/verdict.ts";
import { figure, percent } from "../study/stats/figure.ts";
import { answers } from "./answers.ts";
import { costText, purchase, purchaseSentence } from "./buying.ts";
import { charts } from "./charts/all.ts";
import type { Chart } from "./charts/chart.ts";
import { type Column, columns, hasFigure } from "./columns.ts";
import { expectedLines, heldWords } from "./expected.ts";
import { escapeHtml, scriptJson } from "./html.ts";
import { MARGIN, rank } from "./ranking.ts";
import { type Report, summaryOf } from "./report.ts";
import { CONFIDENCE } from "./stored.ts";
import { notes } from "./notes.ts";
import { PAGE_SCRIPT } from "./page-script.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { scenarioText } from "./scenario-text.ts";
import { changesText } from "./table.ts";

/** What the page carries with it. */
export interface PageAssets {
  /** Source text of the drawing libraries, in the order in which they load: Vega, Vega-Lite, Vega-Embed. */
  readonly libraries: readonly string[];
  /** TrueType files of the page's font as base64. */
  readonly fonts: { readonly regular: string; readonly bold: string };
}

/** Vega compiles its expressions, hence unsafe-eval; nothing is fetched from anywhere. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; font-src data:; img-src data: blob:";

/** The whole page. A function of the report and the assets. */
export function page(report: Report, { libraries, fonts }: PageAssets): string {
  const drawn = charts(report);
  const title = escapeHtml(report.name);
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    // Without an icon of its own a browser would ask for one.
    '<link rel="icon" href="data:,">',
    `<title>${title} – shardlab</title>`,
    `<style>\n${fontFace(400, fonts.regular)}\n${fontFace(700, fonts.bold)}\n${PAGE_STYLE}</style>`,
    "</head>",
    "<body>",
    `<header><p class="name">${title}</p><h1>${escapeHtml(report.question === "" ? report.name : report.question)}</h1><p class="facts">${escapeHtml(factsOf(report))}</p>${changesHtml(report)}</header>`,
    "<main>",
    answersHtml(report),
    notesHtml(report),
    purchaseHtml(report),
    tableHtml(report),
    expectationsHtml(report),
    ...chartsHtml(drawn),
    scenarioHtml(report),
    definitionsHtml(report),
    "</main>",
    `<footer><p>Made by shardlab ${escapeHtml(report.version)}. The same scenario, seed and version give the same figures on any machine; results.json holds them all.</p></footer>`,
    `<script type="application/json" id="specs">${scriptJson(drawn.map(({ id, spec }) => ({ id, spec })))}</script>`,
    ...libraries.map((source) => `<script>${source.replaceAll("</script", "<\\/script")}</script>`),
    `<script>${PAGE_SCRIPT}</script>`,
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

const fontFace = (weight: number, base64: string): string =>
  `@font-face { font-family: "DejaVu Sans"; font-weight: ${weight}; src: url("data:font/ttf;base64,${base64}") format("truetype"); }`;

function factsOf(report: Report): string {
  const { repeats, plannedRepeats, seed, strategies } = report;
  const asked = repeats < plannedRepeats ? ` of the ${plannedRepeats} planned` : "";
  const { length } = strategies;
  return `${repeats} ${repeats === 1 ? "repeat" : "repeats"}${asked} of ${length} ${length === 1 ? "strategy" : "strategies"}, ${figure(report.measured, "time")} measured each, seed ${seed}`;
}

const notesHtml = (report: Report): string =>
  notes(report)
    .map((note) => `<p class="note">${escapeHtml(note)}</p>`)
    .join("");

const changesHtml = ({ changes }: Report): string =>
  changes.length === 0 ? "" : `<p class="changes">${escapeHtml(changesText(changes))}</p>`;

/** Closed until somebody asks: everything that was run, so that the page explains itself without its file. */
function scenarioHtml(report: Report): string {
  const lines = scenarioText(report).split("\n").map(escapeLine);
  return `<section aria-label="Scenario"><details><summary>The scenario as it was run</summary><p class="note">Every default filled; times in microseconds, sizes in bytes, rates per second. What differs between strategies stands at the end.</p><pre>${lines.join("\n")}</pre></details></section>`;
}

/** The indentation is kept; the rest is escaped like any text. */
const escapeLine = (line: string): string => " ".repeat(line.length - line.trimStart().length) + escapeHtml(line);

function answersHtml(report: Report): string {
  const rows = answers(report).map(
    ({ question, best, sentence }) => `<div><dt>${escapeHtml(question)}</dt><dd>${emphasised(sentence, best)}</dd></div>`,
  );
  return `<section aria-label="Answer" class="answers"><dl>${rows.join("")}</dl></section>`;
}

/** What to buy: every strategy with its cost and the first objective that it breaks. */
function purchaseHtml(report: Report): string {
  const found = purchase(report);
  if (found === undefined) return "";
  const rows = found.offers.map((offer) => {
    const says = { feasible: "✓ meets all", broken: `✗ breaks ${offer.against ?? ""}`, unknown: `? cannot tell ${offer.against ?? ""}` }[
      offer.kind
    ];
    const cells = [found.isPriced ? costText(offer) : "", found.objectives.length === 0 ? "" : says, offer.isPareto ? "Pareto" : ""];
    return `<tr><th scope="row">${escapeHtml(offer.strategy)}</th>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}</tr>`;
  });
  const note = `${found.objectives.length === 0 ? "" : `Objectives: ${found.objectives.join(", ")}. `}Pareto: no other is better in one thing and worse in none. Costs as if every hour were like measured time.`;
  return `<section aria-label="What to buy"><h2>Buy: ${escapeHtml(purchaseSentence(found))}</h2><div class="wide" tabindex="0" role="group" aria-label="Offers, scrolls sideways"><table><thead><tr><th scope="col">strategy</th><th scope="col">cost a month</th><th scope="col">objectives</th><th scope="col">best in something</th></tr></thead><tbody>${rows.join("")}</tbody></table></div><p class="note">${escapeHtml(note)}</p></section>`;
}

/** The names that begin the sentence in bold. */
function emphasised(sentence: string, best: readonly string[]): string {
  const comma = sentence.indexOf(", ");
  const end = best.length === 0 || comma < 0 ? 0 : comma;
  const whole = (text: string): string =>
    escapeHtml(text)
      .replace(/ %/gu, "&nbsp;%")
      .replace(/p &lt; /gu, "p&nbsp;&lt;&nbsp;");
  return end === 0 ? whole(sentence) : `<strong>${whole(sentence.slice(0, end))}</strong>${whole(sentence.slice(end))}`;
}

function tableHtml(report: Report): string {
  const shown = columns(report).filter(({ metric }) => hasFigure(report, metric));
  const head = shown.map(
    ({ metric, title, subtitle }) =>
      `<th scope="col"><a href="#${anchorOf(metric)}">${escapeHtml(title)}</a><small>${escapeHtml(subtitle)}</small></th>`,
  );
  const rows = report.strategies.map(
    ({ name }) => `<tr><th scope="row">${escapeHtml(name)}</th>${shown.map((column) => cellHtml(report, column, name)).join("")}</tr>`,
  );
  const note = `★ best: p ≤ 5 %, paired by seed, corrected for all comparisons, and by more than ${percent(MARGIN)} (of availability: of what is missing); or alike, or not told apart from it. Small: ${percent(CONFIDENCE)} interval, or the runs concerned.`;
  return `<section aria-label="Comparison"><p class="scrolls">More columns to the right →</p><div class="wide" tabindex="0" role="group" aria-label="Table, scrolls sideways"><table><thead><tr><th scope="col">strategy</th>${head.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div><p class="note">${escapeHtml(note)}</p></section>`;
}

function cellHtml(report: Report, { metric, cell, marked }: Column, name: string): string {
  const summary = summaryOf(report, name, metric);
  const { figure: text, below } = summary === undefined ? { figure: "–", below: "" } : cell(summary);
  const best = marked && rank(report, metric).best.includes(name);
  const star = best ? '<span class="star" title="best, alike, or not told apart from it">★</span> ' : "";
  return `<td${best ? ' class="best"' : ""}>${star}${escapeHtml(text)}<small>${escapeHtml(below)}</small></td>`;
}

const VERDICTS: Readonly<Record<VerdictKind, string>> = { held: "✓ held", broken: "✗ broken", unknown: "? unknown" };

function expectationsHtml(report: Report): string {
  if (report.verdicts.length === 0) return "";
  const items = report.verdicts
    .flatMap(expectedLines)
    .map(({ kind, text }) => `<li class="${kind}"><b>${VERDICTS[kind]}</b><span>${escapeHtml(text)}</span></li>`);
  return `<section aria-label="Expectations"><h2>What was expected: ${heldWords(report.verdicts)}</h2><ul class="verdicts">${items.join("")}</ul></section>`;
}

/** Charts with one title stand together. */
function chartsHtml(drawn: readonly Chart[]): readonly string[] {
  return drawn.map((chart, index) => {
    const before = drawn[index - 1];
    const first = chart.part === undefined || before?.part === undefined;
    const head = first ? `<h2>${escapeHtml(chart.title)}</h2><p class="about">${escapeHtml(chart.about)}</p>` : "";
    const part = chart.part === undefined ? "" : `<figcaption>${escapeHtml(chart.part)}</figcaption>`;
    return `<section class="chart">${head}<figure>${part}<div class="plot" id="${chart.id}"></div></figure></section>`;
  });
}

function definitionsHtml(report: Report): string {
  const items = report.shown.map(
    ({ name, definition }) => `<dt id="${anchorOf(name)}">${escapeHtml(name)}</dt><dd>${escapeHtml(definition)}</dd>`,
  );
  return `<section aria-label="Definitions"><details><summary>What the figures mean</summary><dl class="definitions">${items.join("")}</dl></details></section>`;
}

const anchorOf = (metric: string): string => `metric-${metric.replace(/[^A-Za-z0-9]+/gu, "-")}`;
