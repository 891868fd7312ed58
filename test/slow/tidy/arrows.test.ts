/**
 * The import rules, held against the table of the house pair by pair: a tree in which every folder imports every other folder,
 * and every package, is judged by the project's own rules. The table below is written apart from them, by hand.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { type ICruiseResult, cruise } from "dependency-cruiser";
import { afterAll, beforeAll, expect, it } from "vitest";

/** folder -> what it may import, besides itself. */
const MAY: Readonly<Record<string, string>> = {
  base: "",
  "modules/sharding": "base ids",
  "modules/raft": "base ids",
  "modules/commit": "base ids",
  "modules/routing": "base ids modules/sharding",
  "simulator/kernel": "base seedrandom",
  "simulator/record": "base ids zod seedrandom",
  "simulator/notation": "base ids distributions zod",
  "simulator/workload": "base ids simulator/kernel distributions simulator/notation zod seedrandom",
  "simulator/faults": "base ids simulator/kernel distributions simulator/notation zod seedrandom",
  "simulator/strategies": "base ids modules/* simulator/notation contracts registry parts zod seedrandom",
  "simulator/cluster":
    "base ids modules/* simulator/kernel distributions simulator/record record simulator/workload simulator/faults contracts messages spec run zod seedrandom",
  "study/scenario":
    "base ids simulator/notation distributions simulator/workload simulator/faults simulator/strategies registry messages spec zod seedrandom",
  "study/experiment":
    "base ids modules/* simulator/* study/scenario scenario contracts messages registry parts spec run record distributions zod seedrandom",
  "study/stats": "base ids simulator/record record zod seedrandom",
  "study/checks": "base ids simulator/record record study/stats scenario zod seedrandom",
  "study/verify":
    "base ids modules/* simulator/record record simulator/notation distributions registry run study/scenario scenario study/experiment study/stats study/checks zod seedrandom",
  report: "base ids simulator/record record study/stats study/checks zod seedrandom",
  cli: "base ids modules/raft modules/sharding registry contracts run record simulator/record simulator/kernel distributions study/* scenario report zod seedrandom node",
};
const FOLDERS = Object.keys(MAY);

/** Single files that the table names, and things outside of src: what a folder may import -> how it is written. */
const SPECIAL: Readonly<Record<string, string>> = {
  ids: "src/base/ids.ts",
  contracts: "src/simulator/strategies/contracts.ts",
  registry: "src/simulator/strategies/registry.ts",
  parts: "src/simulator/strategies/sharding/ring.ts",
  messages: "src/simulator/strategies/messages.ts",
  distributions: "src/simulator/kernel/distribution-spec.ts",
  spec: "src/simulator/cluster/spec.ts",
  run: "src/simulator/cluster/run.ts",
  record: "src/simulator/record/record.ts",
  scenario: "src/study/scenario/scenario.ts",
  zod: "zod",
  seedrandom: "seedrandom",
  node: "node:fs",
  dev: "vitest",
};
const OWN: Readonly<Record<string, readonly string[]>> = {
  base: ["ids"],
  "simulator/strategies": ["contracts", "messages", "registry", "parts"],
  "simulator/cluster": ["spec", "run"],
  "simulator/kernel": ["distributions"],
  "simulator/record": ["record"],
  "study/scenario": ["scenario"],
};

const allows = (from: string, to: string): boolean =>
  from === to ||
  (OWN[from] ?? []).includes(to) ||
  (MAY[from] ?? "").split(" ").some((word) => word === to || (word.endsWith("/*") && to.startsWith(word.slice(0, -1))));

const root = mkdtempSync(join(tmpdir(), "shardlab-arrows-"));
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const relativeTo = (from: string, path: string): string => {
  if (!path.startsWith("src/")) return path;
  return `${"../".repeat(from.split("/").length)}${path.slice("src/".length)}`;
};
const nameOf = (to: string): string => to.replace("/", "-");

/** "from -> to" for each import that the rules refuse, and the rules that refused it. */
const refused = new Map<string, string[]>();

