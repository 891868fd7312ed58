/**
 * An application that knows no shard map: it hands its requests to a router near it (its own zone, then its region), and to
 * another one when that does not answer. Deadlines, attempts and retries are those of every client.
 */
import { Channel, ConnectionChange, Finish, Is, Outcome, type Input, type Io, type Machine } from "../../../base/machine.ts";
import { seconds } from "../../../base/time.ts";
import type { ClientContext, Parts, RouterPlace } from "../contracts.ts";
import { BYTES, Message, PARTIAL } from "../messages.ts";
import { createAttempts, DUE_TIMER } from "./attempts.ts";
import { createRequests, State } from "./requests.ts";

/** A router that did not answer is left out for so long, unless none is left. */
const SILENT_FOR = seconds(1);
const READ = 0;

export function createProxyClient(context: ClientContext): Machine {
  const policy = context.client;
  const requests = createRequests();
  const r = requests.of;
  const attempts = createAttempts(requests, policy, () => context.random("backoff"), {
    expired: (request, io) => finish(request, r.state[request] === State.Sent, io),
    late: (request, io) => {
      r.unsure[request] = 1;
      noAnswer(request, io);
      retry(request, io);
    },
    again: (request, io) => attempt(request, io),
  });
  /** Nearest first; those alike near in an order of this host's own, so that hosts spread over them. Looked up when first needed. */
  let routers: readonly RouterPlace[] | undefined;
  const silentUntil: number[] = [];
  /** Of operations on several shards, by request: what each shard is to be asked. */
  const partsOf = new Map<number, Parts>();

  function known(): readonly RouterPlace[] {
    routers ??= inOrder(context);
    return routers;
  }

  function step(input: Input, io: Io): void {
    switch (input.kind) {
      case Is.Told:
        return issue(input.slot, input.message === Message.Probe, io);
      case Is.Message:
        // A router that has no room for a request says so with a plain reply.
        if (input.message === Message.ProxyReply || input.message === Message.Reply) return replied(input.slot, io);
        return;
      case Is.Timer:
        return input.id === DUE_TIMER ? attempts.due(io) : undefined;
      case Is.Connection:
        if (input.change !== ConnectionChange.Opened) return broken(input.peer, input.change === ConnectionChange.Refused, io);
        return;
      default:
        return;
    }
  }

  function issue(slot: number, isProbe: boolean, io: Io): void {
    const m = io.messages;
    const request = requests.open(m.operation[slot]!);
    r.shard[request] = m.shard[slot]!;
    r.key[request] = m.key[slot]!;
    r.kind[request] = m.count[slot]!;
    r.writing[request] = m.count[slot] === READ ? 0 : 1;
    r.readDemand[request] = m.demand[slot]!;
    r.writeDemand[request] = m.time[slot]!;
    r.bytes[request] = m.bytes[slot]!;
    r.deadline[request] = m.until[slot]!;
    r.server[request] = -1;
    const parts = m.payload[slot] as Parts | undefined;
    if (parts === undefined) partsOf.delete(request);
    else partsOf.set(request, copyOf(parts));
    attempts.began(request, isProbe, io);
    attempt(request, io);
  }

  function attempt(request: number, io: Io): void {
    const router = choose(r.retries[request]! > 0 ? r.server[request]! : -1, io.now());
    const place = known()[router];
    if (place === undefined) return retry(request, io);
    r.attempt[request] = r.attempt[request]! + 1;
    r.state[request] = State.Sent;
    r.server[request] = router;
    const m = io.messages;
    const slot = io.message();
    m.payload[slot] = partsOf.get(request);
    m.shard[slot] = r.shard[request]!;
    m.key[slot] = r.key[request]!;
    m.operation[slot] = r.operation[request]!;
    m.version[slot] = r.kind[request]!;
    m.count[slot] = r.attempt[request];
    m.demand[slot] = r.readDemand[request]!;
    m.time[slot] = r.writeDemand[request]!;
    m.bytes[slot] = BYTES.envelope + r.bytes[request]!;
    // What is given up here need not be done there: clocks differ, so it is a length and no instant.
    m.until[slot] = Math.max(1, Math.min(policy.timeout, r.deadline[request]! - io.now()));
    io.send(place.machine, Channel.Data, Message.ProxyRequest, slot);
    attempts.sent(request, io);
  }

  /** The nearest router that is not known to be silent, and another than `avoid` (-1: any) where there is one. */
  function choose(avoid: number, now: number): number {
    const count = known().length;
    for (let router = 0; router < count; router += 1) if (router !== avoid && (silentUntil[router] ?? 0) <= now) return router;
    return count === 0 ? -1 : (avoid + 1) % count;
  }

  function replied(slot: number, io: Io): void {
    const m = io.messages;
    const operation = m.operation[slot]!;
    const request = requests.find(operation);
    if (request < 0 || r.operation[request] !== operation) return;
    const number = m.count[slot]!;
    if (number > r.attempt[request]! || number < r.firstAttempt[request]!) return;
    const isCurrent = r.state[request] === State.Sent && r.attempt[request] === number;
    if (isCurrent) silentUntil[r.server[request]!] = 0;
    if (m.outcome[slot] === Outcome.Done) {
      requests.close(request);
      return io.finish(operation, m.index[slot] === PARTIAL ? Finish.Partial : Finish.Acknowledged);
    }
    if (!isCurrent) return;
    r.state[request] = State.Between;
    if (m.outcome[slot] === Outcome.Interrupted) r.unsure[request] = 1;
    retry(request, io);
  }

  function noAnswer(request: number, io: Io): void {
    silentUntil[r.server[request]!] = io.now() + SILENT_FOR;
    r.state[request] = State.Between;
  }

  /** A connection was refused (nothing of the attempt arrived) or reset (it may have). */
  function broken(peer: number, isRefusal: boolean, io: Io): void {
    const router = known().findIndex(({ process }) => process === peer);
    if (router < 0) return;
    for (let request = 0; request < requests.used(); request += 1) {
      if (r.state[request] !== State.Sent || r.server[request] !== router) continue;
      if (!isRefusal) r.unsure[request] = 1;
      noAnswer(request, io);
      retry(request, io);
    }
  }

  function retry(request: number, io: Io): void {
    if (!attempts.pause(request, io)) finish(request, false, io);
  }

  /** An attempt still under way may yet take effect. */
  function finish(request: number, isUnderWay: boolean, io: Io): void {
    const operation = r.operation[request]!;
    const isUnsure = isUnderWay || r.unsure[request] === 1;
    requests.close(request);
    io.finish(operation, isUnsure ? Finish.Ambiguous : Finish.Refused);
  }

  return { step };
}

/** The plan that an operation comes with is good for one step. */
const copyOf = ({ count, shards, demands }: Parts): Parts => ({ count, shards: shards.slice(0, count), demands: demands.slice(0, count) });

function inOrder({ host, zone, region, routers }: ClientContext): readonly RouterPlace[] {
  const distance = (router: RouterPlace): number => (router.zone === zone ? 0 : router.region === region ? 1 : 2);
  return [0, 1, 2].flatMap((far) => {
    const alike = routers().filter((router) => distance(router) === far);
    const first = alike.length === 0 ? 0 : host % alike.length;
    return [...alike.slice(first), ...alike.slice(0, first)];
  });
}
