/**
 * Is the start-up gone from what is measured? MSER-5 (White, Cobb & Spratt, Winter Simulation Conference 2000, 755-760)
 * finds the cut that leaves the mean best known; a test then says whether what it would cut really differs, because on a
 * steady series the best cut is often a stretch of nothing but noise. The cut itself errs on the long side.
 */
import { mean, sampleVariance } from "simple-statistics";
import { studentCdf } from "./distributions.ts";
import { lagOneCorrelation } from "./batch-means.ts";

export type WarmUpVerdict =
  | { readonly kind: "enough"; readonly cut: number }
  /** The first `cut` values differ from the rest: their mean and the rest's. */
  | { readonly kind: "notEnough"; readonly cut: number; readonly removed: number; readonly kept: number }
  | { readonly kind: "unknown"; readonly reason: string };

/** Values per batch of MSER-5. */
const BATCH = 5;
const BATCHES_MIN = 6;
/** Chosen so that a steady series is called "not enough" in at most 1 of 20 (test/study/stats/warm-up.test.ts). */
const LEVEL = 0.001;

/** Judges a series of figures, one a window, from the start of measured time to the first disturbance meant to be measured. */
export function warmUp(series: readonly number[]): WarmUpVerdict {
  const count = Math.floor(series.length / BATCH);
  if (count < BATCHES_MIN) return { kind: "unknown", reason: `${series.length} windows are too few; ${BATCH * BATCHES_MIN} are needed` };
  const batches = Array.from({ length: count }, (_, index) => mean(series.slice(index * BATCH, (index + 1) * BATCH)));
  const cut = mserCut(batches);
  if (cut === 0) return { kind: "enough", cut: 0 };
  const [removed, kept] = [batches.slice(0, cut), batches.slice(cut)];
  if (differenceP(removed, kept) >= LEVEL) return { kind: "enough", cut: cut * BATCH };
  return { kind: "notEnough", cut: cut * BATCH, removed: mean(removed), kept: mean(kept) };
}

/** The number of batches to cut, at most half, that minimises sum of squares of the rest / (their number)^2. */
function mserCut(batches: readonly number[]): number {
  let [best, lowest] = [0, Infinity];
  for (let cut = 0; cut <= Math.floor(batches.length / 2); cut += 1) {
    const rest = batches.slice(cut);
    const statistic = (sampleVariance(rest) * (rest.length - 1)) / (rest.length * rest.length);
    if (statistic < lowest) [best, lowest] = [cut, statistic];
  }
  return best;
}

/**
 * Two-sided p-value of a shift between the removed and the kept batches, both with the kept ones' variance, which the
 * start-up does not distort, inflated for the correlation that is left between batches (as of a first-order process).
 */
function differenceP(removed: readonly number[], kept: readonly number[]): number {
  const correlation = Math.min(0.9, Math.max(0, lagOneCorrelation(kept)));
  const variance = (sampleVariance([...kept]) * (1 + correlation)) / (1 - correlation);
  const shift = Math.abs(mean([...removed]) - mean([...kept]));
  if (variance === 0) return shift === 0 ? 1 : 0;
  return 2 * studentCdf(-shift / Math.sqrt(variance * (1 / removed.length + 1 / kept.length)), kept.length - 1);
}
