/** What a reader must know of how the runs were made: traces that were replayed, from the resolved scenario of each strategy. */
import { figure } from "../study/stats/figure.ts";
import type { Report } from "./report.ts";

type Data = Readonly<Record<string, unknown>>;

/** One sentence each, alike for all strategies or not at all. */
export function notes(report: Report): readonly string[] {
  const found = report.strategies.flatMap(({ resolved }) => {
    const run = mapOf(resolved);
    return (Array.isArray(run["workload"]) ? run["workload"] : []).flatMap((workload: unknown) => replayNote(mapOf(workload), run));
  });
  return [...new Set(found)];
}

function replayNote({ name, trace }: Data, run: Data): readonly string[] {
  if (trace === undefined) return [];
  const { file, contents, timeScale, loop, spread } = mapOf(trace);
  const { rows, hash, first, last } = mapOf(contents);
  const length = (Number(last) - Number(first) + Number(spread)) * Number(timeScale);
  const asked = Number(run["warmup"]) + Number(run["duration"]);
  const end = loop === true ? "" : length < asked ? `; it ends after ${figure(length, "time")} of ${figure(asked, "time")}` : "";
  return [
    `${String(name)} replays ${String(file)} (${String(rows)} rows, contents ${String(hash)})${end}: repeats vary only network, service and faults.`,
  ];
}

const mapOf = (value: unknown): Data => (typeof value === "object" && Boolean(value) ? (value as Data) : {});
