/** Moves that are wrong on purpose: what a copy forgets, and a hand-over that does not wait, must be caught as lost. */
import { expect, it } from "vitest";
import { Channel } from "../../src/base/machine.ts";
import type { RunSpec } from "../../src/simulator/cluster/spec.ts";
import { AppendOutcome, Message } from "../../src/simulator/strategies/messages.ts";
import { constant, s, smallSpec } from "../simulator/cluster/small-run.ts";
import { isRequest, look, replicas, stepping } from "./broken.ts";

/** Three servers are added to three: of four shards some move, primaries too. */
function moving(replication: RunSpec["parts"]["replication"]): RunSpec {
  const base = smallSpec({ seed: 5, duration: s(8), settle: s(10), cluster: { shards: 4 } });
  return {
    ...base,
    hosts: { ...base.hosts, rebalancer: [{ kind: "zone", name: "b" }] },
    workload: [{ ...base.workload[0]!, mix: { update: 1 }, arrivals: { kind: "poisson", rate: 300 } }],
    parts: { ...base.parts, replication },
    operations: [
      {
        name: "add",
        label: "add",
        at: constant(2_000_000),
        action: { kind: "add", zones: ["a", "b", "c"] },
        throttle: 500_000,
        cutover: "forwarding",
      },
    ],
  };
}

const synchronous = { name: "synchronous", options: {} };
const asynchronous = { name: "asynchronous", options: { ship: { every: 300_000 } } };

/** Says that it has what it was sent since its copy was made, and throws it away. */
const forgetsTheDelta = replicas((machine, context) =>
  stepping(machine, (input, io) => {
    if ((context.server as number) < 3 || !isRequest(input, Message.Append) || !io.log.exists()) return machine.step(input, io);
    const m = io.messages;
    const slot = io.message();
    m.shard[slot] = context.shard;
    m.epoch[slot] = m.epoch[input.slot]!;
    m.outcome[slot] = AppendOutcome.Synced;
    m.index[slot] = m.index[input.slot]! + m.key[input.slot]!;
    m.bytes[slot] = 100;
    io.send(input.from, Channel.Data, Message.Appended, slot);
  }),
);

/** Gives its word that the other has everything before anybody has looked. */
const handsOverAtOnce = replicas((machine, context) =>
  stepping(machine, (input, io) => {
    if (!isRequest(input, Message.Yield)) return machine.step(input, io);
    const slot = io.message();
    io.messages.shard[slot] = context.shard;
    io.messages.epoch[slot] = io.messages.epoch[input.slot]!;
    io.messages.bytes[slot] = 100;
    io.send(input.from, Channel.Control, Message.Yielded, slot);
  }),
);

it("a new copy that forgets what was written since its snapshot loses it when it becomes the primary", () => {
  expect(look(moving(synchronous)).audit).toEqual({});
  expect(look(moving(synchronous), forgetsTheDelta).audit.lossWrites).toBeGreaterThan(0);
});

it("a primary that hands over before the other has everything loses what it lacks", () => {
  expect(look(moving(asynchronous)).audit).toEqual({});
  expect(look(moving(asynchronous), handsOverAtOnce).audit.lossWrites).toBeGreaterThan(0);
});
