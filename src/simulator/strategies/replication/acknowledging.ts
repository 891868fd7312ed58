/**
 * The primary's side: how far its standbys are, what may be acknowledged by that, who has caught up, and whom it makes
 * copies for or hands over to.
 */
import type { MachineId, ServerId } from "../../../base/ids.ts";
import { Channel, Outcome, type Io } from "../../../base/machine.ts";
import { AppendOutcome, BYTES, Cutover, Message } from "../messages.ts";
import { answer } from "./answer.ts";
import type { Copying } from "./copying.ts";
import type { Handover } from "./handover.ts";
import type { Peer } from "./peers.ts";
import type { Replica } from "./replica.ts";
import { RESEND_AFTER, type Shipping } from "./shipping.ts";
import type { WaitingWrites } from "./waiting-writes.ts";

export interface Acknowledging {
  /** Acknowledges what the policy allows by now. */
  readonly advance: (io: Io) => void;
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
  readonly confirm: (io: Io) => void;
  /** This primary's time is over: it steps down and asks who has the shard. */
  readonly giveWay: (reason: string, io: Io) => void;
}

export function createAcknowledging(replica: Replica, parts: AcknowledgingParts): Acknowledging {
  const { context, policy, now, peers, isMember, isServed } = replica;
  const { shard } = context;
  const { waiting, copying, handover, shipping, confirm, giveWay } = parts;
  /** What `acknowledge` answers through: set at each use, so that no function is made per write. */
  let acknowledging: Io | undefined;

  const acknowledge = (from: number, operation: number, attempt: number): void =>
    answer(replica, from as MachineId, operation, attempt, Outcome.Done, 0, replica.commit, acknowledging!);

  function advance(io: Io): void {
    let limit = io.log.synced();
    if (policy.waitsForMembers || replica.hasDual)
      for (const peer of peers())
        if ((policy.waitsForMembers && isMember(peer)) || (peer.isDual && peer.announced === now.epoch))
          limit = Math.min(limit, peer.synced);
    while (replica.commit < limit) {
      replica.commit += 1;
      io.log.apply(replica.commit);
      acknowledging = io;
      waiting.take(replica.commit, acknowledge);
    }
    // From here on nothing is acknowledged: another one is, or will be, primary under a newer epoch.
    if (handover.look(replica.commit, io)) giveWay("handed over", io);
  }

  function appended(slot: number, from: MachineId, io: Io): void {
    const m = io.messages;
    const peer = replica.peerOf(from);
    // Answers may come while this replica's own promotion is still being synced.
    if (peer === undefined || !replica.isPrimary()) return;
    if (m.outcome[slot] === AppendOutcome.Fenced) {
      if (m.epoch[slot]! > now.epoch && context.checksEpoch) giveWay("fenced", io);
      return;
    }
    if (m.epoch[slot]! !== now.epoch) return;
    if (m.outcome[slot] === AppendOutcome.Behind) {
      // Each message after a gap says so: one answer will do, or a standby that slept drowns in what it lacks.
      if (peer.answered === m.index[slot]) return;
      peer.answered = m.index[slot]!;
      return shipping.alignPeer(peer, m.index[slot]!, m.until[slot]!, io);
    }
    peer.aligned = true;
    peer.answered = -1;
    peer.heardAt = io.now();
    if (m.index[slot]! > peer.synced) peer.synced = m.index[slot]!;
    if (peer.sent < peer.synced) peer.sent = peer.synced;
    if (!replica.accepting) return;
    if (policy.waitsForMembers) {
      advance(io);
      confirm(io);
      if (!isMember(peer) && isServed(peer) && peer.synced >= io.log.synced()) caughtUp(peer, io);
    } else if (peer.isJoining && peer.synced >= peer.goal) caughtUp(peer, io);
    else if (replica.hasDual || handover.isOn()) advance(io);
    // A hand-over may just have ended this primary's time.
    if (!isServed(peer) || handover.isGiven()) return;
    if (policy.shipEvery === 0) peer.goal = shipping.shippable(io);
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
    if (peer !== undefined && isServed(peer) && replica.isPrimary() && replica.accepting && m.epoch[slot]! <= now.epoch)
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
    handover.begin(peer, m.epoch[slot]!, m.count[slot]!, from, m.time[slot]!, io);
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

  return {
    advance,
    appended,
    followed,
    copy,
    yieldTo,
    lookAfter: (io) => {
      endDual(io);
      shipping.resend(io);
    },
  };
}
