/** The state of one peer, and the few moves that every part of the protocol makes: writing, sending, changing role. */
import { NOBODY } from "./entry.ts";
import type { Entry, Index, Membership, PeerId, Snapshot, Term } from "./entry.ts";
import type { EffectWriter, Refusal, Role } from "./effects.ts";
import type { Progress } from "./flow.ts";
import type { Token } from "./input.ts";
import { append, handedOver, lastIndex } from "./log.ts";
import type { Log } from "./log.ts";
import type { Message } from "./messages.ts";
import type { Options } from "./options.ts";
import { electionDue } from "./timing.ts";
import type { Random } from "../../base/random.ts";

/** A membership in the log, or under it. */
export interface PlacedMembership {
  readonly index: Index;
  readonly membership: Membership;
}

/** A read that waits for proof of leadership. */
export interface PendingRead {
  readonly token: Token;
  /** The commit index when it was asked, or when the leader came to know what is committed; 0 until then. */
  index: Index;
  /** The round whose quorum of answers proves that this peer still led after the read was asked. */
  round: number;
}

/** A new voter on its way up (dissertation section 4.2.1). */
export interface Joining {
  readonly id: PeerId;
  round: number;
  /** The round ends when it holds the log up to here. */
  goal: Index;
  startedAt: number;
  isReady: boolean;
}

/** A change of membership that this leader drives. */
export interface Change {
  readonly token: Token;
  readonly voters: readonly PeerId[];
  readonly learners: readonly PeerId[];
  /** Empty once the joint configuration is in the log. */
  joining: Joining[];
  /** The membership to return to if a joiner fails. */
  readonly before: Membership;
}

export interface Core {
  readonly id: PeerId;
  readonly options: Options;
  readonly random: Random;
  /** During a step: its instant on the peer's clock, and where effects go. */
  now: number;
  write: EffectWriter;

  role: Role;
  term: Term;
  vote: PeerId;
  leader: PeerId;
  readonly log: Log;
  commit: Index;
  /** The newest snapshot that this peer holds. */
  snapshot: Snapshot;
  /** Memberships from the one in force at the log's base on, oldest first; the last is in force (section 6). Never empty. */
  readonly memberships: PlacedMembership[];
  /** One for each member, and one for this peer whether it is a member or not. */
  peers: Progress[];
  self: Progress;
  readonly scratch: number[];

  /** Numbers of the last write, and of the last for each purpose. */
  writes: number;
  stateWrite: number;
  logWrite: number;
  isStateDirty: boolean;

  /** Due instants; `Infinity` if not set. */
  electionAt: number;
  heartbeatAt: number;
  quorumAt: number;
  transferAt: number;
  /** When a valid leader was last heard. */
  heardAt: number;

  /** As leader: the place of the first entry of its term; the last round; bytes not yet committed. */
  termStart: Index;
  round: number;
  uncommittedBytes: number;
  reads: PendingRead[];
  change: Change | undefined;
  transferTo: PeerId;
  /** "Campaign at once" was sent in this term. It may arrive late, so no lease holds any more until the term ends. */
  isTransferSent: boolean;
  /** Proposals wait to be sent with those that follow. */
  hasHeldBack: boolean;
  /** The snapshot that came in last, or is on its way in. */
  incoming: { readonly from: PeerId; readonly term: Term; readonly index: Index; offset: number } | undefined;
}

/** The membership in force. */
export function membershipOf(core: Core): PlacedMembership {
  return core.memberships[core.memberships.length - 1]!;
}

/** What is known of `id`, or `undefined` if it is no member. */
export function progressOf(core: Core, id: PeerId): Progress | undefined {
  const { peers } = core;
  for (let i = 0; i < peers.length; i += 1) if (peers[i]!.id === id) return peers[i];
  return undefined;
}

/**
 * Whether this peer may campaign: it has a vote, or had one until the membership that is not committed yet. Without the latter a
 * leader that crashes while it replaces all voters could be needed by C_new, which lacks the entry, and never stand again
 * (dissertation section 4.2.2). It does not count its own vote then.
 */
