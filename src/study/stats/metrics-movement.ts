/** What a change of members moved, against what it had to, from the facts of moves. */
import type { Fact } from "../../simulator/record/fact.ts";
import type { RunRecord } from "../../simulator/record/record.ts";
import type { MetricDefinition, Unit } from "./metric.ts";
import { type MetricValue, unknown, value } from "./sample.ts";

type Move = Extract<Fact, { readonly kind: "move" }>;

const CHANGED = "Unknown for a run in which no server joined, left or was given up, and keys were not divided anew.";
const PIECES = "Where an operation divides keys anew, the shards of the run are pieces: keys that stay together through all divisions.";

export const MOVEMENT_METRICS: readonly MetricDefinition[] = [
  metric(
    "moved.keys",
    "count",
    "less",
    `Key copies that came to a server because the membership changed: the keys of a shard at the instant when its copy was complete on a server that had none, summed over all copies of the run, those made twice (after a crash) included, settling included. ${PIECES} ${CHANGED}`,
    (record) => value(sum(arrivals(record), ({ keys }) => keys)),
  ),
  metric(
    "moved.bytes",
    "bytes",
    "less",
    `Bytes of the rows in those copies (see moved.keys): what was carried over the network in bulk, what was written meanwhile left out. ${CHANGED}`,
    (record) => value(sum(arrivals(record), ({ bytes }) => bytes)),
  ),
  metric(
    "moved.excess",
    "number",
    "less",
    `The moved.keys over the fewest that the change had to move: the sum over servers of the copies due there afterwards less those held there before, where that is above 0. Keys are counted as they lay when the first change began; what is due is where the last change wants copies. 1 is ideal; more says that servers both gave and received, or that copies were made twice. ${CHANGED} Unknown too if nothing had to move.`,
    (record) => {
      const fewest = record.movement?.fewestKeys ?? 0;
      if (fewest === 0) return unknown("unexercised", "the change of members had nothing to move");
      return value(sum(arrivals(record), ({ keys }) => keys) / fewest);
    },
  ),
  metric(
    "thrash",
    "count",
    "less",
    `Moves undone later: copies that came to a server and were given up again, and copies given up that came back to the same server. ${CHANGED}`,
    (record) => value(undone(record)),
  ),
];

function metric(
  name: string,
  unit: Unit,
  better: MetricDefinition["better"],
  definition: string,
  figure: (record: RunRecord) => MetricValue,
): MetricDefinition {
  return {
    name,
    definition,
    unit,
    better,
    filters: [],
    conflicts: [],
    over: false,
    extract: (record) =>
      record.facts.some(({ kind }) => kind === "membership") ? figure(record) : unknown("unexercised", "no change of members"),
    each: undefined,
    distribution: undefined,
  };
}

const arrivals = ({ facts }: RunRecord): readonly Move[] =>
  facts.filter((fact): fact is Move => fact.kind === "move" && fact.phase === "copied");

const sum = (moves: readonly Move[], of: (move: Move) => number): number => moves.reduce((total, move) => total + of(move), 0);

/** Per (shard, server): how often it changed its mind. */
function undone({ facts }: RunRecord): number {
  const last = new Map<string, "joined" | "left">();
  let count = 0;
  for (const fact of facts) {
    if (fact.kind !== "move" || (fact.phase !== "joined" && fact.phase !== "left")) continue;
    const place = `${fact.shard} ${fact.to}`;
    const before = last.get(place);
    if (before !== undefined && before !== fact.phase) count += 1;
    last.set(place, fact.phase);
  }
  return count;
}
