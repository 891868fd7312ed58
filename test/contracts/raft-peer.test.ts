/** Sketch: a Raft peer as a replica (Ongaro & Ousterhout 2014, sections 5.1 to 5.4), without reads, members and snapshots. */
import { expect, it } from "vitest";
import type { MachineId } from "../../src/base/ids.ts";
import { Is, Outcome, type Input, type Io, type Machine } from "../../src/base/machine.ts";
import type { ReplicaContext } from "../../src/simulator/strategies/contracts.ts";
import { Message } from "../../src/simulator/strategies/messages.ts";
import { ms } from "../simulator/cluster/small-run.ts";
import { answer, asked, createDurably, endOf, peersOf, post, replicated, ship, sketch, taken, writes, type Asked } from "./sketch.ts";

const Kind = { AskVote: 100, Vote: 101, Entries: 102, Held: 103 } as const;
const Register = { Term: 0, Vote: 1 } as const;
const Timer = { Election: 0, Ship: 1 } as const;

function createPeer(context: ReplicaContext): Machine {
  const { shard, server } = context;
  const peers = peersOf(context);
  const held = new Map<MachineId, number>();
  const waiting = new Map<number, Asked>();
  const durably = createDurably();
  let [term, votes, leader] = [1, 0, -1];
  const arm = (io: Io): void => io.setTimer(Timer.Election, ms(300 + io.random("election").below(300)));
  function enter(to: number, vote: number, io: Io): void {
    [term, votes, leader] = [to, 0, -1];
    waiting.clear();
    io.put(Register.Term, to);
    io.put(Register.Vote, vote);
    arm(io);
  }
  function stand(io: Io): void {
    enter(term + 1, server + 1, io);
    const bid = { epoch: term, who: server, ...endOf(io) };
    durably.after(io, () => peers.forEach((peer) => post(io, peer, Kind.AskVote, bid)));
  }
  function lead(io: Io): void {
    leader = server;
    io.cancelTimer(Timer.Election);
    for (const peer of peers) held.set(peer, io.log.written());
    io.log.append(0, term);
    io.fact({ kind: "ready", shard, epoch: term, server, planned: false });
    durably.after(io, () => commit(io));
    shipAll(io);
  }
  function shipAll(io: Io): void {
    if (leader !== server) return;
    io.setTimer(Timer.Ship, ms(50));
    for (const [peer, index] of held) ship(io, peer, Kind.Entries, index, { epoch: term, who: server, time: io.log.applied() });
  }
  /** What a majority holds is committed, if it is of this term (section 5.4.2). */
  function commit(io: Io): void {
    const majority = [io.log.synced(), ...held.values()].sort((a, b) => b - a)[1]!;
    if (leader !== server || io.log.epochAt(majority) !== term) return;
    for (let index = io.log.applied() + 1; index <= majority; index += 1) {
      io.log.apply(index);
      if (waiting.has(index)) answer(io, waiting.get(index)!, Outcome.Done, { shard, epoch: term, who: server, index });
    }
  }
  function write(client: Asked, io: Io): void {
    const away = leader < 0 ? Outcome.Unavailable : Outcome.Redirect;
    if (leader !== server) return answer(io, client, away, { shard, epoch: term, who: leader });
    waiting.set(io.log.append(client.operation, term), client);
    durably.after(io, () => commit(io));
  }
  function receive({ slot, from, message }: Input, io: Io): void {
    const { epoch, index, until, who, time } = io.messages;
    const theirs = epoch[slot]!;
    if (theirs > term) enter(theirs, 0, io);
    if (theirs < term) return;
    if (message === Kind.AskVote) {
      const ahead = endOf(io).until - until[slot]! || endOf(io).index - index[slot]!;
      if (ahead > 0 || ![0, who[slot]! + 1].includes(io.register(Register.Vote))) return;
      io.put(Register.Vote, who[slot]! + 1);
      durably.after(io, () => post(io, from, Kind.Vote, { epoch: theirs }));
    } else if (message === Kind.Vote && ++votes === 1) lead(io);
    else if (message === Kind.Held && leader === server) {
      held.set(from, index[slot]!);
      commit(io);
    } else if (message === Kind.Entries) {
      arm(io);
      leader = who[slot]!;
      const [upTo, before] = [taken(io, slot), index[slot]! - 1];
      if (upTo >= 0) io.log.apply(Math.max(io.log.applied(), Math.min(time[slot]!, upTo)));
      durably.after(io, () => post(io, from, Kind.Held, { epoch: theirs, index: upTo < 0 ? before : upTo }));
    }
  }
  return {
    step: (input, io) => {
      if (input.kind === Is.Start) enter(Math.max(1, io.register(Register.Term)), io.register(Register.Vote), io);
      else if (input.kind === Is.Timer) (input.id === Timer.Election ? stand : shipAll)(io);
      else if (input.kind === Is.Synced) durably.synced(input.id);
      else if (input.kind !== Is.Message) return;
      else if (input.message === Message.WriteRequest) write(asked(io, input.from, input.slot), io);
      else receive(input, io);
    },
  };
}

it("of three Raft peers one is elected, and every write that it acknowledges is applied by all three", () => {
  const { facts, record, isComplete } = sketch({ replication: replicated(createPeer) }, { workload: writes(50) });
  expect(facts("ready").map(({ epoch }) => epoch)).toEqual([2]);
  expect(record.data).toMatchObject({ lossWrites: 0, splitBrainWrites: 0, divergedReplicas: 0, comparedReplicas: 2 });
  expect(record.data.acknowledged).toBeGreaterThan(250);
  expect(isComplete).toBe(true);
});
