/**
 * What the comparison shows of each metric: a column with two lines a strategy, the figure and what is known about it. Columns are
 * in order of importance; where there is no room the last are left out, and the table says so.
 */
import { figure, observedFigure, percent } from "../study/stats/figure.ts";
import { shareBound } from "../study/stats/interval.ts";
import type { Unit } from "../study/stats/metric.ts";
import { METRICS } from "../study/stats/metrics.ts";
import { type Observed, order } from "../study/stats/sample.ts";
import type { MeanFigure, MetricSummary, QuantileFigure } from "../study/stats/summary.ts";
import { type Report, summaryOf } from "./report.ts";
import { CONFIDENCE } from "./stored.ts";

export interface Column {
  readonly metric: string;
  /** Two short lines over the column. */
  readonly title: string;
  readonly subtitle: string;
  /** The figure as text, and the line below it: its interval, or how many runs. */
  readonly cell: (summary: MetricSummary) => Cell;
  /** Only one column of a metric carries the mark of the best. */
  readonly marked: boolean;
}

export interface Cell {
  readonly figure: string;
  readonly below: string;
}

const TITLES: Readonly<Record<string, readonly [title: string, subtitle: string]>> = {
  availability: ["available", "operations"],
  goodput: ["goodput", "mean"],
  "load.maxOverMean": ["load", "max/mean"],
  "network.bytes": ["network", "sent"],
  "host.seconds": ["hosts", "host time"],
  headroom: ["stands", "× the load"],
  "headroom.gone": ["stands less", "one domain"],
  "load.utilisation": ["busiest", "busy share"],
  "splitBrain.writes": ["written by", "two at once"],
  "splitBrain.seconds": ["two at once", "time"],
  "recovery.isolated": ["cut off", "back after"],
  "recovery.redundancy": ["all copies", "back after"],
  "recovery.needless": ["needless", "failovers"],
  "recovery.detection": ["noticed", "after"],
  "answers.partial": ["partial", "answers"],
  "diverged.replicas": ["diverged", "replicas"],
};

/** The columns of a report, the most important first. */
export function columns(report: Report): readonly Column[] {
  const names = report.shown.map((one) => one.name);
  const given = (wanted: readonly string[]): readonly string[] => wanted.filter((name) => names.includes(name));
  // Of two columns of losses the second is a detail of the first.
  const detail = ["loss.writes", "loss.visible"].every((name) => names.includes(name)) ? ["loss.visible"] : [];
  const first = given(FIRST).filter((name) => !detail.includes(name));
  const others = names.filter((name) => !FIRST.includes(name));
  const asked = others.filter((name) => !ALWAYS.test(name));
  const rest = others.filter((name) => ALWAYS.test(name));
  const isMixed = new Set(report.strategies.flatMap(({ drawn }) => drawn.cores)).size > 1;
  const p90 = names.includes(P90.metric) ? [P90] : [];
  const all = [...[...first, ...detail, ...asked].flatMap(columnsOf), ...p90, ...rest.flatMap(columnsOf)];
  // Of servers that are not alike the busiest should be asked more.
  return isMixed ? all.map((one) => (one.metric === "load.maxOverMean" ? { ...one, marked: false } : one)) : all;
}

/** Whether any strategy has a figure there: a column that is unknown for all says nothing and takes the place of one that does. */
export const hasFigure = (report: Report, metric: string): boolean =>
  report.strategies.some(({ name }) => summaryOf(report, name, metric)?.figures !== undefined);

/** The questions that every study answers; what the scenario's own expectations name comes after them. */
const FIRST: readonly string[] = ["recovery.time", "loss.writes", "loss.visible", "availability", "load.maxOverMean"];
/** In every table, if there is room. */
const ALWAYS = /^(?:goodput|latency\..*|network\.bytes|host\.seconds)$/u;

/** The median says what to expect, p90 what to be ready for; where room is short the second is not worth another metric's place. */
const P90: Column = {
  metric: "recovery.time",
  title: "back after",
  subtitle: "p90",
  marked: false,
  cell: (summary) => quantileCell(summary, summary.figures?.p90, false),
};

function columnsOf(metric: string): readonly Column[] {
  if (metric === "recovery.time")
    return [
      { metric, title: "back after", subtitle: "median", marked: true, cell: (summary) => quantileCell(summary, summary.figures?.p50) },
    ];
  if (metric.startsWith("loss.")) {
    const kind = metric.slice("loss.".length);
    const title = kind === "writes" ? "lost writes" : `lost (${kind === "visible" ? "seen" : kind})`;
    return [{ metric, title, subtitle: "worst run", marked: true, cell: lossCell }];
  }
  if (metric.startsWith("latency.")) {
    return [
      { metric, title: OPERATION_TITLES[metric.slice("latency.".length)] ?? metric, subtitle: "p99", marked: true, cell: latencyCell },
    ];
  }
  const [family = metric, rest = "mean"] = metric.split(".");
  const [title, subtitle] = TITLES[metric] ?? [family, rest];
  return [{ metric, title, subtitle, marked: true, cell: (summary) => meanCell(summary) }];
}

