/**
 * What charts need of a strategy's runs besides its figures: courses over time, the load of one run, and what happened in each. Taken
 * from the records once and stored, so that a study is drawn again without them; bounded whatever the runs' length and number.
 */
import { type HistogramData, histogramQuantile, mergeHistograms } from "../simulator/record/histogram.ts";
import type { RunRecord } from "../simulator/record/record.ts";
import { EVERYWHERE } from "../study/stats/metric.ts";
import { metricByName } from "../study/stats/metrics.ts";
import { balanceSeries } from "../study/stats/metrics-load.ts";
import { faultWords } from "./fault-words.ts";
import { type LoadPicture, fourDigits, loadPicture, mostUneven } from "./load-picture.ts";
import type { PackedTimelines } from "./timeline-pack.ts";
import { timelines } from "./timeline.ts";

export interface Drawn {
  /** Microseconds of measured time of a run. */
  readonly duration: number;
  /** Different numbers of cores of its servers. */
  readonly cores: readonly number[];
  /** Faults and changes of members that began in measured time, k-th with k-th over the runs. */
  readonly moments: readonly Moment[];
  /** Share of the operations issued that were answered well, all runs together. */
  readonly answered: Course;
  /** Largest over mean requests of the servers, mean over the runs. */
  readonly balance: Course;
  /** Microseconds, all runs' operations together; the operations that were issued most. */
  readonly latency: readonly { readonly operation: string; readonly runs: number; readonly p50: Course; readonly p99: Course }[];
  readonly load: { readonly shard: LoadPicture | undefined; readonly server: LoadPicture | undefined };
  readonly timelines: PackedTimelines;
}

export interface Moment {
  /** Microseconds: of the first run, the middle one and the last. */
  readonly from: number;
  readonly middle: number;
  readonly to: number;
  readonly words: string;
}

/** A figure over time. Stretches without a figure are left out. */
export interface Course {
  /** Microseconds that a stretch is long; the last may be shorter. */
  readonly width: number;
  /** By stretch: its start in microseconds, and the figure in four digits. */
  readonly points: readonly (readonly [at: number, value: number])[];
}

/** Bounds of a strategy. */
const STRETCHES_MOST = 120;
const OPERATIONS_MOST = 3;
/** Beyond that percentiles hardly change, and merging takes seconds. */
const LATENCY_RUNS_MOST = 60;
/** More are a fence, not marks; one more tells that there are too many. */
export const MOMENTS_MOST = 5;

/** Of every strategy, in their order; records are in the order of the repeats. */
export function drawnOf(strategies: readonly { readonly records: readonly RunRecord[] }[]): readonly Drawn[] {
  const all = strategies.map(({ records }) => records);
  const [shard, server] = [mostUneven(all, "shard"), mostUneven(all, "server")];
  return strategies.map(({ records }) => {
    const choice = { strategies: strategies.length };
    return {
      duration: Math.max(0, ...records.map(({ header }) => header.duration)),
      cores: [...new Set(records[0]?.header.servers.map(({ cores }) => cores) ?? [])],
      moments: momentsOf(records),
      answered: answeredOf(records),
      balance: balanceOf(records),
      latency: latencyOf(records),
      load: {
        shard: loadPicture(records, { ...choice, carrier: "shard", repeat: shard }),
        server: loadPicture(records, { ...choice, carrier: "server", repeat: server }),
      },
      timelines: timelines(records, strategies.length),
    };
  });
}

function momentsOf(records: readonly RunRecord[]): readonly Moment[] {
  const starts = new Map<string, number[]>();
  for (const { facts } of records) {
    const seen = new Map<string, number>();
    for (const fact of facts) {
      if (fact.at < 0 || !((fact.kind === "fault" && fact.phase === "start") || fact.kind === "membership")) continue;
      const words = faultWords(fact.label === "" && fact.kind === "membership" ? fact.change : fact.label);
      const ordinal = seen.get(words) ?? 0;
      seen.set(words, ordinal + 1);
      const key = `${ordinal} ${words}`;
      const times = starts.get(key);
      if (times === undefined) starts.set(key, [fact.at]);
      else times.push(fact.at);
    }
  }
  return [...starts].slice(0, MOMENTS_MOST + 1).map(([key, times]) => {
    const sorted = [...times].sort((a, b) => a - b);
    const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
    return { from: sorted[0] ?? 0, middle, to: sorted.at(-1) ?? 0, words: key.slice(key.indexOf(" ") + 1) };
  });
}

/** A course of so many windows a stretch; `figure` is given the first window of a stretch and the one after its last. */
function course({ windows: { width, count } }: RunRecord, figure: (first: number, end: number) => number | undefined): Course {
  const per = Math.max(1, Math.ceil(count / STRETCHES_MOST));
  const points = Array.from({ length: Math.ceil(count / per) }, (_, index) => {
    const found = figure(index * per, Math.min(count, (index + 1) * per));
    return found === undefined ? [] : [[index * per * width, fourDigits(found)] as const];
  });
  return { width: per * width, points: points.flat() };
}

const NOTHING: Course = { width: 0, points: [] };

function answeredOf(records: readonly RunRecord[]): Course {
  const [first] = records;
  if (first === undefined) return NOTHING;
  return course(first, (from, end) => {
    let [issued, good] = [0, 0];
    for (const { windows } of records) {
      for (let window = from; window < end; window += 1) {
        issued += windows.issued[window] ?? 0;
        good += windows.good[window] ?? 0;
      }
    }
    return issued === 0 ? undefined : good / issued;
  });
}

function balanceOf(records: readonly RunRecord[]): Course {
  const [first] = records;
  const metric = metricByName("load.maxOverMean");
  if (first === undefined || metric === undefined) return NOTHING;
  const all = records.map((record) => balanceSeries(metric, record, EVERYWHERE));
  return course(first, (from, end) => {
    const own = all.flatMap((series) => series.slice(from, end)).filter((one) => one !== undefined);
    return own.length === 0 ? undefined : own.reduce((sum, one) => sum + one, 0) / own.length;
  });
}

function latencyOf(records: readonly RunRecord[]): Drawn["latency"] {
  const [first] = records;
  if (first === undefined) return [];
  const counts = new Map<string, number>();
  for (const { operations } of records)
    for (const { operation, issued } of operations) counts.set(operation, (counts.get(operation) ?? 0) + issued);
  const most = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, OPERATIONS_MOST);
  const taken = records.slice(0, LATENCY_RUNS_MOST);
  return most.map(([operation]) => {
    const rows = taken.flatMap(({ windows }) => windows.latency.filter((one) => one.operation === operation));
    const merged = new Map<number, HistogramData>();
    const at = (share: number): Course =>
      course(first, (from, end) => {
        const whole = merged.get(from) ?? mergeHistograms(rows.flatMap(({ windows }) => windows.slice(from, end)));
        merged.set(from, whole);
        return whole.count === 0 ? undefined : histogramQuantile(whole, share);
      });
    return { operation, runs: taken.length, p50: at(0.5), p99: at(0.99) };
  });
}
