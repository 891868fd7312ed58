/**
 * The environment's side of the clients: it draws operations and hands each to a client host, hears how each ended, and
 * runs the probers. A prober sleeps while nothing is amiss: probes cost what writes cost.
 */
import { Finish } from "../../base/machine.ts";
import type { Instant } from "../../base/time.ts";
import type { Random } from "../../base/random.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { Message } from "../strategies/messages.ts";
import type { WorkloadDriver } from "../workload/driver.ts";
import type { KeySpace } from "./keyspace.ts";
import type { Histories } from "./histories.ts";
import type { Ledger } from "./ledger.ts";
import type { Messages } from "./messages.ts";
import { isSpread, isWrite, Kind } from "./operations.ts";
import type { Plans } from "./plans.ts";
import { createOverdue } from "./overdue.ts";
import type { Recorder } from "./recorder.ts";
import type { Samples } from "./samples.ts";
import type { Topology } from "./topology.ts";
import { Event, type MachineRecord } from "./actors.ts";
import type { World } from "./world.ts";

export interface Clients {
  readonly begin: () => void;
  readonly arrival: (workload: number) => void;
  readonly thought: (workload: number, client: number) => void;
  /** The next operation of a workload that follows another, on the key of that one's. */
  readonly follow: (workload: number, key: number) => void;
  readonly probe: (prober: number) => void;
  /** Writes may have become overdue: their shards' probers wake. */
  readonly overdue: () => void;
  readonly finish: (operation: number, ending: Finish) => void;
  /** A server answered a write (or read): remembered as the host that answered this vantage last. */
  readonly answered: (operation: number, server: number, isDone: boolean) => void;
  /** A client host's process has ended: whatever it had under way ends without an answer. */
  readonly gone: (host: number) => void;
  /** Something is amiss with a shard now: its probers wake. */
  readonly wake: (shard: number) => void;
  readonly lastAnswer: (shard: number, vantage: number) => number;
  /** No operation and no probe from here on. */
  readonly stop: () => void;
  readonly pending: () => number;
}

export interface ClientsParts {
  readonly kernel: Kernel;
  readonly world: World;
  readonly ledger: Ledger;
  readonly messages: Messages;
  readonly topology: Topology;
  readonly keys: KeySpace;
  readonly recorder: Recorder;
  readonly samples: Samples;
  readonly drivers: readonly WorkloadDriver[];
  readonly plans: Plans;
  readonly histories: Histories | undefined;
  readonly clientMachines: ReadonlyMap<number, MachineRecord>;
  readonly stream: (name: string) => Random;
  readonly shards: number;
  readonly from: number;
  readonly slow: number;
  readonly deadline: number;
  readonly prober: { readonly every: number; readonly deadline: number };
  readonly probeDemand: (random: Random) => number;
  readonly probeBytes: number;
  readonly isContested: (shard: number) => boolean;
  /** An insert or delete was acknowledged. */
  readonly existence: (key: number, shard: number, exists: boolean) => void;
}

/** Overdue writes are looked for so often at most. */
const OVERDUE_STEP = 10_000;
/** A prober goes back to sleep this long after the last sign of trouble. */
const AWAKE_AFTER = 1_000_000;

