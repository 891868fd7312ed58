/** What changed between two studies, for people and as data. Every line is at most as wide as asked. */
import type { Change, ChangeKind } from "../study/stats/change.ts";
import { counted, differenceFigure, figure, figuresApart, observedFigure, percent } from "../study/stats/figure.ts";
import type { MetricSummary } from "../study/stats/summary.ts";
import { type MetricChange, type StrategyChange, type StudyChange, type VerdictChange, isUnchanged, isWorse } from "./changes.ts";
import { clip, padEnd, padStart, printable, widthOf, wrap } from "./layout.ts";
import { type Paint, PLAIN } from "./paint.ts";
import { type PathChange, pathChangeText } from "./path-changes.ts";
import { orderingFigure } from "./ranking.ts";
import { CONFIDENCE } from "./stored.ts";

export interface ChangesTextOptions {
  readonly columns: number;
  readonly paint?: Paint;
  /** What the two are called: their folders. */
  readonly names: readonly [before: string, after: string];
}

/** Paths of the scenario that are shown; the rest is counted. */
const PATHS_MOST = 12;

/** All that `compare` prints of two studies, with an end of line. */
export function changesText(change: StudyChange, { columns, paint = PLAIN, names }: ChangesTextOptions): string {
  const { before, after } = change;
  const title = wrap(`${printable(after.name)}: ${printable(names[1])} against ${printable(names[0])}`, columns, 2).map(paint.bold);
  const facts = [before, after].map((one) => `${counted(one.repeats, "repeat")}, seed ${one.seed}, shardlab ${printable(one.version)}`);
  const alike = facts[0] === facts[1] ? (facts[0] ?? "") : `${facts[1] ?? ""}; before: ${facts[0] ?? ""}`;
  const other = before.name === after.name ? [] : [`Of different scenarios: ${printable(before.name)} and ${printable(after.name)}.`];
  const shared = sharedChanges(change);
  const known = new Set(shared.map(placeOf));
  const apart = (one: StrategyChange): StrategyChange => ({ ...one, scenario: one.scenario.filter((path) => !known.has(placeOf(path))) });
  const blocks = [
    [...title, ...wrap(alike, columns, 2).map(paint.dim), ...other.flatMap((line) => wrap(line, columns, 2).map(paint.doubtful))],
    strategiesLines(change, columns),
    shared.length === 0 ? [] : [paint.bold("Of the scenario, alike for all strategies"), ...pathLines(shared, columns, paint)],
    ...(isUnchanged(change) ? [] : change.strategies.map((one) => strategyLines(apart(one), columns, paint))),
    legendLines(change, columns).map(paint.dim),
    verdictLines(change.verdicts, columns, paint),
    wrap(conclusion(change), columns).map(isWorse(change) ? paint.bad : paint.good),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")}\n`;
}

function strategiesLines({ gone, gained }: StudyChange, columns: number): readonly string[] {
  const list = (names: readonly string[]): string => names.map(printable).join(", ");
  return [
    ...(gone.length === 0 ? [] : wrap(`Only before: ${list(gone)}`, columns, 2)),
    ...(gained.length === 0 ? [] : wrap(`Only now: ${list(gained)}`, columns, 2)),
  ];
}

function strategyLines(
  { name, common, same, contradicting, scenario, metrics }: StrategyChange,
  columns: number,
  paint: Paint,
): readonly string[] {
  const runs = common === 0 ? "no seed in common, so that all runs of both sides are compared" : `${same} of ${common} runs the same`;
  const broken =
    contradicting === 0
      ? []
      : [
          `${counted(contradicting, "run")} of the same key left another digest: one of the files was changed, or runs are not deterministic.`,
        ];
  return [
    ...wrap(`${printable(name)}: ${runs}`, columns, 2).map(paint.bold),
    ...broken.flatMap((line) => wrap(line, columns, 2).map(paint.bad)),
    ...pathLines(scenario, columns, paint),
    ...metricLines(metrics, columns, paint),
  ];
}

const placeOf = ({ path, before, after }: PathChange): string => JSON.stringify([path, before, after]);

/** What changed alike in every strategy, said once; none where there is only one. */
function sharedChanges({ strategies }: StudyChange): readonly PathChange[] {
  const [first, ...others] = strategies.map(({ scenario }) => scenario);
  if (first === undefined || others.length === 0) return [];
  const known = others.map((paths) => new Set(paths.map(placeOf)));
  return first.filter((path) => known.every((places) => places.has(placeOf(path))));
}

function pathLines(all: readonly PathChange[], columns: number, paint: Paint): readonly string[] {
  const paths = all.slice(0, PATHS_MOST).map(pathChangeText);
  const more = all.length > PATHS_MOST ? [`and ${counted(all.length - PATHS_MOST, "more place")} of the scenario`] : [];
  return [...paths, ...more].flatMap((line) => wrap(`  ${printable(line)}`, columns, 4).map((one) => paint.dim(`  ${one.trimStart()}`)));
}

/** What the column "by" is, where there is one, and the units of what is not said with one. */
function legendLines({ strategies }: StudyChange, columns: number): readonly string[] {
  const told = strategies.flatMap(({ metrics }) => metrics).filter(({ kind }) => kind !== "same" && kind !== "alike");
  const by = told.some(({ sampled }) => sampled.kind === "paired")
    ? ["by: the median of the differences of runs with the same seed, which is not the difference of the two figures."]
    : told.length > 0
      ? ["by: the median of the differences of any run from any, which is not the difference of the two figures."]
      : [];
  const isChanged = strategies.some(({ scenario }) =>
    scenario.some(({ before, after }) => /\d{3}/u.test(`${before ?? ""} ${after ?? ""}`)),
  );
  const units = isChanged ? ["Of the scenario, times without a unit are in microseconds, sizes in bytes, rates per second."] : [];
  return [...by, ...units].flatMap((line) => wrap(line, columns, 2));
}

const WORDS: Readonly<Record<ChangeKind, string>> = {
  same: "same",
  better: "BETTER",
  worse: "WORSE",
  different: "differs",
  alike: "alike",
  open: "open",
  gained: "new",
  gone: "GONE",
};

const GAP = 2;
const WORD = 7;

/** A line for each metric that changed or may have; the others by name. */
function metricLines(metrics: readonly MetricChange[], columns: number, paint: Paint): readonly string[] {
  const told = metrics.filter(({ kind }) => kind !== "same" && kind !== "alike");
  const rows = told.map((one) => ({ one, cells: [one.metric.name, figureOf(one.before), figureOf(one.after), differenceText(one)] }));
  const head = ["", "before", "now", `by (${percent(CONFIDENCE)})`];
  const widths = head.map((title, column) => Math.max(...[title, ...rows.map(({ cells }) => cells[column] ?? "")].map(widthOf)));
  const room = columns - WORD - GAP * head.length - widths.slice(1).reduce((sum, width) => sum + width, 0);
  widths[0] = Math.max(8, Math.min(widths[0] ?? 0, room));
  const line = (word: string, cells: readonly string[]): string => {
    const [name = "", ...figures] = cells.map((cell, column) =>
      column === 0 ? padEnd(clip(cell, widths[0] ?? 0), widths[0] ?? 0) : padStart(cell, widths[column] ?? 0),
    );
    return clip(`${padEnd(word, WORD)}${" ".repeat(GAP)}${[name, ...figures].join(" ".repeat(GAP))}`, columns).trimEnd();
  };
  const colour = { better: paint.good, worse: paint.bad, gone: paint.bad } as const;
  const shown = rows.map(({ one, cells }) => {
    const text = line(WORDS[one.kind], cells);
    return one.kind === "better" || one.kind === "worse" || one.kind === "gone" ? colour[one.kind](text) : text;
  });
  const named = (kind: ChangeKind): string =>
    metrics
      .filter((one) => one.kind === kind)
      .map(({ metric }) => metric.name)
      .join(", ");
  const rest = (["alike", "same"] as const).flatMap((kind) =>
    named(kind) === "" ? [] : wrap(`${padEnd(WORDS[kind], WORD)}  ${named(kind)}`, columns, 9),
  );
  return [...(shown.length === 0 ? [] : [paint.dim(line("", head)), ...shown]), ...rest];
}

function figureOf(summary: MetricSummary | undefined): string {
  const { figures } = summary ?? {};
  if (summary === undefined || figures === undefined) return "–";
  if (summary.pooled !== undefined && summary.statistic === "p99") return figure(summary.pooled.p99, summary.unit);
  const found = orderingFigure(summary);
  const isMedian = summary.metric.startsWith("recovery.") || figures.mean.kind === "refused";
  return isMedian ? observedFigure(figures.p50.value, summary.unit) : figure(found ?? NaN, summary.unit);
}

function differenceText({ difference, metric, kind }: Change): string {
  if (difference === undefined || kind === "gained" || kind === "gone") return "–";
  const { median, low, high } = difference;
  const ends = [median, low, high].filter((one) => one !== undefined);
  const texts = figuresApart(ends, metric.unit, signed);
  const at = (end: number | undefined): string => (end === undefined ? "open" : (texts[ends.indexOf(end)] ?? "open"));
  const range = low === undefined && high === undefined ? "too few runs" : low === high ? "in each" : `${at(low)} to ${at(high)}`;
  return `${at(median)} (${range})`;
}

const signed: typeof differenceFigure = (number, unit, digits) => `${number > 0 ? "+" : ""}${differenceFigure(number, unit, digits)}`;

function verdictLines(verdicts: readonly VerdictChange[], columns: number, paint: Paint): readonly string[] {
  if (verdicts.length === 0) return [];
  const lines = verdicts.map(
    ({ strategy, what, before, after }) =>
      `${printable(what)} of ${printable(strategy)}: ${before ?? "not expected"}, now ${after ?? "not expected"}`,
  );
  return [paint.bold("Expectations that changed"), ...lines.flatMap((line) => wrap(`  ${line}`, columns, 4))];
}

/** All that makes it worse, a line each: for whoever has no room for more. */
export function worseLines(change: StudyChange): readonly string[] {
  const metrics = change.strategies.flatMap(({ name, metrics: all, contradicting }) => [
    ...(contradicting === 0 ? [] : [`${printable(name)}: ${counted(contradicting, "run")} of the same key left another digest`]),
    ...all
      .filter(({ kind }) => kind === "worse" || kind === "gone")
      .map(
        (one) =>
          `${one.metric.name} of ${printable(name)}: ${figureOf(one.before)} before, now ${figureOf(one.after)}, by ${differenceText(one)}`,
      ),
  ]);
  const verdicts = change.verdicts
    .filter(({ before, after }) => after !== "held" && (before === "held" || (before === undefined && after === "broken")))
    .map(
      ({ strategy, what, before, after }) =>
        `${printable(what)} of ${printable(strategy)}: ${before ?? "not expected"} before, now ${after ?? "not expected"}`,
    );
  const gone = change.gone.map((name) => `${printable(name)} is gone`);
  return [...gone, ...metrics, ...verdicts];
}

/** One sentence on all of it. */
export function conclusion(change: StudyChange): string {
  if (isUnchanged(change)) {
    const runs = change.strategies.reduce((sum, one) => sum + one.common, 0);
    return `Nothing changed: ${runs === 1 ? "the run is" : `all ${runs} runs are`} the same, event by event.`;
  }
  const all = change.strategies.flatMap(({ metrics }) => metrics);
  const of = (kind: ChangeKind): number => all.filter((one) => one.kind === kind).length;
  const counts = (["worse", "better", "different", "gone", "gained", "open"] as const).flatMap((kind) =>
    of(kind) === 0 ? [] : [`${of(kind)} ${kind === "open" ? "not told apart" : WORDS[kind].toLowerCase()}`],
  );
  const told = counts.length === 0 ? "no metric changed by more than the margin" : counts.join(", ");
  return `${isWorse(change) ? "Worse" : "Nothing is worse"}: of ${counted(all.length, "metric")} ${told}; ${counted(change.verdicts.length, "verdict")} changed.`;
}

/** The same as data; figures in the metric's unit. */
export function changesData(change: StudyChange, [before, after]: readonly [string, string]): unknown {
  return {
    before,
    after,
    unchanged: isUnchanged(change),
    worse: isWorse(change),
    confidence: CONFIDENCE,
    gone: change.gone,
    gained: change.gained,
    strategies: change.strategies.map(({ name, common, same, contradicting, scenario, metrics }) => ({
      name,
      runs: { common, same, contradicting },
      scenario,
      metrics: metrics.map(({ metric, kind, sampled, difference, p, before: old, after: now }) => ({
        metric: metric.name,
        unit: metric.unit,
        kind,
        sampled,
        before: orderingFigure(old),
        after: orderingFigure(now),
        difference,
        p,
      })),
    })),
    verdicts: change.verdicts,
  };
}
