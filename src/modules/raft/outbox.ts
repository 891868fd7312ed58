/** Messages of a peer: copies, since the module uses its own again, and those that wait until a write is durable. */
import type { PeerId } from "./entry.ts";
import { copyMessage, type Message } from "./messages.ts";

interface Held {
  readonly after: number;
  readonly message: Message;
  readonly to: PeerId;
}

export interface Outbox {
  /** May leave once all writes up to `after` are durable. */
  readonly hold: (after: number, message: Message, to: PeerId) => void;
  /** Sends what may leave by now, in order. */
  readonly release: (durable: number, send: (message: Message, to: PeerId) => void) => void;
  /** The message as it can travel: entries are shared, the rest is the traveller's own. */
  readonly copy: (message: Message) => Message;
}

export function createOutbox(): Outbox {
  let held: Held[] = [];
  /** Copies made by `hold` need no second copy. */
  const own = new WeakSet<Message>();
  return {
    hold: (after, message, to) => {
      const copy = copyMessage(message);
      own.add(copy);
      held.push({ after, message: copy, to });
    },
    release: (durable, send) => {
      if (held.length === 0) return;
      const leaving = held.filter(({ after }) => after <= durable);
      if (leaving.length === 0) return;
      held = held.filter(({ after }) => after > durable);
      for (const { message, to } of leaving) send(message, to);
    },
    copy: (message) => (own.has(message) ? message : copyMessage(message)),
  };
}
