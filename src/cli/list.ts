/** `shardlab list`: the names that scenarios, expectations and other commands take. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { padEnd, printable, widthOf, wrap } from "../report/layout.ts";
import { INVARIANTS } from "../study/checks/invariants.ts";
import { PARTS } from "../study/scenario/schema/strategy.ts";
import { FAULT_KINDS, faultSchema } from "../study/scenario/schema/faults.ts";
import { TARGET_FORMS } from "../study/scenario/targets.ts";
import { WORKLOAD_PRESETS } from "../study/scenario/schema/workload.ts";
import { METRICS } from "../study/stats/metrics.ts";
import { type Given, suggestion } from "./arguments.ts";
import { type Catalogue, catalogue } from "./catalogue.ts";
import { Exit, InputError } from "./exit.ts";
import { isCode } from "./files.ts";
import { shownPath } from "./load.ts";
import type { Terminal } from "./terminal.ts";

/** A name and what it is, in a line. */
export type Item = readonly [name: string, about: string];

/** How distributions are written, wherever a scenario takes one. */
export const DISTRIBUTIONS: readonly Item[] = [
  ["5ms", "always the same"],
  ["uniform(1ms..3ms)", "any value between the ends; also 1ms..3ms"],
  ["exp(2ms)", "exponential with this mean"],
  ["normal(30ms sd 1ms)", "normal; a time below 0 is 0"],
  ["lognormal(median 1ms p99 6ms)", "log-normal by its median and one quantile"],
  ["lognormal(mean 2ms sd 1ms)", "log-normal by its mean and standard deviation"],
  ["gamma(shape 2 mean 1ms)", "gamma"],
  ["weibull(shape 0.7 scale 1h)", "Weibull"],
  ["pareto(min 1ms alpha 3.5)", "Pareto; its mean is infinite for alpha 1 and less"],
  ["gpareto(location 0ms scale 1ms shape 0.3)", "generalised Pareto; its mean is infinite from shape 1 on"],
  ["gev(location 5ms scale 1ms shape 0.1)", "generalised extreme values, Frechet's type"],
  ["mix(90% exp(1ms) 10% 20ms)", "one of several, each with its share"],
  ["shift(75ms exp(1ms))", "a constant more than any of these"],
  ["quantiles(p50 1ms p99 6ms p100 9ms)", "linear between measured quantiles"],
];

const LISTS: Readonly<Record<string, (found: Catalogue) => readonly Item[]>> = {
  parts: ({ registry }) =>
    PARTS.flatMap((part) => Object.entries(registry.parts[part]).map(([name, { summary }]): Item => [`${part}: ${name}`, summary])),
  metrics: () => METRICS.map(({ name, definition }) => [name, firstSentence(definition)]),
  invariants: () => INVARIANTS.map(({ name, definition }) => [name, firstSentence(definition)]),
  scenarios: () => scenarios(),
  presets: ({ registry }) => [
    ...Object.entries(registry.presets ?? {}).map(([name, { summary }]): Item => [name, `strategy: ${summary}`]),
    ...Object.entries(WORKLOAD_PRESETS).map(([name, { about }]): Item => [name, `workload: ${about}`]),
  ],
  distributions: () => DISTRIBUTIONS,
  faults: () => faultKinds(),
  targets: () => TARGET_FORMS.map((form): Item => [form, "what a fault is aimed at"]),
};

/** Kinds of faults with the first sentence of what their key says. */
function faultKinds(): readonly Item[] {
  return FAULT_KINDS.map((kind): Item => [kind, firstSentence(faultSchema.shape[kind].description ?? "")]);
}

/** Names that `list` takes. */
export const LIST_NAMES: readonly string[] = Object.keys(LISTS);

/** The command. Gives the exit status. */
export async function list(given: Given, terminal: Terminal): Promise<number> {
  const what = given.positionals[0];
  const found = await catalogue();
  if (what === undefined) {
    const lines = Object.entries(LISTS).map(([name, items]): Item => [`list ${name}`, `${items(found).length} of them`]);
    terminal.print(rows(lines, terminal.columns));
    terminal.say("shardlab explain NAME defines each of them, and every key of a scenario (shardlab explain keys).");
    return Exit.Held;
  }
  const items = LISTS[what];
  if (items === undefined) {
    const guess = suggestion(what, Object.keys(LISTS));
    throw new InputError([
      `list: there is no list "${what}"; ${guess === undefined ? `there are ${Object.keys(LISTS).join(", ")}` : `did you mean "${guess}"?`}`,
    ]);
  }
  if (given.flag("json"))
    terminal.print(
      `${JSON.stringify(
        items(found).map(([name, about]) => ({ name, about })),
        undefined,
        1,
      )}\n`,
    );
  else terminal.print(rows(items(found), terminal.columns));
  if (what === "parts") for (const line of later(found)) terminal.say(line);
  return Exit.Held;
}

/** What the format names and nothing serves yet, so that nobody looks for it in vain. */
function later({ registry }: Catalogue): readonly string[] {
  const named = Object.entries(registry.notBuilt).filter(([, names]) => names.length > 0);
  return named.length === 0 ? [] : ["Not built yet:", ...named.map(([part, names]) => `  ${part}: ${names.join(", ")}`)];
}

function rows(items: readonly Item[], columns: number): string {
  const widest = Math.max(0, ...items.map(([name]) => widthOf(name)));
  const indent = Math.min(widest, Math.floor(columns / 2)) + 2;
  return items
    .flatMap(([name, about]) => {
      const [first = "", ...rest] = wrap(printable(about), Math.max(20, columns - indent));
      const head = widthOf(name) + 2 > indent ? [name, " ".repeat(indent) + first] : [padEnd(name, indent) + first];
      return [...head, ...rest.map((line) => " ".repeat(indent) + line)];
    })
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

/** Up to the first full stop, or colon outside of brackets, that a blank follows. */
export function firstSentence(text: string): string {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    else if (depth === 0 && (character === "." || character === ":") && /^\s|^$/u.test(text.slice(at + 1, at + 2)))
      return `${text.slice(0, at)}.`;
  }
  return text;
}

/** The scenarios that come with shardlab, and those of a folder `scenarios` here. */
function scenarios(): readonly Item[] {
  const folders = new Set([fileURLToPath(new URL("../../scenarios", import.meta.url)), join(process.cwd(), "scenarios")]);
  return [...folders].flatMap((folder) =>
    filesIn(folder).map((name): Item => [shownPath(join(folder, name)), questionOf(join(folder, name))]),
  );
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.ya?ml$/u.test(name))
      .sort();
  } catch (error) {
    if (isCode(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

function questionOf(file: string): string {
  try {
    const read = parse(readFileSync(file, "utf8")) as unknown;
    return typeof read === "object" && read !== null && "question" in read ? String(read.question) : "";
  } catch {
    return "cannot be read; shardlab run says why";
  }
}
