/**
 * What a shard needs, and who is to take over: candidates tell how far they are, the most advanced is chosen, and the
 * next epoch is claimed. The claim, a compare-and-set in the metadata service, lets one monitor through.
 */
import type { ServerId, ShardId } from "../../../../base/ids.ts";
import { Channel, type Io } from "../../../../base/machine.ts";
import { milliseconds, seconds, type Duration } from "../../../../base/time.ts";
import { letter, sendClaim } from "../../letters.ts";
import { Message } from "../../messages.ts";
import { replaced } from "../procedure.ts";
import { createChoosing } from "./choosing.ts";
import { CONFIRM_MARGIN, createConfirming } from "./confirming.ts";
import type { Lagging } from "./lagging.ts";
import type { Notes } from "./notes.ts";

export interface Deciding {
  /** The monitor starts: claims of an earlier incarnation are not this one's. */
  readonly start: (incarnation: number) => void;
  /** Starts what the shard needs, if anything and if nothing is going on. */
  readonly examine: (shard: number, io: Io) => void;
  readonly examineAll: (io: Io) => void;
  readonly decide: (shard: number, io: Io) => void;
  /** A standby tells how far it is. */
  readonly position: (slot: number, io: Io) => void;
  /** A server says whether it reaches the one that is suspected. */
  readonly reach: (slot: number, io: Io) => void;
  readonly claimed: (slot: number, io: Io) => void;
  /** A primary says that a standby has caught up that is no member. */
  readonly caughtUp: (shard: number, server: number, epoch: number, io: Io) => void;
  /** A step of deciding took too long; false if it is none of these. */
  readonly overdue: (shard: number, io: Io) => boolean;
}

export interface DecidingParts {
  readonly lagging: Lagging;
  /** The epoch is this monitor's: the successor is to be made. */
  readonly act: (shard: number, io: Io) => void;
}

/** A step unanswered for so long is tried again. */
export const ASK_AGAIN_AFTER = seconds(1);
/** Somebody else's claim that came to nothing is overridden after this. */
export const CLAIM_PATIENCE = seconds(10);
/** Claims that one incarnation makes at most: what tells its tokens from another's. */
const TOKENS = 1_000_000_000;
export const MIN_STEP = milliseconds(1);

