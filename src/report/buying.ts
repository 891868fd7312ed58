/**
 * Which strategy to buy: those that meet every objective first, the cheapest of them first; what it costs a month; which of them no other
 * is better than in everything (the Pareto set); and of the others the first objective that they break.
 */
import type { ExpectationVerdict, StrategyVerdict } from "../study/checks/verdict.ts";
import { counted, figure, percent } from "../study/stats/figure.ts";
import { type Interval, meanInterval } from "../study/stats/interval.ts";
import { metricByName } from "../study/stats/metrics.ts";
import { printable } from "./layout.ts";
import { MARGIN, orderingFigure } from "./ranking.ts";
import { type Report, summaryOf } from "./report.ts";
import { CONFIDENCE, type Prices, type StoredRun, type StoredStrategy } from "./stored.ts";

export interface Purchase {
  /** In the order in which one would buy them. */
  readonly offers: readonly Offer[];
  /** The objectives in words: "recovery.time p90 at most 30 s". */
  readonly objectives: readonly string[];
  readonly isPriced: boolean;
  /** Of each strategy, whose point estimates all of this is judged by. */
  readonly runs: number;
}

export interface Offer {
  readonly strategy: string;
  /** Meets every objective; breaks one; or it cannot be told of one. */
  readonly kind: "feasible" | "broken" | "unknown";
  /** Objectives that it meets. */
  readonly met: number;
  /** The first in the file's order that it breaks, or that cannot be told, with its figure. */
  readonly against: string | undefined;
  /** A month; undefined without prices, or where a run does not tell. */
  readonly cost: { readonly mean: number; readonly interval: Interval | undefined } | undefined;
  /** No other strategy is better in one of cost and objectives and not worse in any. */
  readonly isPareto: boolean;
  /** The first strategy that is better in one of these and worse in none. */
  readonly beatenBy: string | undefined;
  /** Hosts that are paid for, the mean over measured time of all runs; undefined where a run does not tell. */
  readonly hosts: number | undefined;
}

/** Undefined where the scenario names neither objectives nor prices. */
export function purchase(report: Report): Purchase | undefined {
  const { strategies, objectives = [], prices, measured, repeats } = report;
  if (objectives.length === 0 && prices === undefined) return undefined;
  const offers = strategies.map((strategy): Offer => {
    const parts = objectives.map((objective) => objective.parts.find((part) => part.strategy === strategy.name));
    const broken = parts.findIndex((part) => part?.kind === "broken");
    const against = broken < 0 ? parts.findIndex((part) => part?.kind !== "held") : broken;
    return {
      strategy: strategy.name,
      kind: broken >= 0 ? "broken" : against >= 0 ? "unknown" : "feasible",
      met: parts.filter((part) => part?.kind === "held").length,
      against: against < 0 ? undefined : againstText(objectives[against], parts[against]),
      cost: prices === undefined ? undefined : costOf(strategy, prices, measured),
      hosts: hostsOf(strategy, measured),
      isPareto: false,
      beatenBy: undefined,
    };
  });
  const criteria = offers.map((offer) => criteriaOf(offer, objectives));
  const marked = offers.map((offer, index): Offer => {
    const better = offers.find((_, at) => at !== index && dominates(criteria[at] ?? [], criteria[index] ?? []));
    return { ...offer, isPareto: better === undefined, beatenBy: better?.strategy };
  });
  const figuresOf = (metric: string) => (offer: Offer) => orderingFigure(summaryOf(report, offer.strategy, metric)) ?? Infinity;
  const keys = [(offer: Offer) => offer.cost?.mean ?? Infinity, figuresOf("recovery.time"), figuresOf("loss.writes")];
  const groups = (["feasible", "unknown", "broken"] as const).flatMap((kind) =>
    [...objectives.map((_, index) => index + 1), 0]
      .sort((a, b) => b - a)
      .map((met) => marked.filter((offer) => offer.kind === kind && offer.met === met)),
  );
  return {
    offers: groups.flatMap((group) => inOrder(group, keys)),
    objectives: objectives.map(objectiveText),
    isPriced: prices !== undefined,
    runs: repeats,
  };
}

