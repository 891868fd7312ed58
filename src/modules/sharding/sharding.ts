/**
 * Which shard owns a key: the one interface of every scheme in this folder.
 *
 * A scheme is made once from its members and then only answers; a change of members is another one, and
 * `difference.ts` says what moves between the two. Nothing here knows a network, a clock or the simulator.
 *
 * - hash.ts, murmur.ts, xxhash.ts, md5.ts, des.ts: the hash functions; word64.ts: 64-bit words in two halves
 * - members.ts: names, weights and their order; bytes.ts: keys in order; difference.ts: what a change moves
 * - one scheme a file: modulo, database-table, slots, ring (ketama, cassandra), bounded, rendezvous, jump, multi-probe,
 *   maglev, anchor, ranges, tree, directory, intervals, vitess, mongodb
 * - token-ring.ts, hash-ranges.ts, key-table.ts: tables that several schemes share
 */

/** A member that keys are spread over: a shard, or a server. */
export interface Member {
  /** Unique in its membership. A scheme's answers depend on names, never on the order in which members are listed. */
  readonly name: string;
  /** Relative share of the keys, above 0; 1 if left out. A scheme that cannot honour weights refuses unequal ones. */
  readonly weight?: number;
}

/** What is wrong with a user's options, and how to mend it: one sentence each, no full stop. */
export interface Refusal {
  readonly ok: false;
  readonly fault: string;
  readonly mend: string;
}

/** A thing made from a user's options, or the reason why it cannot be. */
export type Made<Value> = { readonly ok: true; readonly value: Value } | Refusal;

/** A run of the space that a scheme divides (hashes, slots, keys), and the member that owns it. */
export interface OwnedRange {
  /** Index into the members as given at construction. */
  readonly owner: number;
  /** First point of the run, included; the scheme's file says in which notation. */
  readonly from: string;
  /** Last point of the run, included; of key ranges the first key after it, or "" if there is none. */
  readonly to: string;
}

/** One scheme over one membership. Immutable, unless its own file says otherwise. */
export interface Sharding {
  /** The scheme's name as in scenarios: `ring`, `slots`, ... */
  readonly scheme: string;
  /** Names of the members, in the order given at construction: what the indices below point into. */
  readonly members: readonly string[];
  /**
   * Index of the member that owns the key in the first `length` bytes (all of them if left out). Total: every byte
   * string has an owner, the empty one too. Allocates nothing.
   */
  readonly ownerOf: (key: Uint8Array, length?: number) => number;
  /**
   * The same for a key whose 64-bit `keyHash` is known, as two 32-bit halves, signed or unsigned (signed ones, `half | 0`,
   * are never boxed by the engine). Only where the scheme looks at nothing but that hash; schemes with a hash function of
   * their own (slots, ketama, Cassandra) have none.
   */
  readonly ownerOfHash?: (high: number, low: number) => number;
  /**
   * The key's preference list: distinct members, its owner first, written into `into` until that is full or members run
   * out. Gives how many were written. Only where the scheme defines successors.
   */
  readonly ownersOf?: (key: Uint8Array, length: number, into: Int32Array) => number;
  /**
   * Distinct owners of the keys from `from` (included) to `to` (left out; "no end" if undefined), into `into` until it is
   * full; gives how many. Only where the scheme keeps neighbouring keys together: elsewhere a scan must ask everybody.
   */
  readonly ownersBetween?: (from: Uint8Array, to: Uint8Array | undefined, into: Int32Array) => number;
  /** Who owns which run of the space, in its order. Only where the scheme has runs. */
  readonly ranges?: () => readonly OwnedRange[];
  /** Exact share of the space that each member owns; they sum to 1 up to rounding. Only where it can be computed. */
  readonly shares?: () => Float64Array;
  /** Bytes of the tables a look-up needs, the members' names left out. */
  readonly memory: () => number;
}

/** A refusal in one line, for callers that hand it back. */
export function refuse(fault: string, mend: string): Refusal {
  return { ok: false, fault, mend };
}
