import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Random } from "../../../src/base/random.ts";
import { readChooser } from "../../../src/modules/routing/read-choice.ts";
import type { Consistency, ReadChoice, ReplicaView } from "../../../src/modules/routing/read-choice.ts";
import { gather, shardsOfRange } from "../../../src/modules/routing/scatter.ts";
import { ranges } from "../../../src/modules/sharding/ranges.ts";
import { ring } from "../../../src/modules/sharding/ring.ts";
import { bytesOf, draws, made, numbered } from "../sharding/data.ts";

const randomOf = (seed: number): Random => {
  const uniform = draws(seed);
  return { uniform, below: (bound) => Math.floor(uniform() * bound) };
};
const view = (more: Partial<ReplicaView> = {}): ReplicaView => ({
  outstanding: () => 0,
  distance: () => 0,
  lag: () => 0,
  isUsable: () => true,
  ...more,
});
const entry = { epoch: 1, owner: 0, replicas: [0, 1, 2, 3] };
const any: Consistency = { kind: "any" };
const picks = (choice: ReadChoice, v: ReplicaView, times: number, consistency: Consistency = any): number[] => {
  const chooser = readChooser(choice, consistency, v, randomOf(1));
  return Array.from({ length: times }, () => chooser.choose(0, entry));
};
const counted = (list: readonly number[]): number[] => entry.replicas.map((server) => list.filter((pick) => pick === server).length);

describe("read choice", () => {
  const choices: ReadChoice[] = [
    { kind: "primary" },
    { kind: "roundRobin" },
    { kind: "random" },
    { kind: "choices", of: 2 },
    { kind: "leastOutstanding" },
    { kind: "nearest" },
  ];
  it("takes only replicas that are usable and fresh enough, else the primary", () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...choices),
        fc.uniqueArray(fc.nat(20), { minLength: 1, maxLength: 6 }),
        fc.nat(5),
        fc.uint8Array({ minLength: 21, maxLength: 21 }),
        fc.nat(300),
        fc.nat(3),
        (choice, replicas, pick, lags, bound, mode) => {
          const owner = replicas[pick % replicas.length] as number;
          const isUsable = (server: number): boolean => (lags[server] as number) % 3 !== 0;
          const consistency: Consistency = mode === 0 ? any : mode === 1 ? { kind: "primaryOnly" } : { kind: "bounded", bound };
          const v = view({
            isUsable,
            lag: (server) => lags[server] as number,
            outstanding: (server) => server % 3,
            distance: (server) => server % 2,
          });
          const chooser = readChooser(choice, consistency, v, randomOf(pick));
          const fit = replicas.filter(
            (server) => isUsable(server) && (server === owner || mode === 0 || (mode > 1 && (lags[server] as number) <= bound)),
          );
          const chosen = chooser.choose(3, { epoch: 0, owner, replicas });
          if (choice.kind === "primary" || mode === 1 || fit.length === 0) expect(chosen).toBe(owner);
          else {
            expect(fit).toContain(chosen);
            expect(chooser.eligible()).toBe(fit.length);
          }
        },
      ),
    ));
  it("round robin gives each its turn, per shard", () => {
    const chooser = readChooser({ kind: "roundRobin" }, any, view(), randomOf(1));
    expect([0, 0, 5, 0, 5, 0, 0].map((shard) => chooser.choose(shard, entry))).toEqual([0, 1, 0, 2, 1, 3, 0]);
  });
  it("least outstanding takes the least, and any of equals", () => {
    expect(new Set(picks({ kind: "leastOutstanding" }, view({ outstanding: (server) => [5, 2, 7, 3][server] as number }), 50))).toEqual(
      new Set([1]),
    );
    for (const count of counted(picks({ kind: "leastOutstanding" }, view(), 4000)))
      expect(Math.abs(count - 1000) / Math.sqrt(750)).toBeLessThan(4);
  });
  it("nearest takes the least distant, among those the least outstanding, and any of equals", () => {
    const near = view({ distance: (server) => (server === 1 || server === 2 ? 1 : 9), outstanding: (server) => (server === 1 ? 4 : 3) });
    expect(new Set(picks({ kind: "nearest" }, near, 50))).toEqual(new Set([2]));
    const counts = counted(picks({ kind: "nearest" }, view({ distance: (server) => (server < 2 ? 1 : 9) }), 2000));
    expect(counts.slice(2)).toEqual([0, 0]);
    expect(Math.abs((counts[0] as number) - 1000) / Math.sqrt(500)).toBeLessThan(4);
  });
  it("two distinct choices take rank i of four with probability (6, 4, 2, 0) of 12", () => {
    const counts = counted(picks({ kind: "choices", of: 2 }, view({ outstanding: (server) => server }), 12_000));
    for (const [server, share] of [1 / 2, 1 / 3, 1 / 6].entries()) {
      const error = Math.sqrt(12_000 * share * (1 - share));
      expect(Math.abs((counts[server] as number) - 12_000 * share) / error).toBeLessThan(4);
    }
    // With replacement the last would be taken once in sixteen: the plant that distinctness excludes.
    expect(counts[3]).toBe(0);
  });
  it("two choices with replacement take rank i of four with probability (7, 5, 3, 1) of 16", () => {
    const counts = counted(picks({ kind: "choices", of: 2, replacement: true }, view({ outstanding: (server) => server }), 16_000));
    for (const [server, share] of [7 / 16, 5 / 16, 3 / 16, 1 / 16].entries()) {
      const error = Math.sqrt(16_000 * share * (1 - share));
      expect(Math.abs((counts[server] as number) - 16_000 * share) / error).toBeLessThan(4);
    }
  });
  it("bounded staleness lets a lagging replica back once it has caught up", () => {
    let lag = 100;
    const chooser = readChooser(
      { kind: "nearest" },
      { kind: "bounded", bound: 50 },
      view({ lag: (server) => (server === 0 ? 0 : lag), distance: (server) => 9 - server }),
      randomOf(1),
    );
    expect(chooser.choose(0, entry)).toBe(0);
    lag = 50;
    expect(chooser.choose(0, entry)).toBe(3);
  });
});

