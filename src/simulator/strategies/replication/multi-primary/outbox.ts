/**
 * What a primary still has to ship to another: its own writes in order, on its disk until they are confirmed, like the log that a
 * replication slot keeps. Confirmed or not, they are sent once; what is not confirmed in time is sent again.
 */
import type { MachineId } from "../../../../base/ids.ts";
import { Channel, type Io } from "../../../../base/machine.ts";
import { BYTES, Message } from "../../messages.ts";

/** Entries of one shipment at most, and of what is on its way unconfirmed: a peer that is away is not sent everything again and again. */
const BATCH = 256;
const WINDOW = 2_048;

export interface Outbox {
  /** A place of the shelf with a write that is synced here. */
  readonly add: (place: number) => void;
  /** Sends what has not been sent. */
  readonly ship: (io: Io) => void;
  /** The other has synced everything up to this entry, which an outbox of this incarnation has sent. */
  readonly confirmed: (number: number, incarnation: number, io: Io) => void;
  /** The connection broke, or nothing was confirmed for long: begins again with the oldest. */
  readonly again: (io: Io) => void;
  /** After a crash: what was on the disk, in order; numbers begin anew. */
  readonly recover: (places: readonly number[], incarnation: number) => void;
  /** Local time since which the oldest entry that was sent waits; Infinity if none does. */
  readonly waitsSince: () => number;
}

export function createOutbox(shard: number, to: MachineId): Outbox {
  /** From the oldest that is not confirmed; the first has number `first`. */
  let places: number[] = [];
  let head = 0;
  let first = 1;
  let sent = 0;
  let since = Infinity;
  let era = 0;

  const count = (): number => places.length - head;

  function ship(io: Io): void {
    while (sent < count() && sent < WINDOW) {
      const m = io.messages;
      const slot = io.message();
      const size = Math.min(BATCH, count() - sent, WINDOW - sent);
      for (let i = 0; i < size; i += 1) io.shelf.attach(slot, places[head + sent + i]!);
      sent += size;
      m.shard[slot] = shard;
      m.index[slot] = first + sent - 1;
      m.key[slot] = size;
      // Whether something before it is missing: the other can tell by what is the oldest, and by what it has had from this incarnation.
      m.until[slot] = first;
      m.epoch[slot] = era;
      m.bytes[slot] = m.bytes[slot]! + BYTES.envelope + size * BYTES.entry;
      if (since === Infinity) since = io.now();
      io.send(to, Channel.Data, Message.PrimaryShip, slot);
    }
  }

  return {
    add: (place) => {
      places.push(place);
    },
    ship,
    confirmed: (number, incarnation, io) => {
      if (incarnation !== era) return;
      const known = Math.min(number - first + 1, count());
      for (let i = 0; i < known; i += 1) io.shelf.drop(places[head + i]!);
      if (known > 0) {
        head += known;
        first += known;
        sent = Math.max(0, sent - known);
        since = sent > 0 ? io.now() : Infinity;
      }
      if (head > 1_024 && head * 2 > places.length) {
        places = places.slice(head);
        head = 0;
      }
      ship(io);
    },
    again: (io) => {
      sent = 0;
      since = Infinity;
      ship(io);
    },
    recover: (kept, incarnation) => {
      era = incarnation;
      places = [...kept];
      head = 0;
      sent = 0;
      since = Infinity;
    },
    waitsSince: () => since,
  };
}
