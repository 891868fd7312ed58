/**
 * Is the start-up gone from what is measured? MSER-5 (White, Cobb & Spratt, Winter Simulation Conference 2000, 755-760)
 * finds the cut that leaves the mean best known; a test then says whether what it would cut really differs, because on a
 * steady series the best cut is often a stretch of nothing but noise. The cut itself errs on the long side.
 */
import { mean, sampleVariance, sum } from "simple-statistics";
import type { RunRecord } from "../../simulator/record/record.ts";
import { lagOneCorrelation } from "./batch-means.ts";
import { studentCdf } from "./distributions.ts";

export type WarmUpVerdict =
  | { readonly kind: "enough"; readonly cut: number }
  /** The first `cut` values differ from the rest: their mean and the rest's. */
  | { readonly kind: "notEnough"; readonly cut: number; readonly removed: number; readonly kept: number }
  | { readonly kind: "unknown"; readonly reason: string };

/** Values per batch of MSER-5; shorter where the series is. */
const BATCH_MOST = 5;
const BATCHES_LEAST = 6;
const WINDOWS_LEAST = 12;
/** Chosen so that a steady series is called "not enough" in at most 1 of 20 (test/study/stats/warm-up.test.ts). */
const LEVEL = 0.001;

/** Judges a series of figures, one a window, from the start of measured time to the first disturbance meant to be measured. */
export function warmUp(series: readonly number[]): WarmUpVerdict {
  if (series.length < WINDOWS_LEAST)
    return { kind: "unknown", reason: `${series.length} windows are too few; ${WINDOWS_LEAST} are needed` };
  const size = Math.min(BATCH_MOST, Math.floor(series.length / BATCHES_LEAST));
  const batches = Array.from({ length: Math.floor(series.length / size) }, (_, index) =>
    mean(series.slice(index * size, (index + 1) * size)),
  );
  const cut = mserCut(batches);
  if (cut === 0) return { kind: "enough", cut: 0 };
  const [removed, kept] = [batches.slice(0, cut), batches.slice(cut)];
  if (differenceP(removed, kept) >= LEVEL) return { kind: "enough", cut: cut * size };
  return { kind: "notEnough", cut: cut * size, removed: mean(removed), kept: mean(kept) };
}

/**
 * The same for the repeats of one strategy: the mean latency of all operations, window by window, averaged over the
 * repeats (Welch's procedure: Law, Simulation Modeling and Analysis, section 9.5.1), up to the earliest fault of any.
 * Windows in which a run answered nothing end the series.
 */
export function warmUpOf(records: readonly RunRecord[]): WarmUpVerdict {
  const series = records.map(latencySeries);
  const shared = Math.min(...series.map((one) => one.length));
  if (records.length === 0) return { kind: "unknown", reason: "there is no run" };
  return warmUp(Array.from({ length: shared }, (_, window) => mean(series.map((one) => one[window]!))));
}

/** Mean latency of each whole window before the first fault of measured time. */
function latencySeries({ facts, windows, header }: RunRecord): readonly number[] {
  const end = Math.min(
    header.duration,
    ...facts.flatMap((fact) => (fact.kind === "fault" && fact.phase === "start" && fact.at >= 0 ? [fact.at] : [])),
  );
  const means: number[] = [];
  for (let window = 0; (window + 1) * windows.width <= end; window += 1) {
    const cells = windows.latency.flatMap((row) => row.windows[window] ?? []);
    const count = sum(cells.map((cell) => cell.count));
    if (count === 0) break;
    means.push(sum(cells.map((cell) => cell.sum)) / count);
  }
  return means;
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
