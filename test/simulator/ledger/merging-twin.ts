/**
 * The plainest twin of the ledger where a shard's writes have no single order: it keeps every operation, version and entry for ever,
 * replays logs from their first entry, and judges by reading the definition aloud: a version is kept if a surviving replica holds it in
 * the end and nothing there supersedes it, or if a kept version took its place for good, on some replica, that was not acknowledged
 * before it was sent. `playMerging` drives the real ledger and the twin through the same moves.
 */
import fc from "fast-check";
import type { Instant } from "../../../src/base/time.ts";
import { auditLedger } from "../../../src/simulator/cluster/audit.ts";
import { createLedger } from "../../../src/simulator/cluster/ledger.ts";
import { Ending, Kind } from "../../../src/simulator/cluster/operations.ts";
import type { ReplicaStore } from "../../../src/simulator/cluster/replica-store.ts";
import type { DataAudit } from "../../../src/simulator/record/record.ts";

const REPLICAS = 3;
const KEYS = 3;

const KINDS = [
  ...["open", "open", "make", "make", "make", "send", "send", "send", "deliver", "deliver", "deliver", "sync", "sync"],
  ...["apply", "apply", "end", "end", "end", "read", "retire", "crash", "lose", "wipe"],
  ...["write", "write", "write"],
] as const;

