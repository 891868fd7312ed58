/**
 * Random replication with a scatter width, as HDFS does it at Facebook (Cidon et al., "Copysets", USENIX ATC 2013, section
 * 2): the first copy on a random server, the others on random ones among the `scatter` servers that follow it in a random
 * order of all. With the widest scatter (all other servers) every set of servers may hold a shard, and few simultaneous
 * failures are sure to meet one.
 */
import { z } from "zod";
import { assert } from "../../../base/assert.ts";
import type { Random } from "../../../base/random.ts";
import { countField } from "../../notation/fields.ts";
import { type Domain, domainOf, DOMAINS, type PlacementContext, type PlacementPart, type ServerPlace } from "../contracts.ts";
import type { PartFault, PartSurroundings } from "../part.ts";
import { scatterFaults, weightedChoice } from "./domains.ts";

export const randomOptions = z.strictObject({
  scatter: countField({ min: 1 }).optional().describe("Servers among which a server's further copies are dealt; default: all others."),
  domain: z.enum(DOMAINS).default("server").describe("The failure domain: replicas of a shard stand in different ones."),
});
/** Draws with replacement before the servers left are gone through one by one. */
const ATTEMPTS = 64;

type RandomOptions = z.output<typeof randomOptions>;

export function checkRandom(options: RandomOptions, around: PartSurroundings): readonly PartFault[] {
  const faults = scatterFaults("random", options, around);
  const { scatter, domain } = options;
  if (faults.length > 0 || scatter === undefined) return faults;
  if (narrowest(interleaved(around.servers, domain), domain, scatter) >= around.copies) return [];
  return [
    {
      fault: `${scatter} neighbours do not reach ${around.copies} different ${domain}s from every server`,
      mend: "widen it, or choose a smaller domain",
      steps: ["random", "scatter"],
    },
  ];
}

export function createRandom({ scatter, domain }: RandomOptions, context: PlacementContext): PlacementPart {
  const { servers, shards, overServers } = context;
  const order = shuffledWithin(interleaved(servers, domain), domain, context.random("placement/order"));
  const places = new Map(order.map((server, place) => [server.id, place]));
  const draws = context.random("placement/random");
  const choose = weightedChoice(context, draws);
  const width = scatter ?? servers.length - 1;

  function plan(shard: number, copies: number): readonly ServerPlace[] {
    const chosen = [overServers ? servers[shard]! : choose()];
    const start = places.get(chosen[0]!.id)! + 1;
    const isFree = (candidate: ServerPlace): boolean => !chosen.some((server) => domainOf(server, domain) === domainOf(candidate, domain));
    for (let attempt = 0; attempt < ATTEMPTS && chosen.length < copies; attempt += 1) {
      const candidate = order[(start + draws.below(width)) % order.length]!;
      if (isFree(candidate)) chosen.push(candidate);
    }
    if (chosen.length === copies) return chosen;
    // Few are left to find: through all that remain, without replacement.
    const window = Array.from({ length: width }, (_, step) => order[(start + step) % order.length]!);
    while (chosen.length < copies && window.length > 0) {
      const at = draws.below(window.length);
      const candidate = window[at]!;
      window[at] = window.at(-1)!;
      window.pop();
      if (isFree(candidate)) chosen.push(candidate);
    }
    assert(chosen.length === copies, `shard ${shard} found ${chosen.length} of ${copies} servers among ${width} neighbours`);
    return chosen;
  }

  const planned: (readonly ServerPlace["id"][])[] = [];
  return {
    serversOf: (shard, copies) => {
      while (planned.length < shards) planned.push(plan(planned.length, copies).map(({ id }) => id));
      return planned[shard]!;
    },
  };
}

/** Servers so that each domain's come at even distances: every stretch has as many domains as their sizes allow. */
function interleaved(servers: readonly ServerPlace[], domain: Domain): readonly ServerPlace[] {
  if (domain === "server") return servers;
  const groups = new Map<string, ServerPlace[]>();
  for (const server of servers) {
    const name = domainOf(server, domain);
    groups.set(name, [...(groups.get(name) ?? []), server]);
  }
  return [...groups.values()]
    .flatMap((group) => group.map((server, index) => ({ server, at: (index + 0.5) / group.length })))
    .sort((a, b) => a.at - b.at || a.server.id - b.server.id)
    .map(({ server }) => server);
}

/** The servers of each domain change places among themselves, so that the pattern of domains stays. */
export function shuffledWithin(order: readonly ServerPlace[], domain: Domain, random: Random): readonly ServerPlace[] {
  const groups = new Map<string, number[]>();
  for (const [place, server] of order.entries()) {
    const name = domain === "server" ? "" : domainOf(server, domain);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [place]);
    else group.push(place);
  }
  const result = [...order];
  for (const group of groups.values())
    for (let left = group.length - 1; left > 0; left -= 1) {
      const other = group[random.below(left + 1)]!;
      const here = group[left]!;
      const held = result[here]!;
      result[here] = result[other]!;
      result[other] = held;
    }
  return result;
}

/** The fewest different domains in any stretch of a server and the `scatter` that follow it. */
function narrowest(order: readonly ServerPlace[], domain: Domain, scatter: number): number {
  if (domain === "server") return scatter + 1;
  return order.reduce((least, _, start) => {
    const seen = new Set(Array.from({ length: scatter + 1 }, (_, step) => domainOf(order[(start + step) % order.length]!, domain)));
    return Math.min(least, seen.size);
  }, Infinity);
}
