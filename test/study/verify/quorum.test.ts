import { expect, it } from "vitest";
import { compileDistribution } from "../../../src/simulator/kernel/distributions.ts";
import { parseDistribution } from "../../../src/simulator/notation/distribution.ts";
import { parseDuration as readDuration } from "../../../src/simulator/notation/units.ts";
import { choose, consistentAt, memorylessConsistent, orderStatistic, playWars } from "../../../src/study/verify/quorum-model.ts";
import { LNKD_DISK, LNKD_SSD, WAN, YMMR, type Model } from "../../../src/study/verify/quorum-published.ts";
import { casesOf, held, notHeld } from "../../oracle/verdicts.ts";

function sampler(text: string): ReturnType<typeof compileDistribution> {
  const parsed = parseDistribution(text, "duration");
  if (!parsed.ok) throw new Error(parsed.fault);
  return compileDistribution(parsed.value);
}

function parseDuration(text: string): number {
  const parsed = readDuration(text);
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.value;
}

function wars({ write, other, far }: Model, n: number, r: number, w: number): ReturnType<typeof playWars> {
  const delays = { write: sampler(write), ack: sampler(other), read: sampler(other), response: sampler(other) };
  return playWars({ n, r, w, ...delays, far: parseDuration(far ?? "0ms") }, 100_000, 7);
}

it("the model gives what a Monte Carlo of a million trials gives that is not ours, for each published fit of delays", () => {
  // Shares at t = 0, R = W = 1: Bailis et al. 2012, section 5, and recomputed by others to four digits.
  for (const [model, n, share] of [
    [LNKD_SSD, 3, 0.9738],
    [LNKD_DISK, 2, 0.5759],
    [LNKD_DISK, 3, 0.4365],
    [LNKD_DISK, 5, 0.3203],
    [LNKD_DISK, 10, 0.2106],
    [YMMR, 3, 0.893],
    [WAN, 3, 0.3342],
  ] as const)
    expect(Math.abs(consistentAt(wars(model, n, 1, 1), 0) - share)).toBeLessThan(0.007);
});

it("quorums chosen without regard to one another miss as often as the paper's closed form says", () => {
  // 1 - (C(N-W,R) / C(N,R))^k at k = 1: the paper's 0.6 repeating for N = 3, R = 1, W = 2.
  expect(memorylessConsistent(3, 1, 2, 1, 0)).toBeCloseTo(2 / 3, 12);
  expect(memorylessConsistent(3, 1, 1, 1, 0)).toBeCloseTo(1 / 3, 12);
  expect(memorylessConsistent(3, 2, 2, 1, 0)).toBe(1);
  expect(choose(5, 2)).toBe(10);
  // The larger of two uniform numbers.
  expect(orderStatistic(2, 2, 0.5)).toBe(0.25);
});

it("staleness and latency through the simulator's quorum are as the model has them, and its planted twin is refuted", () => {
  const set = { n: "4", r: "1", w: "2", write: "exp(10ms)", ack: "exp(1ms)", read: "0.1ms..2ms", response: "exp(1ms)", t: "3ms" };
  expect(notHeld(casesOf("quorum", { set, runs: 1 }))).toEqual([]);
  expect(held(casesOf("quorum", { set, runs: 1, plant: true }))).toEqual([]);
});

it("one replica is near to who writes and another to who reads, wherever the two are", () => {
  const set = { n: "4", r: "2", w: "1", write: "exp(10ms)", ack: "1ms", read: "exp(1ms)", response: "0.1ms..2ms", t: "20ms", far: "30ms" };
  expect(notHeld(casesOf("quorum", { set, runs: 1 }))).toEqual([]);
  expect(held(casesOf("quorum", { set, runs: 1, plant: true }))).toEqual([]);
  // Nothing else varies: the write is at its own replica, and asked for where the reader is.
  const still = { n: "3", write: "2ms", ack: "1ms", read: "1ms", response: "1ms", far: "40ms" };
  const [share, ...latencies] = casesOf("quorum", { set: still, runs: 1 });
  expect(Math.abs(share!.simulated - 1 / 3)).toBeLessThan(0.05);
  expect(latencies.map(({ simulated }) => simulated)).toEqual([3, 3, 3, 2, 2, 2]);
});

it("strict quorums never read anything stale", () => {
  const found = casesOf("quorum", { set: { n: "5", r: "2", w: "4", write: "exp(50ms)" }, runs: 1 });
  expect(found[0]).toMatchObject({ predicted: 1, simulated: 1, held: true });
});
