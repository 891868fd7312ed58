/**
 * Orders to a host: start, stop or kill a process, make or retire a machine. On its own host an order is obeyed in the
 * next step; to another it travels like a message, is tried again over a cut way, and is not heard by a dead host.
 */
import { assert } from "../../base/assert.ts";
import { machineId } from "../../base/ids.ts";
import { ChildChange } from "../../base/machine.ts";
import type { Instant } from "../../base/time.ts";
import {
  addMachine,
  addProcess,
  DOWN_AT_FIRST,
  Event,
  Life,
  settle,
  type HostRecord,
  type MachineRecord,
  type ProcessRecord,
} from "./actors.ts";
import type { Command, Lifecycle, Orders, WorldParts } from "./rooms.ts";

interface Order {
  readonly command: Command;
  readonly host: HostRecord;
  readonly from: MachineRecord;
  readonly isManaged: boolean;
  /** How often it has been sent; 0 once it is through. */
  tries: number;
  /** A stop has flushed; what was there then must still be there. */
  readonly flushed: number | undefined;
}

/** As Linux's tcp_retries2, and its doubling of the time-out up to two minutes. */
const TRIES_BOUND = 15;
const PAUSE_BOUND = 120_000_000;

export function createOrders(parts: WorldParts, lifecycle: Lifecycle): Orders {
  const { kernel, network, machines, processes, hosts } = parts;
  const orders: (Order | undefined)[] = [];
  const free: number[] = [];

  function schedule(order: Order, at: number): void {
    const place = free.pop() ?? orders.length;
    orders[place] = order;
    kernel.schedule(at as Instant, Event.Order, place, 0);
  }

  function dispatch(order: Order): void {
    const here = order.from.process.host.place.id;
    const there = order.host.place.id;
    const isBlocked = here !== there && !order.isManaged && network.blocked(here, there);
    if (!isBlocked) {
      order.tries = 0;
      return schedule(order, kernel.now() + (here === there ? 0 : network.latency(here, there)));
    }
    if (order.tries >= TRIES_BOUND) return;
    let pause = network.retransmission;
    for (let i = 0; i < order.tries && pause < PAUSE_BOUND; i += 1) pause *= 2;
    order.tries += 1;
    schedule(order, kernel.now() + Math.min(pause, PAUSE_BOUND));
  }

  function obey(order: Order): void {
    const { command } = order;
    switch (command.kind) {
      case "make": {
        const { machine, isFirst } = command;
        if (machine.life !== Life.Coming) return;
        settle(machine);
        if (isFirst) lifecycle.up(machine.process);
        else if (machine.process.down === 0) lifecycle.startMachine(machine);
        return;
      }
      case "retire":
        return lifecycle.retire(command.machine);
      case "start":
        return startProcess(command.process, order);
      case "stop":
        if (order.flushed === undefined && command.process.down === 0) {
          return schedule({ ...order, flushed: command.process.era }, kernel.now() + order.host.device.flushTime());
        }
        if (order.flushed === command.process.era) for (const { store } of command.process.machines) store?.setSynced(store.written());
        return stopProcess(command.process, order);
      case "kill":
        return stopProcess(command.process, order);
    }
  }

  function startProcess(process: ProcessRecord, { from, isManaged }: Order): void {
    if (process.isStopped) {
      process.isStopped = false;
      lifecycle.up(process);
      // A fault holds it down: it waits to be ordered again.
      if (process.down > 0) {
        process.isStopped = true;
        process.down += 1;
      }
    }
    const isUp = process.down === 0;
    if (from !== process.supervisor || !isUp) lifecycle.tellChild(from, process, isUp ? ChildChange.Up : ChildChange.Down, isManaged);
  }

  function stopProcess(process: ProcessRecord, { from, isManaged }: Order): void {
    if (!process.isStopped) {
      process.isStopped = true;
      lifecycle.down(process, "stopped", false);
    }
    if (from !== process.supervisor) lifecycle.tellChild(from, process, ChildChange.Down, isManaged);
  }

  return {
    give: (command, host, from, isManaged = false) => dispatch({ command, host, from, isManaged, tries: 0, flushed: undefined }),
    create: (from, part, host, about) => {
      const made = parts.factory?.(part, host, about);
      assert(made !== undefined, `nothing in this run makes a machine called ${part}`);
      const record = hosts[host]!;
      const existing = record.processes.find((process) => process.name === made.process);
      const process = existing ?? addProcess(processes, made.process, record);
      if (existing === undefined) {
        network.addProcess(process.id, host, process.name);
        process.down = 1;
        process.era = DOWN_AT_FIRST;
      }
      const machine = addMachine(machines, process, made.name, made.create, made.shard ?? -1);
      parts.observer.created(machine, part, about);
      dispatch({
        command: { kind: "make", machine, isFirst: existing === undefined },
        host: record,
        from,
        isManaged: false,
        tries: 0,
        flushed: undefined,
      });
      return machineId(machine.id);
    },
    arrive: (place) => {
      const order = orders[place]!;
      orders[place] = undefined;
      free.push(place);
      if (order.tries > 0) return dispatch(order);
      // The board of a dead host says that its process has ended, and sees to it that it stays so.
      if (order.host.down === 0 || order.isManaged) obey(order);
    },
  };
}
