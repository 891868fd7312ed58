/** reports/README.md, which `npm run gallery` makes: every scenario with its question, its answer, pictures that are there, and its command. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { expect, it } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const text = readFileSync(new URL("reports/README.md", ROOT), "utf8");
const sections = new Map(
  [...text.matchAll(/<!-- begin (.+?) -->\n([\s\S]*?)\n<!-- end \1 -->/gu)].map(([, name = "", section = ""]) => [name, section]),
);
const scenarios = readdirSync(new URL("scenarios/", ROOT)).filter((name) => name.endsWith(".yaml"));

it("the gallery shows every scenario that there is, and no other (npm run gallery -- FILE makes one anew)", () => {
  expect([...sections.keys()].map((name) => `${name}.yaml`).sort()).toEqual([...scenarios].sort());
});

it("each with its question as the scenario has it, an answer, at least one picture, and the command that makes it again", () => {
  for (const file of scenarios) {
    const section = sections.get(file.replace(".yaml", "")) ?? "";
    const [, question = ""] = /^\*\*(.+)\*\*$/mu.exec(section) ?? [];
    const plain = (words: string): string => words.replaceAll(/[^a-z0-9]+/giu, " ").trim();
    expect(plain(readFileSync(new URL(`scenarios/${file}`, ROOT), "utf8")), file).toContain(plain(question));
    expect(question.length, file).toBeGreaterThan(20);
    expect(section, file).toContain(`npm start -- run scenarios/${file}`);
    expect([...section.matchAll(/!\[.+\]\(pictures\/.+\.png\)/gu)].length, file).toBeGreaterThan(0);
  }
});

it("every picture that is named is there, none is left over, and together they are small", () => {
  const folder = new URL("reports/pictures/", ROOT);
  const named = new Set([...text.matchAll(/\(pictures\/([^)]+)\)/gu)].map(([, name]) => name));
  const there = readdirSync(folder).filter((name) => name.includes("--"));
  expect(new Set(there)).toEqual(named);
  expect(there.reduce((sum, name) => sum + statSync(new URL(name, folder)).size, 0)).toBeLessThan(6_000_000);
});