export function createClients(parts: ClientsParts): Clients {
  const { kernel, world, ledger, messages, topology, keys, recorder, samples, drivers, shards } = parts;
  const { operations, counts } = ledger;
  const of = operations.of;
  const vantages = topology.vantages.length;
  const vantageOfHost = new Int32Array(topology.hosts.length).fill(-1);
  topology.vantages.forEach((vantage, index) => {
    for (const host of vantage.hosts) vantageOfHost[host.id] = index;
  });
  const groups = drivers.map((driver) => topology.hosts.filter((host) => host.kind === "client" && host.role === driver.spec.from));
  const server = new Int32Array(shards * vantages).fill(-1);
  /** Per shard: probers are awake until this instant. */
  const awakeUntil = new Float64Array(shards).fill(-1);
  const probing = new Uint8Array(shards * vantages);
  const phases: number[] = [];
  const probeStreams: Random[] = [];
  let lastServer = new Int32Array(1024).fill(-1);
  /** The client host of each operation under way, else -1. */
  let hostOf = new Int32Array(1024).fill(-1);
  const overdue = createOverdue(of);
  let isArmed = false;
  let stopped = false;
  let pending = 0;

  function issue(machine: MachineRecord, operation: number, kind: number, deadline: number): void {
    const f = messages.fields;
    const slot = messages.allocate();
    f.shard[slot] = of.shard[operation]!;
    f.key[slot] = of.key[operation]!;
    f.operation[slot] = operation;
    f.count[slot] = of.kind[operation]!;
    f.demand[slot] = of.readDemand[operation]!;
    f.time[slot] = of.writeDemand[operation]!;
    f.bytes[slot] = of.bytes[operation]!;
    // The deadline counts from the intended send, on the client's own clock.
    f.until[slot] = machine.process.host.clock.monotonic(of.sentAt[operation]! as Instant) + deadline;
    hostOf[operation] = machine.process.host.place.id;
    pending += 1;
    counts.issued += 1;
    if (isSpread(of.kind[operation]!)) messages.fields.payload[slot] = parts.plans.of(operation);
    if (isWrite(of.kind[operation]!)) {
      overdue.watch(operation, of.sentAt[operation]! + parts.slow + 1);
      armOverdue();
    }
    world.tellNow(machine, kind, slot);
  }

  function armOverdue(): void {
    if (isArmed || overdue.next() === Infinity) return;
    isArmed = true;
    kernel.schedule(Math.max(overdue.next(), kernel.now() + OVERDUE_STEP) as Instant, Event.Overdue, 0, 0);
  }

  function open(kind: number, key: number, vantage: number, workload: number): number {
    const operation = operations.open();
    of.kind[operation] = kind;
    of.key[operation] = key;
    of.shard[operation] = keys.shardOf(key);
    of.vantage[operation] = vantage;
    of.workload[operation] = workload;
    of.sentAt[operation] = kernel.now();
    of.client[operation] = -1;
    of.probe[operation] = 0;
    if (operation >= lastServer.length) {
      const larger = new Int32Array(Math.max(operation + 1, lastServer.length * 2)).fill(-1);
      larger.set(lastServer);
      lastServer = larger;
      const longer = new Int32Array(larger.length).fill(-1);
      longer.set(hostOf);
      hostOf = longer;
    }
    lastServer[operation] = -1;
    return operation;
  }

  /** Workloads that follow each. */
  const followers = drivers.map(({ spec }) =>
    drivers.flatMap(({ spec: { arrivals } }, other) => (arrivals.kind === "following" && arrivals.workload === spec.name ? [other] : [])),
  );

  function draw(workload: number, client: number, key = -1): void {
    const driver = drivers[workload]!;
    const group = groups[workload]!;
    const drawn = driver.draw(kernel.now() - parts.from, key);
    const host = client < 0 ? group[driver.host(group.length)]! : group[client % group.length]!;
    const machine = parts.clientMachines.get(host.id)!;
    if (machine.process.down > 0) {
      // A dead client asks nothing; a closed loop looks again when it may be back.
      if (drawn.kind === Kind.Insert) keys.insertEnded(drawn.key);
      if (client >= 0) kernel.schedule((kernel.now() + AWAKE_AFTER) as Instant, Event.Thought, workload, client);
      return;
    }
    const vantage = vantageOfHost[host.id]!;
    const operation = open(drawn.kind, drawn.key, vantage, workload);
    of.bytes[operation] = drawn.bytes;
    of.readDemand[operation] = drawn.readDemand;
    of.writeDemand[operation] = drawn.writeDemand;
    of.client[operation] = client;
    if (isSpread(drawn.kind)) parts.plans.make(operation, workload, drawn);
    recorder.issued(drawn.kind, vantage, kernel.now());
    issue(machine, operation, Message.Issue, parts.deadline);
  }

  /** Schedules the next arrival of an open loop, unless it has ended. */
  function arriveNext(workload: number): void {
    // Beyond what an instant can hold it is as good as never, however rare a workload or slow a trace is made.
    const at = kernel.now() + drivers[workload]!.gap();
    if (at <= Number.MAX_SAFE_INTEGER) kernel.schedule(at as Instant, Event.Arrival, workload, 0);
  }

  function scheduleProbe(prober: number): void {
    if (probing[prober] === 1) return;
    probing[prober] = 1;
    const { every } = parts.prober;
    const shardName = `shard ${Math.floor(prober / vantages)}`;
    const phase = (phases[prober] ??= Math.floor(
      parts.stream(`prober/${shardName}/${topology.vantages[prober % vantages]!.name}`).uniform() * every,
    ));
    const periods = Math.ceil((kernel.now() - phase) / every);
    kernel.schedule((phase + Math.max(0, periods) * every) as Instant, Event.Probe, prober, 0);
  }

  function wake(shard: number): void {
    if (stopped || kernel.now() < parts.from) return;
    awakeUntil[shard] = kernel.now() + AWAKE_AFTER;
    for (let vantage = 0; vantage < vantages; vantage += 1) scheduleProbe(shard * vantages + vantage);
  }

  function finish(operation: number, ending: Finish): void {
    const now = kernel.now();
    const shard = of.shard[operation]!;
    const vantage = of.vantage[operation]!;
    const sentAt = of.sentAt[operation]!;
    const kind = of.kind[operation]!;
    const isProbe = of.probe[operation] === 1;
    hostOf[operation] = -1;
    pending -= 1;
    if (isSpread(kind)) parts.plans.release(operation);
    if (!isProbe) recorder.ended(kind, vantage, shard, sentAt, now, ending);
    if (kind === Kind.Insert) keys.insertEnded(of.key[operation]!);
    if (isWrite(kind)) {
      const isAcknowledged = ending === Finish.Acknowledged;
      const isGood = isAcknowledged && now - sentAt <= parts.slow;
      if (!isGood) wake(shard);
      const isQuiet = now > awakeUntil[shard]! && !parts.isContested(shard);
      samples.add(
        shard,
        vantage,
        sentAt,
        isAcknowledged ? now : Infinity,
        of.key[operation]!,
        of.epoch[operation]!,
        lastServer[operation]!,
        isQuiet,
      );
      if (isAcknowledged && !isProbe && (kind === Kind.Insert || kind === Kind.Delete))
        parts.existence(of.key[operation]!, shard, kind === Kind.Insert);
      if (isAcknowledged && lastServer[operation]! >= 0) server[shard * vantages + vantage] = lastServer[operation]!;
    }
    const client = of.client[operation]!;
    const workload = of.workload[operation]!;
    if (ending === Finish.Acknowledged && workload >= 0 && !stopped)
      for (const other of followers[workload]!)
        kernel.schedule((now + drivers[other]!.delay()) as Instant, Event.Follow, other, of.key[operation]!);
    // What some shards answered was answered.
    parts.histories?.ended(operation, ending, now);
    ledger.end(operation, ending === Finish.Partial ? Finish.Acknowledged : ending, now);
    if (client >= 0 && !stopped) kernel.schedule((now + drivers[workload]!.think(client)) as Instant, Event.Thought, workload, client);
  }

  return {
    begin: () => {
      drivers.forEach((driver, workload) => {
        const { arrivals } = driver.spec;
        if (arrivals.kind === "closed") {
          for (let client = 0; client < arrivals.clients; client += 1)
            kernel.schedule((kernel.now() + driver.think(client)) as Instant, Event.Thought, workload, client);
        } else if (arrivals.kind !== "following") arriveNext(workload);
      });
    },
    arrival: (workload) => {
      if (stopped) return;
      arriveNext(workload);
      draw(workload, -1);
    },
    thought: (workload, client) => {
      if (!stopped) draw(workload, client);
    },
    follow: (workload, key) => {
      if (!stopped) draw(workload, -1, key);
    },
    overdue: () => {
      isArmed = false;
      overdue.expire(kernel.now(), (operation) => wake(of.shard[operation]!));
      armOverdue();
    },
    probe: (prober) => {
      probing[prober] = 0;
      if (stopped) return;
      const shard = Math.floor(prober / vantages);
      const vantage = prober % vantages;
      if (kernel.now() > awakeUntil[shard]! && !parts.isContested(shard)) return;
      probing[prober] = 1;
      kernel.schedule((kernel.now() + parts.prober.every) as Instant, Event.Probe, prober, 0);
      // The vantage's first client host that is up.
      const host = topology.vantages[vantage]!.hosts.find((candidate) => parts.clientMachines.get(candidate.id)!.process.down === 0);
      if (host === undefined) return;
      const random = (probeStreams[prober] ??= parts.stream(`prober/shard ${shard}/${topology.vantages[vantage]!.name}/demand`));
      const operation = open(Kind.Update, keys.probeKey(shard, vantage), vantage, -1);
      of.probe[operation] = 1;
      of.bytes[operation] = parts.probeBytes;
      of.readDemand[operation] = 0;
      of.writeDemand[operation] = parts.probeDemand(random);
      issue(parts.clientMachines.get(host.id)!, operation, Message.Probe, parts.prober.deadline);
    },
    finish,
    gone: (host) => {
      for (let operation = 0; operation < hostOf.length; operation += 1)
        if (hostOf[operation] === host) finish(operation, Finish.Ambiguous);
    },
    answered: (operation, byServer, isDone) => {
      if (isDone) lastServer[operation] = byServer;
    },
    wake,
    lastAnswer: (shard, vantage) => server[shard * vantages + vantage]!,
    stop: () => {
      stopped = true;
    },
    pending: () => pending,
  };
}
