/** What sharding and placement are made for, from a run's spec: the cluster's side of their contracts. */
import type { Random } from "../../base/random.ts";
import type { PlacementContext, ServerPlace, ShardingContext } from "../strategies/contracts.ts";
import { writeRowKey } from "./row-key.ts";
import type { RunSpec } from "./spec.ts";

export function shardingContext(
  spec: Pick<RunSpec, "cluster" | "data" | "over" | "operations">,
  servers: readonly ServerPlace[],
): ShardingContext {
  const { tables } = spec.data;
  return {
    shards: spec.cluster.shards,
    shardsMost: shardsMost(spec),
    homes: spec.over === "servers" ? servers : undefined,
    tables: tables.map(({ name, rows }) => ({ name, rows })),
    rowKey: (into, table, row) => writeRowKey(into, tables[table]!.name, row),
  };
}

/** The most shards that keys are divided into by `cluster.shards` or an operation: what shards' names are padded for. */
function shardsMost({ cluster, operations = [] }: Pick<RunSpec, "cluster" | "operations">): number {
  const later = operations.map(({ action }) => (action.kind === "reshard" && action.into.kind === "shards" ? action.into.shards : 0));
  return Math.max(cluster.shards, ...later);
}

export function placementContext(
  spec: Pick<RunSpec, "primaries" | "over">,
  servers: readonly ServerPlace[],
  shards: number,
  random: (name: string) => Random,
): PlacementContext {
  const { primaries } = spec;
  return {
    servers,
    shards,
    prefersPrimary: primaries === undefined ? undefined : (server) => server[primaries.kind] === primaries.name,
    overServers: spec.over === "servers",
    random,
  };
}
