/** One run as it went: faults, client locations and servers as lanes. The reader of a page chooses which of the stored runs. */
import { figure } from "../../study/stats/figure.ts";
import type { Outage } from "../../simulator/record/record.ts";
import { printable } from "../layout.ts";
import type { Report } from "../report.ts";
import { MARKS } from "../timeline-marks.ts";
import { STATES, type Timeline, type TimelineRuns, unpackTimeline } from "../timeline-pack.ts";
import { medianRank } from "../timeline.ts";
import { type Chart, type Spec, chartSpec, inSeconds, legendColumns, runsWords } from "./chart.ts";
import { ROW, faultLines, isShown, timeX, zoomParams } from "./time.ts";

/** Told apart by hue and by height: what is thick matters. */
const LOOKS: Readonly<Record<(typeof STATES)[number], { readonly name: string; readonly colour: string; readonly height: number }>> = {
  fault: { name: "fault", colour: "#cc79a7", height: 12 },
  out: { name: "no writes", colour: "#d55e00", height: 12 },
  primary: { name: "leads shards", colour: "#0072b2", height: 14 },
  up: { name: "up", colour: "#9aa5b1", height: 4 },
  paused: { name: "paused", colour: "#e69f00", height: 14 },
  down: { name: "down", colour: "#8a5bb5", height: 3 },
};
/** In the order of the legend. */
const LEGEND = ["fault", "out", "primary", "up", "paused", "down"] as const;

/** Vega's names, or paths between -1 and 1. */
const SHAPES: Readonly<Record<(typeof MARKS)[number], string>> = {
  "members change": "M0-1L.25-.35L.95-.31L.4.13L.59.81L0 .42L-.59.81L-.4.13L-.95-.31L-.25-.35Z",
  suspected: "triangle-down",
  "taken back": "triangle-right",
  election: "diamond",
  promoted: "triangle-up",
  "stepped down": "square",
  "refused as deposed": "M-.9-.5L-.5-.9L0-.4L.5-.9L.9-.5L.4 0L.9.5L.5.9L0 .4L-.5.9L-.9.5L-.4 0Z",
  rejoined: "circle",
  "copy complete": "M0-1L.95-.31L.59.81L-.59.81L-.95-.31Z",
  "copy given up": "M-1-.35H1V.35H-1Z",
  "role handed over": "M-.9-.9H0L.9 0L0 .9H-.9L0 0Z",
};

/** Pixels of a lane. */
export const LANE = 21;
/** More than this share of an outage is all of it. */
const ALL = 0.98;
/** More faults are a fence, not words over a drawing; how many letters of each, and rows of words. */
const FAULTS_MOST = 6;
const LETTERS = 48;
const ROWS_MOST = 3;

/** Undefined where nothing happened in any run. */
export function timelineChart(report: Report): Chart | undefined {
  const strategies = report.strategies.flatMap(({ name, outages, drawn: { timelines } }) =>
    timelines.runs.length === 0
      ? []
      : [
          {
            ...timelines,
            name: printable(name),
            words: timelines.runs.map((run) =>
              wordsOf(printable(name), unpackTimeline(timelines, run), {
                kept: timelines.runs.length,
                cutOff: outages.flatMap(({ seed, outage }) => (seed === run.seed && outage.isolated ? [outage] : [])),
              }),
            ),
          },
        ],
  );
  // The worst of all is shown first: the longest out, of those the first.
  const worst = strategies.map((one, strategy) => ({ strategy, out: outOf(one.runs[0]?.longest) })).sort((a, b) => b.out - a.out)[0];
  const of = strategies[worst?.strategy ?? 0];
  const [run, words] = [of?.runs[0], of?.words[0]];
  if (worst === undefined || of === undefined || run === undefined || words === undefined) return undefined;
  return {
    id: "timeline",
    title: words.title,
    about: words.about,
    reading:
      "Read from the fault on to the right: until when clients could not write (upper lanes), who was suspected, who took over the lead (the number in a blue bar is how many shards a server leads). Point at anything for details.",
    time: true,
    runs: { states: STATES.map((state) => LOOKS[state].name), marks: MARKS, strategies, shown: { strategy: worst.strategy, run: 0 } },
    spec: specOf(strategies, unpackTimeline(of, run)),
  };
}

