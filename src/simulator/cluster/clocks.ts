/**
 * A host's two clocks: the monotonic one drifts and never jumps; the wall clock has an offset too, and may be set. Local
 * durations become true ones rounded up, so that no timer fires early by its own clock.
 *
 * Faults change them while they run: both run faster or slower, the wall clock is set by so much, the monotonic one
 * stands while its machine is frozen. (The wall clock of a machine that goes on again is right at once, as a hypervisor's
 * clock makes it.) Whoever changes the monotonic clock re-arms the host's timers (timers.ts).
 */
import { DRIFT_LEAST, DRIFT_MOST, type Duration, type Instant, type Monotonic, type Wall } from "../../base/time.ts";

export interface Clock {
  readonly monotonic: (now: Instant) => Monotonic;
  readonly wall: (now: Instant) => Wall;
  /** The first true instant, `now` at the earliest, at which the monotonic clock shows `length` more than now; or 1 us later. */
  readonly dueAt: (now: Instant, length: Duration) => Instant;
  /** The same for what the monotonic clock will show. Infinite while it stands. */
  readonly dueFor: (now: Instant, local: number) => Instant;
  /** From now on both clocks run so many parts per million faster than by their own drift. */
  readonly drift: (now: Instant, ppm: number) => void;
  /** Sets the wall clock by so many microseconds. */
  readonly jump: (by: number) => void;
  /** The monotonic clock stands, or goes on. */
  readonly stand: (now: Instant, stands: boolean) => void;
}

/** `offset` in microseconds (wall minus true at the start), `drift` in parts per million (positive runs fast), held to the bounds. */
export function createClock(offset: number, drift: number): Clock {
  /** Since `from`, the clocks have run at `rate` from what they showed then. */
  let rate = rateOf(drift);
  let from = 0;
  let monotonicFrom = 0;
  let wallFrom = offset;
  let stands = false;

  const monotonic = (now: Instant): Monotonic => Math.floor(stands ? monotonicFrom : monotonicFrom + (now - from) * rate) as Monotonic;

  /** What was shown until now counts; from here on it may go on otherwise. */
  function settle(now: Instant): void {
    if (!stands) monotonicFrom += (now - from) * rate;
    wallFrom += (now - from) * rate;
    from = now;
  }

  function dueFor(now: Instant, local: number): Instant {
    if (stands) return Infinity as Instant;
    let at = Math.max(now, from + Math.ceil((local - monotonicFrom) / rate)) as Instant;
    // The quotient is rounded, and may be rounded down.
    while (monotonic(at) < local) at = (at + 1) as Instant;
    return at;
  }

  return {
    monotonic,
    wall: (now) => Math.floor(wallFrom + (now - from) * rate) as Wall,
    dueAt: (now, length) => dueFor(now, monotonic(now) + length),
    dueFor,
    drift: (now, ppm) => {
      settle(now);
      rate = rateOf(drift + ppm);
    },
    jump: (by) => {
      wallFrom += by;
    },
    stand: (now, isStanding) => {
      settle(now);
      stands = isStanding;
    },
  };
}

const rateOf = (drift: number): number => 1 + Math.min(DRIFT_MOST, Math.max(DRIFT_LEAST, drift)) / 1_000_000;
