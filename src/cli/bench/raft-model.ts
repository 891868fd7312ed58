/**
 * Raft groups of five that commit entries, as little around them as can be: messages wait in one queue and arrive at once, disks take
 * no time, and an entry is proposed only when the one before has reached all. What is measured is the module, and the copies and
 * reports that any caller owes it.
 */
import type { Random } from "../../base/random.ts";
import { copyMessage, createEffects, createPeer, DEFAULT_OPTIONS, members, newDurable } from "../../modules/raft/index.ts";
import type { Effect, Effects, Message, Options, Peer } from "../../modules/raft/index.ts";
import { createStream } from "../../simulator/kernel/random.ts";
import { playCurves } from "../../study/verify/raft.ts";
import type { Timed } from "./models.ts";
import { createWatch, type Watch } from "./raft-watch.ts";

const SIZE = 5;
const LEADER = 1;
/** A caller takes snapshots now and then, or logs would grow without end. */
const COMPACT_EVERY = 100;
const OPTIONS: Options = { ...DEFAULT_OPTIONS, preVote: false };

interface Group {
  readonly peers: readonly Peer[];
  readonly watch: Watch | undefined;
  committed: number;
}

/** Commits so many entries, in turn in each group. `check` is the number of entries that leaders have committed, for each that was asked. */
export function commitEntries(groups: number, entries: number, isWatched: boolean): Timed {
  createGroups(groups, isWatched)(Math.ceil(entries / 4));
  const commit = createGroups(groups, isWatched);
  // Every group has met every kind of message, and its arrays have grown.
  commit(groups * COMPACT_EVERY);
  const start = process.cpuUsage();
  const check = commit(entries);
  const { user, system } = process.cpuUsage(start);
  return { count: entries, nanoseconds: ((user + system) * 1_000) / entries, check };
}

/** The curves of the paper's Figure 16, so many elections each, in a process that has done nothing before. One count: all of them. */
export function figure16(elections: number): Timed {
  const start = process.cpuUsage();
  const check = playCurves(elections);
  const { user, system } = process.cpuUsage(start);
  return { count: 1, nanoseconds: (user + system) * 1_000, check };
}

/** Groups with a leader each. Gives what commits so many entries, in turn in each group, and says how many were committed for each. */
function createGroups(count: number, isWatched: boolean): (entries: number) => number {
  const effects = createEffects();
  const random = createStream("bench/raft");
  const groups = Array.from({ length: count }, () => createGroup(random, isWatched));
  const proposal = { kind: "propose", token: 0, command: 0, size: 100 } as const;
  const turn = createTurn(effects);
  const now = OPTIONS.timing.electionMax;
  for (const group of groups) turn(group, LEADER, { kind: "timer" }, now);
  return (entries) => {
    for (const group of groups) group.committed = 0;
    for (let entry = 0; entry < entries; entry += 1) {
      const group = groups[entry % count]!;
      turn(group, LEADER, proposal, now);
      if (group.committed % COMPACT_EVERY === 0) compact(group, effects, now);
    }
    return groups.reduce((sum, { committed }) => sum + committed, 0) / entries;
  };
}

function createGroup(random: Random, isWatched: boolean): Group {
  const ids = Array.from({ length: SIZE }, (_, i) => i + 1);
  const peers = ids.map((id) => createPeer(id, OPTIONS, newDurable(members(ids)), 0, random));
  return { peers, watch: isWatched ? createWatch() : undefined, committed: 0 };
}

/** Gives one peer an input, and all peers what follows from it, until nothing is left to do. */
function createTurn(effects: Effects): (group: Group, id: number, input: Parameters<Peer["step"]>[1], now: number) => void {
  const queue: Message[] = [];
  const synced = { kind: "synced", write: 0 };
  const arrived: { kind: "message"; message: Message } = { kind: "message", message: { kind: "timeoutNow", from: 0, to: 0, term: 0 } };
  const step = (group: Group, id: number, input: Parameters<Peer["step"]>[1], now: number): void => {
    const peer = group.peers[id - 1]!;
    group.watch?.before(peer);
    peer.step(now, input, effects);
    let written = 0;
    const { list } = effects;
    for (let i = 0; i < list.length; i += 1) written = take(group, peer, list[i]!, written);
    effects.clear();
    group.watch?.after(peer);
    if (written === 0) return;
    synced.write = written;
    step(group, id, synced as Parameters<Peer["step"]>[1], now);
  };
  const take = (group: Group, peer: Peer, effect: Effect, written: number): number => {
    group.watch?.effect(peer, effect);
    switch (effect.kind) {
      case "send":
        // The disk takes no time: what it waits for is durable before anything else is looked at.
        queue.push(copyMessage(effect.message));
        return written;
      case "persistEntries":
      case "persistState":
      case "persistSnapshot":
        return effect.write;
      case "commit":
        if (peer.id === LEADER) group.committed += effect.entries.length;
        return written;
      default:
        return written;
    }
  };
  return (group, id, input, now) => {
    step(group, id, input, now);
    for (let i = 0; i < queue.length; i += 1) {
      arrived.message = queue[i]!;
      step(group, arrived.message.to, arrived, now);
    }
    queue.length = 0;
  };
}

function compact({ peers }: Group, effects: Effects, now: number): void {
  for (const peer of peers) {
    if (peer.compactable() > peer.baseIndex()) peer.step(now, { kind: "compact", index: peer.compactable(), size: 0 }, effects);
    effects.clear();
  }
}
