/** Sketch: a shard is copied to another server while it takes writes, then cut over: a snapshot in bulk, the rest by log. */
import { expect, it } from "vitest";
import type { HostId, MachineId, ServerId, ShardId } from "../../src/base/ids.ts";
import { Is, Outcome, TransferChange, type Input, type Io, type Machine, type Snapshot } from "../../src/base/machine.ts";
import type { MakeMachine, PartContext, ReplicationPart } from "../../src/simulator/strategies/contracts.ts";
import { Message } from "../../src/simulator/strategies/messages.ts";
import { s } from "../simulator/cluster/small-run.ts";
import { answer, asked, createDurably, note, post, replicated, ship, sketch, taken, writes, type Asked } from "./sketch.ts";

const Kind = { Contents: 100, Rest: 101, Held: 102, Own: 103 } as const;
const Timer = { Begin: 0, Retire: 1 } as const;
const SHARD = 0 as ShardId;

/** One copy of a shard: the first owner's, which has another made, fills it and cuts over; or that other. */
function createReplica(context: PartContext, host: HostId): Machine {
  const durably = createDurably();
  const [source, target] = context.replicasOf(SHARD) as readonly [ServerId, ServerId];
  let [epoch, owner, isClosed] = [1, source as HostId, false];
  let snapshot: Snapshot | undefined;
  let made: MachineId | undefined;

  function write(client: Asked, io: Io): void {
    const known = { shard: SHARD, epoch, who: owner };
    if (owner !== host || isClosed) return answer(io, client, owner === host ? Outcome.Unavailable : Outcome.Redirect, known);
    const index = io.log.append(client.operation, epoch);
    durably.after(io, () => {
      io.log.apply(index);
      answer(io, client, Outcome.Done, { ...known, index });
    });
  }
  function begin(io: Io): void {
    // What the placement put there went at the start: the target holds nothing.
    made = io.create("replica", target);
    snapshot = io.log.snapshot();
    io.transfer(made, snapshot.bytes, snapshot.index);
  }
  function receive({ message, slot, from }: Input, io: Io): void {
    const { who, payload, epoch: epochs, count, index, outcome } = io.messages;
    const [theirs, claim] = [epochs[slot]!, { shard: SHARD, epoch: epochs[slot]!, who: target, key: 0b10 }];
    if (message === Message.WriteRequest) write(asked(io, from, slot), io);
    else if (message === Kind.Contents) {
      if (io.log.install(payload[slot] as Snapshot)) post(io, from, Kind.Held, { index: io.log.applied() });
    } else if (message === Kind.Rest) {
      const upTo = taken(io, slot);
      io.log.apply(upTo);
      note(io, "fetched", count[slot]!);
      durably.after(io, () => post(io, from, Kind.Held, { index: upTo }));
    } else if (message === Kind.Held) {
      // What came meanwhile; then the shard is closed, and what is left is sent; then the map is changed.
      if (isClosed && index[slot] === io.log.written()) post(io, context.metadata(), Message.Claim, { shard: SHARD, epoch });
      else ship(io, from, Kind.Rest, index[slot]!);
      isClosed = true;
    } else if (message === Message.Claimed && outcome[slot] === 1) post(io, from, Message.Commit, claim);
    else if (message === Message.Committed && outcome[slot] === 1) {
      io.fact({ kind: "demoted", shard: SHARD, epoch, server: host, reason: "moved" });
      [epoch, owner] = [theirs, target];
      post(io, made!, Kind.Own, { epoch, who: target });
      // Clients with an old map are sent on for a while.
      io.setTimer(Timer.Retire, s(1));
    } else if (message === Kind.Own) {
      [epoch, owner] = [theirs, who[slot]! as HostId];
      io.fact({ kind: "ready", shard: SHARD, epoch, server: host, planned: true });
    }
  }
  return {
    step: (input, io) => {
      if (input.kind === Is.Start && owner === host) {
        io.fact({ kind: "ready", shard: SHARD, epoch, server: host, planned: false });
        io.retire(context.replicaMachine(SHARD, target));
        io.setTimer(Timer.Begin, s(2));
      } else if (input.kind === Is.Timer && input.id === Timer.Begin) begin(io);
      else if (input.kind === Is.Timer) io.retire(io.self());
      else if (input.kind === Is.Synced) durably.synced(input.id);
      else if (input.kind === Is.Message) receive(input, io);
      else if (input.kind === Is.Transfer && input.change === TransferChange.Done && input.from === made)
        post(io, made, Kind.Contents, { payload: snapshot });
    },
  };
}

const replication: ReplicationPart = { ...replicated((context) => createReplica(context, context.server), 1), copies: () => 2 };
const makeMachine: MakeMachine = (_part, host, _about, context) => ({
  name: `copy on ${host}`,
  process: "database",
  shard: SHARD,
  create: () => createReplica(context, host),
});

it("a shard moves to another server under load: nothing acknowledged is lost, and clients find the new owner", () => {
  const { facts, notes, record, counts, isComplete } = sketch(
    { replication, makeMachine },
    { workload: writes(200), server: { bandwidth: 1_000_000 } },
  );
  const [before, after] = facts("ready");
  expect(after).toMatchObject({ epoch: 2, planned: true, deposed: before!.server });
  expect(facts("map").at(-1)).toMatchObject({ epoch: 2, owner: after!.server, members: [1] });
  // What came during the transfer of some 300 kB, at 1 MB/s; then what came until the shard was closed.
  expect(Number(notes("fetched")[0])).toBeGreaterThan(30);
  expect(record.data).toMatchObject({ lossWrites: 0, duplicatedWrites: 0, splitBrainWrites: 0, comparedReplicas: 0 });
  expect(record.data.acknowledged).toBeGreaterThan(1000);
  expect([isComplete, counts.ambiguous]).toEqual([true, 0]);
});
