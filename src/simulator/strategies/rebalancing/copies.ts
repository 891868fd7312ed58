/** Copies that are being made: on which servers, asked of which primaries, and which have caught up. */
import type { MachineId, ServerId, ShardId } from "../../../base/ids.ts";
import { Channel, type Io } from "../../../base/machine.ts";
import { seconds } from "../../../base/time.ts";
import type { PartContext } from "../contracts.ts";
import { BYTES, Message } from "../messages.ts";

export interface Copies {
  /** Sees that a copy is being made: gives the server an ordinal, has a replica made there, asks the primary. */
  readonly pursue: (
    shard: number,
    server: ServerId,
    owner: ServerId,
    replicas: readonly ServerId[],
    throttle: number,
    cutover: number,
    io: Io,
  ) => void;
  /** The machine there has answered: it need not be made. */
  readonly alive: (shard: number, server: number) => void;
  readonly caughtUp: (shard: number, server: number, epoch: number) => void;
  /** Has it caught up with the primary of this epoch? */
  readonly isReady: (shard: number, server: ServerId, epoch: number) => boolean;
  /** Copies of a shard that are no longer wanted, or done. */
  readonly forget: (shard: number, isDone: (server: ServerId) => boolean) => void;
  readonly count: () => number;
}

interface Copy {
  readonly shard: number;
  readonly server: ServerId;
  readonly owner: ServerId;
  askedAt: number;
  /** When its machine was made, or first asked for a sign of life. */
  madeAt: number;
  isAlive: boolean;
  hasStarted: boolean;
  /** Epoch in which it was announced; 0: not yet. */
  readyIn: number;
}

/** Copies at once to one server and from one server, as Elasticsearch's node_concurrent_recoveries. */
const AT_ONCE = 2;
/** Asked for again after so long without news. */
const ASK_AGAIN_AFTER = seconds(1);
/** A machine that gives no sign of life for so long is made anew: a dead host does not hear the order. */
const MAKE_AGAIN_AFTER = seconds(3);

export function createCopies(context: PartContext): Copies {
  const copies = new Map<number, Copy>();
  const cell = (shard: number, server: number): number => shard * context.servers.length + server;

  function hasRoom(server: ServerId, owner: ServerId): boolean {
    let to = 0;
    let from = 0;
    for (const copy of copies.values()) {
      if (copy.server === server) to += 1;
      if (copy.owner === owner) from += 1;
    }
    return to < AT_ONCE && from < AT_ONCE;
  }

  function order(kind: number, copy: Copy, to: MachineId, io: Io, time: number, count: number): void {
    const slot = io.message();
    const m = io.messages;
    m.shard[slot] = copy.shard;
    m.who[slot] = copy.server;
    m.time[slot] = time;
    m.count[slot] = count;
    m.bytes[slot] = BYTES.envelope;
    io.send(to, Channel.Control, kind, slot);
  }

  return {
    pursue: (shard, server, owner, replicas, throttle, cutover, io) => {
      const known = copies.get(cell(shard, server));
      if (known === undefined && !hasRoom(server, owner)) return;
      const now: number = io.now();
      const copy =
        known?.owner === owner
          ? known
          : { shard, server, owner, askedAt: -Infinity, madeAt: now, isAlive: false, hasStarted: false, readyIn: 0 };
      copies.set(cell(shard, server), copy);
      const isAdded = replicas.includes(server);
      const machine = context.replicaMachine(shard as ShardId, server) as MachineId | undefined;
      if (isAdded && (machine === undefined || (!copy.isAlive && now - copy.madeAt > MAKE_AGAIN_AFTER))) {
        copy.madeAt = now;
        io.create("replica", server, shard);
        copy.askedAt = -Infinity;
      }
      if (now - copy.askedAt < ASK_AGAIN_AFTER) return;
      copy.askedAt = now;
      if (!isAdded) return order(Message.AddReplica, copy, context.metadata(), io, 0, 0);
      if (!copy.isAlive) order(Message.AskPosition, copy, context.replicaMachine(shard as ShardId, server), io, 0, 0);
      order(Message.Copy, copy, context.replicaMachine(shard as ShardId, owner), io, throttle, cutover);
      if (copy.hasStarted) return;
      copy.hasStarted = true;
      io.fact({ kind: "move", phase: "start", shard, from: owner, to: server });
    },
    alive: (shard, server) => {
      const copy = copies.get(cell(shard, server));
      if (copy !== undefined) copy.isAlive = true;
    },
    caughtUp: (shard, server, epoch) => {
      const copy = copies.get(cell(shard, server));
      if (copy !== undefined) copy.readyIn = epoch;
    },
    isReady: (shard, server, epoch) => copies.get(cell(shard, server))?.readyIn === epoch,
    forget: (shard, isDone) => {
      for (const [place, copy] of copies) if (copy.shard === shard && isDone(copy.server)) copies.delete(place);
    },
    count: () => copies.size,
  };
}
