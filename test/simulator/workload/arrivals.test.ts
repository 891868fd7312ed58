import { describe, expect, it } from "vitest";
import { createStreams } from "../../../src/simulator/kernel/random.ts";
import { createArrivals, meanRate } from "../../../src/simulator/workload/arrivals.ts";
import type { ArrivalsSpec } from "../../../src/simulator/workload/workload.ts";

const SECOND = 1_000_000;

/** Instants in seconds up to `until`. */
function instants(spec: ArrivalsSpec, seed: number, until: number): number[] {
  const { stream } = createStreams(seed);
  const gap = createArrivals(spec, stream);
  const found: number[] = [];
  for (let at = gap(); at < until * SECOND; at += gap()) found.push(at / SECOND);
  return found;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
/** Distance of independent estimates' mean from a prediction, in standard errors. */
function z(estimates: readonly number[], predicted: number): number {
  const middle = mean(estimates);
  const variance = mean(estimates.map((one) => (one - middle) * (one - middle))) / (estimates.length - 1);
  return (middle - predicted) / Math.sqrt(variance);
}

/** Two states: 20/s for 1 s and 200/s for 250 ms on average. */
const RATES = [20, 200] as const;
const STAY = [1, 0.25] as const;
const BURSTS: ArrivalsSpec = { kind: "mmpp", rates: RATES, stay: STAY.map((seconds) => seconds * SECOND) };
const STREAMS = 150;
const LENGTH = 80;

/** Closed forms of the two-state MMPP: H. Heffes, D. Lucantoni 1986; W. Fischer, K. Meier-Hellstern 1993, section 3. */
const leave = STAY.map((seconds) => 1 / seconds);
const [s1, s2] = [leave[0]!, leave[1]!];
const [l1, l2] = RATES;
const RATE = (l1 * s2 + l2 * s1) / (s1 + s2);
const BURST = (2 * s1 * s2 * (l1 - l2) * (l1 - l2)) / ((s1 + s2) * (s1 + s2));
/** Variance over mean of the number of arrivals in any interval of `t` seconds. */
const dispersion = (t: number): number => 1 + (BURST / (l1 * s2 + l2 * s1)) * (1 - (1 - Math.exp(-(s1 + s2) * t)) / ((s1 + s2) * t));
/** Squared coefficient of variation of the gaps. */
const VARIATION = 1 + BURST / (l1 * l2 + l1 * s2 + l2 * s1);

/** Mean over intervals of (count - expected)^2 / expected. */
function dispersionOf(arrivals: readonly number[], t: number, rate: number): number {
  const counts = new Array<number>(Math.floor(LENGTH / t)).fill(0);
  for (const at of arrivals) if (at < counts.length * t) counts[Math.floor(at / t)]! += 1;
  return mean(counts.map((count) => (count - rate * t) * (count - rate * t))) / (rate * t);
}

function variationOf(arrivals: readonly number[]): number {
  const gaps = arrivals.slice(1).map((at, i) => at - arrivals[i]!);
  const middle = mean(gaps);
  return mean(gaps.map((gap) => (gap - middle) * (gap - middle))) / (middle * middle);
}

describe("bursty arrivals of two states", () => {
  const samples = Array.from({ length: STREAMS }, (_, seed) => instants(BURSTS, seed, LENGTH));

  it("come at the stationary rate, from the first moment on", () => {
    expect(RATE).toBe(56);
    expect(meanRate(BURSTS as Exclude<ArrivalsSpec, { kind: "closed" | "trace" | "following" }>)).toBeCloseTo(RATE, 10);
    expect(
      Math.abs(
        z(
          samples.map((one) => one.length / LENGTH),
          RATE,
        ),
      ),
    ).toBeLessThan(4);
    // Were it started in one of its states, the first 50 ms would show it: 20 or 200 instead of 56 a second.
    const early = Array.from({ length: 4_000 }, (_, seed) => instants(BURSTS, seed + 1_000, 0.05).length / 0.05);
    expect(Math.abs(z(early, RATE))).toBeLessThan(4);
    expect(Math.abs(z(early, l1))).toBeGreaterThan(10);
    expect(Math.abs(z(early, l2))).toBeGreaterThan(10);
  });

  it.each([0.05, 0.5, 4])("have the index of dispersion of counts of the closed form over %s s", (t) => {
    const found = samples.map((one) => dispersionOf(one, t, RATE));
    expect(Math.abs(z(found, dispersion(t)))).toBeLessThan(4);
    expect(Math.abs(z(found, dispersion(t) * 1.15))).toBeGreaterThan(4);
  });

  it("have the squared coefficient of variation of the closed form", () => {
    // The same from the matrices: gaps seen by arrivals have the moments of a phase-type distribution.
    const share = [(s2 / (s1 + s2)) * (l1 / RATE), (s1 / (s1 + s2)) * (l2 / RATE)] as const;
    const det = (l1 + s1) * (l2 + s2) - s1 * s2;
    const inverse = (x: readonly [number, number]): [number, number] => [
      ((l2 + s2) * x[0] + s1 * x[1]) / det,
      (s2 * x[0] + (l1 + s1) * x[1]) / det,
    ];
    const first = inverse([1, 1]);
    const second = inverse(first);
    const [m1, m2] = [share[0] * first[0] + share[1] * first[1], 2 * (share[0] * second[0] + share[1] * second[1])];
    expect(m1).toBeCloseTo(1 / RATE, 12);
    expect(m2 / (m1 * m1) - 1).toBeCloseTo(VARIATION, 10);
    const found = samples.map(variationOf);
    expect(Math.abs(z(found, VARIATION))).toBeLessThan(4);
    expect(Math.abs(z(found, VARIATION * 1.1))).toBeGreaterThan(4);
  });

  it("would be told from a Poisson process of the same rate", () => {
    const poisson = Array.from({ length: STREAMS }, (_, seed) => instants({ kind: "poisson", rate: RATE }, seed, LENGTH));
    const found = poisson.map((one) => dispersionOf(one, 0.5, RATE));
    expect(Math.abs(z(found, 1))).toBeLessThan(4);
    expect(Math.abs(z(found, dispersion(0.5)))).toBeGreaterThan(50);
  });
});

describe("bursty arrivals", () => {
  it("of states that are all alike are Poisson", () => {
    const alike: ArrivalsSpec = { kind: "mmpp", rates: [50, 50, 50], stay: [SECOND, 10_000, 300_000] };
    const found = Array.from({ length: STREAMS }, (_, seed) => instants(alike, seed, LENGTH));
    expect(
      Math.abs(
        z(
          found.map((one) => one.length / LENGTH),
          50,
        ),
      ),
    ).toBeLessThan(4);
    expect(
      Math.abs(
        z(
          found.map((one) => dispersionOf(one, 0.5, 50)),
          1,
        ),
      ),
    ).toBeLessThan(4);
    expect(Math.abs(z(found.map(variationOf), 1))).toBeLessThan(4);
  });

  it("of three states have the rate that their stays weigh, one of them silent", () => {
    const three: ArrivalsSpec = { kind: "mmpp", rates: [0, 10, 400], stay: [SECOND, 2 * SECOND, SECOND / 2] };
    const rates = Array.from({ length: STREAMS }, (_, seed) => instants(three, seed, LENGTH).length / LENGTH);
    expect(Math.abs(z(rates, (10 * 2 + 400 * 0.5) / 3.5))).toBeLessThan(4);
  });
});

describe("drawn gaps", () => {
  it("are those of their distribution, and do not drift by rounding", () => {
    const gaps: ArrivalsSpec = { kind: "gaps", gap: { kind: "gpareto", location: 0, scale: 16.0292, shape: 0.154971 } };
    // Published mean: 18.9688 microseconds.
    const means = Array.from({ length: 60 }, (_, seed) => 1 / (instants(gaps, seed, 0.2).length / 0.2) / 1e-6);
    expect(Math.abs(z(means, 18.9688))).toBeLessThan(4);
    const constant = instants({ kind: "constant", rate: 3 }, 1, 10);
    expect(constant[28]).toBeCloseTo(29 / 3, 5);
  });
});
