/** What a monitor says: to the other monitors, and to replicas who has the shard now. */
import type { ServerId, ShardId } from "../../../../base/ids.ts";
import { Channel, type Io } from "../../../../base/machine.ts";
import { letter, sendRole } from "../../letters.ts";
import { Message } from "../../messages.ts";
import type { Notes } from "./notes.ts";

/** An owner under an epoch, with its members. */
export interface News {
  readonly epoch: number;
  readonly candidate: number;
  readonly members: number;
}

export interface Telling {
  /** Says something about a server to all other monitors. */
  readonly monitors: (kind: number, server: number, io: Io) => void;
  /** Tells all other monitors of a failover that is done. */
  readonly recovered: (shard: number, server: number, io: Io) => void;
  /** Tells a replica what the map says. */
  readonly configure: (shard: number, server: number, io: Io) => void;
  /** The fence, and the news: a replica is told who is primary under which epoch. */
  readonly news: (shard: number, server: number, news: News, io: Io) => void;
}

export function createTelling(notes: Notes): Telling {
  const { context, ordinal } = notes;

  function news(shard: number, server: number, { epoch, candidate, members }: News, io: Io): void {
    const role = { shard, epoch, owner: candidate, members, standing: notes.map.standing[shard]! };
    sendRole(Message.Configure, context.replicaMachine(shard as ShardId, server as ServerId), role, io);
  }

  function others(kind: number, shard: number, server: number, io: Io): void {
    for (const monitor of context.controllers("monitor")) {
      if (monitor === io.self()) continue;
      io.send(monitor, Channel.Control, kind, letter(io, { shard, who: server, count: ordinal }));
    }
  }

  return {
    monitors: (kind, server, io) => others(kind, 0, server, io),
    recovered: (shard, server, io) => others(Message.Recovered, shard, server, io),
    configure: (shard, server, io) => {
      const { epochs, owners, members } = notes.map;
      news(shard, server, { epoch: epochs[shard]!, candidate: owners[shard]!, members: members[shard]! }, io);
    },
    news,
  };
}
