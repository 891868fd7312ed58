/**
 * Sampled histories: what clients asked of one key and what they were told. A key is sampled whole or not at all, since a
 * history with a gap can look wrong where it is right.
 */

export interface HistoryOperation {
  /** Who asked: one client's operations in flight at once have different numbers. Only for people and other checkers. */
  readonly process: number;
  readonly kind: "read" | "write";
  /**
   * What was written, or what an answered read returned: a number that no other write of the key has, 0 for what was there from
   * the start. Undefined for a read without an answer.
   */
  readonly value: number | undefined;
  /** Intended send and end, microseconds. */
  readonly from: number;
  readonly until: number;
  /** As its client knows it: answered, refused for certain, or without a definite answer (it may yet take effect, or never). */
  readonly ending: "acknowledged" | "refused" | "ambiguous";
}

/** All that clients did with one key, in order of `from`. */
export interface KeyHistory {
  readonly key: string;
  /** What the key held before the first operation; undefined if nobody knows. */
  readonly initial: number | undefined;
  readonly operations: readonly HistoryOperation[];
}
