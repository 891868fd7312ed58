/**
 * A sentinel, as Redis Sentinel 7 has it (src/sentinel.c): it pings servers and other sentinels, asks replicas how they
 * stand (INFO), and says hello over all of them; holds a primary subjectively down after `downAfter` without an answer,
 * objectively once a quorum of sentinels says so; then seeks to be elected and leads the failover. Everything happens at
 * runs of one timer, whose rate changes at each run, or in answers.
 *
 * A shard's replica is what Redis calls an instance. Those on one server are one process here: they share connection,
 * pings and the subjective verdict, which outlive a change of primary; INFO, votes and failovers are each shard's own.
 *
 * link.ts is a connection, master.ts one shard, voting.ts the election, procedure.ts the failover, selection.ts the
 * choice, saving.ts what survives a crash, news.ts what clients are told, hello.ts what sentinels tell one another.
 */
import type { MachineId, ServerId, ShardId } from "../../../../base/ids.ts";
import { Channel, ConnectionChange, Is, type Input, type Io, type Machine } from "../../../../base/machine.ts";
import { milliseconds } from "../../../../base/time.ts";
import type { PartContext } from "../../contracts.ts";
import { BYTES, Message, Standing } from "../../messages.ts";
import { untilNextRun } from "../redis-loop.ts";
import { createSaving, wallMilliseconds, type Disk } from "../saving.ts";
import { helloBytes, helloOf, type Hello } from "./hello.ts";
import { createLink, heard, isPingDue, isSoundFor, isStuck, judge, pinged, reconnects, type Link } from "./link.ts";
import { advance, announced, createTold, isFailingOver, Reconfigured, reset, startFrom, Step, type Master, type Told } from "./master.ts";
import { createNews } from "./news.ts";
import { createProcedure } from "./procedure.ts";
import { ASK_PERIOD, HELLO_PERIOD, HERTZ, INFO_PERIOD, INFO_PERIOD_DOWN, PING_PERIOD, TILT_PERIOD, TILT_TRIGGER } from "./settings.ts";
import type { SentinelSettings } from "./settings.ts";
import { leaderOf, vote, type Electorate } from "./voting.ts";

const Timer = { Tick: 0 } as const;
/** First run of the timer, after a start. */
const TICK = 100;

/** What a sentinel has in its configuration file. */
export interface Saved {
  readonly epoch: number;
  readonly masters: readonly Pick<Master, "owner" | "configEpoch" | "leader" | "leaderEpoch">[];
}

