import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { TINY, scenarioFile, scratch, shardlab } from "./harness.ts";

/** Results of the tiny scenario, one strategy, seven repeats. */
async function ran(text = TINY, ...more: readonly string[]): Promise<string> {
  const out = join(scratch(), "out");
  await shardlab("run", scenarioFile(text), "--out", out, "--quiet", "--repeats", "7", "--strategy", "sync", ...more);
  return out;
}

const SLOWER = TINY.replace("misses: 3", "misses: 12");

it("report draws stored results again, byte for byte, from results.json alone", async () => {
  const out = await ran();
  const again = scratch();
  writeFileSync(join(again, "results.json"), readFileSync(join(out, "results.json")));
  const printed = await shardlab("report", again);
  expect(printed).toMatchObject({ status: 0, err: "" });
  expect(printed.out).toContain("tiny: Does it run?");
  expect(readdirSync(again).sort()).toEqual(["outages.csv", "report.html", "results.json", "runs.csv", "summary.md"]);
  for (const name of readdirSync(again)) expect(readFileSync(join(again, name), "utf8")).toBe(readFileSync(join(out, name), "utf8"));
  const elsewhere = join(scratch(), "new");
  expect((await shardlab("report", join(out, "results.json"), "--out", elsewhere, "--format", "json,md")).status).toBe(0);
  expect(readFileSync(join(elsewhere, "results.json"), "utf8")).toBe(readFileSync(join(out, "results.json"), "utf8"));
});

it("compare: a result with itself is unchanged; a failover made slower is worse, and its heartbeat is named", async () => {
  const [before, after] = [await ran(TINY, "--format", "json"), await ran(SLOWER, "--format", "json")];
  const same = await shardlab("compare", before, before, "--strict");
  expect(same).toMatchObject({ status: 0, err: "" });
  expect(same.out).toContain("Nothing changed: all 7 runs are the same");
  const worse = await shardlab("compare", before, after, "--metric", "recovery.time");
  expect(worse.status).toBe(1);
  expect(worse.out).toMatch(/^WORSE +recovery\.time/mu);
  expect(worse.out).toMatch(/misses: 3, now 12/u);
  const better = await shardlab("compare", after, before, "--metric", "recovery.time");
  expect([better.status, better.out.includes("BETTER")]).toEqual([0, true]);
  expect((await shardlab("compare", after, before, "--metric", "recovery.time", "--strict")).status).toBe(1);
  const data = JSON.parse((await shardlab("compare", before, before, after, "--json")).out) as readonly { readonly unchanged: boolean }[];
  expect(data.map(({ unchanged }) => unchanged)).toEqual([true, false]);
});

it("compare and report refuse what they cannot read, all of it at once", async () => {
  const [empty, old] = [scratch(), scratch()];
  writeFileSync(join(old, "results.json"), '{"schemaVersion":1}');
  const ended = await shardlab("compare", empty, old, "nowhere");
  expect(ended).toMatchObject({ status: 2, out: "" });
  expect(ended.err.trimEnd().split("\n")).toHaveLength(3);
  expect(ended.err).toContain(`${empty}: there are no results; shardlab run writes results.json`);
  expect(ended.err).toContain("run the scenario again");
  expect((await shardlab("report", empty)).status).toBe(2);
  expect((await shardlab("compare", empty)).err).toContain("name two result folders");
  expect((await shardlab("compare", old, old, "--metric", "recovery.tine")).err).toContain('did you mean "recovery.time"?');
});
