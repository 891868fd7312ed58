/** What all charts over measured time share: an axis that the page can zoom, and the moments at which something was done to the cluster. */
import type { RunRecord } from "../../simulator/record/record.ts";
import { printable } from "../layout.ts";
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

interface Moment {
  /** Seconds: of the first and the last run. */
  readonly from: number;
  readonly to: number;
  readonly middle: number;
  readonly words: string;
  /** Rows of words over the drawing, so that they do not run into one another. */
  readonly row: number;
}

/** More would be a fence, not marks. */
const MOMENTS_MOST = 5;
/** Of measured time: nearer than this, words take another row. */
const APART = 0.3;
const LETTERS = 34;
const ROW = 13;

/** The faults and changes of members of the study's runs, k-th with k-th; none where there are too many to tell apart. */
export function moments(report: Report): readonly Moment[] {
  const starts = new Map<string, number[]>();
  for (const { records } of report.strategies) for (const record of records) collect(record, starts);
  if (starts.size > MOMENTS_MOST) return [];
  const end = inSeconds(Math.max(1, ...report.strategies.flatMap(({ records }) => records.map(({ header }) => header.duration))));
  const spans = [...starts].map(([key, times]) => {
    const sorted = [...times].sort((a, b) => a - b);
    const words = inWords(key.slice(key.indexOf(" ") + 1));
    return {
      from: inSeconds(sorted[0] ?? 0),
      to: inSeconds(sorted.at(-1) ?? 0),
      middle: inSeconds(sorted[Math.floor(sorted.length / 2)] ?? 0),
      words: words.length > LETTERS ? `${words.slice(0, LETTERS - 1)}…` : words,
    };
  });
  const placed: Moment[] = [];
  for (const one of spans.sort((a, b) => a.from - b.from)) {
    const near = placed.filter(({ from }) => one.from - from < APART * end).map(({ row }) => row);
    placed.push({ ...one, row: [0, 1, 2, 3, 4].find((row) => !near.includes(row)) ?? 0 });
  }
  return placed;
}

/** "host death primary of shard 0": scenarios write kinds of faults in one word. */
const inWords = (label: string): string =>
  label.replace(/\b([a-z]+)([A-Z])/gu, (_, first: string, capital: string) => `${first} ${capital.toLowerCase()}`);

function collect({ facts }: RunRecord, starts: Map<string, number[]>): void {
  const seen = new Map<string, number>();
  for (const fact of facts) {
    const isStart = fact.at >= 0 && ((fact.kind === "fault" && fact.phase === "start") || fact.kind === "membership");
    if (!isStart) continue;
    const words = printable(fact.label === "" && fact.kind === "membership" ? fact.change : fact.label);
    const ordinal = seen.get(words) ?? 0;
    seen.set(words, ordinal + 1);
    const key = `${ordinal} ${words}`;
    starts.set(key, [...(starts.get(key) ?? []), fact.at]);
  }
}

/** Where the legend must stand so that the words have room. */
export const momentsHeight = (found: readonly Moment[]): number =>
  found.length === 0 ? 0 : ROW * (1 + Math.max(...found.map(({ row }) => row)));

/** Bands and lines behind a chart's marks, words above them. `x` is the chart's time axis without its field. */
export function momentLayers(found: readonly Moment[]): readonly Spec[] {
  if (found.length === 0) return [];
  const data = { values: found };
  const rows = [...new Set(found.map(({ row }) => row))];
  return [
    {
      data,
      mark: { type: "rect", style: "fault", opacity: 0.12, clip: true },
      encoding: { x: timeX("from"), x2: { field: "to" } },
    },
    { data, mark: { type: "rule", style: "fault", strokeDash: [4, 3], clip: true }, encoding: { x: timeX("middle") } },
    ...rows.map((row) => ({
      data,
      transform: [isShown("middle"), { filter: `datum.row === ${row}` }],
      mark: {
        type: "text",
        style: "fault-text",
        align: { expr: "(datum.middle - zoomFrom) / (zoomTo - zoomFrom) > 0.7 ? 'right' : 'left'" },
        baseline: "bottom",
      },
      encoding: { x: timeX("middle"), y: { value: -3 - ROW * row }, text: { field: "words" } },
    })),
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

/** Windows put together so that there are at most `most` of them; the first and last (not) of each, and its ends in seconds. */
export function timeBins(
  { windows: { width, count }, header: { duration } }: RunRecord,
  most: number,
): readonly { readonly first: number; readonly end: number; readonly from: number; readonly to: number }[] {
  const per = Math.max(1, Math.ceil(count / most));
  return Array.from({ length: Math.ceil(count / per) }, (_, bin) => {
    const [first, end] = [bin * per, Math.min(count, (bin + 1) * per)];
    return { first, end, from: inSeconds(first * width), to: inSeconds(Math.min(duration, end * width)) };
  });
}
