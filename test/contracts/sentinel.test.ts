/** Sketch: sentinels on hosts of their own (Redis): one holds the primary for down, enough agree, one is elected and promotes. */
import { expect, it } from "vitest";
import type { MachineId, ServerId, ShardId } from "../../src/base/ids.ts";
import { Is, type Input, type Io, type Machine } from "../../src/base/machine.ts";
import type { FailoverPart, PartContext } from "../../src/simulator/strategies/contracts.ts";
import { createAgent } from "../../src/simulator/strategies/failover/agent.ts";
import { Message } from "../../src/simulator/strategies/messages.ts";
import { fault, ms, s } from "../simulator/cluster/small-run.ts";
import { hostsOf, note, post, sketch } from "./sketch.ts";

const Kind = { IsDown: 100, HoldsDown: 101, AskVote: 102, Vote: 103 } as const;
const Timer = { Ping: 0, Down: 1, Stand: 2 } as const;
const Register = { Epoch: 0 } as const;
const DOWN_AFTER = ms(500);
const SHARD = 0 as ShardId;

function createSentinel(ordinal: number, context: PartContext): Machine {
  const me = `sentinel ${ordinal}`;
  const [primary, successor] = context.replicasOf(SHARD) as readonly [ServerId, ServerId];
  const others = (io: Io): MachineId[] => context.controllers("sentinel").filter((sentinel) => sentinel !== io.self());
  const agreeing = new Set<MachineId>();
  let [isDown, isActionable, votes, isElected] = [false, false, 0, false];

  function heard(io: Io): void {
    if (isDown) io.fact({ kind: "retracted", server: primary, by: me });
    isDown = false;
    agreeing.clear();
    io.setTimer(Timer.Down, DOWN_AFTER);
  }
  /** Subjectively down: by this sentinel's own clock. */
  function suspect(io: Io): void {
    isDown = true;
    io.fact({ kind: "suspected", server: primary, by: me });
    for (const sentinel of others(io)) post(io, sentinel, Kind.IsDown);
  }
  /** Objectively down: a quorum of two, this one and another. A drawn pause keeps them from standing all at once. */
  function agree(from: MachineId, io: Io): void {
    if (!isDown || agreeing.add(from).size > 1 || isActionable) return;
    isActionable = true;
    io.fact({ kind: "actionable", server: primary, shard: SHARD, by: me });
    io.setTimer(Timer.Stand, ms(1 + io.random("stand").below(100)));
  }
  function stand(io: Io): void {
    if (io.register(Register.Epoch) > 1) return; // It has voted for another meanwhile.
    io.put(Register.Epoch, 2);
    votes = 1;
    for (const sentinel of others(io)) post(io, sentinel, Kind.AskVote, { epoch: 2 });
  }
  function elected(io: Io): void {
    isElected = true;
    note(io, "elected", me);
    post(io, context.metadata(), Message.Claim, { shard: SHARD, epoch: 1 });
  }
  function receive({ slot, from, message }: Input, io: Io): void {
    const { epoch } = io.messages;
    const about = { shard: SHARD, epoch: epoch[slot]!, who: successor, key: 0b111 };
    if (message === Message.Pong) heard(io);
    else if (message === Kind.IsDown && isDown) post(io, from, Kind.HoldsDown);
    if (message === Kind.IsDown || message === Kind.HoldsDown) agree(from, io);
    else if (message === Kind.AskVote && io.register(Register.Epoch) < epoch[slot]!) {
      io.put(Register.Epoch, epoch[slot]!);
      post(io, from, Kind.Vote, { epoch: epoch[slot]! });
    } else if (message === Kind.Vote && ++votes >= 2 && !isElected) elected(io);
    else if (message === Message.Claimed && io.messages.outcome[slot] === 1) {
      io.fact({ kind: "chosen", shard: SHARD, epoch: epoch[slot]!, server: successor, by: me });
      post(io, context.replicaMachine(SHARD, successor), Message.Promote, about);
    } else if (message === Message.Promoted) {
      post(io, context.metadata(), Message.Commit, about);
      for (const server of context.replicasOf(SHARD)) post(io, context.replicaMachine(SHARD, server), Message.Configure, about);
    }
  }
  return {
    step: (input, io) => {
      if (input.kind === Is.Start) io.setTimer(Timer.Ping, ms(1 + io.random("phase").below(100)));
      if (input.kind === Is.Start) io.setTimer(Timer.Down, DOWN_AFTER);
      if (input.kind === Is.Timer && input.id === Timer.Ping) {
        post(io, context.agentMachine(primary), Message.Ping);
        io.setTimer(Timer.Ping, ms(100));
      } else if (input.kind === Is.Timer) (input.id === Timer.Down ? suspect : stand)(io);
      if (input.kind === Is.Message) receive(input, io);
    },
  };
}

const failover: FailoverPart = {
  roles: ["sentinel"],
  createController: (_role, ordinal, context) => createSentinel(ordinal, context),
  createAgent,
};

it("sentinels on hosts of their own agree that a primary is down, and the one they elect promotes a standby", () => {
  const crash = fault({ kind: "processCrash", target: [{ kind: "primaryOf", shard: 0 }] }, s(1), undefined);
  const { facts, notes, record, isComplete } = sketch({ failover }, { faults: [crash], hosts: hostsOf("sentinel", ["a", "b", "c"]) });
  expect(new Set(facts("suspected").map(({ by }) => by)).size).toBe(3);
  expect(notes("elected")).toHaveLength(1);
  expect(facts("actionable").map(({ by }) => by)).toContain(notes("elected")[0]);
  expect(facts("ready").at(-1)).toMatchObject({ epoch: 2, deposedReachable: false });
  expect(facts("visible").map(({ epoch }) => epoch)).toEqual([2]);
  expect(record.outages.map(({ ended }) => ended)).toEqual(["failover", "failover", "failover"]);
  expect(isComplete).toBe(true);
});
