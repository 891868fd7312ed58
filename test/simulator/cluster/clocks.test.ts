import fc from "fast-check";
import { expect, it } from "vitest";
import type { Duration, Instant } from "../../../src/base/time.ts";
import { createClock } from "../../../src/simulator/cluster/clocks.ts";
import { ms } from "./small-run.ts";
import { play, PLAIN } from "./stage.ts";

const drifts = fc.oneof(fc.constant(0), fc.integer({ min: -500_000, max: 500_000 }), fc.double({ min: -200, max: 200, noNaN: true }));
const instants = fc.oneof(fc.nat(1_000), fc.nat(1_000_000_000), fc.integer({ min: 0, max: 1_000_000_000_000_000 }));

it("a timer never fires early by its own clock, and at most a tick late, whatever the drift", () =>
  fc.assert(
    fc.property(drifts, instants, fc.oneof(fc.nat(10), fc.nat(100_000_000)), (drift, now, length) => {
      const clock = createClock(0, drift);
      const due = clock.dueAt(now as Instant, length as Duration);
      const local = clock.monotonic(now as Instant) + length;
      expect(due).toBeGreaterThanOrEqual(now);
      expect(clock.monotonic(due)).toBeGreaterThanOrEqual(local);
      if (due > now) expect(clock.monotonic((due - 2) as Instant)).toBeLessThan(Math.max(local, clock.monotonic(now as Instant) + 1));
    }),
    // The first: a quotient that is rounded down to a whole microsecond, one too few.
    { numRuns: 2_000, examples: [[1_000, 0, 270_888_618]] },
  ));

it("the monotonic clock shows the drift, the wall clock drift and offset; neither runs backwards", () =>
  fc.assert(
    fc.property(drifts, fc.integer({ min: -5_000_000, max: 5_000_000 }), instants, fc.nat(1_000_000), (drift, offset, now, step) => {
      const clock = createClock(offset, drift);
      const then = (now + step) as Instant;
      expect(clock.monotonic(then)).toBeGreaterThanOrEqual(clock.monotonic(now as Instant));
      expect(clock.wall(then)).toBeGreaterThanOrEqual(clock.wall(now as Instant));
      expect(Math.abs(clock.monotonic(then) - then * (1 + drift / 1_000_000))).toBeLessThan(1.5);
      expect(Math.abs(clock.wall(then) - clock.monotonic(then) - offset)).toBeLessThanOrEqual(1);
    }),
  ));

it("machines of a server meet its drift and offset in timers and clocks, and true time nowhere", () => {
  const clock = { offset: { kind: "constant", value: 2_000_000 }, drift: { kind: "constant", value: 250_000 } } as const;
  const seen: [number, number][] = [];
  const { by } = play([[100, 1, ({ io }) => io.setTimer(1, ms(110))]], {
    overrides: { ...PLAIN, server: { clock } },
    reaction: (input, { io }) => {
      if (input.id === 1) seen.push([io.now(), io.wall()]);
    },
  });
  // A clock that runs a quarter fast shows 210 ms after 168 ms.
  expect(by(1)).toEqual(["0 start 0", "210 timer 1"]);
  expect(seen).toEqual([[210_000, 2_210_000]]);
});
