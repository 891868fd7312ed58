/**
 * Faults at work: from targets as written to processes, hosts and links, and back when the
 * fault ends. `primary of shard N` is whoever the map names when the fault begins.
 */
import { unreachable } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";
import type { Target } from "../faults/fault.ts";
import type { Injection } from "../faults/scripted.ts";
import type { Network } from "./network.ts";
import type { Topology } from "./topology.ts";
import type { HostRecord, ProcessRecord } from "./actors.ts";
import type { Lifecycle } from "./rooms.ts";
import type { Transfers } from "./transfers.ts";

export interface Injector {
  /** Applies the fault; says what it struck. */
  readonly start: (injection: Injection) => Struck;
  readonly end: (injection: Injection) => void;
  readonly isActive: (injection: Injection) => boolean;
}

export interface Struck {
  /** Hosts that do not do what they are for: their own process is stopped or paused. */
  readonly hosts: readonly number[];
  /** Hosts of which only processes beside their own are. */
  readonly aside: readonly number[];
  /** Ordered pairs of hosts that cannot speak. */
  readonly cut: readonly (readonly [number, number])[];
  readonly names: readonly string[];
}

export interface InjectorParts {
  readonly hosts: readonly HostRecord[];
  readonly lifecycle: Lifecycle;
  readonly transfers: Transfers;
  readonly topology: Topology;
  readonly network: Network;
  readonly replicasOf: (shard: number) => readonly number[];
  readonly ownerOf: (shard: number) => number;
  /** The host of the leader of a role whose members elect one; undefined where there is none now. */
  readonly leaderOf: (role: string) => number | undefined;
  readonly shards: number;
  /** For the drawn prefix of unsynced data that a dead host keeps. */
  readonly random: (name: string) => Random;
  readonly note: (process: ProcessRecord, change: "paused" | "resumed") => void;
}

/** A process as a fault found it: what it did in that era is undone, nothing else. */
interface Hit {
  readonly process: ProcessRecord;
  readonly era: number;
}

/** What a fault did, for undoing it. */
interface Active {
  readonly struck: Struck;
  readonly hits: readonly Hit[];
}

export function createInjector(parts: InjectorParts): Injector {
  const { hosts, lifecycle, topology, network } = parts;
  const active = new Map<Injection, Active>();

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
        for (let i = 0; i < target.count && left.length > 0; i += 1)
          chosen.push(...left.splice(Math.floor((draws[i] ?? 0) * left.length), 1));
        return chosen;
      }
      case "role": {
        const led = target.which === "leader" ? parts.leaderOf(target.role) : undefined;
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

  const standbys = (shard: number): number[] => parts.replicasOf(shard).filter((server) => server !== parts.ownerOf(shard));
  /** A location as the target of anything but a cut means servers and controllers, never clients. */
  const spareClients = (hosts: readonly number[], targets: readonly Target[]): number[] =>
    hosts.filter((id) => topology.hosts[id]!.kind !== "client" || targets.some((target) => target.kind === "clients"));

  /** The processes that a fault on targets strikes: the named one; for a crash the one that its host is for; else all. */
  function strike(kind: "processCrash" | "hostDeath" | "pause", targets: readonly Target[], draws: readonly number[]): ProcessRecord[] {
    const found = new Set<ProcessRecord>();
    for (const target of targets)
      for (const id of spareClients(resolve([target], draws), targets)) {
        const host = hosts[id]!;
        for (const process of host.processes) {
          const isMeant = target.kind === "process" ? process.name === target.process : process.id === host.place.process;
          if (kind === "hostDeath" || isMeant || (kind === "pause" && target.kind !== "process")) found.add(process);
        }
      }
    return [...found].sort((a, b) => a.host.place.id - b.host.place.id || a.id - b.id);
  }

  function losePower(host: HostRecord, forEver: boolean): void {
    host.device.clear();
    for (const process of host.processes)
      for (const machine of process.machines) {
        const { store, registers } = machine;
        if (registers.isDirty || registers.isFlushing) {
          // A register is on the device or it is not.
          if (parts.random(`host death/${machine.name}/registers`).below(2) === 0) registers.now.set(registers.synced);
          registers.synced.set(registers.now);
          registers.isDirty = false;
          registers.isFlushing = false;
        }
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

  function begin(kind: "processCrash" | "hostDeath" | "pause", processes: readonly ProcessRecord[], forEver: boolean): Hit[] {
    const dying = kind === "hostDeath" ? [...new Set(processes.map((process) => process.host))] : [];
    for (const host of dying) {
      host.down += 1;
      if (forEver) host.destroyed = true;
    }
    const hits: Hit[] = [];
    for (const process of processes) {
      if (kind !== "pause") lifecycle.down(process, "crashed", kind === "hostDeath");
      else if (process.down > 0) continue;
      else {
        lifecycle.pause(process);
        parts.note(process, "paused");
      }
      hits.push({ process, era: process.era });
    }
    for (const host of dying) losePower(host, forEver);
    return hits;
  }

  function finish(kind: "processCrash" | "hostDeath" | "pause", hits: readonly Hit[]): void {
    if (kind === "pause") {
      for (const { process, era } of hits) {
        // One that died meanwhile came back, if it did, without its pause.
        if (process.era !== era) continue;
        parts.note(process, "resumed");
        lifecycle.resume(process);
      }
      return;
    }
    if (kind === "hostDeath")
      for (const host of new Set(hits.map(({ process }) => process.host))) {
        host.down -= 1;
        if (host.down === 0) lifecycle.booted(host);
      }
    for (const { process } of hits) lifecycle.up(process);
  }

  return {
    start: (injection) => {
      const { action } = injection.fault;
      let struck: Struck;
      let hits: readonly Hit[] = [];
      if (action.kind === "cut") {
        const from = resolve(action.from, injection.draws);
        const to =
          action.to === "rest"
            ? topology.hosts.map((host) => host.id as number).filter((id) => !from.includes(id))
            : resolve(action.to, injection.draws);
        const pairs = new Map<string, readonly [number, number]>();
        for (const a of from)
          for (const b of to) {
            if (a === b) continue;
            pairs.set(`${a} ${b}`, [a, b]);
            if (!action.oneWay) pairs.set(`${b} ${a}`, [b, a]);
          }
        const cut = [...pairs.values()];
        for (const [a, b] of cut) network.block(a, b);
        struck = { hosts: [], aside: [], cut, names: from.map((id) => topology.hosts[id]!.name) };
        parts.transfers.changed();
      } else {
        const processes = strike(action.kind, action.target, injection.draws);
        const isOwn = (process: ProcessRecord): boolean => process.id === process.host.place.process;
        const own = processes.filter(isOwn);
        const beside = processes.filter((process) => !own.some(({ host }) => host === process.host));
        struck = {
          hosts: own.map(({ host }) => host.place.id),
          aside: [...new Set(beside.map(({ host }) => host.place.id as number))],
          cut: [],
          names: [...own.map(({ host }) => host.place.name), ...beside.map(({ name, host }) => `${name} of ${host.place.name}`)],
        };
        hits = begin(action.kind, processes, injection.endAt === Infinity);
      }
      active.set(injection, { struck, hits });
      return struck;
    },
    end: (injection) => {
      const was = active.get(injection);
      if (was === undefined) return;
      active.delete(injection);
      const { kind } = injection.fault.action;
      if (kind !== "cut") return finish(kind, was.hits);
      for (const [a, b] of was.struck.cut) network.unblock(a, b);
      parts.transfers.changed();
    },
    isActive: (injection) => active.has(injection),
  };
}
