/** Laws of replication with several primaries, over random faults and clocks, and what each rule for conflicts keeps. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contextOf, hasSeen, type Cause } from "../../../../src/base/causes.ts";
import { simulate } from "../../../../src/simulator/cluster/cluster.ts";
import type { Ledger } from "../../../../src/simulator/cluster/ledger.ts";
import type { FaultAction, FaultSpec, Target } from "../../../../src/simulator/faults/fault.ts";
import type { RunRecord } from "../../../../src/simulator/record/record.ts";
import { multiPrimaryOptions } from "../../../../src/simulator/strategies/replication/multi-primary/options.ts";
import { experiment } from "../../../../src/study/verify/laboratory.ts";
import { partsOf } from "../../cluster/build.ts";
import { constant, fault, s, smallSpec } from "../../cluster/small-run.ts";

type Conflict = "lastWriterWins" | "versionVectors" | "mergeable";
interface Change {
  readonly seed?: number;
  readonly faults?: readonly FaultSpec[];
  readonly mix?: Partial<Record<string, number>>;
  readonly rows?: number;
  readonly offset?: number;
  readonly ship?: string;
  readonly rate?: number;
}

function run(conflict: Conflict, change: Change = {}): { readonly record: RunRecord; readonly ledger: Ledger } {
  const { seed = 1, faults = [], rows = 20, offset = 0, ship = "0ms", rate = 100 } = change;
  const { mix = { read: 0.4, update: 0.4, readModifyWrite: 0.2 } } = change;
  const base = smallSpec({
    seed,
    duration: s(10),
    settle: s(15),
    faults,
    data: { tables: [{ name: "users", rows, row: 1000, key: "id" }] },
    server: { clock: { offset: { kind: "uniform", from: -offset, to: offset }, drift: constant(0) } },
  });
  const options = multiPrimaryOptions.parse({ conflict, ship: { every: ship } });
  const spec = {
    ...base,
    workload: [{ ...base.workload[0]!, mix, arrivals: { kind: "poisson" as const, rate } }],
    parts: {
      ...base.parts,
      replication: { name: "multiPrimary", options },
      failover: { name: "none", options: {} },
      fencing: { name: "none", options: {} },
    },
  };
  let ledger: Ledger | undefined;
  const record = simulate(spec, partsOf(), {
    ended: (remains) => {
      ledger = remains.ledger;
    },
  });
  return { record, ledger: ledger! };
}

/** What each key holds on a server, as numbers of operations. */
function heldOn({ ledger }: { readonly ledger: Ledger }, server: number): readonly (readonly number[])[] {
  const [shard] = ledger.shards;
  const store = shard!.stores.find((one) => one.server === server)!;
  return Array.from({ length: shard!.keys.count() }, (_, local) => store.merging!.heldAt(local));
}

const target = fc.constantFrom("a", "b", "c").map((name): Target => ({ kind: "location", location: "zone", name }));
const action: fc.Arbitrary<FaultAction> = fc.oneof(
  fc
    .record({ kind: fc.constantFrom("processCrash" as const, "hostDeath" as const, "powerLoss" as const, "pause" as const), target })
    .map(({ kind, target: one }) => ({ kind, target: [one] })),
  target.map((from) => ({ kind: "cut" as const, from: [from], to: "rest" as const, oneWay: false })),
);
const strikes = fc.array(fc.record({ action, at: fc.integer({ min: 0, max: 9_000 }), length: fc.integer({ min: 1, max: 5_000 }) }), {
  maxLength: 4,
});
const faultsOf = (list: readonly { readonly action: FaultAction; readonly at: number; readonly length: number }[]): readonly FaultSpec[] =>
  list.map((one, i) => ({ ...fault(one.action, one.at * 1_000, one.length * 1_000), name: `fault ${i}` }));

it("whatever fails and comes back, every request ends once and all primaries hold the same in the end; causes lose nothing, whatever the clocks", () => {
  const conflicts = fc.constantFrom<Conflict>("versionVectors", "mergeable", "lastWriterWins");
  fc.assert(
    fc.property(
      fc.nat(1_000_000),
      conflicts,
      fc.constantFrom(0, 300_000),
      fc.constantFrom("0ms", "200ms"),
      strikes,
      (seed, conflict, offset, ship, list) => {
        const { data, requests } = run(conflict, { seed, offset, ship, faults: faultsOf(list) }).record;
        expect([requests.issued - requests.endedOnce, requests.endedTwice]).toEqual([0, 0]);
        expect([data.divergedReplicas, data.comparedReplicas, data.phantomWrites]).toEqual([0, 3, 0]);
        if (conflict !== "lastWriterWins") expect([data.lossWrites, data.conflictsDiscarded]).toEqual([0, 0]);
        else expect(data.lossByClock).toBe(data.lossWrites);
      },
    ),
    { numRuns: 3 },
  );
});

it("a write that the disk had after all, unsynced, when its host died is shipped once the host is back", () => {
  const zone = (name: string): Target => ({ kind: "location", location: "zone", name });
  const faults = [
    { ...fault({ kind: "hostDeath", target: [zone("a"), zone("b")] }, s(2), s(3)), name: "death" },
    { ...fault({ kind: "cut", from: [zone("c")], to: "rest", oneWay: false }, s(2.5), s(2)), name: "cut" },
  ];
  const { quiescent, data } = run("lastWriterWins", { seed: 23, faults, rows: 500 }).record;
  expect([quiescent, data.divergedReplicas, data.comparedReplicas]).toEqual([true, 0, 3]);
});

