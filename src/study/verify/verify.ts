/**
 * `shardlab verify`: closed forms and published results beside the simulator. Each topic is one file: scenarios as text,
 * run like any other scenario, the theory's prediction for each, and a planted twin in which something is wrong on
 * purpose, so that one can see that the comparison would notice.
 *
 * case.ts judges; closed-forms.ts predicts; laboratory.ts runs; settings.ts reads what a topic lets one set.
 */
import { AVAILABILITY } from "./availability.ts";
import { BALANCING } from "./balancing.ts";
import type { VerifyCase } from "./case.ts";
import { COPYSETS } from "./copysets.ts";
import { DETECTION } from "./detection.ts";
import { FAILOVER } from "./failover.ts";
import { LOSS } from "./loss.ts";
import { MEASUREMENTS } from "./measured.ts";
import { MOVEMENT } from "./movement.ts";
import { PHASES } from "./phases.ts";
import { QUEUEING } from "./queueing.ts";
import { QUORUM } from "./quorum.ts";
import { RAFT } from "./raft.ts";
import { SHARDING } from "./sharding.ts";
import { readSettings } from "./settings.ts";
import { SCATTER } from "./scatter.ts";
import type { Topic, TopicOptions } from "./topic.ts";

export type { VerifyCase } from "./case.ts";
export type { Topic, TopicOptions } from "./topic.ts";

/** In the order in which `verify` runs and lists them. */
export const TOPICS: readonly Topic[] = [
  QUEUEING,
  DETECTION,
  FAILOVER,
  MEASUREMENTS,
  LOSS,
  MOVEMENT,
  PHASES,
  AVAILABILITY,
  BALANCING,
  SCATTER,
  SHARDING,
  COPYSETS,
  RAFT,
  QUORUM,
];

export type VerifyResult =
  { readonly ok: true; readonly cases: readonly VerifyCase[] } | { readonly ok: false; readonly problems: readonly string[] };

/** Runs the topic of this name; or says what is wrong with the name, the settings and the number of runs, all at once. */
export function verifyTopic(name: string, options: TopicOptions): VerifyResult {
  const topic = TOPICS.find((candidate) => candidate.name === name);
  const problems: string[] = [];
  if (topic === undefined) problems.push(`there is no topic "${name}"; there are ${TOPICS.map((candidate) => candidate.name).join(", ")}`);
  else {
    const read = readSettings(topic.settings, options.set);
    problems.push(...(read.ok ? (topic.problems?.(read.settings) ?? []) : read.problems));
  }
  const least = topic?.runsLeast ?? 1;
  if (options.runs !== undefined && !(Number.isSafeInteger(options.runs) && options.runs >= least)) {
    problems.push(`runs: ${options.runs} is no number of repeats to judge by; write a whole number from ${least}`);
  }
  if (topic === undefined || problems.length > 0) return { ok: false, problems };
  return { ok: true, cases: topic.run(options) };
}
