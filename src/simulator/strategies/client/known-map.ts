/**
 * The shard map as one router (a client, a proxy) believes it, by the REAL routing module: where it comes from (watch,
 * poll, expiry, redirects, answers under a newer epoch) and what silence says about a shard's owner.
 */
import type { ServerId } from "../../../base/ids.ts";
import { Channel, type Io } from "../../../base/machine.ts";
import { milliseconds, seconds, type Duration } from "../../../base/time.ts";
import { follow, learn, route, type Next, type Redirect } from "../../../modules/routing/routing.ts";
import { epochOf, merge, shardMap, type ShardEntry, type ShardMap } from "../../../modules/routing/shard-map.ts";
import { serversIn, type ClientContext, type MapSnapshot } from "../contracts.ts";
import { BYTES, Message } from "../messages.ts";

/** Timers of a router's map; its other timers have other numbers. */
const MapTimer = { Fetch: 1, Rewatch: 2, Ask: 3, Address: 4 } as const;
/** A watch that a dead metadata service has forgotten is asked for again. */
const REWATCH_AFTER = seconds(1);
/** Whoever has not answered for so long is asked no more: the next one is. redis-py waits 0.1 s to 1 s for a sentinel. */
const NEXT_SOURCE_AFTER = milliseconds(500);

export interface KnownMap {
  readonly start: (io: Io) => void;
  /** One of `MapTimer` went off. */
  readonly timer: (id: number, io: Io) => void;
  /** The metadata service gave this version. */
  readonly learn: (snapshot: MapSnapshot, io: Io) => void;
  /** 0 where nothing is known. */
  readonly epochOf: (shard: number) => number;
  readonly entry: (shard: number) => ShardEntry<ServerId> | undefined;
  /** Whom to ask for a write or a primary's read, by what is known of the shard and this request's own unanswered attempts. */
  readonly ownerToAsk: (shard: number, misses: number) => ServerId | undefined;
  /** Who answers reads of a shard, if the owner has said that another does in this epoch (a chain's tail). */
  readonly readerOf: (shard: number) => ServerId | undefined;
  /** The owner said so. */
  readonly readThere: (shard: number, server: ServerId, epoch: number) => void;
  /** The shard's owner answered, by the answer's own word on owner (-1: none) and epoch. */
  readonly answered: (shard: number, owner: number, epoch: number) => void;
  /** A standby answered, with its word on owner (-1: none) and epoch: it says nothing about whether the owner answers. */
  readonly heard: (shard: number, owner: number, epoch: number) => void;
  /** The shard gave a sign of life that says nothing about its owner. */
  readonly alive: (shard: number) => void;
  /** `from` sent the request elsewhere, for the `hops`-th time: learns, and says where to go now. */
  readonly redirected: (shard: number, owner: ServerId, epoch: number, from: ServerId, hops: number) => Next<ServerId>;
  /** A redirect that led nowhere: the next attempt goes to the next replica if this one came of silence. */
  readonly astray: (shard: number) => void;
  /** An attempt at this server was not answered. */
  readonly unanswered: (shard: number, server: ServerId) => void;
  /** A connection broke: a watch may have been lost with it. */
  readonly broken: (io: Io) => void;
  /** An attempt failed, however: whoever asks then does so. */
  readonly failed: (io: Io) => void;
}

