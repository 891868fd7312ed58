/**
 * A replica stands for its failed primary: after a delay that is partly random and longer for those that are further
 * behind, it asks all primaries for their vote (clusterHandleSlaveFailover).
 */
import {
  AUTH_TIMEOUT,
  AUTH_TIMEOUT_LEAST,
  DELAY,
  DELAY_PER_RANK,
  DELAY_RANDOM,
  REPLICA_PING_PERIOD,
  type GossipSettings,
} from "./settings.ts";

export interface Candidacy {
  /** When votes are to be asked for; 0: this replica has never stood. */
  authAt: number;
  isSent: boolean;
  epoch: number;
  rank: number;
  readonly votes: Set<number>;
}

export const createCandidacy = (): Candidacy => ({ authAt: 0, isSent: false, epoch: 0, rank: 0, votes: new Set() });

/** What is to be done now: nothing; the delay was drawn; ask for votes. */
export type Move = "none" | "scheduled" | "ask";

/** `rank`: how many other replicas of the shard are further on. `draw`: 0 up to `DELAY_RANDOM`, drawn when needed. */
export function stand(
  candidacy: Candidacy,
  now: number,
  rank: number,
  { nodeTimeout }: GossipSettings,
  draw: (below: number) => number,
): Move {
  const timeout = Math.max(nodeTimeout * AUTH_TIMEOUT, AUTH_TIMEOUT_LEAST);
  const age = now - candidacy.authAt;
  if (age > timeout * 2) {
    candidacy.authAt = now + DELAY + draw(DELAY_RANDOM) + rank * DELAY_PER_RANK;
    candidacy.isSent = false;
    candidacy.rank = rank;
    candidacy.votes.clear();
    return "scheduled";
  }
  if (!candidacy.isSent && rank > candidacy.rank) {
    candidacy.authAt += (rank - candidacy.rank) * DELAY_PER_RANK;
    candidacy.rank = rank;
  }
  return now < candidacy.authAt || age > timeout || candidacy.isSent ? "none" : "ask";
}

/** Is what this replica has too old to stand? `age`: since it last heard its primary (`cluster-replica-validity-factor`). */
export function isTooOld(age: number, { nodeTimeout, validityFactor }: GossipSettings): boolean {
  const beyond = age > nodeTimeout ? age - nodeTimeout : age;
  return validityFactor > 0 && beyond > REPLICA_PING_PERIOD + nodeTimeout * validityFactor;
}
