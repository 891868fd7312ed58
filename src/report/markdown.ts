/** summary.md: the comparison for people who read it in a repository or a mail. The table as printed, at 80 columns. */
import { comparison } from "./table.ts";
import { printable, wrap } from "./layout.ts";
import type { Report } from "./report.ts";

const WIDTH = 80;

/** The text of summary.md. */
export function summaryMarkdown(report: Report): string {
  const text = comparison(report, { columns: WIDTH });
  // Longer than any run of backticks inside, so that no name can end the block.
  const longest = Math.max(2, ...[...text.matchAll(/`+/gu)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const made = `Made by shardlab ${printable(report.version)}; results.json holds every figure, with seeds and digests.`;
  return [`# ${escaped(report.name)}`, "", `${fence}text`, text.trimEnd(), fence, "", ...wrap(made, WIDTH), ""].join("\n");
}

/** A heading without markup of its own, in particular without HTML. */
const escaped = (text: string): string => printable(text).replace(/[\\`*_{}[\]<>()#+!|&~]/gu, "\\$&");
