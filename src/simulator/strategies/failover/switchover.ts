/**
 * Planned changes of primary (switchovers), shard by shard. The next epoch is claimed; the old primary goes on until the
 * successor has nearly all, stops acknowledging, waits until it has everything and gives its word
 * (replication/handover.ts); the successor is promoted, the map names it, all are told, and the old primary is a standby.
 * What cannot be done in time is given up: the old primary is made primary anew under the epoch that was claimed, which
 * ends its freeze. Only one server is ever asked to take a claimed epoch: if the successor does not answer, the old primary
 * gets the one after. Where replicas elect their primary, the leader is asked to hand over and does the rest.
 *
 * Compare orchestrator's graceful-master-takeover, Vitess' PlannedReparentShard and Patroni's switchover.
 */
import type { ServerId, ShardId } from "../../../base/ids.ts";
import { Channel, type Input, type Io } from "../../../base/machine.ts";
import { milliseconds, seconds, type Duration } from "../../../base/time.ts";
import { serversIn, type MapSnapshot, type PartContext, type PlannedSwitchover } from "../contracts.ts";
import { letter, sendClaim } from "../letters.ts";
import { Message } from "../messages.ts";
import { isMoreAdvanced, replaced } from "./procedure.ts";

export interface Switchovers {
  /** The machine (re)started. */
  readonly start: (incarnation: number) => void;
  /** Begins one; false if one is under way there, or nobody can take over. */
  readonly begin: (shard: number, wanted: Wanted, io: Io) => boolean;
  readonly isBusy: (shard: number) => boolean;
  readonly anyBusy: () => boolean;
  readonly receive: (input: Input, io: Io) => void;
  /** Steps that took too long are tried again, or all is given up. To be called every `TICK` while any is under way. */
  readonly tick: (io: Io) => void;
  /** A newer map is known: what it has overtaken is over. To be called before it is. */
  readonly superseded: (news: MapSnapshot, io: Io) => void;
}

export interface Wanted {
  readonly label: string;
  /** Servers that may take over; the first that it can be if there is an order, else the most advanced. */
  readonly candidates: readonly ServerId[];
  readonly cutover: PlannedSwitchover["cutover"];
  readonly within: Duration;
}

export interface SwitchoversParts {
  readonly map: () => MapSnapshot;
  readonly learn: (map: MapSnapshot) => void;
  readonly done: (shard: number, isDone: boolean, io: Io) => void;
}

/** How often what is under way is looked at. */
export const TICK = milliseconds(50);

type Phase = "gathering" | "claiming" | "yielding" | "promoting" | "reclaiming" | "returning" | "committing";

interface Work {
  phase: Phase;
  readonly label: string;
  readonly wanted: Wanted;
  readonly from: ServerId;
  to: number;
  /** Who is being made primary: the successor, or the old primary again. */
  candidate: ServerId;
  epoch: number;
  token: number;
  /** The epoch that was believed to be claimed last when the claim was made. */
  asked: number;
  /** The last claim went to somebody else: the next is another. */
  isRefused: boolean;
  /** Orders of this phase that were sent. */
  attempts: number;
  /** By this machine's clock: when the step is tried again, and when all is given up. */
  due: number;
  readonly until: number;
  awaited: Set<number>;
  best: { server: number; epoch: number; index: number } | undefined;
}

const GATHER = milliseconds(200);
const ASK_AGAIN_AFTER = milliseconds(500);
/** Another claim is under way there: it may be over soon. */
const CLAIM_AGAIN_AFTER = seconds(1);
/** Claims that one incarnation makes at most; the first half are the monitor's own, if this works in one. */
const TOKENS = 1_000_000_000;
/** Orders to a server that does not answer. */
const ATTEMPTS_BOUND = 4;

