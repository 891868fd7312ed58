import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { TINY, scenarioFile, scratch, shardlab } from "./harness.ts";

it("run prints the comparison, writes every file, and says 0 when all held", async () => {
  const file = scenarioFile();
  const out = join(scratch(), "out");
  const ran = await shardlab("run", file, "--out", out);
  expect(ran.err).toMatch(/^tiny: 6 of 6 runs/mu);
  expect(ran.status).toBe(0);
  expect(ran.out).toContain("tiny: Does it run?");
  expect(ran.out).toContain("Expected: 1 of 1 held");
  expect(ran.out).toContain(`Report: ${join(out, "report.html")}`);
  expect(readdirSync(out).sort()).toEqual(["environment.json", "outages.csv", "report.html", "results.json", "runs.csv", "summary.md"]);
});

it("--verify changes no result", async () => {
  const file = scenarioFile();
  const [one, two] = [join(scratch(), "one"), join(scratch(), "two")];
  expect((await shardlab("run", file, "--out", one, "--quiet", "--format", "json,csv")).status).toBe(0);
  expect((await shardlab("run", file, "--out", two, "--quiet", "--format", "json,csv", "--verify")).status).toBe(0);
  for (const name of ["results.json", "runs.csv", "outages.csv"])
    expect(readFileSync(join(two, name), "utf8")).toBe(readFileSync(join(one, name), "utf8"));
  const verified = await shardlab("check", file, "--quiet", "--verify", "--repeats", "1");
  expect(verified.err).toBe("tiny: 2 of 2 runs repeated, each with the same events and digest\n");
  expect(readdirSync(one).sort()).toEqual(["environment.json", "outages.csv", "results.json", "runs.csv"]);
});

it("--seed and --repeats 1 make one run again: the same digest as in the whole study", async () => {
  interface Read {
    readonly runs: readonly { readonly strategy: string; readonly seed: number; readonly key: string; readonly digest: string }[];
  }
  const file = scenarioFile();
  const [whole, single] = [join(scratch(), "whole"), join(scratch(), "single")];
  await shardlab("run", file, "--out", whole, "--quiet", "--format", "json");
  await shardlab("run", file, "--out", single, "--quiet", "--format", "json", "--strategy", "sync", "--seed", "5", "--repeats", "1");
  const read = (folder: string): Read => JSON.parse(readFileSync(join(folder, "results.json"), "utf8")) as Read;
  const { runs } = read(single);
  expect(runs).toHaveLength(1);
  expect(read(whole).runs.find((run) => run.strategy === "sync" && run.seed === 5)).toMatchObject({
    key: runs[0]?.key,
    digest: runs[0]?.digest,
  });
});

it("a broken expectation is 1, and 0 with --no-fail", async () => {
  const file = scenarioFile(`${TINY}  - { metric: availability, of: sync, statistic: mean, atMost: 1% }\n`);
  const out = scratch();
  const ran = await shardlab("run", file, "--out", out, "--quiet", "--format", "md", "--repeats", "1");
  expect(ran.status).toBe(1);
  expect(ran.out).toContain("BROKEN");
  expect((await shardlab("run", file, "--out", out, "--quiet", "--format", "md", "--repeats", "1", "--no-fail")).status).toBe(0);
  const checked = await shardlab("check", file, "--quiet", "--repeats", "1");
  expect(checked.status).toBe(1);
  expect(checked.out).toMatch(/again: {3}shardlab run .*tiny\.yaml --strategy sync --seed 3 --repeats 1/u);
});

it("check says only what was expected and writes nothing; a scenario that expects nothing is not held", async () => {
  const file = scenarioFile();
  const ran = await shardlab("check", file, "--quiet", "--repeats", "1");
  expect(ran).toMatchObject({ status: 0, err: "" });
  expect(ran.out).not.toContain("back after");
  expect(readdirSync(dirname(file))).toEqual(["tiny.yaml"]);
  const idle = await shardlab("check", scenarioFile(TINY.slice(0, TINY.indexOf("expect:"))), "--quiet", "--repeats", "1");
  expect(idle.status).toBe(1);
  expect(idle.out).toContain("nothing is expected");
});

