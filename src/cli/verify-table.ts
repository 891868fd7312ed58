/** `shardlab verify --markdown`: every case as a row, as the README shows them. */
import type { VerifyCase } from "../study/verify/verify.ts";

/** The heading line and the table, with an end of line. */
export function verifyTable(cases: readonly (VerifyCase & { readonly topic: string })[], command: string): string {
  const judged = cases.filter((one) => one.judged !== false);
  const held = judged.filter((one) => one.held).length;
  const shown = cases.length - judged.length;
  const rows = cases.map(
    ({ topic, case: what, predicted, simulated, z, n, held: isHeld, judged: isJudged }) =>
      `| ${cell(topic)} | ${cell(what)} | ${number(predicted)} | ${number(simulated)} | ${
        isJudged === false ? "shown" : `${z === undefined ? "exact" : z.toFixed(1)}${isHeld ? "" : ", BROKEN"}`
      } | ${n} |`,
  );
  const head = [
    `Made by \`${command}\`: ${held === judged.length ? `all ${held} cases held` : `${held} of ${judged.length} cases held`}; an interval of ±4 standard errors, or exact${
      shown === 0 ? "" : `. ${shown} more are shown beside what was published, and judged by nobody`
    }.`,
    "",
    "| topic | case | predicted | simulated | z | n |",
    "|---|---|---|---|---|---|",
  ];
  return `${[...head, ...rows].join("\n")}\n`;
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** Five significant digits: enough to see how near two figures are. */
export function number(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(5)));
}
