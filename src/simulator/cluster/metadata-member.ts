/**
 * One member of the metadata service as a group of three or five: a peer of the REAL Raft module (`modules/raft`) and, behind
 * it, the state machine of metadata-state.ts. A request may come to any member. A change goes to the leader, into the log,
 * and is answered by the member that was asked once it has applied it (as etcd does); a read is answered by the member that
 * was asked once it has applied what the leader, by a round of heartbeats, knows to be committed (ReadIndex). While no leader
 * is known requests wait for a while, then are forgotten: whoever asked asks again, there or elsewhere.
 */
import { assert } from "../../base/assert.ts";
import type { MachineId, ProcessId } from "../../base/ids.ts";
import { Channel, ConnectionChange, Is, type Input, type Io, type Machine } from "../../base/machine.ts";
import type { Duration, Monotonic } from "../../base/time.ts";
import { createEffects, type Effect } from "../../modules/raft/effects.ts";
import { NOBODY, type Entry, type PeerId, type Snapshot } from "../../modules/raft/entry.ts";
import type { Input as RaftInput } from "../../modules/raft/input.ts";
import { messageBytes, type Message as RaftMessage } from "../../modules/raft/messages.ts";
import type { Options } from "../../modules/raft/options.ts";
import { createOutbox } from "../../modules/raft/outbox.ts";
import { createPeer, type Peer } from "../../modules/raft/raft.ts";
import { BYTES, Message, REDIRECT_DEMAND } from "../strategies/messages.ts";
import { expiry, type MetadataDisk } from "./metadata.ts";
import { commandIn, createDesk, demandOf, isCommand, type MetadataDemands } from "./metadata-desk.ts";
import type { MemberDisk } from "./metadata-disk.ts";
import { createSessions, LOOK_EVERY } from "./metadata-sessions.ts";
import { applyCommand, stateBytes, type Command, type MetadataState } from "./metadata-state.ts";

/** What the group has promised for good, as the run's instruments see it. */
export interface GroupDisk extends MetadataDisk {
  /** The last entry that any member has applied: each change is stated once, by the first. */
  applied: number;
}

export interface MemberPlace {
  readonly machine: MachineId;
  readonly process: ProcessId;
}

export interface MemberParts {
  /** Its place among the members, from 1. */
  readonly self: PeerId;
  readonly members: readonly MemberPlace[];
  readonly disk: MemberDisk;
  readonly group: GroupDisk;
  readonly demands: MetadataDemands;
  readonly options: Options;
  /** The message fields, for `Machine.demand`. */
  readonly payloadOf: (slot: number) => unknown;
  /** A watch that is not renewed for so long is over, microseconds. */
  readonly forgetAfter: number;
}

/** What can be seen of a member from outside (`Machine.published`). */
export interface MemberView {
  readonly isLeader: () => boolean;
  readonly term: () => number;
}

/** A command on its way: who answers it when it is applied. */
interface Proposal {
  readonly command: Command;
  readonly via: PeerId;
  readonly incarnation: number;
}

interface Relayed {
  readonly to: MachineId;
  readonly session: number;
  readonly isAlive: boolean;
  readonly token: number;
}

const Register = { Written: 0 } as const;
const Timer = { Raft: 0, Look: 1 } as const;
/** Token of the flush before a restarted member begins: writes count from 1. */
const RESTART = 0;
/** Requests wait so long for a leader to be known, microseconds: as long as requesters wait before they ask again. */
const HOLD = 1_000_000;
/** Reads that nobody answered are forgotten after this, microseconds. */
const READ_PATIENCE = 5_000_000;
/** Entries applied between two snapshots. */
const COMPACT_EVERY = 256;
/** Bytes of a command in the log. */
const COMMAND_BYTES = 64;

