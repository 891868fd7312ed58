/** Failover by gossip among the servers: Redis Cluster 7. */
import { z } from "zod";
import { countField, durationField } from "../../../notation/fields.ts";
import type { FailoverPart } from "../../contracts.ts";
import { createAgent } from "../agent.ts";
import { createDisks } from "../saving.ts";
import { createGossipAgent, type GossipView, type SavedNode } from "./agent.ts";

/** Defaults are those of Redis 7: src/config.c. */
export const gossipOptions = z.strictObject({
  nodeTimeout: durationField({ min: 1_000 })
    .prefault("15s")
    .describe(
      "cluster-node-timeout: unheard for so long, a node may have failed; elections and the minority's silence follow it. Whole milliseconds.",
    ),
  replicaValidityFactor: countField()
    .default(10)
    .describe(
      "cluster-replica-validity-factor: a replica that has not heard its primary for this many node time-outs and 10 s does not stand; 0: always.",
    ),
  requireFullCoverage: z
    .boolean()
    .default(true)
    .describe("cluster-require-full-coverage: while any shard's owner has failed, nothing is served."),
});

export function createGossipFailover(options: z.output<typeof gossipOptions>): FailoverPart {
  const diskOf = createDisks<SavedNode>();
  const settings = {
    nodeTimeout: Math.round(options.nodeTimeout / 1000),
    validityFactor: options.replicaValidityFactor,
    requireFullCoverage: options.requireFullCoverage,
  };
  return {
    roles: [],
    createController: () => createAgent(),
    createAgent: (server, context) => createGossipAgent(context, server, settings, diskOf(server)),
    news: { kind: "servers" },
    assignsRoles: true,
    permits: (server, context) => (io) => (io.view(context.agentMachine(server)) as GossipView | undefined)?.isUp() ?? false,
  };
}
