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
import { ConnectionChange, Is, type Input, type Io, type Machine } from "../../../base/machine.ts";
import type { MapSnapshot, ReplicaContext, ReplicaView } from "../contracts.ts";
import { Message, REDIRECT_DEMAND } from "../messages.ts";
import { createAcknowledging } from "./acknowledging.ts";
import { createApplier } from "./applier.ts";
import { createChainReads } from "./chain-reads.ts";
import { createColdApplier } from "./cold.ts";
import { createConfiguring } from "./configuration.ts";
import { createCopying } from "./copying.ts";
import { createFollowing } from "./following.ts";
import { createGuard } from "./guard.ts";
import { createHandover } from "./handover.ts";
import { createReplica, Timer, Token } from "./replica.ts";
import { createRequests } from "./requests.ts";
import type { AckPolicy } from "./policy.ts";
import { createLine } from "./line.ts";
import { createResync } from "./resync.ts";
import { createSemiSynchronous } from "./semi-synchronous.ts";
import { createShipping } from "./shipping.ts";
import { createStandbyReads, tellCommitted } from "./standby-reads.ts";
import { createWaitingWrites } from "./waiting-writes.ts";

/** Putting a shipment away unread: what it costs a standby that applies in a step of its own, microseconds. */
const RECEIVE_DEMAND = 20;

