/**
 * The module with one fault put in: its sources are read, one piece of text is replaced, and all is compiled and run apart from
 * the real module. Nothing in the sources knows of this.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createContext, Script } from "node:vm";
import ts from "typescript";
import type { RaftModule } from "./host.ts";

const FOLDER = new URL("../../../src/modules/raft/", import.meta.url);
const BASE = new URL("../../../src/base/", import.meta.url);

export interface Patch {
  /** A file of the module. */
  readonly file: string;
  /** Must stand in it exactly once. */
  readonly from: string;
  readonly to: string;
}

const sources = new Map<string, string>();
const compiled = new Map<string, Script>();

/** The text of a file of the module. */
export function sourceOf(file: string): string {
  if (sources.size === 0) readSources();
  return sources.get(file)!;
}

/** The module with the text of one file replaced. */
export function moduleWith(changed?: { readonly file: string; readonly source: string }): RaftModule {
  if (sources.size === 0) readSources();
  const scripts = new Map(compiled);
  if (changed !== undefined) scripts.set(changed.file, compile(changed.file, changed.source));
  return load(scripts);
}

/** The module with `patches` made. */
export function mutant(...patches: readonly Patch[]): RaftModule {
  if (sources.size === 0) readSources();
  const scripts = new Map(compiled);
  for (const { file, from, to } of patches) {
    const source = sources.get(file);
    const places = source?.split(from).length ?? 0;
    if (source === undefined || places !== 2)
      throw new Error(`${file}: ${JSON.stringify(from)} stands there ${places - 1} times, not once`);
    scripts.set(
      file,
      compile(
        file,
        source.replace(from, () => to),
      ),
    );
  }
  return load(scripts);
}

function readSources(): void {
  const add = (folder: URL, file: string): void => {
    const source = readFileSync(new URL(file, folder), "utf8");
    sources.set(file, source);
    compiled.set(file, compile(file, source));
  };
  for (const file of readdirSync(FOLDER)) add(FOLDER, file);
  add(BASE, "assert.ts");
}

function compile(file: string, source: string): Script {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(source, { fileName: file, compilerOptions });
  return new Script(`(function (exports, require) {${outputText}\n})`, { filename: file });
}

type Exports = Record<string, unknown>;

function load(scripts: ReadonlyMap<string, Script>): RaftModule {
  const context = createContext({});
  const modules = new Map<string, Exports>();
  const require = (path: string): Exports => {
    const file = path.slice(path.lastIndexOf("/") + 1);
    const known = modules.get(file);
    if (known !== undefined) return known;
    const exports: Exports = {};
    modules.set(file, exports);
    const run = scripts.get(file)!.runInContext(context) as (exports: Exports, require: (path: string) => Exports) => void;
    run(exports, require);
    return exports;
  };
  return require("./index.ts") as unknown as RaftModule;
}
