/**
 * The metadata service as a single member: it owns the authoritative shard map, sessions and keys, reached by messages and
 * answering later, with cores and a log device of its own. metadata-state.ts says what commands do, metadata-desk.ts how
 * requesters are spoken to. What has been synced survives a crash, what has not is gone with its answer unsent.
 *
 * As a group of three or five it is metadata-member.ts, the same over Raft.
 */
import { Is, type Io, type Machine } from "../../base/machine.ts";
import type { MachineId, ServerId } from "../../base/ids.ts";
import type { Duration } from "../../base/time.ts";
import type { MapSnapshot } from "../strategies/contracts.ts";
import { Message } from "../strategies/messages.ts";
import { commandIn, createDesk, demandOf, isCommand, type MetadataDemands } from "./metadata-desk.ts";
import { createSessions, LOOK_EVERY } from "./metadata-sessions.ts";
import { applyCommand, EXPIRE, initialState, type Applied, type Command, type MetadataState } from "./metadata-state.ts";

/** What the service has promised for good, as the run's instruments see it: the authoritative map. */
export interface MetadataDisk {
  map: MapSnapshot;
  /** A shard has another server at the end of its list: from now on everybody can say which ordinal it has. */
  readonly added: (shard: number, replicas: readonly ServerId[]) => void;
}

interface Pending {
  readonly applied: Applied;
  readonly to: MachineId;
}

const Timer = { Look: 0 } as const;

/** A single member's disk: `kept` is what is on it beyond the map. */
export interface SingleDisk {
  readonly public: MetadataDisk;
  kept: MetadataState;
}

export const createSingleDisk = (disk: MetadataDisk): SingleDisk => ({ public: disk, kept: initialState(disk.map) });

export function createMetadata(disk: SingleDisk, demands: MetadataDemands): Machine {
  /** Everything accepted, synced or not: what the next claim is compared with. */
  let latest = disk.kept;
  const desk = createDesk(undefined);
  const sessions = createSessions();
  const pending: Pending[] = [];
  /** How many of `pending` the flush under way covers is not known here: tokens count them. */
  let asked = 0;
  let done = 0;
  let isLooking = false;
  /** A look is due then, and a whole number of pauses later: the lessor's ticks have nothing to do with when sessions begin. */
  let firstLook: number | undefined;

  function carryOut(command: Command, io: Io): void {
    const applied = applyCommand(latest, command);
    latest = applied.state;
    pending.push({ applied, to: command.from });
    asked += 1;
    io.sync(asked);
  }

  function synced(until: number, io: Io): void {
    // Flushes complete in order, so every entry up to the token is on the disk.
    while (done < until) {
      const { applied, to } = pending[done]!;
      done += 1;
      disk.kept = applied.state;
      disk.public.map = applied.state.map;
      if (applied.answer === Message.ReplicaAdded) disk.public.added(applied.shard, applied.state.map.replicas[applied.shard]!);
      desk.tell(applied, true, io);
      if (applied.answer !== 0) desk.answer(applied, to, io);
      if (applied.answer === Message.SessionOpened) {
        sessions.renew(applied.key, applied.state, io.now());
        look(io);
      }
    }
    if (done === pending.length) {
      pending.length = 0;
      done = 0;
      asked = 0;
    }
  }

  /** Looks after sessions as long as there are any. */
  function look(io: Io): void {
    if (isLooking || latest.sessions.size === 0) return;
    isLooking = true;
    const now = io.now();
    firstLook ??= now + 1 + Math.floor(io.random("look").uniform() * LOOK_EVERY);
    const wait = now < firstLook ? firstLook - now : LOOK_EVERY - ((now - firstLook) % LOOK_EVERY);
    io.setTimer(Timer.Look, wait as Duration);
  }

  function expire(io: Io): void {
    isLooking = false;
    for (const session of sessions.due(disk.kept, io.now())) carryOut(expiry(session, io.self()), io);
    look(io);
  }

  return {
    demand: (message) => Math.max(0, demandOf(message, demands)),
    step: (input, io) => {
      if (input.kind === Is.Synced) return synced(input.id, io);
      if (input.kind === Is.Timer) return expire(io);
      if (input.kind === Is.Start) {
        sessions.lead(disk.kept, io.now());
        return look(io);
      }
      if (input.kind !== Is.Message) return;
      const m = io.messages;
      const { slot, from, message } = input;
      if (isCommand(message)) return carryOut(commandIn(message, slot, from, io), io);
      switch (message) {
        case Message.ReadMap:
          return desk.sendMap(disk.public.map, from, io);
        case Message.Watch:
          desk.watch(from, io);
          return desk.sendMap(disk.public.map, from, io);
        case Message.ReadKey:
          return desk.sendKey(m.key[slot]!, disk.kept, m.time[slot]!, from, io);
        case Message.WatchKeys: {
          const keys = m.payload[slot] as readonly number[];
          desk.watchKeys(from, keys, io);
          for (const key of keys) desk.sendKey(key, disk.kept, 0, from, io);
          return;
        }
        case Message.LookAtKeys: {
          const keys = m.payload[slot] as readonly number[];
          desk.watchKeys(from, keys.slice(0, m.count[slot]), io);
          return desk.sendKeys(keys, disk.kept, m.time[slot]!, from, io);
        }
        case Message.KeepAlive:
          return desk.sendAlive(m.key[slot]!, sessions.renew(m.key[slot]!, disk.kept, io.now()), m.time[slot]!, from, io);
        default:
          return;
      }
    },
  };
}

/** The service's own command that ends a session. */
export const expiry = (session: number, by: MachineId): Command => ({
  message: EXPIRE,
  from: by,
  shard: 0,
  epoch: 0,
  key: session,
  version: 0,
  who: -1,
  count: 0,
  until: 0,
  token: 0,
  goal: undefined,
});
