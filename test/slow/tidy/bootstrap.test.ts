/**
 * What stands before `npm start` and `npm test`: installs and builds when needed, and no more. Tried on a small project of its own,
 * with stand-ins for npm and the compiler that note each call.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const NPM = `
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
console.log("noise of npm");
appendFileSync("calls.log", "npm " + process.argv[2] + "\\n");
rmSync("node_modules", { recursive: true, force: true });
mkdirSync("node_modules/typescript/bin", { recursive: true });
writeFileSync("node_modules/half", "");
await new Promise((resolve) => setTimeout(resolve, Number(process.env.NPM_MS ?? 0)));
writeFileSync("node_modules/typescript/bin/tsc", \`
  const fs = require("node:fs");
  console.log("noise of tsc");
  fs.appendFileSync("calls.log", "tsc\\\\n");
  for (const file of fs.readdirSync("src", { recursive: true })) {
    if (file.endsWith(".ts")) fs.cpSync("src/" + file, "dist/" + file.replace(/ts$/, "js"));
  }
  process.exitCode = Number(process.env.TSC_STATUS ?? 0);
\`);
process.exitCode = Number(process.env.NPM_STATUS ?? 0);
`;
const MAIN = `
const [command, value] = process.argv.slice(2);
if (command === "exit") process.exit(Number(value));
if (command === "wait") {
  const seen = [];
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      seen.push(signal);
      setTimeout(() => { console.log(seen.join()); process.exit(7); }, 250);
    });
  }
  setTimeout(() => process.exit(8), 20_000);
  console.log("ready");
} else console.log(JSON.stringify(process.argv.slice(2)));
`;

let root = "";
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "shardlab-bootstrap-"));
  cpSync("tools", join(root, "tools"), { recursive: true });
  write("package.json", JSON.stringify({ type: "module", dependencies: { a: "1.0.0" } }));
  write(
    "package-lock.json",
    JSON.stringify({ packages: { "": { dependencies: { a: "1.0.0" } }, "node_modules/a": { version: "1.0.0" } } }),
  );
  for (const file of ["tsconfig.json", "tsconfig.build.json"]) write(file, "{}");
  write("npm/npm-cli.js", NPM);
  write("npm/package.json", '{ "type": "module" }');
  write("src/cli/main.ts", MAIN);
  write("src/cli/other.ts", "");
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
  readonly signal: string | null;
}
const begin = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } => {
  const settings = { ...process.env, npm_execpath: join(root, "npm/npm-cli.js"), ...env };
  const child = spawn(process.execPath, [join(root, "tools/bootstrap.mjs"), ...args], { cwd: root, env: settings, detached: true });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (part: Buffer) => (stdout += part.toString()));
  child.stderr.on("data", (part: Buffer) => (stderr += part.toString()));
  return { child, ended: new Promise((resolve) => child.on("close", (status, signal) => resolve({ stdout, stderr, status, signal }))) };
};
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> => begin(args, env).ended;
const calls = (): readonly string[] => readFileSync(join(root, "calls.log"), "utf8").trim().split("\n");
const until = async (claim: () => boolean): Promise<void> => {
  while (!claim()) await new Promise((resolve) => setTimeout(resolve, 10));
};

it("a fresh clone is installed and built before the main job runs, and only the job writes to standard output", async () => {
  const { stdout, stderr, status } = await run(["start"]);
  expect([status, stdout]).toEqual([0, '["run","scenarios/primary-crash.yaml"]\n']);
  expect(stderr).toContain("noise of npm");
  expect(calls()).toEqual(["npm ci", "tsc"]);
});

it("what is fresh is neither installed nor built again, and nothing is said about it", async () => {
  await run(["start"]);
  expect((await run(["start"])).stderr).toBe("");
  expect(calls()).toEqual(["npm ci", "tsc"]);
});

it("arguments reach the program, and options alone belong to the main job", async () => {
  await run(["start"]);
  const job = '"run","scenarios/primary-crash.yaml"';
  expect((await run(["start", "run", "other.yaml", "--jobs", "2"])).stdout).toBe('["run","other.yaml","--jobs","2"]\n');
  expect((await run(["start", "--jobs", "2"])).stdout).toBe(`[${job},"--jobs","2"]\n`);
  expect((await run(["start", "--help"])).stdout).toBe('["--help"]\n');
});

it("a changed lock file is installed, a changed source is built, and so is a dist that was deleted", async () => {
  await run(["build"]);
  write("src/cli/other.ts", "// changed");
  await run(["build"]);
  expect(calls()).toEqual(["npm ci", "tsc", "tsc"]);
  rmSync(join(root, "dist"), { recursive: true });
  await run(["build"]);
  expect(calls().slice(3)).toEqual(["tsc"]);
  write("package-lock.json", `${readFileSync(join(root, "package-lock.json"), "utf8")}\n`);
  await run(["build"]);
  expect(calls().slice(4)).toEqual(["npm ci", "tsc"]);
});

it("a deleted source leaves nothing behind in dist", async () => {
  await run(["build"]);
  expect(existsSync(join(root, "dist/cli/other.js"))).toBe(true);
  rmSync(join(root, "src/cli/other.ts"));
  await run(["build"]);
  expect(existsSync(join(root, "dist/cli/other.js"))).toBe(false);
});

it("two at once install and build once, and both run", async () => {
  const both = await Promise.all([run(["start", "one"], { NPM_MS: "400" }), run(["start", "two"], { NPM_MS: "400" })]);
  expect(both.map(({ stdout }) => stdout)).toEqual(['["one"]\n', '["two"]\n']);
  expect(calls()).toEqual(["npm ci", "tsc"]);
});

it("an install that was killed is done again by the next start", async () => {
  const { child, ended } = begin(["install"], { NPM_MS: "20000" });
  await until(() => existsSync(join(root, "node_modules/half")));
  process.kill(-(child.pid ?? 0), "SIGKILL");
  await ended;
  expect(existsSync(join(root, ".bootstrap.lock"))).toBe(true);
  expect((await run(["start", "x"])).stdout).toBe('["x"]\n');
  expect(calls()).toEqual(["npm ci", "npm ci", "tsc"]);
});

it("a failed install or build ends the task with its status, and is tried again the next time", async () => {
  expect((await run(["start"], { NPM_STATUS: "5" })).status).toBe(5);
  expect((await run(["start"], { TSC_STATUS: "2" })).status).toBe(2);
  expect((await run(["start"])).status).toBe(0);
  expect(calls()).toEqual(["npm ci", "npm ci", "tsc", "tsc"]);
});

it("what npm installed by hand is accepted when it is what the lock file names, and replaced when it is not", async () => {
  const note = (version: string) => JSON.stringify({ packages: { "node_modules/a": { version } } });
  write("node_modules/.package-lock.json", note("1.0.0"));
  expect([(await run(["install"])).status, existsSync(join(root, "calls.log"))]).toEqual([0, false]);
  rmSync(join(root, "node_modules"), { recursive: true });
  write("node_modules/.package-lock.json", note("0.9.0"));
  await run(["install"]);
  expect(calls()).toEqual(["npm ci"]);
});

it("a lock held by a living process is waited for", async () => {
  write(".bootstrap.lock", `${hostname()} ${process.pid}`);
  const { ended } = begin(["install"]);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(existsSync(join(root, "calls.log"))).toBe(false);
  rmSync(join(root, ".bootstrap.lock"));
  expect((await ended).status).toBe(0);
});

it.each(["SIGINT", "SIGTERM"] as const)("%s reaches the program once, and the program's exit status comes back", async (signal) => {
  await run(["build"]);
  const { child, ended } = begin(["start", "wait"]);
  let ready = false;
  child.stdout?.on("data", () => (ready = true));
  await until(() => ready);
  child.kill(signal);
  expect(await ended).toEqual({ stdout: `ready\n${signal}\n`, stderr: "", status: 7, signal: null });
});

it("the program's exit status is ours, and an unknown task is the user's mistake", async () => {
  expect((await run(["start", "exit", "3"])).status).toBe(3);
  expect((await run(["strat"])).status).toBe(2);
});
