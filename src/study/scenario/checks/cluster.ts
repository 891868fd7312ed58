/** What a cluster says that cannot be: names twice, no servers, more copies than servers, places that do not exist. */
import type { LocationSpec } from "../../../simulator/cluster/spec.ts";
import { parsePair, ROLE_ENDS } from "../between.ts";
import type { EndKind, Ends } from "../between.ts";
import type { RawClients } from "../schema/cluster.ts";
import { parseLocation } from "../targets.ts";
import { child, scalarsOf } from "../text/node.ts";
import type { Node } from "../text/node.ts";
import { suggestion } from "../text/suggest.ts";
import { namesOf, serversOf } from "../topology.ts";
import type { Topology, TopologyZone } from "../topology.ts";
import type { Report } from "./report.ts";

/** Problems of the cluster as one strategy has it: `node` in the file, `clients` as far as they could be read. */
export function checkCluster(node: Node, clients: readonly Partial<RawClients>[], topology: Topology, report: Report): void {
  const { zones, servers, replicas } = topology;
  if (zones !== undefined) checkNames(zones, clients, report);
  if (servers === 0) report.at(["regions"], "there is no server anywhere", "give a zone some, such as { eu: { zones: { a: 3 } } }");
  else if (servers !== undefined && replicas !== undefined && replicas > servers) {
    const given = report.has(["replicas"]) ? "" : " (the default)";
    report.at(
      ["replicas"],
      `${replicas} replicas${given} do not fit on ${servers} server${servers === 1 ? "" : "s"}`,
      `write replicas: ${servers} or fewer, or add servers`,
    );
  }
  for (const [index, group] of clients.entries()) checkGroup(group, index, topology, report);
  const ends = endsOf(topology);
  const between = child(child(node, "network"), "between");
  if (ends !== undefined && between?.kind === "map") checkBetween([...between.entries.keys()], ends, report);
}

function checkNames(zones: readonly TopologyZone[], groups: readonly Partial<RawClients>[], report: Report): void {
  const seen = new Map<string, string>(ROLE_ENDS.map(([name]) => [name, "a role"]));
  const claim = (name: string, what: string, steps: readonly (string | number)[]): void => {
    const earlier = seen.get(name);
    if (earlier === undefined) seen.set(name, what);
    else
      report.at(
        steps,
        `the name "${name}" is taken by ${earlier}`,
        "names of regions, zones, racks, client groups and roles differ from each other",
        "key",
      );
  };
  for (const region of namesOf(zones, "region")) claim(region, "a region", ["regions", region]);
  for (const { name, region } of zones) claim(name, "a zone", ["regions", region, "zones", name]);
  for (const { name, region, racks } of zones) {
    const named = racks
      .map((rack) => rack.name)
      .filter((rack, index) => rack !== name || index > 0 || report.has(["regions", region, "zones", name, "racks", rack]));
    for (const rack of named) claim(rack, "a rack", ["regions", region, "zones", name, "racks", rack]);
  }
  for (const [index, { name }] of groups.entries()) {
    if (name !== undefined) claim(name, "a client group", ["clients", index, "name"]);
  }
}

function checkGroup(group: Partial<RawClients>, index: number, { zones }: Topology, report: Report): void {
  if (zones === undefined) return;
  const names = namesOf(zones, "zone");
  for (const [position, zone] of (group.zones ?? []).entries()) {
    const steps = ["clients", index, "zones", position];
    if (!names.includes(zone)) report.at(steps, `there is no zone "${zone}"`, suggestion(zone, names));
    else if (group.zones?.indexOf(zone) !== position) report.at(steps, `the zone "${zone}" stands twice`, "remove one");
  }
  const wanted = group.zones?.length ?? 0;
  if (group.hosts !== undefined && group.hosts < wanted) {
    report.at(
      ["clients", index, "hosts"],
      `${group.hosts} host${group.hosts === 1 ? "" : "s"} cannot be dealt over ${wanted} zones`,
      `write hosts: ${wanted} or more, or fewer zones`,
    );
  }
}

/** Every name that can be an end of `between`; undefined where places or groups could not be read. */
export function endsOf({ zones, groups }: Topology): Ends | undefined {
  if (zones === undefined || groups === undefined) return undefined;
  const of = (kind: LocationSpec["kind"]): readonly (readonly [string, EndKind])[] => namesOf(zones, kind).map((name) => [name, kind]);
  return new Map([...ROLE_ENDS, ...groups.map(({ name }) => [name, "group"] as const), ...of("rack"), ...of("region"), ...of("zone")]);
}

function checkBetween(keys: readonly string[], ends: Ends, report: Report): void {
  const seen = new Map<string, string>();
  for (const key of keys) {
    const pair = parsePair(key, ends);
    const steps = ["network", "between", key];
    if (!pair.ok) {
      report.at(
        steps,
        pair.fault,
        pair.unknown === undefined ? "write a-b for both ways, a>b for one" : suggestion(pair.unknown, [...ends.keys()]),
        "key",
      );
      continue;
    }
    const identity = pair.oneWay ? `${pair.from}>${pair.to}` : [pair.from, pair.to].sort().join("-");
    const earlier = seen.get(identity);
    if (earlier !== undefined) report.at(steps, `the pair is given already, as "${earlier}"`, "remove one", "key");
    seen.set(identity, key);
  }
}

/** Primaries can prefer a place only where there are servers. `placement` as the file has it. */
export function checkPrimaries(placement: Node | undefined, { zones }: Topology, report: Report): void {
  const [node] = scalarsOf(child(placement, "primaries"));
  const parsed = parseLocation(String(node?.value));
  if (!parsed.ok || zones === undefined) return;
  const { kind, name } = parsed.location;
  const known = namesOf(
    zones.filter((zone) => serversOf(zone) > 0),
    kind,
  );
  if (known.includes(name)) return;
  const exists = namesOf(zones, kind).includes(name);
  report.at(
    ["placement", "primaries"],
    exists ? `${kind} "${name}" has no server` : `there is no ${kind} "${name}"`,
    known.length === 0 ? `this cluster has no named ${kind}` : suggestion(name, known),
  );
}

/** Controllers live where there is a place for them, and only as many as can be run. `hosts` as the file has it. */
export function checkHosts(hosts: Node | undefined, { zones }: Topology, report: Report): void {
  for (const role of ["monitor", "sentinel", "metadata", "router", "rebalancer", "operator"] as const) {
    const places = scalarsOf(child(hosts, role));
    for (const [index, { value }] of places.entries()) {
      const parsed = parseLocation(String(value));
      if (!parsed.ok || zones === undefined) continue;
      const { kind, name } = parsed.location;
      const known = namesOf(zones, kind);
      if (!known.includes(name))
        report.at(
          ["hosts", role, index],
          `there is no ${kind} "${name}"`,
          known.length === 0 ? `this cluster has no named ${kind}` : suggestion(name, known),
        );
    }
    if (role === "metadata" && places.length > 0 && ![1, 3, 5].includes(places.length))
      report.at(
        ["hosts", role],
        places.length > 5
          ? `${places.length} members of the metadata service are more than it has`
          : `${places.length} members of the metadata service bear no more losses than ${places.length - 1}`,
        "name 1, 3 or 5 places",
      );
  }
}