/** Metrics whose column has this title, with or without its subtitle: what a reader of the table knows them by. */
export function metricsTitled(words: string): readonly string[] {
  const plain = (text: string): string => text.trim().toLowerCase().replaceAll(/\s+/gu, " ");
  return METRICS.map(({ name }) => name).filter((name) =>
    [...columnsOf(name), ...(name === P90.metric ? [P90] : [])].some(({ title, subtitle }) =>
      [title, `${title} ${subtitle}`, `${title}, ${subtitle}`].some((one) => plain(one) === plain(words)),
    ),
  );
}

const OPERATION_TITLES: Readonly<Record<string, string>> = {
  read: "read",
  update: "update",
  insert: "insert",
  readModifyWrite: "read+write",
  delete: "delete",
  scan: "scan",
  find: "find",
  join: "join",
};

const NOTHING: Cell = { figure: "–", below: "" };

function quantileCell(summary: MetricSummary, found: QuantileFigure | undefined, sayNever = true): Cell {
  if (found === undefined) return missing(summary);
  const { low, high } = found.interval;
  const below = summary.censored > 0 && sayNever ? `${summary.censored} of ${summary.n} never` : rangeText(low, high, summary.unit);
  return { figure: observedFigure(found.value, summary.unit), below };
}

function lossCell(summary: MetricSummary): Cell {
  const { figures, n } = summary;
  if (figures === undefined) return missing(summary);
  const any = figures.runsWithAny;
  const some =
    any === undefined ? "" : any.runs === 0 ? `≤ ${percent(shareBound(0, n, CONFIDENCE, "upper"))} of runs` : `${any.runs} of ${n} runs`;
  return { figure: observedFigure(figures.max, summary.unit), below: some };
}

/** All runs' operations pooled; the interval counts runs as the independent observations. */
function latencyCell(summary: MetricSummary): Cell {
  const { pooled, unit } = summary;
  if (pooled === undefined) return missing(summary);
  const bound = (value: number | undefined): Observed | undefined => (value === undefined ? undefined : { kind: "value", value });
  return { figure: figure(pooled.p99, unit), below: rangeText(bound(pooled.p99Low), bound(pooled.p99High), unit) };
}

function meanCell(summary: MetricSummary): Cell {
  if (summary.figures === undefined) return missing(summary);
  const { mean } = summary.figures;
  return { figure: meanFigureText(mean, summary.unit), below: meanRange(mean, summary.unit) };
}

function meanFigureText(mean: MeanFigure, unit: Unit): string {
  return mean.kind === "mean" ? figure(mean.value, unit) : `≥ ${figure(mean.restricted, unit)}`;
}

function meanRange(mean: MeanFigure, unit: Unit): string {
  if (mean.kind === "refused" || mean.interval === undefined) return "";
  const { low, high } = mean.interval;
  // Every run alike: there is nothing to add to the figure.
  if (low === high) return "";
  return rangeText({ kind: "value", value: low }, { kind: "value", value: high }, unit);
}

function missing(summary: MetricSummary): Cell {
  return summary.unknown > 0 ? { figure: "unknown", below: "" } : NOTHING;
}

/** "4.05–4.21 s": the unit once where it is the same; "≥ 4.05 s" where so few runs cannot bound the other end. */
function rangeText(low: Observed | undefined, high: Observed | undefined, unit: Unit): string {
  if (low === undefined) return high?.kind === "value" ? `≤ ${figure(high.value, unit)}` : "";
  const from = observedFigure(low, unit);
  if (high === undefined) return low.kind === "value" ? `≥ ${from}` : from;
  const to = observedFigure(high, unit);
  if (from === to) return order(low) === order(high) ? from : `± < ${lastPlace(from)}`;
  const [fromNumber, fromUnit] = split(from);
  const [, toUnit] = split(to);
  return fromUnit === toUnit ? `${fromNumber}–${to}` : `${from}–${to}`;
}

/** One in the third place of a figure, or its last: "0.01" of "2.01", "0.1 s" of "23 s". Ends that look alike are nearer than that. */
function lastPlace(text: string): string {
  const [number = "0"] = /\d+(?:\.\d+)?/u.exec(text) ?? [];
  const shown = number.split(".")[1]?.length ?? 0;
  const decimals = Math.max(shown, 2 - Math.floor(Math.log10(Math.max(Number(number), 1e-6))));
  return text.replace(/^≥ /u, "").replace(number, (1 / Number(`1e${Math.max(0, decimals)}`)).toFixed(Math.max(0, decimals)));
}

function split(text: string): readonly [number: string, unit: string] {
  const at = text.lastIndexOf(" ");
  const perSecond = text.endsWith("/s") ? text.length - 2 : -1;
  if (perSecond > 0) return [text.slice(0, perSecond), "/s"];
  return at < 0 || text.startsWith("≥") ? [text, ""] : [text.slice(0, at), text.slice(at)];
}
