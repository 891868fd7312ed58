/** The hosts, processes and machines of a run, made from its spec and parts: who stands where, under which address. */
import { assert } from "../../base/assert.ts";
import { machineId, processId, shardId, type HostId, type MachineId, type ServerId, type ShardId } from "../../base/ids.ts";
import type { Machine } from "../../base/machine.ts";
import type { Random } from "../../base/random.ts";
import type { Duration } from "../../base/time.ts";
import { compileDistribution } from "../kernel/distributions.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type {
  ClientContext,
  ClientPolicy,
  MapSnapshot,
  PartContext,
  RebalancingPlan,
  ReplicaContext,
  RouterPlace,
  ServerPlace,
} from "../strategies/contracts.ts";
import {
  addMachine,
  addProcess,
  createHost,
  DOWN_AT_FIRST,
  Event,
  settle,
  type HostRecord,
  type MachineRecord,
  type ProcessRecord,
} from "./actors.ts";
import { createClock } from "./clocks.ts";
import { createCores } from "./cores.ts";
import { createDevice } from "./device.ts";
import type { Ledger } from "./ledger.ts";
import type { Messages } from "./messages.ts";
import type { MetadataDisk } from "./metadata.ts";
import { createMetadataService } from "./metadata-service.ts";
import type { Network } from "./network.ts";
import { initialServers } from "./layouts.ts";
import type { MachineFactory, MadeMachine } from "./rooms.ts";
import type { RunParts } from "./run.ts";
import type { RunSpec } from "./spec.ts";
import type { HostPlace, Topology } from "./topology.ts";
import { switchoverPlan } from "./switchovers.ts";
import { beginFlush } from "./world.ts";

export interface Actors {
  readonly hosts: readonly HostRecord[];
  readonly processes: ProcessRecord[];
  readonly machines: MachineRecord[];
  readonly context: PartContext;
  /** What the metadata service has on its disk: the authoritative map. */
  readonly disk: MetadataDisk;
  readonly clientMachines: ReadonlyMap<number, MachineRecord>;
  /** Where clients on a host ask first for the map, by the machine's name; undefined where all ask the metadata service. */
  readonly sourceFor: (host: HostPlace) => string | undefined;
  /** A replica that was made during the run has an address too. */
  readonly address: (record: MachineRecord) => void;
  readonly makeReplica: MachineFactory;
}

export interface BuildInput {
  readonly spec: RunSpec;
  readonly parts: RunParts;
  readonly topology: Topology;
  readonly places: readonly ServerPlace[];
  /** Servers of each shard's replicas, in placement order. */
  readonly replicas: readonly (readonly ServerId[])[];
  readonly kernel: Kernel;
  readonly network: Network;
  readonly ledger: Ledger;
  readonly messages: Messages;
  readonly stream: (name: string) => Random;
  /** Bytes of the rows of a shard, now. */
  readonly dataBytes: (shard: number) => number;
  readonly plan: RebalancingPlan | undefined;
}

