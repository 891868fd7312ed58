/**
 * Who is asked how much, and when: shards or servers over time, coloured by requests a second. The reader chooses the strategy; one
 * scale for all, so that colours can be compared. Rows and windows are put together where there are many, so that the page stays
 * small whatever the run.
 */
import type { RunRecord } from "../../simulator/record/record.ts";
import { figure } from "../../study/stats/figure.ts";
import { EVERYWHERE } from "../../study/stats/metric.ts";
import { metricByName } from "../../study/stats/metrics.ts";
import { loadSeries } from "../../study/stats/metrics-load.ts";
import { isMetricValue } from "../../study/stats/sample.ts";
import { printable } from "../layout.ts";
import type { Report, StrategyResults } from "../report.ts";
import { type Chart, type Spec, chartSpec, inSeconds, rounded, runsWords } from "./chart.ts";
import { momentLayers, moments, momentsHeight, timeX, zoomParams } from "./time.ts";

/** Bounds of a chart: strategies, rows, and cells of all strategies together. */
const STRATEGIES_MOST = 12;
const ROWS_MOST = 64;
const CELLS_MOST = 8_000;

type Carrier = "shard" | "server";

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
  const drawn = report.strategies.slice(0, STRATEGIES_MOST);
  const repeat = mostUneven(drawn, carrier);
  const pictures = drawn.flatMap((strategy) => picture(strategy, { carrier, repeat, cellsMost: CELLS_MOST / drawn.length }));
  const most = Math.max(0, ...pictures.flatMap(({ cells }) => cells.map((cell) => cell.rate)));
  const [worst] = [...pictures].sort((a, b) => b.skew - a.skew);
  if (most === 0 || worst === undefined) return undefined;
  const left = report.strategies.length - drawn.length;
  const rows = [...new Set(pictures.flatMap((one) => one.rows))];
  return {
    id: `load-${carrier}s`,
    title: titleOf(pictures, carrier),
    about: `Requests a second that reached each ${carrier} in one run, seed ${worst.seed}, the most uneven of ${runsWords(report.repeats)}; the title is of all. Shown first: ${worst.strategy}.${left === 0 ? "" : ` The first ${drawn.length} of ${report.strategies.length} strategies.`}`,
    reading: `A row is a ${carrier}, a column a stretch of time; the darker, the more it is asked. A row darker than the others is a hot spot, one that turns pale was given up or is dead.`,
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

/** The repeat in which some strategy's busiest carrier stands out most: means over runs would hide what is hot in another place each time. */
function mostUneven(strategies: readonly StrategyResults[], carrier: Carrier): number {
  let [worst, repeat] = [0, 0];
  for (const { records } of strategies) {
    for (const record of records) {
      const skew = skewOf(record, carrier);
      if (skew > worst) [worst, repeat] = [skew, record.header.repeat];
    }
  }
  return repeat;
}

/** 0 without load. */
function skewOf(record: RunRecord, per: Carrier): number {
  const found = metricByName("load.maxOverMean")?.extract(record, { ...EVERYWHERE, per }, "max");
  return found?.kind === "value" ? found.value : 0;
}

interface Choice {
  readonly carrier: Carrier;
  readonly repeat: number;
  readonly cellsMost: number;
}

function picture({ name, records }: StrategyResults, { carrier, repeat, cellsMost }: Choice): readonly Picture[] {
  const record = records.find(({ header }) => header.repeat === repeat);
  const loads = record === undefined ? [] : loadSeries(record, { ...EVERYWHERE, per: carrier, what: "requests" });
  if (record === undefined || isMetricValue(loads)) return [];
  const {
    header,
    windows: { width },
  } = record;
  const carriers = loads[0]?.length ?? 0;
  if (carriers === 0) return [];
  const perRow = Math.ceil(carriers / ROWS_MOST);
  const names = header.servers.map((server) => printable(server.name).replace(/^server /u, ""));
  const nameOf = (index: number): string => (carrier === "server" ? (names[index] ?? String(index)) : String(index));
  const rows = Array.from({ length: Math.ceil(carriers / perRow) }, (_, row) => rowName(row, perRow, carriers, nameOf));
  const perBin = Math.max(1, Math.ceil((loads.length * rows.length) / cellsMost));
  const cells: Cell[] = [];
  for (let start = 0; start < loads.length; start += perBin) {
    const windows = loads.slice(start, start + perBin);
    const [from, to] = [start * width, Math.min((start + windows.length) * width, header.duration)];
    rows.forEach((row, index) => {
      const own = windows.flatMap((window) => window.slice(index * perRow, (index + 1) * perRow));
      const each = own.reduce((sum, one) => sum + one, 0) / Math.min(perRow, carriers - index * perRow);
      cells.push({ strategy: printable(name), row, from: inSeconds(from), to: inSeconds(to), rate: rounded(each / ((to - from) / 1e6)) });
    });
  }
  const skew = records.reduce((sum, one) => sum + skewOf(one, carrier), 0) / records.length;
  return skew === 0 ? [] : [{ strategy: printable(name), rows, cells, skew, seed: header.seed }];
}

const rowName = (row: number, perRow: number, all: number, nameOf: (index: number) => string): string => {
  const [from, to] = [row * perRow, Math.min((row + 1) * perRow, all) - 1];
  return from === to ? nameOf(from) : `${nameOf(from)}–${nameOf(to)}`;
};

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
  const duration = Math.max(...report.strategies.flatMap(({ records }) => records.map(({ header }) => header.duration)));
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
