/**
 * Hinted handoff: what a server missed while it was away, kept on another's disk and handed over when it is back, as fast as
 * the throttle allows (DeCandia et al., Dynamo, SOSP 2007, section 4.6; Cassandra's `max_hint_window` and
 * `hinted_handoff_throttle`).
 */
import type { ServerId, ShardId } from "../../../../base/ids.ts";
import { Channel, type Io } from "../../../../base/machine.ts";
import type { Duration } from "../../../../base/time.ts";
import type { PartContext } from "../../contracts.ts";
import { BYTES, Message, Purpose } from "../../messages.ts";
import type { QuorumOptions } from "./options.ts";

export interface Hints {
  /** Keeps what stands at this place of the shelf, which is the hints' from now on. */
  readonly add: (place: number, target: number, shard: number, io: Io) => void;
  /** The newest hint for a key of a server that this one stands in for, or -1. */
  readonly find: (target: number, key: number) => number;
  /** A server is back. */
  readonly returned: (target: number, io: Io) => void;
  /** A replica has what was handed over. */
  readonly delivered: (token: number, io: Io) => void;
  /** After a crash: what is on the disk. */
  readonly recover: (io: Io) => void;
  readonly due: (timer: number, io: Io) => void;
}

interface Hint {
  readonly place: number;
  readonly target: number;
  readonly shard: number;
  readonly key: number;
  readonly token: number;
}

/** A hint that was handed over and is not answered for so many time-outs is handed over again. */
const PATIENCE = 1;

export function createHints(
  context: PartContext,
  { hints: options, hintSize, tombstones, timeout }: QuorumOptions,
  isAway: (server: number) => boolean,
  timers: { readonly next: number; readonly flush: number },
): Hints {
  /** By target, in the order in which they were kept. */
  const queues = new Map<number, Map<number, Hint>>();
  const byToken = new Map<number, Hint>();
  const sentAt = new Map<number, number>();
  let tokens = 0;
  let isRunning = false;
  let isFlushDue = false;

  function enqueue(place: number, target: number, shard: number, io: Io): void {
    tokens += 1;
    const hint: Hint = { place, target, shard, key: io.shelf.keyOf(place), token: tokens };
    byToken.set(hint.token, hint);
    const queue = queues.get(target) ?? new Map<number, Hint>();
    queues.set(target, queue);
    queue.set(hint.token, hint);
  }

  function forget(hint: Hint, io: Io): void {
    const queue = queues.get(hint.target)!;
    queue.delete(hint.token);
    if (queue.size === 0) queues.delete(hint.target);
    byToken.delete(hint.token);
    sentAt.delete(hint.token);
    io.shelf.drop(hint.place);
  }

  /** The oldest hint of a server that is there which is not on its way; those too old to be handed over are dropped. */
  function nextHint(io: Io): Hint | undefined {
    for (const [target, queue] of queues) {
      if (isAway(target)) continue;
      let looked = 0;
      for (const hint of queue.values()) {
        looked += 1;
        if (looked > LOOK_AHEAD) break;
        // What was written longer ago than a tombstone lives could bring back what was deleted since. Cassandra counts from when the
        // hint was kept, which may be a time-out later; the write's stamp is on the disk too, and is what tombstones are purged by.
        if (io.shelf.stampOf(hint.place) + tombstones.grace < io.wall()) {
          forget(hint, io);
          continue;
        }
        const sent = sentAt.get(hint.token);
        if (sent === undefined || io.now() - sent > PATIENCE * timeout) return hint;
      }
    }
    return undefined;
  }

  function run(io: Io): void {
    isRunning = false;
    if (options === "none") return;
    const hint = nextHint(io);
    if (hint === undefined) {
      // Something is on its way: look again when it should have been answered.
      if ([...queues.keys()].some((target) => !isAway(target))) arm(timeout, io);
      return;
    }
    const m = io.messages;
    const slot = io.message();
    io.shelf.attach(slot, hint.place);
    m.shard[slot] = hint.shard;
    m.key[slot] = io.shelf.keyOf(hint.place);
    m.index[slot] = hint.token;
    m.count[slot] = Purpose.Hint;
    m.bytes[slot] = m.bytes[slot]! + BYTES.envelope + hintSize;
    const bytes = m.bytes[slot];
    sentAt.set(hint.token, io.now());
    const to = context.replicaMachine(hint.shard as ShardId, hint.target as ServerId);
    io.send(to, Channel.Bulk, Message.QuorumWrite, slot);
    arm(Math.ceil((bytes * 1_000_000) / options.throttle) as Duration, io);
  }

  function arm(after: Duration, io: Io): void {
    isRunning = true;
    io.setTimer(timers.next, after);
  }

  return {
    add: (place, target, shard, io) => {
      io.shelf.store(place, shard * SERVERS + target);
      enqueue(place, target, shard, io);
      if (!isFlushDue && options !== "none") {
        isFlushDue = true;
        io.setTimer(timers.flush, options.flush);
      }
      if (!isRunning && !isAway(target)) arm(timeout, io);
    },
    find: (target, key) => {
      // Seldom asked, and only while servers stand in for others.
      let best = -1;
      for (const hint of queues.get(target)?.values() ?? []) if (hint.key === key) best = hint.place;
      return best;
    },
    returned: (target, io) => {
      if (!isRunning && queues.has(target)) run(io);
    },
    delivered: (token, io) => {
      const hint = byToken.get(token);
      if (hint !== undefined) forget(hint, io);
    },
    recover: (io) => {
      for (const { place, about } of io.shelf.stored()) enqueue(place, about % SERVERS, Math.floor(about / SERVERS), io);
      if (queues.size > 0) arm(timeout, io);
    },
    due: (timer, io) => {
      if (timer === timers.next) return run(io);
      isFlushDue = false;
      io.sync(0);
    },
  };
}

/** More servers than a scenario may have: hints are marked with shard x this + server. */
const SERVERS = 16_384;
/** Hints of one server that may be on their way. */
const LOOK_AHEAD = 64;
