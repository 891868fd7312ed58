/**
 * A histogram of whole numbers (microseconds, bytes) from 0 to 2^53, in buckets of equal relative width: 128 to each
 * power of two, read off the bits of the double, so that recording costs a few nanoseconds and no logarithm.
 *
 * Precision: values below 256 are exact; above, a value is known to within 1/128 of itself, and `quantile` answers with
 * the middle of the bucket, so it is off by at most 1/256 (0.4 %). Count, sum, least and greatest are exact (the sum as
 * long as it stays below 2^53). Merging is exact: the merged histogram equals that of all values together.
 */
import { assert } from "../../base/assert.ts";

/** A histogram as plain JSON: what a record holds. Indexes ascend. Equal histograms have equal data. */
export interface HistogramData {
  readonly count: number;
  /** Of the values themselves, not of their buckets. */
  readonly sum: number;
  /** Exact; 0 when the count is 0. */
  readonly min: number;
  readonly max: number;
  /** The buckets that hold anything: index of the first, then how many indexes further each next one is. */
  readonly steps: readonly number[];
  /** How many values each of these holds. */
  readonly counts: readonly number[];
}

export interface Histogram {
  /** Adds a value: a number from 0 to 2^53; a fraction is rounded down. */
  readonly record: (value: number) => void;
  readonly count: () => number;
  /** Adds all that the other holds. */
  readonly merge: (other: HistogramData) => void;
  /** The value of nearest rank: see `histogramQuantile`. */
  readonly quantile: (p: number) => number;
  readonly encode: () => HistogramData;
}

/** The whole numbers of one bucket, both ends included, and how many values fell among them. */
export interface HistogramBucket {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Bits of the mantissa that tell buckets apart: 2^7 buckets to a power of two. */
const BITS = 7;
const SHIFT = 20 - BITS;
const PER_POWER = 128;
/** value + 1 is at least 1.0, whose high word shifted is this: so 0 has bucket 0, and below 256 every number its own. */
const FIRST = 0x3ff0_0000 >>> SHIFT;
const BUCKETS_MOST = 54 * PER_POWER;
/** Enough for 4 ms in microseconds; more is added when a value needs it. */
const BUCKETS_FIRST = 12 * PER_POWER;

// One double seen as two words; written and read within one expression, so it carries nothing from call to call.
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** Count, sum, least and greatest, as places in `totals`: doubles in a typed array are updated in place. */
const COUNT = 0;
const SUM = 1;
const LEAST = 2;
const GREATEST = 3;

interface State {
  counts: Float64Array;
  readonly totals: Float64Array;
}

/** An empty histogram. */
export function createHistogram(): Histogram {
  const state: State = { counts: new Float64Array(BUCKETS_FIRST), totals: new Float64Array([0, 0, Infinity, 0]) };
  return {
    record: (value) => {
      record(state, value);
    },
    count: () => state.totals[COUNT]!,
    merge: (other) => {
      merge(state, other);
    },
    quantile: (p) => histogramQuantile(encode(state), p),
    encode: () => encode(state),
  };
}

// A function of the module, with the state as an argument: V8 folds the constants in and inlines it into its callers.
function record(state: State, value: number): void {
  const { totals } = state;
  const whole = Math.floor(value);
  double[0] = whole + 1;
  const index = (words[HIGH]! >>> SHIFT) - FIRST;
  // As unsigned: what is negative, no number or too large lies beyond every bucket, and is refused there.
  if (index >>> 0 >= state.counts.length) grow(state, index, value);
  const { counts } = state;
  counts[index] = counts[index]! + 1;
  totals[COUNT] = totals[COUNT]! + 1;
  totals[SUM] = totals[SUM]! + whole;
  if (whole < totals[LEAST]!) totals[LEAST] = whole;
  if (whole > totals[GREATEST]!) totals[GREATEST] = whole;
}

function grow(state: State, index: number, value: number): void {
  assert(value >= 0 && value <= Number.MAX_SAFE_INTEGER, `a histogram takes numbers from 0 to 2^53, not ${value}`);
  let length = state.counts.length;
  while (length <= index) length = Math.min(2 * length, BUCKETS_MOST);
  const counts = new Float64Array(length);
  counts.set(state.counts);
  state.counts = counts;
}

function merge(state: State, other: HistogramData): void {
  if (other.count === 0) return;
  const { totals } = state;
  let index = 0;
  for (const [i, step] of other.steps.entries()) {
    index += step;
    if (index >= state.counts.length) grow(state, index, other.max);
    state.counts[index] = state.counts[index]! + other.counts[i]!;
  }
  totals[COUNT] = totals[COUNT]! + other.count;
  totals[SUM] = totals[SUM]! + other.sum;
  totals[LEAST] = Math.min(totals[LEAST]!, other.min);
  totals[GREATEST] = Math.max(totals[GREATEST]!, other.max);
}

function encode({ counts, totals }: State): HistogramData {
  const steps: number[] = [];
  const held: number[] = [];
  let last = 0;
  for (const [index, seen] of counts.entries()) {
    if (seen === 0) continue;
    steps.push(index - last);
    held.push(seen);
    last = index;
  }
  const count = totals[COUNT]!;
  return { count, sum: totals[SUM]!, min: count === 0 ? 0 : totals[LEAST]!, max: totals[GREATEST]!, steps, counts: held };
}

/** All values of several histograms together. */
export function mergeHistograms(parts: readonly HistogramData[]): HistogramData {
  const whole = createHistogram();
  for (const part of parts) whole.merge(part);
  return whole.encode();
}

/**
 * The p-quantile by nearest rank (the smallest value with at least p × count values at or below), 0 <= p <= 1: exact for
 * the first and last rank, else the middle of its bucket, within 1/256. Grows with p. Needs count > 0.
 */
export function histogramQuantile(data: HistogramData, p: number): number {
  assert(data.count > 0 && p >= 0 && p <= 1, `the ${p}-quantile of ${data.count} values`);
  // A product such as 0.07 × 100 may come out a hair above the whole number it means.
  const product = p * data.count;
  const nearest = Math.round(product);
  const rank = Math.max(1, Math.abs(product - nearest) <= 1e-9 * Math.max(1, nearest) ? nearest : Math.ceil(product));
  if (rank === 1) return data.min;
  if (rank >= data.count) return data.max;
  let index = 0;
  let below = 0;
  for (let i = 0; i < data.steps.length; i += 1) {
    index += data.steps[i]!;
    below += data.counts[i]!;
    if (below >= rank) break;
  }
  const { from, to } = edges(index);
  return Math.min(data.max, Math.max(data.min, from + Math.floor((to - from) / 2)));
}

/** The exact mean; 0 for none. */
export const histogramMean = (data: HistogramData): number => (data.count === 0 ? 0 : data.sum / data.count);

/** The buckets that hold anything, in order. */
export function histogramBuckets(data: HistogramData): readonly HistogramBucket[] {
  let index = 0;
  return data.steps.map((step, i) => {
    index += step;
    return { ...edges(index), count: data.counts[i]! };
  });
}

/** Least and greatest whole number of a bucket. */
function edges(index: number): { readonly from: number; readonly to: number } {
  return { from: Math.ceil(start(index)) - 1, to: Math.ceil(start(index + 1)) - 2 };
}

/** Where a bucket of value + 1 begins: 2^power × (1 + part / 128). */
function start(index: number): number {
  words[1 - HIGH] = 0;
  words[HIGH] = (index + FIRST) << SHIFT;
  return double[0]!;
}