it("a shipment that a broken connection swallowed is not confirmed by the next one that comes through", () => {
  const text = `
name: lost-shipment
question: What of shipments that were sent before it was known that their receiver had died?
warmup: 1s
duration: 8s
prober: { every: 50ms }
cluster: { regions: { r: { zones: { a: 2, b: 2, c: 2 } } }, shards: 3, replicas: 3, clients: [ { name: web, zones: [a, b, c], hosts: 3 } ] }
data: { tables: { users: { rows: 300 } } }
workload: [ { name: app, arrivals: { poisson: 120/s }, mix: { read: 40%, update: 60% }, from: clients web } ]
faults: [ { at: 2s, hostDeath: [ server 0, server 1 ], for: 3s }, { at: 2500ms, cut: { from: server 2, to: rest }, for: 2s } ]
strategies: { one: { placement: { spread: zone }, replication: multiPrimary, client: { deadline: 2s, timeout: 500ms } } }
`;
  expect(experiment({ text, repeats: 2 }, ({ data }) => [data.divergedReplicas, data.comparedReplicas])).toEqual([
    [0, 9],
    [0, 9],
  ]);
});

describe("two primaries cut off from one another", () => {
  const cut = [fault({ kind: "cut", from: [{ kind: "location", location: "zone", name: "a" }], to: "rest", oneWay: false }, s(3), s(4))];
  const apart = { faults: cut, offset: 300_000, rows: 5 };

  it("lose writes to the clock where the last stamp wins", () => {
    const { data } = run("lastWriterWins", apart).record;
    expect(data.lossByClock).toBeGreaterThan(0);
    expect(data.lossByClock).toBe(data.lossWrites);
  });

  it("keep both sides as siblings under version vectors until somebody has seen both, and no more siblings than writers", () => {
    const ended = run("versionVectors", { ...apart, mix: { update: 1 } });
    expect(ended.record.data.lossWrites).toBe(0);
    // Writes go on for three seconds after the cut: each key is written by somebody who has seen all.
    const afterwards = heldOn(ended, 0).map((held) => held.length);
    expect(Math.max(...afterwards)).toBeLessThanOrEqual(3);
    const late = [fault({ kind: "cut", from: [{ kind: "location", location: "zone", name: "a" }], to: "rest", oneWay: false }, s(6), s(4))];
    const siblings = heldOn(run("versionVectors", { ...apart, faults: late, mix: { update: 1 } }), 0).map((held) => held.length);
    expect(Math.max(...siblings)).toBe(2);
  });

  it("count every increment of both sides under mergeable types", () => {
    const { record, ledger } = run("mergeable", { ...apart, mix: { update: 1 } });
    expect(record.data.lossWrites).toBe(0);
    // The parts of each counter are those of three primaries; what they stand for is all that was acknowledged.
    const parts = heldOn({ ledger }, 0).flat();
    const sum = parts.reduce((total, version) => total + (ledger.operations.versions.about[version] as Cause).count, 0);
    expect(sum).toBeGreaterThanOrEqual(record.data.acknowledged);
    expect(sum).toBeLessThanOrEqual(record.requests.issued);
  });
});

it("an increment that died with its only replica is lost, and so is one that an erased replica would count under its old name", () => {
  const erased = (at: number): FaultSpec => fault({ kind: "wipe", target: [{ kind: "server", server: 0 }] }, s(at), s(1));
  const updates = { mix: { update: 1 }, rows: 5 };
  // Shipped at once, everything that was acknowledged is with the others by then, but for what is on the way.
  expect(run("mergeable", { ...updates, faults: [erased(5)] }).record.data.lossWrites).toBeLessThanOrEqual(3);
  const late = run("mergeable", { ...updates, faults: [erased(5)], ship: "1s" }).record.data;
  expect(late.lossWrites).toBeGreaterThan(5);
  expect(late.divergedReplicas).toBe(0);
});

it("deletes remove what they have seen, and what was added meanwhile stays", () => {
  const mix = { read: 0.2, update: 0.5, delete: 0.3 };
  for (const conflict of ["versionVectors", "mergeable"] as const) {
    const { data } = run(conflict, { mix, rows: 10 }).record;
    expect([data.lossWrites, data.divergedReplicas, data.resurrectedKeys]).toEqual([0, 0, 0]);
  }
});

it("dots tell two writes with one context apart: neither has seen the other, and a third that has seen both replaces both", () => {
  const context = new Map([[1, 3]]);
  const first: Cause = { actor: 1, count: 4, seen: context };
  const second: Cause = { actor: 1, count: 5, seen: context };
  expect([hasSeen(first, second), hasSeen(second, first)]).toEqual([false, false]);
  const third: Cause = { actor: 2, count: 1, seen: contextOf([first, second]) };
  expect([hasSeen(third, first), hasSeen(third, second), hasSeen(first, third)]).toEqual([true, true, false]);
});
