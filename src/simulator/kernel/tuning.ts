/** How wide a bucket and how long the ring should be: decided from counters of the queue itself, so the same in every run. */
import { DISPATCHED, GONE, NOW, SCALE, SEQUENCE, SHIFTS, VISITS, WINDOW_FROM, WINDOW_TO, type QueueState } from "./queue-state.ts";

/**
 * Looking at a bucket (a call, a cold cache line) costs about as much as shifting three events in a sort, measured. In a
 * Poisson stream with m events a bucket, an event causes m/4 shifts and 1/m visits, so this makes m about 3.5.
 */
const SHIFTS_PER_VISIT = 3;
/** The work must be this far from balance before the width changes: a rebuild is not free, and noise must not cause one. */
const IMBALANCE = 1.7;
/** The greatest change of width at once. */
const STEP = 64;
/** Narrowest bucket: one microsecond, the unit of time. */
const SCALE_MOST = 1;
/** Widest: two minutes. Wider, and a long sleep would leave everything in one bucket at the next burst. */
const SCALE_LEAST = 1 / 120_000_000;
const RING_LEAST = 256;
const RING_MOST = 1 << 20;
const WINDOW_LEAST = 1_024;

/** What `rebuild` should make of the queue. */
export interface Shape {
  readonly scale: number;
  readonly ringSize: number;
}

/** The number of pending events. */
export const pendingOf = (queue: QueueState): number => queue.floats[SEQUENCE]! - queue.floats[DISPATCHED]! - queue.floats[GONE]!;

/** A power of two with two buckets or more for each pending event, so that few lie beyond; it shrinks when there are over eight. */
export function ringSizeFor(pending: number, present: number): number {
  let size = present;
  while (size < 2 * pending && size < RING_MOST) size *= 2;
  while (size > RING_LEAST && size > 8 * pending) size /= 2;
  return size;
}

/** Ends the window and gives the better shape, or undefined when the present one will do. */
export function betterShape(queue: QueueState): Shape | undefined {
  const { floats } = queue;
  const pending = pendingOf(queue);
  const events = floats[DISPATCHED]! - floats[WINDOW_FROM]!;
  const shifts = floats[SHIFTS]! + 1;
  const visits = floats[VISITS]! + 1;
  floats[SHIFTS] = 0;
  floats[VISITS] = 0;
  floats[WINDOW_FROM] = floats[DISPATCHED]!;
  floats[WINDOW_TO] = floats[DISPATCHED]! + Math.max(WINDOW_LEAST, 2 * pending);

  const present = floats[SCALE]!;
  const ratio = (SHIFTS_PER_VISIT * visits) / shifts;
  const isWorthIt = (ratio > IMBALANCE && visits > events / 4) || (ratio < 1 / IMBALANCE && shifts > events / 4);
  const factor = isWorthIt ? Math.min(STEP, Math.max(1 / STEP, Math.sqrt(ratio))) : 1;
  const scale = Math.min(SCALE_MOST, Math.max(SCALE_LEAST, present / factor));
  const ringSize = ringSizeFor(pending, queue.ringSize);
  return scale === present && ringSize === queue.ringSize ? undefined : { scale, ringSize };
}

/** The bucket of the present instant. */
export const bucketOfNow = (queue: QueueState): number => Math.floor(queue.floats[NOW]! * queue.floats[SCALE]!);
