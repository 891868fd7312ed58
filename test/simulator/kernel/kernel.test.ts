import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instant, NEVER, START, type Instant } from "../../../src/base/time.ts";
import { createKernel, NO_EVENT, type EventId, type Kernel } from "../../../src/simulator/kernel/kernel.ts";
import { createReferenceKernel } from "./reference-kernel.ts";

const ignore = (): void => {};

/** Runs everything and gives the arguments of the events in the order they came. */
function drain(kernel: Kernel): number[] {
  const seen: number[] = [];
  kernel.run(NEVER, (_kind, _target, argument) => seen.push(argument));
  return seen;
}

describe("order", () => {
  it("hands out events by time, and at one instant in the order of scheduling", () => {
    const kernel = createKernel();
    for (const [argument, at] of [30, 10, 20, 10, 10, 0, 20].entries()) kernel.schedule(instant(at), 1, 2, argument);
    expect(drain(kernel)).toEqual([5, 1, 3, 4, 2, 6, 0]);
  });

  it("counts a moved event as scheduled when it was last moved, to later, earlier or the same instant", () => {
    const kernel = createKernel();
    const ids = [0, 1, 2, 3].map((argument) => kernel.schedule(instant(5_000), 0, 0, argument));
    const moved = kernel.move(ids[0]!, instant(5_000));
    kernel.move(ids[2]!, instant(9_000));
    kernel.schedule(instant(9_000), 0, 0, 4);
    kernel.move(moved, instant(9_000));
    kernel.move(ids[3]!, instant(10));
    expect(drain(kernel)).toEqual([3, 1, 2, 4, 0]);
  });

  it("hands an event scheduled for the present out before the clock moves on, after those already waiting for this instant", () => {
    const kernel = createKernel();
    const seen: [number, number][] = [];
    kernel.schedule(instant(7), 0, 0, 0);
    kernel.schedule(instant(7), 0, 0, 1);
    kernel.schedule(instant(8), 0, 0, 2);
    kernel.run(NEVER, (_kind, _target, argument) => {
      seen.push([kernel.now(), argument]);
      if (argument === 0) kernel.schedule(kernel.now(), 0, 0, 3);
    });
    expect(seen).toEqual([
      [7, 0],
      [7, 1],
      [7, 3],
      [8, 2],
    ]);
  });
});

describe("the clock", () => {
  it("stands at the event that is handled, then at `until`; events beyond wait for the next run", () => {
    const kernel = createKernel();
    const seen: number[] = [];
    kernel.schedule(instant(10), 0, 0, 0);
    kernel.schedule(instant(11), 0, 0, 1);
    kernel.run(instant(10), () => seen.push(kernel.now()));
    expect([seen, kernel.now(), kernel.pending(), kernel.dispatched()]).toEqual([[10], 10, 1, 1]);
    kernel.run(instant(500), () => seen.push(kernel.now()));
    expect([seen, kernel.now(), kernel.pending(), kernel.dispatched()]).toEqual([[10, 11], 500, 0, 2]);
    expect(() => kernel.schedule(instant(499), 0, 0, 0)).toThrow(/499, when it is 500/);
  });

  it("stays where it was stopped, and the next run goes on from there", () => {
    const kernel = createKernel();
    for (let i = 1; i <= 4; i += 1) kernel.schedule(instant(i * 10), 0, 0, i);
    kernel.run(instant(100), (_kind, _target, argument) => argument === 2 && kernel.stop());
    expect([kernel.now(), kernel.pending()]).toEqual([20, 2]);
    expect(drain(kernel)).toEqual([3, 4]);
    expect(kernel.now()).toBe(40);
  });

  it("refuses the past, no number and never, from outside and from a handler", () => {
    for (const at of [-1, NaN, Infinity, 9]) {
      const kernel = createKernel();
      kernel.schedule(instant(10), 0, 0, 0);
      expect(() => kernel.run(instant(20), () => kernel.schedule(instant(at), 0, 0, 0))).toThrow(/an event at/);
    }
    expect(() => createKernel().run(instant(-1), ignore)).toThrow(/run until -1/);
  });

  it("refuses a run inside a run, and works again after a handler failed", () => {
    const kernel = createKernel();
    kernel.schedule(instant(1), 0, 0, 0);
    kernel.schedule(instant(2), 0, 0, 1);
    expect(() => kernel.run(NEVER, () => kernel.run(NEVER, ignore))).toThrow(/from a handler/);
    expect(drain(kernel)).toEqual([1]);
  });
});

