/**
 * The lease agent of one server (Patroni's `Ha.run_cycle`): once in `loopWait`, and whenever a key of its shards changes, it
 * looks at the keys, renews its session, and does what the keys say: lead, follow, or race (race.ts) and take over (taking.ts).
 *
 * It stops its own database when it cannot renew within `retryTimeout`, when its session is over, when another holds the key,
 * and at the latest when the session's time is up by its own clock, counted from when it was last asked for: the service counts
 * from later. After a pause that is the first thing it sees. Nothing stops the database while the agent itself stands still.
 */
import type { HostId, MachineId, ServerId } from "../../../../base/ids.ts";
import { ChildChange, Channel, ConnectionChange, Is, type Input, type Io, type Machine } from "../../../../base/machine.ts";
import { seconds, type Duration } from "../../../../base/time.ts";
import type { KeysSeen, PartContext } from "../../contracts.ts";
import { Message, Standing } from "../../messages.ts";
import { createFailsafe } from "./failsafe.ts";
import { letter } from "../../letters.ts";
import { createNotes, isHolding, type LeaseOptions, type ShardNotes } from "./notes.ts";
import { createRace } from "./race.ts";
import { createTaking } from "./taking.ts";

const Timer = { Cycle: 0, Failed: 1, Lapse: 2, Again: 3, Start: 4, Failsafe: 5, FirstShard: 8 } as const;
/** Requests that were not answered are made again after this, to another member if there is one. */
const ASK_AGAIN = seconds(1);
/** The process that agents live in. */
export const AGENT_PROCESS = "agent";
/** A database that could not be started is started again after this. */
const START_AGAIN = seconds(1);

