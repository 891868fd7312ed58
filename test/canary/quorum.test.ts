/** Leaderless replication that is wrong on purpose: each bug is caught by the check that is for it, and by no other. */
import { describe, expect, it } from "vitest";
import { Is, type Io, type Machine } from "../../src/base/machine.ts";
import type { PartsBuilder } from "../../src/simulator/cluster/run.ts";
import type { RunSpec } from "../../src/simulator/cluster/spec.ts";
import type { ReplicaContext } from "../../src/simulator/strategies/contracts.ts";
import { Message, Purpose } from "../../src/simulator/strategies/messages.ts";
import { quorumOptions } from "../../src/simulator/strategies/replication/quorum/options.ts";
import { constant, fault, s, smallSpec } from "../simulator/cluster/small-run.ts";
import { answerDone, changed, isRequest, look, replicas, stepping, WRITE } from "./broken.ts";

function spec(options: Parameters<typeof quorumOptions.parse>[0], faults: RunSpec["faults"] = [], fsync = 1_000): RunSpec {
  const base = smallSpec({
    duration: s(10),
    settle: s(15),
    faults,
    server: { fsync: constant(fsync) },
    data: { tables: [{ name: "users", rows: 20, row: 1000, key: "id" }] },
  });
  return {
    ...base,
    client: { ...base.client, retries: 0, deadline: s(3), timeout: s(3) },
    slow: s(3),
    workload: [{ ...base.workload[0]!, arrivals: { kind: "poisson", rate: 150 } }],
    parts: {
      ...base.parts,
      replication: { name: "quorum", options: quorumOptions.parse(options) },
      failover: { name: "none", options: {} },
      fencing: { name: "none", options: {} },
    },
  };
}

/** Every coordinator wrapped. */
const coordinators = (wrap: (machine: Machine, server: number) => Machine): PartsBuilder =>
  changed(({ machines = [] }) => ({
    machines: machines.map((plan) => ({ ...plan, create: (host, context) => wrap(plan.create(host, context), host) })),
  }));

const seen = ({ audit, broken }: ReturnType<typeof look>) => ({ audit, broken: Object.keys(broken) });
const CLEAN = { audit: {}, broken: [] };
/** A replica is away for three seconds. */
const AWAY = [fault({ kind: "processCrash", target: [{ kind: "server", server: 0 }] }, s(4), s(5.9))];

describe("the audit catches", () => {
  it("hints that are kept and never handed over, as a replica that stays behind", () => {
    const away = spec({ readRepair: "none" }, AWAY);
    expect(seen(look(away))).toMatchObject({ audit: {}, broken: [] });
    const dropped = coordinators((machine) =>
      stepping(machine, (input, io) => {
        const send: Io["send"] = (to, channel, kind, slot) => {
          // What is marked as a hint goes nowhere; its slot is freed as if it had been lost on the way.
          io.send(to, channel, kind === Message.QuorumWrite && io.messages.count[slot] === Purpose.Hint ? Message.Nothing : kind, slot);
        };
        machine.step(input, { ...io, send });
      }),
    );
    expect(seen(look(away, dropped))).toEqual({ audit: { divergedReplicas: 1 }, broken: ["replicas-converge"] });
  });

  it("writes acknowledged before W replicas have them, as stale reads of quorums that overlap", () => {
    const plain = spec({ r: 2, w: 2, readRepair: "none" }, [], 20_000);
    expect(seen(look(plain))).toEqual(CLEAN);
    const hasty = coordinators((machine, server) =>
      stepping(machine, (input, io) => {
        if (isRequest(input, WRITE)) answerDone(input, io, { shard: 0, server } as unknown as ReplicaContext);
        machine.step(input, io);
      }),
    );
    const found = look(plain, hasty);
    expect(found.audit.staleReads).toBeGreaterThan(0);
    expect(seen(found)).toEqual({ audit: { staleReads: found.audit.staleReads }, broken: [] });
  });

  it("a comparison that purges what was received and is not yet synced, as lost writes", () => {
    // One replica is left, compares itself with those that are away, and acknowledges what it purged.
    const others = [1, 2].map((server) => ({
      ...fault({ kind: "processCrash", target: [{ kind: "server", server }] }, s(4), s(5)),
      name: `crash of ${server}`,
    }));
    const alone = spec({ r: 1, w: 1, readRepair: "none", hints: "none", antiEntropy: { every: "200ms" } }, others, 30_000);
    expect(seen(look(alone))).toMatchObject({ audit: {}, broken: [] });
    const purging = replicas((machine) =>
      stepping(machine, (input, io) => {
        if (input.kind === Is.Timer && input.id === COMPARE) io.log.truncate(io.log.synced());
        machine.step(input, io);
      }),
    );
    const { audit } = look(alone, purging);
    expect(audit.lossWrites).toBeGreaterThan(0);
    // What is never synced is never answered either.
    const besides = ["lossWrites", "lossVisible", "staleReads", "ambiguousWrites", "ambiguousPresent"];
    expect(Object.keys(audit).filter((name) => !besides.includes(name))).toEqual([]);
  });

  it("a coordinator that takes the oldest answer for the newest, as stale reads", () => {
    const away = [fault({ kind: "processCrash", target: [{ kind: "server", server: 0 }] }, s(3), s(3))];
    const plain = spec({ r: 2, w: 2, readRepair: "background", hints: "none" }, away);
    expect(look(plain).audit.staleReads).toBeUndefined();
    const backwards = coordinators((machine) =>
      stepping(machine, (input, io) => {
        machine.step(input, { ...io, shelf: { ...io.shelf, beats: (one, other) => other < 0 || io.shelf.beats(other, one) } });
      }),
    );
    const found = look(plain, backwards);
    expect(found.audit.staleReads).toBeGreaterThan(0);
    expect(found.audit.lossWrites).toBeUndefined();
  });
});

/** A replica's timer for anti-entropy. */
const COMPARE = 2;
