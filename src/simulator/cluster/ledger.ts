/**
 * The ledger: the omniscient account of what clients asked, what they were told and what the replicas really hold
 *. It watches the effects append, truncate, apply and reply, never what a part claims, and it
 * knows true time. Its memory follows the key space and what is pending or unsafe: a log position that every replica of
 * the shard has synced and applied alike is settled and forgotten.
 *
 * operations.ts holds the pools, replica-store.ts logs and states, freshness.ts what reads missed, audit.ts the judgement
 * at the end.
 */
import type { Instant } from "../../base/time.ts";
import { createOperations, Ending, isWrite, type Operations } from "./operations.ts";
import { createKeyNumbers, createShardKeys, type ShardKeys } from "./shard-keys.ts";
import { createFreshness, type Freshness } from "./freshness.ts";
import { BEATEN_BY_CLOCK, BEATEN_BY_CONCURRENT, createFates, TAKEN_BACK, type Fates } from "./fates.ts";
import { createMergingStore } from "./merging-store.ts";
import { causality, lastWriterWins, type Beats } from "./order-of-versions.ts";
import { createReplicaStore, type ReplicaStore } from "./replica-store.ts";
import { createSiblingStore } from "./sibling-store.ts";

export interface ShardLedger {
  readonly shard: number;
  readonly keys: ShardKeys;
  /** Every replica this shard ever had on a server, in order of creation. */
  readonly stores: ReplicaStore[];
  /** Copies under way to a server: nothing beyond them is settled. */
  readonly copies: ReplicaStore[];
  /** Epoch -> true instants at which its first and last acknowledgements were sent, in the order of the first. */
  readonly firstAck: { readonly epoch: number; readonly at: number; last: number }[];
  /** Per newer epoch: from its first acknowledgement to the last append of an acknowledged write under an older one. */
  readonly splitBrain: { readonly from: number; to: number }[];
  splitBrainWrites: number;
  acknowledgedWrites: number;
  acknowledgedBytes: number;
  /** Of client writes: the first and the last acknowledgement. */
  firstAckAt: number;
  lastAckAt: number;
  /** Client writes, by what has been found out when nothing held them any more. */
  duplicated: number;
  phantom: number;
  ambiguousPresent: number;
  sinceRetire: number;
  /** Acknowledged and kept, and beaten by a write of the same time; where writes have no single order. */
  discarded: number;
  /** Client writes that were acknowledged and forgotten as kept, where writes have no single order. */
  forgottenWrites: number;
  forgottenBytes: number;
  /** Of those, what was still lost when every replica had been erased; and how many lost writes were listed by then. */
  erased: { readonly writes: number; readonly bytes: number; readonly listed: number };
}

/** An acknowledged write that no surviving history holds. */
export interface LostWrite {
  /** The operation's number in the run. */
  readonly serial: number;
  readonly shard: number;
  readonly key: number;
  readonly kind: number;
  readonly probe: boolean;
  readonly sentAt: number;
  readonly ackAt: number;
  readonly bytes: number;
  /** Epoch under which it was acknowledged. */
  readonly epoch: number;
  readonly vantage: number;
  visible: boolean;
  /** Where writes have no single order: no replica held it any more, or an older write won by its clock. */
  readonly cause?: "dropped" | "clock";
  /** Where writes have no single order: it had been found kept, before every disk with it was lost or an older write came. */
  readonly takenBack?: boolean;
}

/** What a ledger has beside the rest where shards have no single order of writes. */
export interface MergingLedger {
  readonly beats: Beats;
  /** Does the first take the second's place wherever they meet? */
  readonly supersedes: Beats;
  readonly fates: Fates;
}

