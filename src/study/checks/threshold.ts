/**
 * A statistic of one strategy against fixed numbers. Without `confidence` the point estimate is judged. With it, held
 * means that the one-sided bound keeps the promise too; a point estimate that breaks it is broken at any confidence; what
 * lies between is unknown, since more repeats could tell.
 */
import type { RunRecord } from "../../simulator/record/record.ts";
import type { Bound, MetricExpectation } from "../scenario/scenario.ts";
import { observedFigure, percent } from "../stats/figure.ts";
import { type Side, meanBound, quantileBound, repeatsNeeded } from "../stats/interval.ts";
import { type MetricDefinition, withinBounds } from "../stats/metric.ts";
import { binomialCdf } from "../stats/distributions.ts";
import { pooledBound, pooledPoint, shareOf } from "../stats/pooled.ts";
import { quantile } from "../stats/quantile.ts";
import { type Observed, order } from "../stats/sample.ts";
import { type RunValue, type Sorted, placeValues, runValues, sortValues } from "../stats/series.ts";
import { meanFigure, shareWords } from "../stats/summary.ts";
import { type FailingRun, type Finding, type Repeats, shortage } from "./verdict.ts";
import { boundWords, leftOutWords } from "./words.ts";

/** The bounds that compare with numbers. */
export type Threshold = Extract<Bound, { readonly kind: "below" | "atMost" | "atLeast" | "between" }>;

export interface ThresholdQuestion {
  readonly expectation: MetricExpectation;
  readonly bound: Threshold;
  readonly metric: MetricDefinition;
  readonly repeats: Repeats;
}

/** Judges the records of one strategy. */
export function judgeThreshold(question: ThresholdQuestion, records: readonly RunRecord[]): Finding {
  const { expectation, metric } = question;
  const { where, over, statistic, confidence } = expectation;
  if (over === "each" && metric.over && confidence !== undefined) {
    return {
      kind: "unknown",
      text: "over: each draws distributions only; intervals use one value a run, so drop `confidence` or use over: max or mean",
      figures: { n: 0 },
    };
  }
  const query = { metric, where, over, statistic: metric.distribution === undefined ? undefined : statistic };
  const values = over === "each" && metric.over ? placeValues(query, records) : runValues(query, records);
  const sorted = sortValues(values.map((one) => one.value));
  const n = sorted.observed.length;
  if (sorted.undecided > 0) return undecided(question, values, sorted);
  if (n === 0) return { kind: "unknown", text: sorted.reasons[0]?.reason ?? "no run of it was found", figures: { n: 0 } };
  if (confidence !== undefined) {
    const needed = repeatsFor(question);
    if (needed === undefined)
      return {
        kind: "unknown",
        text: `no number of repeats bounds the ${statistic} from that side; judge it without \`confidence\`, or judge a quantile`,
        figures: { n },
      };
    if (n < needed)
      return {
        kind: "unknown",
        text: `${statistic} at ${percent(confidence)} ${shortage(needed, n, question.repeats)}`,
        figures: { n, repeatsNeeded: needed },
      };
  }
  return judgeSample(question, records, values, sorted);
}

/**
 * The fewest repeats that can support an expectation with a threshold and `confidence`: undefined if none can, 1 without
 * `confidence`. The quantile of a metric with a distribution is one of operations, not of runs, and needs two runs.
 */
export function repeatsFor({
  expectation,
  bound,
  metric,
}: Pick<ThresholdQuestion, "expectation" | "bound" | "metric">): number | undefined {
  const { statistic, confidence } = expectation;
  if (confidence === undefined) return 1;
  const sides = sidesOf(bound);
  // The largest of any sample is a sure lower bound of the largest there is, and never an upper one.
  if (statistic === "max") return sides.includes("upper") ? undefined : 1;
  if (statistic === "min") return sides.includes("lower") ? undefined : 1;
  if (statistic === "mean" || metric.distribution !== undefined) return 2;
  return Math.max(...sides.map((side) => repeatsNeeded(shareOf(statistic), confidence, side)));
}

