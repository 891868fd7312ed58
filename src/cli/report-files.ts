/** The files of a report, by format: what `run` writes and what `report` writes again from stored results. */
import { join } from "node:path";
import { outagesCsv, runsCsv } from "../report/csv.ts";
import { summaryMarkdown } from "../report/markdown.ts";
import type { Report } from "../report/report.ts";
import { resultsJson } from "../report/results.ts";
import { InputError } from "./exit.ts";
import { type OutputFile, replaceFiles } from "./files.ts";
import { RESULTS } from "./results-files.ts";

export const FORMATS = ["html", "json", "csv", "md"] as const;
/** The tables as Parquet; written only where it is named. */
const PARQUET = "parquet";
/** Written only where they are named: they cost seconds. */
const PICTURES = ["svg", "png"] as const;
export type Format = (typeof FORMATS)[number] | (typeof PICTURES)[number] | typeof PARQUET;

export const PAGE = "report.html";

/** `--format`, as `html,csv`; `otherwise` if it is not given. */
export function readFormats(given: string | undefined, otherwise: readonly Format[] = FORMATS): readonly Format[] {
  if (given === undefined) return otherwise;
  const words = given.split(",").map((word) => word.trim());
  const all: readonly Format[] = [...FORMATS, PARQUET, ...PICTURES];
  const wrong = words.filter((word) => !all.some((format) => format === word));
  if (wrong.length > 0) {
    throw new InputError(wrong.map((word) => `--format: there is no format "${word}"; there are ${all.join(", ")}`));
  }
  return all.filter((format) => words.includes(format));
}

/** What the formats ask for; libraries that draw are loaded only where something is drawn. */
export async function reportFiles(report: Report, formats: readonly Format[]): Promise<readonly OutputFile[]> {
  const files: OutputFile[] = [];
  if (formats.includes("csv"))
    files.push({ name: "runs.csv", content: runsCsv(report) }, { name: "outages.csv", content: outagesCsv(report) });
  if (formats.includes(PARQUET)) files.push(...(await import("./parquet.ts")).parquetFiles(report));
  if (formats.includes("md")) files.push({ name: "summary.md", content: summaryMarkdown(report) });
  if (formats.includes("html")) {
    const [{ page }, { pageAssets }] = await Promise.all([import("../report/page.ts"), import("./page-assets.ts")]);
    files.push({ name: PAGE, content: page(report, pageAssets()) });
  }
  if (formats.includes("json")) files.push({ name: RESULTS, content: resultsJson(report) });
  return files;
}

/** Pictures of an earlier run are taken away: a chart that says nothing any more would else stand beside those that do. */
export async function writePictures(report: Report, folder: string, formats: readonly Format[]): Promise<void> {
  const wanted = PICTURES.filter((format) => formats.includes(format));
  if (wanted.length === 0) return;
  const [{ charts }, { pictureFiles }] = await Promise.all([import("../report/charts/all.ts"), import("./pictures.ts")]);
  const files = await pictureFiles(charts(report), wanted);
  replaceFiles(join(folder, "charts"), files, /\.(?:vl\.json|svg|png)$/u);
}
