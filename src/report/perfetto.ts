/**
 * One run as trace events, the JSON that Chrome's tracing and Perfetto open (ui.perfetto.dev, "Trace Event Format", 2016): hosts are
 * processes, shards threads; what cores do for requests, requests as their clients see them, elections, transfers and times as primary are
 * slices, faults instants, messages flows from a sliver at the sender to one at the receiver. Work that a shard does on several cores at
 * once has a thread for each, since slices of one thread must lie within one another. Times are microseconds from the start of measured time, moved so that none is negative.
 */
import type { Fact } from "../simulator/record/fact.ts";
import type { RunRecord } from "../simulator/record/record.ts";
import type { MessageEnd, SentMessage, Service } from "../simulator/record/sent-message.ts";

/** Any event of the format; which fields it needs hangs on its phase. */
export interface TraceEvent {
  readonly ph: "X" | "b" | "e" | "i" | "s" | "f" | "M";
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly id?: number;
  readonly bp?: "e";
  readonly s?: "g" | "p" | "t";
  readonly args?: Readonly<Record<string, unknown>>;
}

export interface PerfettoOptions {
  /** Microseconds of measured time, start included, end not: what lies outside is left out. */
  readonly time: { readonly from: number; readonly to: number };
}

/** What the whole file holds. */
export interface Perfetto {
  readonly displayTimeUnit: "ms";
  readonly traceEvents: readonly TraceEvent[];
  readonly otherData: Readonly<Record<string, unknown>>;
}

/** The thread of what belongs to no shard. */
const HOST_THREAD = 0;
/** The process of faults and of what concerns no host. */
const RUN_PROCESS = 1;
const threadOf = (shard: number): number => (shard < 0 ? HOST_THREAD : shard + 1);

/** What was seen of a run while it went on. */
export interface Seen {
  readonly messages: readonly SentMessage[];
  readonly services: readonly Service[];
}

export function perfetto(record: RunRecord, { messages, services }: Seen, { time }: PerfettoOptions): Perfetto {
  const { header, facts } = record;
  const shiftBy = header.warmup;
  const at = (instant: number): number => instant + shiftBy;
  const places = createPlaces(record);
  const within = (from: number, to: number): boolean => to >= time.from && from < time.to;
  const events: TraceEvent[] = [];
  const ids = { next: 1 };
  /** A slice that may overlap others of its thread. */
  const slice = (
    name: string,
    cat: string,
    pid: number,
    tid: number,
    from: number,
    to: number,
    args: Readonly<Record<string, unknown>>,
  ): void => {
    if (!within(from, to)) return;
    const id = ids.next++;
    events.push({ ph: "b", name, cat, id, pid, tid, ts: at(from), args }, { ph: "e", name, cat, id, pid, tid, ts: at(to) });
  };
  for (const message of messages) {
    const { name, from, to, sentAt, at: handledAt, shard, epoch } = message;
    if (!within(sentAt, handledAt ?? sentAt)) continue;
    const id = ids.next++;
    const args = {
      from: from.machine,
      to: to.machine,
      shard,
      epoch,
      bytes: message.bytes,
      ...(handledAt === undefined ? { lost: true } : {}),
    };
    const [sender, receiver] = [places.of(from), places.of(to)];
    events.push({ ph: "X", name: `${name} →`, cat: "message", ...sender, ts: at(sentAt), dur: 1, args });
    if (handledAt === undefined) continue;
    events.push(
      { ph: "X", name, cat: "message", ...receiver, ts: at(handledAt), dur: 1, args },
      { ph: "s", name, cat: "message", id, ...sender, ts: at(sentAt) },
      { ph: "f", bp: "e", name, cat: "message", id, ...receiver, ts: at(handledAt) },
    );
  }
  for (const { service, lane, arrivedAt } of placed(services, messages)) {
    const { name, server, shard, operation, from, to } = service;
    if (!within(from, to)) continue;
    const waited = arrivedAt === undefined ? {} : { waited: from - arrivedAt };
    const place = places.busy(server, shard, lane);
    const args = { server, shard, ...(operation < 0 ? {} : { operation }), ...waited };
    events.push({ ph: "X", name, cat: "service", ...place, ts: at(from), dur: to - from, args });
    if (arrivedAt !== undefined && arrivedAt < from)
      slice(`${name} waits for a core`, "queue", place.pid, threadOf(shard), arrivedAt, from, { server, shard, operation });
  }
  for (const request of requestsOf(messages)) {
    const { first, answeredAt, outcome } = request;
    const args = { client: first.from.machine, server: first.to.machine, shard: first.shard, outcome };
    slice(first.name, "request", places.of(first.from).pid, HOST_THREAD, first.sentAt, answeredAt, args);
  }
  sliceFacts(facts, header.duration + header.settle, (name, cat, server, shard, from, to, args) => {
    slice(name, cat, places.server(server), threadOf(shard), from, to, args);
  });
  for (const fact of facts) {
    if (!within(fact.at, fact.at)) continue;
    const found = instantOf(fact);
    if (found === undefined) continue;
    const { server, shard = -1, name, s = "t" } = found;
    const place = server === undefined ? { pid: RUN_PROCESS, tid: HOST_THREAD } : { pid: places.server(server), tid: threadOf(shard) };
    events.push({ ph: "i", name, cat: fact.kind, ...place, ts: at(fact.at), s, args: { ...fact } });
  }
  // Of those that begin together the longest encloses the others.
  events.sort((a, b) => (a.ts ?? 0) - (b.ts ?? 0) || (b.dur ?? 0) - (a.dur ?? 0));
  return {
    displayTimeUnit: "ms",
    traceEvents: [...places.names(), ...events],
    otherData: {
      scenario: header.scenario,
      strategy: header.strategy,
      seed: header.seed,
      shardlab: header.version,
      key: header.key,
      measuredTimeStartsAt: shiftBy,
    },
  };
}