export function createMetadataMember(parts: MemberParts): Machine {
  const { self, members, disk, group, demands } = parts;
  const effects = createEffects();
  const outbox = createOutbox();
  const desk = createDesk(parts.forgetAfter);
  const sessions = createSessions();
  let peer: Peer | undefined;
  let state: MetadataState | undefined;
  let incarnation = 0;
  let armed = Infinity;
  /** The module's writes count from 1 in each incarnation, the disk's go on. */
  let written = 0;
  let firstWrite = 0;
  let durable = 0;
  let applied = 0;
  let compacted = 0;
  /** Leader, with an entry of its own term committed. */
  let isReady = false;
  let token = 0;
  /** The state that the newest snapshot holds; and that of one on its way in. */
  let taken: { readonly index: number; readonly state: MetadataState } | undefined;
  let incoming: MetadataState | undefined;
  /** The clock of the step under way. */
  let now = 0 as Monotonic;
  const held: { readonly at: number; readonly go: (io: Io) => void }[] = [];
  /** Reads by token: what is to be done once so much is applied (Infinity: not known yet), and since when they wait. */
  const reads = new Map<number, { readonly at: number; index: number; readonly serve: (io: Io) => void }>();
  /** Reads that another member has asked this one to place. */
  const asked = new Map<number, { readonly from: MachineId; readonly token: number }>();

  const leader = (): PeerId => peer?.leader() ?? NOBODY;
  const machineOf = (member: PeerId): MachineId => members[member - 1]!.machine;
  const isLeading = (): boolean => peer?.role() === "leader";

  function step(input: Input, io: Io): void {
    switch (input.kind) {
      case Is.Start:
        return start(input.incarnation, io);
      case Is.Message:
        return receive(input, io);
      case Is.Synced:
        return synced(input.id, io);
      case Is.Timer:
        if (input.id === Timer.Look) return look(io);
        armed = Infinity;
        return run({ kind: "timer" }, io);
      case Is.Connection:
        if (input.change !== ConnectionChange.Opened)
          members.forEach(({ process }, place) => {
            if (process === input.peer && place + 1 !== self) run({ kind: "unreachable", peer: place + 1 }, io);
          });
        return;
      default:
        return;
    }
  }

  // Raft.

  function start(which: number, io: Io): void {
    incarnation = which;
    // What a crash of the process left unsynced must be durable before it is promised again.
    if (which > 0) return io.sync(RESTART);
    begin(0, io);
    // The first member stands at once, as if asked to by a leader before.
    if (self === 1) run({ kind: "message", message: { kind: "timeoutNow", from: NOBODY, to: self, term: 0 } }, io);
  }

  function begin(survived: number, io: Io): void {
    const found = disk.recovered(survived);
    // A wiped member has forgotten what it promised: it may not vote again, and nobody adds it anew.
    if (found === undefined) return;
    state = found.state;
    firstWrite = survived;
    applied = found.durable.snapshot.index;
    compacted = applied;
    taken = { index: applied, state };
    peer = createPeer(self, parts.options, found.durable, io.now(), io.random("election"));
    io.setTimer(Timer.Look, (1 + Math.floor(io.random("look").uniform() * LOOK_EVERY)) as Duration);
    arm(io);
  }

  function synced(write: number, io: Io): void {
    if (peer === undefined) {
      if (write === RESTART) begin(io.register(Register.Written), io);
      return;
    }
    if (write <= durable) return;
    durable = write;
    disk.synced(firstWrite + write);
    run({ kind: "synced", write }, io);
    outbox.release(durable, (message, to) => {
      // What waited for its disk and lost its term meanwhile carries entries that may be gone.
      if (message.kind !== "append" || message.term === peer!.term()) transmit(message, to, io);
    });
  }

  function run(input: RaftInput, io: Io): void {
    if (peer === undefined) return;
    peer.step(io.now(), input, effects);
    const before = written;
    // What may cause another step waits until the effects of this one are done with.
    const later = perform(effects.list, io);
    effects.clear();
    if (written > before) io.sync(written);
    compact();
    arm(io);
    for (const go of later) go();
  }

  function arm(io: Io): void {
    const deadline = peer!.deadline();
    if (deadline === armed) return;
    armed = deadline;
    if (deadline === Infinity) io.cancelTimer(Timer.Raft);
    else io.setTimer(Timer.Raft, Math.max(0, deadline - io.now()) as Duration);
  }

  /** Does what must be done before the effects are used again; gives what may cause new ones. */
  function perform(list: readonly Effect[], io: Io): readonly (() => void)[] {
    const later: (() => void)[] = [];
    for (const effect of list)
      switch (effect.kind) {
        case "send":
          if (effect.after <= durable) transmit(effect.message, effect.to, io);
          else outbox.hold(effect.after, effect.message, effect.to);
          break;
        case "persistState":
          write(effect.write, disk.write({ kind: "state", term: effect.term, vote: effect.vote }), io);
          break;
        case "persistEntries":
          write(effect.write, disk.write({ kind: "entries", first: effect.first, entries: effect.entries.slice() }), io);
          break;
        case "snapshotChunk":
          incoming = effect.data as MetadataState;
          break;
        case "persistSnapshot":
          write(effect.write, disk.write({ kind: "snapshot", snapshot: effect.snapshot, state: incoming! }), io);
          install(effect.snapshot);
          break;
        case "commit":
          committed(effect.first, effect.entries, io);
          break;
        case "became":
          later.push(() => became(io));
          break;
        case "readable": {
          const { token: which, index } = effect;
          later.push(() => placed(which, index, io));
          break;
        }
        case "refused":
          reads.delete(effect.token);
          asked.delete(effect.token);
          break;
        case "proposed":
        case "membership":
        case "membershipChanged":
        case "transferAborted":
          break;
      }
    return later;
  }

  function write(number: number, onDisk: number, io: Io): void {
    assert(onDisk === firstWrite + number, `write ${number} of this incarnation is ${onDisk} on the disk, after ${firstWrite}`);
    written = number;
    io.put(Register.Written, onDisk);
  }

  function transmit(message: RaftMessage, to: PeerId, io: Io): void {
    // A chunk of a snapshot that has been replaced since: another will be sent.
    if (message.kind === "snapshot" && message.index !== taken?.index) return;
    const slot = io.message();
    const travelling = outbox.copy(message);
    io.messages.epoch[slot] = message.term;
    // Each chunk carries the whole state by reference; its bytes are charged chunk by chunk.
    io.messages.payload[slot] = travelling.kind === "snapshot" ? { ...travelling, data: taken!.state } : travelling;
    io.messages.bytes[slot] = BYTES.envelope + messageBytes(message);
    io.send(machineOf(to), Channel.Control, Message.Raft, slot);
  }

  function install(snapshot: Snapshot): void {
    state = incoming!;
    incoming = undefined;
    applied = snapshot.index;
    compacted = applied;
    taken = { index: applied, state };
  }

  function compact(): void {
    if (applied < compacted + COMPACT_EVERY || peer!.compactable() < applied) return;
    compacted = applied;
    taken = { index: applied, state: state! };
    peer!.step(now, { kind: "compact", index: applied, size: stateBytes(state!) }, effects);
    effects.clear();
    disk.compact(peer!.snapshot(), state!);
  }
  function became(io: Io): void {
    if (!isLeading()) {
      isReady = false;
      sessions.rest();
    }
    if (leader() === NOBODY) return;
    for (const { at, go } of held.splice(0)) if (io.now() - at <= HOLD) go(io);
  }

  function committed(first: number, entries: readonly Entry[], io: Io): void {
    let index = first - 1;
    for (const entry of entries) {
      index += 1;
      applied = index;
      if (entry.kind === "command") apply(entry.command as Proposal, index, io);
      group.applied = Math.max(group.applied, index);
    }
    if (!isReady && isLeading() && entries.at(-1)?.term === peer!.term()) {
      isReady = true;
      sessions.lead(state!, io.now());
    }
    for (const [which, { index: wanted, serve }] of reads) {
      if (wanted > applied) continue;
      reads.delete(which);
      serve(io);
    }
  }

  function apply({ command, via, incarnation: asker }: Proposal, index: number, io: Io): void {
    const result = applyCommand(state!, command);
    state = result.state;
    const isFirst = index > group.applied;
    if (isFirst) {
      group.map = state.map;
      if (result.answer === Message.ReplicaAdded) group.added(result.shard, state.map.replicas[result.shard]!);
    }
    desk.tell(result, isFirst, io);
    if (isLeading() && isReady && result.answer === Message.SessionOpened) sessions.renew(result.key, state, io.now());
    if (via === self && asker === incarnation && result.answer !== 0) desk.answer(result, command.from, io);
  }

  // Requests.

  function receive(input: Input, io: Io): void {
    if (peer === undefined) return;
    const m = io.messages;
    const { slot, from, message } = input;
    if (isCommand(message)) return propose({ command: commandIn(message, slot, from, io), via: self, incarnation }, io);
    switch (message) {
      case Message.Raft:
        return run({ kind: "message", message: m.payload[slot] as RaftMessage }, io);
      case Message.MetadataForward: {
        const proposal = m.payload[slot] as Proposal;
        if (proposal.command.message === Message.KeepAlive) return keepAlive(proposal, io);
        // Not forwarded once more: two members that each take the other for the leader would go on for ever.
        if (isLeading()) offer(proposal, io);
        return;
      }
      case Message.MetadataAskIndex: {
        if (!isLeading()) return;
        token += 1;
        asked.set(token, { from, token: m.time[slot]! });
        return run({ kind: "read", token }, io);
      }
      case Message.MetadataToldIndex:
        return placed(m.time[slot]!, m.index[slot]!, io);
      case Message.MetadataRelay: {
        const { to, session, isAlive, token: whose } = m.payload[slot] as Relayed;
        return desk.sendAlive(session, isAlive, whose, to, io);
      }
      case Message.KeepAlive:
        return keepAlive({ command: commandIn(message, slot, from, io), via: self, incarnation }, io);
      case Message.ReadMap:
        return read((later) => desk.sendMap(state!.map, from, later), io);
      case Message.Watch:
        desk.watch(from, io);
        return read((later) => desk.sendMap(state!.map, from, later), io);
      case Message.ReadKey: {
        const [key, whose] = [m.key[slot]!, m.time[slot]!];
        return read((later) => desk.sendKey(key, state!, whose, from, later), io);
      }
      case Message.WatchKeys: {
        const keys = m.payload[slot] as readonly number[];
        desk.watchKeys(from, keys, io);
        return read((later) => keys.forEach((key) => desk.sendKey(key, state!, 0, from, later)), io);
      }
      case Message.LookAtKeys: {
        const [keys, whose] = [m.payload[slot] as readonly number[], m.time[slot]!];
        desk.watchKeys(from, keys.slice(0, m.count[slot]), io);
        return read((later) => desk.sendKeys(keys, state!, whose, from, later), io);
      }
      default:
        return;
    }
  }

  /** At once where a leader is known, else when one is. */
  function withLeader(go: (io: Io) => void, io: Io): void {
    if (leader() !== NOBODY) return go(io);
    while (held.length > 0 && io.now() - held[0]!.at > HOLD) held.shift();
    held.push({ at: io.now(), go });
  }

  function propose(proposal: Proposal, io: Io): void {
    withLeader((later) => (isLeading() ? offer(proposal, later) : forward(proposal, later)), io);
  }

  function offer(proposal: Proposal, io: Io): void {
    token += 1;
    run({ kind: "propose", token, command: proposal, size: COMMAND_BYTES }, io);
  }

  function forward(proposal: Proposal, io: Io): void {
    const slot = io.message();
    io.messages.payload[slot] = proposal;
    io.messages.bytes[slot] = BYTES.envelope + COMMAND_BYTES;
    io.send(machineOf(leader()), Channel.Control, Message.MetadataForward, slot);
  }

  function read(serve: (io: Io) => void, io: Io): void {
    token += 1;
    const which = token;
    for (const [old, { at }] of reads) {
      if (io.now() - at <= READ_PATIENCE) break;
      reads.delete(old);
    }
    reads.set(which, { at: io.now(), index: Infinity, serve });
    withLeader((later) => {
      if (isLeading()) return run({ kind: "read", token: which }, later);
      const slot = later.message();
      later.messages.time[slot] = which;
      later.messages.bytes[slot] = BYTES.envelope;
      later.send(machineOf(leader()), Channel.Control, Message.MetadataAskIndex, slot);
    }, io);
  }

  /** What a read must have applied is known. */
  function placed(which: number, index: number, io: Io): void {
    const remote = asked.get(which);
    if (remote !== undefined) {
      asked.delete(which);
      const slot = io.message();
      io.messages.time[slot] = remote.token;
      io.messages.index[slot] = index;
      io.messages.bytes[slot] = BYTES.envelope;
      return io.send(remote.from, Channel.Control, Message.MetadataToldIndex, slot);
    }
    const waiting = reads.get(which);
    if (waiting === undefined) return;
    waiting.index = index;
    if (applied < index) return;
    reads.delete(which);
    waiting.serve(io);
  }

  /** Renewals are the leader's to take, and only while it surely leads: its successor counts from later. */
  function keepAlive(proposal: Proposal, io: Io): void {
    if (!isLeading()) {
      if (proposal.via === self) withLeader((later) => (isLeading() ? keepAlive(proposal, later) : forward(proposal, later)), io);
      return;
    }
    const { key: session, token: whose, from: to } = proposal.command;
    read((later) => {
      if (!isReady) return;
      const isAlive = sessions.renew(session, state!, later.now());
      if (proposal.via === self) return desk.sendAlive(session, isAlive, whose, to, later);
      const slot = later.message();
      const relayed: Relayed = { to, session, isAlive, token: whose };
      later.messages.payload[slot] = relayed;
      later.messages.bytes[slot] = BYTES.envelope;
      later.send(machineOf(proposal.via), Channel.Control, Message.MetadataRelay, slot);
    }, io);
  }

  function look(io: Io): void {
    io.setTimer(Timer.Look, LOOK_EVERY as Duration);
    if (!isReady || !isLeading()) return;
    for (const session of sessions.due(state!, io.now())) offer({ command: expiry(session, io.self()), via: self, incarnation }, io);
  }

  const published: MemberView = { isLeader: () => isLeading() && isReady, term: () => peer?.term() ?? 0 };
  return {
    published,
    step: (input, io) => {
      now = io.now();
      step(input, io);
    },
    demand: (message, slot) => {
      if (message === Message.MetadataForward) return demandOf((parts.payloadOf(slot) as Proposal).command.message, demands);
      const own = demandOf(message, demands);
      // What is only passed on costs a look.
      return own < 0 || isLeading() || !(isCommand(message) || message === Message.KeepAlive) ? own : REDIRECT_DEMAND;
    },
  };
}
