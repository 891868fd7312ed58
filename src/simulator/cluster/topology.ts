/**
 * The hosts of a run and where they stand: servers first (zone by zone in the order of their names), then controllers
 * role by role, then client hosts group by group. Nothing here depends on the order of a file's lists or maps.
 */
import { hostId, processId, serverId, type HostId, type ProcessId } from "../../base/ids.ts";
import type { ClusterSpec, LocationSpec, ServerSpec } from "./spec.ts";
import type { ServerPlace } from "../strategies/contracts.ts";

export interface HostPlace {
  readonly id: HostId;
  readonly name: string;
  readonly kind: "server" | "controller" | "client";
  /** Role of a controller, group of a client; "database" for servers. */
  readonly role: string;
  /** From 1 within its role or group; servers count from 0. */
  readonly ordinal: number;
  readonly rack: string;
  readonly zone: string;
  readonly region: string;
  /** Of a server: its share of the load relative to others, and what it is like if not as the cluster says. */
  readonly weight: number;
  readonly server: ServerSpec | undefined;
  /** The one process that a host runs from the start; parts may create more. */
  readonly process: ProcessId;
}

export interface Topology {
  readonly hosts: readonly HostPlace[];
  readonly servers: readonly HostPlace[];
  /** Client locations, `group/zone`, sorted; with the client hosts of each. */
  readonly vantages: readonly { readonly name: string; readonly group: string; readonly hosts: readonly HostPlace[] }[];
}

/** `joining`: zones of servers that are added during the run; they have the last numbers. */
export function buildTopology(
  cluster: ClusterSpec,
  controllers: Readonly<Record<string, readonly LocationSpec[]>>,
  joining: readonly string[] = [],
): Topology {
  const hosts: HostPlace[] = [];
  const place = (
    kind: HostPlace["kind"],
    role: string,
    ordinal: number,
    where: { rack: string; zone: string; region: string },
    name: string,
    weight = 1,
    server?: ServerSpec,
  ): void => {
    const id = hosts.length;
    hosts.push({ id: hostId(id), name, kind, role, ordinal, ...where, weight, server, process: processId(id) });
  };
  const zones = cluster.regions.flatMap((region) => region.zones.map((zone) => ({ region: region.name, zone })));
  let server = 0;
  for (const { region, zone } of zones)
    for (const rack of zone.racks)
      for (let i = 0; i < rack.servers; i += 1) {
        place("server", "database", server, { rack: rack.name, zone: zone.name, region }, `server ${server}`, rack.weight, rack.server);
        server += 1;
      }
  for (const name of joining) {
    const { region = "", zone } = zones.find((candidate) => candidate.zone.name === name) ?? {};
    place("server", "database", server, { rack: zone?.racks[0]?.name ?? name, zone: name, region }, `server ${server}`);
    server += 1;
  }
  for (const role of Object.keys(controllers).sort()) {
    (controllers[role] ?? []).forEach((location, index) => {
      const found = zones.find(({ region, zone }) =>
        matches(location, { region, zone: zone.name, racks: zone.racks.map((rack) => rack.name) }),
      );
      const zone = found?.zone.name ?? location.name;
      place(
        "controller",
        role,
        index + 1,
        { rack: location.kind === "rack" ? location.name : zone, zone, region: found?.region ?? "" },
        `${role} ${index + 1}`,
      );
    });
  }
  for (const group of cluster.clients)
    for (let i = 0; i < group.hosts; i += 1) {
      const zone = group.zones[i % group.zones.length] ?? "";
      const region = zones.find((candidate) => candidate.zone.name === zone)?.region ?? "";
      place("client", group.name, i + 1, { rack: zone, zone, region }, `${group.name} ${i + 1}`);
    }
  const names = [...new Set(hosts.filter((host) => host.kind === "client").map((host) => `${host.role}/${host.zone}`))].sort();
  return {
    hosts,
    servers: hosts.filter((host) => host.kind === "server"),
    vantages: names.map((name) => {
      const members = hosts.filter((host) => host.kind === "client" && `${host.role}/${host.zone}` === name);
      return { name, group: members[0]?.role ?? "", hosts: members };
    }),
  };
}

/** Servers as parts know them. */
export function serverPlaces({ servers }: Topology): readonly ServerPlace[] {
  return servers.map(({ id, name, rack, zone, region, weight }) => ({ id: serverId(id), name, rack, zone, region, weight }));
}

function matches(location: LocationSpec, zone: { region: string; zone: string; racks: readonly string[] }): boolean {
  if (location.kind === "zone") return zone.zone === location.name;
  return location.kind === "region" ? zone.region === location.name : zone.racks.includes(location.name);
}
