/**
 * The network between processes: latency by distance or by pair, connections that are FIFO per pair and channel, cuts
 * that hold data back (one-way if so asked), resets. A message costs its latency; loss costs a retransmission time-out,
 * never the message, as over TCP. Bandwidth is charged to bulk transfers only (transfers.ts): a known simplification.
 */
import type { Instant } from "../../base/time.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { HostPlace, Topology } from "./topology.ts";
import type { NetworkSpec } from "./spec.ts";
import type { Messages } from "./messages.ts";
import { compileDistribution, type Sampler } from "../kernel/distributions.ts";
import type { DistributionSpec } from "../kernel/distribution-spec.ts";
import type { Random } from "../../base/random.ts";

export interface Network {
  /** Sends a message that has its envelope filled; `incarnation` is the receiver's now. */
  readonly send: (slot: number, fromProcess: number, toProcess: number, incarnation: number) => void;
  /** One-way latency drawn for this pair of hosts now, without a message. */
  readonly latency: (fromHost: number, toHost: number) => number;
  readonly blocked: (fromHost: number, toHost: number) => boolean;
  /** Blocks (or unblocks) one direction; cuts overlap, so blocks are counted. */
  readonly block: (fromHost: number, toHost: number) => void;
  readonly unblock: (fromHost: number, toHost: number) => void;
  /** Processes that have a connection to or from this one, in order of their numbers; the connections end. */
  readonly disconnect: (process: number) => readonly number[];
  /** Ends the connections between two processes; what they hold back is dropped. */
  readonly close: (process: number, peer: number) => void;
  readonly hasConnection: (process: number, peer: number) => boolean;
  readonly messages: () => number;
  readonly bytes: () => number;
}

/** Data that a connection holds back while it is cut: about what socket buffers of a few hundred kB hold of small messages. */
const HELD_BOUND = 256;
const CHANNELS = 3;

export interface NetworkEvents {
  readonly deliver: number;
}

export function createNetwork(
  kernel: Kernel,
  topology: Topology,
  spec: NetworkSpec,
  messages: Messages,
  events: NetworkEvents,
  randomOf: (process: number) => Random,
  processes: number,
): Network {
  const hosts = topology.hosts.length;
  const { samplers, classOf } = latencyClasses(topology.hosts, spec);
  const blocks = new Uint8Array(hosts * hosts);
  const streams: Random[] = Array.from({ length: processes }, (_, process) => randomOf(process));
  const width = processes * CHANNELS;
  /** Latest delivery per connection: nothing overtakes. Rows are made when a process first sends. */
  const latest: (Float64Array | undefined)[] = new Array<Float64Array | undefined>(processes);
  const held = new Map<number, number[]>();
  const f = messages.fields;
  const hostOf = (process: number): number => process; // One process a host from the start; parts' own processes come with the parts that need them.
  let sent = 0;
  let bytes = 0;

  function rowOf(process: number): Float64Array {
    let row = latest[process];
    if (row === undefined) {
      row = new Float64Array(width).fill(-1);
      latest[process] = row;
    }
    return row;
  }

  function latency(fromHost: number, toHost: number, random: Random): number {
    const drawn = samplers[classOf[fromHost * hosts + toHost]!]!(random);
    return spec.loss > 0 && random.uniform() < spec.loss ? drawn + spec.retransmission : drawn;
  }

  function schedule(slot: number, fromProcess: number, toProcess: number, extra: number): void {
    const row = rowOf(fromProcess);
    const place = toProcess * CHANNELS + f.channel[slot]!;
    let at = kernel.now() + extra + latency(hostOf(fromProcess), hostOf(toProcess), streams[fromProcess]!);
    const before = row[place]!;
    if (at < before) at = before;
    row[place] = at;
    kernel.schedule(at as Instant, events.deliver, f.to[slot]!, slot);
  }

  function drop(fromProcess: number, toProcess: number): void {
    for (let channel = 0; channel < CHANNELS; channel += 1) {
      const row = latest[fromProcess];
      if (row !== undefined) row[toProcess * CHANNELS + channel] = -1;
      const key = fromProcess * width + toProcess * CHANNELS + channel;
      const waiting = held.get(key);
      if (waiting === undefined) continue;
      held.delete(key);
      for (const slot of waiting) messages.free(slot);
    }
  }

  const connected = (from: number, to: number): boolean => {
    const row = latest[from];
    if (row === undefined) return false;
    for (let channel = 0; channel < CHANNELS; channel += 1) if (row[to * CHANNELS + channel]! >= 0) return true;
    return false;
  };

  return {
    send: (slot, fromProcess, toProcess, incarnation) => {
      f.incarnation[slot] = incarnation;
      sent += 1;
      bytes += f.bytes[slot]!;
      if (blocks[hostOf(fromProcess) * hosts + hostOf(toProcess)]! > 0) {
        const row = rowOf(fromProcess);
        const place = toProcess * CHANNELS + f.channel[slot]!;
        if (row[place]! < 0) row[place] = 0;
        const key = fromProcess * width + place;
        const waiting = held.get(key);
        if (waiting === undefined) held.set(key, [slot]);
        else if (waiting.length < HELD_BOUND) waiting.push(slot);
        else messages.free(slot);
        return;
      }
      schedule(slot, fromProcess, toProcess, 0);
    },
    latency: (fromHost, toHost) => latency(fromHost, toHost, streams[fromHost]!),
    blocked: (fromHost, toHost) => blocks[fromHost * hosts + toHost]! > 0,
    block: (fromHost, toHost) => {
      blocks[fromHost * hosts + toHost] = blocks[fromHost * hosts + toHost]! + 1;
    },
    unblock: (fromHost, toHost) => {
      const place = fromHost * hosts + toHost;
      blocks[place] = blocks[place]! - 1;
      if (blocks[place]! > 0) return;
      for (let channel = 0; channel < CHANNELS; channel += 1) {
        const key = fromHost * width + toHost * CHANNELS + channel;
        const waiting = held.get(key);
        if (waiting === undefined) continue;
        held.delete(key);
        // The sender finds out that the way is free when it next retransmits.
        for (const slot of waiting) schedule(slot, fromHost, toHost, spec.retransmission);
      }
    },
    disconnect: (process) => {
      const peers: number[] = [];
      for (let peer = 0; peer < processes; peer += 1) {
        if (peer === process || !(connected(peer, process) || connected(process, peer))) continue;
        peers.push(peer);
        drop(peer, process);
        drop(process, peer);
      }
      return peers;
    },
    close: (process, peer) => {
      drop(process, peer);
      drop(peer, process);
    },
    hasConnection: (process, peer) => connected(process, peer) || connected(peer, process),
    messages: () => sent,
    bytes: () => bytes,
  };
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
