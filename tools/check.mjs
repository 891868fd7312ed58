/**
 * All of CI: every step below in turn, a line for each, the output of those that failed, and at the end how many passed and failed.
 *
 *     npm run check                        everything
 *     npm run check -- lint typecheck      these steps only
 *     ... --tests FILE --tests-status N    take the unit tests' result from a run that has been (as .ci/run does)
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { judgeTests } from "./check-tests.mjs";

/** The steps, each a script of package.json. To switch one on or off, add or remove its line. */
const STEPS = [
  { script: "test", kind: "tests", minutes: 10 },
  { script: "format:check", kind: "step", minutes: 2 },
  { script: "lint", kind: "step", minutes: 5 },
  { script: "typecheck", kind: "step", minutes: 5 },
  { script: "arrows", kind: "step", minutes: 2 },
  { script: "dead", kind: "step", minutes: 2 },
  { script: "build", kind: "step", minutes: 5 },
  { script: "package", kind: "step", minutes: 2 },
  { script: "scenarios", kind: "step", minutes: 20 },
  { script: "test:slow", kind: "tests", minutes: 25 },
  { script: "test:browser", kind: "tests", minutes: 5 },
  { script: "determinism", kind: "step", minutes: 15 },
];

const { values: options, positionals: chosen } = parseArgs({
  allowPositionals: true,
  options: { tests: { type: "string" }, "tests-status": { type: "string", default: "0" } },
});
const unknown = chosen.filter((script) => !STEPS.some((step) => step.script === script));
if (unknown.length > 0) {
  console.error(`no step ${unknown.join(", ")}; there are ${STEPS.map((step) => step.script).join(", ")}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "shardlab-check-"));
const total = { passed: 0, failed: 0 };
try {
  for (const step of STEPS) {
    if (chosen.length > 0 && !chosen.includes(step.script)) continue;
    const start = performance.now();
    const result = step.kind === "tests" ? await runTests(step) : await runStep(step);
    total.passed += result.passed;
    total.failed += result.failed;
    if (result.failed > 0) console.log(result.output);
    const seconds = ((performance.now() - start) / 1_000).toFixed(1);
    console.log(`${result.failed === 0 ? "ok  " : "FAIL"}  ${step.script.padEnd(14)} ${seconds.padStart(6)} s  ${result.remark}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

/** @param {{ readonly script: string, readonly minutes: number }} step */
async function runStep(step) {
  const { status, output } = await npmRun(step, []);
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, output, remark: status === 0 ? "" : `exit status ${status}` };
}

/** @param {{ readonly script: string, readonly minutes: number }} step */
async function runTests(step) {
  const earlier = step.script === "test" && options.tests !== undefined;
  const file = earlier ? String(options.tests) : join(folder, `${step.script.replace(":", "-")}.json`);
  const { status, output } = earlier
    ? { status: Number(options["tests-status"]), output: "" }
    : await npmRun(step, ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`]);
  const { passed, failed, explained, complaints } = judgeTests(
    existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined,
    status,
  );
  const remark = `${passed} tests${explained > 0 ? `, ${explained} left out with a reason` : ""}${failed > 0 ? `, ${failed} bad` : ""}`;
  return { passed, failed, output: [output, ...complaints].join("\n"), remark };
}

/**
 * Runs a script of package.json, for at most `minutes`; its whole group of processes ends with it.
 * @param {{ readonly script: string, readonly minutes: number }} step
 * @param {readonly string[]} args
 * @returns {Promise<{ readonly status: number, readonly output: string }>}
 */
function npmRun({ script, minutes }, args) {
  return new Promise((resolve) => {
    /** @type {Buffer[]} */
    const output = [];
    const child = spawn("npm", ["run", "--silent", script, "--", ...args], { stdio: ["ignore", "pipe", "pipe"], detached: true });
    const end = () => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    };
    const interrupt = () => {
      end();
      process.exit(130);
    };
    const timer = setTimeout(() => {
      output.push(Buffer.from(`\nstopped after ${minutes} minutes\n`));
      end();
    }, minutes * 60_000);
    process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (/** @type {Buffer} */ part) => output.push(part));
    child.on("error", (error) => output.push(Buffer.from(error.message)));
    child.on("close", (status) => {
      clearTimeout(timer);
      process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
      resolve({ status: status ?? 1, output: Buffer.concat(output).toString() });
    });
  });
}
