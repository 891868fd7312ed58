/** How evenly the servers are loaded, and how much better they could have been: imbalance with its interval, and regret. */
import { figure } from "../../study/stats/figure.ts";
import { printable } from "../layout.ts";
import { type Report, summaryOf } from "../report.ts";
import { type Chart, type Spec, chartSpec, inSeconds, rounded, runsWords } from "./chart.ts";
import { linesOf, strategyRows } from "./strategies.ts";
import { durationOf, lengthWords, momentLayers, moments, momentsHeight, timeX, zoomParams } from "./time.ts";

/** Of servers that are not alike the busiest should be asked more: there how busy it is tells. */
const EVEN = { metric: "load.maxOverMean", scale: 1, least: 1, axis: "largest / mean requests of a server" } as const;
const BUSY = { metric: "load.utilisation", scale: 100, least: 0, axis: "busy share of the busiest server (%)" } as const;

/** Strategies nearer than this share are told apart by no picture. */
const DIFFERENT = 1.02;
/** From the calmest window to the worst: less is no story. */
const STORY = 1.4;

interface Row {
  readonly strategy: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** The best that placing the same keys could have reached; undefined where nobody knows. */
  readonly best?: number;
}

/** The stretch between what was reached and what could have been. */
const REGRET: readonly Spec[] = [
  {
    transform: [{ filter: "isValid(datum.best)" }],
    mark: { type: "bar", height: 12, color: "#e69f00", opacity: 0.45 },
    encoding: { x: { field: "best", type: "quantitative" }, x2: { field: "mean" } },
  },
  {
    transform: [{ filter: "isValid(datum.best)" }],
    mark: { type: "tick", style: "strong", thickness: 2, size: 16 },
    encoding: { x: { field: "best", type: "quantitative" } },
  },
];

/** Undefined where all strategies are alike and as even as they can be. */
export function balanceChart(report: Report): Chart | undefined {
  const isMixed = new Set(report.strategies.flatMap(({ drawn }) => drawn.cores)).size > 1;
  const { metric, scale, least: floor, axis } = isMixed ? BUSY : EVEN;
  const rows = report.strategies.flatMap(({ name }): readonly Row[] => {
    const mean = summaryOf(report, name, metric)?.figures?.mean;
    const regret = isMixed ? undefined : summaryOf(report, name, "regret")?.figures?.mean;
    if (mean?.kind !== "mean") return [];
    const { low, high } = mean.interval ?? { low: mean.value, high: mean.value };
    const best = regret?.kind === "mean" ? { best: rounded(Math.max(1, mean.value - regret.value)) } : {};
    return [
      { strategy: printable(name), mean: rounded(scale * mean.value), low: rounded(scale * low), high: rounded(scale * high), ...best },
    ];
  });
  const ordered = [...rows].sort((a, b) => a.mean - b.mean);
  const [least, most] = [ordered[0], ordered.at(-1)];
  if (least === undefined || most === undefined) return undefined;
  const hasRegret = rows.some(({ mean, best }) => best !== undefined && mean > best * DIFFERENT);
  if (most.mean < least.mean * DIFFERENT && !hasRegret) return undefined;
  const times = (number: number): string => `${figure(number, "number")} ${isMixed ? "%" : "×"}`;
  const carries = (number: number): string => (isMixed ? `is busy ${times(number)} of the time` : `carries ${times(number)} the mean load`);
  const spread =
    most.mean < least.mean * DIFFERENT
      ? `The busiest server ${carries(most.mean)}, whatever the strategy`
      : `The busiest server ${carries(least.mean)} with ${least.strategy}, ${times(most.mean)} with ${most.strategy}`;
  const known = rows.flatMap(({ best }) => best ?? []);
  const reach = known.length === rows.length && hasRegret ? `; ${times(Math.min(...known))} was possible` : "";
  return {
    id: "balance",
    title: `${spread}${reach}`,
    about: `${isMixed ? "Busy share of the busiest server, since servers are not alike," : "Largest over mean requests of the servers"} in measured time: mean of ${runsWords(report.repeats)}, with its 95 % interval${known.length > 0 ? "; the upright line is the best that placing the same keys could have reached, the pale bar the regret" : ""}.`,
    reading: isMixed
      ? "Queues grow without bound as a server nears 100 %. The further left, the more load the same machines can take."
      : "1 is perfectly even. A dot at 2 says that machines must be twice as big as the average load asks for. The longer the pale bar, the more a better placement would have saved.",
    spec: chartSpec("Imbalance of each strategy with its interval and its regret.", {
      height: 28 * rows.length,
      data: { values: rows },
      encoding: {
        y: strategyRows(rows.map(({ strategy }) => strategy)),
        tooltip: [
          { field: "strategy", title: "strategy" },
          { field: "mean", title: axis },
          { field: "low", title: "95 % from" },
          { field: "high", title: "95 % to" },
          { field: "best", title: "best possible" },
        ],
      },
      layer: [
        ...(known.length === 0 ? [] : REGRET),
        {
          mark: { type: "rule", color: "#0072b2", strokeWidth: 2.5 },
          encoding: {
            x: {
              field: "low",
              type: "quantitative",
              title: axis,
              scale: { zero: false, domainMin: floor, nice: false, padding: 12 },
            },
            x2: { field: "high" },
          },
        },
        {
          mark: { type: "point", filled: true, color: "#0072b2", size: 90, opacity: 1 },
          encoding: { x: { field: "mean", type: "quantitative" } },
        },
      ],
    }),
  };
}

