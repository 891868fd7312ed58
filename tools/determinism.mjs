/**
 * Every scenario, run as differently as can be, must leave the same results.json, byte for byte: with one job and with two, in
 * another time zone and locale, on another major version of Node, which is fetched from the package registry for the purpose.
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

const other = otherNode();
const VARIANTS = [
  { name: `${process.version}, 1 job, run twice inside`, node: process.execPath, args: ["--jobs", "1", "--verify"], env: {} },
  { name: `${process.version}, 2 jobs, Kathmandu, Turkish`, node: process.execPath, args: ["--jobs", "2"], env: ELSEWHERE },
  {
    name: `${execFileSync(other, ["--version"], { encoding: "utf8" }).trim()}, 2 jobs`,
    node: other,
    args: ["--jobs", "2"],
    env: {},
  },
];

/**
 * @param {string} scenario
 * @param {typeof VARIANTS[number]} variant
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
    ...variant.args,
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
    const [first, ...rest] = await Promise.all(
      VARIANTS.map(async (variant, index) => ({
        variant,
        text: await results(join("scenarios", name), variant, join(scratch, `${name}-${index}`)),
      })),
    );
    for (const { variant, text } of rest) {
      const same = first !== undefined && text === first.text;
      if (!same) differing += 1;
      console.log(`${same ? "same  " : "DIFFER"}  ${name}  ${variant.name}${same ? "" : `\n${firstDifference(first?.text ?? "", text)}`}`);
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = differing === 0 ? 0 : 1;
