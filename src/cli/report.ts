/** `shardlab report`: stored results drawn and printed again, without a run. */
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { comparison } from "../report/table.ts";
import type { Given } from "./arguments.ts";
import { Exit, InputError } from "./exit.ts";
import { writeFiles } from "./files.ts";
import { FORMATS, PAGE, readFormats, reportFiles, writePictures } from "./report-files.ts";
import { readReports } from "./results-files.ts";
import type { Terminal } from "./terminal.ts";

/** The command. Gives the exit status: 0 once everything is written, whatever the verdicts were. */
export async function report(given: Given, terminal: Terminal): Promise<number> {
  const places = given.positionals;
  const out = given.text("out");
  if (out !== undefined && places.length > 1) throw new InputError(["report: --out is for one folder; draw the others apart"]);
  // results.json is what it reads: in its own folder it would only write it as it is.
  const formats = readFormats(given.text("format"), out === undefined ? FORMATS.filter((format) => format !== "json") : FORMATS);
  for (const [index, found] of readReports(places).entries()) {
    const place = places[index] ?? "";
    const folder = out ?? (existsSync(place) && statSync(place).isDirectory() ? place : dirname(place));
    const files = await reportFiles(found, formats);
    const paths = writeFiles(folder, files);
    await writePictures(found, folder, formats);
    const page = join(folder, PAGE);
    const path = paths.includes(page) ? page : paths.length === 0 ? undefined : folder;
    terminal.print(comparison(found, { columns: terminal.columns, paint: terminal.paint, path }));
  }
  return Exit.Held;
}
