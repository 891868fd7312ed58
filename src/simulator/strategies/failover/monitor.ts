/**
 * A monitor: one of several observers on hosts of their own that must agree before anything is done. It pings every
 * server; a server unheard for `heartbeat x misses` is suspected; when enough monitors suspect it, the failover
 * procedure runs for each shard concerned, in five steps, each a fact: observe (actionable), choose by fault and standby
 * state and claim the next epoch (chosen), fence and promote (ready), update the metadata (visible), notify (notified).
 * Several monitors may try: the claim, a compare-and-set in the metadata service, lets one through.
 *
 * Compare orchestrator (docs/failure-detection.md, topology recovery) and MHA, which choose the most advanced standby.
 */
import type { MachineId, ServerId, ShardId } from "../../../base/ids.ts";
import { Channel, Is, type Input, type Io, type Machine } from "../../../base/machine.ts";
import { milliseconds, seconds, type Duration } from "../../../base/time.ts";
import { serversIn, type MapSnapshot, type PartContext } from "../contracts.ts";
import { BYTES, Message } from "../messages.ts";
import { bitCount, idle, isMoreAdvanced, replaced, type Procedure } from "./procedure.ts";

export interface MonitorOptions {
  readonly heartbeat: Duration;
  readonly misses: number;
  /** Monitors that must suspect a server; undefined: a majority. */
  readonly agree: number | undefined;
  /** Longest wait for standbys to tell their positions, and for replicas to confirm a fence. */
  readonly gather: Duration;
  /** What a person takes to decide, after the suspicion is actionable. */
  readonly operatorDelay: Duration;
}

const Timer = { Ping: 0, Watch: 1, FirstServer: 2 } as const;

/** A step unanswered for so long is tried again. */
const ASK_AGAIN_AFTER = seconds(1);
/** Promotion orders sent before the procedure starts over with another candidate. */
const PROMOTIONS_BOUND = 3;
/** Somebody else's claim that came to nothing is overridden after this. */
const CLAIM_PATIENCE = seconds(10);
const MIN_STEP = milliseconds(1);
/** Claims that one incarnation makes at most: what tells its tokens from another's. */
const TOKENS = 1_000_000_000;

