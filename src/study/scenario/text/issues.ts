/**
 * What zod found wrong, as problems with a place. Schemas of the format say more than zod's codes carry: own checks
 * put `ProblemParams` into a custom issue, and sections put what they know (`Hints`) into an issue's message.
 */
import { z } from "zod";
import type { Problems } from "../problem.ts";
import { isMap } from "./data.ts";
import { descend, joinPath } from "./node.ts";
import type { Node, Place, Steps } from "./node.ts";
import { suggestion } from "./suggest.ts";

/** `params` of a custom issue. */
export interface ProblemParams {
  readonly fault: string;
  readonly mend: string;
  /** Characters into the text of the value. */
  readonly offset?: number | undefined;
  /** The key is at fault, not its value. */
  readonly atKey?: boolean | undefined;
}

/** Names that would have been known, and names of the format that nothing serves yet. */
export interface Hints {
  readonly known: readonly string[];
  readonly later: readonly string[];
}

type Issue = z.core.$ZodIssue;

/** Given to every parse: lets a plain `z.strictObject` (a part's options) say which keys it knows. */
export const errorMap: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== "unrecognized_keys") return undefined;
  const definition: unknown = issue.inst?._zod.def;
  const shape = isMap(definition) ? definition["shape"] : undefined;
  return hintText({ known: isMap(shape) ? Object.keys(shape) : [], later: [] });
};

/** Hints as the message of an issue. */
export const hintText = (hints: Hints): string => JSON.stringify(hints);

function hintsOf(message: string): Hints {
  const none: Hints = { known: [], later: [] };
  return message.startsWith('{"known":') ? { ...none, ...(JSON.parse(message) as Partial<Hints>) } : none;
}

/** Adds a problem for each issue of a value that was read from `root`. */
export function addIssues(issues: readonly Issue[], root: Node, problems: Problems, above: Steps = []): void {
  for (const issue of issues) addIssue(issue, root, [...above, ...stepsOf(issue)], problems);
}

const stepsOf = (issue: Issue): Steps => issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));

function addIssue(issue: Issue, root: Node, steps: Steps, problems: Problems): void {
  const { node, key, made } = descend(root, steps);
  if (node.kind === "scalar" && node.spoilt) return;
  const missing = steps.slice(made);
  const isMissing = missing.length > 0;
  const addIt = isMissing ? `add ${String(missing.at(-1))}:` : "";
  const path = missing.reduce<string>(joinPath, node.place.path);
  const add = (fault: string, mend: string, place: Place = node.place): void => problems.add(place, fault, mend, path);
  switch (issue.code) {
    case "unrecognized_keys":
      for (const name of issue.keys) addUnknownKey(name, node, hintsOf(issue.message), problems);
      return;
    case "invalid_union":
      addUnion(issue.errors, root, steps, problems, () => add(...isNot(node, expectedOf(issue.errors), addIt)));
      return;
    case "invalid_key":
      return addIssues(issue.issues, root, problems, steps);
    case "invalid_type":
      return add(...isNot(node, EXPECTED[issue.expected] ?? issue.expected, addIt));
    case "invalid_value": {
      const values = issue.values.map(String);
      if (isMissing) return add("is missing", addIt);
      return add(...notOneOf(shown(node), { known: values, later: hintsOf(issue.message).later }));
    }
    case "too_small":
    case "too_big":
      return add(...bounded(issue, node));
    case "custom": {
      const params = issue.params as Partial<ProblemParams> | undefined;
      if (isMissing && issue.input === undefined && params?.atKey !== true && params?.fault === undefined) return add("is missing", addIt);
      const place = params?.atKey === true ? (key ?? node.place) : inside(node, isMissing ? undefined : params?.offset);
      return add(params?.fault ?? issue.message, params?.mend ?? "", place);
    }
    default:
      return add(`${shown(node)} is not what is expected here`, issue.message);
  }
}

