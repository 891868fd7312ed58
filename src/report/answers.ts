/** The comparison in sentences: who recovers fastest, loses least, stays most available, balances best. One answer a question. */
import { pValueText, figure, figuresApart, observedFigure, percent } from "../study/stats/figure.ts";
import { shareBound } from "../study/stats/interval.ts";
import type { MetricSummary } from "../study/stats/summary.ts";
import { type Report, summaryOf } from "./report.ts";
import { CONFIDENCE } from "./stored.ts";
import { NO_BREAK, printable } from "./layout.ts";
import { MARGIN, comparisonOf, ordered, outcomeOf, rank, servedUnequally } from "./ranking.ts";

export interface Answer {
  /** "Recovers fastest". */
  readonly question: string;
  readonly metric: string;
  /** Strategies that no other beats and that beat somebody; empty where no difference is shown. */
  readonly best: readonly string[];
  readonly sentence: string;
}

interface Question {
  readonly metric: string;
  readonly question: string;
  /** What the figure is, after it: "4.03 s in the median run". */
  readonly measure: (summary: MetricSummary) => string;
  /** How the better differs from the worse by `size`. */
  readonly versus: (size: string, worse: string) => string;
}

/** In a list of strategies: the figure alone. */
function shortText(summary: MetricSummary | undefined): string {
  if (summary?.figures === undefined) return "no figure";
  const { mean, p50, max } = summary.figures;
  const never = summary.censored > 0 ? ` (${summary.censored} of ${summary.n} never)` : "";
  if (summary.metric.startsWith("loss.")) return observedFigure(max, summary.unit);
  if (summary.metric.startsWith("recovery.") || mean.kind === "refused") return observedFigure(p50.value, summary.unit) + never;
  return figure(mean.value, summary.unit);
}

const medianText = (summary: MetricSummary): string =>
  summary.figures === undefined ? "no figure" : `${observedFigure(summary.figures.p50.value, summary.unit)} in the median run`;
const meanText =
  (what: string) =>
  (summary: MetricSummary): string =>
    summary.figures?.mean.kind === "mean" ? `${figure(summary.figures.mean.value, summary.unit)}${what}` : "no figure";

function lossText(summary: MetricSummary): string {
  const { figures, n } = summary;
  if (figures === undefined) return "no figure";
  const any = figures.runsWithAny;
  if (any?.runs === 0)
    return `none in ${n} ${runs(n)} (${percent(CONFIDENCE)}: at most ${percent(shareBound(0, n, CONFIDENCE, "upper"))} of runs lose any)`;
  return `${observedFigure(figures.max, summary.unit)} in the worst run`;
}

const QUESTIONS: readonly Question[] = [
  {
    metric: "recovery.time",
    question: "Recovers fastest",
    measure: medianText,
    versus: (size, worse) => `was back ${size} sooner than ${worse}`,
  },
  { metric: "loss.writes", question: "Loses least", measure: lossText, versus: (size, worse) => `lost ${size} writes fewer than ${worse}` },
  {
    metric: "loss.visible",
    question: "Loses least seen",
    measure: lossText,
    versus: (size, worse) => `lost ${size} visible writes fewer than ${worse}`,
  },
  {
    metric: "availability",
    question: "Most available",
    measure: meanText(" of operations answered well"),
    versus: (size, worse) => `answered ${size} points more than ${worse}`,
  },
  {
    metric: "load.maxOverMean",
    question: "Balances best",
    measure: meanText(" × the mean load on the busiest server"),
    versus: (size, worse) => `was more even by ${size} than ${worse}`,
  },
];

/** One answer for every question that this study's metrics can answer. */
export function answers(report: Report): readonly Answer[] {
  // Of servers that are not alike the busiest should be asked more: the most even is not the best.
  const isMixed = new Set(report.strategies.flatMap(({ drawn }) => drawn.cores)).size > 1;
  return QUESTIONS.filter(
    ({ metric }) => report.shown.some((one) => one.name === metric) && !(isMixed && metric === "load.maxOverMean"),
  ).map((question) => answer(report, question));
}