it("wrong input is 2: every problem of every file, no stack, no folder, nothing run", async () => {
  const broken = scenarioFile(
    "name: x\nduration: soon\nstrategies: { a: { replication: { sinchronous: {} } } }\nfrobnicate: 1\n",
    "broken.yaml",
  );
  const out = join(scratch(), "out");
  const ran = await shardlab("run", scenarioFile(), broken, "no-such-file.yaml", "--out", out);
  expect(ran.status).toBe(2);
  expect(ran.out).toBe("");
  expect(ran.err).toMatch(/broken\.yaml:2:\d+ duration: /u);
  expect(ran.err).toMatch(/broken\.yaml:3:\d+ .*sinchronous/u);
  expect(ran.err).toMatch(/broken\.yaml:4:\d+ frobnicate/u);
  expect(ran.err).toContain("no-such-file.yaml: there is no such file");
  expect(ran.err).not.toMatch(/^\s+at /mu);
  expect(existsSync(out)).toBe(false);
});

it("what the command line changed stands over the results, and only what it did change", async () => {
  const file = scenarioFile();
  const ran = await shardlab(
    "run",
    file,
    "--out",
    scratch(),
    "--quiet",
    "--format",
    "md",
    "--set",
    "slow=400ms",
    "--repeats",
    "1",
    "--seed",
    "3",
  );
  expect(ran.out).toContain("Not as in the file: --set slow=400ms, --repeats 1 (the file: 3)\n");
  const checked = await shardlab("check", file, "--quiet", "--seed", "9", "--strategy", "sync", "--repeats", "1");
  expect(checked.out).toMatch(/^tiny\nNot as in the file: --strategy sync, --repeats 1 \(the file: 3\), --seed 9/u);
});

it("an unknown strategy, and two scenarios of one name in one place, are wrong input", async () => {
  const file = scenarioFile();
  expect((await shardlab("run", file, "--strategy", "synk")).err).toBe('--strategy: there is no strategy "synk"; did you mean "sync"?\n');
  const twice = await shardlab("run", file, scenarioFile());
  expect(twice.status).toBe(2);
  expect(twice.err).toContain("are both named tiny");
});

it("expectations about strategies that were not chosen are not judged, and that is said", async () => {
  const file = scenarioFile(
    `${TINY.replace("repeats: 3", "repeats: 5")}  - { metric: loss.writes, of: async, statistic: max, atLeast: 1 }\n  - { metric: recovery.time, of: sync, lessThan: async }\n`,
  );
  const ran = await shardlab("run", file, "--out", scratch(), "--format", "md", "--strategy", "sync", "--repeats", "1");
  expect(ran.err).toContain("tiny: 2 expectations about other strategies not judged");
  expect(ran.status).toBe(0);
  const checked = await shardlab("check", file, "--quiet", "--strategy", "sync", "--repeats", "1");
  expect(checked.out).toContain("2 expectations about other strategies not judged");
  const others = scenarioFile(
    `${TINY.slice(0, TINY.indexOf("expect:"))}expect:\n  - { metric: loss.writes, of: sync, statistic: max, atMost: 0 }\n`,
  );
  const idle = await shardlab("check", others, "--quiet", "--strategy", "async", "--repeats", "1");
  expect(idle.status).toBe(1);
  expect(idle.out).toContain("nothing was checked: 1 expectation about other strategies not judged");
  expect(idle.out).not.toContain("write expect:");
});

it("an objective is set by its metric's name, dots and all", async () => {
  const file = scenarioFile(TINY);
  const set = (value: string): ReturnType<typeof shardlab> =>
    shardlab("run", file, "--out", scratch(), "--format", "md", "--quiet", "--no-fail", "--repeats", "1", "--set", value);
  expect((await set("objectives.recovery.time.p90=5s")).out).toContain("recovery.time p90 at most 5 s");
  expect((await set("objectives.latency.read.p99.9=7ms")).out).toContain("latency.read p99.9 at most 7 ms");
});

