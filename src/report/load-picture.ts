/** Requests by shard or server and time in one run: put together where there are many, so that it stays small whatever the run. */
import type { RunRecord } from "../simulator/record/record.ts";
import { EVERYWHERE } from "../study/stats/metric.ts";
import { metricByName } from "../study/stats/metrics.ts";
import { loadSeries } from "../study/stats/metrics-load.ts";
import { isMetricValue } from "../study/stats/sample.ts";
import { printable } from "./layout.ts";

export type Carrier = "shard" | "server";

export interface LoadPicture {
  /** Of the run that is drawn: for all strategies the same. */
  readonly seed: number;
  /** A shard or server each, or several that stand together: `4–7`. */
  readonly rows: readonly string[];
  /** Limits of the stretches of time, microseconds of measured time: one more than there are stretches. */
  readonly limits: readonly number[];
  /** By stretch, then by row: requests a second of one shard or server, four digits. */
  readonly rates: readonly (readonly number[])[];
  /** Busiest over mean: mean over all runs of the strategy. */
  readonly skew: number;
}

/** Bounds of a report: pictures drawn, rows of each, and cells of all pictures of a kind together. */
export const PICTURES_MOST = 12;
const ROWS_MOST = 64;
const CELLS_MOST = 8_000;

/**
 * The repeat in which the busiest shard or server of some strategy stands out most; 0 without load. One run is drawn: means over runs
 * would hide what is hot in another place each time.
 */
export function mostUneven(strategies: readonly (readonly RunRecord[])[], carrier: Carrier): number {
  let [worst, repeat] = [0, 0];
  for (const record of strategies.flat()) {
    const skew = skewOf(record, carrier);
    if (skew > worst) [worst, repeat] = [skew, record.header.repeat];
  }
  return repeat;
}

export interface LoadChoice {
  readonly carrier: Carrier;
  readonly repeat: number;
  /** Strategies that share the room there is. */
  readonly strategies: number;
}

/** The picture of a strategy's run of that repeat; undefined without load. */
export function loadPicture(records: readonly RunRecord[], { carrier, repeat, strategies }: LoadChoice): LoadPicture | undefined {
  const record = records.find(({ header }) => header.repeat === repeat);
  const loads = record === undefined ? [] : loadSeries(record, { ...EVERYWHERE, per: carrier, what: "requests" });
  const skew = records.reduce((sum, one) => sum + skewOf(one, carrier), 0) / Math.max(1, records.length);
  if (record === undefined || isMetricValue(loads) || skew === 0) return undefined;
  const { header, windows } = record;
  const carriers = carrier === "shard" ? header.shards : header.servers.length;
  const perRow = Math.ceil(carriers / ROWS_MOST);
  const names = header.servers.map((server) => printable(server.name).replace(/^server /u, ""));
  const nameOf = (index: number): string => (carrier === "server" ? (names[index] ?? String(index)) : String(index));
  const rows = Array.from({ length: Math.ceil(carriers / perRow) }, (_, row) => rowName(row, perRow, carriers, nameOf));
  const cellsMost = CELLS_MOST / Math.min(strategies, PICTURES_MOST);
  const perBin = Math.max(1, Math.ceil((loads.length * rows.length) / cellsMost));
  const limits: number[] = [0];
  const rates: (readonly number[])[] = [];
  for (let start = 0; start < loads.length; start += perBin) {
    const stretch = loads.slice(start, start + perBin);
    const [from, to] = [start * windows.width, Math.min((start + stretch.length) * windows.width, header.duration)];
    limits.push(to);
    rates.push(
      rows.map((_, row) => {
        const own = stretch.flatMap((window) => window.slice(row * perRow, (row + 1) * perRow));
        const each = own.reduce((sum, one) => sum + one, 0) / Math.min(perRow, carriers - row * perRow);
        return fourDigits(each / ((to - from) / 1e6));
      }),
    );
  }
  return { seed: header.seed, rows, limits, rates, skew: fourDigits(skew) };
}

/** More digits would only make files bigger. */
export const fourDigits = (number: number): number => Number(number.toPrecision(4));

/** 0 without load. */
function skewOf(record: RunRecord, per: Carrier): number {
  const found = metricByName("load.maxOverMean")?.extract(record, { ...EVERYWHERE, per }, "max");
  return found?.kind === "value" ? found.value : 0;
}

const rowName = (row: number, perRow: number, all: number, nameOf: (index: number) => string): string => {
  const [from, to] = [row * perRow, Math.min((row + 1) * perRow, all) - 1];
  return from === to ? nameOf(from) : `${nameOf(from)}–${nameOf(to)}`;
};
