/**
 * Which shard is asked how much, and when: shards over time, coloured by requests a second, one picture a strategy with one scale
 * for all. Shards and windows are put together where there are many, so that the page stays small whatever the run.
 */
import type { RunRecord } from "../../simulator/record/record.ts";
import { maxOverMean } from "../../study/stats/balance.ts";
import { figure } from "../../study/stats/figure.ts";
import { EVERYWHERE } from "../../study/stats/metric.ts";
import { loadSeries } from "../../study/stats/metrics-load.ts";
import { isMetricValue } from "../../study/stats/sample.ts";
import { printable } from "../layout.ts";
import type { Report, StrategyResults } from "../report.ts";
import { type Chart, type Spec, chartSpec, inSeconds, rounded } from "./chart.ts";

/** Bounds of a page: pictures, rows and cells of all pictures together. */
const PICTURES_MOST = 8;
const ROWS_MOST = 64;
const CELLS_MOST = 16_000;

interface Cell {
  readonly shard: string;
  /** Seconds of measured time. */
  readonly from: number;
  readonly to: number;
  /** Requests a second and shard, mean over the repeats. */
  readonly rate: number;
}

interface Picture {
  readonly strategy: string;
  readonly rows: readonly string[];
  readonly cells: readonly Cell[];
  /** When the first fault of a run began, over the repeats; seconds. */
  readonly faults: readonly { readonly from: number; readonly to: number; readonly words: string }[];
  /** Busiest shard over the mean, of the mean load of all repeats. */
  readonly skew: number | undefined;
}

/** One chart a strategy that carried load; empty where none did. */
export function loadCharts(report: Report): readonly Chart[] {
  const drawn = report.strategies.slice(0, PICTURES_MOST);
  const pictures = drawn.flatMap((strategy) => picture(strategy, CELLS_MOST / drawn.length));
  const most = Math.max(0, ...pictures.flatMap(({ cells }) => cells.map((cell) => cell.rate)));
  if (most === 0) return [];
  const skews = pictures.flatMap(({ strategy, skew }) => (skew === undefined ? [] : [{ strategy, skew: figure(skew, "number") }]));
  const values = [...new Set(skews.map((one) => one.skew))];
  const title =
    values.length === 1
      ? `The busiest shard is asked ${values.join("")} × the mean, whatever the strategy`
      : `The busiest shard is asked, over the mean: ${skews.map((one) => `${one.strategy} ${one.skew} ×`).join(", ")}`;
  const left = report.strategies.length - drawn.length;
  const about = `Requests a second that reached each shard, mean of ${report.repeats} ${report.repeats === 1 ? "run" : "runs"}; time is measured time.${left === 0 ? "" : ` The first ${drawn.length} of ${report.strategies.length} strategies.`}`;
  return pictures.map((one, index) => ({
    id: `load-${index + 1}`,
    title,
    about,
    part: one.strategy,
    spec: specOf(one, most),
  }));
}

function picture({ name, records }: StrategyResults, cellsMost: number): readonly Picture[] {
  const loads = meanLoads(records);
  const first = records[0];
  if (first === undefined || loads.length === 0) return [];
  const shards = first.header.shards;
  const perRow = Math.ceil(shards / ROWS_MOST);
  const rows = Array.from({ length: Math.ceil(shards / perRow) }, (_, row) => rowName(row, perRow, shards));
  const perBin = Math.max(1, Math.ceil((loads.length * rows.length) / cellsMost));
  const { width } = first.windows;
  const cells: Cell[] = [];
  for (let start = 0; start < loads.length; start += perBin) {
    const windows = loads.slice(start, start + perBin);
    const [from, to] = [start * width, Math.min((start + windows.length) * width, first.header.duration)];
    rows.forEach((shard, row) => {
      const own = windows.flatMap((window) => window.slice(row * perRow, (row + 1) * perRow));
      const perShard = own.reduce((sum, one) => sum + one, 0) / Math.min(perRow, shards - row * perRow);
      cells.push({ shard, from: inSeconds(from), to: inSeconds(to), rate: rounded(perShard / ((to - from) / 1e6)) });
    });
  }
  const totals = Array.from({ length: shards }, (_, shard) => loads.reduce((sum, window) => sum + (window[shard] ?? 0), 0));
  return [{ strategy: printable(name), rows, cells, faults: faultSpan(records), skew: maxOverMean(totals) }];
}

const rowName = (row: number, perRow: number, shards: number): string => {
  const [from, to] = [row * perRow, Math.min((row + 1) * perRow, shards) - 1];
  return from === to ? String(from) : `${from}–${to}`;
};

/** Requests by window and shard, mean over the records. */
function meanLoads(records: readonly RunRecord[]): readonly (readonly number[])[] {
  const series = records.flatMap((record) => {
    const found = loadSeries(record, { ...EVERYWHERE, per: "shard", what: "requests" });
    return isMetricValue(found) ? [] : [found];
  });
  const windows = Math.min(...series.map((one) => one.length));
  return Array.from({ length: Number.isFinite(windows) ? windows : 0 }, (_, window) =>
    (series[0]?.[window] ?? []).map((__, shard) => series.reduce((sum, one) => sum + (one[window]?.[shard] ?? 0), 0) / series.length),
  );
}

function faultSpan(records: readonly RunRecord[]): Picture["faults"] {
  const starts = records.flatMap(({ facts }) => {
    const first = facts.find((fact) => fact.kind === "fault" && fact.phase === "start" && fact.at >= 0);
    return first === undefined ? [] : [first.at];
  });
  if (starts.length === 0) return [];
  const [from, to] = [inSeconds(Math.min(...starts)), inSeconds(Math.max(...starts))];
  return [{ from, to, words: from === to ? "first fault" : "first fault of each run" }];
}

/** All pictures have one scale, so that colours can be compared. */
function specOf({ strategy, rows, cells, faults }: Picture, most: number): Spec {
  const x = { field: "from", type: "quantitative", title: "seconds of measured time", scale: { nice: false }, axis: { grid: false } };
  return chartSpec(`Requests a second by shard and time, strategy ${strategy}.`, {
    height: Math.max(60, Math.min(320, rows.length * 14)),
    layer: [
      {
        data: { values: cells },
        mark: { type: "rect" },
        encoding: {
          x,
          x2: { field: "to" },
          y: { field: "shard", type: "ordinal", sort: rows, title: "shard", axis: { labelOverlap: true, ticks: false } },
          color: {
            field: "rate",
            type: "quantitative",
            title: "requests/s",
            scale: { domain: [0, most] },
            legend: {
              orient: "top",
              gradientThickness: 8,
              gradientLength: 140,
              format: "~s",
              titleOrient: "left",
              labelExpr: "datum.value === 0 ? '0' : datum.label",
            },
          },
          tooltip: [
            { field: "shard", title: "shard" },
            { field: "from", title: "from (s)" },
            { field: "to", title: "to (s)" },
            { field: "rate", title: "requests/s", format: ".4~g" },
          ],
        },
      },
      ...faultLayers(faults, x),
    ],
  });
}

function faultLayers(faults: Picture["faults"], x: Spec): readonly Spec[] {
  if (faults.length === 0) return [];
  return [
    { data: { values: faults }, mark: { type: "rule", strokeDash: [4, 3], strokeWidth: 1.5, color: "#d55e00" }, encoding: { x } },
    {
      data: { values: faults },
      mark: { type: "text", align: "left", baseline: "bottom", dx: -1, fontWeight: "bold", color: "#d55e00" },
      encoding: { x, y: { value: -3 }, text: { field: "words" } },
    },
  ];
}
