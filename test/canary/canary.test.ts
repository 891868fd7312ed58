/**
 * Deliberately broken replicas, clients and failover parts, run through `simulate`: each bug must be caught in its own
 * class and in no other, and the same run without the bug must be clean.
 */
import { describe, expect, it } from "vitest";
import { InternalError } from "../../src/base/assert.ts";
import { Is, Outcome, type Io } from "../../src/base/machine.ts";
import { simulate } from "../../src/simulator/cluster/cluster.ts";
import type { RunSpec } from "../../src/simulator/cluster/spec.ts";
import { AppendOutcome, Message } from "../../src/simulator/strategies/messages.ts";
import { createAsynchronous } from "../../src/simulator/strategies/replication/policies.ts";
import type { FaultSpec } from "../../src/simulator/faults/fault.ts";
import type { WorkloadSpec } from "../../src/simulator/workload/workload.ts";
import { constant, fault, s, smallSpec } from "../simulator/cluster/small-run.ts";
import { answerDone, changed, everyNth, isClients, isRequest, look, READ, replicas, stating, stepping, WRITE } from "./broken.ts";

interface Change {
  readonly seed?: number;
  readonly rows?: number;
  readonly faults?: readonly FaultSpec[];
  readonly client?: Partial<RunSpec["client"]>;
  readonly fsync?: number;
  readonly parts?: Partial<RunSpec["parts"]>;
}

/** Ten seconds of the small cluster without retries, so that what a client is told is what the server said. */
function spec(mix: WorkloadSpec["mix"], { seed = 1, rows = 100_000, faults = [], client, fsync = 1_000, parts }: Change = {}): RunSpec {
  const base = smallSpec({
    seed,
    duration: s(10),
    settle: s(5),
    faults,
    server: { fsync: constant(fsync) },
    data: { tables: [{ name: "users", rows, row: 1000, key: "id" }] },
  });
  return {
    ...base,
    client: { ...base.client, retries: 0, ...client },
    workload: [{ ...base.workload[0]!, mix, arrivals: { kind: "poisson", rate: 100 } }],
    parts: { ...base.parts, ...parts },
  };
}

const CLEAN = { audit: {}, broken: {} };
const seen = ({ audit, broken }: ReturnType<typeof look>) => ({ audit, broken });

/** Acknowledges every 20th client write before it is appended, which it then never is. */
const forgetful = (pick: ReturnType<typeof everyNth>) =>
  replicas((machine, context) =>
    stepping(machine, (input, io) =>
      isRequest(input, WRITE) && isClients(input, io) && pick() ? answerDone(input, io, context) : machine.step(input, io),
    ),
  );

