/** Files that no scenario is: each is refused in words, with status 2, at once. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { TINY, scenarioFile, scratch, shardlab } from "./harness.ts";

it("a pipe that nobody writes to, a device, a loop of links and a folder are refused, not waited for", async () => {
  const folder = scratch();
  execFileSync("sh", ["-c", 'mkfifo "$0"', join(folder, "pipe.yaml")]);
  symlinkSync("loop.yaml", join(folder, "loop.yaml"));
  mkdirSync(join(folder, "folder.yaml"));
  const said = async (file: string): Promise<string> => {
    const { status, err } = await shardlab("check", file, "--quiet");
    expect(status).toBe(2);
    return err;
  };
  expect(await said(join(folder, "pipe.yaml"))).toContain("is no plain file");
  expect(await said("/dev/zero")).toContain("is no plain file");
  expect(await said(join(folder, "loop.yaml"))).toContain("its links lead back to themselves");
  expect(await said(join(folder, "folder.yaml"))).toContain("is a folder");
  expect(await said(`${"x".repeat(5_000)}.yaml`)).toContain("no file has so long a name");
  writeFileSync(join(folder, "extends.yaml"), `extends: ./pipe.yaml\n${TINY}`);
  expect(await said(join(folder, "extends.yaml"))).toContain("extends");
});

it("names out of a file move no cursor and end no line of a message", async () => {
  const file = scenarioFile(TINY.replace("  async:", '  "a\\e[2Jb\\nc\\u202e":'));
  const { status, err } = await shardlab("check", file, "--quiet");
  expect(status).toBe(2);
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  expect(err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/u);
  expect(err.split("\n")[0]).toMatch(/cannot be the name of a strategy; use letters/u);
});

it("sizes that no machine holds are refused, each at its place", async () => {
  const huge = [
    ["shards: 2", "shards: 1e9"],
    ["a: 1, b: 1", "a: 1e7, b: 1"],
    ["hosts: 1", "hosts: 1e8"],
    ["replicas: 3", "replicas: 2000"],
    ["shards: 2", "shards: 2, server: { clock: { drift: -1e6 } }"],
    ["shards: 2", "shards: 2, server: { clock: { drift: 1e12 } }"],
    ["seed: 3", "window: 1us"],
    ["repeats: 3", "repeats: 1e12"],
    ["seed: 3", "seed: 9007199254740991"],
  ] as const;
  for (const [plain, wrong] of huge) {
    const { status, err } = await shardlab("check", scenarioFile(TINY.replace(plain, wrong)), "--quiet");
    expect([status, err], wrong).toEqual([
      2,
      expect.stringMatching(/tiny\.yaml:\d+:\d+ .*(?:more than|cannot run so|windows of this width)/u),
    ]);
  }
  expect((await shardlab("check", scenarioFile(), "--repeats", "999999999999")).err).toContain("--repeats: 999999999999 is more than");
  expect((await shardlab("check", scenarioFile(), "--jobs", "100000")).status).toBe(2);
});

it("a mark of byte order and Windows' ends of line change nothing", async () => {
  const digests = async (text: string): Promise<string> => {
    const out = scratch();
    await shardlab("run", scenarioFile(text), "--out", out, "--quiet", "--format", "csv", "--repeats", "1");
    return readFileSync(join(out, "runs.csv"), "utf8");
  };
  const plain = await digests(TINY);
  expect(await digests(`\uFEFF${TINY}`)).toBe(plain);
  expect(await digests(TINY.replaceAll("\n", "\r\n"))).toBe(plain);
});

it("a workload so rare that its next operation is beyond all time just has none", async () => {
  const { status, err } = await shardlab(
    "check",
    scenarioFile(TINY.replace("poisson: 50/s", "poisson: 1e-300/s")),
    "--repeats",
    "1",
    "--quiet",
  );
  expect([status === 3, err]).toEqual([false, expect.not.stringContaining("our own fault")]);
});

it("a name that no folder could have is refused as one, not by the file system", async () => {
  const { status, err } = await shardlab("run", scenarioFile(TINY.replace(/^name: .*$/mu, `name: ${"a".repeat(3_000)}`)), "--quiet");
  expect(status).toBe(2);
  expect(err).toContain("a name of 3000 characters");
});
