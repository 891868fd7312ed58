/** phi against quantiles of the normal distribution from tables, an integral of its density, and the closed form of the exponential. */
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  boundOf,
  createPauses,
  phiOf,
  silenceAt,
  suspicion,
  type PhiOptions,
} from "../../../../src/simulator/strategies/failover/monitor/phi.ts";

const NORMAL: PhiOptions = { model: "normal", threshold: 8, window: 1_000, minDeviation: 1, acceptablePause: 0 };

/** The upper tail by Simpson's rule over the density, independent of the series and the continued fraction. */
function tail(z: number): number {
  const steps = 20_000;
  const width = 24 / steps;
  const density = (x: number): number => Math.exp(-0.5 * (x * x - z * z)) / Math.sqrt(2 * Math.PI);
  let sum = density(z) + density(z + 24);
  for (let i = 1; i < steps; i += 1) sum += density(z + i * width) * (i % 2 === 1 ? 4 : 2);
  return Math.log10((sum * width) / 3) - 0.5 * z * z * Math.LOG10E;
}

it("phi of 1, 2, 3 and 8 lies where tables have the quantiles of 90 %, 99 %, 99.9 % and 1 - 10^-8", () => {
  expect(boundOf(1)).toBeCloseTo(1.2815515655446004, 10);
  expect(boundOf(2)).toBeCloseTo(2.3263478740408408, 10);
  expect(boundOf(3)).toBeCloseTo(3.090232306167813, 10);
  expect(boundOf(8)).toBeCloseTo(5.612001244174789, 8);
});

it("phi is -log10 of the integral of the density beyond, near the mean and far out", () => {
  for (const z of [-6, -3, -1, 0, 0.5, 1.999, 2, 2.001, 3, 5.6, 8, 12, 20, 35]) {
    // Below about -8 the tail is 1 to the last bit; -6 is the least that says anything.
    expect(suspicion(z) / -tail(z)).toBeCloseTo(1, z < 0 ? 3 : 7);
  }
});

it("a window of pauses has the mean and deviation of what it holds, and forgets the rest", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5_000_000 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 2, max: 20 }),
      (given, window) => {
        const pauses = createPauses(window, 1_000_000);
        for (const pause of given) pauses.add(pause);
        const held = [750_000, 1_250_000, ...given].slice(-window);
        const mean = held.reduce((a, b) => a + b, 0) / held.length;
        const variance = held.reduce((sum, pause) => sum + (pause - mean) * (pause - mean), 0) / held.length;
        expect(pauses.mean()).toBeCloseTo(mean, 3);
        expect(Math.abs(pauses.deviation() - Math.sqrt(variance))).toBeLessThan(0.5);
      },
    ),
  );
});

it("the silence that is waited for is the first at which phi has reached the threshold, under both models", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 900_000, max: 1_100_000 }), { minLength: 5, maxLength: 30 }),
      fc.double({ min: 0.5, max: 16, noNaN: true }),
      fc.constantFrom("normal" as const, "exponential" as const),
      fc.integer({ min: 0, max: 3_000_000 }),
      (given, threshold, model, acceptablePause) => {
        const pauses = createPauses(100, 1_000_000);
        for (const pause of given) pauses.add(pause);
        const options = { ...NORMAL, threshold, model, acceptablePause };
        const silence = silenceAt(boundOf(threshold), pauses, options);
        expect(phiOf(silence, pauses, options)).toBeGreaterThanOrEqual(threshold - 1e-9);
        expect(phiOf(silence - 2, pauses, options)).toBeLessThan(threshold);
      },
    ),
  );
});

it("at a threshold of 8 Cassandra convicts a peer that gossips each second after 18.4 s, the normal model after a second and 5.6 deviations", () => {
  const regular = createPauses(10, 1_000_000);
  for (let i = 0; i < 10; i += 1) regular.add(1_000_000);
  expect(silenceAt(0, regular, { ...NORMAL, model: "exponential" }) / 1e6).toBeCloseTo(18.42, 2);
  expect(silenceAt(boundOf(8), regular, { ...NORMAL, minDeviation: 100_000 }) / 1e6).toBeCloseTo(1 + 0.5612, 4);
});