describe("the ledger catches", () => {
  it("a write acknowledged before it is appended, as lost; visible where nothing came after it", () => {
    const inserts = spec({ insert: 1 });
    expect(seen(look(inserts))).toEqual(CLEAN);
    const pick = everyNth(20);
    expect(seen(look(inserts, forgetful(pick)))).toEqual({ audit: { lossWrites: pick.count, lossVisible: pick.count }, broken: {} });
    expect(pick.count).toBeGreaterThan(30);
  });

  it("the same on one key, as lost but overwritten since", () => {
    const oneKey = spec({ update: 1 }, { rows: 1 });
    expect(seen(look(oneKey))).toEqual(CLEAN);
    const pick = everyNth(20, 10);
    expect(seen(look(oneKey, forgetful(pick)))).toEqual({ audit: { lossWrites: 10 }, broken: {} });
  });

  it("a delete acknowledged and forgotten, as lost and resurrected; a lost update resurrects nothing", () => {
    const deletes = spec({ delete: 1 }, { seed: 5 }); // No key is drawn twice.
    expect(seen(look(deletes))).toEqual(CLEAN);
    const pick = everyNth(20);
    expect(seen(look(deletes, forgetful(pick)))).toEqual({
      audit: { lossWrites: pick.count, lossVisible: pick.count, resurrectedKeys: pick.count },
      broken: {},
    });
    const updates = everyNth(20);
    expect(seen(look(spec({ update: 1 }), forgetful(updates))).audit).toEqual({ lossWrites: updates.count, lossVisible: updates.count });
  });

  it("writes acknowledged before they were synced and cut off by a power loss, as lost", () => {
    const loss = fault({ kind: "hostDeath", target: [{ kind: "primaryOf", shard: 0 }] }, 4_000_000, 1_000_000);
    const plan = spec(
      { insert: 1 },
      { faults: [loss], fsync: 200_000, parts: { failover: { name: "none", options: {} }, replication: { name: "none", options: {} } } },
    );
    const clean = look(plan);
    expect([clean.record.data.lossWrites, clean.broken]).toEqual([0, {}]);
    /** Its device says "done" at once. */
    const lying = replicas((machine) =>
      stepping(machine, (input, io) => {
        const tokens: number[] = [];
        const sync: Io["sync"] = (token) => {
          tokens.push(token);
          io.sync(token);
        };
        const liar: Io = { ...io, log: { ...io.log, synced: io.log.written }, sync };
        machine.step(input, liar);
        for (const token of tokens.splice(0)) machine.step({ ...input, kind: Is.Synced, id: token }, liar);
      }),
    );
    const { audit, broken } = look(plan, lying);
    expect(audit.lossWrites).toBeGreaterThan(3);
    expect(audit).toEqual({ lossWrites: audit.lossWrites, lossVisible: audit.lossWrites, ambiguousWrites: audit.ambiguousWrites });
    expect(broken).toEqual({});
  });

  it("acknowledged writes that a promoted standby takes back, as lost", () => {
    const loss = fault({ kind: "hostDeath", target: [{ kind: "primaryOf", shard: 0 }] }, 3_000_000, 4_000_000);
    const plan = spec({ insert: 1 }, { faults: [loss], parts: { replication: { name: "synchronous", options: {} } } });
    expect(look(plan).record.data.lossWrites).toBe(0);
    let taken = 0;
    const { audit, broken } = look(
      plan,
      replicas((machine) =>
        stepping(machine, (input, io) => {
          if (isRequest(input, Message.Promote) && taken === 0) {
            const to = Math.max(io.log.base(), io.log.written() - 5);
            taken = io.log.written() - to;
            io.log.truncate(to);
          }
          machine.step(input, io);
        }),
      ),
    );
    expect(taken).toBe(5);
    expect(audit.lossWrites).toBeGreaterThanOrEqual(3); // Probes among the five do not count.
    expect([audit.phantomWrites, audit.duplicatedWrites, audit.staleReads, audit.splitBrainWrites, audit.divergedReplicas, broken]).toEqual(
      [undefined, undefined, undefined, undefined, undefined, {}],
    );
  });

  it("a replication that is synchronous in name only, as lost", () => {
    const loss = fault({ kind: "hostDeath", target: [{ kind: "primaryOf", shard: 0 }] }, 3_000_000, 4_000_000);
    const plan = spec({ insert: 1 }, { faults: [loss], parts: { replication: { name: "synchronous", options: {} } } });
    const lazy = createAsynchronous({ ship: { every: 300_000 as never } });
    const { audit, broken } = look(
      plan,
      changed(({ replication }) => ({ replication: { ...replication, createReplica: lazy.createReplica } })),
    );
    expect(audit.lossWrites).toBeGreaterThan(3);
    expect([audit.phantomWrites, audit.duplicatedWrites, audit.splitBrainWrites, broken]).toEqual([undefined, undefined, undefined, {}]);
  });

  it("a write applied twice, as duplicated", () => {
    const plan = spec({ update: 0.5, read: 0.5 });
    expect(seen(look(plan))).toEqual(CLEAN);
    const pick = everyNth(20);
    const twice = replicas((machine) =>
      stepping(machine, (input, io) => {
        const again = isRequest(input, WRITE) && isClients(input, io) && pick();
        machine.step(input, io);
        if (again) machine.step(input, io);
      }),
    );
    expect(seen(look(plan, twice))).toEqual({ audit: { duplicatedWrites: pick.count }, broken: {} });
    expect(pick.count).toBeGreaterThan(15);
  });

  it("a write refused and applied, as phantom", () => {
    const plan = spec({ update: 0.5, read: 0.5 });
    const pick = everyNth(20);
    const asked = new Set<number>();
    const denying = replicas((machine) =>
      stepping(machine, (input, io) => {
        if (isRequest(input, WRITE) && isClients(input, io)) asked.add(io.messages.operation[input.slot]!);
        const reply: Io["reply"] = (to, slot) => {
          const { operation, outcome, index } = io.messages;
          if (outcome[slot] === Outcome.Done && index[slot]! > 0 && asked.delete(operation[slot]!) && pick())
            outcome[slot] = Outcome.Unavailable;
          io.reply(to, slot);
        };
        machine.step(input, { ...io, reply });
      }),
    );
    expect(seen(look(plan, denying))).toEqual({ audit: { phantomWrites: pick.count }, broken: {} });
    expect(pick.count).toBeGreaterThan(15);
  });

  it("a read of what was there before, as stale", () => {
    const plan = spec({ update: 0.5, read: 0.5 }, { rows: 1 });
    expect(seen(look(plan))).toEqual(CLEAN);
    const pick = everyNth(10);
    const old = replicas((machine) =>
      stepping(machine, (input, io) =>
        machine.step(input, isRequest(input, READ) && pick() ? { ...io, log: { ...io.log, read: () => 0 } } : io),
      ),
    );
    expect(seen(look(plan, old))).toEqual({ audit: { staleReads: pick.count }, broken: {} });
    expect(pick.count).toBeGreaterThan(30);
  });

  it("no bug in a write whose answer was held up beyond its deadline: ambiguous, and present", () => {
    const held = fault(
      { kind: "cut", from: [{ kind: "server", server: 0 }], to: [{ kind: "clients", group: "web", zone: undefined }], oneWay: true },
      4_000_000,
      3_000_000,
    );
    const plan = spec({ insert: 1 }, { faults: [held], client: { deadline: s(1) }, parts: { failover: { name: "none", options: {} } } });
    const { audit, broken } = look(plan);
    expect(audit.ambiguousPresent).toBeGreaterThan(100);
    expect({ audit: { ...audit, ambiguousWrites: audit.ambiguousPresent }, broken }).toEqual({
      audit: { ambiguousWrites: audit.ambiguousPresent, ambiguousPresent: audit.ambiguousPresent },
      broken: {},
    });
    expect(audit.ambiguousWrites).toBe(audit.ambiguousPresent);
  });

  it("a primary that goes on although it is fenced, as acknowledged by two primaries", () => {
    // Cut from monitors, metadata and the other zones' clients; its standbys and its own zone's clients still reach it.
    const away = fault(
      {
        kind: "cut",
        from: [{ kind: "server", server: 0 }],
        to: [
          { kind: "role", role: "monitor", which: "all" },
          { kind: "role", role: "metadata", which: "all" },
          { kind: "clients", group: "web", zone: "b" },
          { kind: "clients", group: "web", zone: "c" },
        ],
        oneWay: false,
      },
      2_000_000,
      6_000_000,
    );
    const plan = spec(
      { insert: 1 },
      {
        faults: [away],
        client: { learn: [{ kind: "redirect" }] },
        parts: { replication: { name: "asynchronous", options: { ship: { every: 0 } } } },
      },
    );
    const clean = look(plan);
    expect([clean.record.data.splitBrainWrites, clean.broken]).toEqual([0, {}]);
    const stubborn = replicas((machine, context) =>
      stepping(machine, (input, io) => {
        const isFence = isRequest(input, Message.Appended) && io.messages.outcome[input.slot] === AppendOutcome.Fenced;
        if (
          context.server === 0 &&
          io.now() < 8_500_000 &&
          (isFence || isRequest(input, Message.Append) || isRequest(input, Message.Configure))
        )
          return;
        if (context.server === 0 && isRequest(input, WRITE)) io.messages.epoch[input.slot] = 1;
        machine.step(input, io);
      }),
    );
    const { audit, record, broken } = look(plan, stubborn);
    expect(audit.splitBrainWrites).toBeGreaterThan(40);
    expect(record.data.splitBrainSpan).toBeGreaterThan(2_000_000);
    // The two had epochs of their own: that is measured, and breaks no invariant.
    expect(broken["one-primary-per-epoch"]).toBeUndefined();
    expect(audit.lossWrites).toBeGreaterThanOrEqual(audit.splitBrainWrites!);
  });
});

