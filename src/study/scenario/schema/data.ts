/** What is stored: tables, their rows and keys. */
import { z } from "zod";
import { count, name, size } from "./fields.ts";
import { suggestion } from "../text/suggest.ts";
import { report } from "./report.ts";
import { checked, section } from "./shape.ts";

const table = section({
    rows: count({ min: 1 }).prefault("1M").describe("Rows at the start."),
    // YCSB's record: ten fields of 100 bytes.
    row: size().prefault("1000B").describe("Size of a row."),
    key: name("column").prefault("id").describe("Column by which rows are sharded."),
    boundTo: name("table")
      .optional()
      .describe("Another table whose rows' shards this one shares: row r goes with row r modulo that table's rows."),
  columns: z
    .record(name("column"), count({ min: 1 }))
    .optional()
    .describe("Other columns by name, with how many values each has: row r has value r modulo that."),
});

const tables = checked(z.record(name("table"), table), (given) =>
  Object.keys(given).length > 0 ? undefined : { fault: "names no table", mend: "name one, such as { users: { rows: 1M, row: 1KB, key: user_id } }" },
).superRefine((given, context) => {
  for (const [name, { boundTo }] of Object.entries(given)) {
    if (boundTo === undefined) continue;
    const other = given[boundTo];
    const path = [name, "boundTo"];
    if (other === undefined) report(context, { fault: `there is no table "${boundTo}"`, mend: suggestion(boundTo, Object.keys(given)) }, path);
    else if (other.boundTo !== undefined)
      report(context, { fault: `"${boundTo}" is itself bound to "${other.boundTo}"`, mend: boundTo === name ? "remove boundTo" : `write ${other.boundTo}` }, path);
  }
});

export const dataSchema = section({
  databases: count({ min: 1 }).prefault(1).describe("Databases that hold each table; above 1 with sharding by databaseTable."),
  // YCSB's name for its only table.
  tables: tables.prefault({ usertable: {} }).describe("Tables by name."),
});

export type RawData = z.output<typeof dataSchema>;
