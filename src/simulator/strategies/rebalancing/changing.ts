/**
 * One shard's change of configuration, by a new epoch that the metadata service grants to one claimer: a server joins,
 * hands over, or leaves. What the map says must be safe to promote from at every instant: a server that joins has
 * everything before the map names it, and nothing is acknowledged without one that leaves before the map says that it
 * has left. A claim of which nothing came (the claimer crashed, or its order was lost) is finished by the next.
 */
import type { ServerId, ShardId } from "../../../base/ids.ts";
import { Channel, type Input, type Io } from "../../../base/machine.ts";
import { milliseconds, seconds } from "../../../base/time.ts";
import { serversIn, type MapSnapshot, type PartContext } from "../contracts.ts";
import { isMoreAdvanced, replaced } from "../failover/procedure.ts";
import { letter, sendClaim, sendRole } from "../letters.ts";
import { BYTES, Message } from "../messages.ts";

export interface Changes {
  /** The rebalancer starts: claims of an earlier incarnation are not this one's. */
  readonly start: (incarnation: number) => void;
  readonly join: (shard: number, server: ServerId, io: Io) => void;
  readonly hand: (shard: number, server: ServerId, io: Io) => void;
  readonly leave: (shard: number, server: ServerId, io: Io) => void;
  /** Tells those that hold a replica what the map says. */
  readonly tell: (shard: number, io: Io) => void;
  readonly isBusy: (shard: number) => boolean;
  /** Somebody has claimed an epoch, and nothing has come of it so far. */
  readonly isOrphaned: (shard: number) => boolean;
  readonly adoptOrphan: (shard: number, io: Io) => void;
  readonly receive: (input: Input, io: Io) => void;
  /** Steps that took too long are tried again. */
  readonly overdue: (io: Io) => void;
  /** A newer map has come: what it makes idle is broken off. */
  readonly superseded: (news: MapSnapshot, io: Io) => void;
  /** What is known of claims may be ahead of a map that is on its way. */
  readonly merged: (map: MapSnapshot, news: MapSnapshot) => MapSnapshot;
}

export interface ChangesParts {
  readonly map: () => MapSnapshot;
  readonly learn: (map: MapSnapshot) => void;
  readonly isHeard: (server: ServerId) => boolean;
  readonly cutover: () => number;
  readonly done: (shard: number, io: Io) => void;
}

type Phase = "idle" | "claiming" | "yielding" | "gathering" | "promoting" | "committing" | "orphaned";

interface Work {
  phase: Phase;
  kind: "join" | "hand" | "leave" | "finish";
  subject: ServerId;
  candidate: ServerId;
  epoch: number;
  token: number;
  /** The epoch believed to be claimed last, when the claim was made. */
  asked: number;
  attempts: number;
  /** By the rebalancer's clock: when it is tried again. */
  due: number;
  awaited: Set<number>;
  best: { server: number; epoch: number; index: number } | undefined;
}

const ASK_AGAIN_AFTER = seconds(1);
/** Attempts at one step before the whole is begun anew. */
const ATTEMPTS_BOUND = 4;
/** Others' claims are left alone for so long. */
const CLAIM_PATIENCE = seconds(5);
const GATHER = milliseconds(500);
/** Claims that one incarnation makes at most: what tells its tokens from another's. */
const TOKENS = 1_000_000_000;

