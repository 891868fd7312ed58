/**
 * Sentinels and cluster nodes that are wrong on purpose, run through `simulate`: each bug must be caught as two primaries
 * of one epoch, and the same run without it must be clean.
 */
import { expect, it } from "vitest";
import { Channel, type Io, type Machine } from "../../src/base/machine.ts";
import type { PartsBuilder } from "../../src/simulator/cluster/run.ts";
import type { RunSpec } from "../../src/simulator/cluster/spec.ts";
import type { Target } from "../../src/simulator/faults/fault.ts";
import type { PartContext } from "../../src/simulator/strategies/contracts.ts";
import { gossipOptions } from "../../src/simulator/strategies/failover/gossip/part.ts";
import type { Packet } from "../../src/simulator/strategies/failover/gossip/packet.ts";
import { sentinelsOptions } from "../../src/simulator/strategies/failover/sentinels/part.ts";
import { Message } from "../../src/simulator/strategies/messages.ts";
import { constant, fault, s, smallSpec } from "../simulator/cluster/small-run.ts";
import { changed, isRequest, look, stepping } from "./broken.ts";

const server = (id: number): Target => ({ kind: "server", server: id });
const sentinel = (which: number): Target => ({ kind: "role", role: "sentinel", which });
const cut = (from: readonly Target[], to: readonly Target[]): RunSpec["faults"][number] =>
  fault({ kind: "cut", from, to, oneWay: false }, s(3), s(20));

function withSentinels(faults: RunSpec["faults"], seed = 1): RunSpec {
  const base = smallSpec({
    seed,
    duration: s(25),
    settle: s(40),
    faults: [fault({ kind: "hostDeath", target: [server(0)] }, s(4), undefined), ...faults],
  });
  return {
    ...base,
    hosts: { ...base.hosts, sentinel: base.hosts["monitor"]! },
    workload: [{ ...base.workload[0]!, arrivals: { kind: "poisson", rate: 20 } }],
    parts: {
      ...base.parts,
      failover: { name: "sentinels", options: sentinelsOptions.parse({ downAfter: "1s", failoverTimeout: "10s" }) },
      fencing: { name: "none", options: {} },
    },
  };
}

/** Every sentinel (or only some) made from another context or wrapped. */
const sentinels = (wrap: (make: (context: PartContext) => Machine, ordinal: number, context: PartContext) => Machine): PartsBuilder =>
  changed(({ failover }) => ({
    failover: {
      ...failover,
      createController: (role, ordinal, context) =>
        role === "sentinel"
          ? wrap((around) => failover.createController(role, ordinal, around), ordinal, context)
          : failover.createController(role, ordinal, context),
    },
  }));

/** Each replica is out of reach of one sentinel: leaders of one epoch would choose different ones. */
const ASUNDER = withSentinels([cut([sentinel(1)], [server(1)]), cut([sentinel(2)], [server(2)])]);

it("sentinels that vote twice in an epoch elect two leaders, and each makes a primary", () => {
  expect(look(ASUNDER).broken).toEqual({});
  const generous = sentinels((make, _ordinal, context) => {
    const machine = make(context);
    return stepping(machine, (input, io) => {
      const m = io.messages;
      if (!isRequest(input, Message.AskPrimaryState) || m.who[input.slot]! < 0) return machine.step(input, io);
      // Whoever asks has its vote, in whatever epoch, and nothing is kept of it.
      const slot = io.message();
      m.shard[slot] = m.shard[input.slot]!;
      m.count[slot] = 1;
      m.who[slot] = m.who[input.slot]!;
      m.epoch[slot] = m.epoch[input.slot]!;
      io.send(input.from, Channel.Control, Message.PrimaryState, slot);
    });
  });
  expect(look(ASUNDER, generous).broken["one-primary-per-epoch"]).toMatch(
    /^shard 0 has two primaries under epoch 2: server [12] and server [12]$/u,
  );
});

