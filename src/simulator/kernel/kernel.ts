/**
 * Virtual time: events at whole microseconds, handled in the order of their time and, at one instant, in the order they
 * were scheduled in. The kernel has never heard of a shard: an event is a kind, a target and an argument, all int32,
 * which the caller gives meaning to. It could drive a bank or a lift.
 *
 * The rest of this folder: queue.ts (how events are kept), random.ts (named streams of a seed), distributions.ts (draws).
 */
import { assert } from "../../base/assert.ts";
import type { Brand } from "../../base/brand.ts";
import type { Instant } from "../../base/time.ts";
import { cancel, drain, move, schedule, type Handler } from "./queue.ts";
import { createQueueState, DISPATCHED, NOW } from "./queue-state.ts";
import { pendingOf } from "./tuning.ts";

/**
 * An event's handle: slot and generation in one double. A handle kept after its event was handled, cancelled or moved is
 * stale, and recognised as such unless its slot meanwhile got an event scheduled an exact multiple of 2^29 later.
 */
export type EventId = Brand<number, "EventId">;
/** No event's handle. */
export const NO_EVENT: EventId = -1 as EventId;

export interface Kernel {
  /** The present: the instant of the event that is being handled, or where the last `run` ended. */
  readonly now: () => Instant;
  /** Adds an event. Needs now <= at < 2^53. kind, target and argument are int32. At most 2^24 events may be pending. */
  readonly schedule: (at: Instant, kind: number, target: number, argument: number) => EventId;
  /** Forgets a pending event. False for NO_EVENT and a stale handle: nothing happens then. */
  readonly cancel: (id: EventId) => boolean;
  /**
   * Moves a pending event to `at`; it counts as scheduled now. Gives the handle to use from now on, NO_EVENT if `id` was
   * stale. Moving to later costs a few nanoseconds, however often.
   */
  readonly move: (id: EventId, at: Instant) => EventId;
  /** How many events are scheduled and neither handled nor cancelled. */
  readonly pending: () => number;
  /** How many events have been handled. */
  readonly dispatched: () => number;
  /**
   * Handles events up to and with `until`, then sets the clock to `until`, unless stopped. With NEVER, until none is
   * left; the clock then stays at the last. Not to be called from a handler.
   */
  readonly run: (until: Instant, handle: Handler) => void;
  /** Ends `run` after the present event; the next `run` goes on. */
  readonly stop: () => void;
}

/** A kernel at instant 0 with no events. */
export function createKernel(): Kernel {
  const queue = createQueueState();
  const state = { isRunning: false };
  return {
    now: () => queue.floats[NOW] as Instant,
    schedule: (at, kind, target, argument) => schedule(queue, at, kind, target, argument) as EventId,
    cancel: (id) => cancel(queue, id),
    move: (id, at) => move(queue, id, at) as EventId,
    pending: () => pendingOf(queue),
    dispatched: () => queue.floats[DISPATCHED]!,
    run(until, handle) {
      assert(!state.isRunning, "run was called from a handler");
      assert(until >= queue.floats[NOW]!, `run until ${until}, when it is ${queue.floats[NOW]!}`);
      state.isRunning = true;
      try {
        const isStopped = drain(queue, until, handle);
        if (!isStopped && until < Infinity) queue.floats[NOW] = until;
      } finally {
        state.isRunning = false;
      }
    },
    stop: () => {
      queue.stopped = true;
    },
  };
}
