/** Taking over with a key in hand: the key itself, the shard's next epoch, the own database's promotion, the map. */
import { Channel, type Io } from "../../../../base/machine.ts";
import { replaced } from "../procedure.ts";
import { Message } from "../../messages.ts";
import { letter, sendClaim, sendRole } from "../../letters.ts";
import { isHolding, type Notes, type ShardNotes } from "./notes.ts";

export interface Taking {
  /** Tries to take the key, as it was last seen. `isOwn`: it is this server's, of an earlier session or a database that leads already. */
  readonly lock: (of: ShardNotes, isOwn: boolean, io: Io) => void;
  /** The key is this agent's: its database is to be primary, or to be again. */
  readonly lead: (of: ShardNotes, isRestart: boolean, io: Io) => void;
  readonly wasSet: (of: ShardNotes, slot: number, io: Io) => void;
  readonly claimed: (of: ShardNotes, slot: number, io: Io) => void;
  readonly promoted: (of: ShardNotes, slot: number, io: Io) => void;
  readonly committed: (of: ShardNotes, slot: number, io: Io) => void;
  /** What has not been answered is asked again. */
  readonly again: (of: ShardNotes, io: Io) => void;
}

/** `isLeading`: does the own database lead already, as one that had never stopped? */
export function createTaking(notes: Notes, isLeading: (of: ShardNotes, io: Io) => boolean): Taking {
  const { context, server } = notes;

  function ask(of: ShardNotes, io: Io): void {
    const { shard, token, epoch } = of;
    const toService = (kind: number, slot: number): void => io.send(context.metadata(), Channel.Control, kind, slot);
    switch (of.phase) {
      case "locking":
        return toService(
          Message.CompareAndSet,
          letter(io, { key: shard, version: of.key.revision, who: server, count: notes.session, time: token }),
        );
      case "claiming":
        return sendClaim(context.metadata(), shard, of.asked, token, io);
      case "promoting": {
        const { members, standing } = notes.map;
        const role = { shard, epoch, owner: server, members: members[shard]!, standing: standing[shard]!, isPlanned: of.isRestart };
        return sendRole(Message.Promote, of.replica, role, io);
      }
      case "committing":
        return toService(Message.Commit, letter(io, { shard, epoch, who: server, key: notes.map.members[shard]!, time: token }));
      default:
        return;
    }
  }

  function enter(of: ShardNotes, phase: ShardNotes["phase"], io: Io): void {
    of.phase = phase;
    of.token = notes.nextToken();
    ask(of, io);
  }

  /** With the key gone the rest is another's. */
  function isStill(of: ShardNotes, phase: ShardNotes["phase"], io: Io): boolean {
    if (of.phase !== phase) return false;
    if (!isHolding(phase) || notes.holds(of, io)) return true;
    of.phase = "following";
    return false;
  }

  function lead(of: ShardNotes, isRestart: boolean, io: Io): void {
    of.isRestart = isRestart;
    of.asked = notes.map.claimed[of.shard]!;
    enter(of, "claiming", io);
  }

  return {
    lock: (of, isOwn, io) => {
      of.isRestart = isOwn;
      enter(of, "locking", io);
    },
    lead,
    wasSet: (of, slot, io) => {
      const m = io.messages;
      if (of.phase !== "locking" || m.time[slot] !== of.token) return;
      of.key = { revision: m.version[slot]!, who: m.who[slot]!, until: m.until[slot]!, session: m.count[slot]! };
      of.phase = "following";
      of.wasLed = true;
      if (m.outcome[slot] !== 1 || !notes.holds(of, io)) return;
      if (isLeading(of, io)) of.phase = "leading";
      else lead(of, of.isRestart, io);
    },
    claimed: (of, slot, io) => {
      const m = io.messages;
      if (m.time[slot] !== of.token || !isStill(of, "claiming", io)) return;
      const { shard } = of;
      notes.map = { ...notes.map, claimed: replaced(notes.map.claimed, shard, m.epoch[slot]!) };
      // Somebody claimed it who had the key before: on from there.
      if (m.outcome[slot] !== 1) return lead(of, of.isRestart, io);
      of.epoch = m.epoch[slot]!;
      io.fact({ kind: "chosen", shard, epoch: of.epoch, server, by: notes.name });
      enter(of, "promoting", io);
    },
    promoted: (of, slot, io) => {
      if (io.messages.epoch[slot] === of.epoch && isStill(of, "promoting", io)) enter(of, "committing", io);
    },
    committed: (of, slot, io) => {
      if (io.messages.epoch[slot] !== of.epoch || !isStill(of, "committing", io)) return;
      of.phase = "leading";
      io.fact({ kind: "notified", shard: of.shard, epoch: of.epoch });
    },
    again: (of, io) => {
      if (isHolding(of.phase) && !notes.holds(of, io)) return;
      ask(of, io);
    },
  };
}
