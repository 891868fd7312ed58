/**
 * How a primary's log gets to its standbys: shipped in order within a window, aligned by the epoch of entries where a
 * standby's log may differ (compare Raft, section 5.3; Kafka KIP-101), and sent again to those that do not answer.
 */
import { Channel, type Io } from "../../../base/machine.ts";
import { seconds } from "../../../base/time.ts";
import { BYTES, Message } from "../messages.ts";
import type { Peer } from "./peers.ts";

/** Entries that one message carries at most: keeps a catch-up from filling a core's queue with one huge job. */
export const ENTRIES_BOUND = 512;
/** Entries sent and not yet acknowledged, per standby, before the primary waits (flow control). */
const WINDOW = 4096;
/** A shipment unanswered for so long is sent again: connections may have been reset under it. */
export const RESEND_AFTER = seconds(1);

export interface Shipping {
  /** Ships all there is by now to every standby. */
  readonly ship: (io: Io) => void;
  /** Sends what the last shipment meant to send and the window allowed not. */
  readonly pump: (peer: Peer, io: Io) => void;
  /** Tells every standby where this epoch's log begins, so that forked entries are taken back. */
  readonly align: (io: Io) => void;
  /** A standby whose last entry is (index, entryEpoch): finds the last entry that both share, and goes on from there. */
  readonly alignPeer: (peer: Peer, index: number, entryEpoch: number, io: Io) => void;
  /** Ships what comes after `shared`, aligning; the rest follows as it is acknowledged. */
  readonly shipFrom: (peer: Peer, shared: number, io: Io) => void;
  readonly sendEntries: (peer: Peer, from: number, to: number, aligning: boolean, io: Io) => void;
  /** What there is to ship by now. */
  readonly shippable: (io: Io) => number;
  /** Looks after a while whether standbys get on; not put off by what is shipped meanwhile, or a stuck one would stay stuck. */
  readonly watchOver: (io: Io) => void;
  readonly rest: (io: Io) => void;
  /** The time to look has come: standbys that have not answered are sent again what they may not have got. */
  readonly resend: (io: Io) => void;
}

export interface ShippingParts {
  readonly shard: number;
  readonly epoch: () => number;
  readonly isFeeder: () => boolean;
  /** Of a log that is itself fed: up to where it is known to be the primary's. */
  readonly limit: (io: Io) => number;
  /** Where this epoch's log ends as far as is known: what an older epoch left beyond is forked. */
  readonly end: (io: Io) => number;
  /** Puts into a shipment what it says beside entries. */
  readonly tell: (slot: number, io: Io) => void;
  readonly peers: () => readonly Peer[];
  readonly shipsUnsynced: boolean;
  readonly timer: number;
  /** A standby shares the log up to `shared` and lacks the rest: true if something else has to reach it first (resync.ts). */
  readonly lacks: (peer: Peer, shared: number, end: number, io: Io) => boolean;
}

export function createShipping({
  shard,
  epoch,
  isFeeder,
  limit,
  end: logEnd,
  tell,
  peers,
  shipsUnsynced,
  timer,
  lacks,
}: ShippingParts): Shipping {
  /** Is the timer set that looks after slow standbys? */
  let isWatching = false;

  const shippable = (io: Io): number => Math.min(limit(io), shipsUnsynced ? io.log.written() : io.log.synced());
  const end = (io: Io): number => Math.min(limit(io), io.log.written());

  function ship(io: Io): void {
    const last = shippable(io);
    for (const peer of peers()) {
      peer.goal = last;
      pump(peer, io);
    }
  }

  function pump(peer: Peer, io: Io): void {
    if (!peer.aligned) return;
    while (peer.sent < peer.goal && peer.sent - peer.synced < WINDOW) {
      const from = peer.sent + 1;
      const to = Math.min(peer.goal, peer.sent + ENTRIES_BOUND);
      sendEntries(peer, from, to, false, io);
      peer.sent = to;
    }
    if (peer.synced < peer.goal) watchOver(io);
  }

  function watchOver(io: Io): void {
    if (isWatching) return;
    isWatching = true;
    io.setTimer(timer, RESEND_AFTER);
  }

  function rest(io: Io): void {
    isWatching = false;
    io.cancelTimer(timer);
  }

  function sendEntries(peer: Peer, from: number, to: number, aligning: boolean, io: Io): void {
    const m = io.messages;
    const slot = io.message();
    m.shard[slot] = shard;
    m.epoch[slot] = epoch();
    m.index[slot] = from - 1;
    m.until[slot] = from - 1 <= io.log.base() ? -1 : io.log.epochAt(from - 1);
    m.count[slot] = aligning ? 1 : 0;
    m.time[slot] = logEnd(io);
    tell(slot, io);
    m.key[slot] = to - from + 1;
    m.bytes[slot] = BYTES.envelope + (to - from + 1) * BYTES.entry;
    if (to >= from) io.attachEntries(slot, from, to);
    io.send(peer.machine, Channel.Data, Message.Append, slot);
  }

  function align(io: Io): void {
    for (const peer of peers()) {
      peer.aligned = false;
      peer.goal = end(io);
      peer.sent = end(io);
      peer.synced = Math.min(peer.synced, io.log.base());
      peer.acked = Math.min(peer.acked, io.log.base());
      sendEntries(peer, end(io) + 1, end(io), true, io);
    }
    watchOver(io);
  }

  function alignPeer(peer: Peer, index: number, entryEpoch: number, io: Io): void {
    let shared = Math.min(index, end(io));
    while (shared > io.log.base() && io.log.epochAt(shared) > entryEpoch) shared -= 1;
    shared = Math.max(shared, io.log.base());
    peer.synced = Math.min(peer.synced, shared);
    peer.acked = Math.min(peer.acked, shared);
    peer.aligned = false;
    // One that holds more than is shared finds out by the first entries, and has that mended first.
    if (shared < index || !lacks(peer, shared, shippable(io), io)) return shipFrom(peer, shared, io);
    // As long as it has not all, it is none of those that get on.
    peer.goal = Math.max(shippable(io), shared);
    watchOver(io);
  }

  function shipFrom(peer: Peer, shared: number, io: Io): void {
    // A standby that has to catch up gets all there is, whatever the pause between shipments.
    const to = Math.min(shippable(io), shared + ENTRIES_BOUND);
    peer.goal = Math.max(shippable(io), shared);
    peer.sent = Math.max(to, shared);
    sendEntries(peer, shared + 1, Math.max(to, shared), true, io);
    watchOver(io);
  }

  function resend(io: Io): void {
    isWatching = false;
    if (!isFeeder()) return;
    let waiting = false;
    for (const peer of peers()) {
      if (peer.aligned && peer.synced >= peer.goal) continue;
      waiting = true;
      const getsOn = peer.aligned && peer.synced > peer.seen;
      peer.seen = peer.synced;
      if (getsOn || peer.resync !== 0) continue;
      peer.answered = -1;
      if (!peer.aligned) sendEntries(peer, end(io) + 1, end(io), true, io);
      else {
        // Its answers may be lost; what is settled it has, or the window would never open again.
        peer.synced = Math.max(peer.synced, io.log.base());
        peer.sent = peer.synced;
        pump(peer, io);
      }
    }
    if (waiting) watchOver(io);
  }

  return { ship, pump, align, alignPeer, shipFrom, sendEntries, shippable, watchOver, rest, resend };
}