export function createSwitchovers(context: PartContext, name: string, parts: SwitchoversParts): Switchovers {
  const works = new Map<number, Work>();
  let token = 0;
  const replica = (shard: number, server: number) => context.replicaMachine(shard as ShardId, server as ServerId);
  const standing = (shard: number): readonly ServerId[] => serversIn(parts.map().replicas[shard]!, parts.map().standing[shard]!);
  const mayTake = (shard: number, server: ServerId): boolean =>
    !context.waitsForMembers || (parts.map().members[shard]! & (1 << parts.map().replicas[shard]!.indexOf(server))) !== 0;

  function enter(work: Work, phase: Phase, after: number, io: Io): void {
    if (work.phase !== phase) work.attempts = 0;
    work.phase = phase;
    work.attempts += 1;
    work.due = io.now() + after;
  }

  function state(shard: number, work: Work, phase: "start" | "done" | "aborted", io: Io): void {
    const { from, to, epoch, label } = work;
    io.fact({ kind: "switchover", phase, shard, from, to, epoch, label });
  }

  /** A message about the shard, with the epoch that is being taken. */
  function about(shard: number, work: Work, io: Io): number {
    const { epoch, candidate: who } = work;
    const { members, standing: stand } = parts.map();
    return letter(io, { shard, epoch, who, key: members[shard]!, version: stand[shard]!, count: 1 });
  }

  function gather(shard: number, work: Work, io: Io): void {
    enter(work, "gathering", GATHER, io);
    work.awaited = new Set(
      work.wanted.candidates.filter((server) => server !== work.from && standing(shard).includes(server) && mayTake(shard, server)),
    );
    for (const server of work.awaited) {
      io.send(replica(shard, server), Channel.Control, Message.AskPosition, letter(io, { shard }));
    }
    if (work.awaited.size === 0) end(shard, work, false, io);
  }

  function position(slot: number, io: Io): void {
    const m = io.messages;
    const shard = m.shard[slot]!;
    const work = works.get(shard);
    const server = m.who[slot]!;
    if (work?.phase !== "gathering" || m.index[slot]! < 0 || !work.awaited.delete(server)) return;
    const told = { server, epoch: m.until[slot]!, index: m.index[slot]! };
    if (work.best === undefined || isMoreAdvanced(told, work.best, parts.map().replicas[shard]!)) work.best = told;
    if (work.awaited.size === 0) choose(shard, work, io);
  }

  function choose(shard: number, work: Work, io: Io): void {
    if (work.best === undefined) return gather(shard, work, io);
    work.to = work.best.server;
    work.candidate = work.to as ServerId;
    claim(shard, work, "claiming", io);
  }

  function claim(shard: number, work: Work, phase: "claiming" | "reclaiming", io: Io): void {
    // Asked again it is the same claim: the first answer may yet come.
    if (work.phase !== phase || work.isRefused) {
      token += 1;
      work.token = token;
      work.asked = parts.map().claimed[shard]!;
    }
    work.isRefused = false;
    enter(work, phase, ASK_AGAIN_AFTER, io);
    sendClaim(context.metadata(), shard, work.asked, work.token, io);
  }

  function claimed(slot: number, io: Io): void {
    const m = io.messages;
    const shard = m.shard[slot]!;
    const work = works.get(shard);
    if (work === undefined || (work.phase !== "claiming" && work.phase !== "reclaiming") || work.token !== m.time[slot]) return;
    const { claimed: claims } = parts.map();
    parts.learn({ ...parts.map(), claimed: replaced(claims, shard, Math.max(claims[shard]!, m.epoch[slot]!)) });
    if (m.outcome[slot] !== 1) {
      work.due = io.now() + CLAIM_AGAIN_AFTER;
      work.isRefused = true;
      return;
    }
    work.epoch = m.epoch[slot]!;
    if (work.phase === "claiming") return yieldRole(shard, work, io);
    goBack(shard, work, io);
  }

  function yieldRole(shard: number, work: Work, io: Io): void {
    enter(work, "yielding", ASK_AGAIN_AFTER, io);
    const slot = about(shard, work, io);
    if (context.ownFailover) return io.send(replica(shard, work.from), Channel.Control, Message.TransferLeader, slot);
    io.messages.count[slot] = work.wanted.cutover;
    io.messages.time[slot] = Math.max(1, work.until - io.now());
    io.send(replica(shard, work.from), Channel.Control, Message.Yield, slot);
  }

  function promote(shard: number, work: Work, phase: "promoting" | "returning", io: Io): void {
    if (work.phase !== phase) io.fact({ kind: "chosen", shard, epoch: work.epoch, server: work.candidate, by: name });
    enter(work, phase, ASK_AGAIN_AFTER, io);
    io.send(replica(shard, work.candidate), Channel.Control, Message.Promote, about(shard, work, io));
  }

  /** The old primary goes on, under an epoch that nobody else was asked to take. */
  function goBack(shard: number, work: Work, io: Io): void {
    work.candidate = work.from;
    promote(shard, work, "returning", io);
  }

  function commit(shard: number, work: Work, io: Io): void {
    enter(work, "committing", ASK_AGAIN_AFTER, io);
    io.send(context.metadata(), Channel.Control, Message.Commit, about(shard, work, io));
  }

  function committed(slot: number, io: Io): void {
    const shard = io.messages.shard[slot]!;
    const work = works.get(shard);
    if (work?.phase !== "committing" || work.epoch !== io.messages.epoch[slot]) return;
    // Refused may be one that was granted before and asked again: the map tells.
    if (io.messages.outcome[slot] === 1) finish(shard, work, io);
  }

  function finish(shard: number, work: Work, io: Io): void {
    const map = parts.map();
    parts.learn({
      ...map,
      owners: replaced(map.owners, shard, work.candidate),
      epochs: replaced(map.epochs, shard, work.epoch),
      claimed: replaced(map.claimed, shard, Math.max(map.claimed[shard]!, work.epoch)),
    });
    for (const server of standing(shard)) io.send(replica(shard, server), Channel.Control, Message.Configure, about(shard, work, io));
    io.fact({ kind: "notified", shard, epoch: work.epoch });
    end(shard, work, work.candidate === work.to, io);
  }

  function end(shard: number, work: Work, isDone: boolean, io: Io): void {
    works.delete(shard);
    state(shard, work, isDone ? "done" : "aborted", io);
    parts.done(shard, isDone, io);
  }

  /** A step took too long. */
  function again(shard: number, work: Work, io: Io): void {
    const isLate = io.now() >= work.until;
    const isTired = work.attempts >= ATTEMPTS_BOUND;
    switch (work.phase) {
      case "gathering":
        if (isLate) return end(shard, work, false, io);
        return choose(shard, work, io);
      case "claiming":
        // Granted and not heard of it is nobody's: the next claimer, or a failover, goes on from there.
        if (isLate) return end(shard, work, false, io);
        return claim(shard, work, "claiming", io);
      case "yielding":
        if (!isLate) return yieldRole(shard, work, io);
        if (context.ownFailover) return end(shard, work, false, io);
        return goBack(shard, work, io);
      case "promoting":
        if (!isTired) return promote(shard, work, "promoting", io);
        return claim(shard, work, "reclaiming", io);
      case "reclaiming":
        if (isTired) return end(shard, work, false, io);
        return claim(shard, work, "reclaiming", io);
      case "returning":
        // Dead as well: that is for a failover to mend.
        if (isTired) return end(shard, work, false, io);
        return promote(shard, work, "returning", io);
      case "committing":
        return commit(shard, work, io);
    }
  }

  return {
    start: (incarnation) => {
      token = incarnation * TOKENS + TOKENS / 2;
    },
    begin: (shard, wanted, io) => {
      if (works.has(shard)) return false;
      const from = parts.map().owners[shard]! as ServerId;
      const work: Work = {
        phase: "gathering",
        label: wanted.label,
        wanted,
        from,
        to: -1,
        candidate: from,
        epoch: 0,
        token: 0,
        asked: 0,
        isRefused: false,
        attempts: 0,
        due: 0,
        until: io.now() + wanted.within,
        awaited: new Set(),
        best: undefined,
      };
      works.set(shard, work);
      state(shard, work, "start", io);
      if (context.ownFailover) {
        const to = wanted.candidates.find((server) => server !== from && standing(shard).includes(server));
        if (to === undefined) end(shard, work, false, io);
        else {
          work.to = to;
          work.candidate = to;
          yieldRole(shard, work, io);
        }
      } else gather(shard, work, io);
      return true;
    },
    isBusy: (shard) => works.has(shard),
    anyBusy: () => works.size > 0,
    receive: (input, io) => {
      const m = io.messages;
      const { slot } = input;
      const work = works.get(m.shard[slot]!);
      if (work === undefined) return;
      switch (input.message) {
        case Message.Position:
          return position(slot, io);
        case Message.Claimed:
          return claimed(slot, io);
        case Message.Yielded:
          if (work.phase === "yielding" && work.epoch === m.epoch[slot]) promote(m.shard[slot]!, work, "promoting", io);
          return;
        case Message.Promoted:
          if ((work.phase === "promoting" || work.phase === "returning") && work.epoch === m.epoch[slot]) commit(m.shard[slot]!, work, io);
          return;
        case Message.Committed:
          return committed(slot, io);
        default:
          return;
      }
    },
    tick: (io) => {
      for (const [shard, work] of works)
        if (io.now() >= work.due || (work.phase === "yielding" && io.now() >= work.until)) again(shard, work, io);
    },
    superseded: (news, io) => {
      for (const [shard, work] of works) {
        const epoch = news.epochs[shard]!;
        if (epoch <= parts.map().epochs[shard]!) continue;
        if (context.ownFailover) {
          work.epoch = epoch;
          end(shard, work, news.owners[shard] === work.to, io);
        } else if (work.phase === "committing" && epoch === work.epoch) finish(shard, work, io);
        else if (work.epoch === 0 || epoch > work.epoch) end(shard, work, false, io);
      }
    },
  };
}
