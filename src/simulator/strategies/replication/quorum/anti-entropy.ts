/**
 * Anti-entropy between the replicas of a shard: one sends the hashes of its leaves to another, which answers with all it holds
 * in the leaves that differ and gets in return what is held there. The inner nodes of a Merkle tree save sending leaves that
 * agree; here all leaves are sent, 4 bytes each, and counted (Cassandra's validation, too, sends whole trees). What is exchanged
 * goes leaf by leaf, as fast as the bandwidth allows.
 */
import type { MachineId, ServerId } from "../../../../base/ids.ts";
import { Channel, type Io } from "../../../../base/machine.ts";
import type { Duration } from "../../../../base/time.ts";
import type { ReplicaContext } from "../../contracts.ts";
import { BYTES, Message } from "../../messages.ts";
import type { QuorumOptions } from "./options.ts";

export interface AntiEntropy {
  readonly start: (io: Io) => void;
  /** Compares with every other replica now. */
  readonly compareAll: (io: Io) => void;
  readonly due: (timer: number, io: Io) => void;
  readonly receive: (message: number, from: MachineId, slot: number, io: Io) => void;
}

/** Leaves on their way to another replica. */
interface Sending {
  readonly to: MachineId;
  readonly parts: readonly number[];
  /** Should the other answer with what it holds in them? */
  readonly wantsAnswer: boolean;
  next: number;
}

/** Where replicas compare only when they come back. */
const ON_RETURN = { parts: 1_024, bandwidth: 25_165_824 } as const;
/** Bytes of a hash on the wire. */
const HASH = 4;

export function createAntiEntropy(
  { shard, server, replicasOf, replicaMachine }: ReplicaContext,
  given: QuorumOptions["antiEntropy"],
  timers: { readonly compare: number; readonly send: number },
  onReturn = false,
): AntiEntropy {
  const options = given === "none" && onReturn ? ON_RETURN : given;
  const every = given === "none" ? undefined : given.every;
  const peers = replicasOf(shard).filter((peer) => peer !== server);
  const queue: Sending[] = [];
  let round = 0;
  let isSending = false;

  function compareNext(parts: number, io: Io): void {
    const peer = peers[round % peers.length];
    round += 1;
    if (peer !== undefined) compare(peer, parts, io);
  }

  function compare(peer: ServerId, parts: number, io: Io): void {
    const slot = io.message();
    io.messages.shard[slot] = shard;
    io.messages.payload[slot] = io.held.summary(parts);
    io.messages.bytes[slot] = BYTES.envelope + parts * HASH;
    io.send(replicaMachine(shard, peer), Channel.Bulk, Message.QuorumTree, slot);
  }

  /** The next leaf goes out; the one after it once the bandwidth has carried this one. */
  function sendNext(parts: number, bandwidth: number, io: Io): void {
    const sending = queue[0];
    isSending = sending !== undefined;
    if (sending === undefined) return;
    const part = sending.parts[sending.next]!;
    sending.next += 1;
    if (sending.next === sending.parts.length) queue.shift();
    const m = io.messages;
    const slot = io.message();
    m.shard[slot] = shard;
    m.bytes[slot] = BYTES.envelope;
    const count = io.held.attachPart(slot, part, parts);
    m.bytes[slot] = m.bytes[slot] + count * BYTES.entry;
    m.payload[slot] = [part];
    m.key[slot] = count;
    m.count[slot] = sending.wantsAnswer ? 1 : 0;
    const time = Math.ceil((m.bytes[slot] * 1_000_000) / bandwidth) as Duration;
    io.send(sending.to, Channel.Bulk, Message.QuorumParts, slot);
    io.setTimer(timers.send, time);
  }

  function enqueue(to: MachineId, parts: readonly number[], wantsAnswer: boolean, io: Io): void {
    if (options === "none" || parts.length === 0) return;
    queue.push({ to, parts, wantsAnswer, next: 0 });
    if (!isSending) sendNext(options.parts, options.bandwidth, io);
  }

  return {
    start: (io) => {
      queue.length = 0;
      isSending = false;
      if (every !== undefined) io.setTimer(timers.compare, (1 + Math.floor(io.random("comparison").uniform() * every)) as Duration);
    },
    compareAll: (io) => {
      if (options !== "none") for (const peer of peers) compare(peer, options.parts, io);
    },
    due: (timer, io) => {
      if (options === "none") return;
      if (timer === timers.compare && every !== undefined) {
        io.setTimer(timers.compare, every);
        compareNext(options.parts, io);
      } else sendNext(options.parts, options.bandwidth, io);
    },
    receive: (message, from, slot, io) => {
      if (options === "none") return;
      const m = io.messages;
      if (message === Message.QuorumTree) {
        const theirs = m.payload[slot] as Int32Array;
        const mine = io.held.summary(options.parts);
        const differing: number[] = [];
        for (let part = 0; part < mine.length; part += 1) if (mine[part] !== theirs[part]) differing.push(part);
        // A comparison that is still being served is not begun again.
        if (!queue.some((sending) => sending.to === from)) enqueue(from, differing, true, io);
      } else if (message === Message.QuorumParts) {
        const count = m.key[slot]!;
        let last = 0;
        for (let position = 0; position < count; position += 1) last = io.appendAttached(slot, position);
        if (count > 0) {
          io.log.apply(last);
          io.sync(0);
        }
        if (m.count[slot] === 1) enqueue(from, m.payload[slot] as readonly number[], false, io);
      }
    },
  };
}
