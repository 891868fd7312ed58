/**
 * One run: clients, network, servers and controllers on the kernel, asking the parts. `simulate` is a function of the
 * run's spec, its parts and its seed; it gives the record.
 *
 * world.ts holds hosts, processes and machines and their one `Io`; network.ts, cores.ts, device.ts, transfers.ts the
 * resources; clients.ts the environment's side of clients and probers; injection.ts the faults; ledger.ts, audit.ts what
 * was promised and kept; outages.ts when service was gone; recorder.ts the counters; finish.ts puts the record together.
 */
import { machineId, processId, serverId, shardId, type MachineId, type ServerId, type ShardId } from "../../base/ids.ts";
import { Outcome, type FactInput, type Machine } from "../../base/machine.ts";
import type { Duration, Instant } from "../../base/time.ts";
import { createKernel } from "../kernel/kernel.ts";
import { compileDistribution } from "../kernel/distributions.ts";
import { createStreams } from "../kernel/random.ts";
import { createDigest } from "../record/digest.ts";
import type { Fact } from "../record/fact.ts";
import type { RunRecord } from "../record/record.ts";
import { scriptFaults, type Injection } from "../faults/scripted.ts";
import type { ClientPolicy, MapSnapshot, PartContext, ServerPlace } from "../strategies/contracts.ts";
import { Message, standardCosts } from "../strategies/messages.ts";
import { createWorkloadDriver } from "../workload/driver.ts";
import { addMachine, addProcess, createHost, DOWN_AT_FIRST, Event, settle, type HostRecord, type MachineRecord, type ProcessRecord } from "./actors.ts";
import { createStateView } from "./availability.ts";
import { createClients } from "./clients.ts";
import { createClock } from "./clocks.ts";
import { createCores } from "./cores.ts";
import { createDevice } from "./device.ts";
import { finishRecord } from "./finish.ts";
import { createInjector } from "./injection.ts";
import { createKeySpace } from "./keyspace.ts";
import { createLedger } from "./ledger.ts";
import { createMessages } from "./messages.ts";
import { createMetadata, type MetadataDisk } from "./metadata.ts";
import { createNetwork } from "./network.ts";
import type { FaultSpan } from "./outages.ts";
import { createRecorder } from "./recorder.ts";
import type { PartsBuilder, RunOptions } from "./run.ts";
import { createSamples } from "./samples.ts";
import type { RunSpec } from "./spec.ts";
import { buildTopology, type HostPlace } from "./topology.ts";
import { describeEvent } from "./trace.ts";
import { createTransfers } from "./transfers.ts";
import { beginFlush, createWorld } from "./world.ts";

/** During settling, quiet is looked for this often. */
const SETTLE_STEP = 1_000_000;
/** Parts of the hash space that map-covers-key-space looks at. */
const COVER_PARTS = 4096;

