/** Tables as Parquet files, for DuckDB, pandas, R and Spark. The same table gives the same bytes. */
import { parquetWriteBuffer } from "hyparquet-writer";
import type { Report } from "../report/report.ts";
import { type Table, outagesTable, runsTable } from "../report/tables.ts";
import type { OutputFile } from "./files.ts";

/** runs.parquet and outages.parquet, with what runs.csv and outages.csv hold. */
export function parquetFiles(report: Report): readonly OutputFile[] {
  const about = { scenario: report.name, shardlab: report.version, seed: String(report.seed) };
  return [
    { name: "runs.parquet", content: parquet(runsTable(report), about) },
    { name: "outages.parquet", content: parquet(outagesTable(report), about) },
  ];
}

const TYPES = { text: "STRING", whole: "INT64", number: "DOUBLE" } as const;

function parquet({ columns, rows }: Table, about: Readonly<Record<string, string>>): Uint8Array {
  const columnData = columns.map(({ name, kind }, index) => ({
    name,
    type: TYPES[kind],
    nullable: kind === "number",
    data: rows.map((row) => {
      const value = row[index];
      return kind === "whole" ? BigInt(Number(value)) : value;
    }),
  }));
  const kvMetadata = Object.entries(about).map(([key, value]) => ({ key, value }));
  return new Uint8Array(parquetWriteBuffer({ columnData, kvMetadata, createdBy: "shardlab" }));
}
