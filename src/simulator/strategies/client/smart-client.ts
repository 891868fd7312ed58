/**
 * The application on a client host: it routes by a cached shard map (the REAL routing module), waits so long for each
 * attempt, tries again with backoff within a budget, and learns new maps by redirect, watch, poll or expiry. One machine
 * serves all requests of its host, so that what one request learns helps the next.
 */
import type { ServerId, ShardId } from "../../../base/ids.ts";
import { Channel, ConnectionChange, Finish, Is, Outcome, type Input, type Io, type Machine } from "../../../base/machine.ts";
import { seconds, type Duration } from "../../../base/time.ts";
import { follow, learn, route, type Redirect } from "../../../modules/routing/routing.ts";
import { epochOf, merge, shardMap, type ShardMap } from "../../../modules/routing/shard-map.ts";
import { serversIn, type ClientContext, type MapSnapshot } from "../contracts.ts";
import { BYTES, Message } from "../messages.ts";
import { createDueHeap, createDueRing, type DueRing } from "./waiting.ts";

const Timer = { Due: 0, Fetch: 1, Rewatch: 2 } as const;
/** Kinds of operations, as numbered in workload.ts. */
const READ = 0;
const READ_MODIFY_WRITE = 3;
/** A watch that a dead metadata service has forgotten is asked for again. */
const REWATCH_AFTER = seconds(1);
/** Retries that may be saved up. */
const BUDGET_CAP = 100;
/** Waiting for a backoff, for an attempt's answer, or over. */
const State = { Free: 0, Sent: 1, Pausing: 2 } as const;