export function createDeciding(notes: Notes, { act, lagging }: DecidingParts): Deciding {
  const { context, name, options, suspected, procedures, replicas, standing, bit, shardTimer, isActionable } = notes;
  /** Shards of which it was said already that nobody can take over. */
  const hasSaid = new Uint8Array(context.shards);
  const choosing = createChoosing(notes);
  const confirming = createConfirming(notes);
  let token = 0;

  function examine(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    if (procedure.phase !== "idle") return;
    const owner = notes.map.owners[shard]!;
    if (notes.isBusy(shard)) return;
    if (isActionable(owner)) {
      const blocked = blockedFor(shard, io);
      if (blocked === 0) return begin(shard, owner, false, io);
      io.fact({ kind: "note", topic: "recovery blocked", text: `shard ${shard}: there was a failover not long ago` });
      return wait(shard, owner, blocked, io);
    }
    // A claim that nobody works on any more holds the shard up: whoever sees one finishes it, if nobody else does soon.
    if (notes.map.claimed[shard]! > notes.map.epochs[shard]!) {
      procedure.phase = "patience";
      return io.setTimer(shardTimer(shard), CLAIM_PATIENCE);
    }
    if (!context.waitsForMembers) return;
    const dead = standing(shard).find((server) => server !== owner && notes.isMember(shard, server) && isActionable(server));
    if (dead !== undefined) begin(shard, dead, false, io);
  }

  function begin(shard: number, subject: number, planned: boolean, io: Io): void {
    const procedure = procedures[shard]!;
    procedure.subject = subject;
    procedure.planned = planned;
    procedure.attempts = 0;
    if (!planned && options.confirm !== undefined && subject === notes.map.owners[shard]) {
      procedure.phase = "confirming";
      io.setTimer(shardTimer(shard), (options.confirm.within + CONFIRM_MARGIN) as Duration);
      confirming.ask(shard, io);
      return procedure.awaited.size === 0 ? wait(shard, subject, options.heartbeat, io) : undefined;
    }
    proceed(shard, io);
  }

  /** A failover was not long ago: the next waits, or a primary that comes and goes would go round and round. */
  function blockedFor(shard: number, io: Io): number {
    const { block } = options;
    if (block === undefined) return 0;
    const last = block.per === "shard" ? notes.recoveredAt[shard]! : notes.recoveredAt.reduce((a, b) => Math.max(a, b), -Infinity);
    return Math.max(0, last + block.length - io.now());
  }

  /** Nothing is done about it for so long; then it is looked at again. */
  function wait(shard: number, subject: number, after: number, io: Io): void {
    const procedure = procedures[shard]!;
    procedure.phase = "waiting";
    procedure.subject = subject;
    io.setTimer(shardTimer(shard), after as Duration);
  }

  function proceed(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    const { subject, planned } = procedure;
    if (!planned) io.fact({ kind: "actionable", server: subject, shard, by: name });
    if (!planned && options.operatorDelay > 0) {
      procedure.phase = "operator";
      return io.setTimer(shardTimer(shard), options.operatorDelay);
    }
    decide(shard, io);
  }

  function decide(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    const owner = notes.map.owners[shard]!;
    if (procedure.subject !== owner) {
      // The primary stays; only who must acknowledge changes. One that dies while it is taken back is waited for no longer.
      if (procedure.planned && suspected[procedure.subject] === 1) {
        procedure.planned = false;
        io.fact({ kind: "actionable", server: procedure.subject, shard, by: name });
      }
      const change = bit(shard, procedure.subject);
      procedure.candidate = owner;
      procedure.members = procedure.planned ? notes.map.members[shard]! | change : notes.map.members[shard]! & ~change;
      return claim(shard, io);
    }
    procedure.phase = "gathering";
    procedure.best = undefined;
    procedure.laggard = undefined;
    procedure.awaited = new Set(choosing.candidates(shard));
    io.setTimer(shardTimer(shard), options.gather > 0 ? options.gather : MIN_STEP);
    if (procedure.awaited.size === 0) sayNobody(shard, io);
    for (const server of procedure.awaited) {
      io.send(context.replicaMachine(shard as ShardId, server as ServerId), Channel.Control, Message.AskPosition, letter(io, { shard }));
    }
  }

  /** Standbys are there, and none of them may: said once a shard. */
  function sayNobody(shard: number, io: Io): void {
    if (hasSaid[shard] === 1 || !standing(shard).some((server) => suspected[server] === 0)) return;
    hasSaid[shard] = 1;
    const why = procedures[shard]!.laggard === undefined ? "no standby may take over" : "all standbys are too far behind";
    io.fact({ kind: "note", topic: "no successor", text: `shard ${shard}: ${why}` });
  }

  function choose(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    if (procedure.best === undefined && options.lag?.failOnLag === false) procedure.best = procedure.laggard;
    if (procedure.best === undefined) {
      // Nobody to promote now; ask again.
      sayNobody(shard, io);
      procedure.phase = "gathering";
      return io.setTimer(shardTimer(shard), options.heartbeat);
    }
    procedure.candidate = procedure.best.server;
    procedure.members = context.waitsForMembers
      ? replicas(shard).reduce(
          (mask, server) => (suspected[server] === 0 && notes.isMember(shard, server) ? mask | bit(shard, server) : mask),
          0,
        )
      : notes.map.members[shard]!;
    claim(shard, io);
  }

  function claim(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    // Asked again it is the same claim: the first answer may have been lost.
    if (procedure.phase !== "claiming") {
      token += 1;
      procedure.epoch = token;
      procedure.asked = notes.map.claimed[shard]!;
    }
    procedure.phase = "claiming";
    sendClaim(context.metadata(), shard, procedure.asked, procedure.epoch, io);
    io.setTimer(shardTimer(shard), ASK_AGAIN_AFTER);
  }

  function confirmed(shard: number, io: Io): void {
    if (confirming.isConfirmed(shard)) proceed(shard, io);
    else wait(shard, procedures[shard]!.subject, options.heartbeat, io);
  }

  return {
    start: (incarnation) => {
      token = incarnation * TOKENS;
    },
    examine,
    examineAll: (io) => {
      for (let shard = 0; shard < context.shards; shard += 1) examine(shard, io);
    },
    decide,
    reach: (slot, io) => {
      const m = io.messages;
      const shard = m.shard[slot]!;
      if (procedures[shard]!.phase !== "confirming") return;
      if (confirming.answered(shard, m.key[slot]!, m.who[slot]!, m.count[slot] === 1)) confirmed(shard, io);
    },
    position: (slot, io) => {
      const m = io.messages;
      const shard = m.shard[slot]!;
      const procedure = procedures[shard]!;
      const server = m.who[slot]!;
      if (server === notes.map.owners[shard] && m.index[slot]! >= 0) lagging.told(shard, m.index[slot]!, io);
      if (procedure.phase !== "gathering" || !procedure.awaited.delete(server)) return;
      const told = { server, epoch: m.until[slot]!, index: m.index[slot]! };
      const place = lagging.isBehind(shard, told.index) ? "laggard" : "best";
      const known = procedure[place];
      if (known === undefined || choosing.isBetter(shard, told, known)) procedure[place] = told;
      if (procedure.awaited.size === 0) choose(shard, io);
    },
    claimed: (slot, io) => {
      const m = io.messages;
      const shard = m.shard[slot]!;
      const procedure = procedures[shard]!;
      if (procedure.phase !== "claiming" || procedure.epoch !== m.time[slot]) return;
      if (m.outcome[slot] !== 1) {
        // Another monitor was first. If nothing comes of its claim, ours counts on from there.
        notes.map = { ...notes.map, claimed: replaced(notes.map.claimed, shard, m.epoch[slot]!) };
        procedure.phase = "patience";
        return io.setTimer(shardTimer(shard), CLAIM_PATIENCE);
      }
      procedure.epoch = m.epoch[slot]!;
      io.fact({ kind: "chosen", shard, epoch: procedure.epoch, server: procedure.candidate, by: name });
      act(shard, io);
    },
    caughtUp: (shard, server, epoch, io) => {
      if (notes.isMember(shard, server) || suspected[server] === 1) return;
      if (notes.map.epochs[shard] !== epoch || procedures[shard]!.phase !== "idle") return;
      // The others have not heard it yet and would drop it again at once; it is announced again.
      if (notes.isReported(server)) return;
      begin(shard, server, true, io);
    },
    overdue: (shard, io) => {
      const procedure = procedures[shard]!;
      switch (procedure.phase) {
        case "waiting":
          notes.reset(shard, io);
          examine(shard, io);
          return true;
        case "confirming":
          confirmed(shard, io);
          return true;
        case "operator":
          decide(shard, io);
          return true;
        case "gathering":
          if (procedure.best === undefined) decide(shard, io);
          else choose(shard, io);
          return true;
        case "claiming":
          claim(shard, io);
          return true;
        case "patience":
          notes.reset(shard, io);
          // A claim that nobody committed may have fenced the primary and promoted nobody: somebody must finish it.
          if (notes.map.claimed[shard]! > notes.map.epochs[shard]!) {
            procedures[shard]!.subject = notes.map.owners[shard]!;
            proceed(shard, io);
          } else examine(shard, io);
          return true;
        default:
          return false;
      }
    },
  };
}