function answer(report: Report, question: Question): Answer {
  const { metric } = question;
  const names = report.strategies.map((one) => one.name);
  const place = ordered(report, metric, names);
  const { best, beaten, between } = rank(report, metric);
  const found = { question: question.question, metric, best };
  const first = place[0];
  if (first === undefined) return { ...found, sentence: `no answer: ${printable(reasonOf(report, names, metric))}` };
  if (names.length === 1) return { ...found, sentence: `${shown(first)}, ${measureOf(report, question, first)}` };
  if (best.length === 0) return { ...found, sentence: undecided(report, question, place) };
  const leaders = ordered(report, metric, best);
  const clauses = [leadersText(report, question, leaders)];
  const behind = ordered(report, metric, beaten);
  clauses.push(
    ...[...new Set([behind.at(-1), behind[0]])].flatMap((worse) =>
      worse === undefined ? [] : difference(report, question, leaders, worse),
    ),
  );
  const unequal = between.filter((name) => leaders.some((leader) => isUnequal(report, metric, leader, name)));
  const rest = between.filter((name) => !unequal.includes(name));
  if (unequal.length > 0) clauses.push(`not compared with ${list(unequal)}: ${servedText(report, [...leaders, ...unequal])}`);
  if (rest.length > 0) clauses.push(`alike, or not told apart from ${leaders.length === 1 ? "it" : "them"}: ${list(rest)}`);
  return { ...found, sentence: clauses.join("; ") };
}

const isUnequal = (report: Report, metric: string, one: string, other: string): boolean =>
  metric.startsWith("load.") && servedUnequally(report, one, other);

/** "they served different loads (sync 3987/s, manual 3768/s)": why how evenly says nothing. */
function servedText(report: Report, names: readonly string[]): string {
  const served = names.map((name) => `${shown(name)} ${shortText(summaryOf(report, name, "goodput"))}`);
  return `they served different loads (goodput: ${served.join(", ")})`;
}

/** Whether every two of these are alike within the margin. */
function areAlike(report: Report, metric: string, names: readonly string[]): boolean {
  const pairs = names.flatMap((one, index) => names.slice(index + 1).map((other) => comparisonOf(report, metric, one, other)));
  return pairs.every((one) => one !== undefined && outcomeOf(report, one).kind === "alike");
}

const CANNOT_TELL = "cannot tell";
const ALIKE = `alike within ${percent(MARGIN)}`;

/** "sync, 4.03 s in the median run", or "sync 4.03 s and async 4.1 s, not told apart". */
function leadersText(report: Report, question: Question, leaders: readonly string[]): string {
  const measures = new Set(leaders.map((name) => measureOf(report, question, name)));
  const alike = areAlike(report, question.metric, leaders);
  const same = alike && measures.size === 1 ? "alike" : ALIKE;
  const apart = leaders.length === 1 ? "" : ` (${alike ? same : "not told apart"})`;
  if (measures.size === 1) return `${list(leaders)}${apart}, ${[...measures].join("")}`;
  return list(leaders.map((name) => `${name} ${shortText(summaryOf(report, name, question.metric))}`)) + apart;
}

