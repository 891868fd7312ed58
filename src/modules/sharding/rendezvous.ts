/**
 * Rendezvous, or highest random weight. Thaler, Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", IEEE/ACM
 * Transactions on Networking 6(1), 1998; weights by the logarithmic method of Schindelhauer, Schomaker, "Weighted
 * Distributed Hash Tables", SPAA 2005: the score -weight / ln(u) with u uniform from (key, member).
 *
 * Shares are exactly proportional to weights; a member that leaves gives its keys to the others in proportion to theirs,
 * and nothing else moves. A look-up asks every member: O(n), the price of keeping no table.
 */
import { encodeKey, keyHash } from "./hash.ts";
import { roster } from "./members.ts";
import type { Roster } from "./members.ts";
import { finish32, murmur128x86 } from "./murmur.ts";
import type { Made, Member, Sharding } from "./sharding.ts";

/** Makes the scheme. */
export function rendezvous(members: readonly Member[]): Made<Sharding> {
  const checked = roster("rendezvous", members, "any");
  if (!checked.ok) return checked;
  const { indices, weights, given } = checked;
  const count = indices.length;
  const seeds = memberSeeds(checked);
  const isWeighted = weights.some((weight) => weight !== weights[0]);
  const hash = new Uint32Array(2);
  const scores = new Float64Array(count);

  /** Larger is better. Unweighted: 53 bits of the joint hash. Weighted: weight / -ln(u). */
  const score = (high: number, low: number, rank: number): number => {
    const inner = finish32(low ^ (seeds[2 * rank + 1] as number));
    const outer = finish32(inner ^ high ^ (seeds[2 * rank] as number)) >>> 0;
    const joint = outer * 2_097_152 + (finish32(inner ^ outer) >>> 11);
    // u lies in (0, 1): half a step above, so that neither 0 nor 1 is reached.
    return isWeighted ? (weights[rank] as number) / -Math.log((joint + 0.5) / 9_007_199_254_740_992) : joint;
  };
  const ownerOfHash = (high: number, low: number): number => {
    let best = 0;
    let bestScore = score(high, low, 0);
    for (let rank = 1; rank < count; rank += 1) {
      const own = score(high, low, rank);
      if (own > bestScore) {
        best = rank;
        bestScore = own;
      }
    }
    return indices[best] as number;
  };
  return {
    ok: true,
    value: {
      scheme: "rendezvous",
      members: given,
      ownerOf: (key, length = key.length) => {
        keyHash(key, length, hash);
        return ownerOfHash((hash[0] as number) | 0, (hash[1] as number) | 0);
      },
      ownerOfHash,
      ownersOf: (key, length, into) => {
        keyHash(key, length, hash);
        const room = Math.min(into.length, count);
        let found = 0;
        for (let rank = 0; rank < count; rank += 1) {
          const own = score((hash[0] as number) | 0, (hash[1] as number) | 0, rank);
          if (found === room && (room === 0 || own <= (scores[found - 1] as number))) continue;
          if (found < room) found += 1;
          let at = found - 1;
          for (; at > 0 && own > (scores[at - 1] as number); at -= 1) {
            scores[at] = scores[at - 1] as number;
            into[at] = into[at - 1] as number;
          }
          scores[at] = own;
          into[at] = indices[rank] as number;
        }
        return found;
      },
      shares: () => {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const shares = new Float64Array(count);
        for (let rank = 0; rank < count; rank += 1) shares[indices[rank] as number] = (weights[rank] as number) / total;
        return shares;
      },
      memory: () => seeds.byteLength + indices.byteLength + weights.byteLength + scores.byteLength,
    },
  };
}

/** Two words of each member's name hash, by rank. */
function memberSeeds(checked: Roster): Uint32Array {
  const seeds = new Uint32Array(2 * checked.names.length);
  const hash = new Uint32Array(2);
  for (const [rank, name] of checked.names.entries()) {
    const bytes = new Uint8Array(3 * name.length);
    murmur128x86(bytes, encodeKey(name, bytes), 1, hash);
    seeds.set(hash, 2 * rank);
  }
  return seeds;
}