export function isPromotable(core: Core): boolean {
  if (core.self.isVoter || core.self.isOutgoing) return true;
  const { memberships } = core;
  // The first is committed, so this ends before it.
  for (let i = memberships.length - 1; memberships[i]!.index > core.commit; i -= 1) {
    const { voters, outgoing } = memberships[i - 1]!.membership;
    if (voters.includes(core.id) || outgoing.includes(core.id)) return true;
  }
  return false;
}

/** Draws a new election time-out. */
export function resetElection(core: Core): void {
  core.electionAt = isPromotable(core) ? electionDue(core.options.timing, core.now, core.random) : Infinity;
}

/** Hands to the disk what has changed: first term and vote, then entries. */
export function flush(core: Core): void {
  if (core.isStateDirty) {
    core.isStateDirty = false;
    core.writes += 1;
    core.stateWrite = core.writes;
    core.write.push({ kind: "persistState", write: core.writes, term: core.term, vote: core.vote });
  }
  const { log } = core;
  if (log.writeFrom === Infinity) return;
  core.writes += 1;
  core.logWrite = core.writes;
  const effect = core.write.persistEntries.take();
  effect.write = core.writes;
  effect.first = log.writeFrom;
  copyEntries(log, log.writeFrom, lastIndex(log), effect.entries);
  handedOver(log, core.writes);
  core.write.push(effect);
}

/** Sends what depends on term and vote alone: nothing may be said in a term that a crash could make us forget. */
export function send(core: Core, message: Message): void {
  flush(core);
  core.write.send(message.to, core.stateWrite, message);
}

/** Sends what also claims that the log, as it stands, is durable. */
export function sendAfterLog(core: Core, message: Message): void {
  flush(core);
  core.write.send(message.to, Math.max(core.stateWrite, core.logWrite), message);
}

/** As leader: adds an entry of its own. */
export function appendOwn(core: Core, entry: Entry): Index {
  core.uncommittedBytes += entry.size;
  return append(core.log, entry);
}

/** Everything up to `index` is committed: hands it to the caller. */
export function commitTo(core: Core, index: Index): void {
  if (index <= core.commit) return;
  const effect = core.write.commit.take();
  effect.first = core.commit + 1;
  copyEntries(core.log, effect.first, index, effect.entries);
  core.commit = index;
  core.write.push(effect);
}

/** Fills `entries` with those from `first` to `last`. */
function copyEntries(log: Log, first: Index, last: Index, entries: Entry[]): void {
  const count = last - first + 1;
  const from = first - log.baseIndex - 1;
  for (let i = 0; i < count; i += 1) entries[i] = log.entries[from + i]!;
  // Only when it shrinks: setting it drops the room that the next use would need again.
  if (entries.length > count) entries.length = count;
}

/** Steps down, or goes on as follower of `leader`: another role, term or leader than it had. A higher `term` than its own is adopted, and frees the vote (section 5.1). */
export function becomeFollower(core: Core, term: Term, leader: PeerId): void {
  if (term > core.term) {
    core.term = term;
    core.vote = NOBODY;
    core.isStateDirty = true;
  }
  abandonLeadership(core);
  core.role = "follower";
  core.leader = leader;
  // Whoever votes or loses keeps its running time-out (section 5.2); only a former leader has none.
  if (core.electionAt === Infinity) resetElection(core);
  report(core);
}

/** Tells the caller of role, term and leader. */
export function report(core: Core): void {
  core.write.push({ kind: "became", role: core.role, term: core.term, leader: core.leader });
}

export function refuse(core: Core, token: Token, reason: Refusal): void {
  core.write.push({ kind: "refused", token, reason, leader: core.leader });
}

/** Answers what a leader still owes. Who was none owes nothing. */
function abandonLeadership(core: Core): void {
  core.heartbeatAt = Infinity;
  core.quorumAt = Infinity;
  core.transferAt = Infinity;
  core.transferTo = NOBODY;
  core.leader = NOBODY;
  for (const read of core.reads) refuse(core, read.token, "leadershipLost");
  core.reads.length = 0;
  if (core.change !== undefined) refuse(core, core.change.token, "leadershipLost");
  core.change = undefined;
}
