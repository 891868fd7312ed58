/** What is going on for one shard while its primary or members are changed: a monitor's notes, and how it compares standbys. */
import type { ServerId } from "../../../base/ids.ts";

type Phase =
  | "idle"
  | "waiting"
  | "confirming"
  | "operator"
  | "gathering"
  | "claiming"
  | "shooting"
  | "leased"
  | "fencing"
  | "promoting"
  | "committing"
  | "patience";

/** What is going on for one shard. */
export interface Procedure {
  phase: Phase;
  /** The server it is about: suspected primary, dead or returned member. */
  subject: number;
  candidate: number;
  members: number;
  /** While it is claimed, the claim's token. */
  epoch: number;
  /** The epoch believed to be claimed last, when the claim was made. */
  asked: number;
  planned: boolean;
  /** Somebody else becomes primary by it. */
  isTakeover: boolean;
  attempts: number;
  awaited: Set<number>;
  best: { server: number; epoch: number; index: number } | undefined;
  /** The best of those that are too far behind. */
  laggard: { server: number; epoch: number; index: number } | undefined;
}

/** Nothing is decided yet: it can be let be. */
export const isUndecided = ({ phase }: Procedure): boolean =>
  phase === "waiting" || phase === "confirming" || phase === "operator" || phase === "gathering";

/** Nothing going on. */
export function idle(): Procedure {
  return {
    phase: "idle",
    subject: -1,
    candidate: -1,
    members: 0,
    epoch: 0,
    asked: 0,
    planned: false,
    isTakeover: false,
    attempts: 0,
    awaited: new Set(),
    best: undefined,
    laggard: undefined,
  };
}

/** By epoch of the last entry, then its place, then the order of servers. */
export function isMoreAdvanced(
  one: { epoch: number; index: number; server: number },
  other: { epoch: number; index: number; server: number },
  order: readonly ServerId[],
): boolean {
  if (one.epoch !== other.epoch) return one.epoch > other.epoch;
  if (one.index !== other.index) return one.index > other.index;
  return order.indexOf(one.server as ServerId) < order.indexOf(other.server as ServerId);
}

/** A copy with one value changed. */
export function replaced(array: Int32Array, place: number, value: number): Int32Array {
  const copy = array.slice();
  copy[place] = value;
  return copy;
}
