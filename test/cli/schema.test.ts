import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { DISTRIBUTIONS } from "../../src/cli/list.ts";
import { schemaText } from "../../src/cli/schema.ts";
import { parseDistribution } from "../../src/simulator/notation/distribution.ts";
import { VERSION } from "../../src/study/experiment/version.ts";
import { METRICS } from "../../src/study/stats/metrics.ts";
import { shardlab } from "./harness.ts";

const KEPT = new URL("../../scenarios/scenario.schema.json", import.meta.url);

it("the schema that editors use is the one that files are read by (UPDATE=1 npm test rewrites it)", async () => {
  const text = await schemaText();
  if (process.env["UPDATE"] === "1" || !existsSync(KEPT)) writeFileSync(KEPT, text);
  expect(readFileSync(KEPT, "utf8")).toBe(text);
});

it("schema prints it", async () => {
  const { status, out } = await shardlab("schema");
  expect(status).toBe(0);
  expect((JSON.parse(out) as { readonly title: string }).title).toBe("shardlab scenario");
});

it("every distribution that list shows can be read", () => {
  for (const [form] of DISTRIBUTIONS) expect(parseDistribution(form, "duration")).not.toHaveProperty("fault");
  expect(parseDistribution("exp(2ms, 3ms)", "duration")).toHaveProperty("fault");
});

it("list names every metric, and explain gives their definitions", async () => {
  const { out } = await shardlab("list", "metrics", "--json");
  expect((JSON.parse(out) as readonly { readonly name: string }[]).map((one) => one.name)).toEqual(METRICS.map((metric) => metric.name));
  for (const { name, definition } of METRICS.filter((_, index) => index % 10 === 0)) {
    const { status, out: text } = await shardlab("explain", name);
    expect(status).toBe(0);
    expect(text.replaceAll(/\s+/gu, " ")).toContain(definition.slice(0, 60));
  }
});

it("parts, their options and keys of a scenario can be explained; a misspelt name gets a guess", async () => {
  expect((await shardlab("explain", "synchronous")).out).toContain("common.replication.synchronous");
  expect((await shardlab("explain", "monitor.heartbeat")).out).toContain("common.failover.monitor.heartbeat");
  expect((await shardlab("explain", "cluster.server.cores")).status).toBe(0);
  expect((await shardlab("explain", "raft.election")).out).toContain("common.replication.raft.election");
  expect((await shardlab("explain", "quorum")).out).toContain("Not built yet.");
  expect(await shardlab("explain", "recovery.tmie")).toMatchObject({
    status: 2,
    out: "",
    err: 'explain: nothing is called "recovery.tmie"; did you mean "recovery.time"?\n',
  });
});

it("the version is package.json's", () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { readonly version: string };
  expect(VERSION).toBe(version);
});
