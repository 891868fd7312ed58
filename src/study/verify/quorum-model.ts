/**
 * Reads after writes under a leaderless quorum, by themselves: the WARS model of Bailis et al., "Probabilistically Bounded Staleness
 * for Practical Partial Quorums", PVLDB 5(8), 2012, section 4. Of each operation every message is drawn anew; a write is
 * acknowledged with the W-th smallest of W + A, a read answered with the R-th smallest of R + S, and it is consistent if one of its
 * first R answerers had the write when it was asked. Nothing of the simulator's quorum is in here.
 */
import { createStreams } from "../../simulator/kernel/random.ts";
import type { Sampler } from "../../simulator/kernel/distributions.ts";

export interface Wars {
  readonly n: number;
  readonly r: number;
  readonly w: number;
  /** Microseconds; drawn for each message. */
  readonly write: Sampler;
  readonly ack: Sampler;
  readonly read: Sampler;
  readonly response: Sampler;
  /** One way more between an operation's coordinator and all replicas but one, which is drawn for each; microseconds. */
  readonly far: number;
}

export interface WarsResult {
  readonly trials: number;
  /** Of each trial: how long after the acknowledgement a read must be sent to see the write; 0 or less: at once. Rising. */
  readonly freshAfter: Float64Array;
  /** Rising, microseconds. */
  readonly writeLatency: Float64Array;
  readonly readLatency: Float64Array;
}

export function playWars({ n, r, w, write, ack, read, response, far }: Wars, trials: number, seed: number): WarsResult {
  const random = createStreams(seed).stream("wars");
  const freshAfter = new Float64Array(trials);
  const writeLatency = new Float64Array(trials);
  const readLatency = new Float64Array(trials);
  const arrives = new Float64Array(n);
  const acked = new Float64Array(n);
  const asked = new Float64Array(n);
  const order: number[] = Array.from({ length: n }, (_, replica) => replica);
  const answered = new Float64Array(n);
  for (let trial = 0; trial < trials; trial += 1) {
    const [nearWriter, nearReader] = far === 0 ? [0, 0] : [random.below(n), random.below(n)];
    for (let replica = 0; replica < n; replica += 1) {
      const [toWriter, toReader] = [replica === nearWriter ? 0 : far, replica === nearReader ? 0 : far];
      arrives[replica] = Math.max(0, write(random)) + toWriter;
      acked[replica] = arrives[replica]! + Math.max(0, ack(random)) + toWriter;
      asked[replica] = Math.max(0, read(random)) + toReader;
      answered[replica] = asked[replica]! + Math.max(0, response(random)) + toReader;
    }
    acked.sort();
    order.sort((a, b) => answered[a]! - answered[b]! || a - b);
    const committed = acked[w - 1]!;
    // Which of the first R has it first decides.
    let earliest = Infinity;
    for (let i = 0; i < r; i += 1) earliest = Math.min(earliest, arrives[order[i]!]! - committed - asked[order[i]!]!);
    freshAfter[trial] = earliest;
    writeLatency[trial] = committed;
    readLatency[trial] = answered[order[r - 1]!]!;
  }
  return { trials, freshAfter: freshAfter.sort(), writeLatency: writeLatency.sort(), readLatency: readLatency.sort() };
}

/** Share of reads sent so long after the acknowledgement that see the write. */
export function consistentAt({ freshAfter, trials }: WarsResult, t: number): number {
  return countUpTo(freshAfter, t) / trials;
}

/** How many of a rising list are at most this. */
export function countUpTo(rising: Float64Array, value: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Ways to choose k of n. */
export function choose(n: number, k: number): number {
  if (k < 0 || k > n) return 0;
  let ways = 1;
  for (let i = 1; i <= k; i += 1) ways = (ways * (n - k + i)) / i;
  return Math.round(ways);
}

/**
 * Share of consistent reads where writes travel for an exponential time and nothing else varies. The first R answerers are chosen
 * without regard to the write; unless one of them was among the first W, each has it after t + elapsed with chance
 * 1 - exp(-(t + elapsed) / mean), whatever went before. `elapsed` is what acknowledgement and request take, `mean` the writes' mean.
 */
export function memorylessConsistent(n: number, r: number, w: number, mean: number, elapsed: number): number {
  return 1 - (choose(n - w, r) / choose(n, r)) * Math.exp((-r * elapsed) / mean);
}

/** Chance that the k-th smallest of n is at most x, where one is with chance `p`. */
export function orderStatistic(n: number, k: number, p: number): number {
  let sum = 0;
  for (let i = k; i <= n; i += 1) {
    let term = choose(n, i);
    for (let j = 0; j < i; j += 1) term *= p;
    for (let j = 0; j < n - i; j += 1) term *= 1 - p;
    sum += term;
  }
  return sum;
}
