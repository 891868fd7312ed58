/** What a peer is told. Objects may be used again by the caller as soon as `step` returns; entries and memberships may not. */
import type { Index, PeerId } from "./entry.ts";
import type { Message } from "./messages.ts";

/** Names a request in the effect that answers it. The caller's own; unique among its unanswered requests. */
export type Token = number;

export type Input =
  | { readonly kind: "message"; readonly message: Message }
  /** The clock has reached `peer.deadline`. Coming earlier does nothing, coming later is what a pause looks like. */
  | { readonly kind: "timer" }
  /** All writes up to and including `write` are durable. */
  | { readonly kind: "synced"; readonly write: number }
  /**
   * Append a command (answered by `proposed` or `refused`). With `more`, another input follows at once and replication and
   * the write to disk wait for it: that is how a caller batches.
   */
  | { readonly kind: "propose"; readonly token: Token; readonly command: unknown; readonly size: number; readonly more?: boolean }
  /** A linearizable read (answered by `readable` or `refused`). */
  | { readonly kind: "read"; readonly token: Token }
  /** Make the group these voters and learners, by joint consensus (answered by `membershipChanged` or `refused`). */
  | { readonly kind: "changeMembership"; readonly token: Token; readonly voters: readonly PeerId[]; readonly learners: readonly PeerId[] }
  /** Hand the leadership to `to` (answered by a loss of leadership, by `refused`, or by `transferAborted`). */
  | { readonly kind: "transfer"; readonly token: Token; readonly to: PeerId }
  /** The caller holds a durable snapshot of its state after applying `index`, at most `peer.compactable()`; the log up to there may go. */
  | { readonly kind: "compact"; readonly index: Index; readonly size: number }
  /** The connection to `peer` was lost: what is in flight to it may be. */
  | { readonly kind: "unreachable"; readonly peer: PeerId };
