/** What a chart is: a Vega-Lite specification as plain data, and the words around it. Drawn by the page, or by whoever reads the file. */

import type { TimelineRuns } from "../timeline-pack.ts";

/** JSON of Vega-Lite 6. Colours, fonts and background come from the theme of whoever draws it. */
export type Spec = Readonly<Record<string, unknown>>;

export interface Chart {
  /** Letters, digits and dashes: a file name and an anchor. */
  readonly id: string;
  /** The finding, as a sentence. */
  readonly title: string;
  /** What is drawn: axes with units, number of runs. */
  readonly about: string;
  /** How to read it, for somebody who has never seen its like. */
  readonly reading: string;
  /** Its horizontal axis is measured time: the page zooms all of these together. */
  readonly time?: true;
  /** It has a brush, `brush`, that chooses what the other charts over time show. It is the only one, and stays whole itself. */
  readonly navigator?: true;
  /** Runs of which a page shows one, as the reader chooses; the specification has one of them. */
  readonly runs?: TimelineRuns;
  readonly spec: Spec;
}

const VEGA_LITE = "https://vega.github.io/schema/vega-lite/v6.json";

/** What every chart has: as wide as its place, as high as it needs, and a description for readers who cannot see it. */
export const chartSpec = (description: string, rest: Spec): Spec => ({
  $schema: VEGA_LITE,
  description,
  width: "container",
  autosize: { type: "fit-x", contains: "padding" },
  ...rest,
});

/**
 * Columns of a legend: on a telephone, on a narrow page, elsewhere. By the width of the chart's place, not of its drawing, which changes
 * while it is laid out: rows that come of that would be cut off.
 */
export const legendColumns = (telephone: number, narrow: number, wide: number): Spec => ({
  expr: `(containerSize()[0] || 1000) < 420 ? ${telephone} : (containerSize()[0] || 1000) < 640 ? ${narrow} : ${wide}`,
});

/** "3 runs", "1 run": of each strategy. */
export const runsWords = (runs: number): string => `${runs} ${runs === 1 ? "run" : "runs"}`;

/** "a, b and c". */
export function listWords(words: readonly string[]): string {
  return words.length <= 1 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
}

/** As many of these as a title has room for, and how many more there are. */
export function someOf(words: readonly string[], most = 4): string {
  return words.length <= most ? words.join(", ") : `${words.slice(0, most - 1).join(", ")} and ${words.length - most + 1} more`;
}

/**
 * "a 3 ms, b 40 ms", or "3 ms with every strategy" where they lie within a fiftieth of one another; of more than four the least and the
 * most. `figures` are in the order in which they are to be said.
 */
export function eachOf(figures: readonly { readonly name: string; readonly value: number; readonly text: string }[]): string {
  const values = figures.map(({ value }) => value);
  // What never ended is infinite, and like nothing but its like.
  const isNear = values.every(Number.isFinite) && Math.max(...values) - Math.min(...values) <= 0.02 * Math.max(...values);
  const isSame = figures.length > 1 && (isNear || new Set(figures.map(({ text }) => text)).size === 1);
  if (isSame) return `${figures[0]?.text ?? ""} with every strategy`;
  const said = figures.map(({ name, text }) => `${name} ${text}`);
  return said.length <= 4 ? said.join(", ") : `from ${said[0] ?? ""} to ${said.at(-1) ?? ""}`;
}

/** Microseconds as seconds, to the microsecond at most. */
export const inSeconds = (microseconds: number): number => Number((microseconds / 1e6).toFixed(6));

/** Four significant digits: more would only make the page bigger. */
export const rounded = (number: number): number => Number(number.toPrecision(4));
