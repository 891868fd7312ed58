/** What the scenario itself asks about and no other chart shows: stale reads, time with two primaries, needless failovers, … */
import { observedFigure } from "../../study/stats/figure.ts";
import { type Observed, isObserved, lowerEnd, order } from "../../study/stats/sample.ts";
import type { Unit } from "../../study/stats/metric.ts";
import { metricByName } from "../../study/stats/metrics.ts";
import { printable } from "../layout.ts";
import { METRIC_WORDS } from "../metric-words.ts";
import { ordered } from "../ranking.ts";
import { type Report, summaryOf } from "../report.ts";
import { type Chart, eachOf, runsWords } from "./chart.ts";
import { runRowsSpec } from "./run-rows.ts";

const CHARTS_MOST = 2;
/** Shown by charts of their own. */
const SHOWN = /^(?:recovery\.time|loss\..*|moved\..*|load\..*|regret|latency\..*|availability|goodput|thrash)$/u;

/** In the order of the scenario; of metrics that are alike in all strategies, or nothing everywhere, there is none. */
export function askedCharts(report: Report): readonly Chart[] {
  const asked = report.verdicts.flatMap(({ expectation }) => (expectation.kind === "metric" ? [expectation.metric] : []));
  return [...new Set(asked)]
    .filter((metric) => !SHOWN.test(metric))
    .flatMap((metric) => askedChart(report, metric) ?? [])
    .slice(0, CHARTS_MOST);
}

const SCALES: Readonly<Record<Unit, readonly [scale: number, unit: string]>> = {
  time: [1e-6, " (s)"],
  share: [100, " (%)"],
  rate: [1, " (/s)"],
  bytes: [1e-6, " (MB)"],
  count: [1, ""],
  number: [1, ""],
};

function askedChart(report: Report, name: string): Chart | undefined {
  const metric = metricByName(name);
  if (metric === undefined || report.strategies.length < 2) return undefined;
  const names = report.strategies.map((one) => one.name);
  const strategies = ordered(report, name, names).flatMap((strategy) => {
    const summary = summaryOf(report, strategy, name);
    const values = (summary?.values ?? []).map(({ value }) => value).filter(isObserved);
    const median = summary?.figures?.p50.value;
    return median === undefined || values.length === 0 ? [] : [{ name: printable(strategy), values, median }];
  });
  const all = new Set(strategies.flatMap(({ values }) => values.map((one: Observed) => `${one.kind} ${lowerEnd(one)}`)));
  if (strategies.length < 2 || all.size < 2) return undefined;
  const words = METRIC_WORDS[name] ?? name;
  const title = `${words[0]?.toUpperCase() ?? ""}${words.slice(1)}`;
  const [scale, unit] = SCALES[metric.unit];
  const figures = strategies.map((one) => ({ name: one.name, value: order(one.median), text: observedFigure(one.median, metric.unit) }));
  const left = names.length - strategies.length;
  return {
    id: `asked-${name.toLowerCase().replaceAll(".", "-")}`,
    title: `${title}, in the median run: ${eachOf(figures)}`,
    about: `${name} of each run, ${runsWords(report.repeats)} a strategy; the upright line is the median run.${left === 0 ? "" : ` ${left} of ${names.length} strategies have no such figure.`}`,
    reading: `A row is a strategy, the best on top; a dot stands where runs are, larger for more of them. ${metric.better === "less" ? "Further left is better." : metric.better === "more" ? "Further right is better." : ""}`,
    spec: runRowsSpec({
      description: `${title} of every run, one row a strategy.`,
      axis: `${words}${unit}`,
      scale,
      strategies,
      open: "not ended",
    }),
  };
}
