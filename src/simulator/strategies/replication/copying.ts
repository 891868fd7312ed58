/**
 * A primary makes a copy of its shard for a server that has none: a snapshot of what it has applied, carried over
 * transfers that share bandwidth with everything else, then what was written since, shipped like to any standby. The copy
 * goes at the pace it was asked for: so many bytes, then a pause, as backfill throttles of real systems do.
 */
import { Channel, TransferChange, type Input, type Io, type Snapshot } from "../../../base/machine.ts";
import type { Monotonic } from "../../../base/time.ts";
import { milliseconds, seconds, type Duration } from "../../../base/time.ts";
import { BYTES, Message } from "../messages.ts";
import type { Peer } from "./peers.ts";

export interface Copying {
  /**
   * A copy is wanted on a peer, at so many bytes per second at most (0: no limit); `replaces` what it holds if that is a
   * replica too old to be brought up to date. Asked again while it is under way, nothing changes.
   */
  readonly begin: (peer: Peer, throttle: number, io: Io, replaces?: boolean) => void;
  /** News of a transfer; for those of another part nothing happens. */
  readonly transferred: (input: Input, io: Io) => void;
  /** A timer of `timer` and above: true if it was one of these. */
  readonly due: (id: number, io: Io) => boolean;
  /** Nothing more is copied from here: it is no primary any more. */
  readonly stop: (io: Io) => void;
}

interface Copy {
  readonly peer: Peer;
  readonly ordinal: number;
  readonly token: number;
  readonly throttle: number;
  readonly replaces: boolean;
  readonly bytes: number;
  readonly startedAt: Monotonic;
  readonly snapshot: Snapshot;
  sent: number;
  chunk: number;
  /** A transfer is under way, not a pause. */
  isMoving: boolean;
  /** The snapshot has gone out: what is missing is the server's word. */
  isOut: boolean;
}

/** A throttled copy goes in pieces of this length. */
const CHUNK = milliseconds(100);
/** A copy that does not get on for so long is given up; who wanted it asks again. */
const PATIENCE = seconds(10);
/** Ordinals have fewer bits than this: tokens are ordinal + generation x this. */
const ORDINALS = 32;

export function createCopying(
  shard: number,
  server: number,
  epoch: () => number,
  owner: () => number,
  dataBytes: () => number,
  timer: number,
): Copying {
  const copies: (Copy | undefined)[] = [];
  let generation = 0;

  function next(copy: Copy, io: Io): void {
    const piece = copy.throttle > 0 ? Math.max(1, (copy.throttle * CHUNK) / 1_000_000) : copy.bytes;
    copy.chunk = Math.max(1, Math.min(copy.bytes - copy.sent, piece));
    copy.isMoving = true;
    io.transfer(copy.peer.machine, copy.chunk, copy.token);
    io.setTimer(timer + copy.ordinal, PATIENCE);
  }

  function state(copy: Copy, phase: "start" | "done" | "failed", io: Io): void {
    if (!copy.replaces) return;
    io.fact({
      kind: "resync",
      phase,
      how: "copy",
      shard,
      epoch: epoch(),
      from: server,
      to: copy.peer.server,
      entries: 0,
      transferred: copy.bytes,
    });
  }

  function end(copy: Copy, io: Io): void {
    if (!copy.isOut) state(copy, "failed", io);
    copies[copy.ordinal] = undefined;
    io.log.discard(copy.snapshot);
    io.cancelTimer(timer + copy.ordinal);
  }

  function install(copy: Copy, io: Io): void {
    const slot = io.message();
    io.messages.shard[slot] = shard;
    io.messages.epoch[slot] = epoch();
    io.messages.payload[slot] = copy.snapshot;
    io.messages.who[slot] = owner();
    io.messages.count[slot] = copy.replaces ? 1 : 0;
    io.messages.bytes[slot] = BYTES.envelope;
    state(copy, "done", io);
    io.send(copy.peer.machine, Channel.Bulk, Message.Install, slot);
    copy.isOut = true;
    copy.isMoving = true;
    io.setTimer(timer + copy.ordinal, PATIENCE);
  }

  return {
    begin: (peer, throttle, io, replaces = false) => {
      const ordinal = 31 - Math.clz32(peer.bit);
      const before = copies[ordinal];
      if (before?.peer === peer) return;
      // The server's machine was made anew: what went to the former reaches nobody.
      if (before !== undefined) end(before, io);
      generation += 1;
      peer.isJoining ||= !replaces;
      peer.aligned = false;
      peer.announced = 0;
      const snapshot = io.log.snapshot();
      const bytes = Math.max(1, dataBytes());
      const token = ordinal + generation * ORDINALS;
      const copy: Copy = {
        peer,
        ordinal,
        token,
        throttle,
        replaces,
        bytes,
        startedAt: io.now(),
        snapshot,
        sent: 0,
        chunk: 0,
        isMoving: false,
        isOut: false,
      };
      copies[ordinal] = copy;
      state(copy, "start", io);
      next(copy, io);
    },
    transferred: (input, io) => {
      const copy = copies[input.id % ORDINALS];
      if (copy?.token !== input.id) return;
      if (input.change === TransferChange.Failed) return end(copy, io);
      if (input.change === TransferChange.Progress) return io.setTimer(timer + copy.ordinal, PATIENCE);
      copy.sent += copy.chunk;
      if (copy.sent >= copy.bytes) return install(copy, io);
      const due = (copy.sent * 1_000_000) / copy.throttle - (io.now() - copy.startedAt);
      if (due < 1) return next(copy, io);
      copy.isMoving = false;
      io.setTimer(timer + copy.ordinal, Math.ceil(due) as Duration);
    },
    due: (id, io) => {
      if (id < timer || id >= timer + ORDINALS) return false;
      const copy = copies[id - timer];
      if (copy === undefined) return true;
      if (copy.isMoving) end(copy, io);
      else next(copy, io);
      return true;
    },
    stop: (io) => {
      for (const copy of copies) if (copy !== undefined) end(copy, io);
    },
  };
}
