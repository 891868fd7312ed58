/**
 * One run: clients, network, servers and controllers on the kernel, asking the parts. `simulate` is a function of the
 * run's spec, its parts and its seed; it gives the record.
 *
 * actors.ts says what stands in the world, build.ts makes it, world.ts brings inputs to machines and io.ts their effects
 * out; network.ts, cores.ts, device.ts, transfers.ts are the resources; clients.ts the environment's side of clients and
 * probers; injection.ts the faults; watch.ts what is seen; ledger.ts and audit.ts what was promised and kept; outages.ts
 * when service was gone; recorder.ts the counters; finish.ts puts the record together.
 */
import type { ServerId } from "../../base/ids.ts";
import { Outcome } from "../../base/machine.ts";
import type { Instant } from "../../base/time.ts";
import { scriptFaults } from "../faults/scripted.ts";
import { compileDistribution } from "../kernel/distributions.ts";
import { createKernel } from "../kernel/kernel.ts";
import { createStreams } from "../kernel/random.ts";
import { createDigest } from "../record/digest.ts";
import type { RunRecord } from "../record/record.ts";
import { serversIn, type RebalancerView } from "../strategies/contracts.ts";
import { Message, standardCosts } from "../strategies/messages.ts";
import { createWorkloadDriver, type WorkloadDriver } from "../workload/driver.ts";
import type { WorkloadSpec } from "../workload/workload.ts";
import { Event, type MachineRecord } from "./actors.ts";
import { buildActors } from "./build.ts";
import { createClients } from "./clients.ts";
import { finishRecord } from "./finish.ts";
import { createInjector } from "./injection.ts";
import { createKeySpace, type KeySpace } from "./keyspace.ts";
import { createHistories } from "./histories.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { initialServers, planLayouts } from "./layouts.ts";
import type { MemberView } from "./metadata-member.ts";
import { leadingAmong } from "./metadata-service.ts";
import { createMovement } from "./movement.ts";
import { createMessages } from "./messages.ts";
import { watchMessages, watchServices } from "./message-watch.ts";
import { createNetwork } from "./network.ts";
import { isSpread, Kind } from "./operations.ts";
import { createPlans, partOf } from "./plans.ts";
import { createRecorder } from "./recorder.ts";
import type { PartsBuilder, RunOptions } from "./run.ts";
import { createSamples } from "./samples.ts";
import type { ReplicaStore } from "./replica-store.ts";
import type { RunSpec } from "./spec.ts";
import { buildTopology, serverPlaces } from "./topology.ts";
import { describeEvent } from "./trace.ts";
import { createTransfers } from "./transfers.ts";
import { createWatch } from "./watch.ts";
import { createWorld } from "./world.ts";
import type { Observer } from "./rooms.ts";

/** During settling, quiet is looked for this often. */
const SETTLE_STEP = 1_000_000;
/** Parts of the hash space that map-covers-key-space looks at. */
const COVER_PARTS = 4096;
/** Bytes that a probe writes. */
const PROBE_BYTES = 8;

