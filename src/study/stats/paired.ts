/**
 * Two strategies on the same seeds: differences run by run, a test of their sign, and bounds of their median. Common
 * random numbers make the pairs alike, so that what differs is the strategies.
 *
 * The test is Wilcoxon's signed-rank test. The median's bounds are order statistics (the inverted sign test): unlike the
 * Hodges-Lehmann interval they need no symmetry and stand infinite differences, and are wider by about a quarter.
 */
import { mean } from "simple-statistics";
import { normalCdf, normalQuantile } from "./distributions.ts";
import { quantileBound, repeatsNeeded } from "./interval.ts";
import { type Observed, order } from "./sample.ts";

/** One run of each of two strategies on the same seed. */
export interface Pair {
  readonly left: Observed;
  readonly right: Observed;
}

/** left - right: infinite where one side is censored, 0 where both are ("two censored values tie"). */
export function difference({ left, right }: Pair): number {
  return order(left) === order(right) ? 0 : order(left) - order(right);
}

export interface SignedRank {
  /** Differences that are not 0; the others are dropped. */
  readonly n: number;
  readonly zeros: number;
  /** Sum of the ranks of the positive differences. */
  readonly positiveRanks: number;
  /** One-sided: how likely so few (`less`) or so many (`greater`) positive ranks are if neither side tends to be larger. */
  readonly less: number;
  readonly greater: number;
  readonly twoSided: number;
  readonly method: "exact" | "normal";
}

/** Up to here every one of the 2^n signs is counted, ties included (the ranks, doubled, are whole numbers). */
const EXACT_UP_TO = 60;

/**
 * Wilcoxon's signed-rank test of differences (Biometrics Bulletin 1 (1945), 80-83): zeros dropped, tied sizes share
 * their mean rank; exact up to 60 differences, then normal with the correction for ties and for continuity. Its
 * hypothesis is that the differences lie symmetrically about 0. With no difference left every p-value is 1.
 */
export function signedRank(differences: readonly number[]): SignedRank {
  const signed = differences.filter((one) => one !== 0);
  const n = signed.length;
  const ranks = midRanks(signed.map(Math.abs));
  const positiveRanks = ranks.reduce((sum, rank, index) => (signed[index]! > 0 ? sum + rank : sum), 0);
  const exact = n <= EXACT_UP_TO;
  const { less, greater } = exact ? exactTails(ranks, positiveRanks) : normalTails(ranks, positiveRanks);
  return {
    n,
    zeros: differences.length - n,
    positiveRanks,
    less,
    greater,
    twoSided: Math.min(1, 2 * Math.min(less, greater)),
    method: exact ? "exact" : "normal",
  };
}

