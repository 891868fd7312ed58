/**
 * Requests of clients at one replica under Raft: writes that wait for their entry's commitment, reads that wait for the proof
 * that the leader still leads, and what each is told.
 */
import { fail } from "../../../../base/assert.ts";
import type { KeyId, MachineId } from "../../../../base/ids.ts";
import { Outcome, type Io } from "../../../../base/machine.ts";
import type { ReplicaContext } from "../../contracts.ts";
import { answer, type Answering } from "../answer.ts";
import { createWaitingWrites } from "../waiting-writes.ts";
import { createPendingReads } from "./pending-reads.ts";

/** What is known of the group here. */
export interface Leadership {
  readonly term: () => number;
  /** The server of the leader that is known, or -1. */
  readonly leader: () => number;
}

export interface Requests {
  /** A write that will be the entry at `index`, if the module takes it. */
  readonly await: (index: number, slot: number, from: MachineId, io: Io) => void;
  /** The module did not take it. */
  readonly refuseWrite: (index: number, io: Io) => void;
  /** Entries from `first` to `until` are committed and applied: whoever waits for one hears so. */
  readonly committed: (first: number, until: number, io: Io) => void;
  /** This replica leads no more: whoever waits may wait in vain, since the next leader may commit the entry, or never. */
  readonly interrupt: (io: Io) => void;
  /** Keeps a read until the module says that it may be served; gives its token. */
  readonly hold: (slot: number, from: MachineId, io: Io) => number;
  readonly serve: (token: number, index: number, io: Io) => void;
  readonly refuse: (token: number, io: Io) => void;
  /** Answers a read from what is applied here. */
  readonly answerRead: (slot: number, from: MachineId, io: Io) => void;
  /** Says who leads, if that is known. */
  readonly turnAway: (slot: number, from: MachineId, io: Io) => void;
}

export function createRequests({ shard, server }: ReplicaContext, { term, leader }: Leadership): Requests {
  const about: Answering = { shard, epoch: term, owner: leader };
  const writes = createWaitingWrites();
  const reads = createPendingReads();
  /** The highest index at which anything ever waited. */
  let last = 0;
  /** What `tell` says, set at each use: no function is made per write. */
  const telling: { outcome: Outcome; index: number; io: Io | undefined } = { outcome: Outcome.Done, index: 0, io: undefined };
  const tell = (from: number, operation: number, attempt: number): void =>
    answer(about, from as MachineId, operation, attempt, telling.outcome, 0, telling.index, telling.io!);

  /** Tells whoever waits for the entry at `index`. */
  function settle(index: number, outcome: Outcome, io: Io): void {
    telling.outcome = outcome;
    telling.index = outcome === Outcome.Done ? index : 0;
    telling.io = io;
    writes.take(index, tell);
  }

  const elsewhere = (): Outcome => (leader() < 0 || leader() === server ? Outcome.Unavailable : Outcome.Redirect);
  /** The version of a key; parts of an operation on several rows name none. */
  const versionOf = (key: number, io: Io): number => (key < 0 ? 0 : io.log.read(key as KeyId));

  return {
    await: (index, slot, from, io) => {
      const m = io.messages;
      writes.add(index, io.log.applied(), from, m.operation[slot]!, m.count[slot]!);
      last = Math.max(last, index);
    },
    refuseWrite: (index, io) => settle(index, Outcome.Overloaded, io),
    committed: (first, until, io) => {
      for (let index = first; index <= until; index += 1) settle(index, Outcome.Done, io);
    },
    interrupt: (io) => {
      for (let index = io.log.applied() + 1; index <= last; index += 1) settle(index, Outcome.Interrupted, io);
    },
    hold: (slot, from, io) => {
      const m = io.messages;
      const operation = m.operation[slot]!;
      return reads.add(from, operation, io.identity(operation), m.count[slot]!, m.key[slot]!);
    },
    serve: (token, index, io) => {
      if (io.log.applied() < index) fail(`a read of index ${index} before it is applied (${io.log.applied()})`);
      const operation = reads.operationOf(token);
      // Its client may have given up long ago.
      if (io.identity(operation) === reads.identityOf(token))
        answer(about, reads.fromOf(token), operation, reads.attemptOf(token), Outcome.Done, versionOf(reads.keyOf(token), io), 0, io);
      reads.free(token);
    },
    refuse: (token, io) => {
      const operation = reads.operationOf(token);
      if (io.identity(operation) === reads.identityOf(token))
        answer(about, reads.fromOf(token), operation, reads.attemptOf(token), elsewhere(), 0, 0, io);
      reads.free(token);
    },
    answerRead: (slot, from, io) => {
      const m = io.messages;
      answer(about, from, m.operation[slot]!, m.count[slot]!, Outcome.Done, versionOf(m.key[slot]!, io), 0, io);
    },
    turnAway: (slot, from, io) => {
      const m = io.messages;
      answer(about, from, m.operation[slot]!, m.count[slot]!, elsewhere(), 0, 0, io);
    },
  };
}