describe("scatter-gather", () => {
  const order = fc.integer({ min: 1, max: 12 }).chain((count) =>
    fc.tuple(
      fc.shuffledSubarray(
        Array.from({ length: count }, (_, i) => i * 3),
        { minLength: count },
      ),
      fc.array(fc.constantFrom("answer", "answer", "fail"), { minLength: count, maxLength: count }),
      fc.array(fc.integer({ min: 0, max: 50 }), { minLength: count, maxLength: count }),
    ),
  );
  it("ends exactly once, with the slowest shard's time and the right count, however parts end", () => {
    const gathers = { refuse: gather({ onFailure: "refuse" }), return: gather({ onFailure: "return" }) };
    fc.assert(
      fc.property(order, fc.constantFrom("refuse" as const, "return" as const), ([shards, ends, gaps], onFailure) => {
        const g = gathers[onFailure];
        g.begin(
          [...shards].sort((a, b) => a - b),
          shards.length,
          1000,
        );
        let now = 1000;
        let answered = 0;
        let ended = 0;
        for (const [i, shard] of shards.entries()) {
          now += gaps[i] as number;
          const isAnswer = ends[i] === "answer";
          const result = isAnswer ? g.answer(shard, now) : g.fail(shard, now);
          if (ended === 0 && isAnswer) answered += 1;
          // Late and double answers change nothing.
          expect(g.answer(shard, now)).toBeUndefined();
          const isLast = i === shards.length - 1 || (onFailure === "refuse" && !isAnswer);
          if (ended > 0) expect(result).toBeUndefined();
          else if (isLast) {
            ended += 1;
            const kind = answered === shards.length ? "complete" : onFailure === "return" && answered > 0 ? "partial" : "failed";
            expect(result).toEqual({ kind, answered, missing: shards.length - answered, slowest: shard, took: now - 1000 });
          } else expect(result).toBeUndefined();
        }
        expect([ended, g.awaited(), g.expire(now)]).toEqual([1, 0, undefined]);
      }),
    );
  });
  it("gives what came when time runs out, if enough came", () => {
    const g = gather({ onFailure: "return", shareMin: 0.5 });
    g.begin([4, 5, 6, 7], 4, 0);
    g.answer(6, 3);
    expect(g.expire(10)).toEqual({ kind: "failed", answered: 1, missing: 3, slowest: 4, took: 10 });
    g.begin([4, 5, 6, 7], 4, 0);
    g.answer(6, 3);
    g.answer(4, 5);
    expect(g.expire(10)).toEqual({ kind: "partial", answered: 2, missing: 2, slowest: 5, took: 10 });
    // An answer to the gathering before this one is not one to this.
    g.begin([1], 1, 20);
    expect(g.answer(5, 21)).toBeUndefined();
    expect(g.awaited()).toBe(1);
  });
  it("of exponential parts takes the order statistic's time: the mean of the largest of n is H_n", () => {
    const uniform = draws(7);
    const g = gather({ onFailure: "refuse" });
    const shards = Array.from({ length: 8 }, (_, i) => i);
    const times: number[] = [];
    for (let run = 0; run < 20_000; run += 1) {
      const parts = shards.map((shard) => ({ shard, at: -Math.log(1 - uniform()) })).sort((a, b) => a.at - b.at);
      g.begin(shards, 8, 0);
      for (const { shard, at } of parts) {
        const result = g.answer(shard, at);
        if (result !== undefined) times.push(result.took);
      }
    }
    const mean = times.reduce((sum, t) => sum + t, 0) / times.length;
    const harmonic = shards.reduce((sum, i) => sum + 1 / (i + 1), 0);
    const variance = shards.reduce((sum, i) => sum + 1 / ((i + 1) * (i + 1)), 0);
    const z = (expected: number): number => Math.abs(mean - expected) / Math.sqrt(variance / times.length);
    expect(z(harmonic)).toBeLessThan(4);
    // The mean of one part, or of the second largest, would be seen.
    expect(z(harmonic - 1 / 8)).toBeGreaterThan(4);
  });
  it("asks the shards of a range where keys are in order, and all of them elsewhere", () => {
    const ordered = made(ranges(numbered(3), { boundaries: [bytesOf("h"), bytesOf("p")] }));
    const into = new Int32Array(3);
    expect(shardsOfRange(ordered, bytesOf("a"), bytesOf("c"), into)).toBe(1);
    expect(into[0]).toBe(0);
    expect(shardsOfRange(ordered, bytesOf("c"), bytesOf("h"), into)).toBe(1);
    expect(shardsOfRange(ordered, bytesOf("c"), bytesOf("i"), into)).toBe(2);
    expect(shardsOfRange(ordered, bytesOf(""), undefined, into)).toBe(3);
    expect(shardsOfRange(made(ring(numbered(3))), bytesOf("a"), bytesOf("c"), into)).toBe(3);
  });
});
