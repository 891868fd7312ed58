/**
 * Spread over failure domains: the replicas of a shard stand in as many different domains as there are, and both
 * primaries and replicas are dealt evenly over servers, in proportion to their weights. Shard s prefers domain s mod D for
 * its primary, as long as weights are equal.
 */
import { z } from "zod";
import { assert } from "../../../base/assert.ts";
import type { ServerId } from "../../../base/ids.ts";
import { domainOf, DOMAINS, type PlacementContext, type PlacementPart, type ServerPlace } from "../contracts.ts";
import type { PartFault, PartSurroundings } from "../part.ts";
import { domainsOf, noPrimariesOverServers, tooFewDomains } from "./domains.ts";

const domain = z.enum(DOMAINS);
export const spreadOptions = z
  .union([
    domain,
    z.strictObject({
      domain: domain.default("zone").describe("The failure domain that replicas of a shard are spread over."),
      allowFewer: z.boolean().default(true).describe("Whether several replicas may share a domain where there are too few domains."),
    }),
  ])
  .default({ domain: "zone", allowFewer: true })
  .describe("The failure domain, each replica in another; default: zones, as many as there are.");
type SpreadOptions = z.output<typeof spreadOptions>;

const domainIn = (options: SpreadOptions): (typeof DOMAINS)[number] => (typeof options === "string" ? options : options.domain);

/** A domain that is named is a promise. */
export function checkSpread(options: SpreadOptions, around: PartSurroundings): readonly PartFault[] {
  const name = domainIn(options);
  const strict = typeof options === "string" || !options.allowFewer;
  const mend = `add ${name}s, keep fewer replicas, or write spread: { domain: ${name}, allowFewer: true }`;
  return [...noPrimariesOverServers(around), ...(strict ? tooFewDomains(name, ["spread"], mend, around) : [])];
}

export function createSpread(options: SpreadOptions, context: PlacementContext): PlacementPart {
  const { servers, shards, prefersPrimary, overServers } = context;
  const name = domainIn(options);
  const domains = domainsOf(servers, name);
  const hasWeights = servers.some(({ weight }) => weight !== servers[0]?.weight);
  const primaries = new Map<ServerId, number>();
  const replicas = new Map<ServerId, number>();
  const planned: (readonly ServerId[])[] = [];

  const count = (of: Map<ServerId, number>, id: ServerId): number => of.get(id) ?? 0;
  /** What a server would carry with one more, over its weight. */
  const burden = (of: Map<ServerId, number>, { id, weight }: ServerPlace): number => (count(of, id) + 1) / weight;
  const leastLoaded = (from: readonly ServerPlace[], loads: readonly Map<ServerId, number>[]): ServerPlace | undefined => {
    let best: ServerPlace | undefined;
    for (const server of from) {
      if (best === undefined) best = server;
      else {
        for (const load of loads) {
          const difference = burden(load, server) - burden(load, best);
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
      const server = k === 0 && overServers ? servers[shard] : choose(shard, k, chosen);
      assert(server !== undefined, `shard ${shard} needs ${copies} servers of ${servers.length}`);
      chosen.push(server);
      if (k === 0) primaries.set(server.id, count(primaries, server.id) + 1);
      replicas.set(server.id, count(replicas, server.id) + 1);
    }
    return chosen.map((server) => server.id);
  }

  function choose(shard: number, k: number, chosen: readonly ServerPlace[]): ServerPlace | undefined {
    const free = servers.filter((server) => !chosen.includes(server));
    const used = new Set(chosen.map((server) => domainOf(server, name)));
    const fresh = free.filter((server) => !used.has(domainOf(server, name)));
    // All domains used: begin again with those that hold fewest replicas of this shard.
    const candidates = fresh.length > 0 ? fresh : free;
    const preferred = k === 0 && prefersPrimary !== undefined ? candidates.filter(prefersPrimary) : [];
    const pool = preferred.length > 0 ? preferred : hasWeights ? candidates : inNextDomain(candidates, shard + k);
    return leastLoaded(pool, k === 0 ? [primaries, replicas] : [replicas, primaries]);
  }

  /** Candidates of the first domain, from number `start` on, that has any. */
  function inNextDomain(candidates: readonly ServerPlace[], start: number): readonly ServerPlace[] {
    for (let i = 0; i < domains.length; i += 1) {
      const next = domains[(start + i) % domains.length];
      const here = candidates.filter((server) => domainOf(server, name) === next);
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
