/** From targets as written to the hosts, processes and ways that they mean when a fault begins. */
import { unreachable } from "../../base/assert.ts";
import type { Link, Target } from "../faults/fault.ts";
import type { HostRecord, ProcessRecord } from "./actors.ts";
import type { Topology } from "./topology.ts";

export interface AimParts {
  readonly hosts: readonly HostRecord[];
  readonly topology: Topology;
  readonly replicasOf: (shard: number) => readonly number[];
  readonly ownerOf: (shard: number) => number;
  /** The host of the leader of a role whose members elect one; undefined where there is none now. */
  readonly leaderOf: (role: string) => number | undefined;
  readonly shards: number;
}

/** An ordered pair of hosts. */
export type Way = readonly [from: number, to: number];

export interface Aims {
  /** Hosts of a fault that strikes hosts: a location means servers and controllers, never clients. */
  readonly hosts: (targets: readonly Target[], draws: readonly number[]) => readonly HostRecord[];
  /** Processes in the order of their hosts: the named ones; of each other target all, or the one that its host is for. */
  readonly processes: (targets: readonly Target[], draws: readonly number[], which: "all" | "own") => readonly ProcessRecord[];
  /** The first side's hosts, and the ways between both sides. A location means all that stands there. */
  readonly ways: (link: Link, draws: readonly number[]) => { readonly from: readonly number[]; readonly ways: readonly Way[] };
}

export function createAims({ hosts, topology, replicasOf, ownerOf, leaderOf, shards }: AimParts): Aims {
  function resolve(targets: readonly Target[], draws: readonly number[]): number[] {
    const found = new Set<number>();
    for (const target of targets) for (const host of resolveOne(target, draws)) found.add(host);
    return [...found].sort((a, b) => a - b);
  }

  function resolveOne(target: Target, draws: readonly number[]): number[] {
    switch (target.kind) {
      case "primaryOf":
        return [ownerOf(target.shard)];
      case "standbysOf":
        return standbys(target.shard);
      case "standbyOf": {
        const host = standbys(target.shard)[target.ordinal - 1];
        return host === undefined ? [] : [host];
      }
      case "primaries":
        return Array.from({ length: shards }, (_, shard) => ownerOf(shard));
      case "server":
      case "process":
        return [target.server];
      case "location":
        return topology.hosts.filter((host) => host[target.location] === target.name).map((host) => host.id);
      case "randomServers": {
        const left = topology.servers.map((host) => host.id as number);
        const chosen: number[] = [];
        for (let i = 0; i < target.count && left.length > 0; i += 1)
          chosen.push(...left.splice(Math.floor((draws[i] ?? 0) * left.length), 1));
        return chosen;
      }
      case "role": {
        const led = target.which === "leader" ? leaderOf(target.role) : undefined;
        if (led !== undefined) return [led];
        return topology.hosts
          .filter(
            (host) =>
              host.kind === "controller" &&
              host.role === target.role &&
              (target.which === "all" || host.ordinal === (target.which === "leader" ? 1 : target.which)),
          )
          .map((host) => host.id);
      }
      case "clients":
        return topology.hosts
          .filter(
            (host) => host.kind === "client" && host.role === target.group && (target.zone === undefined || host.zone === target.zone),
          )
          .map((host) => host.id);
      default:
        return unreachable(target);
    }
  }

  const standbys = (shard: number): number[] => replicasOf(shard).filter((server) => server !== ownerOf(shard));
  const spareClients = (found: readonly number[], targets: readonly Target[]): number[] =>
    found.filter((id) => topology.hosts[id]!.kind !== "client" || targets.some((target) => target.kind === "clients"));

  return {
    hosts: (targets, draws) => spareClients(resolve(targets, draws), targets).map((id) => hosts[id]!),
    processes: (targets, draws, which) => {
      const found = new Set<ProcessRecord>();
      for (const target of targets)
        for (const id of spareClients(resolve([target], draws), targets)) {
          const host = hosts[id]!;
          for (const process of host.processes) {
            const isMeant = target.kind === "process" ? process.name === target.process : process.id === host.place.process;
            if (isMeant || (which === "all" && target.kind !== "process")) found.add(process);
          }
        }
      return [...found].sort((a, b) => a.host.place.id - b.host.place.id || a.id - b.id);
    },
    ways: (link, draws) => {
      const from = resolve(link.from, draws);
      const to =
        link.to === "rest" ? topology.hosts.map((host) => host.id as number).filter((id) => !from.includes(id)) : resolve(link.to, draws);
      const ways = new Map<string, Way>();
      for (const a of from)
        for (const b of to) {
          if (a === b) continue;
          ways.set(`${a} ${b}`, [a, b]);
          if (!link.oneWay) ways.set(`${b} ${a}`, [b, a]);
        }
      return { from, ways: [...ways.values()] };
    },
  };
}
