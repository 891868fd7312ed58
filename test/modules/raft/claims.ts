/**
 * What follows from the paper though it has no sentence for it: claims that mutation testing found nothing to defend. Each is checked
 * on the real module by claims.test.ts, and on every mutant.
 */
import { expect } from "vitest";
import type * as Raft from "../../../src/modules/raft/index.ts";
import { entriesOf, rig } from "./rig.ts";
import type { Check } from "./sentences.ts";

const KNOWN = { kind: "append", prevIndex: 0, prevTerm: 0, entries: [], commit: 0 } as const;
const HEARTBEAT = { kind: "heartbeat", commit: 0 } as const;
const GRANTED = { kind: "voteResponse", granted: true } as const;

export const CLAIMS: Readonly<Record<string, Check>> = {
  "a candidate's own vote that becomes durable after it has followed another leader elects nobody": (raft) => {
    const it = rig(raft, { voters: [1, 2, 3, 4, 5] }).timeout();
    it.tell({ ...GRANTED, term: 1 }).tell({ ...GRANTED, from: 3, term: 1 });
    it.tell({ ...HEARTBEAT, from: 4, term: 2 }).sync();
    expect([it.peer.role(), it.peer.leader(), it.sent("append")]).toEqual(["follower", 4, []]);
  },
  "a leader whose own vote becomes durable late does not begin again": (raft) => {
    const it = rig(raft).timeout();
    it.tell({ ...GRANTED, term: 1 }).tell({ ...GRANTED, from: 3, term: 1 });
    expect([it.peer.role(), it.peer.lastIndex()]).toEqual(["leader", 1]);
    it.sync();
    expect(it.peer.lastIndex()).toBe(1);
  },
  "a candidate's own vote counts once it is durable, not once an earlier write is": (raft) => {
    const it = rig(raft, { term: 1 }).tell({ ...KNOWN, term: 1, entries: entriesOf([1]) });
    it.timeout().tell({ ...GRANTED, term: 2 });
    expect(it.step({ kind: "synced", write: 1 }).peer.role()).toBe("candidate");
    expect(it.step({ kind: "synced", write: 2 }).peer.role()).toBe("leader");
  },
  "a follower that is asked for a change of members refuses it, names its leader and writes nothing": (raft) => {
    const it = rig(raft, { term: 1 }).tell({ ...HEARTBEAT, term: 1 });
    it.step({ kind: "changeMembership", token: 1, voters: [1, 2], learners: [] });
    expect(it.did()).toMatchObject([{ kind: "refused", token: 1, reason: "notLeader", leader: 2 }]);
    expect(it.peer.lastIndex()).toBe(0);
  },
  "a group of one elects itself, with pre-votes too": (raft) => {
    const it = rig(raft, { voters: [1], options: { preVote: true } }).timeout();
    expect(it.peer.role()).toBe("candidate");
    expect(it.sync().peer.role()).toBe("leader");
  },
  "an answer of somebody who is no member is nobody's vote": (raft) => {
    const pre = rig(raft, { options: { preVote: true } }).timeout();
    expect(pre.tell({ kind: "preVoteResponse", from: 9, term: 1, granted: true }).peer.role()).toBe("preCandidate");
    const it = rig(raft).timeout().sync();
    expect(it.tell({ ...GRANTED, from: 9, term: 1 }).peer.role()).toBe("candidate");
  },
  "a learner that is told to stand does not": (raft) => {
    const it = rig(raft, { voters: [2, 3], learners: [1], term: 1 }).tell({ kind: "timeoutNow", term: 1 });
    expect([it.did(), it.peer.term()]).toEqual([[], 1]);
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
  "a pre-vote counts answers to its own question only": (raft) => {
    const it = rig(raft, { term: 3, options: { preVote: true } }).timeout();
    it.tell({ kind: "preVoteResponse", term: 3, granted: true });
    expect([it.peer.role(), it.did()]).toEqual(["preCandidate", []]);
  },
  "5.2: a voter's first answer to a pre-vote stands: who has refused cannot grant it": (raft) => {
    const it = rig(raft, { term: 3, options: { preVote: true } }).timeout();
    it.tell({ kind: "preVoteResponse", term: 3, granted: false }).tell({ kind: "preVoteResponse", term: 4, granted: true });
    expect(it.peer.role()).toBe("preCandidate");
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
  "6: no change of members begins before the last one is committed, also where another leader began it": (raft) => {
    const it = rig(raft, { term: 1 }).tell({ ...KNOWN, term: 1, entries: [membershipEntry([1, 2], [1, 2, 3])] });
    it.lead();
    expect([it.peer.commit(), it.peer.lastIndex(), it.peer.membership().outgoing]).toEqual([2, 3, []]);
    it.step({ kind: "changeMembership", token: 1, voters: [1, 2, 3], learners: [] });
    expect(it.effects("refused")).toMatchObject([{ token: 1, reason: "pendingConfiguration" }]);
    expect(it.peer.lastIndex()).toBe(3);
  },
  "6: a change of learners alone needs no joint configuration": (raft) => {
    const it = rig(raft)
      .lead()
      .step({ kind: "changeMembership", token: 1, voters: [3, 2, 1], learners: [4] });
    expect(it.peer.membership()).toEqual({ voters: [3, 2, 1], outgoing: [], learners: [4], learnersNext: [] });
    expect(it.effects("membership")).toMatchObject([{ index: 2 }]);
  },
};

function membershipEntry(
  voters: readonly number[],
  outgoing: readonly number[],
  learners: readonly number[] = [],
  learnersNext: readonly number[] = [],
): Raft.Entry {
  return { kind: "membership", term: 1, size: 16, membership: { voters, outgoing, learners, learnersNext } };
}
