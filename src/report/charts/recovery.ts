/**
 * How soon every run was back: for each strategy the share of runs that had recovered within a time (the empirical distribution
 * function). A strategy that never recovered in some runs has a curve that ends below 1, with a mark that says in how many.
 */
import { figure, observedFigure } from "../../study/stats/figure.ts";
import { type Observed, isObserved, lowerEnd, order, sortObserved } from "../../study/stats/sample.ts";
import { printable } from "../layout.ts";
import { ordered } from "../ranking.ts";
import { type Report, summaryOf } from "../report.ts";
import { CONFIDENCE } from "../stored.ts";
import { type Chart, type Spec, chartSpec, eachOf, inSeconds, rounded, runsWords } from "./chart.ts";
import { runRowsSpec } from "./run-rows.ts";
import { type Lines, linesOf } from "./strategies.ts";

interface Step {
  readonly strategy: string;
  readonly seconds: number;
  readonly share: number;
}

interface Series {
  readonly strategy: string;
  readonly sorted: readonly Observed[];
}

/** Spread beyond which a linear axis squeezes the fast strategies into a line. */
const LOGARITHMIC_FROM = 20;

/** Fewer runs give a band that is most of the drawing. */
const BAND_FROM = 10;

/** Undefined where no run has a value, none was out, or none came back. */
export function recoveryChart(report: Report): Chart | undefined {
  const every = seriesOf(report);
  if (every.length === 0) return undefined;
  const all = every.flatMap(({ sorted }) => sorted.map(lowerEnd));
  const [least, most] = [Math.min(...all), Math.max(...all)];
  if (most === 0 || every.every(({ sorted }) => sorted.every(({ kind }) => kind === "censored"))) return undefined;
  const lines = linesOf(report);
  const series = every.filter(({ strategy }) => lines.names.includes(strategy));
  const logarithmic = least > 0 && most / least > LOGARITHMIC_FROM;
  const end = inSeconds(most === 0 ? 1e6 : most * (logarithmic ? 1.2 : 1.04));
  const start = logarithmic ? inSeconds(least / 1.2) : 0;
  const runs = report.repeats;
  const banded = series.some(({ sorted }) => sorted.length >= BAND_FROM);
  return {
    id: "recovery",
    title: titleOf(report),
    about: `Share of runs that were back within a time: the longest outage of each run, ${runs} ${runs === 1 ? "run" : "runs"} a strategy${logarithmic ? "; logarithmic axis" : ""}.${lines.note}`,
    reading: `A curve further left is back sooner; one that rises steeply is back after about the same time in every run; one that ends below 100 % never was in some.${banded ? " The pale band is where the whole curve of unlimited runs lies, at 95 %." : ""}`,
    spec: specOf(lines, series, { start, end, logarithmic }),
  };
}

function seriesOf(report: Report): readonly Series[] {
  return report.strategies.flatMap(({ name }) => {
    const values = (summaryOf(report, name, "recovery.time")?.values ?? []).map((one) => one.value).filter(isObserved);
    return values.length === 0 ? [] : [{ strategy: printable(name), sorted: sortObserved(values) }];
  });
}

/** Where there are more strategies than lines: every run as a dot, a row a strategy, the soonest on top. */
export function recoveryRows(report: Report): Chart | undefined {
  const lines = linesOf(report);
  const found = seriesOf(report);
  if (recoveryChart(report) === undefined || lines.names.length === report.strategies.length) return undefined;
  const names = ordered(
    report,
    "recovery.time",
    report.strategies.map(({ name }) => name),
  ).map(printable);
  const median = (strategy: string): string => {
    const { figures } =
      summaryOf(report, report.strategies.find(({ name }) => printable(name) === strategy)?.name ?? "", "recovery.time") ?? {};
    return figures === undefined ? "" : observedFigure(figures.p50.value, "time");
  };
  const [first = "", last = ""] = [names[0], names.at(-1)];
  return {
    id: "recovery-runs",
    title: `The median run is back after ${median(first)} with ${first}, ${median(last)} with ${last}`,
    about: `The longest outage of each run, ${runsWords(report.repeats)} a strategy; the upright line is the median run.`,
    reading: "A row is a strategy, a dot a run: further left is back sooner, dots close together are alike in every run.",
    spec: runRowsSpec({
      description: "Recovery time of every run, one row a strategy.",
      axis: "seconds from the outage's opening",
      scale: 1e-6,
      strategies: names.flatMap((name) => {
        const own = found.find(({ strategy }) => strategy === name);
        return own === undefined ? [] : [{ name, values: own.sorted }];
      }),
      open: "never back",
    }),
  };
}

