/**
 * The ledger's plainest twin: it keeps every operation and every entry for ever, in arrays, and judges by reading the
 * definitions of the data metrics aloud. `play` drives the real ledger and the twin through the same moves.
 */
import fc from "fast-check";
import type { Instant } from "../../../src/base/time.ts";
import { auditLedger } from "../../../src/simulator/cluster/audit.ts";
import { createLedger, type Ledger } from "../../../src/simulator/cluster/ledger.ts";
import { Ending, Kind } from "../../../src/simulator/cluster/operations.ts";
import type { ReplicaStore } from "../../../src/simulator/cluster/replica-store.ts";
import type { DataAudit } from "../../../src/simulator/record/record.ts";

export const SHARDS = 2;
const REPLICAS = 3;
const KEYS = 6;
/** The first keys of each shard are there from the start. */
const isLoaded = (key: number): boolean => key < 2;
const shardOf = (key: number): number => key % SHARDS;

export interface Move {
  readonly kind:
    | "open"
    | "append"
    | "appendLate"
    | "ship"
    | "sync"
    | "apply"
    | "truncate"
    | "answer"
    | "end"
    | "read"
    | "crash"
    | "destroy"
    | "retire"
    | "copy"
    | "install"
    | "drop"
    | "write";
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** Much is asked of few keys, and standbys lag: reads miss several writes, some of which are then lost. */
export const laggingMoves: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.record({
    kind: fc.constantFrom<Move["kind"][]>(
      "write",
      "write",
      "write",
      "write",
      "read",
      "read",
      "read",
      "ship",
      "apply",
      "sync",
      "truncate",
      "retire",
    ),
    a: fc.nat(1_000),
    b: fc.nat(1_000),
    c: fc.nat(1_000),
  }),
  { minLength: 20, maxLength: 80, size: "max" },
);

export const moves: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.record({
    kind: fc.constantFrom<Move["kind"][]>(
      ...([
        "open",
        "open",
        "append",
        "append",
        "append",
        "ship",
        "ship",
        "ship",
        "sync",
        "sync",
        "apply",
        "apply",
        "answer",
        "answer",
        "end",
        "end",
        "end",
        "read",
        "read",
        "retire",
        "truncate",
        "crash",
        "appendLate",
        "copy",
        "install",
      ] as const),
      "destroy",
      "drop",
    ),
    a: fc.nat(1_000),
    b: fc.nat(1_000),
    c: fc.nat(1_000),
  }),
  { minLength: 20, maxLength: 250, size: "max" },
);

interface Operation {
  readonly handle: number;
  readonly kind: number;
  readonly key: number;
  readonly probe: boolean;
  readonly bytes: number;
  readonly sentAt: number;
  /** A message keeps it alive after its end. */
  readonly lingers: boolean;
  ending: number;
  endedAt: number;
  /** Of the answer that the client heard: append epoch and instant. */
  appendedUnder: number;
  appendedAt: number;
}

interface Entry {
  readonly operation: Operation;
  readonly epoch: number;
  readonly at: number;
}

interface Replica {
  readonly shard: number;
  store: ReplicaStore;
  entries: Entry[];
  synced: number;
  applied: number;
  destroyed: boolean;
}

interface Read {
  readonly key: number;
  readonly sentAt: number;
  readonly answer: Operation | undefined;
}

export interface Played {
  readonly ledger: Ledger;
  readonly real: DataAudit;
  readonly plain: Omit<DataAudit, "staleAge" | "lossSpan">;
  readonly realAges: { readonly count: number; readonly sum: number; readonly min: number; readonly max: number };
  readonly plainAges: readonly number[];
  /** An operation was applied again after its client had heard: what was missed by a read is then a lower bound. */
  readonly appliedLate: boolean;
  /** Every replica's state held the same writes as its twin's, before the audit. */
  readonly statesAgree: boolean;
  /** Lets go of everything. */
  readonly drain: () => void;
}

