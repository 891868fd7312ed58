/**
 * Every scenario, run as differently as can be, must leave the same results.json, byte for byte: on the one side one job, here; on the
 * other two jobs, another time zone and locale, and another major version of Node, which is fetched from the package registry for the
 * purpose. Where the two differ, each difference is tried alone, to say which it is.
 *
 *     npm run determinism                      every scenario, one repeat of each strategy
 *     npm run determinism -- --repeats 3       what follows goes to each run
 *
 * OTHER_NODE=/path/to/node names another Node where none can be fetched.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MAIN, ROOT } from "./fresh.mjs";

const NODE_24 = "24.21.0";
const NODE_22 = "22.23.3";
const ELSEWHERE = { TZ: "Asia/Kathmandu", LC_ALL: "tr_TR.UTF-8", LANG: "tr_TR.UTF-8" };

/** The path of a Node of another major version than this one. */
function otherNode() {
  const given = process.env["OTHER_NODE"];
  if (given !== undefined) return given;
  const version = process.version.startsWith("v24.") ? NODE_22 : NODE_24;
  const found = ["--yes", "--package", `node-${process.platform}-${process.arch}@${version}`, "-c", "node -p process.execPath"];
  return execFileSync("npx", found, { cwd: tmpdir(), encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
}

/**
 * @typedef {object} Variant
 * @property {string} name
 * @property {string} node the path of the Node it runs on
 * @property {string} jobs
 * @property {Readonly<Record<string, string>>} env
 */

const other = otherNode();
const otherVersion = execFileSync(other, ["--version"], { encoding: "utf8" }).trim();
/** @type {Variant} */
const PLAIN = { name: `${process.version}, 1 job`, node: process.execPath, jobs: "1", env: {} };
/** @type {Variant} */
const UNLIKE = { name: `${otherVersion}, 2 jobs, Kathmandu, Turkish`, node: other, jobs: "2", env: ELSEWHERE };
/** @type {readonly Variant[]} */
const ALONE = [
  { ...PLAIN, name: `${PLAIN.name}, once more` },
  { ...PLAIN, name: "2 jobs", jobs: "2" },
  { ...PLAIN, name: "Kathmandu, Turkish", env: ELSEWHERE },
  { ...PLAIN, name: otherVersion, node: other },
];

/**
 * @param {string} scenario
 * @param {Variant} variant
 * @param {string} folder
 */
async function results(scenario, variant, folder) {
  const args = [
    MAIN,
    "run",
    scenario,
    "--quiet",
    "--no-fail",
    "--format",
    "json",
    "--out",
    folder,
    "--jobs",
    variant.jobs,
    ...(process.argv.length > 2 ? process.argv.slice(2) : ["--repeats", "1"]),
  ];
  const run = spawn(variant.node, args, { cwd: ROOT, env: { ...process.env, ...variant.env }, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  run.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  /** @type {number | string} */
  const status = await new Promise((resolve, reject) => {
    run.on("error", reject).on("close", (code, signal) => resolve(signal ?? code ?? "nothing"));
  });
  if (status !== 0) throw new Error(`${scenario} (${variant.name}) ended with ${status}:\n${stderr}`);
  return readFileSync(join(folder, "results.json"), "utf8");
}

/**
 * @param {string} expected
 * @param {string} found
 */
function firstDifference(expected, found) {
  let at = 0;
  while (expected[at] === found[at]) at += 1;
  const around = (/** @type {string} */ text) => JSON.stringify(text.slice(Math.max(0, at - 60), at + 60));
  return `  first difference at character ${at}:\n    ${around(expected)}\n    ${around(found)}`;
}

const scenarios = readdirSync(join(ROOT, "scenarios")).filter((name) => name.endsWith(".yaml"));
if (scenarios.length === 0) throw new Error("no scenario in scenarios/");
const scratch = mkdtempSync(join(tmpdir(), "shardlab-determinism-"));
let differing = 0;
try {
  for (const name of scenarios.sort()) {
    const of = (/** @type {Variant} */ variant) => results(join("scenarios", name), variant, mkdtempSync(join(scratch, `${name}-`)));
    const [plain, unlike] = await Promise.all([of(PLAIN), of(UNLIKE)]);
    if (plain === unlike) {
      console.log(`same    ${name}`);
      continue;
    }
    differing += 1;
    console.log(`DIFFER  ${name}: ${PLAIN.name} | ${UNLIKE.name}\n${firstDifference(plain, unlike)}`);
    for (const variant of ALONE) console.log(`  ${(await of(variant)) === plain ? "same  " : "DIFFER"}  ${variant.name}`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${scenarios.length} scenarios, ${differing} differing: ${PLAIN.name} | ${UNLIKE.name}`);
process.exitCode = differing === 0 ? 0 : 1;
