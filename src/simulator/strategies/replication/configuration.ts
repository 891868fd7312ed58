/**
 * Who is what, by epochs: a replica adopts configurations, is promoted, steps down, is dropped, and after a restart asks
 * the metadata service what it is now. The highest epoch adopted is kept in a durable register.
 */
import type { MachineId, ShardId } from "../../../base/ids.ts";
import { Channel, Outcome, type Io } from "../../../base/machine.ts";
import { milliseconds, type Duration } from "../../../base/time.ts";
import type { MapSnapshot } from "../contracts.ts";
import { BYTES, Message, Standing } from "../messages.ts";
import { answer } from "./answer.ts";
import type { Copying } from "./copying.ts";
import type { Handover } from "./handover.ts";
import type { Applier } from "./applier.ts";
import { Register, Timer, Token, type Replica } from "./replica.ts";
import type { SemiSynchronous } from "./semi-synchronous.ts";
import type { Shipping } from "./shipping.ts";
import type { StandbyReads } from "./standby-reads.ts";
import type { WaitingWrites } from "./waiting-writes.ts";

export interface Configuring {
  readonly start: (incarnation: number, io: Io) => void;
  /** The metadata service is asked what this replica is: nothing is served meanwhile. */
  readonly askWho: (io: Io) => void;
  /** The same for one that is primary no more and has not heard who is. */
  readonly lose: (io: Io) => void;
  readonly askMap: (io: Io) => void;
  readonly learnMap: (map: MapSnapshot, io: Io) => void;
  /** News of who is primary: nothing need be asked. */
  readonly settle: (io: Io) => void;
  /** `standing` 0: nothing new about that. */
  readonly adopt: (epoch: number, owner: number, members: number, standing: number, io: Io) => void;
  /** The flush that a promotion waited for is done; or the rest of its log is applied. */
  readonly promotionSynced: (io: Io) => void;
  readonly promotionApplied: (io: Io) => void;
  /** A member has got on: may the map name this epoch's members by now? */
  readonly confirm: (io: Io) => void;
  readonly stepDown: (io: Io, reason: string) => void;
  readonly tellPosition: (slot: number, from: MachineId, io: Io) => void;
  readonly promote: (slot: number, from: MachineId, io: Io) => void;
  readonly configure: (slot: number, from: MachineId, io: Io) => void;
  /** No replica any more, by a newer configuration: what is left is to say who has the shard. */
  readonly drop: (slot: number, from: MachineId, io: Io) => void;
}

export interface ConfiguringParts {
  readonly waiting: WaitingWrites;
  readonly copying: Copying;
  readonly handover: Handover;
  readonly shipping: Shipping;
  readonly standbyReads: StandbyReads;
  readonly semi: SemiSynchronous | undefined;
  readonly applier: Applier | undefined;
  /** This replica takes writes from now on, or does so no longer. */
  readonly began: (io: Io) => void;
  readonly adopted: () => void;
  readonly ended: (io: Io) => void;
  /** Acknowledges what the policy allows by now. */
  readonly advance: (io: Io) => void;
  /** Asks the primary for what is missing here. */
  readonly follow: (io: Io) => void;
}

const ASK_AGAIN_AFTER = milliseconds(500);
const ENTRIES_WEIGHED = 32;

