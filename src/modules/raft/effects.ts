/**
 * What a peer wants done, as data, in order. The caller drains `list` after a step (or after several) and calls `clear`; then
 * every object in it is used again, so what must live longer is copied (`copyMessage`).
 *
 * Durability is carried by two numbers. Each `persist…` effect has a `write`, growing by one: writes reach the disk in this
 * order, any number of them in one flush, and the caller answers `synced`. Each `send` has an `after`: it may leave only once
 * all writes up to `after` are durable (the paper's "updated on stable storage before responding to RPCs", Figure 2). A
 * leader's own append does not wait for its own disk (dissertation section 10.2.1), an answer to it does. What a crash finds
 * unsent is lost with the writes it waited for.
 */
import { NO_MEMBERS, NOBODY } from "./entry.ts";
import type { Entry, Index, Membership, PeerId, Snapshot, Term } from "./entry.ts";
import type { Token } from "./input.ts";
import type { Message } from "./messages.ts";

export type Role = "follower" | "preCandidate" | "candidate" | "leader";

/** Why a request was not done. All are certain: a refused proposal never takes effect. */
export type Refusal =
  /** Ask `leader` of the effect, if it is known. */
  | "notLeader"
  /** The command exceeds `entryBytesMax`. */
  | "tooLarge"
  /** `uncommittedBytesMax` is reached: slow down. */
  | "tooManyUncommitted"
  /** The leadership is being handed over. */
  | "transferring"
  /** A change of membership is under way; one at a time. */
  | "pendingConfiguration"
  /** The leader has not yet committed an entry of its own term, so it may not change the membership (single-server bug of 2015). */
  | "leaderNotReady"
  /** The membership asked for is none: no voter, a peer twice, or an id that is not a whole number from 1. */
  | "invalidMembership"
  /** The transfer's target is no voter. */
  | "notVoter"
  /** The new voters did not catch up within the rounds allowed (dissertation section 4.2.1); they were let go again. */
  | "catchUpFailed"
  /** The leadership was lost meanwhile. For a read: ask again. For a membership: it may or may not take effect. */
  | "leadershipLost";

export type Effect =
  | { readonly kind: "send"; readonly to: PeerId; readonly after: number; readonly message: Message }
  /** Make `term` and `vote` durable. */
  | { readonly kind: "persistState"; readonly write: number; readonly term: Term; readonly vote: PeerId }
  /** Make the durable log end with `entries`, the first at `first`; whatever stood at `first` or after it goes. */
  | { readonly kind: "persistEntries"; readonly write: number; readonly first: Index; readonly entries: readonly Entry[] }
  /** A chunk of a snapshot on its way in: keep it beside the state. An `offset` of 0 begins anew. Needs no sync of its own. */
  | { readonly kind: "snapshotChunk"; readonly index: Index; readonly offset: number; readonly bytes: number; readonly data: unknown }
  /** The chunks are complete: replace state and log by the snapshot, durably and at once (both or neither). */
  | { readonly kind: "persistSnapshot"; readonly write: number; readonly snapshot: Snapshot }
  /** These entries are committed: apply them in order, the first at `first`. Each is given once an incarnation. */
  | { readonly kind: "commit"; readonly first: Index; readonly entries: readonly Entry[] }
  /** Role, term or known leader changed. */
  | { readonly kind: "became"; readonly role: Role; readonly term: Term; readonly leader: PeerId }
  /** Another membership is in force, committed or not: open and close connections. */
  | { readonly kind: "membership"; readonly membership: Membership; readonly index: Index }
  /** The command is in the log at `index`. It is committed if and only if a `commit` shows an entry of `term` there. */
  | { readonly kind: "proposed"; readonly token: Token; readonly index: Index; readonly term: Term }
  /** Serve the read from a state that has applied `index` at least. */
  | { readonly kind: "readable"; readonly token: Token; readonly index: Index; readonly by: "readIndex" | "lease" }
  | { readonly kind: "membershipChanged"; readonly token: Token }
  | { readonly kind: "refused"; readonly token: Token; readonly reason: Refusal; readonly leader: PeerId }
  /** The target did not take over within an election time-out: proposals are taken again. */
  | { readonly kind: "transferAborted"; readonly to: PeerId };

export type Writable<T> = { -readonly [K in keyof T]: T[K] };
type EffectOf<K extends Effect["kind"]> = Writable<Extract<Effect, { kind: K }>>;
type MessageOf<K extends Message["kind"]> = Writable<Extract<Message, { kind: K }>>;

