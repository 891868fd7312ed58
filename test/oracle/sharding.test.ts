import { expect, it } from "vitest";
import { casesOf, held, notHeld } from "./verdicts.ts";

const SMALL = { runs: 6, set: { members: "200", keys: "20k", virtualNodes: "1,10", probes: "5,21", tableSize: "10007" } };
const judged = (cases: ReturnType<typeof casesOf>) => cases.filter((one) => one.judged !== false);

it("ring, jump, multi-probe, maglev, bounded ring, rendezvous and database × table are as even and as still as their papers say", () => {
  const cases = casesOf("sharding", SMALL);
  expect(notHeld(cases)).toEqual([]);
  // Among 1,000 members the ring is judged by the published table too.
  const ring = casesOf("sharding", { runs: 6, set: { scheme: "ring", virtualNodes: "1,10" } });
  expect([ring.length, notHeld(ring)]).toEqual([6, []]);
  // What is one realisation or from memory is shown beside ours, not judged.
  expect(cases.length - judged(cases).length).toBeGreaterThanOrEqual(3);
});

it("and every planted fault would be seen", () => {
  const cases = casesOf("sharding", { ...SMALL, plant: true });
  expect(held(cases)).toEqual([]);
  expect(cases.length).toBeGreaterThan(15);
});

it("other members, points, probes, tables and rooms hold as well", () => {
  for (const [scheme, set] of [
    ["ring", { members: "12", virtualNodes: "3,50" }],
    ["multiProbe", { members: "200", probes: "2,40" }],
    ["maglev", { members: "7", tableSize: "1009" }],
    ["boundedRing", { members: "9", epsilon: "0.02" }],
    ["boundedRing", { members: "100", epsilon: "3" }],
    ["rendezvous", { members: "3" }],
    ["jump", { members: "2" }],
  ] as const)
    expect(notHeld(casesOf("sharding", { runs: 10, set: { scheme, keys: "10k", ...set } }))).toEqual([]);
});

it("copysets lose seldom, random placements often: as 1 - (1 - q)^sets has it for sets that the parts made", () => {
  const set = { servers: "500", failed: "25", chunks: "30k", scatter: "2,4" };
  expect(notHeld(casesOf("copysets", { runs: 1000, set }))).toEqual([]);
  expect(held(casesOf("copysets", { runs: 1000, set, plant: true }))).toEqual([]);
});

it("two copies and four as well", () => {
  for (const replicas of ["2", "4"]) {
    const set = { servers: "200", failed: "20", chunks: "20k", scatter: "3", replicas };
    expect(notHeld(casesOf("copysets", { runs: 400, set }))).toEqual([]);
  }
});
