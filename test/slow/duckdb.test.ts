/** The README's lines for DuckDB, run by DuckDB on files that a run has written. */
import { DuckDBInstance } from "@duckdb/node-api";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { scenarioFile, scratch, shardlab } from "../cli/harness.ts";

it("DuckDB answers the README's question from a run's Parquet files, as the run itself does", async () => {
  const folder = join(scratch(), "orders");
  await shardlab("run", scenarioFile(), "--out", folder, "--quiet", "--format", "parquet,json,csv");
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const sql = /```sql\n(?<sql>[^`]*)```/u.exec(readme)?.groups?.["sql"] ?? "";
  expect(sql.trim().split("\n")).toHaveLength(3);
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const ask = async (query: string): Promise<readonly Record<string, unknown>[]> => (await connection.runAndReadAll(query)).getRowObjects();
  const rows = await ask(sql.replaceAll("reports/primary-crash", folder));
  interface Results {
    readonly runs: readonly { readonly strategy: string; readonly metrics: Readonly<Record<string, unknown>> }[];
  }
  const { runs } = JSON.parse(readFileSync(join(folder, "results.json"), "utf8")) as Results;
  const expected = ["async", "sync"].map((strategy) => {
    const own = runs.filter((run) => run.strategy === strategy).map((run) => Number(run.metrics["recovery.time"]) / 1e6);
    return { strategy, median_s: own.sort((a, b) => a - b)[1] };
  });
  expect(
    rows.map(({ strategy, median_s }) => ({ strategy, median_s })).sort((a, b) => (String(a.strategy) < String(b.strategy) ? -1 : 1)),
  ).toEqual(expected);
  // The CSV beside it says the same.
  const [both] = await ask(
    `SELECT count(*) AS n FROM (SELECT * FROM '${folder}/runs.parquet' EXCEPT SELECT * FROM read_csv('${folder}/runs.csv', types = {'key': 'VARCHAR', 'digest': 'VARCHAR'}, nullstr = '', force_not_null = ['statistic']))`,
  );
  expect(Number(both?.["n"])).toBe(0);
});
