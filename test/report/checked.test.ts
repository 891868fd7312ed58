import { expect, it } from "vitest";
import { annotations, jobSummary } from "../../src/report/annotations.ts";
import { type Checked, type Claim, claimsOf, isHeld } from "../../src/report/checked.ts";
import { junitXml } from "../../src/report/junit.ts";
import { HOSTILE, verdict } from "./study.ts";

const claim = (more: Partial<Claim>): Claim => ({
  title: "expect[0] x of y",
  kind: "held",
  text: "x is 1",
  place: { file: "scenarios/a.yaml", line: 7, column: 5 },
  again: undefined,
  knownFailure: undefined,
  ...more,
});
const checked = (...claims: readonly Claim[]): Checked => ({ file: "scenarios/a.yaml", name: "a", claims });

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** Reads XML by other means than it is written: a stack of open elements; anything that is not well-formed throws. */
function parseXml(xml: string): Element {
  const root: Element = { name: "", attributes: {}, children: [], text: "" };
  const stack = [root];
  const plain = (text: string): string => {
    if (/[<]|&(?!(?:amp|lt|gt|quot|apos|#\d+);)/u.test(text)) throw new Error(`not well-formed: ${text}`);
    // eslint-disable-next-line no-control-regex -- they are what is looked for
    if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/u.test(text)) throw new Error("a character that XML cannot hold");
    const named: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
    return text.replace(/&(?:#(\d+)|(\w+));/gu, (_all, code?: string, name = "") =>
      code === undefined ? (named[name as string] ?? "") : String.fromCodePoint(Number(code)),
    );
  };
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/u, "");
  for (const [, text = "", close, name = "", rest = "", selfClosing] of body.matchAll(
    /([^<]*)<(\/?)([a-z]+)((?:\s+[a-z]+="[^"]*")*)\s*(\/?)>/gu,
  )) {
    const top = stack.at(-1)!;
    top.text += plain(text);
    if (close === "/") {
      if (stack.pop()?.name !== name) throw new Error(`${name} closes another`);
      continue;
    }
    const attributes = Object.fromEntries(
      [...rest.matchAll(/([a-z]+)="([^"]*)"/gu)].map(([, key = "", value = ""]) => [key, plain(value)]),
    );
    const element: Element = { name, attributes, children: [], text: "" };
    top.children.push(element);
    if (selfClosing !== "/") stack.push(element);
  }
  if (stack.length !== 1 || root.children.length !== 1) throw new Error("not one whole document");
  return root.children[0]!;
}

const BROKEN = claim({ kind: "broken", text: "x is 2, below 1", again: "shardlab run a.yaml --seed 3" });
const UNKNOWN = claim({ kind: "unknown", text: "nothing to judge" });
const KNOWN = claim({ knownFailure: "issue 12" });

it("JUnit XML has a suite for each scenario and a case for each claim, with its line and what shows it again", () => {
  const root = parseXml(junitXml([checked(claim({}), BROKEN, UNKNOWN, KNOWN), checked(claim({}))]));
  expect(root.attributes).toEqual({ name: "shardlab", tests: "5", failures: "1", errors: "1", skipped: "1" });
  expect(root.children.map(({ attributes }) => [attributes["tests"], attributes["failures"]])).toEqual([
    ["4", "1"],
    ["1", "0"],
  ]);
  const cases = root.children[0]?.children ?? [];
  expect(cases.map(({ children }) => children[0]?.name)).toEqual([undefined, "failure", "error", "skipped"]);
  expect(cases[1]?.attributes).toEqual({ classname: "a", name: "expect[0] x of y", file: "scenarios/a.yaml", line: "7" });
  expect(cases[1]?.children[0]).toMatchObject({
    attributes: { type: "broken", message: "x is 2, below 1" },
    text: "x is 2, below 1\nagain: shardlab run a.yaml --seed 3",
  });
});

it("no name, figure or reason breaks out of the XML, and what was said is read back", () => {
  for (const text of HOSTILE) {
    const root = parseXml(
      junitXml([{ file: text, name: text, claims: [claim({ kind: "broken", title: text, text }), claim({ knownFailure: text })] }]),
    );
    // eslint-disable-next-line no-control-regex -- XML cannot hold it
    const readable = text.replace(/\u001b/gu, "\ufffd");
    expect(root.children[0]?.attributes["name"]).toBe(readable);
    expect(root.children[0]?.children[0]?.children[0]?.text).toBe(readable);
  }
});

/** As the runner does: actions/runner, ActionCommand.cs. */
function readCommand(line: string): { readonly properties: Readonly<Record<string, string>>; readonly data: string } {
  const [, head = "", data = ""] = /^::error ([^\n]*?)::(.*)$/u.exec(line) ?? [];
  const unescape = (text: string): string =>
    text.replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
  const pairs = head.split(",").map((pair) => [pair.slice(0, pair.indexOf("=")), unescape(pair.slice(pair.indexOf("=") + 1))]);
  return { properties: Object.fromEntries(pairs) as Record<string, string>, data: unescape(data) };
}

it("an annotation stands at its line, with the command that shows the run again; what held has none", () => {
  const lines = annotations([checked(claim({}), BROKEN, KNOWN)], (file) => `sub/${file}`);
  expect(lines).toHaveLength(1);
  expect(readCommand(lines[0] ?? "")).toEqual({
    properties: { file: "sub/scenarios/a.yaml", line: "7", col: "5", title: "broken: expect[0] x of y" },
    data: "x is 2, below 1\nagain: shardlab run a.yaml --seed 3",
  });
});

it("per cents, ends of line, colons and commas come through an annotation as they were", () => {
  for (const text of ["99.9 %0A: a, b", "a\r\nb", "50%25::warning::x"]) {
    const [line = ""] = annotations([checked(claim({ kind: "broken", text, title: text }))], (file) => file);
    expect(line.split("\n")).toHaveLength(1);
    expect(readCommand(line).data).toBe(text);
    expect(readCommand(line).properties["title"]).toBe(`broken: ${text}`);
  }
});

it("the job summary counts, and tells what is not held and how to see it again", () => {
  const text = jobSummary([checked(claim({}), BROKEN), checked(claim({}))]);
  expect(text).toContain("| ❌ | a | 1 | 1 | 0 |");
  expect(text).toContain("| ✅ | a | 1 | 0 | 0 |");
  expect(text).toContain("shardlab run a.yaml --seed 3");
  expect(jobSummary([checked(claim({ kind: "broken", text: "<b>`x`</b>|y" }))])).not.toMatch(/<b>|[^\\]\|y/u);
});

it("a verdict becomes a claim for each strategy; a known failure is one claim, held while it fails", () => {
  const again = ({ strategy, seed }: { readonly strategy: string; readonly seed: number }): string => `${strategy} ${seed}`;
  const [broken] = claimsOf(verdict("broken", "y"), "a.yaml", again);
  expect(broken).toMatchObject({
    title: "expect[0] epochs-grow of quick",
    kind: "broken",
    again: "quick 104",
    place: { file: "a.yaml", line: 1, column: 1 },
  });
  const known = { ...verdict("broken", "y", { knownFailure: "issue 12" }), kind: "held" as const };
  expect(claimsOf(known, "a.yaml", again)).toMatchObject([{ kind: "held", knownFailure: "issue 12" }]);
  expect(claimsOf(verdict("held", "y", { source: "base.yaml" }), "a.yaml", again)[0]?.place?.file).toBe("base.yaml");
  expect(claimsOf(verdict("held", "y", { source: "--set 1" }), "a.yaml", again)[0]?.place?.file).toBe("a.yaml");
  expect([isHeld(checked()), isHeld(checked(claim({}))), isHeld(checked(claim({}), UNKNOWN))]).toEqual([false, true, false]);
});
