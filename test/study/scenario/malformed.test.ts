/**
 * Every way to write a scenario wrong that we could think of: each file of test/data/scenarios/malformed beside the
 * problems a reader is to find in it. `UPDATE=1` rewrites them; read each line of the difference, place by place.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { formatProblem } from "../../../src/study/scenario/problem.ts";
import { readScenario } from "../../../src/study/scenario/read.ts";
import { options } from "./fake-registry.ts";

const FOLDER = new URL("../../data/scenarios/malformed/", import.meta.url);
const readText = (path: string): string | undefined => {
  const file = new URL(path, FOLDER);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
};

const problemsOf = (file: string): string => {
  const result = readScenario(readText(file) ?? "", options(file, {}, { readText }));
  return result.ok ? "no problem\n" : `${result.problems.map(formatProblem).join("\n")}\n`;
};

const files = readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"));

describe("a malformed scenario gives every problem at its line and column", () => {
  it("has more than 34 of them", () => expect(files.length).toBeGreaterThan(34));
  it.each(files)("%s", (file) => {
    const golden = new URL(`${basename(file, ".yaml")}.txt`, FOLDER);
    const found = problemsOf(file);
    if (process.env["UPDATE"] === "1") writeFileSync(golden, found);
    expect(found).toBe(readFileSync(golden, "utf8"));
    expect(found).not.toBe("no problem\n");
  });
});