export function simulate(spec: RunSpec, build: PartsBuilder, options: RunOptions = {}): RunRecord {
  const kernel = createKernel();
  const { stream } = createStreams(spec.seed);
  const topology = buildTopology(spec.cluster, spec.hosts);
  const places: ServerPlace[] = topology.servers.map((host) => ({ id: serverId(host.id), name: host.name, rack: host.rack, zone: host.zone, region: host.region }));
  const parts = build(spec, places, stream);
  const shards = parts.sharding.shards;
  const vantages = topology.vantages.length;
  const copies = parts.replication.copies(spec.cluster.replicas);
  const replicas: (readonly ServerId[])[] = Array.from({ length: shards }, (_, shard) => parts.placement.serversOf(shardId(shard), copies));
  const from = spec.warmup as number;
  const until = from + spec.duration;

  const keys = createKeySpace(spec.data, parts.sharding, vantages, options.memo ?? new Map<string, unknown>());
  const ledger = createLedger(shards, keys.size());
  const messages = createMessages(ledger.operations);
  const network = createNetwork(kernel, topology, spec.cluster.network, messages, { deliver: Event.Deliver }, stream);
  const recorder = createRecorder({ from, duration: spec.duration, width: spec.window, servers: places.length, shards, vantages, slow: spec.slow });
  const samples = createSamples(shards, vantages);

  // Hosts, processes, machines.
  const machines: MachineRecord[] = [];
  const fsync = compileDistribution(spec.cluster.server.fsync);
  const offset = compileDistribution(spec.cluster.server.clock.offset, "number");
  const drift = compileDistribution(spec.cluster.server.clock.drift, "number");
  const hosts: HostRecord[] = topology.hosts.map((place) => {
    const clockRandom = stream(`clock/${place.name}`);
    const isServer = place.kind === "server";
    const cores = isServer ? spec.cluster.server.cores : spec.cluster.metadata.cores;
    const queue = isServer ? spec.cluster.server.queue : spec.cluster.metadata.queue;
    const diskRandom = stream(`disk/${place.name}`);
    return createHost(
      place,
      place.kind === "client" ? undefined : createCores(kernel, Event.CoreDone, place.id, cores, queue),
      createDevice(kernel, Event.Flushed, place.id, () => fsync(diskRandom), (machine) => beginFlush(machines[machine]!)),
      isServer ? createClock(Math.round(offset(clockRandom)), drift(clockRandom)) : createClock(0, 0),
    );
  });
  const processes: ProcessRecord[] = [];
  for (const host of hosts) newProcess(host.place.kind === "server" ? "database" : host.place.kind === "client" ? "client" : host.place.role, host);

  function newProcess(name: string, host: HostRecord): ProcessRecord {
    const process = addProcess(processes, name, host);
    network.addProcess(process.id, host.place.id, name);
    return process;
  }

  const replicaIds: Map<number, MachineId>[] = Array.from({ length: shards }, () => new Map<number, MachineId>());
  const agentIds: MachineId[] = [];
  const controllerIds = new Map<string, MachineId[]>();
  const initial = initialMap(replicas);
  const context: PartContext = {
    servers: places,
    shards,
    replicasOf: (shard) => replicas[shard]!,
    replicaMachine: (shard, server) => replicaIds[shard]!.get(server)!,
    agentMachine: (server) => agentIds[server]!,
    processOfServer: (server) => processId(server),
    controllers: (role) => controllerIds.get(role) ?? [],
    machineOn: (name, host) => machineId(machines.find((machine) => machine.name === `${hosts[host]!.place.name}/${name}`)?.id ?? -1),
    processOn: (name, host) => processId(hosts[host]!.processes.find((process) => process.name === name)?.id ?? -1),
    metadata: () => controllerIds.get("metadata")![0]!,
    initialMap: () => initial,
    waitsForMembers: parts.replication.waitsForMembers,
    checksEpoch: parts.fencing.checksEpoch,
  };

  function place(name: string, host: HostPlace, create: () => Machine, shard = -1, store?: MachineRecord["store"]): MachineId {
    const record = addMachine(machines, processes[host.process]!, name, create, shard, store);
    settle(record);
    return machineId(record.id);
  }

  const isPlanned = (role: string): boolean => (parts.machines ?? []).some(({ on }) => on.kind === "role" && on.role === role);

  // Addresses first: machines may look one another up as soon as they are made.
  let next = 0;
  for (const host of topology.servers) {
    agentIds[host.id] = machineId(next);
    next += 1;
    for (let shard = 0; shard < shards; shard += 1)
      if (replicas[shard]!.includes(host.id as ServerId)) {
        replicaIds[shard]!.set(host.id, machineId(next));
        next += 1;
      }
  }
  for (const host of topology.hosts) {
    if (host.kind !== "controller" || isPlanned(host.role)) continue;
    const ids = controllerIds.get(host.role) ?? [];
    ids.push(machineId(next));
    controllerIds.set(host.role, ids);
    next += 1;
  }
  const apply = compileDistribution(spec.cluster.server.service.apply);
  const applyIsConstant = spec.cluster.server.service.apply.kind === "constant";
  for (const host of topology.servers) {
    const server = host.id as ServerId;
    place(`${host.name}/agent`, host, () => parts.failover.createAgent(server, context));
    for (let shard = 0; shard < shards; shard += 1) {
      if (!replicas[shard]!.includes(server)) continue;
      const name = `replica ${shard}.${server}`;
      const applyRandom = stream(`${name}/apply`);
      const applyDemand = (entries: number): number => {
        if (applyIsConstant) return entries * apply(applyRandom);
        let sum = 0;
        for (let i = 0; i < entries; i += 1) sum += apply(applyRandom);
        return sum;
      };
      const replicaContext = { ...context, shard: shard as ShardId, server, fields: messages.fields, applyDemand };
      place(name, host, () => parts.replication.createReplica(replicaContext), shard, ledger.addReplica(shard, server));
    }
  }
  const disk: MetadataDisk = { map: initial };
  const metadataRandom = stream("metadata/demands");
  const { read, claim, commit } = spec.cluster.metadata;
  const demands = { read: compileDistribution(read), claim: compileDistribution(claim), commit: compileDistribution(commit) };
  for (const host of topology.hosts) {
    if (host.kind !== "controller" || isPlanned(host.role)) continue;
    place(host.name, host, () =>
      host.role === "metadata"
        ? createMetadata(disk, { read: () => demands.read(metadataRandom), claim: () => demands.claim(metadataRandom), commit: () => demands.commit(metadataRandom) })
        : parts.failover.createController(host.role, host.ordinal, context),
    );
  }
  const policy = clientPolicy(spec);
  const clientMachines = new Map<number, MachineRecord>();
  for (const host of topology.hosts) {
    if (host.kind !== "client") continue;
    const id = place(host.name, host, () => parts.routing.createClient({ ...context, host: host.id, client: policy, random: (purpose) => stream(`client/${host.name}/${purpose}`) }));
    clientMachines.set(host.id, machines[id]!);
  }
  // Machines that parts have beside these: all are known before the first is made.
  const planned = (parts.machines ?? []).flatMap((plan) =>
    topology.hosts
      .filter(({ kind, role }) => (plan.on.kind === "servers" ? kind === "server" : kind === "controller" && role === plan.on.role))
      .map(({ id, name }) => {
        const host = hosts[id]!;
        const process = host.processes.find((candidate) => candidate.name === plan.process) ?? newProcess(plan.process, host);
        return { plan, record: addMachine(machines, process, `${name}/${plan.name}`, () => plan.create(id, context)) };
      }),
  );
  for (const { plan, record } of planned) {
    if (plan.on.kind === "role") controllerIds.set(plan.on.role, [...(controllerIds.get(plan.on.role) ?? []), machineId(record.id)]);
    for (const child of record.process.host.processes) {
      if (!(plan.supervises ?? []).includes(child.name)) continue;
      child.supervisor = record;
      child.isStopped = true;
      child.down = 1;
      child.era = DOWN_AT_FIRST;
    }
  }
  for (const { record } of planned) settle(record);

  // What is seen and kept.
  const facts: Fact[] = [];
  const covered = parts.sharding.covered(COVER_PARTS);
  const view = createStateView(shards, isWritable);
  const faultSpans: FaultSpan[] = [];
  const openings: number[][] = Array.from({ length: shards * vantages }, () => []);

  function state(fact: Fact): void {
    facts.push(fact);
    options.trace?.({ at: fact.at, kind: "fact", shard: "shard" in fact ? fact.shard : undefined, server: "server" in fact ? fact.server : undefined, text: factText(fact) });
  }

  function onFact(_machine: MachineRecord, input: FactInput): void {
    const at = kernel.now() - from;
    if (input.kind === "ready") {
      const deposed = lastReady[input.shard]!;
      view.ready(input.shard, input.server, input.epoch);
      clients.wake(input.shard);
      state({ ...input, at, deposed: deposed === input.server ? -1 : deposed, deposedReachable: deposed >= 0 && deposed !== input.server && isReachable(deposed) });
      lastReady[input.shard] = input.server;
    } else {
      state({ ...input, at } as Fact);
      if (input.kind === "demoted") {
        view.demoted(input.shard, input.server);
        clients.wake(input.shard);
      }
      if (input.kind === "map") {
        clients.wake(input.shard);
        state({ at, kind: "cover", epoch: mapVersion(disk.map), parts: COVER_PARTS, covered: disk.map.owners.every((owner) => owner >= 0) ? covered : 0 });
      }
    }
    view.update(kernel.now());
  }

  function noteProcess(process: ProcessRecord, change: "started" | "crashed" | "stopped" | "paused" | "resumed"): void {
    state({ at: kernel.now() - from, kind: "process", host: process.host.place.name, process: process.name, change });
  }

  const lastReady = new Int32Array(shards).fill(-1);
  const isUp = (server: number): boolean => hosts[server]!.down === 0 && processes[server]!.down === 0 && processes[server]!.paused === 0;

  /** Running, not paused, and within reach of most vantages. */
  function isReachable(server: number): boolean {
    if (!isUp(server)) return false;
    const reaching = topology.vantages.filter((vantage) => canTalk(vantage.hosts[0]!.id, server)).length;
    return reaching * 2 > vantages;
  }

  const canTalk = (a: number, b: number): boolean => !network.blocked(a, b) && !network.blocked(b, a);

  function isWritable(shard: number, server: number, epoch: number): boolean {
    if (!isUp(server) || disk.map.epochs[shard]! > epoch) return false;
    const mask = disk.map.members[shard]!;
    let members = 0;
    let live = 0;
    replicas[shard]!.forEach((replica, place) => {
      if ((mask & (1 << place)) === 0) return;
      members += 1;
      if (isUp(replica) && (replica === server || canTalk(server, replica))) live += 1;
    });
    return live >= parts.replication.needed(members);
  }

  const transfers = createTransfers(
    kernel,
    Event.Transfer,
    (machine) => machines[machine]!.process.host.place.id,
    spec.cluster.server.bandwidth,
    (a, b) => network.blocked(a, b),
    (machine, peer, token, change, amount) => world.transfer(machine, peer, token, change, amount),
  );
  const world = createWorld({
    kernel,
    ledger,
    messages,
    network,
    transfers,
    costs: standardCosts(),
    machines,
    processes,
    hosts,
    stream,
    factory: parts.makeMachine === undefined ? undefined : (part, host, about) => parts.makeMachine?.(part, host, about, context),
    observer: {
      fact: onFact,
      changed: noteProcess,
      gone: (process) => {
        if (process.host.place.kind === "server" && process.id === process.host.place.process) view.serverGone(process.host.place.id);
        if (process.host.place.kind === "client") clients.gone(process.host.place.id);
        view.update(kernel.now());
      },
      created: (record) => {
        if (record.shard >= 0 && record.process.host.place.kind === "server") replicaIds[record.shard]!.set(record.process.host.place.id, machineId(record.id));
      },
      attempt: (operation) => {
        const { of } = ledger.operations;
        if (of.probe[operation] === 0) recorder.attempt(of.kind[operation]!, of.vantage[operation]!, of.sentAt[operation]!);
      },
      finish: (operation, ending) => clients.finish(operation, ending),
      answering: (machine, slot) => {
        const f = messages.fields;
        const operation = f.operation[slot]!;
        const isDone = f.outcome[slot] === Outcome.Done;
        const { of } = ledger.operations;
        if (isDone && f.version[slot] !== UNVERSIONED && machine.store !== undefined) {
          if (of.kind[operation] === 0 || (of.kind[operation] === 3 && f.index[slot] === 0)) {
            ledger.serving(operation, machine.shard, of.key[operation]!, f.version[slot]!);
            f.bytes[slot] = f.bytes[slot]! + keys.rowBytes(of.key[operation]!);
          } else {
            // For a write, `index` is its place in the log of the replica that answers.
            ledger.acknowledging(operation, machine.store.versionAt(f.index[slot]!), machine.shard, f.epoch[slot]!, kernel.now());
          }
        }
        clients.answered(operation, machine.process.host.place.id, isDone);
      },
      served: (machine, kind, slot, demand, start) => {
        const host = machine.process.host.place;
        if (host.kind !== "server") return;
        const now = kernel.now();
        const isRequest = kind === Message.ReadRequest || kind === Message.WriteRequest;
        // Probes cost what writes cost, and are left out of every load figure.
        if (isRequest && ledger.operations.of.probe[messages.fields.operation[slot]!] === 1) return;
        recorder.busy(host.id, machine.shard, start, now);
        void demand;
        if (!isRequest) return;
        recorder.request(host.id, machine.shard, messages.fields.bytes[slot]!, now);
      },
    },
  });

  const keyCounts = keys.loadedByShard().slice();
  const drivers = spec.workload.map((workload) => {
    const table = spec.data.tables.findIndex((candidate) => candidate.name === workload.table);
    const keyTable = { rows: () => keys.rows(table), keyOf: (row: number) => keys.keyOf(table, row), insert: () => keys.insert(table) };
    return createWorkloadDriver(workload, keyTable, spec.cluster.server.service, stream);
  });
  const write = compileDistribution(spec.cluster.server.service.write);
  const clients = createClients({
    kernel,
    world,
    ledger,
    messages,
    topology,
    keys,
    recorder,
    samples,
    drivers,
    clientMachines,
    stream,
    shards,
    from,
    slow: spec.slow,
    deadline: spec.client.deadline,
    prober: spec.prober,
    probeDemand: (random) => write(random),
    applyDemand: (random) => apply(random),
    probeBytes: 8,
    isContested: (shard) => view.isContested(shard),
    existence: (key, shard, exists) => {
      keyCounts[shard] = keyCounts[shard]! + keys.noteExistence(key, exists);
    },
  });
  const injector = createInjector({
    hosts,
    lifecycle: world.lifecycle,
    transfers,
    topology,
    network,
    replicasOf: (shard) => replicas[shard]!,
    ownerOf: (shard) => disk.map.owners[shard]!,
    shards,
    random: stream,
    note: noteProcess,
  });
  const injections = scriptFaults(spec.faults, spec.duration, stream);

  function startFault(index: number): void {
    const injection = injections[index]!;
    const owners = Array.from({ length: shards }, (_, shard) => disk.map.owners[shard]!);
    const wasAnswering = openings.map((_, cell) => clients.lastAnswer(Math.floor(cell / vantages), cell % vantages));
    const struck = injector.start(injection);
    const now = kernel.now();
    const touches = new Set<number>();
    const isolates = new Set<number>();
    const cutHosts = new Set(struck.cut.flat());
    for (let shard = 0; shard < shards; shard += 1) {
      const uses = replicas[shard]!;
      if (uses.some((server) => struck.hosts.includes(server) || cutHosts.has(server))) touches.add(shard);
      for (let vantage = 0; vantage < vantages; vantage += 1) {
        const cell = shard * vantages + vantage;
        const answering = wasAnswering[cell]! >= 0 ? wasAnswering[cell]! : owners[shard]!;
        const members = topology.vantages[vantage]!.hosts;
        const client = members.find((host) => processes[host.process]!.down === 0);
        if (client === undefined) {
          isolates.add(cell);
          continue;
        }
        if (struck.hosts.includes(answering) || struck.cut.some(([a, b]) => (a === client.id && b === answering) || (b === client.id && a === answering))) openings[cell]!.push(now);
        const live = uses.filter((server) => hosts[server]!.down === 0);
        const reached = live.filter((server) => canTalk(client.id, server)).length;
        if (live.length > 0 && reached * 2 <= live.length) isolates.add(cell);
      }
    }
    const { fault } = injection;
    faultSpans.push({ label: fault.label, startAt: now, touches, isolates });
    state({ at: now - from, kind: "fault", phase: "start", fault: fault.name, label: fault.label, type: fault.action.kind, targets: struck.names, touches: [...touches] });
    for (const shard of touches) clients.wake(shard);
    view.update(now);
    if (injection.endAt < Infinity) kernel.schedule((Math.max(now, Math.min(from + injection.endAt, until))) as Instant, Event.FaultEnd, index, 0);
  }

  function endFault(index: number): void {
    const injection = injections[index]!;
    if (!injector.isActive(injection)) return;
    injector.end(injection);
    const { fault } = injection;
    const span = faultSpans.find((candidate) => candidate.label === fault.label && candidate.startAt === from + injection.startAt);
    const touches = [...(span?.touches ?? [])];
    state({ at: kernel.now() - from, kind: "fault", phase: "end", fault: fault.name, label: fault.label, type: fault.action.kind, targets: [], touches });
    for (const shard of touches) clients.wake(shard);
    view.update(kernel.now());
  }

  function window(): void {
    const index = Math.round((kernel.now() - from) / spec.window) - 1;
    const byServer = new Array<number>(places.length).fill(0);
    replicas.forEach((servers, shard) => {
      for (const server of servers) byServer[server] = byServer[server]! + keyCounts[shard]!;
    });
    recorder.keys(index, keyCounts, byServer);
    if (kernel.now() + spec.window <= until) kernel.schedule((kernel.now() + spec.window) as Instant, Event.Window, 0, 0);
  }

  const digest = createDigest();
  const every = options.checkpointEvery ?? 0;
  let events = 0;
  const handle = (kind: number, target: number, argument: number): void => {
    if (every > 0) {
      digest.number(kernel.now());
      digest.int32(kind);
      digest.int32(target);
      digest.int32(argument);
      events += 1;
      if (events % every === 0) options.checkpoint?.(events, digest.hex());
    }
    if (options.trace !== undefined) {
      const line = describeEvent(kind, target, argument, { machines, processes, hosts, fields: messages.fields, now: kernel.now() - from });
      if (line !== undefined) options.trace(line);
    }
    switch (kind) {
      case Event.Deliver:
        return world.deliver(target, argument);
      case Event.CoreDone:
        return world.coreDone(target, argument);
      case Event.Timer:
        return world.timer(target, argument);
      case Event.Flushed:
        return world.flushed(target);
      case Event.Arrival:
        return clients.arrival(target);
      case Event.Thought:
        return clients.thought(target, argument);
      case Event.Probe:
        return clients.probe(target);
      case Event.Connection:
        return world.connection(target, argument);
      case Event.Worked:
        return world.worked(target, argument);
      case Event.Transfer:
        return transfers.progress();
      case Event.Order:
        return world.order(target);
      case Event.FaultStart:
        return startFault(target);
      case Event.FaultEnd:
        return endFault(target);
      case Event.Window:
        return window();
      default:
        return;
    }
  };

  replicas.forEach((servers, shard) => state({ at: -from, kind: "map", shard, epoch: 1, owner: servers[0]!, members: servers.map((_, place) => place) }));
  for (const process of processes) if (process.down === 0) world.lifecycle.start(process);
  clients.begin();
  injections.forEach((injection: Injection, index) => kernel.schedule((from + Math.max(0, injection.startAt)) as Instant, Event.FaultStart, index, 0));
  kernel.run(from as Instant, handle);
  view.begin(from);
  kernel.schedule((from + spec.window) as Instant, Event.Window, 0, 0);
  state({ at: 0, kind: "cover", epoch: 1, parts: COVER_PARTS, covered });
  kernel.run(until as Instant, handle);
  const writableShare = view.share(until);
  clients.stop();
  const storage = storageBytes();
  // Settling: the workload has stopped, timed faults end with measured time; quiet may come early.
  const last = until + spec.settle;
  while (kernel.now() < last) {
    kernel.run(Math.min(last, kernel.now() + SETTLE_STEP) as Instant, handle);
    if (clients.pending() === 0 && transfers.active() === 0 && isSettled()) break;
  }

  function storageBytes(): number {
    const mean = spec.data.tables.reduce((sum, table) => sum + table.rows * table.row, 0);
    return mean * copies;
  }

  /** Every live replica holds what the shard's authority holds. */
  function isSettled(): boolean {
    for (const shard of ledger.shards) {
      let written = -1;
      for (const store of shard.stores) {
        if (store.destroyed() || !isUp(store.server)) continue;
        if (written < 0) written = store.written();
        if (store.written() !== written || store.applied() !== written || store.synced() !== written) return false;
      }
    }
    return true;
  }

  options.ended?.({ messages: messages.live(), ledger, events: kernel.pending() });
  return finishRecord({
    spec,
    topology,
    ledger,
    recorder,
    samples,
    facts,
    faults: faultSpans,
    openings,
    map: disk.map,
    replicas,
    shards,
    from,
    until,
    now: kernel.now(),
    quiescent: clients.pending() === 0 && transfers.active() === 0,
    writableShare,
    network: { messages: network.messages(), bytes: network.bytes() },
    storageBytes: storage,
    isAlive: (server) => hosts[server]!.down === 0 && processes[server]!.down === 0,
    isLoaded: keys.isLoaded,
    singleOrder: parts.replication.singleOrder,
    waitsForMembers: parts.replication.waitsForMembers,
    hasSteps: parts.failover.roles.length > 0,
  });
}