export interface Ledger {
  readonly operations: Operations;
  readonly shards: readonly ShardLedger[];
  readonly lost: LostWrite[];
  readonly freshness: Freshness;
  readonly counts: LedgerCounts;
  /** Undefined where each shard has a single order of writes. */
  readonly merging: MergingLedger | undefined;
  readonly addReplica: (shard: number, server: number) => ReplicaStore;
  /** A replica appended a client's operation: a new version, whose hold goes to the log. */
  readonly appendOperation: (store: ReplicaStore, operation: number, epoch: number, now: Instant, note?: number) => number;
  /** Takes a copy of a replica, to be installed elsewhere; it counts as no replica until then. */
  readonly copyReplica: (store: ReplicaStore) => ReplicaStore;
  /** A copy becomes the replica of a server, in place of `former`; false if it is gone. */
  readonly installReplica: (copy: ReplicaStore, former: ReplicaStore | undefined, server: number) => boolean;
  /** A copy or a replica is given up. */
  readonly dropReplica: (store: ReplicaStore) => void;
  /** A replica appended a version that it received; the log takes a hold of its own. */
  readonly appendVersion: (store: ReplicaStore, version: number) => number;
  /** A server sent the acknowledgement of a write. */
  readonly acknowledging: (operation: number, version: number, shard: number, epoch: number, now: Instant) => void;
  /** A server answers a read from its replica; the operation's first answer is judged. */
  readonly serving: (operation: number, shard: number, key: number, version: number) => void;
  /** The same for one key of an operation on several; the caller sees to it that each key is judged once. */
  readonly servingOneOf: (operation: number, shard: number, key: number, version: number) => void;
  /** The client knows the end of its operation; called once, which is counted. */
  readonly end: (operation: number, ending: Ending, now: Instant) => void;
  /** Settles what every replica of the shard that still counts has synced and applied alike. */
  readonly retire: (shard: ShardLedger) => void;
  /** For the audit: this operation is in the authoritative history once more. */
  readonly keep: (operation: number) => void;
  /** For the audit: until when a kept write may have taken effect; -1 while its end is not known. */
  readonly keptUntil: (operation: number) => number;
  /** For the audit: judges an operation that is still held, as if nothing held it any more; once. */
  readonly judge: (operation: number) => void;
}

export interface LedgerCounts {
  issued: number;
  endedOnce: number;
  endedTwice: number;
  ambiguous: number;
}

/** A bit that no store of the shard has. */
function freeBit(stores: readonly ReplicaStore[]): number {
  let taken = 0;
  for (const { merging } of stores) taken |= merging?.bit ?? 0;
  return ~taken & (taken + 1);
}

/** Retiring is tried after so many appends to a shard: often enough to keep logs short, seldom enough to cost nothing. */
const RETIRE_EVERY = 64;

