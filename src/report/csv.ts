/** Tables for other programs: one row a run and metric, one row an outage. RFC 4180, with `\n` as end of line; times in microseconds. */
import { METRICS } from "../study/stats/metrics.ts";
import type { Report } from "./report.ts";
import { OUTAGE_FIELDS } from "./results-outages.ts";

/**
 * runs.csv. `status` is value, censored (the figure is "at least" this), unknown or absent (no figure). Metrics that have a
 * distribution in each run, such as latency, are given by the statistic that stands for one run (`statistic`).
 */
export function runsCsv(report: Report): string {
  const head = ["strategy", "repeat", "seed", "key", "digest", "metric", "statistic", "unit", "status", "value"];
  const rows = report.strategies.flatMap(({ name, runs }) =>
    runs.flatMap(({ repeat, seed, key, digest, values }) =>
      METRICS.flatMap((metric) => {
        const found = values.get(metric.name);
        if (found === undefined) return [];
        const value = found.kind === "value" ? found.value : found.kind === "censored" ? found.atLeast : "";
        return [[name, repeat, seed, key, digest, metric.name, metric.distribution?.statistic ?? "", metric.unit, found.kind, value]];
      }),
    ),
  );
  return csv([head, ...rows]);
}

/** outages.csv: every outage of every run, those of isolated vantages and those without a fault included. */
export function outagesCsv(report: Report): string {
  const rows = report.strategies.flatMap(({ name, outages }) =>
    outages.map(({ seed, outage }) => [name, seed, ...OUTAGE_FIELDS.map(({ take }) => take(outage))]),
  );
  return csv([["strategy", "seed", ...OUTAGE_FIELDS.map(({ name }) => name)], ...rows]);
}

const csv = (rows: readonly (readonly (string | number)[])[]): string => rows.map((row) => `${row.map(field).join(",")}\n`).join("");

const field = (value: string | number): string => {
  const text = String(value);
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
