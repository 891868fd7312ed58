/**
 * report.html: one file that needs nothing else. Question, answer, table, charts, expectations, definitions. The libraries that draw
 * the charts are handed in and written into the page, whose content policy forbids any request; fonts are the reader's own.
 */
import type { VerdictKind } from "../study/checks/verdict.ts";
import { counted, figure, percent } from "../study/stats/figure.ts";
import { answers } from "./answers.ts";
import { BEATEN, beatenText, costText, hostsText, purchase, purchaseGrounds, purchaseSentence } from "./buying.ts";
import { charts } from "./charts/all.ts";
import type { Chart } from "./charts/chart.ts";
import { DARK, LIGHT, themeOf } from "./charts/theme.ts";
import { type Column, columns, hasFigure } from "./columns.ts";
import { expectedLines, heldWords } from "./expected.ts";
import { headline } from "./headline.ts";
import { escapeHtml, scriptJson } from "./html.ts";
import { wrap } from "./layout.ts";
import { MARGIN, rank } from "./ranking.ts";
import { type Report, summaryOf } from "./report.ts";
import { CONFIDENCE } from "./stored.ts";
import { notes } from "./notes.ts";
import { PAGE_SCRIPT } from "./page-script.ts";
import { PAGE_FONT, PAGE_STYLE } from "./page-style.ts";
import { scenarioText } from "./scenario-text.ts";
import { changesText, repeatsText } from "./table.ts";
import { underTable } from "./under-table.ts";

/** What the page carries with it. */
export interface PageAssets {
  /** Source text of the drawing libraries, in the order in which they load: Vega, Vega-Lite, Vega-Embed. */
  readonly libraries: readonly string[];
}

/** Vega compiles its expressions, hence unsafe-eval; nothing is fetched from anywhere. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:";

/** The whole page. A function of the report and the assets. */
export function page(report: Report, { libraries }: PageAssets): string {
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
    `<style>${PAGE_STYLE}</style>`,
    "</head>",
    "<body>",
    `<header><p class="name">${title}</p><h1>${escapeHtml(report.question === "" ? report.name : report.question)}</h1><p class="facts">${escapeHtml(factsOf(report))}</p>${changesHtml(report)}</header>`,
    "<main>",
    `<p class="headline">${named(headline(report), report)}</p>`,
    heldHtml(report),
    notesHtml(report),
    purchaseHtml(report),
    tableHtml(report),
    answersHtml(report),
    ...chartsHtml(drawn, report),
    expectationsHtml(report),
    scenarioHtml(report),
    definitionsHtml(report),
    "</main>",
    `<footer><p>Made by shardlab ${escapeHtml(report.version)}. The same scenario, seed and version give the same figures on any machine; results.json holds them all.</p></footer>`,
    `<script type="application/json" id="specs">${scriptJson(drawn.map(embedded))}</script>`,
    ...libraries.map((source) => `<script>${source.replaceAll("</script", "<\\/script")}</script>`),
    `<script type="application/json" id="themes">${scriptJson({ light: themeOf(LIGHT, { dark: false, font: PAGE_FONT }), dark: themeOf(DARK, { dark: true, font: PAGE_FONT }) })}</script>`,
    `<script>${PAGE_SCRIPT}</script>`,
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

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
  // What the study cannot answer is no answer for a reader of the page; the terminal says why.
  const given = answers(report).filter(({ sentence }) => !sentence.startsWith("no answer"));
  const [few] = given.flatMap(({ sentence }) => /^cannot tell: (\d+ runs? each .*? \(\d+ could\))/u.exec(sentence)?.[1] ?? []);
  // The table has the figures; that they are of too few runs is said once.
  const told = given.filter(({ sentence }) => few === undefined || !sentence.includes(few));
  const note =
    few === undefined
      ? ""
      : `<p class="note">To call ${told.length === 0 ? "any" : "any other"} difference certain, ${escapeHtml(few)}.</p>`;
  const rows = told.map(
    ({ question, best, sentence }) => `<div><dt>${escapeHtml(question)}</dt><dd>${emphasised(sentence, best)}</dd></div>`,
  );
  return rows.length === 0
    ? note
    : `<section aria-label="Answers one by one" class="answers"><h2>The same with intervals</h2><dl>${rows.join("")}</dl>${note}</section>`;
}

