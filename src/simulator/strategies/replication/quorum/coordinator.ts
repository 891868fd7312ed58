/**
 * The coordinator of a leaderless quorum, one on every server: it stamps a write, sends it to all replicas of its key's shard
 * and answers once W have it; it asks replicas for a key and answers with the newest of the first R (DeCandia et al., Dynamo,
 * SOSP 2007, section 4.5). The last stamp wins.
 *
 * coordinations.ts holds requests under way, liveness.ts who is away, hints.ts what is kept for those, replica.ts the other end.
 */
import type { HostId, MachineId, ServerId, ShardId } from "../../../../base/ids.ts";
import { ConnectionChange, Is, Outcome, type Input, type Io, type Machine } from "../../../../base/machine.ts";
import type { Duration } from "../../../../base/time.ts";
import type { PartContext } from "../../contracts.ts";
import { bitCount } from "../../masks.ts";
import { BYTES, Message, Purpose } from "../../messages.ts";
import { createDueRing } from "../../client/waiting.ts";
import { answer, type Answering } from "../answer.ts";
import { createCoordinations, NO_ANSWER, NOTHING, Stage } from "./coordinations.ts";
import { createHints } from "./hints.ts";
import { createLiveness } from "./liveness.ts";
import type { QuorumOptions } from "./options.ts";
import { post } from "./replica.ts";

export const COORDINATOR = "coordinator";

const Timer = { Due: 0, Probe: 1, Hint: 2, Flush: 3, Speculate: 4 } as const;
/** All requests are of one epoch: nobody is deposed. */
const EPOCH = 1;

