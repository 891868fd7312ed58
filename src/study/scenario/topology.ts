/**
 * What a scenario can refer to by name or number: places, servers, client groups, controllers. What could not be read
 * is undefined, and checks against it are left out. Names are in the order of code units, never in that of the file.
 */
import type { LocationSpec, RackSpec, ServerSpec, ZoneSpec } from "../../simulator/cluster/spec.ts";
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
  /** What runs on each server, if more than its database. */
  readonly processes?: readonly string[];
}

export interface Group {
  readonly name: string;
  readonly zones: readonly string[];
  readonly hosts: number;
}

export type Regions = readonly { readonly name: string; readonly zones: readonly ZoneSpec[] }[];

/**
 * Regions, zones and racks in order. Servers outside named racks stand in a rack named like their zone, first. What a zone or
 * rack says of its servers lies on what the cluster says (`base`; without it nothing is said of them).
 */
export function regionsOf(raw: RawCluster["regions"], base?: RawCluster["server"]): Regions {
  return sorted(raw).map(([name, { zones }]) => ({
    name,
    zones: sorted(zones).map(([zone, of]) => {
      const { servers, racks } = of;
      const own = "weight" in of || "server" in of ? of : undefined;
      const rack = (rackName: string, { servers: count, weight, server }: RawRack): RackSpec => {
        const overrides = [own?.server, server].filter((one) => one !== undefined);
        return {
          name: rackName,
          servers: count,
          ...defined({ weight: weight ?? own?.weight }),
          ...defined({ server: base === undefined || overrides.length === 0 ? undefined : overrides.reduce(laidOn, base) }),
        };
      };
      const named = sorted(racks).map(([rackName, given]) => rack(rackName, given));
      return { name: zone, racks: servers > 0 || named.length === 0 ? [rack(zone, { servers }), ...named] : named };
    }),
  }));
}

type RawZone = RawCluster["regions"][string]["zones"][string];
type OwnServer = NonNullable<Extract<RawZone, { readonly server?: unknown }>["server"]>;
interface RawRack {
  readonly servers: number;
  readonly weight?: number | undefined;
  readonly server?: OwnServer | undefined;
}

/** A place's own servers: what it does not say is as before. */
function laidOn(base: ServerSpec, { clock, ...own }: OwnServer): ServerSpec {
  return { ...base, ...defined(own), clock: { ...base.clock, ...defined(clock ?? {}) } };
}

/** Without the keys that have no value. */
const defined = <T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };

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

/**
 * One monitor, one sentinel, and one router, in each of the first three zones, the metadata service in the last: apart from each other where
 * there are four. The rebalancer, if any, in the first.
 */
export function defaultHosts(
  zones: readonly TopologyZone[],
): Readonly<Record<"monitor" | "sentinel" | "metadata" | "router" | "rebalancer" | "operator", readonly LocationSpec[]>> {
  const at = ({ name }: TopologyZone): LocationSpec => ({ kind: "zone", name });
  const three = zones.slice(0, 3).map(at);
  return {
    monitor: three,
    sentinel: three,
    router: three,
    metadata: zones.slice(-1).map(at),
    rebalancer: zones.slice(0, 1).map(at),
    operator: zones.slice(0, 1).map(at),
  };
}
