/**
 * The ledger: the omniscient account of what clients asked, what they were told and what the replicas really hold
 * (MEASURES.md, section 2). It watches the effects append, truncate, apply and reply, never what a part claims, and it
 * knows true time. Its memory follows the key space and what is pending or unsafe: a log position that every replica of
 * the shard has synced and applied alike is settled and forgotten.
 *
 * operations.ts holds the pools, replica-store.ts logs and states, audit.ts the judgement at the end.
 */
import type { Instant } from "../../base/time.ts";
import { createOperations, Ending, Kind, type Operations } from "./operations.ts";
import { createKeyNumbers, createShardKeys, type ShardKeys } from "./shard-keys.ts";
import { createReplicaStore, type ReplicaStore } from "./replica-store.ts";

export interface ShardLedger {
  readonly shard: number;
  readonly keys: ShardKeys;
  /** Every replica this shard ever had on a server, in order of creation. */
  readonly stores: ReplicaStore[];
  /** Epoch -> true instant at which its first acknowledgement was sent, epochs growing. */
  readonly firstAck: { readonly epoch: number; readonly at: number }[];
  /** Stretches in which an older epoch's acknowledged write was appended after a newer epoch's first acknowledgement. */
  readonly splitBrain: { from: number; to: number }[];
  splitBrainWrites: number;
  acknowledgedWrites: number;
  acknowledgedBytes: number;
  sinceRetire: number;
}

/** An acknowledged write that no surviving history holds. */
export interface LostWrite {
  readonly shard: number;
  readonly key: number;
  readonly kind: number;
  readonly probe: boolean;
  readonly sentAt: number;
  readonly ackAt: number;
  readonly bytes: number;
  readonly epoch: number;
  readonly vantage: number;
  visible: boolean;
}

/** A read that returned something older than an acknowledged write, if that write turns out to be kept. */
export interface StaleRead {
  readonly key: number;
  /** Intended send of the newer write, which names it together with its key. */
  readonly newerSentAt: number;
  readonly age: number;
}

export interface Ledger {
  readonly operations: Operations;
  readonly shards: readonly ShardLedger[];
  readonly lost: LostWrite[];
  readonly stale: StaleRead[];
  readonly counts: LedgerCounts;
  readonly addReplica: (shard: number, server: number) => ReplicaStore;
  /** A replica appended a client's operation: a new version, whose hold goes to the log. */
  readonly appendOperation: (store: ReplicaStore, operation: number, epoch: number, now: Instant) => number;
  /** A replica appended a version that it received; the log takes a hold of its own. */
  readonly appendVersion: (store: ReplicaStore, version: number) => number;
  /** A server sent the acknowledgement of a write. */
  readonly acknowledging: (operation: number, version: number, shard: number, epoch: number, now: Instant) => void;
  /** A server served a read from its replica. */
  readonly serving: (operation: number, shard: number, key: number, version: number, now: Instant) => void;
  /** The client knows the end of its operation; called once, which is counted. */
  readonly end: (operation: number, ending: Ending, now: Instant) => void;
  /** Settles what every replica of the shard that still counts has synced and applied alike. */
  readonly retire: (shard: ShardLedger) => void;
  /** For the audit: this operation is in the authoritative history once more. */
  readonly keep: (operation: number) => void;
  /** For the audit: judges an operation that is still held, as if nothing held it any more; once. */
  readonly judge: (operation: number) => void;
}

export interface LedgerCounts {
  issued: number;
  endedOnce: number;
  endedTwice: number;
  duplicated: number;
  phantom: number;
  ambiguous: number;
  ambiguousPresent: number;
}

/** Retiring is tried after so many appends to a shard: often enough to keep logs short, seldom enough to cost nothing. */
const RETIRE_EVERY = 64;

const isWrite = (kind: number): boolean => kind !== Kind.Read;

