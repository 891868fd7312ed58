/**
 * A monitor: one of several observers on hosts of their own that must agree before anything is done. It pings every
 * server; a server unheard for `heartbeat x misses` is suspected; when enough monitors suspect it, the failover
 * procedure runs for each shard concerned, in five steps, each a fact: observe (actionable), choose by fault and standby
 * state and claim the next epoch (chosen), fence and promote (ready), update the metadata (visible), notify (notified).
 * Several monitors may try: the claim, a compare-and-set in the metadata service, lets one through.
 *
 * notes.ts: what it knows; observing.ts: who answers (detectors.ts, phi.ts: when that is too little); deciding.ts: what a
 * shard needs and who takes over (confirming.ts: second opinions; choosing.ts: who may and who rather; lagging.ts: who is
 * too far behind); acting.ts: how it is done; telling.ts: what others are told; failing-back.ts: the way home. Compare orchestrator (docs/failure-detection.md, topology recovery) and
 * MHA, which choose the most advanced standby.
 */
import { Channel, ConnectionChange, Is, type Input, type Io, type Machine } from "../../../../base/machine.ts";
import type { MapSnapshot, PartContext } from "../../contracts.ts";
import { BYTES, Message } from "../../messages.ts";
import type { Duration } from "../../../../base/time.ts";
import { isUndecided } from "../procedure.ts";
import { createActing, type Acting } from "./acting.ts";
import { CLAIM_PATIENCE, createDeciding, type Deciding } from "./deciding.ts";
import { createFailingBack } from "./failing-back.ts";
import { createLagging } from "./lagging.ts";
import { createLeasing } from "./leasing.ts";
import type { MonitorOptions } from "./monitor-options.ts";
import { createNotes, lateTimers, Timer } from "./notes.ts";
import { createObserving } from "./observing.ts";
import { createShooting } from "./shooting.ts";
import { createTelling } from "./telling.ts";