/** An empty ledger for so many shards and (at first) keys; `merge` says how versions meet where shards have no single order of writes. */
export function createLedger(shards: number, keys: number, merge?: "lastWriterWins" | "siblings"): Ledger {
  const merges = merge !== undefined;
  const numbers = createKeyNumbers(keys);
  const lost: LostWrite[] = [];
  const counts: LedgerCounts = { issued: 0, endedOnce: 0, endedTwice: 0, ambiguous: 0 };
  const operations = createOperations(settled, merges ? (version) => fates.vanished(version) : undefined);
  const of = operations.of;
  const versions = operations.versions;
  const freshness = createFreshness(operations);
  const table: ShardLedger[] = Array.from({ length: shards }, (_, shard) => ({
    shard,
    keys: createShardKeys(numbers),
    stores: [],
    copies: [],
    firstAck: [],
    splitBrain: [],
    splitBrainWrites: 0,
    acknowledgedWrites: 0,
    acknowledgedBytes: 0,
    firstAckAt: Infinity,
    lastAckAt: -Infinity,
    duplicated: 0,
    phantom: 0,
    ambiguousPresent: 0,
    sinceRetire: 0,
    discarded: 0,
    forgottenWrites: 0,
    forgottenBytes: 0,
    erased: { writes: 0, bytes: 0, listed: 0 },
  }));
  const beats = lastWriterWins(operations);
  const fates = createFates({
    operations,
    beats,
    discards: merge === "lastWriterWins",
    living: (shard) => {
      let bits = 0;
      for (const store of table[shard]!.stores) if (!store.destroyed()) bits |= store.merging?.bit ?? 0;
      return bits;
    },
    keep,
    unkeep: (operation) => {
      of.kept[operation] = of.kept[operation]! - 1;
      of.marked[operation] = of.marked[operation]! | TAKEN_BACK;
    },
  });

  /** Nothing holds the operation any more, so its part in every history is final. */
  function settled(operation: number): void {
    if (of.judged[operation] === 1 || !isWrite(of.kind[operation]!)) return;
    // The audit judges operations that are still held, and they may be let go afterwards.
    of.judged[operation] = 1;
    const shard = table[of.shard[operation]!]!;
    if (of.ending[operation] === Ending.Acknowledged) freshness.forget(shard.keys, operation);
    const kept = of.kept[operation]!;
    const isClients = of.probe[operation] === 0;
    switch (of.ending[operation]) {
      case Ending.Acknowledged:
        if (kept === 0) lose(operation);
        else if (isClients) {
          shard.forgottenWrites += 1;
          shard.forgottenBytes += of.bytes[operation]!;
          if ((of.marked[operation]! & BEATEN_BY_CONCURRENT) !== 0) shard.discarded += 1;
        }
        break;
      case Ending.Refused:
        if (kept > 0 && isClients) shard.phantom += 1;
        break;
      case Ending.Ambiguous:
        if (kept > 0 && isClients) shard.ambiguousPresent += 1;
        break;
      default: // Never ended: every-request-ends-once says so.
    }
    if (kept > 1 && isClients) shard.duplicated += 1;
  }

  function lose(operation: number): void {
    lost.push({
      serial: of.serial[operation]!,
      shard: of.shard[operation]!,
      key: of.key[operation]!,
      kind: of.kind[operation]!,
      probe: of.probe[operation] === 1,
      sentAt: of.sentAt[operation]!,
      ackAt: of.endedAt[operation]!,
      bytes: of.bytes[operation]!,
      epoch: of.epoch[operation]!,
      vantage: of.vantage[operation]!,
      visible: false,
      ...(merges
        ? {
            cause: (of.marked[operation]! & BEATEN_BY_CLOCK) === 0 ? "dropped" : "clock",
            takenBack: (of.marked[operation]! & TAKEN_BACK) !== 0,
          }
        : {}),
    });
  }

  /** Until when a kept write may have taken effect: its answer, if it got one. -1 while that is not known. */
  function keptUntil(operation: number): number {
    const ending = of.ending[operation];
    if (ending === Ending.Pending) return -1;
    return ending === Ending.Ambiguous ? Infinity : of.endedAt[operation]!;
  }

  function keep(operation: number): void {
    if (operation === 0) return; // An entry that no client asked for.
    of.kept[operation] = of.kept[operation]! + 1;
    const keysOfShard = table[of.shard[operation]!]!.keys;
    keysOfShard.raiseKept(keysOfShard.localOf(of.key[operation]!), keptUntil(operation));
  }

  function drop(store: ReplicaStore): void {
    const { copies, stores } = table[store.shard]!;
    // What took another's place on that disk took it for good.
    store.merging?.retireAll(false);
    for (const list of [copies, stores]) if (list.includes(store)) list.splice(list.indexOf(store), 1);
    store.destroy();
    if (store.merging === undefined) return;
    fates.forget(store.merging.bit, store.shard);
    if (stores.some((other) => !other.destroyed() && other.written() > 0)) return;
    const shard = table[store.shard]!;
    fates.erased(store.shard);
    shard.erased = {
      writes: shard.erased.writes + shard.forgottenWrites,
      bytes: shard.erased.bytes + shard.forgottenBytes,
      listed: lost.length,
    };
    shard.forgottenWrites = 0;
    shard.forgottenBytes = 0;
  }

  function retire(shard: ShardLedger): void {
    shard.sinceRetire = 0;
    const { stores } = shard;
    if (merges) {
      for (const store of stores) if (!store.destroyed()) store.merging?.retireAll(false);
      return;
    }
    let floor = Infinity;
    let first: ReplicaStore | undefined;
    for (const store of stores) {
      if (store.destroyed()) continue;
      first ??= store;
      floor = Math.min(floor, store.synced(), store.applied(), store.durable());
    }
    for (const copy of shard.copies) floor = Math.min(floor, copy.applied());
    if (first === undefined || floor === Infinity) return;
    while (first.base() < floor) {
      const index = first.base() + 1;
      const version = first.versionAt(index);
      for (const store of stores) if (!store.destroyed() && store.versionAt(index) !== version) return; // Diverged: nothing is settled beyond.
      for (const copy of shard.copies) if (copy.versionAt(index) !== version) return;
      keep(versions.operation[version]!);
      for (const store of stores) if (!store.destroyed()) store.retire();
      for (const copy of shard.copies) copy.retire();
    }
  }

  return {
    operations,
    shards: table,
    lost,
    freshness,
    counts,
    merging: merges ? { beats, supersedes: merge === "siblings" ? causality(operations) : beats, fates } : undefined,
    addReplica: (shard, server) => {
      const { keys: keysOf, stores } = table[shard]!;
      const store = merges
        ? (merge === "siblings" ? createSiblingStore : createMergingStore)(operations, keysOf, shard, server, freeBit(stores), beats, fates)
        : createReplicaStore(operations, keysOf, shard, server);
      table[shard]!.stores.push(store);
      return store;
    },
    copyReplica: (store) => {
      const copy = store.copy();
      table[store.shard]!.copies.push(copy);
      return copy;
    },
    installReplica: (copy, former, server) => {
      const { copies, stores } = table[copy.shard]!;
      if (!copies.includes(copy)) return false;
      copies.splice(copies.indexOf(copy), 1);
      if (former !== undefined) drop(former);
      copy.server = server;
      stores.push(copy);
      return true;
    },
    dropReplica: drop,
    appendOperation: (store, operation, epoch, now, note) => {
      const index = store.append(operations.version(operation, epoch, now, note));
      noteAppend(table[store.shard]!);
      return index;
    },
    appendVersion: (store, version) => {
      operations.holdVersion(version);
      if (merges) noteAppend(table[store.shard]!);
      return store.append(version);
    },
    acknowledging: (operation, version, shard, epoch, now) => {
      // A late answer to an earlier attempt changes nothing once the client has heard.
      if (of.ending[operation] === Ending.Pending) {
        of.epoch[operation] = epoch;
        of.appendedUnder[operation] = version === 0 ? epoch : versions.epoch[version]!;
        of.appendedAt[operation] = version === 0 ? now : versions.appendedAt[version]!;
      }
      const { firstAck } = table[shard]!;
      for (let i = firstAck.length - 1; i >= 0; i -= 1) {
        if (firstAck[i]!.epoch !== epoch) continue;
        firstAck[i]!.last = now;
        return;
      }
      firstAck.push({ epoch, at: now, last: now });
    },
    serving: (operation, shard, key, version) => freshness.serving(table[shard]!.keys, operation, key, version),
    servingOneOf: (operation, shard, key, version) => freshness.servingOneOf(table[shard]!.keys, shard, operation, key, version),
    end: (operation, ending, now) => {
      if (of.ending[operation] !== Ending.Pending) {
        counts.endedTwice += 1;
        return;
      }
      counts.endedOnce += 1;
      of.ending[operation] = ending;
      of.endedAt[operation] = now;
      if (isWrite(of.kind[operation]!)) {
        const shard = table[of.shard[operation]!]!;
        if (ending === Ending.Acknowledged) noteAcknowledged(shard, operation, now);
        if (ending === Ending.Ambiguous && of.probe[operation] === 0) counts.ambiguous += 1;
        if (of.kept[operation]! > 0) shard.keys.raiseKept(shard.keys.localOf(of.key[operation]!), keptUntil(operation));
      }
      freshness.answered(operation, ending === Ending.Acknowledged);
      operations.release(operation);
    },
    retire,
    keep,
    keptUntil,
    judge: settled,
  };

  function noteAppend(shard: ShardLedger): void {
    shard.sinceRetire += 1;
    if (shard.sinceRetire >= RETIRE_EVERY) retire(shard);
  }

  function noteAcknowledged(shard: ShardLedger, operation: number, now: Instant): void {
    const probe = of.probe[operation] === 1;
    if (probe) return;
    freshness.acknowledged(shard.keys, operation);
    shard.acknowledgedWrites += 1;
    shard.acknowledgedBytes += of.bytes[operation]!;
    shard.firstAckAt = Math.min(shard.firstAckAt, now);
    shard.lastAckAt = now;
    noteSplitBrain(shard, of.appendedUnder[operation]!, of.appendedAt[operation]!);
  }

  function noteSplitBrain(shard: ShardLedger, epoch: number, appendedAt: number): void {
    const first = shard.firstAck.find((candidate) => candidate.epoch > epoch && candidate.at < appendedAt);
    if (first === undefined) return;
    shard.splitBrainWrites += 1;
    const known = shard.splitBrain.find((stretch) => stretch.from === first.at);
    if (known === undefined) shard.splitBrain.push({ from: first.at, to: appendedAt });
    else known.to = Math.max(known.to, appendedAt);
  }
}
