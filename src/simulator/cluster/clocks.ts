/**
 * A host's two clocks: the monotonic one drifts and never jumps; the wall clock has an offset
 * too. Local durations become true ones rounded up, so that no timer fires early by its own clock.
 */
import { DRIFT_LEAST, DRIFT_MOST, type Duration, type Instant, type Monotonic, type Wall } from "../../base/time.ts";

export interface Clock {
  readonly monotonic: (now: Instant) => Monotonic;
  readonly wall: (now: Instant) => Wall;
  /** The first true instant, `now` at the earliest, at which the monotonic clock shows `length` more than now; or 1 us later. */
  readonly dueAt: (now: Instant, length: Duration) => Instant;
}

/** `offset` in microseconds (wall minus true at the start), `drift` in parts per million (positive runs fast), held to the bounds. */
export function createClock(offset: number, drawn: number): Clock {
  const drift = Math.min(DRIFT_MOST, Math.max(DRIFT_LEAST, drawn));
  const rate = 1 + drift / 1_000_000;
  if (drift === 0) {
    return {
      monotonic: (now) => now as number as Monotonic,
      wall: (now) => (now + offset) as Wall,
      dueAt: (now, length) => (now + length) as Instant,
    };
  }
  const monotonic = (now: Instant): Monotonic => Math.floor(now * rate) as Monotonic;
  return {
    monotonic,
    wall: (now) => Math.floor(now * rate + offset) as Wall,
    dueAt: (now, length) => {
      const local = monotonic(now) + length;
      let at = Math.max(now, Math.ceil(local / rate)) as Instant;
      // The quotient is rounded, and may be rounded down.
      while (monotonic(at) < local) at = (at + 1) as Instant;
      return at;
    },
  };
}
