/**
 * The metadata service, a single member: it owns the authoritative shard map, reached by messages and answering later,
 * with cores and a log device of its own. Claims are a compare-and-set of a shard's next epoch; commits publish an owner.
 * What has been synced survives a crash, what has not is gone with its answer unsent.
 */
import { Channel, Is, type Io, type Machine } from "../../base/machine.ts";
import { assert } from "../../base/assert.ts";
import type { MachineId, ServerId } from "../../base/ids.ts";
import type { MapGoal, MapSnapshot } from "../strategies/contracts.ts";
import { BYTES, Message } from "../strategies/messages.ts";

/** What the service has on its disk; survives its process. */
export interface MetadataDisk {
  map: MapSnapshot;
  /** A shard has another server at the end of its list: from now on everybody can say which ordinal it has. */
  readonly added: (shard: number, replicas: readonly ServerId[]) => void;
}

interface Pending {
  readonly map: MapSnapshot;
  readonly to: MachineId;
  readonly kind: number;
  readonly shard: number;
  readonly epoch: number;
  readonly granted: boolean;
  readonly token: number;
  readonly publish: boolean;
  /** The news is to be had elsewhere: it is not stated as visible here. */
  readonly isQuiet?: boolean;
}

/** Bits of a mask that a signed 32-bit number holds. */
const ORDINALS = 31;

export interface MetadataDemands {
  readonly read: () => number;
  readonly claim: () => number;
  readonly commit: () => number;
}

