/** The fewest key copies that a run's changes of membership had to move (moved.excess). */
import type { MapGoal, RebalancingPlan } from "../strategies/contracts.ts";

export interface Movement {
  /** The membership changes: the first time, what servers hold is taken down. */
  readonly begin: () => void;
  /** Sum over servers of copies due under this goal less those held before, where above 0; undefined if nothing ever changed. */
  readonly fewest: (goal: MapGoal) => number | undefined;
}

export function createMovement(
  plan: RebalancingPlan | undefined,
  keysOf: (shard: number) => number,
  standing: (shard: number) => readonly number[],
  shards: number,
): Movement {
  let before: { readonly held: ReadonlyMap<number, number>; readonly keys: readonly number[] } | undefined;

  function copiesBy(serversOf: (shard: number) => readonly number[], keys: readonly number[]): Map<number, number> {
    const copies = new Map<number, number>();
    for (let shard = 0; shard < shards; shard += 1)
      for (const server of serversOf(shard)) copies.set(server, (copies.get(server) ?? 0) + keys[shard]!);
    return copies;
  }

  return {
    begin: () => {
      if (before !== undefined) return;
      const keys = Array.from({ length: shards }, (_, shard) => keysOf(shard));
      before = { keys, held: copiesBy(standing, keys) };
    },
    fewest: (goal) => {
      if (before === undefined || plan === undefined) return undefined;
      const targets = plan.targets(goal);
      let fewest = 0;
      for (const [server, due] of copiesBy((shard) => targets[shard]!, before.keys))
        fewest += Math.max(0, due - (before.held.get(server) ?? 0));
      return fewest;
    },
  };
}
