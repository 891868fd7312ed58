/** `shardlab explain`: what a name means, from the same texts and schemas that judge and read it. */
import { metricsTitled } from "../report/columns.ts";
import { printable, wrap } from "../report/layout.ts";
import { INVARIANTS } from "../study/checks/invariants.ts";
import { scenarioJsonSchema } from "../study/scenario/json-schema.ts";
import { WORKLOAD_PRESETS } from "../study/scenario/schema/workload.ts";
import { TARGET_FORMS, parseTarget } from "../study/scenario/targets.ts";
import { METRICS } from "../study/stats/metrics.ts";
import type { MetricDefinition } from "../study/stats/metric.ts";
import { type Given, suggestion } from "./arguments.ts";
import { type Catalogue, catalogue } from "./catalogue.ts";
import { Exit, InputError } from "./exit.ts";
import { DISTRIBUTIONS } from "./list.ts";
import type { Terminal } from "./terminal.ts";

export interface Entry {
  /** Its whole name, such as `common.failover.monitor.heartbeat`. */
  readonly name: string;
  /** What kind of thing it is, in a word or two. */
  readonly kind: string;
  readonly lines: readonly string[];
}

/** The command. Gives the exit status. */
export async function explain(given: Given, terminal: Terminal): Promise<number> {
  const name = given.positionals.join(" ");
  const found = await catalogue();
  const entries = explained(found);
  const { whole, others } = matching(entries, name);
  if (whole.length === 0 && others.length === 0) {
    const titled = metricsTitled(name);
    const texts = entries
      .filter((entry) => entry.kind === "metric" && titled.includes(entry.name))
      .map((entry) => `Column "${printable(name)}" of the table:\n${entryText(entry, terminal)}`);
    const family = familyOf(entries, name);
    const names = family.map((entry) => entry.name).join(", ");
    if (family.length > 0)
      texts.push(wrap(`${printable(name)} is a family: ${names}. shardlab explain says more of each.`, terminal.columns).join("\n"));
    if (texts.length > 0) {
      terminal.print(`${texts.join("\n\n")}\n`);
      return Exit.Held;
    }
    const known = [...new Set(entries.flatMap((entry) => [entry.name, lastOf(entry.name)]))];
    const guess = suggestion(name.trim(), known) ?? known.find((one) => begins(one, name));
    throw new InputError([
      `explain: nothing is called "${name}"; ${guess === undefined ? "shardlab list shows what there is, shardlab explain keys the keys of a scenario" : `did you mean "${guess}"?`}`,
    ]);
  }
  // Many namesakes of something with that very name are only named.
  const isFew = whole.length === 0 || others.length <= NAMESAKES_MOST;
  const texts = [...whole, ...(isFew ? others : [])].map((entry) => entryText(entry, terminal));
  const also = isFew ? [] : wrap(`See also: ${others.map((entry) => entry.name).join(", ")}`, terminal.columns).join("\n");
  terminal.print(`${[...texts, ...(isFew ? [] : [also])].join("\n\n")}\n`);
  return Exit.Held;
}

/** "semi-sync" is short for `semiSynchronous`: letters alone, whatever the case. Fewer than four letters mean too much. */
function begins(whole: string, short: string): boolean {
  const [long, start] = [whole, short].map((one) => one.toLowerCase().replaceAll(/[^a-z0-9]/gu, ""));
  return start !== undefined && start.length >= 4 && long?.startsWith(start) === true;
}

const NAMESAKES_MOST = 3;

function entryText({ name, kind, lines }: Entry, { columns, paint }: Terminal): string {
  return [
    `${paint.bold(name)}  ${paint.dim(kind)}`,
    ...lines.flatMap((line) => wrap(printable(line), columns - 2).map((one) => `  ${one}`)),
  ].join("\n");
}

interface Matches {
  /** What has this name, and a form of target that it is. */
  readonly whole: readonly Entry[];
  /** Whatever ends in it. */
  readonly others: readonly Entry[];
}

function matching(entries: readonly Entry[], name: string): Matches {
  // A strategy's own keys are those of `common:`.
  const wanted = name
    .toLowerCase()
    .replace(/\[\d*\]/gu, "")
    .replace(/^strategies\.(?:\*\.)?(?=.)/u, "common.");
  const whole = entries.filter((entry) => entry.name.toLowerCase() === wanted);
  if (whole.length === 0 && parseTarget(name).ok) return { whole: entries.filter((entry) => entry.name === TARGETS), others: [] };
  return { whole, others: entries.filter((entry) => entry.name.toLowerCase().endsWith(`.${wanted}`)) };
}

/** Metrics that share the first part of their names: `moved`, or `moved.*` as it is written of all of them. */
function familyOf(entries: readonly Entry[], name: string): readonly Entry[] {
  const first = `${name
    .trim()
    .toLowerCase()
    .replace(/\.\*?$/u, "")}.`;
  return entries.filter((entry) => entry.kind === "metric" && entry.name.toLowerCase().startsWith(first));
}

const TARGETS = "targets";

const lastOf = (name: string): string => name.split(".").at(-1) ?? name;

