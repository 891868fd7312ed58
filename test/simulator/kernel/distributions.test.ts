import { describe, expect, it } from "vitest";
import type { Random } from "../../../src/base/random.ts";
import { distributionsIn, fillEmpirical, type DistributionSpec } from "../../../src/simulator/kernel/distribution-spec.ts";
import { compileDistribution } from "../../../src/simulator/kernel/distributions.ts";
import { distributionCdf, distributionMean, distributionRange, distributionVariance } from "../../../src/simulator/kernel/moments.ts";
import { gammaCdf, logGamma, normalCdf, normalQuantile } from "../../../src/simulator/kernel/special-functions.ts";
import { draws, kolmogorov, momentsZ, streamFor } from "./statistics.ts";

const CONTINUOUS: readonly DistributionSpec[] = [
  { kind: "uniform", from: 1_000, to: 3_000 },
  { kind: "uniform", from: -1e9, to: 5e9 },
  { kind: "exponential", mean: 2_000 },
  { kind: "normal", mean: 30_000, sd: 1_000 },
  { kind: "lognormal", median: 1_000, at: 0.99, quantile: 6_000 },
  { kind: "lognormal", median: 1_000, at: 0.1, quantile: 700 },
  { kind: "lognormalMoments", mean: 2_000, sd: 1_000 },
  { kind: "gamma", shape: 2, mean: 1_000 },
  { kind: "gamma", shape: 0.3, mean: 1_000 },
  { kind: "gamma", shape: 40, mean: 1_000 },
  { kind: "weibull", shape: 0.7, scale: 3_600_000 },
  { kind: "weibull", shape: 3, scale: 1_000 },
  { kind: "pareto", min: 1_000, alpha: 3.5 },
  { kind: "pareto", min: 1_000, alpha: 1.1 },
  { kind: "gpareto", location: 15, scale: 214.476, shape: 0.348238 },
  { kind: "gpareto", location: 0, scale: 16.0292, shape: 0.154971 },
  { kind: "gev", location: 30.7984, scale: 8.20449, shape: 0.078688 },
  { kind: "gev", location: 30, scale: 8, shape: 0.7 },
  {
    kind: "mixture",
    parts: [
      { weight: 0.9, of: { kind: "exponential", mean: 1_000 } },
      {
        weight: 0.1,
        of: {
          kind: "mixture",
          parts: [
            { weight: 0.5, of: { kind: "uniform", from: 0, to: 20_000 } },
            { weight: 0.5, of: { kind: "gamma", shape: 3, mean: 5_000 } },
          ],
        },
      },
    ],
  },
  { kind: "shifted", by: 75_000, of: { kind: "exponential", mean: 1_000 } },
  {
    kind: "quantiles",
    points: [
      { at: 0, value: 0 },
      { at: 0.5, value: 1_000 },
      { at: 0.99, value: 6_000 },
      { at: 1, value: 9_000 },
    ],
  },
];
const COUNT = 100_000;
const label = (spec: DistributionSpec): string => JSON.stringify(spec).slice(0, 90);

describe("draws", () => {
  for (const spec of CONTINUOUS) {
    it(`have the distribution function, mean and variance of ${label(spec)}`, () => {
      const stream = streamFor(label(spec));
      const draw = compileDistribution(spec, "number");
      const sample = draws(COUNT, () => draw(stream));
      const variance = distributionVariance(spec);
      const isHeavy = spec.kind === "pareto" || (spec.kind === "gpareto" && spec.shape > 0.25);
      if (variance < Infinity) {
        const z = momentsZ(sample, distributionMean(spec), variance);
        expect(Math.abs(z.mean)).toBeLessThan(4.5);
        // A Pareto of alpha 3.5 (a generalised one of shape above 1/4) has no fourth moment, so nothing to measure its variance's error by.
        if (!isHeavy) expect(Math.abs(z.variance)).toBeLessThan(4.5);
      }
      const cdf = distributionCdf(spec);
      expect(kolmogorov(sample, cdf)).toBeLessThan(2.7);
      const { from, to } = distributionRange(spec);
      expect(sample[0]! >= from && sample.at(-1)! <= to).toBe(true);
      // The same sample tells a scale 5 % off.
      expect(kolmogorov(sample, (x) => cdf(x / 1.05))).toBeGreaterThan(2.7);
    });
  }

  it("of ziggurats have right tails: beyond the last layer, and on both sides of the normal", () => {
    const stream = streamFor("tails");
    const exponential = compileDistribution({ kind: "exponential", mean: 1 }, "number");
    const normal = compileDistribution({ kind: "normal", mean: 0, sd: 1 }, "number");
    const count = 2_000_000;
    let far = 0;
    let low = 0;
    let high = 0;
    for (let i = 0; i < count; i += 1) {
      if (exponential(stream) > 8) far += 1;
      const x = normal(stream);
      if (x > 3.7) high += 1;
      if (x < -3.7) low += 1;
    }
    const z = (seen: number, share: number): number => Math.abs(seen - count * share) / Math.sqrt(count * share);
    expect(z(far, Math.exp(-8))).toBeLessThan(4.5);
    expect(z(high, normalCdf(-3.7))).toBeLessThan(4.5);
    expect(z(low, normalCdf(-3.7))).toBeLessThan(4.5);
  });

  it("of ziggurats are right between the layers too, where a million draws show what a hundred thousand do not", () => {
    const stream = streamFor("wedges");
    for (const [spec, cdf] of [
      [{ kind: "normal", mean: 0, sd: 1 }, normalCdf],
      [{ kind: "exponential", mean: 1 }, (x: number) => -Math.expm1(-x)],
    ] as const) {
      const draw = compileDistribution(spec, "number");
      const sample = draws(1_000_000, () => draw(stream));
      const z = momentsZ(sample, spec.mean, 1);
      expect([Math.abs(z.mean) < 4.5, Math.abs(z.variance) < 4.5]).toEqual([true, true]);
      expect(kolmogorov(sample, cdf)).toBeLessThan(2.7);
    }
  });

  it("are the values of an empirical distribution, all alike, once it has them", () => {
    const spec: DistributionSpec = { kind: "mixture", parts: [{ weight: 1, of: { kind: "empirical", file: "a.csv", column: "us" } }] };
    expect(() => compileDistribution(spec)).toThrow(/no values of a.csv us/);
    const filled = fillEmpirical(spec, (file, column) => (file === "a.csv" && column === "us" ? [10, 20, 20, 50] : []));
    expect([distributionMean(filled), distributionVariance(filled), distributionCdf(filled)(20), distributionsIn(filled).length]).toEqual([
      25, 225, 0.75, 2,
    ]);
    const stream = streamFor("empirical");
    const draw = compileDistribution(filled);
    const seen = draws(40_000, () => draw(stream));
    expect(Math.abs(seen.filter((x) => x === 20).length - 20_000)).toBeLessThan(4.5 * 100);
    expect(new Set(seen)).toEqual(new Set([10, 20, 50]));
  });
});

