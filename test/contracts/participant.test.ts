/** Sketch: two-phase commit above replication (Gray & Lamport 2006, section 3): what a participant says, its shard has committed. */
import { expect, it } from "vitest";
import { shardId, type HostId, type MachineId, type ShardId } from "../../src/base/ids.ts";
import { Is, type Input, type Io, type Machine } from "../../src/base/machine.ts";
import type { MachinePlan, PartContext, ReplicaContext } from "../../src/simulator/strategies/contracts.ts";
import { createSynchronous } from "../../src/simulator/strategies/replication/policies.ts";
import { s, smallSpec } from "../simulator/cluster/small-run.ts";
import { hostsOf, letter, note, post, replicated, sketch } from "./sketch.ts";

const Kind = { Prepare: 100, Vote: 101, Decide: 102 } as const;
/** What a log entry may say of a transaction: its number times three, and one of these. */
const Word = { Prepared: 0, Committed: 1, Aborted: 2 } as const;
const SHARDS = [0, 1].map(shardId);

/** A replica of the synchronous part that takes proposals too: one is committed when the part applies its entry. */
function createGroupMember(context: ReplicaContext): Machine {
  const inner = createSynchronous().createReplica(context);
  const role = inner.published as { readonly isPrimary: () => boolean; readonly epoch: () => number };
  const proposals = new Map<number, { readonly from: MachineId; readonly token: number }>();
  let seen = 0;
  function propose({ from, id, slot }: Input, io: Io): void {
    if (!role.isPrimary()) return io.decide(from, id, false);
    proposals.set(io.log.append(0, role.epoch(), io.messages.count[slot]), { from, token: id });
    io.sync(100);
  }
  return {
    ...inner,
    step: (input, io) => {
      if (input.kind === Is.Proposed) propose(input, io);
      else inner.step(input, io);
      for (; seen < io.log.applied(); seen += 1) {
        const proposal = proposals.get(seen + 1);
        if (proposal !== undefined) io.decide(proposal.from, proposal.token, true);
        const word = io.log.noteAt(seen + 1);
        if (word > 0) note(io, "logged", `${word} by shard ${context.shard}`);
      }
    },
  };
}

/** Token of a proposal: the word proposed, and the shard that is asked. */
function createParticipant(_host: HostId, context: PartContext): Machine {
  return {
    step: ({ kind, slot, id, change }, io) => {
      if (kind === Is.Message) {
        const [word, shard] = [io.messages.count[slot]!, io.messages.shard[slot]! as ShardId];
        io.propose(shard, letter(io, { count: word }), word * SHARDS.length + shard);
      } else if (kind === Is.Committed) {
        const [word, shard] = [Math.floor(id / SHARDS.length), id % SHARDS.length];
        if (word % 3 === Word.Prepared)
          post(io, context.controllers("coordinator")[0]!, Kind.Vote, { shard, count: word, outcome: change });
      }
    },
  };
}

/** Transaction 1 asks both shards' primaries; 2 asks a host that leads nothing for one of them, and so is aborted. */
function createCoordinator(_host: HostId, context: PartContext): Machine {
  const votes = new Map<number, number[]>();
  const participant = (shard: ShardId, place: number): MachineId => context.machineOn("participant", context.replicasOf(shard)[place]!);
  return {
    step: ({ kind, id, slot }, io) => {
      const tell = (transaction: number, message: number, word: number): void =>
        SHARDS.forEach((shard) =>
          post(io, participant(shard, shard * (transaction - 1)), message, { shard, count: transaction * 3 + word }),
        );
      if (kind === Is.Start) for (const transaction of [1, 2]) io.setTimer(transaction, s(transaction));
      if (kind === Is.Timer) tell(id, Kind.Prepare, Word.Prepared);
      if (kind !== Is.Message) return;
      const transaction = io.messages.count[slot]! / 3;
      votes.set(transaction, [...(votes.get(transaction) ?? []), io.messages.outcome[slot]!]);
      if (votes.get(transaction)!.length < SHARDS.length) return;
      const isCommitted = !votes.get(transaction)!.includes(0);
      note(io, "decided", `${transaction} ${isCommitted ? "commit" : "abort"}`);
      tell(transaction, Kind.Decide, isCommitted ? Word.Committed : Word.Aborted);
    },
  };
}

const machines: readonly MachinePlan[] = [
  { name: "participant", on: { kind: "servers" }, process: "database", create: createParticipant },
  { name: "coordinator", on: { kind: "role", role: "coordinator" }, process: "coordinator", create: createCoordinator },
];

it("a participant votes yes once its shard has committed the word, and every replica of both shards logs the outcome", () => {
  const { cluster } = smallSpec();
  const { notes, record, isComplete } = sketch(
    { machines, replication: replicated(createGroupMember, 3) },
    { cluster: { ...cluster, shards: 2 }, hosts: hostsOf("coordinator", ["a"]) },
  );
  expect(notes("decided")).toEqual(["1 commit", "2 abort"]);
  const of = (word: number, shard: number): string[] => Array<string>(3).fill(`${word} by shard ${shard}`);
  expect(notes("logged").sort()).toEqual([...of(3, 0), ...of(3, 1), ...of(4, 0), ...of(4, 1), ...of(6, 0), ...of(8, 0)].sort());
  expect(record.data).toMatchObject({ lossWrites: 0, divergedReplicas: 0, comparedReplicas: 4 });
  expect(isComplete).toBe(true);
});