export function play(script: readonly Move[], owners: readonly number[], epochs: readonly number[]): Played {
  const ledger = createLedger(SHARDS, KEYS);
  const { operations } = ledger;
  const of = operations.of;
  const all: Operation[] = [];
  const reads: Read[] = [];
  const replicas: Replica[] = Array.from({ length: SHARDS * REPLICAS }, (_, place) => {
    const shard = Math.floor(place / REPLICAS);
    return { shard, store: ledger.addReplica(shard, place % REPLICAS), entries: [], synced: 0, applied: 0, destroyed: false };
  });
  /** Copies under way, as they were when they were taken. */
  const copies: { readonly shard: number; readonly store: ReplicaStore; readonly entries: Entry[] }[] = [];
  const firstAnswers: { readonly shard: number; readonly epoch: number; readonly at: number }[] = [];
  let now = 0;
  let appliedLate = false;

  const pending = (): Operation[] => all.filter((operation) => operation.ending === Ending.Pending);
  const alive = (): Replica[] => replicas.filter((replica) => !replica.destroyed);
  const pick = <T>(list: readonly T[], n: number): T | undefined => (list.length === 0 ? undefined : list[n % list.length]);

  function truncate(replica: Replica, to: number): void {
    replica.store.truncate(to);
    replica.entries = replica.entries.slice(0, to);
    replica.applied = Math.min(replica.applied, to);
    replica.synced = Math.min(replica.synced, to);
  }

  function append(operation: Operation, n: number): void {
    const replica = pick(
      alive().filter((candidate) => candidate.shard === shardOf(operation.key)),
      n,
    );
    if (replica === undefined) return;
    const epoch = epochs[n % epochs.length]!;
    ledger.appendOperation(replica.store, operation.handle, epoch, now as Instant);
    replica.entries.push({ operation, epoch, at: now });
  }

  function move({ kind, a, b, c }: Move): void {
    switch (kind) {
      case "open": {
        const handle = operations.open();
        const key = a % KEYS;
        const isProbe = b % 11 === 0;
        const operation: Operation = {
          handle,
          kind: isProbe ? Kind.Update : [Kind.Update, Kind.Update, Kind.Insert, Kind.Delete][b % 4]!,
          key,
          probe: isProbe,
          bytes: c,
          sentAt: now,
          lingers: c % 4 === 0,
          ending: Ending.Pending,
          endedAt: Infinity,
          appendedUnder: 0,
          appendedAt: 0,
        };
        of.kind[handle] = operation.kind;
        of.key[handle] = key;
        of.shard[handle] = shardOf(key);
        of.probe[handle] = operation.probe ? 1 : 0;
        of.bytes[handle] = c;
        of.sentAt[handle] = now;
        of.vantage[handle] = 0;
        if (operation.lingers) operations.hold(handle);
        all.push(operation);
        return;
      }
      case "append": {
        const operation = pick(pending(), a);
        if (operation !== undefined) append(operation, b);
        return;
      }
      case "appendLate": {
        const operation = pick(
          all.filter((candidate) => candidate.lingers && candidate.ending !== Ending.Pending),
          a,
        );
        if (operation === undefined) return;
        appliedLate = true;
        append(operation, b);
        return;
      }
      case "ship": {
        const from = pick(alive(), a);
        if (from === undefined) return;
        const to = pick(
          alive().filter((candidate) => candidate.shard === from.shard && candidate !== from),
          b,
        );
        if (to === undefined) return;
        for (let i = 0; i <= c % 3; i += 1) {
          const entry = from.entries[to.entries.length];
          const version = from.store.versionAt(to.entries.length + 1);
          if (entry === undefined || version === 0) return;
          ledger.appendVersion(to.store, version);
          to.entries.push(entry);
        }
        return;
      }
      case "sync": {
        const replica = pick(alive(), a);
        if (replica === undefined) return;
        const to = Math.max(replica.synced, replica.entries.length - (b % 2));
        replica.store.setSynced(to);
        replica.synced = to;
        return;
      }
      case "apply": {
        const replica = pick(alive(), a);
        if (replica === undefined) return;
        const to = Math.max(replica.applied, replica.entries.length - (b % 2));
        replica.store.apply(to);
        replica.applied = to;
        return;
      }
      case "truncate": {
        const replica = pick(alive(), a);
        if (replica !== undefined) truncate(replica, Math.max(replica.store.base(), replica.entries.length - (b % 4)));
        return;
      }
      case "crash": {
        const replica = pick(alive(), a);
        if (replica !== undefined) truncate(replica, replica.synced + (b % (replica.entries.length - replica.synced + 1)));
        return;
      }
      case "answer": {
        // A server says that a write is done: as it should (a place in its log), or for nothing at all.
        const operation = pick(
          all.filter((candidate) => candidate.ending === Ending.Pending || candidate.lingers),
          a,
        );
        if (operation === undefined) return;
        const shard = shardOf(operation.key);
        const replica = pick(
          alive().filter((candidate) => candidate.shard === shard && candidate.entries.some((entry) => entry.operation === operation)),
          b,
        );
        const place = replica === undefined ? 0 : replica.entries.findIndex((entry) => entry.operation === operation) + 1;
        const version = replica === undefined ? 0 : replica.store.versionAt(place);
        const entry = version === 0 ? undefined : replica!.entries[place - 1];
        const epoch = epochs[c % epochs.length]!;
        ledger.acknowledging(operation.handle, version, shard, epoch, now as Instant);
        if (operation.ending === Ending.Pending) {
          operation.appendedUnder = entry?.epoch ?? epoch;
          operation.appendedAt = entry?.at ?? now;
        }
        if (!firstAnswers.some((first) => first.shard === shard && first.epoch === epoch)) firstAnswers.push({ shard, epoch, at: now });
        return;
      }
      case "end": {
        const operation = pick(pending(), a);
        if (operation === undefined) return;
        const ending = [Ending.Acknowledged, Ending.Acknowledged, Ending.Acknowledged, Ending.Refused, Ending.Ambiguous][b % 5]!;
        operation.ending = ending;
        operation.endedAt = now;
        ledger.counts.issued += 1;
        ledger.end(operation.handle, ending, now as Instant);
        return;
      }
      case "read": {
        const replica = pick(alive(), a);
        if (replica === undefined) return;
        const key = (b % (KEYS / SHARDS)) * SHARDS + replica.shard;
        const handle = operations.open();
        of.kind[handle] = Kind.Read;
        of.key[handle] = key;
        of.shard[handle] = replica.shard;
        of.probe[handle] = 0;
        of.sentAt[handle] = now;
        ledger.serving(handle, replica.shard, key, replica.store.read(key));
        const answered = c % 5 !== 0;
        ledger.counts.issued += 1;
        ledger.end(handle, answered ? Ending.Acknowledged : Ending.Ambiguous, now as Instant);
        if (answered) reads.push({ key, sentAt: now, answer: stateOf(replica).get(key) });
        return;
      }
      case "destroy": {
        // Seldom: three of them leave a shard without any data.
        const replica = pick(alive(), a);
        if (replica === undefined || b % 3 !== 0) return;
        replica.store.destroy();
        replica.destroyed = true;
        return;
      }
      case "copy": {
        const from = pick(alive(), a);
        if (from !== undefined)
          copies.push({ shard: from.shard, store: ledger.copyReplica(from.store), entries: from.entries.slice(0, from.applied) });
        return;
      }
      case "install": {
        const copy = pick(copies, a);
        if (copy === undefined) return;
        const target = pick(
          alive().filter((candidate) => candidate.shard === copy.shard),
          b,
        );
        if (target === undefined) return;
        ledger.installReplica(copy.store, target.store, target.store.server);
        Object.assign(target, { store: copy.store, entries: copy.entries, synced: copy.entries.length, applied: copy.entries.length });
        copies.splice(copies.indexOf(copy), 1);
        return;
      }
      case "drop": {
        const copy = pick(copies, a);
        if (copy === undefined) return;
        ledger.dropReplica(copy.store);
        copies.splice(copies.indexOf(copy), 1);
        return;
      }
      case "write": {
        // All that a good write takes: asked, appended by the first replica, applied, answered, heard.
        move({ kind: "open", a: (a % 2) * SHARDS, b: 1, c });
        const operation = all.at(-1)!;
        const primary = replicas[0]!;
        if (primary.destroyed) return;
        ledger.appendOperation(primary.store, operation.handle, 1, now as Instant);
        primary.entries.push({ operation, epoch: 1, at: now });
        primary.applied = primary.entries.length;
        primary.store.apply(primary.applied);
        ledger.acknowledging(operation.handle, primary.store.versionAt(primary.applied), 0, 1, now as Instant);
        Object.assign(operation, { ending: Ending.Acknowledged, endedAt: now + 1, appendedUnder: 1, appendedAt: now });
        ledger.counts.issued += 1;
        now += 1;
        ledger.end(operation.handle, Ending.Acknowledged, now as Instant);
        if (!firstAnswers.some((first) => first.shard === 0 && first.epoch === 1)) firstAnswers.push({ shard: 0, epoch: 1, at: now - 1 });
        return;
      }
      case "retire":
        return ledger.retire(ledger.shards[a % SHARDS]!);
    }
  }

  for (const step of script) {
    now += 1 + (step.c % 3);
    move(step);
  }

  const statesAgree = alive().every((replica) => {
    const state = stateOf(replica);
    const { store, entries, synced, applied } = replica;
    if (store.written() !== entries.length || store.synced() !== synced || store.applied() !== applied) return false;
    return Array.from({ length: KEYS }, (_, key) => key)
      .filter((key) => shardOf(key) === replica.shard)
      .every((key) => operations.versions.operation[replica.store.read(key)] === (state.get(key)?.handle ?? 0));
  });
  const real = auditLedger({
    ledger,
    ownerOf: (shard) => owners[shard]!,
    promotable: (_, server) => server !== 0,
    isAlive: () => true,
    loadedKeys: isLoaded,
  }).data;
  const { plain, ages } = judge(all, reads, replicas, owners, firstAnswers);
  const { count, sum, min, max } = real.staleAge;
  return {
    ledger,
    real,
    plain,
    realAges: { count, sum, min, max },
    plainAges: ages,
    appliedLate,
    statesAgree,
    drain: () => {
      for (const operation of all) {
        if (operation.ending === Ending.Pending) ledger.end(operation.handle, Ending.Ambiguous, now as Instant);
        if (operation.lingers) operations.release(operation.handle);
      }
      for (const replica of alive()) replica.store.destroy();
      for (const copy of copies) ledger.dropReplica(copy.store);
    },
  };
}

