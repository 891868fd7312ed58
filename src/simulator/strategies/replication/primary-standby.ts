/**
 * One replica under a primary: the primary orders writes in its log and ships it; standbys append, sync and apply what
 * comes. What differs between asynchronous and synchronous replication is when the primary ships and when it
 * acknowledges (`AckPolicy`); what differs between fencing policies is whether an older epoch is refused.
 *
 * A write is appended, synced and, by policy, acknowledged; it is applied (and so readable) at its acknowledgement.
 * Epochs: a replica keeps the highest epoch it has adopted in a durable register. A primary that is told of a newer one
 * steps down and breaks off what it has not acknowledged. A standby's log is aligned with its primary's by the epoch of
 * entries, since one epoch has one primary (compare Raft, section 5.3; Kafka KIP-101).
 *
 * replica.ts holds what a replica knows; requests.ts serves clients; acknowledging.ts is the primary towards its standbys,
 * following.ts a standby towards its primary, shipping.ts the log on its way; configuration.ts who is what, by epochs;
 * copying.ts and handover.ts move replicas and the primary's role.
 */
import type { ServerId } from "../../../base/ids.ts";
import { ConnectionChange, Is, type Input, type Io, type Machine } from "../../../base/machine.ts";
import type { MapSnapshot, ReplicaContext, ReplicaView } from "../contracts.ts";
import { Message, REDIRECT_DEMAND } from "../messages.ts";
import { createAcknowledging } from "./acknowledging.ts";
import { createConfiguring } from "./configuration.ts";
import { createCopying } from "./copying.ts";
import { createFollowing } from "./following.ts";
import { createHandover } from "./handover.ts";
import { createReplica, Timer, Token, type AckPolicy } from "./replica.ts";
import { createRequests } from "./requests.ts";
import { createShipping } from "./shipping.ts";
import { createStandbyReads, tellCommitted } from "./standby-reads.ts";
import { createWaitingWrites } from "./waiting-writes.ts";