const outOf = (longest: Timeline["longest"]): number => (longest === undefined ? 0 : longest.isOpen ? Infinity : longest.length);

interface RunWords {
  /** Runs that there was room for. */
  readonly kept: number;
  /** Outages of clients that no strategy could have served. */
  readonly cutOff: readonly Outage[];
}

function wordsOf(strategy: string, timeline: Timeline, { kept, cutOff }: RunWords): TimelineRuns["strategies"][number]["words"][number] {
  const { rank, of, seed, longest, left, lanes } = timeline;
  const place = of === 1 ? "only" : rank === 1 ? "worst" : rank === of ? "best" : rank === medianRank(of) ? "median" : `${rank} of ${of}`;
  const out = longest === undefined ? "never out" : longest.isOpen ? "out to the end" : `out ${figure(longest.length, "time")}`;
  const run = of === 1 ? "The run" : /\d/u.test(place) ? `Run ${place}, from the worst,` : `The ${place} run`;
  const servers = left.servers === 0 ? "" : ` The ${lanes.length} lanes in which most happens; ${left.servers} servers are left out.`;
  const marks = left.bars + left.marks === 0 ? "" : ` No room for ${left.bars + left.marks} more bars and signs.`;
  const room = kept === of ? "" : ` No room for every run: the ${kept - 2} worst, the best and the median are kept.`;
  return {
    label: `${place}: ${out}, seed ${seed}`,
    title: titleOf(`${run} of ${strategy}`, timeline, cutOff),
    about: `One of ${runsWords(of)} of ${strategy}: the ${place === "only" || !/\d/u.test(place) ? place : `${rank}.`}${/\d/u.test(place) ? " from the worst" : ""}, seed ${seed}. Bars are states, signs are events.${servers}${marks}${room}`,
  };
}

function titleOf(run: string, { longest, marks, focus }: Timeline, cutOff: readonly Outage[]): string {
  const isCut = cutOff.length > 0;
  const open = cutOff.some(({ ended }) => ended === "open");
  const length = Math.max(0, ...cutOff.map(({ openedAt, closedAt }) => closedAt - openedAt));
  const apart = isCut ? `; clients cut off from a majority cannot for ${figure(length, "time")}${open ? ", to the end" : ""}` : "";
  return `${run}: ${servedTitle({ longest, marks, focus }, isCut)}${apart}`;
}

/** What happened to clients that a strategy could serve. */
function servedTitle({ longest, marks, focus }: Pick<Timeline, "longest" | "marks" | "focus">, isCut: boolean): string {
  if (longest === undefined) {
    const copies = marks.filter(({ mark }) => mark === "copy complete").reduce((sum, { count }) => sum + count, 0);
    const made = copies > 0 ? `${copies} copies are made within ${figure(focus.to - focus.from, "time")}, and ` : "";
    const who = isCut ? "clients that reach most of the replicas" : "clients";
    return `${made}${who} can write all the time`;
  }
  const { length, isOpen, hasCause, phase, phaseLength } = longest;
  const spent = phase === "return" ? "waiting for the server to return" : phase;
  const part = phaseLength > ALL * length ? "all" : figure(phaseLength, "time");
  const rest = isOpen ? ", to the end" : phase === "" || !hasCause ? "" : `, ${part} of it ${spent}`;
  if (!hasCause) return `without any fault no write of some client is both answered in time and kept for ${figure(length, "time")}${rest}`;
  return `some client${isCut ? " that is not cut off" : ""} cannot write for ${figure(length, "time")}${rest}`;
}

/** Rows of the three tables that the specification draws. */
export function timelineRows({ lanes, bars, marks }: Timeline): Readonly<Record<"bars" | "marks" | "faults", readonly Spec[]>> {
  const order = (id: string): number => lanes.findIndex((lane) => lane.id === id);
  const laneOf = (id: string): Spec => ({ lane: lanes[order(id)]?.name ?? id, order: order(id) });
  const faults = bars.filter(({ state }) => state === "fault");
  return {
    bars: bars.map(({ lane, state, from, to, text, count }) => ({
      ...laneOf(lane),
      state: LOOKS[state].name,
      from: inSeconds(from),
      to: inSeconds(to),
      text,
      ...(count > 0 ? { count } : {}),
    })),
    marks: marks.map(({ lane, mark, at, text }) => ({ ...laneOf(lane), mark, at: inSeconds(at), text })),
    faults:
      faults.length > FAULTS_MOST
        ? []
        : faults.map(({ from, text }, index) => ({
            at: inSeconds(from),
            words: (text.split(":")[0] ?? "").slice(0, LETTERS),
            row: index % ROWS_MOST,
          })),
  };
}

