/** What a scenario may name: parts (built in, and those of plug-ins), metrics, invariants. */
import { NOT_BUILT, REGISTRY, STRATEGY_PRESETS } from "../simulator/strategies/registry.ts";
import { checkParts } from "../study/experiment/check-parts.ts";
import { INVARIANTS } from "../study/checks/invariants.ts";
import type { Makers } from "../study/experiment/run-one.ts";
import type { MetricInfo } from "../study/scenario/expectations.ts";
import { PARTS, type Registry } from "../study/scenario/schema/strategy.ts";
import { isHeadroom } from "../study/stats/metrics-headroom.ts";
import { METRICS, metricByName } from "../study/stats/metrics.ts";
import { InputError } from "./exit.ts";
import { isCode } from "./files.ts";

export interface Catalogue {
  readonly registry: Registry;
  /** The same parts with what makes them. */
  readonly makers: Makers;
  readonly metrics: Readonly<Record<string, MetricInfo>>;
  readonly invariants: readonly string[];
}

type PartName = (typeof PARTS)[number];
type Entry = Makers[PartName][string] & Registry["parts"][PartName][string];
type Table = Readonly<Record<PartName, Readonly<Record<string, Entry>>>>;

/** Metrics that the format names for later: those that `METRICS` has by now are not taken from here. */
const METRICS_LATER: Readonly<Record<string, MetricInfo["unit"]>> = {
  "atomicity.broken": "count",
  "inDoubt.transactions": "count",
  "inDoubt.seconds": "time",
  "conflicts.discarded": "count",
  "backup.bytes": "bytes",
  "backup.time": "time",
  "backup.slowdown": "number",
  "restore.time": "time",
  "restore.point": "time",
  "recovery.quality": "number",
};

/** The catalogue with the parts of these plug-in modules added. Throws an InputError for one that cannot be used. */
export async function catalogue(plugins: readonly string[] = []): Promise<Catalogue> {
  let parts: Table = REGISTRY;
  for (const address of plugins) parts = withPlugin(parts, await importPlugin(address), address);
  const later = Object.entries(METRICS_LATER).map(([name, unit]) => [name, { unit, where: [], notBuilt: true }] as const);
  const now = METRICS.map(
    ({ name, unit, better, filters, conflicts, over, distribution }) =>
      [
        name,
        { unit, better, where: filters, conflicts, over, pooled: distribution !== undefined, needsObjective: isHeadroom(name) },
      ] as const,
  );
  return {
    registry: { parts, notBuilt: NOT_BUILT, presets: STRATEGY_PRESETS, check: checkParts(parts) },
    makers: parts,
    metrics: Object.fromEntries<MetricInfo>([...later.filter(([name]) => metricByName(name) === undefined), ...now]),
    invariants: INVARIANTS.map(({ name }) => name),
  };
}

/** Node runs TypeScript by itself from here on. */
const TYPESCRIPT_SINCE = "22.18";

async function importPlugin(address: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(address)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    const what = `plug-in ${address}`;
    if (isCode(error, "ERR_MODULE_NOT_FOUND"))
      throw new InputError([`${what}: it, or a module that it imports, was not found (${firstLine(error)})`]);
    if (isCode(error, "ERR_UNKNOWN_FILE_EXTENSION")) {
      throw new InputError([
        `${what}: this Node (${process.version}) does not run TypeScript; use Node ${TYPESCRIPT_SINCE} or later, or run shardlab under tsx, or compile the plug-in to .js`,
      ]);
    }
    throw new InputError([`${what} could not be loaded: ${firstLine(error)}`]);
  }
}

const firstLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";

/** A plug-in exports `parts`: part name -> implementation name -> entry, as in the registry. It adds, and replaces nothing. */
function withPlugin(table: Table, module: Readonly<Record<string, unknown>>, address: string): Table {
  const given = module["parts"];
  const wrong: string[] = [];
  if (!isMap(given))
    throw new InputError([
      `plug-in ${address} exports no \`parts\`; write export const parts = { sharding: { myName: { summary, options, create } } }`,
    ]);
  for (const name of Object.keys(given))
    if (!PARTS.some((part) => part === name)) wrong.push(`plug-in ${address}: "${name}" is no part; there are ${PARTS.join(", ")}`);
  const merged = PARTS.map((part) => {
    const added = given[part] ?? {};
    if (!isMap(added)) {
      wrong.push(`plug-in ${address}: parts.${part} is no map of implementations`);
      return [part, table[part]] as const;
    }
    for (const [name, entry] of Object.entries(added)) {
      if (Object.hasOwn(table[part], name))
        wrong.push(`plug-in ${address}: there is a ${part} part called ${name} already; choose another name`);
      if (!isEntry(entry))
        wrong.push(
          `plug-in ${address}: parts.${part}.${name} is no entry; it needs summary (text), options (a zod schema) and create (a function)`,
        );
    }
    return [part, { ...table[part], ...(added as Readonly<Record<string, Entry>>) }] as const;
  });
  if (wrong.length > 0) throw new InputError(wrong);
  return Object.fromEntries(merged) as unknown as Table;
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;
const isEntry = (value: unknown): boolean =>
  isMap(value) &&
  typeof value["summary"] === "string" &&
  typeof value["create"] === "function" &&
  isMap(value["options"]) &&
  typeof value["options"]["parse"] === "function";