/** The dead primary's standbys, each with its own side of a cut: one sentinel here, two there. */
const DIVIDED = withSentinels([cut([sentinel(1), server(1)], [sentinel(2), sentinel(3), server(2)])]);

it("a sentinel that promotes without a majority makes a second primary of the epoch in which the others made theirs", () => {
  const seen = look(DIVIDED);
  expect(seen.broken).toEqual({});
  expect(seen.record.facts.filter((fact) => fact.kind === "chosen" && fact.by === "sentinel 1")).toEqual([]);
  const alone = sentinels((make, ordinal, context) =>
    make(
      ordinal === 1
        ? { ...context, controllers: (role) => (role === "sentinel" ? context.controllers(role).slice(0, 1) : context.controllers(role)) }
        : context,
    ),
  );
  expect(look(DIVIDED, alone).broken["one-primary-per-epoch"]).toMatch(
    /^shard 0 has two primaries under epoch 2: server [12] and server [12]$/u,
  );
});

/** Three shards on five servers; the two standbys of the first cannot speak to each other. By this seed they stand at about the same time, as by one in five. */
function clustered(seed = 1): RunSpec {
  const base = smallSpec({
    seed,
    duration: s(15),
    settle: s(40),
    faults: [fault({ kind: "hostDeath", target: [server(0)] }, s(4), undefined), cut([server(1)], [server(2)])],
  });
  return {
    ...base,
    cluster: {
      ...base.cluster,
      shards: 3,
      regions: [{ name: "r", zones: ["a", "b", "c"].map((name) => ({ name, racks: [{ name, servers: 2 }] })) }],
      server: { ...base.cluster.server, fsync: constant(1_000) },
    },
    workload: [{ ...base.workload[0]!, arrivals: { kind: "poisson", rate: 20 } }],
    parts: {
      ...base.parts,
      placement: {
        name: "explicit",
        options: [
          [0, 1, 2],
          [3, 5, 1],
          [4, 5, 2],
        ],
      },
      failover: { name: "gossip", options: gossipOptions.parse({ nodeTimeout: "1s" }) },
      fencing: { name: "none", options: {} },
    },
  };
}

it("cluster nodes that ignore the epoch vote for both standbys, and each becomes primary of it", () => {
  const honest = look(clustered());
  expect(honest.broken).toEqual({});
  expect(honest.record.facts.filter((fact) => fact.kind === "chosen" && fact.shard === 0)).toHaveLength(1);
  const careless = changed(({ failover }) => ({
    failover: {
      ...failover,
      createAgent: (self, context) => {
        const machine = failover.createAgent(self, context);
        return stepping(machine, (input, io) => {
          if (!isRequest(input, Message.Bus)) return machine.step(input, io);
          const packet = io.messages.payload[input.slot] as Packet;
          if (packet.kind === "authRequest") return vote(packet, self, context, io);
          // Nobody raises its own epoch by what it hears; votes say in which they were given.
          if (packet.kind !== "authAck") io.messages.payload[input.slot] = { ...packet, currentEpoch: 1 };
          machine.step(input, io);
        });
      },
    },
  }));
  expect(look(clustered(), careless).broken["one-primary-per-epoch"]).toMatch(
    /^shard 0 has two primaries under epoch 2: server [12] and server [12]$/u,
  );
});

/** A vote for whoever asks. */
function vote(
  { sender, currentEpoch, shard }: Packet & { readonly kind: "authRequest" },
  self: number,
  context: PartContext,
  io: Io,
): void {
  const ack: Packet = { kind: "authAck", sender: self, currentEpoch, claims: [], offsets: [], shard };
  const slot = io.message();
  io.messages.payload[slot] = ack;
  io.send(context.agentMachine(sender as never), Channel.Control, Message.Bus, slot);
}

it("the wrappers above leave everything else as it is", () => {
  expect(
    look(
      ASUNDER,
      sentinels((make, _ordinal, context) => make(context)),
    ).record.digest,
  ).toBe(look(ASUNDER).record.digest);
});
