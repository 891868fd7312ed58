/**
 * One replica under a primary: the primary orders writes in its log and ships it; standbys append, sync and apply what
 * comes. What differs between asynchronous and synchronous replication is when the primary ships and when it
 * acknowledges (`AckPolicy`); what differs between fencing policies is whether an older epoch is refused.
 *
 * A write is appended, synced and, by policy, acknowledged; it is applied (and so readable) at its acknowledgement.
 * Epochs: a replica keeps the highest epoch it has adopted in a durable register. A primary that is told of a newer one
 * steps down and breaks off what it has not acknowledged. A standby's log is aligned with its primary's by the epoch of
 * entries, since one epoch has one primary (compare Raft, section 5.3; Kafka KIP-101).
 */
import type { KeyId, MachineId, ServerId } from "../../../base/ids.ts";
import { Channel, ConnectionChange, Is, Outcome, type Input, type Io, type Machine, type Snapshot } from "../../../base/machine.ts";
import { milliseconds, type Duration } from "../../../base/time.ts";
import type { MapSnapshot, ReplicaContext } from "../contracts.ts";
import { AppendOutcome, BYTES, Cutover, Message, REDIRECT_DEMAND } from "../messages.ts";
import { answer, type Answering } from "./answer.ts";
import { createCopying } from "./copying.ts";
import { createHandover } from "./handover.ts";
import { createStandbyReads, tellCommitted } from "./standby-reads.ts";
import { createPeer, type Peer } from "./peers.ts";
import { createShipping, ENTRIES_BOUND, RESEND_AFTER } from "./shipping.ts";
import { createWaitingWrites } from "./waiting-writes.ts";

export interface AckPolicy {
  /** Ships what was appended at once, before it is synced here (synchronous), or only what is synced (asynchronous). */
  readonly shipsUnsynced: boolean;
  /** Pause between shipments; 0 ships as soon as possible. */
  readonly shipEvery: Duration;
  /** Is an acknowledgement of every member needed? */
  readonly waitsForMembers: boolean;
  /** Are there standbys at all? */
  readonly ships: boolean;
}

const Register = { Epoch: 0 } as const;
/** Copies under way have timers of their own, from `Copy` on. */
const Timer = { Ship: 0, Resend: 1, AskMap: 2, Follow: 3, AskCommitted: 4, Handover: 5, Copy: 8 } as const;
const Token = { Write: 0, Entries: 1, Promotion: 2 } as const;

/** A request that waits for a hand-over looks again so often, and so many times at most: then it is refused. */
const WAIT_STEP = milliseconds(2);
const WAITS_BOUND = 500;
const ASK_AGAIN_AFTER = milliseconds(500);

