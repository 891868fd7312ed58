/**
 * An election by the REAL module: peers in one process, whose messages wait for the writes that they depend on and then for the
 * network. Which write is a candidate's and which a voter's is told from the peer's role; the order of durability is the module's.
 */
import type { Random } from "../../base/random.ts";
import { createEffects, type Effect } from "../../modules/raft/effects.ts";
import { members, type Entry } from "../../modules/raft/entry.ts";
import { copyMessage, type Message } from "../../modules/raft/messages.ts";
import { DEFAULT_OPTIONS, type Options, type Timing } from "../../modules/raft/options.ts";
import { createPeer, type Peer } from "../../modules/raft/raft.ts";
import { createDueQueue } from "./due-queue.ts";
import { drawCrash, logLengths, type Conditions, type PlayElection } from "./election.ts";

interface Host {
  readonly peer: Peer;
  /** The last write that is durable. */
  synced: number;
  held: { readonly after: number; readonly message: Message }[];
}

type Happening = { readonly host: number; readonly message: Message } | { readonly host: number; readonly write: number };

/** The old leader; the survivors have the next numbers, and those down the last. */
const OLD_LEADER = 1;
const FIRST = 2;

export const electByModule: PlayElection = (conditions, streamOf, stepsMost) => {
  const draws = streamOf("draws");
  const effects = createEffects();
  const due = createDueQueue<Happening>();
  const { crash, heard } = drawCrash(conditions, draws);
  const hosts = createHosts(conditions, draws, streamOf);
  let firstTimeout = Infinity;
  /** The term of the first new leader, and who of the others has its first word. */
  let term = 0;
  const informed = new Set<number>();

  const take = (host: Host, at: number, now: number): void => {
    for (const effect of effects.list) act(host, at, now, effect);
    effects.clear();
  };

  function act(host: Host, at: number, now: number, effect: Effect): void {
    if (effect.kind === "send") {
      if (effect.after > host.synced) host.held.push({ after: effect.after, message: copyMessage(effect.message) });
      else transmit(copyMessage(effect.message), now);
    } else if (effect.kind === "became" && effect.role === "leader" && term === 0) {
      term = effect.term;
    } else if (effect.kind === "persistState" || effect.kind === "persistEntries" || effect.kind === "persistSnapshot") {
      const takes = host.peer.role() === "candidate" ? conditions.persistCandidate(draws) : conditions.persistVoter(draws);
      // Each write is on its way at once; a flush that ends makes all durable that was written before it.
      due.push(now + takes, { host: at, write: effect.write });
    }
  }

  function transmit(message: Message, now: number): void {
    const at = message.to - FIRST;
    if (message.to !== OLD_LEADER && at < hosts.length) due.push(now + conditions.oneWay(draws), { host: at, message });
  }

  function deliver(happening: Happening, now: number): void {
    const at = happening.host;
    const host = hosts[at]!;
    if ("message" in happening) {
      const { message } = happening;
      if (message.term === term && (message.kind === "append" || message.kind === "heartbeat")) informed.add(at);
      host.peer.step(now, { kind: "message", message }, effects);
    } else {
      if (happening.write <= host.synced) return;
      host.synced = happening.write;
      const free = host.held.filter(({ after }) => after <= host.synced);
      host.held = host.held.filter(({ after }) => after > host.synced);
      for (const { message } of free) transmit(message, now);
      host.peer.step(now, { kind: "synced", write: happening.write }, effects);
    }
    take(host, at, now);
  }

  heard.forEach((at, i) => {
    hosts[i]!.peer.step(at, { kind: "message", message: lastHeartbeat(i + FIRST, at) }, effects);
    effects.clear();
  });
  let now = 0;
  for (let steps = 0; steps < stepsMost; steps += 1) {
    const expired = firstDue(hosts);
    const timerAt = hosts[expired]!.peer.deadline();
    if (due.nextAt() <= timerAt) {
      now = due.nextAt();
      deliver(due.pop(), now);
    } else {
      now = timerAt;
      firstTimeout = Math.min(firstTimeout, now);
      hosts[expired]!.peer.step(now, { kind: "timer" }, effects);
      take(hosts[expired]!, expired, now);
    }
    const isOver = (informed.size === hosts.length - 1 && term > 0) || now - crash >= conditions.patience;
    if (isOver) {
      const terms = (term > 0 ? term : hosts[0]!.peer.term()) - OLD_TERM;
      return { downtime: Math.min(now - crash, conditions.patience), firstTimeout: firstTimeout - crash, terms, steps };
    }
  }
  return undefined;
};

const OLD_TERM = 1;

function createHosts(conditions: Conditions, draws: Random, streamOf: (purpose: string) => Random): readonly Host[] {
  const { servers, tick } = conditions;
  const membership = members(Array.from({ length: servers }, (_, i) => i + 1));
  const snapshot = { index: 0, term: 0, membership, size: 0 };
  return logLengths(conditions).map((length, i) => {
    const options = optionsOf(conditions, tick === 0 ? 0 : draws.below(tick));
    const entries = LOG.slice(0, length);
    const durable = { term: OLD_TERM, vote: OLD_LEADER, snapshot, entries };
    const id = i + FIRST;
    return { peer: createPeer(id, options, durable, 0, streamOf(`server ${id}`)), synced: 0, held: [] };
  });
}

/** More than any log of an election here. */
const LOG: readonly Entry[] = Array.from({ length: 128 }, () => ({ kind: "noop", term: OLD_TERM, size: 16 }));

function optionsOf({ tick, electionMin, electionMax, heartbeat, preVote, checkQuorum }: Conditions, phase: number): Options {
  const timing: Timing =
    tick === 0
      ? { kind: "exact", electionMin, electionMax, heartbeat }
      : { kind: "ticks", tick, phase, electionMin: electionMin / tick, electionMax: electionMax / tick, heartbeat: heartbeat / tick };
  return { ...DEFAULT_OPTIONS, timing, preVote, checkQuorum };
}

function lastHeartbeat(to: number, sentAt: number): Message {
  return { kind: "heartbeat", from: OLD_LEADER, to, term: OLD_TERM, commit: 0, round: 1, sentAt };
}

function firstDue(hosts: readonly Host[]): number {
  let first = 0;
  for (let i = 1; i < hosts.length; i += 1) if (hosts[i]!.peer.deadline() < hosts[first]!.peer.deadline()) first = i;
  return first;
}
