/**
 * One metric before and after: paired by seed where runs share them, else two samples; what changed, and whether it is sure. The family
 * of all changes looked at together is corrected by Holm.
 */
import { meanInterval } from "./interval.ts";
import type { MetricDefinition } from "./metric.ts";
import { type MedianDifference, difference, holm, medianDifference, signedRank } from "./paired.ts";
import { rankSum, shift } from "./rank-sum.ts";
import { isObserved } from "./sample.ts";
import { type RunValue, pairValues } from "./series.ts";

/** `pairs` runs that share a seed, or all runs of either side. */
export type Sampled =
  { readonly kind: "paired"; readonly pairs: number } | { readonly kind: "apart"; readonly before: number; readonly after: number };

/**
 * `same`: every pair has the same value. `better`, `worse`: significantly, and by more than the margin; `different` where the metric does
 * not say what better is. `alike`: within the margin for sure. `open`: the runs do not tell. `gained`, `gone`: a figure on one side only.
 */
export type ChangeKind = "same" | "better" | "worse" | "different" | "alike" | "open" | "gained" | "gone";

export interface Change {
  readonly metric: MetricDefinition;
  readonly kind: ChangeKind;
  readonly sampled: Sampled;
  /** after - before, in the metric's unit; infinite where one side never recovered. */
  readonly difference: MedianDifference | undefined;
  /** Two-sided, corrected for all changes judged together. */
  readonly p: number;
}

/** One metric's values on both sides, and how large a difference must be to matter: undefined where there is no figure on a side. */
export interface Compared {
  readonly metric: MetricDefinition;
  readonly before: readonly RunValue[];
  readonly after: readonly RunValue[];
  readonly margin: number | undefined;
}

/** Judges all together. */
export function changes(compared: readonly Compared[], confidence: number): readonly Change[] {
  const measured = compared.map((one) => measure(one, confidence));
  const adjusted = holm(measured.map(({ p }) => p));
  return measured.map((one, index) => {
    const p = adjusted[index] ?? 1;
    return { metric: one.metric, sampled: one.sampled, difference: one.difference, p, kind: one.sure ?? judged(one, p, confidence) };
  });
}

interface Measured {
  readonly metric: MetricDefinition;
  readonly sampled: Sampled;
  readonly difference: MedianDifference | undefined;
  /** Of one test, two-sided. */
  readonly p: number;
  readonly rises: boolean;
  readonly margin: number | undefined;
  /** Of the intervals that must lie within the margin if both sides are to be called alike. */
  readonly ends: readonly (number | undefined)[];
  /** Where no test is needed. */
  readonly sure: ChangeKind | undefined;
}

function measure({ metric, before, after, margin }: Compared, confidence: number): Measured {
  const [old, now] = [before, after].map((side) => side.map((one) => one.value).filter(isObserved));
  const sampled: Sampled = { kind: "apart", before: old?.length ?? 0, after: now?.length ?? 0 };
  const base = { metric, margin, rises: false, p: 1, difference: undefined, ends: [undefined] };
  if (old === undefined || now === undefined || old.length === 0 || now.length === 0) {
    const sure = (old?.length ?? 0) === (now?.length ?? 0) ? "same" : (old?.length ?? 0) === 0 ? "gained" : "gone";
    return { ...base, sampled, sure };
  }
  const { pairs } = pairValues(after, before);
  if (pairs.length === 0) {
    const test = rankSum(now, old);
    const found = shift(now, old, confidence);
    const told = { difference: found, p: test.twoSided, rises: test.greater < test.less, ends: [found?.low, found?.high] };
    return { ...base, sampled, ...told, sure: undefined };
  }
  const differences = pairs.map(difference);
  const test = signedRank(differences);
  const found = medianDifference(differences, confidence);
  // A median alone would call a change alike that makes a few runs much worse.
  const mean = differences.every(Number.isFinite) ? meanInterval(differences, confidence) : undefined;
  return {
    ...base,
    sampled: { kind: "paired", pairs: pairs.length },
    difference: found,
    ends: [found?.low, found?.high, mean?.low, mean?.high],
    p: test.twoSided,
    rises: test.greater < test.less,
    sure: test.n === 0 ? "same" : undefined,
  };
}

function judged({ metric, ends, margin, rises }: Measured, p: number, confidence: number): ChangeKind {
  if (margin !== undefined && ends.every((end) => end !== undefined && Math.abs(end) <= margin)) return "alike";
  if (p > 1 - confidence) return "open";
  if (metric.better === "neither") return "different";
  return rises === (metric.better === "more") ? "better" : "worse";
}