beforeAll(async () => {
  write("package.json", JSON.stringify({ dependencies: { zod: "1.0.0", seedrandom: "1.0.0" }, devDependencies: { vitest: "1.0.0" } }));
  write("tsconfig.json", "{}");
  for (const name of ["zod", "seedrandom", "vitest"]) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: "1.0.0", main: "index.js" }));
    write(`node_modules/${name}/index.js`, "");
  }
  for (const path of Object.values(SPECIAL)) if (path.startsWith("src/")) write(path, "export const value = 1;\n");
  for (const folder of FOLDERS) write(`src/${folder}/target.ts`, "export const value = 1;\n");
  for (const from of FOLDERS) {
    for (const to of FOLDERS) write(`src/${from}/to-${nameOf(to)}.ts`, `import "${relativeTo(from, `src/${to}/target.ts`)}";\n`);
    for (const [to, path] of Object.entries(SPECIAL)) write(`src/${from}/to-${to}.ts`, `import "${relativeTo(from, path)}";\n`);
  }
  write("src/base/cycle-a.ts", 'import type { B } from "./cycle-b.ts";\nexport type A = B | 1;\n');
  write("src/base/cycle-b.ts", 'import type { A } from "./cycle-a.ts";\nexport type B = A | 2;\n');
  write("src/cellar/wine.ts", 'import "../base/target.ts";\n');
  write("src/cli/nowhere.ts", 'import "./gone.ts";\n');
  write("src/cli/testing.ts", 'import "../../test/helper.ts";\n');
  write("test/helper.ts", "export const value = 1;\n");

  const rules = createRequire(import.meta.url)("../../../.dependency-cruiser.cjs") as {
    forbidden: [];
    options: { enhancedResolveOptions: object };
  };
  const { output } = await cruise(
    ["src"],
    {
      ruleSet: { forbidden: rules.forbidden },
      validate: true,
      baseDir: root,
      tsPreCompilationDeps: true,
      doNotFollow: { path: "node_modules" },
    },
    rules.options.enhancedResolveOptions,
  );
  for (const { from, to, rule } of (output as ICruiseResult).summary.violations) {
    const pair = `${from} -> ${to}`;
    refused.set(pair, [...(refused.get(pair) ?? []), rule.name]);
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const rulesAgainst = (file: string): readonly string[] =>
  [...refused].filter(([pair]) => pair.startsWith(`${file} ->`)).flatMap(([, names]) => names);

it.each(FOLDERS)("src/%s imports what the table lists and nothing else", (from) => {
  const found = [...FOLDERS, ...Object.keys(SPECIAL)].filter((to) => rulesAgainst(`src/${from}/to-${nameOf(to)}.ts`).length === 0);
  const expected = [...FOLDERS, ...Object.keys(SPECIAL)].filter((to) => allows(from, to));
  expect(found).toEqual(expected);
});

it.each([
  ["two files that need each other's types", "src/base/cycle-a.ts", "no cycles"],
  ["a folder that the table does not name", "src/cellar/wine.ts", "every folder has a row"],
  ["an import that leads nowhere", "src/cli/nowhere.ts", "every import leads somewhere"],
  ["a source that imports a test", "src/cli/testing.ts", "sources import sources"],
  ["Node's own modules below cli", "src/report/to-node.ts", "no Node below cli"],
  ["a development package in what is shipped", "src/cli/to-dev.ts", "no development package in what is shipped"],
])("%s are refused by name", (_what, file, rule) => {
  expect(rulesAgainst(file)).toEqual([rule]);
});

it("every rule says why in words", () => {
  const { forbidden } = createRequire(import.meta.url)("../../../.dependency-cruiser.cjs") as {
    forbidden: { comment: string; severity: string }[];
  };
  for (const { comment, severity } of forbidden) expect([severity, comment]).toEqual(["error", expect.stringMatching(/^[A-Zs].{30,}\.$/)]);
  expect(readFileSync("package.json", "utf8")).toContain('"arrows": "depcruise');
});
