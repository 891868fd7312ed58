/** The README's generated parts, and docs/reference.md, say what the program says. `UPDATE=1 npm test` rewrites them. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { expect, test } from "vitest";
import { catalogue } from "../../src/cli/catalogue.ts";
import { COMMAND_SHAPES } from "../../src/cli/cli.ts";
import { referenceText } from "../../src/cli/reference.ts";
import { NOT_BUILT, REGISTRY } from "../../src/simulator/strategies/registry.ts";
import type { PartTable } from "../../src/simulator/strategies/part.ts";
import { INVARIANTS } from "../../src/study/checks/invariants.ts";
import { METRICS } from "../../src/study/stats/metrics.ts";
import { VERSION } from "../../src/study/experiment/version.ts";

const README = new URL("../../README.md", import.meta.url);

function block(name: string, content: string): void {
  const text = readFileSync(README, "utf8");
  const begin = `<!-- begin ${name} -->\n`;
  const end = `<!-- end ${name} -->`;
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  expect(text).toContain(begin);
  expect(to).toBeGreaterThan(from - 1);
  const wanted = `\n${content.trim()}\n\n`;
  if (process.env["UPDATE"] === "1" && text.slice(from, to) !== wanted) {
    writeFileSync(README, text.slice(0, from) + wanted + text.slice(to));
    return;
  }
  expect(text.slice(from, to)).toBe(wanted);
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

test("the README shows the scenario that npm start runs", () => {
  const lines = readFileSync(new URL("../../scenarios/primary-crash.yaml", import.meta.url), "utf8").trimEnd();
  block("scenario", `\`\`\`yaml\n${lines}\n\`\`\``);
});

test("the README lists every part, its options and what is not built yet", () => {
  const rows = Object.entries<PartTable>(REGISTRY).flatMap(([part, entries]) =>
    Object.entries(entries).map(([name, entry]) => `| ${part} | \`${name}\` | ${cell(entry.summary)} | ${cell(options(entry.options))} |`),
  );
  const later = Object.entries(NOT_BUILT).map(([part, names]) => `${part}: ${names.join(", ")}`);
  block("parts", `| part | name | what it is | options |\n|---|---|---|---|\n${rows.join("\n")}\n\nNot built yet: ${later.join("; ")}.`);
});

test("the README defines every metric as `explain` does", () => {
  block(
    "metrics",
    METRICS.map(
      (metric) =>
        `- **\`${metric.name}\`** (${metric.unit}${metric.better === "neither" ? "" : `, ${metric.better} is better`}): ${metric.definition}`,
    ).join("\n"),
  );
});

test("the README defines every invariant as `explain` does", () => {
  block("invariants", INVARIANTS.map((invariant) => `- **\`${invariant.name}\`**: ${invariant.definition}`).join("\n"));
});

test("docs/reference.md says what is read and judged: every command, option, metric and invariant", async () => {
  const kept = new URL("../../docs/reference.md", import.meta.url);
  const text = referenceText(await catalogue(), COMMAND_SHAPES);
  if (process.env["UPDATE"] === "1" || !existsSync(kept)) writeFileSync(kept, text);
  expect(readFileSync(kept, "utf8")).toBe(text);
  for (const { name } of [...METRICS, ...INVARIANTS]) expect(text).toContain(`- **\`${name}\`**: `);
  for (const { name, options: taken } of COMMAND_SHAPES) {
    expect(text).toContain(`### \`shardlab ${name}`);
    for (const option of Object.keys(taken)) expect(text).toContain(`- \`--${option}`);
  }
  expect(text).toContain("- **`cluster.server.cores`**: ");
});

test("the version in runs' keys is the package's", () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
  expect(VERSION).toBe(version);
});

/** Options with their defaults, in words. */
function options(schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as {
    properties?: Record<string, { default?: unknown; description?: string }>;
    enum?: unknown[];
    default?: unknown;
  };
  if (json.enum !== undefined) return `one of ${json.enum.join(", ")} (default ${String(json.default)})`;
  return Object.keys(json.properties ?? {})
    .map((name) => `\`${name}\``)
    .join(", ");
}
