/** Runs of primary and standbys for tests of when a write is acknowledged: one shard on three servers, facts by kind, latencies by second. */
import type { Fact } from "../../../../src/base/fact.ts";
import { simulate } from "../../../../src/simulator/cluster/cluster.ts";
import type { PartsBuilder } from "../../../../src/simulator/cluster/run.ts";
import type { RunSpec } from "../../../../src/simulator/cluster/spec.ts";
import type { FaultAction, FaultSpec, Target } from "../../../../src/simulator/faults/fault.ts";
import type { RunRecord } from "../../../../src/simulator/record/record.ts";
import { REGISTRY } from "../../../../src/simulator/strategies/registry.ts";
import { partsOf } from "../../cluster/build.ts";
import { constant, fault, ms, s, smallSpec } from "../../cluster/small-run.ts";

export const standby = (ordinal: number): Target => ({ kind: "standbyOf", ordinal, shard: 0 });
export const STANDBYS: Target = { kind: "standbysOf", shard: 0 };
export const PRIMARY: Target = { kind: "primaryOf", shard: 0 };
export const cut = (from: Target, to: Target | "rest"): FaultAction => ({
  kind: "cut",
  from: [from],
  to: to === "rest" ? "rest" : [to],
  oneWay: false,
});

type Kind = keyof typeof REGISTRY.replication;

/** Options as a scenario writes them. */
export function replicatedBy(kind: Kind, options: object, overrides: Parameters<typeof smallSpec>[0] = {}): RunSpec {
  const spec = smallSpec({ duration: s(20), settle: s(30), prober: { every: ms(50), deadline: s(1) }, ...overrides });
  const { parts } = smallSpec();
  const parsed: unknown = REGISTRY.replication[kind].options.parse(options);
  const writing = spec.workload.map((load) => ({ ...load, mix: { update: 1 }, arrivals: { kind: "poisson" as const, rate: 100 } }));
  return {
    ...spec,
    workload: overrides.workload === undefined ? writing : spec.workload,
    parts: { ...parts, replication: { name: kind, options: parsed }, ...overrides.parts },
  };
}

/** No draws where the arithmetic is to be exact. */
export const EXACT = {
  cores: 4,
  queue: 1000,
  service: { read: constant(400), write: constant(800), apply: constant(50) },
  fsync: constant(1_000),
} as const;

export const during = (action: FaultAction, from: number, to: number | undefined): FaultSpec =>
  fault(action, s(from), to === undefined ? undefined : s(to - from));

export const run = (spec: RunSpec, parts: PartsBuilder = partsOf()): RunRecord => simulate(spec, parts);

export const factsOf = <K extends Fact["kind"]>(record: RunRecord, kind: K): readonly Extract<Fact, { kind: K }>[] =>
  record.facts.filter((fact): fact is Extract<Fact, { kind: K }> => fact.kind === kind);
