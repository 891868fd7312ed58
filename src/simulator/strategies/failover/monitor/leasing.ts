/**
 * Leases as monitors grant and end them (fencing/lease.ts is the holder's side). A monitor remembers when it last granted
 * a shard's lease, and denies it below an epoch once it is asked to. Whoever wants to make a successor collects denials from
 * a majority: any lease that the old primary can still hold has the word of one of these, so once the longest of them has
 * run out, by clocks that may drift, it holds none and can get none. A monitor that has restarted knows neither: it
 * denies below what the map says is claimed, and takes it that it has granted just before.
 */
import type { MachineId } from "../../../../base/ids.ts";
import { Channel, type Io } from "../../../../base/machine.ts";
import { BYTES, Message } from "../../messages.ts";
import type { Notes } from "./notes.ts";

export interface Leasing {
  readonly start: (incarnation: number, io: Io) => void;
  /** The map as the metadata service has it is known. */
  readonly informed: () => void;
  readonly asked: (slot: number, from: MachineId, io: Io) => void;
  readonly deny: (slot: number, from: MachineId, io: Io) => void;
  /** Asks all monitors to deny what is below the procedure's epoch. */
  readonly collect: (shard: number, io: Io) => void;
  /** A monitor denies: true once a majority does. */
  readonly denied: (slot: number, from: MachineId, io: Io) => boolean;
  /** How long after now all that was granted must have run out. */
  readonly remaining: (shard: number, io: Io) => number;
}

export function createLeasing(notes: Notes): Leasing {
  const { context, procedures } = notes;
  const { ttl = 0, drift = 0 } = context.fencing.lease ?? {};
  const { shards } = context;
  const grantedAt = new Float64Array(shards).fill(-Infinity);
  const deniedBelow = new Int32Array(shards);
  /** Of the failover under way here: who has denied, and when the last grant is over, by this clock. */
  const voters: Set<MachineId>[] = Array.from({ length: shards }, () => new Set<MachineId>());
  const overAt = new Float64Array(shards);
  let isInformed = true;

  /** By this monitor's clock, which may be fast, of what a holder counts by its own, which may be slow. */
  const left = (shard: number, io: Io): number => Math.max(0, Math.ceil(grantedAt[shard]! + ttl * (1 + 2 * drift) - io.now()));

  return {
    start: (incarnation, io) => {
      if (incarnation === 0) return;
      isInformed = false;
      grantedAt.fill(io.now());
    },
    informed: () => {
      isInformed = true;
    },
    asked: (slot, from, io) => {
      const m = io.messages;
      const shard = m.shard[slot]!;
      const epoch = m.epoch[slot]!;
      if (!isInformed || epoch < Math.max(deniedBelow[shard]!, notes.map.epochs[shard]!)) return;
      grantedAt[shard] = io.now();
      const reply = io.message();
      m.shard[reply] = shard;
      m.epoch[reply] = epoch;
      m.time[reply] = m.time[slot]!;
      m.bytes[reply] = BYTES.envelope;
      io.send(from, Channel.Control, Message.LeaseGranted, reply);
    },
    deny: (slot, from, io) => {
      const m = io.messages;
      const shard = m.shard[slot]!;
      deniedBelow[shard] = Math.max(deniedBelow[shard]!, m.epoch[slot]!);
      const reply = io.message();
      m.shard[reply] = shard;
      m.epoch[reply] = m.epoch[slot]!;
      m.time[reply] = left(shard, io);
      m.bytes[reply] = BYTES.envelope;
      io.send(from, Channel.Control, Message.LeaseDenied, reply);
    },
    collect: (shard, io) => {
      const { epoch } = procedures[shard]!;
      deniedBelow[shard] = Math.max(deniedBelow[shard]!, epoch);
      voters[shard]!.clear();
      voters[shard]!.add(io.self());
      overAt[shard] = io.now() + left(shard, io);
      for (const monitor of context.controllers("monitor")) {
        if (monitor === io.self()) continue;
        const slot = io.message();
        io.messages.shard[slot] = shard;
        io.messages.epoch[slot] = epoch;
        io.messages.bytes[slot] = BYTES.envelope;
        io.send(monitor, Channel.Control, Message.LeaseDeny, slot);
      }
    },
    denied: (slot, from, io) => {
      const m = io.messages;
      const shard = m.shard[slot]!;
      if (procedures[shard]!.epoch !== m.epoch[slot]) return false;
      voters[shard]!.add(from);
      overAt[shard] = Math.max(overAt[shard]!, io.now() + m.time[slot]!);
      return voters[shard]!.size * 2 > context.controllers("monitor").length;
    },
    remaining: (shard, io) => Math.max(0, overAt[shard]! - io.now()),
  };
}