export function createPrimaryStandby(context: ReplicaContext, policy: AckPolicy): Machine {
  const { shard, server } = context;
  const placement = context.replicasOf(shard);
  /** All that there are at first: those that join later are told so by messages. */
  const everyone = context.initialMap().standing[shard]!;
  /** Everybody with an ordinal, by ordinal; undefined for this replica itself and where no machine is known yet. */
  const known: (Peer | undefined)[] = [];
  /** Those that hold a replica, or are getting one: what is shipped goes to them. */
  let peers: readonly Peer[] = [];
  /** Logs are alike at the very start only. */
  let hasBegun = false;
  let hasDual = false;
  let refreshedAt = -Infinity;

  let epoch = 1;
  let owner: number = placement[0] ?? -1;
  let members = everyone;
  let standing = everyone;
  let accepting = false;
  /** True while it is not known whether this replica is still primary (after a restart). */
  let asking = false;
  let planned = false;
  let promoter: MachineId | undefined;
  /** What was acknowledged before this epoch: its members must have all of that before the map may name them. */
  let owed = 0;
  /** Has the promoter yet to hear that this epoch has begun? */
  let owesWord = false;
  let commit = 0;
  let following = false;
  /** Newest stale epoch that was refused: each is stated once. */
  let fencedLast = 0;
  /** Up to here this standby's log is known to be that of its epoch's primary: what lies beyond may be forked. */
  let matched = 0;
  let rewound = 0;
  let fetchedFrom = 0;
  const standbyReads = createStandbyReads(Timer.AskCommitted);

  const waiting = createWaitingWrites();
  /** What `acknowledge` answers through: set at each use, so that no function is made per write. */
  let acknowledging: Io | undefined;

  const isPrimary = (): boolean => owner === server;
  const self: Answering = { shard, epoch: () => epoch, owner: () => owner };
  const isServed = (peer: Peer): boolean => (standing & peer.bit) !== 0 || peer.isJoining;
  const isMember = (peer: Peer): boolean => (members & peer.bit) !== 0;
  const copying = createCopying(shard, () => epoch, context.dataBytes, Timer.Copy);
  const handover = createHandover(shard, Timer.Handover);
  const { ship, pump, align, alignPeer, sendEntries, shippable, watchOver, rest, resend } = createShipping({
    shard,
    epoch: () => epoch,
    isPrimary,
    peers: () => peers,
    shipsUnsynced: policy.shipsUnsynced,
    timer: Timer.Resend,
  });

  /** Takes note of ordinals given since, and of who holds a replica now. */
  function gather(): void {
    for (let ordinal = 0; ordinal < placement.length; ordinal += 1) {
      const peer = placement[ordinal]!;
      const machine = context.replicaMachine(shard, peer) as MachineId | undefined;
      // A machine made anew on the same server has another address.
      if (peer !== server && machine !== undefined && known[ordinal]?.machine !== machine)
        known[ordinal] = createPeer(peer, machine, 1 << ordinal, !hasBegun);
    }
    hasBegun = true;
    peers = known.filter((peer): peer is Peer => peer !== undefined && isServed(peer));
  }

  /** The replica of a server, whether it holds one now or not. */
  function peerOf(machine: MachineId): Peer | undefined {
    for (const peer of known) if (peer?.machine === machine) return peer;
    gather();
    return known.find((peer) => peer?.machine === machine);
  }

  function step(input: Input, io: Io): void {
    switch (input.kind) {
      case Is.Start:
        gather();
        return start(io, input.incarnation);
      case Is.Message:
        return receive(input, io);
      case Is.Synced:
        return synced(input.id, io);
      case Is.Timer:
        return timer(input.id, io);
      case Is.Transfer:
        return copying.transferred(input, io);
      case Is.Connection:
        if (input.change !== ConnectionChange.Opened) reset(input.peer, io);
        return;
      default:
        return;
    }
  }

  function start(io: Io, incarnation: number): void {
    if (!io.log.exists()) {
      // Made during the run and empty until a copy is installed, or given up: it can only say who has the shard.
      epoch = 0;
      owner = -1;
      asking = true;
      return askMap(io);
    }
    commit = io.log.applied();
    if (incarnation === 0) {
      io.put(Register.Epoch, 1);
      if (isPrimary()) becomeReady(io);
      return;
    }
    epoch = Math.max(1, io.register(Register.Epoch));
    owner = -1;
    asking = true;
    askMap(io);
  }

  /** After a restart the metadata service says what this replica is now. */
  function askMap(io: Io): void {
    const slot = io.message();
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(context.metadata(), Channel.Control, Message.ReadMap, slot);
    io.setTimer(Timer.AskMap, ASK_AGAIN_AFTER);
  }

  function learnMap(map: MapSnapshot, io: Io): void {
    if (!asking) return;
    const mapEpoch = map.epochs[shard]!;
    const mapOwner = map.owners[shard]!;
    if (!io.log.exists()) {
      if (mapOwner !== server && mapEpoch > epoch) {
        owner = mapOwner;
        epoch = mapEpoch;
      }
      asking = false;
      return io.cancelTimer(Timer.AskMap);
    }
    // A claim above the map means that somebody is about to take over: wait for the outcome.
    if (mapOwner === server && (map.claimed[shard]! > mapEpoch || epoch > mapEpoch)) return;
    asking = false;
    io.cancelTimer(Timer.AskMap);
    adopt(mapEpoch, mapOwner, map.members[shard]!, map.standing[shard]!, io);
    if (isPrimary()) {
      promoter = undefined;
      becomeReady(io);
      align(io);
    } else follow(io);
  }

  function adopt(newEpoch: number, newOwner: number, newMembers: number, newStanding: number, io: Io): void {
    if (newOwner !== server) hasDual = false;
    handover.forget(io);
    epoch = newEpoch;
    owner = newOwner;
    members = newMembers;
    configureStanding(newStanding);
    matched = 0;
    standbyReads.forget();
    io.put(Register.Epoch, epoch);
  }

  /** 0: nothing new about that. */
  function configureStanding(mask: number): void {
    if (mask !== 0) standing = mask;
    for (const peer of known) if (peer !== undefined && (standing & peer.bit) !== 0) peer.isJoining = false;
    gather();
  }

  function becomeReady(io: Io): void {
    accepting = true;
    if (policy.ships && policy.shipEvery > 0) {
      // A random phase: shipments of different shards are not in step.
      io.setTimer(Timer.Ship, (1 + Math.floor(io.random("ship").uniform() * policy.shipEvery)) as Duration);
    }
    io.fact({ kind: "ready", shard, epoch, server, planned });
    advance(io);
    confirm(io);
  }

  const isComplete = (): boolean => !policy.waitsForMembers || peers.every((peer) => !isMember(peer) || peer.synced >= owed);

  /**
   * A standby that is taken back had caught up when it was announced; meanwhile writes went on without it. It may be
   * promoted as soon as the map names it, so it must have those first.
   */
  function confirm(io: Io): void {
    if (promoter === undefined || !owesWord || !isComplete()) return;
    owesWord = false;
    tellPromoter(promoter, io);
  }

  function tellPromoter(to: MachineId, io: Io): void {
    const slot = io.message();
    io.messages.shard[slot] = shard;
    io.messages.epoch[slot] = epoch;
    io.messages.who[slot] = server;
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(to, Channel.Control, Message.Promoted, slot);
  }

  function stepDown(io: Io, reason: string): void {
    if (!accepting) return;
    accepting = false;
    copying.stop(io);
    io.cancelTimer(Timer.Ship);
    rest(io);
    io.fact({ kind: "demoted", shard, epoch, server, reason });
    for (let index = commit + 1; index <= io.log.written(); index += 1)
      waiting.take(index, (from, operation, attempt) => answer(self, from as MachineId, operation, attempt, Outcome.Interrupted, 0, 0, io));
  }

  function receive(input: Input, io: Io): void {
    const m = io.messages;
    const slot = input.slot;
    switch (input.message) {
      case Message.ReadRequest:
        return read(slot, input.from, io);
      case Message.WriteRequest:
        return write(slot, input.from, io);
      case Message.Append:
        return append(slot, input.from, io);
      case Message.Appended:
        return appended(slot, input.from, io);
      case Message.Follow: {
        const peer = peerOf(input.from);
        if (peer !== undefined && isServed(peer) && isPrimary() && accepting && m.epoch[slot]! <= epoch)
          alignPeer(peer, m.index[slot]!, m.until[slot]!, io);
        return;
      }
      case Message.AskCommitted:
        if (isPrimary() && accepting && m.epoch[slot] === epoch) tellCommitted(slot, input.from, shard, epoch, commit, io);
        return;
      case Message.ToldCommitted:
        // It may have given up its replica since it asked.
        if (m.epoch[slot] === epoch && !isPrimary() && io.log.exists()) standbyReads.told(m.index[slot]!, m.time[slot]!, agreed(io), io);
        return;
      case Message.AskPosition:
        return tellPosition(slot, input.from, io);
      case Message.Promote:
        return promote(slot, input.from, io);
      case Message.Configure:
        return configure(slot, input.from, io);
      case Message.Copy: {
        const place = placement.indexOf(m.who[slot] as ServerId);
        gather();
        const peer = known[place];
        if (peer === undefined || !isPrimary() || !accepting || (standing & peer.bit) !== 0) return;
        peer.isDual = m.count[slot] === Cutover.DualWrite;
        peer.heardAt = io.now();
        hasDual ||= peer.isDual;
        // A copy that is there and follows is announced again and again: no other is needed.
        if (!peer.isJoining || !peer.aligned) copying.begin(peer, m.time[slot]!, io);
        else if (peer.synced >= peer.goal) caughtUp(peer, io);
        return gather();
      }
      case Message.Install:
        return install(slot, input.from, io);
      case Message.Yield: {
        const peer = known[placement.indexOf(m.who[slot] as ServerId)];
        if (peer === undefined || !isServed(peer) || !isPrimary() || !accepting || m.epoch[slot]! <= epoch) return;
        handover.begin(peer, m.epoch[slot]!, m.count[slot]!, input.from, m.time[slot]!, io);
        ship(io);
        return advance(io);
      }
      case Message.Drop:
        return drop(slot, input.from, io);
      case Message.Map:
        return learnMap(m.payload[slot] as MapSnapshot, io);
      default:
        return;
    }
  }

  /** Whoever holds no replica hears of no change: it asks who has the shard while it is asked for it, at times. */
  function refresh(io: Io): void {
    if (asking || io.now() - refreshedAt < ASK_AGAIN_AFTER) return;
    refreshedAt = io.now();
    asking = true;
    askMap(io);
  }

  /** What to answer a request that cannot be served here; undefined to serve it, "wait" where it comes again by itself. */
  function turnAway(slot: number, isWrite: boolean, io: Io): Outcome | "wait" | undefined {
    // A client with a newer map than ours: there is a newer epoch, so this one is over.
    if (context.checksEpoch && accepting && io.messages.epoch[slot]! > epoch) {
      stepDown(io, "a client knew a newer epoch");
      owner = -1;
      asking = true;
      askMap(io);
    }
    if (!isPrimary() && owner >= 0) {
      if (!io.log.exists()) refresh(io);
      return Outcome.Redirect;
    }
    const way = handover.treat(isWrite);
    if (way === "serve") return accepting ? undefined : Outcome.Unavailable;
    const waited = io.messages.index[slot]!;
    if (way === "refuse" || waited >= WAITS_BOUND) return Outcome.Unavailable;
    io.messages.index[slot] = waited + 1;
    io.defer(WAIT_STEP);
    return "wait";
  }

  function read(slot: number, from: MachineId, io: Io): void {
    const m = io.messages;
    const isStandby = !(isPrimary() && accepting) && io.log.exists() && standbyReads.admits(m.until[slot]!, agreed(io), io);
    const away = isStandby ? undefined : turnAway(slot, false, io);
    if (away === "wait") return;
    const operation = m.operation[slot]!;
    const attempt = m.count[slot]!;
    if (away !== undefined) return answer(self, from, operation, attempt, away, 0, 0, io);
    answer(self, from, operation, attempt, Outcome.Done, io.log.read(m.key[slot] as KeyId), 0, io);
  }

  function write(slot: number, from: MachineId, io: Io): void {
    const m = io.messages;
    const away = turnAway(slot, true, io);
    if (away === "wait") return;
    const operation = m.operation[slot]!;
    if (away !== undefined) return answer(self, from, operation, m.count[slot]!, away, 0, 0, io);
    const attempt = m.count[slot]!;
    const index = io.log.append(operation, epoch);
    waiting.add(index, commit, from, operation, attempt);
    io.sync(Token.Write);
    if (policy.shipsUnsynced) ship(io);
  }

  function synced(token: number, io: Io): void {
    if (!io.log.exists()) return;
    if (token === Token.Promotion) {
      if (isPrimary() && !accepting) becomeReady(io);
      return;
    }
    if (token === Token.Entries) {
      if (!isPrimary()) report(io, AppendOutcome.Synced);
      return;
    }
    if (!accepting) return;
    advance(io);
    if (!policy.shipsUnsynced && (policy.shipEvery === 0 || hasDual || handover.isOn())) ship(io);
  }

  const acknowledge = (from: number, operation: number, attempt: number): void =>
    answer(self, from as MachineId, operation, attempt, Outcome.Done, 0, commit, acknowledging!);

  /** Acknowledges what the policy allows by now. */
  function advance(io: Io): void {
    let limit = io.log.synced();
    if (policy.waitsForMembers || hasDual)
      for (const peer of peers)
        if ((policy.waitsForMembers && isMember(peer)) || (peer.isDual && peer.announced === epoch)) limit = Math.min(limit, peer.synced);
    while (commit < limit) {
      commit += 1;
      io.log.apply(commit);
      acknowledging = io;
      waiting.take(commit, acknowledge);
    }
    if (!handover.look(commit, io)) return;
    // From here on nothing is acknowledged: another one is, or will be, primary under a newer epoch.
    stepDown(io, "handed over");
    owner = -1;
    asking = true;
    askMap(io);
  }

  function append(slot: number, from: MachineId, io: Io): void {
    if (!io.log.exists()) return;
    const m = io.messages;
    const theirs = m.epoch[slot]!;
    if (theirs < epoch) {
      if (!context.checksEpoch) return;
      if (fencedLast < theirs) io.fact({ kind: "fenced", shard, epoch, server, stale: theirs });
      fencedLast = Math.max(fencedLast, theirs);
      return reportTo(from, AppendOutcome.Fenced, io.log.synced(), io);
    }
    const sender = peerOf(from);
    if (sender === undefined) return;
    // Unfenced, an acting primary takes no notice of another: only its configuration makes it a standby.
    if (accepting && !context.checksEpoch) return;
    if (theirs > epoch || owner !== sender.server) {
      if (theirs === epoch && owner >= 0 && owner !== sender.server) return;
      stepDown(io, "a newer primary shipped");
      asking = false;
      io.cancelTimer(Timer.AskMap);
      adopt(theirs, sender.server, members, 0, io);
      following = true;
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
    matched = Math.max(matched, before + count);
    io.log.apply(io.log.written());
    commit = io.log.applied();
    io.cancelTimer(Timer.Follow);
    if (following && count < ENTRIES_BOUND) {
      following = false;
      io.fact({ kind: "rejoined", shard, server, epoch, rewound, fetched: io.log.written() - fetchedFrom });
      rewound = 0;
    }
    io.sync(Token.Entries);
  }

  function takeBack(index: number, io: Io): void {
    rewound += io.log.written() - index;
    io.log.truncate(index);
  }

  /** Up to here this log is its primary's: settled entries are every replica's. */
  const agreed = (io: Io): number => Math.max(matched, io.log.base());

  function report(io: Io, outcome: number): void {
    const primary = primaryPeer();
    // A flush of what an older primary sent may end under a newer one.
    if (primary !== undefined) reportTo(primary.machine, outcome, Math.min(io.log.synced(), agreed(io)), io);
  }

  /** The copy that was being made here is complete: from now on this is a replica that catches up. */
  function install(slot: number, from: MachineId, io: Io): void {
    const m = io.messages;
    const sender = peerOf(from);
    const ownBit = 1 << placement.indexOf(server);
    if (sender === undefined || m.epoch[slot]! < epoch || (io.log.exists() && (standing & ownBit) !== 0)) return;
    if (!io.log.install(m.payload[slot] as Snapshot)) return;
    asking = false;
    io.cancelTimer(Timer.AskMap);
    adopt(m.epoch[slot]!, sender.server, members, 0, io);
    commit = io.log.applied();
    io.fact({ kind: "move", phase: "copied", shard, from: sender.server, to: server });
    follow(io);
  }

  /** No replica any more, by a newer configuration: what is left is to say who has the shard. */
  function drop(slot: number, from: MachineId, io: Io): void {
    const m = io.messages;
    if (m.epoch[slot]! < epoch || m.who[slot] === server || accepting) return;
    const reply = io.message();
    m.shard[reply] = shard;
    m.who[reply] = server;
    m.bytes[reply] = BYTES.envelope;
    io.send(from, Channel.Control, Message.Dropped, reply);
    if (!io.log.exists()) return;
    adopt(m.epoch[slot]!, m.who[slot]!, m.key[slot]!, m.version[slot]!, io);
    asking = false;
    following = false;
    for (const id of [Timer.AskMap, Timer.Follow]) io.cancelTimer(id);
    rest(io);
    io.log.drop();
    io.fact({ kind: "move", phase: "left", shard, from: server, to: server });
  }

  const primaryPeer = (): Peer | undefined => known.find((peer) => peer?.server === owner);

  function reportTo(to: MachineId, outcome: number, at: number, io: Io): void {
    const m = io.messages;
    const slot = io.message();
    m.shard[slot] = shard;
    m.epoch[slot] = epoch;
    m.outcome[slot] = outcome;
    m.index[slot] = at;
    m.until[slot] = io.log.epochAt(at);
    m.bytes[slot] = BYTES.envelope;
    io.send(to, Channel.Data, Message.Appended, slot);
  }

  function appended(slot: number, from: MachineId, io: Io): void {
    const m = io.messages;
    const peer = peerOf(from);
    // Answers may come while this replica's own promotion is still being synced.
    if (peer === undefined || !isPrimary()) return;
    if (m.outcome[slot] === AppendOutcome.Fenced) {
      if (m.epoch[slot]! > epoch && context.checksEpoch) {
        stepDown(io, "fenced");
        owner = -1;
        asking = true;
        askMap(io);
      }
      return;
    }
    if (m.epoch[slot]! !== epoch) return;
    if (m.outcome[slot] === AppendOutcome.Behind) {
      // Each message after a gap says so: one answer will do, or a standby that slept drowns in what it lacks.
      if (peer.answered === m.index[slot]) return;
      peer.answered = m.index[slot]!;
      return alignPeer(peer, m.index[slot]!, m.until[slot]!, io);
    }
    peer.aligned = true;
    peer.answered = -1;
    peer.heardAt = io.now();
    if (m.index[slot]! > peer.synced) peer.synced = m.index[slot]!;
    if (peer.sent < peer.synced) peer.sent = peer.synced;
    if (!accepting) return;
    if (policy.waitsForMembers) {
      advance(io);
      confirm(io);
      if (!isMember(peer) && isServed(peer) && peer.synced >= io.log.synced()) caughtUp(peer, io);
    } else if (peer.isJoining && peer.synced >= peer.goal) caughtUp(peer, io);
    else if (hasDual || handover.isOn()) advance(io);
    // A hand-over may just have ended this primary's time.
    if (!isServed(peer) || handover.isGiven()) return;
    if (policy.shipEvery === 0) peer.goal = shippable(io);
    pump(peer, io);
    if (peers.every((other) => other.aligned && other.synced >= other.goal)) rest(io);
  }

  function caughtUp(peer: Peer, io: Io): void {
    if (peer.announced === epoch && io.now() - peer.announcedAt < RESEND_AFTER) return;
    peer.announced = epoch;
    peer.announcedAt = io.now();
    const monitors = peer.isJoining ? [] : context.controllers("monitor");
    for (const monitor of [...monitors, ...context.controllers("rebalancer")]) {
      const slot = io.message();
      io.messages.shard[slot] = shard;
      io.messages.epoch[slot] = epoch;
      io.messages.who[slot] = peer.server;
      io.messages.bytes[slot] = BYTES.envelope;
      io.send(monitor, Channel.Control, Message.CaughtUp, slot);
    }
  }

  function tellPosition(slot: number, from: MachineId, io: Io): void {
    const m = io.messages;
    const reply = io.message();
    const last = io.log.exists() ? io.log.written() : -1;
    m.shard[reply] = shard;
    m.who[reply] = server;
    m.index[reply] = last;
    m.until[reply] = last <= 0 ? 0 : io.log.epochAt(last);
    m.epoch[reply] = m.epoch[slot]!;
    m.bytes[reply] = BYTES.envelope;
    io.send(from, Channel.Control, Message.Position, reply);
  }

  function promote(slot: number, from: MachineId, io: Io): void {
    if (!io.log.exists()) return;
    const m = io.messages;
    if (m.epoch[slot]! <= epoch) {
      // Asked again: the answer may have been lost.
      if (m.epoch[slot] === epoch && accepting && isComplete()) tellPromoter(from, io);
      return;
    }
    const wasAccepting = accepting;
    accepting = false;
    asking = false;
    io.cancelTimer(Timer.AskMap);
    adopt(m.epoch[slot]!, server, m.key[slot]!, m.version[slot]!, io);
    promoter = from;
    owesWord = true;
    owed = wasAccepting ? commit : 0;
    planned = m.count[slot] === 1;
    if (!wasAccepting) {
      commit = io.log.applied();
      waiting.clear();
    }
    if (!wasAccepting) align(io);
    // The same primary under a new epoch: standbys adopt it and acknowledge anew under it.
    else for (const peer of peers) if (peer.aligned) sendEntries(peer, peer.sent + 1, peer.sent, false, io);
    io.sync(Token.Promotion);
  }

  function configure(slot: number, from: MachineId, io: Io): void {
    const m = io.messages;
    const theirs = m.epoch[slot]!;
    const newOwner = m.who[slot]!;
    if (theirs > epoch || (theirs === epoch && owner !== newOwner && !accepting)) {
      if (newOwner === server) {
        // Not promoted by hearsay: a Promote is under way or lost, and the metadata service knows.
        if (!accepting) {
          asking = true;
          askMap(io);
        }
      } else {
        stepDown(io, "configured");
        asking = false;
        io.cancelTimer(Timer.AskMap);
        adopt(theirs, newOwner, m.key[slot]!, m.version[slot]!, io);
        follow(io);
      }
    } else if (theirs === epoch && newOwner === owner) {
      members = m.key[slot]!;
      configureStanding(m.version[slot]!);
    }
    const reply = io.message();
    m.shard[reply] = shard;
    m.epoch[reply] = theirs;
    m.who[reply] = server;
    m.bytes[reply] = BYTES.envelope;
    io.send(from, Channel.Control, Message.Configured, reply);
  }

  /** Asks the primary for what is missing here, until it answers. */
  function follow(io: Io): void {
    const primary = primaryPeer();
    if (primary === undefined || isPrimary() || !io.log.exists()) return;
    following = true;
    const m = io.messages;
    const slot = io.message();
    m.shard[slot] = shard;
    m.epoch[slot] = epoch;
    m.index[slot] = io.log.written();
    m.until[slot] = io.log.epochAt(io.log.written());
    m.bytes[slot] = BYTES.envelope;
    io.send(primary.machine, Channel.Data, Message.Follow, slot);
    io.setTimer(Timer.Follow, RESEND_AFTER);
  }

  function timer(id: number, io: Io): void {
    if (copying.due(id, io)) return;
    switch (id) {
      case Timer.Ship:
        if (!accepting) return;
        ship(io);
        return io.setTimer(Timer.Ship, policy.shipEvery);
      case Timer.Resend:
        endDual(io);
        return resend(io);
      case Timer.Handover:
        return handover.giveUp();
      case Timer.AskMap:
        if (asking) askMap(io);
        return;
      case Timer.Follow:
        return follow(io);
      case Timer.AskCommitted:
        return standbyReads.ask(primaryPeer()?.machine, shard, epoch, io);
      default:
        return;
    }
  }

  /** A place that was to have every write and has been silent for long holds nobody up any more. */
  function endDual(io: Io): void {
    if (!hasDual) return;
    for (const peer of peers) if (peer.isDual && io.now() - peer.heardAt > RESEND_AFTER) peer.isDual = false;
    hasDual = peers.some((peer) => peer.isDual);
    if (accepting) advance(io);
  }

  function reset(peer: number, io: Io): void {
    if (!isPrimary() || !accepting) {
      if (owner >= 0 && !isPrimary() && context.processOfServer(owner as ServerId) === peer) following = true;
      return;
    }
    for (const candidate of peers) if (context.processOfServer(candidate.server) === peer) candidate.aligned = false;
    if (peers.length > 0) watchOver(io);
  }

  return {
    step,
    demand: (message, slot) => {
      switch (message) {
        case Message.ReadRequest:
          return (isPrimary() && accepting) || standbyReads.mayServe(context.fields.until[slot]!)
            ? context.fields.demand[slot]!
            : REDIRECT_DEMAND;
        case Message.WriteRequest:
          return isPrimary() && accepting && handover.treat(true) === "serve" ? context.fields.demand[slot]! : REDIRECT_DEMAND;
        case Message.Append:
          return context.applyDemand(context.fields.key[slot]!);
        default:
          return -1;
      }
    },
    published: { isPrimary, epoch: () => epoch },
  };
}
