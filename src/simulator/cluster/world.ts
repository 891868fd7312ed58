/**
 * Hosts, processes and machines with their state, and how an input reaches a machine. One `Io` serves all machines: it
 * is pointed at the machine whose step it is. Effects take place as they are called: a send schedules a delivery, an
 * append changes the replica's store.
 */
import { assert } from "../../base/assert.ts";
import type { MachineId, ProcessId } from "../../base/ids.ts";
import { Channel, ConnectionChange, Is, Lane, Outcome, type FactInput, type Finish, type Input, type Io, type Machine } from "../../base/machine.ts";
import type { Random } from "../../base/random.ts";
import type { Instant } from "../../base/time.ts";
import { NO_EVENT, type EventId, type Kernel } from "../kernel/kernel.ts";
import { Message, type Costs } from "../strategies/messages.ts";
import type { Clock } from "./clocks.ts";
import type { Cores } from "./cores.ts";
import type { Device } from "./device.ts";
import type { Ledger } from "./ledger.ts";
import type { Messages } from "./messages.ts";
import type { Network } from "./network.ts";
import type { ReplicaStore } from "./replica-store.ts";
import type { HostPlace } from "./topology.ts";
import type { Transfers } from "./transfers.ts";

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
  /** Demand asked for by `work` on the control lane: machine, token. */
  Worked: 12,
  /** The workload stops: -, -. */
  Settle: 13,
} as const;

export interface MachineRecord {
  readonly id: number;
  readonly name: string;
  readonly process: ProcessRecord;
  readonly create: () => Machine;
  machine: Machine;
  readonly timers: EventId[];
  readonly store: ReplicaStore | undefined;
  streams: Map<string, Random>;
  /** Messages that must be handled in order: one is at work, the others wait here. */
  serialBusy: boolean;
  readonly serialWaiting: number[];
  /** Shard of a replica, else -1. */
  readonly shard: number;
}

export interface ProcessRecord {
  readonly id: number;
  readonly name: string;
  readonly host: HostRecord;
  readonly machines: MachineRecord[];
  /** How many faults hold it down, and how many hold it paused. */
  down: number;
  paused: number;
  incarnation: number;
  /** What arrived while it was paused, in order; timers apart, since they are due first when it resumes. */
  readonly heldMessages: number[];
  readonly heldTimers: { machine: MachineRecord; id: number }[];
  readonly heldSyncs: { machine: MachineRecord; token: number; position: number }[];
}

export interface HostRecord {
  readonly place: HostPlace;
  readonly cores: Cores | undefined;
  readonly device: Device;
  readonly clock: Clock;
  readonly processes: ProcessRecord[];
  down: number;
  destroyed: boolean;
}

/** What the environment (clients' instruments, faults, the record) wants to hear from the world. */
export interface Observer {
  readonly fact: (machine: MachineRecord, fact: FactInput) => void;
  readonly finish: (operation: number, ending: Finish) => void;
  /** A machine answers a client: the reply's slot. */
  readonly answering: (machine: MachineRecord, slot: number) => void;
  /** A request left for a server. */
  readonly attempt: (operation: number) => void;
  readonly served: (machine: MachineRecord, kind: number, slot: number, demand: number, start: number) => void;
}

export interface World {
  readonly machines: readonly MachineRecord[];
  readonly processes: readonly ProcessRecord[];
  readonly hosts: readonly HostRecord[];
  readonly io: Io;
  readonly deliver: (machine: number, slot: number) => void;
  readonly coreDone: (host: number, core: number) => void;
  readonly timer: (machine: number, id: number) => void;
  readonly flushed: (host: number) => void;
  readonly connection: (process: number, code: number) => void;
  readonly worked: (machine: number, token: number) => void;
  /** News of a bulk transfer for one of its ends. */
  readonly transfer: (machine: number, token: number, change: number, amount: number) => void;
  readonly start: (process: ProcessRecord) => void;
  readonly kill: (process: ProcessRecord, resets: boolean) => void;
  readonly pause: (process: ProcessRecord) => void;
  readonly resume: (process: ProcessRecord) => void;
  /** A host is back: whoever spoke to it while it was dead meets a reset. */
  readonly booted: (host: HostRecord) => void;
  /** Says something to a machine from outside the model (a client's next operation), at once. */
  readonly tellNow: (machine: MachineRecord, kind: number, slot: number) => void;
}