/** Undefined where the balance was the same all the time. */
export function balanceOverTime(report: Report): Chart | undefined {
  const lines = linesOf(report);
  const { strategies } = lines;
  const points = strategies.flatMap(({ name, drawn }) =>
    drawn.balance.points.map(([at, ratio]) => ({ strategy: printable(name), at: inSeconds(at), ratio })),
  );
  const spans = strategies.flatMap(({ name }) => {
    const own = points.filter(({ strategy }) => strategy === printable(name)).map(({ ratio }) => ratio);
    return own.length < 3 ? [] : [{ name: printable(name), least: Math.min(...own), most: Math.max(...own) }];
  });
  const widest = [...spans].sort((a, b) => b.most / b.least - a.most / a.least)[0];
  if (widest === undefined || widest.most < widest.least * STORY) return undefined;
  const found = moments(report);
  const duration = durationOf(report);
  const width = lengthWords(strategies[0]?.drawn.balance.width ?? 0);
  const times = (number: number): string => `${figure(number, "number")} ×`;
  return {
    id: "balance-time",
    title: `With ${widest.name} the busiest server's share goes from ${times(widest.least)} to ${times(widest.most)} the mean`,
    about: `Largest over mean requests of the servers in each ${width}, mean of ${runsWords(report.repeats)} a strategy.${lines.note}`,
    reading: "1 is perfectly even. A step upwards says that load gathered on one server: it took over for a dead one, or a key became hot.",
    time: true,
    spec: chartSpec("Imbalance over time, one line a strategy.", {
      height: 180,
      params: zoomParams(0, duration),
      layer: [
        ...momentLayers(found),
        {
          data: { values: points },
          mark: { type: "line", interpolate: "step-after", clip: true, strokeWidth: 2 },
          encoding: {
            x: timeX("at"),
            y: {
              field: "ratio",
              type: "quantitative",
              title: "largest / mean",
              scale: { domainMin: 1, nice: false },
              axis: { tickCount: 5 },
            },
            ...lines.encoding(6 + momentsHeight(found)),
            tooltip: [
              { field: "strategy", title: "strategy" },
              { field: "at", title: "from (s)" },
              { field: "ratio", title: "largest / mean" },
            ],
          },
        },
      ],
    }),
  };
}
