/**
 * Time, in whole microseconds. Four brands that the compiler refuses to mix: `Instant` is true time, known to the
 * kernel and the ledger alone; `Monotonic` and `Wall` are what a host's two clocks show; `Duration` is a length of any.
 * 2^53 microseconds are 285 years, so sums are exact.
 */
import type { Brand } from "./brand.ts";

/** A point of true virtual time, whole microseconds since the run began. */
export type Instant = Brand<number, "Instant">;
/** A length of time, whole microseconds. */
export type Duration = Brand<number, "Duration">;
/** What a host's monotonic clock shows: it drifts, never jumps. Whole microseconds. */
export type Monotonic = Brand<number, "Monotonic">;
/** What a host's wall clock shows: it has an offset, drifts and may jump. Whole microseconds. */
export type Wall = Brand<number, "Wall">;

/** The instant `us` whole microseconds after the beginning. */
export const instant = (us: number): Instant => us as Instant;
/** A duration of milliseconds, rounded to whole microseconds. */
export const milliseconds = (ms: number): Duration => Math.round(ms * 1_000) as Duration;
/** A duration of seconds, rounded to whole microseconds. */
export const seconds = (s: number): Duration => Math.round(s * 1_000_000) as Duration;

/** The start of a run. */
export const START: Instant = 0 as Instant;
/** Later than everything; never scheduled. */
export const NEVER: Instant = Infinity as Instant;

/** As good as never for anything that is slowed, and far below what an instant can be: 31 years. */
export const TIME_MOST = 1_000_000_000_000_000;

/** Drift of a clock, in parts per million: from a tenth of true speed to twice it. */
export const DRIFT_LEAST = -900_000;
export const DRIFT_MOST = 1_000_000;
