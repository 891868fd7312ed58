/**
 * The application on a client host: it routes by a cached shard map (the REAL routing module), waits so long for each
 * attempt, tries again with backoff within a budget, and learns new maps by redirect, watch, poll or expiry. One machine
 * serves all requests of its host, so that what one request learns helps the next.
 *
 * known-map.ts holds the map and how it is learnt, requests.ts the requests under way, attempts.ts waiting and retries,
 * read-routing.ts which replica reads ask, gatherings.ts operations on several shards.
 */
import type { ServerId, ShardId } from "../../../base/ids.ts";
import { Channel, ConnectionChange, Finish, Is, Outcome, type Input, type Io, type Machine } from "../../../base/machine.ts";
import type { ClientContext, MapSnapshot, Parts } from "../contracts.ts";
import { BYTES, Message } from "../messages.ts";
import type { ReadOptions } from "../routing/reads.ts";
import type { GatherOptions } from "../../../modules/routing/scatter.ts";
import { createAttempts, DUE_TIMER } from "./attempts.ts";
import { createCoordinatorChoice } from "./coordinator-choice.ts";
import { createGatherings } from "./gatherings.ts";
import { createKnownMap } from "./known-map.ts";
import { createPools } from "./pools.ts";
import { createReadRouting } from "./read-routing.ts";
import { createRequests, State } from "./requests.ts";

/** Kinds of operations, as numbered in workload.ts. */
const READ = 0;
const READ_MODIFY_WRITE = 3;
const SCAN = 5;
/** What a read-modify-write reads decides what it writes: its owner alone may answer. */
const onlyReads = (kind: number): boolean => kind === READ || kind >= SCAN;

/** Sent on more often than this, a read pauses: whoever says so knows no better. */
const READ_HOPS_MOST = 3;

/** What the routing part lets a scenario choose. */
export interface SmartClientOptions extends ReadOptions {
  readonly scatter?: GatherOptions | undefined;
}

/** The same for a router, which is handed requests one by one. */
export interface Routing extends Machine {
  /** Takes a request up, from a message like `Issue`. */
  readonly issue: (slot: number, isProbe: boolean, io: Io) => void;
  /** Nobody waits for this operation any more: whatever is under way for it is given up without a word. */
  readonly forget: (operation: number) => void;
}

