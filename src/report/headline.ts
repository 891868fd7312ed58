/** The answer of a study in a sentence or two, for whoever has ten seconds; answers.ts says the same with every p-value. */
import { figure, figuresApart, observedFigure, percent } from "../study/stats/figure.ts";
import type { Observed } from "../study/stats/sample.ts";
import { lowerEnd, order } from "../study/stats/sample.ts";
import type { MetricSummary } from "../study/stats/summary.ts";
import { purchase, purchaseSentence } from "./buying.ts";
import { printable } from "./layout.ts";
import { METRIC_WORDS } from "./metric-words.ts";
import { comparisonOf, ordered, outcomeOf, rank, servedUnequally } from "./ranking.ts";
import { type Report, summaryOf } from "./report.ts";
import { CONFIDENCE } from "./stored.ts";

const CLAUSES_MOST = 3;
/** How many of the scenario's own are said. */
const OTHERS_MOST = 2;

/** Clauses, the first the most important. Needs a strategy. */
export function headline(report: Report): string {
  const names = report.strategies.map(({ name }) => name);
  const recovery = recoveryClause(report, names);
  const loss = lossClause(report, names, recovery !== undefined);
  const served = availabilityClause(report, names, recovery !== undefined);
  const balance = recovery === undefined ? balanceClause(report, names) : undefined;
  const asksBalance = report.verdicts.some(
    ({ expectation }) => expectation.kind === "metric" && /^(?:load\.|regret)/u.test(expectation.metric),
  );
  const [early, late] = asksBalance ? [balance, undefined] : [undefined, balance];
  const bought = purchase(report);
  const buy = bought === undefined ? undefined : purchaseSentence(bought);
  const clauses = [...[buy, recovery, loss, early, ...otherClauses(report, names), served, late].filter((one) => one !== undefined)];
  // The answer first; how sure it is after it.
  const unsure = isTooFew(report) ? ` Seen in ${report.repeats} ${report.repeats === 1 ? "run" : "runs"}, too few to be sure.` : "";
  const said = clauses.length > 0 ? clauses : latencyClauses(report, names);
  const text = said.length === 0 ? alikeClause(report, names) : said.slice(0, CLAUSES_MOST).join("; ");
  return `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}.${unsure}`;
}

/** Whether no comparison of the study can be significant, whatever the runs show. */
const isTooFew = (report: Report): boolean =>
  report.strategies.length > 1 && 2 * Math.max(1, report.comparisons.length) > (1 - CONFIDENCE) * Math.exp(report.repeats * Math.LN2);

