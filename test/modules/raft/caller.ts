/**
 * What the module promises its caller beside the paper: limits, batching and flow control (caller-flow.ts), time-outs in ticks, options. Each promise is
 * checked on the real module by caller.test.ts, and on every mutant.
 */
import { expect } from "vitest";
import type * as Raft from "../../../src/modules/raft/index.ts";
import { FLOW } from "./caller-flow.ts";
import { entriesOf, rig, TIMING } from "./rig.ts";
import type { Check } from "./sentences.ts";

const TICKS: Raft.Timing = { kind: "ticks", tick: 100, phase: 30, electionMin: 10, electionMax: 19, heartbeat: 1 };
const NO_RANDOM = { uniform: () => 0, below: () => 0 };

export const CALLER: Readonly<Record<string, Check>> = {
  ...FLOW,
  "time-outs in ticks: fall on the ticks of the peer's own phase, up to one tick early": (raft) => {
    const it = rig(raft, { options: { timing: TICKS } });
    // Started at 0, before the tick at 30: the tenth tick is at 930.
    expect(it.peer.deadline()).toBe(930);
    it.wait(30).tell({ kind: "heartbeat", term: 1, commit: 0 });
    expect(it.peer.deadline()).toBe(1_030);
    it.wait(99).tell({ kind: "heartbeat", term: 1, commit: 0 });
    expect(it.peer.deadline()).toBe(1_030);
    it.wait(1).tell({ kind: "heartbeat", term: 1, commit: 0 });
    expect(it.peer.deadline()).toBe(1_130);
  },
  "time-outs in ticks: are drawn from electionMin to electionMax ticks, both included": (raft) => {
    const bounds: number[] = [];
    const random = { uniform: () => 0, below: (bound: number) => (bounds.push(bound), bound - 1) };
    expect(rig(raft, { options: { timing: TICKS }, random }).peer.deadline()).toBe(30 + 18 * 100);
    expect(bounds).toEqual([10]);
  },
  "time-outs in ticks: protect a leader for one tick less in the worst case, which is all that a lease counts on": (raft) => {
    const options = { timing: TICKS, checkQuorum: true, reads: { kind: "lease", driftBound: 0 } } as const;
    const it = rig(raft, { options }).lead();
    const asked = it.peer.deadline() - 100;
    it.timeout();
    it.tell({ kind: "heartbeatResponse", term: 1, round: 1, sentAt: asked + 100 });
    expect([it.peer.holdsLease(asked + 100 + 899), it.peer.holdsLease(asked + 100 + 900)]).toEqual([true, false]);
  },
  "options: have no problems by default, and name those they have": (raft) => {
    expect(raft.problemsOf(raft.DEFAULT_OPTIONS)).toEqual([]);
    const timing = { kind: "ticks", tick: 10, phase: 10, electionMin: 5, electionMax: 4, heartbeat: 5 } as const;
    const problems = raft.problemsOf({
      ...raft.DEFAULT_OPTIONS,
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
    const options = { ...raft.DEFAULT_OPTIONS, timing };
    expect(() => raft.createPeer(1, options, raft.newDurable(raft.members([1])), 0, NO_RANDOM)).toThrow(
      raft.problemsOf(options).join("; "),
    );
  },
  "options: are held to their bounds, each for itself, and a problem says what and where": (raft) => {
    const problemsWith = (change: Partial<Raft.Options>): readonly string[] => raft.problemsOf({ ...raft.DEFAULT_OPTIONS, ...change });
    const sizes = ["entryBytesMax", "uncommittedBytesMax", "messageEntriesMax", "messageBytesMax"];
    sizes.push("inflightMessagesMax", "inflightBytesMax", "snapshotChunkBytes", "catchUpRounds");
    for (const name of sizes) {
      const least = name === "catchUpRounds" ? 0 : 1;
      expect(problemsWith({ [name]: least })).toEqual([]);
      for (const value of [least - 1, least + 0.5, NaN, Infinity])
        expect(problemsWith({ [name]: value })).toEqual([`${name}: ${value} is not a whole number from ${least}`]);
    }
    expect(problemsWith({ checkQuorum: false })).toEqual([]);
    expect(problemsWith({ reads: { kind: "lease", driftBound: 0 } })).toEqual([]);
    expect(problemsWith({ reads: { kind: "lease", driftBound: 0 }, checkQuorum: false })).toEqual([
      "reads: a lease needs checkQuorum, by which voters protect the leader",
    ]);
    for (const driftBound of [-0.1, NaN])
      expect(problemsWith({ reads: { kind: "lease", driftBound } })).toEqual(["reads.driftBound: not a number from 0"]);
  },
  "options: want an election time-out above the heartbeat, in an interval that one draw can cover, and a phase within the tick": (raft) => {
    const problemsOf = (timing: Raft.Timing): readonly string[] => raft.problemsOf({ ...raft.DEFAULT_OPTIONS, timing });
    const exact = { kind: "exact", electionMin: 2, electionMax: 2, heartbeat: 1 } as const;
    const above = "timing.heartbeat: not below electionMin, so followers would give up a live leader";
    expect(problemsOf(exact)).toEqual([]);
    expect(problemsOf({ ...exact, heartbeat: 0 })).toEqual(["timing.heartbeat: 0 is not a whole number from 1"]);
    expect(problemsOf({ ...exact, heartbeat: 2 })).toEqual([above]);
    expect(problemsOf({ ...exact, electionMin: 0 })).toEqual(["timing.electionMin: 0 is not a whole number from 1", above]);
    expect(problemsOf({ ...exact, electionMax: 1 })).toEqual(["timing.electionMax: 1 is not a whole number from 2"]);
    expect(problemsOf({ ...exact, electionMax: 2 ** 32 + 1 })).toEqual([]);
    expect(problemsOf({ ...exact, electionMax: 2 ** 32 + 2 })).toEqual(["timing.electionMax: 2^32 or more above electionMin"]);
    const ticks = { ...exact, kind: "ticks", tick: 1, phase: 0 } as const;
    expect(problemsOf(ticks)).toEqual([]);
    expect(problemsOf({ ...ticks, tick: 0.5 })).toEqual(["timing.tick: 0.5 is not a whole number from 1"]);
    expect(problemsOf({ ...ticks, phase: -1 })).toEqual(["timing.phase: -1 is not a whole number from 0"]);
    expect(problemsOf({ ...ticks, phase: 1 })).toEqual(["timing.phase: 1 is not below the tick of 1"]);
  },
  "options: are by default etcd's where etcd has them, else ours": (raft) => {
    expect(raft.DEFAULT_OPTIONS).toEqual({
      timing: { kind: "exact", electionMin: 150_000, electionMax: 300_000, heartbeat: 50_000 },
      preVote: true,
      checkQuorum: true,
      reads: { kind: "readIndex" },
      eagerCommit: false,
      entryBytesMax: 1.5 * 1024 * 1024,
      uncommittedBytesMax: 64 * 1024 * 1024,
      messageEntriesMax: 1024,
      messageBytesMax: 1024 * 1024,
      inflightMessagesMax: 512,
      inflightBytesMax: 16 * 1024 * 1024,
      snapshotChunkBytes: 1024 * 1024,
      catchUpRounds: 10,
    });
  },
  "the caller's part: is checked: time does not run backwards, nothing is durable that was not asked for, nothing uncommitted is compacted":
    (raft) => {
      expect(() => rig(raft).wait(10).step({ kind: "timer" }).wait(-1).step({ kind: "timer" })).toThrow(/time ran backwards/);
      expect(() => rig(raft).step({ kind: "synced", write: 1 })).toThrow(/only 0 were asked for/);
      expect(() => rig(raft, { log: [1, 1] }).step({ kind: "compact", index: 1, size: 0 })).toThrow(/only 0 is committed/);
    },
  "the caller's part: is easy on the heap: a buffer hands out the same objects after each clear": (raft) => {
    const effects = raft.createEffects();
    const peer = raft.createPeer(1, { ...raft.DEFAULT_OPTIONS, timing: TIMING }, raft.newDurable(raft.members([1, 2])), 0, NO_RANDOM);
    const heartbeat = (sentAt: number): Raft.Effect => {
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
  },
  "the caller's part: is told when it says what is no input, or passes on what is no message": (raft) => {
    expect(() => rig(raft).step({ kind: "hello" } as never)).toThrow(/unreachable case: .*hello/);
    expect(() => rig(raft).tell({ kind: "hello", term: 0 } as never)).toThrow(/unreachable case: .*hello/);
  },
  "the caller's part: copies what must outlive the buffer, and fills in a snapshot's bytes": (raft) => {
    const append = rig(raft).lead(false).sent("append")[0]!;
    const copy = raft.copyMessage(append) as typeof append;
    expect(copy).toEqual(append);
    expect(copy).not.toBe(append);
    expect(copy.entries).not.toBe(append.entries);
    const place = { index: 3, indexTerm: 1, membership: raft.members([1]), round: 0, sentAt: 0 };
    const chunk = { kind: "snapshot", from: 1, to: 2, term: 1, ...place, size: 9, offset: 5, bytes: 4, data: undefined } as const;
    expect(raft.copyMessage(chunk, "bytes")).toEqual({ ...chunk, data: "bytes" });
    expect(raft.messageBytes(chunk)).toBe(64 + 4);
  },
  "the caller's part: gets the size of messages in bytes": (raft) => {
    const it = rig(raft, { voters: [1, 2] })
      .lead()
      .step({ kind: "propose", token: 1, command: 1, size: 40, more: true })
      .step({ kind: "propose", token: 2, command: 2, size: 2 });
    expect(raft.messageBytes(it.sent("append")[0]!)).toBe(64 + 42);
  },
  "a restart from a compacted log goes on where it was": (raft) => {
    const snapshot = { index: 5, term: 2, membership: raft.members([1, 2, 3]), size: 9 };
    const peer = raft.createPeer(1, raft.DEFAULT_OPTIONS, { term: 3, vote: 2, snapshot, entries: entriesOf([2, 3]) }, 0, NO_RANDOM);
    expect([peer.commit(), peer.lastIndex(), peer.baseIndex(), peer.termAt(5), peer.termAt(7), peer.termAt(4)]).toEqual([
      5,
      7,
      5,
      2,
      3,
      undefined,
    ]);
  },
  "a disk that never ran holds the founding members and nothing else; nobody is a member until it is told": (raft) => {
    const none = { voters: [], outgoing: [], learners: [], learnersNext: [] };
    expect([raft.NOBODY, raft.NO_MEMBERS]).toEqual([0, none]);
    expect(raft.members([1, 2])).toEqual({ ...none, voters: [1, 2] });
    expect(raft.members([1, 2], [3])).toEqual({ ...none, voters: [1, 2], learners: [3] });
    const membership = raft.members([1]);
    expect(raft.newDurable(membership)).toEqual({ term: 0, vote: 0, snapshot: { index: 0, term: 0, membership, size: 0 }, entries: [] });
  },
  "a peer's log is its own: the list that the caller read from its disk stays as it was": (raft) => {
    const entries = entriesOf([1]);
    const durable = { ...raft.newDurable(raft.members([1])), term: 1, entries };
    const peer = raft.createPeer(1, { ...raft.DEFAULT_OPTIONS, timing: TIMING }, durable, 0, NO_RANDOM);
    peer.step(200, { kind: "timer" }, raft.createEffects());
    peer.step(200, { kind: "synced", write: 1 }, raft.createEffects());
    expect([peer.lastIndex(), entries.length]).toEqual([2, 1]);
  },
  "the outbox: a message leaves once its write is durable, in order, as a copy, and once": (raft) => {
    const outbox = raft.createOutbox();
    const sent: (readonly [number, unknown])[] = [];
    const send = (message: Raft.Message, to: number): void => void sent.push([to, message.term]);
    const message = { kind: "timeoutNow", from: 1, to: 2, term: 1 };
    const hold = (after: number, term: number, to: number): void => {
      message.term = term;
      outbox.hold(after, message as Raft.Message, to);
    };
    hold(2, 7, 3);
    hold(1, 8, 4);
    hold(3, 9, 5);
    message.term = 0;
    outbox.release(0, send);
    expect(sent).toEqual([]);
    outbox.release(2, send);
    expect(sent.splice(0)).toEqual([
      [3, 7],
      [4, 8],
    ]);
    outbox.release(9, send);
    outbox.release(9, send);
    expect(sent).toEqual([[5, 9]]);
  },
  "the outbox: what it has held is its own already, and is not copied again": (raft) => {
    const outbox = raft.createOutbox();
    const message: Raft.Message = { kind: "timeoutNow", from: 1, to: 2, term: 1 };
    const copy = outbox.copy(message);
    expect(copy).toEqual(message);
    expect(copy).not.toBe(message);
    outbox.hold(1, message, 2);
    outbox.release(1, (held) => {
      expect(held).not.toBe(message);
      expect(outbox.copy(held)).toBe(held);
    });
  },
};