describe("handles", () => {
  it("are stale once their event was handled, cancelled or moved, also when the slot is in use again", () => {
    const kernel = createKernel();
    const handled = kernel.schedule(instant(1), 0, 0, 0);
    const cancelled = kernel.schedule(instant(2), 0, 0, 1);
    const moved = kernel.schedule(instant(3), 0, 0, 2);
    expect(kernel.cancel(cancelled)).toBe(true);
    const present = kernel.move(moved, instant(9));
    kernel.run(instant(1), ignore);
    for (let i = 0; i < 5; i += 1) kernel.schedule(instant(9), 0, 0, 10 + i);
    for (const stale of [handled, cancelled, moved, NO_EVENT, (2 ** 52) as EventId]) {
      expect(kernel.cancel(stale)).toBe(false);
      expect(kernel.move(stale, instant(50))).toBe(NO_EVENT);
    }
    expect(kernel.cancel(present)).toBe(true);
    expect(drain(kernel)).toEqual([10, 11, 12, 13, 14]);
  });

  it("of the event being handled are stale already: it cannot cancel or move itself", () => {
    const kernel = createKernel();
    const id = kernel.schedule(instant(1), 0, 0, 0);
    kernel.run(NEVER, () => {
      expect(kernel.cancel(id)).toBe(false);
      expect(kernel.move(id, instant(5))).toBe(NO_EVENT);
    });
    expect(kernel.pending()).toBe(0);
  });
});

/** Where two lists first differ, small enough to print; undefined if nowhere. */
function difference<T>(real: readonly T[], twin: readonly T[]): { at: number; real: readonly T[]; twin: readonly T[] } | undefined {
  const at = Array.from({ length: Math.max(real.length, twin.length) }, (_, i) => i).findIndex((i) => real[i] !== twin[i]);
  return at < 0 ? undefined : { at, real: real.slice(Math.max(0, at - 3), at + 3), twin: twin.slice(Math.max(0, at - 3), at + 3) };
}

// ---- Differential: the same commands to the kernel and to the plain heap, inside and outside of handlers. ----

type Command =
  | { readonly do: "schedule"; readonly gap: number }
  | { readonly do: "cancel" | "move"; readonly which: number; readonly gap: number }
  | { readonly do: "run"; readonly gap: number };

const gap = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 50 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 100_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 }).map((power) => 2 ** power) },
);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: gap.map((g) => ({ do: "schedule" as const, gap: g })) },
  { weight: 3, arbitrary: fc.tuple(fc.nat(), gap).map(([which, g]) => ({ do: "move" as const, which, gap: g })) },
  { weight: 2, arbitrary: fc.nat().map((which) => ({ do: "cancel" as const, which, gap: 0 })) },
  { weight: 2, arbitrary: gap.map((g) => ({ do: "run" as const, gap: g })) },
);

/** Carries out the commands and writes down all that can be seen. Every third event does some of the commands itself. */
function transcript(kernel: Kernel, commands: readonly Command[]): string[] {
  const seen: string[] = [];
  const ids: EventId[] = [];
  let inner = 0;
  const act = (step: Command, isOuter: boolean): void => {
    const at = (kernel.now() + step.gap) as Instant;
    if (step.do === "schedule") ids.push(kernel.schedule(at, ids.length % 7, -ids.length, ids.length));
    else if (step.do === "run") {
      if (isOuter) kernel.run(at, handle);
    } else if (ids.length > 0) {
      const place = step.which % ids.length;
      if (step.do === "cancel") seen.push(`cancel ${place}: ${kernel.cancel(ids[place]!)}`);
      else {
        const id = kernel.move(ids[place]!, at);
        seen.push(`move ${place}: ${id !== NO_EVENT}`);
        // Old handles are kept now and then, so that stale ones are used.
        if (step.which % 3 > 0) ids[place] = id;
      }
    }
  };
  const handle = (kind: number, target: number, argument: number): void => {
    seen.push(`${kernel.now()} ${kind} ${target} ${argument} ${kernel.pending()} ${kernel.dispatched()}`);
    if (argument % 3 === 0 && inner < 200) {
      inner += 1;
      for (let i = 0; i < argument % 5; i += 1) act(commands[(argument + i) % commands.length]!, false);
    }
  };
  for (const step of commands) {
    act(step, true);
    seen.push(`${kernel.now()} ${kernel.pending()} ${kernel.dispatched()}`);
  }
  kernel.run(NEVER, handle);
  seen.push(`${kernel.pending()}`);
  return seen;
}

