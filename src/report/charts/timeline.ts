/** One run as it went: faults, client locations and servers as lanes. The reader chooses which of the stored runs. */
import { figure } from "../../study/stats/figure.ts";
import type { Report } from "../report.ts";
import type { Timeline } from "../timeline.ts";
import { MARKS } from "../timeline-marks.ts";
import { type Chart, type Spec, chartSpec, inSeconds, runsWords } from "./chart.ts";
import { isShown, timeX, zoomParams } from "./time.ts";

/** Told apart by hue and by height: what is thick matters. */
const STATES = {
  fault: { name: "fault", colour: "#cc79a7", height: 12 },
  out: { name: "no writes", colour: "#d55e00", height: 12 },
  primary: { name: "leads shards", colour: "#0072b2", height: 14 },
  up: { name: "up", colour: "#9aa5b1", height: 4 },
  paused: { name: "paused", colour: "#e69f00", height: 14 },
  down: { name: "down", colour: "#8a5bb5", height: 3 },
} as const;

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

/** Undefined where nothing happened in any run. */
export function timelineChart(report: Report): Chart | undefined {
  const found = report.strategies.flatMap(({ drawn }) => drawn.timelines);
  // The worst of all is shown first: the longest out, of those the first.
  const shown = [...found].filter(({ which }) => which === "worst").sort((a, b) => outOf(b) - outOf(a))[0];
  if (shown === undefined) return undefined;
  const { focus, left } = shown;
  const leftOut = left.servers === 0 ? "" : ` The ${shown.lanes.length} lanes in which most happens; ${left.servers} servers are left out.`;
  return {
    id: "timeline",
    title: titleOf(shown),
    about: `One run${found.length === 1 ? "" : ` of the ${found.length} that are kept`}: ${nameOf(shown)}. Bars are states, signs are events.${leftOut}`,
    reading:
      "Read from the fault on to the right: until when clients could not write (upper lanes), who was suspected, who took over the lead (the number in a blue bar is how many shards a server leads). Point at anything for details.",
    time: true,
    spec: specOf(found, shown, focus),
  };
}

const outOf = ({ longest }: Timeline): number => (longest === undefined ? 0 : longest.isOpen ? Infinity : longest.length);

const nameOf = ({ strategy, which, of, seed }: Timeline): string => `${strategy}, ${which} of ${runsWords(of)} (seed ${seed})`;

function titleOf({ strategy, longest, of, marks, focus }: Timeline): string {
  const run = `${of === 1 ? "The run" : "The worst run"} of ${strategy}`;
  if (longest === undefined) {
    const copies = marks.filter(({ mark }) => mark === "copy complete").reduce((sum, { count }) => sum + count, 0);
    const made = copies > 0 ? `${copies} copies are made within ${figure(focus.to - focus.from, "time")}, and ` : "";
    return `${run}: ${made}clients can write all the time`;
  }
  const { length, isOpen, hasCause, phase, phaseLength } = longest;
  const rest = isOpen ? ", to the end" : phase === "" || !hasCause ? "" : `, ${figure(phaseLength, "time")} of it ${phase}`;
  return `${run}: ${hasCause ? "" : "without any fault "}some client cannot write for ${figure(length, "time")}${rest}`;
}

function specOf(found: readonly Timeline[], shown: Timeline, focus: Timeline["focus"]): Spec {
  const names = found.map(nameOf);
  const bars = found.flatMap((one) =>
    one.bars.map(({ lane, state, from, to, text, count }) => ({
      run: nameOf(one),
      lane: laneName(one, lane),
      order: laneOrder(one, lane),
      state: STATES[state].name,
      height: STATES[state].height,
      from: inSeconds(from),
      to: inSeconds(to),
      text,
      ...(count > 0 ? { count } : {}),
    })),
  );
  const marks = found.flatMap((one) =>
    one.marks.map(({ lane, mark, at, text }) => ({
      run: nameOf(one),
      lane: laneName(one, lane),
      order: laneOrder(one, lane),
      mark,
      at: inSeconds(at),
      text,
    })),
  );
  const states = Object.values(STATES).filter(({ name }) => bars.some(({ state }) => state === name));
  const kinds = MARKS.filter((mark) => marks.some((one) => one.mark === mark));
  const chosen = { filter: "datum.run === run" };
  const y = {
    field: "lane",
    type: "nominal",
    title: "",
    sort: { field: "order", op: "min" },
    axis: { labelLimit: 150, ticks: false, domain: false, grid: true, labelOverlap: false },
  };
  const legend = { orient: "top", direction: "horizontal", title: "", columns: { expr: "width < 300 ? 2 : width < 520 ? 3 : 5" } };
  return chartSpec("States and events of one run, lane by lane.", {
    height: 21 * shown.lanes.length,
    params: [
      { name: "run", value: nameOf(shown), ...(names.length > 1 ? { bind: { input: "select", options: names, name: "Run " } } : {}) },
      ...zoomParams(focus.from, focus.to),
    ],
    layer: [
      ...[...new Set(states.map(({ height }) => height))].map((height) => ({
        data: { values: bars.filter((one) => one.height === height).map(({ height: _, ...bar }) => bar) },
        transform: [chosen],
        mark: { type: "bar", height, clip: true },
        encoding: {
          x: timeX("from"),
          x2: { field: "to" },
          y,
          color: {
            field: "state",
            type: "nominal",
            scale: { domain: states.map(({ name }) => name), range: states.map(({ colour }) => colour) },
            legend: { ...legend, symbolType: "square" },
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
      {
        data: {
          values: bars
            .filter((one) => one.count !== undefined)
            .map(({ run, lane, order, from, to, count }) => ({ run, lane, order, from, to, count })),
        },
        transform: [
          chosen,
          { calculate: "max(datum.from, zoomFrom)", as: "left" },
          { filter: "min(datum.to, zoomTo) - datum.left > (zoomTo - zoomFrom) / 25" },
        ],
        mark: { type: "text", align: "left", dx: 9, fontSize: 10, fontWeight: "bold", color: "#ffffff" },
        encoding: { x: timeX("left"), y, text: { field: "count" } },
      },
      ...(marks.length === 0
        ? []
        : [
            {
              data: { values: marks },
              transform: [chosen, isShown("at")],
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
            },
          ]),
    ],
  });
}

const laneName = ({ lanes }: Timeline, id: string): string => lanes.find((lane) => lane.id === id)?.name ?? id;
const laneOrder = ({ lanes }: Timeline, id: string): number => lanes.findIndex((lane) => lane.id === id);
