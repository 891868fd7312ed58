/**
 * The network between processes: latency by distance or by pair, connections that are FIFO per pair and channel, cuts
 * that hold data back (one-way if so asked), resets. A message costs its latency; loss costs a retransmission time-out,
 * never the message, as over TCP. Bandwidth is charged to bulk transfers only (transfers.ts): a known simplification.
 *
 * A connection whose other end died without a word (host death, or a crash behind a cut) is *stale*: what is sent on it
 * carries no era, so that it meets a reset on arrival.
 */
import { assert } from "../../base/assert.ts";
import type { Instant } from "../../base/time.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { HostPlace, Topology } from "./topology.ts";
import type { NetworkSpec } from "./spec.ts";
import type { Messages } from "./messages.ts";
import { compileDistribution, type Sampler } from "../kernel/distributions.ts";
import type { DistributionSpec } from "../kernel/distribution-spec.ts";
import type { Random } from "../../base/random.ts";
import { createImpairments, type Impairment } from "./impairments.ts";

export interface MeasuredNetwork {
  readonly messages: number;
  readonly bytes: number;
  readonly crossZoneBytes: number;
}

export interface Network {
  /** A process begins to take part; numbers are dense. */
  readonly addProcess: (process: number, host: number, name: string) => void;
  /** Sends a message that has its envelope filled; `era` is the receiver's now. */
  readonly send: (slot: number, fromProcess: number, toProcess: number, era: number) => void;
  /** When news of a connection that leaves a process for another now arrives: after all that is under way between them. */
  readonly arrival: (fromProcess: number, toProcess: number, delay?: number) => Instant;
  /** One-way latency drawn for this pair of hosts now, without a message. */
  readonly latency: (fromHost: number, toHost: number) => number;
  /** Whole microseconds after which what was not answered is sent again. */
  readonly retransmission: number;
  /** Between hosts. */
  readonly blocked: (fromHost: number, toHost: number) => boolean;
  /** Blocks (or unblocks) one direction between hosts; cuts overlap, so blocks are counted. */
  readonly block: (fromHost: number, toHost: number) => void;
  readonly unblock: (fromHost: number, toHost: number) => void;
  /** Processes that have a connection to or from this one, in order of their numbers. */
  readonly peers: (process: number) => readonly number[];
  /** Ends the connections between two processes; what they hold back is dropped. */
  readonly close: (process: number, peer: number) => void;
  readonly hasConnection: (process: number, peer: number) => boolean;
  /** One end's side of a connection ends: what it holds back is dropped. */
  readonly forget: (process: number, peer: number) => void;
  /** The host of a process died: what it holds back is lost, its peers do not know. */
  readonly silence: (process: number) => void;
  /** `process` does not know that the incarnation of `peer` that it spoke to is gone. `peer` forgets all. */
  readonly markStale: (process: number, peer: number) => void;
  /** News is on its way to `process` that its connection to `peer` is gone, as it was up to an era of the peer's. */
  readonly markTold: (process: number, peer: number, upTo: number) => void;
  /** That news has arrived. */
  readonly heard: (process: number, peer: number) => void;
  /** Does `process` know, or is it about to, that what it sent to that era of `peer` is lost? */
  readonly knows: (process: number, peer: number, era: number) => boolean;
  /** Is such news on its way to `process`? */
  readonly isTold: (process: number, peer: number) => boolean;
  /** `process` has sent something to the dead host of `peer`, and goes on sending it. */
  readonly markUnanswered: (process: number, peer: number) => void;
  readonly isUnanswered: (process: number, peer: number) => boolean;
  /** Is any connection stale? Read before `isStale`: it costs nothing. */
  readonly doubts: { count: number };
  readonly isStale: (process: number, peer: number) => boolean;
  /** Messages between these ordered pairs of hosts are late, or lost at times, until `mend`. */
  readonly impair: (pairs: readonly (readonly [number, number])[], impairment: Impairment) => void;
  readonly mend: (pairs: readonly (readonly [number, number])[], impairment: Impairment) => void;
  readonly messages: () => number;
  readonly bytes: () => number;
  /** Sent in measured time alone: all messages, their bytes, and the bytes of those between zones. */
  readonly measured: () => MeasuredNetwork;
}

