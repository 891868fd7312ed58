/** More of test/simulator/cluster/moving.test.ts, at length. `RUNS=1000 FC_SEED=7 npx vitest run --project slow test/slow/moving` hunts further. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { move, problems } from "../simulator/cluster/moving.ts";

const RUNS = Number(process.env["RUNS"] ?? 30);

it("moves of shards and of keys between shards lose nothing, whatever crashes when", { timeout: 60_000 + RUNS * 1_000 }, () => {
  fc.assert(
    fc.property(move, (one) => {
      expect(problems(one)).toEqual([]);
    }),
    { numRuns: RUNS },
  );
});