describe("the invariants catch", () => {
  const plan = spec({ update: 0.5, read: 0.5 });

  it("two primaries under one epoch", () => {
    const proud = changed(({ replication }) => ({
      replication: {
        ...replication,
        // Server 1 believes that it comes first.
        createReplica: (context) =>
          replication.createReplica(
            context.server === 1
              ? { ...context, replicasOf: (shard) => [...context.replicasOf(shard)].sort((a, b) => Number(b === 1) - Number(a === 1)) }
              : context,
          ),
      },
    }));
    expect(look(plan, proud).broken["one-primary-per-epoch"]).toBe("shard 0 has two primaries under epoch 1: server 0 and server 1");
  });

  it("a standby that stops applying", () => {
    const stuck = replicas((machine, context) =>
      stepping(machine, (input, io) =>
        machine.step(input, context.server === 2 && io.now() > 6_000_000 ? { ...io, log: { ...io.log, apply: () => undefined } } : io),
      ),
    );
    expect(seen(look(plan, stuck))).toEqual({
      audit: { divergedReplicas: 1 },
      broken: { "replicas-converge": "1 of 2 replicas still differ after settling" },
    });
  });

  it("a request that never ends, and one that ends twice", () => {
    const client = (finish: (io: Io) => Io["finish"]) =>
      changed(({ routing }) => ({
        routing: {
          createClient: (context) => {
            const machine = routing.createClient(context);
            return stepping(machine, (input, io) => machine.step(input, { ...io, finish: finish(io) }));
          },
        },
      }));
    const mute = everyNth(100, 3);
    expect(
      look(
        plan,
        client((io) => (operation, ending) => {
          if (!mute()) io.finish(operation, ending);
        }),
      ).broken["every-request-ends-once"],
    ).toMatch(/^of \d+ requests 0 ended twice and 3 never$/u);
    const chatty = everyNth(100, 3);
    const twice = look(
      plan,
      client((io) => (operation, ending) => {
        io.finish(operation, ending);
        if (chatty()) io.finish(operation, ending);
      }),
    );
    expect(twice.broken["every-request-ends-once"]).toMatch(/^of \d+ requests 3 ended twice/u);
  });

  it("a shard map with a hole", () => {
    const holed = changed(({ sharding }) => ({ sharding: { ...sharding, covered: (parts) => parts - 1 } }));
    expect(look(plan, holed).broken).toEqual({
      "map-covers-key-space": "version 1 of the shard map has owners for 4095 of 4096 parts of the key space",
    });
  });
});

