/**
 * How far standbys are behind, as a monitor can know it: it asks every primary with every ping how far it is, and compares
 * a candidate's position with the last that it heard. What the primary did since then it cannot know, so the lag is that at
 * the last answer (as Patroni compares with the position that the leader last wrote down).
 */
import type { ServerId, ShardId } from "../../../../base/ids.ts";
import { Channel, type Io } from "../../../../base/machine.ts";
import { BYTES, Message } from "../../messages.ts";
import type { Notes } from "./notes.ts";

export interface Lagging {
  readonly ask: (io: Io) => void;
  /** A primary is so far. */
  readonly told: (shard: number, index: number, io: Io) => void;
  readonly isBehind: (shard: number, index: number) => boolean;
}

/** Answers of a primary that are remembered: with a ping a second, two minutes. */
const SAMPLES = 120;

export function createLagging(notes: Notes): Lagging {
  const { context } = notes;
  const limits = notes.options.lag;
  const samples: { readonly at: number; readonly index: number }[][] = Array.from({ length: context.shards }, () => []);

  return {
    ask: (io) => {
      if (limits === undefined) return;
      for (let shard = 0; shard < context.shards; shard += 1) {
        const slot = io.message();
        io.messages.shard[slot] = shard;
        io.messages.bytes[slot] = BYTES.envelope;
        io.send(context.replicaMachine(shard as ShardId, notes.map.owners[shard]! as ServerId), Channel.Control, Message.AskPosition, slot);
      }
    },
    told: (shard, index, io) => {
      if (limits === undefined) return;
      const known = samples[shard]!;
      known.push({ at: io.now(), index });
      if (known.length > SAMPLES) known.shift();
    },
    isBehind: (shard, index) => {
      const known = samples[shard]!;
      const last = known.at(-1);
      if (limits === undefined || last === undefined || index >= last.index) return false;
      if (limits.entries !== undefined && last.index - index > limits.entries) return true;
      const first = known.find((sample) => sample.index > index);
      return limits.time !== undefined && first !== undefined && last.at - first.at > limits.time;
    },
  };
}
