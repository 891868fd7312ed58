/**
 * What answers for a server under a monitor: pings, and whether this server reaches another (`AskReach`), found out by a
 * ping of its own; and it shoots for the monitor, where servers do.
 */
import type { MachineId, ServerId } from "../../../base/ids.ts";
import { Channel, ConnectionChange, Is, type Input, type Io, type Machine } from "../../../base/machine.ts";
import type { Duration } from "../../../base/time.ts";
import type { PartContext } from "../contracts.ts";
import { BYTES, Message } from "../messages.ts";
import { createAgent } from "./agent.ts";

interface Asked {
  readonly by: MachineId;
  readonly shard: number;
}

export function createWitness(server: ServerId, context: PartContext): Machine {
  const agent = createAgent(server, context);
  /** Questions by the server that they are about; timers are numbered like servers. */
  const open = new Map<number, Asked[]>();

  function ask(input: Input, io: Io): void {
    const m = io.messages;
    const who = m.who[input.slot]!;
    const asked = open.get(who) ?? [];
    open.set(who, [...asked, { by: input.from, shard: m.shard[input.slot]! }]);
    if (asked.length > 0) return;
    io.setTimer(who, Math.max(1, m.time[input.slot]!) as Duration);
    const slot = io.message();
    m.bytes[slot] = BYTES.envelope;
    io.send(context.agentMachine(who as ServerId), Channel.Control, Message.Ping, slot);
  }

  function answer(who: number, isReached: boolean, io: Io): void {
    const asked = open.get(who);
    if (asked === undefined) return;
    open.delete(who);
    io.cancelTimer(who);
    for (const { by, shard } of asked) {
      const slot = io.message();
      const m = io.messages;
      m.shard[slot] = shard;
      m.who[slot] = who;
      m.key[slot] = server;
      m.count[slot] = isReached ? 1 : 0;
      m.bytes[slot] = BYTES.envelope;
      io.send(by, Channel.Control, Message.Reach, slot);
    }
  }

  /** This server pulls the trigger, and lives: what the other's board does then nobody calls back. */
  function shoot(input: Input, io: Io): void {
    const slot = io.message();
    io.messages.who[slot] = io.messages.who[input.slot]!;
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(input.from, Channel.Control, Message.Shot, slot);
  }

  return {
    step: (input, io) => {
      if (input.kind === Is.Timer) return answer(input.id, false, io);
      if (input.kind === Is.Connection) {
        if (input.change === ConnectionChange.Opened) return;
        for (const who of [...open.keys()]) if (context.processOfServer(who as ServerId) === input.peer) answer(who, false, io);
        return;
      }
      if (input.kind !== Is.Message) return;
      if (input.message === Message.AskReach) return ask(input, io);
      if (input.message === Message.Shoot) return shoot(input, io);
      if (input.message !== Message.Pong) return agent.step(input, io);
      for (const who of [...open.keys()]) if (context.agentMachine(who as ServerId) === input.from) answer(who, true, io);
    },
  };
}
