/**
 * What follows from the paper though it has no sentence for it: claims that mutation testing found nothing to defend. Each is checked
 * on the real module by claims.test.ts, and on every mutant.
 */
import { expect } from "vitest";
import type * as Raft from "../../../src/modules/raft/index.ts";
import type { RaftModule } from "./host.ts";
import { entriesOf, rig } from "./rig.ts";
import type { Rig } from "./rig.ts";
import type { Check } from "./sentences.ts";

const KNOWN = { kind: "append", prevIndex: 0, prevTerm: 0, entries: [], commit: 0 } as const;
const HEARTBEAT = { kind: "heartbeat", commit: 0 } as const;
const CHUNK = {
  kind: "snapshot",
  term: 1,
  indexTerm: 1,
  membership: { voters: [1, 2, 3], outgoing: [], learners: [], learnersNext: [] },
  offset: 0,
  data: "bytes",
} as const;
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
  "3.10 (dissertation): only a leader hands over, to another voter, and to one at a time": (raft) => {
    const follower = rig(raft, { term: 1 }).tell({ ...HEARTBEAT, term: 1 });
    follower.step({ kind: "transfer", token: 1, to: 3 });
    expect(follower.did()).toEqual([{ kind: "refused", token: 1, reason: "notLeader", leader: 2 }]);
    const it = rig(raft, { learners: [4] }).lead();
    for (const to of [1, 4, 9]) {
      it.step({ kind: "transfer", token: to, to });
      expect(it.did()).toEqual([{ kind: "refused", token: to, reason: "notVoter", leader: 1 }]);
    }
    expect(it.step({ kind: "transfer", token: 2, to: 2 }).sent("timeoutNow")).toMatchObject([{ to: 2, term: 1 }]);
    it.step({ kind: "transfer", token: 3, to: 3 });
    expect(it.did()).toEqual([{ kind: "refused", token: 3, reason: "transferring", leader: 1 }]);
  },
  "7: a snapshot of a place before the compacted one is answered with what is committed, and not installed": (raft) => {
    const it = rig(raft, { term: 1 }).tell({ ...KNOWN, term: 1, entries: entriesOf([1, 1, 1]), commit: 3 });
    it.sync().step({ kind: "compact", index: 2, size: 5 });
    it.tell({ ...CHUNK, index: 1, size: 5, bytes: 5 });
    expect(it.did()).toMatchObject([{ kind: "send", message: { kind: "appendAccepted", match: 3 } }]);
    expect(it.peer.commit()).toBe(3);
  },
  "7: a last chunk whose first ones were lost is no snapshot": (raft) => {
    const it = rig(raft, { term: 1 }).tell({ ...HEARTBEAT, term: 1 });
    it.tell({ ...CHUNK, index: 9, size: 25, offset: 20, bytes: 5 });
    expect(it.did()).toMatchObject([{ kind: "send", message: { kind: "snapshotResponse", index: 9, offset: 0 } }]);
  },
  "7: chunks of the same leader in a later term, or of a later place, begin anew: it may have made its snapshot again": (raft) => {
    for (const other of [{ term: 2 }, { index: 12 }]) {
      const it = rig(raft, { term: 1 }).tell({ ...CHUNK, index: 9, size: 25, bytes: 10 });
      it.tell({ ...CHUNK, index: 9, size: 25, offset: 10, bytes: 10, ...other });
      expect(it.sent("snapshotResponse")).toMatchObject([{ offset: 0 }]);
    }
  },
  "a leader that counts on entries which this follower has lost is found out": (raft) => {
    expect(() => rig(raft, { term: 1 }).tell({ ...HEARTBEAT, term: 1, commit: 1 })).toThrow(/commit index 1 is beyond the log's end 0/);
  },
  "a leader whose log conflicts with what is committed is found out": (raft) => {
    const it = rig(raft, { term: 1 }).tell({ ...KNOWN, term: 1, entries: entriesOf([1]), commit: 1 });
    expect(() => it.tell({ ...KNOWN, term: 2, entries: entriesOf([2]) })).toThrow(
      /entry 1 of term 1 is committed and conflicts with term 2/,
    );
  },
  "7: a follower may compact what is committed and durable as it stands, not what a conflict has replaced since": (raft) => {
    const conflict = { ...KNOWN, term: 2, entries: entriesOf([2]) };
    // All was durable, and then two entries gave way to one.
    const all = rig(raft, { term: 1, log: [1, 1, 1] }).tell({ ...conflict, prevIndex: 1, prevTerm: 1, commit: 2 });
    expect(all.peer.compactable()).toBe(1);
    expect(all.sync().peer.compactable()).toBe(2);
    const last = rig(raft, { term: 1, log: [1, 1] }).tell({ ...conflict, prevIndex: 1, prevTerm: 1, commit: 2 });
    expect(last.peer.compactable()).toBe(1);
    // Nothing was durable yet: the writes under way still report, oldest first.
    const none = rig(raft, { term: 1 }).tell({ ...KNOWN, term: 1, entries: entriesOf([1]) });
    none.tell({ ...KNOWN, term: 1, prevIndex: 1, prevTerm: 1, entries: entriesOf([1, 1]) });
    none.tell({ ...conflict, prevIndex: 2, prevTerm: 1, commit: 3 });
    const after = (write: number): number => none.step({ kind: "synced", write }).peer.compactable();
    // The third makes the term durable, the fourth the entry that replaced another.
    expect([none.peer.compactable(), after(1), after(2), after(3), after(4)]).toEqual([0, 1, 2, 2, 3]);
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
  "5.1: whatever carries a later term, it is adopted and said once; but a pre-vote is only a question": (raft) => {
    const proof = { round: 0, sentAt: 0 } as const;
    const position = { lastIndex: 0, lastTerm: 0 } as const;
    const adopted = [
      [{ ...KNOWN }, 2],
      [{ ...HEARTBEAT }, 2],
      [{ ...CHUNK, index: 1, size: 5, bytes: 5 }, 2],
      [{ kind: "voteRequest", ...position, transfer: false }, 0],
      [{ ...GRANTED }, 0],
      [{ kind: "voteResponse", granted: false }, 0],
      [{ kind: "preVoteResponse", granted: false }, 0],
      [{ kind: "appendAccepted", match: 0 }, 0],
      [{ kind: "appendRefused", prevIndex: 0, hintIndex: 0, hintTerm: 0 }, 0],
      [{ kind: "heartbeatResponse" }, 0],
      [{ kind: "snapshotResponse", index: 0, offset: 0 }, 0],
    ] as const;
    for (const [message, leader] of adopted) {
      const it = rig(raft, { term: 1 }).tell({ ...message, ...proof, term: 9 });
      expect(it.effects("became")).toEqual([{ kind: "became", role: "follower", term: 9, leader }]);
      expect([it.peer.term(), it.peer.leader()]).toEqual([9, leader]);
    }
    const questions = [
      { kind: "preVoteRequest", ...position },
      { kind: "preVoteResponse", granted: true },
    ] as const;
    for (const message of questions) {
      const it = rig(raft, { term: 1 }).tell({ ...message, term: 9 });
      expect([it.peer.term(), it.effects("became")]).toEqual([1, []]);
    }
  },
  "3.10 (dissertation): a leader that is told to campaign leads on": (raft) => {
    const it = rig(raft).lead().tell({ kind: "timeoutNow", term: 1 });
    expect([it.did(), it.peer.role(), it.peer.term()]).toEqual([[], "leader", 1]);
  },
  "6.4 (dissertation): a leader holds no lease before an entry of its term is committed, nor after its leadership": (raft) => {
    const options = { checkQuorum: true, reads: { kind: "lease", driftBound: 0 } } as const;
    const it = rig(raft, { options, log: [1], term: 1 }).lead(false);
    const holds = (): boolean => it.peer.holdsLease(150);
    it.tell({ kind: "heartbeatResponse", term: 2, sentAt: 150 });
    expect([it.peer.commit(), holds()]).toEqual([0, false]);
    it.sync().tell({ kind: "appendAccepted", term: 2, match: 2, sentAt: 150 });
    expect([it.peer.commit(), holds()]).toEqual([2, true]);
    expect(it.tell({ ...HEARTBEAT, term: 9 }).peer.role()).toBe("follower");
    expect(holds()).toBe(false);
  },
  "5.3: what a follower has confirmed is not sent again, be it more than it was sent: a compacted one confirms all it has committed": (
    raft,
  ) => {
    for (const match of [4, 5]) {
      const options = { messageEntriesMax: 1, inflightMessagesMax: 1 };
      const it = rig(raft, { log: [1, 1, 1, 1, 1], term: 1, options }).lead(false);
      it.tell({ kind: "appendRefused", term: 2, prevIndex: 5, hintIndex: 1, hintTerm: 1 });
      expect(it.tell({ kind: "appendAccepted", term: 2, match: 2 }).sent("append")).toMatchObject([{ prevIndex: 2 }]);
      expect(it.tell({ kind: "appendAccepted", term: 2, match }).sent("append")).toMatchObject([{ prevIndex: match }]);
    }
  },
  "5.3: a refusal that comes twice takes the leader back to nothing that is known to match": (raft) => {
    const it = rig(raft, { log: [1, 1, 1, 1, 1], term: 1, options: { messageEntriesMax: 4 } }).lead(false);
    const refusal = { kind: "appendRefused", term: 2, prevIndex: 5, hintIndex: 1, hintTerm: 1 } as const;
    expect(it.tell(refusal).sent("append")).toMatchObject([{ prevIndex: 1, entries: [{}, {}, {}, {}] }]);
    it.tell({ kind: "appendAccepted", term: 2, match: 5 }).step({ kind: "unreachable", peer: 2 });
    expect(it.tell(refusal).sent("append")).toMatchObject([{ prevIndex: 5, entries: [{ kind: "noop" }] }]);
  },
  "7: what is compacted can be asked for again, and stays as it is: chunks of it may be under way": (raft) => {
    const it = rig(raft, { term: 1 })
      .tell({ ...KNOWN, term: 1, entries: entriesOf([1, 1, 1]), commit: 3 })
      .sync();
    for (const index of [2, 2, 1]) it.step({ kind: "compact", index, size: 10 * index });
    it.step({ kind: "compact", index: 2, size: 5 });
    expect([it.peer.baseIndex(), it.peer.snapshot()]).toMatchObject([2, { index: 2, term: 1, size: 20 }]);
  },
  "7: a leader sends a snapshot from the beginning if it is another than before, or if it leads anew": (raft) => {
    const it = sendingSnapshot(raft);
    it.step({ kind: "compact", index: 5, size: 35 });
    const again = it.tell({ kind: "heartbeatResponse", from: 3, term: 2 }).tell({ kind: "heartbeatResponse", from: 3, term: 2 });
    expect(again.sent("snapshot")).toMatchObject([{ index: 5, size: 35, offset: 0 }]);
    const anew = sendingSnapshot(raft)
      .tell({ ...HEARTBEAT, term: 9 })
      .lead();
    for (const prevIndex of [5, 4]) anew.tell({ kind: "appendRefused", from: 3, term: 10, prevIndex, hintIndex: 0, hintTerm: 0 });
    expect(anew.sent("snapshot")).toMatchObject([{ index: 4, offset: 0 }]);
    anew.tell({ kind: "snapshotResponse", from: 3, term: 10, index: 4, offset: 10 });
    expect(anew.sent("snapshot")).toMatchObject([{ index: 4, offset: 10 }]);
  },
  "7: an answer about a snapshot that is not under way, or about another one, is not heard": (raft) => {
    const it = sendingSnapshot(raft);
    expect(it.tell({ kind: "snapshotResponse", from: 3, term: 2, index: 3, offset: 20 }).did()).toEqual([]);
    it.tell({ kind: "appendAccepted", from: 3, term: 2, match: 5 });
    expect(it.tell({ kind: "snapshotResponse", from: 3, term: 2, index: 4, offset: 20 }).did()).toEqual([]);
  },
  "6: a change of learners alone needs no joint configuration": (raft) => {
    const it = rig(raft)
      .lead()
      .step({ kind: "changeMembership", token: 1, voters: [3, 2, 1], learners: [4] });
    expect(it.peer.membership()).toEqual({ voters: [3, 2, 1], outgoing: [], learners: [4], learnersNext: [] });
    expect(it.effects("membership")).toMatchObject([{ index: 2 }]);
  },
};

/** A leader of term 2 with an entry behind its snapshot of 4 entries and 25 bytes, of which 3 has said that it holds 10. */
function sendingSnapshot(raft: RaftModule): Rig {
  const it = rig(raft, { log: [1, 1, 1, 1], term: 1 })
    .lead()
    .step({ kind: "compact", index: 4, size: 25 });
  it.tell({ kind: "appendRefused", from: 3, term: 2, prevIndex: 4, hintIndex: 0, hintTerm: 0 });
  expect(it.sent("snapshot")).toMatchObject([{ index: 4, indexTerm: 1, size: 25, offset: 0, bytes: 10 }]);
  it.tell({ kind: "snapshotResponse", from: 3, term: 2, index: 4, offset: 10 });
  expect(it.sent("snapshot")).toMatchObject([{ index: 4, offset: 10, bytes: 10 }]);
  return it;
}

function membershipEntry(
  voters: readonly number[],
  outgoing: readonly number[],
  learners: readonly number[] = [],
  learnersNext: readonly number[] = [],
): Raft.Entry {
  return { kind: "membership", term: 1, size: 16, membership: { voters, outgoing, learners, learnersNext } };
}