function judgeSample(question: ThresholdQuestion, records: readonly RunRecord[], values: readonly RunValue[], sorted: Sorted): Finding {
  const { expectation, bound, metric } = question;
  const { statistic, confidence } = expectation;
  const { observed, censored } = sorted;
  const n = observed.length;
  const leftOut = leftOutWords(sorted.absent + sorted.unexercised, sorted.reasons);
  const run = firstAgainst(values, bound);
  if (statistic === "mean" && censored > 0) {
    const refused = meanFigure(observed, metric, 0.95);
    return {
      kind: "broken",
      text: `${refused.kind === "refused" ? refused.words : ""}, ${boundWords(bound, metric.unit)}${leftOut}`,
      run: run ?? firstCensored(values),
      figures: { n },
    };
  }
  const point = pointOf(question, records, observed);
  const says = `${statistic} is ${observedFigure(point, metric.unit)}`;
  const promise = `${boundWords(bound, metric.unit)}${zeroWords(question, observed)}${leftOut}`;
  if (!keeps(bound, order(point))) return { kind: "broken", text: `${says}, ${promise}`, run, figures: { n, point: order(point) } };
  if (confidence === undefined) return { kind: "held", text: `${says}, ${promise}`, figures: { n, point: order(point) } };
  const bounds = sidesOf(bound).map((side) => boundOf(question, records, observed, side, confidence));
  const boundsText = bounds.map((one) => (one === undefined ? "none" : observedFigure(one, metric.unit))).join(" and ");
  const figures = { n, point: order(point), ...(bounds[0] === undefined ? {} : { bound: order(bounds[0]) }) };
  const words = `${says} (${percent(confidence)} bound ${boundsText}), ${promise}`;
  if (bounds.every((one) => one !== undefined && keeps(bound, order(one)))) return { kind: "held", text: words, figures };
  const more = moreRepeats(question, observed, confidence);
  return {
    kind: "unknown",
    text: `${words}; ${more === undefined ? "more repeats could tell" : `about ${more} repeats could tell`}`,
    figures: { ...figures, ...(more === undefined ? {} : { repeatsNeeded: more }) },
  };
}

/** Whether a figure keeps the promise. Infinity, for what never ended, keeps only lower bounds. */
function keeps(bound: Threshold, figure: number): boolean {
  switch (bound.kind) {
    case "below":
      return figure < bound.value;
    case "atMost":
      return figure <= bound.value;
    case "atLeast":
      return figure >= bound.value;
    case "between":
      return figure >= bound.low && figure <= bound.high;
  }
}

const sidesOf = (bound: Threshold): readonly Side[] =>
  bound.kind === "between" ? ["lower", "upper"] : bound.kind === "atLeast" ? ["lower"] : ["upper"];

function pointOf({ expectation, metric }: ThresholdQuestion, records: readonly RunRecord[], sample: readonly Observed[]): Observed {
  const { statistic, where } = expectation;
  if (metric.distribution !== undefined) {
    const pooled = pooledPoint(metric.distribution, records, where, statistic);
    if (pooled !== undefined) return { kind: "value", value: pooled };
  }
  switch (statistic) {
    case "mean": {
      const mean = meanFigure(sample, metric, 0.95);
      return { kind: "value", value: mean.kind === "mean" ? mean.value : Infinity };
    }
    case "max":
      return quantile(sample, 1);
    case "min":
      return quantile(sample, 0);
    default:
      return quantile(sample, shareOf(statistic));
  }
}

function boundOf(
  question: ThresholdQuestion,
  records: readonly RunRecord[],
  sample: readonly Observed[],
  side: Side,
  confidence: number,
): Observed | undefined {
  const { expectation, metric } = question;
  const { statistic, where } = expectation;
  if (statistic === "max" || statistic === "min") return pointOf(question, records, sample);
  if (metric.distribution !== undefined) {
    const bound = pooledBound(metric.distribution, records, where, statistic, confidence, side);
    return bound === undefined ? undefined : { kind: "value", value: bound };
  }
  if (statistic !== "mean") return quantileBound(sample, shareOf(statistic), confidence, side);
  const bound = meanBound(sample.map(order), confidence, side);
  return bound === undefined ? undefined : { kind: "value", value: withinBounds(metric, bound) };
}

