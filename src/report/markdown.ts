/** summary.md: the page for people who read it in a repository or a mail. The answer, the table as printed, what each chart shows. */
import { charts } from "./charts/all.ts";
import { headline } from "./headline.ts";
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
  const made = `Made by shardlab ${escaped(report.version)}; results.json holds every figure, with seeds and digests.`;
  const findings = charts(report).flatMap(({ title }) => wrap(`- ${escaped(title)}`, WIDTH, 2));
  return [
    `# ${escaped(report.name)}`,
    "",
    ...wrap(escaped(headline(report)), WIDTH),
    "",
    `${fence}text`,
    text.trimEnd(),
    fence,
    "",
    ...(findings.length === 0 ? [] : ["What the charts of report.html show:", "", ...findings, ""]),
    ...wrap(made, WIDTH),
    "",
  ].join("\n");
}

/** Text without markup of its own, in particular without HTML; wherever its lines are broken, none of them begins a list or a rule. */
const escaped = (text: string): string =>
  printable(text)
    .replace(/[\\`*_{}[\]<>#+|&~]/gu, "\\$&")
    .replace(/(?<=^|\s)(?:-+|=+)(?=\s|$)/gu, "\\$&")
    // Amid a paragraph only the number 1 begins a list (CommonMark 0.31, section 5.3).
    .replace(/(^\d{1,9}|(?<=\s)1)(?=[.)]\s)/gu, "$1\\");