/** By the first key; those alike in it (within the margin of the least of them) by the next: nobody buys for a difference of 0.03 %. */
function inOrder(offers: readonly Offer[], [key, ...rest]: readonly ((offer: Offer) => number)[]): readonly Offer[] {
  if (key === undefined || offers.length < 2) return offers;
  const left = [...offers].sort((a, b) => (key(a) === key(b) ? 0 : key(a) < key(b) ? -1 : 1));
  const [first] = left;
  if (first === undefined) return [];
  const alike = left.filter((offer) => compared(key(first), key(offer)) === 0);
  return [
    ...inOrder(alike, rest),
    ...inOrder(
      left.filter((offer) => !alike.includes(offer)),
      [key, ...rest],
    ),
  ];
}

function objectiveText({ expectation }: ExpectationVerdict): string {
  if (expectation.kind !== "metric" || !("value" in expectation.bound)) return expectation.path;
  const { metric, statistic, bound } = expectation;
  const { unit = "number" } = metricByName(metric) ?? {};
  return `${metric} ${statistic} ${bound.kind === "atLeast" ? "at least" : "at most"} ${figure(bound.value, unit)}`;
}

function againstText(objective: ExpectationVerdict | undefined, part: StrategyVerdict | undefined): string {
  if (objective === undefined) return "";
  const point = part?.figures.point;
  const metric = objective.expectation.kind === "metric" ? metricByName(objective.expectation.metric) : undefined;
  const never = point === undefined ? part?.kind === "broken" : point === Infinity;
  const found = never ? "never in some runs" : point === undefined ? "unknown" : figure(point, metric?.unit ?? "number");
  return `${objectiveText(objective)}: ${found}`;
}

const HOURS = 730;
const HOUR = 3_600_000_000;
const GB = 1e9;

/** As if every hour of the month were like measured time. */
function costOf({ runs }: StoredStrategy, prices: Prices, measured: number): Offer["cost"] {
  const costs = runs.map((run) => {
    const hosts = numberOf(run, "host.seconds") / measured;
    const crossZone = prices.crossZone === 0 ? 0 : (numberOf(run, "network.crossZone") / GB) * ((HOURS * HOUR) / measured);
    const storage = prices.storage === 0 ? 0 : numberOf(run, "storage.bytes") / GB;
    return hosts * HOURS * prices.server + crossZone * prices.crossZone + storage * prices.storage;
  });
  if (costs.length === 0 || !costs.every(Number.isFinite)) return undefined;
  return { mean: costs.reduce((sum, cost) => sum + cost, 0) / costs.length, interval: meanInterval(costs, CONFIDENCE) };
}

function hostsOf({ runs }: StoredStrategy, measured: number): number | undefined {
  const hosts = runs.map((run) => numberOf(run, "host.seconds") / measured);
  const mean = hosts.reduce((sum, one) => sum + one, 0) / hosts.length;
  return Number.isFinite(mean) ? mean : undefined;
}

function numberOf(run: StoredRun, metric: string): number {
  const found = run.values.get(metric);
  return found?.kind === "value" ? found.value : NaN;
}

/** Less is better in each; infinite where it never ended or cannot be told. */
function criteriaOf({ strategy, cost }: Offer, objectives: readonly ExpectationVerdict[]): readonly number[] {
  const figures = objectives.map(({ expectation, parts }) => {
    const point = parts.find((part) => part.strategy === strategy)?.figures.point ?? Infinity;
    const metric = expectation.kind === "metric" ? metricByName(expectation.metric) : undefined;
    if (metric?.better !== "more") return point;
    // Of a share what is missing to the whole: 99.9 % and 99.99 % are not alike.
    return metric.unit === "share" ? 1 - point : -point;
  });
  return cost === undefined ? figures : [cost.mean, ...figures];
}

