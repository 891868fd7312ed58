/**
 * How long operations took: over time where something happened to the cluster, else by percentile. All runs' operations of a window
 * are taken together; the reader chooses the operation.
 */
import { type HistogramData, histogramQuantile, mergeHistograms } from "../../simulator/record/histogram.ts";
import type { RunRecord } from "../../simulator/record/record.ts";
import { figure } from "../../study/stats/figure.ts";
import { printable } from "../layout.ts";
import { type Report, summaryOf } from "../report.ts";
import { type Chart, type Spec, chartSpec, rounded, runsWords, someOf, strategyScales } from "./chart.ts";
import { momentLayers, moments, momentsHeight, timeBins, timeX, zoomParams } from "./time.ts";

const BINS_MOST = 90;
const STRATEGIES_MOST = 6;
const OPERATIONS_MOST = 3;
/** Runs taken into a window: beyond that its percentiles hardly change, and merging takes seconds. */
const RUNS_MOST = 60;
const QUANTILES = [
  ["p50", 0.5],
  ["p90", 0.9],
  ["p99", 0.99],
  ["p99.9", 0.999],
] as const;

/** At most one of each: over time, by percentile. */
export function latencyCharts(report: Report): readonly Chart[] {
  const operations = operationsOf(report);
  return operations.length === 0
    ? []
    : [overTime(report, operations) ?? byPercentile(report, operations)].filter((one) => one !== undefined);
}

/** Those that were issued most, by name. */
function operationsOf(report: Report): readonly string[] {
  const counts = new Map<string, number>();
  for (const { records } of report.strategies)
    for (const { operations } of records)
      for (const { operation, issued } of operations) counts.set(operation, (counts.get(operation) ?? 0) + issued);
  return [...counts]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, OPERATIONS_MOST)
    .map(([operation]) => operation);
}

interface Point {
  readonly operation: string;
  readonly strategy: string;
  readonly at: number;
  readonly p50: number;
  readonly p99: number;
}

/** Undefined where nothing was done to the cluster. */
function overTime(report: Report, operations: readonly string[]): Chart | undefined {
  const found = moments(report);
  const isStruck = report.strategies.some(({ records }) =>
    records.some(({ facts }) => facts.some(({ kind, at }) => at >= 0 && (kind === "fault" || kind === "membership"))),
  );
  if (!isStruck) return undefined;
  const strategies = report.strategies.slice(0, STRATEGIES_MOST);
  const points = strategies.flatMap(({ name, records }) => operations.flatMap((operation) => series(printable(name), operation, records)));
  const [shown] = operations;
  const worst = strategies.flatMap(({ name }) => {
    const own = points.filter((one) => one.strategy === printable(name) && one.operation === shown);
    return own.length === 0 ? [] : [{ name: printable(name), most: Math.max(...own.map(({ p99 }) => p99)) }];
  });
  if (worst.length === 0 || shown === undefined) return undefined;
  const names = report.strategies.map(({ name }) => printable(name));
  const { color, dash } = strategyScales(names);
  const duration = Math.max(...report.strategies.flatMap(({ records }) => records.map(({ header }) => header.duration)));
  const bin = timeBins(strategies[0]!.records[0]!, BINS_MOST)[0];
  const width = figure(((bin?.to ?? 1) - (bin?.from ?? 0)) * 1e6, "time");
  const line = (field: "p50" | "p99", strokeWidth: number, opacity: number): Spec => ({
    data: { values: points },
    transform: [{ filter: "datum.operation === operation" }],
    mark: { type: "line", clip: true, strokeWidth, opacity },
    encoding: {
      x: timeX("at"),
      y: {
        field,
        type: "quantitative",
        title: "latency (logarithmic)",
        scale: { type: "log" },
        axis: timeTicks(points.flatMap(({ p50, p99 }) => [p50, p99])),
      },
      color: {
        field: "strategy",
        type: "nominal",
        title: "",
        scale: color,
        legend: { orient: "top", symbolType: "stroke", symbolSize: 300, offset: 6 + momentsHeight(found) },
      },
      strokeDash: { field: "strategy", type: "nominal", title: "", scale: dash },
      tooltip: [
        { field: "strategy", title: "strategy" },
        { field: "operation", title: "operation" },
        { field: "at", title: "from (s)" },
        { field: "p50", title: "p50 (ms)" },
        { field: "p99", title: "p99 (ms)" },
      ],
    },
  });
  const runs = Math.min(report.repeats, RUNS_MOST);
  return {
    id: "latency",
    title: `In the worst ${width}, 99 of 100 answers to ${shown} came within: ${someOf(worst.map(({ name, most }) => `${name} ${figure(most * 1e3, "time")}`))}`,
    about: `Latency of answered operations from their intended send, p99 (strong) and p50 (faint) of each ${width}, ${runs < report.repeats ? `the first ${runs} runs` : `all of ${runsWords(runs)}`} a strategy together; logarithmic.${strategies.length < names.length ? ` The first ${strategies.length} of ${names.length} strategies.` : ""}`,
    reading:
      "The strong line is what the slowest hundredth waits, the faint one what half of them wait. Operations without an answer are not in it: see the share answered well.",
    time: true,
    spec: chartSpec("Latency percentiles over time, two lines a strategy.", {
      height: 220,
      params: [operationParam(operations, shown), ...zoomParams(0, duration)],
      layer: [...momentLayers(found), line("p99", 2.2, 1), line("p50", 1.5, 0.45)],
    }),
  };
}

