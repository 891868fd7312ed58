/** Which servers answer: pings, suspicions, and what the other monitors say of theirs. */
import type { MachineId, ProcessId, ServerId } from "../../../../base/ids.ts";
import { Channel, type Io } from "../../../../base/machine.ts";
import type { Duration } from "../../../../base/time.ts";
import { BYTES, Message } from "../../messages.ts";
import { isUndecided } from "../procedure.ts";
import { createDetector } from "./detectors.ts";
import type { Lagging } from "./lagging.ts";
import { Timer, type Notes } from "./notes.ts";
import type { Telling } from "./telling.ts";

export interface Observing {
  readonly start: (io: Io) => void;
  readonly ping: (io: Io) => void;
  /** An agent answered. */
  readonly heard: (agent: MachineId, io: Io) => void;
  /** A server's timer went off. */
  readonly due: (server: number, io: Io) => void;
  /** A connection to a process broke, or was refused. */
  readonly refused: (process: ProcessId, io: Io) => void;
  /** What a monitor, this one or another, holds of a server. */
  readonly report: (server: number, by: number, isSuspected: boolean, io: Io) => void;
}

export interface ObservingParts {
  /** Enough monitors agree now. */
  readonly agreed: (io: Io) => void;
  readonly lagging: Lagging;
  /** A server answers again. */
  readonly heard: (server: number, io: Io) => void;
}

export function createObserving(notes: Notes, telling: Telling, { agreed, heard, lagging }: ObservingParts): Observing {
  const { context, ordinal, name, options, suspected, reports, procedures } = notes;
  const servers = context.servers.length;
  const detector = createDetector(options, servers);

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
        if (procedure.subject === server && isUndecided(procedure)) notes.reset(shard, io);
      }
    }
    if (!before && notes.isActionable(server)) agreed(io);
  }

  return {
    start: (io) => {
      io.setTimer(Timer.Ping, (1 + Math.floor(io.random("phase").uniform() * options.heartbeat)) as Duration);
      for (let server = 0; server < servers; server += 1) detector.start(server, io);
    },
    ping: (io) => {
      for (let server = 0; server < servers; server += 1) {
        const slot = io.message();
        io.messages.bytes[slot] = BYTES.envelope;
        io.send(context.agentMachine(server as ServerId), Channel.Control, Message.Ping, slot);
        detector.pinged(server, io);
      }
      lagging.ask(io);
      io.setTimer(Timer.Ping, options.heartbeat);
    },
    heard: (agent, io) => {
      const server = serverOf(agent);
      if (server < 0) return;
      detector.heard(server, suspected[server] === 1, io);
      if (notes.healthySince[server]! < 0) notes.healthySince[server] = io.now();
      if (suspected[server] === 0) return;
      suspected[server] = 0;
      io.fact({ kind: "retracted", server, by: name });
      telling.monitors(Message.Retract, server, io);
      report(server, ordinal, false, io);
      heard(server, io);
      // It may have slept through the news.
      for (let shard = 0; shard < context.shards; shard += 1)
        if (notes.standing(shard).includes(server as ServerId)) telling.configure(shard, server, io);
    },
    due: (server, io) => {
      if (!detector.due(server, io) || suspected[server] === 1) return;
      notes.healthySince[server] = -1;
      suspected[server] = 1;
      io.fact({ kind: "suspected", server, by: name });
      telling.monitors(Message.Suspect, server, io);
      report(server, ordinal, true, io);
    },
    refused: (process, io) => {
      for (let server = 0; server < servers; server += 1)
        if (context.processOfServer(server as ServerId) === process) detector.refused(server, io);
    },
    report,
  };
}
