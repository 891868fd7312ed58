/** Sharding and placement for memberships that a run comes to have: made from the same options, as parts are made at the start. */
import type { PlacementPart, ServerPlace, ShardingPart } from "../strategies/contracts.ts";
import { placementContext, shardingContext } from "./part-contexts.ts";
import type { RunParts } from "./run.ts";
import type { RunSpec } from "./spec.ts";
import type { Random } from "../../base/random.ts";

/** Makes a part of a strategy from these options. */
export type Make = (part: "sharding" | "placement", options: unknown, context: unknown) => unknown;

export function laterParts(spec: RunSpec, make: Make, stream: (name: string) => Random): Pick<RunParts, "divide" | "relay"> {
  const { sharding, placement } = spec.parts;
  return {
    divide: (into, servers, before) => {
      const shards = spec.over === "servers" ? servers.length : into?.kind === "shards" ? into.shards : spec.cluster.shards;
      const context = { ...shardingContext(spec, servers), shards };
      const options = into?.kind === "databases" ? { ...(sharding.options as object), databases: into.databases } : sharding.options;
      return before.resized?.(context) ?? (make("sharding", options, context) as ShardingPart);
    },
    relay: (servers: readonly ServerPlace[], shards: number) =>
      make("placement", placement.options, placementContext(spec, servers, shards, stream)) as PlacementPart,
  };
}
