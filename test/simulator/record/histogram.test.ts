import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createHistogram,
  histogramBuckets,
  histogramMean,
  histogramQuantile,
  mergeHistograms,
  type HistogramData,
} from "../../../src/simulator/record/histogram.ts";

const value = fc.oneof(
  fc.nat(300),
  fc.nat(100_000),
  fc.nat(),
  fc.maxSafeNat(),
  fc.integer({ min: 0, max: 52 }).map((power) => 2 ** power),
);
const values = fc.array(value, { minLength: 1, maxLength: 200 });
const level = fc.oneof(fc.constantFrom(0, 0.5, 0.9, 0.99, 0.999, 1), fc.double({ min: 0, max: 1, noNaN: true }));

const of = (list: readonly number[]): HistogramData => {
  const histogram = createHistogram();
  for (const x of list) histogram.record(x);
  return histogram.encode();
};
/** Nearest rank by sorting. */
const exact = (list: readonly number[], p: number): number =>
  [...list].sort((a, b) => a - b)[Math.max(0, Math.ceil(p * list.length - 1e-9) - 1)]!;

describe("a histogram", () => {
  it("answers quantiles of nearest rank to within 1/256, and exactly below 256 and at both ends", () => {
    fc.assert(
      fc.property(values, level, (list, p) => {
        const answer = histogramQuantile(of(list), p);
        const right = exact(list, p);
        expect(Math.abs(answer - right)).toBeLessThanOrEqual(right < 256 ? 0 : right / 256);
        expect(histogramQuantile(of(list), 0)).toBe(Math.min(...list));
        expect(histogramQuantile(of(list), 1)).toBe(Math.max(...list));
      }),
    );
  });

  it("keeps count, sum, least and greatest exactly, and every value in the bucket that says so", () => {
    fc.assert(
      fc.property(values, (list) => {
        const data = of(list);
        expect([data.count, data.sum, data.min, data.max]).toEqual([
          list.length,
          list.reduce((a, b) => a + b, 0),
          Math.min(...list),
          Math.max(...list),
        ]);
        expect(histogramMean(data)).toBe(data.sum / data.count);
        for (const bucket of histogramBuckets(data)) {
          expect(list.filter((x) => x >= bucket.from && x <= bucket.to).length).toBe(bucket.count);
          expect(bucket.to - bucket.from).toBeLessThanOrEqual(bucket.from / 128);
        }
        expect(histogramBuckets(data).reduce((sum, bucket) => sum + bucket.count, 0)).toBe(list.length);
      }),
    );
  });

  it("has quantiles that grow with p and stay between least and greatest", () => {
    fc.assert(
      fc.property(values, fc.array(level, { minLength: 2, maxLength: 8 }), (list, levels) => {
        const data = of(list);
        const answers = levels.sort((a, b) => a - b).map((p) => histogramQuantile(data, p));
        expect(answers).toEqual([...answers].sort((a, b) => a - b));
        expect(answers[0]! >= data.min && answers.at(-1)! <= data.max).toBe(true);
      }),
    );
  });

  it("merged of parts equals that of the whole, in any order, and through JSON", () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 5 }), (lists) => {
        const whole = of(lists.flat());
        const small = lists.flat().reduce((a, b) => a + b, 0) <= Number.MAX_SAFE_INTEGER;
        for (const order of [lists, [...lists].reverse()]) {
          const merged = mergeHistograms(order.map((list) => JSON.parse(JSON.stringify(of(list))) as HistogramData));
          expect({ ...merged, sum: small ? merged.sum : 0 }).toEqual({ ...whole, sum: small ? whole.sum : 0 });
        }
      }),
    );
  });

  it("of nothing is empty and has no quantile", () => {
    const histogram = createHistogram();
    expect(histogram.encode()).toEqual({ count: 0, sum: 0, min: 0, max: 0, steps: [], counts: [] });
    expect(mergeHistograms([])).toEqual(histogram.encode());
    expect(histogramMean(histogram.encode())).toBe(0);
    expect(() => histogram.quantile(0.5)).toThrow(/0.5-quantile of 0 values/);
  });

  it("rounds a fraction down and refuses what is no number from 0 to 2^53", () => {
    expect(of([1.9, 299.99]).sum).toBe(300);
    for (const wrong of [-1, NaN, Infinity, 2 ** 53]) expect(() => createHistogram().record(wrong)).toThrow(/from 0 to 2\^53/);
    expect(of([2 ** 53 - 1]).max).toBe(2 ** 53 - 1);
  });

  it("grows with the range of its values, not with their number", () => {
    const histogram = createHistogram();
    for (let i = 0; i < 300_000; i += 1) histogram.record((i * 7_919) % 5_000_000);
    expect(histogram.count()).toBe(300_000);
    expect(histogram.encode().steps.length).toBeLessThan(2_200);
    expect(Math.abs(histogram.quantile(0.5) / 2_500_000 - 1)).toBeLessThan(1 / 100);
  });
});
