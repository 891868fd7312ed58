/**
 * What happened in a few runs of a study, made small: for each strategy the worst run and the median one, as lanes (faults, client
 * locations, servers) with bars and marks. Bounded whatever the run's length: marks of one kind that fall together are one mark, and
 * what is still too much is left out and counted.
 */
import type { Outage, Phases, RunRecord } from "../simulator/record/record.ts";
import { figure } from "../study/stats/figure.ts";
import { EVERYWHERE } from "../study/stats/metric.ts";
import { metricByName } from "../study/stats/metrics.ts";
import { isObserved, order } from "../study/stats/sample.ts";
import { printable } from "./layout.ts";
import { type Lane, type TimelineBar, serverBars, union, withoutCounts } from "./timeline-bars.ts";
import { type TimelineMark, marksOf, mostTelling } from "./timeline-marks.ts";

export interface Timeline {
  readonly strategy: string;
  readonly which: "worst" | "median";
  /** Runs it was chosen from. */
  readonly of: number;
  readonly repeat: number;
  readonly seed: number;
  /** Microseconds of measured time. */
  readonly duration: number;
  /** The stretch in which things happen, with a margin. */
  readonly focus: { readonly from: number; readonly to: number };
  /** The run's longest outage that a fault caused, or else that had no fault (overload), if it had one. */
  readonly longest:
    | {
        readonly length: number;
        readonly isOpen: boolean;
        readonly hasCause: boolean;
        readonly phase: string;
        readonly phaseLength: number;
      }
    | undefined;
  readonly lanes: readonly Lane[];
  readonly bars: readonly TimelineBar[];
  readonly marks: readonly TimelineMark[];
  /** Servers, bars and marks that there was no room for. */
  readonly left: { readonly servers: number; readonly bars: number; readonly marks: number };
}

/** Bounds of a study and of a run. */
const STRATEGIES_MOST = 8;
const SERVERS_MOST = 24;
const BARS_MOST = 240;
const MARKS_MOST = 240;

/** Worst and median of a strategy's runs if anything happened in them; only of the first strategies of a study. */
export function timelines(name: string, records: readonly RunRecord[], index: number): readonly Timeline[] {
  const ordered = [...records].sort((a, b) => badness(b, a));
  const [worst] = ordered;
  const median = ordered[Math.floor(ordered.length / 2)];
  if (index >= STRATEGIES_MOST || worst === undefined || median === undefined || !ordered.some(hasStory)) return [];
  const chosen = [{ record: worst, which: "worst" as const }, ...(median === worst ? [] : [{ record: median, which: "median" as const }])];
  return chosen.map(({ record, which }) => timelineOf(record, { strategy: printable(name), which, of: records.length }));
}

/** Faults, changes of members, outages: without them every lane would be one bar. */
const hasStory = ({ facts, outages }: RunRecord): boolean =>
  outages.length > 0 || facts.some(({ kind, at }) => at >= 0 && (kind === "fault" || kind === "membership" || kind === "election"));

/** Positive if `a` went worse than `b`: longer out, more lost, less answered; then the earlier repeat. */
function badness(a: RunRecord, b: RunRecord): number {
  const ranks = ["recovery.time", "loss.writes"].map((name) => valueOf(a, name) - valueOf(b, name));
  const share = valueOf(b, "availability") - valueOf(a, "availability");
  return [...ranks, share, b.header.repeat - a.header.repeat].find((one) => one !== 0 && !Number.isNaN(one)) ?? 0;
}

function valueOf(record: RunRecord, name: string): number {
  const found = metricByName(name)?.extract(record, EVERYWHERE, "max");
  return found !== undefined && isObserved(found) ? order(found) : -1;
}

function timelineOf(record: RunRecord, { strategy, which, of }: Pick<Timeline, "strategy" | "which" | "of">): Timeline {
  const { header, facts, outages } = record;
  const { duration, repeat, seed } = header;
  const servers = header.servers.map(({ name, zone }, index) => ({ id: `s${index}`, name: `${printable(name)} (${printable(zone)})` }));
  const marks = marksOf(facts, duration);
  const each = serverBars(record);
  const own = each.length > BARS_MOST / 2 ? withoutCounts(each) : each;
  const busy = (lane: string): number =>
    marks.filter((one) => one.lane === lane).length + own.filter((one) => one.lane === lane).length - 1;
  const kept = new Set(
    [...servers]
      .sort((a, b) => busy(b.id) - busy(a.id))
      .slice(0, SERVERS_MOST)
      .map(({ id }) => id),
  );
  const vantages = header.vantages.map((name, index) => ({ id: `v${index}`, name: `seen from ${printable(name)}`, vantage: name }));
  const faults = faultBars(record);
  const outs = vantages.flatMap(({ id, vantage }) =>
    outageBars(
      outages.filter((one) => one.vantage === vantage),
      id,
    ),
  );
  const bars = [...faults, ...outs, ...own.filter(({ lane }) => kept.has(lane))];
  const noticed = marks.filter(({ lane }) => lane === "f" || kept.has(lane));
  const seen = mostTelling(noticed, MARKS_MOST);
  return {
    strategy,
    which,
    of,
    repeat,
    seed,
    duration,
    focus: focusOf([...faults, ...outs], noticed, duration),
    longest: longestOf(record),
    lanes: [
      ...(faults.length === 0 && !seen.some(({ lane }) => lane === "f") ? [] : [{ id: "f", name: "faults, changes" }]),
      ...vantages.map(({ id, name }) => ({ id, name })),
      ...servers.filter(({ id }) => kept.has(id)),
    ],
    bars: bars.slice(0, BARS_MOST),
    marks: seen,
    left: {
      servers: servers.length - kept.size,
      bars: Math.max(0, bars.length - BARS_MOST),
      marks: noticed.length - seen.length,
    },
  };
}

