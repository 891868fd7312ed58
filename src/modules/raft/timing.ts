/** When time-outs fall due: to the unit, or on the ticks of a clock that has a phase of its own. */
import type { Timing } from "./options.ts";
import type { Random } from "../../base/random.ts";

/** The instant `count` units or ticks after `now`. In ticks: the `count`-th tick after `now`, which is up to one tick early. */
export function dueAfter(timing: Timing, now: number, count: number): number {
  if (timing.kind === "exact") return now + count;
  return timing.phase + (ticksUntil(timing, now) + count) * timing.tick;
}

/** A new election time-out (section 5.2): its due instant. One draw. */
export function electionDue(timing: Timing, now: number, random: Random): number {
  return dueAfter(timing, now, timing.electionMin + random.below(timing.electionMax - timing.electionMin + 1));
}

/** Whether less than the minimum election time-out has passed from `then` to `now`, as the peer's own clock or ticks count. */
export function isWithinMinimum(timing: Timing, then: number, now: number): boolean {
  if (timing.kind === "exact") return now - then < timing.electionMin;
  return ticksUntil(timing, now) - ticksUntil(timing, then) < timing.electionMin;
}

/** The least time, in the clock's units, that a follower protects a leader it has just heard. Ticks lose up to one of them. */
export function protectionOf(timing: Timing): number {
  return timing.kind === "exact" ? timing.electionMin : (timing.electionMin - 1) * timing.tick;
}

/** Ticks at or before `now`, counted from the one at `phase`. */
function ticksUntil(timing: Extract<Timing, { kind: "ticks" }>, now: number): number {
  return Math.floor((now - timing.phase) / timing.tick);
}
