/** Tables for other programs, by columns: one row a run and metric, one row an outage. csv.ts and cli's Parquet write the same. */
import { METRICS } from "../study/stats/metrics.ts";
import type { Report } from "./report.ts";
import { OUTAGE_FIELDS } from "./results-outages.ts";

export interface Column {
  readonly name: string;
  /** `whole`: up to 2^53; `number` may be missing. */
  readonly kind: "text" | "whole" | "number";
}

export interface Table {
  readonly columns: readonly Column[];
  /** In the order of the columns; undefined where there is nothing. */
  readonly rows: readonly (readonly (string | number | undefined)[])[];
}

const column = (kind: Column["kind"], name: string): Column => ({ name, kind });

const RUNS: readonly Column[] = [
  column("text", "strategy"),
  column("whole", "repeat"),
  column("whole", "seed"),
  column("text", "key"),
  column("text", "digest"),
  column("text", "metric"),
  column("text", "statistic"),
  column("text", "unit"),
  column("text", "status"),
  column("number", "value"),
];

/**
 * `status` is value, censored (the figure is "at least" this), unknown or absent (no figure). Metrics that have a distribution in each run,
 * such as latency, are given by the statistic that stands for one run (`statistic`).
 */
export function runsTable({ strategies }: Report): Table {
  const rows = strategies.flatMap(({ name, runs }) =>
    runs.flatMap(({ repeat, seed, key, digest, values }) =>
      METRICS.flatMap((metric) => {
        const found = values.get(metric.name);
        if (found === undefined) return [];
        const value = found.kind === "value" ? found.value : found.kind === "censored" ? found.atLeast : undefined;
        return [[name, repeat, seed, key, digest, metric.name, metric.distribution?.statistic ?? "", metric.unit, found.kind, value]];
      }),
    ),
  );
  return { columns: RUNS, rows };
}

/** Every outage of every run, those of isolated vantages and those without a fault included. Times in microseconds. */
export function outagesTable({ strategies }: Report): Table {
  const rows = strategies.flatMap(({ name, outages }) =>
    outages.map(({ seed, outage }) => [name, seed, ...OUTAGE_FIELDS.map(({ take }) => take(outage))]),
  );
  const own = OUTAGE_FIELDS.map(({ name, kind }) => column(kind, name));
  return { columns: [column("text", "strategy"), column("whole", "seed"), ...own], rows };
}
