/**
 * Faults at work (CONTRACTS.md, section 5): from targets as written to processes, hosts and links, and back when the
 * fault ends. `primary of shard N` is whoever the map names when the fault begins.
 */
import { unreachable } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";
import type { Target } from "../faults/fault.ts";
import type { Injection } from "../faults/scripted.ts";
import type { Network } from "./network.ts";
import type { Topology } from "./topology.ts";
import type { HostRecord, ProcessRecord, World } from "./world.ts";

export interface Injector {
  /** Applies the fault; says what it struck. */
  readonly start: (injection: Injection) => Struck;
  readonly end: (injection: Injection) => void;
  readonly isActive: (injection: Injection) => boolean;
}

export interface Struck {
  /** Hosts whose processes are stopped or paused. */
  readonly hosts: readonly number[];
  /** Ordered pairs of hosts that cannot speak. */
  readonly cut: readonly (readonly [number, number])[];
  readonly names: readonly string[];
}

export interface InjectorParts {
  readonly world: World;
  readonly topology: Topology;
  readonly network: Network;
  readonly replicasOf: (shard: number) => readonly number[];
  readonly ownerOf: (shard: number) => number;
  readonly shards: number;
  /** For the drawn prefix of unsynced data that a dead host keeps. */
  readonly random: (name: string) => Random;
  /** A server's process ended: its replicas hold nothing themselves any more. */
  readonly gone: (host: HostRecord) => void;
  readonly note: (process: ProcessRecord, change: "started" | "crashed" | "stopped" | "paused" | "resumed") => void;
  readonly linksChanged: () => void;
}

export function createInjector(parts: InjectorParts): Injector {
  const { world, topology, network } = parts;
  const active = new Map<Injection, Struck>();
  const hostOf = (id: number): HostRecord => world.hosts[id]!;

  function resolve(targets: readonly Target[], draws: readonly number[]): number[] {
    const found = new Set<number>();
    for (const target of targets) for (const host of resolveOne(target, draws)) found.add(host);
    return [...found].sort((a, b) => a - b);
  }

  function resolveOne(target: Target, draws: readonly number[]): number[] {
    switch (target.kind) {
      case "primaryOf":
        return [parts.ownerOf(target.shard)];
      case "standbysOf":
        return standbys(target.shard);
      case "standbyOf": {
        const host = standbys(target.shard)[target.ordinal - 1];
        return host === undefined ? [] : [host];
      }
      case "primaries":
        return Array.from({ length: parts.shards }, (_, shard) => parts.ownerOf(shard));
      case "server":
      case "process":
        return [target.server];
      case "location":
        return topology.hosts.filter((host) => host[target.location] === target.name).map((host) => host.id);
      case "randomServers": {
        const left = topology.servers.map((host) => host.id as number);
        const chosen: number[] = [];
        for (let i = 0; i < target.count && left.length > 0; i += 1) chosen.push(...left.splice(Math.floor((draws[i] ?? 0) * left.length), 1));
        return chosen;
      }
      case "role":
        return topology.hosts
          .filter((host) => host.kind === "controller" && host.role === target.role && (typeof target.which === "string" || host.ordinal === target.which))
          .map((host) => host.id);
      case "clients":
        return topology.hosts.filter((host) => host.kind === "client" && host.role === target.group && (target.zone === undefined || host.zone === target.zone)).map((host) => host.id);
      default:
        return unreachable(target);
    }
  }

  const standbys = (shard: number): number[] => parts.replicasOf(shard).filter((server) => server !== parts.ownerOf(shard));
  /** A location as the target of anything but a cut means servers and controllers, never clients. */
  const spareClients = (hosts: readonly number[], targets: readonly Target[]): number[] =>
    hosts.filter((id) => topology.hosts[id]!.kind !== "client" || targets.some((target) => target.kind === "clients"));

  function crash(host: HostRecord, hostDies: boolean, forEver: boolean): void {
    if (hostDies) {
      host.down += 1;
      if (forEver) host.destroyed = true;
    }
    for (const process of host.processes) {
      process.down += 1;
      if (process.down === 1) {
        // A paused process that dies is no longer paused when it returns.
        parts.note(process, "crashed");
        world.kill(process, !hostDies);
      }
    }
    parts.gone(host);
    if (!hostDies) return;
    host.device.clear();
    for (const process of host.processes)
      for (const machine of process.machines) {
        const { store } = machine;
        if (store === undefined || store.destroyed()) continue;
        if (forEver) store.destroy();
        else {
          // What was written but not synced is lost but for a prefix, drawn: the device may have got that far.
          const unsynced = store.written() - store.synced();
          const kept = unsynced > 0 ? parts.random(`host death/${machine.name}`).below(unsynced + 1) : 0;
          store.truncate(store.synced() + kept);
          store.setSynced(store.written());
        }
      }
  }

  function revive(host: HostRecord, hostDied: boolean): void {
    if (hostDied) {
      host.down -= 1;
      if (host.down === 0) world.booted(host);
    }
    for (const process of host.processes) {
      process.down -= 1;
      if (process.down > 0 || host.down > 0 || host.destroyed) continue;
      parts.note(process, "started");
      world.start(process);
    }
  }

  return {
    start: (injection) => {
      const { action } = injection.fault;
      const forEver = injection.endAt === Infinity;
      let struck: Struck;
      if (action.kind === "cut") {
        const from = resolve(action.from, injection.draws);
        const to = action.to === "rest" ? topology.hosts.map((host) => host.id as number).filter((id) => !from.includes(id)) : resolve(action.to, injection.draws);
        const cut: [number, number][] = [];
        for (const a of from)
          for (const b of to) {
            if (a === b) continue;
            cut.push([a, b]);
            if (!action.oneWay) cut.push([b, a]);
          }
        for (const [a, b] of cut) network.block(a, b);
        struck = { hosts: [], cut, names: from.map((id) => topology.hosts[id]!.name) };
        parts.linksChanged();
      } else {
        const hosts = spareClients(resolve(action.target, injection.draws), action.target);
        struck = { hosts, cut: [], names: hosts.map((id) => topology.hosts[id]!.name) };
        for (const id of hosts) {
          if (action.kind === "pause") {
            for (const process of hostOf(id).processes) {
              world.pause(process);
              parts.note(process, "paused");
            }
          } else crash(hostOf(id), action.kind === "hostDeath", forEver);
        }
        if (action.kind !== "pause") parts.linksChanged();
      }
      active.set(injection, struck);
      return struck;
    },
    end: (injection) => {
      const struck = active.get(injection);
      if (struck === undefined) return;
      active.delete(injection);
      const { kind } = injection.fault.action;
      if (kind === "cut") {
        for (const [a, b] of struck.cut) network.unblock(a, b);
        parts.linksChanged();
        return;
      }
      for (const id of struck.hosts) {
        if (kind === "pause") {
          for (const process of hostOf(id).processes) {
            parts.note(process, "resumed");
            world.resume(process);
          }
        } else revive(hostOf(id), kind === "hostDeath");
      }
    },
    isActive: (injection) => active.has(injection),
  };
}
