/** Headroom: how much more load a strategy stands before an objective breaks. Found by runs at other loads (study/experiment/load-search.ts). */
import type { LoadFound, RunRecord } from "../../simulator/record/record.ts";
import type { MetricDefinition } from "./metric.ts";
import { type MetricValue, censored, unknown, value } from "./sample.ts";

/** Near enough: the load that breaks is at most this share above the one that holds. */
export const HEADROOM_PRECISION = 0.05;
/** Loads beyond these are not tried: a 64th of the scenario's, and sixteen times as much. */
export const HEADROOM_LEAST = 1 / 64;
export const HEADROOM_MOST = 16;

const COMMON =
  "arrivals come so many times as often, from the same random streams (closed loops have more clients, traces run faster), without the scenario's own faults and planned operations. The load is doubled or quartered until the break lies between two loads, then bisected until they are within 5 %: the figure is the lower of the two, 0 if an objective breaks at a 64th of the load, and at least 16 (censored) if none breaks at sixteen times as much. Objectives that such a run cannot exercise, such as recovery without a fault, are left out; each run is judged by itself. What breaks at some load is taken to break at every higher one. Looked for only where an expectation or an objective names it, since it takes a dozen runs for each: `shardlab capacity` looks for the same, over the runs of a load together, and names what breaks.";

const extracting =
  (take: (record: RunRecord) => LoadFound | undefined) =>
  (record: RunRecord): MetricValue => {
    const found = take(record);
    if (found === undefined) return unknown("unsupported", "not looked for: no expectation or objective names it");
    return found.breaks === undefined ? censored(found.holds ?? 0) : value(found.holds ?? 0, found.what);
  };

const BASE = {
  unit: "number",
  better: "more",
  least: 0,
  filters: [],
  conflicts: [],
  over: false,
  each: undefined,
  distribution: undefined,
} as const;

export const HEADROOM_METRICS: readonly MetricDefinition[] = [
  {
    name: "headroom",
    definition: `The highest load, as a multiple of the scenario's own, at which no objective of the scenario breaks, with every server there: ${COMMON}`,
    extract: extracting(({ headroom }) => headroom?.healthy),
    ...BASE,
  },
  {
    name: "headroom.gone",
    definition:
      "The highest load, as a multiple of the scenario's own, at which no objective of the scenario breaks with the worst single failure domain dead from the start of measured time on: each zone is tried (each rack where there is one zone, each server where there is one rack), and the time after its death is left out of metrics that can be asked by window, as long as the warm-up is. Otherwise as headroom.",
    extract: extracting(({ headroom }) => headroom?.gone),
    ...BASE,
  },
];

/** Whether a metric needs runs at other loads. */
export const isHeadroom = (metric: string): boolean => HEADROOM_METRICS.some(({ name }) => name === metric);
