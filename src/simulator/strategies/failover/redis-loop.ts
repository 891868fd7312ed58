/** When a run of Redis's timer is followed by the next one: sentinels and nodes of a cluster share its event loop. */
import type { Io } from "../../../base/machine.ts";
import { milliseconds, type Duration } from "../../../base/time.ts";

/** The loop sleeps in whole milliseconds, rounded up. */
const ROUNDED_UP = milliseconds(1);

/**
 * Microseconds until the next run, `period` being milliseconds. It is dated from the end of this one, in microseconds (ae.c of
 * Redis 7, processTimeEvents); whatever comes meanwhile wakes the loop, which then sleeps on for what is left, rounded up to
 * whole milliseconds (ae_epoll.c, aeApiPoll): no period is shorter than it should be, and they average half a millisecond
 * more. Timers of several nodes drift past one another, and what is "more than two seconds ago" is so at the twentieth run.
 */
export const untilNextRun = (period: number, io: Io): Duration =>
  (milliseconds(period) + 1 + io.random("loop").below(ROUNDED_UP)) as Duration;
