/**
 * One replica of a shard under Raft: a thin adapter of the REAL module (`modules/raft`) to a machine of the simulator. The
 * module decides; here its effects become messages, log entries, flushes, timers, answers and facts. Nothing of the protocol
 * is decided here.
 *
 * The shard's log in the world and the module's log have the same indices: every entry of the module, a new leader's empty
 * one included, is an entry of the replica's log. Terms are epochs. Entries that every replica has settled can no longer be
 * fetched from the world (`base`), so no follower ever needs them, and the module's log is compacted up to there. A leader that
 * has not heard of it may offer a snapshot of what was compacted: the follower says that it has it all, and nothing is carried.
 */
import { fail } from "../../../../base/assert.ts";
import type { MachineId, ServerId } from "../../../../base/ids.ts";
import { ConnectionChange, Is, type Input, type Io, type Machine } from "../../../../base/machine.ts";
import { seconds, type Duration } from "../../../../base/time.ts";
import { createEffects, type Effect } from "../../../../modules/raft/effects.ts";
import { members, NOBODY, type Durable, type Entry, type PeerId } from "../../../../modules/raft/entry.ts";
import type { Input as RaftInput } from "../../../../modules/raft/input.ts";
import type { Message as RaftMessage } from "../../../../modules/raft/messages.ts";
import type { Options } from "../../../../modules/raft/options.ts";
import { createPeer, type Peer } from "../../../../modules/raft/raft.ts";
import type { ReplicaContext } from "../../contracts.ts";
import { sendReport } from "../../letters.ts";
import { BYTES, Message, REDIRECT_DEMAND } from "../../messages.ts";
import { createStandbyReads, tellCommitted } from "../standby-reads.ts";
import { createRequests } from "./requests.ts";
import { createSeries } from "./series.ts";
import { createWire, newEntries } from "./wire.ts";

const Register = { Term: 0, Vote: 1 } as const;
const Timer = { Raft: 0, Report: 1, AskCommitted: 2 } as const;
/** Token of the flush before a restarted peer begins: writes of the module count from 1. */
const RESTART = 0;
/** The leader tells the metadata service of itself again as long as it is not confirmed. */
const REPORT_AGAIN_AFTER = seconds(1);
/** The module's tokens of reads count from 0, a proposal's is -1. */
const TRANSFER = -2;
/** The module's log is compacted when so many entries more are settled. */
const COMPACT_EVERY = 256;

export interface RaftReplicaOptions {
  /** The module's options for a phase within `tick`. */
  readonly optionsOf: (phase: number) => Options;
  /** Undefined where time-outs are exact. */
  readonly tick: Duration | undefined;
  /** Do heartbeats travel by the host's transport? */
  readonly coalesces: boolean;
}