/** What to buy: every strategy with its cost and the first objective that it breaks. */
function purchaseHtml(report: Report): string {
  const found = purchase(report);
  if (found === undefined) return "";
  const rows = found.offers.map((offer) => {
    const says = { feasible: "✓ meets all", broken: `✗ breaks ${offer.against ?? ""}`, unknown: `? cannot tell ${offer.against ?? ""}` }[
      offer.kind
    ];
    const cells = [
      ...(found.isPriced ? [costText(offer), hostsText(offer)] : []),
      ...(found.objectives.length === 0 ? [] : [says]),
      beatenText(offer, found),
    ];
    return `<tr><th scope="row">${escapeHtml(offer.strategy)}</th>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}</tr>`;
  });
  const note = `${found.objectives.length === 0 ? "" : `Objectives: ${found.objectives.join(", ")}. `}${BEATEN} ${found.isPriced ? "Costs as if every hour were like measured time, of all hosts that are paid for. " : ""}${counted(found.runs, "run")} a strategy, judged by point estimates.`;
  const heads = [
    "strategy",
    ...(found.isPriced ? ["cost a month", "paid for"] : []),
    ...(found.objectives.length === 0 ? [] : ["objectives"]),
    "all in all",
  ];
  return `<section aria-label="What to buy"><h2>Buy: ${escapeHtml(`${purchaseSentence(found)} (${purchaseGrounds(found)})`)}</h2><div class="wide" tabindex="0" role="group" aria-label="Offers, scrolls sideways"><table><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div><p class="note">${escapeHtml(note)}</p></section>`;
}

/** The names that begin the sentence in bold. */
function emphasised(sentence: string, best: readonly string[]): string {
  const comma = sentence.indexOf(", ");
  const end = best.length === 0 || comma < 0 ? 0 : comma;
  return end === 0 ? spaced(sentence) : `<strong>${spaced(sentence.slice(0, end))}</strong>${spaced(sentence.slice(end))}`;
}

/** The strategies' names in bold, wherever they stand as words of their own. */
function named(text: string, { strategies }: Report): string {
  const names = strategies.map(({ name }) => escapeHtml(name)).filter((name) => /^[\w-]{2,}$/u.test(name));
  return names.length === 0
    ? spaced(text)
    : spaced(text).replace(new RegExp(`\\b(?:${names.join("|")})\\b(?![\\w-])`, "giu"), (name) => `<b>${name}</b>`);
}

/** No figure is torn from its unit at the end of a line. */
const spaced = (text: string): string =>
  escapeHtml(text)
    .replace(/ %/gu, "&nbsp;%")
    .replace(/(\d) (s|ms|µs|×)\b/gu, "$1&nbsp;$2")
    .replace(/p &lt; /gu, "p&nbsp;&lt;&nbsp;");

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
  return `<section aria-label="Comparison"><p class="scrolls">More columns to the right →</p><div class="wide" tabindex="0" role="group" aria-label="Table, scrolls sideways"><table><thead><tr><th scope="col">strategy</th>${head.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div>${[
    note,
    ...underTable(report),
    repeatsText(report),
  ]
    .filter((one) => one !== "")
    .map((one) => `<p class="note">${escapeHtml(one)}</p>`)
    .join("")}</section>`;
}

function cellHtml(report: Report, { metric, cell, marked }: Column, name: string): string {
  const summary = summaryOf(report, name, metric);
  const { figure: text, below } = summary === undefined ? { figure: "–", below: "" } : cell(summary);
  const best = marked && rank(report, metric).best.includes(name);
  const star = best ? '<span class="star" title="best, alike, or not told apart from it">★</span> ' : "";
  return `<td${best ? ' class="best"' : ""}>${star}${escapeHtml(text)}<small>${escapeHtml(below)}</small></td>`;
}

