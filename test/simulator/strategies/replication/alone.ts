/** A mechanism of a replica by itself: a replica among servers 0 to 3, and an io that shows what the test says and keeps what is done. */
import { serverId } from "../../../../src/base/ids.ts";
import type { FactInput, Io } from "../../../../src/base/machine.ts";
import type { ReplicaContext } from "../../../../src/simulator/strategies/contracts.ts";
import type { AckPolicy } from "../../../../src/simulator/strategies/replication/policy.ts";
import { createReplica, type Replica } from "../../../../src/simulator/strategies/replication/replica.ts";

const SERVERS = [0, 1, 2, 3].map(serverId);
const ALL = 0b1111;

/** Server 0 is primary, and every one of the four holds a replica. The policy is looked at by whoever is made with this replica. */
export function replicaOn(server: number): Replica {
  const context = {
    shard: 0,
    server: serverId(server),
    replicasOf: () => SERVERS,
    initialMap: () => ({ standing: [ALL] }),
    replicaMachine: (_shard: number, of: number) => 100 + of,
    permits: undefined,
  } as unknown as ReplicaContext;
  const replica = createReplica(context, {} as AckPolicy);
  replica.gather();
  return replica;
}

export interface Alone {
  readonly io: Io;
  /** What the clock and the log show: to be changed at will. */
  readonly shown: { now: number; written: number; synced: number; applied: number };
  readonly facts: FactInput[];
  /** Messages and answers, in order. */
  readonly sent: { readonly kind: number | "reply"; readonly fields: Readonly<Record<string, number>> }[];
  /** When timers go off, by id. */
  readonly timers: Map<number, number>;
  /** A message as it comes in: its slot. */
  readonly message: (fields: Readonly<Record<string, number>>) => number;
}

const FIELDS = [
  "shard",
  "epoch",
  "who",
  "key",
  "index",
  "until",
  "time",
  "operation",
  "count",
  "outcome",
  "version",
  "demand",
  "bytes",
] as const;

export function alone(): Alone {
  const shown = { now: 0, written: 0, synced: 0, applied: 0 };
  const facts: FactInput[] = [];
  const sent: Alone["sent"] = [];
  const timers = new Map<number, number>();
  const messages = Object.fromEntries(FIELDS.map((name): [string, number[]] => [name, []]));
  let slots = 0;
  const take = (): number => {
    for (const name of FIELDS) messages[name]![slots] = name === "who" || name === "operation" ? -1 : 0;
    slots += 1;
    return slots - 1;
  };
  const fieldsOf = (slot: number): Readonly<Record<string, number>> =>
    Object.fromEntries(FIELDS.map((name) => [name, messages[name]![slot]!]));
  const io = {
    now: () => shown.now,
    messages,
    message: take,
    send: (_to: number, _channel: number, kind: number, slot: number) => void sent.push({ kind, fields: fieldsOf(slot) }),
    reply: (_to: number, slot: number) => void sent.push({ kind: "reply", fields: fieldsOf(slot) }),
    identity: (operation: number) => operation + 1,
    setTimer: (id: number, after: number) => void timers.set(id, shown.now + after),
    cancelTimer: (id: number) => void timers.delete(id),
    fact: (fact: FactInput) => void facts.push(fact),
    log: {
      exists: () => true,
      written: () => shown.written,
      synced: () => shown.synced,
      applied: () => shown.applied,
      keyAt: () => 7,
      // What a reader gets is told by how far is applied.
      read: () => shown.applied,
    },
  } as unknown as Io;
  const message = (fields: Readonly<Record<string, number>>): number => {
    const slot = take();
    for (const [name, value] of Object.entries(fields)) messages[name]![slot] = value;
    return slot;
  };
  return { io, shown, facts, sent, timers, message };
}
