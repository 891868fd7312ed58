/** What one run of a strategy needs, but for seed and repeat. */
import { assert } from "../../../base/assert.ts";
import type { LocationSpec, RunSpec } from "../../../simulator/cluster/spec.ts";
import type { TraceSpec } from "../../../simulator/workload/workload.ts";
import type { ReadStrategy } from "../read-strategies.ts";
import type { StrategyRun } from "../scenario.ts";
import type { ChosenPart } from "../schema/strategy.ts";
import type { RawOperation } from "../schema/operations.ts";
import type { RawWorkload } from "../schema/workload.ts";
import { byText, defaultHosts } from "../topology.ts";
import { clusterSpec } from "./cluster.ts";
import { operationSpecs, switchoverSpecs } from "./operations.ts";
import { workloadSpec } from "./workload.ts";

/** What all strategies of a scenario have in common. */
export interface Shared extends Pick<
  RunSpec,
  "scenario" | "warmup" | "duration" | "settle" | "slow" | "window" | "prober" | "histories" | "data" | "faults"
> {
  readonly workload: readonly { readonly raw: RawWorkload; readonly trace: TraceSpec | undefined }[];
  readonly operations: readonly RawOperation[];
}

/** Needs a strategy in which checks found nothing. */
export function strategyRun(strategy: ReadStrategy, shared: Shared): StrategyRun {
  const { name, parts, cluster, topology } = strategy;
  assert(
    parts !== undefined && cluster !== undefined && topology.zones !== undefined,
    `strategy ${name} was not read, and no problem says so`,
  );
  const { workload, operations, ...rest } = shared;
  const { rebalancing } = parts;
  const changes = operationSpecs(operations, topology);
  const switchovers = switchoverSpecs(operations);
  const moves = changes.length > 0 || rebalancing.kind !== "none";
  const { sharding, placement, routing, replication, failover, fencing, client } = parts;
  const fallback = defaultHosts(topology.zones);
  return {
    ...rest,
    strategy: name,
    cluster: clusterSpec(cluster, topology.shards),
    ...(sharding.beside["over"] === "servers" ? { over: "servers" as const } : {}),
    workload: workload.map(({ raw, trace }) => workloadSpec(raw, shared.data, topology, trace)).sort((a, b) => byText(a.name, b.name)),
    parts: {
      sharding: part(sharding),
      placement: part(placement),
      routing: part(routing),
      replication: part(replication),
      failover: part(failover),
      fencing: part(fencing),
    },
    primaries: placement.beside["primaries"] as LocationSpec | undefined,
    client,
    ...(changes.length === 0 ? {} : { operations: changes }),
    ...(switchovers.length === 0 ? {} : { switchovers }),
    ...(rebalancing.kind === "onMembershipChange"
      ? { rebalancing: { ...rebalancing.value, throttle: rebalancing.value.throttle ?? 0 } }
      : {}),
    ...(rebalancing.kind === "leaderBalancing" ? { leaderBalancing: rebalancing.value } : {}),
    hosts: {
      metadata: inOrder(parts.hosts.metadata ?? fallback.metadata),
      // Monitors have nothing to do where nobody watches, or others do; and they would be paid for.
      ...(WITHOUT_MONITORS.includes(failover.name) ? {} : { monitor: inOrder(parts.hosts.monitor ?? fallback.monitor) }),
      ...(failover.name === "sentinels" ? { sentinel: inOrder(parts.hosts.sentinel ?? fallback.sentinel) } : {}),
      ...(moves ? { rebalancer: parts.hosts.rebalancer ?? fallback.rebalancer } : {}),
      ...(switchovers.length > 0 ? { operator: parts.hosts.operator ?? fallback.operator } : {}),
      ...(routing.name === "proxy" ? { router: inOrder(parts.hosts.router ?? fallback.router) } : {}),
    },
  };
}

/** By name of the failover: the built-in ones that need no monitors. A plug-in's gets them. */
const WITHOUT_MONITORS: readonly string[] = ["none", "sentinels", "gossip", "lease"];

const part = ({ name, options }: ChosenPart): RunSpec["parts"]["sharding"] => ({ name, options });

/** Controllers are numbered by place, not by the order of the file: `monitor 1` is in the first zone of the list sorted. */
const inOrder = (locations: readonly LocationSpec[]): readonly LocationSpec[] =>
  [...locations].sort((a, b) => byText(a.kind, b.kind) || byText(a.name, b.name));
