/** How the module's messages travel: by which channel, with which entries of the replica's log, at which cost on arrival. */
import type { MachineId, ServerId } from "../../../../base/ids.ts";
import { Channel, type Io } from "../../../../base/machine.ts";
import type { PeerId } from "../../../../modules/raft/entry.ts";
import type { Message as RaftMessage } from "../../../../modules/raft/messages.ts";
import type { Peer } from "../../../../modules/raft/raft.ts";
import type { ReplicaContext } from "../../contracts.ts";
import { BYTES, Message } from "../../messages.ts";
import { createOutbox } from "../../../../modules/raft/outbox.ts";
import { tellTransport, TRANSPORT } from "./transport.ts";

export interface Wire {
  /** Sends now, or once all writes up to `after` are durable. */
  readonly send: (after: number, message: RaftMessage, to: PeerId, io: Io) => void;
  /** All writes up to `write` are durable: what waited for them leaves. */
  readonly durable: (write: number, io: Io) => void;
}

/** `placement` and `machines` are those of the peers in their order; `termOf` is the peer's present term. */
export function createWire(
  { shard, server, machineOn }: ReplicaContext,
  placement: readonly ServerId[],
  machines: readonly MachineId[],
  termOf: () => number,
  coalesces: boolean,
): Wire {
  const outbox = createOutbox();
  let written = 0;
  /** The transport of this host; found when it is first needed. */
  let transport: MachineId | undefined;

  function transmit(message: RaftMessage, to: PeerId, io: Io): void {
    const machine = machines[to - 1]!;
    if (coalesces && (message.kind === "heartbeat" || message.kind === "heartbeatResponse")) {
      transport ??= machineOn(TRANSPORT, server);
      return tellTransport(transport, machine, placement[to - 1]!, outbox.copy(message), io);
    }
    const m = io.messages;
    const slot = io.message();
    m.shard[slot] = shard;
    m.epoch[slot] = message.term;
    m.bytes[slot] = BYTES.envelope;
    m.payload[slot] = outbox.copy(message);
    if (message.kind !== "append") return io.send(machine, Channel.Control, Message.Raft, slot);
    const from = Math.max(message.prevIndex, io.log.base());
    const carried = Math.max(0, message.prevIndex + message.entries.length - from);
    m.index[slot] = from;
    m.key[slot] = carried;
    m.bytes[slot] = BYTES.envelope + carried * BYTES.entry;
    if (carried > 0) io.attachEntries(slot, from + 1, from + carried);
    io.send(machine, Channel.Data, Message.RaftAppend, slot);
  }

  return {
    send: (after, message, to, io) => {
      if (after <= written) transmit(message, to, io);
      else outbox.hold(after, message, to);
    },
    durable: (write, io) => {
      written = write;
      // What waited for its disk and lost its term meanwhile carries entries that may be gone.
      outbox.release(write, (message, to) => {
        if (message.kind !== "append" || message.term === termOf()) transmit(message, to, io);
      });
    },
  };
}

/** Of a message, how many entries the log of `peer` does not hold yet: only they cost more than a look. */
export function newEntries(message: RaftMessage, peer: Peer): number {
  if (message.kind !== "append") return 0;
  let index = message.prevIndex;
  let count = 0;
  for (const entry of message.entries) {
    index += 1;
    if (index > peer.baseIndex() && peer.termAt(index) !== entry.term) count += 1;
  }
  return count;
}
