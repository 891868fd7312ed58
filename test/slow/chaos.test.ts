/** The hunt of test/simulator/cluster/chaos.test.ts at length. `FC_SEED=12345 npm run check` hunts elsewhere; a failure prints its plan. */
import fc from "fast-check";
import { it } from "vitest";
import { chaos, endure, grayFaults, others, redis, several } from "../simulator/cluster/chaos.ts";

it("no schedule of faults breaks what must hold, in 150 runs", () =>
  fc.assert(
    fc.property(chaos, (plan) => {
      endure(plan);
    }),
    { numRuns: 150 },
  ));

it("nor under sentinels and gossip, in 50 runs", () =>
  fc.assert(
    fc.property(chaos, redis, fc.option(grayFaults, { nil: undefined }), (plan, kind, faults) => {
      endure({ ...plan, rate: Math.min(plan.rate, 200), ...kind, ...(faults === undefined ? {} : { faults }) });
    }),
    { numRuns: 50 },
  ));

it("nor under leases, nor a chain under sentinels and gossip, in 20 runs", () =>
  fc.assert(
    fc.property(chaos, others, (plan, kind) => {
      endure({ ...plan, rate: Math.min(plan.rate, 200), ...kind });
    }),
    { numRuns: 20 },
  ));

it("nor do gray faults, lost disks and wrong clocks, with pools of connections or without", () =>
  fc.assert(
    fc.property(chaos, grayFaults, fc.constantFrom(undefined, undefined, 1, 4), (plan, faults, pool) => {
      endure({ ...plan, pool, rate: Math.min(plan.rate, 200), faults });
    }),
    { numRuns: 50 },
  ));

it("nor does any of it under a leaderless quorum", () =>
  fc.assert(
    fc.property(chaos, grayFaults, (plan, faults) => {
      endure({ ...plan, replication: "quorum", rate: Math.min(plan.rate, 200), faults });
    }),
    { numRuns: 15 },
  ));

it("nor behind routers, whose buffers are soon full", () =>
  fc.assert(
    fc.property(chaos, fc.option(several, { nil: undefined }), fc.constantFrom(0, 1, 5, 1_000), (plan, wide, buffered) => {
      endure({ ...plan, rate: Math.min(plan.rate, 200), several: wide, buffered });
    }),
    { numRuns: 40 },
  ));
