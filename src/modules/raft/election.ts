/**
 * Leader election (section 5.2), its restriction (5.4.1), and what keeps elections from doing harm: pre-votes (dissertation
 * section 9.6) and voters that protect a leader they have just heard (section 4.2.3).
 */
import { NOBODY, SMALL_ENTRY_BYTES } from "./entry.ts";
import { appendOwn, flush, isPromotable, progressOf, report, resetElection, send } from "./core.ts";
import type { Core } from "./core.ts";
import { resetProgress } from "./flow.ts";
import { entryAt, isUpToDate, lastIndex, lastTerm } from "./log.ts";
import type { PreVoteRequest, PreVoteResponse, VoteRequest, VoteResponse } from "./messages.ts";
import { isElectionWon } from "./quorum.ts";
import { broadcastAppends } from "./sending.ts";
import { dueAfter, isWithinMinimum } from "./timing.ts";

/** The election time-out has passed without a leader: stand for election, or ask first whether that would succeed. */
export function onElectionDue(core: Core): void {
  if (!isPromotable(core)) {
    // The membership without it has been committed meanwhile.
    core.electionAt = Infinity;
    return;
  }
  if (core.options.preVote) preCampaign(core);
  else campaign(core, false);
}

/** Increments the term, votes for itself and asks for votes (section 5.2). `isTransfer`: the leader itself wants it so. */
export function campaign(core: Core, isTransfer: boolean): void {
  if (!isPromotable(core)) return;
  core.role = "candidate";
  core.term += 1;
  core.vote = core.id;
  core.leader = NOBODY;
  core.isStateDirty = true;
  clearVotes(core);
  resetElection(core);
  // Its own vote counts once it is durable: `onOwnVoteDurable`.
  flush(core);
  report(core);
  for (const progress of core.peers) {
    if (progress === core.self || !(progress.isVoter || progress.isOutgoing)) continue;
    const position = { lastIndex: lastIndex(core.log), lastTerm: lastTerm(core.log) };
    send(core, { kind: "voteRequest", from: core.id, to: progress.id, term: core.term, ...position, transfer: isTransfer });
  }
}

/** Writes up to `write` are durable: perhaps one was the candidate's vote for itself. */
export function onOwnVoteDurable(core: Core, write: number): void {
  if (core.role !== "candidate" || write < core.stateWrite) return;
  core.self.vote = 1;
  if (isElectionWon(core.peers)) becomeLeader(core);
}

/** A request for a vote in the peer's own term. Section 5.2: one vote a term, first come, first served; 5.4.1: up-to-date logs only. */
export function onVoteRequest(core: Core, message: VoteRequest): void {
  const isFree = core.vote === NOBODY || core.vote === message.from;
  const granted = isFree && isUpToDate(core.log, message.lastIndex, message.lastTerm);
  if (granted) {
    if (core.vote !== message.from) core.isStateDirty = true;
    core.vote = message.from;
    resetElection(core);
  }
  send(core, { kind: "voteResponse", from: core.id, to: message.from, term: core.term, granted });
}

/** An answer in the candidate's own term. A majority makes it leader; a majority against it leaves the next time-out to try again. */
export function onVoteResponse(core: Core, message: VoteResponse): void {
  if (core.role !== "candidate" || !record(core, message)) return;
  if (isElectionWon(core.peers)) becomeLeader(core);
}

/** Would it vote? It would if the log is up to date and it has not heard of a leader for the minimum time-out. */
export function onPreVoteRequest(core: Core, message: PreVoteRequest): void {
  const isNewer = message.term > core.term;
  const granted = isNewer && !hasLeader(core) && isUpToDate(core.log, message.lastIndex, message.lastTerm);
  const term = granted ? message.term : core.term;
  send(core, { kind: "preVoteResponse", from: core.id, to: message.from, term, granted });
}

/** An answer about the next term, or a refusal in the present one. */
export function onPreVoteResponse(core: Core, message: PreVoteResponse): void {
  if (core.role !== "preCandidate" || message.term !== core.term + (message.granted ? 1 : 0)) return;
  if (record(core, message) && isElectionWon(core.peers)) campaign(core, false);
}

/** Whether a request for votes goes unheard: a leader that was just heard is protected (dissertation section 4.2.3). */
export function ignoresCandidates(core: Core): boolean {
  return core.options.checkQuorum && hasLeader(core);
}

/** It leads, or heard a leader less than the minimum time-out ago, in whatever term: a lease may rest on that. */
function hasLeader(core: Core): boolean {
  return core.role === "leader" || isWithinMinimum(core.options.timing, core.heardAt, core.now);
}

function preCampaign(core: Core): void {
  core.role = "preCandidate";
  core.leader = NOBODY;
  clearVotes(core);
  resetElection(core);
  report(core);
  core.self.vote = 1;
  if (isElectionWon(core.peers)) {
    campaign(core, false);
    return;
  }
  for (const progress of core.peers) {
    if (progress === core.self || !(progress.isVoter || progress.isOutgoing)) continue;
    const position = { lastIndex: lastIndex(core.log), lastTerm: lastTerm(core.log) };
    send(core, { kind: "preVoteRequest", from: core.id, to: progress.id, term: core.term + 1, ...position });
  }
}

/**
 * Leads from now on: an entry of its own term at once, to learn what is committed (section 8), which is also its first sign
 * of life to the others.
 */
function becomeLeader(core: Core): void {
  const { timing } = core.options;
  core.role = "leader";
  core.leader = core.id;
  core.electionAt = Infinity;
  core.heartbeatAt = dueAfter(timing, core.now, timing.heartbeat);
  core.quorumAt = core.options.checkQuorum ? dueAfter(timing, core.now, timing.electionMin) : Infinity;
  core.round = 0;
  core.isTransferSent = false;
  core.incoming = undefined;
  core.uncommittedBytes = 0;
  const last = lastIndex(core.log);
  for (let i = core.commit + 1; i <= last; i += 1) core.uncommittedBytes += entryAt(core.log, i)!.size;
  for (const progress of core.peers) resetProgress(progress, last + 1);
  report(core);
  core.termStart = appendOwn(core, { kind: "noop", term: core.term, size: SMALL_ENTRY_BYTES });
  broadcastAppends(core);
}

function clearVotes(core: Core): void {
  for (const progress of core.peers) progress.vote = 0;
}

/** Notes a voter's first answer. Whether it was one. */
function record(core: Core, message: VoteResponse | PreVoteResponse): boolean {
  const progress = progressOf(core, message.from);
  if (progress === undefined || progress.vote !== 0) return false;
  progress.vote = message.granted ? 1 : -1;
  return true;
}
