import * as fc from "fast-check";
import { expect, it } from "vitest";
import { timelines } from "../../src/report/timeline.ts";
import { serverBars, union } from "../../src/report/timeline-bars.ts";
import type { Fact } from "../../src/simulator/record/fact.ts";
import { makeRecord, makeRecords, makeOutage, readyFact, recovered } from "../study/records.ts";

const SECOND = 1_000_000;
const process = (at: number, host: string, change: Extract<Fact, { kind: "process" }>["change"]): Fact => ({
  kind: "process",
  at: at * SECOND,
  host,
  process: "database",
  change,
});

/** Server 0 leads both shards and dies at 20 s; 1 takes shard 0 at 24 s, 0 is back at 40 s; server 2 is paused from 30 s to 31 s. */
const FACTS: readonly Fact[] = [
  readyFact({ at: -5 * SECOND, shard: 0, epoch: 1, server: 0, deposed: -1 }),
  readyFact({ at: -5 * SECOND, shard: 1, epoch: 1, server: 0, deposed: -1 }),
  process(20, "a1", "crashed"),
  readyFact({ at: 24 * SECOND, shard: 0, epoch: 2, server: 1 }),
  process(30, "c1", "paused"),
  process(31, "c1", "resumed"),
  process(40, "a1", "started"),
];

it("a server's bars follow one another without a gap, and say what it was when", () => {
  const bars = serverBars(makeRecord({ facts: FACTS }));
  const of = (lane: string): readonly string[] =>
    bars.filter((bar) => bar.lane === lane).map(({ state, from, to, count }) => `${from / SECOND}-${to / SECOND} ${state} ${count}`);
  expect(of("s0")).toEqual(["0-20 primary 2", "20-40 down 0", "40-60 up 0"]);
  expect(of("s1")).toEqual(["0-24 up 0", "24-60 primary 1"]);
  expect(of("s2")).toEqual(["0-30 up 0", "30-31 paused 0", "31-60 up 0"]);
});

it("a deposed primary leads until it knows: two lead the same shard meanwhile", () => {
  const facts: readonly Fact[] = [
    readyFact({ at: 0, shard: 0, epoch: 1, server: 0, deposed: -1 }),
    readyFact({ at: 10 * SECOND, shard: 0, epoch: 2, server: 1 }),
    { kind: "demoted", at: 15 * SECOND, shard: 0, epoch: 1, server: 0, reason: "fenced" },
  ];
  const leading = serverBars(makeRecord({ facts })).filter(({ state }) => state === "primary");
  expect(leading.map(({ lane, from, to }) => [lane, from / SECOND, to / SECOND])).toEqual([
    ["s0", 0, 15],
    ["s1", 10, 60],
  ]);
});

it("spans put together cover what they covered, and no two touch", () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(60), fc.nat(9))), (given) => {
      const spans = given.map(([from, length], of) => ({ from, to: from + length, of }));
      const found = union(spans);
      expect(found.flatMap(({ of }) => of).sort((a, b) => a - b)).toEqual(spans.map(({ of }) => of));
      for (const { from, to, of } of found) for (const one of of) expect(spans[one]!.from >= from && spans[one]!.to <= to).toBe(true);
      found.slice(1).forEach((one, index) => expect(one.from).toBeGreaterThan(found[index]!.to));
    }),
    { numRuns: 100 },
  ));

it("the worst run and the median one of each strategy are kept: by time out, then by loss", () => {
  const records = makeRecords("s", [
    recovered(3 * SECOND),
    { ...recovered(5 * SECOND), data: { lossWrites: 1 } },
    { ...recovered(5 * SECOND), data: { lossWrites: 9 } },
    recovered(4 * SECOND),
    recovered(2 * SECOND),
  ]);
  const kept = timelines("s", records, 0);
  expect(kept.map(({ which, repeat, longest }) => [which, repeat, longest?.length])).toEqual([
    ["worst", 2, 5 * SECOND],
    ["median", 3, 4 * SECOND],
  ]);
});

it("runs in which nothing happened are not kept", () => {
  const records = makeRecords("s", [{}, {}]);
  expect(timelines("s", records, 0)).toEqual([]);
});

it("what is kept is bounded, however long the run and however many its servers, and says what it leaves out", () => {
  const servers = Array.from({ length: 100 }, (_, index) => ({ name: `server ${index}`, zone: "a", region: "eu", cores: 1 }));
  const duration = 3_600 * SECOND;
  const facts = Array.from({ length: 20_000 }, (_, index): Fact => ({ kind: "suspected", at: index * 170_000, server: index % 100, by: "monitor 1" })); // prettier-ignore
  const outages = Array.from({ length: 5_000 }, (_, index) => makeOutage(100_000, { openedAt: index * 700_000 }));
  const records = makeRecords("s", [{ facts, outages, header: { servers, duration } }]);
  const [kept, ...more] = timelines("s", records, 0);
  expect(more).toEqual([]);
  expect(kept?.lanes.length).toBeLessThanOrEqual(26);
  expect(kept?.left.servers).toBe(76);
  expect(JSON.stringify(kept).length).toBeLessThan(80_000);
  expect((kept?.left.marks ?? 0) + (kept?.left.bars ?? 0)).toBeGreaterThan(0);
});