export interface MergingMove {
  readonly kind: string;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

export const mergingMoves: fc.Arbitrary<readonly MergingMove[]> = fc.array(
  fc.record({ kind: fc.constantFrom(...KINDS), a: fc.nat(1_000), b: fc.nat(1_000), c: fc.nat(1_000) }),
  { minLength: 20, maxLength: 150, size: "max" },
);

interface Operation {
  readonly handle: number;
  readonly serial: number;
  readonly kind: number;
  readonly key: number;
  readonly probe: boolean;
  readonly sentAt: number;
  ending: number;
  endedAt: number;
}

interface Version {
  readonly operation: Operation;
  readonly stamp: number;
  /** All versions of its key that were where it was made, and all that those had seen. */
  readonly seen: ReadonlySet<Version>;
}

interface Entry {
  readonly version: Version;
  /** Its number in the real ledger, while a log or a message holds it. */
  readonly handle: number;
}

interface Replica {
  store: ReplicaStore;
  entries: Entry[];
  synced: number;
  applied: number;
}

/** `loser` lost its place to `winner`, or found it taken. */
interface Meeting {
  readonly loser: Version;
  readonly winner: Version;
}

type Counted = Pick<
  DataAudit,
  | "acknowledged"
  | "lossWrites"
  | "phantomWrites"
  | "duplicatedWrites"
  | "ambiguousWrites"
  | "ambiguousPresent"
  | "staleReads"
  | "divergedReplicas"
  | "comparedReplicas"
> & { readonly lossByClock: number; readonly conflictsDiscarded: number };

export interface PlayedMerging {
  readonly real: DataAudit;
  readonly plain: Counted;
  readonly statesAgree: boolean;
  /** Operations and versions that the real ledger still held after everything was let go. */
  readonly left: readonly number[];
}

const wasBefore = (one: Operation, other: Operation): boolean => one.ending === Ending.Acknowledged && one.endedAt < other.sentAt;

function beats(one: Version, other: Version): boolean {
  if (one.stamp !== other.stamp) return one.stamp > other.stamp;
  const isGone = one.operation.kind === Kind.Delete;
  if (isGone !== (other.operation.kind === Kind.Delete)) return isGone;
  return one.operation.serial > other.operation.serial;
}

/** Which version takes another's place, and whether two stay side by side where neither does. */
interface Order {
  readonly supersedes: (one: Version, other: Version) => boolean;
  readonly keepsBoth: boolean;
}

const ORDERS: Readonly<Record<"lastWriterWins" | "siblings", Order>> = {
  lastWriterWins: { supersedes: beats, keepsBoth: false },
  siblings: { supersedes: (one, other) => one.seen.has(other), keepsBoth: true },
};

/** Replays the first `count` entries of a log: what each key holds, and who met whom. */
function replay(entries: readonly Entry[], count: number, { supersedes, keepsBoth }: Order) {
  const state = new Map<number, readonly Version[]>();
  const meetings: Meeting[] = [];
  for (const { version } of entries.slice(0, count)) {
    const { key } = version.operation;
    const held = state.get(key) ?? [];
    if (held.includes(version)) continue;
    const knower = held.find((other) => supersedes(other, version) || (!keepsBoth && !supersedes(version, other)));
    if (knower !== undefined) {
      meetings.push({ loser: version, winner: knower });
      continue;
    }
    const replaced = held.filter((other) => supersedes(version, other));
    for (const loser of replaced) meetings.push({ loser, winner: version });
    state.set(key, [...held.filter((other) => !replaced.includes(other)), version]);
  }
  return { state, meetings };
}

export function playMerging(script: readonly MergingMove[], merge: "lastWriterWins" | "siblings"): PlayedMerging {
  const ledger = createLedger(1, KEYS, merge);
  const { operations } = ledger;
  const of = operations.of;
  const order = ORDERS[merge];
  const { supersedes } = order;
  const all: Operation[] = [];
  const versions: Version[] = [];
  const messages: Entry[] = [];
  const meetings: Meeting[] = [];
  const reads: { readonly key: number; readonly sentAt: number; readonly answer: Operation | undefined }[] = [];
  const dots = new Map<string, number>();
  /** Under which name each replica counts: a new one where it may have forgotten its last count. */
  const actors = Array.from({ length: REPLICAS }, (_, place) => place);
  const replicas: Replica[] = Array.from({ length: REPLICAS }, (_, server) => fresh(server));
  let now = 0;

  function fresh(server: number): Replica {
    return { store: ledger.addReplica(0, server), entries: [], synced: 0, applied: 0 };
  }
  const pick = <T>(list: readonly T[], n: number): T | undefined => (list.length === 0 ? undefined : list[n % list.length]);
  const stateOf = ({ entries, applied }: Replica) => replay(entries, applied, order).state;
  const settle = (replica: Replica): void => {
    meetings.push(...replay(replica.entries, Math.min(replica.synced, replica.applied), order).meetings);
  };
  const newestOf = (held: readonly Version[] | undefined): Version | undefined =>
    (held ?? []).reduce<Version | undefined>((best, each) => (best === undefined || beats(each, best) ? each : best), undefined);

  function make(operation: Operation, place: number, stamp: number): void {
    const replica = replicas[place]!;
    if (order.keepsBoth) {
      // Whoever counts its versions has applied its own.
      replica.applied = replica.entries.length;
      replica.store.apply(replica.applied);
    }
    const held = stateOf(replica).get(operation.key) ?? [];
    const version: Version = { operation, stamp, seen: new Set(held.flatMap((each) => [each, ...each.seen])) };
    const index = ledger.appendOperation(replica.store, operation.handle, 1, now as Instant, stamp);
    const handle = replica.store.versionAt(index);
    if (merge === "siblings") {
      const actor = actors[place]!;
      const dot = `${actor}/${operation.key}`;
      const count = (dots.get(dot) ?? 0) + 1;
      dots.set(dot, count);
      const causes = new Map<number, number>();
      for (const each of version.seen) {
        const [maker, nth] = dotOf.get(each)!;
        causes.set(maker, Math.max(causes.get(maker) ?? 0, nth));
      }
      dotOf.set(version, [actor, count]);
      operations.versions.about[handle] = { actor, count, seen: causes };
    }
    versions.push(version);
    replica.entries.push({ version, handle });
  }
  /** Maker and count of each version. */
  const dotOf = new Map<Version, readonly [number, number]>();

  /** Clocks are up to 9 wrong. */
  const wrong = (c: number): number => now + (c % 19) - 9;

  function move({ kind, a, b, c }: MergingMove): void {
    const replica = replicas[a % REPLICAS]!;
    switch (kind) {
      case "open": {
        const handle = operations.open();
        const operation: Operation = {
          handle,
          serial: operations.serialOf(handle),
          kind: b % 4 === 0 ? Kind.Delete : Kind.Update,
          key: a % KEYS,
          probe: c % 10 === 0,
          sentAt: now,
          ending: Ending.Pending,
          endedAt: 0,
        };
        Object.assign(of.kind, { [handle]: operation.kind });
        of.key[handle] = operation.key;
        of.shard[handle] = 0;
        of.probe[handle] = operation.probe ? 1 : 0;
        of.bytes[handle] = c;
        of.sentAt[handle] = now;
        of.vantage[handle] = 0;
        all.push(operation);
        return;
      }
      case "make": {
        const operation = pick(
          all.filter(({ ending }) => ending === Ending.Pending),
          b,
        );
        if (operation !== undefined) make(operation, a % REPLICAS, wrong(c));
        return;
      }
      case "send": {
        const entry = pick(replica.entries.slice(replica.store.base()), b);
        if (entry === undefined) return;
        operations.holdVersion(entry.handle);
        messages.push(entry);
        return;
      }
      case "deliver": {
        const message = pick(messages, b);
        if (message === undefined) return;
        ledger.appendVersion(replica.store, message.handle);
        replica.entries.push(message);
        return;
      }
      case "lose": {
        const [message] = messages.splice(b % Math.max(1, messages.length), 1);
        if (message !== undefined) operations.releaseVersion(message.handle);
        return;
      }
      case "sync": {
        const to = Math.max(replica.synced, replica.entries.length - (b % 2));
        replica.store.setSynced(to);
        replica.synced = to;
        return;
      }
      case "apply": {
        const to = Math.max(replica.applied, replica.entries.length - (b % 2));
        replica.store.apply(to);
        replica.applied = to;
        return;
      }
      case "crash": {
        actors[a % REPLICAS]! += REPLICAS;
        replica.store.truncate(replica.synced);
        replica.entries = replica.entries.slice(0, replica.synced);
        replica.applied = Math.min(replica.applied, replica.synced);
        return;
      }
      case "write": {
        // All that a good write takes: asked, made, acknowledged.
        move({ kind: "open", a: b, b: c, c: 1 });
        const operation = all.at(-1)!;
        make(operation, a % REPLICAS, wrong(c));
        now += 1;
        move({ kind: "end", a: all.filter(({ ending }) => ending === Ending.Pending).length - 1, b: 0, c: 0 });
        return;
      }
      case "end": {
        const operation = pick(
          all.filter(({ ending }) => ending === Ending.Pending),
          a,
        );
        if (operation === undefined) return;
        operation.ending = [Ending.Acknowledged, Ending.Acknowledged, Ending.Acknowledged, Ending.Refused, Ending.Ambiguous][b % 5]!;
        operation.endedAt = now;
        ledger.end(operation.handle, operation.ending as Ending, now as Instant);
        return;
      }
      case "read": {
        const key = b % KEYS;
        const handle = operations.open();
        of.kind[handle] = Kind.Read;
        of.key[handle] = key;
        of.shard[handle] = 0;
        of.probe[handle] = 0;
        of.sentAt[handle] = now;
        ledger.serving(handle, 0, key, replica.store.read(key));
        ledger.end(handle, Ending.Acknowledged, now as Instant);
        reads.push({ key, sentAt: now, answer: newestOf(stateOf(replica).get(key))?.operation });
        return;
      }
      case "wipe": {
        // One disk is lost in a run, perhaps more than once: what all replicas had met is then still somewhere.
        const lost = replicas[REPLICAS - 1]!;
        if (b % 3 !== 0) return;
        actors[REPLICAS - 1]! += REPLICAS;
        settle(lost);
        ledger.dropReplica(lost.store);
        replicas[REPLICAS - 1] = fresh(REPLICAS - 1);
        return;
      }
      case "retire":
        return ledger.retire(ledger.shards[0]!);
    }
  }

  for (const step of script) {
    now += 1 + (step.c % 3);
    move(step);
  }
  for (const operation of all) {
    if (operation.ending !== Ending.Pending) continue;
    Object.assign(operation, { ending: Ending.Ambiguous, endedAt: now });
    ledger.end(operation.handle, Ending.Ambiguous, now as Instant);
  }
  for (const message of messages) operations.releaseVersion(message.handle);

  const statesAgree = replicas.every((replica) => {
    const state = stateOf(replica);
    return Array.from({ length: KEYS }, (_, key) => key).every((key) => {
      const held = newestOf(state.get(key));
      return operations.serialOf(operations.versions.operation[replica.store.read(key)]!) === (held?.operation.serial ?? 0);
    });
  });
  const real = auditLedger({ ledger, ownerOf: () => 0, promotable: () => true, isAlive: () => true, loadedKeys: () => false }).data;
  for (const replica of replicas) meetings.push(...replay(replica.entries, replica.applied, order).meetings);
  const plain = judge();
  for (const { store } of replicas) store.destroy();
  return { real, plain, statesAgree, left: [operations.live(), operations.liveVersions()] };

  function judge(): Counted {
    const finals = new Map<number, readonly Version[]>();
    for (let key = 0; key < KEYS; key += 1) {
      const there = [...new Set(replicas.flatMap((replica) => stateOf(replica).get(key) ?? []))];
      const final = there.filter((version) => !there.some((other) => other !== version && supersedes(other, version)));
      finals.set(key, final);
      // Replicas that differ would meet sooner or later.
      for (const loser of there)
        for (const winner of final) if (winner !== loser && supersedes(winner, loser)) meetings.push({ loser, winner });
    }
    const kept = new Set<Version>([...finals.values()].flat());
    for (let grew = true; grew;) {
      grew = false;
      for (const { loser, winner } of meetings) {
        const isLegal = loser.operation === winner.operation || !wasBefore(winner.operation, loser.operation);
        if (kept.has(loser) || !kept.has(winner) || !isLegal) continue;
        kept.add(loser);
        grew = true;
      }
    }
    const times = (operation: Operation): number =>
      versions.filter((version) => version.operation === operation && kept.has(version)).length;
    const clients = all.filter(({ probe }) => !probe);
    const acknowledged = clients.filter(({ ending }) => ending === Ending.Acknowledged);
    const lost = acknowledged.filter((operation) => times(operation) === 0);
    const others = (operation: Operation): readonly Operation[] =>
      meetings
        .filter(({ loser, winner }) => loser.operation === operation && winner.operation !== operation)
        .map(({ winner }) => winner.operation);
    const isLost = (write: Operation): boolean => times(write) === 0;
    const stale = reads.filter(({ key, sentAt, answer }) => {
      const answered = answer === undefined ? -1 : answer.ending === Ending.Acknowledged ? answer.endedAt : Infinity;
      return acknowledged.some((write) => write.key === key && !isLost(write) && write.endedAt < sentAt && write.sentAt > answered);
    });
    const contentOf = (held: readonly Version[]): string => {
      const written = held.filter(({ operation }) => operation.kind !== Kind.Delete).map(({ operation }) => operation.serial);
      return [...new Set(written)].sort((x, y) => x - y).join();
    };
    const differing = replicas.filter((replica) => {
      const state = stateOf(replica);
      return [...finals].some(([key, final]) => contentOf(state.get(key) ?? []) !== contentOf(final));
    });
    return {
      acknowledged: acknowledged.length,
      lossWrites: lost.length,
      lossByClock: lost.filter((write) => others(write).some((winner) => wasBefore(winner, write))).length,
      conflictsDiscarded:
        merge === "siblings"
          ? 0
          : acknowledged.filter(
              (write) => !isLost(write) && others(write).some((winner) => !wasBefore(winner, write) && !wasBefore(write, winner)),
            ).length,
      phantomWrites: clients.filter((write) => write.ending === Ending.Refused && times(write) > 0).length,
      duplicatedWrites: clients.filter((write) => times(write) > 1).length,
      ambiguousWrites: clients.filter((write) => write.ending === Ending.Ambiguous).length,
      ambiguousPresent: clients.filter((write) => write.ending === Ending.Ambiguous && times(write) > 0).length,
      staleReads: stale.length,
      divergedReplicas: differing.length,
      comparedReplicas: replicas.length,
    };
  }
}
