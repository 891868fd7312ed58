/**
 * Votes for the leader of a failover: once per epoch, for whoever asks first; elected is who has a majority of all
 * sentinels, and at least the quorum, in the present epoch (sentinelVoteLeader, sentinelGetLeader).
 */
import type { Master } from "./master.ts";

export interface Electorate {
  /** This sentinel. */
  readonly self: number;
  /** All of them, this one included. */
  readonly sentinels: number;
  readonly quorum: number;
  /** The highest epoch heard of. */
  readonly epoch: () => number;
  readonly raise: (epoch: number) => void;
  /** A vote for another: one's own failover is not tried for a while. */
  readonly yielded: (master: Master) => void;
  /** What was decided must be durable before anybody hears of it. */
  readonly save: () => void;
}

/** Votes, or tells the vote that this epoch, or a later one, has already. */
export function vote(master: Master, epoch: number, candidate: number, electorate: Electorate): void {
  electorate.raise(epoch);
  if (master.leaderEpoch >= epoch || electorate.epoch() > epoch) return;
  master.leader = candidate;
  master.leaderEpoch = electorate.epoch();
  electorate.save();
  if (candidate !== electorate.self) electorate.yielded(master);
}

/** Who leads the failover of this epoch by what is known here, or -1. Votes, if that is still to be done. */
export function leaderOf(master: Master, epoch: number, electorate: Electorate): number {
  const votes = new Array<number>(electorate.sentinels).fill(0);
  for (const word of master.words)
    if (word !== undefined && word.leader >= 0 && word.leaderEpoch === electorate.epoch()) votes[word.leader] = votes[word.leader]! + 1;
  let winner = most(votes);
  vote(master, epoch, winner >= 0 ? winner : electorate.self, electorate);
  if (master.leader >= 0 && master.leaderEpoch === epoch) {
    votes[master.leader] = votes[master.leader]! + 1;
    if (winner < 0 || votes[master.leader]! > votes[winner]!) winner = master.leader;
  }
  const needed = Math.max(Math.floor(electorate.sentinels / 2) + 1, electorate.quorum);
  return winner >= 0 && votes[winner]! >= needed ? winner : -1;
}

/** The first with the most votes, or -1. */
function most(votes: readonly number[]): number {
  let best = -1;
  for (let i = 0; i < votes.length; i += 1) if (votes[i]! > 0 && (best < 0 || votes[i]! > votes[best]!)) best = i;
  return best;
}