export function simulate(spec: RunSpec, build: PartsBuilder, options: RunOptions = {}): RunRecord {
  const kernel = createKernel();
  const { stream } = createStreams(spec.seed);
  const memo = options.memo ?? new Map<string, unknown>();
  const topology = buildTopology(spec.cluster, spec.hosts, joiningZones(spec));
  const places = serverPlaces(topology);
  // Servers that are added later get nothing before.
  const parts = build(spec, places.slice(0, initialServers(spec)), stream);
  const { sharding, replicas, plan } = planLayouts({ spec, parts, places, stream, memo });
  const { shards } = sharding;
  const vantages = topology.vantages.length;
  const copies = parts.replication.copies(spec.cluster.replicas);
  const from = spec.warmup as number;
  const until = from + spec.duration;

  const keys = createKeySpace(spec.data, sharding, vantages, memo);
  const keyCounts = keys.loadedByShard().slice();
  const keyBytes = keys.loadedBytesByShard().slice();
  const ledger = createLedger(shards, keys.size(), parts.replication.conflict);
  const histories = spec.histories === undefined ? undefined : createHistories(spec.histories, ledger.operations);
  const messages = createMessages(ledger.operations);
  const quiet = createNetwork(kernel, topology, spec.cluster.network, messages, { deliver: Event.Deliver }, stream, { from, until });
  const watching =
    options.message === undefined
      ? undefined
      : watchMessages({ network: quiet, messages, machines: () => machines, now: () => kernel.now() - from, tell: options.message });
  const serving =
    options.service === undefined
      ? undefined
      : watchServices({
          messages,
          now: () => kernel.now() - from,
          isProbe: (operation) => ledger.operations.of.probe[operation] === 1,
          tell: options.service,
        });
  const network = watching?.network ?? quiet;
  const recorder = createRecorder({
    from,
    duration: spec.duration,
    width: spec.window,
    servers: places.length,
    shards,
    vantages,
    keys: keys.size(),
    slow: spec.slow,
  });
  const samples = createSamples(shards, vantages, Math.max(spec.client.deadline, spec.prober.deadline));
  const dataBytes = (shard: number): number => keyBytes[shard]!;
  const actors = buildActors({ spec, parts, topology, places, replicas, kernel, network, ledger, messages, stream, dataBytes, plan });
  const { hosts, processes, machines, disk } = actors;
  /** Servers that hold a replica of a shard now, by the authoritative map. */
  const standing = (shard: number): readonly ServerId[] => serversIn(disk.map.replicas[shard]!, disk.map.standing[shard]!);

  const cover = { parts: COVER_PARTS, covered: sharding.covered(COVER_PARTS) };
  const watch = createWatch({
    kernel,
    topology,
    hosts,
    processes,
    network,
    replication: parts.replication,
    shards,
    copies,
    map: () => disk.map,
    ledger,
    size: (shard) => ({ keys: keyCounts[shard]!, bytes: keyBytes[shard]! }),
    from,
    cover,
    trace: options.trace,
    injector: () => injector,
    clients: () => clients,
  });
  const movement = createMovement(plan, (shard) => keyCounts[shard]!, standing, shards);
  const { view } = watch;
  const transfers = createTransfers(
    kernel,
    Event.Transfer,
    (machine) => machines[machine]!.process.host.place.id,
    spec.cluster.server.bandwidth,
    (a, b) => network.blocked(a, b),
    (machine, peer, token, change, amount) => world.transfer(machine, peer, token, change, amount),
  );
  const observer: Observer = {
    fact: (_machine, fact) => {
      if (fact.kind === "membership") movement.begin();
      watch.fact(fact);
    },
    changed: watch.process,
    gone: (process) => {
      const { place } = process.host;
      if (place.kind === "server" && process.id === place.process) view.serverGone(place.id);
      if (place.kind === "client") clients.gone(place.id);
      watch.changed();
    },
    created: actors.address,
    attempt: (operation) => {
      const { of } = ledger.operations;
      if (of.probe[operation] === 0) recorder.attempt(of.kind[operation]!, of.vantage[operation]!, of.sentAt[operation]!);
    },
    finish: (operation, ending) => clients.finish(operation, ending),
    answering: (machine, slot) => {
      const f = messages.fields;
      const operation = f.operation[slot]!;
      const { place } = machine.process.host;
      const isDone = f.outcome[slot] === Outcome.Done;
      noteAnswer(machine, slot);
      clients.answered(operation, place.id, isDone);
      // Load is what was served; requests that were turned away weigh on cores alone. Probes are left out.
      const shard = machine.shard < 0 && ledger.merging !== undefined ? f.shard[slot]! : machine.shard;
      if (!isDone || place.kind !== "server" || shard < 0 || ledger.operations.of.probe[operation] === 1) return;
      recorder.request(
        place.id,
        shard,
        ledger.operations.of.key[operation]!,
        f.bytes[slot]! + ledger.operations.of.bytes[operation]!,
        kernel.now(),
      );
    },
    served: (machine, kind, slot, _demand, start) => {
      const { place } = machine.process.host;
      if (place.kind !== "server") return;
      serving?.(machine, kind, slot, start - from);
      const isRequest = kind === Message.ReadRequest || kind === Message.WriteRequest;
      // Probes cost what writes cost, and are left out of every load figure.
      if (isRequest && ledger.operations.of.probe[messages.fields.operation[slot]!] === 1) return;
      recorder.busy(place.id, machine.shard, start, kernel.now());
    },
  };
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
    factory: (part, host, about) => parts.makeMachine?.(part, host, about, actors.context) ?? actors.makeReplica(part, host, about),
    observer,
  });
  const { service } = spec.cluster.server;
  const write = compileDistribution(service.write);
  const tableOf = (wanted: string | undefined): number => spec.data.tables.findIndex(({ name }) => name === wanted);
  const plans = createPlans({
    keys,
    shards,
    workloads: spec.workload,
    tables: spec.workload.map(({ table }) => tableOf(table)),
    others: spec.workload.map(({ join }) => tableOf(join?.with)),
    loaded: (table) => spec.data.tables[table]!.rows,
    read: compileDistribution(service.read),
    rowDemand: service.row ?? 0,
    distinct: (workload) => distinctValues(spec, spec.workload[workload]!),
    stream,
  });
  const clients = createClients({
    kernel,
    world,
    ledger,
    messages,
    topology,
    keys,
    recorder,
    samples,
    histories,
    drivers: driversOf(spec, keys, stream, options.openTrace),
    plans,
    clientMachines: actors.clientMachines,
    stream,
    shards,
    from,
    slow: spec.slow,
    deadline: spec.client.deadline,
    prober: spec.prober,
    probeDemand: write,
    probeBytes: PROBE_BYTES,
    isContested: view.isContested,
    existence: (key, shard, exists) => {
      const change = keys.noteExistence(key, exists);
      keyCounts[shard] = keyCounts[shard]! + change;
      keyBytes[shard] = keyBytes[shard]! + change * keys.rowBytes(key);
    },
  });
  const injector = createInjector({
    kernel,
    ledger,
    until,
    hosts,
    lifecycle: world.lifecycle,
    transfers,
    topology,
    network,
    replicasOf: standing,
    ownerOf: (shard) => disk.map.owners[shard]!,
    leaderOf: (role) => {
      const members = machines.filter(({ process }) => process.host.place.role === role);
      const views = members.map(({ process, machine }) => (process.down > 0 ? undefined : (machine.published as MemberView | undefined)));
      return role === "metadata" ? members[leadingAmong(views)]?.process.host.place.id : undefined;
    },
    shards,
    random: stream,
    note: watch.process,
  });
  const injections = scriptFaults(spec.faults, spec.duration, stream);

  /** A server answers: what it says was done, the ledger holds it to. */
  function noteAnswer(machine: MachineRecord, slot: number): void {
    const f = messages.fields;
    if (f.outcome[slot] !== Outcome.Done) return;
    const operation = f.operation[slot]!;
    const key = ledger.operations.of.key[operation]!;
    const kind = ledger.operations.of.kind[operation]!;
    if (ledger.merging !== undefined) return noteMerged(operation, key, kind, slot);
    if (machine.store === undefined) return;
    if (isSpread(kind)) return noteAnswerOfPart(machine.store, operation, slot);
    // Of a read-modify-write first the read is answered, then the write, whose `index` is its place in the answerer's log.
    if (kind === Kind.Read || (kind === Kind.ReadModifyWrite && f.index[slot] === 0)) {
      ledger.serving(operation, machine.shard, key, f.version[slot]!);
      if (kind === Kind.Read) histories?.served(operation, f.version[slot]!);
      f.bytes[slot] = f.bytes[slot]! + keys.rowBytes(key);
    } else ledger.acknowledging(operation, machine.store.versionAt(f.index[slot]!), machine.shard, f.epoch[slot]!, kernel.now());
  }

  /** A coordinator answers: the version that it read, or `index` 1 for a write that enough replicas have. */
  function noteMerged(operation: number, key: number, kind: number, slot: number): void {
    const f = messages.fields;
    const shard = f.shard[slot]!;
    if (kind === Kind.Read || (kind === Kind.ReadModifyWrite && f.index[slot] === 0)) {
      ledger.serving(operation, shard, key, f.version[slot]!);
      if (kind === Kind.Read) histories?.served(operation, f.version[slot]!);
      f.bytes[slot] = f.bytes[slot]! + keys.rowBytes(key);
    } else ledger.acknowledging(operation, 0, shard, f.epoch[slot]!, kernel.now());
  }

  /** The answer of one shard's part holds each of its keys to what the replica has. */
  function noteAnswerOfPart(store: ReplicaStore, operation: number, slot: number): void {
    const plan = plans.of(operation);
    const part = plan === undefined ? -1 : partOf(plan, store.shard);
    if (plan === undefined || part < 0) return;
    messages.fields.bytes[slot] = messages.fields.bytes[slot]! + plan.bytes[part]!;
    if (plan.answered[part] === 1) return;
    plan.answered[part] = 1;
    for (let i = plan.first[part]!; i < plan.first[part + 1]!; i += 1) {
      const key = plan.keys[i]!;
      ledger.servingOneOf(operation, store.shard, key, store.read(key));
    }
  }

  function startFault(index: number): void {
    const injection = injections[index]!;
    watch.startFault(injection);
    // Timed faults end with measured time at the latest.
    if (injection.endAt < Infinity)
      kernel.schedule(Math.max(kernel.now(), Math.min(from + injection.endAt, until)) as Instant, Event.FaultEnd, index, 0);
  }

  function window(): void {
    const byServer = new Array<number>(places.length).fill(0);
    for (let shard = 0; shard < shards; shard += 1)
      for (const server of standing(shard)) byServer[server] = byServer[server]! + keyCounts[shard]!;
    recorder.keys(Math.round((kernel.now() - from) / spec.window) - 1, keyCounts, byServer);
    if (kernel.now() + spec.window <= until) kernel.schedule((kernel.now() + spec.window) as Instant, Event.Window, 0, 0);
  }

  function dispatch(kind: number, target: number, argument: number): void {
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
      case Event.Follow:
        return clients.follow(target, argument);
      case Event.Probe:
        return clients.probe(target);
      case Event.Connection:
        return world.connection(target, argument);
      case Event.Worked:
        return world.worked(target, argument);
      case Event.Transfer:
        return transfers.progress();
      case Event.Handshake:
        return world.handshake(target);
      case Event.Order:
        return world.order(target);
      case Event.FaultStart:
        return startFault(target);
      case Event.FaultEnd:
        return watch.endFault(injections[target]!);
      case Event.Overdue:
        return clients.overdue();
      case Event.Copies:
        return watch.lookAtCopies();
      case Event.Window:
        return window();
      default:
        return;
    }
  }
  const handle = watched();

  /** The switch itself, or with a look at every event before it. */
  function watched(): typeof dispatch {
    const { trace, checkpoint } = options;
    const every = options.checkpointEvery ?? 0;
    if (trace === undefined && watching === undefined && every === 0) return dispatch;
    const digest = createDigest();
    let events = 0;
    return (kind, target, argument) => {
      if (every > 0) {
        digest.number(kernel.now());
        digest.int32(kind);
        digest.int32(target);
        digest.int32(argument);
        events += 1;
        if (events % every === 0) checkpoint?.(events, digest.hex());
      }
      const line =
        trace === undefined
          ? undefined
          : describeEvent(kind, target, argument, { machines, processes, hosts, fields: messages.fields, now: kernel.now() - from });
      if (line !== undefined) trace?.(line);
      if (kind === Event.Deliver) watching?.delivered(argument);
      dispatch(kind, target, argument);
    };
  }

  replicas.forEach((servers, shard) =>
    watch.state({ at: -from, kind: "map", shard, epoch: 1, owner: servers[0]!, members: servers.map((_, place) => place) }),
  );
  for (const process of processes) if (process.down === 0) world.lifecycle.start(process);
  clients.begin();
  injections.forEach(({ startAt }, index) => kernel.schedule((from + Math.max(0, startAt)) as Instant, Event.FaultStart, index, 0));
  kernel.run(from as Instant, handle);
  view.begin(from);
  kernel.schedule((from + spec.window) as Instant, Event.Window, 0, 0);
  watch.state({ at: 0, kind: "cover", epoch: 1, parts: cover.parts, covered: cover.covered });
  kernel.run(until as Instant, handle);
  const writableShare = view.share(until);
  const reductions = watch.reductions();
  const rows = spec.data.tables.reduce((sum, table) => sum + table.rows * table.row, 0);
  clients.stop();
  // Settling: the workload has stopped, timed faults have ended; quiet may come early.
  const last = until + spec.settle;
  const isQuiet = (): boolean => clients.pending() === 0 && transfers.active() === 0;
  const rebalancers = machines.filter(({ process }) => process.host.place.role === "rebalancer");
  const isRebalancing = (): boolean =>
    rebalancers.some(({ machine }) => (machine.published as RebalancerView | undefined)?.isAtWork() === true);
  const { roles, news, isPeerToPeer } = parts.failover;
  const hasFailover = roles.length > 0 || news !== undefined || isPeerToPeer === true;
  // While somebody is about to take over, what is lost is not known yet.
  const isFailingOver = (): boolean => hasFailover && !areOwnersUp(ledger, disk.map.owners, watch.isUp);
  while (kernel.now() < last) {
    kernel.run(Math.min(last, kernel.now() + SETTLE_STEP) as Instant, handle);
    if (isQuiet() && !isRebalancing() && !isFailingOver() && isSettled(ledger, watch.isUp)) break;
  }
  const record = finishRecord({
    spec,
    histories: histories?.take(from),
    topology,
    ledger,
    recorder,
    samples,
    facts: watch.facts,
    faults: watch.faults,
    openings: watch.openings,
    map: disk.map,
    shards,
    members: initialServers(spec),
    fewestKeys: movement.fewest(disk.map.goal),
    from,
    until,
    now: kernel.now(),
    quiescent: isQuiet(),
    writableShare,
    reductions,
    network: { messages: network.messages(), bytes: network.bytes(), measured: network.measured() },
    storageBytes: rows * copies,
    isAlive: (server) => hosts[server]!.down === 0 && processes[server]!.down === 0,
    isLoaded: keys.isLoaded,
    singleOrder: parts.replication.singleOrder,
    waitsForMembers: parts.replication.waitsForMembers,
    appliesLate: parts.replication.appliesLate === true,
    hasSteps: hasFailover || parts.replication.ownFailover === true,
    isPublished: hasFailover,
    sourceOf: (vantage) => actors.sourceFor(topology.vantages[vantage]!.hosts[0]!),
  });
  watching?.ended();
  options.ended?.({
    messages: () => messages.live(),
    ledger,
    events: () => kernel.dispatched(),
    drain: (length) => kernel.run((kernel.now() + length) as Instant, handle),
  });
  return record;
}