const operationParam = (operations: readonly string[], shown: string): Spec => ({
  name: "operation",
  value: shown,
  ...(operations.length > 1 ? { bind: { input: "select", options: operations, name: "Operation " } } : {}),
});

const milliseconds = (microseconds: number): number => rounded(Math.max(1, microseconds) / 1e3);

function series(strategy: string, operation: string, records: readonly RunRecord[]): readonly Point[] {
  const [first] = records;
  if (first === undefined) return [];
  const rows = records.slice(0, RUNS_MOST).flatMap(({ windows }) => windows.latency.filter((one) => one.operation === operation));
  return timeBins(first, BINS_MOST).flatMap(({ first: from, end, from: at }): readonly Point[] => {
    const parts = rows.flatMap(({ windows }): readonly HistogramData[] => windows.slice(from, end));
    const whole = mergeHistograms(parts);
    if (whole.count === 0) return [];
    return [
      { operation, strategy, at, p50: milliseconds(histogramQuantile(whole, 0.5)), p99: milliseconds(histogramQuantile(whole, 0.99)) },
    ];
  });
}

/** Ticks of a logarithmic axis in milliseconds: powers of ten, and between them where there are few. */
function timeTicks(values: readonly number[]): Spec {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const steps = most / least > 100 ? [1] : most / least > 12 ? [1, 3] : [1, 1.5, 2, 3, 5, 7];
  const powers = [1e-3, 1e-2, 1e-1, 1, 10, 100, 1e3, 1e4, 1e5, 1e6];
  const ticks = powers.flatMap((power) => steps.map((step) => rounded(step * power))).filter((one) => one >= least / 3 && one <= most * 3);
  return {
    grid: true,
    values: ticks,
    labelExpr:
      "datum.value >= 1000 ? format(datum.value / 1000, '~r') + ' s' : datum.value < 1 ? format(datum.value * 1000, '~r') + ' µs' : format(datum.value, '~r') + ' ms'",
  };
}

/** Undefined where no two strategies differ by a twentieth. */
function byPercentile(report: Report, operations: readonly string[]): Chart | undefined {
  const rows = report.strategies.flatMap(({ name }) =>
    operations.flatMap((operation) => {
      const pooled = summaryOf(report, name, `latency.${operation}`)?.pooled;
      if (pooled === undefined) return [];
      const values = { p50: pooled.p50, p90: pooled.p90, p99: pooled.p99, "p99.9": pooled.p999 };
      return QUANTILES.map(([quantile]) => ({ strategy: printable(name), operation, quantile, ms: milliseconds(values[quantile]) }));
    }),
  );
  const spread = operations
    .map((operation) => {
      const own = rows.filter((one) => one.operation === operation && one.quantile === "p99").sort((a, b) => a.ms - b.ms);
      const [least, most] = [own[0], own.at(-1)];
      return { operation, least, most, ratio: least === undefined || most === undefined ? 1 : most.ms / least.ms };
    })
    .sort((a, b) => b.ratio - a.ratio);
  const [widest] = spread;
  if (widest?.least === undefined || widest.most === undefined || widest.ratio < 1.05) return undefined;
  const names = [...new Set(rows.map(({ strategy }) => strategy))];
  const { least, most } = widest;
  return {
    id: "latency",
    title: `99 of 100 answers to ${widest.operation} come within ${figure(least.ms * 1e3, "time")} with ${least.strategy}, ${figure(most.ms * 1e3, "time")} with ${most.strategy}`,
    about: `Latency of answered operations from their intended send, all of ${runsWords(report.repeats)} a strategy together; logarithmic.`,
    reading:
      "The signs of a row say how long half, nine tenths, 99 of 100 and 999 of 1,000 operations waited at most: further left is faster, closer together is steadier.",
    spec: chartSpec("Latency percentiles, one row a strategy.", {
      height: 26 * names.length,
      params: [operationParam(operations, widest.operation)],
      data: { values: rows },
      transform: [{ filter: "datum.operation === operation" }],
      encoding: {
        y: {
          field: "strategy",
          type: "nominal",
          title: "",
          sort: names,
          axis: { labelLimit: 140, ticks: false, domain: false, grid: true },
        },
        x: {
          field: "ms",
          type: "quantitative",
          title: "latency (logarithmic)",
          scale: { type: "log" },
          axis: timeTicks(rows.map(({ ms }) => ms)),
        },
      },
      layer: [
        { mark: { type: "line", style: "soft", strokeWidth: 1 }, encoding: { detail: { field: "strategy" } } },
        {
          mark: { type: "point", filled: true, size: 80, opacity: 1 },
          encoding: {
            shape: {
              field: "quantile",
              type: "nominal",
              title: "",
              scale: { domain: QUANTILES.map(([name]) => name), range: ["circle", "square", "diamond", "triangle-up"] },
              legend: { orient: "top" },
            },
            color: {
              field: "quantile",
              type: "nominal",
              title: "",
              scale: { domain: QUANTILES.map(([name]) => name), range: ["#56b4e9", "#0072b2", "#e69f00", "#d55e00"] },
            },
            tooltip: [
              { field: "strategy", title: "strategy" },
              { field: "operation", title: "operation" },
              { field: "quantile", title: "percentile" },
              { field: "ms", title: "milliseconds" },
            ],
          },
        },
      ],
    }),
  };
}
