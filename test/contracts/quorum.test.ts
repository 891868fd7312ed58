/** Sketch: a quorum coordinator with hints (Dynamo, sections 4.5 and 4.6): W = 2 of 3, last writer wins by the wall clock. */
import { expect, it } from "vitest";
import type { KeyId, MachineId } from "../../src/base/ids.ts";
import { Channel, Is, Outcome, type Io, type Machine } from "../../src/base/machine.ts";
import type { Monotonic } from "../../src/base/time.ts";
import type { ReplicaContext } from "../../src/simulator/strategies/contracts.ts";
import { Message } from "../../src/simulator/strategies/messages.ts";
import { fault, ms, s } from "../simulator/cluster/small-run.ts";
import { answer, asked, createDurably, letter, note, peersOf, post, replicated, sketch, writes, type Asked } from "./sketch.ts";

const Kind = { Entry: 100, Held: 101 } as const;
const Timer = { Hints: 0 } as const;
/** Unanswered for so long, an entry is a hint: kept for its replica, offered again and again. */
const HINT_AFTER = ms(200);
const W = 2;
const EPOCH = 1;

interface Pending {
  readonly key: number;
  sentAt: Monotonic;
  isHint: boolean;
}

/** Every replica may coordinate. The log holds the hints: what a peer has not answered is told by index. */
function createCoordinator(context: ReplicaContext): Machine {
  const { shard, server } = context;
  const pending = new Map<MachineId, Map<number, Pending>>(peersOf(context).map((peer) => [peer, new Map()]));
  const waiting = new Map<number, { readonly client: Asked; held: number }>();
  const durably = createDurably();

  function offer(io: Io, to: MachineId, index: number, key: number): void {
    const slot = letter(io, { index, key });
    io.attachEntries(slot, index, index);
    io.send(to, Channel.Data, Kind.Entry, slot);
  }
  function write(client: Asked, key: number, io: Io): void {
    const index = io.log.append(client.operation, EPOCH, io.wall());
    io.log.apply(index);
    waiting.set(index, { client, held: 0 });
    durably.after(io, () => held(index, io));
    for (const [peer, entries] of pending) {
      entries.set(index, { key, sentAt: io.now(), isHint: false });
      offer(io, peer, index, key);
    }
  }
  function held(index: number, io: Io): void {
    const write = waiting.get(index);
    if (write === undefined || ++write.held < W) return;
    waiting.delete(index);
    answer(io, write.client, Outcome.Done, { shard, epoch: EPOCH, who: server, index });
  }
  function handHints(io: Io): void {
    io.setTimer(Timer.Hints, HINT_AFTER);
    for (const [peer, entries] of pending)
      for (const [index, entry] of entries) {
        if (io.now() - entry.sentAt < HINT_AFTER) continue;
        entry.isHint = true;
        entry.sentAt = io.now();
        offer(io, peer, index, entry.key);
      }
  }
  /** Takes an entry, unless it holds as new a one of that key (or this one, offered twice). */
  function take(slot: number, from: MachineId, io: Io): void {
    const index = io.messages.index[slot]!;
    const mine = io.log.noteOf(io.log.read(io.messages.key[slot]! as KeyId));
    if (mine < io.attachedNote(slot, 0)) io.log.apply(io.appendAttached(slot, 0));
    else note(io, "superseded", index);
    durably.after(io, () => post(io, from, Kind.Held, { index }));
  }
  return {
    step: ({ kind, id, message, from, slot }, io) => {
      if (kind === Is.Start) io.setTimer(Timer.Hints, HINT_AFTER);
      else if (kind === Is.Timer) handHints(io);
      else if (kind === Is.Synced) durably.synced(id);
      else if (kind !== Is.Message) return;
      else if (message === Message.WriteRequest) write(asked(io, from, slot), io.messages.key[slot]!, io);
      else if (message === Kind.Entry) take(slot, from, io);
      else if (message === Kind.Held) {
        const index = io.messages.index[slot]!;
        if (pending.get(from)!.get(index)?.isHint === true) note(io, "handed", index);
        pending.get(from)!.delete(index);
        held(index, io);
      }
    },
  };
}

it("while a replica is dead two acknowledge every write, and hints bring it up to date when it is back", () => {
  const death = fault({ kind: "hostDeath", target: [{ kind: "standbyOf", ordinal: 1, shard: 0 }] }, s(1), s(2));
  const { notes, record, counts, isComplete } = sketch(
    { replication: replicated(createCoordinator, W, false) },
    { workload: writes(100), faults: [death] },
  );
  expect(notes("handed").length).toBeGreaterThan(150);
  expect(record.data).toMatchObject({ lossWrites: 0, comparedReplicas: 2, divergedReplicas: 0 });
  expect(record.outages).toEqual([]);
  expect([isComplete, counts.ambiguous]).toEqual([true, 0]);
});
