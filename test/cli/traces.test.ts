import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createPerformer } from "../../src/cli/task.ts";
import { planJobs } from "../../src/study/experiment/experiment.ts";
import { shardlab } from "./harness.ts";
import { CSV, load, replaying, TRACE } from "./replaying.ts";

describe("a scenario that replays a trace", () => {
  it("asks what is recorded, in every strategy and repeat alike, and says what it holds", async () => {
    const { source, scenario } = await load(replaying());
    const jobs = planJobs(scenario, { repeats: 2 });
    const perform = createPerformer([source]);
    const outcomes = await Promise.all(jobs.map((job) => perform({ source: 0, job, verify: false })));
    for (const outcome of outcomes) {
      if (outcome.kind !== "done") expect.fail(JSON.stringify(outcome));
      // 100 ms of warm-up and 3 s of the 4 that were recorded: 620 rows, of which 20 are not measured.
      const { operations } = outcome.record;
      const issued = (name: string): number =>
        operations.filter(({ operation }) => operation === name).reduce((sum, one) => sum + one.issued, 0);
      expect([issued("read"), issued("update")]).toEqual([450, 150]);
    }
    const [workload] = scenario.strategies[0]!.run.workload;
    expect(workload).toMatchObject({
      arrivals: { kind: "trace" },
      mix: { read: 0.75, update: 0.25 },
      trace: { contents: { rows: 800, keys: 50, last: 3_990_000 } },
    });
  });

  it("is another run when a byte of the trace is another", async () => {
    const keyOf = async (csv: string): Promise<string | undefined> => planJobs((await load(replaying({ csv }))).scenario)[0]?.key;
    const key = await keyOf(CSV);
    expect(await keyOf(CSV)).toBe(key);
    expect(await keyOf(CSV.replace("k7,get,101", "k7,get,102"))).not.toBe(key);
  });

  it("says that repeats vary network, service and faults alone", async () => {
    const file = replaying();
    const out = join(file, "..", "out");
    const { out: printed, status } = await shardlab("run", file, "--quiet", "--repeats", "2", "--out", out, "--format", "json,md,html");
    expect(status).toBe(0);
    const note = "app replays t.csv";
    expect(printed).toContain(note);
    for (const name of ["summary.md", "results.json", "report.html"]) expect(readFileSync(join(out, name), "utf8")).toContain(note);
  });
});

describe("the trace that comes with shardlab", () => {
  it("is what its generator makes", () => {
    const made = execFileSync(process.execPath, [fileURLToPath(new URL("../../tools/make-trace.mjs", import.meta.url)), "--print"], {
      encoding: "utf8",
    });
    expect(made).toBe(readFileSync(new URL("../../scenarios/synthetic-trace.csv", import.meta.url), "utf8"));
  });
});

describe("a trace that is wrong", () => {
  it("is told by its own lines before anything runs", async () => {
    const { status, err, out } = await shardlab("run", replaying({ csv: CSV.replace("\n20,", "\nsoon,").replace(",set,104", ",put,-1") }));
    expect([status, out]).toEqual([2, ""]);
    expect(err).toMatch(/t\.csv:6:1 "soon" is not a time; write a number.*\n {4}soon,k28,put,-1\n {4}\^/u);
    expect(err).not.toContain("    at ");
    const two = await shardlab("check", replaying({ csv: CSV.replace("k7,get,101", ",get,101").replace("k0,set,100", "k0,fetch,100") }));
    expect(two.status).toBe(2);
    expect(two.err).toMatch(/t\.csv:2:6 "fetch" is not an operation.*\n[^]*t\.csv:3:3 the key is empty/u);
  });

  it("is not there, is elsewhere, has too many keys, or stands beside what it says itself", async () => {
    const gone = await shardlab("run", replaying({ trace: TRACE.replace("t.csv", "u.csv") }));
    expect([gone.status, gone.err]).toEqual([2, expect.stringContaining("workload[0].trace.file: there is no file")]);
    const out = await shardlab("run", replaying({ trace: TRACE.replace("t.csv", "../t.csv") }));
    expect([out.status, out.err]).toEqual([2, expect.stringContaining("outside the folder of the scenario")]);
    const full = await shardlab("run", replaying(), "--set", "data.tables.t.rows=49");
    expect([full.status, full.err]).toEqual([
      2,
      expect.stringContaining("the table has 49 rows, and this is one key more; give it more rows, or write keys: hash"),
    ]);
    const beside = await shardlab("run", replaying({ beside: ", keys: uniform" }));
    expect([beside.status, beside.err]).toEqual([2, expect.stringContaining("workload[0].keys: stands beside a trace")]);
    const file = replaying({ trace: TRACE.replace("t.csv", "d") });
    mkdirSync(join(file, "..", "d"));
    const folder = await shardlab("run", file);
    expect([folder.status, folder.err]).toEqual([2, expect.stringContaining("there is no file")]);
    for (const [scale, word] of [
      ["1e-300", "at least 0.000001"],
      ["0.000001, loop: true", "a round of the trace has 800 rows"],
      ["1e300", "is more than"],
    ] as const) {
      const fast = await shardlab("run", replaying({ trace: TRACE.replace("unit", `timeScale: ${scale}, unit`) }));
      expect([fast.status, fast.err]).toEqual([2, expect.stringContaining(word)]);
      expect(fast.err).toContain("workload[0].trace.timeScale: ");
    }
    const both = await shardlab("run", replaying({ trace: TRACE.replace("columns", "format: twitter, columns") }));
    expect([both.status, both.err]).toEqual([2, expect.stringContaining("needs one of format and columns")]);
  });

  it("only from a run on, since somebody changed it, ends with exit status 2 and its line, not with ours", async () => {
    const file = replaying();
    const { source, scenario } = await load(file);
    writeFileSync(join(file, "..", "t.csv"), CSV.replace("\n30,", "\nlate,"));
    const [job] = planJobs(scenario);
    const outcome = await createPerformer([source])({ source: 0, job: job!, verify: false });
    expect(outcome).toEqual({ kind: "input", lines: [expect.stringMatching(/t\.csv:8:1 "late" is not a time/u)] });
  });
});
