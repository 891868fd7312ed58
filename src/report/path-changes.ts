/** What differs between two values of plain data, leaf by leaf: `parts.failover.options.heartbeat: 1000000, now 500000`. */

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

const isNested = (value: unknown): value is object => value instanceof Object;

const textOf = (value: unknown): string | undefined => JSON.stringify(value);
