/** What the tutorial tells to write is written as it stands there, and run. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { COMMAND_SHAPES } from "../../src/cli/cli.ts";
import { scratch, shardlab } from "../cli/harness.ts";

const TEXT = readFileSync(new URL("../../docs/tutorial.md", import.meta.url), "utf8");
const block = (language: string): string => new RegExp(`\`\`\`${language}\n([^\`]*(?:\`(?!\`\`)[^\`]*)*)\`\`\``, "u").exec(TEXT)?.[1] ?? "";

test("the tutorial's plug-in of at most 30 lines runs in the tutorial's scenario, and what it expects is held", async () => {
  const folder = scratch();
  const [scenario, plugin] = [block("yaml"), block("js")];
  expect(plugin.trimEnd().split("\n").length).toBeLessThanOrEqual(30);
  const zod = fileURLToPath(new URL("../../node_modules/zod/index.js", import.meta.url));
  writeFileSync(join(folder, "digits.yaml"), scenario);
  writeFileSync(join(folder, "last-digit.mjs"), plugin.replace('"zod"', JSON.stringify(`file://${zod}`)));
  const ran = await shardlab("check", join(folder, "digits.yaml"), "--allow-plugins", "--quiet");
  expect(ran.err).toBe("");
  expect(ran.out).toContain("2 of 2 held");
  expect(ran.status).toBe(0);
});

test("every command and option that the tutorial names is there", () => {
  const lines = [...TEXT.matchAll(/npx shardlab (?<name>[a-z]+)(?<rest>[^\n`]*)/gu)];
  expect(lines.length).toBeGreaterThan(6);
  for (const { groups } of lines) {
    const command = COMMAND_SHAPES.find(({ name }) => name === groups?.["name"]);
    expect(command, groups?.["name"]).toBeDefined();
    for (const [, option = ""] of (groups?.["rest"] ?? "").matchAll(/--([a-z-]+)/gu))
      expect(Object.keys(command?.options ?? {})).toContain(option);
  }
});