/** "back 1.9 s sooner than manual (95 %: 1.6 s to 2.2 s, p < 0.0001)", against the leader that differs most surely. */
function difference(report: Report, { metric, versus }: Question, leaders: readonly string[], worse: string): readonly string[] {
  const comparison = leaders
    .map((leader) => comparisonOf(report, metric, leader, worse))
    .find((one) => {
      const outcome = one === undefined ? undefined : outcomeOf(report, one);
      return outcome?.kind === "better" && outcome.winner === one?.left;
    });
  if (comparison?.difference === undefined) return [];
  const summary = summaryOf(report, worse, metric);
  const unit = summary?.unit ?? "number";
  const { median, low, high } = comparison.difference;
  if (!Number.isFinite(median))
    return [`${shown(worse)} never recovered in ${summary?.censored ?? 0} of ${summary?.n ?? 0} ${runs(summary?.n ?? 0)}`];
  const [near, far] = median < 0 ? [high, low] : [low, high];
  const given = [median, near, far].filter((end) => end !== undefined).map(Math.abs);
  const texts = figuresApart(given, unit, sizeText);
  const size = (end: number | undefined): string => (end === undefined ? "open" : (texts[given.indexOf(Math.abs(end))] ?? "open"));
  const whose = leaders.length > 1 ? `${shown(comparison.left)} ` : "it ";
  return [
    `${whose}${versus(size(median), shown(worse))} (${percent(CONFIDENCE)}: ${near === far ? "the same in each" : `${size(near)} to ${size(far)}`}, ${pValueText(comparison.p).replaceAll(" ", NO_BREAK)})`,
  ];
}

function undecided(report: Report, question: Question, place: readonly string[]): string {
  const summaries = place.map((name) => summaryOf(report, name, question.metric));
  if (summaries.every((one) => one !== undefined && one.n > 0 && one.censored === one.n))
    return "nobody: no run of any strategy was back within its measured time";
  const texts = new Set(place.map((name) => measureOf(report, question, name)));
  const unequal = place.some((one, index) => place.slice(index + 1).some((other) => isUnequal(report, question.metric, one, other)));
  if (unequal) return `no answer: ${servedText(report, place)}, and what is refused weighs on no server`;
  const all = place.length === 2 ? "both" : "all";
  if (areAlike(report, question.metric, place) && texts.size === 1) return `${all} alike: ${[...texts].join("")}`;
  const least = Math.min(...summaries.map((one) => one?.n ?? 0));
  const list = place.map((name, index) => `${shown(name)} ${shortText(summaries[index])}`);
  const needed = runsToTell(report.comparisons.length);
  const words = areAlike(report, question.metric, place)
    ? `${all} ${ALIKE}`
    : least < needed
      ? `${CANNOT_TELL}: ${least} ${runs(least)} each ${least === 1 ? "is" : "are"} too few, ${needed} the least that could`
      : `${CANNOT_TELL}: no difference shown by ${least} runs each`;
  return `${words}: ${list.join(", ")}`;
}

/**
 * The fewest pairs with which the signed-rank test can call any of so many comparisons significant: all to the same side give a
 * two-sided p of 2 / 2^n, which Holm's correction multiplies by their number at most.
 */
export function runsToTell(comparisons: number): number {
  return Math.ceil(Math.log2((2 * Math.max(1, comparisons)) / (1 - CONFIDENCE)) - 1e-9);
}

function measureOf(report: Report, question: Question, strategy: string): string {
  const summary = summaryOf(report, strategy, question.metric);
  if (summary === undefined) return "no figure";
  const never = summary.censored > 0 ? `, ${summary.censored} of ${summary.n} never` : "";
  return question.measure(summary) + never;
}

function reasonOf(report: Report, names: readonly string[], metric: string): string {
  const reasons = names.flatMap((name) => summaryOf(report, name, metric)?.reasons ?? []);
  return reasons[0]?.reason ?? "no run has a value";
}

/** A difference of shares is in points of a hundred; the rest as any figure of its unit. */
const sizeText = (size: number, unit: MetricSummary["unit"], digits?: number): string =>
  unit === "share" ? figure(100 * size, "number", digits) : figure(size, unit, digits);

const shown = (name: string): string => printable(name);
const runs = (n: number): string => (n === 1 ? "run" : "runs");

/** "a", "a and b", "a, b and c". */
function list(names: readonly string[]): string {
  const texts = names.map(shown);
  const last = texts.at(-1) ?? "";
  return texts.length <= 1 ? last : `${texts.slice(0, -1).join(", ")} and ${last}`;
}
