/**
 * Writing results: under a temporary name in the same folder, then renamed, so that a killed run leaves no half file. The folder
 * is made when there is something to put into it, not before.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { InputError } from "./exit.ts";

export interface OutputFile {
  readonly name: string;
  /** Text, or bytes of a picture or table. */
  readonly content: string | Uint8Array;
}

/** What the temporary name adds: whose process it is, so that leftovers of dead ones can be told. */
const TEMPORARY = /^\..+\.(?<pid>\d+)\.part$/u;

/** Writes the files into `folder`, each whole or not at all, and takes away what killed runs left half-done. Gives the paths. */
export function writeFiles(folder: string, files: readonly OutputFile[]): readonly string[] {
  if (files.length === 0) return [];
  makeFolder(resolve(folder));
  removeLeftovers(folder);
  // All are written before any is renamed: the old set stays whole until the new one is there.
  const written: { readonly from: string; readonly to: string }[] = [];
  try {
    for (const { name, content } of files) {
      const from = join(folder, `.${name}.${process.pid}.part`);
      written.push({ from, to: join(folder, name) });
      writeFileSync(from, content, { flush: true });
    }
    for (const { from, to } of written) renameSync(from, to);
  } catch (error) {
    for (const { from } of written) rmSync(from, { force: true });
    // The system names no file for these.
    if (isCode(error, "ENOSPC", "EDQUOT")) throw new InputError([`${folder}: there is no room left; what was there is as it was`]);
    throw error;
  }
  return written.map(({ to }) => to);
}

/** Writes the files as `writeFiles` does, then takes away others of the folder whose names match: they are of an earlier run. */
export function replaceFiles(folder: string, files: readonly OutputFile[], names: RegExp): readonly string[] {
  const written = writeFiles(folder, files);
  if (!existsSync(folder)) return written;
  const kept = new Set(files.map(({ name }) => name));
  for (const name of readdirSync(folder)) if (names.test(name) && !kept.has(name)) rmSync(join(folder, name), { force: true });
  return written;
}

/** One level after another: Node's own recursive mkdir never ends below a folder that takes no children, such as /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
  }
}

/** The file's text, or undefined if there is no such file. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** True if `error` is the system's of this code. */
export const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && "code" in error && codes.includes(String(error.code));

function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(TEMPORARY.exec(name)?.groups?.["pid"]);
    if (Number.isNaN(pid) || pid === process.pid || isAlive(pid)) continue;
    rmSync(join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isCode(error, "ESRCH");
  }
}
