/**
 * The comparison as text: the answers in sentences, strategies as rows, what was expected with its verdict. Made for 80 columns and
 * for ten seconds; no line is wider than asked. The best value of a column is marked with a star, with or without colours.
 */
import type { ExpectationVerdict, VerdictKind } from "../study/checks/verdict.ts";
import { figure, percent } from "../study/stats/figure.ts";
import { type Answer, answers, runsToTell } from "./answers.ts";
import { BEATEN, beatenText, costText, hostsText, purchase, purchaseGrounds, purchaseSentence } from "./buying.ts";
import { type Cell, type Column, columns, hasFigure } from "./columns.ts";
import { type ExpectedLine, expectedLines, heldWords } from "./expected.ts";
import { NO_BREAK, clip, padEnd, padStart, printable, widthOf, wrap } from "./layout.ts";
import { notes } from "./notes.ts";
import { type Paint, PLAIN } from "./paint.ts";
import { MARGIN, rank } from "./ranking.ts";
import { type Report, summaryOf } from "./report.ts";
import { CONFIDENCE } from "./stored.ts";
import { underTable } from "./under-table.ts";

export interface TableOptions {
  /** Needs at least 40. */
  readonly columns: number;
  readonly paint?: Paint;
  /** Where the report was written, if it was. */
  readonly path?: string | undefined;
}

