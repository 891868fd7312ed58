/**
 * Majorities. In joint consensus every decision needs a majority of C_old and a majority of C_new, each for itself (section 6):
 * the answer is then the weaker of the two.
 */
import type { Progress } from "./flow.ts";

export type Tally = "won" | "lost" | "open";

/** The largest value that a quorum has reached: each of its members has at least that. -Infinity without any voter. */
export function reachedByQuorum(peers: readonly Progress[], valueOf: (progress: Progress) => number, scratch: number[]): number {
  const incoming = reachedByMajority(peers, isVoter, valueOf, scratch);
  return isJoint(peers) ? Math.min(incoming, reachedByMajority(peers, isOutgoing, valueOf, scratch)) : incoming;
}

/** How the running election or pre-vote stands (section 5.2). */
export function tally(peers: readonly Progress[]): Tally {
  const incoming = tallyOf(peers, isVoter);
  if (!isJoint(peers)) return incoming;
  const outgoing = tallyOf(peers, isOutgoing);
  if (incoming === "lost" || outgoing === "lost") return "lost";
  return incoming === "won" && outgoing === "won" ? "won" : "open";
}

/** Whether a quorum was heard of since the last check. */
export function isQuorumActive(peers: readonly Progress[]): boolean {
  return isMajority(peers, isVoter, isActive) && (!isJoint(peers) || isMajority(peers, isOutgoing, isActive));
}

const isVoter = (progress: Progress): boolean => progress.isVoter;
const isOutgoing = (progress: Progress): boolean => progress.isOutgoing;
const isActive = (progress: Progress): boolean => progress.isActive;

function isJoint(peers: readonly Progress[]): boolean {
  for (let i = 0; i < peers.length; i += 1) if (peers[i]!.isOutgoing) return true;
  return false;
}

function reachedByMajority(
  peers: readonly Progress[],
  belongs: (progress: Progress) => boolean,
  valueOf: (progress: Progress) => number,
  scratch: number[],
): number {
  let count = 0;
  for (let i = 0; i < peers.length; i += 1) {
    if (!belongs(peers[i]!)) continue;
    // Insertion into ascending order: a handful of members.
    const value = valueOf(peers[i]!);
    let at = count;
    while (at > 0 && scratch[at - 1]! > value) {
      scratch[at] = scratch[at - 1]!;
      at -= 1;
    }
    scratch[at] = value;
    count += 1;
  }
  return count === 0 ? -Infinity : scratch[count - majority(count)]!;
}

function tallyOf(peers: readonly Progress[], belongs: (progress: Progress) => boolean): Tally {
  let size = 0;
  let granted = 0;
  let refused = 0;
  for (let i = 0; i < peers.length; i += 1) {
    const progress = peers[i]!;
    if (!belongs(progress)) continue;
    size += 1;
    if (progress.vote === 1) granted += 1;
    else if (progress.vote === -1) refused += 1;
  }
  if (size > 0 && granted >= majority(size)) return "won";
  return size - refused < majority(size) ? "lost" : "open";
}

function isMajority(peers: readonly Progress[], belongs: (progress: Progress) => boolean, claim: (progress: Progress) => boolean): boolean {
  let size = 0;
  let count = 0;
  for (let i = 0; i < peers.length; i += 1) {
    if (!belongs(peers[i]!)) continue;
    size += 1;
    if (claim(peers[i]!)) count += 1;
  }
  return size > 0 && count >= majority(size);
}

/** The least number that is more than half. */
function majority(size: number): number {
  return Math.floor(size / 2) + 1;
}
