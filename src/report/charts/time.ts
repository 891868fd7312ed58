/** What all charts over measured time share: an axis that the page can zoom, and the moments at which something was done to the cluster. */
import { figure } from "../../study/stats/figure.ts";
import { type Moment, MOMENTS_MOST } from "../drawn.ts";
import type { Report } from "../report.ts";
import { type Chart, type Spec, inSeconds } from "./chart.ts";

/** Names of the two parameters that hold the ends of what is shown, in seconds. */
export const zoomParams = (from: number, to: number): readonly Spec[] => [
  { name: "zoomFrom", value: inSeconds(from) },
  { name: "zoomTo", value: inSeconds(to) },
];

/** The axis. Marks on it must be clipped. */
export const timeX = (field: string): Spec => ({
  field,
  type: "quantitative",
  title: "seconds of measured time",
  scale: { nice: false, zero: false, domain: [{ expr: "zoomFrom" }, { expr: "zoomTo" }] },
  axis: { grid: false },
});

/** Texts are not clipped: those outside are left out. */
export const isShown = (field: string): Spec => ({ filter: `datum.${field} >= zoomFrom && datum.${field} <= zoomTo` });

export interface PlacedMoment {
  /** Seconds: of the first and the last run. */
  readonly from: number;
  readonly to: number;
  readonly middle: number;
  readonly words: string;
  /** Rows of words over the drawing, so that they do not run into one another. */
  readonly row: number;
}

/** Of measured time: nearer than this, words take another row. */
const APART = 0.3;
const LETTERS = 48;
const ROWS_EACH = 3;
/** Height of a row of words above a chart. */
export const ROW = 13;

/** A stretch of time as one says it: "second", "500 ms". */
export const lengthWords = (microseconds: number): string => (microseconds === 1e6 ? "second" : figure(microseconds, "time"));

/** Microseconds of measured time: of the longest strategy, should they differ. */
export const durationOf = (report: Report): number => Math.max(1, ...report.strategies.map(({ drawn }) => drawn.duration));

/** The faults and changes of members of all strategies, those of the same words together; none where there are too many to tell apart. */
export function moments(report: Report): readonly PlacedMoment[] {
  const found = new Map<string, Moment>();
  for (const { drawn } of report.strategies) {
    const seen = new Map<string, number>();
    for (const one of drawn.moments) {
      const ordinal = seen.get(one.words) ?? 0;
      seen.set(one.words, ordinal + 1);
      const key = `${ordinal} ${one.words}`;
      const before = found.get(key);
      const whole = before === undefined ? one : { ...before, from: Math.min(before.from, one.from), to: Math.max(before.to, one.to) };
      found.set(key, whole);
    }
  }
  if (found.size > MOMENTS_MOST) return [];
  const end = inSeconds(durationOf(report));
  const placed: PlacedMoment[] = [];
  // A few have a row each, so that they keep apart on a telephone too.
  const apart = found.size <= ROWS_EACH ? Infinity : APART * end;
  for (const { from, middle, to, words } of [...found.values()].sort((a, b) => a.from - b.from)) {
    const near = placed.filter((one) => inSeconds(from) - one.from < apart).map(({ row }) => row);
    placed.push({
      from: inSeconds(from),
      to: inSeconds(to),
      middle: inSeconds(middle),
      words: words.length > LETTERS ? `${words.slice(0, LETTERS - 1)}…` : words,
      row: [0, 1, 2, 3, 4].find((row) => !near.includes(row)) ?? 0,
    });
  }
  return placed;
}

/** Where the legend must stand so that the words have room. */
export const momentsHeight = (found: readonly PlacedMoment[]): number =>
  found.length === 0 ? 0 : ROW * (1 + Math.max(...found.map(({ row }) => row)));

/** A line through the chart at each datum's field, its words above, in the row that the datum says. */
export function faultLines(data: Spec, field: string, rows: readonly number[]): readonly Spec[] {
  return [
    { data, mark: { type: "rule", style: "fault", strokeDash: [4, 3], clip: true }, encoding: { x: timeX(field) } },
    ...rows.map((row) => ({
      data,
      transform: [isShown(field), { filter: `datum.row === ${row}` }],
      mark: {
        type: "text",
        style: "fault-text",
        align: { expr: `(datum.${field} - zoomFrom) / (zoomTo - zoomFrom) > 0.7 ? 'right' : 'left'` },
        baseline: "bottom",
        limit: { expr: "0.7 * width" },
      },
      encoding: { x: timeX(field), y: { value: -3 - ROW * row }, text: { field: "words" } },
    })),
  ];
}

/** Bands and lines behind a chart's marks, words above them. `x` is the chart's time axis without its field. */
export function momentLayers(found: readonly PlacedMoment[]): readonly Spec[] {
  if (found.length === 0) return [];
  const data = { values: found };
  const rows = [...new Set(found.map(({ row }) => row))];
  return [
    {
      data,
      mark: { type: "rect", style: "fault", opacity: 0.12, clip: true },
      encoding: { x: timeX("from"), x2: { field: "to" } },
    },
    ...faultLines(data, "middle", rows),
  ];
}

/** The chart with a brush over its last layer; a shade shows what is chosen, by the brush or otherwise. */
export function navigated(chart: Chart): Chart {
  const layers = Array.isArray(chart.spec["layer"]) ? (chart.spec["layer"] as readonly Spec[]) : [];
  const params = Array.isArray(chart.spec["params"]) ? (chart.spec["params"] as readonly Spec[]) : [];
  const end = params.find(({ name }) => name === "zoomTo")?.["value"];
  const brush = { name: "brush", select: { type: "interval", encodings: ["x"], clear: "dblclick", mark: { fillOpacity: 0.15 } } };
  const shade = {
    data: { values: [{}] },
    transform: [
      { calculate: "shownFrom", as: "from" },
      { calculate: "shownTo", as: "to" },
    ],
    mark: { type: "rect", style: "soft", opacity: { expr: `shownFrom > 0 || shownTo < ${String(end)} ? 0.18 : 0` }, clip: true },
    encoding: { x: timeX("from"), x2: { field: "to" } },
  };
  return {
    ...chart,
    navigator: true,
    reading: `${chart.reading} Drag over it to zoom all other charts over time; a double click takes the choice back.`,
    spec: {
      ...chart.spec,
      params: [...params, { name: "shownFrom", value: 0 }, { name: "shownTo", value: end }],
      layer: [shade, ...layers.slice(0, -1), ...layers.slice(-1).map((last) => ({ ...last, params: [brush] }))],
    },
  };
}
