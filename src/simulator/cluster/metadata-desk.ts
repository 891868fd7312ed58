/** Where the metadata service meets its requesters: what they ask becomes commands, what was decided becomes answers and news. */
import type { MachineId } from "../../base/ids.ts";
import { Channel, type Io } from "../../base/machine.ts";
import type { KeySeen, KeysSeen, MapGoal, MapSnapshot } from "../strategies/contracts.ts";
import { mapBytes, sendMap } from "../strategies/letters.ts";
import { BYTES, Message } from "../strategies/messages.ts";
import type { Applied, Command, MetadataState } from "./metadata-state.ts";

export interface MetadataDemands {
  readonly read: () => number;
  readonly claim: () => number;
  readonly commit: () => number;
}

/** The demand of a request on a core, by its kind; -1 for what is none. */
export function demandOf(message: number, demands: MetadataDemands): number {
  switch (message) {
    case Message.Claim:
    case Message.CompareAndSet:
    case Message.OpenSession:
      return demands.claim();
    case Message.Commit:
    case Message.Report:
    case Message.AddReplica:
    case Message.SetGoal:
      return demands.commit();
    case Message.ReadMap:
    case Message.Watch:
    case Message.ReadKey:
    case Message.WatchKeys:
    case Message.LookAtKeys:
    case Message.KeepAlive:
      return demands.read();
    default:
      return -1;
  }
}

/** Does a request change anything? Others only read, or renew. */
export function isCommand(message: number): boolean {
  switch (message) {
    case Message.Claim:
    case Message.Commit:
    case Message.Report:
    case Message.AddReplica:
    case Message.SetGoal:
    case Message.OpenSession:
    case Message.CompareAndSet:
      return true;
    default:
      return false;
  }
}

/** A request by value, as it can be kept, forwarded and logged. */
export function commandIn(message: number, slot: number, from: MachineId, { messages: m }: Io): Command {
  return {
    message,
    from,
    shard: m.shard[slot]!,
    epoch: m.epoch[slot]!,
    key: m.key[slot]!,
    version: m.version[slot]!,
    who: m.who[slot]!,
    count: m.count[slot]!,
    until: m.until[slot]!,
    token: m.time[slot]!,
    goal: message === Message.SetGoal ? (m.payload[slot] as MapGoal) : undefined,
  };
}

export interface Desk {
  /** Sends the answer to a command; what it changed is told to those who watch before. */
  readonly answer: (applied: Applied, to: MachineId, io: Io) => void;
  /** Tells those who watch. `isFirst`: nobody has stated this change yet. */
  readonly tell: (applied: Applied, isFirst: boolean, io: Io) => void;
  readonly sendMap: (map: MapSnapshot, to: MachineId, io: Io) => void;
  readonly sendKey: (key: number, state: MetadataState, token: number, to: MachineId, io: Io) => void;
  /** The map and these keys together. */
  readonly sendKeys: (keys: readonly number[], state: MetadataState, token: number, to: MachineId, io: Io) => void;
  readonly sendAlive: (session: number, isAlive: boolean, token: number, to: MachineId, io: Io) => void;
  readonly watch: (by: MachineId, io: Io) => void;
  readonly watchKeys: (by: MachineId, keys: readonly number[], io: Io) => void;
}

/** `forgetAfter`: watches that were not renewed for so long, microseconds, are over; undefined: never. */
export function createDesk(forgetAfter: number | undefined): Desk {
  /** Since when they have been watching, each in the order of its first asking. */
  const watchers = new Map<MachineId, number>();
  const keyWatchers = new Map<MachineId, { at: number; readonly keys: ReadonlySet<number> }>();

  function fillKey(slot: number, key: number, { keys }: MetadataState, io: Io): void {
    const m = io.messages;
    const now = keys.get(key);
    m.key[slot] = key;
    m.version[slot] = now?.revision ?? 0;
    m.who[slot] = now?.who ?? -1;
    m.until[slot] = now?.until ?? 0;
    m.count[slot] = now?.session ?? 0;
    m.bytes[slot] = BYTES.envelope;
  }

  const isOver = (at: number, io: Io): boolean => forgetAfter !== undefined && io.now() - at > forgetAfter;

  const desk: Desk = {
    answer: (applied, to, io) => {
      const m = io.messages;
      const slot = io.message();
      if (applied.answer === Message.WasSet) fillKey(slot, applied.key, applied.state, io);
      if (applied.answer === Message.SessionOpened) m.key[slot] = applied.key;
      m.shard[slot] = applied.shard;
      m.epoch[slot] = applied.epoch;
      m.outcome[slot] = applied.granted ? 1 : 0;
      m.time[slot] = applied.token;
      m.bytes[slot] = BYTES.envelope;
      io.send(to, Channel.Control, applied.answer, slot);
    },
    tell: (applied, isFirst, io) => {
      const { map } = applied.state;
      const { shard } = applied;
      if (applied.publish) {
        if (isFirst) {
          const [epoch, owner] = [map.epochs[shard]!, map.owners[shard]!];
          io.fact({ kind: "map", shard, epoch, owner, members: bits(map.members[shard]!) });
          if (applied.isQuiet !== true) io.fact({ kind: "visible", shard, epoch, server: owner });
        }
        for (const [watcher, at] of watchers)
          if (isOver(at, io)) watchers.delete(watcher);
          else desk.sendMap(map, watcher, io);
      }
      for (const key of applied.changed)
        for (const [watcher, { at, keys }] of keyWatchers)
          if (isOver(at, io)) keyWatchers.delete(watcher);
          else if (keys.has(key)) desk.sendKey(key, applied.state, -1, watcher, io);
    },
    sendMap,
    sendKey: (key, state, token, to, io) => {
      const slot = io.message();
      fillKey(slot, key, state, io);
      io.messages.time[slot] = token;
      io.send(to, Channel.Control, Message.KeyIs, slot);
    },
    sendKeys: (keys, state, token, to, io) => {
      const slot = io.message();
      const seen: KeysSeen = { map: state.map, keys: keys.map((key) => state.keys.get(key) ?? NO_KEY) };
      io.messages.payload[slot] = seen;
      io.messages.time[slot] = token;
      io.messages.bytes[slot] = mapBytes(state.map) + 40 * keys.length;
      io.send(to, Channel.Control, Message.KeysAre, slot);
    },
    sendAlive: (session, isAlive, token, to, io) => {
      const m = io.messages;
      const slot = io.message();
      m.key[slot] = session;
      m.outcome[slot] = isAlive ? 1 : 0;
      m.time[slot] = token;
      m.bytes[slot] = BYTES.envelope;
      io.send(to, Channel.Control, Message.KeptAlive, slot);
    },
    watch: (by, io) => void watchers.set(by, io.now()),
    watchKeys: (by, keys, io) => void keyWatchers.set(by, { at: io.now(), keys: new Set(keys) }),
  };
  return desk;
}

const NO_KEY: KeySeen = { revision: 0, who: -1, until: 0, session: 0 };

/** Places of the set bits, growing. */
function bits(mask: number): number[] {
  const places: number[] = [];
  for (let place = 0; place < 31; place += 1) if ((mask & (1 << place)) !== 0) places.push(place);
  return places;
}
