/**
 * What the sketches share: a run of the small cluster and short words for common effects. A
 * sketch shows that a kind of machine can be said in the contract, by one round on the cluster; it is no part of a strategy.
 */
import type { Fact } from "../../src/base/fact.ts";
import type { MachineId } from "../../src/base/ids.ts";
import { Channel, Outcome, type Io, type MessageFields } from "../../src/base/machine.ts";
import type { RunParts } from "../../src/simulator/cluster/run.ts";
import type { LocationSpec } from "../../src/simulator/cluster/spec.ts";
import { simulate } from "../../src/simulator/cluster/cluster.ts";
import type { LedgerCounts } from "../../src/simulator/cluster/ledger.ts";
import type { RunRecord } from "../../src/simulator/record/record.ts";
import { createNoFailover } from "../../src/simulator/strategies/failover/policies.ts";
import type { ReplicaContext, ReplicationPart } from "../../src/simulator/strategies/contracts.ts";
import { BYTES } from "../../src/simulator/strategies/messages.ts";
import type { WorkloadSpec } from "../../src/simulator/workload/workload.ts";
import { partsOf } from "../simulator/cluster/build.ts";
import { s, smallSpec } from "../simulator/cluster/small-run.ts";

export interface Ran {
  readonly record: RunRecord;
  /** Texts of the notes of a topic, in order of time. */
  readonly notes: (topic: string) => string[];
  readonly facts: <Kind extends Fact["kind"]>(kind: Kind) => Extract<Fact, { readonly kind: Kind }>[];
  /** What the ledger counted. */
  readonly counts: LedgerCounts;
  /** Every request ended, and once. */
  readonly isComplete: boolean;
}

/** Runs six seconds of the small cluster with these parts in place of its own; nobody fails over unless a part says so. */
export function sketch(parts: Partial<RunParts>, overrides: Parameters<typeof smallSpec>[0] = {}): Ran {
  let counts: LedgerCounts | undefined;
  const record = simulate(
    smallSpec({ duration: s(6), settle: s(5), ...overrides }),
    partsOf(() => ({ failover: createNoFailover(), ...parts })),
    {
      ended: ({ ledger }) => {
        counts = ledger.counts;
      },
    },
  );
  const facts: Ran["facts"] = (kind) => record.facts.filter((fact) => fact.kind === kind) as never;
  const isComplete = counts!.issued > 0 && counts!.issued === counts!.endedOnce && counts!.endedTwice === 0;
  return {
    record,
    isComplete,
    facts,
    notes: (topic) => facts("note").flatMap((note) => (note.topic === topic ? [note.text] : [])),
    counts: counts!,
  };
}

/** Hosts of a role, one in each of these zones, beside the metadata service. */
export const hostsOf = (role: string, zones: readonly string[]): Readonly<Record<string, readonly LocationSpec[]>> => ({
  metadata: [{ kind: "zone", name: "c" }],
  [role]: zones.map((name) => ({ kind: "zone", name })),
});

/** A replication part whose replicas are these: as many as asked for, of which `needed` must be live. */
export const replicated = (createReplica: ReplicationPart["createReplica"], needed = 2, singleOrder = true): ReplicationPart => ({
  copies: (replicas) => replicas,
  singleOrder,
  waitsForMembers: false,
  needed: () => needed,
  createReplica,
});

/** The other replicas of a shard. */
export const peersOf = ({ shard, server, replicasOf, replicaMachine }: ReplicaContext): readonly MachineId[] =>
  replicasOf(shard).flatMap((peer) => (peer === server ? [] : [replicaMachine(shard, peer)]));

/** So many writes a second, and nothing else. */
export const writes = (rate: number): readonly WorkloadSpec[] =>
  smallSpec().workload.map((load) => ({ ...load, arrivals: { kind: "poisson", rate }, mix: { update: 1 } }));

type Numbers = { readonly [Name in Exclude<keyof MessageFields, "payload">]?: number };
/** Message fields by name; `payload` for rare messages. */
export type Fields = Numbers & { readonly payload?: unknown };

/** A message with these fields, not yet sent. */
export function letter(io: Io, fields: Fields = {}): number {
  const slot = io.message();
  io.messages.bytes[slot] = BYTES.envelope;
  for (const [name, value] of Object.entries(fields)) io.messages[name as keyof Numbers][slot] = value as number;
  return slot;
}

/** Sends a small message on the control channel. */
export function post(io: Io, to: MachineId, kind: number, fields: Fields = {}): void {
  io.send(to, Channel.Control, kind, letter(io, fields));
}

/** Says something to a machine of this host. */
export function tell(io: Io, to: MachineId, kind: number, fields: Fields = {}): void {
  io.tell(to, kind, letter(io, fields));
}

/** Ships this replica's log after `index`, with what lets the receiver see whether its own agrees so far (`taken`). */
export function ship(io: Io, to: MachineId, kind: number, index: number, fields: Fields = {}): void {
  const slot = letter(io, { index, until: io.log.epochAt(index), count: io.log.written() - index, ...fields });
  io.attachEntries(slot, index + 1, io.log.written());
  io.send(to, Channel.Control, kind, slot);
}

/** Takes what `ship` sent, in place of entries that disagree. Gives the last index held in common, -1 if the log before differs. */
export function taken(io: Io, slot: number): number {
  const { index, until, count } = io.messages;
  const before = index[slot]!;
  if (before > io.log.written() || io.log.epochAt(before) !== until[slot]) return -1;
  for (let i = 0; i < count[slot]!; i += 1) {
    const at = before + 1 + i;
    if (at <= io.log.base()) continue; // Every replica has it.
    if (at <= io.log.written() && io.log.epochAt(at) !== io.attachedEpoch(slot, i)) io.log.truncate(at - 1);
    if (at > io.log.written()) io.appendAttached(slot, i);
  }
  return before + count[slot]!;
}

/** A client's request that is not yet answered. */
export interface Asked {
  readonly from: MachineId;
  readonly operation: number;
  readonly count: number;
}
export const asked = (io: Io, from: MachineId, slot: number): Asked => ({
  from,
  operation: io.messages.operation[slot]!,
  count: io.messages.count[slot]!,
});

/** Answers a client; of a write that was done, `index` is its place in the log. */
export function answer(io: Io, { from, operation, count }: Asked, outcome: Outcome, fields: Fields = {}): void {
  io.reply(from, letter(io, { operation, count, outcome, ...fields }));
}

export const note = (io: Io, topic: string, text: string | number): void => io.fact({ kind: "note", topic, text: String(text) });

/** Where this replica's log ends: index and epoch of its last entry. */
export const endOf = (io: Io): { readonly index: number; readonly until: number } => ({
  index: io.log.written(),
  until: io.log.epochAt(io.log.written()),
});

/** Things to be done once all that was written before is on the device. */
export function createDurably(): { readonly after: (io: Io, act: () => void) => void; readonly synced: (token: number) => void } {
  const acts: (() => void)[] = [];
  return {
    after: (io, act) => io.sync(acts.push(act) - 1),
    synced: (token) => acts[token]?.(),
  };
}
