import { describe, expect, it } from "vitest";
import * as raft from "../../../src/modules/raft/index.ts";
import { entriesOf, rig, TIMING } from "./rig.ts";

const { createPeer, DEFAULT_OPTIONS, members, newDurable, problemsOf } = raft;

const propose = (token: number, size = 10, more = false): raft.Input => ({ kind: "propose", token, command: token, size, more });

describe("limits", () => {
  it("refuse a command that is too large, and name the leader to ask instead of a follower", () => {
    const it = rig(raft).lead();
    expect(it.step(propose(1, 101)).effects("refused")).toMatchObject([{ token: 1, reason: "tooLarge", leader: 1 }]);
    const follower = rig(raft, { term: 1 }).tell({ kind: "heartbeat", term: 1, commit: 0 });
    expect(follower.step(propose(2)).effects("refused")).toMatchObject([{ token: 2, reason: "notLeader", leader: 2 }]);
    expect(follower.step({ kind: "read", token: 3 }).effects("refused")).toMatchObject([{ token: 3, reason: "notLeader", leader: 2 }]);
  });

  it("refuse commands while too much is uncommitted, but never the only one", () => {
    const it = rig(raft, { options: { uncommittedBytesMax: 50 } }).lead();
    expect(it.step(propose(1, 100)).effects("proposed")).toHaveLength(1);
    expect(it.step(propose(2, 1)).effects("refused")).toMatchObject([{ reason: "tooManyUncommitted" }]);
    it.sync().tell({ kind: "appendAccepted", term: 1, match: 2 });
    expect(it.step(propose(3, 30)).effects("proposed")).toHaveLength(1);
    expect(it.step(propose(4, 20)).effects("proposed")).toHaveLength(1);
    expect(it.step(propose(5, 1)).effects("refused")).toHaveLength(1);
  });

  it("hold appends back once so many are in flight, and let them go as answers come", () => {
    const it = rig(raft, { voters: [1, 2], options: { inflightMessagesMax: 2 } }).lead();
    const sent = [1, 2, 3, 4].map((token) => it.step(propose(token)).sent("append").length);
    expect(sent).toEqual([1, 1, 0, 0]);
    // Both that wait leave in one message.
    expect(it.tell({ kind: "appendAccepted", term: 1, match: 2 }).sent("append")).toMatchObject([{ prevIndex: 3, entries: [{}, {}] }]);
    expect(it.tell({ kind: "appendAccepted", term: 1, match: 5 }).sent("append")).toEqual([]);
  });

  it("hold appends back once so many bytes are in flight", () => {
    const it = rig(raft, { voters: [1, 2], options: { inflightBytesMax: 15 } }).lead();
    expect([1, 2, 3].map((token) => it.step(propose(token)).sent("append").length)).toEqual([1, 1, 0]);
  });

  it("split what a follower lacks into messages of so many entries and bytes", () => {
    const lengths = (options: Partial<raft.Options>): number[] => {
      const it = rig(raft, { voters: [1, 2], options }).lead();
      for (let token = 1; token <= 5; token += 1) it.step(propose(token, 10, token < 5));
      return it.sent("append").map((message) => message.entries.length);
    };
    expect(lengths({ messageEntriesMax: 2 })).toEqual([2, 2, 1]);
    expect(lengths({ messageBytesMax: 35 })).toEqual([3, 2]);
    // An entry larger than a message still goes, alone.
    expect(lengths({ messageBytesMax: 5 })).toEqual([1, 1, 1, 1, 1]);
  });

  it("make a window that lost every answer open again with an answered heartbeat", () => {
    const it = rig(raft, { voters: [1, 2], options: { inflightMessagesMax: 1 } }).lead();
    it.step(propose(1)).step(propose(2));
    expect(it.sent("append")).toEqual([]);
    expect(it.tell({ kind: "heartbeatResponse", term: 1 }).sent("append")).toMatchObject([{ prevIndex: 2, entries: [{ command: 2 }] }]);
  });
});

describe("batching and flow", () => {
  it("proposals with `more` are written and sent together, by the last", () => {
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
  });

  it("one that is probed gets one append at a time; one that streams gets each at once", () => {
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
  });

  it("a burst of old heartbeats' answers does not send a probe for each", () => {
    const it = rig(raft).lead().step(propose(1));
    it.tell({ kind: "heartbeatResponse", from: 3, term: 1 });
    expect(it.sent("append").map((message) => message.to)).toEqual([3]);
    it.tell({ kind: "heartbeatResponse", from: 3, term: 1, sentAt: -1 });
    expect(it.sent("append")).toEqual([]);
    it.tell({ kind: "heartbeatResponse", from: 3, term: 1 });
    expect(it.sent("append").map((message) => message.to)).toEqual([3]);
  });

  it("a lost connection makes the leader ask again where the follower stands", () => {
    const it = rig(raft, { voters: [1, 2] })
      .lead()
      .step(propose(1))
      .step({ kind: "unreachable", peer: 2 });
    expect(it.step(propose(2)).sent("append")).toMatchObject([{ prevIndex: 1, entries: [{}, {}] }]);
    expect(it.step(propose(3)).sent("append")).toEqual([]);
  });

  it("with eagerCommit followers that stream hear of a commit at once", () => {
    const it = rig(raft, { voters: [1, 2], options: { eagerCommit: true } })
      .lead()
      .step(propose(1))
      .sync();
    expect(it.tell({ kind: "appendAccepted", term: 1, match: 2 }).sent("append")).toMatchObject([{ prevIndex: 2, entries: [], commit: 2 }]);
  });
});

