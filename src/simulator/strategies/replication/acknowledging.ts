/**
 * The primary's side: how far its standbys are, what may be acknowledged by that, who has caught up, and whom it makes
 * copies for or hands over to.
 */
import type { MachineId, ServerId } from "../../../base/ids.ts";
import { Channel, Outcome, type Io } from "../../../base/machine.ts";
import { AppendOutcome, BYTES, Cutover, Message } from "../messages.ts";
import { answer } from "./answer.ts";
import type { Copying } from "./copying.ts";
import type { Guard } from "./guard.ts";
import type { Handover } from "./handover.ts";
import type { Peer } from "./peers.ts";
import type { Replica } from "./replica.ts";
import type { SemiSynchronous } from "./semi-synchronous.ts";
import { RESEND_AFTER, type Shipping } from "./shipping.ts";
import type { WaitingWrites } from "./waiting-writes.ts";

export interface Acknowledging {
  /** Acknowledges what the policy allows by now. */
  readonly advance: (io: Io) => void;
  /** The tail of this head's chain says that everything up to here is acknowledged: it may be the first to. */
  readonly acknowledgedUpTo: (index: number, io: Io) => void;
  /** A standby said how far it is. */
  readonly appended: (slot: number, from: MachineId, io: Io) => void;
  /** A standby asks for what it lacks. */
  readonly followed: (slot: number, from: MachineId, io: Io) => void;
  /** A copy for a server that has none is wanted. */
  readonly copy: (slot: number, io: Io) => void;
  /** The shard is to be handed over to a standby. */
  readonly yieldTo: (slot: number, from: MachineId, io: Io) => void;
  /** The time to look after slow standbys has come. */
  readonly lookAfter: (io: Io) => void;
}

export interface AcknowledgingParts {
  readonly waiting: WaitingWrites;
  readonly copying: Copying;
  readonly handover: Handover;
  readonly shipping: Shipping;
  readonly semi: SemiSynchronous | undefined;
  readonly guard: Guard | undefined;
  readonly confirm: (io: Io) => void;
  /** In a chain: what all from here on hold has grown. */
  readonly reportUp: (io: Io) => void;
  /** This primary's time is over: it steps down and asks who has the shard. */
  readonly giveWay: (reason: string, io: Io) => void;
}

