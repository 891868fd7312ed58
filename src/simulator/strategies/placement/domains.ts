/** Servers by failure domain, and the constraints on a placement that need nothing but counting. */
import type { Random } from "../../../base/random.ts";
import { domainOf, type Domain, type PlacementContext, type ServerPlace } from "../contracts.ts";
import type { PartFault, PartSurroundings } from "../part.ts";

/** The domains that have servers, in the servers' order. */
export const domainsOf = (servers: readonly ServerPlace[], domain: Domain): readonly string[] => [
  ...new Set(servers.map((server) => domainOf(server, domain))),
];

/** Draws servers by their weights: those that are preferred, if there are any, else all. */
export function weightedChoice({ servers, prefersPrimary }: PlacementContext, draws: Random): () => ServerPlace {
  const preferred = prefersPrimary === undefined ? servers : servers.filter(prefersPrimary);
  const pool = preferred.length > 0 ? preferred : servers;
  const sums = new Float64Array(pool.length);
  let total = 0;
  for (const [index, { weight }] of pool.entries()) sums[index] = total += weight;
  return () => {
    const drawn = draws.uniform() * total;
    let from = 0;
    let end = pool.length - 1;
    while (from < end) {
      const middle = (from + end) >>> 1;
      if (sums[middle]! > drawn) end = middle;
      else from = middle + 1;
    }
    return pool[from]!;
  };
}

/** Copies of a shard that cannot all stand in domains of their own. `steps`: where the domain is named. */
export function tooFewDomains(
  domain: Domain,
  steps: PartFault["steps"],
  mend: string,
  { servers, copies }: PartSurroundings,
): readonly PartFault[] {
  const count = domainsOf(servers, domain).length;
  if (copies <= count) return [];
  const those = count === 1 ? `1 ${domain} with servers` : `${count} ${domain}s with servers`;
  return [{ fault: `${copies} replicas cannot stand in different ${domain}s: there ${count === 1 ? "is" : "are"} ${those}`, mend, steps }];
}

/** `primaries:` beside a rule that decides by itself where primaries stand. */
export function noPrimaries({ primaries }: PartSurroundings, why: string): readonly PartFault[] {
  return primaries === undefined
    ? []
    : [{ fault: `primaries cannot be asked for: ${why}`, mend: "remove primaries, or place by spread", steps: ["primaries"] }];
}

/** Every server is the primary of its own shard with `over: servers`. */
export const noPrimariesOverServers = (around: PartSurroundings): readonly PartFault[] =>
  around.overServers ? noPrimaries(around, "with over: servers every server is the primary of its own shard") : [];

/** Faults that every placement with a scatter width shares; `part` is its name in a scenario. */
export function scatterFaults(
  part: "random" | "copysets",
  { scatter, domain }: { readonly scatter?: number | undefined; readonly domain: Domain },
  around: PartSurroundings,
): readonly PartFault[] {
  const { servers, copies } = around;
  const faults = [
    ...noPrimariesOverServers(around),
    ...tooFewDomains(domain, [part, "domain"], "keep fewer replicas, or choose a smaller domain", around),
  ];
  if (scatter === undefined) return faults;
  const steps = [part, "scatter"];
  const most = servers.length - 1;
  if (scatter > most)
    faults.push({
      fault: `a scatter width of ${scatter} needs ${scatter + 1} servers of ${servers.length}`,
      mend: `write ${most} or less`,
      steps,
    });
  else if (scatter < copies - 1)
    faults.push({
      fault: `a scatter width of ${scatter} does not hold the ${copies - 1} further copies of a shard`,
      mend: `write ${copies - 1} or more`,
      steps,
    });
  return faults;
}