/** Data that a connection holds back while it is cut: about what socket buffers of a few hundred kB hold of small messages. */
const HELD_BOUND = 256;
const CHANNELS = 3;
/** Processes and channels of a connection in one number: up to 2^20 processes. */
const PROCESS_RANGE = 4_194_304;

/** The era of nothing. */
const NO_ERA = -2;

const Doubt = { None: 0, Stale: 1, Unanswered: 2, Told: 3 } as const;

export interface NetworkEvents {
  readonly deliver: number;
}

export function createNetwork(
  kernel: Kernel,
  topology: Topology,
  spec: NetworkSpec,
  messages: Messages,
  events: NetworkEvents,
  stream: (name: string) => Random,
  time: { readonly from: number; readonly until: number } = { from: 0, until: Infinity },
): Network {
  const hosts = topology.hosts.length;
  const { samplers, classOf } = latencyClasses(topology.hosts, spec);
  const blocks = new Uint8Array(hosts * hosts);
  const hostStreams: Random[] = topology.hosts.map((host) => stream(`network/${host.name}`));
  let processes = 0;
  let capacity = Math.max(16, hosts);
  let hostOf = new Int32Array(capacity);
  const processesOf: number[][] = topology.hosts.map(() => []);
  const streams: Random[] = [];
  /**
   * Latest delivery per connection: nothing overtakes, nor does the next connection what the last one still brings. Of a
   * connection that has ended, -1 minus that. Rows are made when a process first sends.
   */
  const latest: (Float64Array | undefined)[] = [];
  /** What a process does not know about its connection to a peer; rows are made when first needed. */
  const doubt = new Map<number, Uint8Array>();
  const doubts = { count: 0 };
  const held = new Map<number, number[]>();
  /** Up to which era of a peer a process has been told that its connection is gone. */
  const toldUpTo = new Map<number, number>();
  const impairments = createImpairments(spec.retransmission);
  const f = messages.fields;
  let sent = 0;
  let bytes = 0;
  const measured = { messages: 0, bytes: 0, crossZoneBytes: 0 };
  const isCrossZone = crossZonePairs(topology.hosts);

  function rowOf(process: number): Float64Array {
    let row = latest[process];
    if (row === undefined) {
      row = new Float64Array(capacity * CHANNELS).fill(-1);
      latest[process] = row;
    }
    return row;
  }

  const keyOf = (fromProcess: number, toProcess: number, channel: number): number => fromProcess * PROCESS_RANGE + toProcess * 4 + channel;

  const latency = (fromHost: number, toHost: number, random: Random): number => latencyOf(fromHost * hosts + toHost, random);

  function latencyOf(pair: number, random: Random): number {
    const drawn = samplers[classOf[pair]!]!(random) + (impairments.count === 0 ? 0 : impairments.extra(pair, kernel.now()));
    return spec.loss > 0 && random.uniform() < spec.loss ? drawn + spec.retransmission : drawn;
  }

  /** `pair` is the place of both hosts in a table of pairs. */
  function schedule(slot: number, fromProcess: number, toProcess: number, pair: number, extra: number): void {
    const row = latest[fromProcess] ?? rowOf(fromProcess);
    const place = toProcess * CHANNELS + f.channel[slot]!;
    let at = kernel.now() + extra + latencyOf(pair, streams[fromProcess]!);
    const before = row[place]!;
    const bound = before < 0 ? -1 - before : before;
    if (at < bound) at = bound;
    row[place] = at;
    kernel.schedule(at as Instant, events.deliver, f.to[slot]!, slot);
  }

  function drop(fromProcess: number, toProcess: number): void {
    const row = latest[fromProcess];
    for (let channel = 0; channel < CHANNELS; channel += 1) {
      if (row !== undefined && row[toProcess * CHANNELS + channel]! >= 0)
        row[toProcess * CHANNELS + channel] = -1 - row[toProcess * CHANNELS + channel]!;
      const key = keyOf(fromProcess, toProcess, channel);
      const waiting = held.get(key);
      if (waiting === undefined) continue;
      held.delete(key);
      for (const slot of waiting) messages.free(slot);
    }
    setDoubt(fromProcess, toProcess, Doubt.None);
  }

  const doubtOf = (process: number, peer: number): number => doubt.get(process)?.[peer] ?? Doubt.None;

  function setDoubt(process: number, peer: number, value: number): void {
    let row = doubt.get(process);
    if (row === undefined || row.length <= peer) {
      if (value === Doubt.None) return;
      const larger = new Uint8Array(capacity);
      if (row !== undefined) larger.set(row);
      row = larger;
      doubt.set(process, row);
    }
    if (isVoid(row[peer]!)) doubts.count -= 1;
    if (isVoid(value)) doubts.count += 1;
    row[peer] = value;
  }

  /** Nothing that is sent on such a connection is received. */
  const isVoid = (value: number): boolean => value === Doubt.Stale || value === Doubt.Told;

  const connected = (from: number, to: number): boolean => {
    const row = latest[from];
    if (row === undefined) return false;
    for (let channel = 0; channel < CHANNELS; channel += 1) if (row[to * CHANNELS + channel]! >= 0) return true;
    return false;
  };

  return {
    addProcess: (process, host, name) => {
      assert(process === processes, `process ${process} joins the network as number ${processes}`);
      if (processes === capacity) {
        capacity *= 2;
        const larger = new Int32Array(capacity);
        larger.set(hostOf);
        hostOf = larger;
        latest.forEach((row, from) => {
          if (row === undefined) return;
          const longer = new Float64Array(capacity * CHANNELS).fill(-1);
          longer.set(row);
          latest[from] = longer;
        });
      }
      processes += 1;
      hostOf[process] = host;
      // A host's first process keeps the host's own name, whatever else comes to stand there.
      streams.push(processesOf[host]!.length === 0 ? hostStreams[host]! : stream(`network/${topology.hosts[host]!.name}/${name}`));
      processesOf[host]!.push(process);
      latest.push(undefined);
    },
    send: (slot, fromProcess, toProcess, era) => {
      f.era[slot] = doubts.count > 0 && isVoid(doubtOf(fromProcess, toProcess)) ? NO_ERA : era;
      const pair = hostOf[fromProcess]! * hosts + hostOf[toProcess]!;
      sent += 1;
      bytes += f.bytes[slot]!;
      const now = kernel.now();
      if (now >= time.from && now < time.until) {
        measured.messages += 1;
        measured.bytes += f.bytes[slot]!;
        if (isCrossZone[pair] === 1) measured.crossZoneBytes += f.bytes[slot]!;
      }
      if (blocks[pair]! > 0) {
        const row = rowOf(fromProcess);
        const channel = f.channel[slot]!;
        const place = toProcess * CHANNELS + channel;
        if (row[place]! < 0) row[place] = -1 - row[place]!;
        const key = keyOf(fromProcess, toProcess, channel);
        const waiting = held.get(key);
        if (waiting === undefined) held.set(key, [slot]);
        else if (waiting.length < HELD_BOUND) waiting.push(slot);
        else messages.free(slot);
        return;
      }
      schedule(slot, fromProcess, toProcess, pair, 0);
    },
    arrival: (fromProcess, toProcess, delay = 0) => {
      let at = kernel.now() + delay + latency(hostOf[fromProcess]!, hostOf[toProcess]!, streams[fromProcess]!);
      const row = latest[fromProcess];
      if (row !== undefined) {
        for (let channel = 0; channel < CHANNELS; channel += 1) {
          const latestOf = row[toProcess * CHANNELS + channel]!;
          at = Math.max(at, latestOf < 0 ? -1 - latestOf : latestOf);
        }
      }
      // What comes later does not overtake the news.
      const after = rowOf(fromProcess);
      for (let channel = 0; channel < CHANNELS; channel += 1) {
        const place = toProcess * CHANNELS + channel;
        after[place] = after[place]! < 0 ? -1 - at : at;
      }
      return at as Instant;
    },
    latency: (fromHost, toHost) => latency(fromHost, toHost, hostStreams[fromHost]!),
    retransmission: spec.retransmission,
    blocked: (fromHost, toHost) => blocks[fromHost * hosts + toHost]! > 0,
    block: (fromHost, toHost) => {
      blocks[fromHost * hosts + toHost] = blocks[fromHost * hosts + toHost]! + 1;
    },
    unblock: (fromHost, toHost) => {
      const place = fromHost * hosts + toHost;
      blocks[place] = blocks[place]! - 1;
      if (blocks[place] > 0) return;
      for (const from of processesOf[fromHost]!)
        for (const to of processesOf[toHost]!)
          for (let channel = 0; channel < CHANNELS; channel += 1) {
            const key = keyOf(from, to, channel);
            const waiting = held.get(key);
            if (waiting === undefined) continue;
            held.delete(key);
            // The sender finds out that the way is free when it next retransmits.
            for (const slot of waiting) schedule(slot, from, to, place, spec.retransmission);
          }
    },
    peers: (process) => {
      const found: number[] = [];
      for (let peer = 0; peer < processes; peer += 1)
        if (peer !== process && (connected(peer, process) || connected(process, peer))) found.push(peer);
      return found;
    },
    close: (process, peer) => {
      drop(process, peer);
      drop(peer, process);
    },
    hasConnection: (process, peer) => connected(process, peer) || connected(peer, process),
    forget: drop,
    silence: (process) => {
      for (let peer = 0; peer < processes; peer += 1) if (peer !== process) drop(process, peer);
    },
    markStale: (process, peer) => {
      drop(peer, process);
      setDoubt(process, peer, Doubt.Stale);
    },
    markTold: (process, peer, upTo) => {
      toldUpTo.set(keyOf(process, peer, CHANNELS), upTo);
      setDoubt(process, peer, Doubt.Told);
    },
    heard: (process, peer) => {
      if (doubtOf(process, peer) === Doubt.Told) setDoubt(process, peer, Doubt.None);
    },
    isTold: (process, peer) => doubtOf(process, peer) === Doubt.Told,
    knows: (process, peer, era) => {
      const doubt = doubtOf(process, peer);
      if (doubt === Doubt.Told) return true;
      return era === NO_ERA ? doubt !== Doubt.Stale : era <= (toldUpTo.get(keyOf(process, peer, CHANNELS)) ?? NO_ERA);
    },
    markUnanswered: (process, peer) => {
      if (doubtOf(process, peer) === Doubt.None) setDoubt(process, peer, Doubt.Unanswered);
    },
    isUnanswered: (process, peer) => doubtOf(process, peer) === Doubt.Unanswered,
    doubts,
    isStale: (process, peer) => doubtOf(process, peer) === Doubt.Stale,
    impair: (pairs, impairment) => {
      for (const [from, to] of pairs) impairments.add(from * hosts + to, impairment);
    },
    mend: (pairs, impairment) => {
      for (const [from, to] of pairs) impairments.remove(from * hosts + to, impairment);
    },
    messages: () => sent,
    bytes: () => bytes,
    measured: () => ({ ...measured }),
  };
}

