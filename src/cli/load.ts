/** From the files on the command line to scenarios: every problem of every file at once, and plug-ins only where they are allowed. */
import { readFileSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { collectProblems, formatProblem } from "../study/scenario/problem.ts";
import { readScenario } from "../study/scenario/read.ts";
import type { Scenario } from "../study/scenario/scenario.ts";
import { choiceAt } from "../study/scenario/schema/strategy.ts";
import { loadTree } from "../study/scenario/text/load.ts";
import { child } from "../study/scenario/text/node.ts";
import { type Catalogue, catalogue } from "./catalogue.ts";
import { InputError } from "./exit.ts";
import { isCode } from "./files.ts";
import { looking, remembered, type TracesFound } from "./traces.ts";

/** All that a scenario is made from, as plain data: a worker reads the same scenario from it without touching a file. */
export interface Source {
  /** As given on the command line. */
  readonly file: string;
  readonly text: string;
  /** What `extends:` named, by path. */
  readonly texts: Readonly<Record<string, string>>;
  /** What was found in the recorded traces that it replays; their rows stay in the files. */
  readonly traces: TracesFound;
  readonly set: readonly string[];
  /** Addresses of plug-in modules, in the order of the file. */
  readonly plugins: readonly string[];
}

export interface Loaded {
  readonly source: Source;
  readonly scenario: Scenario;
}

export interface LoadOptions {
  readonly set: readonly string[];
  readonly allowPlugins: boolean;
}

/** Reads all files. Throws an InputError with all problems of all of them. */
export async function loadScenarios(files: readonly string[], options: LoadOptions): Promise<readonly Loaded[]> {
  const loaded: Loaded[] = [];
  const lines: string[] = [];
  for (const file of files) {
    try {
      loaded.push(await loadScenario(file, options));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      lines.push(...error.lines);
    }
  }
  if (lines.length > 0) throw new InputError(lines);
  return loaded;
}

async function loadScenario(file: string, { set, allowPlugins }: LoadOptions): Promise<Loaded> {
  const text = readGiven(file);
  const texts: Record<string, string> = {};
  const remember = (path: string): string | undefined => {
    const found = readText(path);
    if (found !== undefined) texts[path] = found;
    return found;
  };
  const named = pluginsNamed(text, file, set, remember);
  if (named.length > 0 && !allowPlugins) {
    throw new InputError([`${file}: plugins: ${named.join(", ")} would run as code of yours; if you trust it, add --allow-plugins`]);
  }
  const plugins = named.map((path) => pathToFileURL(resolve(dirname(file), path)).href);
  const traces: Record<string, TracesFound[string]> = {};
  const source: Source = { file, text, texts, traces, set, plugins };
  return { source, scenario: readSource(source, await catalogue(plugins), { readText: remember, lookAtTrace: looking(traces) }) };
}

/** Reads a scenario from what was gathered; from files where `more` reads them. Throws an InputError. */
export function readSource(
  source: Source,
  { registry, metrics, invariants }: Catalogue,
  more: Partial<Pick<Parameters<typeof readScenario>[1], "readText" | "lookAtTrace">> = {},
): Scenario {
  const { file, text, texts, traces, set } = source;
  const given = { readText: (path: string): string | undefined => texts[path], lookAtTrace: remembered(traces), ...more };
  const read = readScenario(text, { file, ...given, registry, metrics, invariants, set });
  if (!read.ok) throw new InputError(read.problems.map(formatProblem));
  return read.scenario;
}

/** `plugins:` of a file, its bases and overrides laid under and over it; empty where the text is too wrong to tell. */
function pluginsNamed(
  text: string,
  file: string,
  set: readonly string[],
  readMore: (path: string) => string | undefined,
): readonly string[] {
  const tree = loadTree(text, { file, readText: readMore, set, choiceAt }, collectProblems());
  const list = tree === undefined ? undefined : child(tree, "plugins");
  if (list?.kind !== "list") return [];
  return list.items.flatMap((item) => (item.kind === "scalar" && typeof item.value === "string" ? [item.value] : []));
}

function readGiven(file: string): string {
  try {
    const wrong = cannotBeRead(file);
    if (wrong !== undefined) throw new InputError([`${file}: ${wrong}`]);
    return readFileSync(file, "utf8");
  } catch (error) {
    if (isCode(error, "ELOOP")) throw new InputError([`${file}: its links lead back to themselves`]);
    if (isCode(error, "ENAMETOOLONG")) throw new InputError([`${file.slice(0, 40)}…: no file has so long a name`]);
    if (isCode(error, "ENOENT", "ENOTDIR")) throw new InputError([`${file}: there is no such file`]);
    if (isCode(error, "EISDIR")) throw new InputError([`${file}: is a folder; name the files in it`]);
    if (isCode(error, "EACCES", "EPERM")) throw new InputError([`${file}: may not be read`]);
    throw error;
  }
}

/** Bytes of a file that is read whole: columns of measured values may be long. */
const BYTES_MOST = 256_000_000;

/** What would never end, or take all memory. A pipe of the shell's, such as /dev/stdin, ends when its writer does. */
function cannotBeRead(path: string): string | undefined {
  const found = statSync(path);
  if (found.isDirectory() || (found.isFIFO() && path.startsWith("/dev/"))) return undefined;
  if (!found.isFile()) return "is no plain file; name a file, or /dev/stdin for a pipe";
  return found.size > BYTES_MOST ? `has ${found.size} bytes; at most ${BYTES_MOST} are read` : undefined;
}

function readText(path: string): string | undefined {
  try {
    return cannotBeRead(path) === undefined ? readFileSync(path, "utf8") : undefined;
  } catch (error) {
    if (isCode(error, "ENOENT", "ENOTDIR", "EISDIR", "EACCES", "EPERM", "ELOOP", "ENAMETOOLONG")) return undefined;
    throw error;
  }
}

/** A path as the user would type it: relative where that is shorter. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near !== "" && near.length < path.length ? near : path;
}
