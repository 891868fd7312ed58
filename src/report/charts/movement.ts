/** What a change of members moved, against the least that it had to. */
import { figure } from "../../study/stats/figure.ts";
import { printable } from "../layout.ts";
import { type Report, summaryOf } from "../report.ts";
import { type Chart, type Spec, chartSpec, runsWords } from "./chart.ts";
import { strategyRows } from "./strategies.ts";

interface Row {
  readonly strategy: string;
  readonly keys: number;
  readonly bytes: number;
  /** The fewest keys that had to move; undefined where nothing had to. */
  readonly fewest?: number;
}

const FEWEST: Spec = {
  transform: [{ filter: "isValid(datum.fewest)" }],
  mark: { type: "tick", style: "strong", thickness: 3, size: 24 },
  encoding: { x: { field: "fewest", type: "quantitative" } },
};

/** Undefined where nothing moved. */
export function movementChart(report: Report): Chart | undefined {
  const meanOf = (name: string, metric: string): number | undefined => {
    const mean = summaryOf(report, name, metric)?.figures?.mean;
    return mean?.kind === "mean" ? mean.value : undefined;
  };
  const rows = report.strategies.flatMap(({ name }): readonly Row[] => {
    const keys = meanOf(name, "moved.keys");
    if (keys === undefined) return [];
    const excess = meanOf(name, "moved.excess");
    const fewest = excess === undefined || excess === 0 ? {} : { fewest: Math.round(keys / excess) };
    return [{ strategy: printable(name), keys: Math.round(keys), bytes: Math.round(meanOf(name, "moved.bytes") ?? 0), ...fewest }];
  });
  if (!rows.some(({ keys }) => keys > 0)) return undefined;
  const ordered = [...rows].sort((a, b) => a.keys - b.keys);
  const [least, most] = [ordered[0]!, ordered.at(-1)!];
  const said = (one: Row): string => {
    const times = one.fewest === undefined || one.fewest === 0 ? "" : ` (${figure(one.keys / one.fewest, "number")} × what had to)`;
    return `${figure(one.keys, "count")} keys${times}`;
  };
  const title =
    rows.length === 1 || said(least) === said(most)
      ? `The change moves ${said(most)}${report.strategies.length === 1 ? "" : rows.length === 1 ? ` with ${most.strategy}` : ", whatever the strategy"}`
      : `The change moves ${said(least)} with ${least.strategy}, ${said(most)} with ${most.strategy}`;
  return {
    id: "movement",
    title,
    about: `Key copies that came to a server because the membership changed, mean of ${runsWords(report.repeats)} a strategy; the upright line is the fewest that had to.`,
    reading: "A bar that ends at its line moved nothing in vain. What is beyond the line was moved although balance did not ask for it.",
    spec: chartSpec("Moved keys of each strategy, and the fewest possible.", {
      height: 30 * rows.length,
      data: { values: rows },
      encoding: {
        y: strategyRows(
          rows.map(({ strategy }) => strategy),
          false,
        ),
        tooltip: [
          { field: "strategy", title: "strategy" },
          { field: "keys", title: "key copies moved" },
          { field: "fewest", title: "fewest possible" },
          { field: "bytes", title: "bytes of rows", format: ".3~s" },
        ],
      },
      layer: [
        {
          mark: { type: "bar", color: "#0072b2", opacity: 0.75, height: { band: 0.6 } },
          encoding: {
            x: {
              field: "keys",
              type: "quantitative",
              title: "key copies moved",
              axis: { labelExpr: "format(datum.value, '~s')" },
            },
          },
        },
        ...(rows.some(({ fewest }) => fewest !== undefined) ? [FEWEST] : []),
      ],
    }),
  };
}
