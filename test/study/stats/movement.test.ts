/** What a change of members moved, from facts made by hand. */
import { expect, it } from "vitest";
import type { Fact } from "../../../src/base/fact.ts";
import { EVERYWHERE } from "../../../src/study/stats/metric.ts";
import { metricByName } from "../../../src/study/stats/metrics.ts";
import { makeRecord } from "../records.ts";

const S = 1_000_000;
const joins: Fact = { at: 10 * S, kind: "membership", change: "add", servers: [2], label: "add 1 servers" };
const move = (at: number, phase: "copied" | "joined" | "left", shard: number, to: number, keys: number): Fact => ({
  at: at * S,
  kind: "move",
  phase,
  shard,
  from: phase === "left" ? to : 0,
  to,
  keys,
  bytes: keys * 100,
});

const figure = (name: string, overrides: Parameters<typeof makeRecord>[0]) =>
  metricByName(name)!.extract(makeRecord(overrides), { ...EVERYWHERE, ...(name.startsWith("load") ? { per: "server" } : {}) }, "max");

it("a run in which the membership stayed as it was says nothing of moves", () => {
  for (const name of ["moved.keys", "moved.bytes", "moved.excess", "thrash"])
    expect(figure(name, {})).toMatchObject({ kind: "unknown", cause: "unexercised" });
});

it("copies count when they are complete, against the fewest that had to come", () => {
  const facts = [joins, move(11, "copied", 0, 2, 60), move(12, "joined", 0, 2, 61), move(13, "copied", 1, 2, 60)];
  const movement = { fewestKeys: 80 };
  expect(figure("moved.keys", { facts, movement })).toEqual({ kind: "value", value: 120 });
  expect(figure("moved.bytes", { facts, movement })).toEqual({ kind: "value", value: 12_000 });
  expect(figure("moved.excess", { facts, movement })).toEqual({ kind: "value", value: 1.5 });
  expect(figure("moved.excess", { facts, movement: { fewestKeys: 0 } })).toMatchObject({ kind: "unknown" });
});

it("thrash counts copies that went back, each way once", () => {
  const facts = [joins, move(11, "joined", 0, 2, 60), move(12, "left", 0, 1, 60), move(20, "left", 0, 2, 60), move(21, "joined", 0, 1, 60)];
  expect(figure("thrash", { facts })).toEqual({ kind: "value", value: 2 });
  expect(figure("thrash", { facts: facts.slice(0, 3) })).toEqual({ kind: "value", value: 0 });
});

it("balance is judged among servers that were members all the time", () => {
  const servers = ["a", "b", "c"].map((zone, place) => ({
    name: zone,
    zone,
    region: "eu",
    cores: 2,
    ...(place === 2 ? { joins: true as const } : {}),
  }));
  // The third server has nothing in any of six windows, until it joins and then still nothing.
  const serverRequests = Array.from({ length: 18 }, (_, cell) => (cell % 3 === 2 ? 0 : 10));
  const record = { header: { servers }, windows: { serverRequests }, facts: [joins] };
  expect(figure("load.maxOverMean", record)).toEqual({ kind: "value", value: 1 });
  const late = metricByName("load.maxOverMean")!.extract(
    makeRecord(record),
    { ...EVERYWHERE, per: "server", window: { from: 20 * S, to: 60 * S } },
    "max",
  );
  expect(late).toEqual({ kind: "value", value: 1.5 });
});