export function buildActors(input: BuildInput): Actors {
  const { spec, parts, topology, replicas, stream } = input;
  const shards = replicas.length;
  const machines: MachineRecord[] = [];
  const hosts = buildHosts(input, machines);
  const processes: ProcessRecord[] = [];
  for (const host of hosts)
    newProcess(host.place.kind === "server" ? "database" : host.place.kind === "client" ? "client" : host.place.role, host);

  const replicaIds: Map<number, MachineId>[] = Array.from({ length: shards }, () => new Map<number, MachineId>());
  const agentIds: MachineId[] = [];
  const controllerIds = new Map<string, MachineId[]>();
  const initial = initialMap(replicas);
  /** Servers at their ordinals: each list grows as shards get replicas elsewhere. */
  const ordinals = replicas.map((servers) => servers.slice());
  const service = createMetadataService({
    spec: spec.cluster.metadata,
    hosts: topology.hosts.filter(({ kind, role }) => kind === "controller" && role === "metadata"),
    machines: () => controllerIds.get("metadata") ?? [],
    initial,
    added: (shard, known) => {
      const list = ordinals[shard]!;
      for (let ordinal = list.length; ordinal < known.length; ordinal += 1) list.push(known[ordinal]!);
    },
    payloadOf: (slot) => input.messages.fields.payload[slot],
    random: stream,
  });
  const context: PartContext = {
    servers: input.places,
    shards,
    replicasOf: (shard) => ordinals[shard]!,
    replicaMachine: (shard, server) => replicaIds[shard]!.get(server)!,
    agentMachine: (server) => agentIds[server]!,
    processOfServer: (server) => processId(server),
    processOf: (machine) => processId(machines[machine]!.process.id),
    controllers: (role) => controllerIds.get(role) ?? [],
    machineOn: (name, host) => machineId(machines.find((machine) => machine.name === `${hosts[host]!.place.name}/${name}`)?.id ?? -1),
    processOn: (name, host) => processId(hosts[host]!.processes.find((process) => process.name === name)?.id ?? -1),
    metadata: () => controllerIds.get("metadata")![0]!,
    ...(service.watchAgain === undefined ? {} : { watchAgain: service.watchAgain }),
    initialMap: () => initial,
    waitsForMembers: parts.replication.waitsForMembers,
    checksEpoch: parts.fencing.checksEpoch,
    fencing: parts.fencing,
    promotesRestarted: parts.failover.promotesRestarted === true,
    coordination: parts.replication.coordination,
    ownFailover: parts.replication.ownFailover === true,
  };
  /** Roles whose machines a part plans itself. */
  const planned = new Set((parts.machines ?? []).flatMap(({ on }) => (on.kind === "role" ? [on.role] : [])));
  const controllers = topology.hosts.filter(({ kind, role }) => kind === "controller" && !planned.has(role));
  giveAddresses();
  const client = clientPolicy(spec);
  const routers: readonly RouterPlace[] = controllers
    .filter(({ role }) => role === "router")
    .map(({ process, zone, region }, index) => ({ machine: controllerIds.get("router")![index]!, process, zone, region }));
  for (const host of topology.servers) placeServer(host);
  for (const host of controllers) placeController(host);
  const clientMachines = placeClients();
  placePlanned();
  return {
    hosts,
    processes,
    machines,
    context,
    disk: service.disk,
    clientMachines,
    sourceFor: (host) => (parts.failover.news?.kind === "role" ? machines[sourcesOf(host, () => NO_DRAWS)[0]!]!.name : undefined),
    makeReplica,
    address: (record) => {
      if (record.shard >= 0 && record.process.host.place.kind === "server")
        replicaIds[record.shard]!.set(record.process.host.place.id, machineId(record.id));
    },
  };

  function newProcess(name: string, host: HostRecord): ProcessRecord {
    const process = addProcess(processes, name, host);
    input.network.addProcess(process.id, host.place.id, name);
    return process;
  }

  function place(name: string, host: HostPlace, create: () => Machine, shard = -1, store?: MachineRecord["store"]): MachineRecord {
    const record = addMachine(machines, processes[host.process]!, name, create, shard, store);
    settle(record);
    return record;
  }

  /** Addresses first: machines may look one another up as soon as they are made. */
  function giveAddresses(): void {
    let next = 0;
    for (const host of topology.servers) {
      agentIds[host.id] = machineId(next);
      next += 1;
      for (let shard = 0; shard < shards; shard += 1) {
        if (!replicas[shard]!.includes(host.id as ServerId)) continue;
        replicaIds[shard]!.set(host.id, machineId(next));
        next += 1;
      }
    }
    for (const host of controllers) {
      controllerIds.set(host.role, [...(controllerIds.get(host.role) ?? []), machineId(next)]);
      next += 1;
    }
  }

  function placeServer(host: HostPlace): void {
    const server = host.id as ServerId;
    place(`${host.name}/agent`, host, () => asking(host, context, (own) => parts.failover.createAgent(server, own)));
    for (let shard = 0; shard < shards; shard += 1) {
      if (!replicas[shard]!.includes(server)) continue;
      const name = `replica ${shard}.${server}`;
      const about = replicaContext(shardId(shard), server, name);
      place(name, host, () => asking(host, about, createReplica), shard, input.ledger.addReplica(shard, server));
    }
  }

  /** A machine that may ask the metadata service: of several members it knows which it asks. */
  function asking<Context extends PartContext>(host: HostPlace, about: Context, make: (context: Context) => Machine): Machine {
    const trust = service.trust(host);
    return trust === undefined ? make(about) : trust.around(make({ ...about, metadata: trust.ask }));
  }

  /** A replica, and before it what fences it. */
  function createReplica(about: ReplicaContext): Machine {
    const replica = parts.replication.createReplica(about);
    return parts.fencing.guard?.(replica, about) ?? replica;
  }

  function replicaContext(shard: ShardId, server: ServerId, name: string): ReplicaContext {
    return {
      ...context,
      shard,
      server,
      fields: input.messages.fields,
      dataBytes: () => input.dataBytes(shard),
      sampler: (distribution) => compileDistribution(distribution),
      applyDemand: applyDemand(spec, stream(`${name}/apply`)),
      assignsRoles: parts.failover.assignsRoles === true,
      permits: parts.failover.permits?.(server, context),
    };
  }

  /** What `Io.create` can ask for in every run: a replica of a shard (`about`) on a server that has had none. */
  function makeReplica(part: string, host: HostId, about: number): MadeMachine | undefined {
    if (part !== "replica" || topology.hosts[host]!.kind !== "server") return undefined;
    const base = `replica ${about}.${host}`;
    const former = machines.filter(({ name }) => name === base || name.startsWith(`${base}#`)).length;
    const name = former === 0 ? base : `${base}#${former + 1}`;
    const made = replicaContext(shardId(about), host as ServerId, name);
    return { name, process: "database", shard: about, create: () => asking(topology.hosts[host]!, made, createReplica) };
  }

  function placeController(host: HostPlace): void {
    const { createRouter } = parts.routing;
    place(host.name, host, () => {
      if (host.role === "metadata") return (parts.aroundMetadata ?? asItIs)(service.create(host));
      if (host.role === "router" && createRouter !== undefined) return asking(host, routingContext(host, "router"), createRouter);
      if (host.role === "operator") return operatorOn(host);
      if (host.role === "rebalancer" && input.plan !== undefined) return rebalancerOn(host, input.plan);
      return asking(host, context, (own) => parts.failover.createController(host.role, host.ordinal, own));
    });
  }

  /** Of a client host, or of a router's, which routes as they do. */
  function routingContext(host: HostPlace, kind: "client" | "router"): ClientContext {
    const { id, name, zone, region } = host;
    const random = (purpose: string): Random => stream(`${kind}/${name}/${purpose}`);
    let sources: readonly MachineId[] | undefined;
    return {
      ...context,
      routers: () => routers,
      host: id,
      zone,
      region,
      client,
      random,
      ...(parts.failover.news === undefined ? {} : { sources: () => (sources ??= sourcesOf(host, random)) }),
    };
  }

  /** Whom a client asks for the map: the nearest of a role first; of servers any, in an order of its own. */
  function sourcesOf({ zone, region }: HostPlace, random: (purpose: string) => Random): readonly MachineId[] {
    const { news } = parts.failover;
    if (news === undefined) return [];
    if (news.kind === "servers") {
      const order = topology.servers.slice(0, initialServers(spec)).map(({ id }) => agentIds[id]!);
      const first = random("sources").below(order.length);
      return [...order.slice(first), ...order.slice(0, first)];
    }
    const distance = (place: HostPlace): number => (place.zone === zone ? 0 : place.region === region ? 1 : 2);
    return controllers
      .filter(({ role }) => role === news.role)
      .map((place, index) => ({ machine: controllerIds.get(news.role)![index]!, far: distance(place) }))
      .sort((a, b) => a.far - b.far)
      .map(({ machine }) => machine);
  }

  function operatorOn(host: HostPlace): Machine {
    const { createOperator } = parts;
    assert(createOperator !== undefined, "nothing in this run changes primaries as planned");
    return asking(host, context, (own) => createOperator(own, switchoverPlan(spec, stream)));
  }

  function rebalancerOn(host: HostPlace, plan: RebalancingPlan): Machine {
    const { createRebalancer } = parts;
    assert(createRebalancer !== undefined, "nothing in this run moves copies");
    return asking(host, context, (own) => createRebalancer(own, host.ordinal, plan));
  }

  function placeClients(): Map<number, MachineRecord> {
    const placed = new Map<number, MachineRecord>();
    for (const host of topology.hosts) {
      if (host.kind !== "client") continue;
      placed.set(
        host.id,
        place(host.name, host, () => asking(host, routingContext(host, "client"), parts.routing.createClient)),
      );
    }
    return placed;
  }

  /** Machines that parts have beside these: all are known before the first is made. */
  function placePlanned(): void {
    const added = (parts.machines ?? []).flatMap((plan) =>
      topology.hosts
        .filter(({ kind, role }) => (plan.on.kind === "servers" ? kind === "server" : kind === "controller" && role === plan.on.role))
        .map(({ id, name }) => {
          const host = hosts[id]!;
          const process = host.processes.find((candidate) => candidate.name === plan.process) ?? newProcess(plan.process, host);
          return {
            plan,
            record: addMachine(machines, process, `${name}/${plan.name}`, () => asking(host.place, context, (own) => plan.create(id, own))),
          };
        }),
    );
    for (const { plan, record } of added) {
      if (plan.on.kind === "role") controllerIds.set(plan.on.role, [...(controllerIds.get(plan.on.role) ?? []), machineId(record.id)]);
      for (const child of record.process.host.processes) {
        if (!(plan.supervises ?? []).includes(child.name)) continue;
        child.supervisor = record;
        child.isStopped = true;
        child.down = 1;
        child.era = DOWN_AT_FIRST;
      }
    }
    for (const { record } of added) settle(record);
  }
}

