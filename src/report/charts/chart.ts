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
  /** Where several pictures belong under one title, what this one shows. */
  readonly part?: string;
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

/** Colour and dashes of each strategy, alike in every chart. */
export function strategyScales(names: readonly string[]): { readonly color: Spec; readonly dash: Spec } {
  return {
    color: { domain: names, range: names.map((_, index) => PALETTE[index % PALETTE.length]) },
    dash: { domain: names, range: names.map((_, index) => DASHES[index % DASHES.length]) },
  };
}

/** Microseconds as seconds, to the microsecond at most. */
export const inSeconds = (microseconds: number): number => Number((microseconds / 1e6).toFixed(6));
