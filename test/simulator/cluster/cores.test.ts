/** Cores and their queue, against a plain twin; and what a bounded queue means to clients. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Instant } from "../../../src/base/time.ts";
import { createKernel } from "../../../src/simulator/kernel/kernel.ts";
import { createCores, type Cores } from "../../../src/simulator/cluster/cores.ts";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import { partsOf } from "./build.ts";
import { constant, s, smallSpec } from "./small-run.ts";

interface Done {
  readonly slot: number;
  readonly at: number;
}
interface Bench {
  readonly cores: Cores;
  readonly runUntil: (at: number) => void;
  readonly done: Done[];
}

function bench(count: number, bound: number, speed = 1): Bench {
  const kernel = createKernel();
  const cores = createCores(kernel, 1, 0, count, bound, speed);
  const done: Done[] = [];
  return {
    cores,
    done,
    runUntil: (at) =>
      kernel.run(at as Instant, (_kind, _host, core) => {
        cores.finish(core);
        done.push({ slot: cores.doneSlot(), at: kernel.now() });
      }),
  };
}

const jobs = fc.array(fc.record({ gap: fc.nat(100), demand: fc.integer({ min: 1, max: 200 }), machine: fc.nat(1) }), { maxLength: 40 });

/** When each job of a first-come-first-served queue before so many cores is done; undefined if it was turned away. */
function expected(list: readonly { gap: number; demand: number }[], cores: number, bound: number): (number | undefined)[] {
  const free = new Array<number>(cores).fill(0);
  const starts: number[] = [];
  let now = 0;
  return list.map(({ gap, demand }) => {
    now += gap;
    if (starts.filter((start) => start > now).length >= bound && free.every((at) => at > now)) return undefined;
    const core = free.indexOf(Math.min(...free));
    const start = Math.max(now, free[core]!);
    starts.push(start);
    free[core] = start + demand;
    return start + demand;
  });
}

it("a core of twice the speed takes half of every demand, queued or not, suspended or not", () => {
  const { cores, runUntil, done } = bench(1, 9, 2);
  cores.offer(0, 0, 100);
  cores.force(0, 1, 60);
  runUntil(20);
  cores.suspend(() => true);
  runUntil(100);
  cores.resume(() => true);
  runUntil(1000);
  expect(done).toEqual([
    { slot: 0, at: 130 },
    { slot: 1, at: 160 },
  ]);
});

it("jobs are served first come first served by so many cores, and those beyond the queue's bound are turned away", () =>
  fc.assert(
    fc.property(jobs, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 6 }), (list, count, bound) => {
      const { cores, runUntil, done } = bench(count, bound);
      let now = 0;
      const taken = list.map(({ gap, demand, machine }, slot) => {
        now += gap;
        runUntil(now);
        return cores.offer(machine, slot, demand);
      });
      runUntil(1_000_000);
      const due = expected(list, count, bound);
      expect(taken).toEqual(due.map((at) => at !== undefined));
      expect([...done].sort((a, b) => a.slot - b.slot)).toEqual(due.flatMap((at, slot) => (at === undefined ? [] : [{ slot, at }])));
      expect([cores.waiting(), cores.inService()]).toEqual([0, 0]);
    }),
  ));

it("jobs of a paused machine stand still and are done for their whole demand; the others take the cores meanwhile", () => {
  const { cores, runUntil, done } = bench(1, 10);
  cores.offer(0, 1, 100);
  cores.offer(0, 2, 100);
  cores.offer(1, 3, 100);
  runUntil(40);
  cores.suspend((machine) => machine === 0);
  runUntil(1_000);
  expect(done).toEqual([{ slot: 3, at: 140 }]);
  cores.resume((machine) => machine === 0);
  runUntil(5_000);
  expect(done.slice(1)).toEqual([
    { slot: 1, at: 1_060 },
    { slot: 2, at: 1_160 },
  ]);
});

it("a pause of everything only moves what comes after it, whatever was queued", () =>
  fc.assert(
    fc.property(jobs, fc.integer({ min: 1, max: 3 }), fc.nat(2_000), fc.nat(500), (list, count, from, length) => {
      const run = (pauses: boolean): Done[] => {
        const { cores, runUntil, done } = bench(count, 1_000);
        list.forEach(({ demand, machine }, slot) => cores.offer(machine, slot, demand));
        runUntil(from);
        if (pauses) cores.suspend(() => true);
        runUntil(from + length);
        if (pauses) cores.resume(() => true);
        runUntil(1_000_000);
        return [...done].sort((a, b) => a.slot - b.slot);
      };
      expect(run(true)).toEqual(run(false).map(({ slot, at }) => ({ slot, at: at > from ? at + length : at })));
    }),
  ));

it("a process that dies takes its own jobs along, and no other's", () =>
  fc.assert(
    fc.property(jobs, fc.integer({ min: 1, max: 3 }), fc.nat(1_000), (list, count, at) => {
      const { cores, runUntil, done } = bench(count, 1_000);
      list.forEach(({ demand, machine }, slot) => cores.offer(machine, slot, demand));
      runUntil(at);
      const dropped: number[] = [];
      const before = done.length;
      cores.clear(
        (machine) => machine === 0,
        (slot) => dropped.push(slot),
      );
      runUntil(1_000_000);
      expect([...dropped, ...done.map(({ slot }) => slot)].sort((a, b) => a - b)).toEqual(list.map((_, slot) => slot));
      expect(dropped.every((slot) => list[slot]!.machine === 0)).toBe(true);
      expect(done.slice(before).every(({ slot }) => list[slot]!.machine === 1)).toBe(true);
      expect([cores.waiting(), cores.inService()]).toEqual([0, 0]);
    }),
  ));

it("a request that finds the queue full is answered overloaded at once, so that its client need not wait for the deadline", () => {
  const spec = smallSpec({
    warmup: s(1),
    duration: s(4),
    settle: s(5),
    prober: { every: s(3_600), deadline: s(1) },
    server: { cores: 1, queue: 2, service: { read: constant(50_000), write: constant(50_000), apply: constant(50) } },
    client: { retries: 0 },
    parts: { ...smallSpec().parts, failover: { name: "none", options: {} }, replication: { name: "none", options: {} } },
  });
  const { operations, requests } = simulate(
    { ...spec, workload: spec.workload.map((load) => ({ ...load, arrivals: { kind: "poisson", rate: 100 } })) },
    partsOf(),
  );
  const sum = (name: "good" | "refused" | "ambiguous"): number => operations.reduce((total, each) => total + each[name], 0);
  // One core serves 20 of 100 a second; none of the rest waits for anything.
  expect(sum("good")).toBeGreaterThan(75);
  expect(sum("good")).toBeLessThan(85);
  expect(sum("refused")).toBeGreaterThan(280);
  expect(sum("ambiguous")).toBe(0);
  expect(requests).toMatchObject({ endedTwice: 0, neverEnded: 0 });
});
