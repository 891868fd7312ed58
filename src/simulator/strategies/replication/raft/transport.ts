/**
 * One machine a server that carries the heartbeats of all groups between two hosts in one message, so that thousands of idle
 * groups do not cost thousands of messages (CockroachDB's coalesced heartbeats: raft_transport.go, `COCKROACH_RAFT_COALESCED_HEARTBEATS_INTERVAL`).
 * What it holds back for a while is late by as much: time-outs must allow for it.
 */
import type { HostId, MachineId } from "../../../../base/ids.ts";
import { Channel, Is, type Io, type Machine } from "../../../../base/machine.ts";
import type { Duration } from "../../../../base/time.ts";
import type { Message as RaftMessage } from "../../../../modules/raft/messages.ts";
import type { MachinePlan, PartContext } from "../../contracts.ts";
import { BYTES, Message } from "../../messages.ts";

/** Its name among the machines of a host. */
export const TRANSPORT = "raft transport";
/** Bytes of one heartbeat within a batch: group, term, commit, round, time. */
const ITEM_BYTES = 40;

interface Item {
  readonly to: MachineId;
  readonly message: RaftMessage;
}

/** The plan of a transport on every server that sends what it has been told once in `every`. */
export function transportPlan(every: Duration): MachinePlan {
  return {
    name: TRANSPORT,
    on: { kind: "servers" },
    process: "database",
    create: (_host, context) => createTransport(context, every),
  };
}

/** Gives a heartbeat to the transport of this host: `to` is a replica's machine on host `on`. */
export function tellTransport(transport: MachineId, to: MachineId, on: HostId, message: RaftMessage, io: Io): void {
  const slot = io.message();
  io.messages.who[slot] = to;
  io.messages.key[slot] = on;
  io.messages.payload[slot] = message;
  io.tell(transport, Message.RaftHeartbeat, slot);
}

function createTransport(context: PartContext, every: Duration): Machine {
  /** By host, in the order in which they were first sent to since the last flush. */
  let waiting = new Map<number, Item[]>();

  function flush(io: Io): void {
    const batches = waiting;
    waiting = new Map();
    for (const [host, items] of batches) {
      const slot = io.message();
      io.messages.payload[slot] = items;
      io.messages.bytes[slot] = BYTES.envelope + items.length * ITEM_BYTES;
      io.send(context.machineOn(TRANSPORT, host as HostId), Channel.Control, Message.RaftBatch, slot);
    }
  }

  return {
    step: (input, io) => {
      const m = io.messages;
      if (input.kind === Is.Timer) return flush(io);
      if (input.kind === Is.Told && input.message === Message.RaftHeartbeat) {
        if (waiting.size === 0) io.setTimer(0, every);
        const host = m.key[input.slot]!;
        const items = waiting.get(host) ?? [];
        if (items.length === 0) waiting.set(host, items);
        items.push({ to: m.who[input.slot]! as MachineId, message: m.payload[input.slot] as RaftMessage });
        return;
      }
      if (input.kind !== Is.Message || input.message !== Message.RaftBatch) return;
      for (const { to, message } of m.payload[input.slot] as readonly Item[]) {
        const slot = io.message();
        m.payload[slot] = message;
        io.tell(to, Message.Raft, slot);
      }
    },
  };
}
