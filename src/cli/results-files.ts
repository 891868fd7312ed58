/** Stored results by the name of their folder, or of the file itself. */
import { join } from "node:path";
import { type Report, reportOf } from "../report/report.ts";
import { readResults } from "../report/results-read.ts";
import { InputError } from "./exit.ts";
import { isCode, readIfThere } from "./files.ts";

/** What a run writes, and what is read back. */
export const RESULTS = "results.json";

/** The reports of these folders (or files). Throws an InputError with what is wrong with any of them. */
export function readReports(places: readonly string[]): readonly Report[] {
  const wrong: string[] = [];
  const reports = places.flatMap((place) => {
    const { path, text } = textAt(place);
    const read = text === undefined ? undefined : readResults(text);
    if (read?.ok === true) return [reportOf(read.stored)];
    wrong.push(read === undefined ? `${place}: there are no results; shardlab run writes ${RESULTS}` : `${path}: ${read.fault}`);
    return [];
  });
  if (wrong.length > 0) throw new InputError(wrong);
  return reports;
}

function textAt(place: string): { readonly path: string; readonly text: string | undefined } {
  const path = join(place, RESULTS);
  try {
    return { path, text: readIfThere(path) };
  } catch (error) {
    if (isCode(error, "ENOTDIR")) return { path: place, text: readIfThere(place) };
    if (isCode(error, "EISDIR")) return { path, text: undefined };
    throw error;
  }
}
