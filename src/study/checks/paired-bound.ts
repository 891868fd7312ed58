/** One strategy against another, run by run on the same seeds: `lessThan` and `notWorseThan`. */
import type { RunRecord } from "../../simulator/record/record.ts";
import type { Bound, MetricExpectation } from "../scenario/scenario.ts";
import { counted, differenceFigure, figuresApart, pValueText, percent } from "../stats/figure.ts";
import { repeatsNeeded } from "../stats/interval.ts";
import type { MetricDefinition } from "../stats/metric.ts";
import { difference, medianBound, medianDifference, repeatsToShow, signedRank } from "../stats/paired.ts";
import { type Paired, pairValues, runValues } from "../stats/series.ts";
import { type FailingRun, type Finding, type Repeats, shortage } from "./verdict.ts";
import { boundWords } from "./words.ts";

export type PairedBound = Extract<Bound, { readonly kind: "lessThan" | "notWorseThan" }>;

export interface PairedQuestion {
  readonly expectation: MetricExpectation;
  readonly bound: PairedBound;
  readonly metric: MetricDefinition;
  readonly repeats: Repeats;
}

/** Confidence of a paired bound that names none. */
export const PAIRED_CONFIDENCE = 0.95;

/** The fewest pairs with which a paired bound can be held: five at 95 %, all to the same side. */
export const pairsNeeded = (confidence: number): number => repeatsNeeded(0.5, confidence, "upper");

/** Judges the records of one strategy against those of the other. */
export function judgePaired(question: PairedQuestion, records: readonly RunRecord[], others: readonly RunRecord[]): Finding {
  const { expectation, bound, metric } = question;
  const { where, over, statistic } = expectation;
  if (over === "each" && metric.over)
    return {
      kind: "unknown",
      text: "over: each draws distributions only; paired tests use one value a run, so use over: max or mean",
      figures: { n: 0 },
    };
  const query = { metric, where, over, statistic: metric.distribution === undefined ? undefined : statistic };
  const paired = pairValues(runValues(query, records), runValues(query, others));
  const n = paired.pairs.length;
  if (paired.undecided > 0)
    return {
      kind: "unknown",
      text: `${counted(paired.undecided, "pair")} cannot tell, because a run's audit is unknown or its outage still open`,
      figures: { n },
    };
  if (n === 0) return { kind: "unknown", text: `no run has a value both here and with ${bound.strategy}`, figures: { n } };
  return bound.kind === "lessThan" ? judgeLess(question, paired) : judgeNotWorse(question, bound.margin, paired);
}

function judgeLess({ expectation, bound, metric, repeats }: PairedQuestion, paired: Paired): Finding {
  const confidence = expectation.confidence ?? PAIRED_CONFIDENCE;
  const differences = paired.pairs.map(difference);
  const n = differences.length;
  const test = signedRank(differences);
  const says = `${differenceWords(differences, confidence, metric)}${neitherWords(paired)}${droppedWords(paired)}`;
  const promise = boundWords(bound, metric.unit);
  if (test.n === 0)
    return { kind: "broken", text: `all ${n} pairs tie, ${promise}`, run: paired.pairs[0]?.run, figures: { n, point: 0, p: 1 } };
  const figures = { n, point: medianDifference(differences, confidence)?.median ?? 0, p: test.less };
  if (test.less <= 1 - confidence) return { kind: "held", text: `${says}, ${promise} (${pValueText(test.less)})`, figures };
  const against = paired.pairs.find((pair) => difference(pair) > 0)?.run;
  if (test.greater <= 1 - confidence)
    return { kind: "broken", text: `${says}, ${promise}: the opposite is shown (${pValueText(test.greater)})`, run: against, figures };
  const more = repeatsToShow(differences, confidence);
  const needed = more === undefined ? undefined : Math.max(more, n + 1);
  const least = pairsNeeded(confidence);
  const advice =
    needed === undefined
      ? "the pairs do not point that way, so more repeats of the same would not show it"
      : `about ${needed} repeats would show it if they go on like these`;
  // One number to act on: so few pairs need more anyway, and the guess is never below that.
  const short = n < least ? [`${percent(confidence)} ${shortage(least, n, repeats, needed)}`] : [];
  const told = [...short, ...(short.length > 0 && needed !== undefined ? [] : [advice])];
  return {
    kind: "unknown",
    text: `${says}, ${promise} (${pValueText(test.less)}); ${told.join("; ")}`,
    figures: { ...figures, ...(needed === undefined ? {} : { repeatsNeeded: needed }) },
  };
}

function judgeNotWorse({ expectation, bound, metric, repeats }: PairedQuestion, margin: number, paired: Paired): Finding {
  if (metric.better === "neither")
    return { kind: "unknown", text: `${metric.name} has no better or worse; use a threshold`, figures: { n: 0 } };
  const confidence = expectation.confidence ?? PAIRED_CONFIDENCE;
  const sign = metric.better === "less" ? 1 : -1;
  // Positive is worse, whichever way the metric runs. Adding 0 turns -0 into 0.
  const worsening = paired.pairs.map((pair) => sign * difference(pair) + 0);
  const n = worsening.length;
  const needed = pairsNeeded(confidence);
  if (n < needed)
    return {
      kind: "unknown",
      text: `a median at ${percent(confidence)} ${shortage(needed, n, repeats)}`,
      figures: { n, repeatsNeeded: needed },
    };
  const point = medianDifference(worsening, confidence)?.median ?? 0;
  const upper = medianBound(worsening, confidence, "upper") ?? Infinity;
  const [middle = "", end = ""] = figuresApart([point, upper], metric.unit, differenceFigure);
  const text = `the median of ${n} paired differences is ${middle} to the worse (${percent(confidence)} bound ${end})${neitherWords(paired)}${droppedWords(paired)}, ${boundWords(bound, metric.unit)}`;
  const figures = { n, point, bound: upper };
  if (upper < margin) return { kind: "held", text, figures };
  if (point < margin) return { kind: "unknown", text: `${text}; more repeats could tell`, figures };
  const run: FailingRun | undefined = paired.pairs.find((_, index) => worsening[index]! >= margin)?.run;
  return { kind: "broken", text, run, figures };
}

function differenceWords(differences: readonly number[], confidence: number, metric: MetricDefinition): string {
  const found = medianDifference(differences, confidence);
  const ends = [found?.median, found?.low, found?.high];
  const texts = figuresApart(
    ends.filter((one) => one !== undefined),
    metric.unit,
    differenceFigure,
  );
  const words = ends.map((end) => (end === undefined ? "open" : texts[ends.filter((one) => one !== undefined).indexOf(end)]));
  const [median, low, high] = words;
  // So few pairs bound it on neither side.
  const isOpen = found?.low === undefined && found?.high === undefined;
  const range = found?.low !== undefined && found.low === found.high ? `exactly ${low}` : `${low} to ${high}`;
  const interval = isOpen ? `too few for a ${percent(confidence)} interval` : `${percent(confidence)} interval ${range}`;
  return `the median of ${differences.length} paired differences is ${median} (${interval})`;
}

function neitherWords({ pairs }: Paired): string {
  const neither = pairs.filter(({ left, right }) => left.kind === "censored" && right.kind === "censored").length;
  return neither === 0 ? "" : `, in ${neither} neither recovered`;
}

const droppedWords = ({ dropped }: Paired): string => (dropped === 0 ? "" : `, ${counted(dropped, "pair")} left out for want of a value`);
