/** What stands in the world: hosts, the processes on them and the machines in those, with their state; and its events. */
import { REGISTERS, type Machine } from "../../base/machine.ts";
import type { Random } from "../../base/random.ts";
import type { EventId } from "../kernel/kernel.ts";
import type { Clock } from "./clocks.ts";
import type { Cores } from "./cores.ts";
import type { Device } from "./device.ts";
import type { ReplicaStore } from "./replica-store.ts";
import type { ShelfStore } from "./shelves.ts";
import type { HostPlace } from "./topology.ts";

/** Event kinds of the kernel's queue. Target and argument are given beside each. */
export const Event = {
  /** A message arrives: machine, slot. */
  Deliver: 0,
  /** A job has had its demand: host, core. */
  CoreDone: 1,
  /** machine, timer id. */
  Timer: 2,
  /** A flush ended: host, -. */
  Flushed: 3,
  /** The next operation of an open workload: workload, -. */
  Arrival: 4,
  /** A closed-loop client has thought: workload, client. */
  Thought: 5,
  /** A fault begins or ends: its place in the list of injections, 0 or 1. */
  FaultStart: 6,
  FaultEnd: 7,
  /** A window of the counters ends: -, -. */
  Window: 8,
  /** News of a connection: process, peer * 4 + change. */
  Connection: 9,
  /** A prober's next probe: its place in the list, -. */
  Probe: 10,
  /** Transfers progress: -, -. */
  Transfer: 11,
  /** Demand met off the cores: machine, slot. */
  Worked: 12,
  /** The workload stops: -, -. */
  Settle: 13,
  /** An order arrives at a host: its place in the list of orders, -. */
  Order: 14,
  /** Copies that came back may have caught up: -, -. */
  Copies: 15,
  /** Writes may be overdue: -, -. */
  Overdue: 16,
  /** An operation that follows another's answer: workload, key. */
  Follow: 30,
  /** A packet of a handshake arrives: its place in the list of handshakes, -. */
  Handshake: 17,
} as const;

/** A machine is made at once and lives from its start; what is retired never comes back. */
export const Life = { Coming: 0, Live: 1, Retired: 2 } as const;
export type Life = (typeof Life)[keyof typeof Life];

export interface MachineRecord {
  readonly id: number;
  readonly name: string;
  readonly process: ProcessRecord;
  readonly create: () => Machine;
  machine: Machine;
  life: Life;
  readonly timers: EventId[];
  /** What the host's monotonic clock shows when each timer is due; -1: it is not set. */
  readonly dues: number[];
  store: ReplicaStore | undefined;
  readonly registers: Registers;
  /** What its device acknowledged and may hold in a volatile cache; the first of it is safe. */
  readonly cached: Cached[];
  streams: Map<string, Random>;
  /** Messages that must be handled in order: one is at work, the others wait here. */
  serialBusy: boolean;
  readonly serialWaiting: number[];
  /** Copies of its replica that it holds. */
  readonly copies: Set<ReplicaStore>;
  /** Versions that it holds beside its replica; made when first used. */
  shelf: ShelfStore | undefined;
  /** Shard of a replica, else -1. */
  readonly shard: number;
}

/** A state that was acknowledged as durable at an instant. */
export interface Cached {
  readonly at: number;
  /** Of the log; 0 where there is none. Falls when the log is taken back. */
  position: number;
  readonly registers: Float64Array;
}

/** Values as they are, as the flush under way will make durable, and as they are on the device. */
export interface Registers {
  readonly now: Float64Array;
  readonly flushing: Float64Array;
  readonly synced: Float64Array;
  /** Changed since the last flush began; covered by the flush under way. */
  isDirty: boolean;
  isFlushing: boolean;
}

export interface ProcessRecord {
  readonly id: number;
  readonly name: string;
  readonly host: HostRecord;
  readonly machines: MachineRecord[];
  /** How many faults hold it down, an order among them; and how many hold it paused. */
  down: number;
  paused: number;
  /** It is down until it is ordered to start. */
  isStopped: boolean;
  /**
   * Grows when it starts and when it ends: what was sent in one era is not delivered in another. Even while it runs.
   */
  era: number;
  /** Starts it again when it has gone; hears of its coming and going. */
  supervisor: MachineRecord | undefined;
  /** What came due while it was paused, and what else reached it, each in order. */
  readonly heldTimers: { readonly machine: MachineRecord; readonly id: number }[];
  readonly held: Held[];
}

/** Something that reached a paused process. */
export type Held =
  | { readonly kind: "message" | "ready"; readonly machine: number; readonly slot: number }
  | { readonly kind: "synced"; readonly machine: MachineRecord; readonly token: number; readonly position: number }
  | { readonly kind: "connection"; readonly code: number }
  | {
      readonly kind: "transfer";
      readonly machine: MachineRecord;
      readonly peer: MachineRecord;
      readonly token: number;
      readonly change: number;
      readonly amount: number;
    };

export interface HostRecord {
  readonly place: HostPlace;
  readonly cores: Cores | undefined;
  readonly device: Device;
  readonly clock: Clock;
  /** Microseconds for which the log device may hold in a volatile cache what it acknowledged. */
  readonly volatileCache: number;
  readonly processes: ProcessRecord[];
  down: number;
  destroyed: boolean;
  /** How many faults have it frozen; and what is to start once none has any more. */
  frozen: number;
  readonly thawing: ProcessRecord[];
}

/** The era of a process that has yet to start for the first time. */
export const DOWN_AT_FIRST = -1;

/** How often a process has been started again. */
export const incarnationOf = (process: ProcessRecord): number => process.era >> 1;

export function createHost(place: HostPlace, cores: Cores | undefined, device: Device, clock: Clock, volatileCache: number): HostRecord {
  return { place, cores, device, clock, volatileCache, processes: [], down: 0, destroyed: false, frozen: 0, thawing: [] };
}

/** A process that runs from the start, added to its host. Numbers are dense; each host's first process has its host's number. */
export function addProcess(processes: ProcessRecord[], name: string, host: HostRecord): ProcessRecord {
  const process: ProcessRecord = {
    id: processes.length,
    name,
    host,
    machines: [],
    down: 0,
    paused: 0,
    isStopped: false,
    era: 0,
    supervisor: undefined,
    heldTimers: [],
    held: [],
  };
  processes.push(process);
  host.processes.push(process);
  return process;
}

/** A machine, not yet part of its process: that is `settle`'s. Numbers are dense. */
export function addMachine(
  machines: MachineRecord[],
  process: ProcessRecord,
  name: string,
  create: () => Machine,
  shard = -1,
  store?: ReplicaStore,
): MachineRecord {
  const record: MachineRecord = {
    id: machines.length,
    name,
    process,
    create,
    machine: NOBODY,
    life: Life.Coming,
    timers: [],
    dues: [],
    store,
    registers: {
      now: new Float64Array(REGISTERS),
      flushing: new Float64Array(REGISTERS),
      synced: new Float64Array(REGISTERS),
      isDirty: false,
      isFlushing: false,
    },
    cached: [],
    streams: new Map(),
    serialBusy: false,
    serialWaiting: [],
    copies: new Set(),
    shelf: undefined,
    shard,
  };
  machines.push(record);
  return record;
}

/** From here on the machine lives and dies with its process. */
export function settle(record: MachineRecord): void {
  record.life = Life.Live;
  record.machine = record.create();
  record.process.machines.push(record);
}

/** Stands where no machine is yet, or any more: what reaches it is lost. */
export const NOBODY: Machine = { step: () => undefined };
