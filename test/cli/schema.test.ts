import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { BENCH_TOPICS } from "../../src/cli/bench.ts";
import { catalogue } from "../../src/cli/catalogue.ts";
import { DISTRIBUTIONS, LIST_NAMES } from "../../src/cli/list.ts";
import { schemaText } from "../../src/cli/schema.ts";
import { parseDistribution } from "../../src/simulator/notation/distribution.ts";
import { FAULT_KINDS } from "../../src/study/scenario/schema/faults.ts";
import { VERSION } from "../../src/study/experiment/version.ts";
import { METRICS } from "../../src/study/stats/metrics.ts";
import { shardlab } from "./harness.ts";

const KEPT = new URL("../../scenarios/scenario.schema.json", import.meta.url);

it("the schema that editors use is the one that files are read by (UPDATE=1 npm test rewrites it)", async () => {
  const text = await schemaText();
  if (process.env["UPDATE"] === "1" || !existsSync(KEPT)) writeFileSync(KEPT, text);
  expect(readFileSync(KEPT, "utf8")).toBe(text);
});

it("the schema of results in the package is the one that they are read by (UPDATE=1 npm test rewrites it)", async () => {
  const kept = new URL("../../schema/results.schema.json", import.meta.url);
  const { status, out } = await shardlab("schema", "results");
  if (process.env["UPDATE"] === "1" || !existsSync(kept)) writeFileSync(kept, out);
  expect([status, readFileSync(kept, "utf8")]).toEqual([0, out]);
  expect(await shardlab("schema", "resluts")).toMatchObject({ status: 2 });
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
  expect((await shardlab("explain", "saga")).out).toContain("Not built yet.");
  expect(await shardlab("explain", "recovery.tmie")).toMatchObject({
    status: 2,
    out: "",
    err: 'explain: nothing is called "recovery.tmie"; did you mean "recovery.time"?\n',
  });
});

it("a column of the table is explained by its title, and a short form of a name gets a guess", async () => {
  for (const words of [["back after"], ["back", "after"], ["Back after, p90"]])
    expect((await shardlab("explain", ...words)).out).toContain("recovery.time  metric");
  expect((await shardlab("explain", "lost (seen)")).out).toContain("loss.visible  metric");
  expect((await shardlab("explain", "semi-sync")).err).toContain('did you mean "semiSynchronous"?');
});

it("the first part of metrics' names tells the whole family", async () => {
  for (const name of ["moved", "moved.*"]) {
    const { status, out } = await shardlab("explain", name);
    expect(status).toBe(0);
    for (const metric of METRICS.filter((one) => one.name.startsWith("moved."))) expect(out).toContain(metric.name);
    expect(out).not.toContain("latency");
  }
});

const told = async (name: string): Promise<string> => (await shardlab("explain", name)).out.replaceAll(/\s+/gu, " ");

it("presets, kinds of faults, targets, expectations and options are explained, with their defaults", async () => {
  expect(await told("ycsb-a")).toMatch(/workload preset .*Operations: read 50%, update 50%.*Zipf/u);
  expect(await told("mix")).toMatch(/distribution .*workload\.mix key of a scenario/u);
  for (const kind of FAULT_KINDS) expect(await told(kind), kind).toContain(`faults.${kind} key of a scenario`);
  expect(await told("faults")).toMatch(/Keys: at, every, .*hostDeath/u);
  expect(await told("expect")).toMatch(/Keys: metric, invariant, of, .*lessThan/u);
  for (const target of ["targets", "primary of shard 3", "zone b"]) expect(await told(target)).toContain("standbys of shard N");
  expect(await told("retries")).toContain("Default: 5");
  expect(await told("strategies.client.retries")).toContain("Default: 5");
  expect(await told("keys")).toMatch(/of a scenario .*faults, .*strategies/u);
});

it("every key of a part's and the client's options with a default says it", async () => {
  const schema = JSON.parse(await schemaText()) as {
    readonly properties: { readonly common: { readonly properties: Record<string, unknown> } };
  };
  const text = JSON.stringify(schema.properties.common.properties["client"]);
  for (const [key, value] of Object.entries({ retries: 5, factor: 2, deadline: "2s", timeout: "500ms", budget: "20%" })) {
    expect(await told(`client.${key === "factor" ? "backoff.factor" : key}`)).toContain(`Default: ${JSON.stringify(value)}`);
    expect(text).toContain(`"default":${JSON.stringify(value)}`);
  }
});

it("what is listed can be explained, and help names every list and topic", async () => {
  for (const what of ["presets", "faults", "targets", "invariants"]) {
    const { out } = await shardlab("list", what, "--json");
    const [first] = JSON.parse(out) as readonly { readonly name: string }[];
    expect((await shardlab("explain", first?.name.replace("N", "0") ?? "")).status).toBe(0);
  }
  const [list, bench] = [await shardlab("list", "--help"), await shardlab("bench", "--help")];
  for (const name of LIST_NAMES) expect(list.out).toContain(name);
  for (const name of BENCH_TOPICS) expect(bench.out).toContain(name);
  expect(BENCH_TOPICS.length).toBeGreaterThan(1);
});

it("no metric that a record gives is called not built yet", async () => {
  const { metrics } = await catalogue();
  for (const { name } of METRICS) expect(metrics[name]?.notBuilt, name).toBeUndefined();
  expect((await shardlab("explain", "recovery.redundancy")).out).not.toContain("Not built yet");
});

it("the version is package.json's", () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { readonly version: string };
  expect(VERSION).toBe(version);
});
