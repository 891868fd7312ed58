/** All machines that the parts of a strategy have beside those that every strategy has. */
import type { FailoverPart, MachinePlan, ReplicationPart } from "./contracts.ts";
import { leaderBalancingPlan, type LeaderBalancingOptions } from "./rebalancing/leaders.ts";

export function plannedMachines(
  { leaderBalancing }: { readonly leaderBalancing?: LeaderBalancingOptions },
  replication: ReplicationPart,
  failover: FailoverPart,
): readonly MachinePlan[] {
  const balancing = leaderBalancing === undefined ? [] : [leaderBalancingPlan(leaderBalancing)];
  return [...(replication.machines ?? []), ...(failover.machines ?? []), ...balancing];
}
