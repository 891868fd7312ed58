/**
 * The judgement after settling: which history is authoritative for each shard, what was
 * acknowledged and is not in it, what is in it and should not be, and which replicas still differ.
 */
import { createHistogram } from "../record/histogram.ts";
import type { Audit, AuditInput } from "./audit-terms.ts";
import { staleAges } from "./freshness.ts";
import type { ShardLedger } from "./ledger.ts";
import { auditMerging } from "./merging-audit.ts";
import { Kind } from "./operations.ts";
import type { ReplicaStore } from "./replica-store.ts";

export function auditLedger(input: AuditInput): Audit {
  const { ledger } = input;
  if (ledger.merging !== undefined) return auditMerging(input, ledger.merging);
  const { operations } = ledger;
  const authoritative = ledger.shards.map((shard) => {
    ledger.retire(shard);
    return chooseAuthority(shard, input);
  });
  for (const store of authoritative) {
    if (store === undefined) continue;
    for (let index = store.base() + 1; index <= store.applied(); index += 1) keep(store.versionAt(index));
  }
  // Everything still held is judged now, as if it were let go.
  operations.forEach((operation) => ledger.judge(operation));

  const extinct = ledger.shards.filter((_, i) => authoritative[i] === undefined).map((shard) => shard.shard);
  const gone = extinct.map((shard) => ledger.shards[shard]!);
  const lost = gone.length === 0 ? ledger.lost : ledger.lost.filter((write) => !extinct.includes(write.shard));
  const resurrected = new Set<number>();
  for (const write of lost) {
    const shard = ledger.shards[write.shard]!;
    const local = shard.keys.known(write.key);
    write.visible = local < 0 || shard.keys.keptUntil(local) < write.sentAt;
    if (!write.visible || write.kind !== Kind.Delete) continue;
    const held = authoritative[write.shard]!.read(write.key);
    const answers = held === 0 ? input.loadedKeys(write.key) : write.kind !== heldKind(held);
    if (answers) resurrected.add(write.key);
  }

  const counted = lost.filter((write) => !write.probe);
  // What nobody survived is lost too: no read of it can have missed a kept write.
  const lostSerials = new Set(ledger.lost.map((write) => write.serial));
  const ages = staleAges(ledger.freshness, (write) => lostSerials.has(write.serial) || extinct.includes(write.shard));
  const staleAge = createHistogram();
  for (const age of ages) staleAge.record(age);
  let divergedReplicas = 0;
  let comparedReplicas = 0;
  for (const [i, shard] of ledger.shards.entries()) {
    const model = authoritative[i];
    if (model === undefined) continue;
    for (const store of shard.stores) {
      if (store === model || store.destroyed() || !input.isAlive(store.server)) continue;
      comparedReplicas += 1;
      if (input.appliesLate === true) catchUp(store, model);
      if (differ(model, store, shard.keys.count())) divergedReplicas += 1;
    }
  }
  const acknowledged = ledger.shards.reduce((sum, shard) => sum + shard.acknowledgedWrites, 0);
  const survived = ledger.shards.filter((_, i) => authoritative[i] !== undefined);
  const present = (name: "phantom" | "duplicated" | "ambiguousPresent"): number => survived.reduce((sum, shard) => sum + shard[name], 0);
  const goneWrites = gone.reduce((sum, shard) => sum + shard.acknowledgedWrites, 0);
  return {
    lost,
    extinct,
    data: {
      acknowledged,
      lossWrites: counted.length + goneWrites,
      lossVisible: counted.filter((write) => write.visible).length + goneWrites,
      lossBytes: counted.reduce((sum, write) => sum + write.bytes, 0) + gone.reduce((sum, shard) => sum + shard.acknowledgedBytes, 0),
      lossSpan: 0, // Per fork: finish.ts knows those.
      resurrectedKeys: resurrected.size,
      phantomWrites: present("phantom"),
      duplicatedWrites: present("duplicated"),
      ambiguousWrites: ledger.counts.ambiguous,
      ambiguousPresent: present("ambiguousPresent"),
      staleReads: ages.length,
      staleAge: staleAge.encode(),
      splitBrainWrites: ledger.shards.reduce((sum, shard) => sum + shard.splitBrainWrites, 0),
      splitBrainSpan: ledger.shards.reduce((sum, shard) => sum + covered(shard.splitBrain), 0),
      divergedReplicas,
      comparedReplicas,
    },
  };

  function keep(version: number): void {
    ledger.keep(operations.versions.operation[version]!);
  }

  function heldKind(version: number): number {
    return operations.of.kind[operations.versions.operation[version]!]!;
  }
}

/** The owner by the map; if it is destroyed, who could be promoted, else the most advanced survivor. */
function chooseAuthority(shard: ShardLedger, input: AuditInput): ReplicaStore | undefined {
  const survivors = shard.stores.filter((store) => !store.destroyed());
  const owner = survivors.find((store) => store.server === input.ownerOf(shard.shard));
  if (owner !== undefined) return owner;
  const promotable = survivors.filter((store) => input.promotable(shard.shard, store.server));
  const from = promotable.length > 0 ? promotable : survivors;
  let best: ReplicaStore | undefined;
  for (const store of from) {
    if (best === undefined) best = store;
    else {
      const ahead =
        store.epochAt(store.written()) - best.epochAt(best.written()) || store.written() - best.written() || best.server - store.server;
      if (ahead > 0) best = store;
    }
  }
  return best;
}

/** What a standby holds and has yet to apply is no difference, as far as it is what the authoritative one has applied. */
function catchUp(store: ReplicaStore, model: ReplicaStore): void {
  const last = Math.min(store.written(), model.applied());
  for (let index = store.applied() + 1; index <= last && store.versionAt(index) === model.versionAt(index); index += 1) store.apply(index);
}

function differ(one: ReplicaStore, other: ReplicaStore, keys: number): boolean {
  for (let local = 0; local < keys; local += 1) if (one.stateAt(local) !== other.stateAt(local)) return true;
  return false;
}

/** Length of the union of intervals. */
function covered(intervals: readonly { readonly from: number; readonly to: number }[]): number {
  let total = 0;
  let end = -Infinity;
  for (const { from, to } of [...intervals].sort((a, b) => a.from - b.from || a.to - b.to)) {
    total += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return total;
}
