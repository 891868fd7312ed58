/**
 * What the paper and the dissertation say, one claim at a time, in our words. Each is checked on the real module by
 * paper.test.ts, and some on mutants.
 */
import { expect } from "vitest";
import type { RaftModule } from "./host.ts";
import { entriesOf, HEARTBEAT, KNOWN, rig } from "./rig.ts";

export type Check = (raft: RaftModule) => void;

export const SENTENCES: Readonly<Record<string, Check>> = {
  "5.1: a server that hears of a later term adopts it and follows": (raft) => {
    const it = rig(raft).lead();
    it.tell({ ...HEARTBEAT, term: 9 });
    expect([it.peer.role(), it.peer.term(), it.peer.leader()]).toEqual(["follower", 9, 2]);
    expect(it.effects("persistState")).toMatchObject([{ term: 9, vote: 0 }]);
  },
  "5.1: a request of an earlier term is refused, with the present term": (raft) => {
    const it = rig(raft, { term: 5 });
    expect(it.tell({ ...KNOWN, term: 4 }).sent("appendRefused")).toMatchObject([{ term: 5 }]);
    expect(it.tell({ ...HEARTBEAT, term: 4 }).sent("appendRefused")).toMatchObject([{ term: 5 }]);
    expect(it.tell({ kind: "voteRequest", term: 4, lastIndex: 9, lastTerm: 4, transfer: false }).sent("voteResponse")).toMatchObject([
      { term: 5, granted: false },
    ]);
    expect(it.peer.leader()).toBe(0);
  },
  "5.2: servers start as followers, and stay so while they hear a leader": (raft) => {
    const it = rig(raft, { term: 1 });
    expect([it.peer.role(), it.peer.deadline()]).toEqual(["follower", 150]);
    it.wait(149).tell({ ...HEARTBEAT, term: 1 });
    expect(it.peer.deadline()).toBe(299);
    it.wait(100).tell({ ...KNOWN, term: 1 });
    expect(it.peer.deadline()).toBe(399);
  },
  "5.2: a timer that comes early does nothing": (raft) => {
    expect(rig(raft).wait(149).step({ kind: "timer" }).did()).toEqual([]);
  },
  "5.2: a candidate increments its term, votes for itself, and asks all others": (raft) => {
    const it = rig(raft, { voters: [1, 2, 3, 4, 5], log: [1, 1], term: 3 }).timeout();
    expect(it.effects("persistState")).toMatchObject([{ term: 4, vote: 1 }]);
    expect(it.sent("voteRequest").map((message) => message.to)).toEqual([2, 3, 4, 5]);
    expect(it.sent("voteRequest")[0]).toMatchObject({ term: 4, lastIndex: 2, lastTerm: 1 });
  },
  "5.2: it wins with votes of a majority, and its own counts once it is durable": (raft) => {
    const it = rig(raft, { voters: [1, 2, 3, 4, 5] }).timeout();
    it.tell({ kind: "voteResponse", from: 2, term: 1, granted: true });
    it.tell({ kind: "voteResponse", from: 3, term: 1, granted: true });
    expect(it.peer.role()).toBe("candidate");
    expect(it.sync().peer.role()).toBe("leader");
  },
  "5.2: an answer given twice is one vote": (raft) => {
    const it = rig(raft, { voters: [1, 2, 3, 4, 5] })
      .timeout()
      .sync();
    for (let i = 0; i < 3; i += 1) it.tell({ kind: "voteResponse", from: 2, term: 1, granted: true });
    expect(it.peer.role()).toBe("candidate");
  },
  "5.2: a server votes for one candidate a term, first come, first served, and for that one again": (raft) => {
    const it = rig(raft);
    const ask = (from: number): unknown =>
      it.tell({ kind: "voteRequest", from, term: 1, lastIndex: 0, lastTerm: 0, transfer: false }).sent("voteResponse")[0]?.granted;
    expect([ask(2), ask(3), ask(2)]).toEqual([true, false, true]);
  },
  "5.2: a server alone elects itself": (raft) => {
    const it = rig(raft, { voters: [1] }).timeout();
    expect(it.peer.role()).toBe("candidate");
    expect(it.sync().peer.role()).toBe("leader");
    expect(it.sync().effects("commit")).toMatchObject([{ first: 1 }]);
  },
  "5.2: a new leader sends its sign of life at once": (raft) => {
    const it = rig(raft).lead(false);
    expect(it.sent("append").map((message) => message.to)).toEqual([2, 3]);
  },
  "5.2: a leader sends heartbeats at its interval": (raft) => {
    const it = rig(raft).lead();
    const first = it.peer.deadline();
    expect(
      it
        .timeout()
        .sent("heartbeat")
        .map((message) => message.to),
    ).toEqual([2, 3]);
    expect(it.peer.deadline() - first).toBe(50);
  },
  "5.2: a candidate that hears a leader of its term follows it, one of an earlier term it does not": (raft) => {
    const it = rig(raft, { term: 1 }).timeout();
    expect(it.tell({ ...KNOWN, term: 1 }).peer.role()).toBe("candidate");
    expect(it.tell({ ...KNOWN, term: 2 }).peer.role()).toBe("follower");
  },
  "5.2: after a split vote the next time-out begins another term": (raft) => {
    const it = rig(raft).timeout().timeout();
    expect([it.peer.role(), it.peer.term()]).toEqual(["candidate", 2]);
  },
  "5.2: time-outs are drawn anew from the whole interval": (raft) => {
    const bounds: number[] = [];
    const draws = [0, 150, 75];
    const random = { uniform: () => 0, below: (bound: number) => (bounds.push(bound), draws[bounds.length - 1]!) };
    const it = rig(raft, { random });
    expect(it.peer.deadline()).toBe(150);
    expect(it.timeout().peer.deadline()).toBe(150 + 300);
    expect(it.timeout().peer.deadline()).toBe(450 + 225);
    expect(bounds).toEqual([151, 151, 151]);
  },
  "5.2: granting a vote puts off an election, refusing one does not": (raft) => {
    const it = rig(raft, { log: [1], term: 1 }).wait(100);
    it.tell({ kind: "voteRequest", term: 2, lastIndex: 0, lastTerm: 0, transfer: false });
    expect(it.peer.deadline()).toBe(150);
    it.tell({ kind: "voteRequest", from: 3, term: 2, lastIndex: 1, lastTerm: 1, transfer: false });
    expect(it.peer.deadline()).toBe(250);
  },
  "5.3: a leader appends a command and sends it to all at once": (raft) => {
    const it = rig(raft).lead();
    it.tell({ kind: "appendAccepted", from: 3, term: 1, match: 1 });
    it.step({ kind: "propose", token: 7, command: "x", size: 1 });
    expect(it.effects("proposed")).toMatchObject([{ token: 7, index: 2, term: 1 }]);
    expect(it.sent("append").map((message) => [message.to, message.prevIndex, message.entries.length])).toEqual([
      [2, 1, 1],
      [3, 1, 1],
    ]);
  },
  "5.3: an entry is committed once a majority has it, with all before it": (raft) => {
    const it = rig(raft, { voters: [1, 2, 3, 4, 5], log: [1, 1], term: 1 })
      .timeout()
      .sync();
    it.tell({ kind: "voteResponse", from: 2, term: 2, granted: true }).tell({ kind: "voteResponse", from: 3, term: 2, granted: true });
    it.sync().tell({ kind: "appendAccepted", from: 2, term: 2, match: 3 });
    expect(it.effects("commit")).toEqual([]);
    it.tell({ kind: "appendAccepted", from: 3, term: 2, match: 3 });
    expect(it.effects("commit").map((effect) => [effect.first, effect.entries.length])).toEqual([[1, 3]]);
  },
  "5.3: followers learn from the leader what is committed": (raft) => {
    const it = rig(raft, { term: 1 }).tell({ ...KNOWN, term: 1, entries: entriesOf([1, 1]), commit: 1 });
    expect(it.effects("commit")).toMatchObject([{ first: 1, entries: [{ term: 1 }] }]);
    expect(it.tell({ ...HEARTBEAT, term: 1, commit: 2 }).peer.commit()).toBe(2);
  },
  "5.3: a follower refuses entries whose predecessor it does not have": (raft) => {
    const it = rig(raft, { log: [1, 1], term: 2 });
    expect(it.tell({ ...KNOWN, term: 2, prevIndex: 3, prevTerm: 1 }).sent("appendRefused")).toMatchObject([
      { prevIndex: 3, hintIndex: 2, hintTerm: 1 },
    ]);
    expect(it.tell({ ...KNOWN, term: 2, prevIndex: 2, prevTerm: 2 }).sent("appendRefused")).toHaveLength(1);
  },
  "5.3: a conflicting entry goes, and all that follow it": (raft) => {
    const it = rig(raft, { log: [1, 1, 1], term: 2 }).tell({ ...KNOWN, term: 2, prevIndex: 1, prevTerm: 1, entries: entriesOf([2]) });
    expect([it.peer.lastIndex(), it.peer.termAt(2)]).toEqual([2, 2]);
    expect(it.effects("persistEntries")).toMatchObject([{ first: 2, entries: [{ term: 2 }] }]);
  },
  "5.3: AppendEntries can be repeated without harm, and an overtaken one takes nothing back": (raft) => {
    const it = rig(raft, { term: 1 }).tell({ ...KNOWN, term: 1, entries: entriesOf([1, 1, 1]) });
    it.tell({ ...KNOWN, term: 1, entries: entriesOf([1]) });
    expect(it.effects("persistEntries")).toEqual([]);
    expect(it.sent("appendAccepted")).toMatchObject([{ match: 1 }]);
    expect(it.peer.lastIndex()).toBe(3);
  },
  "Figure 2, AppendEntries 5: the commit index goes no further than the last entry of the message": (raft) => {
    const it = rig(raft, { log: [1, 1, 1], term: 2 }).tell({ ...KNOWN, term: 2, prevIndex: 1, prevTerm: 1, commit: 3 });
    expect(it.peer.commit()).toBe(1);
  },
  "5.3: a follower confirms what the message compared, not what else it has": (raft) => {
    const it = rig(raft, { log: [1, 1, 1], term: 2 }).tell({ ...KNOWN, term: 2, prevIndex: 1, prevTerm: 1 });
    expect(it.sent("appendAccepted")).toMatchObject([{ match: 1 }]);
  },
  "5.3: a leader never takes another's entries in its own term": (raft) => {
    const it = rig(raft).lead();
    expect(() => it.tell({ ...KNOWN, term: 1, entries: entriesOf([1, 1]) })).toThrow(/both lead in term 1/);
  },
  "5.3: a leader steps back a whole term for each refusal": (raft) => {
    const it = rig(raft, { log: [1, 1, 4, 4, 4, 4], term: 4 })
      .timeout()
      .sync();
    it.tell({ kind: "voteResponse", from: 3, term: 5, granted: true });
    it.tell({ kind: "appendRefused", term: 5, prevIndex: 6, hintIndex: 6, hintTerm: 3 });
    expect(it.sent("append")).toMatchObject([{ prevIndex: 2, prevTerm: 1 }]);
  },
  "5.3: a leader sends again what a living follower lacks": (raft) => {
    const it = rig(raft).lead();
    it.step({ kind: "propose", token: 1, command: "x", size: 1 });
    it.tell({ kind: "heartbeatResponse", term: 1 });
    // Streaming, it has sent it once; an empty append finds out whether that arrived.
    expect(it.sent("append")).toMatchObject([{ to: 2, prevIndex: 2, entries: [] }]);
    it.tell({ kind: "appendRefused", term: 1, prevIndex: 2, hintIndex: 1, hintTerm: 1 });
    expect(it.sent("append")).toMatchObject([{ prevIndex: 1, entries: [{ command: "x" }] }]);
  },
  "5.4.1: the later last term is more up-to-date, then the longer log": (raft) => {
    const grants = (lastIndex: number, lastTerm: number): unknown =>
      rig(raft, { log: [1, 2], term: 2 })
        .tell({ kind: "voteRequest", term: 3, lastIndex, lastTerm, transfer: false })
        .sent("voteResponse")[0]?.granted;
    expect([grants(1, 3), grants(2, 2), grants(3, 2), grants(1, 2), grants(9, 1)]).toEqual([true, true, true, false, false]);
  },
  "5.4.2: only entries of the leader's own term are committed by counting": (raft) => {
    const it = rig(raft, { log: [1, 1], term: 1 })
      .timeout()
      .sync();
    it.tell({ kind: "voteResponse", term: 2, granted: true }).sync();
    expect(it.tell({ kind: "appendAccepted", term: 2, match: 2 }).effects("commit")).toEqual([]);
    expect(it.tell({ kind: "appendAccepted", term: 2, match: 3 }).effects("commit")).toMatchObject([{ first: 1 }]);
  },
  "Figure 2: term, vote and entries are durable before an answer leaves": (raft) => {
    const it = rig(raft).tell({ kind: "voteRequest", term: 1, lastIndex: 0, lastTerm: 0, transfer: false });
    const vote = it.effects("persistState")[0]!;
    expect(vote).toMatchObject({ term: 1, vote: 2 });
    expect(it.effects("send")).toMatchObject([{ after: vote.write, message: { granted: true } }]);
    it.tell({ ...KNOWN, term: 1, entries: entriesOf([1]) });
    const entries = it.effects("persistEntries")[0]!;
    expect(it.effects("send")).toMatchObject([{ after: entries.write, message: { kind: "appendAccepted" } }]);
    // The same again, while that write is still under way, must wait for it too.
    it.tell({ ...KNOWN, term: 1, entries: entriesOf([1]) });
    expect(it.effects("send")).toMatchObject([{ after: entries.write }]);
  },
  "Figure 2: a server comes back with term, vote and log, and as a follower": (raft) => {
    const it = rig(raft, { term: 4, vote: 3, log: [1, 4] });
    expect([it.peer.role(), it.peer.term(), it.peer.lastIndex(), it.peer.commit()]).toEqual(["follower", 4, 2, 0]);
    expect(
      it.tell({ kind: "voteRequest", from: 2, term: 4, lastIndex: 2, lastTerm: 4, transfer: false }).sent("voteResponse"),
    ).toMatchObject([{ granted: false }]);
    expect(
      it.tell({ kind: "voteRequest", from: 3, term: 4, lastIndex: 2, lastTerm: 4, transfer: false }).sent("voteResponse"),
    ).toMatchObject([{ granted: true }]);
  },
  "6: a configuration is in force as soon as it is in the log": (raft) => {
    const it = rig(raft)
      .lead()
      .step({ kind: "changeMembership", token: 1, voters: [1, 2, 3, 4], learners: [] });
    expect(it.effects("membership")).toMatchObject([{ index: 2, membership: { voters: [1, 2, 3, 4], outgoing: [1, 2, 3] } }]);
    expect(it.sent("append").map((message) => message.to)).toContain(4);
  },
  "6: a leader outside the new configuration steps down once that is committed": (raft) => {
    const it = rig(raft)
      .lead()
      .step({ kind: "changeMembership", token: 1, voters: [2, 3], learners: [] })
      .sync();
    it.tell({ kind: "appendAccepted", from: 2, term: 1, match: 2 }).tell({ kind: "appendAccepted", from: 3, term: 1, match: 2 }).sync();
    expect([it.peer.role(), it.peer.commit(), it.peer.lastIndex()]).toEqual(["leader", 2, 3]);
    it.tell({ kind: "appendAccepted", from: 2, term: 1, match: 3 });
    expect(it.peer.role()).toBe("leader");
    it.tell({ kind: "appendAccepted", from: 3, term: 1, match: 3 });
    expect([it.peer.role(), it.peer.commit(), it.peer.deadline()]).toEqual(["follower", 3, Infinity]);
  },
  "4.2.1 (dissertation): learners receive the log, do not vote, do not count and never campaign": (raft) => {
    expect(rig(raft, { voters: [2, 3], learners: [1] }).peer.deadline()).toBe(Infinity);
    const it = rig(raft, { voters: [1, 2, 3], learners: [4] }).timeout();
    expect(it.sent("voteRequest").map((message) => message.to)).toEqual([2, 3]);
    it.sync().tell({ kind: "voteResponse", from: 2, term: 1, granted: true });
    expect(it.sent("append").map((message) => message.to)).toEqual([2, 3, 4]);
    expect(it.sync().tell({ kind: "appendAccepted", from: 4, term: 1, match: 1 }).peer.commit()).toBe(0);
  },
  "4.2.2 (dissertation): a server outside its newest configuration still stands until that is committed, without its own vote": (raft) => {
    const it = rig(raft, { options: { checkQuorum: true } })
      .lead()
      .step({ kind: "changeMembership", token: 1, voters: [2], learners: [] });
    it.sync().tell({ kind: "appendAccepted", from: 2, term: 1, match: 2 }).sync();
    expect(it.peer.membership()).toMatchObject({ voters: [2], outgoing: [] });
    while (it.peer.role() === "leader") it.timeout();
    expect(it.timeout().sent("voteRequest")).toMatchObject([{ to: 2 }]);
    expect(it.sync().peer.role()).toBe("candidate");
    it.tell({ kind: "voteResponse", term: 2, granted: true });
    expect(it.peer.role()).toBe("leader");
    expect(it.tell({ kind: "appendAccepted", term: 2, match: it.peer.lastIndex() }).peer.role()).toBe("follower");
    expect(it.peer.deadline()).toBe(Infinity);
  },
  "4.1 (erratum of 2015): no change of membership before the leader has committed an entry of its term": (raft) => {
    const it = rig(raft)
      .lead(false)
      .step({ kind: "changeMembership", token: 1, voters: [1, 2], learners: [] });
    expect(it.effects("refused")).toMatchObject([{ token: 1, reason: "leaderNotReady" }]);
  },
  "7: a snapshot that the log already reaches leaves the entries behind it": (raft) => {
    const it = rig(raft, { log: [1, 1, 1], term: 1 }).tell({ ...CHUNK, index: 2, indexTerm: 1, size: 5, bytes: 5 });
    expect([it.peer.lastIndex(), it.peer.commit()]).toEqual([3, 2]);
    expect(it.effects("persistSnapshot")).toEqual([]);
    expect(it.sent("appendAccepted")).toMatchObject([{ match: 2 }]);
  },
  "7: else it replaces the log, and brings the membership": (raft) => {
    const it = rig(raft, { log: [1, 1, 1], term: 1 }).tell({ ...CHUNK, index: 2, indexTerm: 2, size: 5, bytes: 5, term: 2 });
    const [snapshot] = it.effects("persistSnapshot");
    expect([it.peer.lastIndex(), it.peer.commit(), it.peer.membership().voters]).toEqual([2, 2, [1, 2, 9]]);
    expect(it.effects("send")).toMatchObject([{ after: snapshot!.write, message: { kind: "appendAccepted", match: 2 } }]);
  },
  "7: chunks are kept in order; what does not follow is asked for again": (raft) => {
    const it = rig(raft, { term: 1 }).tell({ ...CHUNK, index: 9, indexTerm: 1, size: 25, bytes: 10 });
    expect(it.sent("snapshotResponse")).toMatchObject([{ index: 9, offset: 10 }]);
    expect(it.tell({ ...CHUNK, index: 9, indexTerm: 1, size: 25, offset: 20, bytes: 5 }).sent("snapshotResponse")).toMatchObject([
      { offset: 10 },
    ]);
    expect(it.effects("snapshotChunk")).toEqual([]);
    // Another sender's bytes may differ: from the beginning.
    expect(
      it.tell({ ...CHUNK, from: 3, term: 2, index: 9, indexTerm: 1, size: 25, offset: 10, bytes: 10 }).sent("snapshotResponse"),
    ).toMatchObject([{ offset: 0 }]);
  },
  "8: a leader begins its term with an entry of its own": (raft) => {
    expect(rig(raft).lead(false).sent("append")[0]).toMatchObject({ entries: [{ kind: "noop", term: 1 }] });
  },
  "3.10 (dissertation): who is told to campaign does so at once, and says that the leader wants it": (raft) => {
    const it = rig(raft, { term: 1, options: { preVote: true } }).tell({ kind: "timeoutNow", term: 1 });
    expect(it.sent("voteRequest")).toMatchObject([{ term: 2, transfer: true }, { transfer: true }]);
  },
  "4.2.3 (dissertation): who has just heard a leader neither votes nor adopts the term, unless the leader wants it": (raft) => {
    const request = { kind: "voteRequest", from: 3, term: 5, lastIndex: 9, lastTerm: 9 } as const;
    const it = rig(raft, { options: { checkQuorum: true }, term: 1 })
      .tell({ ...HEARTBEAT, term: 1 })
      .wait(149);
    expect(it.tell({ ...request, transfer: false }).did()).toEqual([]);
    expect(it.peer.term()).toBe(1);
    expect(
      it
        .wait(1)
        .tell({ ...request, transfer: false })
        .sent("voteResponse"),
    ).toMatchObject([{ granted: true }]);
    const other = rig(raft, { options: { checkQuorum: true }, term: 1 }).tell({ ...HEARTBEAT, term: 1 });
    expect(other.tell({ ...request, transfer: true }).sent("voteResponse")).toMatchObject([{ granted: true }]);
  },
  "6.2 (dissertation): a leader that no quorum answers for an election time-out steps down": (raft) => {
    const it = rig(raft, { options: { checkQuorum: true } }).lead();
    // It was answered in the first 150 ms of its term: heartbeats at 50, 100 and 150; not in the second.
    for (let i = 0; i < 3; i += 1) expect(it.timeout().peer.role()).toBe("leader");
    for (let i = 0; i < 3; i += 1) it.timeout();
    expect([it.peer.role(), it.peer.term(), it.peer.leader()]).toEqual(["follower", 1, 0]);
  },
  "9.6 (dissertation): a pre-vote changes nothing at the voter": (raft) => {
    const it = rig(raft, { term: 3 }).tell({ kind: "preVoteRequest", term: 9, lastIndex: 0, lastTerm: 0 });
    expect(it.sent("preVoteResponse")).toMatchObject([{ granted: true, term: 9 }]);
    expect([it.peer.term(), it.effects("persistState")]).toEqual([3, []]);
  },
  "9.6 (dissertation): the term grows only after a majority would vote": (raft) => {
    const it = rig(raft, { term: 3, options: { preVote: true } })
      .timeout()
      .timeout();
    expect([it.peer.role(), it.peer.term()]).toEqual(["preCandidate", 3]);
    it.tell({ kind: "preVoteResponse", term: 4, granted: true });
    expect([it.peer.role(), it.peer.term()]).toEqual(["candidate", 4]);
  },
  "10.2.1 (dissertation): the leader's own disk is one voice among others": (raft) => {
    const it = rig(raft).lead(false);
    expect(it.tell({ kind: "appendAccepted", from: 2, term: 1, match: 1 }).peer.commit()).toBe(0);
    expect(it.tell({ kind: "appendAccepted", from: 3, term: 1, match: 1 }).peer.commit()).toBe(1);
  },
};

const CHUNK = {
  kind: "snapshot",
  term: 1,
  membership: { voters: [1, 2, 9], outgoing: [], learners: [], learnersNext: [] },
  offset: 0,
  data: "bytes",
} as const;
