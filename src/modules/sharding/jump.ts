/**
 * Jump consistent hash. Lamping, Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", arXiv:1406.2294 (2014).
 *
 * Needs no table and is as even as chance allows; members are buckets 0 to n - 1 in order of names (`compareNames`), and
 * only the last can come or go with the minimal movement of 1/(n + 1). A member that leaves from the middle shifts all
 * after it: use it where members are numbered shards, not servers that die.
 */
import { keyHash } from "./hash.ts";
import { roster } from "./members.ts";
import type { Made, Member, Sharding } from "./sharding.ts";
import { multiplyHigh } from "./word64.ts";

const FACTOR_HIGH = 0x27bb2ee6;
const FACTOR_LOW = 0x87b0b0fd;

/**
 * The bucket, 0 to `buckets` - 1, of a 64-bit key given as two halves. Needs 1 <= buckets <= 2^31. The paper's function,
 * key by key (also Guava's `Hashing.consistentHash`); about ln(buckets) + 0.58 steps.
 */
export function jumpBucket(high: number, low: number, buckets: number): number {
  let h = high | 0;
  let l = low | 0;
  let bucket = 0;
  let next = 0;
  while (next < buckets) {
    bucket = next;
    // key = key · 2862933555777941757 + 1; only the upper 31 bits are looked at.
    h = multiplyHigh(h, l, FACTOR_HIGH, FACTOR_LOW);
    l = (Math.imul(l, FACTOR_LOW) + 1) | 0;
    if (l === 0) h = (h + 1) | 0;
    // The paper's cast truncates; the quotient is below 2^62, so Math.floor of a double, not a 32-bit operator.
    next = Math.floor((bucket + 1) * (2_147_483_648 / ((h >>> 1) + 1)));
  }
  return bucket;
}

/** Makes the scheme. Unequal weights are refused. */
export function jump(members: readonly Member[]): Made<Sharding> {
  const checked = roster("jump", members, "equal");
  if (!checked.ok) return checked;
  const { indices, given } = checked;
  const count = indices.length;
  const hash = new Uint32Array(2);
  return {
    ok: true,
    value: {
      scheme: "jump",
      members: given,
      ownerOf: (key, length = key.length) => {
        keyHash(key, length, hash);
        return indices[jumpBucket((hash[0] as number) | 0, (hash[1] as number) | 0, count)] as number;
      },
      ownerOfHash: (high, low) => indices[jumpBucket(high, low, count)] as number,
      shares: () => new Float64Array(count).fill(1 / count),
      memory: () => indices.byteLength,
    },
  };
}