/** Fault and mend for a name that is not one of those known; quotes are the caller's. */
export function notOneOf(name: string, { known, later }: Hints): readonly [fault: string, mend: string] {
  const bare = name.replace(/^"|"$/gu, "");
  if (later.includes(bare)) return [`${name} is not built yet`, known.length === 0 ? "remove it" : `available now: ${known.join(", ")}`];
  return [`${name} is not known here`, suggestion(bare, known)];
}

function addUnknownKey(name: string, map: Node, { known, later }: Hints, problems: Problems): void {
  const place = (map.kind === "map" ? map.entries.get(name)?.key : undefined) ?? map.place;
  if (later.includes(name)) problems.add(place, "is not built yet", "remove it");
  else problems.add(place, "unknown key", suggestion(name, known));
}

/** A union is judged by the alternative that fits the shape of the value; without one, by `otherwise`. */
function addUnion(alternatives: readonly (readonly Issue[])[], root: Node, steps: Steps, problems: Problems, otherwise: () => void): void {
  const fitting = alternatives.filter(
    (issues) => !issues.some(({ code, path }) => path.length === 0 && (code === "invalid_type" || code === "invalid_value")),
  );
  const best = fitting.sort((a, b) => a.length - b.length)[0];
  if (best === undefined) otherwise();
  else addIssues(best, root, problems, steps);
}

/** What the alternatives of a union expect, in words. */
function expectedOf(alternatives: readonly (readonly Issue[])[]): string {
  const words = alternatives
    .flat()
    .flatMap((issue) =>
      issue.code === "invalid_type"
        ? [EXPECTED[issue.expected] ?? issue.expected]
        : issue.code === "invalid_value"
          ? issue.values.map(String)
          : [],
    );
  const expected = [...new Set(words)].join(" or ");
  return expected === "text or a number" ? "a single value" : expected;
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map of keys",
  record: "a map of names",
  array: "a list",
};

/** `addIt` is empty unless the key itself is missing. */
function isNot(node: Node, expected: string, addIt: string): readonly [fault: string, mend: string] {
  if (addIt !== "") return ["is missing", addIt];
  if (node.kind === "scalar" && node.value === undefined) return ["has no value", `write ${expected}`];
  const mend =
    expected === "a list"
      ? "write it as [ … ], or one line with a dash each"
      : expected.startsWith("a map")
        ? "write it as { key: value }"
        : expected === "text"
          ? "put quotes around it if it is meant as text"
          : `write ${expected}`;
  return [`${shown(node)} is not ${expected}`, mend];
}

function bounded(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, node: Node): readonly [fault: string, mend: string] {
  const isSmall = issue.code === "too_small";
  const limit = isSmall ? issue.minimum : issue.maximum;
  const side = isSmall ? (issue.inclusive === false ? "above" : "at least") : issue.inclusive === false ? "below" : "at most";
  if (issue.origin === "string") return ["is empty", "write some text"];
  if (issue.origin === "array" || issue.origin === "set") return [`has too ${isSmall ? "few" : "many"} items`, `give ${side} ${limit}`];
  if (issue.origin === "map" || issue.origin === "object") return [`has too ${isSmall ? "few" : "many"} keys`, `give ${side} ${limit}`];
  return [`${shown(node)} is too ${isSmall ? "small" : "large"}`, `it is ${side} ${limit}`];
}

/** The place of a character inside a value; of the value where its text does not map to the file. */
export function inside(node: Node, offset: number | undefined): Place {
  if (node.kind !== "scalar" || node.textAt === undefined || offset === undefined) return node.place;
  return { ...node.place, offset: node.textAt + offset };
}

/** A value as a problem quotes it. */
function shown(node: Node): string {
  if (node.kind === "map") return "a map";
  if (node.kind === "list") return "a list";
  const { value } = node;
  if (value === undefined) return "nothing";
  return typeof value === "string" ? `"${value.length > 60 ? `${value.slice(0, 60)}…` : value}"` : String(value);
}