export function createConfiguring(replica: Replica, parts: ConfiguringParts): Configuring {
  const { context, policy, shard, server, now } = replica;
  const { waiting, copying, handover, shipping, standbyReads, semi, applier, advance, follow } = parts;
  let planned = false;
  let promoter: MachineId | undefined;
  /** What was acknowledged before this epoch: its members must have all of that before the map may name them. */
  let owed = 0;
  /** Has the promoter yet to hear that this epoch has begun? */
  let owesWord = false;
  /** Members that this epoch has and the one before had not. */
  let newcomers = 0;
  /** What a promotion still waits for. */
  let isUnsynced = false;
  let isUnapplied = false;
  /** It was primary of the epoch before. */
  let stays = false;

  function start(incarnation: number, io: Io): void {
    if (!io.log.exists()) {
      // Made during the run and empty until a copy is installed, or given up: it can only say who has the shard.
      now.epoch = 0;
      return lose(io);
    }
    replica.commit = io.log.applied();
    if (incarnation === 0) {
      io.put(Register.Epoch, 1);
      if (replica.isPrimary()) becomeReady(io);
      return;
    }
    now.epoch = Math.max(1, io.register(Register.Epoch));
    replica.last = io.log.written();
    if (context.assignsRoles) return resume(io);
    lose(io);
  }

  /** Takes up the role that it had: nobody is asked. */
  function resume(io: Io): void {
    const known = io.register(Register.Owner);
    now.owner = known > 0 ? known - 1 : (context.replicasOf(replica.shard as ShardId)[0] ?? -1);
    if (!replica.isPrimary()) return follow(io);
    becomeReady(io);
    shipping.align(io);
  }

  function askWho(io: Io): void {
    replica.asking = true;
    askMap(io);
  }

  function lose(io: Io): void {
    now.owner = -1;
    askWho(io);
  }

  /** After a restart the metadata service says what this replica is now. */
  function askMap(io: Io): void {
    const slot = io.message();
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(context.metadata(), Channel.Control, Message.ReadMap, slot);
    io.setTimer(Timer.AskMap, ASK_AGAIN_AFTER);
  }

  function settle(io: Io): void {
    replica.asking = false;
    io.cancelTimer(Timer.AskMap);
  }

  function learnMap(map: MapSnapshot, io: Io): void {
    if (!replica.asking) return;
    const mapEpoch = map.epochs[shard]!;
    const mapOwner = map.owners[shard]!;
    if (!io.log.exists()) {
      replica.isBereft = (map.standing[shard]! & replica.ownBit()) !== 0;
      if (mapOwner !== server && mapEpoch > now.epoch) {
        now.owner = mapOwner;
        now.epoch = mapEpoch;
      }
      return settle(io);
    }
    // A claim above the map means that somebody is about to take over: wait for the outcome.
    if (mapOwner === server && (context.promotesRestarted === true || map.claimed[shard]! > mapEpoch || now.epoch > mapEpoch)) return;
    settle(io);
    adopt(mapEpoch, mapOwner, map.members[shard]!, map.standing[shard]!, io);
    if (replica.isPrimary()) {
      promoter = undefined;
      becomeReady(io);
      shipping.align(io);
    } else follow(io);
  }

  function adopt(epoch: number, owner: number, members: number, standing: number, io: Io): void {
    if (owner !== server) {
      replica.hasDual = false;
      applier?.stand();
    }
    handover.forget(io);
    now.epoch = epoch;
    now.owner = owner;
    now.members = members;
    replica.fedBy = undefined;
    replica.end = Infinity;
    if (owner === server) replica.line?.renew();
    parts.adopted();
    configureStanding(standing);
    replica.matched = 0;
    if (io.log.exists()) replica.isBereft = false;
    standbyReads.forget();
    io.put(Register.Epoch, epoch);
    io.put(Register.Owner, owner + 1);
    replica.unlinkedAt = -1;
  }

  function configureStanding(mask: number): void {
    if (mask !== 0) now.standing = mask;
    for (const peer of replica.known()) if (peer !== undefined && (now.standing & peer.bit) !== 0) peer.isJoining = false;
    replica.gather();
  }

  function becomeReady(io: Io): void {
    replica.accepting = true;
    if (policy.ships && policy.shipEvery > 0) {
      // A random phase: shipments of different shards are not in step.
      io.setTimer(Timer.Ship, (1 + Math.floor(io.random("ship").uniform() * policy.shipEvery)) as Duration);
    }
    parts.began(io);
    if (replica.isPermitted(io)) io.fact({ kind: "ready", shard, epoch: now.epoch, server, planned });
    advance(io);
    confirm(io);
  }

  function isComplete(): boolean {
    if (!policy.waitsForMembers) return true;
    const members = replica.peers().filter(replica.isMember);
    const complete = members.filter((peer) => peer.synced >= owed).length;
    if (semi === undefined) return complete === members.length;
    // Of a semi-synchronous configuration so many have everything as a write needs; alone it promises nothing.
    if (members.some((peer) => (newcomers & peer.bit) !== 0 && peer.synced < owed)) return false;
    return semi.isAlone() || complete >= Math.min(policy.semi!.acks, members.length);
  }

  /**
   * A standby that is taken back had caught up when it was announced; meanwhile writes went on without it. It may be
   * promoted as soon as the map names it, so it must have those first.
   */
  function confirm(io: Io): void {
    if (promoter === undefined || !owesWord || !isComplete()) return;
    owesWord = false;
    tellPromoter(Message.Promoted, promoter, io);
  }

  function tellPromoter(kind: number, to: MachineId, io: Io): void {
    const slot = io.message();
    io.messages.shard[slot] = shard;
    io.messages.epoch[slot] = now.epoch;
    io.messages.who[slot] = server;
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(to, Channel.Control, kind, slot);
  }

  function stepDown(io: Io, reason: string): void {
    if (!replica.accepting) return;
    replica.accepting = false;
    copying.stop(io);
    semi?.end(io);
    parts.ended(io);
    io.cancelTimer(Timer.Ship);
    shipping.rest(io);
    io.fact({ kind: "demoted", shard, epoch: now.epoch, server, reason });
    for (let index = replica.commit + 1; index <= io.log.written(); index += 1)
      waiting.take(index, (from, operation, attempt, identity) => {
        if (io.identity(operation) === identity) answer(replica, from as MachineId, operation, attempt, Outcome.Interrupted, 0, 0, io);
      });
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
    m.version[reply] = now.epoch;
    m.key[reply] = now.owner;
    m.outcome[reply] = replica.isPrimary() ? Standing.Primary : replica.following ? Standing.CatchingUp : Standing.Standby;
    m.time[reply] = replica.unlinkedAt < 0 ? -1 : io.now() - replica.unlinkedAt;
    m.demand[reply] = entryBytes(last, io);
    m.bytes[reply] = BYTES.envelope;
    io.send(from, Channel.Control, Message.Position, reply);
  }

  /** What an entry has on average, of the last ones. */
  function entryBytes(last: number, io: Io): number {
    if (last < 0) return 0;
    const first = Math.max(io.log.base(), last - ENTRIES_WEIGHED) + 1;
    let bytes = 0;
    for (let index = first; index <= last; index += 1) bytes += io.log.bytesAt(index);
    return first > last ? 0 : bytes / (last - first + 1);
  }

  function promote(slot: number, from: MachineId, io: Io): void {
    if (!io.log.exists()) return;
    const m = io.messages;
    if (m.epoch[slot]! <= now.epoch) {
      // Asked again: the answer may have been lost.
      if (m.epoch[slot] === now.epoch && replica.accepting && isComplete()) tellPromoter(Message.Promoted, from, io);
      else if (m.epoch[slot] === now.epoch && replica.isPrimary() && isUnapplied) tellPromoter(Message.Preparing, from, io);
      return;
    }
    const wasAccepting = replica.accepting;
    replica.accepting = false;
    settle(io);
    const before = now.members;
    adopt(m.epoch[slot]!, server, m.key[slot]!, m.version[slot]!, io);
    newcomers = wasAccepting ? now.members & ~before : 0;
    promoter = from;
    owesWord = true;
    // A tail may have acknowledged more than its head has heard of.
    const isChain = replica.line?.kind === "chain";
    owed = !wasAccepting ? 0 : isChain ? io.log.written() : replica.commit;
    planned = m.count[slot] === 1;
    stays = wasAccepting;
    if (!wasAccepting) {
      replica.commit = io.log.applied();
      waiting.clear();
    }
    if (!wasAccepting || isChain) shipping.align(io);
    // The same primary under a new epoch: standbys adopt it and acknowledge anew under it.
    else for (const peer of replica.peers()) if (peer.aligned) shipping.sendEntries(peer, peer.sent + 1, peer.sent, false, io);
    isUnsynced = true;
    io.sync(Token.Promotion);
    isUnapplied = !wasAccepting && applier?.finish(io) === false;
  }

  function prepared(io: Io): void {
    if (!replica.isPrimary() || replica.accepting || isUnsynced || isUnapplied) return;
    // What it applied before it took over was never its to acknowledge.
    if (!stays) replica.commit = io.log.applied();
    becomeReady(io);
  }

  function configure(slot: number, from: MachineId, io: Io): void {
    const m = io.messages;
    const theirs = m.epoch[slot]!;
    const newOwner = m.who[slot]!;
    if (theirs > now.epoch || (theirs === now.epoch && now.owner !== newOwner && !replica.accepting)) {
      // Not promoted by hearsay: a Promote is under way or lost, and the metadata service knows.
      if (newOwner === server) {
        if (!replica.accepting) askWho(io);
      } else {
        stepDown(io, "configured");
        settle(io);
        adopt(theirs, newOwner, m.key[slot]!, m.version[slot]!, io);
        if (context.assignsRoles) io.sync(Token.Role);
        follow(io);
      }
    } else if (theirs === now.epoch && newOwner === now.owner) {
      const isChanged = now.members !== m.key[slot]!;
      now.members = m.key[slot]!;
      // Who leaves a chain leaves the order to the others.
      if (isChanged && replica.isPrimary()) replica.line?.renew();
      configureStanding(m.version[slot]!);
      if (isChanged && replica.isPrimary() && replica.line?.kind === "chain") shipping.align(io);
    }
    const reply = io.message();
    m.shard[reply] = shard;
    m.epoch[reply] = theirs;
    m.who[reply] = server;
    m.bytes[reply] = BYTES.envelope;
    io.send(from, Channel.Control, Message.Configured, reply);
  }

  function drop(slot: number, from: MachineId, io: Io): void {
    const m = io.messages;
    if (m.epoch[slot]! < now.epoch || m.who[slot] === server || replica.accepting) return;
    const reply = io.message();
    m.shard[reply] = shard;
    m.who[reply] = server;
    m.bytes[reply] = BYTES.envelope;
    io.send(from, Channel.Control, Message.Dropped, reply);
    replica.isBereft = false;
    if (!io.log.exists()) return;
    adopt(m.epoch[slot]!, m.who[slot]!, m.key[slot]!, m.version[slot]!, io);
    replica.asking = false;
    replica.following = false;
    for (const id of [Timer.AskMap, Timer.Follow]) io.cancelTimer(id);
    shipping.rest(io);
    io.log.drop();
    io.fact({ kind: "move", phase: "left", shard, from: server, to: server });
  }

  return {
    start,
    askWho,
    lose,
    askMap,
    learnMap,
    settle,
    adopt,
    promotionSynced: (io) => {
      isUnsynced = false;
      prepared(io);
    },
    promotionApplied: (io) => {
      isUnapplied = false;
      prepared(io);
    },
    confirm,
    stepDown,
    tellPosition,
    promote,
    configure,
    drop,
  };
}
