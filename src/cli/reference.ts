/** docs/reference.md: every command, key, part, metric and invariant, from the schemas and definitions that `explain` prints. */
import type { CommandShape } from "./arguments.ts";
import type { Catalogue } from "./catalogue.ts";
import { explained } from "./explain.ts";

/** Titles of the chapters, by the kind of what stands in them; what has no chapter here is left to `explain`. */
const CHAPTERS: Readonly<Record<string, string>> = {
  "key of a scenario": "Keys of a scenario",
  "targets of faults": "Targets of faults",
  distribution: "Distributions",
  metric: "Metrics",
  invariant: "Invariants",
  "strategy preset": "Presets of strategies",
};

/** The whole page, with an end of line. */
export function referenceText(found: Catalogue, commands: readonly CommandShape[]): string {
  const entries = explained(found).filter(({ lines }) => !lines.includes("Not built yet."));
  const chapters = Object.entries(CHAPTERS).map(([kind, title]) => {
    const items = entries
      .filter((entry) => entry.kind === kind)
      .map(({ name, lines }) => `- **\`${name}\`**: ${lines.map(escaped).join(" ")}`);
    return `## ${title}\n\n${items.join("\n")}\n`;
  });
  const head =
    "# Reference\n\nMade from the schemas and definitions by which shardlab reads and judges (`UPDATE=1 npm test` writes it); `shardlab explain NAME` prints the same.\n";
  return [head, `## Commands\n\n${commands.map(commandText).join("\n")}`, ...chapters].join("\n");
}

function commandText({ name, positionals, help, options, examples }: CommandShape): string {
  const rows = Object.entries(options).map(
    ([option, { value, help: what }]) => `- \`--${option}${value === undefined ? "" : ` ${value}`}\`: ${escaped(what)}`,
  );
  const shown = examples.map(([command, what]) => `\n    ${command}   # ${what}\n`);
  return `### \`shardlab ${`${name} ${positionals}`.trim()}\`\n\n${escaped(help)}.\n\n${rows.join("\n")}${rows.length === 0 ? "" : "\n"}${shown.join("")}`;
}

/** Text without markup of its own; code keeps what it is. */
const escaped = (text: string): string => text.replace(/`[^`]*`|[\\*_<>[\]|]/gu, (found) => (found.startsWith("`") ? found : `\\${found}`));