export function createLeaseAgent(
  host: HostId,
  context: PartContext,
  options: LeaseOptions,
  agentOn: (server: ServerId) => MachineId,
): Machine {
  const notes = createNotes(host, context, options, agentOn);
  const { shards, server } = notes;
  const database = context.processOn("database", host);
  /** Leaders' keys first, of which changes are heard; then where leaders write down how far they are. */
  const keys = [...shards.map(({ shard }) => shard), ...shards.map(({ shard }) => context.shards + shard)];
  let startedAt = 0;
  /** What the round under way waits for. */
  let waits: "nothing" | "keys" | "session" | "failsafe" = "nothing";
  let askedAt = 0;
  let nextRun = 0;
  let isWoken = false;
  /** Until then it leads by failsafe mode. */
  let safeUntil = -1;
  /** Since when the database is down; and that this agent stopped it. */
  let downSince = 0;
  let wasStopped = false;
  /** Questions for the own database on behalf of others: token -> who asked, for what. */
  const relays = new Map<number, { readonly to: MachineId; readonly shard: number; readonly token: number }>();
  let relay = 0;

  const timerOf = (of: ShardNotes): number => Timer.FirstShard + shards.indexOf(of);
  const isPrimary = (of: ShardNotes, io: Io): boolean =>
    (io.view(of.replica) as { isPrimary: () => boolean } | undefined)?.isPrimary() === true;
  const taking = createTaking(notes, (of, io) => notes.isUp && isPrimary(of, io));
  const race = createRace(notes, { askOwn, lock: taking.lock, timer: timerOf });
  const failsafe = createFailsafe(notes, Timer.Failsafe);

  function step(input: Input, io: Io): void {
    switch (input.kind) {
      case Is.Start:
        notes.begin(input.incarnation);
        startedAt = io.now();
        downSince = startedAt;
        nextRun = startedAt;
        io.process("start", database);
        return cycle(io);
      case Is.Timer:
        return timer(input.id, io);
      case Is.Child:
        return child(input.change === ChildChange.Up, io);
      case Is.Message:
        return receive(input, io);
      case Is.Connection:
        // Its host refuses at once: nobody need be waited for.
        if (input.change !== ConnectionChange.Opened)
          for (const { id } of context.servers)
            if (context.processOn(AGENT_PROCESS, id as number as HostId) === input.peer)
              for (const of of shards) race.unreachable(of, id, io);
        return;
      default:
        return;
    }
  }

  function timer(id: number, io: Io): void {
    switch (id) {
      case Timer.Cycle:
        return cycle(io);
      case Timer.Failed:
        return failed(io);
      case Timer.Lapse:
        if (notes.leadsAny()) demote("its lease ran out", "kill", io);
        return;
      case Timer.Again:
        return again(io);
      case Timer.Start:
        return notes.isUp ? undefined : io.process("start", database);
      case Timer.Failsafe:
        return failsafeEnded(false, io);
      default:
        return race.timeUp(shards[id - Timer.FirstShard]!, io);
    }
  }

  // The round.

  function cycle(io: Io): void {
    if (waits !== "nothing") {
      isWoken = true;
      return;
    }
    waits = "keys";
    askedAt = io.now();
    ask(io);
    io.setTimer(Timer.Failed, options.retryTimeout);
    io.setTimer(Timer.Again, ASK_AGAIN);
  }

  function ask(io: Io): void {
    if (waits === "keys") {
      const slot = letter(io, { count: shards.length, time: askedAt });
      io.messages.payload[slot] = keys;
      io.send(context.metadata(), Channel.Control, Message.LookAtKeys, slot);
    } else if (waits === "session") {
      if (notes.session > 0)
        io.send(context.metadata(), Channel.Control, Message.KeepAlive, letter(io, { key: notes.session, time: askedAt }));
      else io.send(context.metadata(), Channel.Control, Message.OpenSession, letter(io, { until: options.ttl, time: askedAt }));
    }
  }

  function again(io: Io): void {
    ask(io);
    let isBusy = waits === "keys" || waits === "session";
    for (const of of shards) {
      if (of.phase !== "locking" && (!isHolding(of.phase) || of.phase === "leading")) continue;
      isBusy = true;
      taking.again(of, io);
    }
    if (isBusy) io.setTimer(Timer.Again, ASK_AGAIN);
  }

  function seen(slot: number, io: Io): void {
    const m = io.messages;
    if (waits !== "keys" || m.time[slot] !== askedAt) return;
    const { map, keys: found } = m.payload[slot] as KeysSeen;
    notes.map = { ...map, claimed: map.claimed.map((epoch, shard) => Math.max(epoch, notes.map.claimed[shard]!)) };
    shards.forEach((of, place) => {
      if (of.phase !== "locking") of.key = found[place]!;
      of.status = found[shards.length + place]!;
      if (of.key.revision > 0) of.wasLed = true;
    });
    if (shards.some(({ phase, key }) => isHolding(phase) && key.revision > 0 && key.session !== notes.session)) {
      demote("another holds the key", "kill", io);
    }
    waits = "session";
    askedAt = io.now();
    ask(io);
    io.setTimer(Timer.Failed, options.retryTimeout);
  }

  function kept(slot: number, io: Io): void {
    const m = io.messages;
    if (waits !== "session" || m.key[slot] !== notes.session) return;
    if (m.outcome[slot] === 1) return renewed(m.time[slot]!, io);
    notes.session = 0;
    // A leader that stayed by failsafe mode takes its key again.
    if (notes.leadsAny() && io.now() >= safeUntil) demote("its session is over", "kill", io);
    askedAt = io.now();
    ask(io);
  }

  function opened(slot: number, io: Io): void {
    const m = io.messages;
    if (waits !== "session" || notes.session > 0 || m.time[slot] !== askedAt) return;
    notes.session = m.key[slot]!;
    renewed(m.time[slot], io);
  }

  /** The session lives as counted from when it was asked. */
  function renewed(at: number, io: Io): void {
    notes.heldUntil = Math.max(notes.heldUntil, at + options.ttl);
    io.setTimer(Timer.Lapse, Math.max(0, notes.heldUntil - io.now()) as Duration);
    waits = "nothing";
    if (!notes.isUp) io.process("start", database);
    for (const of of shards) attend(of, io);
    rest(io);
  }

  /** The metadata service did not answer within `retryTimeout`. */
  function failed(io: Io): void {
    if (!notes.leadsAny()) return rest(io);
    if (!options.failsafeMode || waits === "failsafe") {
      demote("it could not renew its lease in time", "stop", io);
      return rest(io);
    }
    waits = "failsafe";
    io.cancelTimer(Timer.Again);
    if (failsafe.begin(io)) failsafeEnded(true, io);
  }

  function failsafeEnded(isSafe: boolean, io: Io): void {
    if (waits !== "failsafe") return;
    io.cancelTimer(Timer.Failsafe);
    if (!isSafe) demote("it could not renew its lease, nor reach all others", "stop", io);
    else {
      safeUntil = io.now() + options.ttl;
      notes.heldUntil = Math.max(notes.heldUntil, safeUntil);
      io.setTimer(Timer.Lapse, options.ttl);
    }
    rest(io);
  }

  /** The round is over; the next is due a `loopWait` after this one was, at once if something woke it. */
  function rest(io: Io): void {
    const isFirst = nextRun === startedAt;
    waits = "nothing";
    io.cancelTimer(Timer.Failed);
    nextRun = isFirst ? io.now() + 1 + Math.floor(io.random("phase").uniform() * options.loopWait) : nextRun + options.loopWait;
    if (isWoken || nextRun <= io.now()) nextRun = io.now();
    isWoken = false;
    io.setTimer(Timer.Cycle, Math.max(1, nextRun - io.now()) as Duration);
  }

  function wake(io: Io): void {
    if (waits === "nothing") nextRun = io.now();
    cycle(io);
  }

  // One shard.

  function attend(of: ShardNotes, io: Io): void {
    const { key } = of;
    if (!notes.isUp) return giveUp(of, io);
    if (key.revision === 0) {
      const isOwner = notes.map.owners[of.shard] === server;
      if (isOwner && (of.phase === "leading" || (of.phase === "following" && isPrimary(of, io)))) return taking.lock(of, true, io);
      if (of.phase === "following" && isPrimary(of, io)) return depose(of, io);
      // A shard that nobody has led yet is its first primary's.
      const isNew = !of.wasLed && io.now() - startedAt < options.ttl;
      if (of.phase === "following" && !isNew && !failsafe.isOn(io)) race.begin(of, io);
      return;
    }
    // Its agent was away, and another took the key meanwhile.
    if (key.who !== server) return of.phase === "following" && isPrimary(of, io) ? depose(of, io) : undefined;
    // The key of an earlier incarnation of this agent, or session: Patroni goes by the name.
    if (key.session !== notes.session) {
      if (of.phase === "following") taking.lock(of, true, io);
    } else if (of.phase === "following") taking.lead(of, true, io);
    else if (of.phase === "leading") askOwn(of, io);
  }

  /** The database has been down for too long: somebody else is to lead. */
  function giveUp(of: ShardNotes, io: Io): void {
    if (!notes.holds(of, io) || io.now() - downSince < options.primaryStartTimeout) return;
    of.phase = "following";
    const release = letter(io, { key: of.shard, version: of.key.revision, who: -1, time: notes.nextToken() });
    io.send(context.metadata(), Channel.Control, Message.CompareAndSet, release);
  }

  /** The database leads, and this agent has no key for it. */
  function depose(of: ShardNotes, io: Io): void {
    io.fact({ kind: "demoted", shard: of.shard, epoch: notes.map.epochs[of.shard]!, server, reason: "another has led since" });
    demote("it is stopped with another shard's", "kill", io);
  }

  function demote(reason: string, how: "stop" | "kill", io: Io): void {
    for (const of of shards) {
      if (!isHolding(of.phase)) continue;
      if (of.phase !== "claiming") io.fact({ kind: "demoted", shard: of.shard, epoch: notes.map.epochs[of.shard]!, server, reason });
      of.phase = "following";
    }
    notes.heldUntil = -1;
    if (!notes.isUp) return;
    wasStopped = true;
    io.process(how, database);
  }

  function child(isUp: boolean, io: Io): void {
    const wasUp = notes.isUp;
    notes.isUp = isUp;
    if (!isUp) return down(wasUp, io);
    if (wasUp) return;
    for (const of of shards) if (of.phase === "following" && notes.holds(of, io)) taking.lead(of, true, io);
  }

  function down(wasUp: boolean, io: Io): void {
    if (wasUp) {
      downSince = io.now();
      for (const of of shards) if (of.phase !== "locking") of.phase = "following";
    }
    // What this agent stopped it starts again, as a standby; a crash it sees in its next round.
    if (wasStopped) io.process("start", database);
    else if (!wasUp) io.setTimer(Timer.Start, START_AGAIN);
    wasStopped = false;
  }

  // Positions: of the own database, for this agent and for others.

  function askOwn(of: ShardNotes, io: Io): void {
    askDatabase(of, io.self(), 0, io);
  }

  function askDatabase(of: ShardNotes, to: MachineId, token: number, io: Io): void {
    relay = (relay % 1_000_000) + 1;
    relays.set(relay, { to, shard: of.shard, token });
    io.send(of.replica, Channel.Control, Message.AskPosition, letter(io, { shard: of.shard, epoch: relay }));
  }

  function position(slot: number, io: Io): void {
    const m = io.messages;
    const asked = relays.get(m.epoch[slot]!);
    if (asked === undefined) return;
    relays.delete(m.epoch[slot]!);
    const [index, epoch, bytes] = [m.index[slot]!, m.until[slot]!, m.demand[slot]!];
    const count = m.outcome[slot] === Standing.Primary ? 1 : 0;
    if (asked.to !== io.self()) return sendStatus(asked.to, asked.shard, asked.token, [index, epoch, count], io);
    const of = notes.find(asked.shard)!;
    if (of.phase === "leading") return writeDown(of, index, bytes, io);
    race.own(of, { index, epoch, isPrimary: count === 1 }, io);
  }

  /** How far the leader is, for those that would follow it (Patroni's /status). */
  function writeDown(of: ShardNotes, index: number, bytes: number, io: Io): void {
    const fields = {
      key: context.shards + of.shard,
      version: of.status.revision,
      who: Math.round(bytes),
      until: index,
      time: notes.nextToken(),
    };
    io.send(context.metadata(), Channel.Control, Message.CompareAndSet, letter(io, fields));
  }

  function sendStatus(to: MachineId, shard: number, token: number, [index, until, count]: readonly [number, number, number], io: Io): void {
    io.send(to, Channel.Control, Message.StatusIs, letter(io, { shard, who: server, index, until, count, time: token }));
  }

  function receive(input: Input, io: Io): void {
    const m = io.messages;
    const { slot, from } = input;
    const of = notes.find(m.shard[slot]!);
    switch (input.message) {
      case Message.KeysAre:
        return seen(slot, io);
      case Message.KeyIs:
        // A leader's key has changed: as Patroni, which is woken by its watch. Who took it itself sleeps on.
        return m.time[slot] === -1 && m.who[slot] !== server ? wake(io) : undefined;
      case Message.KeptAlive:
        return kept(slot, io);
      case Message.SessionOpened:
        return opened(slot, io);
      case Message.WasSet: {
        const locked = notes.find(m.key[slot]!);
        return locked === undefined ? undefined : taking.wasSet(locked, slot, io);
      }
      case Message.Position:
        return position(slot, io);
      case Message.AskStatus:
        if (of === undefined) return;
        if (notes.isUp) return askDatabase(of, from, m.time[slot]!, io);
        return sendStatus(from, of.shard, m.time[slot]!, [-1, 0, 0], io);
      case Message.Failsafe:
        return failsafe.heard(m.until[slot]!, m.time[slot]!, from, io);
      case Message.FailsafeHeard:
        return failsafe.confirmed(m.who[slot]!, m.time[slot]!) ? failsafeEnded(true, io) : undefined;
      default:
        return of === undefined ? undefined : forShard(of, input, io);
    }
  }

  function forShard(of: ShardNotes, { message, slot }: Input, io: Io): void {
    const m = io.messages;
    switch (message) {
      case Message.StatusIs: {
        const told = { index: m.index[slot]!, epoch: m.until[slot]!, isPrimary: m.count[slot] === 1 };
        return race.told(of, m.who[slot]!, told, m.time[slot]!, io);
      }
      case Message.Claimed:
        return taking.claimed(of, slot, io);
      case Message.Promoted:
        return taking.promoted(of, slot, io);
      case Message.Committed:
        return taking.committed(of, slot, io);
      default:
        return;
    }
  }

  return { step };
}