/** A version that names nothing: an answer that carries no data. */
const UNVERSIONED = -1;

function initialMap(replicas: readonly (readonly ServerId[])[]): MapSnapshot {
  return {
    owners: Int32Array.from(replicas, (servers) => servers[0] ?? -1),
    epochs: new Int32Array(replicas.length).fill(1),
    members: Int32Array.from(replicas, (servers) => (1 << servers.length) - 1),
    claimed: new Int32Array(replicas.length).fill(1),
  };
}

/** 1 at first; each change of a shard's epoch makes it grow. */
function mapVersion(map: MapSnapshot): number {
  return map.epochs.reduce((sum, epoch) => sum + epoch - 1, 1);
}

function clientPolicy(spec: RunSpec): ClientPolicy {
  const { client } = spec;
  const has = (kind: string): boolean => client.learn.some((way) => way.kind === kind);
  let poll: Duration | undefined;
  let ttl: Duration | undefined;
  for (const way of client.learn) {
    if (way.kind === "poll") poll = way.every;
    if (way.kind === "ttl") ttl = way.after;
  }
  return { deadline: client.deadline, timeout: client.timeout, retries: client.retries, backoff: client.backoff, budget: client.budget, redirect: has("redirect"), watch: has("watch"), poll, ttl, probeDeadline: spec.prober.deadline };
}

function factText(fact: Fact): string {
  const { at: _at, kind, ...rest } = fact;
  void _at;
  return `${kind} ${Object.entries(rest).map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(",") : String(value)}`).join(" ")}`;
}
