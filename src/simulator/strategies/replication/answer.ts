/** What a replica says to a client, or to the router that asks for it. */
import type { MachineId } from "../../../base/ids.ts";
import type { Io, Outcome } from "../../../base/machine.ts";
import { BYTES } from "../messages.ts";

/** The replica that answers: its shard, and what it knows of the shard's owner (a server, or -1). */
export interface Answering {
  readonly shard: number;
  readonly epoch: () => number;
  readonly owner: () => number;
}

/** Answers attempt number `attempt` of an operation: `version` of a read, `index` of an acknowledged write, else 0. */
export function answer(
  { shard, epoch, owner }: Answering,
  to: MachineId,
  operation: number,
  attempt: number,
  outcome: Outcome,
  version: number,
  index: number,
  io: Io,
): void {
  const m = io.messages;
  const slot = io.message();
  m.index[slot] = index;
  m.shard[slot] = shard;
  m.operation[slot] = operation;
  m.count[slot] = attempt;
  m.outcome[slot] = outcome;
  m.epoch[slot] = epoch();
  m.who[slot] = owner();
  m.version[slot] = version;
  m.bytes[slot] = BYTES.envelope;
  io.reply(to, slot);
}