function specOf(strategies: TimelineRuns["strategies"], shown: Timeline): Spec {
  const all = strategies.flatMap(({ runs }) => runs);
  const every = (numbers: readonly number[], size: number): readonly number[] => numbers.filter((_, index) => index % size === 1);
  const stateSet = new Set(all.flatMap(({ bars }) => every(bars, 6)));
  const kindSet = new Set(all.flatMap(({ marks }) => every(marks, 5)));
  const states = LEGEND.filter((state) => stateSet.has(STATES.indexOf(state)));
  const kinds = MARKS.filter((_, index) => kindSet.has(index));
  const faults = Math.max(0, ...all.map(({ bars }) => every(bars, 6).filter((state) => STATES[state] === "fault").length));
  const above = ROW * Math.min(ROWS_MOST, faults);
  const y = {
    field: "lane",
    type: "nominal",
    title: "",
    sort: { field: "order", op: "min" },
    axis: { labelLimit: 150, ticks: false, domain: false, grid: true, labelOverlap: false },
  };
  const legend = { orient: "top", direction: "horizontal", title: "", columns: legendColumns(2, 3, 6) };
  const heights = [...new Set(states.map((state) => LOOKS[state].height))];
  return chartSpec("States and events of one run, lane by lane.", {
    height: LANE * shown.lanes.length,
    params: zoomParams(shown.focus.from, shown.focus.to),
    datasets: timelineRows(shown),
    layer: [
      ...heights.map((height) => ({
        data: { name: "bars" },
        transform: [
          { filter: { field: "state", oneOf: states.filter((state) => LOOKS[state].height === height).map((state) => LOOKS[state].name) } },
        ],
        mark: { type: "bar", height, clip: true },
        encoding: {
          x: timeX("from"),
          x2: { field: "to" },
          y,
          color: {
            field: "state",
            type: "nominal",
            scale: { domain: states.map((state) => LOOKS[state].name), range: states.map((state) => LOOKS[state].colour) },
            legend: { ...legend, symbolType: "square", offset: 6 + above },
          },
          tooltip: [
            { field: "lane", title: "lane" },
            { field: "state", title: "state" },
            { field: "text", title: "what" },
            { field: "from", title: "from (s)" },
            { field: "to", title: "to (s)" },
          ],
        },
      })),
      ...faultLayers(faults),
      {
        data: { name: "bars" },
        transform: [
          { filter: "isValid(datum.count)" },
          { calculate: "max(datum.from, zoomFrom)", as: "left" },
          { filter: "min(datum.to, zoomTo) - datum.left > (zoomTo - zoomFrom) / 25" },
        ],
        mark: { type: "text", align: "left", dx: 9, fontSize: 10, fontWeight: "bold", color: "#ffffff" },
        encoding: { x: timeX("left"), y, text: { field: "count" } },
      },
      ...(kinds.length === 0 ? [] : [marksLayer(kinds, y, legend)]),
    ],
  });
}

/** A line through all lanes where a fault begins, its words above. */
const faultLayers = (faults: number): readonly Spec[] =>
  faults === 0
    ? []
    : faultLines(
        { name: "faults" },
        "at",
        Array.from({ length: Math.min(ROWS_MOST, faults) }, (_, row) => row),
      );

const marksLayer = (kinds: readonly (typeof MARKS)[number][], y: Spec, legend: Spec): Spec => ({
  data: { name: "marks" },
  transform: [isShown("at")],
  mark: { type: "point", style: "sign", filled: true, size: 90, strokeWidth: 1, opacity: 1 },
  encoding: {
    x: timeX("at"),
    y,
    shape: {
      field: "mark",
      type: "nominal",
      scale: { domain: kinds, range: kinds.map((kind) => SHAPES[kind]) },
      legend: { ...legend, orient: "bottom" },
    },
    tooltip: [
      { field: "lane", title: "lane" },
      { field: "mark", title: "event" },
      { field: "text", title: "what" },
      { field: "at", title: "at (s)" },
    ],
  },
});
