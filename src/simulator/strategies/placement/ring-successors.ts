/**
 * Ring successors: a shard's replicas on the servers that follow on a consistent-hash ring. DeCandia et al., "Dynamo", SOSP
 * 2007, section 4.3; with a domain, servers of a domain that has a copy already are passed over, as Cassandra's
 * NetworkTopologyStrategy does with racks.
 *
 * With `over: servers` the walk starts at the shard's own server. Dynamo walks on from each of a server's points, so that
 * with many points its data has many successors; here a shard has one walk, from its server's first point.
 */
import { z } from "zod";
import { assert } from "../../../base/assert.ts";
import type { ServerId } from "../../../base/ids.ts";
import { textKey } from "../../../modules/sharding/hash.ts";
import { ring } from "../../../modules/sharding/ring.ts";
import { countField } from "../../notation/fields.ts";
import { domainOf, DOMAINS, type PlacementContext, type PlacementPart, type ServerPlace } from "../contracts.ts";
import type { PartFault, PartSurroundings } from "../part.ts";
import { noPrimaries, tooFewDomains } from "./domains.ts";

export const ringSuccessorsOptions = z.strictObject({
  domain: z.enum(DOMAINS).default("server").describe("The failure domain: servers of a domain that holds a copy are passed over."),
  virtualNodes: countField({ min: 1, max: 10_000 }).default(1).describe("Points of each server on the ring."),
});
type RingSuccessorsOptions = z.output<typeof ringSuccessorsOptions>;

export function checkRingSuccessors({ domain }: RingSuccessorsOptions, around: PartSurroundings): readonly PartFault[] {
  return [
    ...noPrimaries(around, "the ring says where a shard's first copy stands"),
    ...tooFewDomains(domain, ["ringSuccessors", "domain"], "keep fewer replicas, or choose a smaller domain", around),
  ];
}

export function createRingSuccessors({ domain, virtualNodes }: RingSuccessorsOptions, context: PlacementContext): PlacementPart {
  const { servers, shards, overServers } = context;
  const made = ring(
    servers.map(({ name, weight }) => ({ name, weight })),
    { virtualNodes },
  );
  assert(made.ok, made.ok ? "" : made.fault);
  const points = made.value.ranges!().map(({ owner }) => owner);
  const all = new Int32Array(servers.length);
  const planned: (readonly ServerId[])[] = [];

  /** All servers in the order in which a shard's walk meets them. */
  function walk(shard: number): readonly ServerPlace[] {
    if (!overServers) {
      const name = textKey(`shard ${shard}`);
      return Array.from(all.subarray(0, made.ok ? made.value.ownersOf!(name, name.length, all) : 0), (owner) => servers[owner]!);
    }
    const start = points.indexOf(shard);
    return [...new Set(points.map((_, step) => points[(start + step) % points.length]!))].map((owner) => servers[owner]!);
  }

  function plan(shard: number, copies: number): readonly ServerId[] {
    const chosen: ServerPlace[] = [];
    for (const server of walk(shard)) {
      if (chosen.length === copies) break;
      if (chosen.every((other) => domainOf(other, domain) !== domainOf(server, domain))) chosen.push(server);
    }
    assert(chosen.length === copies, `shard ${shard} found ${chosen.length} of ${copies} successors`);
    return chosen.map(({ id }) => id);
  }

  return {
    serversOf: (shard, copies) => {
      while (planned.length < shards) planned.push(plan(planned.length, copies));
      return planned[shard]!;
    },
  };
}
