/**
 * Runs scenarios and shows what came out: two pictures of each in reports/pictures/, and reports/README.md with question, answer and
 * findings. Without arguments all scenarios, which takes minutes; with some, only their sections are written anew.
 *
 *     npm run gallery [-- scenarios/celebrity.yaml ...] [--repeats N]
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { MAIN, ROOT } from "./fresh.mjs";

/** The first two of these that a study has, by the beginning of their names: what it is about. */
const PREFERRED = [
  "cost",
  "recovery-runs",
  "recovery",
  "loss",
  "asked-",
  "movement",
  "balance",
  "answered",
  "latency",
  "timeline",
  "balance-time",
  "load-servers",
];
/** Of these one is enough: they say the same. */
const ALIKE = ["recovery-runs", "recovery"];
const PICTURES_EACH = 2;
/** Bytes of a picture: they are kept in the repository. */
const BYTES_MOST = 60_000;
/** Pixels for one of the drawing's, until a picture is small enough. */
const SCALES = [1.5, 1.25, 1, 0.8, 0.6];

const FOLDER = join(ROOT, "reports");
const INDEX = join(FOLDER, "README.md");
const PICTURES = join(FOLDER, "pictures");

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { repeats: { type: "string" } } });
const all = readdirSync(join(ROOT, "scenarios"))
  .filter((name) => name.endsWith(".yaml"))
  .sort()
  .map((name) => join(ROOT, "scenarios", name));
const files = positionals.length === 0 ? all : positionals;

/** @type {{ readonly pngOf: (svg: string, pixels: number) => Uint8Array }} */
const { pngOf } = await import(pathToFileURL(join(ROOT, "dist/cli/pictures.js")).href);
const sections = positionals.length === 0 ? new Map() : readSections();
mkdirSync(PICTURES, { recursive: true });
for (const file of files) {
  const section = makeSection(file);
  if (section === undefined) process.exitCode = 1;
  else {
    sections.set(section.name, section.text);
    // After each, so that an interrupted run keeps what it made.
    writeFileSync(INDEX, indexText());
  }
}

/** @param {string} file */
function makeSection(file) {
  const folder = mkdtempSync(join(tmpdir(), "shardlab-gallery-"));
  try {
    const repeats = options.repeats === undefined ? [] : ["--repeats", options.repeats];
    const args = [MAIN, "run", file, "--out", folder, "--format", "json,svg", "--no-fail", "--quiet", ...repeats];
    const run = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
    if (run.status !== 0 || !existsSync(join(folder, "results.json"))) {
      console.error(`gallery: ${file} ended with status ${String(run.status)}`);
      return undefined;
    }
    const results = JSON.parse(readFileSync(join(folder, "results.json"), "utf8"));
    const { name, question } = results.scenario;
    for (const old of readdirSync(PICTURES)) if (old.startsWith(`${name}--`)) rmSync(join(PICTURES, old));
    const there = readdirSync(join(folder, "charts"))
      .filter((file) => file.endsWith(".svg"))
      .map((file) => basename(file, ".svg"));
    const drawn = PREFERRED.flatMap((id) => there.filter((one) => one === id || (id.endsWith("-") && one.startsWith(id))));
    const [first, ...others] = ALIKE.filter((id) => drawn.includes(id));
    const charts = drawn.filter((id) => id === first || !others.includes(id)).slice(0, PICTURES_EACH);
    const shown = charts.map((id) => {
      const { title } = JSON.parse(readFileSync(join(folder, "charts", `${id}.vl.json`), "utf8"));
      const picture = `${name}--${id}.png`;
      writeFileSync(join(PICTURES, picture), smallPng(readFileSync(join(folder, "charts", `${id}.svg`), "utf8"), picture));
      return `![${escaped(title.text.join(" "))}](pictures/${picture})`;
    });
    const held = results.verdicts.filter((/** @type {{ verdict: string }} */ one) => one.verdict === "held").length;
    const strategies = results.strategies.map((/** @type {{ name: string }} */ one) => one.name);
    const facts = `${results.repeats} runs each of ${strategies.join(", ")}; ${held} of ${results.verdicts.length} expectations held.`;
    const command = ["npm start -- run", relative(ROOT, resolve(file)), ...repeats].join(" ");
    console.log(`${name}: ${charts.join(", ")}`);
    return {
      name,
      text: [
        `## ${name}`,
        "",
        `**${escaped(question)}**`,
        "",
        escaped(results.headline),
        "",
        ...shown,
        "",
        `${escaped(facts)} [The scenario](../scenarios/${basename(file)}); again, with the whole page: \`${command}\``,
      ].join("\n"),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} svg
 * @param {string} name
 */
function smallPng(svg, name) {
  for (const scale of SCALES) {
    const png = pngOf(svg, scale);
    if (png.length < BYTES_MOST) return png;
  }
  throw new Error(`${name} is more than ${BYTES_MOST} bytes at any size`);
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[\\`*_<>|~]/gu, "\\$&");
}

/** @returns {Map<string, string>} */
function readSections() {
  const text = existsSync(INDEX) ? readFileSync(INDEX, "utf8") : "";
  return new Map(
    [...text.matchAll(/<!-- begin (.+?) -->\n([\s\S]*?)\n<!-- end \1 -->/gu)].map(([, name = "", section = ""]) => [name, section.trim()]),
  );
}

function indexText() {
  const names = [...sections.keys()].sort();
  return [
    "# What the scenarios show",
    "",
    "Made by `npm run gallery`; every picture is drawn from the runs of the scenario above it, and drawn again byte for byte the same.",
    "",
    ...names.map((name) => `- [${name}](#${name}): ${/^\*\*(.*)\*\*$/mu.exec(sections.get(name) ?? "")?.[1] ?? ""}`),
    "",
    ...names.flatMap((name) => [`<!-- begin ${name} -->`, "", sections.get(name) ?? "", "", `<!-- end ${name} -->`, ""]),
  ].join("\n");
}
