/** What follows from the paper though it has no sentence for it, on who belongs to the group. */
import { expect } from "vitest";
import { entriesOf, GRANTED, HEARTBEAT, KNOWN, membershipEntry, rig } from "./rig.ts";
import type { Rig } from "./rig.ts";
import type { Check } from "./sentences.ts";

export const MEMBERSHIP_CLAIMS: Readonly<Record<string, Check>> = {
  "a follower that is asked for a change of members refuses it, names its leader and writes nothing": (raft) => {
    const it = rig(raft, { term: 1 }).tell({ ...HEARTBEAT, term: 1 });
    it.step({ kind: "changeMembership", token: 1, voters: [1, 2], learners: [] });
    expect(it.did()).toMatchObject([{ kind: "refused", token: 1, reason: "notLeader", leader: 2 }]);
    expect(it.peer.lastIndex()).toBe(0);
  },
  "a change of members that is under way when the leadership is lost is answered": (raft) => {
    const it = rig(raft)
      .lead()
      .step({ kind: "changeMembership", token: 1, voters: [1, 2], learners: [] });
    it.tell({ ...HEARTBEAT, term: 9 });
    expect(it.effects("refused")).toMatchObject([{ token: 1, reason: "leadershipLost" }]);
  },
  "no change of members begins while the leadership is handed over": (raft) => {
    const it = rig(raft).lead().step({ kind: "transfer", token: 1, to: 3 });
    it.step({ kind: "changeMembership", token: 2, voters: [1, 2], learners: [] });
    expect(it.effects("refused")).toMatchObject([{ token: 2, reason: "transferring" }]);
    expect(it.effects("membership")).toEqual([]);
  },
  "6: a peer whose removal is committed after its time-out was drawn lets the time-out pass, and never wants another": (raft) => {
    for (const preVote of [false, true]) {
      const it = rig(raft, { id: 3, term: 1, options: { preVote } });
      const entries = [membershipEntry([1, 2], [1, 2, 3], [], [3]), membershipEntry([1, 2], [], [3])];
      it.tell({ ...KNOWN, term: 1, entries, commit: 1 }).tell({ ...HEARTBEAT, term: 1, commit: 2 });
      expect(it.peer.deadline()).toBe(150);
      expect(it.timeout().did()).toEqual([]);
      expect([it.peer.role(), it.peer.deadline()]).toEqual(["follower", Infinity]);
    }
  },
  "4.2.1 (dissertation): learners that are to vote need no entry that adds them, and if several fail at once it is said once": (raft) => {
    const it = rig(raft, { learners: [4, 5], options: { checkQuorum: true, catchUpRounds: 1 } }).lead();
    it.step({ kind: "changeMembership", token: 1, voters: [1, 2, 3, 4, 5], learners: [] });
    expect([it.effects("membership"), it.peer.lastIndex()]).toEqual([[], 1]);
    it.timeout().timeout().timeout();
    expect(it.effects("refused")).toMatchObject([{ token: 1, reason: "catchUpFailed", leader: 1 }]);
    expect([it.peer.role(), it.peer.membership()]).toMatchObject(["leader", { voters: [1, 2, 3], outgoing: [], learners: [4, 5] }]);
  },
  "4.2.1 (dissertation): C_old,new waits until the new voter holds what was there and the entry that lets it in is committed": (raft) => {
    const ask = { kind: "changeMembership", token: 1, voters: [1, 2, 3, 4], learners: [] } as const;
    const accepted = { kind: "appendAccepted", term: 1 } as const;
    const start = (): Rig =>
      rig(raft, { options: { catchUpRounds: 2 } })
        .lead()
        .step(ask)
        .sync();
    const late = start()
      .tell({ ...accepted, from: 4, match: 1 })
      .tell({ ...accepted, match: 2 });
    expect([late.peer.commit(), late.peer.membership()]).toMatchObject([2, { voters: [1, 2, 3], outgoing: [], learners: [4] }]);
    expect(late.step({ ...ask, token: 2 }).effects("refused")).toMatchObject([{ token: 2, reason: "pendingConfiguration" }]);
    late.tell({ ...accepted, from: 4, match: 2 });
    expect(late.peer.membership()).toMatchObject({ voters: [1, 2, 3, 4], outgoing: [1, 2, 3], learners: [] });
    const early = start().tell({ ...accepted, from: 4, match: 2 });
    expect([early.peer.commit(), early.peer.membership().outgoing]).toEqual([1, []]);
    expect(early.tell({ ...accepted, match: 2 }).peer.membership().outgoing).toEqual([1, 2, 3]);
  },
  "4.2.1 (dissertation): a new voter that answers, or has caught up already, fails no change; all must have caught up": (raft) => {
    const it = rig(raft, { learners: [4, 5], options: { checkQuorum: true, catchUpRounds: 1 } }).lead();
    it.step({ kind: "changeMembership", token: 1, voters: [1, 2, 3, 4, 5], learners: [] });
    it.tell({ kind: "appendAccepted", from: 4, term: 1, match: 1 });
    for (let round = 1; round <= 9; round += 1) {
      expect(it.timeout().effects("refused")).toEqual([]);
      for (const from of [2, 5]) it.tell({ kind: "heartbeatResponse", from, term: 1 });
    }
    // The other one holds nothing yet.
    expect(it.peer.membership()).toMatchObject({ voters: [1, 2, 3], outgoing: [], learners: [4, 5] });
  },
  "6: C_new follows once C_old,new is committed, not once something before it is": (raft) => {
    const it = rig(raft).lead().step({ kind: "propose", token: 1, command: "x", size: 1 });
    it.step({ kind: "changeMembership", token: 2, voters: [1, 2], learners: [] }).sync();
    it.tell({ kind: "appendAccepted", term: 1, match: 2 });
    expect([it.peer.commit(), it.peer.lastIndex(), it.peer.membership().outgoing]).toEqual([2, 3, [1, 2, 3]]);
    it.tell({ kind: "appendAccepted", term: 1, match: 3 });
    expect([it.peer.commit(), it.peer.lastIndex(), it.peer.membership().outgoing]).toEqual([3, 4, []]);
  },
  "6.2 and 6.4 (dissertation): who has just been added is not held against the leader, and adds nothing to its lease": (raft) => {
    const options = { checkQuorum: true, reads: { kind: "lease", driftBound: 0 } } as const;
    const it = rig(raft, { options }).lead().timeout().timeout();
    it.tell({ kind: "heartbeatResponse", term: 1 });
    expect(it.peer.holdsLease(250)).toBe(true);
    it.step({ kind: "changeMembership", token: 1, voters: [1, 2, 3, 4, 5], learners: [] });
    expect(it.peer.holdsLease(250)).toBe(false);
    expect(it.timeout().peer.role()).toBe("leader");
  },
  "6: in joint consensus an election needs a majority of each side": (raft) => {
    for (const [first, second] of [
      [2, 4],
      [4, 2],
    ] as const) {
      const it = rig(raft, { term: 1 }).tell({ ...KNOWN, term: 1, entries: [membershipEntry([1, 2, 3], [1, 4, 5])] });
      it.timeout().sync();
      expect(it.tell({ ...GRANTED, from: first, term: 2 }).peer.role()).toBe("candidate");
      expect(it.tell({ ...GRANTED, from: second, term: 2 }).peer.role()).toBe("leader");
    }
  },
  "6: no change of members begins before the last one is committed, also where another leader began it": (raft) => {
    const it = rig(raft, { term: 1 }).tell({ ...KNOWN, term: 1, entries: [membershipEntry([1, 2], [1, 2, 3])] });
    it.lead();
    expect([it.peer.commit(), it.peer.lastIndex(), it.peer.membership().outgoing]).toEqual([2, 3, []]);
    it.step({ kind: "changeMembership", token: 1, voters: [1, 2, 3], learners: [] });
    expect(it.effects("refused")).toMatchObject([{ token: 1, reason: "pendingConfiguration" }]);
    expect(it.peer.lastIndex()).toBe(3);
  },
  "6 and 7: a snapshot carries the membership in force at its end, which may be that of its last entry": (raft) => {
    const it = rig(raft, { term: 1 });
    const entries = [...entriesOf([1]), membershipEntry([1, 2, 3, 4], []), ...entriesOf([1]), membershipEntry([1, 2, 3, 5], [])];
    it.tell({ ...KNOWN, term: 1, entries, commit: 4 }).sync();
    const at = (index: number): unknown => it.step({ kind: "compact", index, size: 0 }).peer.snapshot().membership.voters;
    expect([at(1), at(2), at(3), at(4)]).toEqual([
      [1, 2, 3],
      [1, 2, 3, 4],
      [1, 2, 3, 4],
      [1, 2, 3, 5],
    ]);
  },
  "6: a conflict takes back the memberships of the entries it removes, and no others": (raft) => {
    const it = rig(raft, { term: 1 });
    const entries = [membershipEntry([1, 2, 3, 4], []), ...entriesOf([1]), membershipEntry([1, 2, 3, 5], [])];
    it.tell({ ...KNOWN, term: 1, entries, commit: 1 });
    it.tell({ ...KNOWN, term: 2, prevIndex: 2, prevTerm: 1, entries: entriesOf([2]) });
    expect(it.effects("membership")).toMatchObject([{ index: 1 }]);
    expect(it.peer.membership().voters).toEqual([1, 2, 3, 4]);
    it.tell({ ...KNOWN, term: 3, prevIndex: 1, prevTerm: 1, entries: entriesOf([3]) });
    expect([it.effects("membership"), it.peer.membership().voters]).toEqual([[], [1, 2, 3, 4]]);
  },
  "6: who is to become a learner has its vote in C_old until that is left": (raft) => {
    const it = rig(raft)
      .lead()
      .step({ kind: "changeMembership", token: 1, voters: [1, 2], learners: [3, 4] });
    expect(it.peer.membership()).toEqual({ voters: [1, 2], outgoing: [1, 2, 3], learners: [4], learnersNext: [3] });
    it.sync().tell({ kind: "appendAccepted", term: 1, match: 2 });
    expect(it.peer.membership()).toEqual({ voters: [1, 2], outgoing: [], learners: [4, 3], learnersNext: [] });
  },
  "6: no members, one twice, or one that cannot be are refused": (raft) => {
    const it = rig(raft).lead();
    const wrong = [
      [[], []],
      [[], [1]],
      [[1, 2, 1], []],
      [[1, 2], [2]],
      [[1, 0], []],
      [[1, 2.5], []],
      [[1], [-2]],
    ] as const;
    for (const [voters, learners] of wrong) {
      it.step({ kind: "changeMembership", token: 1, voters, learners });
      expect(it.did()).toEqual([{ kind: "refused", token: 1, reason: "invalidMembership", leader: 1 }]);
    }
  },
  "5.2 and 6: who has no vote waits for no time-out, and who loses it by a conflict stops waiting": (raft) => {
    const it = rig(raft, { id: 4, term: 1 });
    expect(it.peer.deadline()).toBe(Infinity);
    it.tell({ ...KNOWN, term: 1, entries: [membershipEntry([1, 2, 3], [], [4])] });
    expect(it.peer.deadline()).toBe(Infinity);
    it.tell({ ...KNOWN, term: 1, prevIndex: 1, prevTerm: 1, entries: [membershipEntry([1, 2, 3, 4], [])] });
    expect(it.peer.deadline()).toBe(150);
    it.tell({ ...KNOWN, term: 2, entries: entriesOf([2]) });
    expect([it.peer.membership().voters, it.peer.deadline()]).toEqual([[1, 2, 3], Infinity]);
  },
  "6: a change of learners alone needs no joint configuration": (raft) => {
    const it = rig(raft)
      .lead()
      .step({ kind: "changeMembership", token: 1, voters: [3, 2, 1], learners: [4] });
    expect(it.peer.membership()).toEqual({ voters: [3, 2, 1], outgoing: [], learners: [4], learnersNext: [] });
    expect(it.effects("membership")).toMatchObject([{ index: 2 }]);
  },
};
