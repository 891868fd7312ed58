/**
 * Faults at work: what each does to processes, hosts, clocks and links, and how it is undone. Which of them it strikes is
 * found when it begins (aims.ts): `primary of shard N` is whoever the map names then.
 */
import { unreachable } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";
import type { FaultAction } from "../faults/fault.ts";
import type { Injection } from "../faults/scripted.ts";
import { compileDistribution } from "../kernel/distributions.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { createAims, type AimParts, type Way } from "./aims.ts";
import type { HostRecord, ProcessRecord } from "./actors.ts";
import type { Impairment } from "./impairments.ts";
import type { Ledger } from "./ledger.ts";
import type { Network } from "./network.ts";
import { erase, losePower } from "./power.ts";
import type { Lifecycle } from "./rooms.ts";
import { rearm } from "./timers.ts";
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
  /** Hosts that are up and not well: a process beside their own is stopped, they are slow, their clocks are wrong. */
  readonly aside: readonly number[];
  /** Ordered pairs of hosts that cannot speak. */
  readonly cut: readonly Way[];
  /** Those whose messages are late. */
  readonly impaired: readonly Way[];
  readonly names: readonly string[];
}

export interface InjectorParts extends AimParts {
  readonly kernel: Kernel;
  readonly lifecycle: Lifecycle;
  readonly transfers: Transfers;
  readonly network: Network;
  readonly ledger: Ledger;
  /** End of measured time: timed faults end then at the latest. */
  readonly until: number;
  /** For what a dead host keeps, and for links that lose and delay. */
  readonly random: (name: string) => Random;
  readonly note: (process: ProcessRecord, change: "paused" | "resumed") => void;
}

/** A process as a fault found it: what it did in that era is undone, nothing else. */
interface Hit {
  readonly process: ProcessRecord;
  readonly era: number;
}

/** What a fault did. */
interface Active {
  readonly struck: Struck;
  readonly undo: () => void;
}

type Death = Extract<FaultAction, { readonly kind: "processCrash" | "hostDeath" | "powerLoss" | "wipe" }>;
type Slow = Extract<FaultAction, { readonly kind: "slow" }>;
type Drift = Extract<FaultAction, { readonly kind: "drift" }>;

