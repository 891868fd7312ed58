/**
 * The cores of a host and the bounded queue before them: first come, first served, each message holding a core for its
 * demand. This is an M/M/c/K queue when arrivals and demands make it one, and is checked as such (study/verify).
 */
import type { Kernel } from "../kernel/kernel.ts";
import { NO_EVENT, type EventId } from "../kernel/kernel.ts";
import { TIME_MOST, type Instant } from "../../base/time.ts";

export interface Cores {
  /** Queues a job of a machine; false if the queue is full. `demand` in whole microseconds, of a core of speed 1. */
  readonly offer: (machine: number, slot: number, demand: number) => boolean;
  /** The same, however full the queue is. */
  readonly force: (machine: number, slot: number, demand: number) => void;
  /** The job on this core has had its demand; starts the next. */
  readonly finish: (core: number) => void;
  /** Of the job that `finish` ended last. */
  readonly doneMachine: () => number;
  readonly doneSlot: () => number;
  readonly doneDemand: () => number;
  readonly doneStart: () => number;
  /** Drops the jobs of these machines; `drop` is called for each slot. */
  readonly clear: (isOf: (machine: number) => boolean, drop: (slot: number) => void) => void;
  /** The jobs of these machines stand still, off the cores, and go on where they stopped; others take their places. */
  readonly suspend: (isOf: (machine: number) => boolean) => void;
  readonly resume: (isOf: (machine: number) => boolean) => void;
  /** From now on every demand takes so many times as long; what is being served too. */
  readonly slow: (factor: number) => void;
  /** How long a demand that is met off the cores takes now. */
  readonly stretch: (demand: number) => number;
  readonly waiting: () => number;
  readonly inService: () => number;
}

interface Job {
  readonly machine: number;
  readonly slot: number;
  readonly demand: number;
  readonly left: number;
}