function specOf(
  { names, encoding }: Lines,
  series: readonly Series[],
  axis: { readonly start: number; readonly end: number; readonly logarithmic: boolean },
): Spec {
  const { color, strokeDash } = encoding(8);
  // The first is the widest, so that a curve under another one still shows.
  const width = { domain: names, range: names.map((_, index) => Math.max(1.5, 5.5 - 1.5 * index)) };
  const x = {
    field: "seconds",
    type: "quantitative",
    title: "seconds from the outage's opening",
    scale: { type: axis.logarithmic ? "log" : "linear", domain: [axis.start, axis.end], nice: false },
    axis: { grid: true },
  };
  const y = {
    field: "share",
    type: "quantitative",
    title: "share of runs that are back",
    scale: { domain: [0, 1] },
    axis: { format: ".0%", tickCount: 5 },
  };
  const tooltip = [
    { field: "strategy", title: "strategy" },
    { field: "share", title: "share of runs", format: ".1%" },
    { field: "seconds", title: "back within (s)", format: ".3~f" },
  ];
  const never = neverBack(series, axis.end);
  return chartSpec("Empirical distribution of the recovery time of each strategy.", {
    height: 260,
    encoding: { x, y, color },
    layer: [
      {
        data: { values: series.flatMap((one) => band(one, axis.start, axis.end)) },
        mark: { type: "area", interpolate: "step-after", clip: true, opacity: 0.13 },
        encoding: { y: { ...y, field: "low" }, y2: { field: "high" } },
      },
      {
        data: { values: series.flatMap((one) => steps(one, axis.start, axis.end)) },
        mark: { type: "line", interpolate: "step-after", clip: true },
        encoding: {
          strokeDash,
          strokeWidth: { field: "strategy", type: "ordinal", title: "", scale: width },
          tooltip,
        },
      },
      {
        data: { values: never },
        mark: { type: "text", align: "right", baseline: "bottom", dx: -4, dy: -4, fontWeight: "bold" },
        encoding: { text: { field: "words" } },
      },
    ],
  });
}

/** Where a curve ends below 1, in how many runs; strategies whose curves end at the same height share the words. */
function neverBack(series: readonly Series[], end: number): readonly (Step & { readonly words: string })[] {
  const groups = new Map<string, { readonly strategy: string; readonly share: number; readonly names: string[] }>();
  for (const { strategy, sorted } of series) {
    const censored = sorted.filter((one) => one.kind === "censored").length;
    if (censored === 0) continue;
    const words = `${censored} of ${sorted.length} never back`;
    const group = groups.get(words) ?? { strategy, share: (sorted.length - censored) / sorted.length, names: [] };
    group.names.push(strategy);
    groups.set(words, group);
  }
  return [...groups].map(([words, { strategy, share, names }]) => ({
    strategy,
    seconds: end,
    share,
    words: names.length === 1 ? words : `${names.join(", ")}: ${words}`,
  }));
}

/** The corners of the curve, from the first run's step up to the last's; on to the right edge where some runs never recovered. */
function steps({ strategy, sorted }: Series, start: number, end: number): readonly Step[] {
  const known = sorted.filter((one) => one.kind === "value").map((one) => Math.max(start, inSeconds(one.value)));
  const climb = known.map((seconds, index): Step => ({ strategy, seconds, share: (index + 1) / sorted.length }));
  const share = known.length / sorted.length;
  const tail = share < 1 ? [{ strategy, seconds: end, share }] : [];
  return [{ strategy, seconds: known[0] ?? start, share: 0 }, ...climb, ...tail];
}

/**
 * Where the true distribution function lies as a whole with so much confidence: the empirical one, plus and minus
 * sqrt(ln(2 / (1 - confidence)) / 2n). Massart, Annals of Probability 18 (1990), 1269-1283. Drawn where runs are: it goes on to both sides,
 * which says nothing of how soon anybody is back.
 */
function band(series: Series, start: number, end: number): readonly (Step & { readonly low: number; readonly high: number })[] {
  const runs = series.sorted.length;
  if (runs < BAND_FROM) return [];
  const half = Math.sqrt(Math.log(2 / (1 - CONFIDENCE)) / (2 * runs));
  return steps(series, start, end).map((one) => ({
    ...one,
    low: rounded(Math.max(0, one.share - half)),
    high: rounded(Math.min(1, one.share + half)),
  }));
}

function titleOf(report: Report): string {
  const names = report.strategies.map(({ name }) => name);
  const found = names.flatMap((name) => {
    const p90 = summaryOf(report, name, "recovery.time")?.figures?.p90.value;
    if (p90 === undefined) return [];
    const text =
      p90.kind === "value" ? (p90.value === 0 ? "never out" : figure(p90.value, "time")) : `not within ${figure(p90.atLeast, "time")}`;
    return [{ name: printable(name), value: order(p90), text }];
  });
  const said = found.length <= 4 ? found : [...found].sort((a, b) => (a.value === b.value ? 0 : a.value < b.value ? -1 : 1));
  return `9 of 10 runs are back within: ${eachOf(said)}`;
}
