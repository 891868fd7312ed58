/** Which replica is promoted: reachable, lately heard, not long without its primary; then the longest log, then the first in order (sentinelSelectSlave). */
import type { Link } from "./link.ts";
import type { Master } from "./master.ts";
import { INFO_PERIOD, PING_PERIOD } from "./settings.ts";

/**
 * `servers`: the shard's, in placement order, which stands for the order of run ids: as arbitrary, and the same for all.
 * Priorities are all alike, as by default.
 */
export function selectReplica(
  master: Master,
  servers: readonly number[],
  linkOf: (server: number) => Link,
  now: number,
  downAfter: number,
): number {
  const primary = linkOf(master.owner);
  const unlinkedMost = (primary.isDown ? now - primary.downAt : 0) + downAfter * 10;
  const infoMost = primary.isDown ? PING_PERIOD * 5 : INFO_PERIOD * 3;
  let best = -1;
  for (const server of servers) {
    if (server === master.owner) continue;
    const link = linkOf(server);
    const told = master.told.get(server)!;
    if (link.isDown || !link.isConnected || now - link.heardAt > PING_PERIOD * 5) continue;
    if (told.infoAt === 0 || now - told.infoAt > infoMost || told.unlinked > unlinkedMost) continue;
    if (best < 0 || told.offset > master.told.get(best)!.offset) best = server;
  }
  return best;
}
