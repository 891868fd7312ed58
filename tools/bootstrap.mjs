/**
 * What `npm start`, `npm test` and their kin run: first install and build what is missing or stale, then the task itself.
 * Needs Node and npm, nothing else. Says what it does on standard error; standard output belongs to the task.
 *
 *     node tools/bootstrap.mjs TASK [arguments of the task]
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { runNode } from "./child.mjs";
import { MAIN, ROOT, ensureBuilt, ensureInstalled } from "./fresh.mjs";

const MAIN_JOB = ["run", "scenarios/primary-crash.yaml"];
const VITEST = join(ROOT, "node_modules/vitest/vitest.mjs");

/**
 * @typedef {object} Task
 * @property {boolean} built whether it needs `dist`
 * @property {(args: readonly string[]) => readonly string[]} command what Node runs; empty: nothing more
 */

/** @type {Readonly<Record<string, Task>>} */
const TASKS = {
  start: { built: true, command: (args) => [MAIN, ...withMainJob(args)] },
  test: { built: false, command: (args) => [VITEST, "run", "--project", "unit", ...args] },
  "test:slow": { built: true, command: (args) => [VITEST, "run", "--project", "slow", ...args] },
  "test:browser": { built: true, command: (args) => [VITEST, "run", "--project", "browser", ...args] },
  scenarios: { built: true, command: (args) => [MAIN, "check", ...scenarioFiles(), ...args] },
  determinism: { built: true, command: (args) => [join(ROOT, "tools/determinism.mjs"), ...args] },
  "swarm:raft": { built: false, command: (args) => [join(ROOT, "tools/swarm-raft.mjs"), ...args] },
  gallery: { built: true, command: (args) => [join(ROOT, "tools/gallery.mjs"), ...args] },
  "mutation:raft": { built: false, command: (args) => [join(ROOT, "tools/mutation-raft.mjs"), ...args] },
  check: { built: false, command: (args) => [join(ROOT, "tools/check.mjs"), ...args] },
  install: { built: false, command: () => [] },
  build: { built: true, command: () => [] },
};

/**
 * Without a command the main job runs, with the options given: `npm start -- --jobs 1`.
 * @param {readonly string[]} args
 */
function withMainJob(args) {
  const first = args[0];
  const asksAboutItself = first === "--help" || first === "-h" || first === "--version";
  return first === undefined || (first.startsWith("-") && !asksAboutItself) ? [...MAIN_JOB, ...args] : args;
}

/** Every scenario of the project; none is an error, never a pass. */
function scenarioFiles() {
  const files = readdirSync(join(ROOT, "scenarios")).filter((name) => name.endsWith(".yaml"));
  if (files.length === 0) throw new Error("no scenario in scenarios/");
  return files.sort().map((name) => `scenarios/${name}`);
}

/** @param {readonly string[]} argv */
async function main([name = "", ...args]) {
  const task = TASKS[name];
  if (task === undefined) {
    console.error(`shardlab: no task "${name}"; there are ${Object.keys(TASKS).join(", ")}`);
    return 2;
  }
  const installed = await ensureInstalled();
  if (installed !== 0) return installed;
  const built = task.built ? await ensureBuilt() : 0;
  if (built !== 0) return built;
  const command = task.command(args);
  return command.length === 0 ? 0 : runNode(command, { cwd: ROOT });
}

process.exitCode = await main(process.argv.slice(2));
