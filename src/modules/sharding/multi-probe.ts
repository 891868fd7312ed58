/**
 * Multi-probe consistent hashing. Appleton, O'Reilly, "Multi-probe consistent hashing", arXiv:1505.00062 (2015).
 *
 * One point a member and k probes a key; the probe that falls closest before a point wins. The most loaded of many members
 * carries k/(k - 1) of the mean; only the peak is bounded, the least loaded stays far below the mean. Movement is minimal, as
 * on the ring. Probes are independent words made from the key's hash. (Double hashing, h1 + i · h2, is cheaper, but its
 * shares differ measurably from the law of independent probes: seen with 21 probes, 40 members and 100,000 keys.)
 */
import { keyHash } from "./hash.ts";
import { roster } from "./members.ts";
import { finish32 } from "./murmur.ts";
import { ringPoints } from "./ring.ts";
import { refuse } from "./sharding.ts";
import type { Made, Member, Sharding } from "./sharding.ts";
import type { TokenRing } from "./token-ring.ts";

export interface MultiProbeOptions {
  /** Probes a key, 1 to 1024. Default 21: peak 1.05 of the mean. */
  readonly probes?: number;
}

/**
 * Position of the point that wins: the one at the least distance after its probe; of equal distances the earliest probe's.
 * Probe i is `words[2 · i]` (high half) and `words[2 · i + 1]`.
 */
export function closestPoint(points: TokenRing, words: Uint32Array, probes: number): number {
  const { highs, lows, find } = points;
  let best = 0;
  let bestHigh = 0xffffffff;
  let bestLow = 0xffffffff;
  for (let probe = 0; probe < probes; probe += 1) {
    const high = words[2 * probe] as number;
    const low = words[2 * probe + 1] as number;
    const at = find(high | 0, low | 0);
    const borrow = (lows[at] as number) < low ? 1 : 0;
    const distanceHigh = ((highs[at] as number) - high - borrow) >>> 0;
    const distanceLow = ((lows[at] as number) - low) >>> 0;
    if (probe === 0 || distanceHigh < bestHigh || (distanceHigh === bestHigh && distanceLow < bestLow)) {
      best = at;
      bestHigh = distanceHigh;
      bestLow = distanceLow;
    }
  }
  return best;
}

/** Makes the scheme. Unequal weights are refused. */
export function multiProbe(members: readonly Member[], options: MultiProbeOptions = {}): Made<Sharding> {
  const checked = roster("multiProbe", members, "equal");
  if (!checked.ok) return checked;
  const probes = options.probes ?? 21;
  if (!Number.isInteger(probes) || probes < 1 || probes > 1024) {
    return refuse(`probes: ${probes} is not a number of probes`, "write a whole number from 1 to 1024");
  }
  const points = ringPoints("multiProbe", { ...checked, weights: new Float64Array(checked.names.length).fill(1) }, 1);
  if ("ok" in points) return points;
  const { owners } = points;
  const hash = new Uint32Array(2);
  const words = new Uint32Array(2 * probes);
  const pointOf = (high: number, low: number): number => {
    words[0] = high;
    words[1] = low;
    for (let probe = 1; probe < probes; probe += 1) {
      const inner = finish32((low + Math.imul(probe, 0x9e3779b9)) | 0);
      const outer = finish32(inner ^ high);
      words[2 * probe] = outer;
      words[2 * probe + 1] = finish32((inner + outer) | 0);
    }
    return closestPoint(points, words, probes);
  };
  return {
    ok: true,
    value: {
      scheme: "multiProbe",
      members: checked.given,
      ownerOf: (key, length = key.length) => {
        keyHash(key, length, hash);
        return owners[pointOf((hash[0] as number) | 0, (hash[1] as number) | 0)] as number;
      },
      ownerOfHash: (high, low) => owners[pointOf(high, low)] as number,
      ownersOf: (key, length, into) => {
        keyHash(key, length, hash);
        return points.successors(pointOf((hash[0] as number) | 0, (hash[1] as number) | 0), into);
      },
      shares: () => probedShares(points, checked.given.length, probes),
      memory: () => points.memory() + words.byteLength,
    },
  };
}

/**
 * The exact share of each member if probes are independent. A probe stands at a distance above d from its point with
 * probability F(d), the sum of what each gap has beyond d; a member with the gap g wins k · F(d)^(k-1) for every d below g:
 * its share is the integral up to g. F is linear between the lengths of gaps, so the integral is a sum of differences of F^k.
 */
function probedShares(points: TokenRing, members: number, probes: number): Float64Array {
  const gaps = Float64Array.from(points.owners, (_, at) => {
    const before = at === 0 ? points.size - 1 : at - 1;
    const high = (points.highs[at] as number) - (points.highs[before] as number);
    const low = (points.lows[at] as number) - (points.lows[before] as number);
    return high / 4_294_967_296 + low / 18_446_744_073_709_551_616 + (at === 0 ? 1 : 0);
  });
  const order = Array.from(gaps.keys()).sort((a, b) => (gaps[a] as number) - (gaps[b] as number) || a - b);
  const shares = new Float64Array(members);
  let beyond = 1;
  let share = 0;
  let reached = 0;
  for (const [shorter, at] of order.entries()) {
    const longer = points.size - shorter;
    const next = Math.max(0, beyond - longer * ((gaps[at] as number) - reached));
    share += (power(beyond, probes) - power(next, probes)) / longer;
    shares[points.owners[at] as number] = share;
    beyond = next;
    reached = gaps[at] as number;
  }
  return shares;
}

/** base to a whole exponent, by products: `Math.pow` differs between engines. */
function power(base: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent; i += 1) result *= base;
  return result;
}
