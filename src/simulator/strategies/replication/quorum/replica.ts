/**
 * A replica of a shard under a leaderless quorum: it takes what it is sent, keeps what beats all else, and says what it holds.
 * Anti-entropy compares it with the others; old tombstones are purged.
 */
import type { KeyId, MachineId } from "../../../../base/ids.ts";
import { Channel, Is, type Input, type Io, type Machine } from "../../../../base/machine.ts";
import type { Duration } from "../../../../base/time.ts";
import type { ReplicaContext } from "../../contracts.ts";
import { BYTES, Message, Purpose } from "../../messages.ts";
import { createAntiEntropy } from "./anti-entropy.ts";
import type { QuorumOptions } from "./options.ts";

const Timer = { Purge: 0, Sync: 1, Compare: 2, Send: 3 } as const;
/** Tokens of flushes do not matter: answers wait for positions. */
const TOKEN = 0;

/** Sends to a machine of this host without a network, to any other with one. */
export function post(io: Io, isHere: boolean, to: MachineId, kind: number, slot: number, channel: Channel = Channel.Data): void {
  if (isHere) io.tell(to, kind, slot);
  else io.send(to, channel, kind, slot);
}

/** Writes whose answers wait until the log is synced so far: a queue in typed arrays. */
interface Waiting {
  readonly add: (position: number, from: number, index: number, purpose: number, isHere: boolean) => void;
  readonly settle: (position: number, io: Io) => void;
}

export function createQuorumReplica(context: ReplicaContext, options: QuorumOptions): Machine {
  const { shard, fields } = context;
  const { commitLog, tombstones } = options;
  const waiting = createWaiting(shard);
  const entropy = createAntiEntropy(context, options.antiEntropy, { compare: Timer.Compare, send: Timer.Send });
  let isSyncDue = false;

  function step(input: Input, io: Io): void {
    switch (input.kind) {
      case Is.Start:
        return start(io);
      case Is.Message:
      case Is.Told:
        return receive(input, io);
      case Is.Synced:
        return waiting.settle(input.amount, io);
      case Is.Timer:
        return due(input.id, io);
      default:
        return;
    }
  }

  function start(io: Io): void {
    // Replicas are not in step: each looks for old tombstones at a phase of its own.
    io.setTimer(Timer.Purge, (1 + Math.floor(io.random("purge").uniform() * tombstones.every)) as Duration);
    entropy.start(io);
  }

  function due(timer: number, io: Io): void {
    if (timer === Timer.Purge) {
      io.held.purge(io.wall() - tombstones.grace);
      io.setTimer(Timer.Purge, tombstones.every);
    } else if (timer === Timer.Sync) {
      isSyncDue = false;
      io.sync(TOKEN);
    } else entropy.due(timer, io);
  }

  function receive({ message, from, slot, kind }: Input, io: Io): void {
    const m = io.messages;
    const isHere = kind === Is.Told;
    if (message === Message.QuorumWrite) {
      const index = io.appendAttached(slot, 0);
      io.log.apply(index);
      if (commitLog === "batch") {
        waiting.add(index, from, m.index[slot]!, m.count[slot]!, isHere);
        io.sync(TOKEN);
        return;
      }
      written(io, isHere, from, shard, m.index[slot]!, m.count[slot]!);
      if (isSyncDue) return;
      isSyncDue = true;
      io.setTimer(Timer.Sync, commitLog.periodic);
    } else if (message === Message.QuorumRead) {
      const reply = io.message();
      m.shard[reply] = shard;
      m.index[reply] = m.index[slot]!;
      m.bytes[reply] = BYTES.envelope;
      m.count[reply] = io.held.attach(reply, m.key[slot]! as KeyId);
      post(io, isHere, from, Message.QuorumValue, reply);
    } else entropy.receive(message, from, slot, io);
  }

  return {
    step,
    demand: (message, slot) => (message === Message.QuorumWrite || message === Message.QuorumRead ? fields.demand[slot]! : -1),
  };
}

function written(io: Io, isHere: boolean, to: MachineId, shard: number, index: number, purpose: number): void {
  // Nobody waits for a repair.
  if (purpose === Purpose.Repair) return;
  const slot = io.message();
  io.messages.shard[slot] = shard;
  io.messages.index[slot] = index;
  io.messages.count[slot] = purpose;
  io.messages.bytes[slot] = BYTES.envelope;
  post(io, isHere, to, Message.QuorumWritten, slot);
}

function createWaiting(shard: number): Waiting {
  let capacity = 16;
  let positions = new Float64Array(capacity);
  let froms = new Int32Array(capacity);
  let indices = new Float64Array(capacity);
  let notes = new Uint8Array(capacity);
  let head = 0;
  let tail = 0;

  function grow(): void {
    const at = (i: number): number => i & (capacity - 1);
    const next = capacity * 2;
    const moved = {
      positions: new Float64Array(next),
      froms: new Int32Array(next),
      indices: new Float64Array(next),
      notes: new Uint8Array(next),
    };
    for (let i = head; i < tail; i += 1) {
      moved.positions[i & (next - 1)] = positions[at(i)]!;
      moved.froms[i & (next - 1)] = froms[at(i)]!;
      moved.indices[i & (next - 1)] = indices[at(i)]!;
      moved.notes[i & (next - 1)] = notes[at(i)]!;
    }
    ({ positions, froms, indices, notes } = moved);
    capacity = next;
  }

  return {
    add: (position, from, index, purpose, isHere) => {
      if (tail - head === capacity) grow();
      const place = tail & (capacity - 1);
      positions[place] = position;
      froms[place] = from;
      indices[place] = index;
      notes[place] = purpose * 2 + (isHere ? 1 : 0);
      tail += 1;
    },
    settle: (position, io) => {
      while (head < tail && positions[head & (capacity - 1)]! <= position) {
        const place = head & (capacity - 1);
        const note = notes[place]!;
        head += 1;
        written(io, (note & 1) === 1, froms[place]! as MachineId, shard, indices[place]!, note >> 1);
      }
    },
  };
}
