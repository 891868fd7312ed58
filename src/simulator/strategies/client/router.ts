/**
 * A router: it routes for clients by its own cached map, as a client that routes for itself does (smart-client.ts), and
 * answers them. A request that cannot be served now waits in a buffer that is bounded in number and time, as in Vitess'
 * vtgate; there it is tried again and again until the client's attempt is over.
 */
import type { MachineId } from "../../../base/ids.ts";
import { Channel, Finish, Is, Outcome, type Input, type Io, type Machine } from "../../../base/machine.ts";
import type { Duration } from "../../../base/time.ts";
import type { ClientContext } from "../contracts.ts";
import { BYTES, Message, PARTIAL } from "../messages.ts";
import { createSmartClient, type SmartClientOptions } from "./smart-client.ts";

export interface RouterOptions extends SmartClientOptions {
  readonly buffer: { readonly requests: number; readonly window: Duration; readonly every: Duration };
  /** Of one attempt at a server. */
  readonly timeout: Duration;
}

/** Whom to answer about an operation. */
interface Asker {
  readonly client: MachineId;
  readonly attempt: number;
  /** Of the operation: another one may have its slot by now. */
  readonly identity: number;
}

export function createRouter(context: ClientContext, options: RouterOptions): Machine {
  const { every } = options.buffer;
  const inner = createSmartClient(
    {
      ...context,
      client: {
        ...context.client,
        timeout: options.timeout,
        // The buffer decides how long is tried, and how many may try.
        retries: Infinity,
        budget: 1,
        backoff: { first: every, factor: 1, max: every, jitter: 0 },
        buffer: options.buffer,
      },
    },
    options,
  );
  const askers = new Map<number, Asker>();
  /** Operations of which nobody wants to hear any more, found while they were acted upon. */
  const gone: number[] = [];
  let outer: Io | undefined;
  let routing: Io | undefined;

  /** Does anybody still wait for this operation? */
  const isWanted = (operation: number, io: Io): boolean => askers.get(operation)?.identity === io.identity(operation);

  /** The world as the routing inside sees it: it ends requests by answers, and asks nothing that nobody waits for. */
  function inside(io: Io): Io {
    if (outer === io && routing !== undefined) return routing;
    outer = io;
    routing = {
      ...io,
      send: (to, channel, kind, slot) => {
        const operation = io.messages.operation[slot]!;
        if (operation < 0 || isWanted(operation, io)) return io.send(to, channel, kind, slot);
        gone.push(operation);
        // A message without an operation is nobody's: it is forgotten on arrival.
        io.messages.operation[slot] = -1;
        io.tell(io.self(), Message.Nothing, slot);
      },
      finish: (operation, ending) => answer(operation, ending, io),
    };
    return routing;
  }

  function answer(operation: number, ending: Finish, io: Io): void {
    const asker = askers.get(operation);
    const isLate = !isWanted(operation, io);
    askers.delete(operation);
    if (asker === undefined || isLate) return;
    const slot = io.message();
    io.messages.operation[slot] = operation;
    io.messages.count[slot] = asker.attempt;
    io.messages.outcome[slot] =
      ending === Finish.Refused ? Outcome.Unavailable : ending === Finish.Ambiguous ? Outcome.Interrupted : Outcome.Done;
    io.messages.index[slot] = ending === Finish.Partial ? PARTIAL : 0;
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(asker.client, Channel.Data, Message.ProxyReply, slot);
  }

  /** A client's request, made into one of the routing's own. */
  function take(input: Input, io: Io): void {
    const { slot } = input;
    const m = io.messages;
    const operation = m.operation[slot]!;
    // The client tries again, or another operation has the slot of one whose client went: what was under way is nobody's now.
    if (askers.has(operation)) inner.forget(operation);
    askers.set(operation, { client: input.from, attempt: m.count[slot]!, identity: io.identity(operation) });
    m.count[slot] = m.version[slot]!;
    m.version[slot] = 0;
    m.until[slot] = io.now() + m.until[slot]!;
    m.bytes[slot] = m.bytes[slot]! - BYTES.envelope;
    inner.issue(slot, false, inside(io));
  }

  return {
    step: (input, io) => {
      if (input.kind === Is.Message && input.message === Message.ProxyRequest) take(input, io);
      else if (input.kind === Is.Told) return;
      else inner.step(input, inside(io));
      for (let operation = gone.pop(); operation !== undefined; operation = gone.pop()) {
        inner.forget(operation);
        if (!isWanted(operation, io)) askers.delete(operation);
      }
    },
  };
}