interface Place {
  readonly pid: number;
  readonly tid: number;
}

interface Places {
  readonly of: (end: MessageEnd) => Place;
  readonly server: (server: number) => number;
  /** Where a shard's work at a server is shown. */
  readonly busy: (server: number, shard: number, lane: number) => Place;
  /** The names of every process and thread that was asked for, as metadata. */
  readonly names: () => readonly TraceEvent[];
}

/** Servers have the processes after the run's own, in their order; other hosts follow as they are met. */
function createPlaces({ header }: RunRecord): Places {
  const threads = new Map<number, Set<number>>();
  const hosts = new Map<string, number>();
  const used = (pid: number, tid: number): Place => {
    const known = threads.get(pid) ?? new Set<number>();
    known.add(tid);
    threads.set(pid, known);
    return { pid, tid };
  };
  /** Threads of a server: the host's own and the shards', then as many again for each lane beyond the first. */
  const perLane = header.shards + 1;
  const threadName = (tid: number): string => {
    const [lane, own] = [Math.floor(tid / perLane), tid % perLane];
    return `${own === HOST_THREAD ? "host" : `shard ${own - 1}`}${lane === 0 ? "" : `, ${lane + 1} at once`}`;
  };
  const server = (index: number): number => used(index + RUN_PROCESS + 1, HOST_THREAD).pid;
  header.servers.forEach((_, index) => server(index));
  used(RUN_PROCESS, HOST_THREAD);
  const metadata = (name: string, pid: number, tid: number, value: string): TraceEvent => ({
    ph: "M",
    name,
    pid,
    tid,
    args: { name: value },
  });
  return {
    server: (index) => server(index),
    busy: (index, shard, lane) => used(server(index), threadOf(shard) + lane * perLane),
    of: (end) => {
      if (end.server !== undefined) return used(server(end.server), threadOf(end.shard));
      const pid = hosts.get(end.host) ?? RUN_PROCESS + 1 + header.servers.length + hosts.size;
      hosts.set(end.host, pid);
      return used(pid, HOST_THREAD);
    },
    names: () => {
      const nameOf = new Map([...hosts].map(([name, pid]) => [pid, name]));
      return [...threads].flatMap(([pid, tids]) => {
        const own = header.servers[pid - RUN_PROCESS - 1];
        const process =
          pid === RUN_PROCESS
            ? `${header.scenario}, ${header.strategy}`
            : own === undefined
              ? (nameOf.get(pid) ?? "")
              : `${own.name} (${own.zone})`;
        return [
          metadata("process_name", pid, HOST_THREAD, process),
          { ...metadata("process_sort_index", pid, HOST_THREAD, ""), args: { sort_index: pid } },
          ...[...tids]
            .sort((a, b) => a - b)
            .map((tid) => metadata("thread_name", pid, tid, pid === RUN_PROCESS ? "faults" : threadName(tid))),
        ];
      });
    },
  };
}

interface PlacedService {
  readonly service: Service;
  /** 0, or more where the shard is at work on that many other cores of the server. */
  readonly lane: number;
  /** When its message came; undefined where it serves no operation. */
  readonly arrivedAt: number | undefined;
}

/** Services in the order in which they began, no two of a lane at once. */
function placed(services: readonly Service[], messages: readonly SentMessage[]): readonly PlacedService[] {
  const arrivals = new Map<string, number[]>();
  for (const { name, to, operation, at } of messages) {
    if (operation < 0 || at === undefined || to.server === undefined) continue;
    const key = `${to.machine} ${name} ${operation}`;
    const known = arrivals.get(key);
    if (known === undefined) arrivals.set(key, [at]);
    else known.push(at);
  }
  const ends = new Map<string, number[]>();
  return [...services]
    .sort((a, b) => a.from - b.from || b.to - a.to)
    .map((service) => {
      const { machine, name, operation, server, shard, from, to } = service;
      const lanes = ends.get(`${server} ${shard}`) ?? [];
      ends.set(`${server} ${shard}`, lanes);
      const free = lanes.findIndex((end) => end <= from);
      const lane = free < 0 ? lanes.length : free;
      lanes[lane] = to;
      return { service, lane, arrivedAt: arrivals.get(`${machine} ${name} ${operation}`)?.shift() };
    });
}

