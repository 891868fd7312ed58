/** May this node serve? Not among a minority of primaries, nor (by default) while any shard's owner has failed; and it comes back late (clusterUpdateState). */
import type { Node } from "./node.ts";
import { REJOIN_LEAST, REJOIN_MOST, WRITABLE_DELAY, type GossipSettings } from "./settings.ts";
import type { Slots } from "./slots.ts";

export interface Health {
  readonly isUp: () => boolean;
  /** Looks anew; true if that changed. */
  readonly update: (now: number) => boolean;
}

export function createHealth(
  self: number,
  shards: number,
  slots: Slots,
  nodes: readonly (Node | undefined)[],
  settings: GossipSettings,
  wasUp: boolean,
): Health {
  let isUp = wasUp;
  let firstAt = 0;
  let minorityAt = 0;
  const rejoinDelay = Math.min(REJOIN_MOST, Math.max(REJOIN_LEAST, settings.nodeTimeout));

  function isCovered(): boolean {
    for (let shard = 0; shard < shards; shard += 1) if (nodes[slots.owner(shard)]?.hasFailed === true) return false;
    return true;
  }

  return {
    isUp: () => isUp,
    update: (now) => {
      if (firstAt === 0) firstAt = now;
      const isPrimary = slots.isPrimary(self);
      if (isPrimary && !isUp && now - firstAt < WRITABLE_DELAY && !wasUp) return false;
      let should = !settings.requireFullCoverage || isCovered();
      const primaries = slots.primaries();
      const reachable = primaries.filter((server) => server === self || !(nodes[server]!.hasFailed || nodes[server]!.mayHaveFailed)).length;
      if (reachable < Math.floor(primaries.length / 2) + 1) {
        should = false;
        minorityAt = now;
      }
      if (should === isUp || (should && isPrimary && now - minorityAt < rejoinDelay)) return false;
      isUp = should;
      return true;
    },
  };
}
