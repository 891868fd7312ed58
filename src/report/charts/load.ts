/**
 * Which shard is asked how much, and when: shards over time, coloured by requests a second, one picture a strategy with one scale
 * for all. Shards and windows are put together where there are many, so that the page stays small whatever the run.
 */
import { figure } from "../../study/stats/figure.ts";
import { printable } from "../layout.ts";
import { type LoadPicture, PICTURES_MOST } from "../load-picture.ts";
import type { Report } from "../report.ts";
import type { StoredStrategy } from "../stored.ts";
import { type Chart, type Spec, chartSpec, inSeconds } from "./chart.ts";

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
  const pictures = drawn.flatMap(picture);
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

function picture({ name, load }: StoredStrategy): readonly Picture[] {
  if (load === undefined) return [];
  const { rows, limits, rates, skew } = load;
  const cells = rates.flatMap((row, stretch) =>
    row.map((rate, index): Cell => {
      const [from = 0, to = 0] = limits.slice(stretch, stretch + 2);
      return { shard: rows[index] ?? "", from: inSeconds(from), to: inSeconds(to), rate };
    }),
  );
  return [{ strategy: printable(name), rows, cells, faults: faultSpan(load), skew }];
}

function faultSpan({ faults }: LoadPicture): Picture["faults"] {
  if (faults === undefined) return [];
  const [from, to] = [inSeconds(faults.from), inSeconds(faults.to)];
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
