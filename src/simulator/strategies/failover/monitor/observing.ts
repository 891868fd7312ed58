/** Which servers answer: pings, suspicions, and what the other monitors say of theirs. */
import type { MachineId, ServerId } from "../../../../base/ids.ts";
import { Channel, type Io } from "../../../../base/machine.ts";
import type { Duration } from "../../../../base/time.ts";
import { BYTES, Message } from "../../messages.ts";
import { Timer, type Notes } from "./notes.ts";
import type { Telling } from "./telling.ts";

export interface Observing {
  readonly start: (io: Io) => void;
  readonly ping: (io: Io) => void;
  /** An agent answered. */
  readonly heard: (agent: MachineId, io: Io) => void;
  /** A server has been silent for too long. */
  readonly suspect: (server: number, io: Io) => void;
  /** What a monitor, this one or another, holds of a server. */
  readonly report: (server: number, by: number, isSuspected: boolean, io: Io) => void;
}

export interface ObservingParts {
  /** Enough monitors agree now. */
  readonly agreed: (io: Io) => void;
}

export function createObserving(notes: Notes, telling: Telling, { agreed }: ObservingParts): Observing {
  const { context, ordinal, name, options, suspected, reports, procedures } = notes;
  const servers = context.servers.length;
  const timeout = (options.heartbeat * options.misses) as Duration;

  function serverOf(agent: MachineId): number {
    for (let server = 0; server < servers; server += 1) if (context.agentMachine(server as ServerId) === agent) return server;
    return -1;
  }

  function report(server: number, by: number, isSuspected: boolean, io: Io): void {
    const before = notes.isActionable(server);
    reports[server] = isSuspected ? reports[server]! | (1 << by) : reports[server]! & ~(1 << by);
    if (!isSuspected && by === ordinal) {
      // Heard again before anything was decided: let it be.
      for (let shard = 0; shard < context.shards; shard += 1) {
        const procedure = procedures[shard]!;
        if (procedure.subject === server && (procedure.phase === "operator" || procedure.phase === "gathering")) notes.reset(shard, io);
      }
    }
    if (!before && notes.isActionable(server)) agreed(io);
  }

  return {
    start: (io) => {
      io.setTimer(Timer.Ping, (1 + Math.floor(io.random("phase").uniform() * options.heartbeat)) as Duration);
      for (let server = 0; server < servers; server += 1) io.setTimer(Timer.FirstServer + server, timeout);
    },
    ping: (io) => {
      for (let server = 0; server < servers; server += 1) {
        const slot = io.message();
        io.messages.bytes[slot] = BYTES.envelope;
        io.send(context.agentMachine(server as ServerId), Channel.Control, Message.Ping, slot);
      }
      io.setTimer(Timer.Ping, options.heartbeat);
    },
    heard: (agent, io) => {
      const server = serverOf(agent);
      if (server < 0) return;
      io.setTimer(Timer.FirstServer + server, timeout);
      if (suspected[server] === 0) return;
      suspected[server] = 0;
      io.fact({ kind: "retracted", server, by: name });
      telling.monitors(Message.Retract, server, io);
      report(server, ordinal, false, io);
      // It may have slept through the news.
      for (let shard = 0; shard < context.shards; shard += 1)
        if (notes.standing(shard).includes(server as ServerId)) telling.configure(shard, server, io);
    },
    suspect: (server, io) => {
      suspected[server] = 1;
      io.fact({ kind: "suspected", server, by: name });
      telling.monitors(Message.Suspect, server, io);
      report(server, ordinal, true, io);
    },
    report,
  };
}
