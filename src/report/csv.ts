/** Tables as CSV: RFC 4180, with `\n` as end of line. */
import type { Report } from "./report.ts";
import { type Table, outagesTable, runsTable } from "./tables.ts";

/** runs.csv. */
export const runsCsv = (report: Report): string => csv(runsTable(report));

/** outages.csv. */
export const outagesCsv = (report: Report): string => csv(outagesTable(report));

const csv = ({ columns, rows }: Table): string =>
  [columns.map(({ name }) => name), ...rows].map((row) => `${row.map(field).join(",")}\n`).join("");

function field(value: string | number | undefined): string {
  const text = String(value ?? "");
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