/** Objects of one shape, made once and handed out anew after each `clear`. */
interface Pool<T> {
  readonly take: () => T;
}

/** The caller's side of a buffer: any number of peers may write into one between two calls of `clear`. */
export interface Effects {
  readonly list: readonly Effect[];
  readonly clear: () => void;
  /** The peer's side. Not for callers. */
  readonly write: EffectWriter;
}

/** Takes a used object of a kind, for the peer to fill, already listed. */
export interface EffectWriter {
  readonly push: (effect: Effect) => void;
  readonly send: (to: PeerId, after: number, message: Message) => void;
  readonly persistEntries: Pool<EffectOf<"persistEntries"> & { entries: Entry[] }>;
  readonly commit: Pool<EffectOf<"commit"> & { entries: Entry[] }>;
  readonly append: Pool<MessageOf<"append"> & { entries: Entry[] }>;
  readonly appendAccepted: Pool<MessageOf<"appendAccepted">>;
  readonly appendRefused: Pool<MessageOf<"appendRefused">>;
  readonly heartbeat: Pool<MessageOf<"heartbeat">>;
  readonly heartbeatResponse: Pool<MessageOf<"heartbeatResponse">>;
  readonly snapshot: Pool<MessageOf<"snapshot">>;
  readonly snapshotResponse: Pool<MessageOf<"snapshotResponse">>;
}

/**
 * An empty buffer. Kinds that come with every entry or heartbeat are pooled; those of elections and changes are rare and made
 * anew.
 */
export function createEffects(): Effects {
  const list: Effect[] = [];
  // Only what was taken is put back: most steps use two or three of the pools.
  const putBack: (() => void)[] = [];
  const pool = <T>(make: () => T): Pool<T> => createPool(make, putBack);
  const sends = pool<EffectOf<"send">>(() => ({ kind: "send", to: NOBODY, after: 0, message: NO_MESSAGE }));
  const write: EffectWriter = {
    push: (effect) => void list.push(effect),
    send: (to, after, message) => {
      const effect = sends.take();
      effect.to = to;
      effect.after = after;
      effect.message = message;
      list.push(effect);
    },
    persistEntries: pool(() => ({ kind: "persistEntries", write: 0, first: 0, entries: [] })),
    commit: pool(() => ({ kind: "commit", first: 0, entries: [] })),
    append: pool(() => ({ kind: "append", ...ENVELOPE, prevIndex: 0, prevTerm: 0, entries: [], commit: 0, ...PROOF })),
    appendAccepted: pool(() => ({ kind: "appendAccepted", ...ENVELOPE, match: 0, ...PROOF })),
    appendRefused: pool(() => ({ kind: "appendRefused", ...ENVELOPE, prevIndex: 0, hintIndex: 0, hintTerm: 0, ...PROOF })),
    heartbeat: pool(() => ({ kind: "heartbeat", ...ENVELOPE, commit: 0, ...PROOF })),
    heartbeatResponse: pool(() => ({ kind: "heartbeatResponse", ...ENVELOPE, ...PROOF })),
    snapshot: pool(() => ({ kind: "snapshot", ...ENVELOPE, ...CHUNK, ...PROOF })),
    snapshotResponse: pool(() => ({ kind: "snapshotResponse", ...ENVELOPE, index: 0, offset: 0, ...PROOF })),
  };
  const clear = (): void => {
    // One by one: setting the length to 0 would drop the room that the next step needs again.
    while (list.length > 0) list.pop();
    while (putBack.length > 0) putBack.pop()!();
  };
  return { list, clear, write };
}

const ENVELOPE = { from: NOBODY, to: NOBODY, term: 0 };
const PROOF = { round: 0, sentAt: 0 };
const CHUNK = { index: 0, indexTerm: 0, membership: NO_MEMBERS, size: 0, offset: 0, bytes: 0, data: undefined };
const NO_MESSAGE: Message = { kind: "timeoutNow", ...ENVELOPE };

function createPool<T>(make: () => T, putBack: (() => void)[]): Pool<T> {
  const objects: T[] = [];
  let used = 0;
  const reset = (): void => {
    used = 0;
  };
  return {
    take: () => {
      if (used === 0) putBack.push(reset);
      used += 1;
      return (objects[used - 1] ??= make());
    },
  };
}