describe("durations and sizes", () => {
  it("are whole and never negative", () => {
    const stream = streamFor("whole");
    for (const spec of [
      ...CONTINUOUS,
      { kind: "normal", mean: 1, sd: 5 },
      { kind: "constant", value: -3 },
      { kind: "exponential", mean: 0.4 },
    ] satisfies DistributionSpec[]) {
      for (const drawn of ["duration", "size"] as const) {
        const draw = compileDistribution(spec, drawn);
        for (let i = 0; i < 500; i += 1) {
          const x = draw(stream);
          if (!Number.isSafeInteger(x) || x < 0 || Object.is(x, -0)) expect.fail(`${x} drawn from ${label(spec)}`);
        }
      }
    }
  });

  it("put all that lies below 0 at 0, and nothing else", () => {
    const stream = streamFor("clamp");
    const draw = compileDistribution({ kind: "normal", mean: 1_000, sd: 1_000 });
    const zeros = draws(100_000, () => draw(stream)).filter((x) => x === 0).length;
    expect(Math.abs(zeros / 100_000 - normalCdf(-0.9995)) * Math.sqrt(100_000 / 0.133)).toBeLessThan(4.5);
  });

  it("of a uniform take both ends and all between alike, also over more than 2^32 microseconds", () => {
    const stream = streamFor("ends");
    const die = compileDistribution({ kind: "uniform", from: 1, to: 6 }, "size");
    const faces = new Array<number>(7).fill(0);
    for (let i = 0; i < 60_000; i += 1) faces[die(stream)]! += 1;
    expect(faces[0]).toBe(0);
    for (const seen of faces.slice(1)) expect(Math.abs(seen - 10_000)).toBeLessThan(4.5 * 92);
    const wide = compileDistribution({ kind: "uniform", from: 0, to: 1e13 });
    const sample = draws(50_000, () => wide(stream));
    expect(new Set(Array.from(sample, (x) => x % 1_000)).size).toBe(1_000);
    expect(kolmogorov(sample, (x) => x / 1e13)).toBeLessThan(2.7);
  });

  it("of a Pareto without a mean stay whole numbers that can be added up", () => {
    const draw = compileDistribution({ kind: "pareto", min: 1_000, alpha: 0.05 });
    const stream = streamFor("endless");
    for (let i = 0; i < 10_000; i += 1) expect(Number.isSafeInteger(draw(stream))).toBe(true);
  });
});

describe("a stream of one's own", () => {
  it("with 53-bit uniforms gives the right distributions too", () => {
    const stream = streamFor("other");
    const random: Random = { uniform: stream.uniform53, below: (bound) => Math.floor(stream.uniform53() * bound) };
    const draw = compileDistribution({ kind: "normal", mean: 0, sd: 1 }, "number");
    expect(
      kolmogorov(
        draws(COUNT, () => draw(random)),
        normalCdf,
      ),
    ).toBeLessThan(2.7);
  });
});

describe("special functions", () => {
  it("agree with published values", () => {
    // Abramowitz and Stegun, Handbook of Mathematical Functions (1964), tables 6.1, 7.1, 26.1 and 26.3; closed forms.
    const close = (x: number, y: number): void => expect(Math.abs(x / y - 1)).toBeLessThan(1e-12);
    close(normalCdf(1), 0.8413447460685429);
    close(normalCdf(1.96), 0.9750021048517795);
    close(normalCdf(-3), 0.0013498980316300946);
    close(normalCdf(-8), 6.220960574271784e-16);
    close(normalQuantile(0.975), 1.959963984540054);
    close(normalQuantile(0.999), 3.0902323061678132);
    close(normalQuantile(0.01), -2.326347874040841);
    close(logGamma(0.5), Math.log(Math.PI) / 2);
    close(logGamma(11), Math.log(3_628_800));
    close(logGamma(0.1), 2.252712651734206);
    close(gammaCdf(1, 2), 1 - Math.exp(-2));
    close(gammaCdf(0.5, 1), 0.8427007929497149);
    close(gammaCdf(3, 10), 1 - Math.exp(-10) * (1 + 10 + 50));
    expect([gammaCdf(2, 0), gammaCdf(2, -1), normalCdf(40)]).toEqual([0, 0, 1]);
  });

  it("invert each other: the quantile of a probability has that probability", () => {
    for (const p of [1e-12, 1e-5, 0.3, 0.5, 0.9, 0.999999]) expect(Math.abs(normalCdf(normalQuantile(p)) / p - 1)).toBeLessThan(1e-11);
  });
});
