/**
 * A replica of a shard that takes writes like all the others: it stamps a write, answers once its own log is synced, and ships what
 * it took to the others afterwards. Reads are answered from what is here.
 */
import { contextOf } from "../../../../base/causes.ts";
import type { KeyId, MachineId } from "../../../../base/ids.ts";
import { Channel, ConnectionChange, Is, Outcome, type Input, type Io, type Machine } from "../../../../base/machine.ts";
import type { Duration } from "../../../../base/time.ts";
import type { ReplicaContext } from "../../contracts.ts";
import { BYTES, Message } from "../../messages.ts";
import { answer, type Answering } from "../answer.ts";
import { createAntiEntropy } from "../quorum/anti-entropy.ts";
import { createWaitingWrites } from "../waiting-writes.ts";
import { createCauses } from "./causes.ts";
import { createOutbox } from "./outbox.ts";
import type { MultiPrimaryOptions } from "./options.ts";

const Timer = { Purge: 0, Ship: 1, Again: 2, Compare: 3, Send: 4 } as const;
/** Nobody is deposed: there is one epoch. */
const EPOCH = 1;
/** Number of the kind of operation, as in workload.ts. */
const DELETE = 4;

export function createMultiPrimaryReplica(context: ReplicaContext, options: MultiPrimaryOptions): Machine {
  const { shard, server, fields } = context;
  const { ship, tombstones } = options;
  const about: Answering = { shard, epoch: () => EPOCH, owner: () => server };
  const replicas = context.replicasOf(shard);
  const peers = replicas.filter((peer) => peer !== server);
  const outboxes = new Map(
    peers.map((peer) => {
      const machine = context.replicaMachine(shard, peer);
      return [machine, createOutbox(shard, machine)] as const;
    }),
  );
  /** What the disk says of a shipment that is still to be made: its receiver's ordinal. */
  const marks = peers.map((peer) => replicas.indexOf(peer));
  const waiting = createWaitingWrites();
  const entropy = createAntiEntropy(context, options.antiEntropy, { compare: Timer.Compare, send: Timer.Send }, true);
  /** Entries up to here are synced, and their writers answered. */
  let synced = 0;
  let lastStamp = 0;
  /** Own writes that wait for their flush before they are shipped: their positions and places, in order. */
  let unsynced: { readonly position: number; readonly places: readonly number[] }[] = [];
  /** Shipments that wait for a flush before they are confirmed. */
  let received: { readonly position: number; readonly from: MachineId; readonly number: number; readonly era: number }[] = [];
  /** By sender: the number that its next shipment begins with, and the sender's incarnation that counts so. */
  const expected = new Map<MachineId, { readonly number: number; readonly era: number }>();
  let isShipping = false;
  const causes = options.conflict === "lastWriterWins" ? undefined : createCauses(options.conflict);
  const telling: { io: Io | undefined; index: number } = { io: undefined, index: 0 };
  const tell = (from: number, operation: number, attempt: number): void =>
    answer(about, from as MachineId, operation, attempt, Outcome.Done, 0, telling.index, telling.io!);

  function step(input: Input, io: Io): void {
    switch (input.kind) {
      case Is.Start:
        return start(input.incarnation, io);
      case Is.Message:
        return receive(input, io);
      case Is.Synced:
        return settle(input.amount, io);
      case Is.Timer:
        return due(input.id, io);
      case Is.Connection:
        // What was on the way is lost; what is not confirmed goes out again once the other is there.
        if (input.change !== ConnectionChange.Opened && outboxOf(input.peer) !== undefined) armAgain(io);
        return;
      default:
        return;
    }
  }

  const outboxOf = (process: number): number | undefined => peers.find((peer) => (peer as number) === process);

  function start(incarnation: number, io: Io): void {
    synced = io.log.synced();
    causes?.start(io);
    if (incarnation > 0) {
      for (const [ordinal, peer] of replicas.entries()) {
        const kept = io.shelf.stored().filter((item) => item.about === ordinal);
        outboxes.get(context.replicaMachine(shard, peer))?.recover(
          kept.map(({ place }) => place),
          incarnation,
        );
      }
      io.sync(0);
      for (const outbox of outboxes.values()) outbox.ship(io);
    }
    io.setTimer(Timer.Purge, (1 + Math.floor(io.random("purge").uniform() * tombstones.every)) as Duration);
    entropy.start(io);
    // What a lost flush took from here, or from the way to others, is found by comparing.
    if (incarnation > 0) entropy.compareAll(io);
    armAgain(io);
  }

  function armAgain(io: Io): void {
    io.setTimer(Timer.Again, ship.again);
  }

  function due(timer: number, io: Io): void {
    if (timer === Timer.Purge) {
      io.held.purge(io.wall() - tombstones.grace);
      io.setTimer(Timer.Purge, tombstones.every);
    } else if (timer === Timer.Ship) {
      isShipping = false;
      for (const outbox of outboxes.values()) outbox.ship(io);
    } else if (timer === Timer.Again) {
      for (const outbox of outboxes.values()) if (io.now() - outbox.waitsSince() >= ship.again) outbox.again(io);
      armAgain(io);
    } else entropy.due(timer, io);
  }

  function receive({ message, from, slot }: Input, io: Io): void {
    const m = io.messages;
    if (message === Message.WriteRequest) return write(from, slot, io);
    if (message === Message.ReadRequest) {
      return read(from, slot, io);
    }
    if (message === Message.PrimaryShip) return take(from, slot, io);
    if (message === Message.PrimaryShipped) return outboxes.get(from)?.confirmed(m.index[slot]!, m.epoch[slot]!, io);
    entropy.receive(message, from, slot, io);
  }

  function read(from: MachineId, slot: number, io: Io): void {
    const m = io.messages;
    const reply = io.message();
    m.shard[reply] = shard;
    m.operation[reply] = m.operation[slot]!;
    m.count[reply] = m.count[slot]!;
    m.outcome[reply] = Outcome.Done;
    m.epoch[reply] = EPOCH;
    m.who[reply] = server;
    m.version[reply] = io.log.read(m.key[slot]! as KeyId);
    m.bytes[reply] = BYTES.envelope;
    // What the reader has seen by it: a write that follows from it replaces that, and nothing else.
    if (causes !== undefined) m.payload[reply] = contextOf(io.held.causes(m.key[slot]! as KeyId));
    io.reply(from, reply);
  }

  function write(from: MachineId, slot: number, io: Io): void {
    const m = io.messages;
    const stamp = Math.max(io.wall(), lastStamp + 1);
    lastStamp = stamp;
    const place = io.shelf.make(
      m.operation[slot]!,
      stamp,
      EPOCH,
      causes?.next(m.key[slot]! as KeyId, m.payload[slot], m.version[slot] === DELETE, io),
    );
    const position = io.shelf.append(place);
    io.log.apply(position);
    waiting.add(position, synced, from, m.operation[slot]!, m.count[slot]!);
    // With the write itself the log says for whom it is: a crash between its flush and its shipment forgets nothing.
    const places = marks.map((mark) => {
      const copy = io.shelf.again(place);
      io.shelf.store(copy, mark, position);
      return copy;
    });
    io.shelf.drop(place);
    unsynced.push({ position, places });
    io.sync(0);
  }

  /** The log is synced up to a position: writers are answered, own writes may be shipped, shipments confirmed. */
  function settle(position: number, io: Io): void {
    telling.io = io;
    for (; synced < position; synced += 1) {
      telling.index = synced + 1;
      waiting.take(synced + 1, tell);
    }
    let own = 0;
    for (; own < unsynced.length && unsynced[own]!.position <= position; own += 1) {
      const { places } = unsynced[own]!;
      let next = 0;
      for (const outbox of outboxes.values()) outbox.add(places[next++]!);
    }
    if (own > 0) {
      unsynced = unsynced.slice(own);
      shipSoon(io);
    }
    let known = 0;
    for (; known < received.length && received[known]!.position <= position; known += 1) confirm(received[known]!, io);
    if (known > 0) received = received.slice(known);
  }

  function shipSoon(io: Io): void {
    if (ship.every === 0) {
      for (const outbox of outboxes.values()) outbox.ship(io);
    } else if (!isShipping) {
      isShipping = true;
      io.setTimer(Timer.Ship, ship.every);
    }
  }

  /** What another primary took. */
  function take(from: MachineId, slot: number, io: Io): void {
    const m = io.messages;
    let last = 0;
    for (let position = 0; position < m.key[slot]!; position += 1) last = io.appendAttached(slot, position);
    io.log.apply(last);
    io.sync(0);
    // A confirmation is for everything before it too. With a shipment lost, as by a connection that broke, none is due until the
    // sender begins again with its oldest.
    const [number, era] = [m.index[slot]!, m.epoch[slot]!];
    const begin = number - m.key[slot]! + 1;
    const next = expected.get(from);
    if (begin !== m.until[slot]! && (next?.era !== era || begin !== next.number)) return;
    expected.set(from, { number: number + 1, era });
    received.push({ position: last, from, number, era });
  }

  function confirm({ from, number, era }: (typeof received)[number], io: Io): void {
    const slot = io.message();
    io.messages.shard[slot] = shard;
    io.messages.index[slot] = number;
    io.messages.epoch[slot] = era;
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(from, Channel.Control, Message.PrimaryShipped, slot);
  }

  return {
    step,
    demand: (message, slot) => {
      if (message === Message.ReadRequest || message === Message.WriteRequest) return fields.demand[slot]!;
      return message === Message.PrimaryShip ? context.applyDemand(fields.key[slot]!) : -1;
    },
  };
}
