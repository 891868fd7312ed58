/** The built program, as a user starts it: threads, signals, pipes, exit statuses. Needs `dist` (npm run build). */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { TINY, scenarioFile, scratch } from "../../cli/harness.ts";

const MAIN = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the program to its end; `during` may send signals once it prints. */
function program(
  argv: readonly string[],
  during: (child: ReturnType<typeof spawn>, err: string) => void = () => undefined,
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...argv], { env: { ...process.env, ...env } });
    let [out, err] = ["", ""];
    child.stdout.on("data", (part: Buffer) => (out += part.toString()));
    child.stderr.on("data", (part: Buffer) => {
      err += part.toString();
      during(child, err);
    });
    child.on("close", (status) => resolve({ status, out, err }));
  });
}

const read = (folder: string, name: string): string => readFileSync(join(folder, name), "utf8");

it("one thread and two, another time zone and locale give the same bytes", async () => {
  const file = scenarioFile();
  const [one, two] = [join(scratch(), "one"), join(scratch(), "two")];
  const first = await program(["run", file, "--out", one, "--jobs", "1", "--quiet"]);
  const second = await program(["run", file, "--out", two, "--jobs", "2", "--quiet", "--verify"], undefined, {
    TZ: "Asia/Kathmandu",
    LC_ALL: "tr_TR.UTF-8",
  });
  const said = "tiny: 6 of 6 runs repeated, each with the same events and digest\n";
  expect([first.status, second.status, first.err, second.err]).toEqual([0, 0, "", said]);
  for (const name of ["results.json", "runs.csv", "outages.csv", "summary.md", "report.html"])
    expect(read(two, name)).toBe(read(one, name));
  expect(second.out.replaceAll(two, "OUT")).toBe(first.out.replaceAll(one, "OUT"));
});

it("COLUMNS sets the width of what is piped", async () => {
  for (const columns of [50, 120]) {
    const { out } = await program(["list", "metrics"], undefined, { COLUMNS: String(columns) });
    const widest = Math.max(...out.split("\n").map((line) => line.length));
    expect(widest).toBeLessThanOrEqual(columns);
    expect(widest).toBeGreaterThan(columns - 15);
  }
});

it("a plug-in's part runs in the threads", async () => {
  const file = scenarioFile(`${TINY.replace("common: {", "common: { sharding: lastShard,")}plugins: [ ./last.mjs ]\n`);
  const zod = new URL("../../../node_modules/zod/index.js", import.meta.url).href;
  writeFileSync(
    join(dirname(file), "last.mjs"),
    `import { z } from ${JSON.stringify(zod)};\nexport const parts = { sharding: { lastShard: { summary: "last", options: z.strictObject({}), create: (_, { shards }) => ({ shards, shardOf: () => shards - 1, covered: (parts) => parts }) } } };\n`,
  );
  expect(await program(["check", file, "--quiet", "--repeats", "1", "--allow-plugins"])).toMatchObject({ status: 0, err: "" });
});

it("a part that breaks ends with 3, its message and the command that repeats the run; nothing is written", async () => {
  const file = scenarioFile(`${TINY.replace("common: {", "common: { sharding: broken,")}plugins: [ ./broken.mjs ]\n`);
  const zod = new URL("../../../node_modules/zod/index.js", import.meta.url).href;
  writeFileSync(
    join(dirname(file), "broken.mjs"),
    `import { z } from ${JSON.stringify(zod)};\nexport const parts = { sharding: { broken: { summary: "breaks", options: z.strictObject({}), create: () => { throw new Error("it broke"); } } } };\n`,
  );
  const out = join(scratch(), "out");
  const ran = await program(["run", file, "--out", out, "--allow-plugins", "--jobs", "2"]);
  expect(ran.status).toBe(3);
  expect(ran.out).toBe("");
  expect(ran.err).toContain("our own fault: it broke");
  expect(ran.err).toMatch(/This repeats it: shardlab run \S*tiny\.yaml --strategy (?:async|sync) --seed 3 --repeats 1 --allow-plugins/u);
  expect(existsSync(out)).toBe(false);
});

it("Ctrl-C keeps the finished repeats, says how to go on, and ends with 130", async () => {
  const file = scenarioFile(TINY.replace("repeats: 3", "repeats: 4000").replace("poisson: 50/s", "poisson: 3000/s"));
  const out = join(scratch(), "out");
  const started = Date.now();
  let asked = false;
  const ran = await program(["run", file, "--out", out, "--jobs", "2"], (child, err) => {
    if (asked || !err.includes("of 8000 runs")) return;
    asked = true;
    child.kill("SIGINT");
  });
  expect(ran.status).toBe(130);
  expect(Date.now() - started).toBeLessThan(60_000);
  const kept = /stopped after (\d+) of 4000 repeats/u.exec(ran.err)?.[1];
  expect(Number(kept)).toBeGreaterThan(0);
  expect(ran.err).toContain("Run it again to go on");
  const { repeats, runs } = JSON.parse(read(out, "results.json")) as { readonly repeats: number; readonly runs: readonly unknown[] };
  expect(repeats).toBe(Number(kept));
  expect(runs).toHaveLength(2 * repeats);
  expect(readdirSync(out).filter((name) => name.endsWith(".part"))).toEqual([]);
});

it("Ctrl-C before the first repeat is whole writes nothing", async () => {
  const file = scenarioFile(TINY.replace("duration: 3s", "duration: 3000s").replace("poisson: 50/s", "poisson: 3000/s"));
  const out = join(scratch(), "out");
  const ended = await new Promise<Ended>((resolve) => {
    const child = spawn(process.execPath, [MAIN, "run", file, "--out", out]);
    let err = "";
    child.stderr.on("data", (part: Buffer) => (err += part.toString()));
    setTimeout(() => child.kill("SIGINT"), 3_000);
    child.on("close", (status) => resolve({ status, out: "", err }));
  });
  expect(ended.status).toBe(130);
  expect(ended.err).toContain("tiny: stopped before the first repeat was whole; nothing was written");
  expect(existsSync(out)).toBe(false);
});

it("a reader that leaves early (| head) is no error", async () => {
  const file = scenarioFile(TINY.replace("poisson: 50/s", "poisson: 2000/s"));
  const child = spawn("sh", ["-c", `"${process.execPath}" "${MAIN}" trace "${file}" --strategy sync | head -3`]);
  let [out, err] = ["", ""];
  child.stdout.on("data", (part: Buffer) => (out += part.toString()));
  child.stderr.on("data", (part: Buffer) => (err += part.toString()));
  await new Promise((resolve) => child.on("close", resolve));
  expect(out.trimEnd().split("\n")).toHaveLength(3);
  expect(err).toMatch(/^tiny: strategy sync, seed 3;[^\n]*\n$/u);
});

it("no colour code reaches a pipe", async () => {
  const ran = await program(["run", scenarioFile(), "--out", scratch(), "--repeats", "1", "--format", "md"], undefined, {
    FORCE_COLOR: "1",
  });
  expect(ran.out + ran.err).not.toContain("\u001b");
});
