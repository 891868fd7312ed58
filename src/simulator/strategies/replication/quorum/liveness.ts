/**
 * Whom a coordinator takes to be away: servers that were silent for a request's whole time-out, or whose connection was refused
 * or reset. Anything heard from one takes that back; until then it is asked for a sign of life now and then. There are no
 * heartbeats: who is asked nothing is suspected of nothing.
 */
import { Channel, type Io } from "../../../../base/machine.ts";
import type { ServerId } from "../../../../base/ids.ts";
import type { Duration } from "../../../../base/time.ts";
import type { PartContext } from "../../contracts.ts";
import { BYTES, Message } from "../../messages.ts";

export interface Liveness {
  readonly isAway: (server: number) => boolean;
  /** Since when (local time); only of those that are away. */
  readonly awaySince: (server: number) => number;
  /** Something came from there: true if it was thought to be away. */
  readonly heard: (server: number, io: Io) => boolean;
  /** A request sent at `since` was not answered. */
  readonly silent: (server: number, since: number, io: Io) => void;
  readonly broken: (server: number, io: Io) => void;
  readonly due: (io: Io) => void;
}

const NEVER_HEARD = -1;
const HERE = -1;

export function createLiveness(context: PartContext, every: Duration, timer: number): Liveness {
  const lastHeard = new Float64Array(context.servers.length).fill(NEVER_HEARD);
  const since = new Float64Array(context.servers.length).fill(HERE);
  let away = 0;
  let isArmed = false;

  function suspect(server: number, io: Io): void {
    if (since[server]! !== HERE) return;
    since[server] = io.now();
    away += 1;
    if (isArmed) return;
    isArmed = true;
    io.setTimer(timer, every);
  }

  return {
    isAway: (server) => since[server]! !== HERE,
    awaySince: (server) => since[server]!,
    heard: (server, io) => {
      lastHeard[server] = io.now();
      if (since[server]! === HERE) return false;
      since[server] = HERE;
      away -= 1;
      return true;
    },
    silent: (server, from, io) => {
      if (lastHeard[server]! < from) suspect(server, io);
    },
    broken: suspect,
    due: (io) => {
      isArmed = away > 0;
      if (!isArmed) return;
      io.setTimer(timer, every);
      for (let server = 0; server < since.length; server += 1) {
        if (since[server]! === HERE) continue;
        const slot = io.message();
        io.messages.bytes[slot] = BYTES.envelope;
        io.send(context.agentMachine(server as ServerId), Channel.Control, Message.Ping, slot);
      }
    },
  };
}
