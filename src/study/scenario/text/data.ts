/** Questions to plain data whose shape is not known. */

export type Data = Readonly<Record<string, unknown>>;

/** Whether `value` is a map of keys: an object, and no list. */
export const isMap = (value: unknown): value is Data => typeof value === "object" && Boolean(value) && !Array.isArray(value);

/** `map` without some of its keys. */
export function without(map: Data, ...keys: readonly string[]): Data {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !keys.includes(key)));
}
