/**
 * A standby: it appends, syncs and applies what its primary ships, takes back what an older epoch left, asks for what it
 * lacks, and refuses what comes from an older epoch than its own (where replicas check).
 */
import type { MachineId, ServerId } from "../../../base/ids.ts";
import { Channel, Outcome, TransferChange, type Input, type Io, type Snapshot } from "../../../base/machine.ts";
import { AppendOutcome, BYTES, Message } from "../messages.ts";
import { answer } from "./answer.ts";
import type { Applier } from "./applier.ts";
import { Timer, Token, type Line, type Replica } from "./replica.ts";
import { ENTRIES_BOUND, RESEND_AFTER } from "./shipping.ts";

export interface Following {
  readonly append: (slot: number, from: MachineId, io: Io) => void;
  /** What was appended is on the device: the primary hears of it. */
  readonly report: (io: Io) => void;
  readonly reportUp: (io: Io) => void;
  /** Everything up to here is acknowledged, says a chain's tail. */
  readonly acknowledgedUpTo: (index: number, io: Io) => void;
  /** The copy that was being made here is complete: from now on this is a replica that catches up. */
  readonly install: (slot: number, from: MachineId, io: Io) => void;
  /** Asks the primary for what is missing here, until it answers. */
  readonly follow: (io: Io) => void;
  /** A transfer to this standby got on. */
  readonly transferred: (input: Input, io: Io) => void;
}

/** A chain's entries say which client and which of its attempts they answer: client x this + attempt. */
export const ATTEMPTS = 4096;

export interface FollowingParts {
  readonly stepDown: (io: Io, reason: string) => void;
  readonly settle: (io: Io) => void;
  readonly adopt: (epoch: number, owner: number, members: number, standing: number, io: Io) => void;
  readonly applier: Applier | undefined;
  /** Tells those that this replica feeds where its log ends under a new epoch. */
  readonly align: (io: Io) => void;
}

/** Under which epoch, down to which entry, by whose help. */
interface Rewinding {
  readonly epoch: number;
  readonly fork: number;
  readonly from: MachineId;
}