it("trace prints the events that pass its filters, in order of time", async () => {
  const ran = await shardlab("trace", scenarioFile(), "--strategy", "sync", "--time", "1s..1.05s", "--kind", "deliver,timer");
  expect(ran.status).toBe(0);
  const lines = ran.out.trimEnd().split("\n");
  expect(lines.length).toBeGreaterThan(10);
  const times = lines.map((line) => Number(/^ *(\d+\.\d{6}) s {2}(?:deliver|timer) /u.exec(line)?.[1]));
  expect(times.every((time, index) => time >= 1 && time < 1.05 && time >= (times[index - 1] ?? 0))).toBe(true);
});

it("trace names the members of a map by their servers", async () => {
  const servers = TINY.replace("a: 1, b: 1, c: 1", "a: 3, b: 3, c: 3");
  const ran = await shardlab("trace", scenarioFile(servers), "--strategy", "sync", "--kind", "fact", "--shard", "1", "--time", "..0s");
  const replicas = /members=(?<members>[\d,]+)/u.exec(ran.out)?.groups?.["members"]?.split(",");
  // Shard 1's replicas are dealt over nine servers, one a zone: their places would be 0, 1 and 2.
  expect(replicas?.map((server) => Math.floor(Number(server) / 3)).sort()).toEqual([0, 1, 2]);
});

it("trace --history tells what clients did with the keys that were kept, and says where none were", async () => {
  const kept = await shardlab("trace", scenarioFile(), "--strategy", "sync", "--set", "histories.keys=2", "--history", "jsonl");
  expect(kept.status).toBe(0);
  const events = kept.out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly value: readonly [string, unknown] });
  expect(new Set(events.map(({ value }) => value[0])).size).toBe(2);
  const none = await shardlab("trace", scenarioFile(), "--strategy", "sync", "--history", "edn");
  expect(none).toMatchObject({ status: 0, out: "" });
  expect(none.err).toContain("No history was kept");
  expect((await shardlab("trace", scenarioFile(), "--strategy", "sync", "--history", "xml")).err).toContain("there are edn, jsonl");
});

it("trace refuses what it cannot filter by", async () => {
  const file = scenarioFile();
  expect((await shardlab("trace", file)).err).toContain("--strategy says which of async, sync to trace");
  expect((await shardlab("trace", file, "--strategy", "sync", "--time", "5")).err).toContain("write it as 20s..25s");
  expect((await shardlab("trace", file, "--strategy", "sync", "--kind", "x")).err).toContain('no kind "x"');
  expect((await shardlab("trace", file, "--strategy", "sync", "--shard", "-1")).status).toBe(2);
});

it("init writes a scenario that runs, and overwrites nothing", async () => {
  const file = join(scratch(), "mine.yaml");
  expect(await shardlab("init", file)).toMatchObject({ status: 0, out: `${file}\n` });
  const [, schema = ""] = /\$schema=(\S+)/u.exec(readFileSync(file, "utf8")) ?? [];
  expect(readFileSync(join(dirname(file), schema), "utf8")).toBe((await shardlab("schema")).out);
  const ran = await shardlab(
    "check",
    file,
    "--quiet",
    "--repeats",
    "1",
    "--set",
    "duration=25s",
    "--set",
    "workload[0].arrivals.poisson=100/s",
  );
  expect(ran.err).toBe("");
  expect([0, 1]).toContain(ran.status);
  writeFileSync(file, "mine");
  expect((await shardlab("init", file)).status).toBe(2);
  expect(readFileSync(file, "utf8")).toBe("mine");
  writeFileSync(join(dirname(file), schema), "older");
  expect((await shardlab("init", join(dirname(file), "second.yaml"))).err).toContain("is of another version");
  expect(readFileSync(join(dirname(file), schema), "utf8")).toBe("older");
});
