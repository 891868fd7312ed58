/** The chain's property of test/simulator/strategies/replication/chain.test.ts at length: slow disks, two failures, anybody asked. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { invariantByName } from "../../src/study/checks/invariants.ts";
import { constant, s, smallSpec } from "../simulator/cluster/small-run.ts";
import { during, EXACT, PRIMARY, replicatedBy, run, standby } from "../simulator/strategies/replication/waiting.ts";

const failure = fc.record({
  kind: fc.constantFrom("hostDeath" as const, "processCrash" as const, "pause" as const),
  target: fc.constantFrom(PRIMARY, standby(1), standby(2)),
  at: fc.integer({ min: 500, max: 5_000 }),
  length: fc.integer({ min: 50, max: 5_000 }),
});

it("a chain stays linearizable, whatever its disks, through any two failures, with reads at the tail or by CRAQ", () => {
  let judged = 0;
  fc.assert(
    fc.property(
      fc.array(failure, { minLength: 1, maxLength: 2 }),
      fc.integer({ min: 1, max: 1_000 }),
      fc.constantFrom(0, 2_000, 40_000),
      fc.constantFrom("tail", "craq"),
      (failures, seed, fsync, reads) => {
        const spec = replicatedBy(
          "chain",
          { reads },
          {
            seed,
            duration: s(8),
            settle: s(20),
            client: { retries: 0 },
            workload: smallSpec().workload.map((one) => ({
              ...one,
              mix: { read: 0.6, update: 0.4 },
              arrivals: { kind: "poisson", rate: 120 },
            })),
            server: { ...EXACT, fsync: constant(fsync) },
            parts: (reads === "craq" ? { routing: { name: "smartClient", options: { reads: { kind: "roundRobin" } } } } : {}) as never,
            faults: failures.map(({ kind, target, at, length }) => during({ kind, target: [target] }, at / 1_000, (at + length) / 1_000)),
          },
        );
        const data = { tables: [{ name: "users", rows: 3, row: 1000, key: "id" }] };
        const record = run({ ...spec, data, histories: { keys: 3, operations: 10_000 } });
        if (record.data.duplicatedWrites > 0) return;
        judged += 1;
        expect(invariantByName("linearizable")!.judge(record)).toMatchObject({ kind: "held" });
      },
    ),
    { numRuns: 40 },
  );
  expect(judged).toBeGreaterThan(30);
});
