/**
 * When ranges split and merge, and where a hot one is cut. After CockroachDB's rules: split above a size or a rate of
 * requests, merge with the next range only if the result would not be split again (docs "Load-Based Splitting";
 * `kv.range_split.load_qps_threshold` 2500/s, `range_max_bytes` 512 MiB).
 */
import { compareBytes } from "./bytes.ts";

/** What is known of one range. */
export interface RangeStatistics {
  /** Size in bytes (or any unit that the limits use too). */
  readonly size: number;
  /** Requests a second. */
  readonly load: number;
  /** A key that cuts the size in half; undefined if there is none, as in a range of one key. */
  readonly splitBySize?: Uint8Array;
  /** A key that cuts the load, from `loadSplitKey`; undefined if no cut helps. */
  readonly splitByLoad?: Uint8Array;
}

/** Above `...Max` a range splits; two neighbours merge if together they stay below `mergeBelow` of both. */
export interface RangeLimits {
  readonly sizeMax: number;
  readonly loadMax: number;
  /** 0 to 1, at most 0.5 lest splits and merges chase each other. Default 0.5. */
  readonly mergeBelow?: number;
}

export type RangeChange =
  | { readonly kind: "split"; readonly range: number; readonly at: Uint8Array; readonly reason: "size" | "load" }
  /** Range `range` takes in the one after it. */
  | { readonly kind: "merge"; readonly range: number };

/**
 * Changes that the statistics call for, by rising range; no range takes part in two. Apply them from the last to the first,
 * so that numbers stay true. A range over a limit that cannot be cut (one hot key) is left, and a merge never makes one.
 */
export function planChanges(statistics: readonly RangeStatistics[], limits: RangeLimits): readonly RangeChange[] {
  const { sizeMax, loadMax, mergeBelow = 0.5 } = limits;
  const changes: RangeChange[] = [];
  for (let range = 0; range < statistics.length; range += 1) {
    const here = statistics[range];
    if (here === undefined) continue;
    if (here.size > sizeMax && here.splitBySize !== undefined) {
      changes.push({ kind: "split", range, at: here.splitBySize, reason: "size" });
      continue;
    }
    if (here.load > loadMax && here.splitByLoad !== undefined) {
      changes.push({ kind: "split", range, at: here.splitByLoad, reason: "load" });
      continue;
    }
    const next = statistics[range + 1];
    if (next === undefined) continue;
    if (here.size + next.size < mergeBelow * sizeMax && here.load + next.load < mergeBelow * loadMax) {
      changes.push({ kind: "merge", range });
      range += 1;
    }
  }
  return changes;
}

/**
 * The key that best cuts a range's load, from a sample of the keys that requests named, doubles included. Undefined if the
 * better half would still carry more than `shareMax` (default 0.75) of it: a single hot key cannot be cut, and a split
 * would only look busy.
 */
export function loadSplitKey(sample: readonly Uint8Array[], shareMax = 0.75): Uint8Array | undefined {
  const sorted = [...sample].sort((a, b) => compareBytes(a, a.length, b));
  let best: Uint8Array | undefined;
  let bestShare = shareMax;
  for (let at = 1; at < sorted.length; at += 1) {
    const key = sorted[at];
    const before = sorted[at - 1];
    // A cut lies between different keys; the upper range begins with this one.
    if (key === undefined || before === undefined || compareBytes(key, key.length, before) === 0) continue;
    const share = Math.max(at, sorted.length - at) / sorted.length;
    if (share <= bestShare && (share < bestShare || best === undefined)) {
      best = key;
      bestShare = share;
    }
  }
  return best;
}
