/** What a strategy costs a month against what it gives: the first objective in which strategies differ, or the share answered well. */
import type { ExpectationVerdict } from "../../study/checks/verdict.ts";
import { metricByName } from "../../study/stats/metrics.ts";
import { type Offer, costText, purchase, purchaseGrounds, purchaseSentence } from "../buying.ts";
import { printable } from "../layout.ts";
import { type Report, summaryOf } from "../report.ts";
import { type Chart, chartSpec, rounded, runsWords } from "./chart.ts";
import { labelPlaces } from "./label-places.ts";

/** Nearer than this share of one another, figures of strategies tell nothing. */
const DIFFERENT = 0.02;
const KINDS = { feasible: "meets every objective", unknown: "cannot tell", broken: "breaks an objective" } as const;

interface Benefit {
  readonly title: string;
  /** By strategy, in what the axis shows; missing where a run never ended or nobody knows. */
  readonly values: ReadonlyMap<string, number>;
}

/** Undefined where the scenario names no prices, or there is nothing to choose between. */
export function costChart(report: Report): Chart | undefined {
  const found = purchase(report);
  const priced = found?.offers.filter((offer) => offer.cost !== undefined) ?? [];
  if (found === undefined || priced.length < 2) return undefined;
  const benefits = [...(report.objectives ?? []).map((objective) => benefitOf(objective)), answeredWell(report)];
  const benefit = benefits.find((one) => one !== undefined && differs(one)) ?? answeredWell(report);
  const rows = placed(priced.flatMap((offer) => rowOf(offer, benefit)));
  if (rows.length === 0) return undefined;
  const missing = priced.filter(({ strategy }) => !benefit.values.has(strategy)).map(({ strategy }) => printable(strategy));
  const sentence = `${purchaseSentence(found)} (${purchaseGrounds(found)})`;
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  return {
    id: "cost",
    title: `${sentence[0]?.toUpperCase() ?? ""}${sentence.slice(1)}`,
    about: `Cost a month, as if every hour were like measured time, against ${benefit.title}; mean of ${runsWords(report.repeats)} with its 95 % interval.${missing.length === 0 ? "" : ` Without a figure, and not drawn: ${missing.join(", ")}.`}`,
    reading:
      "Further left is cheaper. A ring marks strategies that none beats: no other is better in cost or an objective and worse in neither. Those are worth a choice, the others are not.",
    spec: chartSpec("Cost of each strategy against what it gives.", {
      height: HEIGHT,
      data: { values: rows },
      encoding: {
        x: {
          field: "cost",
          type: "quantitative",
          title: "cost a month",
          scale: { zero: false, nice: false, padding: EDGE },
          axis: { labelExpr: "format(datum.value, ',~r')" },
        },
        y: { field: "benefit", type: "quantitative", title: benefit.title, scale: { zero: false, nice: false, padding: EDGE } },
        tooltip: [
          { field: "strategy", title: "strategy" },
          { field: "price", title: "cost a month" },
          { field: "benefit", title: benefit.title },
          { field: "kind", title: "objectives" },
          { field: "against", title: "against it" },
        ],
      },
      layer: [
        {
          mark: { type: "rule", style: "soft", strokeWidth: 1.5 },
          encoding: { x: { field: "low", type: "quantitative" }, x2: { field: "high" } },
        },
        {
          mark: { type: "point", filled: true, size: 110, opacity: 1 },
          encoding: {
            color: {
              field: "kind",
              type: "nominal",
              title: "",
              scale: {
                domain: kinds,
                range: kinds.map((kind) => (kind === KINDS.feasible ? "#009e73" : kind === KINDS.broken ? "#d55e00" : "#e69f00")),
              },
              legend: { orient: "top" },
            },
            shape: {
              field: "kind",
              type: "nominal",
              title: "",
              scale: {
                domain: kinds,
                range: kinds.map((kind) => (kind === KINDS.feasible ? "circle" : kind === KINDS.broken ? "cross" : "square")),
              },
            },
          },
        },
        ...(rows.some(({ isPareto }) => isPareto)
          ? [
              {
                transform: [{ filter: "datum.isPareto" }],
                mark: { type: "point", style: "strong", filled: false, size: 320, strokeWidth: 1.5, opacity: 1 },
              },
            ]
          : []),
        {
          transform: [{ filter: "isValid(datum.align)" }],
          mark: {
            type: "text",
            baseline: "middle",
            fontWeight: "bold",
            align: { expr: "datum.align" },
            dx: { expr: "datum.dx" },
            dy: { expr: "datum.dy" },
          },
          encoding: { text: { field: "strategy" } },
        },
      ],
    }),
  };
}

/** Pixels; the drawing is at least so wide, and what does not collide there does not in a wider one. */
const WIDTH = 420;
const HEIGHT = 220;
const EDGE = 28;

/** Each row with where its name stands; one for which there is no room is named where one points at it. */
function placed(rows: ReturnType<typeof rowOf>) {
  const at = (number: number, all: readonly number[], size: number): number => {
    const [least, most] = [Math.min(...all), Math.max(...all)];
    return most === least ? size / 2 : EDGE + ((number - least) / (most - least)) * (size - 2 * EDGE);
  };
  const costs = rows.flatMap(({ low, high, cost }) => [low, high, cost]);
  const benefits = rows.map(({ benefit }) => benefit);
  const points = rows.map(({ cost, benefit, strategy }) => ({
    x: Math.round(at(cost, costs, WIDTH)),
    y: Math.round(HEIGHT - at(benefit, benefits, HEIGHT)),
    name: strategy,
  }));
  const places = labelPlaces(points, { width: WIDTH, height: HEIGHT });
  return rows.map((row, index) => ({ ...row, ...places[index] }));
}

function rowOf({ strategy, kind, against, cost, isPareto }: Offer, { values }: Benefit) {
  const benefit = values.get(strategy);
  if (cost === undefined || benefit === undefined) return [];
  const { low, high } = cost.interval ?? { low: cost.mean, high: cost.mean };
  return [
    {
      strategy: printable(strategy),
      cost: rounded(cost.mean),
      low: rounded(Math.max(0, low)),
      high: rounded(high),
      price: costText({ cost }),
      benefit: rounded(benefit),
      kind: KINDS[kind],
      against: against ?? "nothing",
      isPareto,
    },
  ];
}

function differs({ values }: Benefit): boolean {
  const all = [...values.values()];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  return all.length > 1 && most - least > DIFFERENT * Math.max(Math.abs(least), Math.abs(most));
}

/** The figures by which an objective was judged. */
function benefitOf({ expectation, parts }: ExpectationVerdict): Benefit | undefined {
  if (expectation.kind !== "metric") return undefined;
  const { metric, statistic } = expectation;
  const { unit = "number" } = metricByName(metric) ?? {};
  const scale = unit === "time" ? 1e-6 : unit === "share" ? 100 : 1;
  const suffix = unit === "time" ? " (s)" : unit === "share" ? " (%)" : unit === "rate" ? " (/s)" : "";
  const values = parts.flatMap(({ strategy, figures: { point } }): readonly (readonly [string, number])[] =>
    point === undefined || !Number.isFinite(point) ? [] : [[strategy, point * scale]],
  );
  return { title: `${metric} ${statistic}${suffix}`, values: new Map(values) };
}

function answeredWell(report: Report): Benefit {
  const values = report.strategies.flatMap(({ name }): readonly (readonly [string, number])[] => {
    const mean = summaryOf(report, name, "availability")?.figures?.mean;
    return mean?.kind === "mean" ? [[name, 100 * mean.value]] : [];
  });
  return { title: "answered well (%)", values: new Map(values) };
}