/** Better by more than the margin in one, worse by more than it in none. */
function dominates(one: readonly number[], other: readonly number[]): boolean {
  const signs = one.map((figureOfOne, index) => compared(figureOfOne, other[index] ?? Infinity));
  return signs.includes(-1) && !signs.includes(1);
}

function compared(one: number, other: number): -1 | 0 | 1 {
  if (one === other || Math.abs(one - other) <= MARGIN * Math.min(Math.abs(one), Math.abs(other))) return 0;
  return one < other ? -1 : 1;
}

/** One sentence: what to buy, or why nothing. */
export function purchaseSentence({ offers, objectives, isPriced }: Purchase): string {
  const [first] = offers;
  if (first === undefined) return "no strategy";
  const feasible = offers.filter((offer) => offer.kind === "feasible");
  const names = (list: readonly Offer[]): string => list.map(({ strategy }) => printable(strategy)).join(", ");
  const alike = feasible.slice(1).filter((offer) => compared(first.cost?.mean ?? Infinity, offer.cost?.mean ?? Infinity) === 0);
  if (objectives.length === 0)
    return alike.length === 0
      ? `${printable(first.strategy)} costs least, ${costText(first)} a month`
      : `${names([first, ...alike])} cost least, alike ${WITHIN}: ${costText(first)} a month`;
  const all = ["", "the objective", "both objectives"][objectives.length] ?? `all ${objectives.length} objectives`;
  if (feasible.length === 0) {
    const nearest = `${printable(first.strategy)} comes nearest and ${first.kind === "broken" ? "breaks" : "leaves open"} ${first.against ?? ""}`;
    return `nothing here: no strategy is known to meet ${all}; ${nearest}`;
  }
  if (!isPriced) return `${names(feasible)} ${feasible.length === 1 ? "meets" : "meet"} ${all}`;
  const others = feasible.slice(1).filter((offer) => !alike.includes(offer));
  const rest = others.map((offer) => `${printable(offer.strategy)} ${costText(offer)}`);
  const who = `${names([first, ...alike])} ${alike.length === 0 ? "meets" : "meet"} ${all} for ${costText(first)} a month`;
  return `${who}${alike.length === 0 ? "" : ` (alike in cost, ${WITHIN})`}${rest.length === 0 ? (alike.length === 0 ? "; no other does" : "") : `; so do ${rest.join(", ")}`}`;
}

const WITHIN = `within ${percent(MARGIN)}`;

/** How sure that is: "3 runs: point estimates". */
export const purchaseGrounds = ({ runs }: Purchase): string => `${counted(runs, "run")}: point estimates`;

/** "beaten by sync", or that nobody beats it; empty where there is nothing to choose between. */
export const beatenText = ({ beatenBy }: Offer, { offers }: Purchase): string =>
  offers.length < 2 ? "" : beatenBy === undefined ? "not beaten" : `beaten by ${printable(beatenBy)}`;

/** What `beatenText` means. */
export const BEATEN = `Beaten: the other is better in cost or an objective, and worse in neither (differences ${WITHIN} aside); what none beats is the Pareto set.`;

/** "7 hosts", or "6.3 hosts" where they come and go. */
export const hostsText = ({ hosts }: Offer): string =>
  hosts === undefined ? "" : `${Number(hosts.toFixed(1))} ${Number(hosts.toFixed(1)) === 1 ? "host" : "hosts"}`;

/** With thousands apart: 12,345, or 12.34 below a hundred. */
export function costText({ cost }: Pick<Offer, "cost">): string {
  if (cost === undefined) return "unknown";
  return cost.mean < 100 ? cost.mean.toFixed(2) : String(Math.round(cost.mean)).replace(/\B(?=(?:\d{3})+$)/gu, ",");
}
