/**
 * Majorities. In joint consensus every decision needs a majority of C_old and a majority of C_new, each for itself (section 6):
 * the answer is then the weaker of the two.
 */
import type { Progress } from "./flow.ts";

/** The largest value that a quorum has reached: each of its members has at least that. Only leaders ask: there is a voter. */
export function reachedByQuorum(peers: readonly Progress[], valueOf: (progress: Progress) => number, scratch: number[]): number {
  const incoming = reachedByMajority(peers, isVoter, valueOf, scratch);
  return isJoint(peers) ? Math.min(incoming, reachedByMajority(peers, isOutgoing, valueOf, scratch)) : incoming;
}

/** Whether a quorum has granted its votes in the running election or pre-vote (section 5.2). */
export function isElectionWon(peers: readonly Progress[]): boolean {
  return isQuorum(peers, hasGranted);
}

/** Whether a quorum was heard of since the last check. */
export function isQuorumActive(peers: readonly Progress[]): boolean {
  return isQuorum(peers, isActive);
}

const isVoter = (progress: Progress): boolean => progress.isVoter;
const isOutgoing = (progress: Progress): boolean => progress.isOutgoing;
const hasGranted = (progress: Progress): boolean => progress.vote === 1;
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
  return scratch[count - majority(count)]!;
}

/** Whether those for whom `claim` holds are a majority of each side there is. */
function isQuorum(peers: readonly Progress[], claim: (progress: Progress) => boolean): boolean {
  return isMajority(peers, isVoter, claim) && (!isJoint(peers) || isMajority(peers, isOutgoing, claim));
}

function isMajority(peers: readonly Progress[], belongs: (progress: Progress) => boolean, claim: (progress: Progress) => boolean): boolean {
  let size = 0;
  let count = 0;
  for (let i = 0; i < peers.length; i += 1) {
    if (!belongs(peers[i]!)) continue;
    size += 1;
    if (claim(peers[i]!)) count += 1;
  }
  return count >= majority(size);
}

/** The least number that is more than half. */
function majority(size: number): number {
  return Math.floor(size / 2) + 1;
}
