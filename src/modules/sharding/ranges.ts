/**
 * Ranges of keys in order, as in Bigtable (Chang et al., OSDI 2006, section 5.1), HBase, MongoDB's ranged shard keys and
 * CockroachDB. Neighbouring keys stay together, so a scan asks few shards; the price is that an append-only key loads one.
 *
 * A version is immutable: `split` and `merge` give the next one. When to split and merge is `planChanges`; where to split
 * by load is `loadSplitKey`. range-changes.ts holds both.
 */
import { compareBytes, evenBoundary, headOf, hexBytes } from "./bytes.ts";
import { placesOf, roster } from "./members.ts";
import { refuse } from "./sharding.ts";
import type { Made, Member, OwnedRange, Sharding } from "./sharding.ts";

export interface RangeOptions {
  /**
   * First keys of all ranges but the first, rising: one fewer than there are owners. Default: the space of 48-bit prefixes
   * in even parts, one a member, which suits uniform binary keys only; see `sampleBoundaries` for others.
   */
  readonly boundaries?: readonly Uint8Array[];
  /** Per range the name of its owner. Default: members in order of names, one range each. */
  readonly owners?: readonly string[];
}

export interface RangeSharding extends Sharding {
  /** First keys of all ranges but the first, rising. */
  readonly boundaries: readonly Uint8Array[];
  /** Per range the index of its owner. Not to be written to. */
  readonly owners: Int32Array;
  /** Number of the range that holds a key. */
  readonly rangeOf: (key: Uint8Array, length?: number) => number;
  /** The next version: a new range begins at `at` and belongs to `owner`, a member already or a new one. */
  readonly split: (at: Uint8Array, owner: string) => Made<RangeSharding>;
  /** The next version: range `range` takes in the one after it. */
  readonly merge: (range: number) => Made<RangeSharding>;
}

/** Makes the first version. Unequal weights are refused: give heavier members more ranges. */
export function ranges(members: readonly Member[], options: RangeOptions = {}): Made<RangeSharding> {
  const checked = roster("ranges", members, "equal");
  if (!checked.ok) return checked;
  const owners = options.owners ?? checked.names;
  const boundaries = options.boundaries ?? Array.from({ length: owners.length - 1 }, (_, i) => evenBoundary(i + 1, owners.length));
  if (boundaries.length + 1 !== owners.length) {
    return refuse(
      `${boundaries.length} boundaries make ${boundaries.length + 1} ranges for ${owners.length} owners`,
      "give one boundary fewer than owners",
    );
  }
  const places = placesOf(checked.given);
  const indices = owners.map((name) => places.get(name) ?? -1);
  const stranger = indices.indexOf(-1);
  if (stranger >= 0) return refuse(`range ${stranger} belongs to "${owners[stranger] ?? ""}", no member`, "name a member");
  for (const [i, boundary] of boundaries.entries()) {
    const before = boundaries[i - 1] ?? new Uint8Array(0);
    if (compareBytes(boundary, boundary.length, before) <= 0) {
      return refuse(`boundary ${i} (${hexBytes(boundary)}) does not come after the one before`, "give them rising");
    }
  }
  return {
    ok: true,
    value: rangeSharding(
      checked.given,
      boundaries.map((b) => b.slice()),
      Int32Array.from(indices),
    ),
  };
}

/** Boundaries that cut a sample of keys into `parts` parts of equal number: at its quantiles, doubles left out. */
export function sampleBoundaries(sample: readonly Uint8Array[], parts: number): readonly Uint8Array[] {
  const sorted = [...sample].sort((a, b) => compareBytes(a, a.length, b));
  const boundaries: Uint8Array[] = [];
  for (let part = 1; part < parts; part += 1) {
    const key = sorted[Math.floor((part * sorted.length) / parts)];
    const last = boundaries[boundaries.length - 1] ?? sorted[0];
    if (key !== undefined && last !== undefined && compareBytes(key, key.length, last) > 0) boundaries.push(key);
  }
  return boundaries;
}

function rangeSharding(members: readonly string[], boundaries: readonly Uint8Array[], owners: Int32Array): RangeSharding {
  const heads = Uint32Array.from(boundaries, (boundary) => headOf(boundary, boundary.length));
  const rangeOf = (key: Uint8Array, length: number = key.length): number => {
    const head = headOf(key, length);
    // The last boundary at or before the key; `from` counts boundaries known to be there.
    let from = 0;
    let end = heads.length;
    while (from < end) {
      const middle = (from + end) >>> 1;
      const there = heads[middle] as number;
      const isAfter = there === head ? compareBytes(key, length, boundaries[middle] as Uint8Array) < 0 : there > head;
      if (isAfter) end = middle;
      else from = middle + 1;
    }
    return from;
  };
  return {
    scheme: "ranges",
    members,
    boundaries,
    owners,
    rangeOf,
    ownerOf: (key, length = key.length) => owners[rangeOf(key, length)] as number,
    ownersBetween: (from, to, into) => {
      let found = 0;
      for (let range = rangeOf(from); range < owners.length && found < into.length; range += 1) {
        const start = boundaries[range - 1];
        if (start !== undefined && to !== undefined && compareBytes(start, start.length, to) >= 0) break;
        const owner = owners[range] as number;
        let known = 0;
        while (known < found && into[known] !== owner) known += 1;
        if (known < found) continue;
        into[found] = owner;
        found += 1;
      }
      return found;
    },
    ranges: () =>
      Array.from(owners, (owner, range): OwnedRange => ({
        owner,
        from: hexBytes(boundaries[range - 1] ?? new Uint8Array(0)),
        to: hexBytes(boundaries[range] ?? new Uint8Array(0)),
      })),
    memory: () => boundaries.reduce((sum, boundary) => sum + boundary.length, heads.byteLength + owners.byteLength),
    split: (at, owner) => {
      const range = rangeOf(at);
      const start = boundaries[range - 1] ?? new Uint8Array(0);
      if (compareBytes(at, at.length, start) === 0) {
        return refuse(`a range begins at ${hexBytes(at)} already`, "split at a key inside a range");
      }
      if (owner === "") return refuse("the new range has no owner", "name a member");
      const all = members.includes(owner) ? members : [...members, owner];
      const next = new Int32Array(owners.length + 1);
      next.set(owners.subarray(0, range + 1));
      next[range + 1] = all.indexOf(owner);
      next.set(owners.subarray(range + 1), range + 2);
      return { ok: true, value: rangeSharding(all, [...boundaries.slice(0, range), at.slice(), ...boundaries.slice(range)], next) };
    },
    merge: (range) => {
      if (!Number.isInteger(range) || range < 0 || range + 1 >= owners.length) {
        return refuse(`range ${range} has none after it`, `merge a range from 0 to ${owners.length - 2}`);
      }
      const next = Int32Array.from([...owners.subarray(0, range + 1), ...owners.subarray(range + 2)]);
      return { ok: true, value: rangeSharding(members, [...boundaries.slice(0, range), ...boundaries.slice(range + 1)], next) };
    },
  };
}
