/**
 * AnchorHash. Mendelson, Vargaftik, Barabash, Lorenz, Keslassy, Orda, "AnchorHash: A Scalable Consistent Hash", IEEE/ACM
 * Transactions on Networking 29(2), 2021 (arXiv:1812.09674), section IV: the in-place arrays A, K, W, L and the stack R.
 *
 * A fixed anchor of `capacity` buckets, of which some work. Perfectly even; a removal moves only the removed member's keys,
 * an addition only those that the newcomer takes; a look-up costs about 1 + ln(capacity / members) steps. The table
 * remembers the order of removals: reach a new membership by `with` and `without`, not by building anew.
 */
import { keyHash } from "./hash.ts";
import { roster } from "./members.ts";
import { finish32 } from "./murmur.ts";
import { refuse } from "./sharding.ts";
import type { Made, Member, Sharding } from "./sharding.ts";

export interface AnchorOptions {
  /** Buckets in all, working or not; at least the number of members, at most 2^20. Default: twice the members. */
  readonly capacity?: number;
}

export interface AnchorSharding extends Sharding {
  /** The scheme after one member left; the others keep their buckets. Members are listed without it. */
  readonly without: (name: string) => Made<AnchorSharding>;
  /** The scheme after one member came, into the bucket that was freed last. It is listed last. */
  readonly with: (name: string) => Made<AnchorSharding>;
}

interface Anchor {
  /** A[b]: 0 if b works, else the number of working buckets just after b was removed. */
  readonly A: Int32Array;
  /** K[b]: the successor of b, the bucket that took its place in W. */
  readonly K: Int32Array;
  /** W: the working buckets, in its first `working` places; L[b]: the place of b in W. */
  readonly W: Int32Array;
  readonly L: Int32Array;
  /** R: removed buckets, the last removed on top. */
  readonly R: readonly number[];
  readonly working: number;
  /** Bucket to index of its member; -1 if it does not work. */
  readonly owners: Int32Array;
}

const CAPACITY_MAX = 1_048_576;

/** Makes the scheme; members get buckets 0, 1, ... in order of names. Unequal weights are refused. */
export function anchor(members: readonly Member[], options: AnchorOptions = {}): Made<AnchorSharding> {
  const checked = roster("anchor", members, "equal");
  if (!checked.ok) return checked;
  const capacity = options.capacity ?? Math.min(CAPACITY_MAX, 2 * members.length);
  if (!Number.isInteger(capacity) || capacity < members.length || capacity > CAPACITY_MAX) {
    return refuse(
      `capacity: ${capacity} does not hold ${members.length} members`,
      `write a whole number from ${members.length} to ${CAPACITY_MAX}`,
    );
  }
  const A = new Int32Array(capacity);
  const R: number[] = [];
  for (let bucket = capacity - 1; bucket >= members.length; bucket -= 1) {
    A[bucket] = bucket;
    R.push(bucket);
  }
  const identity = (): Int32Array => Int32Array.from({ length: capacity }, (_, bucket) => bucket);
  const owners = new Int32Array(capacity).fill(-1);
  owners.set(checked.indices);
  const state = { A, K: identity(), W: identity(), L: identity(), R, working: members.length, owners };
  return { ok: true, value: anchorSharding(checked.given, state) };
}

function anchorSharding(members: readonly string[], state: Anchor): AnchorSharding {
  const { A, K, owners } = state;
  const hash = new Uint32Array(2);
  const ownerOfHash = (high: number, low: number): number => {
    let bucket = below(high, A.length);
    while ((A[bucket] as number) > 0) {
      // The paper's h_b(k): a hash of the key for each removed bucket it meets.
      const drawn = finish32(high ^ finish32((low + Math.imul(bucket + 1, 0x9e3779b1)) | 0));
      let next = below(drawn, A[bucket] as number);
      while ((A[next] as number) >= (A[bucket] as number)) next = K[next] as number;
      bucket = next;
    }
    return owners[bucket] as number;
  };
  return {
    scheme: "anchor",
    members,
    ownerOf: (key, length = key.length) => {
      keyHash(key, length, hash);
      return ownerOfHash((hash[0] as number) | 0, (hash[1] as number) | 0);
    },
    ownerOfHash,
    shares: () => new Float64Array(members.length).fill(1 / members.length),
    memory: () => A.byteLength + K.byteLength + state.W.byteLength + state.L.byteLength + owners.byteLength + 8 * state.R.length,
    without: (name) => {
      const index = members.indexOf(name);
      if (index < 0) return refuse(`anchor has no member "${name}"`, "name one of its members");
      if (members.length === 1) return refuse(`"${name}" is the last member`, "keep at least one");
      return {
        ok: true,
        value: anchorSharding(
          members.filter((_, i) => i !== index),
          removed(state, index),
        ),
      };
    },
    with: (name) => {
      if (members.includes(name)) return refuse(`anchor has "${name}" already`, "name a member that is not there");
      if (state.R.length === 0) return refuse(`anchor is full: ${A.length} buckets work`, "build it with a larger capacity");
      return { ok: true, value: anchorSharding([...members, name], added(state, members.length)) };
    },
  };
}

/** Algorithm 3, RemoveBucket, on a copy. */
function removed(state: Anchor, index: number): Anchor {
  const A = state.A.slice();
  const K = state.K.slice();
  const W = state.W.slice();
  const L = state.L.slice();
  const bucket = state.owners.indexOf(index);
  const working = state.working - 1;
  const last = W[working] as number;
  A[bucket] = working;
  W[L[bucket] as number] = last;
  K[bucket] = last;
  L[last] = L[bucket] as number;
  // Members after the one that left move up by one in the list, not in their buckets.
  const owners = state.owners.map((owner) => (owner === index ? -1 : owner > index ? owner - 1 : owner));
  return { A, K, W, L, R: [...state.R, bucket], working, owners };
}

/** Algorithm 3, AddBucket, on a copy. */
function added(state: Anchor, index: number): Anchor {
  const A = state.A.slice();
  const K = state.K.slice();
  const W = state.W.slice();
  const L = state.L.slice();
  const owners = state.owners.slice();
  const bucket = state.R[state.R.length - 1] as number;
  A[bucket] = 0;
  L[W[state.working] as number] = state.working;
  W[L[bucket] as number] = bucket;
  K[bucket] = bucket;
  owners[bucket] = index;
  return { A, K, W, L, R: state.R.slice(0, -1), working: state.working + 1, owners };
}

/** A uniform 32-bit word, signed or not, brought below `bound` by a product, without the cost of a division; bias below bound / 2^32. */
function below(word: number, bound: number): number {
  return Math.floor(((word >>> 0) * bound) / 4_294_967_296);
}
