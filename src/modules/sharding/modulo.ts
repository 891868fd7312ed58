/**
 * Modulo: owner = hash mod n. The plainest scheme, perfectly even, and the worst under growth: from n to n + 1 members
 * n/(n + 1) of the keys move. Members are numbered by name (`compareNames`).
 */
import { keyHash } from "./hash.ts";
import { roster } from "./members.ts";
import type { Made, Member, Sharding } from "./sharding.ts";

/** Makes the scheme. Unequal weights are refused. */
export function modulo(members: readonly Member[]): Made<Sharding> {
  const checked = roster("modulo", members, "equal");
  if (!checked.ok) return checked;
  const { indices, given } = checked;
  const count = indices.length;
  const hash = new Uint32Array(2);
  // The high half alone: 32 bits keep the remainder in integers, and no member's share is off by more than n / 2^32.
  const ownerOfHash = (high: number): number => indices[(high >>> 0) % count] as number;
  return {
    ok: true,
    value: {
      scheme: "modulo",
      members: given,
      ownerOf: (key, length = key.length) => {
        keyHash(key, length, hash);
        return ownerOfHash(hash[0] as number);
      },
      ownerOfHash,
      shares: () => new Float64Array(count).fill(1 / count),
      memory: () => indices.byteLength,
    },
  };
}
