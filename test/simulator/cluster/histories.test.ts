import { expect, it } from "vitest";
import type { RunRecord } from "../../../src/simulator/record/record.ts";
import { invariantByName } from "../../../src/study/checks/invariants.ts";
import { experiment } from "../../../src/study/verify/laboratory.ts";

const SCENARIO = `
name: sampled
question: What did clients see?
repeats: 1
warmup: 1s
duration: 20s
settle: 10s
histories: { keys: 40 }
cluster: { regions: { eu: { zones: { a: 1, b: 1, c: 1 } } }, shards: 2, replicas: 2, clients: [ { name: app, zones: [c], hosts: 3 } ] }
data: { tables: { users: { rows: 40 } } }
workload: [ { name: load, arrivals: { poisson: 400/s }, mix: { read: 50%, update: 50% } } ]
faults: [ { at: 8s, hostDeath: primary of shard 0, for: ever } ]
strategies:
  async:
    replication: { asynchronous: { ship: { every: 400ms } } }
    failover: { monitor: { heartbeat: 200ms, misses: 3 } }
  synchronous: { replication: synchronous, failover: { monitor: { heartbeat: 200ms, misses: 3 } } }
`;

const run = (...set: readonly string[]): readonly RunRecord[] => experiment({ text: SCENARIO, set }, (record) => record);
const linearizable = invariantByName("linearizable")!.judge;

it("synchronous replication loses nothing that was answered, so every key has an order; asynchronous has keys without", () => {
  const [asynchronous, synchronous] = run();
  expect(linearizable(asynchronous!)).toMatchObject({
    kind: "broken",
    what: expect.stringContaining("no order of its operations explains") as string,
  });
  expect(linearizable(synchronous!)).toMatchObject({
    kind: "held",
    what: expect.stringMatching(/^40 keys with \d+ operations/u) as string,
  });
});

it("whole keys are kept: each has everything that was asked of it, warm-up included, in order", () => {
  const [, all] = run();
  const count = all!.histories!.reduce((sum, { operations }) => sum + operations.length, 0);
  const measured = all!.histories!.reduce((sum, { operations }) => sum + operations.filter(({ from }) => from >= 0).length, 0);
  expect(all!.histories!.length).toBe(40);
  expect(measured).toBe(all!.operations.reduce((sum, { issued }) => sum + issued, 0));
  expect(count).toBeGreaterThan(measured);
  const [, some] = run("histories.keys=8");
  expect(some!.histories!.length).toBe(8);
  for (const history of some!.histories!) expect(all!.histories!.find(({ key }) => key === history.key)).toEqual(history);
});

it("memory is bounded by giving up whole keys, and what is kept does not change the run", () => {
  const [, all] = run();
  const [, few] = run("histories.operations=2000");
  const kept = few!.histories!.reduce((sum, { operations }) => sum + operations.length, 0);
  expect(kept).toBeLessThanOrEqual(2_000);
  expect(kept).toBeGreaterThan(1_000);
  for (const history of few!.histories!) expect(all!.histories!.find(({ key }) => key === history.key)).toEqual(history);
  for (const what of ["facts", "operations", "windows", "data"] as const) expect(few![what]).toEqual(all![what]);
});

it("without histories nothing is kept, and the invariant is unknown", () => {
  const text = SCENARIO.replace(/^histories:.*\n/mu, "");
  const [record] = experiment({ text }, (each) => each);
  expect(record!.histories).toBeUndefined();
  expect(linearizable(record!)).toMatchObject({ kind: "unknown", cause: "unexercised" });
});