describe("beside a plain binary heap", () => {
  it("shows the same in the same order under any schedules, moves, cancels and runs, nested ones included", () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 120 }), (commands) => {
        expect(difference(transcript(createKernel(), commands), transcript(createReferenceKernel(), commands))).toBeUndefined();
      }),
      { numRuns: 400 },
    );
  });

  const noise = (state: { n: number }): number => {
    state.n = (Math.imul(state.n, 1_664_525) + 1_013_904_223) >>> 0;
    return state.n / 2 ** 32;
  };
  const patterns: readonly (readonly [string, (i: number, n: () => number) => number])[] = [
    ["all at one instant", () => 0],
    ["growing exponentially", (i) => Math.floor(2 ** (i % 45))],
    ["exponential gaps", (_i, n) => Math.floor(-Math.log(1 - n()) * 1e6)],
    ["bursts of thousands at one instant, seconds apart", (_i, n) => Math.floor(n() * 4) * 1_000_000],
    ["most within a microsecond, some in a year", (_i, n) => (n() < 0.9 ? Math.floor(n() * 2) : Math.floor(n() * 3e13))],
    ["falling", (i) => 2_000_000 - 100 * (i % 20_000)],
    ["short service and long timers", (_i, n) => (n() < 0.5 ? Math.floor(n() * 500) : 2_000_000)],
    ["Pareto gaps, infinite mean", (_i, n) => Math.floor(Math.min(1e15, Math.exp(-Math.log(1 - n()) / 0.5)))],
  ];
  for (const [name, of] of patterns) {
    it(`keeps the order with 4,000 pending and 30,000 handled, gaps ${name}`, () => {
      const run = (kernel: Kernel): number[] => {
        const state = { n: 1 };
        const next = (): number => noise(state);
        const timers = new Map<number, EventId>();
        let made = 0;
        const add = (): void => {
          made += 1;
          const id = kernel.schedule((kernel.now() + of(made, next)) as Instant, 0, 0, made);
          if (made % 4 === 0) timers.set(made % 97, id);
        };
        for (let i = 0; i < 4_000; i += 1) add();
        const seen: number[] = [];
        kernel.run(NEVER, (_kind, _target, argument) => {
          seen.push(argument, kernel.now());
          if (made < 30_000) add();
          const timer = timers.get(argument % 97);
          if (timer !== undefined && argument % 5 === 0)
            timers.set(argument % 97, kernel.move(timer, (kernel.now() + of(argument, next)) as Instant));
          if (timer !== undefined && argument % 11 === 0) kernel.cancel(timer);
        });
        return seen;
      };
      expect(difference(run(createKernel()), run(sortedKernel()))).toBeUndefined();
    });
  }
});

/** A second twin, for many events: a sorted array, last is next, found by bisection. */
function sortedKernel(): Kernel {
  const entries: { at: number; order: number; argument: number }[] = [];
  const byOrder = new Map<number, number>();
  let now = 0;
  let order = 0;
  const placeOf = (at: number, tie: number): number => {
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = entries[middle]!;
      if (entry.at > at || (entry.at === at && entry.order > tie)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const insert = (at: number, argument: number): EventId => {
    order += 1;
    entries.splice(placeOf(at, order), 0, { at, order, argument });
    byOrder.set(order, at);
    return order as EventId;
  };
  const remove = (id: number): number => {
    const place = placeOf(byOrder.get(id)!, id);
    byOrder.delete(id);
    return entries.splice(place, 1)[0]!.argument;
  };
  return {
    now: () => now as Instant,
    schedule: (at, _kind, _target, argument) => insert(at, argument),
    cancel: (id) => byOrder.has(id) && remove(id) >= 0,
    move: (id, at) => (byOrder.has(id) ? insert(at, remove(id)) : NO_EVENT),
    pending: () => entries.length,
    dispatched: () => 0,
    run(_until, handle) {
      for (let next = entries.pop(); next !== undefined; next = entries.pop()) {
        byOrder.delete(next.order);
        now = next.at;
        handle(0, 0, next.argument);
      }
    },
    stop: ignore,
  };
}

describe("size and cost", () => {
  it("holds a million pending events in less than 150 MB", () => {
    const before = process.memoryUsage();
    const kernel = createKernel();
    for (let i = 0; i < 1_000_000; i += 1) kernel.schedule(instant(Math.imul(i, 7_919) & 0x3fff_ffff), 0, i, i);
    const after = process.memoryUsage();
    expect(kernel.pending()).toBe(1_000_000);
    expect(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed).toBeLessThan(150e6);
  });

  it("does not grow while a timer is set and cancelled, or moved, millions of times", () => {
    const kernel = createKernel();
    kernel.schedule(instant(10_000_000), 0, 0, 1);
    const before = process.memoryUsage().arrayBuffers;
    let timer = kernel.schedule(instant(2_000_000), 0, 0, 2);
    for (let i = 0; i < 500_000; i += 1) {
      kernel.cancel(kernel.schedule(instant(1_000_000 + i), 0, 0, 0));
      timer = kernel.move(timer, instant(2_000_000 + i));
      timer = kernel.move(timer, instant(2_000_000 + i - 1));
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2e6);
    expect(drain(kernel)).toEqual([2, 1]);
    expect(kernel.now()).toBe(10_000_000);
  });

  it("takes ten thousand events at one instant that each schedule another there, without quadratic cost", () => {
    const kernel = createKernel();
    for (let i = 0; i < 10_000; i += 1) kernel.schedule(START, 0, 0, i);
    let next = 10_000;
    let inOrder = 0;
    kernel.run(START, (_kind, _target, argument) => {
      if (argument === inOrder) inOrder += 1;
      if (argument < 90_000) kernel.schedule(START, 0, 0, next++);
    });
    expect([inOrder, kernel.dispatched()]).toEqual([100_000, 100_000]);
  });
});
