/**
 * Second opinions: before a primary is taken to be dead, its standbys' servers are asked whether they reach it. Only if one
 * answers, and none of those that answer reaches it, is it (orchestrator's DeadMaster: unreachable, and all its replicas
 * that can be asked have broken replication). The question is put to the network then and there, by a ping from server to
 * server; MySQL's replicas would know by themselves, after `replica_net_timeout`.
 */
import type { ServerId } from "../../../../base/ids.ts";
import { Channel, type Io } from "../../../../base/machine.ts";
import { milliseconds, type Duration } from "../../../../base/time.ts";
import { BYTES, Message } from "../../messages.ts";
import type { Notes } from "./notes.ts";

export interface Confirming {
  /** Asks about the owner of a shard. */
  readonly ask: (shard: number, io: Io) => void;
  /** An answer came: true once all have. */
  readonly answered: (shard: number, server: number, asked: number, isReached: boolean) => boolean;
  /** What the answers so far say. */
  readonly isConfirmed: (shard: number) => boolean;
}

/** What question and answer may take on the way, beyond what the standby waits. */
export const CONFIRM_MARGIN = milliseconds(100);

export function createConfirming(notes: Notes): Confirming {
  const { context, suspected, standing, procedures } = notes;
  const within = (notes.options.confirm?.within ?? 0) as Duration;
  /** Per shard: who has said that it does not reach the primary, and whether somebody does. */
  const silent = new Int32Array(context.shards);
  const isReached = new Uint8Array(context.shards);

  return {
    ask: (shard, io) => {
      const { subject } = procedures[shard]!;
      silent[shard] = 0;
      isReached[shard] = 0;
      const witnesses = standing(shard).filter((server) => server !== (subject as ServerId) && suspected[server] === 0);
      procedures[shard]!.awaited = new Set(witnesses);
      for (const server of witnesses) {
        const slot = io.message();
        const m = io.messages;
        m.shard[slot] = shard;
        m.who[slot] = subject;
        m.time[slot] = within;
        m.bytes[slot] = BYTES.envelope;
        io.send(context.agentMachine(server), Channel.Control, Message.AskReach, slot);
      }
    },
    answered: (shard, server, asked, isHeard) => {
      const procedure = procedures[shard]!;
      if (procedure.subject !== asked || !procedure.awaited.delete(server)) return false;
      if (isHeard) isReached[shard] = 1;
      else silent[shard] = silent[shard]! + 1;
      return procedure.awaited.size === 0 || isHeard;
    },
    isConfirmed: (shard) => isReached[shard] === 0 && silent[shard]! > 0,
  };
}
