import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DistributionSpec } from "../../../src/simulator/kernel/distribution-spec.ts";
import { compileDistribution } from "../../../src/simulator/kernel/distributions.ts";
import { createStream } from "../../../src/simulator/kernel/random.ts";
import { formatDistribution, parseDistribution, type Quantity } from "../../../src/simulator/notation/distribution.ts";

const shown = (text: string, quantity: Quantity = "duration"): DistributionSpec | string => {
  const result = parseDistribution(text, quantity);
  return result.ok ? result.value : `${result.fault}; ${result.mend} @${result.offset}`;
};

describe("the notation", () => {
  it("reads every distribution it has", () => {
    const cases: Readonly<Record<string, DistributionSpec>> = {
      "1ms": { kind: "constant", value: 1_000 },
      "0": { kind: "constant", value: 0 },
      "1s..2s": { kind: "uniform", from: 1e6, to: 2e6 },
      "uniform(1ms..3ms)": { kind: "uniform", from: 1_000, to: 3_000 },
      "uniform(1.5s..2.5s)": { kind: "uniform", from: 1.5e6, to: 2.5e6 },
      "exp(2ms)": { kind: "exponential", mean: 2_000 },
      "normal(30ms sd 1ms)": { kind: "normal", mean: 30_000, sd: 1_000 },
      "lognormal(median 1ms p99 6ms)": { kind: "lognormal", median: 1_000, at: 0.99, quantile: 6_000 },
      "lognormal(median 300ms p99.9 6s)": { kind: "lognormal", median: 300_000, at: 0.999, quantile: 6e6 },
      "lognormal(mean 2ms sd 1ms)": { kind: "lognormalMoments", mean: 2_000, sd: 1_000 },
      "gamma(shape 2 mean 1ms)": { kind: "gamma", shape: 2, mean: 1_000 },
      "weibull(shape 0.7 scale 1h)": { kind: "weibull", shape: 0.7, scale: 3.6e9 },
      "gpareto(location 0ms scale 1ms shape 0.35)": { kind: "gpareto", location: 0, scale: 1_000, shape: 0.35 },
      "gev(location 30ms scale 8ms shape 0.08)": { kind: "gev", location: 30_000, scale: 8_000, shape: 0.08 },
      "pareto(min 1ms alpha 3.5)": { kind: "pareto", min: 1_000, alpha: 3.5 },
      "empirical(traces/file.csv read_us)": { kind: "empirical", file: "traces/file.csv", column: "read_us" },
      "quantiles(p50 1ms p99 6ms p100 9ms)": {
        kind: "quantiles",
        points: [
          { at: 0, value: 0 },
          { at: 0.5, value: 1_000 },
          { at: 0.99, value: 6_000 },
          { at: 1, value: 9_000 },
        ],
      },
      "quantiles(p0 1ms p100 1ms)": {
        kind: "quantiles",
        points: [
          { at: 0, value: 1_000 },
          { at: 1, value: 1_000 },
        ],
      },
      "shift(75ms exp(1ms))": { kind: "shifted", by: 75_000, of: { kind: "exponential", mean: 1_000 } },
      "mix(90% exp(1ms) 10% 20ms)": {
        kind: "mixture",
        parts: [
          { weight: 0.9, of: { kind: "exponential", mean: 1_000 } },
          { weight: 0.1, of: { kind: "constant", value: 20_000 } },
        ],
      },
      " mix( 50% mix(33.3% 1ms 66.7% 1ms..2ms) 50% exp( 3s ) ) ": {
        kind: "mixture",
        parts: [
          {
            weight: 0.5,
            of: {
              kind: "mixture",
              parts: [
                { weight: 0.333, of: { kind: "constant", value: 1_000 } },
                { weight: 0.667, of: { kind: "uniform", from: 1_000, to: 2_000 } },
              ],
            },
          },
          { weight: 0.5, of: { kind: "exponential", mean: 3e6 } },
        ],
      },
    };
    for (const [text, spec] of Object.entries(cases)) expect([text, shown(text)]).toEqual([text, spec]);
    expect(shown("1KB..2KB", "size")).toEqual({ kind: "uniform", from: 1_000, to: 2_000 });
    expect(shown("normal(0 sd 20)", "number")).toEqual({ kind: "normal", mean: 0, sd: 20 });
    expect(shown("-5..5k", "number")).toEqual({ kind: "uniform", from: -5, to: 5_000 });
    expect(shown("7", "number")).toEqual({ kind: "constant", value: 7 });
  });

  it("says what is wrong, where, and what to write instead", () => {
    const cases: Readonly<Record<string, RegExp>> = {
      "uniform(1ms, 3ms)": /^a comma inside a distribution; separate with spaces @11$/,
      soon: /^"soon" is not a duration; write a distribution, such as 5ms, 1ms\.\.3ms or exp\(2ms\) @0$/,
      "": /^a distribution is missing at the end of ""; write 5ms/,
      "5": /has no unit/,
      "5 ms": /^"5" has no unit/,
      "exp(2)": /^"2" has no unit; write 2s or 2ms, say @4$/,
      "exp(2parsec)": /^"parsec" is not a unit of time; .* @5$/,
      "exp(-2ms)": /negative duration/,
      "exp(0ms)": /^"0ms" is not above 0; write more than 0 @4$/,
      exp: /^"exp" needs brackets; write exp\(2ms\) @0$/,
      "exp(": /missing/,
      "exp(2ms": /^the bracket of "exp\(" is not closed; add \) @7$/,
      "exp(2ms))": /^"\)" follows the distribution; remove the bracket/,
      "exp(2ms) 3ms": /^"3ms" follows the distribution; remove it @9$/,
      "exp(2ms 3ms)": /^"3ms" is too much for exp; write exp\(2ms\) @8$/,
      "expo(2ms)": /^"expo" is not a distribution; use one of uniform, exp, .* @0$/,
      "toString(2ms)": /not a distribution; use one of/,
      "3ms..1ms": /runs backwards; write 1ms\.\.3ms/,
      "1..3ms": /^"1" has no unit/,
      "uniform(5ms)": /"5ms" is not a range; write two values with \.\. between/,
      "normal(30ms)": /^normal needs sd; write normal\(30ms sd 1ms\)/,
      "normal(30ms 1ms)": /^normal needs sd where "1ms" is/,
      "normal(30ms sd 0ms)": /not above 0/,
      "lognormal(median 1ms)": /missing|where a quantile/,
      "lognormal(median 1ms p99 1ms)": /^p99 is 1ms, which is not above the median; write a greater value @25$/,
      "lognormal(median 1ms p10 2ms)": /not below the median/,
      "lognormal(median 1ms p50 2ms)": /does not say how wide/,
      "lognormal(median 1ms 99 2ms)": /^"99" is not a quantile; write p and a percentage/,
      "lognormal(median 1ms p101 2ms)": /beyond p100/,
      "lognormal(2ms)": /needs median where "2ms" is/,
      "gamma(mean 1ms shape 2)": /needs shape where "mean" is/,
      "gamma(shape 2ms mean 1ms)": /"2ms" is not a number/,
      "mix()": /no parts/,
      "mix(exp(1ms))": /"exp" is not a percentage; write a percentage before each part/,
      "mix(90% exp(1ms) 20% 20ms)": /^the percentages of mix sum to 110%; make them sum to 100% @0$/,
      "mix(90% exp(1ms))": /sum to 90%/,
      "mix(100% exp(1ms) 0% 2ms)": /a part of 0%/,
      "mix(100%)": /where a distribution should be/,
      "quantiles()": /no points/,
      "quantiles(p50 1ms p99 6ms)": /does not say where it ends; add p100/,
      "quantiles(p50 1ms p40 6ms p100 9ms)": /^p40 comes after p50; write the quantiles in growing order/,
      "quantiles(p50 5ms p99 1ms p100 9ms)": /^p99 is 1ms, which is below that of p50; quantiles do not fall @22$/,
      "empirical(file.csv)": /where a column should be/,
      "(1ms)": /"\(" where a distribution should be/,
      [`${"mix(100% ".repeat(30)}1ms${")".repeat(30)}`]: /inside one another, 20 deep/,
    };
    for (const [text, expected] of Object.entries(cases)) expect(shown(text), text).toMatch(expected);
    expect(shown("quantiles(p50 -1 p100 9)", "number")).toMatch(/does not say where it begins; add p0/);
  });

  it("never throws, whatever the text, and points into it", () => {
    const piece = fc.constantFrom(
      "exp",
      "mix",
      "(",
      ")",
      "1ms",
      "90%",
      "10%",
      "p99",
      "median",
      "..",
      "uniform",
      "quantiles",
      " ",
      "sd",
      "normal",
      "-",
      "x",
      ",",
      "p",
      "%",
      "2",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 15 }).map((pieces) => pieces.join(" ")),
          fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")),
        ),
        fc.constantFrom<Quantity>("duration", "size", "number"),
        (text, quantity) => {
          const result = parseDistribution(text, quantity);
          if (result.ok) compileDistribution(result.value.kind === "empirical" ? { kind: "constant", value: 0 } : result.value);
          else expect(result.offset >= 0 && result.offset <= text.length && result.fault.length > 0 && result.mend.length > 0).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

// ---- Round trip ----

const whole = fc.oneof(
  fc.integer({ min: 1, max: 1e9 }),
  fc.integer({ min: 1, max: 5_000 }).map((n) => n * 1_000_000),
);
const factor = fc.integer({ min: 1, max: 9_999 }).map((n) => n / 100);
const leaf: fc.Arbitrary<DistributionSpec> = fc.oneof(
  fc.oneof(fc.constant(0), whole).map((value) => ({ kind: "constant" as const, value })),
  fc.tuple(whole, whole).map(([a, b]) => ({ kind: "uniform" as const, from: Math.min(a, b), to: Math.max(a, b) })),
  whole.map((mean) => ({ kind: "exponential" as const, mean })),
  fc.tuple(whole, whole).map(([mean, sd]) => ({ kind: "normal" as const, mean, sd })),
  fc
    .tuple(whole, whole, fc.constantFrom(0.9, 0.95, 0.99, 0.999, 0.9999))
    .map(([median, more, at]) => ({ kind: "lognormal" as const, median, at, quantile: median + more })),
  fc.tuple(whole, whole).map(([mean, sd]) => ({ kind: "lognormalMoments" as const, mean, sd })),
  fc.tuple(factor, whole).map(([shape, mean]) => ({ kind: "gamma" as const, shape, mean })),
  fc.tuple(factor, whole).map(([shape, scale]) => ({ kind: "weibull" as const, shape, scale })),
  fc.tuple(whole, factor).map(([min, alpha]) => ({ kind: "pareto" as const, min, alpha })),
  fc
    .tuple(fc.constantFrom("gpareto" as const, "gev" as const), fc.oneof(fc.constant(0), whole), whole, factor)
    .map(([kind, location, scale, shape]) => ({ kind, location, scale, shape })),
  fc.constant({ kind: "empirical" as const, file: "./a-b_c/t.csv", column: "read_us" }),
  fc.array(fc.tuple(fc.integer({ min: 1, max: 999 }), whole), { minLength: 0, maxLength: 5 }).map((pairs) => {
    const ats = [...new Set(pairs.map(([at]) => at))].sort((a, b) => a - b);
    const values = pairs.map(([, value]) => value).sort((a, b) => a - b);
    const points = ats.map((at, i) => ({ at: at / 1_000, value: values[i]! }));
    return { kind: "quantiles" as const, points: [{ at: 0, value: 0 }, ...points, { at: 1, value: values.at(-1) ?? 7 }] };
  }),
);
const spec: fc.Arbitrary<DistributionSpec> = fc.oneof(
  { weight: 3, arbitrary: leaf },
  { weight: 1, arbitrary: fc.tuple(whole, leaf).map(([by, of]) => ({ kind: "shifted" as const, by, of })) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.integer({ min: 1, max: 99 }), leaf, leaf, leaf).map(([percent, a, b, c]) => ({
      kind: "mixture" as const,
      parts: [
        { weight: percent / 100, of: a },
        {
          weight: (100 - percent) / 100,
          of: {
            kind: "mixture" as const,
            parts: [
              { weight: 0.125, of: b },
              { weight: 0.875, of: c },
            ],
          },
        },
      ],
    })),
  },
);

it("what is printed is read back as the same distribution", () => {
  fc.assert(
    fc.property(spec, fc.constantFrom<Quantity>("duration", "size", "number"), (given, quantity) => {
      expect(shown(formatDistribution(given, quantity), quantity)).toEqual(given);
    }),
    { numRuns: 500 },
  );
});

it("what is read can be drawn from: lognormal(median 1ms p99 6ms) has that median and that 99th percentile", () => {
  const result = parseDistribution("lognormal(median 1ms p99 6ms)", "duration");
  const draw = compileDistribution(result.ok ? result.value : expect.fail());
  const stream = createStream("notation");
  const sample = Array.from({ length: 100_000 }, () => draw(stream)).sort((a, b) => a - b);
  expect(Math.abs(sample[50_000]! / 1_000 - 1)).toBeLessThan(0.02);
  expect(Math.abs(sample[99_000]! / 6_000 - 1)).toBeLessThan(0.04);
});
