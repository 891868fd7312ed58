/**
 * How inputs reach machines: messages through queue and cores, timers, flushes, news of connections and transfers, and
 * what a paused process holds back.
 *
 * actors.ts holds hosts, processes and machines; io.ts what machines do; lifecycle.ts how processes come and go; orders.ts
 * what one host asks of another's processes; network.ts, cores.ts, device.ts, transfers.ts the resources.
 */
import { assert, fail } from "../../base/assert.ts";
import type { MachineId, ProcessId } from "../../base/ids.ts";
import { ConnectionChange, Is, Lane, Outcome, type Channel, type Io } from "../../base/machine.ts";
import type { Instant } from "../../base/time.ts";
import { NO_EVENT } from "../kernel/kernel.ts";
import { Message } from "../strategies/messages.ts";
import { Event, type MachineRecord, type ProcessRecord, type Registers } from "./actors.ts";
import { createIo, createStage } from "./io.ts";
import { createLifecycle } from "./lifecycle.ts";
import { Local } from "./messages.ts";
import { noteCached } from "./power.ts";
import { createHandshakes } from "./handshakes.ts";
import { createOrders } from "./orders.ts";
import type { Lifecycle, WorldParts } from "./rooms.ts";

export interface World {
  readonly io: Io;
  readonly deliver: (machine: number, slot: number) => void;
  readonly coreDone: (host: number, core: number) => void;
  readonly timer: (machine: number, id: number) => void;
  readonly flushed: (host: number) => void;
  readonly connection: (process: number, code: number) => void;
  readonly worked: (machine: number, slot: number) => void;
  readonly order: (place: number) => void;
  readonly handshake: (place: number) => void;
  /** News of a bulk transfer for one of its ends. */
  readonly transfer: (machine: number, peer: number, token: number, change: number, amount: number) => void;
  readonly lifecycle: Lifecycle;
  /** Says something to a machine from outside the model (a client's next operation), at once. */
  readonly tellNow: (machine: MachineRecord, kind: number, slot: number) => void;
}

/** Messages that a paused process's sockets hold before senders are held up (here: lost to them). */
const HELD_BOUND = 4096;

