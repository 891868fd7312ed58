import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { scenarioFile, scratch, shardlab } from "./harness.ts";

it("trace --perfetto and --svg write files in place of lines, and say what is in them", async () => {
  const folder = scratch();
  const [json, svg] = [join(folder, "run.json"), join(folder, "moment.svg")];
  const ran = await shardlab(
    "trace",
    scenarioFile(),
    "--strategy",
    "sync",
    "--perfetto",
    json,
    "--svg",
    svg,
    "--around",
    "1s",
    "--span",
    "50ms",
    "--shard",
    "0",
  );
  expect(ran).toMatchObject({ status: 0, out: "" });
  expect(ran.err).toMatch(/run\.json: \d+ events, \d+ messages, \d+ services; open it at ui\.perfetto\.dev/u);
  expect(ran.err).toMatch(/moment\.svg: \d+ messages/u);
  const { traceEvents, otherData } = JSON.parse(readFileSync(json, "utf8")) as {
    readonly traceEvents: readonly unknown[];
    readonly otherData: unknown;
  };
  expect(traceEvents.length).toBeGreaterThan(20);
  expect(otherData).toMatchObject({ scenario: "tiny", strategy: "sync", seed: 3 });
  expect(readFileSync(svg, "utf8")).toMatch(/^<svg xmlns=/u);
});

it("a drawing without a moment, and options that mean nothing for it, are refused", async () => {
  const wrong = async (...args: readonly string[]): Promise<string> => {
    const { status, err } = await shardlab("trace", scenarioFile(), "--strategy", "sync", ...args);
    expect(status).toBe(2);
    return err;
  };
  expect(await wrong("--svg", "x.svg")).toContain("say which with --around");
  expect(await wrong("--around", "1s")).toContain("write --svg FILE as well");
  expect(await wrong("--svg", "x.svg", "--around", "soon")).toContain('--around: "soon" is not a duration');
  expect(await wrong("--svg", "x.svg", "--around", "1s", "--span", "1us")).toContain("--span:");
  expect(await wrong("--perfetto", "x.json", "--history", "edn")).toContain("--history filters lines");
});
