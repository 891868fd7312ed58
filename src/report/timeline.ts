/**
 * What happened in the runs of a study, made small: each as lanes (faults, client locations, servers) with bars and marks. Bounded whatever
 * the run's length: marks of one kind that fall together are one mark, and what is still too much is left out and counted. All runs are
 * kept as far as there is room (timeline-pack.ts): the worst first, then the best, the median, and the rest from the worst on.
 */
import type { Outage, Phases, RunRecord } from "../simulator/record/record.ts";
import { figure } from "../study/stats/figure.ts";
import { EVERYWHERE } from "../study/stats/metric.ts";
import { metricByName } from "../study/stats/metrics.ts";
import { isObserved, order } from "../study/stats/sample.ts";
import { faultWords } from "./fault-words.ts";
import { printable } from "./layout.ts";
import { type PackedTimelines, type Timeline, packTimelines } from "./timeline-pack.ts";
import { type TimelineBar, serverBars, union, withoutCounts } from "./timeline-bars.ts";
import { type TimelineMark, marksOf, mostTelling } from "./timeline-marks.ts";

/** Bounds of a study, in characters, and of a run. */
const ROOM = 1_800_000;
const SERVERS_MOST = 24;
const BARS_MOST = 240;
const MARKS_MOST = 240;

/** Timelines of a strategy that shares the room of a study with so many others; none if nothing happened in any run. */
export function timelines(records: readonly RunRecord[], strategies: number): PackedTimelines {
  const duration = Math.max(0, ...records.map(({ header }) => header.duration));
  const of = records.length;
  const choosing = { of, duration, room: ROOM / Math.max(1, strategies) };
  if (!records.some(hasStory)) return packTimelines([], choosing);
  const ordered = records
    .map((record) => ({ record, badness: badnessOf(record) }))
    .sort((a, b) => byBadness(b.badness, a.badness))
    .map(({ record }) => record);
  const ranks = [...new Set([1, of, medianRank(of), ...ordered.map((_, index) => index + 1)])];
  return packTimelines(timelinesAt(ordered, ranks), choosing);
}

/** The rank of the median run of so many. */
export const medianRank = (of: number): number => Math.floor(of / 2) + 1;

/** One after the other, since only as many are made as there is room for. */
function* timelinesAt(ordered: readonly RunRecord[], ranks: readonly number[]): Generator<Timeline> {
  for (const rank of ranks) {
    const record = ordered[rank - 1];
    if (record !== undefined) yield timelineOf(record, { rank, of: ordered.length });
  }
}

/** Faults, changes of members, outages: without them every lane would be one bar. */
const hasStory = ({ facts, outages }: RunRecord): boolean =>
  outages.length > 0 || facts.some(({ kind, at }) => at >= 0 && (kind === "fault" || kind === "membership" || kind === "election"));

/** How badly a run went, the first figure first: longer out, more lost, less answered, the earlier repeat. */
const badnessOf = (record: RunRecord): readonly number[] => [
  valueOf(record, "recovery.time"),
  valueOf(record, "loss.writes"),
  -valueOf(record, "availability"),
  -record.header.repeat,
];

/** Positive if `a` went worse than `b`. */
function byBadness(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((one, place) => one !== b[place]);
  return index < 0 ? 0 : (a[index] ?? 0) > (b[index] ?? 0) ? 1 : -1;
}

function valueOf(record: RunRecord, name: string): number {
  const found = metricByName(name)?.extract(record, EVERYWHERE, "max");
  return found !== undefined && isObserved(found) ? order(found) : -1;
}

function timelineOf(record: RunRecord, { rank, of }: Pick<Timeline, "rank" | "of">): Timeline {
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
    rank,
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
    const text = `${faultWords(fact.label)}${targets === "" ? "" : `: ${targets}${more}`}`;
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
