/** Settings, members, keys and counts of the sharding cases. */
import { assert } from "../../base/assert.ts";
import type { Keys } from "../../modules/sharding/difference.ts";
import { encodeKey } from "../../modules/sharding/hash.ts";
import type { Made, Member, Sharding } from "../../modules/sharding/sharding.ts";
import { byStandardError, type Claim, type Estimate, type VerifyCase } from "./case.ts";

/** What the cases of a scheme are made with. */
export interface ShardingSettings {
  readonly members: number;
  readonly virtualNodes: readonly number[];
  readonly probes: readonly number[];
  readonly tableSizes: readonly number[];
  readonly epsilon: number;
  readonly keys: number;
  readonly runs: number;
  readonly plant: boolean;
}

/** Members of a repeat: other names in each, so that rings of different repeats are independent. */
export const membersOf = (count: number, run = 0): readonly Member[] =>
  Array.from({ length: count }, (_, member) => ({ name: `repeat ${run} member ${member}` }));

/** Keys of a repeat: other ones in each. */
export function keysOf(count: number, run = 0): Keys {
  const bytes = new Uint8Array(64);
  return { count, at: (index) => bytes.subarray(0, encodeKey(`user ${run}/${index}`, bytes)) };
}

export function valueOf<Value>(made: Made<Value>): Value {
  assert(made.ok, made.ok ? "" : `${made.fault}; ${made.mend}`);
  return made.value;
}

/** Keys that each member owns. */
export function countsOf(scheme: Sharding, keys: Keys): Float64Array {
  const counts = new Float64Array(scheme.members.length);
  for (let index = 0; index < keys.count; index += 1) {
    const owner = scheme.ownerOf(keys.at(index));
    counts[owner] = counts[owner]! + 1;
  }
  return counts;
}

/** Pearson's chi-square of counts against shares: its expectation is its degrees of freedom, its variance about twice that. */
export function chiSquare(claim: Omit<Claim, "predicted" | "n">, counts: ArrayLike<number>, shares: ArrayLike<number>): VerifyCase {
  const total = Array.from(counts).reduce((sum, count) => sum + count, 0);
  const statistic = Array.from(counts).reduce((sum, count, i) => {
    const expected = total * shares[i]!;
    return sum + ((count - expected) * (count - expected)) / expected;
  }, 0);
  const freedom = counts.length - 1;
  return byStandardError({ ...claim, predicted: freedom, n: total }, statistic, Math.sqrt(2 * freedom));
}

/** The root of a mean of squares, with the error that the mean's brings. */
export const rootOf = ({ value, standardError }: Estimate): Estimate => ({
  value: Math.sqrt(value),
  standardError: standardError / (2 * Math.sqrt(value)),
});

/** Mean square of relative deviations from an even share. */
export function deviation(shares: ArrayLike<number>): number {
  const n = shares.length;
  const total = Array.from(shares).reduce((sum, share) => sum + share, 0);
  return Array.from(shares).reduce((sum, share) => sum + ((share * n) / total - 1) * ((share * n) / total - 1), 0) / n;
}
