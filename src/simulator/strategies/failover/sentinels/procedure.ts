/**
 * A failover as the sentinel that leads it goes through it, one step at each run of its timer at most: wait to be
 * elected, select a replica, order it to be primary, wait until it says that it is, point the others to it.
 *
 * sentinel.c: sentinelStartFailoverIfNeeded, sentinelFailoverStateMachine and what it calls.
 */
import type { ServerId, ShardId } from "../../../../base/ids.ts";
import { type Io } from "../../../../base/machine.ts";
import type { PartContext } from "../../contracts.ts";
import { sendRole } from "../../letters.ts";
import { Message } from "../../messages.ts";
import type { Link } from "./link.ts";
import { abort, advance, electionTimeout, isFailingOver, Reconfigured, startFrom, Step, type Master } from "./master.ts";
import { selectReplica } from "./selection.ts";
import { RECONFIGURE_TIMEOUT, type SentinelSettings } from "./settings.ts";

export interface ProcedureParts {
  readonly context: PartContext;
  /** This sentinel, as its facts call it. */
  readonly name: string;
  readonly settings: SentinelSettings;
  readonly linkOf: (server: number) => Link;
  /** Who is elected for this master's failover, or -1; votes if need be. */
  readonly leaderOf: (master: Master, io: Io) => number;
  readonly self: number;
  /** A new epoch of its own. */
  readonly nextEpoch: () => number;
}

export interface FailoverProcedure {
  /** True if one was started just now. */
  readonly startIfNeeded: (master: Master, now: number, io: Io) => boolean;
  readonly step: (master: Master, now: number, io: Io) => void;
  /** A replica is told whom to follow. */
  readonly configure: (master: Master, server: number, owner: number, epoch: number, io: Io) => void;
}

export function createProcedure({ context, name, settings, linkOf, leaderOf, self, nextEpoch }: ProcedureParts): FailoverProcedure {
  const initial = context.initialMap();

  function startIfNeeded(master: Master, now: number, io: Io): boolean {
    if (!master.isObjectivelyDown || isFailingOver(master) || now - master.startAt < settings.failoverTimeout * 2) return false;
    advance(master, Step.WaitStart, now);
    master.failoverEpoch = nextEpoch();
    master.startAt = startFrom(now, io.random("start").uniform());
    io.fact({ kind: "election", shard: master.shard, epoch: master.failoverEpoch, server: NOBODY, outcome: "started" });
    return true;
  }

  function step(master: Master, now: number, io: Io): void {
    switch (master.step) {
      case Step.WaitStart:
        return waitStart(master, now, io);
      case Step.Select:
        return select(master, now, io);
      case Step.SendPromotion:
        return sendPromotion(master, now, io);
      case Step.WaitPromotion:
        if (now - master.stepAt > settings.failoverTimeout) abort(master, now);
        return;
      case Step.Reconfigure:
        return reconfigure(master, now, io);
      default:
        return;
    }
  }

  function waitStart(master: Master, now: number, io: Io): void {
    const { shard, failoverEpoch: epoch } = master;
    if (leaderOf(master, io) === self) {
      io.fact({ kind: "election", shard, epoch, server: NOBODY, outcome: "won" });
      return advance(master, Step.Select, now);
    }
    if (now - master.startAt <= electionTimeout(settings.failoverTimeout)) return;
    io.fact({ kind: "election", shard, epoch, server: NOBODY, outcome: "lost" });
    abort(master, now);
  }

  function select(master: Master, now: number, io: Io): void {
    const servers = context.replicasOf(master.shard as ShardId);
    const best = selectReplica(master, servers, linkOf, now, settings.downAfter);
    if (best < 0) return abort(master, now);
    master.promoted = best;
    io.fact({ kind: "chosen", shard: master.shard, epoch: master.failoverEpoch, server: best, by: name });
    advance(master, Step.SendPromotion, now);
  }

  function sendPromotion(master: Master, now: number, io: Io): void {
    if (!linkOf(master.promoted).isConnected) {
      if (now - master.stepAt > settings.failoverTimeout) abort(master, now);
      return;
    }
    order(Message.Promote, master, master.promoted, master.promoted, master.failoverEpoch, io);
    advance(master, Step.WaitPromotion, now);
  }

  function reconfigure(master: Master, now: number, io: Io): void {
    let underWay = 0;
    for (const told of master.told.values())
      if (told.reconfigured === Reconfigured.Sent || told.reconfigured === Reconfigured.InProgress) underWay += 1;
    for (const [server, told] of master.told) {
      if (underWay >= settings.parallelSyncs) break;
      if (server === master.promoted || server === master.owner || told.reconfigured === Reconfigured.Done) continue;
      if (told.reconfigured === Reconfigured.Sent && now - told.reconfiguredAt > RECONFIGURE_TIMEOUT) told.reconfigured = Reconfigured.Done;
      if (told.reconfigured !== Reconfigured.No || !linkOf(server).isConnected) continue;
      pointTo(master, server, now, io);
      underWay += 1;
    }
    detectEnd(master, now, io);
  }

  function pointTo(master: Master, server: number, now: number, io: Io): void {
    configure(master, server, master.promoted, master.configEpoch, io);
    const told = master.told.get(server)!;
    told.reconfigured = Reconfigured.Sent;
    told.reconfiguredAt = now;
  }

  function detectEnd(master: Master, now: number, io: Io): void {
    if (linkOf(master.promoted).isDown) return;
    const others = [...master.told].filter(([server]) => server !== master.promoted && server !== master.owner);
    const open = others.filter(([server, told]) => told.reconfigured !== Reconfigured.Done && !linkOf(server).isDown);
    const isOverdue = now - master.stepAt > settings.failoverTimeout;
    if (open.length > 0 && !isOverdue) return;
    if (isOverdue)
      for (const [server, told] of others)
        if (told.reconfigured === Reconfigured.No && linkOf(server).isConnected) pointTo(master, server, now, io);
    advance(master, Step.Update, now);
  }

  const configure: FailoverProcedure["configure"] = (master, server, owner, epoch, io) =>
    order(Message.Configure, master, server, owner, epoch, io);

  /** All that were there at first are members, always: sentinels know no other membership. */
  function order(kind: number, { shard }: Master, to: number, owner: number, epoch: number, io: Io): void {
    const role = { shard, epoch, owner, members: initial.members[shard]!, standing: initial.standing[shard]! };
    sendRole(kind, context.replicaMachine(shard as ShardId, to as ServerId), role, io);
  }

  return { startIfNeeded, step, configure };
}

/** Of an election among sentinels: no server stands. */
const NOBODY = -1;
