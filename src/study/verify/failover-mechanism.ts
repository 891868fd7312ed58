/**
 * What a way of failing over must give to be judged by `verify failover`: a small cluster that runs the real part, the
 * times of one trial by an independent model of the same timers, and the real system whose window its options must hit.
 */
import { assert } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";
import type { Fact } from "../../simulator/record/fact.ts";
import type { RunRecord } from "../../simulator/record/record.ts";
import { experiment } from "./laboratory.ts";
import type { Setting } from "./settings.ts";
import type { TopicOptions } from "./topic.ts";

/** Times since the host's death, microseconds. */
export interface Trial {
  /** Until the suspicion may be acted upon (b1 of the outage). */
  readonly detection: number;
  /** Until the successor accepts writes (b3). */
  readonly failover: number;
  /** Until the news is where clients look for it (b4). */
  readonly published: number;
  /** Elections (or claims) that were held until then; runs with more than one are counted apart. */
  readonly elections: number;
}

/** The options of a trial by their names, microseconds or numbers. */
export type Chosen = (name: string) => number;

/** Named like the option of the scenario that it sets. */
export interface MechanismSetting extends Setting {
  readonly kind: "duration" | "count";
}

/** Options of a real system, and the window in which a new writer is to be expected after a host's silent death. */
export interface SystemWindow {
  readonly system: string;
  readonly source: string;
  /** Settings by name, as a scenario writes them. */
  readonly options: Readonly<Record<string, string>>;
  /** What the system has beside them, as `--set path=value`. */
  readonly set?: (chosen: Chosen) => readonly string[];
  /** Microseconds. */
  readonly low: number;
  readonly high: number;
  /** Settings of the planted twin, laid over the options: it must miss the window. */
  readonly planted: Readonly<Record<string, string>>;
}

export interface Mechanism {
  readonly name: string;
  /** Whose timers the model plays, and where they were read. */
  readonly source: string;
  readonly settings: readonly MechanismSetting[];
  /** A scenario with one shard, whose primary's host dies for ever at an instant unrelated to any timer. */
  readonly text: string;
  /** What is wrong with options that each are within their bounds; `isSet`: not by default. */
  readonly problems?: (chosen: Chosen, isSet: (name: string) => boolean) => readonly string[];
  /** What the options set in it, as `--set path=value`: its horizon too, wide enough for one failover. */
  readonly set: (chosen: Chosen) => readonly string[];
  /** One trial, from the death on, by the timers alone: it knows nothing of the part. */
  readonly model: (chosen: Chosen, random: Random) => Trial;
  /** What makes the part wrong while the model is told nothing: settings of the twin, as factors of the options. */
  readonly planted: (chosen: Chosen) => Readonly<Record<string, number>>;
  readonly windows: readonly SystemWindow[];
  /** Claims are counted as elections where the mechanism has none. */
  readonly countsElections: boolean;
}

/** So many whole runs of the real part. Undefined: no successor within the horizon. */
export function trials(
  mechanism: Mechanism,
  chosen: Chosen,
  repeats: number,
  { progress }: Pick<TopicOptions, "progress">,
  more: readonly string[] = [],
): readonly (Trial | undefined)[] {
  const set = [...mechanism.set(chosen), ...more];
  return experiment({ text: mechanism.text, set, repeats, progress }, (record) => trialOf(record, mechanism));
}

/** What a record says about the first failover after its fault. */
function trialOf({ facts, header }: RunRecord, { name, countsElections }: Mechanism): Trial | undefined {
  const death = facts.find((fact) => fact.kind === "fault");
  assert(death?.kind === "fault", `${name}, seed ${header.seed}: nothing died`);
  assert(
    !facts.some((fact) => fact.at < death.at && (fact.kind === "actionable" || fact.kind === "chosen")),
    `${name}, seed ${header.seed}: a failover began before anything was wrong`,
  );
  // With full coverage other shards stop and come back as well.
  const ready = facts.find((fact) => fact.kind === "ready" && fact.at >= death.at && death.touches.includes(fact.shard));
  if (ready?.kind !== "ready") return undefined;
  const { epoch } = ready;
  const chosen = facts.find((fact) => fact.kind === "chosen" && fact.epoch === epoch);
  const visible = facts.find((fact) => fact.kind === "visible" && fact.epoch === epoch);
  assert(chosen?.kind === "chosen", `${name}, seed ${header.seed}: the successor was never chosen`);
  const actionable = facts.findLast((fact) => fact.kind === "actionable" && fact.by === chosen.by && fact.at <= chosen.at);
  assert(actionable !== undefined, `${name}, seed ${header.seed}: the successor's choice was never called for`);
  const isElection = (fact: Fact): boolean =>
    fact.at >= death.at &&
    fact.at <= ready.at &&
    (countsElections ? fact.kind === "election" && fact.outcome === "started" : fact.kind === "chosen");
  return {
    detection: actionable.at - death.at,
    failover: ready.at - death.at,
    published: (visible?.at ?? Infinity) - death.at,
    elections: facts.filter(isElection).length,
  };
}
