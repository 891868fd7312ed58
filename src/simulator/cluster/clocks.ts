/**
 * A host's two clocks (CONTRACTS.md, section 4): the monotonic one drifts and never jumps; the wall clock has an offset
 * too. Local durations become true ones rounded up, so that no timer fires early by its own clock.
 */
import type { Duration, Instant, Monotonic, Wall } from "../../base/time.ts";

export interface Clock {
  readonly monotonic: (now: Instant) => Monotonic;
  readonly wall: (now: Instant) => Wall;
  /** The true time that passes while this clock shows `length` passing, rounded up to whole microseconds. */
  readonly toTrue: (length: Duration) => number;
}

/** `offset` in microseconds (wall minus true at the start), `drift` in parts per million (positive runs fast). */
export function createClock(offset: number, drift: number): Clock {
  const rate = 1 + drift / 1_000_000;
  if (drift === 0) {
    return {
      monotonic: (now) => now as number as Monotonic,
      wall: (now) => (now + offset) as Wall,
      toTrue: (length) => length,
    };
  }
  return {
    monotonic: (now) => Math.floor(now * rate) as Monotonic,
    wall: (now) => Math.floor(now * rate + offset) as Wall,
    toTrue: (length) => Math.ceil(length / rate),
  };
}
