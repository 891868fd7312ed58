/** A leader's side: commands into the log, answers into progress, and progress into commitment (section 5.3). */
import { NOBODY } from "./entry.ts";
import { onCaughtUp, onJoinersChecked } from "./change.ts";
import { advanceCommit } from "./commit.ts";
import { appendOwn, becomeFollower, progressOf, refuse } from "./core.ts";
import type { Core } from "./core.ts";
import { freeInflight, freeOldest, isInflightFull, mayAppend, probe, replicate } from "./flow.ts";
import type { Progress } from "./flow.ts";
import type { Token } from "./input.ts";
import { lastIndex, lastIndexOfTermAtMost } from "./log.ts";
import type { AppendAccepted, AppendRefused, HeartbeatResponse, SnapshotResponse } from "./messages.ts";
import { isQuorumActive } from "./quorum.ts";
import { serveReads } from "./reads.ts";
import { sendAppend, sendAppends, startRound } from "./sending.ts";
import { onHeartbeatWhileSnapshot, onSnapshotResponse } from "./snapshot.ts";
import { dueAfter } from "./timing.ts";
import { abortTransfer, handOverIfReady } from "./transfer.ts";

/** Takes a command into the log, or refuses it. Whether it was taken; sending it is left to the caller. */
export function propose(core: Core, token: Token, command: unknown, size: number): boolean {
  const { entryBytesMax, uncommittedBytesMax } = core.options;
  const reason =
    core.role !== "leader"
      ? "notLeader"
      : core.transferTo !== NOBODY
        ? "transferring"
        : size > entryBytesMax
          ? "tooLarge"
          : core.uncommittedBytes > 0 && core.uncommittedBytes + size > uncommittedBytesMax
            ? "tooManyUncommitted"
            : undefined;
  if (reason !== undefined) {
    refuse(core, token, reason);
    return false;
  }
  const index = appendOwn(core, { kind: "command", term: core.term, size, command });
  core.write.push({ kind: "proposed", token, index, term: core.term });
  return true;
}

/** An answer of a follower in this leader's term. */
export function onAnswer(core: Core, message: AppendAccepted | AppendRefused | HeartbeatResponse | SnapshotResponse): void {
  const progress = progressOf(core, message.from);
  if (core.role !== "leader" || progress === undefined) return;
  progress.isActive = true;
  // An answer that was overtaken takes nothing back.
  progress.ackedRound = Math.max(progress.ackedRound, message.round);
  progress.ackedSentAt = Math.max(progress.ackedSentAt, message.sentAt);
  if (message.kind === "appendAccepted") onAccepted(core, progress, message);
  else if (message.kind === "appendRefused") onRefused(core, progress, message);
  else if (message.kind === "heartbeatResponse") onHeartbeatResponse(core, progress, message.sentAt);
  else onSnapshotResponse(core, progress, message);
  if (core.reads.length > 0) serveReads(core);
}

/** The clock: heartbeats, the check that a quorum still answers, the end of a hand-over that failed. */
export function onLeaderDue(core: Core): void {
  const { timing } = core.options;
  if (core.now >= core.quorumAt) checkQuorum(core);
  if (core.now >= core.transferAt) abortTransfer(core);
  if (core.now < core.heartbeatAt) return;
  core.heartbeatAt = dueAfter(timing, core.now, timing.heartbeat);
  startRound(core);
}

/** The connection is gone, and with it what was in flight: find out anew where the follower stands. */
export function onUnreachable(progress: Progress): void {
  if (progress.state === "replicate") probe(progress, progress.match + 1);
}

function onAccepted(core: Core, progress: Progress, message: AppendAccepted): void {
  const isNews = message.match > progress.match;
  if (isNews) progress.match = message.match;
  progress.next = Math.max(progress.next, progress.match + 1);
  if (progress.state === "replicate") freeInflight(progress, progress.match);
  // From a snapshot only once the log reaches on from there.
  else if (progress.state === "probe" || (isNews && progress.match >= core.log.baseIndex)) replicate(progress);
  if (isNews) advanceCommit(core);
  if (core.role !== "leader") return;
  sendAppends(core, progress);
  if (!isNews) return;
  onCaughtUp(core, progress);
  handOverIfReady(core, progress);
}

/** The logs part before `prevIndex`: step back over a whole term at once (section 5.3), never behind what is known to match. */
function onRefused(core: Core, progress: Progress, message: AppendRefused): void {
  if (progress.state === "replicate") {
    // An answer that was overtaken by a later acceptance says nothing.
    if (message.prevIndex <= progress.match) return;
    probe(progress, progress.match + 1);
  } else if (progress.state === "probe") {
    if (message.prevIndex !== progress.next - 1) return;
    const candidate = lastIndexOfTermAtMost(core.log, message.hintIndex, message.hintTerm);
    probe(progress, Math.max(progress.match + 1, Math.min(message.prevIndex, candidate + 1)));
  } else {
    return;
  }
  sendAppend(core, progress);
}

/**
 * The follower is alive: what has not arrived by now may be lost, so one more try is allowed. Not for a heartbeat that was sent
 * before the try under way: after a cut, hundreds of old answers come at once.
 */
function onHeartbeatResponse(core: Core, progress: Progress, sentAt: number): void {
  if (progress.state === "snapshot") {
    onHeartbeatWhileSnapshot(core, progress);
    return;
  }
  if (progress.state === "probe" && sentAt < progress.probedAt) return;
  progress.isPaused = false;
  if (isInflightFull(progress, core.options)) freeOldest(progress);
  if (progress.match === lastIndex(core.log) && progress.state === "replicate") return;
  if (mayAppend(progress, core.options)) sendAppend(core, progress);
}

/** A leader that a quorum has not answered for an election time-out leads nobody (dissertation section 6.2). */
function checkQuorum(core: Core): void {
  const { timing } = core.options;
  core.self.isActive = true;
  if (!isQuorumActive(core.peers)) {
    becomeFollower(core, core.term, NOBODY);
    return;
  }
  onJoinersChecked(core);
  for (const progress of core.peers) progress.isActive = false;
  core.quorumAt = dueAfter(timing, core.now, timing.electionMin);
}