export function createAcknowledging(replica: Replica, parts: AcknowledgingParts): Acknowledging {
  const { context, policy, now, peers, isMember, isServed, line } = replica;
  const { shard } = context;
  const { waiting, copying, handover, shipping, semi, guard, confirm, reportUp, giveWay } = parts;
  const waitsForAll = policy.waitsForMembers && semi === undefined;
  /** What `acknowledge` answers through: set at each use, so that no function is made per write. */
  let acknowledging: Io | undefined;

  function acknowledge(from: number, operation: number, attempt: number, identity: number): void {
    // Seen by all before it is acknowledged, an entry may be settled and its operation over.
    if (acknowledging!.identity(operation) === identity)
      answer(replica, from as MachineId, operation, attempt, Outcome.Done, 0, replica.commit, acknowledging!);
  }

  const leave = (): void => undefined;

  function advance(io: Io): void {
    let limit = io.log.synced();
    if (semi !== undefined) {
      if (policy.semi!.waitPoint === "afterCommit") io.log.apply(limit);
      limit = semi.limit(limit, io);
    }
    if (waitsForAll || replica.hasDual)
      for (const peer of peers())
        if ((waitsForAll && isMember(peer)) || (peer.isDual && peer.announced === now.epoch)) limit = Math.min(limit, peer.synced);
    commitUpTo(limit, io);
    // From here on nothing is acknowledged: another one is, or will be, primary under a newer epoch.
    if (handover.look(replica.commit, io)) giveWay("handed over", io);
  }

  function commitUpTo(limit: number, io: Io): void {
    // Clients of a chain hear from its tail.
    const isAnsweredHere = line?.kind !== "chain" || line.isTail();
    while (replica.commit < limit) {
      replica.commit += 1;
      io.log.apply(replica.commit);
      acknowledging = io;
      waiting.take(replica.commit, isAnsweredHere ? acknowledge : leave);
    }
  }

  function appended(slot: number, from: MachineId, io: Io): void {
    const m = io.messages;
    const peer = replica.peerOf(from);
    // Answers may come while this replica's own promotion is still being synced.
    if (peer === undefined || !replica.isFeeder() || !io.log.exists()) return;
    if (m.outcome[slot] === AppendOutcome.Fenced) {
      if (m.epoch[slot]! > now.epoch && context.checksEpoch && replica.isPrimary()) giveWay("fenced", io);
      return;
    }
    if (m.epoch[slot]! !== now.epoch) return;
    if (m.outcome[slot] === AppendOutcome.Behind) {
      // Each message after a gap says so: one answer will do, or a standby that slept drowns in what it lacks.
      if (peer.answered === m.index[slot]) return;
      peer.answered = m.index[slot]!;
      return shipping.alignPeer(peer, m.index[slot]!, m.until[slot]!, io);
    }
    if (!peer.aligned) guard?.heard(peer, io);
    peer.aligned = true;
    peer.answered = -1;
    peer.heardAt = io.now();
    if (m.index[slot]! > peer.synced) peer.synced = m.index[slot]!;
    if (m.time[slot]! > peer.acked) peer.acked = m.time[slot]!;
    if (peer.sent < peer.synced) peer.sent = peer.synced;
    if (!replica.isPrimary()) {
      if (line?.kind === "chain") reportUp(io);
      return goOn(peer, io);
    }
    if (!replica.accepting) return;
    if (policy.waitsForMembers) {
      advance(io);
      confirm(io);
      if (!isMember(peer) && isServed(peer) && isClose(peer, io)) caughtUp(peer, io);
    } else if (peer.isJoining && peer.synced >= peer.goal) caughtUp(peer, io);
    else if (replica.hasDual || handover.isOn()) advance(io);
    // A hand-over may just have ended this primary's time.
    if (!isServed(peer) || handover.isGiven()) return;
    goOn(peer, io);
  }

  /**
   * Under load a standby that is far away never has all: it is close once it has, soon enough, what the log held when a round
   * began (Ongaro 2014, section 4.2.1; Kafka's replica.lag.time.max.ms). What it still lacks then, its epoch waits for.
   */
  function isClose(peer: Peer, io: Io): boolean {
    if (peer.synced >= io.log.synced()) return true;
    if (peer.synced < peer.round) return false;
    const isSoon = io.now() - peer.roundAt < RESEND_AFTER;
    peer.round = io.log.synced();
    peer.roundAt = io.now();
    return isSoon;
  }

  function goOn(peer: Peer, io: Io): void {
    if (policy.shipEvery === 0 || !replica.isPrimary()) peer.goal = shipping.shippable(io);
    shipping.pump(peer, io);
    if (peers().every((other) => other.aligned && other.synced >= other.goal)) shipping.rest(io);
  }

  function caughtUp(peer: Peer, io: Io): void {
    if (peer.announced === now.epoch && io.now() - peer.announcedAt < RESEND_AFTER) return;
    peer.announced = now.epoch;
    peer.announcedAt = io.now();
    const monitors = peer.isJoining ? [] : context.controllers("monitor");
    for (const monitor of [...monitors, ...context.controllers("rebalancer")]) {
      const slot = io.message();
      io.messages.shard[slot] = shard;
      io.messages.epoch[slot] = now.epoch;
      io.messages.who[slot] = peer.server;
      io.messages.bytes[slot] = BYTES.envelope;
      io.send(monitor, Channel.Control, Message.CaughtUp, slot);
    }
  }

  function followed(slot: number, from: MachineId, io: Io): void {
    const m = io.messages;
    const peer = replica.peerOf(from);
    if (peer === undefined || !isServed(peer) || !replica.isFeeder() || !io.log.exists() || m.epoch[slot]! > now.epoch) return;
    // The order of a chain comes down the chain: whoever asks the head meanwhile waits for it.
    if (!(replica.isPrimary() && !replica.accepting) && (line?.kind !== "chain" || line.feeds(peer)))
      shipping.alignPeer(peer, m.index[slot]!, m.until[slot]!, io);
  }

  const peerAt = (server: number): Peer | undefined => replica.known()[context.replicasOf(shard).indexOf(server as ServerId)];

  function copy(slot: number, io: Io): void {
    const m = io.messages;
    replica.gather();
    const peer = peerAt(m.who[slot]!);
    if (peer === undefined || !replica.isPrimary() || !replica.accepting || (now.standing & peer.bit) !== 0) return;
    peer.isDual = m.count[slot] === Cutover.DualWrite;
    peer.heardAt = io.now();
    replica.hasDual ||= peer.isDual;
    // A copy that is there and follows is announced again and again: no other is needed.
    if (!peer.isJoining || !peer.aligned) copying.begin(peer, m.time[slot]!, io);
    else if (peer.synced >= peer.goal) caughtUp(peer, io);
    replica.gather();
  }

  function yieldTo(slot: number, from: MachineId, io: Io): void {
    const m = io.messages;
    const peer = peerAt(m.who[slot]!);
    if (peer === undefined || !isServed(peer) || !replica.isPrimary() || !replica.accepting || m.epoch[slot]! <= now.epoch) return;
    // What a chain's first successor says holds for all that follow.
    const all = line?.kind === "chain" && isMember(peer) ? peers().find(isMember) : undefined;
    handover.begin(all ?? peer, m.epoch[slot]!, m.count[slot]!, from, m.time[slot]!, io);
    shipping.ship(io);
    advance(io);
  }

  /** A place that was to have every write and has been silent for long holds nobody up any more. */
  function endDual(io: Io): void {
    if (!replica.hasDual) return;
    for (const peer of peers()) if (peer.isDual && io.now() - peer.heardAt > RESEND_AFTER) peer.isDual = false;
    replica.hasDual = peers().some((peer) => peer.isDual);
    if (replica.accepting) advance(io);
  }

  /** Who is fed has changed: those that are new are told where this log ends. */
  function passOver(io: Io): void {
    const before = peers();
    replica.gather();
    for (const peer of peers()) if (!before.includes(peer)) shipping.shipFrom(peer, shipping.shippable(io), io);
  }

  return {
    advance,
    // Synced here or not: clients of the tail have it, so readers of the head must.
    acknowledgedUpTo: (index, io) => {
      if (replica.accepting) commitUpTo(Math.min(index, io.log.written()), io);
    },
    appended,
    followed,
    copy,
    yieldTo,
    lookAfter: (io) => {
      if (!io.log.exists()) return;
      endDual(io);
      if (line?.passOver(io) === true) passOver(io);
      shipping.resend(io);
    },
  };
}
