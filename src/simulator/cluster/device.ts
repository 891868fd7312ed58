/**
 * The log device of a host: one flush at a time, one latency drawn per flush, one completion for all who asked before
 * it began; what arrives during a flush joins the next (group commit), up to a bound.
 */
import { TIME_MOST, type Instant } from "../../base/time.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { NO_EVENT, type EventId } from "../kernel/kernel.ts";
import { grown } from "./operations.ts";

export interface Device {
  /** Asks that everything written so far by `machine` be made durable. */
  readonly sync: (machine: number, token: number) => void;
  /** The flush ended: `synced` is called for each waiter with what had been written when the flush began. */
  readonly flushed: (synced: (machine: number, token: number, position: number) => void) => void;
  /** Power is gone: nobody is answered. */
  readonly clear: () => void;
  /** A process is gone: its waiters are not answered. */
  readonly forget: (isGone: (machine: number) => boolean) => void;
  /** What a machine had written beyond `position` was taken back: a flush under way does not make what takes its place durable. */
  readonly tookBack: (machine: number, position: number) => void;
  /** How long one more flush would take: drawn. */
  readonly flushTime: () => number;
  readonly flushes: () => number;
  /** From now on a flush takes so many times as long; the one under way too. */
  readonly slow: (factor: number) => void;
}

/** Waiters that one flush takes along: about 1 MB of small log records, a usual size of a log buffer. */
const FLUSH_BOUND = 4096;

interface Waiters {
  machine: Int32Array;
  token: Int32Array;
  position: Float64Array;
  count: number;
}

/** `begun` is called for each waiter when its flush begins, and gives how far its machine has written. */
export function createDevice(
  kernel: Kernel,
  event: number,
  host: number,
  latency: () => number,
  begun: (machine: number) => number,
): Device {
  let waiting = createWaiters();
  let flushing = createWaiters();
  let pending: EventId = NO_EVENT;
  let answering = false;
  let flushes = 0;
  let slowness = 1;
  let due = 0;
  const flushTime = (): number => (slowness === 1 ? latency() : Math.min(Math.round(latency() * slowness), TIME_MOST));

  function begin(): void {
    const batch = waiting;
    waiting = flushing;
    flushing = batch;
    waiting.count = 0;
    for (let i = FLUSH_BOUND; i < batch.count; i += 1) add(waiting, batch.machine[i]!, batch.token[i]!);
    batch.count = Math.min(batch.count, FLUSH_BOUND);
    for (let i = 0; i < batch.count; i += 1) batch.position[i] = begun(batch.machine[i]!);
    flushes += 1;
    due = kernel.now() + flushTime();
    pending = kernel.schedule(due as Instant, event, host, 0);
  }

  return {
    sync: (machine, token) => {
      add(waiting, machine, token);
      if (pending === NO_EVENT && !answering) begin();
    },
    flushed: (synced) => {
      pending = NO_EVENT;
      // What the answers cause joins the flush that begins right after them, at the same instant.
      answering = true;
      for (let i = 0; i < flushing.count; i += 1)
        if (flushing.machine[i]! >= 0) synced(flushing.machine[i]!, flushing.token[i]!, flushing.position[i]!);
      answering = false;
      flushing.count = 0;
      if (waiting.count > 0) begin();
    },
    clear: () => {
      waiting.count = 0;
      flushing.count = 0;
      kernel.cancel(pending);
      pending = NO_EVENT;
    },
    tookBack: (machine, position) => {
      for (let i = 0; i < flushing.count; i += 1)
        if (flushing.machine[i] === machine && flushing.position[i]! > position) flushing.position[i] = position;
    },
    flushTime,
    forget: (isGone) => {
      // Answers are being given: nobody may move up.
      if (answering) for (let i = 0; i < flushing.count; i += 1) if (isGone(flushing.machine[i]!)) flushing.machine[i] = -1;
      for (const set of answering ? [waiting] : [waiting, flushing]) {
        let kept = 0;
        for (let i = 0; i < set.count; i += 1) {
          if (isGone(set.machine[i]!)) continue;
          set.machine[kept] = set.machine[i]!;
          set.token[kept] = set.token[i]!;
          set.position[kept] = set.position[i]!;
          kept += 1;
        }
        set.count = kept;
      }
    },
    flushes: () => flushes,
    slow: (factor) => {
      const now = kernel.now();
      due = now + Math.min(Math.round(((due - now) * factor) / slowness), TIME_MOST);
      if (pending !== NO_EVENT) pending = kernel.move(pending, due as Instant);
      slowness = factor;
    },
  };
}

function createWaiters(): Waiters {
  return { machine: new Int32Array(16), token: new Int32Array(16), position: new Float64Array(16), count: 0 };
}

function add(set: Waiters, machine: number, token: number): void {
  if (set.count === set.machine.length) {
    const capacity = set.count * 2;
    set.machine = grown(set.machine, capacity);
    set.token = grown(set.token, capacity);
    set.position = grown(set.position, capacity);
  }
  set.machine[set.count] = machine;
  set.token[set.count] = token;
  set.count += 1;
}
