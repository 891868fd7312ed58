/** Two rules of the replica under a primary that no run shows by its result alone: what catching up costs, and what an answer means. */
import { expect, it } from "vitest";
import type { Fact } from "../../../src/base/fact.ts";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import { stepsOf } from "../../../src/simulator/cluster/outages.ts";
import { partsOf } from "./build.ts";
import { Channel } from "../../../src/base/machine.ts";
import { Message } from "../../../src/simulator/strategies/messages.ts";
import { createSynchronous } from "../../../src/simulator/strategies/replication/policies.ts";
import { constant, fault, ms, s, smallSpec } from "./small-run.ts";
import { play, PLAIN, type Hand } from "./stage.ts";

it("a standby that wakes among messages of an epoch that it has missed is sent what it lacks once", () => {
  const spec = smallSpec({
    duration: s(10),
    settle: s(20),
    parts: { ...smallSpec().parts, replication: { name: "synchronous", options: {} } },
  });
  const pause = fault({ kind: "pause", target: [{ kind: "standbyOf", ordinal: 1, shard: 0 }] }, ms(3_000), ms(5_000));
  const writing = spec.workload.map((load) => ({ ...load, mix: { update: 1 } }));
  const quiet = simulate({ ...spec, workload: writing }, partsOf());
  const slept = simulate({ ...spec, workload: writing, faults: [pause] }, partsOf());
  expect(slept.facts.some((fact) => fact.kind === "rejoined" && fact.fetched > 100)).toBe(true);
  expect(slept.data.divergedReplicas).toBe(0);
  // What it missed is sent twice, once in vain; and writes that waited for it were asked for again and again.
  expect(slept.network.bytes).toBeLessThan(quiet.network.bytes * 3);
});

it("an epoch's steps are those of the change that made it, not of a primary that came back under it", () => {
  const shard = 0;
  const facts: Fact[] = [
    { at: 10, kind: "chosen", shard, epoch: 2, server: 1, by: "monitor 1" },
    { at: 11, kind: "ready", shard, epoch: 2, server: 1, deposed: -1, deposedReachable: false, planned: true },
    { at: 90, kind: "ready", shard, epoch: 2, server: 1, deposed: -1, deposedReachable: false, planned: false },
  ];
  expect(stepsOf(facts, shard, 2, 50, { hasSteps: true, isPublished: true })).toMatchObject({
    planned: true,
    steps: { chosen: undefined, ready: 11 },
  });
});

it("a flush of what an older primary sent, ending under a newer one, acknowledges nothing to it", () => {
  const send = (
    { io, actor }: Hand,
    kind: number,
    fields: { readonly epoch: number; readonly key: number; readonly who: number; readonly time: number },
    entries: number,
  ): void => {
    const slot = io.message();
    for (const name of ["epoch", "key", "who", "time"] as const) io.messages[name][slot] = fields[name];
    if (entries > 0) io.attachEntries(slot, 1, entries);
    io.send(actor(1), kind === Message.Append ? Channel.Data : Channel.Control, kind, slot);
  };
  const answers: string[] = [];
  play(
    [
      [
        100,
        0,
        (hand) => {
          for (let i = 0; i < 3; i += 1) hand.io.log.append(0, 1);
          send(hand, Message.Append, { epoch: 1, key: 3, who: -1, time: 3 }, 3);
        },
      ],
      [103, 2, (hand) => send(hand, Message.Configure, { epoch: 2, key: 6, who: 2, time: 0 }, 0)],
    ],
    {
      overrides: { ...PLAIN, server: { fsync: constant(10_000) } },
      replica: (context) => (context.server === 1 ? createSynchronous().createReplica(context) : undefined),
      hears: [Message.Appended],
      reaction: (input, { io }) => {
        if (input.message === Message.Appended)
          answers.push(`${io.host()} epoch ${io.messages.epoch[input.slot]!} index ${io.messages.index[input.slot]!}`);
      },
    },
  );
  // Three entries are on its device, and server 2, primary of epoch 2, may have none of them.
  expect(answers).toEqual(["2 epoch 2 index 0"]);
});
