/**
 * A standby: it appends, syncs and applies what its primary ships, takes back what an older epoch left, asks for what it
 * lacks, and refuses what comes from an older epoch than its own (where replicas check).
 */
import type { MachineId } from "../../../base/ids.ts";
import { Channel, type Io, type Snapshot } from "../../../base/machine.ts";
import { AppendOutcome, BYTES, Message } from "../messages.ts";
import { Timer, Token, type Replica } from "./replica.ts";
import { ENTRIES_BOUND, RESEND_AFTER } from "./shipping.ts";

export interface Following {
  readonly append: (slot: number, from: MachineId, io: Io) => void;
  /** What was appended is on the device: the primary hears of it. */
  readonly report: (io: Io) => void;
  /** The copy that was being made here is complete: from now on this is a replica that catches up. */
  readonly install: (slot: number, from: MachineId, io: Io) => void;
  /** Asks the primary for what is missing here, until it answers. */
  readonly follow: (io: Io) => void;
}

export interface FollowingParts {
  readonly stepDown: (io: Io, reason: string) => void;
  readonly settle: (io: Io) => void;
  readonly adopt: (epoch: number, owner: number, members: number, standing: number, io: Io) => void;
}

export function createFollowing(replica: Replica, { stepDown, settle, adopt }: FollowingParts): Following {
  const { context, shard, server, now } = replica;
  /** Newest stale epoch that was refused: each is stated once. */
  let fencedLast = 0;
  let rewound = 0;
  let fetchedFrom = 0;

  function append(slot: number, from: MachineId, io: Io): void {
    if (!io.log.exists()) return;
    const m = io.messages;
    const theirs = m.epoch[slot]!;
    if (theirs < now.epoch) {
      if (!context.checksEpoch) return;
      if (fencedLast < theirs) io.fact({ kind: "fenced", shard, epoch: now.epoch, server, stale: theirs });
      fencedLast = Math.max(fencedLast, theirs);
      return reportTo(from, AppendOutcome.Fenced, io.log.synced(), io);
    }
    const sender = replica.peerOf(from);
    if (sender === undefined) return;
    // Unfenced, an acting primary takes no notice of another: only its configuration makes it a standby.
    if (replica.accepting && !context.checksEpoch) return;
    if (context.assignsRoles && now.owner !== sender.server) return;
    if (theirs > now.epoch || now.owner !== sender.server) {
      if (theirs === now.epoch && now.owner >= 0 && now.owner !== sender.server) return;
      stepDown(io, "a newer primary shipped");
      settle(io);
      adopt(theirs, sender.server, now.members, 0, io);
      replica.following = true;
      fetchedFrom = io.log.written();
    }
    const before = m.index[slot]!;
    const aligning = m.count[slot] === 1;
    const count = m.key[slot]!;
    if (before > io.log.written() || (m.until[slot]! >= 0 && before > io.log.base() && io.log.epochAt(before) !== m.until[slot])) {
      // The conflict's hint: the last entry here that could still be shared (Raft, end of section 5.3).
      let hint = Math.min(before, io.log.written());
      while (hint > io.log.base() && m.until[slot]! >= 0 && io.log.epochAt(hint) > m.until[slot]!) hint -= 1;
      if (hint === before) hint -= 1;
      return reportTo(from, AppendOutcome.Behind, hint, io);
    }
    if (aligning) fetchedFrom = Math.min(io.log.written(), before);
    for (let i = 0; i < count; i += 1) {
      const index = before + 1 + i;
      if (index <= io.log.base()) continue;
      if (index <= io.log.written()) {
        // One epoch has one primary: an entry of the same index and epoch is the same entry.
        if (io.log.epochAt(index) === io.attachedEpoch(slot, i)) continue;
        takeBack(index - 1, io);
      }
      io.appendAttached(slot, i);
    }
    // Beyond the end of its primary's log, what an older epoch left here is forked.
    const end = m.time[slot]!;
    if (aligning && io.log.written() > end && io.log.epochAt(io.log.written()) < theirs) takeBack(end, io);
    replica.matched = Math.max(replica.matched, before + count);
    replica.last = io.log.written();
    replica.unlinkedAt = -1;
    io.log.apply(io.log.written());
    replica.commit = io.log.applied();
    io.cancelTimer(Timer.Follow);
    if (replica.following && count < ENTRIES_BOUND) {
      replica.following = false;
      io.fact({ kind: "rejoined", shard, server, epoch: now.epoch, rewound, fetched: io.log.written() - fetchedFrom });
      rewound = 0;
    }
    io.sync(Token.Entries);
  }

  function takeBack(index: number, io: Io): void {
    rewound += io.log.written() - index;
    io.log.truncate(index);
  }

  function report(io: Io): void {
    const primary = replica.primaryPeer();
    // A flush of what an older primary sent may end under a newer one.
    if (primary !== undefined) reportTo(primary.machine, AppendOutcome.Synced, Math.min(io.log.synced(), replica.agreed(io)), io);
  }

  function reportTo(to: MachineId, outcome: number, at: number, io: Io): void {
    const m = io.messages;
    const slot = io.message();
    m.shard[slot] = shard;
    m.epoch[slot] = now.epoch;
    m.outcome[slot] = outcome;
    m.index[slot] = at;
    m.until[slot] = io.log.epochAt(at);
    m.bytes[slot] = BYTES.envelope;
    io.send(to, Channel.Data, Message.Appended, slot);
  }

  function install(slot: number, from: MachineId, io: Io): void {
    const m = io.messages;
    const sender = replica.peerOf(from);
    if (sender === undefined || m.epoch[slot]! < now.epoch || (io.log.exists() && (now.standing & replica.ownBit()) !== 0)) return;
    if (!io.log.install(m.payload[slot] as Snapshot)) return;
    settle(io);
    adopt(m.epoch[slot]!, sender.server, now.members, 0, io);
    replica.commit = io.log.applied();
    io.fact({ kind: "move", phase: "copied", shard, from: sender.server, to: server });
    follow(io);
  }

  function follow(io: Io): void {
    const primary = replica.primaryPeer();
    if (primary === undefined || replica.isPrimary() || !io.log.exists()) return;
    replica.following = true;
    const m = io.messages;
    const slot = io.message();
    m.shard[slot] = shard;
    m.epoch[slot] = now.epoch;
    m.index[slot] = io.log.written();
    m.until[slot] = io.log.epochAt(io.log.written());
    m.bytes[slot] = BYTES.envelope;
    io.send(primary.machine, Channel.Data, Message.Follow, slot);
    io.setTimer(Timer.Follow, RESEND_AFTER);
  }

  return { append, report, install, follow };
}
