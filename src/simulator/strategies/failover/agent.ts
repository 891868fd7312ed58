/** What answers for a whole server: pings. It shares the server's cores, so an overloaded server answers late. */
import { Channel, Is, type Machine } from "../../../base/machine.ts";
import { BYTES, Message } from "../messages.ts";

export function createAgent(): Machine {
  return {
    step: (input, io) => {
      if (input.kind !== Is.Message || input.message !== Message.Ping) return;
      const slot = io.message();
      io.messages.index[slot] = io.messages.index[input.slot]!;
      io.messages.bytes[slot] = BYTES.envelope;
      io.send(input.from, Channel.Control, Message.Pong, slot);
    },
  };
}
