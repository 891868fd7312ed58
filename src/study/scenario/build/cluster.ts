/** The cluster as a run gets it: everything in an order that does not depend on the file. */
import type { ClusterSpec } from "../../../simulator/cluster/spec.ts";
import { betweenSpec } from "../between.ts";
import { endsOf } from "../checks/cluster.ts";
import type { RawCluster } from "../schema/cluster.ts";
import { byText, regionsOf, topologyOf } from "../topology.ts";

/** Needs a cluster in which checks found nothing. `shards`: of a strategy whose sharding has a number of its own. */
export function clusterSpec(raw: RawCluster, shards: number = raw.shards): ClusterSpec {
  const topology = topologyOf(raw);
  const { between, ...network } = raw.network;
  return {
    regions: regionsOf(raw.regions, raw.server),
    shards,
    replicas: raw.replicas,
    server: raw.server,
    network: { ...network, between: betweenSpec(between, endsOf(topology) ?? new Map()) },
    clients: [...(topology.groups ?? [])].sort((a, b) => byText(a.name, b.name)),
    metadata: raw.metadata,
  };
}
