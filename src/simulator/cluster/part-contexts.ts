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

/** The most shards that keys are divided into at any time: what shards' names are padded for. */
function shardsMost({ cluster, over, operations = [] }: Pick<RunSpec, "cluster" | "over" | "operations">): number {
  let most = cluster.shards;
  let joined = 0;
  for (const { action } of operations) {
    if (action.kind === "add") joined += action.zones.length;
    if (action.kind === "reshard" && action.into.kind === "shards") most = Math.max(most, action.into.shards);
  }
  return over === "servers" ? cluster.shards + joined : most;
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
