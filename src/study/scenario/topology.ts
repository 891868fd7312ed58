/**
 * What a scenario can refer to by name or number: places, servers, client groups, controllers. What could not be read
 * is undefined, and checks against it are left out. Names are in the order of code units, never in that of the file.
 */
import type { LocationSpec, ZoneSpec } from "../../simulator/cluster/spec.ts";
import type { RawClients, RawCluster } from "./schema/cluster.ts";

/** Plain comparison of code units: no locale, so the same everywhere. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export interface TopologyZone extends ZoneSpec {
  readonly region: string;
}

export interface Topology {
  /** By region, then by zone. */
  readonly zones: readonly TopologyZone[] | undefined;
  readonly servers: number | undefined;
  readonly shards: number | undefined;
  readonly replicas: number | undefined;
  readonly groups: readonly Group[] | undefined;
}

export interface Group {
  readonly name: string;
  readonly zones: readonly string[];
  readonly hosts: number;
}

export type Regions = readonly { readonly name: string; readonly zones: readonly ZoneSpec[] }[];

/** Regions, zones and racks in order. Servers outside named racks stand in a rack named like their zone, first. */
export function regionsOf(raw: RawCluster["regions"]): Regions {
  return sorted(raw).map(([name, { zones }]) => ({
    name,
    zones: sorted(zones).map(([zone, { servers, racks }]) => {
      const named = sorted(racks).map(([rack, count]) => ({ name: rack, servers: count }));
      return { name: zone, racks: servers > 0 || named.length === 0 ? [{ name: zone, servers }, ...named] : named };
    }),
  }));
}

const sorted = <T>(record: Readonly<Record<string, T>>): readonly (readonly [string, T])[] =>
  Object.entries(record).sort(([a], [b]) => byText(a, b));

export const serversOf = (zone: ZoneSpec): number => zone.racks.reduce((sum, { servers }) => sum + servers, 0);

/** `clients`: the groups as far as they could be read, one for each item of the list. */
export function topologyOf(raw: Partial<RawCluster>, clients: readonly Partial<RawClients>[] | undefined = raw.clients): Topology {
  const zones =
    raw.regions === undefined
      ? undefined
      : regionsOf(raw.regions).flatMap(({ name: region, zones: inside }) => inside.map((zone) => ({ ...zone, region })));
  return {
    zones,
    servers: zones?.reduce((sum, zone) => sum + serversOf(zone), 0),
    shards: raw.shards,
    replicas: raw.replicas,
    groups: zones === undefined ? undefined : groupsOf(clients, zones),
  };
}

/** Undefined where a group has no readable name: nobody can say then that a name does not exist. */
function groupsOf(clients: readonly Partial<RawClients>[] | undefined, zones: readonly TopologyZone[]): readonly Group[] | undefined {
  const populated = zones.filter((zone) => serversOf(zone) > 0).map(({ name }) => name);
  const groups = clients?.flatMap(({ name, zones: named, hosts }) => {
    const chosen = named === undefined ? populated : [...named].sort(byText);
    return name === undefined ? [] : [{ name, zones: chosen, hosts: hosts ?? chosen.length }];
  });
  return groups?.length === clients?.length ? groups : undefined;
}

/** Names of places of one kind. A rack that is only its zone's remainder has no name of its own. */
export function namesOf(zones: readonly TopologyZone[], kind: LocationSpec["kind"]): readonly string[] {
  switch (kind) {
    case "region":
      return [...new Set(zones.map(({ region }) => region))];
    case "zone":
      return zones.map(({ name }) => name);
    case "rack":
      return zones.flatMap(({ name, racks }) => racks.map((rack) => rack.name).filter((rack) => rack !== name));
  }
}

/** One monitor in each of the first three zones, the metadata service in the last: apart from each other where there are four. */
export function defaultHosts(zones: readonly TopologyZone[]): Readonly<Record<"monitor" | "metadata", readonly LocationSpec[]>> {
  const at = ({ name }: TopologyZone): LocationSpec => ({ kind: "zone", name });
  return { monitor: zones.slice(0, 3).map(at), metadata: zones.slice(-1).map(at) };
}
