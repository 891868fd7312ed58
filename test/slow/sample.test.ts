/**
 * A repository that uses shardlab in its build (test/sample), with the packed package in its node_modules: it passes as it is, and fails for
 * a strategy made worse, naming the line of the scenario. Needs `dist` (npm run build).
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SCENARIO = "scenarios/orders.yaml";
let project = "";

beforeAll(() => {
  expect(existsSync(join(ROOT, "dist/cli/vitest.js"))).toBe(true);
  project = mkdtempSync(join(tmpdir(), "shardlab-sample-"));
  cpSync(join(ROOT, "test/sample"), project, { recursive: true });
  const packed = execFileSync("npm", ["pack", "--offline", "--ignore-scripts", "--json", "--pack-destination", project], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [{ filename }] = JSON.parse(packed) as [{ readonly filename: string }];
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, "shardlab"), { recursive: true });
  execFileSync("tar", ["-xzf", join(project, filename), "-C", join(modules, "shardlab"), "--strip-components=1"]);
  // What an installation would bring: the packages that package.json names, and the test runner.
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const name of [...Object.keys(dependencies), "vitest"]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
}, 60_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

interface Ended {
  readonly status: number | null;
  readonly out: string;
}

/** What `npm run check` and `npm test` of the repository run, without npm. */
function start(program: string, ...args: readonly string[]): Ended {
  const env = { ...process.env, GITHUB_WORKSPACE: project, GITHUB_STEP_SUMMARY: join(project, "summary.md"), NO_COLOR: "1" };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(project, "node_modules", program), ...args], {
    cwd: project,
    encoding: "utf8",
    env,
  });
  return { status, out: stdout + stderr };
}

const check = (): Ended => {
  const { scripts } = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as { readonly scripts: { readonly check: string } };
  return start("shardlab/dist/cli/main.js", ...scripts.check.split(" ").slice(1));
};
const test = (): Ended => start("vitest/vitest.mjs", "run", "--root", project);

/** From 1. */
const lineOf = (what: string): number =>
  readFileSync(join(project, SCENARIO), "utf8")
    .split("\n")
    .findIndex((line) => line.includes(what)) + 1;

it("the build passes, and its test with it; the known failure is no news", () => {
  const built = check();
  expect([built.status, built.out.includes("::error")], built.out).toEqual([0, false]);
  expect(built.out).toContain("4 of 4 held");
  expect(readFileSync(join(project, "junit.xml"), "utf8")).toContain('tests="4" failures="0" errors="0" skipped="1"');
  expect(readFileSync(join(project, "summary.md"), "utf8")).toContain("| ✅ | orders | 4 | 0 | 0 |");
  const tested = test();
  expect(tested.status, tested.out).toBe(0);
});

it("a strategy made worse fails the build at the scenario's line, with the command that shows it; its test fails alike", () => {
  const text = readFileSync(join(project, SCENARIO), "utf8");
  writeFileSync(join(project, SCENARIO), text.replace("misses: 3", "misses: 30"));
  const line = lineOf("below: 2s");
  expect(line).toBeGreaterThan(10);
  const built = check();
  expect(built.status).toBe(1);
  const error = built.out.split("\n").find((one) => one.startsWith("::error"));
  expect(error).toContain(`::error file=${SCENARIO},line=${line},col=`);
  expect(error).toMatch(/recovery\.time of ours: max is .*, below 2 s/u);
  expect(error).toContain(`%0Aagain: shardlab run ${SCENARIO} --strategy ours --seed 3 --repeats 1`);
  const tested = test();
  expect(tested.status).toBe(1);
  expect(tested.out).toContain(`${SCENARIO}:${line}:`);
  writeFileSync(join(project, SCENARIO), text);
});

it("in an empty folder the packed program writes a scenario, runs one, compares and reports", () => {
  const folder = mkdtempSync(join(project, "empty-"));
  const main = join(project, "node_modules/shardlab/dist/cli/main.js");
  const run = (...args: readonly string[]): Ended => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: "utf8" });
    return { status, out: stdout + stderr };
  };
  expect(run("init").status).toBe(0);
  expect(readdirSync(folder)).toEqual(["scenario.schema.json", "scenario.yaml"]);
  const few = [join(project, SCENARIO), "--repeats", "2", "--quiet", "--no-fail"];
  for (const out of ["one", "two"]) expect(run("run", ...few, "--out", out).status).toBe(0);
  expect(run("compare", "one", "two", "--strict").out).toContain("Nothing changed");
  expect(run("report", "one", "--out", "again").status).toBe(0);
  expect(readdirSync(join(folder, "again"))).toContain("report.html");
});
