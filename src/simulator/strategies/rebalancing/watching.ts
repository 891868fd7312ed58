/** Which servers are heard: pings to every server's agent, and how long each has been silent. */
import type { MachineId, ServerId } from "../../../base/ids.ts";
import { Channel, type Io } from "../../../base/machine.ts";
import type { Duration } from "../../../base/time.ts";
import type { PartContext } from "../contracts.ts";
import { BYTES, Message } from "../messages.ts";

export interface Watching {
  readonly start: (io: Io) => void;
  readonly ping: (io: Io) => void;
  readonly heard: (agent: MachineId, io: Io) => void;
  /** Answered one of the last pings. */
  readonly isHeard: (server: ServerId) => boolean;
  /** Has answered since then. */
  readonly hasAnsweredSince: (server: ServerId, at: number) => boolean;
  /** Has not answered for so long, nor since this machine started if that is shorter. */
  readonly isSilent: (server: ServerId, length: Duration, io: Io) => boolean;
}

/** Pings in a row that may go unanswered. */
const MISSES = 3;

export function createWatching(context: PartContext, timer: number, every: Duration): Watching {
  const serverOf = new Map(context.servers.map(({ id }) => [context.agentMachine(id), id]));
  const heardAt = new Float64Array(context.servers.length).fill(-1);
  let startedAt = 0;
  let now = 0;

  function ping(io: Io): void {
    now = io.now();
    for (const { id } of context.servers) {
      const slot = io.message();
      io.messages.bytes[slot] = BYTES.envelope;
      io.send(context.agentMachine(id), Channel.Control, Message.Ping, slot);
    }
    io.setTimer(timer, every);
  }

  return {
    start: (io) => {
      startedAt = io.now();
      // A random phase: several observers are not in step.
      io.setTimer(timer, Math.max(1, Math.floor(io.random("phase").uniform() * every)) as Duration);
    },
    ping,
    heard: (agent, io) => {
      const server = serverOf.get(agent);
      if (server !== undefined) heardAt[server] = io.now();
    },
    isHeard: (server) => heardAt[server]! >= 0 && now - heardAt[server]! <= MISSES * every,
    hasAnsweredSince: (server, at) => heardAt[server]! > at,
    isSilent: (server, length, io) => io.now() - Math.max(heardAt[server]!, startedAt) > length,
  };
}