/** An empty ledger for so many shards and (at first) keys. */
export function createLedger(shards: number, keys: number): Ledger {
  const numbers = createKeyNumbers(keys);
  const lost: LostWrite[] = [];
  const stale: StaleRead[] = [];
  const counts: LedgerCounts = { issued: 0, endedOnce: 0, endedTwice: 0, duplicated: 0, phantom: 0, ambiguous: 0, ambiguousPresent: 0 };
  const operations = createOperations(settled);
  const of = operations.of;
  const versions = operations.versions;
  const table: ShardLedger[] = Array.from({ length: shards }, (_, shard) => ({
    shard,
    keys: createShardKeys(numbers),
    stores: [],
    firstAck: [],
    splitBrain: [],
    splitBrainWrites: 0,
    acknowledgedWrites: 0,
    acknowledgedBytes: 0,
    sinceRetire: 0,
  }));

  /** Nothing holds the operation any more, so its part in every history is final. */
  function settled(operation: number): void {
    if (of.judged[operation] === 1 || !isWrite(of.kind[operation]!)) return;
    // The audit judges operations that are still held, and they may be let go afterwards.
    of.judged[operation] = 1;
    const kept = of.kept[operation]!;
    const probe = of.probe[operation] === 1;
    switch (of.ending[operation]) {
      case Ending.Acknowledged:
        if (kept === 0) lose(operation);
        break;
      case Ending.Refused:
        if (kept > 0 && !probe) counts.phantom += 1;
        break;
      default:
        if (!probe && kept > 0) counts.ambiguousPresent += 1;
    }
    if (kept > 1 && !probe) counts.duplicated += 1;
  }

  function lose(operation: number): void {
    lost.push({
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
    });
  }

  function keptUntil(operation: number): number {
    const ending = of.ending[operation];
    if (ending === Ending.Acknowledged) return of.endedAt[operation]!;
    return ending === Ending.Ambiguous ? Infinity : -1;
  }

  function keep(operation: number): void {
    of.kept[operation] = of.kept[operation]! + 1;
    const keysOfShard = table[of.shard[operation]!]!.keys;
    keysOfShard.raiseKept(keysOfShard.localOf(of.key[operation]!), keptUntil(operation));
  }

  function retire(shard: ShardLedger): void {
    shard.sinceRetire = 0;
    const { stores } = shard;
    let floor = Infinity;
    let first: ReplicaStore | undefined;
    for (const store of stores) {
      if (store.destroyed()) continue;
      first ??= store;
      floor = Math.min(floor, store.synced(), store.applied());
    }
    if (first === undefined || floor === Infinity) return;
    while (first.base() < floor) {
      const index = first.base() + 1;
      const version = first.versionAt(index);
      for (const store of stores) if (!store.destroyed() && store.versionAt(index) !== version) return; // Diverged: nothing is settled beyond.
      keep(versions.operation[version]!);
      for (const store of stores) if (!store.destroyed()) store.retire();
    }
  }

  return {
    operations,
    shards: table,
    lost,
    stale,
    counts,
    addReplica: (shard, server) => {
      const store = createReplicaStore(operations, table[shard]!.keys, shard, server);
      table[shard]!.stores.push(store);
      return store;
    },
    appendOperation: (store, operation, epoch, now) => {
      const index = store.append(operations.version(operation, epoch, now));
      const shard = table[store.shard]!;
      shard.sinceRetire += 1;
      if (shard.sinceRetire >= RETIRE_EVERY) retire(shard);
      return index;
    },
    appendVersion: (store, version) => {
      operations.holdVersion(version);
      return store.append(version);
    },
    acknowledging: (operation, version, shard, epoch, now) => {
      of.epoch[operation] = epoch;
      of.version[operation] = version;
      of.appendedAt[operation] = version === 0 ? now : versions.appendedAt[version]!;
      const { firstAck } = table[shard]!;
      for (let i = firstAck.length - 1; i >= 0; i -= 1) if (firstAck[i]!.epoch === epoch) return;
      firstAck.push({ epoch, at: now });
    },
    serving: (operation, shard, key, version, now) => {
      const { keys: shardKeys } = table[shard]!;
      const local = shardKeys.known(key);
      if (local < 0 || shardKeys.lastVersion(local) === version) return;
      const sentAt = of.sentAt[operation]!;
      const which = shardKeys.lastAt(local, 0) < sentAt ? 0 : 1;
      const newerAck = shardKeys.lastAt(local, which);
      if (newerAck < 0 || newerAck >= sentAt) return;
      const held = version === 0 ? -1 : versions.operation[version]!;
      const heldAck = held < 0 ? 0 : of.ending[held] === Ending.Acknowledged ? of.endedAt[held]! : Infinity;
      if (heldAck < shardKeys.lastSent(local, which)) stale.push({ key, newerSentAt: shardKeys.lastSent(local, which), age: now - newerAck });
    },
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
      operations.release(operation);
    },
    retire,
    keep,
    judge: settled,
  };

  function noteAcknowledged(shard: ShardLedger, operation: number, now: Instant): void {
    const probe = of.probe[operation] === 1;
    shard.keys.acknowledged(shard.keys.localOf(of.key[operation]!), of.version[operation]!, of.sentAt[operation]!, now);
    if (probe) return;
    shard.acknowledgedWrites += 1;
    shard.acknowledgedBytes += of.bytes[operation]!;
    const epoch = of.epoch[operation]!;
    const appendedAt = of.appendedAt[operation]!;
    for (const first of shard.firstAck) {
      if (first.epoch <= epoch || first.at >= appendedAt) continue;
      shard.splitBrainWrites += 1;
      shard.splitBrain.push({ from: first.at, to: appendedAt });
      break;
    }
  }
}
