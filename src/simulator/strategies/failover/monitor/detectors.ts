/** When a monitor suspects a server by itself: after a silence, after polls that failed, or when phi has accrued. */
import type { Io } from "../../../../base/machine.ts";
import type { Duration } from "../../../../base/time.ts";
import type { MonitorOptions } from "./monitor-options.ts";
import { Timer } from "./notes.ts";
import { boundOf, createPauses, silenceAt, type Pauses, type PhiOptions } from "./phi.ts";

export interface Detector {
  readonly start: (server: number, io: Io) => void;
  /** A ping was sent. */
  readonly pinged: (server: number, io: Io) => void;
  /** It answered. `wasSuspected`: after having been suspected here. */
  readonly heard: (server: number, wasSuspected: boolean, io: Io) => void;
  /** The server's process is not there, or closed the connection. */
  readonly refused: (server: number, io: Io) => void;
  /** The server's timer went off: is it to be suspected now? */
  readonly due: (server: number, io: Io) => boolean;
}

const timerOf = (server: number): number => Timer.FirstServer + server;

export function createDetector({ detector, heartbeat, misses }: MonitorOptions, servers: number): Detector {
  switch (detector.kind) {
    case "silence":
      return silence((heartbeat * misses) as Duration);
    case "poll":
      return polls(detector.timeout, misses, servers);
    case "phi":
      return accrual(detector, heartbeat, servers);
  }
}

function silence(timeout: Duration): Detector {
  const arm = (server: number, io: Io): void => io.setTimer(timerOf(server), timeout);
  return { start: arm, pinged: () => undefined, heard: (server, _, io) => arm(server, io), refused: () => undefined, due: () => true };
}

function polls(timeout: Duration, misses: number, servers: number): Detector {
  /** Polls that failed since the last answer, and whether one is under way. */
  const failed = new Int32Array(servers);
  const isOut = new Uint8Array(servers);

  /** True if this was the one too many. */
  function fail(server: number): boolean {
    isOut[server] = 0;
    failed[server] = failed[server]! + 1;
    return failed[server] === misses;
  }

  return {
    start: () => undefined,
    pinged: (server, io) => {
      // One at a time: a poll that takes longer than the pause between two is waited for.
      if (isOut[server] === 1) return;
      isOut[server] = 1;
      io.setTimer(timerOf(server), timeout);
    },
    heard: (server, _, io) => {
      isOut[server] = 0;
      failed[server] = 0;
      io.cancelTimer(timerOf(server));
    },
    refused: (server, io) => {
      if (isOut[server] === 1) io.setTimer(timerOf(server), 0 as Duration);
    },
    due: fail,
  };
}

function accrual(options: PhiOptions, heartbeat: Duration, servers: number): Detector {
  const bound = boundOf(options.threshold);
  const pauses: Pauses[] = Array.from({ length: servers }, () => createPauses(options.window, heartbeat));
  const heardAt = new Float64Array(servers).fill(-1);
  const arm = (server: number, io: Io): void => io.setTimer(timerOf(server), silenceAt(bound, pauses[server]!, options) as Duration);
  return {
    start: arm,
    pinged: () => undefined,
    heard: (server, wasSuspected, io) => {
      // The pause in which it was dead says nothing of how it beats (Akka leaves it out too).
      if (heardAt[server]! >= 0 && !wasSuspected) pauses[server]!.add(io.now() - heardAt[server]!);
      heardAt[server] = io.now();
      arm(server, io);
    },
    refused: () => undefined,
    due: () => true,
  };
}