/** A fault lasts until its end, or until that of the run. */
function faultBars({ facts, header: { duration } }: RunRecord): readonly TimelineBar[] {
  return facts.flatMap((fact, index): readonly TimelineBar[] => {
    if (fact.at < 0) return [];
    if (fact.kind !== "fault" || fact.phase !== "start") return [];
    const end = facts.slice(index).find((one) => one.kind === "fault" && one.phase === "end" && one.fault === fact.fault);
    const targets = fact.targets.slice(0, 4).map(printable).join(", ");
    const more = fact.targets.length > 4 ? ` and ${fact.targets.length - 4} more` : "";
    const text = `${printable(fact.label)}${targets === "" ? "" : `: ${targets}${more}`}`;
    return [{ lane: "f", state: "fault", from: fact.at, to: end?.at ?? duration, text, count: 0 }];
  });
}

/** Stretches in which a client location could not write to some shard; those of several shards that overlap are one bar. */
function outageBars(outages: readonly Outage[], lane: string): readonly TimelineBar[] {
  const spans = outages.map((one) => ({ from: one.openedAt, to: one.closedAt, of: one }));
  return union(spans).map(({ from, to, of }) => {
    const shards = [...new Set(of.map(({ shard }) => shard))].sort((a, b) => a - b);
    const longest = of.reduce((best, one) => (lengthOf(one) > lengthOf(best) ? one : best));
    const names = `${shards.length === 1 ? "shard" : "shards"} ${shards.slice(0, 6).join(", ")}${shards.length > 6 ? ` and ${shards.length - 6} more` : ""}`;
    const parts = phasesOf(longest.phases).map(([phase, length]) => `${phase} ${figure(length, "time")}`);
    const how = longest.ended === "open" ? "still out at the end" : `${figure(lengthOf(longest), "time")}: ${parts.join(", ")}`;
    return { lane, state: "out", from, to, text: `${names} out, at most ${how}`, count: 0 };
  });
}

const lengthOf = ({ openedAt, closedAt }: Outage): number => closedAt - openedAt;
const phasesOf = (phases: Phases): readonly (readonly [string, number])[] => Object.entries(phases).filter(([, length]) => length > 0);

function longestOf({ outages }: RunRecord): Timeline["longest"] {
  const [longest] = outages
    .filter(({ isolated }) => !isolated)
    .sort(
      (a, b) =>
        Number(b.causes.length > 0) - Number(a.causes.length > 0) ||
        Number(b.ended === "open") - Number(a.ended === "open") ||
        lengthOf(b) - lengthOf(a),
    );
  if (longest === undefined) return undefined;
  const [phase = "", phaseLength = 0] = [...phasesOf(longest.phases)].sort((a, b) => b[1] - a[1])[0] ?? [];
  return { length: lengthOf(longest), isOpen: longest.ended === "open", hasCause: longest.causes.length > 0, phase, phaseLength };
}

/** From the first fault, outage or mark to the last, a tenth more on both sides; all of the run if that is most of it. */
function focusOf(bars: readonly TimelineBar[], marks: readonly TimelineMark[], duration: number): Timeline["focus"] {
  const outs = bars.filter(({ state }) => state !== "fault");
  const starts = [...bars.map(({ from }) => from), ...marks.map(({ at }) => at)];
  // A fault that lasts for ever does not keep things happening.
  const ends = [...outs.map(({ to }) => to), ...marks.map(({ at }) => at), ...bars.map(({ from }) => from)];
  if (starts.length === 0) return { from: 0, to: duration };
  const [from, to] = [Math.min(...starts), Math.max(...ends)];
  const margin = Math.max((to - from) / 10, duration / 100);
  const focus = { from: Math.max(0, from - margin), to: Math.min(duration, to + margin) };
  return focus.to - focus.from > 0.7 * duration ? { from: 0, to: duration } : focus;
}