export function createMonitor(context: PartContext, ordinal: number, initial: MapSnapshot, options: MonitorOptions): Machine {
  const servers = context.servers.length;
  const notes = createNotes(context, ordinal, initial, options);
  const telling = createTelling(notes);
  const leasing = createLeasing(notes);
  const { stonith } = context.fencing;
  const acting: Acting = createActing(notes, telling, {
    leasing,
    shooting: () => shooting,
    done: (shard, io) => deciding.examine(shard, io),
    again: (shard, io) => deciding.decide(shard, io),
  });
  const shooting = stonith === undefined ? undefined : createShooting(notes, stonith, acting.ended);
  const lagging = createLagging(notes);
  const deciding: Deciding = createDeciding(notes, { act: acting.begin, lagging });
  const observing = createObserving(notes, telling, { agreed, heard, lagging });
  const failingBack = createFailingBack(notes, deciding.examine);
  const timers = lateTimers(context);

  /** Enough monitors suspect something that they did not before. */
  function agreed(io: Io): void {
    if (stonith?.shoots === "lost")
      for (let server = 0; server < servers; server += 1) if (notes.isActionable(server)) shooting?.shoot(server, io);
    if (options.recoveryPoll === 0) deciding.examineAll(io);
  }

  function heard(server: number, io: Io): void {
    shooting?.heard(server, io);
    acting.heard(server, io);
    // What was let be may have left a claim behind.
    if (options.recoveryPoll === 0) deciding.examineAll(io);
  }

  function step(input: Input, io: Io): void {
    switch (input.kind) {
      case Is.Start:
        deciding.start(input.incarnation);
        observing.start(io);
        leasing.start(input.incarnation, io);
        failingBack.switchovers.start(input.incarnation);
        if (options.recoveryPoll > 0)
          io.setTimer(timers.look, (1 + Math.floor(io.random("recovery poll").uniform() * options.recoveryPoll)) as Duration);
        return watch(io);
      case Is.Message:
        return receive(input, io);
      case Is.Timer:
        if (input.id === Timer.Ping) return ping(io);
        if (input.id === Timer.Watch) return watch(io);
        if (input.id < Timer.FirstServer + servers) return observing.due(input.id - Timer.FirstServer, io);
        if (input.id === timers.look) return look(io);
        if (input.id === timers.switchover) return failingBack.tick(io);
        if (shooting?.due(input.id, io) === true) return;
        return overdue(input.id - Timer.FirstServer - servers, io);
      case Is.Child:
        return shooting?.child(input, io);
      case Is.Connection:
        if (input.change !== ConnectionChange.Opened) observing.refused(input.peer, io);
        return;
      default:
        return;
    }
  }

  function ping(io: Io): void {
    observing.ping(io);
    failingBack.look(io);
  }

  /** Looks for what is wrong, every so often. */
  function look(io: Io): void {
    io.setTimer(timers.look, options.recoveryPoll);
    deciding.examineAll(io);
  }

  function watch(io: Io): void {
    const slot = io.message();
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(context.metadata(), Channel.Control, Message.Watch, slot);
    // Watching anew now and then survives a metadata service that has forgotten its watchers.
    io.setTimer(Timer.Watch, context.watchAgain ?? CLAIM_PATIENCE);
  }

  function receive(input: Input, io: Io): void {
    const m = io.messages;
    const slot = input.slot;
    if (failingBack.switchovers.anyBusy() && input.message !== Message.Map) failingBack.switchovers.receive(input, io);
    switch (input.message) {
      case Message.Pong:
        return observing.heard(input.from, io);
      case Message.Suspect:
        return observing.report(m.who[slot]!, m.count[slot]!, true, io);
      case Message.Retract:
        return observing.report(m.who[slot]!, m.count[slot]!, false, io);
      case Message.Map:
        return learnMap(m.payload[slot] as MapSnapshot, io);
      case Message.LeaseAsk:
        return leasing.asked(slot, input.from, io);
      case Message.LeaseDeny:
        return leasing.deny(slot, input.from, io);
      case Message.LeaseDenied:
        return acting.denied(slot, input.from, io);
      case Message.Shot:
        return shooting?.shot(m.who[slot]!, io);
      case Message.Reach:
        return deciding.reach(slot, io);
      case Message.Recovered:
        notes.recoveredAt[m.shard[slot]!] = io.now();
        return;
      case Message.Position:
        return deciding.position(slot, io);
      case Message.Claimed:
        return deciding.claimed(slot, io);
      case Message.Configured:
        return acting.configured(m.shard[slot]!, m.who[slot]!, io);
      case Message.Promoted:
        return acting.promoted(m.shard[slot]!, m.epoch[slot]!, io);
      case Message.Preparing:
        return acting.preparing(m.shard[slot]!, m.epoch[slot]!);
      case Message.Committed:
        return acting.committed(slot, io);
      case Message.CaughtUp:
        return deciding.caughtUp(m.shard[slot]!, m.who[slot]!, m.epoch[slot]!, io);
      default:
        return;
    }
  }

  function overdue(shard: number, io: Io): void {
    if (!deciding.overdue(shard, io)) acting.overdue(shard, io);
  }

  function learnMap(news: MapSnapshot, io: Io): void {
    leasing.informed();
    failingBack.switchovers.superseded(news, io);
    for (let shard = 0; shard < context.shards; shard += 1) {
      if (news.epochs[shard]! <= notes.map.epochs[shard]!) continue;
      const procedure = notes.procedures[shard]!;
      const undecided = procedure.phase === "patience" || isUndecided(procedure);
      const acts =
        procedure.phase === "shooting" ||
        procedure.phase === "leased" ||
        procedure.phase === "fencing" ||
        procedure.phase === "promoting" ||
        procedure.phase === "committing";
      if (undecided || (acts && news.epochs[shard]! > procedure.epoch)) notes.reset(shard, io);
    }
    notes.map = { ...news, claimed: news.claimed.map((epoch, shard) => Math.max(epoch, notes.map.claimed[shard]!)) };
    if (options.recoveryPoll === 0) deciding.examineAll(io);
  }

  return { step };
}