describe("time-outs in ticks", () => {
  const ticks: raft.Timing = { kind: "ticks", tick: 100, phase: 30, electionMin: 10, electionMax: 19, heartbeat: 1 };

  it("fall on the ticks of the peer's own phase, up to one tick early", () => {
    const it = rig(raft, { options: { timing: ticks } });
    // Started at 0, before the tick at 30: the tenth tick is at 930.
    expect(it.peer.deadline()).toBe(930);
    it.wait(30).tell({ kind: "heartbeat", term: 1, commit: 0 });
    expect(it.peer.deadline()).toBe(1_030);
    it.wait(99).tell({ kind: "heartbeat", term: 1, commit: 0 });
    expect(it.peer.deadline()).toBe(1_030);
    it.wait(1).tell({ kind: "heartbeat", term: 1, commit: 0 });
    expect(it.peer.deadline()).toBe(1_130);
  });

  it("are drawn from electionMin to electionMax ticks, both included", () => {
    const bounds: number[] = [];
    const random = { uniform: () => 0, below: (bound: number) => (bounds.push(bound), bound - 1) };
    expect(rig(raft, { options: { timing: ticks }, random }).peer.deadline()).toBe(30 + 18 * 100);
    expect(bounds).toEqual([10]);
  });

  it("protect a leader for one tick less in the worst case, which is all that a lease counts on", () => {
    const options = { timing: ticks, checkQuorum: true, reads: { kind: "lease", driftBound: 0 } } as const;
    const it = rig(raft, { options }).lead();
    const asked = it.peer.deadline() - 100;
    it.timeout();
    it.tell({ kind: "heartbeatResponse", term: 1, round: 1, sentAt: asked + 100 });
    expect([it.peer.holdsLease(asked + 100 + 899), it.peer.holdsLease(asked + 100 + 900)]).toEqual([true, false]);
  });
});

describe("options", () => {
  it("have no problems by default, and name those they have", () => {
    expect(problemsOf(DEFAULT_OPTIONS)).toEqual([]);
    const timing = { kind: "ticks", tick: 10, phase: 10, electionMin: 5, electionMax: 4, heartbeat: 5 } as const;
    const problems = problemsOf({
      ...DEFAULT_OPTIONS,
      timing,
      checkQuorum: false,
      reads: { kind: "lease", driftBound: -1 },
      entryBytesMax: 0.5,
    });
    expect(problems.map((problem) => problem.split(":")[0])).toEqual([
      "timing.electionMax",
      "timing.heartbeat",
      "timing.phase",
      "reads",
      "reads.driftBound",
      "entryBytesMax",
    ]);
    expect(() => createPeer(1, { ...DEFAULT_OPTIONS, timing }, newDurable(members([1])), 0, NO_RANDOM)).toThrow(/electionMax/);
  });
});

describe("the caller's part", () => {
  it("is checked: time does not run backwards, nothing is durable that was not asked for, nothing uncommitted is compacted", () => {
    expect(() => rig(raft).wait(10).step({ kind: "timer" }).wait(-1).step({ kind: "timer" })).toThrow(/time ran backwards/);
    expect(() => rig(raft).step({ kind: "synced", write: 1 })).toThrow(/only 0 were asked for/);
    expect(() => rig(raft, { log: [1, 1] }).step({ kind: "compact", index: 1, size: 0 })).toThrow(/only 0 is committed/);
  });

  it("is easy on the heap: a buffer hands out the same objects after each clear", () => {
    const effects = raft.createEffects();
    const peer = createPeer(1, { ...DEFAULT_OPTIONS, timing: TIMING }, newDurable(members([1, 2])), 0, NO_RANDOM);
    const heartbeat = (sentAt: number): raft.Effect => {
      effects.clear();
      peer.step(sentAt, { kind: "message", message: { kind: "heartbeat", from: 2, to: 1, term: 1, commit: 0, round: 1, sentAt } }, effects);
      return effects.list.at(-1)!;
    };
    heartbeat(1);
    const first = heartbeat(2);
    const message = first.kind === "send" ? first.message : undefined;
    expect(message).toMatchObject({ kind: "heartbeatResponse", sentAt: 2 });
    const kept = raft.copyMessage(message!);
    expect(heartbeat(3)).toBe(first);
    expect(message).toMatchObject({ sentAt: 3 });
    expect(kept).toMatchObject({ sentAt: 2 });
  });

  it("gets the size of messages in bytes", () => {
    const it = rig(raft, { voters: [1, 2] })
      .lead()
      .step(propose(1, 40, true))
      .step(propose(2, 2));
    expect(raft.messageBytes(it.sent("append")[0]!)).toBe(64 + 42);
  });
});

it("a restart from a compacted log goes on where it was", () => {
  const snapshot = { index: 5, term: 2, membership: members([1, 2, 3]), size: 9 };
  const peer = createPeer(1, DEFAULT_OPTIONS, { term: 3, vote: 2, snapshot, entries: entriesOf([2, 3]) }, 0, NO_RANDOM);
  expect([peer.commit(), peer.lastIndex(), peer.baseIndex(), peer.termAt(5), peer.termAt(7), peer.termAt(4)]).toEqual([
    5,
    7,
    5,
    2,
    3,
    undefined,
  ]);
});

const NO_RANDOM = { uniform: () => 0, below: () => 0 };
