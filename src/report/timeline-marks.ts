/** Instants of a run that a reader wants to see on a server's lane: suspicions, elections, promotions, moves. */
import type { Fact } from "../simulator/record/fact.ts";
import { faultWords } from "./fault-words.ts";
import { printable } from "./layout.ts";

/** In the order of a failover, then of a move. */
export const MARKS = [
  "members change",
  "suspected",
  "taken back",
  "election",
  "promoted",
  "stepped down",
  "refused as deposed",
  "rejoined",
  "copy complete",
  "copy given up",
  "role handed over",
] as const;

export interface TimelineMark {
  readonly lane: string;
  readonly mark: (typeof MARKS)[number];
  /** Microseconds of measured time: of the first, where several are one. */
  readonly at: number;
  readonly text: string;
  readonly count: number;
}

/** Of one kind on one server, nearer than this share of the run: one mark. */
const TOGETHER = 1 / 500;

/** In order of time. What was before measured time is how the cluster came to be. */
export function marksOf(facts: readonly Fact[], duration: number): readonly TimelineMark[] {
  const found: TimelineMark[] = [];
  const last = new Map<string, number>();
  for (const fact of facts) {
    const mark = markOf(fact);
    if (mark === undefined || fact.at < 0 || fact.at >= duration) continue;
    const place = `${mark.lane} ${mark.mark}`;
    const index = last.get(place);
    const before = index === undefined ? undefined : found[index];
    if (index !== undefined && before !== undefined && fact.at - before.at < duration * TOGETHER) {
      const first = before.text.split(", and ")[0] ?? "";
      found[index] = { ...before, count: before.count + 1, text: `${first}, and ${before.count} more` };
    } else {
      last.set(place, found.length);
      found.push({ lane: mark.lane, mark: mark.mark, at: fact.at, text: mark.text, count: 1 });
    }
  }
  return found;
}

/** What a reader misses least goes first where there are too many; then the last. */
const LEAST_TELLING: readonly TimelineMark["mark"][] = ["rejoined", "copy given up", "role handed over", "stepped down", "taken back"];

/** At most so many marks. */
export function mostTelling(marks: readonly TimelineMark[], most: number): readonly TimelineMark[] {
  let left = marks;
  for (const kind of LEAST_TELLING) if (left.length > most) left = left.filter(({ mark }) => mark !== kind);
  return left.slice(0, most);
}

function markOf(fact: Fact): Pick<TimelineMark, "lane" | "mark" | "text"> | undefined {
  const on = (server: number, mark: TimelineMark["mark"], text: string): Pick<TimelineMark, "lane" | "mark" | "text"> => ({
    lane: `s${server}`,
    mark,
    text,
  });
  switch (fact.kind) {
    case "membership":
      return { lane: "f", mark: "members change", text: faultWords(fact.label === "" ? fact.change : fact.label) };
    case "suspected":
      return on(fact.server, "suspected", `suspected by ${printable(fact.by)}`);
    case "retracted":
      return on(fact.server, "taken back", `${printable(fact.by)} takes its suspicion back`);
    case "election":
      return fact.outcome === "won"
        ? undefined
        : on(fact.server, "election", `shard ${fact.shard}: election ${fact.outcome}, term ${fact.epoch}`);
    case "ready":
      // A new epoch of the same primary: who must acknowledge changed, not who leads.
      if (fact.deposed === fact.server) return undefined;
      return on(fact.server, "promoted", `shard ${fact.shard}: takes writes in epoch ${fact.epoch}${fact.planned ? ", as planned" : ""}`);
    case "demoted":
      return on(fact.server, "stepped down", `shard ${fact.shard}: ${printable(fact.reason)}`);
    case "fenced":
      return on(fact.server, "refused as deposed", `shard ${fact.shard}: refuses a message of epoch ${fact.stale}`);
    case "rejoined":
      return on(fact.server, "rejoined", `shard ${fact.shard}: ${fact.rewound} entries taken back, ${fact.fetched} fetched`);
    case "move":
      if (fact.phase === "copied") return on(fact.to, "copy complete", `shard ${fact.shard}: ${fact.keys} keys from server ${fact.from}`);
      if (fact.phase === "left") return on(fact.to, "copy given up", `shard ${fact.shard}`);
      return fact.phase === "cutOver" ? on(fact.to, "role handed over", `shard ${fact.shard}: from server ${fact.from}`) : undefined;
    default:
      return undefined;
  }
}