export function createPrimaryStandby(context: ReplicaContext, policy: AckPolicy): Machine {
  const replica = createReplica(context, policy);
  const { shard, epoch, isPrimary, peers, now } = replica;
  const standbyReads = createStandbyReads(Timer.AskCommitted);
  const waiting = createWaitingWrites();
  const copying = createCopying(shard, epoch, context.dataBytes, Timer.Copy);
  const handover = createHandover(shard, Timer.Handover);
  const shipping = createShipping({ shard, epoch, isPrimary, peers, shipsUnsynced: policy.shipsUnsynced, timer: Timer.Resend });
  const configuring = createConfiguring(replica, {
    waiting,
    copying,
    handover,
    shipping,
    standbyReads,
    advance: (io) => acknowledging.advance(io),
    follow: (io) => following.follow(io),
  });
  const { adopt, askWho, confirm, settle, stepDown } = configuring;
  const acknowledging = createAcknowledging(replica, { waiting, copying, handover, shipping, confirm, giveWay });
  const following = createFollowing(replica, { stepDown, settle, adopt });
  const requests = createRequests(replica, { waiting, handover, standbyReads, ship: shipping.ship, askWho, giveWay });

  function giveWay(reason: string, io: Io): void {
    stepDown(io, reason);
    configuring.lose(io);
  }

  function step(input: Input, io: Io): void {
    switch (input.kind) {
      case Is.Start:
        replica.gather();
        return configuring.start(input.incarnation, io);
      case Is.Message:
        return receive(input, io);
      case Is.Synced:
        return synced(input.id, io);
      case Is.Timer:
        return timer(input.id, io);
      case Is.Transfer:
        return copying.transferred(input, io);
      case Is.Connection:
        if (input.change !== ConnectionChange.Opened) reset(input.peer, io);
        return;
      default:
        return;
    }
  }

  function receive(input: Input, io: Io): void {
    const m = io.messages;
    const slot = input.slot;
    switch (input.message) {
      case Message.ReadRequest:
        return requests.read(slot, input.from, io);
      case Message.WriteRequest:
        return requests.write(slot, input.from, io);
      case Message.Append:
        return following.append(slot, input.from, io);
      case Message.Appended:
        return acknowledging.appended(slot, input.from, io);
      case Message.Follow:
        return acknowledging.followed(slot, input.from, io);
      case Message.AskCommitted:
        if (isPrimary() && replica.accepting && m.epoch[slot] === now.epoch)
          tellCommitted(slot, input.from, shard, now.epoch, replica.commit, io);
        return;
      case Message.ToldCommitted:
        // It may have given up its replica since it asked.
        if (m.epoch[slot] === now.epoch && !isPrimary() && io.log.exists())
          standbyReads.told(m.index[slot]!, m.time[slot]!, replica.agreed(io), io);
        return;
      case Message.AskPosition:
        return configuring.tellPosition(slot, input.from, io);
      case Message.Promote:
        return configuring.promote(slot, input.from, io);
      case Message.Configure:
        return configuring.configure(slot, input.from, io);
      case Message.Copy:
        return acknowledging.copy(slot, io);
      case Message.Install:
        return following.install(slot, input.from, io);
      case Message.Yield:
        return acknowledging.yieldTo(slot, input.from, io);
      case Message.Drop:
        return configuring.drop(slot, input.from, io);
      case Message.Map:
        return configuring.learnMap(m.payload[slot] as MapSnapshot, io);
      default:
        return;
    }
  }

  function synced(token: number, io: Io): void {
    if (!io.log.exists()) return;
    if (token === Token.Promotion) return configuring.promotionSynced(io);
    if (token === Token.Entries) {
      if (!isPrimary()) following.report(io);
      return;
    }
    if (!replica.accepting) return;
    acknowledging.advance(io);
    if (!policy.shipsUnsynced && (policy.shipEvery === 0 || replica.hasDual || handover.isOn())) shipping.ship(io);
  }

  function timer(id: number, io: Io): void {
    if (copying.due(id, io)) return;
    switch (id) {
      case Timer.Ship:
        if (!replica.accepting) return;
        shipping.ship(io);
        return io.setTimer(Timer.Ship, policy.shipEvery);
      case Timer.Resend:
        return acknowledging.lookAfter(io);
      case Timer.Handover:
        return handover.giveUp();
      case Timer.AskMap:
        if (replica.asking) configuring.askMap(io);
        return;
      case Timer.Follow:
        return following.follow(io);
      case Timer.AskCommitted:
        return standbyReads.ask(replica.primaryPeer()?.machine, shard, now.epoch, io);
      default:
        return;
    }
  }

  function reset(peer: number, io: Io): void {
    if (!isPrimary() || !replica.accepting) {
      if (now.owner < 0 || isPrimary() || context.processOfServer(now.owner as ServerId) !== peer) return;
      replica.following = true;
      if (replica.unlinkedAt < 0) replica.unlinkedAt = io.now();
      return;
    }
    for (const candidate of peers()) if (context.processOfServer(candidate.server) === peer) candidate.aligned = false;
    if (peers().length > 0) shipping.watchOver(io);
  }

  const published: ReplicaView & Readonly<Record<string, unknown>> = {
    isPrimary,
    epoch,
    isAccepting: () => replica.accepting,
    owner: replica.owner,
    last: () => replica.last,
    isBereft: () => replica.isBereft,
  };
  return {
    step,
    demand: (message, slot) => {
      switch (message) {
        case Message.ReadRequest:
          return (isPrimary() && replica.accepting) || standbyReads.mayServe(context.fields.until[slot]!)
            ? context.fields.demand[slot]!
            : REDIRECT_DEMAND;
        case Message.WriteRequest:
          return isPrimary() && replica.accepting && handover.treat(true) === "serve" ? context.fields.demand[slot]! : REDIRECT_DEMAND;
        case Message.Append:
          return context.applyDemand(context.fields.key[slot]!);
        default:
          return -1;
      }
    },
    published,
  };
}
