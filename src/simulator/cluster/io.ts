/**
 * How a machine acts: the one `Io` that serves all machines, pointed at the machine whose step it is. Effects take place
 * as they are called: a send schedules a delivery, an append changes the replica's store. Nothing here steps a machine.
 */
import { assert, fail } from "../../base/assert.ts";
import type { HostId, MachineId, ProcessId } from "../../base/ids.ts";
import { Channel, Is, Lane, REGISTERS, type Io, type Snapshot } from "../../base/machine.ts";
import type { Instant } from "../../base/time.ts";
import { NO_EVENT } from "../kernel/kernel.ts";
import { Message } from "../strategies/messages.ts";
import { Event, incarnationOf, Life, type MachineRecord } from "./actors.ts";
import { createMergingIo } from "./io-merging.ts";
import type { Handshakes } from "./handshakes.ts";
import { Local } from "./messages.ts";
import type { ReplicaStore } from "./replica-store.ts";
import type { Lifecycle, Orders, Stage, WorldParts } from "./rooms.ts";

export function createStage(): Stage {
  const nobody = undefined as unknown as MachineRecord; // Before the first step, nothing acts.
  return {
    current: nobody,
    deferred: -1,
    input: {
      kind: Is.Start,
      from: -1 as MachineId,
      peer: -1 as ProcessId,
      message: 0,
      slot: -1,
      channel: 0,
      id: 0,
      change: 0,
      amount: 0,
      incarnation: 0,
    },
  };
}

/** A copy of a replica on its way: what a machine sees of it, and what it is. */
interface HeldSnapshot extends Snapshot {
  readonly copy: ReplicaStore;
  readonly holder: MachineRecord;
}

