import { describe, expect, it } from "vitest";
import { collectProblems, formatProblem } from "../../../src/study/scenario/problem.ts";
import { makeSource } from "../../../src/study/scenario/text/node.ts";

const format = (text: string, offset: number): string => {
  const problems = collectProblems();
  problems.add({ source: makeSource("s.yaml", text, 0), offset, path: "a.b" }, "it is wrong", "mend it");
  return problems.list().map(formatProblem).join("\n");
};

describe("a problem", () => {
  it("is shown with its line and a caret under its place", () => {
    expect(format("x: 1\r\na: { b: 2 }\r\n", 14)).toBe(
      "s.yaml:2:9 a.b: it is wrong; mend it\n    a: { b: 2 }\n            ^".replace("            ^", "            ^"),
    );
  });
  it("keeps tabs, so that the caret stands right whatever their width", () =>
    expect(format("\ta:\tb", 4).split("\n")[2]).toBe("    \t  \t^"));
  it("shows no control character to a terminal", () => expect(format("a: \u001b[31m", 0)).toContain("a: \uFFFD[31m"));
  it("shows a part of a long line, around its place", () => {
    const [head, line = "", caret = ""] = format(`${"a".repeat(400)}X${"b".repeat(400)}`, 400).split("\n");
    expect(head).toBe("s.yaml:1:401 a.b: it is wrong; mend it");
    expect(line.length).toBeLessThan(150);
    expect(line[caret.indexOf("^")]).toBe("X");
  });
  it("at the end of a text has a place", () => expect(format("a: 1\n", 5)).toBe("s.yaml:2:1 a.b: it is wrong; mend it"));
  it("is listed once, in the order of files and places", () => {
    const problems = collectProblems();
    const [own, base] = [makeSource("own", "abc", 0), makeSource("base", "abc", 1)];
    problems.add({ source: base, offset: 0, path: "" }, "three", "");
    problems.add({ source: own, offset: 2, path: "" }, "two", "");
    problems.add({ source: own, offset: 1, path: "" }, "one", "");
    problems.add({ source: own, offset: 1, path: "" }, "one", "");
    expect(problems.list().map(({ fault }) => fault)).toEqual(["one", "two", "three"]);
  });
});
