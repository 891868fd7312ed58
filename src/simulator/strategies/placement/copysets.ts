/**
 * Copyset replication. Cidon, Rumble, Stutsman, Katti, Ousterhout, Rosenblum, "Copysets: Reducing the Frequency of Data Loss
 * in Cloud Storage", USENIX ATC 2013, section 3.
 *
 * P = S / (R - 1) random permutations of the servers are each cut into groups of R; a shard lives on one such group, so that
 * of all sets of R servers only about P · N / R hold all copies of something, and few simultaneous failures seldom meet one.
 * The price: when they do, much is lost at once.
 */
import { z } from "zod";
import { assert } from "../../../base/assert.ts";
import type { Random } from "../../../base/random.ts";
import { countField } from "../../notation/fields.ts";
import { type Domain, domainOf, DOMAINS, type PlacementContext, type PlacementPart, type ServerPlace } from "../contracts.ts";
import type { PartFault, PartSurroundings } from "../part.ts";
import { scatterFaults, weightedChoice } from "./domains.ts";
import { shuffledWithin } from "./random.ts";

export const copysetsOptions = z.strictObject({
  scatter: countField({ min: 1 })
    .optional()
    .describe("Servers that share data with a server (S): ceil(S / (replicas - 1)) permutations; default: replicas - 1, one permutation."),
  domain: z.enum(DOMAINS).default("server").describe("The failure domain: servers of one copyset stand in different ones."),
});
type CopysetsOptions = z.output<typeof copysetsOptions>;

export const checkCopysets = (options: CopysetsOptions, around: PartSurroundings): readonly PartFault[] =>
  scatterFaults("copysets", options, around);

export function createCopysets(options: CopysetsOptions, context: PlacementContext): PlacementPart {
  const { servers, shards, overServers } = context;
  const draws = context.random("placement/copysets");
  const choose = weightedChoice(context, draws);
  const planned: (readonly ServerPlace["id"][])[] = [];
  let setsOf: ReadonlyMap<ServerPlace, readonly (readonly ServerPlace[])[]> | undefined;

  function plan(shard: number, copies: number): readonly ServerPlace["id"][] {
    setsOf ??= setsByServer(copysetsOf(servers, copies, options, context.random("placement/permutations")));
    const first = overServers ? servers[shard]! : choose();
    const sets = setsOf.get(first)!;
    const set = sets[sets.length === 1 ? 0 : draws.below(sets.length)]!;
    return [first.id, ...set.filter((server) => server !== first).map(({ id }) => id)];
  }

  return {
    serversOf: (shard, copies) => {
      while (planned.length < shards) planned.push(plan(planned.length, copies));
      return planned[shard]!;
    },
  };
}

/**
 * The copysets. A permutation leaves out the servers that do not fill a group, as the paper's does; one that all
 * permutations left out gets a set of its own, filled with others, since a server without data would be bought in vain.
 */
function copysetsOf(
  servers: readonly ServerPlace[],
  copies: number,
  { scatter, domain }: CopysetsOptions,
  random: Random,
): readonly (readonly ServerPlace[])[] {
  const permutations = copies === 1 ? 1 : Math.max(1, Math.ceil((scatter ?? copies - 1) / (copies - 1)));
  const sets: (readonly ServerPlace[])[] = [];
  const used = new Set<ServerPlace>();
  for (let permutation = 0; permutation < permutations; permutation += 1) {
    for (const set of cut(shuffledWithin(servers, "server", random), copies, domain)) {
      sets.push(set);
      for (const server of set) used.add(server);
    }
  }
  for (const server of servers) {
    if (used.has(server)) continue;
    const set = [server];
    for (const other of shuffledWithin(servers, "server", random)) {
      if (set.length === copies) break;
      if (set.every((member) => domainOf(member, domain) !== domainOf(other, domain))) set.push(other);
    }
    assert(set.length === copies, `no copyset of ${copies} ${domain}s holds ${server.name}`);
    sets.push(set);
    for (const member of set) used.add(member);
  }
  return sets;
}

/** Groups of `copies` servers in different domains, in the order of a permutation: always from the domains with most left. */
function cut(order: readonly ServerPlace[], copies: number, domain: Domain): readonly (readonly ServerPlace[])[] {
  const groups: (readonly ServerPlace[])[] = [];
  if (domain === "server") {
    for (let from = 0; from + copies <= order.length; from += copies) groups.push(order.slice(from, from + copies));
    return groups;
  }
  const left = new Map<string, ServerPlace[]>();
  for (const server of order) {
    const name = domainOf(server, domain);
    left.set(name, [...(left.get(name) ?? []), server]);
  }
  for (;;) {
    // The sort is stable, and the map is in the order of the permutation: ties are as random as that.
    const fullest = [...left.values()].filter((group) => group.length > 0).sort((a, b) => b.length - a.length);
    if (fullest.length < copies) return groups;
    groups.push(fullest.slice(0, copies).map((group) => group.shift()!));
  }
}

/** The sets in which each server is. */
function setsByServer(sets: readonly (readonly ServerPlace[])[]): ReadonlyMap<ServerPlace, readonly (readonly ServerPlace[])[]> {
  const found = new Map<ServerPlace, (readonly ServerPlace[])[]>();
  for (const set of sets)
    for (const server of set) {
      const known = found.get(server);
      if (known === undefined) found.set(server, [set]);
      else known.push(set);
    }
  return found;
}
