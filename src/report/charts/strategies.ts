/**
 * What all charts with strategies in them share: lines that keep their colour and dashes from chart to chart, no more of them than an eye
 * can follow; and rows, a strategy each.
 */
import { purchase } from "../buying.ts";
import { printable } from "../layout.ts";
import { ordered } from "../ranking.ts";
import type { Report } from "../report.ts";
import type { StoredStrategy } from "../stored.ts";
import { type Spec, legendColumns } from "./chart.ts";

/** Told apart by people with any colour vision, on light and dark ground: Okabe and Ito (2008), without black and yellow. */
const PALETTE = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9"];
/** Lines differ by dashes too, so that one that runs over another lets it through. */
const DASHES = [
  [1, 0],
  [6, 4],
  [2, 3],
  [10, 4, 2, 4],
  [14, 6],
  [4, 2],
];

/** As many as there are colours. */
const LINES_MOST = PALETTE.length;

/** What they are ordered by where there are too many, and how that is said. */
const ORDERS = [
  ["recovery.time", "the soonest back to the latest"],
  ["availability", "the most available to the least"],
  ["load.maxOverMean", "the most even to the least"],
] as const;

export interface Lines {
  /** Those that are drawn, in the report's order. */
  readonly strategies: readonly StoredStrategy[];
  readonly names: readonly string[];
  /** A sentence that says which are drawn, after a blank; empty if all are. */
  readonly note: string;
  /** Colour and dashes by the field `strategy`; the legend stands so many pixels above the drawing. */
  readonly encoding: (offset: number) => Spec;
}

/** The same strategies in every chart of a report: all, or so many from the best to the worst. */
export function linesOf(report: Report): Lines {
  const all = report.strategies.map(({ name }) => name);
  const [place, words] = all.length <= LINES_MOST ? [all, ""] : placesOf(report, all);
  // What one would buy is worth seeing; the rest of the lines show the range.
  const feasible = (purchase(report)?.offers ?? []).filter(({ kind }) => kind === "feasible").map(({ strategy }) => strategy);
  const hasObjectives = (report.objectives ?? []).length > 0 && feasible.length > 0;
  const chosen = new Set(all.length <= LINES_MOST ? all : chosenOf(place, hasObjectives ? feasible : []));
  const strategies = report.strategies.filter(({ name }) => chosen.has(name));
  const names = strategies.map(({ name }) => printable(name));
  const by = { field: "strategy", type: "nominal", title: "" };
  const color = { domain: names, range: names.map((_, index) => PALETTE[index % PALETTE.length]) };
  const dash = { domain: names, range: names.map((_, index) => DASHES[index % DASHES.length]) };
  return {
    strategies,
    names,
    note:
      words === ""
        ? ""
        : ` ${names.length} of ${all.length} strategies, ${hasObjectives ? "those that meet all objectives first, then " : ""}from ${words}.`,
    encoding: (offset) => ({
      color: {
        ...by,
        scale: color,
        legend: {
          orient: "top",
          symbolType: "stroke",
          symbolSize: 300,
          symbolOpacity: 1,
          offset,
          columns: legendColumns(2, 3, LINES_MOST),
        },
      },
      strokeDash: { ...by, scale: dash },
    }),
  };
}

/** So many, `first` before the others, which are taken evenly from the best to the worst. */
function chosenOf(place: readonly string[], first: readonly string[]): readonly string[] {
  const wanted = first.slice(0, LINES_MOST);
  const rest = place.filter((name) => !wanted.includes(name));
  const room = LINES_MOST - wanted.length;
  const step = room < 2 ? 0 : (Math.min(place.length, rest.length) - 1) / (room - 1);
  return [...wanted, ...Array.from({ length: room }, (_, index) => rest[Math.round(index * step)] ?? "")];
}

function placesOf(report: Report, names: readonly string[]): readonly [readonly string[], string] {
  for (const [metric, words] of ORDERS) {
    const place = ordered(report, metric, names);
    const isTold = report.comparisons.some((one) => one.metric === metric && one.difference !== undefined && one.difference.median !== 0);
    if (place.length === names.length && isTold) return [place, words];
  }
  return [names, "the first of the file to the last"];
}

/** The vertical axis of charts with a row a strategy, in this order. */
export const strategyRows = (names: readonly string[], grid = true): Spec => ({
  field: "strategy",
  type: "nominal",
  title: "",
  sort: names,
  scale: { domain: names },
  axis: { labelLimit: 140, ticks: false, domain: false, grid },
});
