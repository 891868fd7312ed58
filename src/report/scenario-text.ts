/** The resolved scenario as text: what was run, with every default filled. What all strategies share stands once. */
import { printable } from "./layout.ts";

/** Characters up to which a value stays on one line. */
const LINE = 100;

/** Times are microseconds, sizes bytes, rates per second. Each line is printable; levels are two blanks apart. */
export function scenarioText({
  strategies,
}: {
  readonly strategies: readonly { readonly name: string; readonly resolved: unknown }[];
}): string {
  const maps = strategies.map(({ resolved }) => (isMap(resolved) ? resolved : { scenario: resolved }));
  const [first = {}] = maps;
  const keys = [...new Set(maps.flatMap((one) => Object.keys(one)))].filter((key) => key !== "strategy");
  const same = (key: string): boolean => maps.every((one) => JSON.stringify(one[key]) === JSON.stringify(first[key]));
  const pick = (map: Fields, wanted: (key: string) => boolean): Fields =>
    Object.fromEntries(keys.filter((key) => key in map && wanted(key)).map((key) => [key, map[key]]));
  const own = strategies.map(({ name }, index): readonly [string, Fields] => [name, pick(maps[index] ?? {}, (key) => !same(key))]);
  return [...fieldLines(pick(first, same), ""), ...fieldLines({ strategies: Object.fromEntries(own) }, "")].join("\n");
}

type Fields = Readonly<Record<string, unknown>>;

function fieldLines(fields: Fields, indent: string): readonly string[] {
  return Object.entries(fields).flatMap(([key, value]) => valueLines(`${indent}${printable(key)}:`, value, `${indent}  `));
}

function valueLines(head: string, value: unknown, indent: string): readonly string[] {
  const flat = flatText(value);
  const isNested = value instanceof Object;
  if (!isNested || head.length + 1 + flat.length <= LINE) return [`${head} ${flat}`];
  if (Array.isArray(value)) return [head, ...value.flatMap((item: unknown) => valueLines(`${indent}-`, item, `${indent}  `))];
  return [head, ...fieldLines(value as Fields, indent)];
}

function flatText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flatText).join(", ")}]`;
  if (isMap(value)) {
    const fields = Object.entries(value).map(([key, inner]) => `${printable(key)}: ${flatText(inner)}`);
    return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
  }
  return typeof value === "string" ? printable(value) : String(value);
}

const isMap = (value: unknown): value is Fields => value instanceof Object && !Array.isArray(value);
