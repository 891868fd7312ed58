import { Script } from "node:vm";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { charts } from "../../src/report/charts/all.ts";
import { LANE, timelineRows } from "../../src/report/charts/timeline.ts";
import { TIMELINE_SCRIPT } from "../../src/report/page-timeline.ts";
import { timelines } from "../../src/report/timeline.ts";
import { serverBars, union } from "../../src/report/timeline-bars.ts";
import { MARKS } from "../../src/report/timeline-marks.ts";
import { STATES, type Timeline, type TimelineRuns, packTimelines, unpackTimeline } from "../../src/report/timeline-pack.ts";
import type { Fact } from "../../src/simulator/record/fact.ts";
import type { RunRecord } from "../../src/simulator/record/record.ts";
import { makeRecord, makeRecords, makeOutage, readyFact, recovered } from "../study/records.ts";
import { THREE, study } from "./study.ts";

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

const outs = (lengths: readonly number[]): readonly RunRecord[] =>
  makeRecords(
    "s",
    lengths.map((length) => recovered(length * SECOND)),
  );

it("every run of a strategy is kept, the worst first: by time out, then by loss, then the earlier", () => {
  const records = makeRecords("s", [
    recovered(3 * SECOND),
    { ...recovered(5 * SECOND), data: { lossWrites: 1 } },
    { ...recovered(5 * SECOND), data: { lossWrites: 9 } },
    recovered(4 * SECOND),
    recovered(3 * SECOND),
  ]);
  const kept = timelines(records, 1);
  expect(kept.of).toBe(5);
  expect(kept.runs.map(({ rank, repeat, longest }) => [rank, repeat, longest?.length])).toEqual([
    [1, 2, 5 * SECOND],
    [2, 1, 5 * SECOND],
    [3, 3, 4 * SECOND],
    [4, 0, 3 * SECOND],
    [5, 4, 3 * SECOND],
  ]);
});

it("where there is no room for all, the worst, the best and the median are kept before the others, and of those the worst", () => {
  const records = outs(Array.from({ length: 9 }, (_, index) => 1 + index));
  const each = (rank: number): Timeline => unpackTimeline(timelines(records, 1), timelines(records, 1).runs[rank - 1]!);
  const ranks = (room: number): readonly number[] =>
    packTimelines([1, 9, 5, 2, 3, 4, 6, 7, 8].map(each), { of: 9, duration: 1, room }).runs.map(({ rank }) => rank);
  const size = JSON.stringify(timelines(records, 1).runs[0]).length;
  expect(ranks(Infinity)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(ranks(0)).toEqual([1]);
  expect(ranks(4.9 * size)).toEqual([1, 2, 5, 9]);
});

it("what is packed is unpacked as it was, whatever lanes, bars and marks it has", () =>
  fc.assert(
    fc.property(fc.array(timelineArbitrary, { maxLength: 6 }), (given) => {
      const wanted = given.map((one, index) => ({ ...one, rank: index + 1, of: given.length, duration: 60 * SECOND }));
      const packed = packTimelines(wanted, { of: given.length, duration: 60 * SECOND, room: Infinity });
      expect(packed.runs.map((run) => unpackTimeline(packed, run))).toEqual(wanted);
    }),
    { numRuns: 100 },
  ));

it("the page's script unpacks runs into the rows that the specification draws", () => {
  const script = new Script(`(() => { ${TIMELINE_SCRIPT}; return timelineOf; })()`).runInThisContext() as (
    runs: TimelineRuns,
    shown: TimelineRuns["shown"],
  ) => { readonly datasets: unknown; readonly height: number; readonly title: string };
  const { runs } = charts(study(THREE)).find(({ id }) => id === "timeline") ?? {};
  expect(runs?.strategies.map(({ name, runs: own }) => [name, own.length])).toEqual([
    ["quick", 30],
    ["twin", 30],
    ["slow", 30],
  ]);
  runs?.strategies.forEach((one, strategy) => {
    one.runs.forEach((packed, run) => {
      const timeline = unpackTimeline(one, packed);
      const made = script(runs, { strategy, run });
      expect(made.datasets).toEqual(timelineRows(timeline));
      expect(made.height).toBe(LANE * timeline.lanes.length);
      expect(made.title).toContain(one.name);
    });
  });
});

it("runs in which nothing happened are not kept", () => {
  expect(timelines(makeRecords("s", [{}, {}]), 1).runs).toEqual([]);
});

it("what is kept is bounded, however long the run and however many its servers, and says what it leaves out", () => {
  const servers = Array.from({ length: 100 }, (_, index) => ({ name: `server ${index}`, zone: "a", region: "eu", cores: 1 }));
  const duration = 3_600 * SECOND;
  const facts = Array.from({ length: 20_000 }, (_, index): Fact => ({ kind: "suspected", at: index * 170_000, server: index % 100, by: "monitor 1" })); // prettier-ignore
  const outages = Array.from({ length: 5_000 }, (_, index) => makeOutage(100_000, { openedAt: index * 700_000 }));
  const records = makeRecords("s", [{ facts, outages, header: { servers, duration } }]);
  const packed = timelines(records, 1);
  const [kept] = packed.runs.map((run) => unpackTimeline(packed, run));
  expect(kept?.lanes.length).toBeLessThanOrEqual(26);
  expect(kept?.left.servers).toBe(76);
  expect(JSON.stringify(packed).length).toBeLessThan(40_000);
  expect((kept?.left.marks ?? 0) + (kept?.left.bars ?? 0)).toBeGreaterThan(0);
});

const timelineArbitrary = fc
  .record({ lanes: fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,4}$/u), { minLength: 1, maxLength: 8 }), seed: fc.nat() })
  .chain(({ lanes: ids, seed }) => {
    const at = fc.nat(60 * SECOND);
    const lane = fc.constantFrom(...ids);
    return fc
      .record({
        bars: fc.array(
          fc.record({
            lane,
            state: fc.constantFrom(...STATES),
            from: at,
            length: at,
            text: fc.constantFrom("up", "down", "x, y"),
            count: fc.nat(3),
          }),
        ),
        marks: fc.array(fc.record({ lane, mark: fc.constantFrom(...MARKS), at, text: fc.string({ maxLength: 5 }), count: fc.nat(9) })),
      })
      .map(({ bars, marks }): Omit<Timeline, "rank" | "of" | "duration"> => ({
        repeat: seed % 7,
        seed,
        focus: { from: 0, to: seed },
        longest: undefined,
        lanes: ids.map((id) => ({ id, name: `lane ${id}` })),
        bars: bars.map(({ length, ...bar }) => ({ ...bar, to: bar.from + length })),
        marks,
        left: { servers: 0, bars: 0, marks: 0 },
      }));
  });
