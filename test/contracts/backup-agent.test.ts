/** Sketch: a backup agent beside the database, told by its replica, and a store on a host of its own role. */
import { expect, it } from "vitest";
import type { HostId, ServerId, ShardId } from "../../src/base/ids.ts";
import { Is, TransferChange, type Machine, type Snapshot } from "../../src/base/machine.ts";
import type { MachinePlan, PartContext, ReplicaContext } from "../../src/simulator/strategies/contracts.ts";
import { createAsynchronous } from "../../src/simulator/strategies/replication/policies.ts";
import type { Duration } from "../../src/base/time.ts";
import { s } from "../simulator/cluster/small-run.ts";
import { hostsOf, note, post, replicated, sketch, tell, writes } from "./sketch.ts";

const Kind = { WantCopy: 100, Copy: 101, Contents: 102, Stored: 103 } as const;
const Timer = { Backup: 0 } as const;
const SHARD = 0 as ShardId;

/** A replica of the asynchronous part that gives its host's agent a copy when asked. */
function createBackedUp(context: ReplicaContext): Machine {
  const inner = createAsynchronous({ ship: { every: 0 as Duration } }).createReplica(context);
  return {
    ...inner,
    step: (input, io) => {
      if (input.kind === Is.Told && input.message === Kind.WantCopy) tell(io, input.from, Kind.Copy, { payload: io.log.snapshot() });
      else inner.step(input, io);
    },
  };
}

/** Each second a copy, from the last server of the placement: a standby's cores and bandwidth, not the primary's. */
function createAgent(host: HostId, context: PartContext): Machine {
  const replica = context.replicaMachine(SHARD, host as ServerId);
  let copy: Snapshot | undefined;
  return {
    step: (input, io) => {
      const { kind, message, slot } = input;
      if (kind === Is.Start && context.replicasOf(SHARD).at(-1) === host) io.setTimer(Timer.Backup, s(1));
      else if (kind === Is.Timer) {
        io.setTimer(Timer.Backup, s(1));
        // One at a time; and not of a database that does not run.
        if (copy === undefined && io.view(replica) !== undefined) tell(io, replica, Kind.WantCopy);
      } else if (kind === Is.Told && message === Kind.Copy) {
        copy = io.messages.payload[slot] as Snapshot;
        io.transfer(context.controllers("archive")[0]!, copy.bytes, copy.index);
      } else if (kind === Is.Transfer && input.change === TransferChange.Done) {
        post(io, input.from, Kind.Contents, { payload: copy, time: io.now() });
      } else if (kind === Is.Transfer && input.change === TransferChange.Failed) copy = undefined;
      else if (kind === Is.Message && message === Kind.Stored) copy = undefined;
    },
  };
}

function createArchive(): Machine {
  const copies: Snapshot[] = [];
  return {
    step: ({ kind, message, slot, from }, io) => {
      if (kind !== Is.Message || message !== Kind.Contents) return;
      const copy = io.messages.payload[slot] as Snapshot;
      copies.push(copy);
      note(io, "stored", `${copies.length} ${copy.index} ${copy.bytes}`);
      post(io, from, Kind.Stored);
    },
  };
}

const machines: readonly MachinePlan[] = [
  { name: "backup", on: { kind: "servers" }, process: "backup", create: createAgent },
  { name: "archive", on: { kind: "role", role: "archive" }, process: "archive", create: createArchive },
];

it("an agent has its replica's copy carried to a store of its own role, again and again, each copy further than the last", () => {
  const { notes, record, isComplete } = sketch(
    { machines, replication: replicated(createBackedUp, 1) },
    { workload: writes(100), hosts: hostsOf("archive", ["b"]), server: { bandwidth: 1_000_000 } },
  );
  const stored = notes("stored").map((text) => Number(text.split(" ")[1]));
  expect(stored.length).toBeGreaterThan(5);
  expect(stored.slice(0, 5)).toEqual([...new Set(stored.slice(0, 5))].sort((a, b) => a - b));
  expect(record.data).toMatchObject({ lossWrites: 0, divergedReplicas: 0 });
  expect(isComplete).toBe(true);
});
