import fc from "fast-check";
import { expect, it } from "vitest";
import * as registers from "../../../src/simulator/kernel/queue-state.ts";
import { CROWD, sortCrowd } from "../../../src/simulator/kernel/crowd-sort.ts";
import { cancel, drain, move, REGISTERS, schedule } from "../../../src/simulator/kernel/queue.ts";
import { createQueueState } from "../../../src/simulator/kernel/queue-state.ts";

it("the registers that queue.ts repeats for speed are those of queue-state.ts", () => {
  for (const [name, place] of Object.entries(REGISTERS))
    expect([name, place]).toEqual([name, (registers as Readonly<Record<string, unknown>>)[name]]);
});

it("keeps the order of scheduling, and handles, past 2^32 events", () => {
  const queue = createQueueState();
  queue.floats[registers.SEQUENCE] = 2 ** 32 - 3;
  queue.floats[registers.GONE] = 2 ** 32 - 3;
  const ids = Array.from({ length: 8 }, (_, i) => schedule(queue, 5, 0, 0, i));
  expect(new Set(ids).size).toBe(8);
  expect(cancel(queue, ids[1]!)).toBe(true);
  expect(move(queue, ids[6]!, 5)).toBeGreaterThanOrEqual(0);
  const seen: number[] = [];
  drain(queue, 10, (_kind, _target, argument) => seen.push(argument));
  expect(seen).toEqual([0, 2, 3, 4, 5, 7, 6]);
});

it("finds a width of about 3.5 events a bucket, from any start, in a Poisson stream", () => {
  for (const scale of [1e-6, 1e-3, 1]) {
    const queue = createQueueState();
    queue.floats[registers.SCALE] = scale;
    let n = 1;
    const gap = (): number => {
      n = (Math.imul(n, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.round(-Math.log(1 - n / 2 ** 32) * 1e6);
    };
    for (let i = 0; i < 1_000; i += 1) schedule(queue, gap(), 0, 0, 0);
    let left = 50_000;
    drain(queue, Infinity, () => {
      left -= 1;
      if (left > 0) schedule(queue, queue.floats[registers.NOW]! + gap(), 0, 0, 0);
      else queue.stopped = true;
    });
    const eventsPerBucket = 1 / queue.floats[registers.SCALE] / 1_000;
    expect(eventsPerBucket).toBeGreaterThan(1.7);
    expect(eventsPerBucket).toBeLessThan(7);
    expect(queue.rebuilds).toBeLessThan(12);
  }
});

it("the sort of a crowded bucket puts the latest first, whatever the order before", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20 }), { minLength: CROWD, maxLength: 300 }),
      fc.constantFrom("as they are", "sorted", "reversed"),
      (times, order) => {
        const arranged = order === "as they are" ? times : [...times].sort((a, b) => (order === "sorted" ? a - b : b - a));
        const floats = new Float64Array(4 * arranged.length);
        for (const [slot, time] of arranged.entries()) floats.set([time, slot], 4 * slot);
        const slots = Int32Array.from(arranged.keys());
        sortCrowd(slots, new Int32Array(slots.length), slots.length, floats);
        const expected = [...arranged.keys()].sort((a, b) => arranged[b]! - arranged[a]! || b - a);
        expect([...slots]).toEqual(expected);
      },
    ),
    { numRuns: 100 },
  );
});