/** Key -> the operation whose write a replica's state holds. */
function stateOf(replica: Replica): Map<number, Operation> {
  return new Map(replica.entries.slice(0, replica.applied).map((entry) => [entry.operation.key, entry.operation]));
}

function authorityOf(replicas: readonly Replica[], shard: number, owner: number): Replica | undefined {
  const survivors = replicas.filter((replica) => replica.shard === shard && !replica.destroyed);
  const own = survivors.find((replica) => replica.store.server === owner);
  if (own !== undefined) return own;
  const promotable = survivors.filter((replica) => replica.store.server !== 0);
  return [...(promotable.length > 0 ? promotable : survivors)].sort(
    (x, y) =>
      (y.entries.at(-1)?.epoch ?? 0) - (x.entries.at(-1)?.epoch ?? 0) ||
      y.entries.length - x.entries.length ||
      x.store.server - y.store.server,
  )[0];
}

function judge(
  all: readonly Operation[],
  reads: readonly Read[],
  replicas: readonly Replica[],
  owners: readonly number[],
  firstAnswers: readonly { shard: number; epoch: number; at: number }[],
): { plain: Played["plain"]; ages: number[] } {
  const authorities = Array.from({ length: SHARDS }, (_, shard) => authorityOf(replicas, shard, owners[shard]!));
  const history = authorities.flatMap((authority) => (authority === undefined ? [] : authority.entries.slice(0, authority.applied)));
  const times = (operation: Operation): number => history.filter((entry) => entry.operation === operation).length;
  const isAcknowledged = (operation: Operation): boolean => operation.ending === Ending.Acknowledged;
  const clients = all.filter((operation) => !operation.probe);
  const acknowledged = clients.filter(isAcknowledged);
  const lost = acknowledged.filter((operation) => times(operation) === 0);
  const until = (operation: Operation): number =>
    operation.ending === Ending.Ambiguous ? Infinity : operation.ending === Ending.Pending ? -1 : operation.endedAt;
  const kept = all.filter((operation) => times(operation) > 0);
  const visible = lost.filter((write) => {
    if (authorities[shardOf(write.key)] === undefined) return true;
    const newer = kept.filter(
      (other) =>
        other.key === write.key && (other.sentAt > write.endedAt || (other.sentAt <= write.endedAt && until(other) >= write.sentAt)),
    );
    return newer.filter((other) => until(other) >= 0).length === 0;
  });
  const resurrected = new Set(
    visible
      .filter((write) => write.kind === Kind.Delete && authorities[shardOf(write.key)] !== undefined)
      .filter((write) => {
        const held = stateOf(authorities[shardOf(write.key)]!).get(write.key);
        return held === undefined ? isLoaded(write.key) : held.kind !== Kind.Delete;
      })
      .map((write) => write.key),
  );
  const ages: number[] = [];
  for (const read of reads) {
    const answered = read.answer === undefined ? -1 : isAcknowledged(read.answer) ? read.answer.endedAt : Infinity;
    const missed = kept.filter(
      (write) => !write.probe && isAcknowledged(write) && write.key === read.key && write.endedAt < read.sentAt && write.sentAt > answered,
    );
    if (missed.length > 0) ages.push(read.sentAt - Math.min(...missed.map((write) => write.endedAt)));
  }
  const double = acknowledged.flatMap((write) => {
    const newer = firstAnswers.filter(
      (first) => first.shard === shardOf(write.key) && first.epoch > write.appendedUnder && first.at < write.appendedAt,
    );
    return newer.length === 0
      ? []
      : [{ shard: shardOf(write.key), from: Math.min(...newer.map((first) => first.at)), to: write.appendedAt }];
  });
  let doubleTime = 0;
  for (let shard = 0; shard < SHARDS; shard += 1) {
    const covered = new Set<number>();
    for (const stretch of double) if (stretch.shard === shard) for (let at = stretch.from; at < stretch.to; at += 1) covered.add(at);
    doubleTime += covered.size;
  }
  let divergedReplicas = 0;
  let comparedReplicas = 0;
  for (const replica of replicas) {
    const authority = authorities[replica.shard];
    if (replica.destroyed || authority === undefined || replica === authority) continue;
    comparedReplicas += 1;
    if (lastEntries(replica) !== lastEntries(authority)) divergedReplicas += 1;
  }
  return {
    ages,
    plain: {
      acknowledged: acknowledged.length,
      lossWrites: lost.length,
      lossVisible: visible.length,
      lossBytes: lost.reduce((sum, write) => sum + write.bytes, 0),
      resurrectedKeys: resurrected.size,
      phantomWrites: clients.filter((operation) => operation.ending === Ending.Refused && times(operation) > 0).length,
      duplicatedWrites: clients.filter((operation) => times(operation) > 1).length,
      ambiguousWrites: clients.filter((operation) => operation.ending === Ending.Ambiguous).length,
      ambiguousPresent: clients.filter((operation) => operation.ending === Ending.Ambiguous && times(operation) > 0).length,
      staleReads: ages.length,
      splitBrainWrites: double.length,
      splitBrainSpan: doubleTime,
      divergedReplicas,
      comparedReplicas,
    },
  };

  /** The state as text: for each key which entry (not only which operation) it holds. */
  function lastEntries(replica: Replica): string {
    const last = new Map<number, Entry>();
    for (const entry of replica.entries.slice(0, replica.applied)) last.set(entry.operation.key, entry);
    return [...last]
      .map(([key, entry]) => `${key}:${entry.operation.handle}/${entry.operation.sentAt}/${entry.epoch}/${entry.at}`)
      .sort()
      .join();
  }
}
