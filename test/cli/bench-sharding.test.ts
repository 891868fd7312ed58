import { expect, it } from "vitest";
import { rowLines } from "../../src/cli/bench.ts";
import { JUMP_PEERS, jumpLookups, RING_PEERS, ringLookups } from "../../src/cli/bench/sharding-peers.ts";
import { SCHEME_NAMES, schemeCost } from "../../src/cli/bench/sharding-schemes.ts";
import { PLAIN } from "../../src/report/paint.ts";
import { REGISTRY } from "../../src/simulator/strategies/registry.ts";

it("jump gives the buckets of the npm packages that it is timed against", async () => {
  const ours = await jumpLookups("shardlab", 100, 10);
  const theirs = await Promise.all(JUMP_PEERS.map((name) => jumpLookups(name, 100, 10)));
  expect(theirs.length).toBeGreaterThan(0);
  for (const one of theirs) expect(one?.check).toBe(ours?.check);
});

it("rings that are timed reach all members, ours and theirs", async () => {
  for (const name of ["shardlab", ...RING_PEERS]) expect([name, (await ringLookups(name, 10, 10))?.check]).toEqual([name, 1]);
});

it("every scheme that a strategy can name is measured", () => {
  expect([...SCHEME_NAMES].sort()).toEqual(Object.keys(REGISTRY.sharding).sort());
});

it("a consistent scheme's cost says that little moves, modulo's that nearly all does; what cannot be is refused", () => {
  const moved = (name: string): number => {
    const cost = schemeCost(name, 10, 1000);
    if ("refused" in cost) throw new Error(cost.refused);
    expect([cost.lookups > 0, cost.memory > 0]).toEqual([true, true]);
    return cost.moved ?? NaN;
  };
  for (const name of ["ring", "boundedRing", "jump", "anchor", "slots"]) expect(moved(name)).toBeLessThan(0.2);
  expect(moved("modulo")).toBeGreaterThan(0.8);
  expect(schemeCost("slots", 20_000, 1000)).toMatchObject({ refused: expect.stringContaining("cannot share") as string });
});

it("a figure that is held to nothing is shown as measured", () => {
  const row = {
    name: "sharding, jump, 10 members",
    against: "nothing",
    kind: "figure",
    target: 0,
    ratio: undefined,
    held: true,
    detail: "20 M look-ups/s",
  } as const;
  expect(rowLines(row, { columns: 80, paint: PLAIN })).toEqual([
    "measured      sharding, jump, 10 members",
    "              20 M look-ups/s",
  ]);
});
