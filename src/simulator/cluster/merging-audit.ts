/**
 * The judgement after settling where shards have no single order of writes: what each key holds in the end is the version that
 * beats all others on the shard's surviving replicas. fates.ts knows what became of the rest.
 */
import { createHistogram } from "../record/histogram.ts";
import type { Audit, AuditInput } from "./audit-terms.ts";
import type { Purged } from "./fates.ts";
import { staleAges } from "./freshness.ts";
import type { LostWrite, MergingLedger, ShardLedger } from "./ledger.ts";
import { Ending, Kind } from "./operations.ts";
import type { ReplicaStore } from "./replica-store.ts";

export function auditMerging(input: AuditInput, { supersedes, fates }: MergingLedger): Audit {
  const { ledger } = input;
  const { operations } = ledger;
  const { of, versions } = operations;
  const survivorsOf = ledger.shards.map((shard) => shard.stores.filter((store) => !store.destroyed()));
  const isDelete = (version: number): boolean => of.kind[versions.operation[version]!] === Kind.Delete;
  /** By shard and local key: the versions held in the end. */
  const finals = ledger.shards.map((shard, i) => settle(shard, survivorsOf[i]!));
  fates.close();
  operations.forEach((operation) => ledger.judge(operation));

  const extinct = ledger.shards.filter((_, i) => survivorsOf[i]!.length === 0).map(({ shard }) => shard);
  /** What nothing is left of: all that was ever acknowledged, or what was forgotten as kept before every replica was erased. */
  const gone = ledger.shards.map(({ shard, acknowledgedWrites, acknowledgedBytes, erased }) =>
    extinct.includes(shard) ? { writes: acknowledgedWrites, bytes: acknowledgedBytes } : erased,
  );
  const resurrected = new Set<number>();
  const back = ledger.shards.flatMap((shard, i) => resurrections(shard, finals[i]!));
  const survived = ledger.lost.filter(({ shard }) => !extinct.includes(shard));
  for (const [place, write] of ledger.lost.entries()) {
    if (extinct.includes(write.shard)) continue;
    const { keys, erased } = ledger.shards[write.shard]!;
    const local = keys.known(write.key);
    write.visible = place < erased.listed || local < 0 || !isOverwritten(write, keys.keptUntil(local), finals[write.shard]![local] ?? []);
    if (!write.visible || write.kind !== Kind.Delete) continue;
    const final = finals[write.shard]![local] ?? [];
    const answers = final.length === 0 ? input.loadedKeys(write.key) : final.some((version) => !isDelete(version));
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
  ledger.shards.forEach((_, i) => {
    for (const store of survivorsOf[i]!) {
      if (!input.isAlive(store.server)) continue;
      comparedReplicas += 1;
      if (differs(store, finals[i]!)) divergedReplicas += 1;
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

  /** Was some kept write of the key, perhaps, after it? Of those that were found kept once, `keptUntil` knows it as one of them. */
  function isOverwritten({ sentAt, takenBack }: LostWrite, keptUntil: number, final: readonly number[]): boolean {
    if (takenBack !== true) return keptUntil >= sentAt;
    return final.some((version) => ledger.keptUntil(versions.operation[version]!) >= sentAt);
  }

  /** What each key holds in the end: of all that survives what nothing else supersedes. */
  function settle(shard: ShardLedger, stores: readonly ReplicaStore[]): readonly (readonly number[])[] {
    for (const store of stores) store.merging?.retireAll(true);
    return Array.from({ length: shard.keys.count() }, (_, local) => {
      const there = new Set(stores.flatMap(({ merging }) => (merging?.isPurged(local) === false ? merging.heldAt(local) : [])));
      const final = [...there].filter((version) => ![...there].some((other) => supersedes(other, version)));
      for (const version of there) {
        const winner = final.find((other) => supersedes(other, version));
        if (winner !== undefined) fates.beaten(version, winner, 0);
      }
      for (const { merging } of stores)
        if (merging?.isPurged(local) === true && final.length === 0) merging.heldAt(local).forEach(fates.final);
      final.forEach(fates.final);
      return final;
    });
  }

  function differs({ merging }: ReplicaStore, final: readonly (readonly number[])[]): boolean {
    return final.some(
      (versionsOf, local) => contentOf(merging?.isPurged(local) === true ? [] : (merging?.heldAt(local) ?? [])) !== contentOf(versionsOf),
    );
  }

  /** Versions of one operation are alike, and a tombstone is like nothing at all. */
  function contentOf(held: readonly number[]): string {
    const values = new Set(held.filter((version) => !isDelete(version)).map((version) => of.serial[versions.operation[version]!]!));
    return [...values].sort((x, y) => x - y).join();
  }

  /** Deletes whose tombstone was purged before every replica had it: something older is back. */
  function resurrections(shard: ShardLedger, final: readonly (readonly number[])[]): LostWrite[] {
    const found: LostWrite[] = [];
    for (const grave of fates.purgedOf(shard.shard).values()) {
      const held = final[shard.keys.known(grave.key)] ?? [];
      if (!held.some((version) => versions.note[version]! < grave.stamp && !isDelete(version))) continue;
      if (grave.ending === Ending.Acknowledged) found.push(lostDelete(shard.shard, grave));
    }
    return found;
  }
}

function lostDelete(shard: number, { serial, key, probe, sentAt, endedAt, vantage }: Purged): LostWrite {
  const fixed = { kind: Kind.Delete, bytes: 0, epoch: 1, visible: true, cause: "dropped" } as const;
  return { serial, shard, key, probe, sentAt, ackAt: endedAt, vantage, ...fixed };
}