/** Everything `run` prints of one scenario, ending in an end of line. */
export function comparison(report: Report, { columns: width, paint = PLAIN, path }: TableOptions): string {
  const blocks = [
    heading(report, width, paint),
    notes(report).flatMap((note) => wrap(printable(note), width, 2)),
    answers(report).flatMap((one) => answerLines(one, width, paint)),
    purchaseLines(report, width, paint),
    table(report, width, paint),
    underTable(report).flatMap((note) => wrap(note, width, 2)),
    expectations(report.verdicts, width, paint),
    wrap(repeatsText(report), width)
      .filter((line) => line !== "")
      .map(paint.doubtful),
    path === undefined ? [] : [clip(`Report: ${printable(path)}`, Math.max(width, widthOf(path) + 8))],
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")}\n`;
}

function heading(report: Report, width: number, paint: Paint): readonly string[] {
  const { question, name, repeats, plannedRepeats, seed, changes } = report;
  const title = wrap(printable(question === "" ? name : `${name}: ${question}`), width, 2).map(paint.bold);
  const asked = repeats < plannedRepeats ? ` of the ${plannedRepeats} planned` : "";
  const strategies = report.strategies.length;
  const facts = `${repeats} ${repeats === 1 ? "repeat" : "repeats"}${asked} of ${strategies} ${strategies === 1 ? "strategy" : "strategies"}, ${figure(report.measured, "time")} measured each, seed ${seed}`;
  const changed = changes.length === 0 ? [] : wrap(changesText(changes), width, 2).map(paint.doubtful);
  return [...title, ...wrap(facts, width, 2).map(paint.dim), ...changed];
}

/** One number for all that so few repeats leave open; empty where nothing asks for more. */
export function repeatsText({ repeats, strategies, comparisons, verdicts }: Report): string {
  const least = strategies.length > 1 ? runsToTell(comparisons.length) : 0;
  const asked = verdicts
    .filter(({ kind }) => kind === "unknown")
    .flatMap(({ parts }) => parts.map(({ figures }) => figures.repeatsNeeded ?? 0));
  const expected = Math.max(0, ...asked);
  const most = Math.max(least, expected);
  if (most <= repeats) return "";
  const both = expected > repeats && least > repeats;
  return `More repeats could tell: --repeats ${most}${both ? ` (expectations ${expected}, the table at least ${least}).` : expected > repeats ? "." : ", at the least."}`;
}

/** What the command line changed: whoever reads only the result must not take it for the file's. */
export const changesText = (changes: readonly string[]): string => `Not as in the file: ${changes.map(printable).join(", ")}`;

/** Width of the longest question, and a gap. */
const QUESTION = 18;

function answerLines({ question, sentence }: Answer, width: number, paint: Paint): readonly string[] {
  const [first = "", ...rest] = wrap(`${padEnd(question, QUESTION - 1).replaceAll(" ", NO_BREAK)} ${sentence}`, width, QUESTION);
  return [paint.bold(first.slice(0, QUESTION)) + first.slice(QUESTION), ...rest];
}

/** What to buy: the sentence, then a line for every strategy, the first to buy first. */
function purchaseLines(report: Report, width: number, paint: Paint): readonly string[] {
  const found = purchase(report);
  if (found === undefined) return [];
  const { offers, objectives, isPriced } = found;
  const names = Math.min(24, Math.max(...offers.map(({ strategy }) => widthOf(printable(strategy)))));
  const costs = Math.max(4, ...offers.map((offer) => widthOf(costText(offer))));
  const hosts = Math.max(...offers.map((offer) => widthOf(hostsText(offer))));
  const lines = offers.flatMap((offer) => {
    const cost = isPriced ? `${padStart(costText(offer), costs)}  ${padEnd(hostsText(offer), hosts)}  ` : "";
    const head = `  ${padEnd(clip(printable(offer.strategy), names), names)}  ${cost}`;
    const says = {
      feasible: objectives.length === 0 ? "" : "meets all",
      broken: `breaks ${offer.against ?? ""}`,
      unknown: `cannot tell ${offer.against ?? ""}`,
    }[offer.kind];
    const text = [says, beatenText(offer, found)].filter((one) => one !== "").join("; ");
    const [first = "", ...rest] = wrap(text, Math.max(20, width - widthOf(head)));
    const colour = offer.kind === "feasible" ? paint.good : offer.kind === "broken" ? paint.bad : paint.doubtful;
    return [head + colour(first), ...rest.map((line) => " ".repeat(widthOf(head)) + line)].map((line) => line.trimEnd());
  });
  const asked = objectives.length === 0 ? [] : wrap(`Objectives: ${objectives.join(", ")}.`, width).map(paint.dim);
  const legend = [
    ...(isPriced ? ["Cost a month, as if every hour were like measured time, of all hosts that are paid for."] : []),
    ...(offers.length > 1 ? [BEATEN] : []),
  ];
  const head = answerLines(
    { question: "Buy", metric: "", best: [], sentence: `${purchaseSentence(found)} (${purchaseGrounds(found)})` },
    width,
    paint,
  );
  return [...head, ...lines, ...asked, ...wrap(legend.join(" "), width).map(paint.dim)];
}

interface Grid {
  readonly column: Column;
  readonly cells: readonly Cell[];
  /** By row. */
  readonly marked: readonly boolean[];
  readonly width: number;
}

const GAP = 2;
const MARK = "*";

function table(report: Report, width: number, paint: Paint): readonly string[] {
  const names = report.strategies.map(({ name }) => printable(name));
  const nameWidth = Math.min(Math.max(8, ...names.map(widthOf)), Math.max(8, Math.floor(width / 3)));
  const all = columns(report).map((column) => gridOf(report, column));
  const grids = all.filter(({ column }) => hasFigure(report, column.metric));
  // Left out, but not passed over in silence: "–" is what was never measured, "unknown" what had nothing to judge.
  const unknown = all.filter((grid) => !grids.includes(grid) && grid.cells.some(({ figure: text }) => text === "unknown"));
  const { fitting, left } = fit(grids, width - nameWidth);
  const line = (name: string, part: (grid: Grid) => string): string =>
    (padEnd(name, nameWidth) + fitting.map((grid) => " ".repeat(GAP) + padStart(part(grid), grid.width)).join("")).trimEnd();
  const rows = names.flatMap((name, row) => {
    const figures = fitting.map((grid) => " ".repeat(GAP) + paintCell(grid, row, paint)).join("");
    return [padEnd(clip(name, nameWidth), nameWidth) + figures, paint.dim(line("", (grid) => grid.cells[row]?.below ?? ""))];
  });
  const head = [paint.bold(line("strategy", ({ column }) => column.title)), paint.dim(line("", ({ column }) => column.subtitle))];
  const marked = fitting.some((grid) => grid.marked.includes(true));
  const legend = [
    ...(marked ? [`${MARK} best (p ≤ 5 %, paired by seed, corrected; by more than ${percent(MARGIN)}), or alike.`] : []),
    `Below: ${percent(CONFIDENCE)} interval, or runs.`,
    ...boundWords(fitting),
    ...(unknown.length === 0 ? [] : [`Unknown for all: ${[...new Set(unknown.map(({ column }) => column.metric))].join(", ")}.`]),
    ...(left.length === 0 ? [] : [`No room at ${width} columns for ${left.join(", ")}.`]),
  ];
  return [...head, ...rows, ...wrap(legend.join(" "), width).map(paint.dim)];
}

/** "≤ 63.2 % of runs" under a 0 is a bound, not a finding. */
function boundWords(fitting: readonly Grid[]): readonly string[] {
  const [bound] = fitting.flatMap(({ cells }) => cells.map(({ below }) => below)).filter((below) => /^≤ .* of runs$/u.test(below));
  return bound === undefined ? [] : [`${bound}: none did; so many of all runs at most could.`];
}

function gridOf(report: Report, column: Column): Grid {
  const { best } = rank(report, column.metric);
  const cells = report.strategies.map(({ name }): Cell => {
    const summary = summaryOf(report, name, column.metric);
    return summary === undefined ? { figure: "–", below: "" } : column.cell(summary);
  });
  const marked = report.strategies.map(({ name }) => column.marked && best.includes(name));
  const figures = cells.map((cell, row) => widthOf(cell.figure) + (marked[row] === true ? MARK.length + 1 : 0));
  const width = Math.max(widthOf(column.title), widthOf(column.subtitle), ...figures, ...cells.map((cell) => widthOf(cell.below)));
  return { column, cells, marked, width };
}

/** As many columns from the left as fit; what is left out by name. */
function fit(grids: readonly Grid[], width: number): { readonly fitting: readonly Grid[]; readonly left: readonly string[] } {
  const fitting: Grid[] = [];
  const left: string[] = [];
  let used = 0;
  for (const grid of grids) {
    const { metric, subtitle, marked } = grid.column;
    const label = marked ? metric : `${metric} ${subtitle}`;
    const needed = GAP + grid.width;
    // Once a column is left out, so are all less important ones, even narrower: which are shown must not look arbitrary.
    if (left.length === 0 && used + needed <= width) {
      fitting.push(grid);
      used += needed;
    } else left.push(label);
  }
  return { fitting, left };
}

function paintCell({ cells, marked, width }: Grid, row: number, paint: Paint): string {
  const text = cells[row]?.figure ?? "";
  if (marked[row] !== true) return padStart(text, width);
  return padStart(`${MARK} ${text}`, width).replace(`${MARK} ${text}`, () => paint.good(`${MARK} ${text}`));
}

const WORDS: Readonly<Record<VerdictKind, string>> = { held: "held", broken: "BROKEN", unknown: "UNKNOWN" };
/** Width of the longest verdict, and a gap. */
const VERDICT = 9;

/** How many expectations held, then each with its verdict first. */
export function expectations(verdicts: readonly ExpectationVerdict[], width: number, paint: Paint = PLAIN): readonly string[] {
  if (verdicts.length === 0) return [];
  return [
    paint.bold(`Expected: ${heldWords(verdicts)}`),
    ...verdicts.flatMap(expectedLines).flatMap((line) => verdictLines(line, width, paint)),
  ];
}

function verdictLines({ kind, text }: ExpectedLine, width: number, paint: Paint): readonly string[] {
  const colour = { held: paint.good, broken: paint.bad, unknown: paint.doubtful }[kind];
  const [first = "", ...rest] = wrap(text, width - VERDICT);
  return [colour(padEnd(WORDS[kind], VERDICT)) + first, ...rest.map((line) => " ".repeat(VERDICT) + line)];
}
