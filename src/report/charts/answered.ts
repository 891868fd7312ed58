/** What share of the operations was answered well, second by second: when service broke and when it was whole again. */
import { figure } from "../../study/stats/figure.ts";
import { printable } from "../layout.ts";
import type { Report } from "../report.ts";
import type { Drawn } from "../drawn.ts";
import { type Chart, chartSpec, inSeconds, runsWords, eachOf } from "./chart.ts";
import { linesOf } from "./strategies.ts";
import { durationOf, lengthWords, momentLayers, moments, momentsHeight, timeX, zoomParams } from "./time.ts";

/** Less than this between the best and the worst second is no story. */
const STORY = 0.02;

interface Point {
  readonly strategy: string;
  readonly at: number;
  readonly share: number;
}

/** Undefined where service was the same all the time. */
export function answeredChart(report: Report): Chart | undefined {
  const lines = linesOf(report);
  const { strategies } = lines;
  const points = strategies.flatMap(({ name, drawn }) => pointsOf(printable(name), drawn));
  const worst = strategies.flatMap(({ name }) => {
    const own = points.filter(({ strategy }) => strategy === printable(name));
    const least = own.reduce<Point | undefined>((best, one) => (best === undefined || one.share < best.share ? one : best), undefined);
    return least === undefined ? [] : [{ ...least, spread: Math.max(...own.map(({ share }) => share)) - least.share }];
  });
  if (!worst.some(({ spread }) => spread > STORY)) return undefined;
  const found = moments(report);
  const duration = durationOf(report);
  const width = lengthWords(strategies[0]?.drawn.answered.width ?? 0);
  const least = [...worst]
    .sort((a, b) => a.share - b.share)
    .map(({ strategy, share }) => ({ name: strategy, value: share, text: figure(share, "share") }));
  return {
    id: "answered",
    title: `Answered well in the worst ${width}: ${eachOf(least)}`,
    about: `Share of the operations issued in each ${width} that were answered well, all of ${runsWords(report.repeats)} a strategy together; faults and changes marked.${lines.note}`,
    reading: "A dip is service lost, its width how long, its depth how much.",
    time: true,
    spec: chartSpec("Share of operations answered well over time, one line a strategy.", {
      height: 200,
      params: zoomParams(0, duration),
      layer: [
        ...momentLayers(found),
        {
          data: { values: points },
          mark: { type: "line", interpolate: "step-after", clip: true, strokeWidth: 2 },
          encoding: {
            x: timeX("at"),
            y: {
              field: "share",
              type: "quantitative",
              title: "answered well",
              scale: { domain: [floorOf(worst.map(({ share }) => share)), 1], nice: false },
              axis: { format: ".0%", tickCount: 5 },
            },
            ...lines.encoding(6 + momentsHeight(found)),
            tooltip: [
              { field: "strategy", title: "strategy" },
              { field: "at", title: "from (s)" },
              { field: "share", title: "answered well", format: ".2%" },
            ],
          },
        },
      ],
    }),
  };
}

/** The axis begins at 0 unless that would press every line against its upper edge. */
const floorOf = (least: readonly number[]): number => {
  const lowest = Math.min(...least);
  return lowest < 0.7 ? 0 : Math.floor(lowest * 20 - 1) / 20;
};

/** The last stretch lasts to the end. */
function pointsOf(strategy: string, { answered: { points }, duration }: Drawn): readonly Point[] {
  const last = points.at(-1);
  const ends: Drawn["answered"]["points"] = last === undefined ? [] : [[duration, last[1]]];
  return [...points, ...ends].map(([at, share]) => ({ strategy, at: inSeconds(at), share }));
}
