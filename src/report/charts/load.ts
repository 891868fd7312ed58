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

/** Less than so much over the mean is even: a map of it is one colour. */
const EVEN = 1.1;
/** Colours end at the strongest cell but for this share, where that is less than the strongest by so much: bursts would leave all else pale. */
const BURSTS = 0.01;
const BURST = 1.5;

/**
 * By shard and by server, as far as there was load and it tells anything: shards that are all asked alike, or each alone on a server of its
 * own, show nothing that servers do not. Where a study is not about load, the servers are enough.
 */
export function loadCharts(report: Report, isAboutLoad: boolean): readonly Chart[] {
  const skewOf = (carrier: Carrier): number => Math.max(0, ...report.strategies.map(({ drawn }) => drawn.load[carrier]?.skew ?? 0));
  const isSame = report.strategies.every(
    ({ drawn: { load } }) =>
      JSON.stringify(load.shard?.rates) === JSON.stringify(load.server?.rates) && load.shard?.seed === load.server?.seed,
  );
  const carriers = (["shard", "server"] as const).filter(
    (carrier) => skewOf(carrier) > EVEN && (carrier === "server" || (isAboutLoad && !isSame)),
  );
  return carriers.flatMap((carrier) => loadChart(report, carrier) ?? []);
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
  const top = topOf(pictures.flatMap(({ cells }) => cells.map((cell) => cell.rate)));
  const burst = top < most ? ` Colours end at ${figure(top, "rate")}; the strongest burst is ${figure(most, "rate")}.` : "";
  const left = report.strategies.length - shown.length;
  const rows = [...new Set(pictures.flatMap((one) => one.rows))];
  return {
    id: `load-${carrier}s`,
    title: titleOf(pictures, carrier),
    about: `Requests a second that reached each ${carrier} in one run, seed ${worst.seed}, the most uneven of ${runsWords(report.repeats)}; the title is of all. Shown first: ${worst.strategy}.${burst}${left === 0 ? "" : ` The first ${shown.length} of ${report.strategies.length} strategies.`}`,
    reading: `A row is a ${carrier}, a column a stretch of time; the stronger its colour, the more it is asked. A row that stands out is a hot spot, one that fades was given up or is dead.`,
    time: true,
    spec: specOf(report, { pictures, rows, most: top, worst, carrier }),
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

/** Where colours end. */
function topOf(rates: readonly number[]): number {
  const asked = rates.filter((rate) => rate > 0).sort((a, b) => b - a);
  const most = asked[0] ?? 0;
  const usual = asked[Math.floor(asked.length * BURSTS)] ?? most;
  return most > BURST * usual ? usual : most;
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
            scale: { domain: [0, most], clamp: true },
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