export function createSmartClient(context: ClientContext, options: SmartClientOptions): Routing {
  const policy = context.client;
  const known = createKnownMap(context, (server, io) => {
    const process = context.processOfServer(server);
    io.close(process);
    broken(process, false, io);
  });
  const { coordination } = context;
  const coordinators = coordination === undefined ? undefined : createCoordinatorChoice(context, coordination);
  const reading = createReadRouting(options, context, context.servers, context.random("read choice"));
  const requests = createRequests();
  const r = requests.of;
  /** By request: what the read of a read-modify-write had seen, where primaries say so. */
  const contexts: unknown[] = [];
  const gatherings = createGatherings(requests, options.scatter ?? { onFailure: "refuse" });
  const attempts = createAttempts(requests, policy, () => context.random("backoff"), {
    // An attempt still under way may yet take effect.
    expired: (request, io) => finish(request, r.unsure[request] === 1 || isUnderWay(request) ? Finish.Ambiguous : Finish.Refused, io),
    late: (request, io) => {
      if (isUnderWay(request)) r.unsure[request] = 1;
      noAnswer(request, io);
      retry(request, io);
    },
    again: (request, io) => attempt(request, undefined, io),
  });

  /** Of the step: what ends a request has none at hand. */
  let now: Io | undefined;
  const pools = createPools(policy.pool, {
    open: (server) => {
      now!.connect(context.processOfServer(server), policy.pool!.roundTrips, policy.pool!.connectTimeout);
    },
    send: (request, server) => {
      send(request, server, now!);
    },
  });
  /** Sent and not answered: it may take effect. */
  const isUnderWay = (request: number): boolean => r.state[request] === State.Sent && !pools.isWaiting(request);

  function step(input: Input, io: Io): void {
    now = io;
    switch (input.kind) {
      case Is.Start:
        return known.start(io);
      case Is.Told:
        return issue(input.slot, input.message === Message.Probe, io);
      case Is.Message:
        if (input.message === Message.Reply) return replied(input.slot, io);
        if (input.message === Message.Map) return known.learn(io.messages.payload[input.slot] as MapSnapshot, io);
        return;
      case Is.Timer:
        return input.id === DUE_TIMER ? attempts.due(io) : known.timer(input.id, io);
      case Is.Connection:
        return connection(input.peer, input.change, io);
      default:
        return;
    }
  }

  function issue(slot: number, isProbe: boolean, io: Io): void {
    now = io;
    const m = io.messages;
    const parts = m.payload[slot] as Parts | undefined;
    if (parts !== undefined) return issueParts(slot, parts, io);
    const request = requests.open(m.operation[slot]!);
    r.shard[request] = m.shard[slot]!;
    r.key[request] = m.key[slot]!;
    r.kind[request] = m.count[slot]!;
    r.writing[request] = m.count[slot] === READ || m.count[slot] === READ_MODIFY_WRITE ? 0 : 1;
    r.readDemand[request] = m.demand[slot]!;
    r.writeDemand[request] = m.time[slot]!;
    r.bytes[request] = m.bytes[slot]!;
    r.deadline[request] = m.until[slot]!;
    contexts[request] = undefined;
    attempts.began(request, isProbe, io);
    attempt(request, undefined, io);
  }

  /** One request for each shard's part; all are there before the first is sent, which may fail at once. */
  function issueParts(slot: number, parts: Parts, io: Io): void {
    const m = io.messages;
    const operation = m.operation[slot]!;
    gatherings.begin(operation, parts.shards, parts.count, io.now());
    for (let part = 0; part < parts.count; part += 1) {
      const request = requests.open(operation);
      r.shard[request] = parts.shards[part]!;
      r.key[request] = -1;
      r.kind[request] = m.count[slot]!;
      r.writing[request] = 0;
      r.readDemand[request] = parts.demands[part]!;
      r.bytes[request] = 0;
      r.deadline[request] = m.until[slot]!;
      attempts.began(request, false, io);
    }
    for (let part = 0; part < parts.count && gatherings.has(operation); part += 1) {
      const request = requests.findAt(operation, parts.shards[part]!);
      if (request >= 0) attempt(request, undefined, io);
    }
  }

  function attempt(request: number, to: ServerId | undefined, io: Io): void {
    const shard = r.shard[request]!;
    const isWrite = r.writing[request] === 1;
    const coordinator = coordinators?.choose(shard, r.misses[request]! > 0 ? r.server[request]! : -1, io.now());
    const reader = isWrite ? undefined : (readFrom(request, io) ?? known.readerOf(shard));
    const server = coordinator ?? to ?? reader ?? known.ownerToAsk(shard, r.misses[request]!);
    if (server === undefined) return retry(request, io);
    const attemptNumber = r.attempt[request]! + 1;
    r.attempt[request] = attemptNumber;
    r.state[request] = State.Sent;
    r.server[request] = server;
    reading.sent(server);
    if (pools.take(request, server)) send(request, server, io);
    attempts.sent(request, io);
  }

  function send(request: number, server: ServerId, io: Io): void {
    const shard = r.shard[request]!;
    const isWrite = r.writing[request] === 1;
    const m = io.messages;
    const slot = io.message();
    m.shard[slot] = shard;
    m.key[slot] = r.key[request]!;
    m.epoch[slot] = known.epochOf(shard);
    m.operation[slot] = r.operation[request]!;
    m.count[slot] = r.attempt[request]!;
    m.demand[slot] = isWrite ? r.writeDemand[request]! : r.readDemand[request]!;
    m.bytes[slot] = BYTES.envelope + (isWrite ? r.bytes[request]! : 0);
    if (!isWrite && onlyReads(r.kind[request]!)) m.until[slot] = reading.staleness;
    if (isWrite && coordination?.stampsByClient === true) {
      if (r.stamp[request] === 0) r.stamp[request] = io.wall();
      m.time[slot] = r.stamp[request]!;
    }
    if (isWrite) m.version[slot] = r.kind[request]!;
    if (isWrite && contexts[request] !== undefined) m.payload[slot] = contexts[request];
    const machine = coordinators?.machineOn(shard, server) ?? context.replicaMachine(shard as ShardId, server);
    io.send(machine, Channel.Data, isWrite ? Message.WriteRequest : Message.ReadRequest, slot);
  }

  /** The replica for a read that others than the owner may answer; a retry asks another than the attempt before. */
  function readFrom(request: number, io: Io): ServerId | undefined {
    const shard = r.shard[request]!;
    const entry = known.entry(shard);
    if (!reading.spreads || !onlyReads(r.kind[request]!) || entry === undefined) return undefined;
    return reading.choose(shard, entry, r.retries[request]! > 0 ? r.server[request]! : -1, io.now());
  }

  /** The attempt is waited for no longer: answered, overdue, broken off or given up. */
  function settle(request: number, isAnswered = false): void {
    if (r.state[request] !== State.Sent) return;
    r.state[request] = State.Between;
    pools.give(request, isAnswered);
    reading.settled(r.server[request]!);
  }

  function replied(slot: number, io: Io): void {
    const m = io.messages;
    const operation = m.operation[slot]!;
    const shard = m.shard[slot]!;
    const request = requests.findAt(operation, shard);
    if (request < 0) return;
    const isCurrent = r.state[request] === State.Sent && r.attempt[request] === m.count[slot];
    const outcome = m.outcome[slot]!;
    if (outcome === Outcome.Done) {
      // A second answer to the read of a read-modify-write says nothing about its write.
      if (m.count[slot]! > r.attempt[request]! || m.count[slot]! < r.firstAttempt[request]!) return;
      if (reading.spreads && onlyReads(r.kind[request]!)) heardFrom(request, isCurrent, m.who[slot]!, m.epoch[slot]!);
      else known.answered(shard, m.who[slot]!, m.epoch[slot]!);
      if (isCurrent) coordinators?.answered(r.server[request]!);
      settle(request, true);
      if (r.kind[request] === READ_MODIFY_WRITE && r.writing[request] === 0) {
        r.writing[request] = 1;
        contexts[request] = m.payload[slot];
        r.unsure[request] = 0;
        r.firstAttempt[request] = r.attempt[request]! + 1;
        return attempt(request, undefined, io);
      }
      return finish(request, Finish.Acknowledged, io);
    }
    if (!isCurrent) return;
    settle(request, true);
    if (outcome === Outcome.Redirect && reading.spreads) reading.behind(r.server[request]!, shard, io.now());
    if (outcome === Outcome.Redirect && policy.redirect) return redirected(request, m.who[slot]! as ServerId, m.epoch[slot]!, io);
    if (outcome === Outcome.ReadThere) return readThere(request, m.who[slot]!, m.epoch[slot]!, io);
    if (outcome === Outcome.Interrupted) r.unsure[request] = 1;
    if (coordinators !== undefined) r.misses[request] = r.misses[request]! + 1;
    // A standby that turns readers away says nothing about its owner.
    if (outcome === Outcome.Redirect && !(reading.spreads && onlyReads(r.kind[request]!))) known.alive(shard);
    retry(request, io);
  }

  /** A read was answered by some replica: only the owner's answer says that the owner answers. */
  function heardFrom(request: number, isCurrent: boolean, owner: number, epoch: number): void {
    const shard = r.shard[request]!;
    if (isCurrent) reading.answered(r.server[request]!);
    if (isCurrent && r.server[request] === owner) known.answered(shard, owner, epoch);
    else known.heard(shard, owner, epoch);
  }

  function redirected(request: number, owner: ServerId, epoch: number, io: Io): void {
    const shard = r.shard[request]!;
    r.hops[request] = r.hops[request]! + 1;
    const next = known.redirected(shard, owner, epoch, r.server[request]! as ServerId, r.hops[request]);
    if (next.kind === "send") return attempt(request, next.to, io);
    // Nobody knows better than we do: the owner may be back by the next try.
    known.astray(shard);
    if (r.misses[request]! > 0) r.misses[request] = r.misses[request]! + 1;
    retry(request, io);
  }

  /** Another answers reads: from now on it is asked at once. */
  function readThere(request: number, server: number, epoch: number, io: Io): void {
    r.hops[request] = r.hops[request]! + 1;
    const isNews = server >= 0 && server !== r.server[request] && r.hops[request] <= READ_HOPS_MOST;
    if (!isNews) return retry(request, io);
    known.readThere(r.shard[request]!, server as ServerId, epoch);
    attempt(request, server as ServerId, io);
  }

  /** The attempt failed: pause and try again, or give up. */
  function retry(request: number, io: Io): void {
    known.failed(io);
    if (!attempts.pause(request, io)) finish(request, r.unsure[request] === 1 ? Finish.Ambiguous : Finish.Refused, io);
  }

  function finish(request: number, ending: Finish, io: Io): void {
    const operation = r.operation[request]!;
    const shard = r.shard[request]!;
    settle(request);
    requests.close(request);
    if (!gatherings.has(operation)) return io.finish(operation, ending);
    const settled = ending === Finish.Acknowledged ? gatherings.answer : gatherings.fail;
    const whole = settled(operation, shard, io.now());
    if (whole === undefined) return;
    gatherings.end(operation, settle);
    if (whole.kind === "complete") return io.finish(operation, Finish.Acknowledged);
    io.finish(operation, whole.kind === "partial" ? Finish.Partial : ending === Finish.Ambiguous ? ending : Finish.Refused);
  }

  function noAnswer(request: number, io: Io): void {
    settle(request);
    if (reading.spreads) reading.silent(r.server[request]!, io.now());
    coordinators?.silent(r.server[request]!, io.now());
    r.misses[request] = r.misses[request]! + 1;
    known.unanswered(r.shard[request]!, r.server[request]! as ServerId);
  }

  function connection(peer: number, change: number, io: Io): void {
    if (change === ConnectionChange.Refused || change === ConnectionChange.Reset)
      return broken(peer, change === ConnectionChange.Refused, io);
    const server = context.servers.find(({ id }) => context.processOfServer(id) === peer)?.id;
    if (server === undefined) return;
    if (change === ConnectionChange.Opened) return pools.opened(server);
    // Nothing of the request was sent.
    const request = pools.unopened(server);
    if (request < 0) return;
    noAnswer(request, io);
    retry(request, io);
  }

  /** A connection was refused (nothing of the attempt arrived) or reset (it may have). */
  function broken(peer: number, isRefusal: boolean, io: Io): void {
    known.broken(io);
    const server = context.servers.find(({ id }) => context.processOfServer(id) === peer)?.id;
    // Who waits for a connection goes on waiting, for a new one.
    const unsent = server === undefined ? [] : pools.broken(server);
    for (let request = 0; request < requests.used(); request += 1) {
      if (r.state[request] !== State.Sent || context.processOfServer(r.server[request]! as ServerId) !== peer) continue;
      if (unsent.includes(request)) continue;
      if (!isRefusal) r.unsure[request] = 1;
      noAnswer(request, io);
      retry(request, io);
    }
  }

  function forget(operation: number): void {
    if (gatherings.has(operation)) return gatherings.end(operation, settle);
    for (let request = 0; request < requests.used(); request += 1) {
      if (r.state[request] === State.Free || r.operation[request] !== operation) continue;
      settle(request);
      requests.close(request);
    }
  }

  return { step, issue, forget };
}
