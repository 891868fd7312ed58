/** The files of a report, by format: what `run` writes and what `report` writes again from stored results. */
import { outagesCsv, runsCsv } from "../report/csv.ts";
import { summaryMarkdown } from "../report/markdown.ts";
import type { Report } from "../report/report.ts";
import { resultsJson } from "../report/results.ts";
import { InputError } from "./exit.ts";
import type { OutputFile } from "./files.ts";
import { RESULTS } from "./results-files.ts";

export const FORMATS = ["html", "json", "csv", "md"] as const;
export type Format = (typeof FORMATS)[number];
const FORMATS_LATER = ["parquet", "svg", "png"];

export const PAGE = "report.html";

/** `--format`, as `html,csv`; `otherwise` if it is not given. */
export function readFormats(given: string | undefined, otherwise: readonly Format[] = FORMATS): readonly Format[] {
  if (given === undefined) return otherwise;
  const words = given.split(",").map((word) => word.trim());
  const wrong = words.filter((word) => !FORMATS.some((format) => format === word));
  if (wrong.length > 0) {
    throw new InputError(
      wrong.map((word) =>
        FORMATS_LATER.includes(word)
          ? `--format: ${word} is not built yet; there are ${FORMATS.join(", ")}`
          : `--format: there is no format "${word}"; there are ${FORMATS.join(", ")}`,
      ),
    );
  }
  return FORMATS.filter((format) => words.includes(format));
}

/** What the formats ask for; libraries that draw are loaded only where something is drawn. */
export async function reportFiles(report: Report, formats: readonly Format[]): Promise<readonly OutputFile[]> {
  const files: OutputFile[] = [];
  if (formats.includes("csv"))
    files.push({ name: "runs.csv", content: runsCsv(report) }, { name: "outages.csv", content: outagesCsv(report) });
  if (formats.includes("md")) files.push({ name: "summary.md", content: summaryMarkdown(report) });
  if (formats.includes("html")) {
    const [{ page }, { pageAssets }] = await Promise.all([import("../report/page.ts"), import("./page-assets.ts")]);
    files.push({ name: PAGE, content: page(report, pageAssets()) });
  }
  if (formats.includes("json")) files.push({ name: RESULTS, content: resultsJson(report) });
  return files;
}
