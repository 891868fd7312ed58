/** Reads the published vectors of test/data/sharding, and makes keys and members for the tests of this folder. */
import { readFileSync } from "node:fs";
import type { Made, Member } from "../../../src/modules/sharding/sharding.ts";

export interface Entry<Values> {
  readonly source: string;
  readonly values: Values;
}

/** One entry of a data file; the caller says of what shape its values are. */
export function published<Values>(file: string, id: string): Values {
  const text = readFileSync(new URL(`../../data/sharding/${file}.json`, import.meta.url), "utf8");
  const entry = (JSON.parse(text) as Record<string, Entry<Values>>)[id];
  if (entry === undefined) throw new Error(`no entry ${id} in ${file}`);
  return entry.values;
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

/** The value of something made from options that are known to be good. */
export function made<Value>(result: Made<Value>): Value {
  if (!result.ok) throw new Error(`${result.fault}; ${result.mend}`);
  return result.value;
}

/** Members `name-0`, `name-1`, ... */
export function numbered(count: number, name = "shard"): Member[] {
  return Array.from({ length: count }, (_, i) => ({ name: `${name}-${i}` }));
}

/** `key-0`, `key-1`, ... in one buffer that is handed out again and again. */
export function textKeys(count: number, prefix = "key-"): { count: number; at: (i: number) => Uint8Array } {
  const keys = Array.from({ length: count }, (_, i) => bytesOf(prefix + String(i)));
  return { count, at: (i) => keys[i] as Uint8Array };
}

/** Keys per member. */
export function countsOf(
  sharding: { members: readonly string[]; ownerOf: (key: Uint8Array) => number },
  keys: { count: number; at: (i: number) => Uint8Array },
): Float64Array {
  const counts = new Float64Array(sharding.members.length);
  for (let i = 0; i < keys.count; i += 1) {
    const owner = sharding.ownerOf(keys.at(i));
    counts[owner] = (counts[owner] as number) + 1;
  }
  return counts;
}

/** SplitMix32-like draws for tests that need a stream of their own: uniform in [0, 1). */
export function draws(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 4_294_967_296;
  };
}
