/**
 * The guard of an asynchronous primary (Redis, min-replicas-to-write and min-replicas-max-lag): standbys give a sign of
 * life every second (REPLCONF ACK), and the primary refuses writes while fewer than so many were heard lately. As there,
 * the good ones are counted once a second and when a connection breaks, by whole seconds of the clock, so that a primary
 * that is cut off goes on for the lag and up to two seconds.
 *
 * Redis, replication.c: replicationCron, refreshGoodSlavesCount; networking.c: freeClient.
 */
import type { MachineId } from "../../../base/ids.ts";
import { Channel, type Io } from "../../../base/machine.ts";
import { seconds, type Duration } from "../../../base/time.ts";
import { BYTES, Message } from "../messages.ts";
import type { Peer } from "./peers.ts";
import { Timer, type Replica } from "./replica.ts";
import type { GuardPolicy } from "./policy.ts";

export interface Guard {
  readonly start: (incarnation: number, io: Io) => void;
  readonly beat: (io: Io) => void;
  /** A sign of life came; or a standby is in step again, which counts as one. */
  readonly heard: (peer: Peer | undefined, io: Io) => void;
  /** The connection to a standby broke: it is not good any more. */
  readonly lost: (peer: Peer, io: Io) => void;
  /** This replica takes writes from now on: who follows it is not known yet, but at the very start. */
  readonly began: (io: Io) => void;
  /** It does so no longer. */
  readonly ended: () => void;
  readonly allows: () => boolean;
}

const BEAT = seconds(1);
const NEVER = -Infinity;

export function createGuard(replica: Replica, { replicas, maxLag }: GuardPolicy): Guard {
  const { now, peers } = replica;
  const { shard } = replica.context;
  let good = 0;
  let isFirst = true;

  const second = (at: number): number => Math.floor(at / BEAT);

  function count(io: Io): void {
    good = 0;
    for (const peer of peers())
      if (replica.isServed(peer) && !peer.isJoining && second(io.now()) - second(peer.beatAt) <= maxLag / BEAT) good += 1;
  }

  function sendBeat(to: MachineId, io: Io): void {
    const m = io.messages;
    const slot = io.message();
    m.shard[slot] = shard;
    m.epoch[slot] = now.epoch;
    m.bytes[slot] = BYTES.envelope;
    io.send(to, Channel.Data, Message.Beat, slot);
  }

  return {
    start: (incarnation, io) => {
      isFirst = incarnation === 0;
      io.setTimer(Timer.Beat, (1 + Math.floor(io.random("beat").uniform() * BEAT)) as Duration);
    },
    beat: (io) => {
      io.setTimer(Timer.Beat, BEAT);
      if (replica.accepting) return count(io);
      const primary = replica.primaryPeer();
      if (primary !== undefined && !replica.isPrimary() && !replica.following && io.log.exists()) sendBeat(primary.machine, io);
    },
    heard: (peer, io) => {
      if (peer === undefined) return;
      const wasSilent = peer.beatAt === NEVER;
      peer.beatAt = io.now();
      if (wasSilent) count(io);
    },
    lost: (peer, io) => {
      peer.beatAt = NEVER;
      count(io);
    },
    began: (io) => {
      if (isFirst) for (const peer of peers()) peer.beatAt = io.now();
      isFirst = false;
      count(io);
    },
    ended: () => {
      for (const peer of peers()) peer.beatAt = NEVER;
      good = 0;
    },
    allows: () => good >= replicas,
  };
}
