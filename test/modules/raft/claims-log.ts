/** What follows from the paper though it has no sentence for it, on the log: what is sent, kept, compacted and brought by a snapshot. */
import { expect } from "vitest";
import type { RaftModule } from "./host.ts";
import { CHUNK, entriesOf, HEARTBEAT, KNOWN, rig } from "./rig.ts";
import type { Rig } from "./rig.ts";
import type { Check } from "./sentences.ts";

export const LOG_CLAIMS: Readonly<Record<string, Check>> = {
  "7: a snapshot of a place before the compacted one is answered with what is committed, and not installed": (raft) => {
    const it = rig(raft, { term: 1 }).tell({ ...KNOWN, term: 1, entries: entriesOf([1, 1, 1]), commit: 3 });
    it.sync().step({ kind: "compact", index: 2, size: 5 });
    it.tell({ ...CHUNK, index: 1, size: 5, bytes: 5 });
    expect(it.did()).toMatchObject([{ kind: "send", message: { kind: "appendAccepted", match: 3 } }]);
    expect(it.peer.commit()).toBe(3);
  },
  "7: an append that begins before the compacted place is answered with what is committed, which is the leader's too": (raft) => {
    const it = rig(raft, { term: 1 }).tell({ ...KNOWN, term: 1, entries: entriesOf([1, 1, 1]), commit: 3 });
    it.sync().step({ kind: "compact", index: 2, size: 5 });
    it.tell({ ...KNOWN, term: 1, prevIndex: 1, prevTerm: 1, entries: entriesOf([1]) });
    expect(it.did()).toMatchObject([{ kind: "send", message: { kind: "appendAccepted", match: 3 } }]);
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
  "5.3: a confirmation that was overtaken by a later one takes nothing back": (raft) => {
    const it = rig(raft).lead().step({ kind: "propose", token: 1, command: "x", size: 1 }).sync();
    it.tell({ kind: "appendAccepted", term: 1, match: 2 }).tell({ kind: "appendAccepted", term: 1, match: 1 });
    expect(it.timeout().sent("heartbeat")[0]).toMatchObject({ to: 2, commit: 2 });
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
  "7: a first chunk that was lost is sent again as soon as the follower shows that it lives": (raft) => {
    const it = rig(raft, { log: [1, 1, 1, 1], term: 1 })
      .lead()
      .step({ kind: "compact", index: 4, size: 25 });
    it.tell({ kind: "appendRefused", from: 3, term: 2, prevIndex: 4, hintIndex: 0, hintTerm: 0 });
    it.tell({ kind: "heartbeatResponse", from: 3, term: 2 });
    expect(it.sent("snapshot")).toMatchObject([{ index: 4, offset: 0, bytes: 10 }]);
  },
  "7: an answer about a snapshot that is not under way, or about another one, is not heard": (raft) => {
    const it = sendingSnapshot(raft);
    expect(it.tell({ kind: "snapshotResponse", from: 3, term: 2, index: 3, offset: 20 }).did()).toEqual([]);
    it.tell({ kind: "appendAccepted", from: 3, term: 2, match: 5 });
    expect(it.tell({ kind: "snapshotResponse", from: 3, term: 2, index: 4, offset: 20 }).did()).toEqual([]);
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
