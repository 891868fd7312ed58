/**
 * Changing the membership (section 6; dissertation chapter 4): new voters first catch up as learners, in rounds; then
 * C_old,new goes into the log, and once that is committed C_new does. The leader drives this; a new leader that finds a joint
 * configuration in its log finishes it.
 */
import { SMALL_ENTRY_BYTES } from "./entry.ts";
import type { Membership, PeerId } from "./entry.ts";
import { appendOwn, becomeFollower, membershipOf, progressOf, refuse } from "./core.ts";
import type { Change, Core, Joining } from "./core.ts";
import type { Progress } from "./flow.ts";
import type { Token } from "./input.ts";
import { lastIndex } from "./log.ts";
import { applyMembership, isJoint, isSameSet, isValidMembership, jointOf, leaveJoint } from "./membership.ts";
import { broadcastAppends } from "./sending.ts";
import { isWithinMinimum } from "./timing.ts";

/** Takes a request for another membership, or refuses it. */
export function askChange(core: Core, token: Token, voters: readonly PeerId[], learners: readonly PeerId[]): void {
  const { membership, index } = membershipOf(core);
  if (core.role !== "leader") return refuse(core, token, "notLeader");
  if (core.transferTo !== 0) return refuse(core, token, "transferring");
  if (!isValidMembership(voters, learners)) return refuse(core, token, "invalidMembership");
  if (core.commit < core.termStart) return refuse(core, token, "leaderNotReady");
  if (core.change !== undefined || isJoint(membership) || index > core.commit) return refuse(core, token, "pendingConfiguration");
  const joiners = core.options.catchUpRounds === 0 ? [] : voters.filter((id) => !membership.voters.includes(id));
  core.change = { token, voters, learners, joining: [], before: membership };
  if (joiners.length === 0) {
    appendTarget(core, core.change);
    return;
  }
  const fresh = joiners.filter((id) => !membership.learners.includes(id));
  if (fresh.length > 0) appendMembership(core, { ...membership, learners: [...membership.learners, ...fresh] });
  core.change.joining = joiners.map((id) => ({ id, round: 1, goal: lastIndex(core.log), startedAt: core.now, isReady: false }));
}

/** `progress` has confirmed more of the log: perhaps a round is over. */
export function onCaughtUp(core: Core, progress: Progress): void {
  const joining = core.change?.joining.find((each) => each.id === progress.id);
  if (joining === undefined || joining.isReady || progress.match < joining.goal) return;
  // A round shorter than an election time-out: the gap that is left cannot cost availability (dissertation section 4.2.1).
  if (isWithinMinimum(core.options.timing, joining.startedAt, core.now)) {
    joining.isReady = true;
    startIfReady(core, core.change!);
  } else {
    nextRound(core, joining);
  }
}

/** Once an election time-out: a joiner of whom nothing was heard has lost a round. Call before the marks are wiped. */
export function onJoinersChecked(core: Core): void {
  // `nextRound` may end the change and with it the list.
  for (const joining of core.change?.joining ?? []) {
    if (core.change === undefined) return;
    if (!joining.isReady && progressOf(core, joining.id)?.isActive === false) nextRound(core, joining);
  }
}

/** The commit index of a leader has moved: what waited for the membership to be committed goes on. May end the leadership. */
export function onMembershipCommitted(core: Core): void {
  const { membership, index } = membershipOf(core);
  if (index > core.commit) return;
  if (isJoint(membership)) {
    appendMembership(core, leaveJoint(membership));
    return;
  }
  const { change } = core;
  if (change !== undefined && change.joining.length > 0) {
    startIfReady(core, change);
  } else if (change !== undefined) {
    core.write.push({ kind: "membershipChanged", token: change.token });
    core.change = undefined;
  }
  // It has led a group that it is no voter of, without counting itself, until C_new was safe (section 6).
  if (!membership.voters.includes(core.id)) becomeFollower(core, core.term, 0);
}

function startIfReady(core: Core, change: Change): void {
  if (membershipOf(core).index > core.commit || !change.joining.every((each) => each.isReady)) return;
  appendTarget(core, change);
}

/** The log takes the joint configuration, or C_new itself where the voters stay the same: then all quorums do. */
function appendTarget(core: Core, change: Change): void {
  const { membership } = membershipOf(core);
  const { voters, learners } = change;
  change.joining = [];
  const isDirect = isSameSet(voters, membership.voters);
  appendMembership(core, isDirect ? { voters, outgoing: [], learners, learnersNext: [] } : jointOf(membership, voters, learners));
}

function nextRound(core: Core, joining: Joining): void {
  joining.round += 1;
  joining.goal = lastIndex(core.log);
  joining.startedAt = core.now;
  if (joining.round <= core.options.catchUpRounds) return;
  const change = core.change!;
  core.change = undefined;
  appendMembership(core, change.before);
  refuse(core, change.token, "catchUpFailed");
}

function appendMembership(core: Core, membership: Membership): void {
  const index = appendOwn(core, { kind: "membership", term: core.term, size: SMALL_ENTRY_BYTES, membership });
  applyMembership(core, membership, index);
  broadcastAppends(core);
}