describe("a failover part that leaves a fact out", () => {
  const loss = fault({ kind: "hostDeath", target: [{ kind: "primaryOf", shard: 0 }] }, 3_000_000, undefined);
  const plan = spec({ update: 1 }, { faults: [loss], client: { retries: 8 } });
  const silent = (kind: string) =>
    changed(({ failover }) => ({
      failover: {
        ...failover,
        createController: (role, ordinal, context) => {
          const machine = failover.createController(role, ordinal, context);
          return stepping(machine, (input, io) =>
            machine.step(
              input,
              stating(io, (fact) => {
                if (fact.kind !== kind) io.fact(fact);
              }),
            ),
          );
        },
      },
    }));

  it("is our fault: the run ends with an InternalError that names shard, epoch and fact", () => {
    expect(
      simulate(
        plan,
        changed(() => ({})),
      ).outages[0]?.ended,
    ).toBe("failover");
    expect(() => simulate(plan, silent("chosen"))).toThrow(InternalError);
    expect(() => simulate(plan, silent("chosen"))).toThrow('shard 0 epoch 2: the failover part stated no "chosen" fact');
    expect(() => simulate(plan, silent("actionable"))).toThrow('shard 0 epoch 2: the failover part stated no "actionable" fact');
    expect(() => simulate(plan, silent("suspected"))).not.toThrow();
  });
});
