/** Tables for other programs: one row a run and metric, one row an outage. RFC 4180, with `\n` as end of line; times in microseconds. */
import type { Outage, RunRecord } from "../simulator/record/record.ts";
import { EVERYWHERE } from "../study/stats/metric.ts";
import { METRICS } from "../study/stats/metrics.ts";
import type { Report } from "./report.ts";

/**
 * runs.csv. `status` is value, censored (the figure is "at least" this), unknown or absent (no figure). Metrics that have a
 * distribution in each run, such as latency, are given by the statistic that stands for one run (`statistic`).
 */
export function runsCsv(report: Report): string {
  const head = ["strategy", "repeat", "seed", "key", "digest", "metric", "statistic", "unit", "status", "value"];
  const rows = report.strategies.flatMap(({ name, records }) =>
    records.flatMap((record) => {
      const { repeat, seed, key } = record.header;
      return METRICS.map((metric) => {
        const found = metric.extract(record, EVERYWHERE, "max");
        const value = found.kind === "value" ? found.value : found.kind === "censored" ? found.atLeast : "";
        return [name, repeat, seed, key, record.digest, metric.name, metric.distribution?.statistic ?? "", metric.unit, found.kind, value];
      });
    }),
  );
  return csv([head, ...rows]);
}

/** These columns in this order: other programs read them by place. An outage that was still open closes at the end of measured time. */
const OUTAGE_COLUMNS: readonly (readonly [name: string, take: (outage: Outage) => string | number])[] = [
  ["shard", (outage) => outage.shard],
  ["vantage", (outage) => outage.vantage],
  ["causes", (outage) => outage.causes.join("; ")],
  ["ended", (outage) => outage.ended],
  ["opened_us", (outage) => outage.openedAt],
  ["closed_us", (outage) => outage.closedAt],
  ["detection_us", (outage) => outage.phases.detection],
  ["decision_us", (outage) => outage.phases.decision],
  ["promotion_us", (outage) => outage.phases.promotion],
  ["publication_us", (outage) => outage.phases.publication],
  ["reconnection_us", (outage) => outage.phases.reconnection],
  ["return_us", (outage) => outage.phases.return],
  ["elections", (outage) => outage.elections],
  ["loss_writes", (outage) => outage.lossWrites],
  ["loss_visible", (outage) => outage.lossVisible],
];

/** outages.csv: every outage of every run, those of isolated vantages and those without a fault included. */
export function outagesCsv(report: Report): string {
  const row = (strategy: string, { header }: RunRecord, outage: Outage): readonly (string | number)[] => [
    strategy,
    header.seed,
    ...OUTAGE_COLUMNS.map(([, take]) => take(outage)),
  ];
  const rows = report.strategies.flatMap(({ name, records }) =>
    records.flatMap((record) => record.outages.map((outage) => row(name, record, outage))),
  );
  return csv([["strategy", "seed", ...OUTAGE_COLUMNS.map(([name]) => name)], ...rows]);
}

const csv = (rows: readonly (readonly (string | number)[])[]): string => rows.map((row) => `${row.map(field).join(",")}\n`).join("");

const field = (value: string | number): string => {
  const text = String(value);
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
