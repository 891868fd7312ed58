/**
 * How a standby applies what it has received, where that is a step of its own: as fast as it can, so late as it was told
 * (a delayed standby), or in batches at its own pace (a warm one). Received, written, synced and applied are kept apart;
 * nothing that was received is lost by it, and a promotion applies the rest first.
 */
import type { Io } from "../../../base/machine.ts";
import { Lane } from "../../../base/machine.ts";
import type { Duration } from "../../../base/time.ts";
import { Timer, Token, type Replica } from "./replica.ts";
import type { Applying } from "./policy.ts";

export interface Applier {
  /** More was received, or this replica follows again. */
  readonly look: (io: Io) => void;
  /** The piece at work, or the wait for the next, is done. True if everything that was to be applied is. */
  readonly done: (io: Io) => boolean;
  /** The same by the timer. */
  readonly due: (io: Io) => boolean;
  /** This replica is to be primary: nothing waits any longer. True if everything is applied already. */
  readonly finish: (io: Io) => boolean;
  /** This replica is a standby (again): what must be old waits. */
  readonly stand: () => void;
}

/** Entries applied in one piece: others get at the cores in between. */
const PIECE = 512;
/** Of a standby without delay. */
const NO_DELAY = 0 as Duration;

export function createApplier(replica: Replica, applying: Exclude<Applying, { readonly kind: "onArrival" }>): Applier {
  const { applyDemand } = replica.context;
  /** The end of the piece at work; -1: none. */
  let piece = -1;
  let isFinishing = false;
  /** Up to where the batch under way goes. */
  let batch = 0;
  let isPaused = false;

  const delay = applying.kind === "work" ? applying.delay : NO_DELAY;

  /** What may be applied by now; sets the timer for what may not. */
  function ripe(io: Io): number {
    const end = io.log.written();
    const from = io.log.applied();
    if (isFinishing) return end;
    if (applying.kind === "replay") return Math.min(batch, end);
    if (delay === 0) return end;
    let last = from;
    const newest = io.wall() - delay;
    while (last < end && last - from < PIECE && io.log.noteAt(last + 1) <= newest) last += 1;
    if (last === from && end > from) io.setTimer(Timer.Apply, Math.max(1, Math.ceil(io.log.noteAt(from + 1) - newest)) as Duration);
    return last;
  }

  function next(io: Io): void {
    if (piece >= 0 || isPaused || !io.log.exists()) return;
    const from = io.log.applied();
    const to = Math.min(ripe(io), from + PIECE);
    if (to <= from) return;
    piece = to;
    if (applying.kind === "replay") io.setTimer(Timer.Apply, Math.max(1, Math.ceil(((to - from) * 1_000_000) / applying.rate)) as Duration);
    else io.work(Lane.Work, Math.max(1, Math.round(applyDemand(to - from))) as Duration, Token.Apply);
  }

  function applied(io: Io): boolean {
    if (piece < 0) return false;
    // Some of it may have been taken back meanwhile.
    if (io.log.exists()) io.log.apply(Math.max(io.log.applied(), Math.min(piece, io.log.written())));
    piece = -1;
    if (!replica.isPrimary()) replica.commit = io.log.applied();
    next(io);
    if (!isFinishing || piece >= 0) return false;
    isFinishing = false;
    return true;
  }

  return {
    look: (io) => {
      // An erased replica has nothing to look at until it has its copy.
      if (!io.log.exists()) return;
      if (applying.kind === "replay" && !isPaused && piece < 0 && io.log.applied() >= Math.min(batch, io.log.written()) && !isFinishing) {
        if (io.log.written() === io.log.applied()) return;
        isPaused = true;
        return io.setTimer(Timer.Apply, Math.max(1, applying.every) as Duration);
      }
      next(io);
    },
    done: applied,
    due: (io) => {
      if (isPaused) {
        isPaused = false;
        if (!io.log.exists()) return false;
        batch = io.log.written();
        next(io);
        return false;
      }
      if (applying.kind !== "replay") {
        next(io);
        return false;
      }
      const isDone = applied(io);
      if (!isFinishing && piece < 0 && io.log.exists() && io.log.written() > io.log.applied()) {
        isPaused = true;
        io.setTimer(Timer.Apply, Math.max(1, applying.every) as Duration);
      }
      return isDone;
    },
    finish: (io) => {
      isFinishing = io.log.applied() < io.log.written();
      if (!isFinishing) return true;
      if (isPaused || (applying.kind === "work" && piece < 0)) io.cancelTimer(Timer.Apply);
      isPaused = false;
      next(io);
      return false;
    },
    stand: () => {
      isFinishing = false;
    },
  };
}