export function createRaftReplica(context: ReplicaContext, { optionsOf, tick, coalesces }: RaftReplicaOptions): Machine {
  const { shard, server } = context;
  const placement = context.replicasOf(shard);
  const self: PeerId = placement.indexOf(server) + 1;
  const membership = members(placement.map((_, place) => place + 1));
  const machines: readonly MachineId[] = placement.map((peer) => context.replicaMachine(shard, peer));
  const effects = createEffects();
  const termOf = (): number => peer?.term() ?? 0;
  const leaderOf = (): PeerId => peer?.leader() ?? NOBODY;
  const requests = createRequests(context, { term: termOf, leader: () => placement[leaderOf() - 1] ?? -1 });
  const wire = createWire(context, placement, machines, termOf, coalesces);
  const followerReads = createStandbyReads(Timer.AskCommitted);
  const series = createSeries(shard, server, placement[0] ?? server);
  let peer: Peer | undefined;
  let armed = Infinity;
  let durable = 0;
  /** Leader, with an entry of its own term committed: it may answer. */
  let isReady = false;
  /** The epoch that the metadata service has yet to confirm; 0 for none. */
  let reporting = 0;
  /** The message that is being handled, whose attached entries may be appended; -1 for none. */
  let incoming = -1;
  let incomingFrom = 0;
  /** Reused for each proposal. */
  const proposal = { kind: "propose" as const, token: -1, command: 0, size: 0 };
  const TIMER: RaftInput = { kind: "timer" };
  /** The term in which this peer stands because its leader asked it to. */
  let invitedTo = 0;

  function step(input: Input, io: Io): void {
    switch (input.kind) {
      case Is.Start:
        return start(input.incarnation, io);
      case Is.Message:
      case Is.Told:
        return receive(input, io);
      case Is.Synced:
        if (peer === undefined) return input.id === RESTART ? begin(recovered(io), io) : undefined;
        if (input.id <= durable) return;
        durable = input.id;
        run({ kind: "synced", write: input.id }, io);
        return wire.durable(durable, io);
      case Is.Timer:
        if (input.id === Timer.Report) return report(io);
        if (input.id === Timer.AskCommitted) return followerReads.ask(leaderMachine(), shard, termOf(), io);
        armed = Infinity;
        return run(TIMER, io);
      case Is.Connection:
        if (input.change !== ConnectionChange.Opened) lostTouch(input.peer, io);
        return;
      case Is.Proposed:
        // Nothing above replication is built yet that asks a group of Raft.
        return io.decide(input.from, input.id, false);
      default:
        return;
    }
  }

  function start(incarnation: number, io: Io): void {
    // A voter whose disk was wiped has forgotten its votes: it stays out, or it could elect two leaders of one term.
    if (!io.log.exists()) return;
    if (incarnation > 0) return io.sync(RESTART); // What a crash of the process left unsynced must be durable before it is promised again.
    begin({ term: 0, vote: NOBODY, snapshot: { index: 0, term: 0, membership, size: 0 }, entries: [] }, io);
    // The group begins as its owner's: the first of the placement stands at once, as if asked to by a leader before.
    if (self === 1) run({ kind: "message", message: { kind: "timeoutNow", from: NOBODY, to: self, term: 0 } }, io);
  }

  function begin(disk: Durable, io: Io): void {
    const phase = tick === undefined ? 0 : io.random("tick phase").below(tick);
    peer = createPeer(self, optionsOf(phase), disk, io.now(), io.random("election"));
    arm(io);
  }

  /** What the disk holds after a crash: registers, and the log from where all replicas have settled. */
  function recovered(io: Io): Durable {
    const { log } = io;
    const entries: Entry[] = [];
    for (let index = log.base() + 1; index <= log.written(); index += 1) {
      const term = log.epochAt(index);
      const operation = log.operationAt(index);
      entries.push(
        operation === 0 ? { kind: "noop", term, size: 0 } : { kind: "command", term, size: log.bytesAt(index), command: operation },
      );
    }
    const snapshot = { index: log.base(), term: log.epochAt(log.base()), membership, size: 0 };
    return { term: io.register(Register.Term), vote: io.register(Register.Vote), snapshot, entries };
  }

  function run(input: RaftInput, io: Io): void {
    if (peer === undefined) return;
    peer.step(io.now(), input, effects);
    let last = durable;
    for (const effect of effects.list) {
      if (effect.kind === "persistState" || effect.kind === "persistEntries") last = effect.write;
      perform(effect, io);
    }
    effects.clear();
    if (last > durable) io.sync(last);
    compact(io);
    arm(io);
  }

  function arm(io: Io): void {
    const deadline = peer!.deadline();
    if (deadline === armed) return;
    armed = deadline;
    if (deadline === Infinity) io.cancelTimer(Timer.Raft);
    else io.setTimer(Timer.Raft, Math.max(0, deadline - io.now()) as Duration);
  }

  function perform(effect: Effect, io: Io): void {
    switch (effect.kind) {
      case "send":
        return wire.send(effect.after, effect.message, effect.to, io);
      case "persistState":
        io.put(Register.Term, effect.term);
        io.put(Register.Vote, effect.vote);
        return;
      case "persistEntries":
        return persist(effect.first, effect.entries, io);
      case "commit":
        return committed(effect.first, effect.entries, io);
      case "became":
        return became(effect, io);
      case "readable":
        return requests.serve(effect.token, effect.index, io);
      case "refused":
        // Refused proposals are answered where they were made.
        return effect.token === proposal.token || effect.token === TRANSFER ? undefined : requests.refuse(effect.token, io);
      case "proposed": // Its index is known where it was asked for.
      case "transferAborted": // Whoever asked for it sees that nothing came of it.
        return;
      default:
        return fail(`a group of fixed members has no ${effect.kind}`);
    }
  }

  /** Makes the replica's log end with these entries. */
  function persist(first: number, entries: readonly Entry[], io: Io): void {
    if (io.log.written() >= first) io.log.truncate(first - 1);
    for (const [i, entry] of entries.entries()) {
      const index = first + i;
      if (incoming >= 0 && index > incomingFrom) io.appendAttached(incoming, index - incomingFrom - 1);
      else io.log.append(entry.kind === "command" ? (entry.command as number) : 0, entry.term);
    }
  }

  function committed(first: number, entries: readonly Entry[], io: Io): void {
    const last = first + entries.length - 1;
    io.log.apply(last);
    requests.committed(first, last, io);
    const leader = peer!;
    if (!isReady && leader.role() === "leader" && entries.at(-1)?.term === leader.term()) ready(io);
  }

  /** What all replicas have settled no follower will ask for. */
  function compact(io: Io): void {
    const { baseIndex, compactable, step: tell } = peer!;
    if (io.log.base() < baseIndex() + COMPACT_EVERY) return;
    const settled = Math.min(io.log.base(), compactable());
    if (settled <= baseIndex()) return;
    tell(io.now(), { kind: "compact", index: settled, size: 0 }, effects);
    effects.clear();
  }

  function ready(io: Io): void {
    isReady = true;
    io.fact({ kind: "ready", shard, epoch: peer!.term(), server, planned: invitedTo === peer!.term() });
    reporting = peer!.term();
    report(io);
  }

  /** The authoritative map learns of the new leader from itself, as PD does from TiKV's heartbeats. Nobody waits for it. */
  function report(io: Io): void {
    if (reporting === 0) return;
    sendReport(context.metadata(), shard, reporting, server, false, io);
    io.setTimer(Timer.Report, REPORT_AGAIN_AFTER);
  }

  function became(effect: Extract<Effect, { kind: "became" }>, io: Io): void {
    const isLeader = effect.role === "leader";
    if (!isLeader && series.isLeading()) demoted(io);
    series.became(effect, invitedTo === effect.term, (leader) => placement[leader - 1] ?? -1, io);
  }

  function demoted(io: Io): void {
    if (isReady) io.fact({ kind: "demoted", shard, epoch: series.term(), server, reason: "another term began, or its majority was gone" });
    isReady = false;
    reporting = 0;
    io.cancelTimer(Timer.Report);
    requests.interrupt(io);
  }

  function receive(input: Input, io: Io): void {
    const m = io.messages;
    const slot = input.slot;
    switch (input.message) {
      case Message.ReadRequest:
        return read(slot, input.from, io);
      case Message.WriteRequest:
        return write(slot, input.from, io);
      case Message.Raft:
        invited(m.payload[slot] as RaftMessage);
        return run({ kind: "message", message: m.payload[slot] as RaftMessage }, io);
      case Message.RaftAppend:
        incoming = slot;
        incomingFrom = m.index[slot]!;
        run({ kind: "message", message: m.payload[slot] as RaftMessage }, io);
        incoming = -1;
        return;
      case Message.TransferLeader:
        return run({ kind: "transfer", token: TRANSFER, to: placement.indexOf(m.who[slot]! as ServerId) + 1 }, io);
      case Message.AskCommitted:
        if (isReady) tellCommitted(slot, input.from, shard, termOf(), io.log.applied(), io);
        return;
      case Message.ToldCommitted:
        // What is applied here is committed, in this term or any: it is the leader's too.
        return peer === undefined ? undefined : followerReads.told(m.index[slot]!, m.time[slot]!, io.log.applied(), io);
      case Message.Reported:
        if (m.epoch[slot]! < reporting) return;
        reporting = 0;
        return io.cancelTimer(Timer.Report);
      default:
        return;
    }
  }

  function invited(message: RaftMessage): void {
    if (message.kind === "timeoutNow" && message.term >= termOf()) invitedTo = message.term + 1;
  }

  function write(slot: number, from: MachineId, io: Io): void {
    if (!isReady) return requests.turnAway(slot, from, io);
    const m = io.messages;
    const index = peer!.lastIndex() + 1;
    proposal.command = m.operation[slot]!;
    proposal.size = Math.max(0, m.bytes[slot]! - BYTES.envelope);
    // Awaited first: the step that takes it may already commit what came before.
    requests.await(index, slot, from, io);
    run(proposal, io);
    if (peer!.lastIndex() < index) requests.refuseWrite(index, io);
  }

  function read(slot: number, from: MachineId, io: Io): void {
    if (isReady) return run({ kind: "read", token: requests.hold(slot, from, io) }, io);
    if (peer !== undefined && followerReads.admits(io.messages.until[slot]!, io.log.applied(), io)) requests.answerRead(slot, from, io);
    else requests.turnAway(slot, from, io);
  }

  const leaderMachine = (): MachineId | undefined => (leaderOf() === self ? undefined : machines[leaderOf() - 1]);

  function lostTouch(process: number, io: Io): void {
    for (const [place, other] of placement.entries())
      if (other !== server && context.processOfServer(other) === process) run({ kind: "unreachable", peer: place + 1 }, io);
  }

  return {
    step,
    demand: (message, slot) => {
      switch (message) {
        case Message.ReadRequest:
          return isReady || followerReads.mayServe(context.fields.until[slot]!) ? context.fields.demand[slot]! : REDIRECT_DEMAND;
        case Message.WriteRequest:
          return isReady ? context.fields.demand[slot]! : REDIRECT_DEMAND;
        case Message.RaftAppend: {
          const entries = peer === undefined ? 0 : newEntries(context.fields.payload[slot] as RaftMessage, peer);
          return entries > 0 ? context.applyDemand(entries) : REDIRECT_DEMAND;
        }
        default:
          return -1;
      }
    },
  };
}