/** Everything that has a meaning to be told, with its definition. */
export function explained(found: Catalogue): readonly Entry[] {
  const { registry, metrics, invariants } = found;
  const built = Object.keys(metrics).filter((name) => metrics[name]?.notBuilt !== true);
  const keys: Entry[] = [];
  collect(scenarioJsonSchema(registry, built, invariants), "", keys);
  const later = Object.entries(registry.notBuilt).flatMap(([part, names]) =>
    names.map((name): Entry => ({ name: `common.${part}.${name}`, kind: "part", lines: ["Not built yet."] })),
  );
  const metricsLater = Object.keys(metrics).filter((name) => !built.includes(name));
  return [
    ...METRICS.map(metricEntry),
    ...metricsLater.map((name): Entry => ({ name, kind: "metric", lines: ["Not built yet."] })),
    ...INVARIANTS.map(({ name, definition }): Entry => ({ name, kind: "invariant", lines: [definition] })),
    ...DISTRIBUTIONS.map(([form, about]): Entry => ({
      name: /^[a-z]+(?=\()/u.exec(form)?.[0] ?? "constant",
      kind: "distribution",
      lines: [`${form}: ${about}`],
    })),
    ...Object.entries(found.registry.presets ?? {}).map(([name, { summary, parts, facts }]): Entry => ({
      name,
      kind: "strategy preset",
      lines: [
        `${summary}. Write strategies: { mine: { preset: ${name} } }; what common and the strategy say goes before.`,
        JSON.stringify(parts).replaceAll('"', "").replaceAll(",", ", ").replaceAll(":", ": "),
        ...facts.map(({ what, source }) => `${what} (${source})`),
      ],
    })),
    ...Object.entries(WORKLOAD_PRESETS).map(([name, preset]): Entry => ({
      name,
      kind: "workload preset",
      lines: [`Write workload: [ { preset: ${name} } ]; keys given beside it replace its own.`, ...presetLines(preset)],
    })),
    {
      name: TARGETS,
      kind: "targets of faults",
      lines: [
        `What a fault is aimed at, one of: ${TARGET_FORMS.join("; ")}. N is a whole number from 0, NAME a name of the scenario.`,
        "A list is a union. As an end of a cut a location means all that stands there; in any other fault it spares client hosts.",
      ],
    },
    { name: "keys", kind: "of a scenario", lines: [keys.flatMap(({ name }) => (name.includes(".") ? [] : [name])).join(", ")] },
    ...keys,
    ...later,
  ];
}

const GRADES: Readonly<Record<(typeof WORKLOAD_PRESETS)[string]["facts"][number]["grade"], string>> = {
  primary: "read in the source",
  secondary: "as others quote the source",
  computed: "worked out from the source",
  assumed: "assumed, not published",
};

function presetLines({ about, facts, mix }: (typeof WORKLOAD_PRESETS)[string]): readonly string[] {
  const shares = Object.entries(mix).map(([operation, share]) => `${operation} ${Number((share * 100).toFixed(2))}%`);
  return [
    `${about}.`,
    `Operations: ${shares.join(", ")}.`,
    ...facts.map(({ what, grade, source }) => `${what} (${GRADES[grade]}: ${source})`),
  ];
}

const UNITS: Readonly<Record<MetricDefinition["unit"], string>> = {
  time: "microseconds in files, with its unit in scenarios (5s)",
  count: "a count",
  bytes: "bytes (2MB in scenarios)",
  share: "a share, 0 to 1 in files, percent in scenarios",
  number: "a plain number",
  rate: "per second (4000/s in scenarios)",
};
const BETTER: Readonly<Record<MetricDefinition["better"], string>> = {
  less: "Less is better.",
  more: "More is better.",
  neither: "Neither more nor less is better.",
};

function metricEntry({ name, definition, unit, better, filters, over }: MetricDefinition): Entry {
  const asked = filters.length === 0 ? "It takes no filter." : `where: takes ${filters.join(", ")}.`;
  return {
    name,
    kind: "metric",
    lines: [definition, `Unit: ${UNITS[unit]}. ${BETTER[better]} ${asked}${over ? " over: takes max, mean, each." : ""}`],
  };
}

/** Every key of the JSON schema with what it says of itself. Alternatives of one place are gathered under one name. */
function collect(schema: unknown, path: string, found: Entry[]): void {
  if (!isMap(schema)) return;
  const { properties, items, additionalProperties } = schema;
  for (const alternatives of [schema["anyOf"], schema["oneOf"], schema["allOf"]])
    if (Array.isArray(alternatives)) for (const one of alternatives) collect(one, path, found);
  collect(items, path, found);
  collect(additionalProperties, path === "strategies" ? "common" : path, found);
  if (!isMap(properties)) return;
  for (const [key, inner] of Object.entries(properties)) {
    const name = path === "" ? key : `${path}.${key}`;
    const lines = isMap(inner) ? keyLines(inner) : [];
    const earlier = found.find((entry) => entry.name === name);
    if (earlier === undefined) found.push({ name, kind: "key of a scenario", lines });
    collect(inner, name, found);
  }
}

function keyLines(schema: Readonly<Record<string, unknown>>): readonly string[] {
  const { description, examples, items } = schema;
  const keysOf = [schema, items].flatMap((one) => (isMap(one) && isMap(one["properties"]) ? Object.keys(one["properties"]) : []));
  const words = [
    schema["enum"],
    ...(Array.isArray(schema["anyOf"]) ? schema["anyOf"].map((one: unknown) => (isMap(one) ? one["enum"] : undefined)) : []),
  ]
    .filter(Array.isArray)
    .flat();
  return [
    ...(typeof description === "string" ? [description] : []),
    ...(schema["default"] === undefined ? [] : [`Default: ${JSON.stringify(schema["default"])}`]),
    ...(words.length === 0 ? [] : [`One of: ${words.map(String).join(", ")}`]),
    ...(Array.isArray(examples)
      ? [`Such as: ${examples.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join(", ")}`]
      : []),
    ...(keysOf.length > 0 ? [`Keys: ${keysOf.join(", ")}`] : []),
  ];
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
