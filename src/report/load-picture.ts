/** Requests by shard and time, mean over the runs of a strategy: put together where there are many, so that it stays small whatever the run. */
import type { RunRecord } from "../simulator/record/record.ts";
import { maxOverMean } from "../study/stats/balance.ts";
import { EVERYWHERE } from "../study/stats/metric.ts";
import { loadSeries } from "../study/stats/metrics-load.ts";
import { isMetricValue } from "../study/stats/sample.ts";

export interface LoadPicture {
  /** A shard each, or several that stand together: `4–7`. */
  readonly rows: readonly string[];
  /** Limits of the stretches of time, microseconds of measured time: one more than there are stretches. */
  readonly limits: readonly number[];
  /** By stretch, then by row: requests a second and shard, four digits. */
  readonly rates: readonly (readonly number[])[];
  /** First and last of the instants at which a run's first fault began; microseconds. */
  readonly faults: { readonly from: number; readonly to: number } | undefined;
  /** Busiest shard over the mean, of the mean load of all runs. */
  readonly skew: number | undefined;
}

/** Bounds of a report: pictures drawn, rows of each, and cells of all pictures together. */
export const PICTURES_MOST = 8;
const ROWS_MOST = 64;
const CELLS_MOST = 16_000;

/** The picture of one of so many strategies; undefined where no run has a series. */
export function loadPicture(records: readonly RunRecord[], strategies: number): LoadPicture | undefined {
  const loads = meanLoads(records);
  const first = records[0];
  if (first === undefined || loads.length === 0) return undefined;
  const { shards, duration } = first.header;
  const perRow = Math.ceil(shards / ROWS_MOST);
  const rows = Array.from({ length: Math.ceil(shards / perRow) }, (_, row) => rowName(row, perRow, shards));
  const cellsMost = CELLS_MOST / Math.min(strategies, PICTURES_MOST);
  const perBin = Math.max(1, Math.ceil((loads.length * rows.length) / cellsMost));
  const { width } = first.windows;
  const limits: number[] = [0];
  const rates: (readonly number[])[] = [];
  for (let start = 0; start < loads.length; start += perBin) {
    const windows = loads.slice(start, start + perBin);
    const [from, to] = [start * width, Math.min((start + windows.length) * width, duration)];
    limits.push(to);
    rates.push(
      rows.map((_, row) => {
        const own = windows.flatMap((window) => window.slice(row * perRow, (row + 1) * perRow));
        const perShard = own.reduce((sum, one) => sum + one, 0) / Math.min(perRow, shards - row * perRow);
        return fourDigits(perShard / ((to - from) / 1e6));
      }),
    );
  }
  const totals = Array.from({ length: shards }, (_, shard) => loads.reduce((sum, window) => sum + (window[shard] ?? 0), 0));
  return { rows, limits, rates, faults: faultSpan(records), skew: maxOverMean(totals) };
}

/** More digits would only make files bigger. */
const fourDigits = (number: number): number => Number(number.toPrecision(4));

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

function faultSpan(records: readonly RunRecord[]): LoadPicture["faults"] {
  const starts = records.flatMap(({ facts }) => {
    const first = facts.find((fact) => fact.kind === "fault" && fact.phase === "start" && fact.at >= 0);
    return first === undefined ? [] : [first.at];
  });
  return starts.length === 0 ? undefined : { from: Math.min(...starts), to: Math.max(...starts) };
}
