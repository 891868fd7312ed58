/**
 * Columns of files that distributions are drawn from: `empirical(latencies.csv read_us)`. A comma-separated file with a
 * line of names on top; values are plain numbers in the unit of results (microseconds, bytes). Paths are relative to
 * the scenario and stay in its folder.
 */
import { parseNumber } from "../../simulator/notation/units.ts";
import type { Problems } from "./problem.ts";
import { isMap } from "./text/data.ts";
import { inside } from "./text/issues.ts";
import { child } from "./text/node.ts";
import type { MapNode, Node, ScalarNode } from "./text/node.ts";
import { folderOf, resolvePath } from "./text/paths.ts";
import { suggestion } from "./text/suggest.ts";

/** Values by file and column, as the scenario names them. */
export type Columns = ReadonlyMap<string, readonly number[]>;

export interface Files {
  readonly file: string;
  readonly readText: (path: string) => string | undefined;
}

/** Where distributions can stand. */
const SECTIONS = ["cluster", "workload", "faults", "common", "strategies"] as const;
/** The two words that `empirical` takes, wherever in a distribution it stands. */
const EMPIRICAL = /\bempirical\(\s*([^\s()]+)\s+([^\s()]+)\s*\)/gu;

const keyOf = (file: string, column: string): string => `${file} ${column}`;

/** Every column that the tree names; problems are added for those that cannot be read. */
export function readColumns(tree: MapNode, files: Files, problems: Problems): Columns {
  const columns = new Map<string, readonly number[]>();
  for (const section of SECTIONS) {
    for (const node of textsIn(child(tree, section))) {
      for (const match of String(node.value).matchAll(EMPIRICAL)) {
        const [whole, file = "", column = ""] = match;
        const read = readColumn(file, column, files);
        if (typeof read !== "string") columns.set(keyOf(file, column), read);
        else problems.add(inside(node, match.index + whole.indexOf(file)), ...(read.split("\n") as [string, string]));
      }
    }
  }
  return columns;
}

function textsIn(node: Node | undefined): readonly ScalarNode[] {
  switch (node?.kind) {
    case undefined:
      return [];
    case "scalar":
      return typeof node.value === "string" && node.value.includes("empirical") ? [node] : [];
    case "list":
      return node.items.flatMap(textsIn);
    case "map":
      return [...node.entries.values()].flatMap(({ value }) => textsIn(value));
  }
}

/** The values, or what is wrong and how to mend it, in two lines. */
function readColumn(file: string, column: string, { file: scenario, readText }: Files): readonly number[] | string {
  const path = resolvePath(folderOf(scenario), file, folderOf(scenario));
  if (path === undefined) return `"${file}" is outside the folder of the scenario\nkeep it beside the scenario or in folders below it`;
  const text = readText(path);
  if (text === undefined) return `there is no file "${path}"\npaths are relative to the scenario`;
  const lines = text.split(/\r?\n/u);
  const names = cellsOf(lines[0] ?? "");
  const position = names.indexOf(column);
  if (position < 0) return `"${file}" has no column "${column}"\n${suggestion(column, names, "its first line names the columns")}`;
  const values: number[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === "") continue;
    const cell = cellsOf(line)[position] ?? "";
    const number = parseNumber(cell);
    if (!number.ok) return `line ${index + 1} of "${file}" has "${cell}" in column "${column}"\nwrite plain numbers: microseconds, bytes`;
    values.push(number.value);
  }
  return values.length === 0 ? `"${file}" has no line below its names\nadd values` : values;
}

const cellsOf = (line: string): readonly string[] => line.split(",").map((cell) => cell.trim().replace(/^"(.*)"$/u, "$1"));

/** `value` with the columns filled in wherever a distribution in it names one, in parts' options too. */
export function fillColumns<T>(value: T, columns: Columns): T {
  return columns.size === 0 ? value : (filled(value, columns) as T);
}

function filled(value: unknown, columns: Columns): unknown {
  if (Array.isArray(value)) return value.map((item) => filled(item, columns));
  if (!isMap(value)) return value;
  const { kind, file, column } = value;
  const values = kind === "empirical" ? columns.get(keyOf(String(file), String(column))) : undefined;
  if (values !== undefined) return { ...value, values };
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner, columns)]));
}
