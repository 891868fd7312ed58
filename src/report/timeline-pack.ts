/**
 * What a run's timeline is, and timelines of many runs made small: times as differences in whole microseconds, texts once each, lanes by number. A run of a small cluster
 * takes some 500 bytes, so that a page can hold hundreds; runs are taken in until there is no room, and how many were is known.
 */
import type { Lane, TimelineBar } from "./timeline-bars.ts";
import { MARKS, type TimelineMark } from "./timeline-marks.ts";

export interface Timeline {
  /** 1 is the worst run of its strategy, by time out, then loss, then the share not answered. */
  readonly rank: number;
  /** Runs of the strategy: the rank of the best. */
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

/** Of one strategy. */
export interface PackedTimelines {
  /** Runs that there were; those that are not below had no room. */
  readonly of: number;
  /** Microseconds of measured time. */
  readonly duration: number;
  readonly texts: readonly string[];
  /** Runs mostly have the same lanes. */
  readonly lanes: readonly (readonly Lane[])[];
  /** The worst first. */
  readonly runs: readonly PackedRun[];
}

export interface PackedRun extends Pick<Timeline, "rank" | "repeat" | "seed" | "focus" | "longest" | "left"> {
  /** Which of the lanes above. */
  readonly lanes: number;
  /** Six numbers a bar: lane, state, microseconds since the end of the bar before it, length, text, count. */
  readonly bars: readonly number[];
  /** Five numbers a mark: lane, kind, microseconds since the mark before it, text, count. */
  readonly marks: readonly number[];
}

/** What the page needs to show another run than the one that is in the specification (page-timeline.ts). */
export interface TimelineRuns {
  /** By number, as in the packed runs. */
  readonly states: readonly string[];
  readonly marks: readonly string[];
  readonly strategies: readonly (PackedTimelines & {
    readonly name: string;
    /** Of each run: how it is called in a list, its finding, and what is said below that. */
    readonly words: readonly { readonly label: string; readonly title: string; readonly about: string }[];
  })[];
  /** Which is in the specification. */
  readonly shown: { readonly strategy: number; readonly run: number };
}

/** In the order of their numbers. */
export const STATES: readonly TimelineBar["state"][] = ["fault", "out", "up", "primary", "paused", "down"];

/** Numbers of a bar and of a mark. */
const BAR = 6;
const MARK = 5;

export interface Choosing {
  /** Runs that there were. */
  readonly of: number;
  readonly duration: number;
  /** Characters of JSON that all of them may take. The first is always taken. */
  readonly room: number;
}

/** `wanted` gives timelines in the order in which they are to be kept, until there is no room for one; none of them twice. */
export function packTimelines(wanted: Iterable<Timeline>, { of, duration, room }: Choosing): PackedTimelines {
  const texts = new Map<string, number>();
  const lanes = new Map<string, { readonly number: number; readonly lanes: readonly Lane[] }>();
  const runs: PackedRun[] = [];
  let used = 0;
  for (const timeline of wanted) {
    const fresh: string[] = [];
    const textOf = (text: string): number => {
      const known = texts.get(text) ?? fresh.indexOf(text);
      const found = texts.has(text) || known < 0 ? known : texts.size + known;
      if (found >= 0) return found;
      fresh.push(text);
      return texts.size + fresh.length - 1;
    };
    const key = JSON.stringify(timeline.lanes);
    const run = packed(timeline, textOf, lanes.get(key)?.number ?? lanes.size);
    const size = JSON.stringify([run, fresh]).length + (lanes.has(key) ? 0 : key.length);
    if (runs.length > 0 && used + size > room) break;
    used += size;
    for (const text of fresh) texts.set(text, texts.size);
    if (!lanes.has(key)) lanes.set(key, { number: lanes.size, lanes: timeline.lanes });
    runs.push(run);
  }
  return {
    of,
    duration,
    texts: [...texts.keys()],
    lanes: [...lanes.values()].map((one) => one.lanes),
    runs: runs.sort((a, b) => a.rank - b.rank),
  };
}

function packed(timeline: Timeline, textOf: (text: string) => number, lanes: number): PackedRun {
  const { rank, repeat, seed, focus, longest, left } = timeline;
  const laneOf = (id: string): number => timeline.lanes.findIndex((lane) => lane.id === id);
  let last = 0;
  const bars = timeline.bars.flatMap(({ lane, state, from, to, text, count }) => {
    const one = [laneOf(lane), STATES.indexOf(state), from - last, to - from, textOf(text), count];
    last = to;
    return one;
  });
  last = 0;
  const marks = timeline.marks.flatMap(({ lane, mark, at, text, count }) => {
    const one = [laneOf(lane), MARKS.indexOf(mark), at - last, textOf(text), count];
    last = at;
    return one;
  });
  // In the order of the schema: what is read back is written as it was.
  return { rank, repeat, seed, focus, longest, lanes, bars, marks, left };
}

/** The timeline that was packed. The page's script does the same (page-timeline.ts). */
export function unpackTimeline({ of, duration, texts, lanes: sets }: PackedTimelines, run: PackedRun): Timeline {
  const { rank, repeat, seed, focus, longest, left } = run;
  const lanes = sets[run.lanes] ?? [];
  const laneOf = (number = -1): string => lanes[number]?.id ?? "";
  const bars: TimelineBar[] = [];
  for (let at = 0, last = 0; at < run.bars.length; at += BAR) {
    const [lane, state = 0, gap = 0, length = 0, text = 0, count = 0] = run.bars.slice(at, at + BAR);
    const from = last + gap;
    last = from + length;
    bars.push({ lane: laneOf(lane), state: STATES[state] ?? "up", from, to: last, text: texts[text] ?? "", count });
  }
  const marks: TimelineMark[] = [];
  for (let at = 0, last = 0; at < run.marks.length; at += MARK) {
    const [lane, mark = 0, gap = 0, text = 0, count = 0] = run.marks.slice(at, at + MARK);
    last += gap;
    marks.push({ lane: laneOf(lane), mark: MARKS[mark] ?? "election", at: last, text: texts[text] ?? "", count });
  }
  return { rank, of, repeat, seed, duration, focus, longest, lanes, bars, marks, left };
}
