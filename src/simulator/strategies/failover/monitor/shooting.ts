/**
 * Shots at servers (fencing/stonith.ts): after a delay, taking their time, failing at times, confirmed or not. One at a time
 * for each server; a server that is heard again before the shot has left is spared.
 */
import type { ServerId } from "../../../../base/ids.ts";
import { Channel, ChildChange, type Input, type Io } from "../../../../base/machine.ts";
import type { Duration } from "../../../../base/time.ts";
import type { Range, StonithTerms } from "../../contracts.ts";
import { BYTES, Message } from "../../messages.ts";
import { lateTimers, type Notes } from "./notes.ts";

export interface Shooting {
  readonly shoot: (server: number, io: Io) => void;
  readonly isDead: (server: number) => boolean;
  /** All shots have failed, and the successor may be made all the same. */
  readonly isHopeless: (server: number) => boolean;
  /** The timer of a server's shot; false for one of something else. */
  readonly due: (timer: number, io: Io) => boolean;
  /** The process of a server has ended, by whoever's order. */
  readonly child: (input: Input, io: Io) => void;
  /** A server has pulled the trigger for this monitor. */
  readonly shot: (server: number, io: Io) => void;
  /** A server was heard. */
  readonly heard: (server: number, io: Io) => void;
}

/** Waiting: the trigger is not pulled yet. Flying: it is. Shooting: asked for, or landed, and not confirmed. */
const Phase = { Idle: 0, Waiting: 1, Flying: 2, Shooting: 3, Dead: 4, Hopeless: 5 } as const;

/** `ended`: a server is dead, or given up: whoever waits for it goes on. */
export function createShooting(notes: Notes, terms: StonithTerms, ended: (server: number, io: Io) => void): Shooting {
  const { context, suspected } = notes;
  const servers = context.servers.length;
  const phase = new Uint8Array(servers);
  const shots = new Int32Array(servers);
  const first = lateTimers(context).shots;

  const draw = ({ from, to }: Range, purpose: string, io: Io): number => from + Math.floor(io.random(purpose).uniform() * (to - from + 1));

  function aim(server: number, io: Io): void {
    phase[server] = Phase.Waiting;
    const spared = notes.map.owners.includes(server) ? terms.sparePrimary : 0;
    io.setTimer(first + server, Math.max(1, draw(terms.delay, "stonith delay", io) + spared) as Duration);
  }

  /** Pulls the trigger, or has a server do it: one that was shot itself meanwhile does not. */
  function fire(server: number, io: Io): void {
    shots[server] = shots[server]! + 1;
    if (terms.by === "monitor") return pulled(server, io);
    phase[server] = Phase.Shooting;
    io.setTimer(first + server, terms.timeout);
    const shooter = context.servers.find(({ id }) => id !== (server as ServerId) && suspected[id] === 0);
    if (shooter === undefined) return;
    const slot = io.message();
    io.messages.who[slot] = server;
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(context.agentMachine(shooter.id), Channel.Control, Message.Shoot, slot);
  }

  /** From now on nothing calls the shot back. */
  function pulled(server: number, io: Io): void {
    phase[server] = Phase.Flying;
    io.setTimer(first + server, Math.max(1, draw(terms.takes, "stonith", io)) as Duration);
  }

  function land(server: number, io: Io): void {
    phase[server] = Phase.Shooting;
    io.setTimer(first + server, terms.timeout);
    if (io.random("stonith fails").uniform() >= terms.fails) io.process("kill", context.processOfServer(server as ServerId), terms.via);
  }

  function confirmed(server: number, io: Io): void {
    // A shot that was thought to have failed may be confirmed late.
    if (phase[server] === Phase.Idle || phase[server] === Phase.Dead) return;
    phase[server] = Phase.Dead;
    shots[server] = 0;
    io.cancelTimer(first + server);
    io.fact({ kind: "note", topic: "stonith", text: `server ${server} has ended, by ${notes.name}` });
    if (terms.reboot !== undefined) io.setTimer(first + server, terms.reboot);
    ended(server, io);
  }

  function overdue(server: number, io: Io): void {
    switch (phase[server]) {
      case Phase.Waiting:
        return fire(server, io);
      case Phase.Flying:
        return land(server, io);
      case Phase.Shooting:
        // It lives and is heard: what was on its way came to nothing, and there is no reason any more.
        if (suspected[server] === 0) {
          phase[server] = Phase.Idle;
          shots[server] = 0;
          return;
        }
        if (shots[server]! <= terms.retries) return aim(server, io);
        shots[server] = 0;
        io.fact({ kind: "note", topic: "stonith failed", text: `server ${server}, by ${notes.name}` });
        if (terms.onFailure === "wait") return aim(server, io);
        phase[server] = Phase.Hopeless;
        return ended(server, io);
      case Phase.Dead:
        return io.process("start", context.processOfServer(server as ServerId), terms.via);
      default:
        return;
    }
  }

  return {
    shoot: (server, io) => {
      if (phase[server] === Phase.Idle) aim(server, io);
    },
    isDead: (server) => phase[server] === Phase.Dead,
    isHopeless: (server) => phase[server] === Phase.Hopeless,
    due: (timer, io) => {
      if (timer < first || timer >= first + servers) return false;
      overdue(timer - first, io);
      return true;
    },
    child: (input, io) => {
      for (let server = 0; server < servers; server += 1)
        if (context.processOfServer(server as ServerId) === input.peer && input.change === ChildChange.Down) confirmed(server, io);
    },
    shot: (server, io) => {
      if (phase[server] === Phase.Shooting) pulled(server, io);
    },
    heard: (server, io) => {
      // One that is on its way cannot be called back.
      if (phase[server] === Phase.Idle || phase[server] === Phase.Flying || phase[server] === Phase.Shooting) return;
      phase[server] = Phase.Idle;
      shots[server] = 0;
      io.cancelTimer(first + server);
    },
  };
}
