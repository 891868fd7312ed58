/**
 * The rebalancer: brings copies to where they are due after a change of members. It has a goal in the metadata service
 * (which planned operations have begun, which servers are given up) and the authoritative map, and works on the
 * difference, shard by shard: a copy is made on a server that lacks it, catches up and becomes a member by a new epoch;
 * the primary's role is handed over where it is due elsewhere; a copy that is due nowhere leaves by a new epoch, and is
 * given up last. Everything it needs after its own crash is in the goal and the map, so it begins again with those.
 *
 * watching.ts: which servers are heard; changing.ts: one shard's change of configuration; copies.ts: copies under way.
 * Compare the reconciling controllers of Kubernetes, and CockroachDB's replicate queue (add, transfer the lease, remove).
 */
import type { MachineId, ServerId, ShardId } from "../../../base/ids.ts";
import { Channel, Is, type Input, type Io, type Machine } from "../../../base/machine.ts";
import { milliseconds, seconds, type Duration } from "../../../base/time.ts";
import { serversIn, type MapGoal, type MapSnapshot, type PartContext, type RebalancerView, type RebalancingPlan } from "../contracts.ts";
import { BYTES, Cutover, Message } from "../messages.ts";
import { createChanges, type Changes } from "./changing.ts";
import { createCopies } from "./copies.ts";
import { createWatching } from "./watching.ts";

const Timer = { Tick: 0, Watch: 1, Ping: 2, Operations: 3 } as const;
/** How often it looks at what is unfinished. */
const TICK = milliseconds(100);
/** Watching anew now and then survives a metadata service that has forgotten its watchers. */
const WATCH_AGAIN_AFTER = seconds(5);
const PING_EVERY = seconds(1);
/** So many pings, at least, in the time after which a silent server is given up: one that is late is no loss. */
const PINGS_PER_LOSS = 4;
/** An order unanswered for so long is given again. */
const ASK_AGAIN_AFTER = seconds(1);