export function createChanges(context: PartContext, name: string, parts: ChangesParts): Changes {
  const works: Work[] = Array.from({ length: context.shards }, idle);
  let token = 0;
  const bitOf = (shard: number, server: number): number => 1 << parts.map().replicas[shard]!.indexOf(server as ServerId);
  const standing = (shard: number): readonly ServerId[] => serversIn(parts.map().replicas[shard]!, parts.map().standing[shard]!);
  const replica = (shard: number, server: number) => context.replicaMachine(shard as ShardId, server as ServerId);

  function begin(shard: number, kind: Work["kind"], subject: ServerId, io: Io): void {
    const owner = parts.map().owners[shard]! as ServerId;
    works[shard] = { ...idle(), kind, subject, candidate: kind === "hand" ? subject : owner };
    claim(shard, io);
  }

  function enter(work: Work, phase: Phase, after: number, io: Io): void {
    if (work.phase !== phase) work.attempts = 0;
    work.phase = phase;
    work.attempts += 1;
    work.due = io.now() + after;
  }

  function claim(shard: number, io: Io): void {
    const work = works[shard]!;
    // Asked again it is the same claim: the first answer may yet come.
    if (work.phase !== "claiming") {
      token += 1;
      work.token = token;
      work.asked = parts.map().claimed[shard]!;
    }
    enter(work, "claiming", ASK_AGAIN_AFTER, io);
    sendClaim(context.metadata(), shard, work.asked, work.token, io);
  }

  function claimed(slot: number, io: Io): void {
    const m = io.messages;
    const shard = m.shard[slot]!;
    const work = works[shard]!;
    if (work.phase !== "claiming" || work.token !== m.time[slot]) return;
    const { claimed: claims } = parts.map();
    parts.learn({ ...parts.map(), claimed: replaced(claims, shard, Math.max(claims[shard]!, m.epoch[slot]!)) });
    if (m.outcome[slot] !== 1) {
      works[shard] = idle();
      return;
    }
    work.epoch = m.epoch[slot]!;
    if (work.kind === "hand") return yieldRole(shard, io);
    if (work.kind === "finish") return gather(shard, io);
    promote(shard, io);
  }

  function yieldRole(shard: number, io: Io): void {
    const work = works[shard]!;
    enter(work, "yielding", ASK_AGAIN_AFTER, io);
    const slot = io.message();
    io.messages.shard[slot] = shard;
    io.messages.epoch[slot] = work.epoch;
    io.messages.who[slot] = work.candidate;
    io.messages.count[slot] = parts.cutover();
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(replica(shard, parts.map().owners[shard]!), Channel.Control, Message.Yield, slot);
  }

  /** Who of those that the map lets be promoted has most: somebody may have been promoted and never named. */
  function gather(shard: number, io: Io): void {
    const work = works[shard]!;
    enter(work, "gathering", GATHER, io);
    const { members } = parts.map();
    const asked = standing(shard).filter((server) => !context.waitsForMembers || (members[shard]! & bitOf(shard, server)) !== 0);
    work.best = undefined;
    work.awaited = new Set(asked);
    for (const server of asked) {
      io.send(replica(shard, server), Channel.Control, Message.AskPosition, letter(io, { shard }));
    }
  }

  function position(slot: number, io: Io): void {
    const m = io.messages;
    const shard = m.shard[slot]!;
    const work = works[shard]!;
    const server = m.who[slot]!;
    if (work.phase !== "gathering" || m.index[slot]! < 0 || !work.awaited.delete(server)) return;
    const told = { server, epoch: m.until[slot]!, index: m.index[slot]! };
    if (work.best === undefined || isMoreAdvanced(told, work.best, parts.map().replicas[shard]!)) work.best = told;
    if (work.awaited.size === 0) choose(shard, io);
  }

  function choose(shard: number, io: Io): void {
    const work = works[shard]!;
    if (work.best === undefined) return gather(shard, io);
    work.candidate = work.best.server as ServerId;
    promote(shard, io);
  }

  function promote(shard: number, io: Io): void {
    const work = works[shard]!;
    if (work.phase !== "promoting") io.fact({ kind: "chosen", shard, epoch: work.epoch, server: work.candidate, by: name });
    enter(work, "promoting", ASK_AGAIN_AFTER, io);
    const { members, standing: stand } = parts.map();
    // Who leaves counts until the map says that it has left; who joins, from now on.
    const joining = work.kind === "join" ? bitOf(shard, work.subject) : 0;
    // A dead one cannot be waited for, and cannot be promoted either.
    const leaving = work.kind === "leave" && !parts.isHeard(work.subject) ? bitOf(shard, work.subject) : 0;
    send(Message.Promote, shard, replica(shard, work.candidate), work, (members[shard]! | joining) & ~leaving, stand[shard]! | joining, io);
  }

  function send(kind: number, shard: number, to: Parameters<Io["send"]>[0], work: Work, members: number, stand: number, io: Io): void {
    const { epoch, candidate: owner } = work;
    sendRole(kind, to, { shard, epoch, owner, members, standing: stand, isPlanned: true }, io);
  }

  /** Masks as they are after the change. */
  function after(shard: number, work: Work): { readonly members: number; readonly stand: number } {
    const { members, standing: stand } = parts.map();
    const bit = bitOf(shard, work.subject);
    if (work.kind === "join") return { members: members[shard]! | bit, stand: stand[shard]! | bit };
    if (work.kind === "leave") return { members: members[shard]! & ~bit, stand: stand[shard]! & ~bit };
    return { members: members[shard]!, stand: stand[shard]! };
  }

  function commit(shard: number, io: Io): void {
    const work = works[shard]!;
    enter(work, "committing", ASK_AGAIN_AFTER, io);
    const { members, stand } = after(shard, work);
    send(Message.Commit, shard, context.metadata(), work, members, stand, io);
  }

  function committed(slot: number, io: Io): void {
    const m = io.messages;
    const shard = m.shard[slot]!;
    const work = works[shard]!;
    if (work.phase !== "committing" || work.epoch !== m.epoch[slot]) return;
    // Refused may be one that was granted before and asked again: the map tells.
    if (m.outcome[slot] !== 1) {
      works[shard] = idle();
      return;
    }
    finish(shard, work, io);
  }

  function finish(shard: number, work: Work, io: Io): void {
    const { members, stand } = after(shard, work);
    const map = parts.map();
    const former = map.owners[shard]!;
    parts.learn({
      ...map,
      owners: replaced(map.owners, shard, work.candidate),
      epochs: replaced(map.epochs, shard, work.epoch),
      members: replaced(map.members, shard, members),
      standing: replaced(map.standing, shard, stand),
      claimed: replaced(map.claimed, shard, Math.max(map.claimed[shard]!, work.epoch)),
    });
    works[shard] = idle();
    if (work.kind === "join") io.fact({ kind: "move", phase: "joined", shard, from: former, to: work.subject });
    if (work.candidate !== former) io.fact({ kind: "move", phase: "cutOver", shard, from: former, to: work.candidate });
    for (const server of standing(shard)) send(Message.Configure, shard, replica(shard, server), work, members, stand, io);
    io.fact({ kind: "notified", shard, epoch: work.epoch });
    parts.done(shard, io);
  }

  function again(shard: number, io: Io): void {
    const work = works[shard]!;
    const isTired = work.attempts >= ATTEMPTS_BOUND;
    switch (work.phase) {
      case "claiming":
        if (isTired) works[shard] = idle();
        else claim(shard, io);
        return;
      case "yielding":
        // Its epoch is claimed and nobody may be promoted without the primary's word: somebody who has all must go on.
        if (!isTired) return yieldRole(shard, io);
        work.kind = "finish";
        return gather(shard, io);
      case "gathering":
        return choose(shard, io);
      case "promoting":
        if (!isTired) return promote(shard, io);
        work.kind = "finish";
        return claim(shard, io);
      case "committing":
        return commit(shard, io);
      case "orphaned":
        work.kind = "finish";
        return claim(shard, io);
      default:
        return;
    }
  }

  return {
    start: (incarnation) => {
      token = incarnation * TOKENS;
    },
    join: (shard, server, io) => begin(shard, "join", server, io),
    hand: (shard, server, io) => begin(shard, "hand", server, io),
    leave: (shard, server, io) => begin(shard, "leave", server, io),
    tell: (shard, io) => {
      const { owners, epochs, members, standing: stand } = parts.map();
      const news = { ...idle(), candidate: owners[shard]! as ServerId, epoch: epochs[shard]! };
      for (const server of standing(shard))
        send(Message.Configure, shard, replica(shard, server), news, members[shard]!, stand[shard]!, io);
    },
    isBusy: (shard) => works[shard]!.phase !== "idle",
    isOrphaned: (shard) => parts.map().claimed[shard]! > parts.map().epochs[shard]!,
    adoptOrphan: (shard, io) => {
      works[shard] = { ...idle(), kind: "finish", subject: parts.map().owners[shard]! as ServerId };
      enter(works[shard], "orphaned", CLAIM_PATIENCE, io);
    },
    receive: (input, io) => {
      const m = io.messages;
      const { slot } = input;
      switch (input.message) {
        case Message.Claimed:
          return claimed(slot, io);
        case Message.Position:
          return position(slot, io);
        case Message.Yielded: {
          const work = works[m.shard[slot]!]!;
          if (work.phase === "yielding" && work.epoch === m.epoch[slot]) promote(m.shard[slot]!, io);
          return;
        }
        case Message.Promoted: {
          const work = works[m.shard[slot]!]!;
          if (work.phase === "promoting" && work.epoch === m.epoch[slot]) commit(m.shard[slot]!, io);
          return;
        }
        case Message.Committed:
          return committed(slot, io);
        default:
          return;
      }
    },
    overdue: (io) => {
      for (let shard = 0; shard < works.length; shard += 1)
        if (works[shard]!.phase !== "idle" && io.now() >= works[shard]!.due) again(shard, io);
    },
    superseded: (news, io) => {
      for (let shard = 0; shard < works.length; shard += 1) {
        const work = works[shard]!;
        if (work.phase === "idle") continue;
        if (work.phase === "orphaned" && news.epochs[shard]! >= parts.map().claimed[shard]!) works[shard] = idle();
        else if (work.phase === "committing" && news.epochs[shard] === work.epoch) finish(shard, work, io);
        else if (work.phase !== "claiming" && news.epochs[shard]! > work.epoch && work.epoch > 0) works[shard] = idle();
      }
    },
    merged: (map, news) => ({
      ...news,
      goal: map.goal.operations > news.goal.operations ? map.goal : news.goal,
      claimed: news.claimed.map((epoch, shard) => Math.max(epoch, map.claimed[shard]!)),
    }),
  };
}

function idle(): Work {
  return {
    phase: "idle",
    kind: "finish",
    subject: -1 as ServerId,
    candidate: -1 as ServerId,
    epoch: 0,
    token: 0,
    asked: 0,
    attempts: 0,
    due: 0,
    awaited: new Set(),
    best: undefined,
  };
}
