/** A follower's side: the log follows the leader's (section 5.3), and each sign of the leader's life puts off an election. */
import { assert } from "../../base/assert.ts";
import type { Index, PeerId } from "./entry.ts";
import { becomeFollower, commitTo, flush, resetElection, send, sendAfterLog } from "./core.ts";
import type { Core } from "./core.ts";
import { append, lastIndex, lastIndexOfTermAtMost, termAt, truncate } from "./log.ts";
import type { Append, Heartbeat, SnapshotChunk } from "./messages.ts";
import { applyMembership, dropMemberships } from "./membership.ts";

/** Whoever leads in the present term is the leader: a candidate gives way (section 5.2), and all wait for a new time-out. */
export function acceptLeader(core: Core, from: PeerId): void {
  assert(core.role !== "leader", `${core.id} and ${from} both lead in term ${core.term}`);
  // A candidate knows no leader.
  if (core.leader !== from) becomeFollower(core, core.term, from);
  core.heardAt = core.now;
  resetElection(core);
}

/** AppendEntries of the present term (Figure 2, "Receiver implementation"). */
export function onAppend(core: Core, message: Append): void {
  acceptLeader(core, message.from);
  const { log } = core;
  if (message.prevIndex < log.baseIndex) {
    // What is compacted is committed, so it is the leader's too.
    accept(core, message, core.commit);
    return;
  }
  if (termAt(log, message.prevIndex) !== message.prevTerm) {
    refuseAppend(core, message);
    return;
  }
  const match = message.prevIndex + message.entries.length;
  takeEntries(core, message);
  flush(core);
  // Only up to the last entry of this message: what follows may still conflict (Figure 2, step 5).
  commitTo(core, Math.min(message.commit, match));
  accept(core, message, match);
}

/** A sign of life, and perhaps a commit index, which covers only what this follower is known to hold. */
export function onHeartbeat(core: Core, message: Heartbeat): void {
  acceptLeader(core, message.from);
  const last = lastIndex(core.log);
  assert(message.commit <= last, `commit index ${message.commit} is beyond the log's end ${last}: was a log lost that had been confirmed?`);
  commitTo(core, message.commit);
  const answer = core.write.heartbeatResponse.take();
  answer.from = core.id;
  answer.to = message.from;
  answer.term = core.term;
  answer.round = message.round;
  answer.sentAt = message.sentAt;
  send(core, answer);
}

/** A leader of an earlier term is told of the present one, or it might wait for answers for ever. */
export function onDeposedLeader(core: Core, message: Append | Heartbeat | SnapshotChunk): void {
  const answer = core.write.appendRefused.take();
  answer.from = core.id;
  answer.to = message.from;
  answer.term = core.term;
  answer.prevIndex = 0;
  answer.hintIndex = 0;
  answer.hintTerm = 0;
  answer.round = message.round;
  answer.sentAt = message.sentAt;
  send(core, answer);
}

/** The log equals the leader's up to `match`, once what has been written is durable. */
export function accept(core: Core, message: Append | SnapshotChunk, match: Index): void {
  const answer = core.write.appendAccepted.take();
  answer.from = core.id;
  answer.to = message.from;
  answer.term = core.term;
  answer.match = match;
  answer.round = message.round;
  answer.sentAt = message.sentAt;
  sendAfterLog(core, answer);
}

/** Appends what is new. Only a real conflict truncates: an append that was overtaken must not take back what came later. */
function takeEntries(core: Core, message: Append): void {
  const { log } = core;
  const { entries } = message;
  let index = message.prevIndex;
  for (let i = 0; i < entries.length; i += 1) {
    const entry = entries[i]!;
    index += 1;
    const present = termAt(log, index);
    if (present === entry.term) continue;
    if (present !== undefined) {
      assert(index > core.commit, `entry ${index} of term ${present} is committed and conflicts with term ${entry.term}`);
      truncate(log, index);
      dropMemberships(core, index);
    }
    append(log, entry);
    if (entry.kind === "membership") applyMembership(core, entry.membership, index);
  }
}

function refuseAppend(core: Core, message: Append): void {
  const answer = core.write.appendRefused.take();
  answer.from = core.id;
  answer.to = message.from;
  answer.term = core.term;
  answer.prevIndex = message.prevIndex;
  answer.hintIndex = lastIndexOfTermAtMost(core.log, message.prevIndex, message.prevTerm);
  answer.hintTerm = termAt(core.log, answer.hintIndex)!;
  answer.round = message.round;
  answer.sentAt = message.sentAt;
  send(core, answer);
}