export function createIo(parts: WorldParts, stage: Stage, lifecycle: Lifecycle, orders: Orders, handshakes: Handshakes): Io {
  const { kernel, ledger, messages, network, transfers, machines, processes, observer } = parts;
  const f = messages.fields;
  const { versions } = ledger.operations;
  const now = (): Instant => kernel.now();
  const storeOf = (record: MachineRecord): ReplicaStore => {
    if (!(record.store !== undefined)) fail(`${record.name} has no replica`);
    return record.store;
  };

  function post(to: MachineId, channel: Channel, kind: number, slot: number): void {
    f.from[slot] = stage.current.id;
    f.to[slot] = to;
    f.kind[slot] = kind;
    f.channel[slot] = channel;
    const target = machines[to]!.process;
    network.send(slot, stage.current.process.id, target.id, target.era);
  }

  /** Something for a machine of this host, handled in its next step. */
  function hand(to: MachineId, local: number, kind: number, slot: number, token: number): void {
    const target = machines[to]!;
    assert(
      target.process.host === stage.current.process.host,
      `${stage.current.name} speaks to ${target.name}, on another host, without the network`,
    );
    if (f.operation[slot]! >= 0) ledger.operations.hold(f.operation[slot]!);
    f.from[slot] = stage.current.id;
    f.to[slot] = to;
    f.kind[slot] = kind;
    f.channel[slot] = local;
    f.token[slot] = token;
    f.era[slot] = target.process.era;
    kernel.schedule(now(), Event.Deliver, to, slot);
  }

  const io: Io = {
    ...createMergingIo(ledger, messages, stage, now),
    self: () => stage.current.id as MachineId,
    host: () => stage.current.process.host.place.id,
    now: () => stage.current.process.host.clock.monotonic(now()),
    wall: () => stage.current.process.host.clock.wall(now()),
    random: (purpose) => {
      const { current } = stage;
      let random = current.streams.get(purpose);
      if (random === undefined) {
        random = parts.stream(`${current.name}/incarnation ${incarnationOf(current.process)}/${purpose}`);
        current.streams.set(purpose, random);
      }
      return random;
    },
    messages: f,
    message: messages.allocate,
    attachEntries: (slot, from, to) => {
      const store = storeOf(stage.current);
      const { of } = ledger.operations;
      for (let index = from; index <= to; index += 1) {
        const version = store.versionAt(index);
        messages.attach(slot, version);
        f.bytes[slot] = f.bytes[slot]! + of.bytes[versions.operation[version]!]!;
      }
    },
    appendAttached: (slot, position) => ledger.appendVersion(storeOf(stage.current), messages.versionOf(slot, position)),
    attachedEpoch: (slot, position) => versions.epoch[messages.versionOf(slot, position)]!,
    attachedNote: (slot, position) => versions.note[messages.versionOf(slot, position)]!,
    send: (to, channel, kind, slot) => {
      if (f.operation[slot]! >= 0) {
        ledger.operations.hold(f.operation[slot]!);
        // Between clients and routers is no attempt at a server.
        if (kind !== Message.ProxyRequest && kind !== Message.ProxyReply) observer.attempt(f.operation[slot]!);
      }
      post(to, channel, kind, slot);
    },
    reply: (to, slot) => {
      const operation = f.operation[slot]!;
      observer.answering(stage.current, slot);
      ledger.operations.hold(operation);
      post(to, Channel.Data, Message.Reply, slot);
    },
    identity: (operation) => ledger.operations.serialOf(operation),
    close: (peer) => {
      const { process } = stage.current;
      const other = processes[peer]!;
      transfers.close(lifecycle.isOf(process), lifecycle.isOf(other));
      if (network.hasConnection(process.id, peer)) lifecycle.hangUp(process, other);
    },
    connect: (peer, roundTrips, patience) => {
      handshakes.begin(stage.current.process, processes[peer]!, roundTrips, patience);
    },
    defer: (after) => {
      stage.deferred = after;
    },
    tell: (to, kind, slot) => hand(to, Local.Told, kind, slot, 0),
    view: (machine) => {
      const { process, machine: seen } = machines[machine]!;
      assert(process.host === stage.current.process.host, `${stage.current.name} looks into a machine of another host`);
      return process.down > 0 ? undefined : seen.published;
    },
    setTimer: (id, after) => {
      const { current } = stage;
      const { clock } = current.process.host;
      const due = clock.monotonic(now()) + after;
      const at = clock.dueFor(now(), due);
      if (current.process.heldTimers.length > 0) lifecycle.forgetTimer(current, id);
      const known = current.timers[id] ?? NO_EVENT;
      while (current.timers.length <= id) {
        current.timers.push(NO_EVENT);
        current.dues.push(-1);
      }
      if (known !== NO_EVENT && at < Infinity) current.timers[id] = kernel.move(known, at);
      else {
        kernel.cancel(known);
        // While the clock stands nothing is due; the timer is armed when it goes on.
        current.timers[id] = at < Infinity ? kernel.schedule(at, Event.Timer, current.id, id) : NO_EVENT;
      }
      current.dues[id] = due;
    },
    cancelTimer: (id) => {
      const { current } = stage;
      if (current.process.heldTimers.length > 0) lifecycle.forgetTimer(current, id);
      if (id < current.dues.length) current.dues[id] = -1;
      const known = current.timers[id] ?? NO_EVENT;
      if (known === NO_EVENT) return;
      kernel.cancel(known);
      current.timers[id] = NO_EVENT;
    },
    log: {
      append: (operation, epoch, note) =>
        stage.current.store === undefined ? 0 : ledger.appendOperation(stage.current.store, operation, epoch, now(), note),
      truncate: (index) => {
        storeOf(stage.current).truncate(index);
        stage.current.process.host.device.tookBack(stage.current.id, index);
        for (const state of stage.current.cached) state.position = Math.min(state.position, index);
      },
      apply: (index) => storeOf(stage.current).apply(index),
      written: () => storeOf(stage.current).written(),
      synced: () => storeOf(stage.current).synced(),
      applied: () => storeOf(stage.current).applied(),
      base: () => storeOf(stage.current).base(),
      epochAt: (index) => storeOf(stage.current).epochAt(index),
      operationAt: (index) => versions.operation[storeOf(stage.current).versionAt(index)]!,
      keyAt: (index) => {
        const operation = versions.operation[storeOf(stage.current).versionAt(index)]!;
        return operation === 0 ? -1 : ledger.operations.of.key[operation]!;
      },
      bytesAt: (index) => ledger.operations.of.bytes[versions.operation[storeOf(stage.current).versionAt(index)]!]!,
      noteAt: (index) => versions.note[storeOf(stage.current).versionAt(index)]!,
      noteOf: (version) => versions.note[version]!,
      // Below 0 it is several keys, which the operation knows.
      read: (key) => (key < 0 ? 0 : storeOf(stage.current).read(key)),
      snapshot: (): Snapshot => {
        const holder = stage.current;
        const copy = ledger.copyReplica(storeOf(holder));
        holder.copies.add(copy);
        const snapshot: HeldSnapshot = { index: copy.applied(), bytes: copy.bytes(), copy, holder };
        return snapshot;
      },
      install: (snapshot) => {
        const { copy, holder } = snapshot as HeldSnapshot;
        const { current } = stage;
        if (!ledger.installReplica(copy, current.store, current.process.host.place.id)) return false;
        holder.copies.delete(copy);
        current.store = copy;
        return true;
      },
      discard: (snapshot) => {
        const { copy, holder } = snapshot as HeldSnapshot;
        if (holder.copies.delete(copy)) ledger.dropReplica(copy);
      },
      exists: () => stage.current.store !== undefined,
      drop: () => {
        const { current } = stage;
        if (current.store !== undefined) ledger.dropReplica(current.store);
        current.store = undefined;
      },
    },
    sync: (token) => stage.current.process.host.device.sync(stage.current.id, token),
    put: (register, value) => {
      if (!(register >= 0 && register < REGISTERS)) fail(`register ${register} of ${REGISTERS}`);
      stage.current.registers.now[register] = value;
      stage.current.registers.isDirty = true;
    },
    register: (register) => stage.current.registers.now[register] ?? 0,
    work: (lane, demand, token) => {
      const { current } = stage;
      const { cores } = current.process.host;
      const slot = messages.allocate();
      f.from[slot] = current.id;
      f.to[slot] = current.id;
      f.kind[slot] = 0;
      f.channel[slot] = Local.Worked;
      f.token[slot] = token;
      f.era[slot] = current.process.era;
      if (lane === Lane.Control || cores === undefined)
        kernel.schedule((now() + (cores?.stretch(demand) ?? demand)) as Instant, Event.Worked, current.id, slot);
      else cores.force(current.id, slot, demand);
    },
    transfer: (to, bytes, token) => {
      transfers.start(stage.current.id, to, bytes, token);
      const { down, host } = machines[to]!.process;
      if (down > 0) transfers.gone((machine) => machine === (to as number), host.down > 0);
    },
    propose: (shard, slot, token) => {
      const replica = replicaOn(stage.current, shard);
      if (replica !== undefined) return hand(replica.id as MachineId, Local.Proposed, 0, slot, token);
      f.operation[slot] = -1;
      messages.free(slot);
      io.decide(io.self(), token, false);
    },
    decide: (to, token, isCommitted) => {
      const slot = messages.allocate();
      f.count[slot] = isCommitted ? 1 : 0;
      hand(to, Local.Decided, 0, slot, token);
    },
    create: (part, host: HostId, about = 0) => orders.create(stage.current, part, host, about),
    retire: (machine) => orders.give({ kind: "retire", machine: machines[machine]! }, machines[machine]!.process.host, stage.current),
    process: (order, process, way = "network") => {
      const target = processes[process]!;
      orders.give({ kind: order, process: target }, target.host, stage.current, way === "management");
    },
    finish: (operation, ending) => observer.finish(operation, ending),
    fact: (fact) => observer.fact(stage.current, fact),
  };

  return io;
}

/** The machine on the same host that replicates a shard. */
function replicaOn(record: MachineRecord, shard: number): MachineRecord | undefined {
  for (const process of record.process.host.processes)
    for (const machine of process.machines) if (machine.shard === shard && machine.life === Life.Live && process.down === 0) return machine;
  return undefined;
}
