/** Shards that move under live writes: nothing acknowledged is lost whatever crashes when, and everything arrives in the end. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { calmProblems, move, problems } from "./moving.ts";

it("a crash, death or pause of anybody at any point of a move loses nothing under synchronous replication, and the move ends", () => {
  fc.assert(
    fc.property(move, (one) => {
      expect(problems(one)).toEqual([]);
    }),
    { numRuns: 5 },
  );
});

it.each(["forwarding", "dualWrite", "freeze"] as const)(
  "a planned hand-over (%s) loses nothing and lets nobody read what is old, though standbys lag",
  (cutover) => {
    for (const shipEvery of [0, 300_000]) expect(calmProblems(3, cutover, shipEvery)).toEqual([]);
  },
);

it("an order to make a replica that a dead host did not hear is given again", () => {
  const faults = [
    { kind: "hostDeath", target: { kind: "server", server: 3 }, at: 2_000, length: 9 },
    { kind: "processCrash", target: { kind: "primaryOf", shard: 0 }, at: 2_000, length: 1 },
  ] as const;
  const action = { kind: "add", zones: ["a", "b", "c"] } as const;
  expect(problems({ seed: 0, action, overServers: false, cutover: "forwarding", faults })).toEqual([]);
});

it("a copy that was made twice is taken the second time too", () => {
  const faults = [
    { kind: "pause", target: { kind: "role", role: "metadata", which: "all" }, at: 2_008, length: 1_390 },
    { kind: "processCrash", target: { kind: "server", server: 1 }, at: 2_318, length: 1 },
  ] as const;
  const action = { kind: "add", zones: ["a", "b", "c"] } as const;
  expect(problems({ seed: 0, action, overServers: false, cutover: "forwarding", faults })).toEqual([]);
});

it("a primary that was not told who left is told by the next rebalancer", () => {
  const faults = [
    { kind: "processCrash", target: { kind: "role", role: "rebalancer", which: "all" }, at: 2_230, length: 1 },
    { kind: "processCrash", target: { kind: "role", role: "metadata", which: "all" }, at: 2_441, length: 1 },
  ] as const;
  const action = { kind: "add", zones: ["a", "b", "c"] } as const;
  expect(problems({ seed: 0, action, overServers: true, cutover: "forwarding", faults })).toEqual([]);
});
