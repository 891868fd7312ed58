/**
 * The judgement after settling where shards have no single order of writes: what each key holds in the end is the version that
 * beats all others on the shard's surviving replicas. fates.ts knows what became of the rest.
 */
import { createHistogram } from "../record/histogram.ts";
import type { Audit, AuditInput } from "./audit.ts";
import type { Purged } from "./fates.ts";
import { staleAges } from "./freshness.ts";
import type { LostWrite, MergingLedger, ShardLedger } from "./ledger.ts";
import { Ending, Kind } from "./operations.ts";
import type { ReplicaStore } from "./replica-store.ts";

export function auditMerging(input: AuditInput, { beats, fates }: MergingLedger): Audit {
  const { ledger } = input;
  const { operations } = ledger;
  const { of, versions } = operations;
  const survivorsOf = ledger.shards.map((shard) => shard.stores.filter((store) => !store.destroyed()));
  /** By shard and local key: the version held in the end, 0 for none. */
  const finals = ledger.shards.map((shard, i) => settle(shard, survivorsOf[i]!));
  fates.close();
  operations.forEach((operation) => ledger.judge(operation));

  const extinct = ledger.shards.filter((_, i) => survivorsOf[i]!.length === 0).map(({ shard }) => shard);
  /** What nothing is left of: all that was ever acknowledged, or up to the instant at which every replica was erased. */
  const gone = ledger.shards.flatMap((shard) => {
    const all = { writes: shard.acknowledgedWrites, bytes: shard.acknowledgedBytes };
    const found = extinct.includes(shard.shard) ? all : shard.erased;
    return found === undefined ? [] : [found];
  });
  const isGone = ({ shard }: LostWrite, place: number): boolean =>
    extinct.includes(shard) || place < (ledger.shards[shard]!.erased?.listed ?? 0);
  const resurrected = new Set<number>();
  const back = ledger.shards.flatMap((shard, i) => resurrections(shard, finals[i]!));
  const survived = ledger.lost.filter((write, place) => !isGone(write, place));
  for (const write of survived) {
    const { keys } = ledger.shards[write.shard]!;
    const local = keys.known(write.key);
    write.visible = local < 0 || keys.keptUntil(local) < write.sentAt;
    if (!write.visible || write.kind !== Kind.Delete) continue;
    const final = finals[write.shard]![local] ?? 0;
    const answers = final === 0 ? input.loadedKeys(write.key) : of.kind[versions.operation[final]!] !== Kind.Delete;
    if (answers) resurrected.add(write.key);
  }
  for (const write of back) resurrected.add(write.key);
  const lost = [...survived, ...back];
  const counted = lost.filter((write) => !write.probe);

  const lostSerials = new Set([...ledger.lost, ...back].map((write) => write.serial));
  const ages = staleAges(ledger.freshness, (write) => lostSerials.has(write.serial) || extinct.includes(write.shard));
  const staleAge = createHistogram();
  for (const age of ages) staleAge.record(age);
  let comparedReplicas = 0;
  let divergedReplicas = 0;
  ledger.shards.forEach((shard, i) => {
    for (const store of survivorsOf[i]!) {
      if (!input.isAlive(store.server)) continue;
      comparedReplicas += 1;
      if (differs(store, finals[i]!, shard.keys.count())) divergedReplicas += 1;
    }
  });
  const total = (name: "phantom" | "duplicated" | "ambiguousPresent" | "discarded"): number =>
    ledger.shards.reduce((sum, shard) => sum + (extinct.includes(shard.shard) ? 0 : shard[name]), 0);
  const goneWrites = gone.reduce((sum, { writes }) => sum + writes, 0);
  return {
    lost,
    extinct,
    data: {
      acknowledged: ledger.shards.reduce((sum, shard) => sum + shard.acknowledgedWrites, 0),
      lossWrites: counted.length + goneWrites,
      lossVisible: counted.filter((write) => write.visible).length + goneWrites,
      lossBytes: counted.reduce((sum, write) => sum + write.bytes, 0) + gone.reduce((sum, { bytes }) => sum + bytes, 0),
      lossSpan: 0, // finish.ts knows what each loss is charged to.
      resurrectedKeys: resurrected.size,
      phantomWrites: total("phantom"),
      duplicatedWrites: total("duplicated"),
      ambiguousWrites: ledger.counts.ambiguous,
      ambiguousPresent: total("ambiguousPresent"),
      staleReads: ages.length,
      staleAge: staleAge.encode(),
      splitBrainWrites: 0,
      splitBrainSpan: 0,
      divergedReplicas,
      comparedReplicas,
      lossByClock: counted.filter((write) => write.cause === "clock").length,
      conflictsDiscarded: total("discarded"),
    },
  };

  /** What each key holds in the end; whatever other replicas still hold would lose to it. */
  function settle(shard: ShardLedger, stores: readonly ReplicaStore[]): readonly number[] {
    for (const store of stores) store.merging?.retireAll(true);
    return Array.from({ length: shard.keys.count() }, (_, local) => {
      let final = 0;
      for (const store of stores)
        if (store.merging?.isPurged(local) === false && beats(store.stateAt(local), final)) final = store.stateAt(local);
      for (const store of stores) {
        const version = store.stateAt(local);
        if (version === 0) continue;
        if (store.merging?.isPurged(local) === true) {
          if (final === 0) fates.final(version);
        } else if (version !== final) fates.beaten(version, final, 0);
      }
      if (final !== 0) fates.final(final);
      return final;
    });
  }

  function differs(store: ReplicaStore, final: readonly number[], keys: number): boolean {
    for (let local = 0; local < keys; local += 1)
      if (contentOf(store.merging?.isPurged(local) === true ? 0 : store.stateAt(local)) !== contentOf(final[local]!)) return true;
    return false;
  }

  /** Versions of one operation with one stamp are alike, and a tombstone is like nothing at all. */
  function contentOf(version: number): number {
    const operation = versions.operation[version]!;
    return version === 0 || of.kind[operation] === Kind.Delete ? 0 : of.serial[operation]!;
  }

  /** Deletes whose tombstone was purged before every replica had it: something older is back. */
  function resurrections(shard: ShardLedger, final: readonly number[]): LostWrite[] {
    const found: LostWrite[] = [];
    for (const grave of fates.purgedOf(shard.shard).values()) {
      const version = final[shard.keys.known(grave.key)] ?? 0;
      if (version === 0 || versions.note[version]! >= grave.stamp || of.kind[versions.operation[version]!] === Kind.Delete) continue;
      if (grave.ending === Ending.Acknowledged) found.push(lostDelete(shard.shard, grave));
    }
    return found;
  }
}

function lostDelete(shard: number, { serial, key, probe, sentAt, endedAt, vantage }: Purged): LostWrite {
  const fixed = { kind: Kind.Delete, bytes: 0, epoch: 1, visible: true, cause: "dropped" } as const;
  return { serial, shard, key, probe, sentAt, ackAt: endedAt, vantage, ...fixed };
}
