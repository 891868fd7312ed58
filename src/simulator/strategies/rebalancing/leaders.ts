/**
 * Leader balancing: where replicas elect their leaders, elections leave them where they fall, and a server that was away for
 * a while comes back to none. One balancer looks at the map once in an interval; if the fullest server leads more than a
 * share above the mean, leaders are asked to hand over (dissertation section 3.10), a few at a time, until all lead alike.
 *
 * Kafka: `leader.imbalance.per.broker.percentage` 10, `leader.imbalance.check.interval.seconds` 300
 * (ReplicationConfigs.java); PD: `leader-schedule-limit` 4 transfers at once (pkg/schedule/config/config.go). Neither
 * promises more than that leaders are even in number: a leader's load is not looked at.
 */
import type { ServerId, ShardId } from "../../../base/ids.ts";
import { Channel, Is, type Io, type Machine } from "../../../base/machine.ts";
import { milliseconds, seconds, type Duration } from "../../../base/time.ts";
import { serversIn, type MachinePlan, type MapSnapshot, type PartContext } from "../contracts.ts";
import { BYTES, Message } from "../messages.ts";
import { createWatching } from "./watching.ts";

export interface LeaderBalancingOptions {
  readonly interval: Duration;
  /** Above the mean by more than this share, the fullest server sets it off. */
  readonly threshold: number;
  /** Hand-overs under way at once. */
  readonly atOnce: number;
}

const Timer = { Look: 0, Watch: 1, Ping: 2, Overdue: 3 } as const;
const WATCH_AGAIN = seconds(5);
const PING_EVERY = seconds(1);
/** A hand-over of which the map shows nothing after so long has failed; the shard is left alone until the next look. */
const PATIENCE = seconds(3);
const OVERDUE_EVERY = milliseconds(500);

export function leaderBalancingPlan(options: LeaderBalancingOptions): MachinePlan {
  return {
    name: "leader balancer",
    on: { kind: "role", role: "rebalancer" },
    process: "rebalancer",
    create: (_host, context) => createLeaderBalancer(context, options),
  };
}

function createLeaderBalancer(context: PartContext, { interval, threshold, atOnce }: LeaderBalancingOptions): Machine {
  const watching = createWatching(context, Timer.Ping, PING_EVERY);
  let map: MapSnapshot = context.initialMap();
  let isAtWork = false;
  /** Hand-overs under way: shard -> to whom, and until when it may take. */
  const moving = new Map<number, { readonly to: ServerId; readonly until: number }>();
  /** Shards whose hand-over failed since the last look. */
  const failed = new Set<number>();

  function watch(io: Io): void {
    const slot = io.message();
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(context.metadata(), Channel.Control, Message.Watch, slot);
    io.setTimer(Timer.Watch, context.watchAgain ?? WATCH_AGAIN);
  }

  /** How many shards each server that answers leads, those under way counted where they go. */
  function counts(): Map<ServerId, number> {
    const leads = new Map<ServerId, number>();
    for (let shard = 0; shard < context.shards; shard += 1)
      for (const server of standing(shard)) if (watching.isHeard(server) && !leads.has(server)) leads.set(server, 0);
    for (let shard = 0; shard < context.shards; shard += 1) {
      const leader = moving.get(shard)?.to ?? (map.owners[shard]! as ServerId);
      const before = leads.get(leader);
      if (before !== undefined) leads.set(leader, before + 1);
    }
    return leads;
  }

  const standing = (shard: number): readonly ServerId[] => serversIn(map.replicas[shard]!, map.standing[shard]!);

  function look(io: Io): void {
    io.setTimer(Timer.Look, interval);
    failed.clear();
    const leads = [...counts().values()];
    const mean = leads.reduce((sum, count) => sum + count, 0) / leads.length;
    isAtWork = leads.length > 0 && Math.max(...leads) > mean * (1 + threshold);
    proceed(io);
  }

  /** Begins what may begin now: from the fullest to the emptiest, as long as that makes them more alike. */
  function proceed(io: Io): void {
    if (!isAtWork) return;
    while (moving.size < atOnce) {
      const next = nextMove(counts());
      if (next === undefined) {
        isAtWork = moving.size > 0;
        return;
      }
      const [shard, to] = next;
      moving.set(shard, { to, until: io.now() + PATIENCE });
      io.setTimer(Timer.Overdue, OVERDUE_EVERY);
      const slot = io.message();
      io.messages.shard[slot] = shard;
      io.messages.who[slot] = to;
      io.messages.bytes[slot] = BYTES.envelope;
      const leader = context.replicaMachine(shard as ShardId, map.owners[shard]! as ServerId);
      io.send(leader, Channel.Control, Message.TransferLeader, slot);
    }
  }

  function nextMove(leads: ReadonlyMap<ServerId, number>): readonly [shard: number, to: ServerId] | undefined {
    let best: readonly [number, ServerId] | undefined;
    let most = 1;
    for (let shard = 0; shard < context.shards; shard += 1) {
      if (moving.has(shard) || failed.has(shard)) continue;
      const from = leads.get(map.owners[shard]! as ServerId);
      if (from === undefined) continue;
      for (const to of standing(shard)) {
        const difference = from - (leads.get(to) ?? Infinity);
        if (difference <= most) continue;
        most = difference;
        best = [shard, to];
      }
    }
    return best;
  }

  function learn(news: MapSnapshot, io: Io): void {
    map = news;
    for (const [shard, { to }] of moving) if (map.owners[shard] === to) moving.delete(shard);
    proceed(io);
  }

  function overdue(io: Io): void {
    for (const [shard, { until }] of moving) {
      if (io.now() < until) continue;
      moving.delete(shard);
      failed.add(shard);
    }
    if (moving.size > 0) io.setTimer(Timer.Overdue, OVERDUE_EVERY);
    proceed(io);
  }

  return {
    step: (input, io) => {
      if (input.kind === Is.Start) {
        watching.start(io);
        io.setTimer(Timer.Look, Math.max(1, Math.floor(io.random("look").uniform() * interval)) as Duration);
        return watch(io);
      }
      if (input.kind === Is.Timer) {
        if (input.id === Timer.Look) return look(io);
        if (input.id === Timer.Watch) return watch(io);
        return input.id === Timer.Ping ? watching.ping(io) : overdue(io);
      }
      if (input.kind !== Is.Message) return;
      if (input.message === Message.Pong) watching.heard(input.from, io);
      if (input.message === Message.Map) learn(io.messages.payload[input.slot] as MapSnapshot, io);
    },
  };
}
