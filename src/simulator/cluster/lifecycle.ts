/**
 * How processes start, end, stand still and come back, and what their peers learn of it: a
 * crashed process's host resets its connections at once; a dead host is silent, and resets what reaches it once it is back.
 */
import { ChildChange, ConnectionChange, Is } from "../../base/machine.ts";
import type { Instant } from "../../base/time.ts";
import { NO_EVENT } from "../kernel/kernel.ts";
import { Event, incarnationOf, Life, NOBODY, type MachineRecord, type ProcessRecord } from "./actors.ts";
import { Local } from "./messages.ts";
import type { Lifecycle, Stage, WorldParts } from "./rooms.ts";

/** What the lifecycle asks of the world: to step a machine with the stage's input, and to go through what was held. */
export interface Steps {
  readonly step: (record: MachineRecord) => void;
  readonly tellTimer: (record: MachineRecord, id: number) => void;
  readonly release: (process: ProcessRecord) => void;
}

export function createLifecycle(parts: WorldParts, stage: Stage, steps: Steps): Lifecycle {
  const { kernel, ledger, messages, network, transfers, machines, processes, observer } = parts;
  const f = messages.fields;
  const isOf =
    (process: ProcessRecord) =>
    (machine: number): boolean =>
      machines[machine]!.process === process;

  function start(process: ProcessRecord): void {
    for (const record of [...process.machines]) startMachine(record);
  }

  function startMachine(record: MachineRecord): void {
    const { input } = stage;
    input.kind = Is.Start;
    input.incarnation = incarnationOf(record.process);
    steps.step(record);
    for (const child of record.process.host.processes)
      if (child.supervisor === record) tellChild(record, child, child.down > 0 ? ChildChange.Down : ChildChange.Up);
  }

  function kill(process: ProcessRecord, silently: boolean): void {
    process.era += 1;
    process.paused = 0;
    for (const record of process.machines) {
      clear(record);
      record.streams = new Map();
      record.machine = record.create();
    }
    const isGone = isOf(process);
    process.host.cores?.clear(isGone, messages.free);
    process.host.device.forget(isGone);
    for (const held of process.held.splice(0)) if (held.kind === "message" || held.kind === "ready") messages.free(held.slot);
    process.heldTimers.length = 0;
    transfers.gone(isGone, silently);
    if (silently) network.silence(process.id);
    else for (const peer of network.peers(process.id)) hangUp(process, processes[peer]!);
  }

  /** What a machine has under way: timers, waiting messages, copies of its replica. */
  function clear(record: MachineRecord): void {
    for (let id = 0; id < record.timers.length; id += 1) {
      kernel.cancel(record.timers[id]!);
      record.timers[id] = NO_EVENT;
      record.dues[id] = -1;
    }
    record.serialBusy = false;
    for (const slot of record.serialWaiting.splice(0)) messages.free(slot);
    for (const copy of record.copies) ledger.dropReplica(copy);
    record.copies.clear();
    record.shelf?.crashed();
  }

  function hangUp(process: ProcessRecord, peer: ProcessRecord): void {
    if (network.blocked(process.host.place.id, peer.host.place.id)) return network.markStale(peer.id, process.id);
    tellEnd(process, peer, ConnectionChange.Reset, process.era - 1, 0);
  }

  /** A peer's connection with a process ends, as it was up to an era of the process's: until it hears, it speaks in vain. */
  function tellEnd(process: ProcessRecord, peer: ProcessRecord, change: number, upTo: number, delay: number): void {
    const at = network.arrival(process.id, peer.id, delay);
    network.close(process.id, peer.id);
    if (peer.down > 0) return;
    network.markTold(peer.id, process.id, upTo);
    kernel.schedule(at, Event.Connection, peer.id, process.id * 4 + change);
  }

  function tellChild(to: MachineRecord, process: ProcessRecord, change: number, isManaged = false): void {
    const here = process.host.place.id;
    const there = to.process.host.place.id;
    if (to.process.down > 0 || (here !== there && !isManaged && network.blocked(here, there))) return;
    const slot = messages.allocate();
    f.from[slot] = to.id;
    f.to[slot] = to.id;
    f.kind[slot] = 0;
    f.channel[slot] = Local.Child;
    f.token[slot] = process.id;
    f.count[slot] = change;
    f.era[slot] = to.process.era;
    const delay = here === there ? 0 : network.latency(here, there);
    kernel.schedule((kernel.now() + delay) as Instant, Event.Deliver, to.id, slot);
  }

  return {
    start,
    startMachine,
    down: (process, change, silently) => {
      process.down += 1;
      if (process.down > 1) return;
      observer.changed(process, change);
      kill(process, silently);
      observer.gone(process);
      if (process.supervisor === undefined) return;
      // Its supervisor starts it again, nobody else.
      if (!process.isStopped) process.down += 1;
      process.isStopped = true;
      tellChild(process.supervisor, process, ChildChange.Down);
    },
    up: (process) => {
      process.down -= 1;
      if (process.down > 0 || process.host.down > 0 || process.host.destroyed) return;
      if (process.host.frozen > 0) {
        // Nothing starts on a machine that stands still: it stays down until that goes on.
        process.down = 1;
        process.host.thawing.push(process);
        return;
      }
      process.era += 1;
      observer.changed(process, "started");
      start(process);
      if (process.supervisor !== undefined) tellChild(process.supervisor, process, ChildChange.Up);
    },
    pause: (process) => {
      process.paused += 1;
      if (process.paused === 1) process.host.cores?.suspend(isOf(process));
    },
    resume: (process) => {
      process.paused -= 1;
      if (process.paused > 0) return;
      process.host.cores?.resume(isOf(process));
      // Due timers first, then messages: how an event loop meets what piled up.
      for (let due = process.heldTimers.shift(); due !== undefined; due = process.heldTimers.shift()) steps.tellTimer(due.machine, due.id);
      steps.release(process);
    },
    booted: (host) => {
      for (const process of host.processes) {
        for (const id of network.peers(process.id)) {
          const peer = processes[id]!;
          const isUnanswered = network.isUnanswered(id, process.id);
          network.markStale(id, process.id);
          // What is still being sent meets the reset when it is next retransmitted; an idle connection at its next use.
          if (
            !isUnanswered ||
            peer.down > 0 ||
            network.blocked(host.place.id, peer.host.place.id) ||
            network.blocked(peer.host.place.id, host.place.id)
          )
            continue;
          tellEnd(process, peer, ConnectionChange.Reset, process.era - (process.down > 0 ? 1 : 0), network.retransmission);
        }
        transfers.returned(isOf(process));
      }
    },
    hangUp,
    missed: (sender, process, era) => {
      // A dead or frozen host is silent; a live one refuses, or resets what belonged to an earlier process.
      if (process.host.down > 0 || process.host.frozen > 0) return network.markUnanswered(sender.id, process.id);
      // Refused is a connection that was never made; of one that was, nobody knows what it still brought. Each attempt at a
      // connection is refused anew; what one refusal on its way finds already sent is answered by it.
      const isNew = process.down > 0 && era === process.era;
      if (isNew ? network.isTold(sender.id, process.id) : network.knows(sender.id, process.id, era)) return;
      if (network.blocked(process.host.place.id, sender.host.place.id)) return network.markStale(sender.id, process.id);
      tellEnd(process, sender, isNew ? ConnectionChange.Refused : ConnectionChange.Reset, isNew ? era : process.era - 1, 0);
    },
    retire: (record) => {
      if (record.life === Life.Live) record.process.machines.splice(record.process.machines.indexOf(record), 1);
      record.life = Life.Retired;
      record.machine = NOBODY;
      clear(record);
      const isGone = (machine: number): boolean => machine === record.id;
      record.process.host.cores?.clear(isGone, messages.free);
      record.process.host.device.forget(isGone);
      transfers.gone(isGone, false);
      if (record.store !== undefined) ledger.dropReplica(record.store);
      record.store = undefined;
    },
    tellChild,
    forgetTimer: (record, id) => {
      const { heldTimers } = record.process;
      const place = heldTimers.findIndex((held) => held.machine === record && held.id === id);
      if (place >= 0) heldTimers.splice(place, 1);
    },
    isOf,
  };
}