export function createInjector(parts: InjectorParts): Injector {
  const { topology, network, lifecycle, kernel } = parts;
  const aims = createAims(parts);
  const active = new Map<Injection, Active>();
  /** What slows each host, and what makes its clocks drift. */
  const slowing = new Map<HostRecord, readonly Slow[]>();
  const drifting = new Map<HostRecord, readonly Drift[]>();
  /** The ways of links that flap, by their first cuts. */
  const flapping = new Map<Injection, { readonly names: readonly string[]; readonly ways: readonly Way[] }>();

  const namesOf = (hosts: readonly number[]): readonly string[] => hosts.map((id) => topology.hosts[id]!.name);

  function struckProcesses(processes: readonly ProcessRecord[]): Struck {
    const own = processes.filter((process) => process.id === process.host.place.process);
    const beside = processes.filter((process) => !own.some(({ host }) => host === process.host));
    return {
      hosts: own.map(({ host }) => host.place.id),
      aside: [...new Set(beside.map(({ host }) => host.place.id as number))],
      cut: [],
      impaired: [],
      names: [...own.map(({ host }) => host.place.name), ...beside.map(({ name, host }) => `${name} of ${host.place.name}`)],
    };
  }

  function die(action: Death, injection: Injection): Active {
    const { kind } = action;
    const forEver = injection.endAt === Infinity;
    const ofHosts = kind !== "processCrash";
    const processes = aims
      .processes(action.target, injection.draws, ofHosts ? "all" : "own")
      // Controllers and clients have no replicas: a wiped disk is a server's.
      .filter(({ host }) => kind !== "wipe" || host.place.kind === "server");
    const dying = ofHosts ? [...new Set(processes.map((process) => process.host))] : [];
    for (const host of dying) {
      host.down += 1;
      if (forEver) host.destroyed = true;
    }
    for (const process of processes) lifecycle.down(process, "crashed", ofHosts);
    for (const host of dying) {
      if (kind === "wipe") erase(host, forEver, parts.ledger);
      else losePower(host, forEver, kind === "powerLoss", parts.random);
    }
    const undo = (): void => {
      for (const host of dying) {
        host.down -= 1;
        if (host.down === 0) lifecycle.booted(host);
      }
      for (const process of processes) lifecycle.up(process);
    };
    return { struck: struckProcesses(processes), undo };
  }

  function pause(processes: readonly ProcessRecord[]): Active {
    const hits: Hit[] = [];
    for (const process of processes) {
      if (process.down > 0) continue;
      lifecycle.pause(process);
      parts.note(process, "paused");
      hits.push({ process, era: process.era });
    }
    const undo = (): void => {
      for (const { process, era } of hits) {
        // One that died meanwhile came back, if it did, without its pause.
        if (process.era !== era) continue;
        parts.note(process, "resumed");
        lifecycle.resume(process);
      }
    };
    return { struck: struckProcesses(processes), undo };
  }

  function freeze(hosts: readonly HostRecord[]): Active {
    for (const host of hosts) {
      host.frozen += 1;
      if (host.frozen === 1) setStanding(host, true);
    }
    const { struck, undo } = pause(hosts.flatMap(({ processes }) => processes));
    return {
      struck,
      undo: () => {
        const thawed = hosts.filter((host) => host.frozen === 1);
        for (const host of hosts) host.frozen -= 1;
        for (const host of thawed) setStanding(host, false);
        undo();
        for (const host of thawed) for (const process of host.thawing.splice(0)) lifecycle.up(process);
      },
    };
  }

  function setStanding(host: HostRecord, stands: boolean): void {
    host.clock.stand(kernel.now(), stands);
    rearm(host, kernel);
  }

  /** A fault that leaves its hosts at work: `change` is called again when it is over. */
  function ail<A extends Slow | Drift>(
    action: A,
    hosts: readonly HostRecord[],
    table: Map<HostRecord, readonly A[]>,
    change: (host: HostRecord, all: readonly A[]) => void,
  ): Active {
    const set = (host: HostRecord, all: readonly A[]): void => {
      table.set(host, all);
      change(host, all);
    };
    for (const host of hosts) set(host, [...(table.get(host) ?? []), action]);
    return {
      struck: ailing(hosts),
      undo: () => {
        for (const host of hosts) {
          const all = table.get(host) ?? [];
          set(
            host,
            all.filter((_, place) => place !== all.indexOf(action)),
          );
        }
      },
    };
  }

  const ailing = (hosts: readonly HostRecord[]): Struck => ({
    hosts: [],
    aside: hosts.map(({ place }) => place.id),
    cut: [],
    impaired: [],
    names: hosts.map(({ place }) => place.name),
  });

  function slow(host: HostRecord, all: readonly Slow[]): void {
    // Of several the slowest counts: hosts have one bottleneck at a time.
    const slowest = (factors: readonly number[]): number => (factors.length === 0 ? 1 : Math.max(...factors));
    host.cores?.slow(slowest(all.map(({ cpu }) => cpu)));
    host.device.slow(slowest(all.map(({ disk }) => disk)));
  }

  function drift(host: HostRecord, all: readonly Drift[]): void {
    host.clock.drift(
      kernel.now(),
      all.reduce((sum, { ppm }) => sum + ppm, 0),
    );
    rearm(host, kernel);
  }

  function jump(hosts: readonly HostRecord[], by: number, isForGood: boolean): Active {
    for (const { clock } of hosts) clock.jump(by);
    return {
      struck: ailing(hosts),
      undo: () => {
        if (!isForGood) for (const { clock } of hosts) clock.jump(-by);
      },
    };
  }

  function cut(names: readonly string[], ways: readonly Way[]): Active {
    for (const [a, b] of ways) network.block(a, b);
    parts.transfers.changed();
    return {
      struck: { hosts: [], aside: [], cut: ways, impaired: [], names },
      undo: () => {
        for (const [a, b] of ways) network.unblock(a, b);
        parts.transfers.changed();
      },
    };
  }

  function impair(names: readonly string[], ways: readonly Way[], impairment: Impairment): Active {
    network.impair(ways, impairment);
    return {
      struck: { hosts: [], aside: [], cut: [], impaired: ways, names },
      undo: () => {
        network.mend(ways, impairment);
      },
    };
  }

  function act(injection: Injection): Active {
    const { draws } = injection;
    const { action, name } = injection.fault;
    switch (action.kind) {
      case "processCrash":
      case "hostDeath":
      case "powerLoss":
      case "wipe":
        return die(action, injection);
      case "pause":
        return pause(aims.processes(action.target, draws, "all"));
      case "freeze":
        return freeze(aims.hosts(action.target, draws));
      case "slow":
        return ail(action, aims.hosts(action.target, draws), slowing, slow);
      case "drift":
        return ail(action, aims.hosts(action.target, draws), drifting, drift);
      case "skew":
      case "clockJump":
        return jump(aims.hosts(action.target, draws), action.by, action.kind === "clockJump");
      case "cut": {
        const { from, ways } = aims.ways(action, draws);
        return cut(namesOf(from), ways);
      }
      case "flap": {
        const first = injection.first ?? injection;
        let link = flapping.get(first);
        if (link === undefined) {
          const { from, ways } = aims.ways(action, draws);
          link = { names: namesOf(from), ways };
          flapping.set(first, link);
        }
        return cut(link.names, link.ways);
      }
      case "slowLink": {
        const { from, ways } = aims.ways(action, draws);
        const delay = compileDistribution(action.delay);
        const random = parts.random(`fault/${name}/link`);
        return impair(namesOf(from), ways, { delay: () => delay(random), isLost: () => false, until: 0 });
      }
      case "loss": {
        const { from, ways } = aims.ways(action, draws);
        const random = parts.random(`fault/${name}/link`);
        return impair(namesOf(from), ways, {
          delay: () => 0,
          isLost: () => random.uniform() < action.share,
          until: Math.min(parts.until, kernel.now() + injection.endAt - injection.startAt),
        });
      }
      default:
        return unreachable(action);
    }
  }

  return {
    start: (injection) => {
      const done = act(injection);
      active.set(injection, done);
      return done.struck;
    },
    end: (injection) => {
      const was = active.get(injection);
      if (was === undefined) return;
      active.delete(injection);
      was.undo();
    },
    isActive: (injection) => active.has(injection),
  };
}