function recoveryClause(report: Report, names: readonly string[]): string | undefined {
  const metric = "recovery.time";
  const place = ordered(report, metric, names);
  const [first, last] = [place[0], place.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const median = (name: string): Observed | undefined => summaryOf(report, name, metric)?.figures?.p50.value;
  if (place.every((name) => lowerEndOf(median(name)) === 0 && summaryOf(report, name, metric)?.censored === 0)) return undefined;
  const back = (name: string): string => backText(summaryOf(report, name, metric));
  if (place.length === 1) return `${shown(first)} was ${back(first)}`;
  if (place.every((name) => summaryOf(report, name, metric)?.censored === summaryOf(report, name, metric)?.n))
    return "nobody was back in any run";
  const { best, beaten } = rank(report, metric);
  const leader = ordered(report, metric, best)[0];
  const worst = ordered(report, metric, beaten).at(-1);
  if (leader === undefined || worst === undefined) {
    const [one, other] = [back(first), back(last)];
    return one === other
      ? `${place.length === 2 ? "both" : "all"} were ${one}`
      : `${shown(first)} was ${one}, ${shown(last)} ${other.replace(/^back /u, "")}`;
  }
  const leaders = listed(ordered(report, metric, best));
  const difference = comparisonOf(report, metric, leader, worst)?.difference;
  if (difference === undefined || !Number.isFinite(difference.median))
    return `${leaders} ${best.length === 1 ? "was" : "were"} ${back(leader)}, ${shown(worst)} ${back(worst).replace(/^back /u, "")}`;
  const ends = [difference.high, difference.low].map((end) => (end === undefined ? undefined : Math.abs(end)));
  const numbers = [Math.abs(difference.median), ...ends.filter((end) => end !== undefined)];
  const [sooner = "", ...range] = figuresApart(numbers, "time");
  const interval = range.length < 2 || range[0] === range[1] ? "" : ` (${percent(CONFIDENCE)}: ${range.join(" to ")})`;
  return `${leaders} ${best.length === 1 ? "was" : "were"} back ${sooner} sooner than ${shown(worst)}${interval}, after ${observed(median(leader), "time")}`;
}

function backText(summary: MetricSummary | undefined): string {
  if (summary?.figures === undefined) return "without a figure";
  const { censored, n, unit, figures } = summary;
  if (censored === n) return "not back in any run";
  if (censored === 0 && order(figures.max) === 0) return "never out";
  return `back after ${observed(figures.p50.value, unit)}${censored > 0 ? ` (never in ${censored} of ${n} runs)` : ""}`;
}

/** Where no difference is to be seen: what they have in common. */
function alikeClause(report: Report, names: readonly string[]): string {
  const latency = report.shown.find(({ name }) => name.startsWith("latency."))?.name ?? "";
  const found = [
    ["availability", "of operations answered well"],
    ["loss.writes", "writes lost"],
    ["moved.excess", "× the keys moved that had to"],
    [latency, `p99 of ${latency.slice("latency.".length)}s`],
  ].flatMap(([metric = "", words = ""]) => {
    const texts = new Set(names.map((name) => figureOf(summaryOf(report, name, metric))?.text));
    const [text] = texts;
    return texts.size > 1 || text === undefined ? [] : [`${text} ${words}`];
  });
  const who = names.length === 1 ? shown(names[0] ?? "") : "no difference between the strategies is to be seen";
  return found.length === 0 ? who : `${who}: ${found.join(", ")}`;
}

/** That nobody lost anything is worth a word only where something struck. */
function lossClause(report: Report, names: readonly string[], isStruck: boolean): string | undefined {
  const found = names.flatMap((name) => {
    const summary = summaryOf(report, name, "loss.writes");
    return summary?.figures === undefined
      ? []
      : [{ name, n: summary.n, median: summary.figures.p50.value, max: summary.figures.max, any: summary.figures.runsWithAny?.runs ?? 0 }];
  });
  if (found.length === 0) return undefined;
  const clean = found.filter(({ any }) => any === 0);
  const losing = found.filter(({ any }) => any > 0).sort((a, b) => order(b.median) - order(a.median) || order(b.max) - order(a.max));
  const most = losing[0];
  if (most === undefined && !isStruck) return undefined;
  if (most === undefined)
    return `${found.length === 1 ? "it" : found.length === 2 ? "neither" : "none"} lost ${found.length === 1 ? "nothing" : "a write"}`;
  const much =
    lowerEnd(most.median) > 0 ? `${writes(most.median)} in the median run` : `up to ${writes(most.max)}, in ${most.any} of ${most.n} runs`;
  const least = losing.at(-1);
  const isSame = losing.every(
    ({ median, max, any }) => order(median) === order(most.median) && order(max) === order(most.max) && any === most.any,
  );
  const seen = seenText(report, most.name, lowerEnd(most.median) > 0);
  if (clean.length === 0 && losing.length > 1 && isSame) return `each lost ${much}`;
  const others = clean.length > 0 ? `${listed(clean.map(({ name }) => name))} lost nothing, ` : "";
  const fewest =
    clean.length > 0 || least === undefined || least === most || lowerEnd(most.median) === 0
      ? ""
      : `, ${shown(least.name)} ${observed(least.median, "count")}`;
  return `${others}${shown(most.name)} lost ${much}${seen}${fewest}`;
}

/** Where a column counts what readers notice, how many of the lost writes those are; else the two figures look like one that is wrong. */
function seenText(report: Report, name: string, isMedian: boolean): string {
  const figures = summaryOf(report, name, "loss.visible")?.figures;
  if (figures === undefined || !report.shown.some((one) => one.name === "loss.visible")) return "";
  const seen = isMedian ? figures.p50.value : figures.max;
  return ` (${lowerEnd(seen) === 0 ? "none" : observed(seen, "count")} that readers notice)`;
}

/** Where something struck, the least available is worth a word only if it differs much; else it may be all there is to say. */
function availabilityClause(report: Report, names: readonly string[], isStruck: boolean): string | undefined {
  return spread(report, names, {
    metric: "availability",
    least: isStruck ? 0.02 : 0.001,
    words: (of) => `operations answered well: ${of}`,
  });
}

function balanceClause(report: Report, names: readonly string[]): string | undefined {
  const isUnequal = names.some((one, index) => names.slice(index + 1).some((other) => servedUnequally(report, one, other)));
  // Of servers that are not alike the busiest should carry more.
  const cores = new Set(report.strategies.flatMap(({ drawn }) => drawn.cores));
  return isUnequal || cores.size > 1
    ? undefined
    : spread(report, names, { metric: "load.maxOverMean", least: 0.02, words: (of) => `the busiest server carries, over the mean: ${of}` });
}

/** Where nothing else differs, how long answers take may. */
const latencyClauses = (report: Report, names: readonly string[]): readonly string[] =>
  report.shown.filter(({ name }) => name.startsWith("latency.")).flatMap(({ name }) => namedSpread(report, names, name) ?? []);

function otherClauses(report: Report, names: readonly string[]): readonly string[] {
  const asked = report.verdicts.flatMap(({ expectation }) => (expectation.kind === "metric" ? [expectation.metric] : []));
  return [...new Set(asked)]
    .filter((metric) => metric in METRIC_WORDS || metric.startsWith("latency."))
    .flatMap((metric) => namedSpread(report, names, metric) ?? [])
    .slice(0, OTHERS_MOST);
}

const namedSpread = (report: Report, names: readonly string[], metric: string): string | undefined =>
  spread(report, names, {
    metric,
    least: metric.startsWith("latency.") ? 0.05 : 1e-9,
    words: (of) => `${METRIC_WORDS[metric] ?? `p99 of ${metric.slice("latency.".length)}s`}: ${of}`,
  });

interface Spread {
  readonly metric: string;
  /** Relative difference below which there is nothing to say. */
  readonly least: number;
  readonly words: (of: string) => string;
}

/** "…: quick 0, slow 41": best and worst by their means, or all where there are three. Significance is the table's. */
function spread(report: Report, names: readonly string[], { metric, least, words }: Spread): string | undefined {
  const places = ordered(report, metric, names).flatMap((name) => {
    const found = figureOf(summaryOf(report, name, metric));
    return found === undefined ? [] : [{ name, ...found }];
  });
  const sign = summaryOf(report, names[0] ?? "", metric)?.better === "more" ? -1 : 1;
  const place = [...places].sort((a, b) => (a.value === b.value ? 0 : sign * (a.value < b.value ? -1 : 1)));
  const [first, last] = [place[0], place.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  if (place.length === 1) return words(`${shown(first.name)} ${first.text}`);
  const size = Math.max(Math.abs(first.value), Math.abs(last.value));
  const isSettled = place.length < 2 || place.every((one) => one.text === first.text);
  if (
    isSettled ||
    (Number.isFinite(size) && Math.abs(first.value - last.value) <= least * size) ||
    !isApart(report, metric, first.name, last.name)
  )
    return undefined;
  if (place.length <= 3) return words(place.map(({ name, text }) => `${shown(name)} ${text}`).join(", "));
  // Who stands first by a hair, or by nothing, is not the only one.
  const alike = (one: (typeof place)[number]): string => {
    const others = place.filter(({ text }) => text === one.text).length - 1;
    return `${shown(one.name)}${others > 0 ? ` and ${others} ${others === 1 ? "other" : "others"}` : ""} ${one.text}`;
  };
  return words([first, last].map(alike).join(", "));
}

/** All runs' operations together, or the mean of the runs; where some never ended, the median run. */
function figureOf(summary: MetricSummary | undefined): { readonly value: number; readonly text: string } | undefined {
  const mean = summary?.figures?.mean;
  if (summary?.figures === undefined || mean === undefined) return undefined;
  const { value: middle } = summary.figures.p50;
  if (summary.pooled === undefined && mean.kind === "refused") return { value: order(middle), text: observedFigure(middle, summary.unit) };
  const value = summary.pooled?.p99 ?? (mean.kind === "mean" ? mean.value : 0);
  return { value, text: figure(value, summary.unit) };
}

/** Whether the runs tell them apart; where there are too few for that, or nobody compared them, whether they are not alike. */
function isApart(report: Report, metric: string, one: string, other: string): boolean {
  const comparison = comparisonOf(report, metric, one, other);
  if (comparison === undefined) return true;
  const { kind } = outcomeOf(report, comparison);
  return isTooFew(report) ? kind !== "alike" : kind === "better";
}

const writes = (one: Observed): string => `${observed(one, "count")} ${lowerEnd(one) === 1 ? "write" : "writes"}`;
const lowerEndOf = (one: Observed | undefined): number => (one === undefined ? 0 : lowerEnd(one));
const observed = (one: Observed | undefined, unit: MetricSummary["unit"]): string =>
  one === undefined ? "no figure" : observedFigure(one, unit);
const shown = (name: string): string => printable(name);

function listed(names: readonly string[]): string {
  const texts = names.map(shown);
  return texts.length <= 1 ? (texts[0] ?? "") : `${texts.slice(0, -1).join(", ")} and ${texts.at(-1) ?? ""}`;
}