export function createWorld(parts: WorldParts): World {
  const { kernel, ledger, messages, network, costs, machines, processes, hosts, observer } = parts;
  const f = messages.fields;
  const stage = createStage();
  const { input } = stage;
  const { doubts } = network;
  const lifecycle = createLifecycle(parts, stage, { step, tellTimer, release });
  const orders = createOrders(parts, lifecycle);
  const handshakes = createHandshakes(kernel, network, opened);
  const io = createIo(parts, stage, lifecycle, orders, handshakes);

  function step(record: MachineRecord): void {
    stage.current = record;
    record.machine.step(input, io);
  }

  function handle(record: MachineRecord, slot: number): void {
    const channel = f.channel[slot]!;
    if (channel >= Local.Told) return handleLocal(record, slot, channel);
    input.kind = Is.Message;
    input.from = f.from[slot]! as MachineId;
    input.message = f.kind[slot]!;
    input.slot = slot;
    input.channel = channel as Channel;
    stage.current = record;
    record.machine.step(input, io);
    if (stage.deferred < 0) return messages.free(slot);
    kernel.schedule((kernel.now() + stage.deferred) as Instant, Event.Deliver, record.id, slot);
    stage.deferred = -1;
  }

  /** What never left its host. */
  function handleLocal(record: MachineRecord, slot: number, channel: number): void {
    input.from = f.from[slot]! as MachineId;
    input.slot = slot;
    input.id = f.token[slot]!;
    switch (channel) {
      case Local.Told:
        input.kind = Is.Told;
        input.message = f.kind[slot]!;
        break;
      case Local.Proposed:
        input.kind = Is.Proposed;
        break;
      case Local.Decided:
        input.kind = Is.Committed;
        input.change = f.count[slot]!;
        break;
      case Local.Worked:
        input.kind = Is.Worked;
        break;
      default:
        assert(channel === Local.Child, `a message of channel ${channel}`);
        input.kind = Is.Child;
        input.peer = f.token[slot]! as ProcessId;
        input.change = f.count[slot]!;
    }
    step(record);
    messages.free(slot);
  }

  function deliver(machine: number, slot: number): void {
    const record = machines[machine]!;
    const { process } = record;
    if (process.down > 0 || f.era[slot] !== process.era) {
      if (f.channel[slot]! < Local.Told) lifecycle.missed(machines[f.from[slot]!]!.process, process, f.era[slot]!);
      messages.free(slot);
      return;
    }
    if (process.paused > 0) {
      // What stays on its host needs no socket.
      if (process.held.length < HELD_BOUND || f.channel[slot]! >= Local.Told) process.held.push({ kind: "message", machine, slot });
      else messages.free(slot);
      return;
    }
    if (doubts.count > 0 && f.channel[slot]! < Local.Told) meetAnew(process, machines[f.from[slot]!]!.process);
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
        kernel.schedule((kernel.now() + cores.stretch(demand)) as Instant, Event.Worked, machine, slot);
        return;
      }
    }
    handle(record, slot);
  }

  /** A process that was thought to be one incarnation speaks up as the next: what was sent to the former is lost. */
  function meetAnew(process: ProcessRecord, sender: ProcessRecord): void {
    if (!network.isStale(process.id, sender.id)) return;
    network.forget(process.id, sender.id);
    connection(process.id, sender.id * 4 + ConnectionChange.Reset);
  }

  /** Says whether the message got a place. */
  function offerSerial(record: MachineRecord, slot: number, demand: number): boolean {
    record.serialBusy = true;
    if (!record.process.host.cores!.offer(record.id, slot, demand)) {
      record.serialBusy = false;
      overflow(record, slot);
    }
    return record.serialBusy;
  }

  /** The message at work is done: the next of this machine may begin. */
  function nextSerial(record: MachineRecord): void {
    record.serialBusy = false;
    for (;;) {
      const slot = record.serialWaiting.shift();
      if (slot === undefined) return;
      const own = record.machine.demand?.(f.kind[slot]!, slot) ?? -1;
      if (offerSerial(record, slot, own >= 0 ? own : costs.demand[f.kind[slot]!]!)) return;
    }
  }

  function isRequest(kind: number): boolean {
    return kind === Message.ReadRequest || kind === Message.WriteRequest || kind === Message.ProxyRequest;
  }

  /** The queue is full: a request is told so, anything else is lost like a packet. */
  function overflow(record: MachineRecord, slot: number): void {
    const operation = f.operation[slot]!;
    if (operation >= 0 && isRequest(f.kind[slot]!)) {
      const answer = messages.allocate();
      stage.current = record;
      f.shard[answer] = f.shard[slot]!;
      f.operation[answer] = operation;
      f.count[answer] = f.count[slot]!;
      f.outcome[answer] = Outcome.Overloaded;
      f.bytes[answer] = 100;
      io.reply(f.from[slot]! as MachineId, answer);
    }
    messages.free(slot);
  }

  function tellTimer(record: MachineRecord, id: number): void {
    input.kind = Is.Timer;
    input.id = id;
    stage.current = record;
    record.machine.step(input, io);
  }

  function tellSynced(record: MachineRecord, token: number, position: number): void {
    input.kind = Is.Synced;
    input.id = token;
    input.amount = position;
    stage.current = record;
    record.machine.step(input, io);
  }

  /** A handshake is over; what else is known of the peer stays as it is. */
  function opened(process: ProcessRecord, peer: ProcessRecord, change: number): void {
    if (change === ConnectionChange.Opened && network.isStale(process.id, peer.id)) {
      // Whoever opens a new connection to a host that has been away finds that the old ones are dead.
      network.forget(process.id, peer.id);
      hearOf(process.id, peer.id * 4 + ConnectionChange.Reset);
    }
    hearOf(process.id, peer.id * 4 + change);
  }

  function connection(process: number, code: number): void {
    network.heard(process, code >> 2);
    hearOf(process, code);
  }

  function hearOf(process: number, code: number): void {
    const target = processes[process]!;
    if (target.down > 0) return;
    if (target.paused > 0) {
      target.held.push({ kind: "connection", code });
      return;
    }
    for (const record of target.machines) {
      input.kind = Is.Connection;
      input.peer = (code >> 2) as ProcessId;
      input.change = code & 3;
      step(record);
    }
  }

  function transfer(machine: number, peer: number, token: number, change: number, amount: number): void {
    const record = machines[machine]!;
    if (record.process.down > 0) return;
    if (record.process.paused > 0) {
      record.process.held.push({ kind: "transfer", machine: record, peer: machines[peer]!, token, change, amount });
      return;
    }
    input.kind = Is.Transfer;
    input.from = peer as MachineId;
    input.peer = machines[peer]!.process.id as ProcessId;
    input.id = token;
    input.change = change;
    input.amount = amount;
    step(record);
  }

  /** Goes through what a paused process held back. */
  function release(process: ProcessRecord): void {
    for (const held of process.held.splice(0)) {
      switch (held.kind) {
        case "message":
          deliver(held.machine, held.slot);
          break;
        case "ready":
          handle(machines[held.machine]!, held.slot);
          break;
        case "synced":
          tellSynced(held.machine, held.token, held.position);
          break;
        case "connection":
          hearOf(process.id, held.code);
          break;
        case "transfer":
          transfer(held.machine.id, held.peer.id, held.token, held.change, held.amount);
          break;
      }
    }
  }

  return {
    io,
    deliver,
    coreDone: (host, core) => {
      const { cores } = hosts[host]!;
      if (!(cores !== undefined)) fail(`host ${host} has no cores`);
      cores.finish(core);
      const record = machines[cores.doneMachine()]!;
      const slot = cores.doneSlot();
      const kind = f.kind[slot]!;
      observer.served(record, kind, slot, cores.doneDemand(), cores.doneStart());
      handle(record, slot);
      if (costs.serial[kind] === 1) nextSerial(record);
    },
    timer: (machine, id) => {
      const record = machines[machine]!;
      record.timers[id] = NO_EVENT;
      record.dues[id] = -1;
      if (record.process.paused > 0) record.process.heldTimers.push({ machine: record, id });
      else tellTimer(record, id);
    },
    flushed: (host) => {
      hosts[host]!.device.flushed((machine, token, position) => {
        const record = machines[machine]!;
        record.store?.setSynced(position);
        record.shelf?.flushed();
        if (record.registers.isFlushing) settleRegisters(record.registers);
        if (record.process.host.volatileCache > 0) noteCached(record, kernel.now(), position);
        if (record.process.paused > 0) record.process.held.push({ kind: "synced", machine: record, token, position });
        else tellSynced(record, token, position);
      });
    },
    connection,
    worked: (machine, slot) => {
      const record = machines[machine]!;
      if (record.process.down > 0 || f.era[slot] !== record.process.era) messages.free(slot);
      else if (record.process.paused > 0) record.process.held.push({ kind: "ready", machine, slot });
      else handle(record, slot);
    },
    order: orders.arrive,
    handshake: handshakes.arrive,
    transfer,
    lifecycle,
    tellNow: (machine, kind, slot) => {
      if (f.operation[slot]! >= 0) ledger.operations.hold(f.operation[slot]!);
      f.from[slot] = machine.id;
      f.to[slot] = machine.id;
      f.kind[slot] = kind;
      f.channel[slot] = Local.Told;
      f.era[slot] = machine.process.era;
      deliver(machine.id, slot);
    },
  };
}

function settleRegisters(registers: Registers): void {
  registers.synced.set(registers.flushing);
  registers.isFlushing = false;
}

/** A flush begins that covers this machine: gives how far its log is written. */
export function beginFlush(record: MachineRecord): number {
  const { registers } = record;
  if (registers.isDirty) {
    registers.flushing.set(registers.now);
    registers.isDirty = false;
    registers.isFlushing = true;
  }
  record.shelf?.flushing();
  return record.store?.written() ?? 0;
}
