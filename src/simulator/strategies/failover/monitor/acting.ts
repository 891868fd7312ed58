/** What is done once an epoch is claimed: the old primary is fenced, the successor promoted, the map updated, all are told. */
import type { MachineId, ServerId, ShardId } from "../../../../base/ids.ts";
import { Channel, type Io } from "../../../../base/machine.ts";
import type { Duration } from "../../../../base/time.ts";
import { letter, sendRole } from "../../letters.ts";
import { Message } from "../../messages.ts";
import { replaced } from "../procedure.ts";
import { ASK_AGAIN_AFTER, MIN_STEP } from "./deciding.ts";
import type { Leasing } from "./leasing.ts";
import type { Notes } from "./notes.ts";
import type { Shooting } from "./shooting.ts";
import type { Telling } from "./telling.ts";

export interface Acting {
  /** The epoch is claimed. */
  readonly begin: (shard: number, io: Io) => void;
  /** A replica has adopted the new configuration. */
  readonly configured: (shard: number, server: number, io: Io) => void;
  /** The successor accepts writes. */
  readonly promoted: (shard: number, epoch: number, io: Io) => void;
  /** The candidate is at it, and needs its time. */
  readonly preparing: (shard: number, epoch: number) => void;
  readonly committed: (slot: number, io: Io) => void;
  /** A monitor denies leases of the old epoch. */
  readonly denied: (slot: number, from: MachineId, io: Io) => void;
  /** A server that was shot at is dead, or cannot be shot. */
  readonly ended: (server: number, io: Io) => void;
  /** A server was heard again. */
  readonly heard: (server: number, io: Io) => void;
  /** A step of acting took too long. */
  readonly overdue: (shard: number, io: Io) => void;
}

export interface ActingParts {
  readonly leasing: Leasing;
  /** Undefined where nobody shoots. */
  readonly shooting: () => Shooting | undefined;
  /** All is done: does the shard need anything else? */
  readonly done: (shard: number, io: Io) => void;
  /** The candidate does not answer: choose again. */
  readonly again: (shard: number, io: Io) => void;
}

/** Promotion orders sent before the procedure starts over with another candidate. */
const PROMOTIONS_BOUND = 3;