export function createMonitor(context: PartContext, ordinal: number, initial: MapSnapshot, options: MonitorOptions): Machine {
  const name = `monitor ${ordinal}`;
  const servers = context.servers.length;
  const timeout = (options.heartbeat * options.misses) as Duration;
  const suspected = new Uint8Array(servers);
  /** Which monitors suspect a server, as bits by ordinal. */
  const reports = new Int32Array(servers);
  const procedures: Procedure[] = Array.from({ length: context.shards }, idle);
  let map = initial;
  let token = 0;
  const replicas = (shard: number): readonly ServerId[] => context.replicasOf(shard as ShardId);
  /** Those that hold a replica now. */
  const standing = (shard: number): readonly ServerId[] => serversIn(replicas(shard), map.standing[shard]!);
  const bit = (shard: number, server: number): number => 1 << replicas(shard).indexOf(server as ServerId);
  const shardTimer = (shard: number): number => Timer.FirstServer + servers + shard;

  function agreement(): number {
    return options.agree ?? Math.floor(context.controllers("monitor").length / 2) + 1;
  }

  const isActionable = (server: number): boolean => suspected[server] === 1 && bitCount(reports[server]!) >= agreement();

  function step(input: Input, io: Io): void {
    switch (input.kind) {
      case Is.Start:
        // Claims of an earlier incarnation are not this one's.
        token = input.incarnation * TOKENS;
        io.setTimer(Timer.Ping, (1 + Math.floor(io.random("phase").uniform() * options.heartbeat)) as Duration);
        for (let server = 0; server < servers; server += 1) io.setTimer(Timer.FirstServer + server, timeout);
        return watch(io);
      case Is.Message:
        return receive(input, io);
      case Is.Timer:
        if (input.id === Timer.Ping) return ping(io);
        if (input.id === Timer.Watch) return watch(io);
        if (input.id < Timer.FirstServer + servers) return suspect(input.id - Timer.FirstServer, io);
        return overdue(input.id - Timer.FirstServer - servers, io);
      default:
        return;
    }
  }

  function watch(io: Io): void {
    const slot = io.message();
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(context.metadata(), Channel.Control, Message.Watch, slot);
    // Watching anew now and then survives a metadata service that has forgotten its watchers.
    io.setTimer(Timer.Watch, context.watchAgain ?? CLAIM_PATIENCE);
  }

  function ping(io: Io): void {
    for (let server = 0; server < servers; server += 1) {
      const slot = io.message();
      io.messages.bytes[slot] = BYTES.envelope;
      io.send(context.agentMachine(server as ServerId), Channel.Control, Message.Ping, slot);
    }
    io.setTimer(Timer.Ping, options.heartbeat);
  }

  function receive(input: Input, io: Io): void {
    const m = io.messages;
    const slot = input.slot;
    switch (input.message) {
      case Message.Pong:
        return heard(input.from, io);
      case Message.Suspect:
        return report(m.who[slot]!, m.count[slot]!, true, io);
      case Message.Retract:
        return report(m.who[slot]!, m.count[slot]!, false, io);
      case Message.Map:
        return learnMap(m.payload[slot] as MapSnapshot, io);
      case Message.Position:
        return position(slot, io);
      case Message.Claimed:
        return claimed(slot, io);
      case Message.Configured:
        return configured(m.shard[slot]!, m.who[slot]!, io);
      case Message.Promoted:
        return promoted(m.shard[slot]!, m.epoch[slot]!, io);
      case Message.Committed:
        return committed(slot, io);
      case Message.CaughtUp:
        return caughtUp(m.shard[slot]!, m.who[slot]!, m.epoch[slot]!, io);
      default:
        return;
    }
  }

  // Observing.

  function heard(agent: MachineId, io: Io): void {
    const server = serverOf(agent);
    if (server < 0) return;
    io.setTimer(Timer.FirstServer + server, timeout);
    if (suspected[server] === 0) return;
    suspected[server] = 0;
    io.fact({ kind: "retracted", server, by: name });
    tellMonitors(Message.Retract, server, io);
    report(server, ordinal, false, io);
    // It may have slept through the news.
    for (let shard = 0; shard < context.shards; shard += 1)
      if (standing(shard).includes(server as ServerId)) sendConfigure(shard, server, io);
  }

  function suspect(server: number, io: Io): void {
    suspected[server] = 1;
    io.fact({ kind: "suspected", server, by: name });
    tellMonitors(Message.Suspect, server, io);
    report(server, ordinal, true, io);
  }

  function report(server: number, by: number, isSuspected: boolean, io: Io): void {
    const before = isActionable(server);
    reports[server] = isSuspected ? reports[server]! | (1 << by) : reports[server]! & ~(1 << by);
    if (!isSuspected && by === ordinal) {
      // Heard again before anything was decided: let it be.
      for (let shard = 0; shard < context.shards; shard += 1) {
        const procedure = procedures[shard]!;
        if (procedure.subject === server && (procedure.phase === "operator" || procedure.phase === "gathering")) reset(shard, io);
      }
    }
    if (before || !isActionable(server)) return;
    for (let shard = 0; shard < context.shards; shard += 1) examine(shard, io);
  }

  // Deciding.

  /** Starts what the shard needs, if anything and if nothing is going on. */
  function examine(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    if (procedure.phase !== "idle") return;
    const owner = map.owners[shard]!;
    const members = map.members[shard]!;
    if (isActionable(owner)) return begin(shard, owner, false, io);
    if (!context.waitsForMembers) return;
    const dead = standing(shard).find((server) => server !== owner && (members & bit(shard, server)) !== 0 && isActionable(server));
    if (dead !== undefined) begin(shard, dead, false, io);
  }

  function begin(shard: number, subject: number, planned: boolean, io: Io): void {
    const procedure = procedures[shard]!;
    procedure.subject = subject;
    procedure.planned = planned;
    procedure.attempts = 0;
    if (!planned) io.fact({ kind: "actionable", server: subject, shard, by: name });
    if (!planned && options.operatorDelay > 0) {
      procedure.phase = "operator";
      return io.setTimer(shardTimer(shard), options.operatorDelay);
    }
    decide(shard, io);
  }

  function decide(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    const owner = map.owners[shard]!;
    if (procedure.subject !== owner) {
      // The primary stays; only who must acknowledge changes.
      const change = bit(shard, procedure.subject);
      procedure.candidate = owner;
      procedure.members = procedure.planned ? map.members[shard]! | change : map.members[shard]! & ~change;
      return claim(shard, io);
    }
    procedure.phase = "gathering";
    procedure.best = undefined;
    procedure.awaited = new Set(candidates(shard));
    io.setTimer(shardTimer(shard), options.gather > 0 ? options.gather : MIN_STEP);
    for (const server of procedure.awaited) {
      const slot = io.message();
      io.messages.shard[slot] = shard;
      io.messages.bytes[slot] = BYTES.envelope;
      io.send(context.replicaMachine(shard as ShardId, server as ServerId), Channel.Control, Message.AskPosition, slot);
    }
  }

  /** Standbys that may take over: not suspected, and members where only those are sure to be complete. */
  function candidates(shard: number): number[] {
    return standing(shard).filter(
      (server) => suspected[server] === 0 && (!context.waitsForMembers || (map.members[shard]! & bit(shard, server)) !== 0),
    );
  }

  function position(slot: number, io: Io): void {
    const m = io.messages;
    const shard = m.shard[slot]!;
    const procedure = procedures[shard]!;
    const server = m.who[slot]!;
    if (procedure.phase !== "gathering" || !procedure.awaited.delete(server)) return;
    const told = { server, epoch: m.until[slot]!, index: m.index[slot]! };
    if (procedure.best === undefined || isMoreAdvanced(told, procedure.best, replicas(shard))) procedure.best = told;
    if (procedure.awaited.size === 0) choose(shard, io);
  }

  function choose(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    if (procedure.best === undefined) {
      // Nobody to promote now; ask again.
      procedure.phase = "gathering";
      return io.setTimer(shardTimer(shard), options.heartbeat);
    }
    procedure.candidate = procedure.best.server;
    procedure.members = context.waitsForMembers
      ? replicas(shard).reduce(
          (mask, server) =>
            suspected[server] === 0 && (map.members[shard]! & bit(shard, server)) !== 0 ? mask | bit(shard, server) : mask,
          0,
        )
      : map.members[shard]!;
    claim(shard, io);
  }

  function claim(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    // Asked again it is the same claim: the first answer may have been lost.
    if (procedure.phase !== "claiming") {
      token += 1;
      procedure.epoch = token;
      procedure.asked = map.claimed[shard]!;
    }
    procedure.phase = "claiming";
    const slot = io.message();
    io.messages.shard[slot] = shard;
    io.messages.epoch[slot] = procedure.asked;
    io.messages.time[slot] = procedure.epoch;
    io.messages.bytes[slot] = BYTES.envelope;
    io.send(context.metadata(), Channel.Control, Message.Claim, slot);
    io.setTimer(shardTimer(shard), ASK_AGAIN_AFTER);
  }

  function claimed(slot: number, io: Io): void {
    const m = io.messages;
    const shard = m.shard[slot]!;
    const procedure = procedures[shard]!;
    if (procedure.phase !== "claiming" || procedure.epoch !== m.time[slot]) return;
    if (m.outcome[slot] !== 1) {
      // Another monitor was first. If nothing comes of its claim, ours counts on from there.
      map = { ...map, claimed: replaced(map.claimed, shard, m.epoch[slot]!) };
      procedure.phase = "patience";
      return io.setTimer(shardTimer(shard), CLAIM_PATIENCE);
    }
    procedure.epoch = m.epoch[slot]!;
    io.fact({ kind: "chosen", shard, epoch: procedure.epoch, server: procedure.candidate, by: name });
    if (context.checksEpoch && procedure.candidate !== map.owners[shard]!) return fence(shard, io);
    promote(shard, io);
  }

  // Acting.

  /** Fence first: a promoted standby beside an unfenced primary is a split brain. */
  function fence(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    procedure.phase = "fencing";
    procedure.awaited = new Set(standing(shard).filter((server) => server !== procedure.candidate && suspected[server] === 0));
    for (const server of standing(shard)) if (server !== procedure.candidate) sendNews(shard, server, procedure, io);
    if (procedure.awaited.size === 0) return promote(shard, io);
    io.setTimer(shardTimer(shard), options.gather > 0 ? options.gather : MIN_STEP);
  }

  function configured(shard: number, server: number, io: Io): void {
    const procedure = procedures[shard]!;
    if (procedure.phase === "fencing" && procedure.awaited.delete(server) && procedure.awaited.size === 0) promote(shard, io);
  }

  function promote(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    procedure.phase = "promoting";
    procedure.attempts += 1;
    const m = io.messages;
    const slot = io.message();
    m.shard[slot] = shard;
    m.epoch[slot] = procedure.epoch;
    m.who[slot] = procedure.candidate;
    m.key[slot] = procedure.members;
    m.version[slot] = map.standing[shard]!;
    m.count[slot] = procedure.planned ? 1 : 0;
    m.bytes[slot] = BYTES.envelope;
    io.send(context.replicaMachine(shard as ShardId, procedure.candidate as ServerId), Channel.Control, Message.Promote, slot);
    io.setTimer(shardTimer(shard), ASK_AGAIN_AFTER);
  }

  function promoted(shard: number, epoch: number, io: Io): void {
    const procedure = procedures[shard]!;
    if (procedure.phase !== "promoting" || procedure.epoch !== epoch) return;
    commit(shard, io);
  }

  function commit(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    procedure.phase = "committing";
    const m = io.messages;
    const slot = io.message();
    m.shard[slot] = shard;
    m.epoch[slot] = procedure.epoch;
    m.who[slot] = procedure.candidate;
    m.key[slot] = procedure.members;
    m.bytes[slot] = BYTES.envelope;
    io.send(context.metadata(), Channel.Control, Message.Commit, slot);
    io.setTimer(shardTimer(shard), ASK_AGAIN_AFTER);
  }

  function committed(slot: number, io: Io): void {
    const m = io.messages;
    const shard = m.shard[slot]!;
    const procedure = procedures[shard]!;
    if (procedure.phase !== "committing" || procedure.epoch !== m.epoch[slot]) return;
    for (const server of standing(shard)) if (server !== procedure.candidate) sendNews(shard, server, procedure, io);
    io.fact({ kind: "notified", shard, epoch: procedure.epoch });
    const { owners, epochs, members, claimed: claims } = map;
    map = {
      ...map,
      owners: replaced(owners, shard, procedure.candidate),
      epochs: replaced(epochs, shard, procedure.epoch),
      members: replaced(members, shard, procedure.members),
      claimed: replaced(claims, shard, Math.max(claims[shard]!, procedure.epoch)),
    };
    reset(shard, io);
    examine(shard, io);
  }

  function caughtUp(shard: number, server: number, epoch: number, io: Io): void {
    const isMember = (map.members[shard]! & bit(shard, server)) !== 0;
    if (isMember || suspected[server] === 1 || map.epochs[shard] !== epoch || procedures[shard]!.phase !== "idle") return;
    // The others have not heard it yet and would drop it again at once; it is announced again.
    if (bitCount(reports[server]!) >= agreement()) return;
    begin(shard, server, true, io);
  }

  /** A step took too long. */
  function overdue(shard: number, io: Io): void {
    const procedure = procedures[shard]!;
    switch (procedure.phase) {
      case "operator":
        return decide(shard, io);
      case "gathering":
        return procedure.best === undefined ? decide(shard, io) : choose(shard, io);
      case "claiming":
        return claim(shard, io);
      case "fencing":
        return promote(shard, io);
      case "promoting":
        if (procedure.attempts < PROMOTIONS_BOUND) return promote(shard, io);
        map = { ...map, claimed: replaced(map.claimed, shard, procedure.epoch) };
        procedure.attempts = 0;
        return decide(shard, io);
      case "committing":
        return commit(shard, io);
      case "patience":
        reset(shard, io);
        // A claim that nobody committed may have fenced the primary and promoted nobody: somebody must finish it.
        if (map.claimed[shard]! > map.epochs[shard]!) return begin(shard, map.owners[shard]!, false, io);
        return examine(shard, io);
      default:
        return;
    }
  }

  function learnMap(news: MapSnapshot, io: Io): void {
    for (let shard = 0; shard < context.shards; shard += 1) {
      if (news.epochs[shard]! <= map.epochs[shard]!) continue;
      const procedure = procedures[shard]!;
      const undecided = procedure.phase === "patience" || procedure.phase === "operator" || procedure.phase === "gathering";
      const acting = procedure.phase === "fencing" || procedure.phase === "promoting" || procedure.phase === "committing";
      if (undecided || (acting && news.epochs[shard]! > procedure.epoch)) reset(shard, io);
    }
    map = { ...news, claimed: news.claimed.map((epoch, shard) => Math.max(epoch, map.claimed[shard]!)) };
    for (let shard = 0; shard < context.shards; shard += 1) examine(shard, io);
  }

  function reset(shard: number, io: Io): void {
    procedures[shard] = idle();
    io.cancelTimer(shardTimer(shard));
  }

  // Telling.

  function tellMonitors(kind: number, server: number, io: Io): void {
    for (const monitor of context.controllers("monitor")) {
      if (monitor === io.self()) continue;
      const slot = io.message();
      io.messages.who[slot] = server;
      io.messages.count[slot] = ordinal;
      io.messages.bytes[slot] = BYTES.envelope;
      io.send(monitor, Channel.Control, kind, slot);
    }
  }

  function sendConfigure(shard: number, server: number, io: Io): void {
    sendNews(shard, server, { epoch: map.epochs[shard]!, candidate: map.owners[shard]!, members: map.members[shard]! }, io);
  }

  function sendNews(
    shard: number,
    server: number,
    news: { readonly epoch: number; readonly candidate: number; readonly members: number },
    io: Io,
  ): void {
    const slot = io.message();
    const m = io.messages;
    m.shard[slot] = shard;
    m.epoch[slot] = news.epoch;
    m.who[slot] = news.candidate;
    m.key[slot] = news.members;
    m.version[slot] = map.standing[shard]!;
    m.bytes[slot] = BYTES.envelope;
    io.send(context.replicaMachine(shard as ShardId, server as ServerId), Channel.Control, Message.Configure, slot);
  }

  function serverOf(agent: MachineId): number {
    for (let server = 0; server < servers; server += 1) if (context.agentMachine(server as ServerId) === agent) return server;
    return -1;
  }

  return { step };
}
