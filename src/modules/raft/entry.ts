/** What a Raft log holds, and what of a peer survives a crash (Ongaro and Ousterhout 2014, Figure 2, "Persistent state"). */

/** A peer of one group: a whole number from 1. 0 stands for "nobody" (no vote, no known leader). */
export type PeerId = number;
/** Raft's logical clock (section 5.1). 0 is before the first election. */
export type Term = number;
/** A place in the log, from 1. 0 is before the first entry. */
export type Index = number;

/** "Nobody": no vote cast, no leader known. */
export const NOBODY: PeerId = 0;

/**
 * Who belongs to the group. While `outgoing` is not empty the group is in joint consensus C_old,new (section 6): `voters` is
 * C_new, `outgoing` is C_old, and elections and commitment need a majority of each. No order is implied.
 */
export interface Membership {
  readonly voters: readonly PeerId[];
  /** C_old while the group is in joint consensus; else empty. */
  readonly outgoing: readonly PeerId[];
  /** Receive the log, count in no quorum, never campaign ("non-voting members", dissertation section 4.2.1). */
  readonly learners: readonly PeerId[];
  /** Voters of C_old that become learners when the joint configuration is left; a peer is never voter and learner at once. */
  readonly learnersNext: readonly PeerId[];
}

/** One log entry. Never changed once made, so peers of one process may share it. Its index is its place. */
export type Entry =
  /** The caller's; `command` is opaque here. `size` in bytes counts against the limits of `Options`. */
  | { readonly kind: "command"; readonly term: Term; readonly size: number; readonly command: unknown }
  /** A new leader's first entry, by which it learns what is committed (section 8). */
  | { readonly kind: "noop"; readonly term: Term; readonly size: number }
  /** In force from the moment it is in the log, committed or not (section 6). */
  | { readonly kind: "membership"; readonly term: Term; readonly size: number; readonly membership: Membership };

/** What a snapshot replaces: the log up to and including `index` (section 7). The state itself stays with the caller. */
export interface Snapshot {
  readonly index: Index;
  /** The term of the entry at `index`. */
  readonly term: Term;
  /** The membership in force at `index`. */
  readonly membership: Membership;
  /** Bytes to transfer, for chunks. May be 0. */
  readonly size: number;
}

/** What a peer finds on its disk when it starts. */
export interface Durable {
  readonly term: Term;
  /** Whom it voted for in `term`, or `NOBODY`. */
  readonly vote: PeerId;
  readonly snapshot: Snapshot;
  /** The entries after `snapshot.index`, without a gap. */
  readonly entries: readonly Entry[];
}

/** Bytes that an entry without a command counts for. */
export const SMALL_ENTRY_BYTES = 16;

/** A group of no one: what a peer knows that is to join a group it has not heard of yet. */
export const NO_MEMBERS: Membership = { voters: [], outgoing: [], learners: [], learnersNext: [] };

/** The disk of a peer that has never run. Founding members all get the same `membership`; one that joins later gets `NO_MEMBERS`. */
export function newDurable(membership: Membership): Durable {
  return { term: 0, vote: NOBODY, snapshot: { index: 0, term: 0, membership, size: 0 }, entries: [] };
}

/** A membership that is not joint. */
export function members(voters: readonly PeerId[], learners: readonly PeerId[] = []): Membership {
  return { voters, outgoing: [], learners, learnersNext: [] };
}
