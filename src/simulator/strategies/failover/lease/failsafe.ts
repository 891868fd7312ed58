/**
 * Failsafe mode (Patroni's docs/dcs_failsafe_mode.rst): a leader that cannot reach the metadata service stays as long as it reaches
 * the agents of all other replicas, in each round anew; and they do not race for `ttl` after they heard so.
 */
import { Channel, type Io } from "../../../../base/machine.ts";
import type { MachineId, ServerId } from "../../../../base/ids.ts";
import { serversIn } from "../../contracts.ts";
import { Message } from "../../messages.ts";
import { letter } from "../../letters.ts";
import { type Notes } from "./notes.ts";
import { STATUS_TIMEOUT } from "./race.ts";

export interface Failsafe {
  /** Asks all others; true if there is nobody to ask. The timer goes off if one does not answer. */
  readonly begin: (io: Io) => boolean;
  /** One has answered; true if all have. */
  readonly confirmed: (server: number, token: number) => boolean;
  /** A leader says that it lives. */
  readonly heard: (length: number, token: number, from: MachineId, io: Io) => void;
  /** A leader said so lately. */
  readonly isOn: (io: Io) => boolean;
}

export function createFailsafe(notes: Notes, timer: number): Failsafe {
  let awaited = new Set<ServerId>();
  let token = 0;
  let until = -1;
  return {
    begin: (io) => {
      const { map, shards, server } = notes;
      token = notes.nextToken();
      awaited = new Set(shards.flatMap(({ shard }) => [...serversIn(map.replicas[shard]!, map.standing[shard]!)]));
      awaited.delete(server);
      for (const other of awaited)
        io.send(notes.agentOn(other), Channel.Control, Message.Failsafe, letter(io, { until: notes.options.ttl, time: token }));
      io.setTimer(timer, STATUS_TIMEOUT);
      return awaited.size === 0;
    },
    confirmed: (server, asked) => asked === token && awaited.delete(server as ServerId) && awaited.size === 0,
    heard: (length, asked, from, io) => {
      until = io.now() + length;
      io.send(from, Channel.Control, Message.FailsafeHeard, letter(io, { who: notes.server, time: asked }));
    },
    isOn: (io) => io.now() < until,
  };
}