export function createSmartClient(context: ClientContext): Machine {
  const policy = context.client;
  let map: ShardMap<ServerId> = fromSnapshot(context.initialMap());
  /** Attempts in a row to a shard that nobody answered: the next goes to the next replica. */
  const silent = new Int32Array(context.shards);
  let tokens = BUDGET_CAP;
  let armed = Infinity;

  let capacity = 64;
  const r = {
    operation: new Int32Array(capacity),
    shard: new Int32Array(capacity),
    key: new Int32Array(capacity),
    kind: new Int32Array(capacity),
    state: new Int32Array(capacity),
    /** Number of the attempt, and of the request in this slot (so that old answers are known for what they are). */
    attempt: new Int32Array(capacity),
    serial: new Int32Array(capacity),
    retries: new Int32Array(capacity),
    hops: new Int32Array(capacity),
    /** Attempts of this request that nobody answered. */
    misses: new Int32Array(capacity),
    server: new Int32Array(capacity),
    writing: new Int32Array(capacity),
    /** First attempt of the step that it is in: a read-modify-write reads, then writes. */
    firstAttempt: new Int32Array(capacity),
    unsure: new Int32Array(capacity),
    readDemand: new Float64Array(capacity),
    writeDemand: new Float64Array(capacity),
    bytes: new Float64Array(capacity),
    deadline: new Float64Array(capacity),
  };
  const free: number[] = [];
  let used = 0;
  let requestOf = new Int32Array(1024).fill(-1);

  const attempts = createDueRing();
  const deadlines = createDueRing();
  const probeDeadlines = createDueRing();
  const pauses = createDueHeap();

  function step(input: Input, io: Io): void {
    switch (input.kind) {
      case Is.Start:
        return start(io);
      case Is.Told:
        return issue(input.slot, input.message === Message.Probe, io);
      case Is.Message:
        if (input.message === Message.Reply) return replied(input.slot, io);
        if (input.message === Message.Map) return learnMap(io.messages.payload[input.slot] as MapSnapshot);
        return;
      case Is.Timer:
        if (input.id === Timer.Due) return due(io);
        return input.id === Timer.Fetch ? fetch(io) : watch(io);
      case Is.Connection:
        if (input.change !== ConnectionChange.Opened) return broken(input.peer, input.change === ConnectionChange.Refused, io);
        return;
      default:
        return;
    }
  }

  function start(io: Io): void {
    if (policy.watch) watch(io);
    const period = policy.poll ?? policy.ttl;
    // A cache filled at some time before the run: its age is as likely to be anything.
    if (period !== undefined) io.setTimer(Timer.Fetch, (1 + Math.floor(context.random("map age").uniform() * period)) as Duration);
  }

  function watch(io: Io): void {
    askMetadata(Message.Watch, io);
  }

  function fetch(io: Io): void {
    askMetadata(Message.ReadMap, io);
    io.setTimer(Timer.Fetch, policy.poll ?? policy.ttl ?? REWATCH_AFTER);
  }

  function askMetadata(kind: number, io: Io): void {
    const slot = io.message();
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(context.metadata(), Channel.Control, kind, slot);
  }

  function fromSnapshot(snapshot: MapSnapshot): ShardMap<ServerId> {
    const entries = [];
    for (let shard = 0; shard < context.shards; shard += 1)
      entries.push({
        epoch: snapshot.epochs[shard]!,
        owner: snapshot.owners[shard]! as ServerId,
        replicas: serversIn(snapshot.replicas[shard]!, snapshot.standing[shard]!),
      });
    return shardMap(entries);
  }

  function learnMap(snapshot: MapSnapshot): void {
    const before = map;
    map = merge(map, fromSnapshot(snapshot));
    if (map === before) return;
    for (let shard = 0; shard < context.shards; shard += 1) if (map.entries[shard] !== before.entries[shard]) silent[shard] = 0;
  }

  function issue(slot: number, isProbe: boolean, io: Io): void {
    const m = io.messages;
    const request = free.pop() ?? newRequest();
    const operation = m.operation[slot]!;
    r.operation[request] = operation;
    r.shard[request] = m.shard[slot]!;
    r.key[request] = m.key[slot]!;
    r.kind[request] = m.count[slot]!;
    r.retries[request] = 0;
    r.hops[request] = 0;
    r.misses[request] = 0;
    r.unsure[request] = 0;
    r.firstAttempt[request] = r.attempt[request]! + 1;
    r.writing[request] = m.count[slot] === READ || m.count[slot] === READ_MODIFY_WRITE ? 0 : 1;
    r.readDemand[request] = m.demand[slot]!;
    r.writeDemand[request] = m.time[slot]!;
    r.bytes[request] = m.bytes[slot]!;
    r.deadline[request] = m.until[slot]!;
    r.serial[request] = r.serial[request]! + 1;
    if (operation >= requestOf.length) {
      const larger = new Int32Array(Math.max(operation + 1, requestOf.length * 2)).fill(-1);
      larger.set(requestOf);
      requestOf = larger;
    }
    requestOf[operation] = request;
    tokens = Math.min(BUDGET_CAP, tokens + policy.budget);
    (isProbe ? probeDeadlines : deadlines).push(m.until[slot]!, request, r.serial[request]);
    arm(m.until[slot]!, io);
    attempt(request, undefined, io);
  }

  function newRequest(): number {
    if (used === capacity) {
      capacity *= 2;
      for (const name of Object.keys(r) as (keyof typeof r)[]) {
        const larger = new (r[name].constructor as new (length: number) => Int32Array)(capacity);
        larger.set(r[name]);
        r[name] = larger as never;
      }
    }
    used += 1;
    return used - 1;
  }

  function attempt(request: number, to: ServerId | undefined, io: Io): void {
    const shard = r.shard[request]!;
    // What this request itself has met counts too: reads may go well where writes do not. A client that takes no redirects
    // asks nobody but the owner that it knows, as behind a name or an address.
    const server = to ?? route(map, shard, policy.redirect ? Math.max(silent[shard]!, r.misses[request]!) : 0);
    if (server === undefined) return retry(request, io);
    const attemptNumber = r.attempt[request]! + 1;
    r.attempt[request] = attemptNumber;
    r.state[request] = State.Sent;
    r.server[request] = server;
    const m = io.messages;
    const slot = io.message();
    const isWrite = r.writing[request] === 1;
    m.shard[slot] = shard;
    m.key[slot] = r.key[request]!;
    m.epoch[slot] = map.entries[shard]?.epoch ?? 0;
    m.operation[slot] = r.operation[request]!;
    m.count[slot] = attemptNumber;
    m.demand[slot] = isWrite ? r.writeDemand[request]! : r.readDemand[request]!;
    m.bytes[slot] = BYTES.envelope + (isWrite ? r.bytes[request]! : 0);
    io.send(context.replicaMachine(shard as ShardId, server), Channel.Data, isWrite ? Message.WriteRequest : Message.ReadRequest, slot);
    const due = io.now() + policy.timeout;
    attempts.push(due, request, attemptNumber);
    arm(due, io);
  }

  function replied(slot: number, io: Io): void {
    const m = io.messages;
    const operation = m.operation[slot]!;
    const request = requestOf[operation] ?? -1;
    if (request < 0 || r.operation[request] !== operation) return;
    const shard = r.shard[request]!;
    const isCurrent = r.state[request] === State.Sent && r.attempt[request] === m.count[slot];
    const outcome = m.outcome[slot]!;
    if (outcome === Outcome.Done) {
      // A second answer to the read of a read-modify-write says nothing about its write.
      if (m.count[slot]! > r.attempt[request]! || m.count[slot]! < r.firstAttempt[request]!) return;
      silent[shard] = 0;
      // Served by another than the believed owner, under a newer epoch: that is news as good as a redirect.
      if (policy.redirect && m.epoch[slot]! > epochOf(map, shard)) map = learn(map, moved(shard, m.who[slot]! as ServerId, m.epoch[slot]!));
      if (r.kind[request] === READ_MODIFY_WRITE && r.writing[request] === 0) {
        r.writing[request] = 1;
        r.unsure[request] = 0;
        r.firstAttempt[request] = r.attempt[request]! + 1;
        return attempt(request, undefined, io);
      }
      return finish(request, Finish.Acknowledged, io);
    }
    if (!isCurrent) return;
    if (outcome === Outcome.Redirect && policy.redirect) return redirected(request, m.who[slot]! as ServerId, m.epoch[slot]!, io);
    if (outcome === Outcome.Interrupted) r.unsure[request] = 1;
    if (outcome === Outcome.Redirect) silent[shard] = 0;
    retry(request, io);
  }

  function redirected(request: number, owner: ServerId, epoch: number, io: Io): void {
    const shard = r.shard[request]!;
    const redirect = moved(shard, owner, epoch);
    r.hops[request] = r.hops[request]! + 1;
    const next = follow(map, redirect, r.server[request]! as ServerId, r.hops[request]);
    const before = map;
    map = learn(map, redirect);
    if (map !== before) silent[shard] = 0;
    if (next.kind === "send") return attempt(request, next.to, io);
    // Nobody knows better than we do: the owner may be back by the next try.
    if (silent[shard]! > 0) silent[shard] = silent[shard]! + 1;
    if (r.misses[request]! > 0) r.misses[request] = r.misses[request]! + 1;
    retry(request, io);
  }

  function moved(shard: number, owner: ServerId, epoch: number): Redirect<ServerId> {
    // The answer names the owner alone: the others are those known before, dead ones at worst.
    const known = map.entries[shard]?.replicas ?? [];
    return { kind: "moved", shard, entry: { epoch, owner, replicas: known.includes(owner) ? known : [...known, owner] } };
  }

  /** The attempt failed: pause and try again, or give up. */
  function retry(request: number, io: Io): void {
    const made = r.retries[request]!;
    if (made >= policy.retries || (policy.budget < 1 && tokens < 1)) return giveUp(request, io);
    tokens -= 1;
    r.retries[request] = made + 1;
    r.hops[request] = 0;
    r.state[request] = State.Pausing;
    r.attempt[request] = r.attempt[request]! + 1;
    let pause: number = policy.backoff.first;
    for (let i = 0; i < made && pause < policy.backoff.max; i += 1) pause *= policy.backoff.factor;
    pause = Math.min(pause, policy.backoff.max);
    const jitter = policy.backoff.jitter > 0 ? policy.backoff.jitter * context.random("backoff").uniform() : 0;
    const at = io.now() + Math.max(1, Math.round(pause * (1 - jitter)));
    pauses.push(at, request, r.attempt[request]);
    arm(at, io);
  }

  function giveUp(request: number, io: Io): void {
    finish(request, r.unsure[request] === 1 ? Finish.Ambiguous : Finish.Refused, io);
  }

  function finish(request: number, ending: Finish, io: Io): void {
    r.state[request] = State.Free;
    requestOf[r.operation[request]!] = -1;
    const operation = r.operation[request]!;
    r.operation[request] = -1;
    free.push(request);
    io.finish(operation, ending);
  }

  function arm(at: number, io: Io): void {
    if (at >= armed) return;
    armed = at;
    io.setTimer(Timer.Due, Math.max(0, at - io.now()) as Duration);
  }

  /** Everything that is due: deadlines, then attempts that took too long, then pauses that are over. */
  function due(io: Io): void {
    armed = Infinity;
    const now = io.now();
    for (const ring of [deadlines, probeDeadlines]) {
      while (ring.due() <= now) {
        const request = ring.item();
        const tag = ring.tag();
        ring.pop();
        if (r.state[request] === State.Free || r.serial[request] !== tag) continue;
        // An attempt still under way may yet take effect.
        finish(request, r.unsure[request] === 1 || r.state[request] === State.Sent ? Finish.Ambiguous : Finish.Refused, io);
      }
    }
    while (attempts.due() <= now) {
      const request = attempts.item();
      const tag = attempts.tag();
      attempts.pop();
      if (r.state[request] !== State.Sent || r.attempt[request] !== tag) continue;
      r.unsure[request] = 1;
      noAnswer(request);
      retry(request, io);
    }
    while (pauses.due() <= now) {
      const request = pauses.item();
      const tag = pauses.tag();
      pauses.pop();
      if (r.state[request] === State.Pausing && r.attempt[request] === tag) attempt(request, undefined, io);
    }
    skipOver(attempts);
    skipFinished(deadlines);
    skipFinished(probeDeadlines);
    const next = Math.min(deadlines.due(), probeDeadlines.due(), attempts.due(), pauses.due());
    if (next < Infinity) arm(next, io);
  }

  /** Attempts that were answered need no timer. */
  function skipOver(ring: DueRing): void {
    while (ring.due() < Infinity) {
      const request = ring.item();
      if (r.state[request] === State.Sent && r.attempt[request] === ring.tag()) return;
      ring.pop();
    }
  }

  function skipFinished(ring: DueRing): void {
    while (ring.due() < Infinity && (r.state[ring.item()] === State.Free || r.serial[ring.item()] !== ring.tag())) ring.pop();
  }

  function noAnswer(request: number): void {
    const shard = r.shard[request]!;
    r.misses[request] = r.misses[request]! + 1;
    // Counted once per wave: only an attempt to the server that would be asked now tells something new.
    if (route(map, shard, silent[shard]) === (r.server[request]! as ServerId)) silent[shard] = silent[shard]! + 1;
  }

  /** A connection was refused (nothing of the attempt arrived) or reset (it may have). */
  function broken(peer: number, isRefusal: boolean, io: Io): void {
    if (policy.watch) io.setTimer(Timer.Rewatch, REWATCH_AFTER);
    for (let request = 0; request < used; request += 1) {
      if (r.state[request] !== State.Sent || context.processOfServer(r.server[request]! as ServerId) !== peer) continue;
      if (!isRefusal) r.unsure[request] = 1;
      noAnswer(request);
      retry(request, io);
    }
  }

  return { step };
}
