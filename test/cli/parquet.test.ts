import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { expect, it } from "vitest";
import { parquetFiles } from "../../src/cli/parquet.ts";
import { runsTable } from "../../src/report/tables.ts";
import { HOSTILE, THREE, series, study } from "../report/study.ts";

const bytesOf = (name: string, report = study(THREE)): ArrayBuffer => {
  const content = parquetFiles(report).find((file) => file.name === name)?.content;
  if (!(content instanceof Uint8Array)) throw new Error(`no ${name}`);
  return content.slice().buffer;
};

it("runs.parquet holds what runs.csv holds, row by row, what has no figure as nothing", async () => {
  const report = study([...THREE, ...HOSTILE.map((name) => ({ name, outages: series(2, 3, 1) }))]);
  const { columns, rows } = runsTable(report);
  const read = await parquetReadObjects({ file: bytesOf("runs.parquet", report) });
  expect(read).toHaveLength(rows.length);
  const plain = read.map((row) =>
    columns.map(({ name }) => (typeof row[name] === "bigint" ? Number(row[name]) : ((row[name] as string | number | null) ?? undefined))),
  );
  expect(plain).toEqual(rows);
  expect(read.some((row) => row["status"] === "unknown" && row["value"] === null)).toBe(true);
});

it("outages.parquet has a row an outage, whole microseconds as whole numbers", async () => {
  const read = await parquetReadObjects({ file: bytesOf("outages.parquet") });
  expect(read).toHaveLength(90);
  expect(read[0]).toMatchObject({
    strategy: "quick",
    seed: 100n,
    shard: 0n,
    ended: "failover",
    opened_us: 20_000_000n,
    closed_us: 23_000_000n,
  });
});

it("the same study gives the same bytes, which say what made them; none gives an empty table", async () => {
  expect(Buffer.from(bytesOf("runs.parquet")).equals(Buffer.from(bytesOf("runs.parquet")))).toBe(true);
  const { key_value_metadata: about, created_by: by } = parquetMetadata(bytesOf("runs.parquet"));
  expect(by).toBe("shardlab");
  expect(Object.fromEntries((about ?? []).map(({ key, value }) => [key, value]))).toEqual({
    scenario: "by-hand",
    shardlab: "1.2.3",
    seed: "100",
  });
  const none = study([{ name: "calm", outages: [0] }]);
  expect(await parquetReadObjects({ file: bytesOf("outages.parquet", none) })).toEqual([]);
});