interface Request {
  readonly first: SentMessage;
  readonly answeredAt: number;
  /** Of the reply; undefined: another attempt was made, or none came. */
  readonly outcome: number | undefined;
}

/** Attempts of client operations: from a client's request to the reply, or to the next attempt of the same operation. */
function requestsOf(messages: readonly SentMessage[]): readonly Request[] {
  const found: Request[] = [];
  const open = new Map<string, SentMessage>();
  const moments = messages.flatMap((message) => {
    if (message.operation < 0) return [];
    if (message.from.kind === "client" && message.name.endsWith("Request")) return [{ at: message.sentAt, message, isReply: false }];
    return message.to.kind === "client" && message.at !== undefined ? [{ at: message.at, message, isReply: true }] : [];
  });
  moments.sort((a, b) => a.at - b.at);
  for (const { at, message, isReply } of moments) {
    const client = isReply ? message.to : message.from;
    const key = `${client.machine} ${message.operation} ${message.shard}`;
    const first = open.get(key);
    open.delete(key);
    if (first !== undefined) found.push({ first, answeredAt: at, outcome: isReply ? message.outcome : undefined });
    if (!isReply) open.set(key, message);
  }
  return found;
}

type TellSlice = (
  name: string,
  cat: string,
  server: number,
  shard: number,
  from: number,
  to: number,
  args: Readonly<Record<string, unknown>>,
) => void;

/** Elections from their start to their end, copies from their start to their completion, and times as primary by epoch. */
function sliceFacts(facts: readonly Fact[], end: number, tell: TellSlice): void {
  const elections = new Map<string, Fact & { readonly kind: "election" }>();
  const copies = new Map<string, Fact & { readonly kind: "move" }>();
  const primaries = new Map<number, { readonly server: number; readonly epoch: number; readonly from: number }>();
  const endPrimary = (shard: number, at: number): void => {
    const was = primaries.get(shard);
    if (was !== undefined) tell(`primary, epoch ${was.epoch}`, "primary", was.server, shard, was.from, at, { epoch: was.epoch });
    primaries.delete(shard);
  };
  for (const fact of facts) {
    if (fact.kind === "election") {
      const key = `${fact.server} ${fact.shard}`;
      const begun = elections.get(key);
      if (begun !== undefined)
        tell(`election ${begun.epoch}, ${fact.outcome}`, "election", fact.server, fact.shard, begun.at, fact.at, { epoch: begun.epoch });
      elections.delete(key);
      if (fact.outcome === "started") elections.set(key, fact);
    } else if (fact.kind === "move") {
      const key = `${fact.to} ${fact.shard}`;
      const begun = copies.get(key);
      if (fact.phase === "start") copies.set(key, fact);
      else if (begun !== undefined && fact.phase === "copied") {
        tell(`copy from server ${fact.from}`, "transfer", fact.to, fact.shard, begun.at, fact.at, { keys: fact.keys, bytes: fact.bytes });
        copies.delete(key);
      }
    } else if (fact.kind === "ready" || (fact.kind === "map" && !primaries.has(fact.shard))) {
      endPrimary(fact.shard, fact.at);
      primaries.set(fact.shard, { server: fact.kind === "ready" ? fact.server : fact.owner, epoch: fact.epoch, from: fact.at });
    } else if (fact.kind === "demoted") {
      if (primaries.get(fact.shard)?.server === fact.server) endPrimary(fact.shard, fact.at);
    }
  }
  for (const shard of [...primaries.keys()]) endPrimary(shard, end);
}

/** Where and how a fact is marked; undefined for those that slices show, or that say nothing to the eye. */
function instantOf(fact: Fact): { readonly name: string; readonly server?: number; readonly shard?: number; readonly s?: "g" } | undefined {
  switch (fact.kind) {
    case "fault":
      return { name: `${fact.phase === "start" ? "" : "end of "}${fact.label}`, s: "g" };
    case "process":
      return { name: `${fact.process} of ${fact.host} ${fact.change}` };
    case "suspected":
    case "retracted":
      return { name: `${fact.kind} by ${fact.by}`, server: fact.server };
    case "actionable":
    case "chosen":
      return { name: `${fact.kind} by ${fact.by}`, server: fact.server, shard: fact.shard };
    case "ready":
    case "visible":
    case "demoted":
    case "fenced":
    case "rejoined":
      return { name: `${fact.kind}, epoch ${fact.epoch}`, server: fact.server, shard: fact.shard };
    case "forked":
      return fact.lossWrites === 0 ? undefined : { name: `shard ${fact.shard} lost ${fact.lossWrites} writes` };
    case "membership":
      return { name: fact.label };
    default:
      return undefined;
  }
}