/** Messages that a paused process's sockets hold before senders are held up (here: lost to them). */
const HELD_BOUND = 4096;

export interface WorldParts {
  readonly kernel: Kernel;
  readonly ledger: Ledger;
  readonly messages: Messages;
  readonly network: Network;
  readonly transfers: Transfers;
  readonly costs: Costs;
  readonly machines: readonly MachineRecord[];
  readonly processes: readonly ProcessRecord[];
  readonly hosts: readonly HostRecord[];
  readonly stream: (name: string) => Random;
  readonly observer: Observer;
}

export function createWorld(parts: WorldParts): World {
  const { kernel, ledger, messages, network, transfers, costs, machines, processes, hosts, observer } = parts;
  const f = messages.fields;
  const input: Input = { kind: Is.Start, from: -1 as MachineId, peer: -1 as ProcessId, message: 0, slot: -1, channel: 0, id: 0, change: 0, amount: 0, incarnation: 0 };
  let current = machines[0]!;

  const now = (): Instant => kernel.now();
  const storeOf = (record: MachineRecord): ReplicaStore => {
    assert(record.store !== undefined, `${record.name} has no replica`);
    return record.store;
  };

  const io: Io = {
    self: () => current.id as MachineId,
    host: () => current.process.host.place.id,
    now: () => current.process.host.clock.monotonic(now()),
    wall: () => current.process.host.clock.wall(now()),
    random: (purpose) => {
      let random = current.streams.get(purpose);
      if (random === undefined) {
        random = parts.stream(`${current.name}/incarnation ${current.process.incarnation}/${purpose}`);
        current.streams.set(purpose, random);
      }
      return random;
    },
    messages: f,
    message: messages.allocate,
    attachEntries: (slot, from, to) => {
      const store = storeOf(current);
      const { of, versions } = ledger.operations;
      for (let index = from; index <= to; index += 1) {
        const version = store.versionAt(index);
        messages.attach(slot, version);
        f.bytes[slot] = f.bytes[slot]! + of.bytes[versions.operation[version]!]!;
      }
    },
    appendAttached: (slot, position) => ledger.appendVersion(storeOf(current), messages.versionOf(slot, position)),
    attachedEpoch: (slot, position) => ledger.operations.versions.epoch[messages.versionOf(slot, position)]!,
    send: (to, channel, kind, slot) => {
      if (f.operation[slot]! >= 0) {
        ledger.operations.hold(f.operation[slot]!);
        observer.attempt(f.operation[slot]!);
      }
      post(to, channel, kind, slot);
    },
    reply: (to, slot) => {
      const operation = f.operation[slot]!;
      observer.answering(current, slot);
      ledger.operations.hold(operation);
      post(to, Channel.Data, Message.Reply, slot);
    },
    close: (peer) => {
      if (!network.hasConnection(current.process.id, peer)) return;
      network.close(current.process.id, peer);
      notice(peer, current.process.id, ConnectionChange.Reset);
    },
    tell: (to, kind, slot) => {
      assert(machines[to]!.process.host === current.process.host, `${current.name} tells a machine of another host`);
      if (f.operation[slot]! >= 0) ledger.operations.hold(f.operation[slot]!);
      f.from[slot] = current.id;
      f.to[slot] = to;
      f.kind[slot] = kind;
      f.channel[slot] = TOLD;
      f.incarnation[slot] = machines[to]!.process.incarnation;
      kernel.schedule(now(), Event.Deliver, to, slot);
    },
    setTimer: (id, after) => {
      const at = (now() + current.process.host.clock.toTrue(after)) as Instant;
      const known = current.timers[id] ?? NO_EVENT;
      if (known !== NO_EVENT) current.timers[id] = kernel.move(known, at);
      else {
        while (current.timers.length <= id) current.timers.push(NO_EVENT);
        current.timers[id] = kernel.schedule(at, Event.Timer, current.id, id);
      }
    },
    cancelTimer: (id) => {
      const known = current.timers[id] ?? NO_EVENT;
      if (known === NO_EVENT) return;
      kernel.cancel(known);
      current.timers[id] = NO_EVENT;
    },
    log: {
      append: (operation, epoch) => (current.store === undefined ? 0 : ledger.appendOperation(current.store, operation, epoch, now())),
      truncate: (index) => storeOf(current).truncate(index),
      apply: (index) => storeOf(current).apply(index),
      written: () => storeOf(current).written(),
      synced: () => storeOf(current).synced(),
      applied: () => storeOf(current).applied(),
      base: () => storeOf(current).base(),
      epochAt: (index) => storeOf(current).epochAt(index),
      operationAt: (index) => ledger.operations.versions.operation[storeOf(current).versionAt(index)]!,
      read: (key) => storeOf(current).read(key),
    },
    sync: (token) => current.process.host.device.sync(current.id, token),
    put: (register, value) => {
      storeOf(current).registers[register] = value;
    },
    register: (register) => storeOf(current).registers[register]!,
    work: (lane, demand, token) => {
      const { cores } = current.process.host;
      if (lane === Lane.Control || cores === undefined) kernel.schedule((now() + demand) as Instant, Event.Worked, current.id, token);
      // A negative slot marks work without a message; a full queue does not refuse a machine's own work, it waits its turn.
      else if (!cores.offer(current.id, -2 - token, demand)) kernel.schedule((now() + demand) as Instant, Event.Worked, current.id, token);
    },
    transfer: (to, bytes, token) => transfers.start(current.id, to, bytes, token),
    propose: () => assert(false, "no replication part in this run commits for machines above it"),
    create: () => {
      throw new Error("parts of this version create no machines during a run");
    },
    retire: () => assert(false, "parts of this version retire no machines during a run"),
    process: (order, process) => {
      const target = processes[process]!;
      if (order === "start") {
        if (target.down > 0 && !target.host.destroyed && target.host.down === 0) start(target);
      } else kill(target, true);
    },
    finish: (operation, ending) => observer.finish(operation, ending),
    fact: (fact) => observer.fact(current, fact),
  };

  function post(to: MachineId, channel: Channel, kind: number, slot: number): void {
    f.from[slot] = current.id;
    f.to[slot] = to;
    f.kind[slot] = kind;
    f.channel[slot] = channel;
    const target = machines[to]!.process;
    network.send(slot, current.process.id, target.id, target.incarnation);
  }

  /** Tells a process about its connection to `peer`, one latency from now. */
  function notice(process: number, peer: number, change: number): void {
    if (network.blocked(peer, process)) return;
    kernel.schedule((now() + network.latency(peer, process)) as Instant, Event.Connection, process, peer * 4 + change);
  }

  function handle(record: MachineRecord, slot: number): void {
    current = record;
    const told = f.channel[slot] === TOLD;
    input.kind = told ? Is.Told : Is.Message;
    input.from = f.from[slot]! as MachineId;
    input.message = f.kind[slot]!;
    input.slot = slot;
    input.channel = told ? 0 : (f.channel[slot]! as Channel);
    record.machine.step(input, io);
    messages.free(slot);
  }

  function deliver(machine: number, slot: number): void {
    const record = machines[machine]!;
    const { process } = record;
    if (process.down > 0 || f.incarnation[slot] !== process.incarnation) {
      const sender = machines[f.from[slot]!]!.process;
      // A dead host is silent; a live one refuses, or resets what belonged to an earlier process.
      if (process.host.down === 0) {
        network.close(sender.id, process.id);
        notice(sender.id, process.id, process.down > 0 ? ConnectionChange.Refused : ConnectionChange.Reset);
      }
      messages.free(slot);
      return;
    }
    if (process.paused > 0) {
      if (process.heldMessages.length < HELD_BOUND) process.heldMessages.push(machine, slot);
      else messages.free(slot);
      return;
    }
    const kind = f.kind[slot]!;
    const { cores } = process.host;
    if (cores !== undefined) {
      const own = record.machine.demand?.(kind, slot) ?? -1;
      const demand = own >= 0 ? own : costs.demand[kind]!;
      if (costs.serial[kind] === 1) {
        if (record.serialBusy) record.serialWaiting.push(slot);
        else offerSerial(record, slot, demand);
        return;
      }
      if (costs.lane[kind] === Lane.Work) {
        if (demand > 0 || cores.waiting() > 0) {
          if (!cores.offer(machine, slot, demand)) overflow(record, slot);
          return;
        }
      } else if (demand > 0) {
        f.incarnation[slot] = process.incarnation;
        kernel.schedule((now() + demand) as Instant, Event.Worked, machine, -2 - slot);
        return;
      }
    }
    handle(record, slot);
  }

  function offerSerial(record: MachineRecord, slot: number, demand: number): void {
    record.serialBusy = true;
    if (!record.process.host.cores!.offer(record.id, slot, demand)) {
      record.serialBusy = false;
      overflow(record, slot);
    }
  }

  /** The message at work is done: the next of this machine may begin. */
  function nextSerial(record: MachineRecord): void {
    record.serialBusy = false;
    while (record.serialWaiting.length > 0 && !record.serialBusy) {
      const slot = record.serialWaiting.shift()!;
      const own = record.machine.demand?.(f.kind[slot]!, slot) ?? -1;
      offerSerial(record, slot, own >= 0 ? own : costs.demand[f.kind[slot]!]!);
    }
  }

  /** The queue is full: a request is told so, anything else is lost like a packet. */
  function overflow(record: MachineRecord, slot: number): void {
    const operation = f.operation[slot]!;
    if (operation >= 0 && (f.kind[slot] === Message.ReadRequest || f.kind[slot] === Message.WriteRequest)) {
      const answer = messages.allocate();
      current = record;
      f.shard[answer] = f.shard[slot]!;
      f.operation[answer] = operation;
      f.count[answer] = f.count[slot]!;
      f.outcome[answer] = Outcome.Overloaded;
      f.bytes[answer] = 100;
      io.reply(f.from[slot]! as MachineId, answer);
    }
    messages.free(slot);
  }

  function start(process: ProcessRecord): void {
    for (const record of process.machines) {
      current = record;
      input.kind = Is.Start;
      input.incarnation = process.incarnation;
      record.machine.step(input, io);
    }
  }

  function kill(process: ProcessRecord, resets: boolean): void {
    process.incarnation += 1;
    for (const record of process.machines) {
      for (let id = 0; id < record.timers.length; id += 1) {
        kernel.cancel(record.timers[id]!);
        record.timers[id] = NO_EVENT;
      }
      record.streams = new Map();
      record.machine = record.create();
      record.serialBusy = false;
      for (const slot of record.serialWaiting.splice(0)) messages.free(slot);
    }
    process.host.cores?.clear((_, slot) => {
      if (slot >= 0) messages.free(slot);
    });
    process.host.device.forget((machine) => machines[machine]!.process === process);
    for (let i = 1; i < process.heldMessages.length; i += 2) messages.free(process.heldMessages[i]!);
    process.heldMessages.length = 0;
    process.heldTimers.length = 0;
    process.heldSyncs.length = 0;
    if (!resets) return;
    for (const peer of network.disconnect(process.id)) notice(peer, process.id, ConnectionChange.Reset);
  }

  function tellTimer(record: MachineRecord, id: number): void {
    current = record;
    input.kind = Is.Timer;
    input.id = id;
    record.machine.step(input, io);
  }

  function tellSynced(record: MachineRecord, token: number, position: number): void {
    record.store?.setSynced(position);
    current = record;
    input.kind = Is.Synced;
    input.id = token;
    input.amount = position;
    record.machine.step(input, io);
  }

  return {
    machines,
    processes,
    hosts,
    io,
    deliver,
    coreDone: (host, core) => {
      const { cores } = hosts[host]!;
      assert(cores !== undefined, `host ${host} has no cores`);
      cores.finish(core);
      const record = machines[cores.doneMachine()]!;
      const slot = cores.doneSlot();
      observer.served(record, slot >= 0 ? f.kind[slot]! : 0, slot, cores.doneDemand(), cores.doneStart());
      if (slot >= 0) {
        const isSerial = costs.serial[f.kind[slot]!] === 1;
        handle(record, slot);
        if (isSerial) nextSerial(record);
      } else {
        current = record;
        input.kind = Is.Worked;
        input.id = -2 - slot;
        record.machine.step(input, io);
      }
    },
    timer: (machine, id) => {
      const record = machines[machine]!;
      record.timers[id] = NO_EVENT;
      if (record.process.paused > 0) record.process.heldTimers.push({ machine: record, id });
      else tellTimer(record, id);
    },
    flushed: (host) => {
      hosts[host]!.device.flushed((machine, token, position) => {
        const record = machines[machine]!;
        if (record.process.paused > 0) {
          record.store?.setSynced(position);
          record.process.heldSyncs.push({ machine: record, token, position });
        } else tellSynced(record, token, position);
      });
    },
    connection: (process, code) => {
      const target = processes[process]!;
      if (target.down > 0 || target.paused > 0) return;
      for (const record of target.machines) {
        current = record;
        input.kind = Is.Connection;
        input.peer = (code >> 2) as ProcessId;
        input.change = code & 3;
        record.machine.step(input, io);
      }
    },
    worked: (machine, token) => {
      const record = machines[machine]!;
      if (token < -1) {
        const slot = -2 - token;
        if (record.process.down > 0 || f.incarnation[slot] !== record.process.incarnation) messages.free(slot);
        else if (record.process.paused > 0) record.process.heldMessages.push(machine, slot);
        else handle(record, slot);
        return;
      }
      if (record.process.down > 0) return;
      current = record;
      input.kind = Is.Worked;
      input.id = token;
      record.machine.step(input, io);
    },
    transfer: (machine, token, change, amount) => {
      const record = machines[machine]!;
      if (record.process.down > 0) return;
      current = record;
      input.kind = Is.Transfer;
      input.id = token;
      input.change = change;
      input.amount = amount;
      record.machine.step(input, io);
    },
    start,
    kill,
    pause: (process) => {
      process.paused += 1;
      if (process.paused === 1) process.host.cores?.pause();
    },
    resume: (process) => {
      process.paused -= 1;
      if (process.paused > 0 || process.down > 0) return;
      process.host.cores?.resume();
      // Due timers first, then messages (CONTRACTS.md, section 5): how an event loop meets what piled up.
      for (const { machine, id } of process.heldTimers.splice(0)) if (machine.timers[id] === NO_EVENT) tellTimer(machine, id);
      for (const { machine, token, position } of process.heldSyncs.splice(0)) tellSynced(machine, token, position);
      const held = process.heldMessages.splice(0);
      for (let i = 0; i < held.length; i += 2) deliver(held[i]!, held[i + 1]!);
    },
    booted: (host) => {
      for (const process of host.processes) for (const peer of network.disconnect(process.id)) notice(peer, process.id, ConnectionChange.Reset);
    },
    tellNow: (machine, kind, slot) => {
      if (f.operation[slot]! >= 0) ledger.operations.hold(f.operation[slot]!);
      f.from[slot] = machine.id;
      f.to[slot] = machine.id;
      f.kind[slot] = kind;
      f.channel[slot] = TOLD;
      f.incarnation[slot] = machine.process.incarnation;
      deliver(machine.id, slot);
    },
  };
}

/** Marks what was told on the same host rather than sent. */
const TOLD = 7;

