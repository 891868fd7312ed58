/** How many acknowledged writes each run lost. */
import { observedFigure } from "../../study/stats/figure.ts";
import { isObserved, lowerEnd } from "../../study/stats/sample.ts";
import { printable } from "../layout.ts";
import { type Report, summaryOf } from "../report.ts";
import { type Chart, type Spec, chartSpec, listWords, runsWords, someOf } from "./chart.ts";
import { strategyRows } from "./strategies.ts";

/** Different numbers of lost writes drawn of a strategy; nearer ones are put together. */
const PLACES_MOST = 100;
/** Spread beyond which a linear axis squeezes the small losses into a line. */
const LOGARITHMIC_FROM = 100;

interface Dot {
  readonly strategy: string;
  readonly lost: number;
  readonly runs: number;
}

/** Undefined where no run lost a write. */
export function lossChart(report: Report): Chart | undefined {
  const strategies = report.strategies.flatMap(({ name }) => {
    const summary = summaryOf(report, name, "loss.writes");
    if (summary?.figures === undefined) return [];
    const losses = summary.values
      .map(({ value }) => value)
      .filter(isObserved)
      .map(lowerEnd);
    return [{ name: printable(name), losses, summary, any: losses.filter((one) => one > 0).length }];
  });
  const losing = strategies.filter(({ any }) => any > 0);
  if (losing.length === 0) return undefined;
  const clean = strategies.filter(({ any }) => any === 0).map(({ name }) => name);
  const words = losing.map(({ any, losses, summary }) => {
    const median = summary.figures === undefined ? "–" : observedFigure(summary.figures.p50.value, summary.unit);
    return any * 2 > losses.length ? median : `0 (up to ${Math.max(...losses)}, in ${any} of ${losses.length} runs)`;
  });
  const isSame = clean.length === 0 && losing.length > 1 && new Set(words).size === 1;
  const said = isSame ? `${words[0] ?? ""}, with every strategy` : someOf(losing.map(({ name }, index) => `${name} ${words[index] ?? ""}`));
  const most = Math.max(...losing.flatMap(({ losses }) => losses));
  const isSeen = report.shown.some(({ name }) => name === "loss.visible");
  const seen = isSeen ? ", whether or not a reader can notice (the table counts those that readers notice apart)" : "";
  return {
    id: "loss",
    title: `Writes lost in the median run: ${said}${clean.length === 0 ? "" : `; ${listWords(clean)} ${clean.length === 1 ? "loses" : "lose"} none in ${runsWords(report.repeats)}`}`,
    about: `Acknowledged writes lost in a run${seen}, ${runsWords(report.repeats)} a strategy.`,
    reading:
      "A dot stands where runs lost so many writes, larger for more runs; the upright line is the median run. All the way to the left nothing is lost.",
    spec: chartSpec("Lost writes of every run, one row a strategy.", {
      height: 34 * strategies.length,
      encoding: {
        y: strategyRows(strategies.map(({ name }) => name)),
        x: {
          field: "lost",
          type: "quantitative",
          title: most > LOGARITHMIC_FROM ? "lost writes (logarithmic from 1)" : "lost writes",
          scale: { type: most > LOGARITHMIC_FROM ? "symlog" : "linear", domain: [0, Math.max(1, most)], nice: false, padding: 14 },
          axis: { labelExpr: "format(datum.value, '~s')", labelOverlap: true, grid: true, ...ticksOf(most) },
        },
      },
      layer: [
        {
          data: { values: strategies.flatMap(({ name, losses }) => dots(name, losses)) },
          mark: { type: "circle", color: "#0072b2", opacity: 0.55 },
          encoding: {
            size: { field: "runs", type: "quantitative", scale: { domain: [0, report.repeats], range: [24, 420] }, legend: false },
            tooltip: [
              { field: "strategy", title: "strategy" },
              { field: "lost", title: "lost writes" },
              { field: "runs", title: "runs" },
            ],
          },
        },
        {
          data: {
            values: strategies.map(({ name, summary }) => ({
              strategy: name,
              lost: summary.figures === undefined ? 0 : lowerEnd(summary.figures.p50.value),
            })),
          },
          mark: { type: "tick", style: "strong", thickness: 3, size: 26 },
        },
      ],
    }),
  };
}

/** Powers of ten on the logarithmic axis, whole numbers on the linear one. */
function ticksOf(most: number): Spec {
  if (most <= LOGARITHMIC_FROM) return { tickMinStep: 1 };
  return { values: [0, 1, 3, 10, 30, 100, 300, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7].filter((one) => one <= 1.2 * most) };
}

function dots(strategy: string, losses: readonly number[]): readonly Dot[] {
  const most = Math.max(1, ...losses);
  const step = Math.max(1, Math.ceil(most / PLACES_MOST));
  const counts = new Map<number, number>();
  for (const lost of losses) {
    const place = lost === 0 ? 0 : Math.max(1, Math.round(lost / step) * step);
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b).map(([lost, runs]) => ({ strategy, lost, runs }));
}