export function createCores(kernel: Kernel, event: number, host: number, cores: number, bound: number, speed = 1): Cores {
  let capacity = 64;
  let queueMachine = new Int32Array(capacity);
  let queueSlot = new Int32Array(capacity);
  let queueDemand = new Float64Array(capacity);
  let head = 0;
  let waiting = 0;
  let busy = 0;
  const machine = new Int32Array(cores);
  const slot = new Int32Array(cores).fill(-1);
  const demand = new Float64Array(cores);
  const start = new Float64Array(cores);
  const due = new Float64Array(cores);
  const events: EventId[] = new Array<EventId>(cores).fill(NO_EVENT);
  const idle = new Int32Array(cores);
  let idleCount = cores;
  for (let core = 0; core < cores; core += 1) idle[core] = cores - 1 - core;
  const done = { machine: 0, slot: 0, demand: 0, start: 0 };
  let suspended: Job[] = [];
  let slowness = 1;
  /** How long a core of this speed takes: whole microseconds. */
  const timeOf = (ofDemand: number): number => (speed === 1 ? ofDemand : Math.round(ofDemand / speed));
  /** As long as it takes while the cores are slowed. */
  const stretch = (time: number): number => (slowness === 1 ? time : Math.min(Math.round(time * slowness), TIME_MOST));

  function begin(core: number, ofMachine: number, ofSlot: number, ofDemand: number): void {
    busy += 1;
    machine[core] = ofMachine;
    slot[core] = ofSlot;
    demand[core] = ofDemand;
    const now = kernel.now();
    start[core] = now;
    due[core] = now + stretch(ofDemand);
    events[core] = kernel.schedule(due[core] as Instant, event, host, core);
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

  function beginNext(core: number): void {
    const place = head;
    head = (head + 1) & (capacity - 1);
    waiting -= 1;
    begin(core, queueMachine[place]!, queueSlot[place]!, queueDemand[place]!);
  }

  function force(ofMachine: number, ofSlot: number, ofDemand: number): void {
    if (idleCount > 0) begin(idle[--idleCount]!, ofMachine, ofSlot, ofDemand);
    else enqueue(ofMachine, ofSlot, ofDemand);
  }

  /** What is left of the demand on a core, as if it were not slowed. */
  function leftOf(core: number): number {
    const left = due[core]! - kernel.now();
    return slowness === 1 ? left : Math.min(demand[core]!, Math.round(left / slowness));
  }

  /** Takes these machines' jobs off the cores and out of the queue, in the order in which they were to be done. */
  function takeOut(isOf: (machine: number) => boolean): Job[] {
    const jobs: Job[] = [];
    const free: number[] = [];
    for (let core = 0; core < cores; core += 1) {
      if (slot[core]! < 0 || !isOf(machine[core]!)) continue;
      kernel.cancel(events[core]!);
      events[core] = NO_EVENT;
      jobs.push({ machine: machine[core]!, slot: slot[core]!, demand: demand[core]!, left: leftOf(core) });
      slot[core] = -1;
      busy -= 1;
      free.push(core);
    }
    jobs.sort((a, b) => a.left - b.left || a.slot - b.slot);
    let kept = 0;
    for (let i = 0; i < waiting; i += 1) {
      const place = (head + i) & (capacity - 1);
      const ofMachine = queueMachine[place]!;
      if (isOf(ofMachine)) {
        jobs.push({ machine: ofMachine, slot: queueSlot[place]!, demand: queueDemand[place]!, left: queueDemand[place]! });
        continue;
      }
      const to = (head + kept) & (capacity - 1);
      queueMachine[to] = ofMachine;
      queueSlot[to] = queueSlot[place]!;
      queueDemand[to] = queueDemand[place]!;
      kept += 1;
    }
    waiting = kept;
    for (const core of free) {
      if (waiting > 0) beginNext(core);
      else idle[idleCount++] = core;
    }
    return jobs;
  }

  return {
    offer: (ofMachine, ofSlot, ofDemand) => {
      if (idleCount > 0) {
        begin(idle[--idleCount]!, ofMachine, ofSlot, timeOf(ofDemand));
        return true;
      }
      if (waiting >= bound) return false;
      enqueue(ofMachine, ofSlot, timeOf(ofDemand));
      return true;
    },
    force: (ofMachine, ofSlot, ofDemand) => force(ofMachine, ofSlot, timeOf(ofDemand)),
    finish: (core) => {
      done.machine = machine[core]!;
      done.slot = slot[core]!;
      done.demand = demand[core]!;
      done.start = start[core]!;
      slot[core] = -1;
      events[core] = NO_EVENT;
      busy -= 1;
      if (waiting > 0) beginNext(core);
      else idle[idleCount++] = core;
    },
    doneMachine: () => done.machine,
    doneSlot: () => done.slot,
    doneDemand: () => done.demand,
    doneStart: () => done.start,
    clear: (isOf, drop) => {
      for (const job of takeOut(isOf)) drop(job.slot);
      suspended = suspended.filter((job) => {
        if (isOf(job.machine)) drop(job.slot);
        return !isOf(job.machine);
      });
    },
    suspend: (isOf) => {
      suspended.push(...takeOut(isOf));
    },
    resume: (isOf) => {
      const jobs = suspended.filter((job) => isOf(job.machine));
      suspended = suspended.filter((job) => !isOf(job.machine));
      for (const job of jobs) {
        if (job.left === job.demand || idleCount === 0) force(job.machine, job.slot, job.left);
        else {
          // It began before; counted as busy for its demand, no more.
          const core = idle[--idleCount]!;
          begin(core, job.machine, job.slot, job.left);
          demand[core] = job.demand;
          start[core] = kernel.now() - (job.demand - job.left);
        }
      }
    },
    slow: (factor) => {
      const now = kernel.now();
      for (let core = 0; core < cores; core += 1) {
        if (slot[core]! < 0) continue;
        due[core] = now + Math.min(Math.round(((due[core]! - now) * factor) / slowness), TIME_MOST);
        events[core] = kernel.move(events[core]!, due[core]! as Instant);
      }
      slowness = factor;
    },
    stretch,
    waiting: () => waiting,
    inService: () => busy,
  };
}
