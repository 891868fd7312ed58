/**
 * Reads at a standby, as old as the reader allows. A standby cannot see how far behind it is, so while such reads come it
 * asks its primary at times what has been acknowledged by now. Asked at its own time s, told index X: once it has applied
 * X it lacks nothing that was acknowledged before s. Only its own clock is used, so no clock error enters but drift over
 * the bound. (ReadIndex of Raft, dissertation section 6.4, kept for a while; CockroachDB's closed timestamps promise the
 * like by synchronised clocks.)
 *
 * What it rests on: the primary that answers is the primary. One that has been deposed and does not know it answers for a
 * history that is over, and its standbys then answer from it.
 */
import type { MachineId } from "../../../base/ids.ts";
import { Channel, type Io } from "../../../base/machine.ts";
import { milliseconds, type Duration } from "../../../base/time.ts";
import { BYTES, Message } from "../messages.ts";

/** So many questions in the length of the bound: an answer is then at most a quarter of it old, and the way there and back. */
const QUESTIONS_PER_BOUND = 4;
/** However small the bound. */
const PERIOD_LEAST = milliseconds(1);
/** Questions stop when no such read has come for so many periods. */
const IDLE_PERIODS = 40;
/** Answers that wait to be applied; beyond, the oldest is forgotten, which errs on the side of age. */
const WAITING_MOST = 64;

export interface StandbyReads {
  /** Is a standby that allows reads of this age likely to serve? What a request costs in the queue depends on it. */
  readonly mayServe: (bound: number) => boolean;
  /** May this replica, not being the primary, answer a read of this age? Its log is its primary's up to `agreed`. */
  readonly admits: (bound: number, agreed: number, io: Io) => boolean;
  /** The question is due: asks `primary`, if there is one. */
  readonly ask: (primary: MachineId | undefined, shard: number, epoch: number, io: Io) => void;
  /** The primary's answer, under this replica's epoch. */
  readonly told: (index: number, askedAt: number, agreed: number, io: Io) => void;
  /** Another epoch: what an older primary said holds no longer. */
  readonly forget: () => void;
}

export function createStandbyReads(timer: number): StandbyReads {
  /** Least bound of the reads that came lately, and when the last came. */
  let bound = Infinity;
  let wantedAt = 0;
  let isAsking = false;
  let isBehind = true;
  /** Nothing acknowledged before this is missing here. */
  let freshAt = -Infinity;
  const waiting: { readonly index: number; readonly askedAt: number }[] = [];

  const period = (): Duration => Math.max(PERIOD_LEAST, Math.floor(bound / QUESTIONS_PER_BOUND)) as Duration;
  /** A standby that applies on arrival is up to date as far as its log is known to be its primary's. */
  function catchUp(agreed: number, io: Io): void {
    const has = Math.min(agreed, io.log.applied());
    while (waiting.length > 0 && waiting[0]!.index <= has) freshAt = Math.max(freshAt, waiting.shift()!.askedAt);
  }

  return {
    mayServe: (allowed) => allowed === Infinity || (allowed > 0 && !isBehind),
    admits: (allowed, agreed, io) => {
      if (allowed === Infinity) return true;
      if (allowed <= 0) return false;
      bound = Math.min(bound, allowed);
      wantedAt = io.now();
      if (!isAsking) {
        isAsking = true;
        io.setTimer(timer, 0 as Duration);
      }
      catchUp(agreed, io);
      isBehind = io.now() - freshAt > allowed;
      return !isBehind;
    },
    ask: (primary, shard, epoch, io) => {
      if (io.now() - wantedAt > IDLE_PERIODS * period()) {
        isAsking = false;
        isBehind = true;
        bound = Infinity;
        return;
      }
      io.setTimer(timer, period());
      if (primary === undefined) return;
      const slot = io.message();
      io.messages.shard[slot] = shard;
      io.messages.epoch[slot] = epoch;
      io.messages.time[slot] = io.now();
      io.messages.bytes[slot] = BYTES.envelope;
      io.send(primary, Channel.Control, Message.AskCommitted, slot);
    },
    told: (index, askedAt, agreed, io) => {
      waiting.push({ index, askedAt });
      if (waiting.length > WAITING_MOST) waiting.shift();
      catchUp(agreed, io);
      isBehind = io.now() - freshAt > bound;
    },
    forget: () => {
      waiting.length = 0;
      freshAt = -Infinity;
      isBehind = true;
    },
  };
}

/** The primary's side: answers the question in `slot` with how far it has acknowledged under its epoch. */
export function tellCommitted(slot: number, to: MachineId, shard: number, epoch: number, index: number, io: Io): void {
  const m = io.messages;
  const reply = io.message();
  m.shard[reply] = shard;
  m.epoch[reply] = epoch;
  m.index[reply] = index;
  m.time[reply] = m.time[slot]!;
  m.bytes[reply] = BYTES.envelope;
  io.send(to, Channel.Control, Message.ToldCommitted, reply);
}