/** Zones of the servers that operations add, in the order in which they get their numbers. */
function joiningZones(spec: RunSpec): readonly string[] {
  return (spec.operations ?? []).flatMap(({ action }) => (action.kind === "add" ? action.zones : []));
}

function driversOf(
  spec: RunSpec,
  keys: KeySpace,
  stream: Parameters<typeof createWorkloadDriver>[3],
  openTrace: RunOptions["openTrace"],
): WorkloadDriver[] {
  return spec.workload.map((workload) => {
    const table = spec.data.tables.findIndex((candidate) => candidate.name === workload.table);
    const keyTable = {
      rows: () => keys.rows(table),
      settled: () => keys.settled(table),
      keyOf: (row: number) => keys.keyOf(table, row),
      insert: () => keys.insert(table),
    };
    return createWorkloadDriver(workload, keyTable, spec.cluster.server.service, stream, {
      length: spec.warmup + spec.duration,
      ...(openTrace === undefined ? {} : { openTrace }),
      distinct: distinctValues(spec, workload),
    });
  });
}

/** How many values the column has that a workload's finds name. */
function distinctValues({ data }: RunSpec, { table, find }: WorkloadSpec): number {
  return (find === undefined ? undefined : data.tables.find(({ name }) => name === table)?.columns?.[find.column]) ?? 1;
}