const asItIs = (machine: Machine): Machine => machine;

function buildHosts({ spec, topology, kernel, stream }: BuildInput, machines: readonly MachineRecord[]): HostRecord[] {
  const { metadata } = spec.cluster;
  return topology.hosts.map((place) => {
    const isServer = place.kind === "server";
    const server = place.server ?? spec.cluster.server;
    const fsync = compileDistribution(server.fsync);
    const offset = compileDistribution(server.clock.offset, "number");
    const drift = compileDistribution(server.clock.drift, "number");
    const { cores, queue } = isServer ? server : metadata;
    const speed = isServer ? (server.speed ?? 1) : 1;
    const clockRandom = stream(`clock/${place.name}`);
    const diskRandom = stream(`disk/${place.name}`);
    return createHost(
      place,
      // Client hosts have as many cores as they need.
      place.kind === "client" ? undefined : createCores(kernel, Event.CoreDone, place.id, cores, queue, speed),
      createDevice(
        kernel,
        Event.Flushed,
        place.id,
        () => fsync(diskRandom),
        (machine) => beginFlush(machines[machine]!),
      ),
      isServer ? createClock(Math.round(offset(clockRandom)), drift(clockRandom)) : createClock(0, 0),
      isServer ? (server.volatileCache ?? 0) : 0,
    );
  });
}

