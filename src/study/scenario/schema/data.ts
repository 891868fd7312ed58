/** What is stored: tables, their rows and keys. */
import { z } from "zod";
import { count, name, size } from "./fields.ts";
import { checked, section } from "./shape.ts";

const table = section(
  {
    rows: count({ min: 1 }).prefault("1M").describe("Rows at the start."),
    // YCSB's record: ten fields of 100 bytes.
    row: size().prefault("1000B").describe("Size of a row."),
    key: name("column").prefault("id").describe("Column by which rows are sharded."),
  },
  ["columns", "boundTo"],
);

const tables = checked(z.record(name("table"), table), (given) =>
  Object.keys(given).length > 0 ? undefined : { fault: "names no table", mend: "name one, such as { users: { rows: 1M, row: 1KB, key: user_id } }" },
);

const databases = checked(count({ min: 1 }), (n) =>
  n === 1 ? undefined : { fault: "more than one database is not built yet", mend: "write 1; it comes with sharding by databaseTable" },
);

export const dataSchema = section({
  databases: databases.prefault(1).describe("Databases that hold each table."),
  // YCSB's name for its only table.
  tables: tables.prefault({ usertable: {} }).describe("Tables by name."),
});

export type RawData = z.output<typeof dataSchema>;