/** Every live replica of a shard has written, synced and applied as much as the others. */
function isSettled(ledger: Ledger, isUp: (server: number) => boolean): boolean {
  if (ledger.merging !== undefined) return haveMerged(ledger, isUp);
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

/** No owner is down that could come back, or be replaced: one whose data are gone is another's heir already. */
function areOwnersUp({ shards }: Ledger, owners: Int32Array, isUp: (server: number) => boolean): boolean {
  return shards.every(({ stores }, shard) => {
    const owner = stores.find(({ server }) => server === owners[shard]);
    return owner === undefined || owner.destroyed() || isUp(owner.server);
  });
}

/** Every live replica of a shard has synced and applied all that came to it, and holds what the others hold. */
function haveMerged(ledger: Ledger, isUp: (server: number) => boolean): boolean {
  return ledger.shards.every((shard) => {
    const live = shard.stores.filter((store) => !store.destroyed() && isUp(store.server));
    if (live.some((store) => store.synced() !== store.written() || store.applied() !== store.written())) return false;
    for (let local = 0; local < shard.keys.count(); local += 1)
      for (const store of live) if (heldText(store, local) !== heldText(live[0]!, local)) return false;
    return true;
  });
}

const heldText = ({ merging }: ReplicaStore, local: number): string => [...(merging?.heldAt(local) ?? [])].sort((a, b) => a - b).join();
