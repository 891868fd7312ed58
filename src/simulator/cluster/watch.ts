/**
 * What is seen of a run: facts as they are stated, who holds what, which faults reach whom. It knows true time and every
 * host's state, which no part does.
 */
import type { FactInput } from "../../base/machine.ts";
import type { Instant } from "../../base/time.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Injection } from "../faults/scripted.ts";
import type { Fact } from "../record/fact.ts";
import { serversIn, type MapSnapshot, type ReplicationPart } from "../strategies/contracts.ts";
import { Event, type HostRecord, type ProcessRecord } from "./actors.ts";
import { createStateView, type StateView } from "./availability.ts";
import { createLeaderlessView } from "./leaderless-view.ts";
import type { Injector, Struck } from "./injection.ts";
import type { Ledger } from "./ledger.ts";
import type { Network } from "./network.ts";
import type { FaultSpan } from "./outages.ts";
import { createRedundancyView, type Reduction } from "./redundancy.ts";
import type { ReplicaStore } from "./replica-store.ts";
import type { TraceLine } from "./run.ts";
import type { Topology } from "./topology.ts";

export interface Watch {
  readonly facts: Fact[];
  readonly faults: FaultSpan[];
  /** Per `shard * vantages + vantage`: instants at which a fault stopped or cut off the host that had answered last. */
  readonly openings: readonly number[][];
  readonly view: StateView;
  readonly state: (fact: Fact) => void;
  readonly fact: (input: FactInput) => void;
  readonly process: (process: ProcessRecord, change: "started" | "crashed" | "stopped" | "paused" | "resumed") => void;
  readonly startFault: (injection: Injection) => void;
  readonly endFault: (injection: Injection) => void;
  readonly isUp: (server: number) => boolean;
  /** Hosts, links, roles or the map changed in a way that was not stated here. */
  readonly changed: () => void;
  /** Copies that came back may have caught up. */
  readonly lookAtCopies: () => void;
  readonly reductions: () => readonly Reduction[];
}

/** How often copies that came back are looked at until they have caught up: as often as a prober probes by default. */
const COPIES_STEP = 10_000;

export interface WatchInput {
  readonly kernel: Kernel;
  readonly topology: Topology;
  readonly hosts: readonly HostRecord[];
  readonly processes: readonly ProcessRecord[];
  readonly network: Network;
  readonly replication: ReplicationPart;
  readonly shards: number;
  /** Copies that a shard should have. */
  readonly copies: number;
  readonly map: () => MapSnapshot;
  readonly ledger: Ledger;
  /** What a shard holds now. */
  readonly size: (shard: number) => { readonly keys: number; readonly bytes: number };
  /** Start of measured time. */
  readonly from: number;
  /** Of `parts` equal parts of the key space, those whose shard exists. */
  readonly cover: { readonly parts: number; readonly covered: number };
  readonly trace: ((line: TraceLine) => void) | undefined;
  readonly injector: () => Injector;
  readonly clients: () => { readonly wake: (shard: number) => void; readonly lastAnswer: (shard: number, vantage: number) => number };
}