/** 1 for every ordered pair of hosts that stand in different zones. */
function crossZonePairs(hosts: readonly HostPlace[]): Uint8Array {
  const pairs = new Uint8Array(hosts.length * hosts.length);
  for (const from of hosts)
    for (const to of hosts) if (from.zone !== to.zone || from.region !== to.region) pairs[from.id * hosts.length + to.id] = 1;
  return pairs;
}

/** One sampler per distinct distribution, and which of them each ordered pair of hosts uses. */
function latencyClasses(hosts: readonly HostPlace[], spec: NetworkSpec): { samplers: Sampler[]; classOf: Uint16Array } {
  const samplers: Sampler[] = [];
  const seen = new Map<string, number>();
  const classOf = new Uint16Array(hosts.length * hosts.length);
  for (const from of hosts)
    for (const to of hosts) {
      const distribution = distributionBetween(from, to, spec);
      const text = JSON.stringify(distribution);
      let index = seen.get(text);
      if (index === undefined) {
        index = samplers.length;
        seen.set(text, index);
        samplers.push(compileDistribution(distribution));
      }
      classOf[from.id * hosts.length + to.id] = index;
    }
  return { samplers, classOf };
}

function distributionBetween(from: HostPlace, to: HostPlace, spec: NetworkSpec): DistributionSpec {
  if (from.id === to.id) return spec.sameHost;
  for (const pair of spec.between) if (stands(from, pair.from) && stands(to, pair.to)) return pair.latency;
  if (from.region !== to.region) return spec.crossRegion;
  return from.zone === to.zone ? spec.sameZone : spec.crossZone;
}

/** A place, a role, a client group, or `db` for the servers. */
function stands(host: HostPlace, end: string): boolean {
  return host.zone === end || host.region === end || host.rack === end || host.role === end || (end === "db" && host.kind === "server");
}