export function createFollowing(replica: Replica, { stepDown, settle, adopt, applier, align }: FollowingParts): Following {
  const { context, server, now, line } = replica;
  const { shard } = context;
  /** Newest stale epoch that was refused: each is stated once. */
  let fencedLast = 0;
  const ackWhen = replica.policy.semi?.ackWhen ?? "synced";
  let rewound = 0;
  let fetchedFrom = 0;
  let rewinding: Rewinding | undefined;
  /** Of a chain's member: the one before it has yet to hear where this replica stands. */
  let owesReport = false;
  /** Those after it have yet to hear the order. */
  let owesOrder = false;

  /** The last entry that this log shares with the sender's, if what comes after it is to be taken back; -1 if nothing is. */
  function forkIn(slot: number, io: Io): number {
    const m = io.messages;
    const before = m.index[slot]!;
    const last = Math.min(before + m.key[slot]!, io.log.written());
    // One epoch has one primary: an entry of the same index and epoch is the same entry.
    for (let index = Math.max(before, io.log.base()) + 1; index <= last; index += 1)
      if (io.log.epochAt(index) !== io.attachedEpoch(slot, index - before - 1)) return index - 1;
    // Beyond the end of its primary's log, what an older epoch left here is forked.
    const end = m.time[slot]!;
    const isForked = m.count[slot] === 1 && io.log.written() > end && io.log.epochAt(io.log.written()) < m.epoch[slot]!;
    return isForked ? end : -1;
  }

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
    // In a line the sender need not be the primary, and says who is.
    const owner = m.who[slot]! < 0 ? sender.server : m.who[slot]!;
    if (context.assignsRoles && now.owner !== owner) return;
    if (theirs > now.epoch || now.owner !== owner) {
      if (theirs === now.epoch && now.owner >= 0 && now.owner !== owner) return;
      stepDown(io, "a newer primary shipped");
      settle(io);
      adopt(theirs, owner, now.members, 0, io);
      replica.following = true;
      fetchedFrom = io.log.written();
    }
    replica.fedBy = from;
    if (line?.kind === "chain") learnOrder(slot, line, io);
    if (rewinding?.epoch === theirs) return;
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
    const fork = forkIn(slot, io);
    if (fork >= 0) {
      if (replica.policy.resync !== undefined) return rewind(fork, from, io);
      takeBack(fork, io);
    }
    if (aligning) fetchedFrom = Math.min(io.log.written(), before);
    for (let i = io.log.written() - before; i < count; i += 1) io.appendAttached(slot, i);
    replica.matched = Math.max(replica.matched, before + count);
    if (aligning) replica.end = Math.min(replica.end, m.time[slot]!);
    if (owesOrder) {
      owesOrder = false;
      align(io);
    }
    replica.last = io.log.written();
    replica.unlinkedAt = -1;
    // A member of a chain applies what is acknowledged, which it hears from the tail's side.
    if (isMember()) owesReport ||= aligning;
    else if (applier === undefined) {
      io.log.apply(io.log.written());
      replica.commit = io.log.applied();
    } else applier.look(io);
    io.cancelTimer(Timer.Follow);
    if (replica.following && count < ENTRIES_BOUND) {
      replica.following = false;
      replica.caughtUp = io.log.written();
      io.fact({ kind: "rejoined", shard, server, epoch: now.epoch, rewound, fetched: io.log.written() - fetchedFrom });
      rewound = 0;
    }
    io.sync(Token.Entries);
    if (ackWhen === "received") report(io);
  }

  const isMember = (): boolean => line?.kind === "chain" && (now.members & replica.ownBit()) !== 0;

  /** The order of this epoch, from the head: whoever comes after this replica is to hear it too. */
  function learnOrder(slot: number, chain: Line, io: Io): void {
    const m = io.messages;
    const wasIn = isMember();
    const order = m.payload[slot] as readonly ServerId[] | undefined;
    if (order === undefined || !chain.learn(order)) return;
    now.members = context.replicasOf(shard).reduce((mask, one, ordinal) => (order.includes(one) ? mask | (1 << ordinal) : mask), 0);
    // One that joins has applied all that it was given, which may be more than is acknowledged.
    if (!wasIn && isMember()) replica.commit = Math.min(replica.commit, m.version[slot]!);
    replica.gather();
    owesOrder = true;
  }

  /** A diverged tail is not just cut off: what it had changed comes from the primary first. */
  function rewind(fork: number, from: MachineId, io: Io): void {
    rewinding = { epoch: now.epoch, fork, from };
    askRewind(rewinding, io);
  }

  function askRewind({ fork, from }: Rewinding, io: Io): void {
    const m = io.messages;
    const slot = io.message();
    m.shard[slot] = shard;
    m.epoch[slot] = now.epoch;
    m.index[slot] = fork;
    m.count[slot] = io.log.written() - fork;
    m.bytes[slot] = BYTES.envelope;
    io.send(from, Channel.Data, Message.Rewind, slot);
    io.setTimer(Timer.Follow, RESEND_AFTER);
  }

  function transferred(input: Input, io: Io): void {
    if (rewinding === undefined || input.from !== rewinding.from || input.change === TransferChange.Progress) return;
    const { epoch, fork } = rewinding;
    rewinding = undefined;
    if (epoch !== now.epoch || replica.isPrimary() || !io.log.exists()) return;
    if (input.change === TransferChange.Done && fork >= io.log.base() && fork < io.log.written()) takeBack(fork, io);
    follow(io);
  }

  function takeBack(index: number, io: Io): void {
    rewound += io.log.written() - index;
    io.log.truncate(index);
  }

  /** Up to where this standby's word counts for a write. */
  function counted(io: Io): number {
    const done =
      ackWhen === "received" ? io.log.written() : ackWhen === "synced" ? io.log.synced() : Math.min(io.log.synced(), io.log.applied());
    return Math.min(done, replica.agreed(io));
  }

  function report(io: Io): void {
    if (isMember()) return reportUp(io);
    const feeder = replica.feeder();
    // A flush of what an older primary sent may end under a newer one.
    if (feeder !== undefined) reportTo(feeder.machine, AppendOutcome.Synced, Math.min(io.log.synced(), replica.agreed(io)), io);
  }

  /** A member of a chain says what all from here on hold: the tail as soon as it is synced, another as it hears of it. */
  function reportUp(io: Io): void {
    const held = heldFromHere(io);
    if (held <= replica.commit && !owesReport) return;
    while (replica.commit < held) {
      replica.commit += 1;
      io.log.apply(Math.max(io.log.applied(), replica.commit));
      if (line!.isTail()) acknowledge(replica.commit, io);
    }
    owesReport = false;
    const feeder = replica.feeder();
    if (feeder !== undefined) reportTo(feeder.machine, AppendOutcome.Synced, held, io);
  }

  function heldFromHere(io: Io): number {
    if (!line!.isIn()) return io.log.base();
    let held = Math.min(io.log.synced(), replica.agreed(io));
    for (const peer of replica.peers()) held = Math.min(held, peer.aligned ? peer.synced : io.log.base());
    return held;
  }

  /** The tail answers the client whose write this is: the head wrote down who that is. */
  function acknowledge(index: number, io: Io): void {
    const operation = io.log.operationAt(index);
    const note = io.log.noteAt(index);
    if (operation === 0 || note === 0) return;
    answer(replica, Math.floor(note / ATTEMPTS) as MachineId, operation, note % ATTEMPTS, Outcome.Done, 0, index, io);
  }

  function reportTo(to: MachineId, outcome: number, at: number, io: Io): void {
    const m = io.messages;
    const slot = io.message();
    m.shard[slot] = shard;
    m.epoch[slot] = now.epoch;
    m.outcome[slot] = outcome;
    m.index[slot] = at;
    m.time[slot] = outcome === AppendOutcome.Synced ? counted(io) : 0;
    m.until[slot] = io.log.epochAt(at);
    m.bytes[slot] = BYTES.envelope;
    io.send(to, Channel.Data, Message.Appended, slot);
  }

  function install(slot: number, from: MachineId, io: Io): void {
    const m = io.messages;
    const sender = replica.peerOf(from);
    const replaces = m.count[slot] === 1;
    const holds = io.log.exists() && (now.standing & replica.ownBit()) !== 0;
    if (sender === undefined || m.epoch[slot]! < now.epoch || replica.accepting || (holds && !replaces)) return;
    const snapshot = m.payload[slot] as Snapshot;
    // What is known to be the primary's and was reported so is never given up for an older state.
    if (holds && snapshot.index < replica.agreed(io)) return;
    if (!io.log.install(snapshot)) return;
    settle(io);
    adopt(m.epoch[slot]!, m.who[slot]! < 0 ? sender.server : m.who[slot]!, now.members, 0, io);
    replica.commit = io.log.applied();
    rewinding = undefined;
    if (!holds) io.fact({ kind: "move", phase: "copied", shard, from: sender.server, to: server });
    follow(io);
  }

  function follow(io: Io): void {
    if (rewinding?.epoch === now.epoch && !replica.isPrimary() && io.log.exists()) return askRewind(rewinding, io);
    rewinding = undefined;
    const primary = replica.feeder();
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

  return {
    append,
    report,
    reportUp,
    acknowledgedUpTo: (index, io) => {
      const known = Math.min(index, replica.agreed(io), io.log.written());
      if (replica.isPrimary() || known <= replica.commit) return;
      replica.commit = known;
      io.log.apply(Math.max(io.log.applied(), known));
    },
    install,
    follow,
    transferred,
  };
}