export function createActing(notes: Notes, telling: Telling, parts: ActingParts): Acting {
  const { context, options, suspected, procedures, standing, shardTimer } = notes;
  const { leasing } = parts;
  /** Shards for which nothing is waited for but the end of leases. */
  const isOutlasting = new Uint8Array(context.shards);

  /** What the old primary can still do is ended first, by all that the fencing has: shots, leases, the new epoch. */
  function stop(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    const owner = notes.map.owners[shard]!;
    const { lease, stonith } = context.fencing;
    const shooting = parts.shooting();
    if (stonith !== undefined && shooting !== undefined && !shooting.isDead(owner) && !shooting.isHopeless(owner)) {
      shooting.shoot(owner, io);
      if (stonith.wait) {
        procedure.phase = "shooting";
        return io.cancelTimer(shardTimer(shard));
      }
    }
    if (lease !== undefined && procedure.phase !== "leased") {
      procedure.phase = "leased";
      leasing.collect(shard, io);
      // A single monitor is a majority.
      if (context.controllers("monitor").length === 1) return outlast(shard, io);
      return io.setTimer(shardTimer(shard), ASK_AGAIN_AFTER);
    }
    if (context.checksEpoch) return fence(shard, io);
    promote(shard, io);
  }

  /** A majority denies the old epoch: what it has granted before must run out. */
  function outlast(shard: number, io: Io): void {
    isOutlasting[shard] = 1;
    io.setTimer(shardTimer(shard), Math.max(MIN_STEP, leasing.remaining(shard, io)) as Duration);
  }

  /** Fence first: a promoted standby beside an unfenced primary is a split brain. */
  function fence(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    procedure.phase = "fencing";
    procedure.awaited = new Set(standing(shard).filter((server) => server !== procedure.candidate && suspected[server] === 0));
    tellOthers(shard, io);
    if (procedure.awaited.size === 0) return promote(shard, io);
    io.setTimer(shardTimer(shard), options.gather > 0 ? options.gather : MIN_STEP);
  }

  function tellOthers(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    for (const server of standing(shard)) if (server !== procedure.candidate) telling.news(shard, server, procedure, io);
  }

  function promote(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    procedure.phase = "promoting";
    procedure.attempts += 1;
    const { epoch, candidate: owner, members, planned: isPlanned } = procedure;
    const role = { shard, epoch, owner, members, standing: notes.map.standing[shard]!, isPlanned };
    sendRole(Message.Promote, context.replicaMachine(shard as ShardId, owner as ServerId), role, io);
    io.setTimer(shardTimer(shard), ASK_AGAIN_AFTER);
  }

  function commit(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    procedure.phase = "committing";
    const { epoch, candidate: who, members: key } = procedure;
    io.send(context.metadata(), Channel.Control, Message.Commit, letter(io, { shard, epoch, who, key }));
    io.setTimer(shardTimer(shard), ASK_AGAIN_AFTER);
  }

  return {
    begin: (shard, io) => {
      const procedure = procedures[shard]!;
      procedure.isTakeover = procedure.candidate !== notes.map.owners[shard]!;
      if (procedure.isTakeover) return stop(shard, io);
      promote(shard, io);
    },
    denied: (slot, from, io) => {
      const shard = io.messages.shard[slot]!;
      if (procedures[shard]!.phase === "leased" && leasing.denied(slot, from, io)) outlast(shard, io);
    },
    ended: (server, io) => {
      for (let shard = 0; shard < context.shards; shard += 1)
        if (procedures[shard]!.phase === "shooting" && notes.map.owners[shard] === server) stop(shard, io);
    },
    heard: (server, io) => {
      // Its epoch is claimed, and it has been neither shot nor replaced: it goes on, under the new epoch.
      for (let shard = 0; shard < context.shards; shard += 1) {
        const procedure = procedures[shard]!;
        if (procedure.phase !== "shooting" || notes.map.owners[shard] !== server) continue;
        procedure.candidate = server;
        procedure.isTakeover = false;
        procedure.members = notes.map.members[shard]!;
        promote(shard, io);
      }
    },
    configured: (shard, server, io) => {
      const procedure = procedures[shard]!;
      if (procedure.phase === "fencing" && procedure.awaited.delete(server) && procedure.awaited.size === 0) promote(shard, io);
    },
    promoted: (shard, epoch, io) => {
      const procedure = procedures[shard]!;
      if (procedure.phase === "promoting" && procedure.epoch === epoch) commit(shard, io);
    },
    preparing: (shard, epoch) => {
      const procedure = procedures[shard]!;
      if (procedure.phase === "promoting" && procedure.epoch === epoch) procedure.attempts = 0;
    },
    committed: (slot, io) => {
      const m = io.messages;
      const shard = m.shard[slot]!;
      const procedure = procedures[shard]!;
      if (procedure.phase !== "committing" || procedure.epoch !== m.epoch[slot]) return;
      tellOthers(shard, io);
      io.fact({ kind: "notified", shard, epoch: procedure.epoch });
      const { owners, epochs, members, claimed: claims } = notes.map;
      if (procedure.isTakeover) {
        notes.recoveredAt[shard] = io.now();
        if (options.block !== undefined) telling.recovered(shard, procedure.candidate, io);
      }
      notes.map = {
        ...notes.map,
        owners: replaced(owners, shard, procedure.candidate),
        epochs: replaced(epochs, shard, procedure.epoch),
        members: replaced(members, shard, procedure.members),
        claimed: replaced(claims, shard, Math.max(claims[shard]!, procedure.epoch)),
      };
      notes.reset(shard, io);
      parts.done(shard, io);
    },
    overdue: (shard, io) => {
      const procedure = procedures[shard]!;
      switch (procedure.phase) {
        case "leased":
          if (isOutlasting[shard] === 1) {
            isOutlasting[shard] = 0;
            return stop(shard, io);
          }
          leasing.collect(shard, io);
          return io.setTimer(shardTimer(shard), ASK_AGAIN_AFTER);
        case "fencing":
          return promote(shard, io);
        case "promoting":
          if (procedure.attempts < PROMOTIONS_BOUND) return promote(shard, io);
          notes.map = { ...notes.map, claimed: replaced(notes.map.claimed, shard, procedure.epoch) };
          procedure.attempts = 0;
          return parts.again(shard, io);
        case "committing":
          return commit(shard, io);
        default:
          return;
      }
    },
  };
}
