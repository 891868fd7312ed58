/**
 * Who is asked how much, and when: shards or servers over time, coloured by requests a second. The reader chooses the strategy; one
 * scale for all, so that colours can be compared. Rows and windows are put together where there are many, so that the page stays
 * small whatever the run.
 */
import { figure } from "../../study/stats/figure.ts";
import { printable } from "../layout.ts";
import { type Carrier, type LoadPicture, PICTURES_MOST } from "../load-picture.ts";
import type { Report } from "../report.ts";
import { type Chart, type Spec, chartSpec, inSeconds, runsWords } from "./chart.ts";
import { durationOf, momentLayers, moments, momentsHeight, timeX, zoomParams } from "./time.ts";

interface Cell {
  readonly strategy: string;
  readonly row: string;
  /** Seconds of measured time. */
  readonly from: number;
  readonly to: number;
  /** Requests a second of one carrier. */
  readonly rate: number;
}

interface Picture {
  readonly strategy: string;
  readonly rows: readonly string[];
  readonly cells: readonly Cell[];
  /** Busiest over mean: mean over the repeats. */
  readonly skew: number;
  readonly seed: number;
}

/** By shard and by server, as far as there was load. */
export function loadCharts(report: Report): readonly Chart[] {
  return (["shard", "server"] as const).flatMap((carrier) => loadChart(report, carrier) ?? []);
}

function loadChart(report: Report, carrier: Carrier): Chart | undefined {
  const shown = report.strategies.slice(0, PICTURES_MOST);
  const pictures = shown.flatMap(({ name, drawn }) => {
    const found = drawn.load[carrier];
    return found === undefined ? [] : [picture(printable(name), found)];
  });
  const most = Math.max(0, ...pictures.flatMap(({ cells }) => cells.map((cell) => cell.rate)));
  const [worst] = [...pictures].sort((a, b) => b.skew - a.skew);
  if (most === 0 || worst === undefined) return undefined;
  const left = report.strategies.length - shown.length;
  const rows = [...new Set(pictures.flatMap((one) => one.rows))];
  return {
    id: `load-${carrier}s`,
    title: titleOf(pictures, carrier),
    about: `Requests a second that reached each ${carrier} in one run, seed ${worst.seed}, the most uneven of ${runsWords(report.repeats)}; the title is of all. Shown first: ${worst.strategy}.${left === 0 ? "" : ` The first ${shown.length} of ${report.strategies.length} strategies.`}`,
    reading: `A row is a ${carrier}, a column a stretch of time; the stronger its colour, the more it is asked. A row that stands out is a hot spot, one that fades was given up or is dead.`,
    time: true,
    spec: specOf(report, { pictures, rows, most, worst, carrier }),
  };
}

function titleOf(pictures: readonly Picture[], carrier: Carrier): string {
  const ordered = [...pictures].sort((a, b) => a.skew - b.skew);
  const [least, most] = [ordered[0]!, ordered.at(-1)!];
  const times = ({ skew }: Picture): string => `${figure(skew, "number")} ×`;
  if (times(least) === times(most) || pictures.length === 1)
    return `The busiest ${carrier} is asked ${times(most)} the mean${pictures.length === 1 ? "" : ", whatever the strategy"}`;
  return `The busiest ${carrier} is asked ${times(least)} the mean with ${least.strategy}, ${times(most)} with ${most.strategy}`;
}

function picture(strategy: string, { seed, rows, limits, rates, skew }: LoadPicture): Picture {
  const cells = rates.flatMap((row, stretch) =>
    row.map((rate, index): Cell => {
      const [from = 0, to = 0] = limits.slice(stretch, stretch + 2);
      return { strategy, row: rows[index] ?? "", from: inSeconds(from), to: inSeconds(to), rate };
    }),
  );
  return { strategy, rows, cells, skew, seed };
}

interface Drawing {
  readonly pictures: readonly Picture[];
  readonly rows: readonly string[];
  readonly most: number;
  readonly worst: Picture;
  readonly carrier: Carrier;
}

function specOf(report: Report, { pictures, rows, most, worst, carrier }: Drawing): Spec {
  const found = moments(report);
  const names = pictures.map(({ strategy }) => strategy);
  const duration = durationOf(report);
  return chartSpec(`Requests a second by ${carrier} and time.`, {
    height: Math.max(60, Math.min(320, rows.length * 14)),
    params: [
      {
        name: "strategy",
        value: worst.strategy,
        ...(names.length > 1 ? { bind: { input: "select", options: names, name: "Strategy " } } : {}),
      },
      ...zoomParams(0, duration),
    ],
    layer: [
      {
        data: { values: pictures.flatMap(({ cells }) => cells) },
        transform: [{ filter: "datum.strategy === strategy" }],
        mark: { type: "rect", clip: true },
        encoding: {
          x: timeX("from"),
          x2: { field: "to" },
          y: { field: "row", type: "ordinal", sort: rows, title: carrier, axis: { labelOverlap: true, ticks: false } },
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
              offset: 6 + momentsHeight(found),
            },
          },
          tooltip: [
            { field: "row", title: carrier },
            { field: "from", title: "from (s)" },
            { field: "to", title: "to (s)" },
            { field: "rate", title: "requests/s", format: ".4~g" },
          ],
        },
      },
      ...momentLayers(found),
    ],
  });
}
