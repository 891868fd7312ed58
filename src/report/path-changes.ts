/** What differs between two values of plain data, leaf by leaf: `parts.failover.options.heartbeat: 1000000, now 500000`. */
import { figuresApart } from "../study/stats/figure.ts";

export interface PathChange {
  readonly path: string;
  /** As JSON; undefined where there is nothing at that path. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** In the order of the first value's keys, then what only the second has. */
export function pathChanges(before: unknown, after: unknown, path = ""): readonly PathChange[] {
  if (isNested(before) && isNested(after) && Array.isArray(before) === Array.isArray(after)) {
    const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
    const step = (key: string): string => (Array.isArray(before) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`);
    return [...new Set([...old.keys(), ...now.keys()])].flatMap((key) => pathChanges(old.get(key), now.get(key), step(key)));
  }
  const [one, other] = [textOf(before), textOf(after)];
  return one === other ? [] : [{ path, before: one, after: other }];
}

/** Keys that are times wherever they stand in a scenario as it was run, which has them in microseconds. */
const TIMES = /(?:^|\.)(?:warmup|duration|settle|window|slow|at|for|every|heartbeat|timeout|deadline|operatorDelay|ttl|within|fsync)$/u;

/** In a scenario's own words: `parts.failover.options.heartbeat: 1 s, now 500 ms`. */
export function pathChangeText({ path, before, after }: PathChange): string {
  const values = [before, after].map((json): unknown => (json === undefined ? undefined : JSON.parse(json)));
  const numbers = values.filter((one): one is number => typeof one === "number");
  const isTime = TIMES.test(path) && numbers.length === values.filter((one) => one !== undefined).length;
  const texts = isTime ? figuresApart(numbers, "time") : [];
  const [old, now] = values.map((one) => (typeof one === "number" && isTime ? (texts[numbers.indexOf(one)] ?? "") : plainText(one)));
  return `${path}: ${old ?? ""}, now ${now ?? ""}`;
}

function plainText(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `[${value.map(plainText).join(", ")}]`;
  if (!isNested(value)) return typeof value === "string" ? value : JSON.stringify(value);
  const fields = Object.entries(value).map(([key, inner]) => `${key}: ${plainText(inner)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

const isNested = (value: unknown): value is object => value instanceof Object;

const textOf = (value: unknown): string | undefined => JSON.stringify(value);
