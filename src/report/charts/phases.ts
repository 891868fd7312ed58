/** Where the time of an outage goes: for each strategy the mean of every phase of its runs' longest outages, stacked. */
import { figure, percent } from "../../study/stats/figure.ts";
import { printable } from "../layout.ts";
import { type Report, summaryOf } from "../report.ts";
import { type Chart, chartSpec, inSeconds, legendColumns, listWords } from "./chart.ts";
import { strategyRows } from "./strategies.ts";

const PHASES = ["detection", "decision", "promotion", "publication", "reconnection", "return"] as const;
/** In the order of the phases; neighbours differ in lightness too. */
const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#999999"];

interface Part {
  readonly strategy: string;
  readonly phase: string;
  readonly order: number;
  readonly seconds: number;
  readonly runs: number;
}

/** Undefined where no strategy had an outage whose phases are known. */
export function phasesChart(report: Report): Chart | undefined {
  const all = report.strategies.flatMap(({ name }) => PHASES.flatMap((phase, order) => part(report, name, phase, order)));
  const struck = new Set(all.filter((one) => one.seconds > 0).map((one) => one.strategy));
  const parts = all.filter(({ strategy }) => struck.has(strategy));
  if (parts.length === 0) return undefined;
  const spared = [...new Set(all.map((one) => one.strategy))].filter((name) => !struck.has(name));
  const names = [...new Set(parts.map((one) => one.strategy))];
  const open = report.strategies.flatMap(({ name }) => {
    const censored = summaryOf(report, name, "recovery.time")?.censored ?? 0;
    return censored === 0 ? [] : [`${censored} of ${printable(name)}`];
  });
  const used = PHASES.filter((phase) => parts.some((one) => one.phase === phase && one.seconds > 0));
  return {
    id: "phases",
    title: titleOf(names, parts),
    about: `Mean length of each phase of a run's longest outage, ${runsText(parts)} a strategy.${open.length === 0 ? "" : ` Runs that never recovered have no phases and are left out: ${open.join(", ")}.`}${spared.length === 0 ? "" : ` Never out: ${listWords(spared)}.`}`,
    reading:
      "From left to right, as they follow one another: noticing the failure, choosing a successor, making it ready, telling of it, clients finding it. The longest part is where tuning pays.",
    spec: chartSpec("Mean phases of the longest outage of each strategy, stacked.", {
      height: 34 * names.length,
      data: { values: parts.filter((one) => one.seconds > 0) },
      mark: { type: "bar", height: { band: 0.7 } },
      encoding: {
        y: strategyRows(names, false),
        x: { field: "seconds", type: "quantitative", aggregate: "sum", stack: "zero", title: "seconds" },
        color: {
          field: "phase",
          type: "nominal",
          title: "",
          scale: { domain: used, range: used.map((phase) => COLOURS[PHASES.indexOf(phase)]) },
          // On a telephone three words side by side are wider than the drawing.
          legend: { orient: "top", columns: legendColumns(2, 3, 6) },
        },
        order: { field: "order", type: "quantitative" },
        tooltip: [
          { field: "strategy", title: "strategy" },
          { field: "phase", title: "phase" },
          { field: "seconds", title: "mean (s)", format: ".3~f" },
          { field: "runs", title: "runs" },
        ],
      },
    }),
  };
}

function part(report: Report, name: string, phase: string, order: number): readonly Part[] {
  const summary = summaryOf(report, name, `recovery.${phase}`);
  const mean = summary?.figures?.mean;
  return summary === undefined || mean?.kind !== "mean"
    ? []
    : [{ strategy: printable(name), phase, order, seconds: inSeconds(mean.value), runs: summary.n }];
}

/** Up to so many strategies are named, with their figures up to so many. */
const NAMED_MOST = 6;
const FIGURES_MOST = 3;

function titleOf(names: readonly string[], parts: readonly Part[]): string {
  const longest = names.flatMap((name) => {
    const own = parts.filter((one) => one.strategy === name);
    const total = own.reduce((sum, one) => sum + one.seconds, 0);
    const most = [...own].sort((a, b) => b.seconds - a.seconds)[0];
    return most === undefined || total === 0 ? [] : [{ name, phase: most.phase, share: most.seconds / total, seconds: most.seconds }];
  });
  const phases = [...new Set(longest.map((one) => one.phase))];
  if (phases.length === 1 && longest.length > 1) return `With every strategy most of the outage is ${phases.join("")}`;
  if (longest.length <= FIGURES_MOST)
    return `Most of the outage is ${longest.map((one) => `${one.phase} with ${one.name} (${figure(one.seconds * 1e6, "time")}, ${percent(Math.round(100 * one.share) / 100)})`).join(", ")}`;
  const groups = phases
    .map((phase) => ({ phase, own: longest.filter((one) => one.phase === phase).map(({ name }) => name) }))
    .sort((a, b) => b.own.length - a.own.length);
  return `Most of the outage is ${groups.map(({ phase, own }) => `${phase} with ${longest.length <= NAMED_MOST ? listWords(own) : own.length === 1 ? (own[0] ?? "") : `${own.length} strategies`}`).join(", ")}`;
}

function runsText(parts: readonly Part[]): string {
  const counts = parts.map((one) => one.runs);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? `${most} ${most === 1 ? "run" : "runs"}` : `${least} to ${most} runs`;
}
