/**
 * What answers for a whole server: pings. It shares the server's cores, so an overloaded server answers late. A server
 * whose replicas were wiped does not answer: what is pinged is the database, and that has nothing to serve.
 */
import type { MachineId, ServerId, ShardId } from "../../../base/ids.ts";
import { Channel, Is, type Io, type Machine } from "../../../base/machine.ts";
import type { PartContext, ReplicaView } from "../contracts.ts";
import { BYTES, Message } from "../messages.ts";

/** Does a replica that should be on this server lack its data? */
export function isBereft(server: ServerId, context: PartContext, io: Io): boolean {
  for (let shard = 0; shard < context.shards; shard += 1) {
    const machine = context.replicaMachine(shard as ShardId, server) as MachineId | undefined;
    const view = machine === undefined ? undefined : (io.view(machine) as ReplicaView | undefined);
    if (view?.isBereft() === true) return true;
  }
  return false;
}

export function createAgent(server?: ServerId, context?: PartContext): Machine {
  const isEmpty = (io: Io): boolean => server !== undefined && context !== undefined && isBereft(server, context, io);

  return {
    step: (input, io) => {
      if (input.kind !== Is.Message || input.message !== Message.Ping || isEmpty(io)) return;
      const slot = io.message();
      io.messages.index[slot] = io.messages.index[input.slot]!;
      io.messages.bytes[slot] = BYTES.envelope;
      io.send(input.from, Channel.Control, Message.Pong, slot);
    },
  };
}
