/** What the module promises its caller about limits, batching and flow control. */
import { expect } from "vitest";
import type * as Raft from "../../../src/modules/raft/index.ts";
import { rig } from "./rig.ts";
import type { Check } from "./sentences.ts";

const propose = (token: number, size = 10, more = false): Raft.Input => ({ kind: "propose", token, command: token, size, more });

export const FLOW: Readonly<Record<string, Check>> = {
  "limits: refuse a command that is too large, and name the leader to ask instead of a follower": (raft) => {
    const it = rig(raft).lead();
    expect(it.step(propose(1, 101)).effects("refused")).toMatchObject([{ token: 1, reason: "tooLarge", leader: 1 }]);
    const follower = rig(raft, { term: 1 }).tell({ kind: "heartbeat", term: 1, commit: 0 });
    expect(follower.step(propose(2)).effects("refused")).toMatchObject([{ token: 2, reason: "notLeader", leader: 2 }]);
    expect(follower.step({ kind: "read", token: 3 }).effects("refused")).toMatchObject([{ token: 3, reason: "notLeader", leader: 2 }]);
  },
  "limits: refuse commands while too much is uncommitted, but never the only one": (raft) => {
    const it = rig(raft, { options: { uncommittedBytesMax: 50 } }).lead();
    expect(it.step(propose(1, 100)).effects("proposed")).toHaveLength(1);
    expect(it.step(propose(2, 1)).effects("refused")).toMatchObject([{ reason: "tooManyUncommitted" }]);
    it.sync().tell({ kind: "appendAccepted", term: 1, match: 2 });
    expect(it.step(propose(3, 30)).effects("proposed")).toHaveLength(1);
    expect(it.step(propose(4, 20)).effects("proposed")).toHaveLength(1);
    expect(it.step(propose(5, 1)).effects("refused")).toHaveLength(1);
  },
  "limits: count what an earlier leader has left uncommitted, until it is committed": (raft) => {
    const it = rig(raft, { log: [1, 1, 1], term: 1, options: { uncommittedBytesMax: 50 } }).lead(false);
    // Three entries of 10 bytes and the leader's own of 16.
    expect(it.step(propose(1, 5)).effects("refused")).toMatchObject([{ reason: "tooManyUncommitted" }]);
    expect(it.step(propose(2, 4)).effects("proposed")).toHaveLength(1);
    it.sync().tell({ kind: "appendAccepted", term: 2, match: 4 });
    expect(it.step(propose(3, 46)).effects("proposed")).toHaveLength(1);
    expect(it.step(propose(4, 1)).effects("refused")).toHaveLength(1);
  },
  "limits: hold appends back once so many are in flight, and let them go as answers come": (raft) => {
    const it = rig(raft, { voters: [1, 2], options: { inflightMessagesMax: 2 } }).lead();
    const sent = [1, 2, 3, 4].map((token) => it.step(propose(token)).sent("append").length);
    expect(sent).toEqual([1, 1, 0, 0]);
    // Both that wait leave in one message.
    expect(it.tell({ kind: "appendAccepted", term: 1, match: 2 }).sent("append")).toMatchObject([{ prevIndex: 3, entries: [{}, {}] }]);
    expect(it.tell({ kind: "appendAccepted", term: 1, match: 5 }).sent("append")).toEqual([]);
  },
  "limits: hold appends back once so many bytes are in flight": (raft) => {
    const it = rig(raft, { voters: [1, 2], options: { inflightBytesMax: 15 } }).lead();
    expect([1, 2, 3].map((token) => it.step(propose(token)).sent("append").length)).toEqual([1, 1, 0]);
  },
  "limits: count what is in flight as a plain list of it would, however long it grows": (raft) => {
    const options = { inflightMessagesMax: 13, inflightBytesMax: 60, messageEntriesMax: 1, uncommittedBytesMax: 100_000 };
    const it = rig(raft, { voters: [1, 2], options }).lead();
    const waiting: { readonly index: number; readonly size: number }[] = [];
    let inflight: { readonly index: number; readonly size: number }[] = [];
    const isFull = (): boolean => inflight.length >= 13 || inflight.reduce((sum, each) => sum + each.size, 0) >= 60;
    const checkSent = (): void => {
      const leaving: number[] = [];
      while (waiting.length > 0 && !isFull()) {
        inflight.push(waiting.shift()!);
        leaving.push(inflight.at(-1)!.index);
      }
      expect(it.sent("append").map((message) => message.prevIndex + 1)).toEqual(leaving);
    };
    for (let token = 1; token <= 90; token += 1) {
      const size = token < 40 ? 1 + (token % 2) : 1 + ((token * 7) % 11);
      waiting.push({ index: token + 1, size });
      it.step(propose(token, size));
      checkSent();
      // The first answer comes before the list first grows, the next ones before it grows again.
      if (token % 3 !== 0) continue;
      const match = inflight[token % 9 === 0 ? 2 : 0]!.index;
      it.tell({ kind: "appendAccepted", term: 1, match });
      inflight = inflight.filter((each) => each.index > match);
      checkSent();
    }
    expect(waiting.length).toBeGreaterThan(0);
  },
  "limits: an append without entries, which only asks, takes no room in the window": (raft) => {
    const it = rig(raft, { voters: [1, 2], options: { inflightMessagesMax: 2 } })
      .lead()
      .step(propose(1));
    expect(it.tell({ kind: "heartbeatResponse", term: 1 }).sent("append")).toMatchObject([{ prevIndex: 2, entries: [] }]);
    expect([it.step(propose(2)).sent("append").length, it.step(propose(3)).sent("append").length]).toEqual([1, 0]);
  },
  "limits: split what a follower lacks into messages of so many entries and bytes": (raft) => {
    const lengths = (options: Partial<Raft.Options>): number[] => {
      const it = rig(raft, { voters: [1, 2], options }).lead();
      for (let token = 1; token <= 5; token += 1) it.step(propose(token, 10, token < 5));
      return it.sent("append").map((message) => message.entries.length);
    };
    expect(lengths({ messageEntriesMax: 2 })).toEqual([2, 2, 1]);
    for (const messageBytesMax of [30, 35]) expect(lengths({ messageBytesMax })).toEqual([3, 2]);
    // An entry larger than a message still goes, alone.
    expect(lengths({ messageBytesMax: 5 })).toEqual([1, 1, 1, 1, 1]);
  },
  "limits: make a window that lost every answer open again with an answered heartbeat": (raft) => {
    const it = rig(raft, { voters: [1, 2], options: { inflightMessagesMax: 1 } }).lead();
    it.step(propose(1)).step(propose(2));
    expect(it.sent("append")).toEqual([]);
    expect(it.tell({ kind: "heartbeatResponse", term: 1 }).sent("append")).toMatchObject([{ prevIndex: 2, entries: [{ command: 2 }] }]);
  },
  "batching and flow: proposals with `more` are written and sent together, by the last": (raft) => {
    const it = rig(raft, { voters: [1, 2] }).lead();
    expect(
      it
        .step(propose(1, 10, true))
        .did()
        .map((effect) => effect.kind),
    ).toEqual(["proposed"]);
    it.step(propose(2, 10, true)).step(propose(3));
    expect(it.effects("persistEntries")).toMatchObject([{ first: 2, entries: [{}, {}, {}] }]);
    expect(it.sent("append")).toMatchObject([{ prevIndex: 1, entries: [{}, {}, {}] }]);
  },
  "batching and flow: a batch whose leader is deposed before it ends is sent to nobody": (raft) => {
    const it = rig(raft)
      .lead()
      .step(propose(1, 10, true));
    it.tell({ kind: "heartbeat", term: 9, commit: 0 });
    expect([it.peer.role(), it.peer.lastIndex(), it.sent("append")]).toEqual(["follower", 2, []]);
  },
  "batching and flow: one that is probed gets one append at a time; one that streams gets each at once": (raft) => {
    const it = rig(raft).lead();
    // 2 has answered and streams, 3 has not.
    expect(
      it
        .step(propose(1))
        .sent("append")
        .map((message) => message.to),
    ).toEqual([2]);
    it.tell({ kind: "heartbeatResponse", from: 3, term: 1 });
    expect(it.sent("append").map((message) => message.to)).toEqual([3]);
    expect(
      it
        .step(propose(2))
        .sent("append")
        .map((message) => message.to),
    ).toEqual([2]);
  },
  "batching and flow: a burst of old heartbeats' answers does not send a probe for each": (raft) => {
    const it = rig(raft).lead().step(propose(1));
    it.tell({ kind: "heartbeatResponse", from: 3, term: 1 });
    expect(it.sent("append").map((message) => message.to)).toEqual([3]);
    it.tell({ kind: "heartbeatResponse", from: 3, term: 1, sentAt: -1 });
    expect(it.sent("append")).toEqual([]);
    it.tell({ kind: "heartbeatResponse", from: 3, term: 1 });
    expect(it.sent("append").map((message) => message.to)).toEqual([3]);
  },
  "batching and flow: a lost connection makes the leader ask again where the follower stands": (raft) => {
    const it = rig(raft, { voters: [1, 2] })
      .lead()
      .step(propose(1))
      .step({ kind: "unreachable", peer: 2 });
    expect(it.step(propose(2)).sent("append")).toMatchObject([{ prevIndex: 1, entries: [{}, {}] }]);
    expect(it.step(propose(3)).sent("append")).toEqual([]);
  },
  "batching and flow: with eagerCommit followers that stream hear of a commit at once": (raft) => {
    const it = rig(raft, { voters: [1, 2], options: { eagerCommit: true } })
      .lead()
      .step(propose(1))
      .sync();
    expect(it.tell({ kind: "appendAccepted", term: 1, match: 2 }).sent("append")).toMatchObject([{ prevIndex: 2, entries: [], commit: 2 }]);
  },
  "batching and flow: with eagerCommit nobody is told where nothing is committed": (raft) => {
    const it = rig(raft, { voters: [1, 2, 3, 4, 5], options: { eagerCommit: true } })
      .timeout()
      .sync();
    for (const from of [2, 3]) it.tell({ kind: "voteResponse", from, term: 1, granted: true });
    it.sync();
    expect(it.tell({ kind: "appendAccepted", term: 1, match: 1 }).did()).toEqual([]);
  },
  "batching and flow: with eagerCommit a window that is full stays shut, and who is sent entries anyway is told with them": (raft) => {
    const it = rig(raft, { options: { eagerCommit: true, inflightMessagesMax: 1 } }).lead();
    it.tell({ kind: "appendAccepted", from: 3, term: 1, match: 1 });
    it.step(propose(1)).step(propose(2)).sync();
    it.tell({ kind: "appendAccepted", term: 1, match: 2 });
    expect(it.sent("append")).toMatchObject([{ to: 2, prevIndex: 2, commit: 2, entries: [{}] }]);
  },
  "batching and flow: with eagerCommit a leader that has left the group tells nobody": (raft) => {
    const it = rig(raft, { options: { eagerCommit: true } })
      .lead()
      .step({ kind: "changeMembership", token: 1, voters: [2, 3], learners: [] })
      .sync();
    it.tell({ kind: "appendAccepted", term: 1, match: 2 }).tell({ kind: "appendAccepted", from: 3, term: 1, match: 2 }).sync();
    it.tell({ kind: "appendAccepted", term: 1, match: 3 }).tell({ kind: "appendAccepted", from: 3, term: 1, match: 3 });
    expect([it.peer.role(), it.sent("append")]).toEqual(["follower", []]);
  },
  "batching and flow: with eagerCommit a follower that lost its connection waits for the next append": (raft) => {
    const it = rig(raft, { voters: [1, 2, 3, 4, 5], options: { eagerCommit: true } })
      .timeout()
      .sync();
    for (const from of [2, 3]) it.tell({ kind: "voteResponse", from, term: 1, granted: true });
    it.sync().tell({ kind: "appendAccepted", term: 1, match: 1 }).step({ kind: "unreachable", peer: 2 });
    expect(it.tell({ kind: "appendAccepted", from: 3, term: 1, match: 1 }).peer.commit()).toBe(1);
    expect(it.sent("append").map((message) => message.to)).toEqual([3]);
  },
};