/**
 * With runs whose value cannot be told, the verdict is unknown, unless the expectation is broken whatever those values
 * are. Only order statistics can be that sure.
 */
function undecided(question: ThresholdQuestion, values: readonly RunValue[], sorted: Sorted): Finding {
  const { expectation, bound, metric } = question;
  const n = sorted.observed.length;
  const worst = values.find((one) => one.value.kind === "unknown" && one.value.cause !== "unexercised");
  const reason = worst?.value.kind === "unknown" ? worst.value.reason : "";
  const words = `${sorted.undecided} of ${values.length} runs cannot tell (the first with seed ${worst?.run.seed}, repeat ${worst?.run.repeat}: ${reason})`;
  if (expectation.statistic !== "mean" && metric.distribution === undefined && n > 0) {
    const filled = [-Infinity, Infinity].map((value): readonly Observed[] => [
      ...sorted.observed,
      ...Array.from({ length: sorted.undecided }, (): Observed => ({ kind: "value", value })),
    ]);
    const points = filled.map((sample) => order(pointOf(question, [], sample)));
    // Too high even with the lowest values, or too low even with the highest.
    const sure = sidesOf(bound).some((side) =>
      side === "upper"
        ? points[0]! > upperEnd(bound) || (bound.kind === "below" && points[0] === bound.value)
        : points[1]! < lowerEndOf(bound),
    );
    if (sure)
      return {
        kind: "broken",
        text: `${expectation.statistic} breaks ${boundWords(bound, metric.unit)} whatever the rest shows; ${words}`,
        run: firstAgainst(values, bound),
        figures: { n },
      };
  }
  return { kind: "unknown", text: words, figures: { n } };
}

const upperEnd = (bound: Threshold): number => (bound.kind === "between" ? bound.high : bound.kind === "atLeast" ? Infinity : bound.value);
const lowerEndOf = (bound: Threshold): number =>
  bound.kind === "between" ? bound.low : bound.kind === "atLeast" ? bound.value : -Infinity;

function firstAgainst(values: readonly RunValue[], bound: Threshold): FailingRun | undefined {
  return values.find(({ value }) => (value.kind === "value" || value.kind === "censored") && !keeps(bound, order(value)))?.run;
}

const firstCensored = (values: readonly RunValue[]): FailingRun | undefined => values.find(({ value }) => value.kind === "censored")?.run;

/** "Never" of n runs is a claim about n runs: say how many runs in general it leaves open. */
function zeroWords({ expectation, bound, metric }: ThresholdQuestion, sample: readonly Observed[]): string {
  if (expectation.statistic !== "max" || bound.kind !== "atMost" || bound.value !== 0 || metric.distribution !== undefined) return "";
  const hits = sample.filter((one) => order(one) > 0).length;
  return ` (${shareWords(hits, sample.length, 0.95)})`;
}

/** Repeats at which the bound would keep the promise if further runs are like these; undefined where that cannot be said. */
function moreRepeats(
  { expectation, bound, metric }: ThresholdQuestion,
  sample: readonly Observed[],
  confidence: number,
): number | undefined {
  const { statistic } = expectation;
  if (metric.distribution !== undefined || statistic === "mean" || statistic === "max" || statistic === "min" || bound.kind === "between")
    return undefined;
  const against = sample.filter((one) => !keeps(bound, order(one))).length / sample.length;
  const p = shareOf(statistic);
  // An upper bound keeps the promise once so few values beyond it would be seldom if a share of 1 - p lay there.
  const allowed = bound.kind === "atLeast" ? p : 1 - p;
  if (against >= allowed) return undefined;
  for (let n = sample.length + 1; n <= MORE_MAX; n += Math.max(1, Math.floor(n / 100))) {
    if (binomialCdf(Math.ceil(against * n), n, allowed) <= 1 - confidence) return n;
  }
  return undefined;
}

/** Beyond this many repeats a number would help nobody. */
const MORE_MAX = 100_000;