export function createWatch(input: WatchInput): Watch {
  const { kernel, topology, hosts, processes, network, shards, from } = input;
  const vantages = topology.vantages.length;
  const facts: Fact[] = [];
  const faults: FaultSpan[] = [];
  const spans = new Map<Injection, FaultSpan>();
  const openings: number[][] = Array.from({ length: shards * vantages }, () => []);
  const lastReady = new Int32Array(shards).fill(-1);
  const isLeaderless = input.replication.coordination !== undefined;
  const view = isLeaderless ? createLeaderlessView(shards, isWritableAnywhere) : createStateView(shards, isWritable);
  const redundancy = createRedundancyView({
    shards,
    isConnected: isLeaderless ? areAllInTouch : isConnected,
    written: (shard) => ownerStore(shard).written(),
    haveAll: (shard, index) => {
      // What each should hold depends on who asks it: copies count from when they are back.
      if (isLeaderless) return true;
      const version = ownerStore(shard).versionAt(index);
      const held = standing(shard);
      const counted = storesOf(shard).filter((store) => held.includes(store.server));
      // One whose disk was wiped has nothing.
      if (counted.length < held.length) return false;
      return counted.every((store) => store.written() >= index && (index <= store.base() || store.versionAt(index) === version));
    },
  });
  /** A look is scheduled. */
  let isLooking = false;
  let hasWiped = false;

  const isUp = (server: number): boolean => hosts[server]!.down === 0 && processes[server]!.down === 0 && processes[server]!.paused === 0;
  const canTalk = (a: number, b: number): boolean => !network.blocked(a, b) && !network.blocked(b, a);

  /** Running, not paused, and within reach of most vantages. */
  function isReachable(server: number): boolean {
    if (!isUp(server)) return false;
    const reaching = topology.vantages.filter((vantage) => canTalk(vantage.hosts[0]!.id, server)).length;
    return reaching * 2 > vantages;
  }

  function isWritable(shard: number, server: number, epoch: number): boolean {
    const map = input.map();
    if (!isUp(server) || map.epochs[shard]! > epoch) return false;
    let members = 0;
    let live = 0;
    map.replicas[shard]!.forEach((replica, place) => {
      if ((map.members[shard]! & (1 << place)) === 0) return;
      members += 1;
      if (isUp(replica) && holds(shard, replica) && (replica === server || canTalk(server, replica))) live += 1;
    });
    return live >= input.replication.needed(members);
  }

  /** Is there a server that reaches enough replicas? */
  function isWritableAnywhere(shard: number): boolean {
    const replicas = standing(shard);
    const needed = input.replication.needed(replicas.length);
    return topology.servers.some(
      ({ id }) => isUp(id) && replicas.filter((replica) => isUp(replica) && (replica === id || canTalk(id, replica))).length >= needed,
    );
  }

  function areAllInTouch(shard: number): boolean {
    const replicas = standing(shard);
    return replicas.every((one) => isUp(one) && replicas.every((other) => one === other || canTalk(one, other)));
  }

  const storesOf = (shard: number): readonly ReplicaStore[] => input.ledger.shards[shard]!.stores.filter((store) => !store.destroyed());
  const ownerStore = (shard: number): ReplicaStore => storesOf(shard).find((store) => store.server === input.map().owners[shard])!;

  /** Has a server a copy at all? Until a disk is wiped, all that should have one do. */
  const holds = (shard: number, server: number): boolean => !hasWiped || storesOf(shard).some((store) => store.server === server);

  /** Who holds a replica of a shard now, dead ones included until they are replaced. */
  const standing = (shard: number): readonly number[] => {
    const { replicas, standing: masks } = input.map();
    return serversIn(replicas[shard]!, masks[shard]!);
  };

  /** The owner alone holds itself primary, and all replicas that there should be are up, in touch with it, and members. */
  function isConnected(shard: number): boolean {
    const map = input.map();
    const owner = map.owners[shard]!;
    const holders = view.holders(shard);
    if (holders.size !== 1 || holders.get(owner) !== map.epochs[shard] || !isUp(owner)) return false;
    const mask = map.standing[shard]!;
    if ((map.members[shard]! & mask) !== mask) return false;
    const held = standing(shard);
    return held.length >= input.copies && held.every((replica) => isUp(replica) && (replica === owner || canTalk(owner, replica)));
  }

  function changed(): void {
    view.update(kernel.now());
    look();
  }

  function look(): void {
    if (kernel.now() < from || !redundancy.look(kernel.now()) || isLooking) return;
    isLooking = true;
    kernel.schedule((kernel.now() + COPIES_STEP) as Instant, Event.Copies, 0, 0);
  }

  function state(fact: Fact): void {
    facts.push(fact);
    if (input.trace === undefined) return;
    // Facts name members by their place among the shard's replicas, as epochs' masks do; a reader knows servers.
    const told =
      fact.kind === "map" ? { ...fact, members: fact.members.map((place) => input.map().replicas[fact.shard]?.[place] ?? place) } : fact;
    input.trace({
      at: fact.at,
      kind: fact.kind === "fault" || fact.kind === "process" ? "fault" : "fact",
      shard: "shard" in fact ? fact.shard : undefined,
      server: "server" in fact ? fact.server : undefined,
      text: factText(told),
    });
  }

  function fact(stated: FactInput): void {
    const at = kernel.now() - from;
    const { wake } = input.clients();
    if (stated.kind === "ready") {
      const deposed = lastReady[stated.shard]!;
      view.ready(stated.shard, stated.server, stated.epoch);
      wake(stated.shard);
      const isChange = deposed >= 0 && deposed !== stated.server;
      state({ ...stated, at, deposed: isChange ? deposed : -1, deposedReachable: isChange && isReachable(deposed) });
      lastReady[stated.shard] = stated.server;
    } else if (stated.kind === "move") {
      // Probers wake when the map changes by it: a copy that is being made touches nobody's writes.
      state({ ...stated, at, ...input.size(stated.shard) });
    } else {
      state({ ...stated, at });
      if (stated.kind === "demoted") view.demoted(stated.shard, stated.server);
      if (stated.kind === "demoted" || stated.kind === "map" || stated.kind === "switchover") wake(stated.shard);
      if (stated.kind === "map") {
        const map = input.map();
        const { parts, covered } = input.cover;
        state({ at, kind: "cover", epoch: mapVersion(map), parts, covered: map.owners.every((owner) => owner >= 0) ? covered : 0 });
      }
    }
    changed();
  }

  function startFault(injection: Injection): void {
    const { owners } = input.map();
    const clients = input.clients();
    const answering = openings.map((_, cell) => {
      const last = clients.lastAnswer(Math.floor(cell / vantages), cell % vantages);
      return last >= 0 ? last : owners[Math.floor(cell / vantages)]!;
    });
    if (injection.fault.action.kind === "wipe") hasWiped = true;
    const struck = input.injector().start(injection);
    const now = kernel.now();
    const isolates = new Set<number>();
    const silences = new Set<number>();
    for (let cell = 0; cell < openings.length; cell += 1) {
      const meaning = reach(cell, answering[cell]!, struck);
      if (meaning === "silenced") silences.add(cell);
      if (meaning === "isolated") isolates.add(cell);
    }
    const span: FaultSpan = { label: injection.fault.label, startAt: now, touches: touchedBy(struck), isolates, silences };
    faults.push(span);
    spans.set(injection, span);
    const { name, label, action } = injection.fault;
    state({
      at: now - from,
      kind: "fault",
      phase: "start",
      fault: name,
      label,
      type: action.kind,
      targets: struck.names,
      touches: [...span.touches],
    });
    for (const shard of span.touches) clients.wake(shard);
    changed();
  }

  /** Shards with a replica on a host where anything was struck, or at an end of a link that was cut or impaired. */
  function touchedBy(struck: Struck): Set<number> {
    const concerned = new Set([...struck.hosts, ...struck.aside, ...struck.cut.flat(), ...struck.impaired.flat()]);
    const all = Array.from({ length: shards }, (_, shard) => shard);
    return new Set(all.filter((shard) => standing(shard).some((server) => concerned.has(server))));
  }

  /** What the fault means to a vantage of a shard: has it lost the host that answered, can the network still bring it to most replicas? */
  function reach(cell: number, answering: number, struck: Struck): "silenced" | "isolated" | "reaching" {
    const client = topology.vantages[cell % vantages]!.hosts.find((host) => processes[host.process]!.down === 0);
    if (client === undefined) return "silenced";
    const isCutOff = struck.cut.some(([a, b]) => (a === client.id && b === answering) || (b === client.id && a === answering));
    if (isCutOff || struck.hosts.includes(answering)) openings[cell]!.push(kernel.now());
    const live = standing(Math.floor(cell / vantages)).filter((server) => hosts[server]!.down === 0);
    const reached = live.filter((server) => canTalk(client.id, server)).length;
    return live.length > 0 && reached * 2 <= live.length ? "isolated" : "reaching";
  }

  return {
    facts,
    faults,
    openings,
    view,
    state,
    fact,
    process: (process, change) =>
      state({ at: kernel.now() - from, kind: "process", host: process.host.place.name, process: process.name, change }),
    startFault,
    endFault: (injection) => {
      if (!input.injector().isActive(injection)) return;
      input.injector().end(injection);
      const touches = [...(spans.get(injection)?.touches ?? [])];
      const { name, label, action } = injection.fault;
      state({ at: kernel.now() - from, kind: "fault", phase: "end", fault: name, label, type: action.kind, targets: [], touches });
      for (const shard of touches) input.clients().wake(shard);
      changed();
    },
    isUp,
    changed,
    lookAtCopies: () => {
      isLooking = false;
      look();
    },
    reductions: redundancy.reductions,
  };
}

/** 1 at first; each change of a shard's epoch makes it grow. */
function mapVersion(map: MapSnapshot): number {
  return map.epochs.reduce((sum, epoch) => sum + epoch - 1, 1);
}

function factText(fact: Fact): string {
  const rest = Object.entries(fact).filter(([name]) => name !== "at" && name !== "kind");
  return `${fact.kind} ${rest.map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(",") : String(value)}`).join(" ")}`;
}