/** Ranks from 1, tied values sharing the mean of theirs; in the order given. */
function midRanks(sizes: readonly number[]): readonly number[] {
  const byIndex = sizes.map((_, index) => index).sort((a, b) => (sizes[a] === sizes[b] ? a - b : sizes[a]! < sizes[b]! ? -1 : 1));
  const ranks = new Array<number>(sizes.length).fill(0);
  for (let start = 0; start < byIndex.length;) {
    let end = start;
    while (end < byIndex.length && sizes[byIndex[end]!] === sizes[byIndex[start]!]) end += 1;
    for (let place = start; place < end; place += 1) ranks[byIndex[place]!] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

interface Tails {
  readonly less: number;
  readonly greater: number;
}

/** The distribution of the positive rank sum over all signs, built up one rank at a time. */
function exactTails(ranks: readonly number[], positiveRanks: number): Tails {
  const doubled = ranks.map((rank) => Math.round(2 * rank));
  const total = doubled.reduce((sum, rank) => sum + rank, 0);
  const probability = new Float64Array(total + 1);
  probability[0] = 1;
  let reached = 0;
  for (const rank of doubled) {
    reached += rank;
    for (let sum = reached; sum >= 0; sum -= 1) probability[sum] = (probability[sum]! + (sum >= rank ? probability[sum - rank]! : 0)) / 2;
  }
  const seen = Math.round(2 * positiveRanks);
  const add = (part: Float64Array): number =>
    Math.min(
      1,
      part.reduce((sum, one) => sum + one, 0),
    );
  return { less: add(probability.subarray(0, seen + 1)), greater: add(probability.subarray(seen)) };
}

function normalTails(ranks: readonly number[], positiveRanks: number): Tails {
  // Sum of squared ranks over 4 is the variance n(n+1)(2n+1)/24 less its correction for ties, in one term.
  const deviation = Math.sqrt(ranks.reduce((sum, rank) => sum + rank * rank, 0) / 4);
  const expected = (ranks.length * (ranks.length + 1)) / 4;
  const tail = (distance: number): number => normalCdf((distance + 0.5) / deviation);
  return { less: tail(positiveRanks - expected), greater: tail(expected - positiveRanks) };
}

export interface MedianDifference {
  /** Mean of the two middle differences when their number is even; may be infinite. */
  readonly median: number;
  readonly low: number | undefined;
  readonly high: number | undefined;
}

/** Median of the paired differences with a two-sided interval; an end is undefined where the pairs are too few. */
export function medianDifference(differences: readonly number[], confidence: number): MedianDifference | undefined {
  if (differences.length === 0) return undefined;
  const each = (1 + confidence) / 2;
  return { median: middle(differences), low: medianBound(differences, each, "lower"), high: medianBound(differences, each, "upper") };
}

/** One-sided bound of the median difference; undefined for too few pairs (five at 95 %). */
export function medianBound(differences: readonly number[], confidence: number, side: "upper" | "lower"): number | undefined {
  const bound = quantileBound(
    differences.map((value) => ({ kind: "value", value })),
    0.5,
    confidence,
    side,
  );
  return bound === undefined ? undefined : order(bound);
}

function middle(differences: readonly number[]): number {
  const sorted = [...differences].sort((a, b) => (a === b ? 0 : a < b ? -1 : 1));
  const [below, above] = [sorted[Math.floor((sorted.length - 1) / 2)]!, sorted[Math.floor(sorted.length / 2)]!];
  if (below === above) return below;
  // As many pairs at minus as at plus infinity: neither side is ahead.
  return below === -Infinity && above === Infinity ? 0 : mean([below, above]);
}

/** Power at which `repeatsToShow` speaks. */
const POWER = 0.8;

/**
 * About how many pairs a one-sided signed-rank test needs to show, with 80 % power, that the differences tend to be
 * below 0, if they go on like these: Noether, JASA 82 (1987), 645-647, with its P(D + D' < 0) estimated from all pairs of
 * differences. Never fewer than five at 95 %, where all signs alike first suffice. Undefined if nothing points that way.
 */
export function repeatsToShow(differences: readonly number[], confidence: number): number | undefined {
  const signed = differences.filter((one) => one !== 0);
  const least = repeatsNeeded(0.5, confidence, "upper");
  if (signed.length === 0) return undefined;
  const favourable = signed.length === 1 ? (signed[0]! < 0 ? 1 : 0) : shareBelow(signed);
  if (favourable <= 0.5) return undefined;
  const reach = normalQuantile(confidence) + normalQuantile(POWER);
  const noether = (reach * reach) / (3 * (favourable - 0.5) * (favourable - 0.5));
  return Math.ceil((Math.max(noether, least) * differences.length) / signed.length);
}

/** Share of pairs of different differences whose sum is below 0, ties counting half. */
function shareBelow(signed: readonly number[]): number {
  let below = 0;
  let pairs = 0;
  for (let first = 0; first < signed.length; first += 1) {
    for (let second = 0; second < first; second += 1) {
      const sum = signed[first]! + signed[second]!;
      below += sum < 0 ? 1 : sum > 0 ? 0 : 0.5;
      pairs += 1;
    }
  }
  return below / pairs;
}

/**
 * Holm's correction (Scandinavian Journal of Statistics 6 (1979), 65-70): p-values adjusted so that calling significant
 * what stays below alpha errs anywhere in the family with probability alpha at most. In the order given.
 */
export function holm(pValues: readonly number[]): readonly number[] {
  const byIndex = pValues.map((_, index) => index).sort((a, b) => pValues[a]! - pValues[b]! || a - b);
  const adjusted = new Array<number>(pValues.length).fill(1);
  let floor = 0;
  byIndex.forEach((index, place) => {
    floor = Math.max(floor, Math.min(1, (pValues.length - place) * pValues[index]!));
    adjusted[index] = floor;
  });
  return adjusted;
}
