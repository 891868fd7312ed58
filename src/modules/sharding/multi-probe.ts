/**
 * Multi-probe consistent hashing. Appleton, O'Reilly, "Multi-probe consistent hashing", arXiv:1505.00062 (2015).
 *
 * One point a member and k probes a key; the probe that falls closest before a point wins. The most loaded of many members
 * carries k/(k - 1) of the mean, with one ring point a member; only the peak is bounded, the least loaded stays far below the
 * mean. Movement is minimal, as on the ring. Probe i is h1 + i · h2 (double hashing), as in the authors' and Gryski's code.
 */
import { keyHash } from "./hash.ts";
import { roster } from "./members.ts";
import { murmur128x86 } from "./murmur.ts";
import { ringPoints } from "./ring.ts";
import { refuse } from "./sharding.ts";
import type { Made, Member, Sharding } from "./sharding.ts";
import type { TokenRing } from "./token-ring.ts";

export interface MultiProbeOptions {
  /** Probes a key, 1 to 1024. Default 21: peak 1.05 of the mean. */
  readonly probes?: number;
}

/**
 * Position of the point that wins with `probes` probes at (h1 + i · h2) mod 2^64, i from 0: the one at the least distance
 * after its probe; of equal distances the earliest probe.
 */
export function closestPoint(
  points: TokenRing, firstHigh: number, firstLow: number, stepHigh: number, stepLow: number, probes: number,
): number {
  const { highs, lows, find } = points;
  let high = firstHigh >>> 0;
  let low = firstLow >>> 0;
  let best = 0;
  let bestHigh = 0xffffffff;
  let bestLow = 0xffffffff;
  for (let probe = 0; probe < probes; probe += 1) {
    const at = find(high, low);
    const borrow = (lows[at] as number) < low ? 1 : 0;
    const distanceHigh = ((highs[at] as number) - high - borrow) >>> 0;
    const distanceLow = ((lows[at] as number) - low) >>> 0;
    if (distanceHigh < bestHigh || (distanceHigh === bestHigh && distanceLow < bestLow) || probe === 0) {
      best = at;
      bestHigh = distanceHigh;
      bestLow = distanceLow;
    }
    low = (low + stepLow) >>> 0;
    high = (high + stepHigh + (low < stepLow >>> 0 ? 1 : 0)) >>> 0;
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
  const hash = new Uint32Array(4);
  const step = new Uint8Array(8);
  /** The second hash, from the first: what a caller with only `keyHash` also has. Odd, so that probes do not repeat. */
  const pointOf = (high: number, low: number): number => {
    writeWords(step, high, low);
    murmur128x86(step, 8, 2, hash);
    return closestPoint(points, high, low, hash[0] as number, (hash[1] as number) | 1, probes);
  };
  return {
    ok: true,
    value: {
      scheme: "multiProbe",
      members: checked.given,
      ownerOf: (key, length = key.length) => {
        keyHash(key, length, hash);
        return owners[pointOf(hash[0] as number, hash[1] as number)] as number;
      },
      ownerOfHash: (high, low) => owners[pointOf(high, low)] as number,
      ownersOf: (key, length, into) => {
        keyHash(key, length, hash);
        return points.successors(pointOf(hash[0] as number, hash[1] as number), into);
      },
      memory: points.memory,
    },
  };
}

function writeWords(into: Uint8Array, high: number, low: number): void {
  for (let i = 0; i < 4; i += 1) {
    into[i] = low >>> (8 * i);
    into[i + 4] = high >>> (8 * i);
  }
}
