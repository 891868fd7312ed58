/** YAML 1.2 text to a tree of nodes with places (tree.ts). What is not one readable YAML document is a problem, never an exception. */
import { isScalar, parseDocument } from "yaml";
import type { YAMLError } from "yaml";
import { DEPTH_MAX, tooDeepAt } from "./depth.ts";
import type { Problems } from "../problem.ts";
import type { Node, Place, Source } from "./node.ts";
import { treeOf } from "./tree.ts";

/** A scenario is a page of text; beyond this something else was given by mistake. Characters. */
const TEXT_MAX = 1_000_000;
/** A broken file makes a parser complain again and again; the first few say it. */
const SYNTAX_PROBLEMS_MAX = 10;

/** For a value inside a larger text, such as an override: where it begins, and the path it will have. */
export interface Part {
  readonly path: string;
  readonly from: number;
}

/** The tree of `source`, or undefined when problems have been added that leave none. */
export function parseYaml(source: Source, problems: Problems, part: Part = { path: "", from: 0 }): Node | undefined {
  const { text } = source;
  const start: Place = { source, offset: part.from, path: part.path };
  if (text.length > TEXT_MAX) {
    problems.add(start, `the file has ${text.length} characters`, `a scenario has at most ${TEXT_MAX}; is this the right file?`);
    return undefined;
  }
  // eslint-disable-next-line no-control-regex -- a NUL, or the mark that decoding leaves for bytes that are no UTF-8
  const binary = text.search(/[\u0000\uFFFD]/u);
  if (binary >= 0) {
    problems.add(
      { ...start, offset: binary },
      "this is not text: a byte here is not UTF-8",
      "is this the right file? A scenario is YAML, saved as UTF-8",
    );
    return undefined;
  }
  // Blanks in place of what stands before the part keep every offset true.
  const own = part.from === 0 ? text : " ".repeat(part.from) + text.slice(part.from);
  const deep = tooDeepAt(own);
  if (deep !== undefined) {
    problems.add({ ...start, offset: deep }, "values are nested too deeply", `nest at most ${DEPTH_MAX} deep`);
    return undefined;
  }
  // Keys are checked for uniqueness in tree.ts, where the path and the first occurrence are known.
  // A "silent" parser would not even say that a second document follows.
  const document = parseDocument(own, { version: "1.2", prettyErrors: false, uniqueKeys: false, merge: false, logLevel: "error" });
  for (const error of [...document.errors, ...document.warnings].slice(0, SYNTAX_PROBLEMS_MAX)) addSyntaxProblem(error, start, problems);
  if (document.errors.length > 0) return undefined;
  const contents = document.contents ?? undefined;
  if (contents === undefined || (isScalar(contents) && (contents.value ?? undefined) === undefined)) {
    problems.add(start, "the file is empty", "begin with name: and strategies:, or let shardlab init write a first scenario");
    return undefined;
  }
  return treeOf(contents, start, problems);
}

function addSyntaxProblem(error: YAMLError, start: Place, problems: Problems): void {
  const place = { ...start, offset: Math.min(error.pos[0], start.source.text.length) };
  const first = (error.message.split("\n")[0] ?? "").replace(/[.:]$/u, "");
  const message = `this is not YAML: ${first.charAt(0).toLowerCase()}${first.slice(1)}`;
  switch (error.code) {
    case "MULTIPLE_DOCS":
      problems.add(place, "a second YAML document begins here", "one file is one scenario: remove the line with ---");
      return;
    case "TAB_AS_INDENT":
      problems.add(place, "a tab indents this line", "YAML indents with spaces");
      return;
    case "TAG_RESOLVE_FAILED":
      problems.add(place, message, "scenarios use no tags: remove it");
      return;
    case "BAD_ALIAS":
      problems.add(place, message, "write the value out");
      return;
    case "BAD_INDENT":
    case "MISSING_CHAR":
      problems.add(place, message, "look for a bracket, brace or quote that is not closed, or an indent that is off");
      return;
    default:
      problems.add(place, message, "text with special characters needs quotes");
  }
}