export function createPrimaryStandby(context: ReplicaContext, policy: AckPolicy): Machine {
  const replica = createReplica(context, policy);
  if (policy.line !== undefined) replica.line = createLine(replica, policy.line);
  const { epoch, isPrimary, peers, now, line } = replica;
  const { shard } = context;
  const standbyReads = createStandbyReads(Timer.AskCommitted);
  const waiting = createWaitingWrites();
  const semi = policy.semi === undefined ? undefined : createSemiSynchronous(replica, policy.semi, Timer.Semi);
  const guard = policy.guard === undefined ? undefined : createGuard(replica, policy.guard);
  const applying = policy.applying?.(replica.ordinal);
  // The first primary runs from the start.
  const cold = policy.cold === undefined || replica.ordinal === 0 ? undefined : createColdApplier(replica, policy.cold);
  const applier = cold ?? (applying === undefined || applying.kind === "onArrival" ? undefined : createApplier(replica, applying));
  const copying = createCopying(shard, context.server, epoch, replica.owner, context.dataBytes, Timer.Copy);
  const handover = createHandover(shard, Timer.Handover);
  const shipping = createShipping({
    shard,
    epoch,
    isFeeder: replica.isFeeder,
    limit: (io) => (isPrimary() ? Infinity : replica.agreed(io)),
    end: (io) => (isPrimary() ? io.log.written() : replica.end),
    tell,
    peers,
    shipsUnsynced: policy.shipsUnsynced,
    timer: Timer.Resend,
    lacks: (peer, shared, end, io) => resync?.begin(peer, shared, end, io) ?? false,
  });
  const resync = policy.resync === undefined ? undefined : createResync(replica, policy.resync, { copying, ship: shipping.shipFrom });
  const configuring = createConfiguring(replica, {
    waiting,
    copying,
    handover,
    shipping,
    standbyReads,
    semi,
    applier,
    adopted: () => chainReads?.forget(),
    began: (io) => guard?.began(io),
    ended: () => {
      resync?.stop();
      guard?.ended();
    },
    advance: (io) => acknowledging.advance(io),
    follow: (io) => following.follow(io),
  });
  const { adopt, askWho, confirm, settle, stepDown } = configuring;
  const acknowledging = createAcknowledging(replica, {
    waiting,
    copying,
    handover,
    shipping,
    semi,
    guard,
    confirm,
    giveWay,
    reportUp: (io) => following.reportUp(io),
  });
  const following = createFollowing(replica, { stepDown, settle, adopt, applier, align: shipping.align });
  const chainReads =
    line?.kind === "chain"
      ? createChainReads(replica, {
          line,
          isCraq: policy.line?.reads === "craq",
          acknowledgedUpTo: (index, io) => (isPrimary() ? acknowledging : following).acknowledgedUpTo(index, io),
        })
      : undefined;
  const requests = createRequests(replica, { waiting, handover, standbyReads, guard, chainReads, ship: shipping.ship, askWho, giveWay });

  /** Who is primary, what is acknowledged as far as known here, and the order of a chain go with every shipment. */
  function tell(slot: number, io: Io): void {
    io.messages.who[slot] = now.owner;
    if (line?.kind !== "chain") return;
    io.messages.version[slot] = replica.commit;
    io.messages.payload[slot] = line.order();
  }

  function giveWay(reason: string, io: Io): void {
    stepDown(io, reason);
    configuring.lose(io);
  }

  function step(input: Input, io: Io): void {
    switch (input.kind) {
      case Is.Start:
        replica.gather();
        guard?.start(input.incarnation, io);
        configuring.start(input.incarnation, io);
        if (!isPrimary()) applier?.look(io);
        return;
      case Is.Message:
        return receive(input, io);
      case Is.Synced:
        return synced(input.id, io);
      case Is.Timer:
        return timer(input.id, io);
      case Is.Transfer:
        if (cold?.transferred(input, io) === true) return applied(io, true);
        if (resync?.transferred(input, io) !== true) copying.transferred(input, io);
        return following.transferred(input, io);
      case Is.Worked:
        return applied(io, applier?.done(io) ?? false);
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
      case Message.Beat:
        if (m.epoch[slot] === now.epoch && isPrimary()) guard?.heard(replica.peerOf(input.from), io);
        return;
      case Message.Rewind:
        if (replica.isFeeder() && (!isPrimary() || replica.accepting)) resync?.asked(slot, input.from, io);
        return;
      case Message.AskVersion:
        return chainReads?.asked(slot, input.from, io);
      case Message.ToldVersion:
        return chainReads?.told(slot, io);
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
      if (isPrimary()) return;
      following.report(io);
      if (line !== undefined && replica.isFeeder()) shipping.ship(io);
      return;
    }
    if (!replica.accepting) return;
    acknowledging.advance(io);
    if (!policy.shipsUnsynced && (policy.shipEvery === 0 || replica.hasDual || handover.isOn())) shipping.ship(io);
  }

  /** A piece of the log is applied; `all` that a promotion waited for. */
  function applied(io: Io, all: boolean): void {
    if (all) configuring.promotionApplied(io);
    else if (policy.semi?.ackWhen === "applied" && !isPrimary() && io.log.exists()) following.report(io);
  }

  function timer(id: number, io: Io): void {
    switch (id) {
      case Timer.Semi:
        if (semi?.due(io) === true && replica.accepting) acknowledging.advance(io);
        return;
      case Timer.Apply:
        return applied(io, applier?.due(io) ?? false);
      case Timer.Beat:
        return guard?.beat(io);
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
        copying.due(id, io);
    }
  }

  function reset(peer: number, io: Io): void {
    const feeder = replica.feeder();
    const isFeeders = !isPrimary() && feeder !== undefined && context.processOfServer(feeder.server) === peer;
    if (isFeeders) replica.fedBy = undefined;
    if (isPrimary() ? !replica.accepting : !replica.isFeeder()) {
      if (!isFeeders) return;
      replica.following = true;
      if (replica.unlinkedAt < 0) replica.unlinkedAt = io.now();
      return;
    }
    for (const candidate of peers()) {
      if (context.processOfServer(candidate.server) !== peer) continue;
      candidate.aligned = false;
      guard?.lost(candidate, io);
    }
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
          if (chainReads !== undefined) return chainReads.serves() ? context.fields.demand[slot]! : REDIRECT_DEMAND;
          return (isPrimary() && replica.accepting) || standbyReads.mayServe(context.fields.until[slot]!)
            ? context.fields.demand[slot]!
            : REDIRECT_DEMAND;
        case Message.WriteRequest:
          return isPrimary() && replica.accepting && handover.treat(true) === "serve" ? context.fields.demand[slot]! : REDIRECT_DEMAND;
        case Message.Append:
          return applier === undefined ? context.applyDemand(context.fields.key[slot]!) : RECEIVE_DEMAND;
        default:
          return -1;
      }
    },
    published,
  };
}