export function createCoordinator(host: HostId, context: PartContext, options: QuorumOptions): Machine {
  const { r, w, ask, readRepair, sloppy, timeout } = options;
  const self = host as ServerId;
  const pool = createCoordinations();
  const { of } = pool;
  const liveness = createLiveness(context, options.probe, Timer.Probe);
  const hints = createHints(context, options, liveness.isAway, { next: Timer.Hint, flush: Timer.Flush });
  /** Requests, in the order in which their time-outs end; and in which reads ask the others too. */
  const deadlines = createDueRing();
  const speculations = createDueRing();
  const coordinators: MachineId[] = [];
  const serverOfMachine = new Map<number, number>();
  const abouts: Answering[] = [];
  let lastStamp = 0;

  const coordinatorOn = (server: number): MachineId => (coordinators[server] ??= context.machineOn(COORDINATOR, server as HostId));
  const aboutOf = (shard: number): Answering => (abouts[shard] ??= { shard, epoch: () => EPOCH, owner: () => self });
  const ordinalOf = (shard: number, server: number): number => context.replicasOf(shard as ShardId).indexOf(server as ServerId);

  function serverOf(machine: number): number {
    const known = serverOfMachine.get(machine);
    if (known !== undefined) return known;
    for (const { id } of context.servers) {
      serverOfMachine.set(context.agentMachine(id), id);
      serverOfMachine.set(coordinatorOn(id), id);
      for (let shard = 0; shard < context.shards; shard += 1)
        if (context.replicasOf(shard as ShardId).includes(id)) serverOfMachine.set(context.replicaMachine(shard as ShardId, id), id);
    }
    return serverOfMachine.get(machine) ?? -1;
  }

  function step(input: Input, io: Io): void {
    switch (input.kind) {
      case Is.Start:
        if (input.incarnation > 0) hints.recover(io);
        return;
      case Is.Message:
      case Is.Told:
        return receive(input, io);
      case Is.Timer:
        return due(input.id, io);
      case Is.Connection:
        if (input.change !== ConnectionChange.Opened && input.peer < context.servers.length && input.peer !== (self as number))
          liveness.broken(input.peer, io);
        return;
      default:
        return;
    }
  }

  function receive({ message, from, slot, kind }: Input, io: Io): void {
    if (message === Message.ReadRequest) return read(from, slot, io);
    if (message === Message.WriteRequest) return write(from, slot, io);
    const server = serverOf(from);
    if (kind === Is.Message && server >= 0 && liveness.heard(server, io)) hints.returned(server, io);
    const m = io.messages;
    if (message === Message.QuorumWritten) {
      if (m.count[slot] === Purpose.Hint) return hints.delivered(m.index[slot]!, io);
      const place = pool.find(m.index[slot]!);
      if (place >= 0) written(place, m.count[slot] === STOOD_IN ? m.who[slot]! : server, io);
    } else if (message === Message.QuorumValue) {
      const place = pool.find(m.index[slot]!);
      if (place >= 0 && of.stage[place] === Stage.Reading) answered(place, m.who[slot]! >= 0 ? m.who[slot]! : server, slot, io);
    } else if (message === Message.QuorumHint) standIn(from, slot, io);
    else if (message === Message.QuorumHintRead) lookUp(from, slot, io);
  }

  function due(timer: number, io: Io): void {
    if (timer === Timer.Due) return expire(io);
    if (timer === Timer.Speculate) return speculate(io);
    if (timer === Timer.Probe) return liveness.due(io);
    hints.due(timer, io);
  }

  /** Takes a request up; -1 if there are too many, which its client is told. */
  function begin(stage: number, needed: number, from: MachineId, slot: number, io: Io): number {
    const m = io.messages;
    const place = pool.open(stage);
    const operation = m.operation[slot]!;
    if (place < 0) {
      answer(aboutOf(m.shard[slot]!), from, operation, m.count[slot]!, Outcome.Overloaded, 0, 0, io);
      return -1;
    }
    of.operation[place] = operation;
    of.identity[place] = io.identity(operation);
    of.from[place] = from;
    of.attempt[place] = m.count[slot]!;
    of.shard[place] = m.shard[slot]!;
    of.key[place] = m.key[slot]!;
    of.demand[place] = m.demand[slot]!;
    of.startedAt[place] = io.now();
    of.needed[place] = needed;
    return place;
  }

  /** Whom a request can be sent to: replicas that are there, and, of a sloppy quorum, those that others stand in for. */
  function reachable(place: number, io: Io): number {
    const replicas = context.replicasOf(of.shard[place]! as ShardId);
    let bits = 0;
    for (let ordinal = 0; ordinal < replicas.length; ordinal += 1)
      if (!liveness.isAway(replicas[ordinal]!)) bits |= 1 << ordinal;
      else of.absent[place] = of.absent[place]! | (1 << ordinal);
    const stoodIn = sloppy ? Math.min(bitCount(of.absent[place]!), substitutes(of.shard[place]!).length) : 0;
    if (bitCount(bits) + stoodIn >= of.needed[place]!) return bits;
    // Nothing has been sent: a plain refusal.
    reply(place, Outcome.Unavailable, io);
    close(place, io);
    return -1;
  }

  /** Servers that are no replicas and are there, in ring order from the shard's first replica on. */
  function substitutes(shard: number): readonly number[] {
    const replicas = context.replicasOf(shard as ShardId);
    const count = context.servers.length;
    const found: number[] = [];
    for (let i = 1; i < count; i += 1) {
      const server = ((replicas[0] ?? 0) + i) % count;
      if (!replicas.includes(server as ServerId) && !liveness.isAway(server)) found.push(server);
    }
    return found;
  }

  function write(from: MachineId, slot: number, io: Io): void {
    const m = io.messages;
    const place = begin(Stage.Writing, w, from, slot, io);
    if (place < 0) return;
    of.bytes[place] = m.bytes[slot]!;
    const stamped = m.time[slot]!;
    const bits = reachable(place, io);
    if (bits < 0) return;
    // As Cassandra's coordinators: never the same stamp twice, nor an earlier one, whatever the clock does.
    const stamp = stamped > 0 ? stamped : Math.max(io.wall(), lastStamp + 1);
    if (stamped <= 0) lastStamp = stamp;
    of.place[place] = io.shelf.make(of.operation[place]!, stamp, EPOCH);
    of.asked[place] = bits;
    const shard = of.shard[place]!;
    const replicas = context.replicasOf(shard as ShardId);
    watch(place, io);
    for (let ordinal = 0; ordinal < replicas.length; ordinal += 1)
      if ((bits & (1 << ordinal)) !== 0) sendVersion(replicas[ordinal]!, place, pool.tokenOf(place), Purpose.Write, io);
    if (sloppy) callSubstitutes(place, io);
  }

  function sendVersion(server: number, place: number, token: number, purpose: number, io: Io): void {
    const m = io.messages;
    const slot = io.message();
    io.shelf.attach(slot, of.place[place]!);
    m.shard[slot] = of.shard[place]!;
    m.key[slot] = of.key[place]!;
    m.index[slot] = token;
    m.count[slot] = purpose;
    m.demand[slot] = of.demand[place]!;
    m.bytes[slot] = m.bytes[slot]! + BYTES.envelope + BYTES.entry;
    const to = context.replicaMachine(of.shard[place]! as ShardId, server as ServerId);
    post(io, server === (self as number), to, Message.QuorumWrite, slot);
  }

  /** Each replica that is away has the next server in ring order stand in for it. */
  function callSubstitutes(place: number, io: Io): void {
    if (of.absent[place] === 0) return;
    const shard = of.shard[place]!;
    const candidates = substitutes(shard);
    let next = 0;
    context.replicasOf(shard as ShardId).forEach((replica, ordinal) => {
      const server = candidates[next];
      if ((of.absent[place]! & (1 << ordinal)) === 0 || server === undefined) return;
      next += 1;
      const isWriting = of.stage[place] === Stage.Writing;
      const m = io.messages;
      const slot = io.message();
      if (isWriting) io.shelf.attach(slot, of.place[place]!);
      m.shard[slot] = shard;
      m.key[slot] = of.key[place]!;
      m.who[slot] = replica;
      m.index[slot] = pool.tokenOf(place);
      m.bytes[slot] = m.bytes[slot]! + BYTES.envelope + BYTES.entry;
      of.asked[place] = of.asked[place]! | (1 << ordinal);
      post(io, server === (self as number), coordinatorOn(server), isWriting ? Message.QuorumHint : Message.QuorumHintRead, slot);
    });
  }

  /** This server stands in for another. */
  function standIn(from: MachineId, slot: number, io: Io): void {
    const m = io.messages;
    hints.add(io.shelf.take(slot, 0), m.who[slot]!, m.shard[slot]!, io);
    const reply = io.message();
    m.index[reply] = m.index[slot]!;
    m.who[reply] = m.who[slot]!;
    m.count[reply] = STOOD_IN;
    m.bytes[reply] = BYTES.envelope;
    post(io, from === coordinatorOn(self), from, Message.QuorumWritten, reply);
  }

  function lookUp(from: MachineId, slot: number, io: Io): void {
    const m = io.messages;
    const place = hints.find(m.who[slot]!, m.key[slot]!);
    const reply = io.message();
    m.index[reply] = m.index[slot]!;
    m.who[reply] = m.who[slot]!;
    m.bytes[reply] = BYTES.envelope;
    if (place >= 0) io.shelf.attach(reply, place);
    m.count[reply] = place >= 0 ? 1 : 0;
    post(io, from === coordinatorOn(self), from, Message.QuorumValue, reply);
  }

  /** A replica (or who stands in for it) has what it was sent. */
  function written(place: number, server: number, io: Io): void {
    const ordinal = ordinalOf(of.shard[place]!, server);
    if (ordinal < 0 || (of.answered[place]! & (1 << ordinal)) !== 0) return;
    of.answered[place] = of.answered[place]! | (1 << ordinal);
    of.count[place] = of.count[place]! + 1;
    if (of.isAnswered[place] === 0 && of.count[place] >= of.needed[place]!) {
      if (of.stage[place] === Stage.Repairing) replyValue(place, io);
      else reply(place, Outcome.Done, io);
    }
    if (of.answered[place] === of.asked[place]) conclude(place, io);
  }

  function read(from: MachineId, slot: number, io: Io): void {
    const place = begin(Stage.Reading, r, from, slot, io);
    if (place < 0) return;
    const bits = reachable(place, io);
    if (bits < 0) return;
    watch(place, io);
    const wanted = ask === "all" ? bits : nearest(place, bits, r);
    askReplicas(place, wanted, io);
    if (sloppy && bitCount(wanted) < r) callSubstitutes(place, io);
    if (ask === "all" || wanted === bits) return;
    if (speculations.due() === Infinity) io.setTimer(Timer.Speculate, options.speculate);
    speculations.push(io.now() + options.speculate, place, of.serial[place]!);
  }

  function askReplicas(place: number, bits: number, io: Io): void {
    const shard = of.shard[place]!;
    const replicas = context.replicasOf(shard as ShardId);
    of.asked[place] = of.asked[place]! | bits;
    for (let ordinal = 0; ordinal < replicas.length; ordinal += 1) {
      if ((bits & (1 << ordinal)) === 0) continue;
      const m = io.messages;
      const slot = io.message();
      m.shard[slot] = shard;
      m.key[slot] = of.key[place]!;
      m.index[slot] = pool.tokenOf(place);
      m.demand[slot] = of.demand[place]!;
      m.bytes[slot] = BYTES.envelope;
      const server = replicas[ordinal]!;
      post(io, server === self, context.replicaMachine(shard as ShardId, server), Message.QuorumRead, slot);
    }
  }

  /** So many of these replicas: this server's own, then those of its zone, then of its region, then any, in placement order. */
  function nearest(place: number, bits: number, count: number): number {
    const here = context.servers[self];
    const replicas = context.replicasOf(of.shard[place]! as ShardId);
    let chosen = 0;
    for (let distance = 0; distance < 4; distance += 1)
      for (let ordinal = 0; ordinal < replicas.length && bitCount(chosen) < count; ordinal += 1) {
        const bit = 1 << ordinal;
        if ((bits & bit) === 0 || (chosen & bit) !== 0) continue;
        const there = context.servers[replicas[ordinal]!];
        const isNear =
          distance === 3 ||
          (distance === 2 && there?.region === here?.region) ||
          (distance === 1 && there?.zone === here?.zone) ||
          replicas[ordinal] === self;
        if (isNear) chosen |= bit;
      }
    return chosen;
  }

  /** A replica (or who stands in for it) said what it holds. */
  function answered(place: number, server: number, slot: number, io: Io): void {
    const ordinal = ordinalOf(of.shard[place]!, server);
    if (ordinal < 0 || (of.answered[place]! & (1 << ordinal)) !== 0) return;
    of.answered[place] = of.answered[place]! | (1 << ordinal);
    const isGhost = io.messages.count[slot] === 2;
    if (io.messages.count[slot] === 0) pool.setStamp(place, ordinal, NOTHING);
    else {
      const found = io.shelf.take(slot, 0);
      // A purged tombstone is known to the audit alone: any version beats it.
      pool.setStamp(place, ordinal, isGhost ? NOTHING : io.shelf.stampOf(found));
      const best = of.place[place]!;
      const wins =
        best < 0 || (of.isGhost[place] === 1 && !isGhost) || (of.isGhost[place] === (isGhost ? 1 : 0) && io.shelf.beats(found, best));
      // Of an answer that was given only the repair is left: it may bring something newer still.
      if (wins) {
        of.place[place] = found;
        of.isGhost[place] = isGhost ? 1 : 0;
        if (best >= 0) io.shelf.drop(best);
      } else io.shelf.drop(found);
    }
    of.count[place] = of.count[place]! + 1;
    if (of.isAnswered[place] === 0 && of.count[place] >= of.needed[place]!) enough(place, io);
    if (of.stage[place] === Stage.Reading && of.answered[place] === of.asked[place]) conclude(place, io);
  }

  /** R replicas have answered a read. */
  function enough(place: number, io: Io): void {
    const stale = readRepair === "foreground" ? staleOf(place, io) : 0;
    if (stale === 0) return replyValue(place, io);
    // The answer waits until those that answered with something old hold it too.
    of.stage[place] = Stage.Repairing;
    of.asked[place] = stale;
    of.answered[place] = 0;
    of.count[place] = 0;
    of.needed[place] = bitCount(stale);
    repair(place, stale, Purpose.Write, io);
  }

  /** Replicas that answered with less than the newest. */
  function staleOf(place: number, io: Io): number {
    const best = of.place[place]!;
    if (best < 0 || of.isGhost[place] === 1) return 0;
    const newest = io.shelf.stampOf(best);
    let bits = 0;
    context.replicasOf(of.shard[place]! as ShardId).forEach((_, ordinal) => {
      const stamp = pool.stampOf(place, ordinal);
      if (stamp !== NO_ANSWER && stamp < newest) bits |= 1 << ordinal;
    });
    return bits;
  }

  function repair(place: number, bits: number, purpose: number, io: Io): void {
    context.replicasOf(of.shard[place]! as ShardId).forEach((server, ordinal) => {
      if ((bits & (1 << ordinal)) !== 0) sendVersion(server, place, pool.tokenOf(place), purpose, io);
    });
  }

  function replyValue(place: number, io: Io): void {
    of.isAnswered[place] = 1;
    if (io.identity(of.operation[place]!) !== of.identity[place]) return;
    const about = aboutOf(of.shard[place]!);
    const version = io.shelf.versionOf(of.place[place]!);
    answer(about, of.from[place]! as MachineId, of.operation[place]!, of.attempt[place]!, Outcome.Done, version, 0, io);
  }

  /** Answers a write, or says that a request failed, unless its client has given up long ago. */
  function reply(place: number, outcome: Outcome, io: Io): void {
    of.isAnswered[place] = 1;
    if (io.identity(of.operation[place]!) !== of.identity[place]) return;
    const index = outcome === Outcome.Done ? 1 : 0;
    answer(aboutOf(of.shard[place]!), of.from[place]! as MachineId, of.operation[place]!, of.attempt[place]!, outcome, 0, index, io);
  }

  /** Nothing more will come: what is left is done, and the request forgotten. */
  function conclude(place: number, io: Io): void {
    if (of.stage[place] === Stage.Writing) keepHints(place, io);
    else if (of.stage[place] === Stage.Reading && readRepair !== "none") {
      const stale = staleOf(place, io);
      if (stale !== 0) repair(place, stale, Purpose.Repair, io);
    }
    close(place, io);
  }

  /** What replicas have not confirmed is kept for them here, unless somebody stands in for them, or they are away for too long. */
  function keepHints(place: number, io: Io): void {
    const { hints: kept } = options;
    if (kept === "none") return;
    context.replicasOf(of.shard[place]! as ShardId).forEach((server, ordinal) => {
      if ((of.answered[place]! & (1 << ordinal)) !== 0) return;
      if (liveness.isAway(server) && io.now() - liveness.awaySince(server) > kept.window) return;
      hints.add(io.shelf.again(of.place[place]!), server, of.shard[place]!, io);
    });
  }

  function close(place: number, io: Io): void {
    if (of.place[place]! >= 0) io.shelf.drop(of.place[place]!);
    of.place[place] = -1;
    pool.close(place);
  }

  function watch(place: number, io: Io): void {
    if (deadlines.due() === Infinity) io.setTimer(Timer.Due, timeout);
    deadlines.push(io.now() + timeout, place, of.serial[place]!);
  }

  const isOver = (place: number, serial: number): boolean => of.stage[place] === Stage.Free || of.serial[place] !== serial;

  function expire(io: Io): void {
    const now = io.now();
    while (deadlines.due() <= now || isPast(deadlines)) {
      if (!isPast(deadlines)) giveUp(deadlines.item(), io);
      deadlines.pop();
    }
    if (deadlines.due() < Infinity) io.setTimer(Timer.Due, Math.max(0, deadlines.due() - now) as Duration);
  }

  /** Has the first that waits been answered by all long ago? */
  function isPast(ring: typeof deadlines): boolean {
    return ring.due() < Infinity && isOver(ring.item(), ring.tag());
  }

  function giveUp(place: number, io: Io): void {
    const silent = of.asked[place]! & ~of.answered[place]!;
    context.replicasOf(of.shard[place]! as ShardId).forEach((server, ordinal) => {
      if ((silent & (1 << ordinal)) !== 0 && server !== self) liveness.silent(server, of.startedAt[place]!, io);
    });
    // A write may have taken effect; a read can be asked again.
    if (of.isAnswered[place] === 0) reply(place, of.stage[place] === Stage.Writing ? Outcome.Interrupted : Outcome.Unavailable, io);
    conclude(place, io);
  }

  function speculate(io: Io): void {
    const now = io.now();
    while (speculations.due() <= now || isPast(speculations)) {
      const place = speculations.item();
      const isLeft = !isPast(speculations) && of.stage[place] === Stage.Reading && of.isAnswered[place] === 0;
      speculations.pop();
      if (!isLeft) continue;
      const replicas = context.replicasOf(of.shard[place]! as ShardId);
      askReplicas(place, ((1 << replicas.length) - 1) & ~of.asked[place]! & ~of.absent[place]!, io);
    }
    if (speculations.due() < Infinity) io.setTimer(Timer.Speculate, Math.max(0, speculations.due() - now) as Duration);
  }

  return {
    step,
    demand: (message) => (message === Message.ReadRequest || message === Message.WriteRequest ? options.coordination : -1),
  };
}

/** In place of a Purpose: another server keeps it for the replica. */
const STOOD_IN = 3;
