/**
 * Consistent-hash ring with virtual nodes. Karger, Lehman, Leighton, Panigrahy, Levine, Lewin, "Consistent Hashing and
 * Random Trees", STOC 1997; virtual nodes as in DeCandia et al., "Dynamo", SOSP 2007, section 4.2.
 *
 * Member i's points are Murmur3 of its name with seeds 1, 2, ..., two 64-bit tokens a hash; a key's token is `keyHash`.
 * A member that comes takes keys from others and gives none; one that leaves gives its keys away; nothing else moves.
 * With V points each the shares of n members have the relative standard deviation sqrt((n - 1)/(nV + 1)), about 1/sqrt(V).
 */
import { encodeKey, keyHash } from "./hash.ts";
import { roster } from "./members.ts";
import type { Roster } from "./members.ts";
import { murmur128x86 } from "./murmur.ts";
import { refuse } from "./sharding.ts";
import type { Made, Member, Refusal, Sharding } from "./sharding.ts";
import { tokenRing } from "./token-ring.ts";
import type { TokenRing } from "./token-ring.ts";

export interface RingOptions {
  /** Points of a member of weight 1; a member has round(weight · virtualNodes), at least 1. Default 128. */
  readonly virtualNodes?: number;
}

/** More points than this are refused: 16 bytes each, and the index, reach a gigabyte. */
export const POINTS_MAX = 33_554_432;

/** Makes the ring. Weights are honoured up to the rounding to whole points and the deviation named above. */
export function ring(members: readonly Member[], options: RingOptions = {}): Made<Sharding> {
  const checked = roster("ring", members, "any");
  if (!checked.ok) return checked;
  const points = ringPoints("ring", checked, options.virtualNodes ?? 128);
  if ("ok" in points) return points;
  const hash = new Uint32Array(2);
  const { find, owners } = points;
  return {
    ok: true,
    value: {
      scheme: "ring",
      members: checked.given,
      ownerOf: (key, length = key.length) => {
        keyHash(key, length, hash);
        return owners[find((hash[0] as number) | 0, (hash[1] as number) | 0)] as number;
      },
      ownerOfHash: (high, low) => owners[find(high, low)] as number,
      ownersOf: (key, length, into) => {
        keyHash(key, length, hash);
        return points.successors(find((hash[0] as number) | 0, (hash[1] as number) | 0), into);
      },
      ranges: points.ranges,
      shares: () => points.shares(checked.given.length),
      memory: points.memory,
    },
  };
}

/** The points of a membership, `virtualNodes` for weight 1. Shared with the schemes that walk the same ring. */
export function ringPoints(scheme: string, checked: Roster, virtualNodes: number): TokenRing | Refusal {
  if (!Number.isInteger(virtualNodes) || virtualNodes < 1) {
    return refuse(`virtualNodes: ${virtualNodes} is not a number of points`, "write a whole number of at least 1");
  }
  const { names, weights, indices } = checked;
  const counts = weights.map((weight) => Math.max(1, Math.round(weight * virtualNodes)));
  const size = counts.reduce((sum, count) => sum + count, 0);
  if (!(size <= POINTS_MAX)) {
    return refuse(`${scheme} would have ${size} points`, `lower virtualNodes or the weights: at most ${POINTS_MAX} points`);
  }
  const highs = new Uint32Array(size);
  const lows = new Uint32Array(size);
  const ranks = new Int32Array(size);
  const token = new Uint32Array(4);
  let at = 0;
  for (let rank = 0; rank < names.length; rank += 1) {
    const name = names[rank] as string;
    const bytes = new Uint8Array(3 * name.length);
    const length = encodeKey(name, bytes);
    const count = counts[rank] as number;
    for (let point = 0; point < count; point += 1, at += 1) {
      const half = 2 * (point & 1);
      if (half === 0) murmur128x86(bytes, length, 1 + (point >>> 1), token);
      highs[at] = token[half] as number;
      lows[at] = token[half + 1] as number;
      ranks[at] = rank;
    }
  }
  return tokenRing(highs, lows, ranks, indices);
}
