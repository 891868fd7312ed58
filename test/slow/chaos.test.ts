/** The hunt of test/simulator/cluster/chaos.test.ts at length. `FC_SEED=12345 npm run check` hunts elsewhere; a failure prints its plan. */
import fc from "fast-check";
import { it } from "vitest";
import { chaos, endure } from "../simulator/cluster/chaos.ts";

it("no schedule of faults breaks what must hold, in 400 runs", () =>
  fc.assert(
    fc.property(chaos, (plan) => {
      endure(plan);
    }),
    { numRuns: 400 },
  ));
