/**
 * The cores of a host and the bounded queue before them: first come, first served, each message holding a core for its
 * demand. This is an M/M/c/K queue when arrivals and demands make it one, and is checked as such (study/verify).
 */
import type { Kernel } from "../kernel/kernel.ts";
import { NO_EVENT, type EventId } from "../kernel/kernel.ts";
import type { Instant } from "../../base/time.ts";

export interface Cores {
  /** Queues a job of a machine; false if the queue is full. `demand` in whole microseconds. */
  readonly offer: (machine: number, slot: number, demand: number) => boolean;
  /** The job on this core has had its demand; starts the next. */
  readonly finish: (core: number) => void;
  /** Of the job that `finish` ended last. */
  readonly doneMachine: () => number;
  readonly doneSlot: () => number;
  readonly doneDemand: () => number;
  readonly doneStart: () => number;
  /** Drops everything; `drop` is called for each slot. */
  readonly clear: (drop: (machine: number, slot: number) => void) => void;
  /** Work stands still, and goes on where it stopped. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly waiting: () => number;
  readonly inService: () => number;
}

export function createCores(kernel: Kernel, event: number, host: number, cores: number, bound: number): Cores {
  let capacity = 64;
  let queueMachine = new Int32Array(capacity);
  let queueSlot = new Int32Array(capacity);
  let queueDemand = new Float64Array(capacity);
  let head = 0;
  let waiting = 0;
  let busy = 0;
  let paused = false;
  const machine = new Int32Array(cores);
  const slot = new Int32Array(cores).fill(-1);
  const demand = new Float64Array(cores);
  const start = new Float64Array(cores);
  /** Due instants, or what is left to do while paused. */
  const due = new Float64Array(cores);
  const events: EventId[] = new Array<EventId>(cores).fill(NO_EVENT);
  const idle = new Int32Array(cores);
  let idleCount = cores;
  for (let core = 0; core < cores; core += 1) idle[core] = cores - 1 - core;
  const done = { machine: 0, slot: 0, demand: 0, start: 0 };

  function begin(core: number, ofMachine: number, ofSlot: number, ofDemand: number): void {
    busy += 1;
    machine[core] = ofMachine;
    slot[core] = ofSlot;
    demand[core] = ofDemand;
    const now = kernel.now();
    start[core] = now;
    if (paused) due[core] = ofDemand;
    else {
      due[core] = now + ofDemand;
      events[core] = kernel.schedule((now + ofDemand) as Instant, event, host, core);
    }
  }

  function enqueue(ofMachine: number, ofSlot: number, ofDemand: number): void {
    if (waiting === capacity) {
      const before = capacity;
      capacity *= 2;
      const machines = new Int32Array(capacity);
      const slots = new Int32Array(capacity);
      const demands = new Float64Array(capacity);
      for (let i = 0; i < waiting; i += 1) {
        const from = (head + i) & (before - 1);
        machines[i] = queueMachine[from]!;
        slots[i] = queueSlot[from]!;
        demands[i] = queueDemand[from]!;
      }
      queueMachine = machines;
      queueSlot = slots;
      queueDemand = demands;
      head = 0;
    }
    const place = (head + waiting) & (capacity - 1);
    queueMachine[place] = ofMachine;
    queueSlot[place] = ofSlot;
    queueDemand[place] = ofDemand;
    waiting += 1;
  }

  return {
    offer: (ofMachine, ofSlot, ofDemand) => {
      if (idleCount > 0) {
        begin(idle[--idleCount]!, ofMachine, ofSlot, ofDemand);
        return true;
      }
      if (waiting >= bound) return false;
      enqueue(ofMachine, ofSlot, ofDemand);
      return true;
    },
    finish: (core) => {
      done.machine = machine[core]!;
      done.slot = slot[core]!;
      done.demand = demand[core]!;
      done.start = start[core]!;
      slot[core] = -1;
      events[core] = NO_EVENT;
      busy -= 1;
      if (waiting > 0) {
        const place = head;
        head = (head + 1) & (capacity - 1);
        waiting -= 1;
        begin(core, queueMachine[place]!, queueSlot[place]!, queueDemand[place]!);
      } else idle[idleCount++] = core;
    },
    doneMachine: () => done.machine,
    doneSlot: () => done.slot,
    doneDemand: () => done.demand,
    doneStart: () => done.start,
    clear: (drop) => {
      for (let core = 0; core < cores; core += 1) {
        if (slot[core]! < 0) continue;
        kernel.cancel(events[core]!);
        events[core] = NO_EVENT;
        drop(machine[core]!, slot[core]!);
        slot[core] = -1;
        idle[idleCount++] = core;
      }
      for (let i = 0; i < waiting; i += 1) {
        const place = (head + i) & (capacity - 1);
        drop(queueMachine[place]!, queueSlot[place]!);
      }
      head = 0;
      waiting = 0;
      busy = 0;
    },
    pause: () => {
      if (paused) return;
      paused = true;
      for (let core = 0; core < cores; core += 1) {
        if (slot[core]! < 0) continue;
        kernel.cancel(events[core]!);
        due[core] = due[core]! - kernel.now();
      }
    },
    resume: () => {
      if (!paused) return;
      paused = false;
      for (let core = 0; core < cores; core += 1) {
        if (slot[core]! < 0) continue;
        due[core] = kernel.now() + due[core]!;
        events[core] = kernel.schedule(due[core] as Instant, event, host, core);
      }
    },
    waiting: () => waiting,
    inService: () => busy,
  };
}
