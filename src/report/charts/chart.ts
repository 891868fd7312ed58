/** What a chart is: a Vega-Lite specification as plain data, and the words around it. Drawn by the page, or by whoever reads the file. */

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

/** Told apart by people with any colour vision, on light and dark ground: Okabe and Ito (2008), without black and yellow. */
const PALETTE = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9"];
/** Lines differ by dashes too, so that one that runs over another lets it through, and colours may come again beyond six. */
const DASHES = [
  [1, 0],
  [6, 4],
  [2, 3],
  [10, 4, 2, 4],
  [14, 6],
];

/** Colour and dashes of each strategy, alike in every chart; only of the first so many, where no more are drawn. */
export function strategyScales(names: readonly string[], most = Infinity): { readonly color: Spec; readonly dash: Spec } {
  const domain = names.slice(0, most);
  return {
    color: { domain, range: domain.map((_, index) => PALETTE[index % PALETTE.length]) },
    dash: { domain, range: domain.map((_, index) => DASHES[index % DASHES.length]) },
  };
}

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

/** "a 3 ms, b 40 ms", or "3 ms with every strategy" where they lie within a fiftieth of one another. */
export function eachOf(figures: readonly { readonly name: string; readonly value: number; readonly text: string }[]): string {
  const values = figures.map(({ value }) => value);
  const isSame = figures.length > 1 && Math.max(...values) - Math.min(...values) <= 0.02 * Math.max(...values);
  return isSame ? `${figures[0]?.text ?? ""} with every strategy` : someOf(figures.map(({ name, text }) => `${name} ${text}`));
}

/** Microseconds as seconds, to the microsecond at most. */
export const inSeconds = (microseconds: number): number => Number((microseconds / 1e6).toFixed(6));

/** Four significant digits: more would only make the page bigger. */
export const rounded = (number: number): number => Number(number.toPrecision(4));
