/**
 * Spread over failure domains: the replicas of a shard stand in as many different domains as there are, and both
 * primaries and replicas are dealt evenly over servers. Shard s prefers domain s mod D for its primary.
 */
import { z } from "zod";
import { assert } from "../../../base/assert.ts";
import type { ServerId } from "../../../base/ids.ts";
import type { PlacementPart, ServerPlace } from "../contracts.ts";

export const DOMAINS = ["server", "rack", "zone", "region"] as const;
export const spreadOptions = z.enum(DOMAINS).default("zone").describe("The failure domain that replicas of a shard are spread over.");

export interface SpreadRequest {
  readonly domain: (typeof DOMAINS)[number];
  /** Where primaries should stand, if anywhere: only servers for which this holds are preferred. */
  readonly prefersPrimary: ((server: ServerPlace) => boolean) | undefined;
}

export function createSpread(request: SpreadRequest, servers: readonly ServerPlace[], shards: number): PlacementPart {
  const domainOf = (server: ServerPlace): string => (request.domain === "server" ? server.name : server[request.domain]);
  const domains = [...new Set(servers.map(domainOf))];
  const primaries = new Map<ServerId, number>();
  const replicas = new Map<ServerId, number>();
  const planned: (readonly ServerId[])[] = [];

  const count = (of: Map<ServerId, number>, id: ServerId): number => of.get(id) ?? 0;
  const leastLoaded = (from: readonly ServerPlace[], loads: readonly Map<ServerId, number>[]): ServerPlace | undefined => {
    let best: ServerPlace | undefined;
    for (const server of from) {
      if (best === undefined) best = server;
      else {
        for (const load of loads) {
          const difference = count(load, server.id) - count(load, best.id);
          if (difference < 0) best = server;
          if (difference !== 0) break;
        }
      }
    }
    return best;
  };

  function plan(shard: number, copies: number): readonly ServerId[] {
    const chosen: ServerPlace[] = [];
    for (let k = 0; k < copies; k += 1) {
      const free = servers.filter((server) => !chosen.includes(server));
      const used = new Set(chosen.map(domainOf));
      const fresh = free.filter((server) => !used.has(domainOf(server)));
      // All domains used: begin again with those that hold fewest replicas of this shard.
      const candidates = fresh.length > 0 ? fresh : free;
      const { prefersPrimary } = request;
      const preferred = k === 0 && prefersPrimary !== undefined ? candidates.filter(prefersPrimary) : [];
      const pool = preferred.length > 0 ? preferred : inNextDomain(candidates, shard + k);
      const server = leastLoaded(pool, k === 0 ? [primaries, replicas] : [replicas, primaries]);
      assert(server !== undefined, `shard ${shard} needs ${copies} servers of ${servers.length}`);
      chosen.push(server);
      if (k === 0) primaries.set(server.id, count(primaries, server.id) + 1);
      replicas.set(server.id, count(replicas, server.id) + 1);
    }
    return chosen.map((server) => server.id);
  }

  /** Candidates of the first domain, from number `start` on, that has any. */
  function inNextDomain(candidates: readonly ServerPlace[], start: number): readonly ServerPlace[] {
    for (let i = 0; i < domains.length; i += 1) {
      const domain = domains[(start + i) % domains.length];
      const here = candidates.filter((server) => domainOf(server) === domain);
      if (here.length > 0) return here;
    }
    return candidates;
  }

  return {
    serversOf: (shard, copies) => {
      while (planned.length < shards) planned.push(plan(planned.length, copies));
      return planned[shard]!;
    },
  };
}
