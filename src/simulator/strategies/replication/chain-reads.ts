/**
 * Reads of a chain. At the tail alone what is stored is what was acknowledged (van Renesse and Schneider 2004). With CRAQ
 * (Terrace and Freedman 2009, section 2.3) every member answers: from its own state if it holds no unacknowledged write of
 * the key, else once the tail has said how far is acknowledged.
 *
 * Both rest on members that stop when they fail: a tail that was dropped while it was cut off, or a CRAQ member that is
 * clean and cut off, answers readers that still reach it from a history that is over.
 */
import type { KeyId, MachineId } from "../../../base/ids.ts";
import { Channel, Outcome, type Io } from "../../../base/machine.ts";
import { BYTES, Message } from "../messages.ts";
import { answer } from "./answer.ts";
import type { Line, Replica } from "./replica.ts";

export interface ChainReads {
  /** Answers, has wait, or sends a read where it is answered; false if this replica has no say in it. */
  readonly read: (slot: number, from: MachineId, io: Io) => boolean;
  /** A member asks this tail how far is acknowledged. */
  readonly asked: (slot: number, from: MachineId, io: Io) => void;
  readonly told: (slot: number, io: Io) => void;
  /** Does this replica serve reads, likely? */
  readonly serves: () => boolean;
  readonly forget: () => void;
}

interface Waiting {
  readonly from: MachineId;
  readonly operation: number;
  readonly identity: number;
  readonly attempt: number;
  readonly key: KeyId;
}

export interface ChainReadsParts {
  readonly line: Line;
  readonly isCraq: boolean;
  /** Everything up to here is acknowledged. */
  readonly acknowledgedUpTo: (index: number, io: Io) => void;
}

export function createChainReads(replica: Replica, { line, isCraq, acknowledgedUpTo }: ChainReadsParts): ChainReads {
  const { now, context } = replica;
  const { shard } = context;
  let waiting = new Map<number, Waiting>();
  let token = 0;
  /**
   * Has the tail once said, since this member started, how far is acknowledged, and was all of it here? From then on nothing is
   * acknowledged that has not passed here; before, a crash may have taken what the tail still has.
   */
  let isCurrent = false;

  /** Does this replica hold a write of the key that it does not know to be acknowledged? Of several keys: any. */
  function isDirty(key: KeyId, io: Io): boolean {
    for (let index = replica.commit + 1; index <= io.log.written(); index += 1) if (key < 0 || io.log.keyAt(index) === key) return true;
    return false;
  }

  function ask(one: Waiting, io: Io): void {
    const tail = line.tail();
    const machine = tail === undefined ? undefined : replica.known().find((peer) => peer?.server === tail)?.machine;
    if (machine === undefined) return;
    token += 1;
    waiting.set(token, one);
    const m = io.messages;
    const slot = io.message();
    m.shard[slot] = shard;
    m.epoch[slot] = now.epoch;
    m.time[slot] = token;
    m.bytes[slot] = BYTES.envelope;
    io.send(machine, Channel.Control, Message.AskVersion, slot);
  }

  const isServing = (): boolean => line.isIn() && (line.isTail() || isCraq) && (!replica.isPrimary() || replica.accepting);

  return {
    read: (slot, from, io) => {
      const m = io.messages;
      if (!io.log.exists() || !line.isIn() || (replica.isPrimary() && !replica.accepting)) return false;
      const operation = m.operation[slot]!;
      const attempt = m.count[slot]!;
      if (!isServing()) {
        const there = { shard, epoch: replica.epoch, owner: () => line.tail() ?? -1 };
        answer(there, from, operation, attempt, Outcome.ReadThere, 0, 0, io);
        return true;
      }
      const key = m.key[slot] as KeyId;
      // A member that has just joined may have applied what nobody has acknowledged yet, and a tail that has lacks what others had.
      const lacks = line.isTail() && !replica.isPrimary() && (replica.following || io.log.applied() < replica.caughtUp);
      if (lacks || io.log.applied() > replica.commit) answer(replica, from, operation, attempt, Outcome.Unavailable, 0, 0, io);
      else if (line.isTail() || (isCurrent && !isDirty(key, io)))
        answer(replica, from, operation, attempt, Outcome.Done, io.log.read(key), 0, io);
      else ask({ from, operation, identity: io.identity(operation), attempt, key }, io);
      return true;
    },
    asked: (slot, from, io) => {
      const m = io.messages;
      if (m.epoch[slot] !== now.epoch || !line.isTail() || !io.log.exists()) return;
      const reply = io.message();
      m.shard[reply] = shard;
      m.epoch[reply] = now.epoch;
      m.index[reply] = replica.commit;
      m.time[reply] = m.time[slot]!;
      m.bytes[reply] = BYTES.envelope;
      io.send(from, Channel.Control, Message.ToldVersion, reply);
    },
    told: (slot, io) => {
      const m = io.messages;
      const one = waiting.get(m.time[slot]!);
      waiting.delete(m.time[slot]!);
      if (m.epoch[slot] !== now.epoch || one === undefined || !io.log.exists()) return;
      acknowledgedUpTo(m.index[slot]!, io);
      isCurrent = replica.commit >= m.index[slot]!;
      if (io.identity(one.operation) !== one.identity || one.identity === 0) return;
      if (isCurrent) answer(replica, one.from, one.operation, one.attempt, Outcome.Done, io.log.read(one.key), 0, io);
      else answer(replica, one.from, one.operation, one.attempt, Outcome.Unavailable, 0, 0, io);
    },
    serves: isServing,
    forget: () => {
      isCurrent = false;
      if (waiting.size > 0) waiting = new Map();
    },
  };
}
