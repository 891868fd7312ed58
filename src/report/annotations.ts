/** GitHub's annotations, which show at their line of a file, and its job summary: workflow commands and Markdown, on standard output and in a file. */
import type { Checked, Claim } from "./checked.ts";
import { isHeld } from "./checked.ts";

/** A line for each claim that is not held; `shown` is the path of a file from the root of the repository. */
export function annotations(checked: readonly Checked[], shown: (file: string) => string): readonly string[] {
  return checked.flatMap(({ file, claims }) => claims.filter(({ kind }) => kind !== "held").map((claim) => annotation(claim, file, shown)));
}

function annotation({ title, kind, text, place, again }: Claim, file: string, shown: (file: string) => string): string {
  const { line, column } = place ?? { line: 1, column: 1 };
  const properties = [
    ["file", shown(place?.file ?? file)],
    ["line", String(line)],
    ["col", String(column)],
    ["title", `${kind}: ${title}`],
  ].map(([name = "", value = ""]) => `${name}=${escapeProperty(value)}`);
  return `::error ${properties.join(",")}::${escapeData(again === undefined ? text : `${text}\nagain: ${again}`)}`;
}

/** As the runner reads them back: actions/toolkit, packages/core/src/command.ts. */
const escapeData = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const escapeProperty = (text: string): string => escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

const MARKS = { held: "✅", broken: "❌", unknown: "❓" } as const;

/** Markdown for GITHUB_STEP_SUMMARY: a table of scenarios, then all that is not held with what repeats it. */
export function jobSummary(checked: readonly Checked[]): string {
  const rows = checked.map((one) => {
    const count = (kind: Claim["kind"]): number => one.claims.filter((claim) => claim.kind === kind).length;
    const mark = isHeld(one) ? MARKS.held : one.claims.some(({ kind }) => kind === "broken") ? MARKS.broken : MARKS.unknown;
    return `| ${mark} | ${cell(one.name)} | ${count("held")} | ${count("broken")} | ${count("unknown")} |`;
  });
  const failing = checked.flatMap((one) =>
    one.claims
      .filter(({ kind }) => kind !== "held")
      .flatMap(({ title, kind, text, place, again }) => [
        `- ${MARKS[kind]} **${cell(one.name)}**, ${cell(title)}${place === undefined ? "" : ` (${cell(place.file)}:${place.line})`}: ${cell(text)}`,
        ...(again === undefined ? [] : ["", fenced(again), ""]),
      ]),
  );
  const head = ["## shardlab", "", "| | scenario | held | broken | unknown |", "|---|---|---|---|---|"];
  return `${[...head, ...rows, ...(failing.length === 0 ? [] : ["", ...failing])].join("\n")}\n`;
}

/** Text without markup of its own. */
const cell = (text: string): string => text.replace(/[\\`*_{}[\]<>()#+!|&~]/gu, "\\$&").replaceAll("\n", " ");

function fenced(command: string): string {
  const longest = Math.max(2, ...[...command.matchAll(/`+/gu)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `  ${fence}sh\n  ${command}\n  ${fence}`;
}
