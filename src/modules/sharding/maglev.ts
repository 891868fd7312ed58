/**
 * Maglev hashing. Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, section 3.4.
 *
 * A table of M entries (M prime) that members fill in turns, each along a permutation of its own; a look-up is one table
 * read. Entries of equal members differ by one at most. A change of members moves little more than it must, not the least.
 * Offsets, skips, turns by weight and the look-up (hash mod M) are Envoy's (source/extensions/load_balancing_policies/
 * maglev), so the tables are too, for hosts listed in order of names.
 */
import { encodeKey, keyHash } from "./hash.ts";
import { roster } from "./members.ts";
import { refuse } from "./sharding.ts";
import type { Made, Member, Sharding } from "./sharding.ts";
import { xxhash64 } from "./xxhash.ts";

export interface MaglevOptions {
  /** Entries, a prime above the number of members, at most 5000011 (Envoy's bound). Default 65537. */
  readonly tableSize?: number;
  /**
   * When a member of less than the largest weight takes its first turn: in the first iteration (Envoy; up to one entry more
   * than it is due), or when its weight has added up to the largest (Katran's MaglevHashV2). Default `atOnce`.
   */
  readonly firstTurn?: "atOnce" | "whenDue";
}

/** A member's permutation of the table: entry j is (offset + j · skip) mod M. */
export interface Turns {
  readonly offset: number;
  /** 1 to M - 1. */
  readonly skip: number;
  readonly weight: number;
}

export interface MaglevSharding extends Sharding {
  /** Per entry the index of its member. Not to be written to. */
  readonly table: Int32Array;
}

/** Makes the scheme. */
export function maglev(members: readonly Member[], options: MaglevOptions = {}): Made<MaglevSharding> {
  const checked = roster("maglev", members, "any");
  if (!checked.ok) return checked;
  const size = options.tableSize ?? 65_537;
  if (!Number.isInteger(size) || size < 2 || size > 5_000_011 || !isPrime(size)) {
    return refuse(`tableSize: ${size} is not a prime up to 5000011`, "use 65537 or 655373, as the paper does");
  }
  if (members.length >= size) {
    return refuse(`${members.length} members do not fit a table of ${size}`, "use a larger prime: 100 entries a member");
  }
  const hash = new Uint32Array(2);
  const turns = checked.names.map((name, rank): Turns => {
    const bytes = new Uint8Array(3 * name.length);
    const length = encodeKey(name, bytes);
    xxhash64(bytes, length, 0, hash);
    const offset = remainder(hash[0] as number, hash[1] as number, size);
    xxhash64(bytes, length, 1, hash);
    const skip = remainder(hash[0] as number, hash[1] as number, size - 1) + 1;
    return { offset, skip, weight: checked.weights[rank] as number };
  });
  const table = fillTable(turns, size, options.firstTurn);
  for (let entry = 0; entry < size; entry += 1) table[entry] = checked.indices[table[entry] as number] as number;
  const ownerOfHash = (high: number, low: number): number => table[remainder(high, low, size)] as number;
  return {
    ok: true,
    value: {
      scheme: "maglev",
      members: checked.given,
      table,
      ownerOf: (key, length = key.length) => {
        keyHash(key, length, hash);
        return ownerOfHash((hash[0] as number) | 0, (hash[1] as number) | 0);
      },
      ownerOfHash,
      shares: () => {
        const shares = new Float64Array(members.length);
        for (const owner of table) shares[owner] = (shares[owner] as number) + 1 / size;
        return shares;
      },
      memory: () => table.byteLength,
    },
  };
}

/**
 * The table: in iteration t = 1, 2, ... a member takes a turn if t · weight has reached its target, which then grows by
 * the largest weight; a turn takes the next free entry of its permutation. Targets start at 0 or, with `whenDue`, at the
 * largest weight. `size` must be prime.
 */
export function fillTable(turns: readonly Turns[], size: number, firstTurn: "atOnce" | "whenDue" = "atOnce"): Int32Array {
  const table = new Int32Array(size).fill(-1);
  const next = Float64Array.from(turns, (turn) => turn.offset);
  const weightMax = turns.reduce((max, turn) => Math.max(max, turn.weight), 0);
  const target = new Float64Array(turns.length).fill(firstTurn === "whenDue" ? weightMax : 0);
  for (let iteration = 1, taken = 0; taken < size; iteration += 1) {
    for (let member = 0; member < turns.length && taken < size; member += 1) {
      const { skip, weight } = turns[member] as Turns;
      if (iteration * weight < (target[member] as number)) continue;
      target[member] = (target[member] as number) + weightMax;
      let entry = next[member] as number;
      while ((table[entry] as number) >= 0) entry = (entry + skip) % size;
      table[entry] = member;
      next[member] = (entry + skip) % size;
      taken += 1;
    }
  }
  return table;
}

/**
 * A 64-bit word modulo `size` (below 2^23), without BigInt: 16 bits at a time, each step below 2^39 and so exact. A division
 * and a correction, since `%` of doubles is slow; written out, since a double handed to a function may be boxed.
 */
function remainder(high: number, low: number, size: number): number {
  let rest = (high >>> 0) % size;
  rest = rest * 65_536 + (low >>> 16);
  rest -= Math.floor(rest / size) * size;
  if (rest < 0) rest += size;
  else if (rest >= size) rest -= size;
  rest = rest * 65_536 + (low & 0xffff);
  rest -= Math.floor(rest / size) * size;
  return rest < 0 ? rest + size : rest >= size ? rest - size : rest;
}

function isPrime(n: number): boolean {
  if (n < 4) return n >= 2;
  for (let d = 2; d * d <= n; d += 1) if (n % d === 0) return false;
  return true;
}
