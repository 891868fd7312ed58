/**
 * What the page runs to show another run's timeline: unpacks it (as timeline-pack.ts does) into the rows that the specification draws (as
 * charts/timeline.ts does). A test holds the two against each other.
 */
import { LANE } from "./charts/timeline.ts";

export const TIMELINE_SCRIPT = `
const timelineOf = ({ states, marks: kinds, strategies }, { strategy, run: number }) => {
  const packed = strategies[strategy];
  const run = packed.runs[number];
  const lanes = packed.lanes[run.lanes];
  const seconds = (microseconds) => Number((microseconds / 1e6).toFixed(6));
  const bars = [];
  for (let at = 0, last = 0; at < run.bars.length; at += 6) {
    const [lane, state, gap, length, text, count] = run.bars.slice(at, at + 6);
    const from = last + gap;
    last = from + length;
    bars.push({ lane: lanes[lane].name, order: lane, state: states[state], from: seconds(from), to: seconds(last), text: packed.texts[text], ...(count > 0 ? { count } : {}) });
  }
  const marks = [];
  for (let at = 0, last = 0; at < run.marks.length; at += 5) {
    const [lane, kind, gap, text] = run.marks.slice(at, at + 5);
    last += gap;
    marks.push({ lane: lanes[lane].name, order: lane, mark: kinds[kind], at: seconds(last), text: packed.texts[text] });
  }
  const struck = bars.filter(({ state }) => state === states[0]);
  const faults = struck.length > 6 ? [] : struck.map(({ from, text }, index) => ({ at: from, words: text.split(":")[0].slice(0, 48), row: index % 3 }));
  return { datasets: { bars, marks, faults }, height: ${LANE} * lanes.length, focus: [seconds(run.focus.from), seconds(run.focus.to)], ...packed.words[number] };
};
`;
