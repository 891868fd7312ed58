/** What follows from the paper though it has no sentence for it, on who leads: elections, hand-overs, terms and leases. */
import { expect } from "vitest";
import { CHUNK, entriesOf, GRANTED, HEARTBEAT, KNOWN, rig } from "./rig.ts";
import type { Check } from "./sentences.ts";

export const ELECTION_CLAIMS: Readonly<Record<string, Check>> = {
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
  "6.4 (dissertation): a read is answered by the round it began, with what was committed then, also if more is committed meanwhile": (
    raft,
  ) => {
    const it = rig(raft).lead().step({ kind: "read", token: 1 });
    const { round } = it.sent("heartbeat")[0]!;
    it.step({ kind: "propose", token: 2, command: "x", size: 1 }).sync();
    expect(it.tell({ kind: "appendAccepted", term: 1, match: 2 }).peer.commit()).toBe(2);
    it.tell({ kind: "heartbeatResponse", term: 1, round });
    expect(it.effects("readable")).toEqual([{ kind: "readable", token: 1, index: 1, by: "readIndex" }]);
  },
  "6.2 (dissertation): a leader that no quorum answers any more waits for a time-out as others do, and stands again": (raft) => {
    const it = rig(raft, { options: { checkQuorum: true } }).lead();
    while (it.peer.role() === "leader") it.timeout();
    // It led from 150 on, and was answered in its first 150 ms alone.
    expect(it.peer.deadline()).toBe(450 + 150);
    expect(it.timeout().peer.role()).toBe("candidate");
  },
  "5.2: a vote in a term that was known already is written before the answer leaves, and once": (raft) => {
    const request = { kind: "voteRequest", term: 1, lastIndex: 0, lastTerm: 0, transfer: false } as const;
    const it = rig(raft, { term: 1 }).tell(request);
    expect(it.effects("persistState")).toMatchObject([{ write: 1, term: 1, vote: 2 }]);
    expect(it.effects("send")).toMatchObject([{ after: 1, message: { granted: true } }]);
    it.tell(request);
    expect([it.effects("persistState"), it.sent("voteResponse")]).toMatchObject([[], [{ granted: true }]]);
  },
  "9.6 (dissertation): a pre-vote asks voters only, about a later term only, and its answers elect nobody who follows again": (raft) => {
    const it = rig(raft, { learners: [4], term: 3, options: { preVote: true } }).timeout();
    expect(it.sent("preVoteRequest")).toMatchObject([
      { to: 2, term: 4 },
      { to: 3, term: 4 },
    ]);
    it.tell({ ...HEARTBEAT, term: 3 });
    for (const from of [2, 3]) it.tell({ kind: "preVoteResponse", from, term: 4, granted: true });
    expect([it.peer.role(), it.peer.term()]).toEqual(["follower", 3]);
    const asked = rig(raft, { term: 3 }).tell({ kind: "preVoteRequest", term: 3, lastIndex: 9, lastTerm: 3 });
    expect(asked.sent("preVoteResponse")).toMatchObject([{ term: 3, granted: false }]);
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
};
