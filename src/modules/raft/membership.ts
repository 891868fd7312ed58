/**
 * Which membership is in force: the last one in the log, committed or not (section 6, "uses the latest configuration in its
 * log"). A truncated log falls back to the one before. This file only derives and applies; change.ts drives a change.
 */
import type { Index, Membership, PeerId } from "./entry.ts";
import { membershipOf, resetElection, isPromotable } from "./core.ts";
import type { Core } from "./core.ts";
import { createProgress } from "./flow.ts";
import type { Progress } from "./flow.ts";
import { lastIndex } from "./log.ts";

/** `membership` stands in the log at `index`: from now on it is in force. */
export function applyMembership(core: Core, membership: Membership, index: Index): void {
  core.memberships.push({ index, membership });
  rebuild(core);
}

/** Entries from `first` on are gone: what they put in force is no longer. What is committed stays, so there is one left. */
export function dropMemberships(core: Core, first: Index): void {
  const { memberships } = core;
  const count = memberships.length;
  while (memberships[memberships.length - 1]!.index >= first) memberships.pop();
  if (memberships.length !== count) rebuild(core);
}

/** A snapshot that ends at `index` replaces all there was. */
export function restoreMembership(core: Core, membership: Membership, index: Index): void {
  core.memberships.length = 0;
  applyMembership(core, membership, index);
}

/** Forgets memberships that ended before `index`, up to which the log is compacted. Gives the one in force there. */
export function compactMemberships(core: Core, index: Index): Membership {
  const { memberships } = core;
  while (memberships[1] !== undefined && memberships[1].index <= index) memberships.shift();
  return memberships[0]!.membership;
}

export function isJoint(membership: Membership): boolean {
  return membership.outgoing.length > 0;
}

/** Every member once: voters of both sides, then learners, who are never voters. */
function everyMember(membership: Membership): PeerId[] {
  const ids = [...membership.voters];
  for (const id of membership.outgoing) if (!ids.includes(id)) ids.push(id);
  return [...ids, ...membership.learners];
}

/** C_old,new: a majority of `before` and one of `voters` for each decision. */
export function jointOf(before: Membership, voters: readonly PeerId[], learners: readonly PeerId[]): Membership {
  return {
    voters,
    outgoing: before.voters,
    learners: learners.filter((id) => !before.voters.includes(id)),
    // Until C_old is left they still vote in it, and a peer is never both.
    learnersNext: learners.filter((id) => before.voters.includes(id)),
  };
}

/** C_new, after the joint configuration. */
export function leaveJoint(joint: Membership): Membership {
  return { voters: joint.voters, outgoing: [], learners: [...joint.learners, ...joint.learnersNext], learnersNext: [] };
}

/** Whether these can be the members of a group. */
export function isValidMembership(voters: readonly PeerId[], learners: readonly PeerId[]): boolean {
  const all = [...voters, ...learners];
  return voters.length > 0 && new Set(all).size === all.length && all.every((id) => Number.isSafeInteger(id) && id >= 1);
}

export function isSameSet(left: readonly PeerId[], right: readonly PeerId[]): boolean {
  return left.length === right.length && left.every((id) => right.includes(id));
}

/** One `Progress` a member, kept over the change where it is known, and always one for this peer itself. */
function rebuild(core: Core): void {
  const { membership, index } = membershipOf(core);
  const before = core.peers;
  // The last entry is the one that brings a new member in: there is something to send it at once.
  const next = Math.max(1, lastIndex(core.log));
  const known = (id: PeerId): Progress => before.find((progress) => progress.id === id) ?? createProgress(id, next);
  const ids = everyMember(membership);
  if (!ids.includes(core.id)) ids.push(core.id);
  core.peers = ids.map(known);
  for (const progress of core.peers) {
    progress.isVoter = membership.voters.includes(progress.id);
    progress.isOutgoing = membership.outgoing.includes(progress.id);
  }
  core.self = core.peers.find((progress) => progress.id === core.id)!;
  if (core.role !== "leader") {
    if (!isPromotable(core)) core.electionAt = Infinity;
    else if (core.electionAt === Infinity) resetElection(core);
  }
  core.write.push({ kind: "membership", membership, index });
}