export function createSentinel(context: PartContext, ordinal: number, settings: SentinelSettings, disk: Disk<Saved>): Machine {
  const name = `sentinel ${ordinal}`;
  const self = ordinal - 1;
  const sentinels = context.controllers("sentinel");
  const { downAfter } = settings;
  const initial = context.initialMap();
  let epoch = disk.saved?.epoch ?? 1;
  let now = 0;
  let tickedAt = 0;
  let tiltedAt = -Infinity;
  let round = 0;
  const servers: Link[] = [];
  const others: (Link | undefined)[] = [];
  /** In which round of the timer a server's link was looked after. */
  const lookedAfter: number[] = [];
  const masters: Master[] = [];
  for (let shard = 0; shard < context.shards; shard += 1) masters.push(createMaster(shard));

  const saving = createSaving(disk, (): Saved => ({
    epoch,
    masters: masters.map(({ owner, configEpoch, leader, leaderEpoch }) => ({ owner, configEpoch, leader, leaderEpoch })),
  }));
  const news = createNews(context, masters);
  let acting: Io | undefined;
  const electorate: Electorate = {
    self,
    sentinels: sentinels.length,
    quorum: settings.quorum ?? Math.floor(sentinels.length / 2) + 1,
    epoch: () => epoch,
    raise: (to) => raise(to, acting!),
    yielded: (master) => {
      master.startAt = startFrom(now, acting!.random("start").uniform());
    },
    save: () => saving.save(acting!),
  };
  const procedure = createProcedure({
    context,
    name,
    settings,
    self,
    linkOf: (server) => servers[server]!,
    leaderOf: (master) => leaderOf(master, master.failoverEpoch, electorate),
    nextEpoch: () => (epoch += 1),
  });

  function createMaster(shard: number): Master {
    const saved = disk.saved?.masters[shard];
    return {
      shard,
      owner: saved?.owner ?? initial.owners[shard]!,
      configEpoch: saved?.configEpoch ?? initial.epochs[shard]!,
      leader: saved?.leader ?? -1,
      leaderEpoch: saved?.leaderEpoch ?? 0,
      isObjectivelyDown: false,
      step: Step.None,
      stepAt: 0,
      failoverEpoch: 0,
      startAt: -Infinity,
      promoted: -1,
      told: new Map<number, Told>(),
      words: [],
    };
  }

  function step(input: Input, io: Io): void {
    now = wallMilliseconds(io);
    acting = io;
    switch (input.kind) {
      case Is.Start:
        return start(input.incarnation === 0, io);
      case Is.Message:
        return receive(input, io);
      case Is.Timer:
        return tick(io);
      case Is.Synced:
        return saving.synced(input.id, io);
      case Is.Connection:
        if (input.change !== ConnectionChange.Opened) return broken(input.peer);
        return;
      default:
        return;
    }
  }

  /** At the beginning of a run sentinels have long been there: their periods are at any phase. Later they connect anew. */
  function start(isOld: boolean, io: Io): void {
    const draws = io.random("phase");
    const age = (period: number): number => Math.floor(draws.uniform() * period);
    const ages = (): { ping: number; hello: number } | undefined =>
      isOld ? { ping: age(PING_PERIOD), hello: age(HELLO_PERIOD) } : undefined;
    for (let server = 0; server < context.servers.length; server += 1)
      servers.push(createLink(context.agentMachine(server as ServerId), now, ages()));
    sentinels.forEach((machine, other) => others.push(other === self ? undefined : createLink(machine, now, ages())));
    for (const master of masters) {
      for (const server of context.replicasOf(master.shard as ShardId))
        master.told.set(server, createTold(now, master.owner, server === master.owner, isOld ? now - age(INFO_PERIOD) : 0));
      master.words.push(
        ...others.map((other) => (other === undefined ? undefined : { isDown: false, leader: -1, leaderEpoch: 0, repliedAt: now })),
      );
    }
    tickedAt = now;
    io.setTimer(Timer.Tick, milliseconds(draws.uniform() * TICK));
  }

  function receive(input: Input, io: Io): void {
    const m = io.messages;
    const slot = input.slot;
    switch (input.message) {
      case Message.Pong:
        return answered(input.from);
      case Message.Ping:
        return pong(input.from, m.index[slot]!, io);
      case Message.Position:
        return informed(slot, io);
      case Message.Hello:
        return greeted(m.payload[slot] as Hello, io);
      case Message.AskPrimaryState:
        return asked(slot, input.from, io);
      case Message.PrimaryState:
        return toldState(slot, input.from);
      case Message.ReadMap:
        return news.send(input.from, io);
      case Message.Watch:
        return news.watch(input.from, io);
      case Message.Reported:
        return news.reported(m.shard[slot]!, m.epoch[slot]!);
      default:
        return;
    }
  }

  // The timer.

  function tick(io: Io): void {
    if (now < tickedAt || now - tickedAt > TILT_TRIGGER) tiltedAt = now;
    tickedAt = now;
    round += 1;
    for (const master of masters) {
      lookAfter(master.owner, io);
      ask(master, master.owner, io);
      if (!isTilted()) act(master, io);
      for (const server of master.told.keys())
        if (server !== master.owner) {
          lookAfter(server, io);
          ask(master, server, io);
        }
    }
    others.forEach((link, other) => {
      if (link !== undefined) maintain(link, sentinels[other]!, io);
    });
    for (const master of masters) if (master.step === Step.Update) switchTo(master, master.promoted, io);
    news.report(now, io);
    const rest = untilNextRun(Math.floor(1000 / (HERTZ + io.random("rate").below(HERTZ))), io);
    // The process stands still while its configuration is written.
    saving.after((later) => later.setTimer(Timer.Tick, rest), io);
  }

  const isTilted = (): boolean => now - tiltedAt < TILT_PERIOD;

  function act(master: Master, io: Io): void {
    checkObjectivelyDown(master, io);
    const starts = procedure.startIfNeeded(master, now, io);
    procedure.step(master, now, io);
    // Asked for before the step, but nothing leaves while the configuration is being written: meanwhile another may start as well.
    if (starts) askOthers(master, true, io);
    askOthers(master, false, io);
  }

  /** A server's link, once a round, however many shards it has. */
  function lookAfter(server: number, io: Io): void {
    if (lookedAfter[server] === round) return;
    lookedAfter[server] = round;
    const link = servers[server]!;
    maintain(link, context.agentMachine(server as ServerId), io);
    if (isTilted()) return;
    if (isStuck(link, now, downAfter)) {
      link.isConnected = false;
      io.close(context.processOfServer(server as ServerId));
    }
    const verdict = judge(link, now, downAfter);
    if (verdict !== undefined) io.fact({ kind: verdict === "down" ? "suspected" : "retracted", server, by: name });
  }

  /** Connects anew, pings, says hello: what is due. */
  function maintain(link: Link, machine: MachineId, io: Io): void {
    if (reconnects(link, now)) ping(link, io);
    if (!link.isConnected) return;
    if (isPingDue(link, now, downAfter)) ping(link, io);
    if (now - link.helloAt > HELLO_PERIOD) sayHello(link, machine, io);
  }

  function ping(link: Link, io: Io): void {
    pinged(link, now);
    const slot = io.message();
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(link.machine, Channel.Control, Message.Ping, slot);
  }

  function sayHello(link: Link, machine: MachineId, io: Io): void {
    const server = servers.indexOf(link);
    const hello = helloOf(self, epoch, masters, (shard) => server < 0 || masters[shard]!.told.has(server));
    const slot = io.message();
    io.messages.payload[slot] = hello;
    io.messages.bytes[slot] = BYTES.envelope + helloBytes(hello);
    io.send(machine, Channel.Control, Message.Hello, slot);
    // Redis dates it by the answer; a server that does not answer is asked again at each run of the timer, in vain.
    link.helloAt = now;
  }

  /** INFO to one of a shard's replicas, if it is due. */
  function ask(master: Master, server: number, io: Io): void {
    const told = master.told.get(server)!;
    if (!servers[server]!.isConnected) return;
    const isPressing = server !== master.owner && (master.isObjectivelyDown || isFailingOver(master) || told.unlinked !== 0);
    if (told.infoAt !== 0 && now - told.infoAt <= (isPressing ? INFO_PERIOD_DOWN : INFO_PERIOD)) return;
    const slot = io.message();
    io.messages.shard[slot] = master.shard;
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(context.replicaMachine(master.shard as ShardId, server as ServerId), Channel.Control, Message.AskPosition, slot);
  }

  // Agreement.

  function checkObjectivelyDown(master: Master, io: Io): void {
    let agreed = 0;
    if (servers[master.owner]!.isDown) {
      agreed = 1;
      for (const word of master.words) if (word?.isDown === true) agreed += 1;
    }
    const isDown = agreed > 0 && agreed >= electorate.quorum;
    if (isDown && !master.isObjectivelyDown) io.fact({ kind: "actionable", server: master.owner, shard: master.shard, by: name });
    master.isObjectivelyDown = isDown;
  }

  function askOthers(master: Master, isForced: boolean, io: Io): void {
    others.forEach((link, other) => {
      const word = master.words[other];
      if (link === undefined || word === undefined) return;
      const elapsed = now - word.repliedAt;
      if (elapsed > ASK_PERIOD * 5) {
        word.isDown = false;
        word.leader = -1;
      }
      if (!servers[master.owner]!.isDown || !link.isConnected || (!isForced && elapsed < ASK_PERIOD)) return;
      const told = { shard: master.shard, owner: master.owner, epoch, who: isFailingOver(master) ? self : -1 };
      saving.after((later) => {
        const slot = later.message();
        later.messages.shard[slot] = told.shard;
        later.messages.version[slot] = told.owner;
        later.messages.epoch[slot] = told.epoch;
        later.messages.who[slot] = told.who;
        later.messages.bytes[slot] = BYTES.envelope;
        later.send(link.machine, Channel.Control, Message.AskPrimaryState, slot);
      }, io);
    });
  }

  /** Another sentinel asks whether this primary is down, and perhaps for a vote. */
  function asked(slot: number, from: MachineId, io: Io): void {
    const m = io.messages;
    const master = masters[m.shard[slot]!]!;
    const isSame = master.owner === m.version[slot];
    const isDown = isSame && !isTilted() && servers[master.owner]!.isDown;
    const candidate = m.who[slot]!;
    if (isSame && candidate >= 0) vote(master, m.epoch[slot]!, candidate, electorate);
    const answer = { shard: master.shard, isDown, leader: isSame && candidate >= 0 ? master.leader : -1, epoch: master.leaderEpoch };
    saving.after((later) => {
      const reply = later.message();
      later.messages.shard[reply] = answer.shard;
      later.messages.count[reply] = answer.isDown ? 1 : 0;
      later.messages.who[reply] = answer.leader;
      later.messages.epoch[reply] = answer.epoch;
      later.messages.bytes[reply] = BYTES.envelope;
      later.send(from, Channel.Control, Message.PrimaryState, reply);
    }, io);
  }

  function toldState(slot: number, from: MachineId): void {
    const { shard, count, who, epoch: epochs } = acting!.messages;
    const word = masters[shard[slot]!]!.words[sentinels.indexOf(from)];
    if (word === undefined) return;
    word.repliedAt = now;
    word.isDown = count[slot] === 1;
    if (who[slot]! < 0) return;
    word.leader = who[slot]!;
    word.leaderEpoch = epochs[slot]!;
  }

  // What instances say.

  function answered(from: MachineId): void {
    const link = servers.find(({ machine }) => machine === from) ?? others.find((other) => other?.machine === from);
    if (link !== undefined) heard(link, now);
  }

  function pong(to: MachineId, index: number, io: Io): void {
    const slot = io.message();
    io.messages.index[slot] = index;
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(to, Channel.Control, Message.Pong, slot);
  }

  function broken(peer: number): void {
    servers.forEach((link, server) => {
      if (context.processOfServer(server as ServerId) === peer) link.isConnected = false;
    });
    for (const link of others) if (link !== undefined && context.processOf(link.machine) === peer) link.isConnected = false;
  }

  /** INFO (sentinelRefreshInstanceInfo). */
  function informed(slot: number, io: Io): void {
    const m = io.messages;
    const master = masters[m.shard[slot]!]!;
    const server = m.who[slot]!;
    const told = master.told.get(server);
    if (told === undefined) return;
    const isPrimary = m.outcome[slot] === Standing.Primary;
    told.unlinked = m.time[slot]! < 0 ? 0 : Math.max(1, Math.floor(m.time[slot]! / 1000));
    told.offset = Math.max(0, m.index[slot]!);
    if (!isPrimary && told.owner !== m.key[slot]) {
      told.owner = m.key[slot]!;
      told.ownerAt = now;
    }
    told.infoAt = now;
    if (told.isPrimary !== isPrimary) {
      told.isPrimary = isPrimary;
      told.roleAt = now;
      if (!isPrimary) told.ownerAt = now;
    }
    if (isTilted() || server === master.owner) return;
    if (isPrimary) return foundPrimary(master, server, told, io);
    const isElsewhere = told.owner !== master.owner && !isFailingOver(master);
    if (isElsewhere && looksSane(master) && isSoundFor(servers[server]!, now, settings.failoverTimeout)) {
      if (now - told.ownerAt > settings.failoverTimeout) procedure.configure(master, server, master.owner, master.configEpoch, io);
    }
    if (told.reconfigured === Reconfigured.Sent && told.owner === master.promoted) told.reconfigured = Reconfigured.InProgress;
    if (told.reconfigured === Reconfigured.InProgress && m.outcome[slot] === Standing.Standby) told.reconfigured = Reconfigured.Done;
  }

  /** A replica says that it is primary: the one that was to be, or one that has missed the news. */
  function foundPrimary(master: Master, server: number, told: Told, io: Io): void {
    if (server === master.promoted && master.step === Step.WaitPromotion) {
      master.configEpoch = master.failoverEpoch;
      advance(master, Step.Reconfigure, now);
      saving.save(io);
      publish(master, io);
      for (const link of [...servers, ...others]) if (link !== undefined) link.helloAt -= HELLO_PERIOD + 1;
      return;
    }
    const patience = HELLO_PERIOD * 4;
    if (server === master.promoted || !looksSane(master) || !isSoundFor(servers[server]!, now, patience)) return;
    if (now - told.roleAt > patience) procedure.configure(master, server, master.owner, master.configEpoch, io);
  }

  /** Is the primary as it should be, as far as is known here? (sentinelMasterLooksSane) */
  function looksSane(master: Master): boolean {
    const told = master.told.get(master.owner)!;
    return told.isPrimary && !servers[master.owner]!.isDown && !master.isObjectivelyDown && now - told.infoAt < INFO_PERIOD * 2;
  }

  // Configuration.

  function greeted(hello: Hello, io: Io): void {
    if (hello.from === self) return;
    raise(hello.epoch, io);
    for (const { shard, owner, configEpoch } of hello.masters) {
      const master = masters[shard]!;
      if (configEpoch <= master.configEpoch) continue;
      master.configEpoch = configEpoch;
      if (owner !== announced(master) || isFailingOver(master)) switchTo(master, owner, io);
      saving.save(io);
      publish(master, io);
    }
  }

  function raise(to: number, io: Io): void {
    if (to <= epoch) return;
    epoch = to;
    saving.save(io);
  }

  /** From here on another server is this shard's primary (+switch-master). */
  function switchTo(master: Master, owner: number, io: Io): void {
    const isLeading = master.step === Step.Update;
    reset(master, owner, now);
    news.changed();
    if (isLeading) io.fact({ kind: "notified", shard: master.shard, epoch: master.configEpoch });
    news.tellWatchers(io);
  }

  /** Who asks here is told of the new primary from now on. */
  function publish(master: Master, io: Io): void {
    news.changed();
    io.fact({ kind: "visible", shard: master.shard, epoch: master.configEpoch, server: announced(master), by: name });
  }

  return { step };
}