export function createRebalancer(context: PartContext, ordinal: number, plan: RebalancingPlan): Machine {
  const name = `rebalancer ${ordinal}`;
  let map = context.initialMap();
  /** What has been heard of the metadata service since this machine started: before, nothing is known. */
  let isInformed = false;
  let goal: MapGoal = map.goal;
  /** A goal on its way to the metadata service. */
  let wanted: MapGoal | undefined;
  let wantedAt = 0;
  /** Who gave up its copy, and when the others were last told to: by shard and ordinal. */
  const dropped = new Set<number>();
  /** Epoch whose configuration each shard's primary has confirmed, and when it was last told. */
  const confirmed = new Int32Array(context.shards);
  const configuredAt = new Float64Array(context.shards).fill(-Infinity);
  const told = new Map<number, number>();
  /** When servers were given up, by this machine: what they answered before does not bring them back. */
  const lostAt = new Map<number, number>();
  const pingEvery = Math.max(1, Math.min(PING_EVERY, Math.floor((plan.loss?.after ?? Infinity) / PINGS_PER_LOSS))) as Duration;
  const watching = createWatching(context, Timer.Ping, pingEvery);
  const copies = createCopies(context);
  const changes: Changes = createChanges(context, name, {
    map: () => map,
    isHeard: watching.isHeard,
    learn: (next) => {
      map = next;
    },
    cutover: () => policy().cutover,
    done: (shard, io) => {
      // It has just told everybody.
      configuredAt[shard] = io.now();
      attend(shard, io);
    },
  });

  /** The throttle and cut-over that hold now: of the latest operation that has begun, or of the loss. */
  function policy(): { readonly throttle: number; readonly cutover: Cutover } {
    const latest = plan.changes[goal.operations - 1];
    return (goal.lost.length > 0 ? plan.loss : latest) ?? plan.loss ?? { throttle: 0, cutover: Cutover.Forwarding };
  }

  function step(input: Input, io: Io): void {
    switch (input.kind) {
      case Is.Start:
        changes.start(input.incarnation);
        watching.start(io);
        io.setTimer(Timer.Tick, TICK);
        return watch(io);
      case Is.Message:
        return receive(input, io);
      case Is.Timer:
        if (input.id === Timer.Watch) return watch(io);
        if (input.id === Timer.Ping) return watching.ping(io);
        if (input.id === Timer.Operations) return pursue(io);
        return tick(io);
      default:
        return;
    }
  }

  function watch(io: Io): void {
    const slot = io.message();
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(context.metadata(), Channel.Control, Message.Watch, slot);
    io.setTimer(Timer.Watch, isInformed ? (context.watchAgain ?? WATCH_AGAIN_AFTER) : ASK_AGAIN_AFTER);
  }

  function receive(input: Input, io: Io): void {
    const m = io.messages;
    const slot = input.slot;
    switch (input.message) {
      case Message.Pong:
        return watching.heard(input.from, io);
      case Message.Map:
        return learnMap(m.payload[slot] as MapSnapshot, io);
      case Message.GoalSet:
        return goalSet(m.time[slot]!, io);
      case Message.ReplicaAdded:
        map = {
          ...map,
          replicas: map.replicas.map((known, shard) => (shard === m.shard[slot]! ? context.replicasOf(shard as ShardId) : known)),
        };
        return attend(m.shard[slot]!, io);
      case Message.CaughtUp:
        copies.caughtUp(m.shard[slot]!, m.who[slot]!, m.epoch[slot]!);
        return attend(m.shard[slot]!, io);
      case Message.Position:
        copies.alive(m.shard[slot]!, m.who[slot]!);
        return changes.receive(input, io);
      case Message.Configured:
        if (m.who[slot] !== map.owners[m.shard[slot]!]) return;
        confirmed[m.shard[slot]!] = m.epoch[slot]!;
        return attend(m.shard[slot]!, io);
      case Message.Dropped:
        dropped.add(m.shard[slot]! * 32 + map.replicas[m.shard[slot]!]!.indexOf(m.who[slot] as ServerId));
        return attend(m.shard[slot]!, io);
      default:
        return changes.receive(input, io);
    }
  }

  function learnMap(news: MapSnapshot, io: Io): void {
    changes.superseded(news, io);
    map = changes.merged(map, news);
    if (!isInformed) {
      isInformed = true;
      goal = news.goal;
      io.setTimer(Timer.Watch, context.watchAgain ?? WATCH_AGAIN_AFTER);
      pursue(io);
    }
    for (let shard = 0; shard < context.shards; shard += 1) attend(shard, io);
  }

  // The goal.

  /** Begins what is due of the planned operations, one after another; what is not due yet waits for its time. */
  function pursue(io: Io): void {
    if (!isInformed || wanted !== undefined) return;
    const next = plan.changes[goal.operations];
    if (next === undefined) return;
    const left = next.at - io.now();
    if (left > 0) return io.setTimer(Timer.Operations, left as Duration);
    want({ ...goal, operations: goal.operations + 1 }, io);
  }

  /** Servers that have stayed away for too long are given up; one that is back is no longer. */
  function judgeLosses(io: Io): void {
    const { loss } = plan;
    if (loss === undefined || wanted !== undefined) return;
    const given = new Set(goal.lost);
    for (const { id } of context.servers) {
      if (!given.has(id) && watching.isSilent(id, loss.after, io) && isUsed(id)) given.add(id);
      else if (given.has(id) && watching.hasAnsweredSince(id, lostAt.get(id) ?? 0)) given.delete(id);
    }
    const lost = [...given].sort((a, b) => a - b);
    if (lost.join() !== goal.lost.join()) want({ ...goal, lost }, io);
  }

  const isUsed = (server: ServerId): boolean => plan.targets(goal).some((servers) => servers.includes(server));

  function want(next: MapGoal, io: Io): void {
    wanted = next;
    wantedAt = io.now();
    const slot = io.message();
    io.messages.payload[slot] = next;
    io.messages.bytes[slot] = BYTES.envelope;
    io.messages.time[slot] = next.operations;
    io.send(context.metadata(), Channel.Control, Message.SetGoal, slot);
  }

  function goalSet(_token: number, io: Io): void {
    if (wanted === undefined) return;
    const before = goal;
    goal = wanted;
    wanted = undefined;
    map = { ...map, goal };
    for (const { change, servers, label } of plan.changes.slice(before.operations, goal.operations))
      io.fact({ kind: "membership", change, servers, label });
    const came = before.lost.filter((server) => !goal.lost.includes(server));
    const went = goal.lost.filter((server) => !before.lost.includes(server));
    for (const server of went) lostAt.set(server, io.now());
    if (went.length > 0) io.fact({ kind: "membership", change: "lost", servers: went, label: "loss" });
    if (came.length > 0) io.fact({ kind: "membership", change: "returned", servers: came, label: "loss" });
    pursue(io);
    for (let shard = 0; shard < context.shards; shard += 1) attend(shard, io);
  }

  function tick(io: Io): void {
    io.setTimer(Timer.Tick, TICK);
    if (wanted !== undefined && io.now() - wantedAt > ASK_AGAIN_AFTER) want(wanted, io);
    if (!isInformed) return;
    judgeLosses(io);
    changes.overdue(io);
    for (const shard of [...unfinished]) attend(shard, io);
  }

  // One shard.

  /** Shards that something is still to be done for. */
  const unfinished = new Set<number>();
  const isIdle = (): boolean => goal.operations === 0 && goal.lost.length === 0 && copies.count() === 0;

  function attend(shard: number, io: Io): void {
    if (!isInformed || (isIdle() && !changes.isOrphaned(shard))) return;
    if (isFinished(shard, io)) unfinished.delete(shard);
    else unfinished.add(shard);
  }

  /** Does the next thing that a shard needs, if anything and if nothing is going on. True if nothing is left to do. */
  function isFinished(shard: number, io: Io): boolean {
    if (changes.isBusy(shard)) return false;
    if (changes.isOrphaned(shard)) {
      changes.adoptOrphan(shard, io);
      return false;
    }
    const target = plan.targets(goal)[shard]!;
    const replicas = map.replicas[shard]!;
    const standing = serversIn(replicas, map.standing[shard]!);
    const owner = map.owners[shard]! as ServerId;
    const missing = target.filter((server) => !standing.includes(server));
    const willOwn = !target.includes(owner) || isDueElsewhere(shard, owner, target);
    const isGone = (server: ServerId): boolean => goal.lost.includes(server) && !watching.isHeard(server);
    if (!watching.isHeard(owner)) return missing.length === 0 && standing.length === target.length && !willOwn;
    // Nothing can be acknowledged by all members while one is gone for good.
    const gone = standing.find((server) => server !== owner && isGone(server) && !target.includes(server));
    if (gone !== undefined) {
      changes.leave(shard, gone, io);
      return false;
    }
    for (const server of missing) {
      if (!watching.isHeard(server)) continue;
      const isNext = willOwn && server === target[0];
      const way = isNext ? policy().cutover : Cutover.Forwarding;
      if (!copies.isReady(shard, server, map.epochs[shard]!)) copies.pursue(shard, server, owner, replicas, policy().throttle, way, io);
      else {
        changes.join(shard, server, io);
        return false;
      }
    }
    copies.forget(shard, (server) => !missing.includes(server));
    if (missing.length > 0) return false;
    const successor = willOwn ? target.find((server) => isMember(shard, server) && watching.isHeard(server)) : undefined;
    if (successor !== undefined && successor !== owner) {
      changes.hand(shard, successor, io);
      return false;
    }
    if (!target.includes(owner)) return false;
    const leaving = standing.find((server) => !target.includes(server));
    if (leaving !== undefined) {
      changes.leave(shard, leaving, io);
      return false;
    }
    return dismiss(shard, standing, io);
  }

  /** The plan takes the role from those it had given it to; one that took over after a failure keeps it. */
  function isDueElsewhere(shard: number, owner: ServerId, target: readonly ServerId[]): boolean {
    if (target[0] === owner) return false;
    for (let operations = 0; operations < goal.operations; operations += 1)
      if (plan.targets({ operations, lost: [] })[shard]![0] === owner) return true;
    return false;
  }

  const isMember = (shard: number, server: ServerId): boolean => {
    const place = map.replicas[shard]!.indexOf(server);
    return place >= 0 && (map.members[shard]! & (1 << place)) !== 0;
  };

  /**
   * What holds no replica any more, and may still have a copy, is told to give it up, until it says that it has. True if
   * all have.
   */
  function dismiss(shard: number, standing: readonly ServerId[], io: Io): boolean {
    if (map.replicas[shard]!.length === standing.length) return true;
    // A primary that has not heard who left would wait for it for ever: whoever made the map so may have died on it.
    if (confirmed[shard] !== map.epochs[shard]) {
      if (io.now() - configuredAt[shard]! < ASK_AGAIN_AFTER) return false;
      configuredAt[shard] = io.now();
      changes.tell(shard, io);
      return false;
    }
    let isDone = true;
    map.replicas[shard]!.forEach((server, place) => {
      const cell = shard * 32 + place;
      if (standing.includes(server)) {
        dropped.delete(cell);
        told.delete(cell);
        return;
      }
      const to = context.replicaMachine(shard as ShardId, server) as MachineId | undefined;
      if (to === undefined || dropped.has(cell)) return;
      isDone = false;
      if (!watching.isHeard(server) || io.now() - (told.get(cell) ?? -Infinity) < ASK_AGAIN_AFTER) return;
      told.set(cell, io.now());
      const slot = io.message();
      const m = io.messages;
      m.shard[slot] = shard;
      m.epoch[slot] = map.epochs[shard]!;
      m.who[slot] = map.owners[shard]!;
      m.key[slot] = map.members[shard]!;
      m.version[slot] = map.standing[shard]!;
      m.bytes[slot] = BYTES.envelope;
      io.send(to, Channel.Control, Message.Drop, slot);
    });
    return isDone;
  }

  const published: RebalancerView = { isAtWork: () => unfinished.size > 0 || wanted !== undefined };
  return { step, published };
}
