/**
 * Where copies should be after a change of members, moving as little as balance allows: what stood on a server that left
 * gets a substitute, servers that have more than their share give to those that have less, everything else stays. Failure
 * domains are respected as before: no unit loses a domain by it.
 */
import { assert } from "../../base/assert.ts";
import type { ServerId } from "../../base/ids.ts";
import type { ServerPlace } from "../strategies/contracts.ts";

export interface Adjusting {
  /** Per unit (a shard, or shards that stay together) its servers, the preferred primary first. */
  readonly current: readonly (readonly ServerId[])[];
  /** Servers that may hold copies, in the order of their numbers. */
  readonly live: readonly ServerPlace[];
  readonly copies: number;
  readonly domainOf: (server: ServerPlace) => string;
}

/** Units with their servers after the change. Deterministic; needs at least `copies` live servers. */
export function adjust({ current, live, copies, domainOf }: Adjusting): readonly (readonly ServerId[])[] {
  assert(live.length >= copies, `${copies} copies on ${live.length} servers`);
  const domains = new Map(live.map((server) => [server.id, domainOf(server)]));
  const units = current.map((servers) => servers.filter((server) => domains.has(server)));
  const ids = live.map(({ id }) => id);
  const load = new Map(ids.map((id) => [id, 0]));
  const primaries = new Map(ids.map((id) => [id, 0]));
  const count = (of: ReadonlyMap<ServerId, number>, id: ServerId): number => of.get(id) ?? 0;
  const add = (to: Map<ServerId, number>, id: ServerId, by: number): void => {
    to.set(id, count(to, id) + by);
  };
  for (const servers of units) for (const server of servers) add(load, server, 1);

  for (const servers of units) {
    while (servers.length < copies) {
      const used = new Set(servers.map((server) => domains.get(server)));
      const free = ids.filter((id) => !servers.includes(id));
      const fresh = free.filter((id) => !used.has(domains.get(id)));
      const chosen = leastOf(fresh.length > 0 ? fresh : free, load);
      servers.push(chosen);
      add(load, chosen, 1);
    }
    add(primaries, servers[0]!, 1);
  }

  // Each turn makes the copies more even by one, so there are at most as many turns as copies.
  for (let turn = 0; turn < units.length * copies; turn += 1) if (!evenOut()) break;
  for (let turn = 0; turn < units.length; turn += 1) if (!evenOutPrimaries()) break;
  return units;

  /** Moves one copy from a server that has at least two more than another; the fullest and the emptiest that can come first. */
  function evenOut(): boolean {
    const falling = [...ids].sort((a, b) => count(load, b) - count(load, a) || a - b);
    for (const from of falling)
      for (const to of [...falling].reverse()) {
        if (count(load, from) - count(load, to) < 2) break;
        const unit = bestUnit(from, to);
        if (unit === undefined) continue;
        const place = unit.indexOf(from);
        unit[place] = to;
        add(load, from, -1);
        add(load, to, 1);
        if (place !== 0) return true;
        add(primaries, from, -1);
        add(primaries, to, 1);
        return true;
      }
    return false;
  }

  /** A unit that can go from one server to another; one whose primary it is, if primaries become more even by that. */
  function bestUnit(from: ServerId, to: ServerId): ServerId[] | undefined {
    const can = units.filter((servers) => {
      if (!servers.includes(from) || servers.includes(to)) return false;
      return domains.get(from) === domains.get(to) || servers.every((other) => other === from || domains.get(other) !== domains.get(to));
    });
    const wantsPrimary = count(primaries, from) > count(primaries, to);
    return can.find((servers) => (servers[0] === from) === wantsPrimary) ?? can[0];
  }

  /** Swaps the roles in one unit where its primary's server has at least two primaries more than a standby's. */
  function evenOutPrimaries(): boolean {
    for (const servers of units) {
      const first = servers[0]!;
      const other = leastOf(servers, primaries);
      if (count(primaries, first) - count(primaries, other) < 2) continue;
      servers[servers.indexOf(other)] = first;
      servers[0] = other;
      add(primaries, first, -1);
      add(primaries, other, 1);
      return true;
    }
    return false;
  }
}

function leastOf(from: readonly ServerId[], of: ReadonlyMap<ServerId, number>): ServerId {
  let best = from[0]!;
  for (const id of from) if ((of.get(id) ?? 0) < (of.get(best) ?? 0)) best = id;
  return best;
}
