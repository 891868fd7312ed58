/**
 * One Raft peer (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", extended version, 2014;
 * "section" and "Figure" mean it. Ongaro, "Consensus: Bridging Theory and Practice", dissertation, 2014, for the rest). It
 * decides and the caller acts: time, messages and the disk's reports go in, and what is to be sent, written, applied and
 * answered comes out. It has no clock, no network, no disk and no randomness of its own; the same inputs give the same effects.
 *
 * What the caller owes: to call `step` with a clock that never runs backwards; with `timer` once `deadline` is reached; to do
 * effects in order and hold each `send` until its `after` is durable; to apply commits in order; after a crash to start anew
 * from exactly what was durable. The network may lose, delay, reorder and duplicate.
 *
 * The map: entry.ts what is stored; messages.ts, input.ts, effects.ts the vocabulary; options.ts, timing.ts the settings;
 * core.ts the state. election.ts who leads; following.ts and replication.ts the two sides of the log, log.ts, flow.ts and
 * sending.ts below them; quorum.ts and commit.ts what is safe; snapshot.ts and installing.ts; reads.ts; membership.ts and
 * change.ts; transfer.ts.
 */
import { assert, unreachable } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";
import { askChange } from "./change.ts";
import { advanceCommit } from "./commit.ts";
import { becomeFollower, flush, membershipOf, progressOf, send } from "./core.ts";
import type { Core } from "./core.ts";
import { createEffects } from "./effects.ts";
import type { Effects, Role } from "./effects.ts";
import { campaign, ignoresCandidates, onElectionDue, onOwnVoteDurable } from "./election.ts";
import { onPreVoteRequest, onPreVoteResponse, onVoteRequest, onVoteResponse } from "./election.ts";
import { NOBODY } from "./entry.ts";
import type { Durable, Entry, Index, Membership, PeerId, Snapshot, Term } from "./entry.ts";
import { createProgress } from "./flow.ts";
import { onAppend, onDeposedLeader, onHeartbeat } from "./following.ts";
import type { Input } from "./input.ts";
import { onSnapshotChunk } from "./installing.ts";
import { confirm, createLog, entryAt, lastIndex, termAt } from "./log.ts";
import { applyMembership } from "./membership.ts";
import type { Message } from "./messages.ts";
import { problemsOf } from "./options.ts";
import type { Options } from "./options.ts";
import { askRead, isLeaseHeld } from "./reads.ts";
import { onAnswer, onLeaderDue, onUnreachable, propose } from "./replication.ts";
import { broadcastAppends } from "./sending.ts";
import { compactableTo, compactTo } from "./snapshot.ts";
import { askTransfer } from "./transfer.ts";

/** A peer, and what may be read of it between steps. */
export interface Peer {
  readonly id: PeerId;
  /** Takes one input at `now`, on the peer's own monotonic clock in whole units, and adds what is to be done to `effects`. */
  readonly step: (now: number, input: Input, effects: Effects) => void;
  /** When it wants a `timer`; `Infinity` if never. Changes with any step. */
  readonly deadline: () => number;
  readonly role: () => Role;
  readonly term: () => Term;
  /** The leader it knows of in its term, or `NOBODY`. */
  readonly leader: () => PeerId;
  readonly commit: () => Index;
  readonly lastIndex: () => Index;
  /** The furthest that `compact` may ask for: committed, and durable here. */
  readonly compactable: () => Index;
  /** The last compacted place; 0 before the first compaction. */
  readonly baseIndex: () => Index;
  /** `undefined` where the log is compacted or has no entry. */
  readonly termAt: (index: Index) => Term | undefined;
  readonly entryAt: (index: Index) => Entry | undefined;
  /** In force, committed or not. */
  readonly membership: () => Membership;
  readonly snapshot: () => Snapshot;
  /** Whether it would serve a read at `now` by its lease alone. */
  readonly holdsLease: (now: number) => boolean;
}

/**
 * Starts a peer at `now` from what its disk holds: empty (`newDurable`) or as a crash left it. `random` gives its election
 * time-outs and nothing else; one stream per peer and incarnation. `options` must have no problems (`problemsOf`).
 */
export function createPeer(id: PeerId, options: Options, durable: Durable, now: number, random: Random): Peer {
  const problems = problemsOf(options);
  assert(problems.length === 0, problems.join("; "));
  const core = createCore(id, options, durable, now, random);
  return {
    id,
    step: (at, input, effects) => step(core, at, input, effects),
    deadline: () => deadlineOf(core),
    role: () => core.role,
    term: () => core.term,
    leader: () => core.leader,
    commit: () => core.commit,
    lastIndex: () => lastIndex(core.log),
    compactable: () => compactableTo(core),
    baseIndex: () => core.log.baseIndex,
    termAt: (index) => termAt(core.log, index),
    entryAt: (index) => entryAt(core.log, index),
    membership: () => membershipOf(core).membership,
    snapshot: () => core.snapshot,
    holdsLease: (at) => core.role === "leader" && core.commit >= core.termStart && isLeaseHeld(core, at),
  };
}

function step(core: Core, now: number, input: Input, effects: Effects): void {
  assert(now >= core.now, `time ran backwards: ${now} after ${core.now}`);
  core.now = now;
  core.write = effects.write;
  handle(core, input);
  if (input.kind === "propose" && input.more === true) return;
  if (core.hasHeldBack) {
    core.hasHeldBack = false;
    if (core.role === "leader") broadcastAppends(core);
  }
  flush(core);
}

