/** Parts that are wrong on purpose: thin wrappers around the built-in ones, each with one planted bug. */
import { Is, Outcome, type FactInput, type Input, type Io, type Machine } from "../../src/base/machine.ts";
import { simulate } from "../../src/simulator/cluster/cluster.ts";
import type { PartsBuilder, RunParts } from "../../src/simulator/cluster/run.ts";
import type { RunSpec } from "../../src/simulator/cluster/spec.ts";
import type { DataAudit, RunRecord } from "../../src/simulator/record/record.ts";
import type { ReplicaContext } from "../../src/simulator/strategies/contracts.ts";
import { Message } from "../../src/simulator/strategies/messages.ts";
import { INVARIANTS } from "../../src/study/checks/invariants.ts";
import { partsOf } from "../simulator/cluster/build.ts";

/** The spec's own parts with some of them changed. */
export const changed =
  (change: (parts: RunParts, spec: RunSpec) => Partial<RunParts>): PartsBuilder =>
  (spec, servers, stream) => {
    const parts = partsOf()(spec, servers, stream);
    return { ...parts, ...change(parts, spec) };
  };

/** Every replica wrapped. */
export const replicas = (wrap: (machine: Machine, context: ReplicaContext) => Machine): PartsBuilder =>
  changed(({ replication }) => ({
    replication: { ...replication, createReplica: (context) => wrap(replication.createReplica(context), context) },
  }));

/** A machine whose steps meet another input or act through another `Io`. */
export const stepping = (machine: Machine, step: (input: Input, io: Io) => void): Machine => ({ ...machine, step });

export const isRequest = (input: Input, message: number): boolean => input.kind === Is.Message && input.message === message;

/** True for every `n`th call, from the `n`th. `count` says how often it was. */
export function everyNth(n: number, until = Infinity): { (): boolean; count: number } {
  let calls = 0;
  const pick = Object.assign(
    () => {
      calls += 1;
      const isPicked = calls % n === 0 && pick.count < until;
      if (isPicked) pick.count += 1;
      return isPicked;
    },
    { count: 0 },
  );
  return pick;
}

/** Answers a write request without having done anything. */
export function answerDone(input: Input, io: Io, context: ReplicaContext): void {
  const m = io.messages;
  const slot = io.message();
  m.shard[slot] = context.shard;
  m.operation[slot] = m.operation[input.slot]!;
  m.count[slot] = m.count[input.slot]!;
  m.outcome[slot] = Outcome.Done;
  m.epoch[slot] = 1;
  m.who[slot] = context.server;
  m.bytes[slot] = 100;
  io.reply(input.from, slot);
}

/** Is it a write of a client, not a probe? (Probes write nothing but 8 bytes.) */
export const isClients = (input: Input, io: Io): boolean => io.messages.bytes[input.slot] !== 108;

export const WRITE = Message.WriteRequest;
export const READ = Message.ReadRequest;

/** An `Io` that states facts through `fact` alone. */
export const stating = (io: Io, fact: (stated: FactInput) => void): Io => ({ ...io, fact });

const CLASSES = [
  "lossWrites",
  "lossVisible",
  "resurrectedKeys",
  "phantomWrites",
  "duplicatedWrites",
  "ambiguousWrites",
  "ambiguousPresent",
  "staleReads",
  "splitBrainWrites",
  "divergedReplicas",
] as const;

export interface Seen {
  readonly record: RunRecord;
  /** The audit's counts that are not 0. */
  readonly audit: Partial<Record<(typeof CLASSES)[number], number>>;
  /** Invariants that were broken: name -> what. */
  readonly broken: Readonly<Record<string, string>>;
}

export function look(spec: RunSpec, parts: PartsBuilder = partsOf()): Seen {
  const record = simulate(spec, parts);
  const data: DataAudit = record.data;
  const broken: Record<string, string> = {};
  for (const { name, judge } of INVARIANTS) {
    const verdict = judge(record);
    if (verdict.kind === "broken") broken[name] = verdict.what;
  }
  return { record, audit: Object.fromEntries(CLASSES.filter((name) => data[name] > 0).map((name) => [name, data[name]])), broken };
}
