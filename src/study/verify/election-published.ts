/**
 * What is published of Raft's elections: Figure 16 of Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm"
 * (USENIX ATC 2014, extended version), read from the vector graphics of the dissertation's sources (github.com/ongardie/dissertation,
 * 0c10ea1, leaderelection/benchmarks-randomness.svg and benchmarks-scale.svg; CC BY), which agree with the numbers in its text to
 * 0.1 %; and the examples of its text (splitrate.tex, nosplit.tex).
 */

/** One curve: 1,000 elections of a five-server LogCabin cluster, in milliseconds. */
export interface Curve {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly median: number;
  /**
   * How far a median or mean may be off, as a share. With up to 5 ms of randomness the result hangs on the few milliseconds within
   * which candidates split the vote: those two curves say what the disk's setting is worth, the others whether the rest is right.
   */
  readonly tolerance: number;
}

export const FIGURE = "Ongaro and Ousterhout, USENIX ATC 2014 (extended version), Figure 16";

export const CURVES: readonly Curve[] = [
  { min: 150, max: 151, mean: 1535.87, median: 1198.43, tolerance: 0.3 },
  { min: 150, max: 155, mean: 345.03, median: 287.27, tolerance: 0.3 },
  { min: 150, max: 200, mean: 155.97, median: 146.42, tolerance: 0.1 },
  { min: 150, max: 300, mean: 180.67, median: 171.22, tolerance: 0.1 },
  { min: 12, max: 24, mean: 34.67, median: 30.02, tolerance: 0.1 },
];

/** Without any randomness: 100 elections, "consistently took longer than 10 seconds", in milliseconds. */
export const NO_RANDOMNESS = { min: 150, max: 150, trials: 100, leastMedian: 10_000, median: 40_885.31 };

/** Chances of a split vote, as printed; `latency` in widths of the time-outs' range. */
export const SPLIT_VOTES: readonly {
  readonly servers: number;
  readonly survivors: number;
  readonly latency: number;
  readonly printed: number;
}[] = [
  { servers: 5, survivors: 4, latency: 0.01, printed: 0.0006 },
  { servers: 5, survivors: 4, latency: 0.1, printed: 0.052 },
  { servers: 5, survivors: 4, latency: 0.2, printed: 0.181 },
  { servers: 5, survivors: 3, latency: 0.2, printed: 0.5 },
  { servers: 7, survivors: 6, latency: 0.2, printed: 0.1 },
  { servers: 9, survivors: 7, latency: 0.2, printed: 0.15 },
  { servers: 9, survivors: 6, latency: 0.2, printed: 0.35 },
  { servers: 9, survivors: 5, latency: 0.1, printed: 0.4 },
  { servers: 9, survivors: 5, latency: 0.2, printed: 0.7 },
];

/** The same for latencies uniform in 0.1 to 0.2, which the dissertation simulated. "About 16 %", "nearly 40 %". */
export const SPLIT_VOTES_VARYING: readonly {
  readonly servers: number;
  readonly survivors: number;
  readonly printed: number;
  readonly low: number;
  readonly high: number;
}[] = [
  { servers: 5, survivors: 4, printed: 0.16, low: 0.155, high: 0.165 },
  { servers: 5, survivors: 3, printed: 0.4, low: 0.37, high: 0.4 },
];
