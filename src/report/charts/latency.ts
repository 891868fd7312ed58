/**
 * How long operations took: over time where something happened to the cluster, else by percentile. All runs' operations of a window
 * are taken together; the reader chooses the operation.
 */
import { figure } from "../../study/stats/figure.ts";
import { printable } from "../layout.ts";
import { type Report, summaryOf } from "../report.ts";
import type { Drawn } from "../drawn.ts";
import { type Chart, type Spec, chartSpec, inSeconds, rounded, runsWords, eachOf } from "./chart.ts";
import { linesOf, strategyRows } from "./strategies.ts";
import { durationOf, lengthWords, momentLayers, moments, momentsHeight, timeX, zoomParams } from "./time.ts";

/** From the calmest stretch to the worst: less is no story. */
const STORY = 2;
const QUANTILES = ["p50", "p90", "p99", "p99.9"] as const;

/** At most one of each: over time, by percentile. */
export function latencyCharts(report: Report): readonly Chart[] {
  const operations = operationsOf(report);
  return operations.length === 0
    ? []
    : [overTime(report, operations) ?? byPercentile(report, operations)].filter((one) => one !== undefined);
}

const operationsOf = (report: Report): readonly string[] => [
  ...new Set(report.strategies.flatMap(({ drawn }) => drawn.latency.map(({ operation }) => operation))),
];

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
  if (!report.strategies.some(({ drawn }) => drawn.moments.length > 0)) return undefined;
  const lines = linesOf(report);
  const { strategies } = lines;
  const points = strategies.flatMap(({ name, drawn }) => pointsOf(printable(name), drawn));
  // The operation of which there is most to tell.
  const [{ shown, ratio } = { shown: "", ratio: 0 }] = operations
    .map((operation) => {
      const own = points.filter((one) => one.operation === operation).map(({ p99 }) => p99);
      return { shown: operation, ratio: own.length === 0 ? 0 : Math.max(...own) / Math.min(...own) };
    })
    .sort((a, b) => b.ratio - a.ratio);
  const worst = strategies.flatMap(({ name }) => {
    const own = points.filter((one) => one.strategy === printable(name) && one.operation === shown);
    return own.length === 0 ? [] : [{ name: printable(name), most: Math.max(...own.map(({ p99 }) => p99)) }];
  });
  if (worst.length === 0 || ratio < STORY) return undefined;
  const duration = durationOf(report);
  const [first] = strategies[0]?.drawn.latency ?? [];
  const width = lengthWords(first?.p99.width ?? 0);
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
      ...lines.encoding(6 + momentsHeight(found)),
      tooltip: [
        { field: "strategy", title: "strategy" },
        { field: "operation", title: "operation" },
        { field: "at", title: "from (s)" },
        { field: "p50", title: "p50 (ms)" },
        { field: "p99", title: "p99 (ms)" },
      ],
    },
  });
  const runs = first?.runs ?? report.repeats;
  return {
    id: "latency",
    title: `In the worst ${width}, 99 of 100 answers to ${shown} came within: ${eachOf([...worst].sort((a, b) => a.most - b.most).map(({ name, most }) => ({ name, value: most, text: figure(most * 1e3, "time") })))}`,
    about: `Latency of answered operations from their intended send, p99 (strong) and p50 (faint) of each ${width}, ${runs < report.repeats ? `the first ${runs} runs` : `all of ${runsWords(runs)}`} a strategy together; logarithmic.${lines.note}`,
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

const pointsOf = (strategy: string, { latency }: Drawn): readonly Point[] =>
  latency.flatMap(({ operation, p50, p99 }) =>
    p99.points.map(([at, slow], index) => ({
      operation,
      strategy,
      at: inSeconds(at),
      p50: milliseconds(p50.points[index]?.[1] ?? slow),
      p99: milliseconds(slow),
    })),
  );

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
      return QUANTILES.map((quantile) => ({ strategy: printable(name), operation, quantile, ms: milliseconds(values[quantile]) }));
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
        y: strategyRows(names),
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
              scale: { domain: QUANTILES, range: ["circle", "square", "diamond", "triangle-up"] },
              legend: { orient: "top" },
            },
            color: {
              field: "quantile",
              type: "nominal",
              title: "",
              scale: { domain: QUANTILES, range: ["#56b4e9", "#0072b2", "#e69f00", "#d55e00"] },
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