/** Whoever reads no further must know that something was not as expected. */
function heldHtml({ verdicts }: Report): string {
  if (verdicts.length === 0) return "";
  const kind = (["broken", "unknown", "held"] as const).find((one) => verdicts.some((verdict) => verdict.kind === one)) ?? "held";
  return `<p class="${kind}"><a href="#expectations"><b>Of what the scenario expects, ${heldWords(verdicts)}</b></a></p>`;
}

const VERDICTS: Readonly<Record<VerdictKind, string>> = { held: "✓ held", broken: "✗ broken", unknown: "? unknown" };

function expectationsHtml(report: Report): string {
  if (report.verdicts.length === 0) return "";
  const items = report.verdicts
    .flatMap(expectedLines)
    .map(({ kind, text }) => `<li class="${kind}"><b>${VERDICTS[kind]}</b><span>${escapeHtml(text)}</span></li>`);
  return `<section aria-label="Expectations" id="expectations"><h2>What was expected: ${heldWords(report.verdicts)}</h2><ul class="verdicts">${items.join("")}</ul></section>`;
}

/** Over the first chart over time stand the controls of what all of them show. */
function chartsHtml(drawn: readonly Chart[], report: Report): readonly string[] {
  const first = drawn.find(({ time }) => time === true);
  const end = report.measured / 1e6;
  return drawn.map((chart) => {
    const { id, title, about, reading } = chart;
    const zoom = chart === first && drawn.filter(({ time }) => time === true).length > 1 ? zoomHtml(end) : "";
    const save = SAVED.map(
      ([kind, name, what]) => `<button type="button" data-save="${kind}" data-chart="${id}" title="${what}">${name}</button>`,
    );
    return `${zoom}<section class="chart" aria-labelledby="${id}-title"><h2 id="${id}-title">${spaced(title)}</h2><p class="about" id="${id}-about">${spaced(about)}</p><div class="choices" id="${id}-choices"></div><div class="plot" id="${id}"></div><p class="about"><b>How to read it.</b> ${spaced(reading)}</p><div class="tools" role="group" aria-label="Save this chart">Save as ${save.join(" ")}</div></section>`;
  });
}

const SAVED = [
  ["svg", "SVG", "The picture as it is shown, as SVG"],
  ["png", "PNG", "The picture as it is shown, as PNG"],
  ["json", "Vega-Lite", "The specification with its data, for Vega-Lite 6"],
  ["csv", "data", "The data as comma-separated values"],
] as const;

const zoomHtml = (end: number): string =>
  `<form class="zoom" id="zoom" data-end="${end}"><span>Charts over time show</span> <label>from <input name="from" type="number" min="0" max="${end}" step="any" value="0"></label> <label>to <input name="to" type="number" min="0" max="${end}" step="any" value="${end}"></label> s <button type="submit">Show</button> <button type="button" name="whole">Whole run</button></form>`;

/** What the script draws, and writes over a picture that is saved. */
const embedded = ({ id, spec, title, about, time, navigator, runs }: Chart): unknown => ({
  id,
  spec,
  title: wrap(title, 78),
  about: wrap(about, 118),
  ...(time === true ? { time } : {}),
  ...(navigator === true ? { navigator } : {}),
  ...(runs === undefined ? {} : { runs }),
});

function definitionsHtml(report: Report): string {
  const items = report.shown.map(
    ({ name, definition }) => `<dt id="${anchorOf(name)}">${escapeHtml(name)}</dt><dd>${escapeHtml(definition)}</dd>`,
  );
  return `<section aria-label="Definitions"><details><summary>What the figures mean</summary><dl class="definitions">${items.join("")}</dl></details></section>`;
}

const anchorOf = (metric: string): string => `metric-${metric.replace(/[^A-Za-z0-9]+/gu, "-")}`;
