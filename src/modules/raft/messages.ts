/**
 * What peers say to each other: the RPCs of the paper's Figures 2 and 13 and of the dissertation's extensions, each request
 * and each answer a message of its own, so that loss, delay and duplication need no second mechanism.
 *
 * `round` and `sentAt` are returned as they came: by `round` a leader knows that it still led after a read was asked
 * (dissertation section 6.4), by `sentAt`, on its own clock, how long its lease runs (section 6.4.1).
 */
import type { Entry, Index, Membership, PeerId, Term } from "./entry.ts";

interface Envelope {
  readonly from: PeerId;
  readonly to: PeerId;
  /** The sender's current term; in a pre-vote, the term that the sender would campaign in. */
  readonly term: Term;
}

interface Proof {
  /** The leader's round of proofs of leadership, growing. */
  readonly round: number;
  /** The leader's clock when it sent. Means nothing to anybody else. */
  readonly sentAt: number;
}

/** "Would you vote for me in `term`?" (dissertation section 9.6). Changes nothing at the voter. */
export interface PreVoteRequest extends Envelope {
  readonly kind: "preVoteRequest";
  readonly lastIndex: Index;
  readonly lastTerm: Term;
}
/** If granted, `term` is the term asked for; else the voter's own. */
export interface PreVoteResponse extends Envelope {
  readonly kind: "preVoteResponse";
  readonly granted: boolean;
}
/** RequestVote (section 5.2). */
export interface VoteRequest extends Envelope {
  readonly kind: "voteRequest";
  readonly lastIndex: Index;
  readonly lastTerm: Term;
  /** The leader itself asked for this election: voters need not protect it (dissertation sections 3.10, 4.2.3). */
  readonly transfer: boolean;
}
export interface VoteResponse extends Envelope {
  readonly kind: "voteResponse";
  readonly granted: boolean;
}
/** AppendEntries with entries, or without any to learn where the logs part (section 5.3). */
export interface Append extends Envelope, Proof {
  readonly kind: "append";
  readonly prevIndex: Index;
  readonly prevTerm: Term;
  readonly entries: readonly Entry[];
  readonly commit: Index;
}
/** The follower's log equals the leader's up to `match`, durably. */
export interface AppendAccepted extends Envelope, Proof {
  readonly kind: "appendAccepted";
  readonly match: Index;
}
/** The follower has no entry of `prevTerm` at `prevIndex`. A refusal of a higher term frees a leader that nobody follows. */
export interface AppendRefused extends Envelope, Proof {
  readonly kind: "appendRefused";
  readonly prevIndex: Index;
  /** The follower's last place at or before `prevIndex` whose term is at most `prevTerm`: all after it cannot match. */
  readonly hintIndex: Index;
  readonly hintTerm: Term;
}
/**
 * The paper's empty AppendEntries, apart from `append` since it claims nothing about the log; so thousands of groups can share
 * one message a host. `commit` never exceeds what the follower is known to hold.
 */
export interface Heartbeat extends Envelope, Proof {
  readonly kind: "heartbeat";
  readonly commit: Index;
}
export interface HeartbeatResponse extends Envelope, Proof {
  readonly kind: "heartbeatResponse";
}
/** InstallSnapshot (section 7): one chunk. The caller fills in `data` before it sends: bytes `offset` to `offset + bytes`. */
export interface SnapshotChunk extends Envelope, Proof {
  readonly kind: "snapshot";
  readonly index: Index;
  readonly indexTerm: Term;
  readonly membership: Membership;
  readonly size: number;
  readonly offset: number;
  readonly bytes: number;
  readonly data: unknown;
}
/** The follower holds the first `offset` bytes of the snapshot at `index`, in memory at least. */
export interface SnapshotResponse extends Envelope, Proof {
  readonly kind: "snapshotResponse";
  readonly index: Index;
  readonly offset: number;
}
/** "Campaign at once" (dissertation section 3.10). */
export interface TimeoutNow extends Envelope {
  readonly kind: "timeoutNow";
}

export type Message =
  | PreVoteRequest
  | PreVoteResponse
  | VoteRequest
  | VoteResponse
  | Append
  | AppendAccepted
  | AppendRefused
  | Heartbeat
  | HeartbeatResponse
  | SnapshotChunk
  | SnapshotResponse
  | TimeoutNow;

/**
 * A copy that outlives the buffer of effects: its messages are used again after `clear`. `data` fills in the bytes of a
 * snapshot's chunk; entries are shared, since they never change.
 */
export function copyMessage(message: Message, data?: unknown): Message {
  switch (message.kind) {
    case "append":
      return { ...message, entries: message.entries.slice() };
    case "snapshot":
      return { ...message, data };
    default:
      return { ...message };
  }
}

/** Bytes on the wire as a simulator may charge them: a fixed head, and the entries or the chunk. */
export function messageBytes(message: Message): number {
  let bytes = HEAD_BYTES;
  if (message.kind === "append") for (const entry of message.entries) bytes += entry.size;
  if (message.kind === "snapshot") bytes += message.bytes;
  return bytes;
}

/** Twelve fields of 4 or 8 bytes and framing; an estimate, of the size of etcd's encoded heartbeat. */
const HEAD_BYTES = 64;
