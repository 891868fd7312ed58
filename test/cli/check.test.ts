import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { expecting } from "../../src/cli/vitest.ts";
import { TINY, inThisThread, scenarioFile, scratch, shardlab } from "./harness.ts";

const ONE = ["--quiet", "--repeats", "1"];
const BROKEN = `${TINY}  - { metric: availability, of: sync, statistic: mean, atMost: 1% }\n`;
const BROKEN_LINE = BROKEN.trimEnd().split("\n").length;

/** Without threads: starting one from sources takes seconds. */
const expectHere = expecting(inThisThread);

afterEach(() => vi.unstubAllEnvs());

it("a known failure is held while it fails, and broken once it holds", async () => {
  const known = (bound: string): string =>
    scenarioFile(`${TINY}  - { metric: availability, of: sync, statistic: mean, ${bound}, knownFailure: issue 12 }\n`);
  const failing = await shardlab("check", known("atMost: 1%"), ...ONE);
  expect(failing.status).toBe(0);
  expect(failing.out).toContain("known failure (issue 12)");
  const held = await shardlab("check", known("atLeast: 1%"), ...ONE);
  expect(held.status).toBe(1);
  expect(held.out).toContain("it is no known failure any more");
});

it("--junit writes the file, --github prints annotations at the scenario's line and appends the summary", async () => {
  const folder = scratch();
  const [junit, summary] = [join(folder, "new", "report.xml"), join(folder, "summary.md")];
  vi.stubEnv("GITHUB_STEP_SUMMARY", summary);
  const file = scenarioFile(BROKEN);
  vi.stubEnv("GITHUB_WORKSPACE", join(file, ".."));
  const ran = await shardlab("check", file, ...ONE, "--junit", junit, "--github");
  expect(ran.status).toBe(1);
  expect(ran.out).toMatch(
    new RegExp(
      `^::error file=tiny\\.yaml,line=${BROKEN_LINE},col=\\d+,title=broken%3A expect\\[1\\] availability mean of sync::availability of sync.*%0Aagain: shardlab run .*--seed 3 --repeats 1$`,
      "mu",
    ),
  );
  expect(readFileSync(junit, "utf8")).toMatch(/<testsuites name="shardlab" tests="3" failures="1" errors="0" skipped="0">/u);
  expect(readFileSync(summary, "utf8")).toContain("| ❌ | tiny | 2 | 1 | 0 |");
  const held = await shardlab("check", scenarioFile(), ...ONE, "--github");
  expect([held.status, held.out.includes("::error")]).toEqual([0, false]);
});

/** Thirty runs of it take a while. */
const SHORT = TINY.replace("duration: 3s", "duration: 2500ms").replace("settle: 10s", "settle: 3s").replace("50/s", "20/s");

it("--baseline: the same is held, worse is broken with what is worse, and no baseline is unknown", async () => {
  const base = join(scratch(), "tiny");
  // So many metrics together need ten pairs before any difference is sure.
  const ten = ["--quiet", "--repeats", "10", "--strategy", "sync"];
  await shardlab("run", scenarioFile(SHORT), "--out", base, "--format", "json", ...ten);
  const same = await shardlab("check", scenarioFile(SHORT), ...ten, "--baseline", base);
  expect(same.status).toBe(0);
  expect(same.out.replaceAll(/\s+/gu, " ")).toContain("held Nothing changed: all 10 runs are the same");
  const worse = await shardlab("check", scenarioFile(SHORT.replace("misses: 3", "misses: 12")), ...ten, "--baseline", join(base, ".."));
  expect(worse.status).toBe(1);
  expect(worse.out.replaceAll(/\s+/gu, " ")).toMatch(/BROKEN Worse: of .* recovery\.time of sync: 5\d\d ms before, now 1\.\d+ s, by \+/u);
  const none = await shardlab("check", scenarioFile(SHORT), ...ten.slice(0, 1), "--repeats", "1", "--baseline", scratch());
  expect(none.status).toBe(1);
  expect(none.out.replaceAll(/\s+/gu, " ")).toMatch(/UNKNOWN .*results\.json is not there; shardlab run .* writes it/u);
});

it("--budget begins no repeat after its time, finishes what has begun, and says what so few can show", async () => {
  const ran = await shardlab("check", scenarioFile(TINY.replace("repeats: 3", "repeats: 50")), "--quiet", "--budget", "1us");
  expect(ran.status).toBe(0);
  expect(ran.out.replaceAll(/\s+/gu, " ")).toContain(
    "The budget left 1 of 50 repeats: what fails in 95 % of runs or more is seen with 95 %; no quantile can be bounded.",
  );
  expect(ran.out).toContain("(1 run each)");
  expect((await shardlab("check", scenarioFile(), "--budget", "soon")).err).toContain('--budget: "soon" is not a duration');
  const ample = await shardlab("check", scenarioFile(), "--quiet", "--budget", "10m");
  expect(ample.out).not.toContain("budget");
});

it("an expectation that the budget leaves too few repeats for is unknown, and no build passes by it", async () => {
  const p50 = "  - { metric: recovery.time, of: sync, statistic: p50, below: 100s, confidence: 0.9 }\n";
  const ran = await shardlab("check", scenarioFile(TINY.replace("repeats: 3", "repeats: 5") + p50), "--quiet", "--budget", "1us");
  expect(ran.status).toBe(1);
  expect(ran.out.replaceAll(/\s+/gu, " ")).toMatch(
    /UNKNOWN recovery\.time of sync: p50 at 90 % needs 4 repeats; 1 was run of the 5 the file plans/u,
  );
});

it("expectScenario gives figures where all is held, and throws with line and command where something is not", async () => {
  const { figures, verdicts } = await expectHere(scenarioFile(), { repeats: 2 });
  expect(verdicts).toHaveLength(1);
  expect(figures("sync", "loss.writes").n).toBe(2);
  expect(() => figures("sink", "loss.writes")).toThrow("tiny has no loss.writes of sink");
  const file = scenarioFile(BROKEN);
  await expect(expectHere(file, { repeats: 1 })).rejects.toThrow(
    new RegExp(
      `1 of 3 expectations of tiny not held\n.*tiny\\.yaml:${BROKEN_LINE}:\\d+: availability of sync.*\n {2}again: shardlab run .* --strategy sync --seed 3`,
      "u",
    ),
  );
  await expect(expectHere(scenarioFile(TINY.slice(0, TINY.indexOf("expect:"))), { repeats: 1 })).rejects.toThrow("nothing is expected");
  await expect(expectHere("nowhere.yaml")).rejects.toThrow("there is no such file");
  expect(existsSync("nowhere.yaml")).toBe(false);
});