/** The demand of applying so many entries at a standby: a sum of draws, a product where they are all alike. */
function applyDemand(spec: RunSpec, random: Random): (entries: number) => number {
  const { apply } = spec.cluster.server.service;
  const one = compileDistribution(apply);
  if (apply.kind === "constant") return (entries) => entries * one(random);
  return (entries) => {
    let sum = 0;
    for (let i = 0; i < entries; i += 1) sum += one(random);
    return sum;
  };
}

/** Of an order that nothing is drawn for. */
const NO_DRAWS: Random = { uniform: () => 0, below: () => 0 };

/** Beyond 31 replicas no part tells members apart: all are. */
const everyOne = (servers: readonly ServerId[]): number => (servers.length > 31 ? -1 : (1 << servers.length) - 1);

function initialMap(replicas: readonly (readonly ServerId[])[]): MapSnapshot {
  return {
    owners: Int32Array.from(replicas, (servers) => servers[0] ?? -1),
    epochs: new Int32Array(replicas.length).fill(1),
    members: Int32Array.from(replicas, everyOne),
    standing: Int32Array.from(replicas, everyOne),
    replicas: replicas.map((servers) => servers.slice()),
    goal: { operations: 0, lost: [] },
    claimed: new Int32Array(replicas.length).fill(1),
  };
}

function clientPolicy({ client, prober }: RunSpec): ClientPolicy {
  const { deadline, timeout, retries, backoff, budget, learn, pool } = client;
  let poll: Duration | undefined;
  let ttl: Duration | undefined;
  let address: Duration | undefined;
  for (const way of learn) {
    if (way.kind === "poll") poll = way.every;
    if (way.kind === "ttl") ttl = way.after;
    if (way.kind === "address") address = way.after;
  }
  const has = (kind: string): boolean => learn.some((way) => way.kind === kind);
  return {
    deadline,
    timeout,
    retries,
    backoff,
    budget,
    redirect: has("redirect"),
    watch: has("watch"),
    ...(has("ask") ? { ask: true } : {}),
    poll,
    ttl,
    ...(address === undefined ? {} : { address }),
    probeDeadline: prober.deadline,
    ...(pool === undefined ? {} : { pool }),
  };
}