export function createMetadata(disk: MetadataDisk, demands: MetadataDemands): Machine {
  /** The map with everything accepted, synced or not: what the next claim is compared with. */
  let latest = disk.map;
  const watchers: MachineId[] = [];
  const pending: Pending[] = [];
  /** How many of `pending` the flush under way covers is not known here: tokens count them. */
  let asked = 0;
  let done = 0;

  function sendMap(to: MachineId, io: Io): void {
    const slot = io.message();
    io.messages.payload[slot] = disk.map;
    io.messages.bytes[slot] = BYTES.envelope + 12 * disk.map.owners.length;
    io.send(to, Channel.Control, Message.Map, slot);
  }

  function later(entry: Pending, io: Io): void {
    pending.push(entry);
    asked += 1;
    io.sync(asked);
  }

  function changed(
    map: MapSnapshot,
    shard: number,
    change: { claimed?: number; owner?: number; epoch?: number; members?: number; standing?: number; replica?: ServerId },
  ): MapSnapshot {
    const copy = (array: Int32Array, value: number | undefined): Int32Array => {
      if (value === undefined) return array;
      const next = array.slice();
      next[shard] = value;
      return next;
    };
    return {
      owners: copy(map.owners, change.owner),
      epochs: copy(map.epochs, change.epoch),
      members: copy(map.members, change.members),
      standing: copy(map.standing, change.standing),
      replicas:
        change.replica === undefined
          ? map.replicas
          : map.replicas.map((servers, at) => (at === shard ? [...servers, change.replica!] : servers)),
      goal: map.goal,
      claimed: copy(map.claimed, change.claimed),
    };
  }

  return {
    demand: (message) => {
      switch (message) {
        case Message.Claim:
          return demands.claim();
        case Message.Commit:
        case Message.Report:
        case Message.AddReplica:
        case Message.SetGoal:
          return demands.commit();
        case Message.ReadMap:
        case Message.Watch:
          return demands.read();
        default:
          return 0;
      }
    },
    step: (input, io) => {
      if (input.kind === Is.Synced) {
        // Flushes complete in order, so every entry up to the token is on the disk.
        while (done < input.id) {
          const entry = pending[done]!;
          done += 1;
          disk.map = entry.map;
          if (entry.kind === Message.ReplicaAdded) disk.added(entry.shard, entry.map.replicas[entry.shard]!);
          const slot = io.message();
          io.messages.shard[slot] = entry.shard;
          io.messages.epoch[slot] = entry.epoch;
          io.messages.outcome[slot] = entry.granted ? 1 : 0;
          io.messages.time[slot] = entry.token;
          io.messages.bytes[slot] = BYTES.envelope;
          if (entry.publish) publish(entry, io);
          io.send(entry.to, Channel.Control, entry.kind, slot);
        }
        if (done === pending.length) {
          pending.length = 0;
          done = 0;
          asked = 0;
        }
        return;
      }
      if (input.kind !== Is.Message) return;
      const m = io.messages;
      const slot = input.slot;
      const shard = m.shard[slot]!;
      const epoch = m.epoch[slot]!;
      const token = m.time[slot]!;
      switch (input.message) {
        case Message.Claim: {
          const granted = latest.claimed[shard] === epoch;
          if (granted) latest = changed(latest, shard, { claimed: epoch + 1 });
          return later(
            { map: latest, to: input.from, kind: Message.Claimed, shard, epoch: latest.claimed[shard]!, granted, token, publish: false },
            io,
          );
        }
        case Message.Commit: {
          // Only the claimer of the newest epoch may commit it, once.
          const granted = latest.claimed[shard] === epoch && latest.epochs[shard]! < epoch;
          const standing = m.version[slot] === 0 ? latest.standing[shard]! : m.version[slot]!;
          if (granted) latest = changed(latest, shard, { epoch, owner: m.who[slot]!, members: m.key[slot]!, standing });
          return later({ map: latest, to: input.from, kind: Message.Committed, shard, epoch, granted, token, publish: granted }, io);
        }
        case Message.Report: {
          // Elected elsewhere: the newest epoch is right, whoever comes last.
          const isNews = latest.epochs[shard]! < epoch;
          if (isNews) {
            const claimed = Math.max(latest.claimed[shard]!, epoch);
            latest = changed(latest, shard, { epoch, owner: m.who[slot]!, claimed });
          }
          const known = latest.epochs[shard]!;
          const isQuiet = m.count[slot] === 1;
          return later(
            { map: latest, to: input.from, kind: Message.Reported, shard, epoch: known, granted: isNews, token, publish: isNews, isQuiet },
            io,
          );
        }
        case Message.AddReplica: {
          const server = m.who[slot]! as ServerId;
          const known = latest.replicas[shard]!;
          if (!known.includes(server)) {
            assert(known.length < ORDINALS, `shard ${shard} has had ${ORDINALS} replicas: no ordinal is left for server ${server}`);
            latest = changed(latest, shard, { replica: server });
          }
          return later(
            { map: latest, to: input.from, kind: Message.ReplicaAdded, shard, epoch: 0, granted: true, token, publish: false },
            io,
          );
        }
        case Message.SetGoal:
          latest = { ...latest, goal: m.payload[slot] as MapGoal };
          return later({ map: latest, to: input.from, kind: Message.GoalSet, shard, epoch: 0, granted: true, token, publish: false }, io);
        case Message.ReadMap:
          return sendMap(input.from, io);
        case Message.Watch:
          if (!watchers.includes(input.from)) watchers.push(input.from);
          return sendMap(input.from, io);
        default:
          return;
      }
    },
  };

  function publish(entry: Pending, io: Io): void {
    const { map, shard } = entry;
    io.fact({ kind: "map", shard, epoch: map.epochs[shard]!, owner: map.owners[shard]!, members: bits(map.members[shard]!) });
    if (entry.isQuiet !== true) io.fact({ kind: "visible", shard, epoch: map.epochs[shard]!, server: map.owners[shard]! });
    for (const watcher of watchers) sendMap(watcher, io);
  }
}

/** Places of the set bits, growing. */
function bits(mask: number): number[] {
  const places: number[] = [];
  for (let place = 0; place < 31; place += 1) if ((mask & (1 << place)) !== 0) places.push(place);
  return places;
}
