/**
 * The race for a key that is gone (Patroni's `_is_healthiest_node`): an agent asks the others how far they are, over their REST
 * interface, and tries to take the key unless the primary lives, somebody is ahead, or it lags too far itself. Who is as far as
 * another races too: the key goes to one.
 */
import { Channel, type Io } from "../../../../base/machine.ts";
import { seconds } from "../../../../base/time.ts";
import { serversIn } from "../../contracts.ts";
import { BYTES, Message } from "../../messages.ts";
import { letter } from "../../letters.ts";
import { type Notes, type Position, type ShardNotes } from "./notes.ts";

/** Patroni waits so long for another agent's answer (ha.py, `fetch_node_status`: timeout 2). */
export const STATUS_TIMEOUT = seconds(2);

export interface Race {
  readonly begin: (of: ShardNotes, io: Io) => void;
  /** The own database tells how far it is. */
  readonly own: (of: ShardNotes, position: Position, io: Io) => void;
  /** Another agent does. */
  readonly told: (of: ShardNotes, server: number, position: Position, token: number, io: Io) => void;
  /** Another agent does not run. */
  readonly unreachable: (of: ShardNotes, server: number, io: Io) => void;
  /** Nobody is waited for any longer. */
  readonly timeUp: (of: ShardNotes, io: Io) => void;
}

interface Runner {
  readonly awaited: Set<number>;
  readonly told: Position[];
  own: Position | undefined;
}

/** `askOwn` asks the own database; `lock` tries to take the key. `timer`: a timer of the shard's own. */
export function createRace(
  notes: Notes,
  parts: {
    readonly askOwn: (of: ShardNotes, io: Io) => void;
    readonly lock: (of: ShardNotes, isOwn: boolean, io: Io) => void;
    readonly timer: (of: ShardNotes) => number;
  },
): Race {
  const runners = new Map<number, Runner>();

  function end(of: ShardNotes, io: Io): void {
    runners.delete(of.shard);
    io.cancelTimer(parts.timer(of));
    of.phase = "following";
  }

  function lags({ status }: ShardNotes, { index }: Position): boolean {
    return (status.until - index) * (status.who + BYTES.entry) > notes.options.maximumLagOnFailover;
  }

  function decide(of: ShardNotes, runner: Runner, io: Io): void {
    const { own, told } = runner;
    if (own === undefined) return;
    end(of, io);
    if (own.index < 0 || lags(of, own) || told.some((other) => isAhead(other, own))) return;
    parts.lock(of, false, io);
  }

  return {
    begin: (of, io) => {
      const { shard } = of;
      const { map, server } = notes;
      const others = serversIn(map.replicas[shard]!, map.standing[shard]!).filter((other) => other !== server);
      of.phase = "racing";
      of.token = notes.nextToken();
      runners.set(shard, { awaited: new Set(others), told: [], own: undefined });
      io.fact({ kind: "actionable", server: map.owners[shard]!, shard, by: notes.name });
      io.setTimer(parts.timer(of), STATUS_TIMEOUT);
      parts.askOwn(of, io);
      for (const other of others) io.send(notes.agentOn(other), Channel.Control, Message.AskStatus, letter(io, { shard, time: of.token }));
    },
    own: (of, position, io) => {
      const runner = runners.get(of.shard);
      if (runner === undefined) return;
      runner.own = position;
      if (runner.awaited.size === 0) decide(of, runner, io);
    },
    told: (of, server, position, token, io) => {
      const runner = runners.get(of.shard);
      if (runner === undefined || token !== of.token || !runner.awaited.delete(server)) return;
      if (position.isPrimary) return end(of, io);
      runner.told.push(position);
      if (runner.awaited.size === 0) decide(of, runner, io);
    },
    unreachable: (of, server, io) => {
      const runner = runners.get(of.shard);
      if (runner?.awaited.delete(server) === true && runner.awaited.size === 0) decide(of, runner, io);
    },
    timeUp: (of, io) => {
      const runner = runners.get(of.shard);
      if (runner === undefined) return;
      if (runner.own === undefined) end(of, io);
      else decide(of, runner, io);
    },
  };
}

/** By epoch of the last entry, then its place. */
const isAhead = (one: Position, other: Position): boolean =>
  one.epoch !== other.epoch ? one.epoch > other.epoch : one.index > other.index;