function handle(core: Core, input: Input): void {
  switch (input.kind) {
    case "message":
      return onMessage(core, input.message);
    case "timer":
      return onTimer(core);
    case "synced":
      return onSynced(core, input.write);
    case "propose":
      // Sent at the end of the step, or of the batch.
      if (propose(core, input.token, input.command, input.size)) core.hasHeldBack = true;
      return;
    case "read":
      return askRead(core, input.token);
    case "changeMembership":
      return askChange(core, input.token, input.voters, input.learners);
    case "transfer":
      return askTransfer(core, input.token, input.to);
    case "compact":
      return compactTo(core, input.index, input.size);
    case "unreachable": {
      const progress = progressOf(core, input.peer);
      // Who does not lead knows nothing of others that it would not forget before it leads.
      if (progress !== undefined) onUnreachable(progress);
      return;
    }
    default:
      return unreachable(input);
  }
}

function onTimer(core: Core): void {
  if (core.role === "leader") onLeaderDue(core);
  else if (core.now >= core.electionAt) onElectionDue(core);
}

function onSynced(core: Core, write: number): void {
  assert(write <= core.writes, `write ${write} is reported durable, but only ${core.writes} were asked for`);
  confirm(core.log, write);
  onOwnVoteDurable(core, write);
  advanceCommit(core);
}

/** Rules for all servers about terms (Figure 2, section 5.1), then the message itself. */
function onMessage(core: Core, message: Message): void {
  if (message.term > core.term && !adoptTerm(core, message)) return;
  if (message.term < core.term) {
    onEarlierTerm(core, message);
    return;
  }
  switch (message.kind) {
    case "preVoteRequest":
      return onPreVoteRequest(core, message);
    case "preVoteResponse":
      return onPreVoteResponse(core, message);
    case "voteRequest":
      return onVoteRequest(core, message);
    case "voteResponse":
      return onVoteResponse(core, message);
    case "append":
      return onAppend(core, message);
    case "heartbeat":
      return onHeartbeat(core, message);
    case "snapshot":
      return onSnapshotChunk(core, message);
    case "appendAccepted":
    case "appendRefused":
    case "heartbeatResponse":
    case "snapshotResponse":
      return onAnswer(core, message);
    case "timeoutNow":
      // The leader's own wish: no pre-vote, and voters need not protect the leader.
      if (core.role !== "leader") campaign(core, true);
      return;
    default:
      return unreachable(message);
  }
}

/** A higher term: adopt it and follow, but for pre-votes, which are only questions, and protected leaders. Whether to go on. */
function adoptTerm(core: Core, message: Message): boolean {
  if (message.kind === "preVoteRequest" || (message.kind === "preVoteResponse" && message.granted)) return true;
  if (message.kind === "voteRequest" && !message.transfer && ignoresCandidates(core)) return false;
  const isFromLeader = message.kind === "append" || message.kind === "heartbeat" || message.kind === "snapshot";
  becomeFollower(core, message.term, isFromLeader ? message.from : NOBODY);
  return true;
}

/** An earlier term: refuse what asks for an answer (section 5.1), forget the rest. */
function onEarlierTerm(core: Core, message: Message): void {
  if (message.kind === "append" || message.kind === "heartbeat" || message.kind === "snapshot") onDeposedLeader(core, message);
  else if (message.kind === "preVoteRequest") onPreVoteRequest(core, message);
  else if (message.kind === "voteRequest") refuseEarlierCandidate(core, message.from);
}

function refuseEarlierCandidate(core: Core, to: PeerId): void {
  send(core, { kind: "voteResponse", from: core.id, to, term: core.term, granted: false });
}

function deadlineOf(core: Core): number {
  if (core.role === "leader") return Math.min(core.heartbeatAt, core.quorumAt, core.transferAt);
  return core.electionAt;
}

function createCore(id: PeerId, options: Options, durable: Durable, now: number, random: Random): Core {
  const { term, vote, snapshot, entries } = durable;
  const self = createProgress(id, 1);
  const core: Core = {
    id,
    options,
    random,
    now,
    write: createEffects().write,
    role: "follower",
    term,
    vote,
    leader: NOBODY,
    log: createLog(snapshot.index, snapshot.term, entries),
    commit: snapshot.index,
    snapshot,
    memberships: [],
    peers: [self],
    self,
    scratch: [],
    writes: 0,
    stateWrite: 0,
    logWrite: 0,
    isStateDirty: false,
    electionAt: Infinity,
    heartbeatAt: Infinity,
    quorumAt: Infinity,
    transferAt: Infinity,
    // A lease may rest on a promise that this peer gave before it crashed and no longer remembers: keep it.
    heardAt: options.reads.kind === "lease" && term > 0 ? now : -Infinity,
    termStart: 0,
    round: 0,
    uncommittedBytes: 0,
    reads: [],
    change: undefined,
    transferTo: NOBODY,
    isTransferSent: false,
    hasHeldBack: false,
    incoming: undefined,
  };
  applyMembership(core, snapshot.membership, snapshot.index);
  entries.forEach((entry, i) => {
    if (entry.kind === "membership") applyMembership(core, entry.membership, snapshot.index + 1 + i);
  });
  return core;
}
