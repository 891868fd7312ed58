/** Every run as a dot, a row a strategy: what charts of one figure a run have in common. */
import { type Observed, lowerEnd, sortObserved } from "../../study/stats/sample.ts";
import { type Spec, chartSpec, rounded } from "./chart.ts";
import { strategyRows } from "./strategies.ts";

/** Different figures drawn of a strategy; nearer ones are put together. */
const PLACES_MOST = 100;

export interface RunRows {
  readonly description: string;
  /** Of the horizontal axis, with its unit. */
  readonly axis: string;
  /** From the metric's unit to the axis's. */
  readonly scale: number;
  /** From top to bottom. */
  readonly strategies: readonly { readonly name: string; readonly values: readonly Observed[] }[];
  /** What a run that had not ended is called. */
  readonly open: string;
}

/** A run that had not ended stands where it ended at the earliest, in another colour. */
export function runRowsSpec({ description, axis, scale, strategies, open }: RunRows): Spec {
  const most = Math.max(...strategies.flatMap(({ values }) => values.map(lowerEnd)));
  const step = most / PLACES_MOST;
  const dots = strategies.flatMap(({ name, values }) => {
    const places = new Map<string, { readonly strategy: string; readonly at: number; readonly run: string; runs: number }>();
    for (const one of values) {
      const at = step === 0 ? 0 : Math.round(lowerEnd(one) / step) * step;
      const key = `${one.kind} ${at}`;
      const known = places.get(key);
      if (known === undefined)
        places.set(key, { strategy: name, at: rounded(at * scale), run: one.kind === "value" ? "ended" : open, runs: 1 });
      else known.runs += 1;
    }
    return [...places.values()];
  });
  const kinds = ["ended", open].filter((kind) => dots.some(({ run }) => run === kind));
  const x = {
    field: "at",
    type: "quantitative",
    title: axis,
    scale: { domain: [0, rounded(most * scale)], nice: false, padding: 14 },
    axis: { labelExpr: "abs(datum.value) >= 10000 ? format(datum.value, '~s') : datum.label" },
  };
  return chartSpec(description, {
    height: 24 * strategies.length,
    encoding: { y: strategyRows(strategies.map(({ name }) => name)), x },
    layer: [
      {
        data: { values: dots },
        mark: { type: "point", filled: true, opacity: 0.55 },
        encoding: {
          size: {
            field: "runs",
            type: "quantitative",
            scale: { domain: [1, Math.max(2, ...strategies.map(({ values }) => values.length))], range: [60, 260] },
            legend: false,
          },
          color: {
            field: "run",
            type: "nominal",
            title: "",
            scale: { domain: kinds, range: kinds.map((kind) => (kind === open ? "#d55e00" : "#0072b2")) },
            legend: kinds.length > 1 ? { orient: "top" } : false,
          },
          tooltip: [
            { field: "strategy", title: "strategy" },
            { field: "at", title: axis },
            { field: "runs", title: "runs" },
          ],
        },
      },
      {
        data: { values: strategies.map(({ name, values }) => ({ strategy: name, at: rounded(medianOf(values) * scale) })) },
        mark: { type: "tick", style: "strong", thickness: 3, size: 18 },
      },
    ],
  });
}

const medianOf = (values: readonly Observed[]): number => {
  const middle = sortObserved(values)[Math.floor((values.length - 1) / 2)];
  return middle === undefined ? 0 : lowerEnd(middle);
};