/** `leave`: no shard's address is at this server any more. */
export function createKnownMap(context: ClientContext, leave: (server: ServerId, io: Io) => void = () => undefined): KnownMap {
  const policy = context.client;
  let map: ShardMap<ServerId> = fromSnapshot(context.initialMap());
  /** What the addresses will be, once switches have heard. */
  let news: MapSnapshot | undefined;
  /** Attempts in a row to a shard that nobody answered: the next goes to the next replica. */
  const silent = new Int32Array(context.shards);
  /** Who answers a shard's reads (-1: its owner), and in which epoch. */
  const readers = new Int32Array(context.shards).fill(-1);
  const readersIn = new Int32Array(context.shards);
  /** Whom it asks, by the place in its order; and whether an answer is due. */
  let source = 0;
  let isDue = false;

  function fromSnapshot(snapshot: MapSnapshot): ShardMap<ServerId> {
    const entries = [];
    for (let shard = 0; shard < context.shards; shard += 1)
      entries.push({
        epoch: snapshot.epochs[shard]!,
        owner: snapshot.owners[shard]! as ServerId,
        replicas: serversIn(snapshot.replicas[shard]!, snapshot.standing[shard]!),
      });
    return shardMap(entries);
  }

  function moved(shard: number, owner: ServerId, epoch: number): Redirect<ServerId> {
    // The answer names the owner alone: the others are those known before, dead ones at worst.
    const known = map.entries[shard]?.replicas ?? [];
    return { kind: "moved", shard, entry: { epoch, owner, replicas: known.includes(owner) ? known : [...known, owner] } };
  }

  /** Served by another than the believed owner, under a newer epoch: that is news as good as a redirect. */
  function heard(shard: number, owner: number, epoch: number): void {
    if (!policy.redirect || owner < 0 || epoch <= epochOf(map, shard)) return;
    map = learn(map, moved(shard, owner as ServerId, epoch));
  }

  function askMetadata(kind: number, io: Io): void {
    const slot = io.message();
    io.messages.bytes[slot] = BYTES.envelope;
    const sources = context.sources?.();
    io.send(sources === undefined ? context.metadata() : sources[source % sources.length]!, Channel.Control, kind, slot);
    // One that does not answer is no reason not to ask again: only where there are several is the next one asked by itself.
    if (sources === undefined) return;
    isDue = true;
    io.setTimer(MapTimer.Ask, NEXT_SOURCE_AFTER);
  }

  function watch(io: Io): void {
    askMetadata(Message.Watch, io);
    // Of several members the one that is watched may go silently, while the others go on.
    if (context.watchAgain !== undefined) io.setTimer(MapTimer.Rewatch, context.watchAgain);
  }

  function take(snapshot: MapSnapshot): void {
    const before = map;
    map = merge(map, fromSnapshot(snapshot));
    if (map === before) return;
    for (let shard = 0; shard < context.shards; shard += 1) if (map.entries[shard] !== before.entries[shard]) silent[shard] = 0;
  }

  /** Switches know by now where the addresses are: what goes on to an old place is answered by the new one with a reset. */
  function moveAddresses(io: Io): void {
    const owners = (): (ServerId | undefined)[] => map.entries.map((entry) => entry?.owner);
    const before = owners();
    if (news !== undefined) take(news);
    news = undefined;
    const after = owners();
    for (const server of new Set(before.filter((owner, shard) => owner !== after[shard])))
      if (server !== undefined && !after.includes(server)) leave(server, io);
  }

  return {
    start: (io) => {
      if (policy.watch || policy.address !== undefined) watch(io);
      const period = policy.poll ?? policy.ttl;
      // A cache filled at some time before the run: its age is as likely to be anything.
      if (period !== undefined) io.setTimer(MapTimer.Fetch, (1 + Math.floor(context.random("map age").uniform() * period)) as Duration);
    },
    timer: (id, io) => {
      if (id === MapTimer.Rewatch) return watch(io);
      if (id === MapTimer.Address) return moveAddresses(io);
      if (id === MapTimer.Ask) {
        if (!isDue) return;
        source += 1;
        return askMetadata(policy.watch ? Message.Watch : Message.ReadMap, io);
      }
      askMetadata(Message.ReadMap, io);
      io.setTimer(MapTimer.Fetch, policy.poll ?? policy.ttl ?? REWATCH_AFTER);
    },
    learn: (snapshot, io) => {
      isDue = false;
      if (policy.address === undefined) return take(snapshot);
      if (news === undefined) io.setTimer(MapTimer.Address, policy.address);
      news = snapshot;
    },
    epochOf: (shard) => map.entries[shard]?.epoch ?? 0,
    entry: (shard) => map.entries[shard],
    // What this request itself has met counts too: reads may go well where writes do not. A client that takes no redirects
    // asks nobody but the owner that it knows, as behind a name or an address.
    ownerToAsk: (shard, misses) => route(map, shard, policy.redirect ? Math.max(silent[shard]!, misses) : 0),
    readerOf: (shard) => (readers[shard]! >= 0 && readersIn[shard]! >= epochOf(map, shard) ? (readers[shard] as ServerId) : undefined),
    readThere: (shard, server, epoch) => {
      readers[shard] = server;
      readersIn[shard] = epoch;
    },
    answered: (shard, owner, epoch) => {
      silent[shard] = 0;
      heard(shard, owner, epoch);
    },
    heard,
    alive: (shard) => {
      silent[shard] = 0;
    },
    redirected: (shard, owner, epoch, from, hops) => {
      const redirect = moved(shard, owner, epoch);
      const next = follow(map, redirect, from, hops);
      const before = map;
      map = learn(map, redirect);
      if (map !== before) silent[shard] = 0;
      return next;
    },
    astray: (shard) => {
      if (silent[shard]! > 0) silent[shard] = silent[shard]! + 1;
    },
    unanswered: (shard, server) => {
      if (readers[shard] === server) readers[shard] = -1;
      // Counted once per wave: only an attempt to the server that would be asked now tells something new.
      if (route(map, shard, silent[shard]) === server) silent[shard] = silent[shard]! + 1;
    },
    failed: (io) => {
      if (policy.ask === true && !isDue) askMetadata(Message.ReadMap, io);
    },
    broken: (io) => {
      if (policy.watch || policy.address !== undefined) io.setTimer(MapTimer.Rewatch, REWATCH_AFTER);
    },
  };
}
