/** The metrics `headroom` and `headroom.gone` of every run of a study, where its scenario names them: added to the records. */
import { domainsOf } from "../study/experiment/variant.ts";
import type { Job } from "../study/experiment/experiment.ts";
import type { Scenario } from "../study/scenario/scenario.ts";
import { HEADROOM_MOST, HEADROOM_PRECISION, isHeadroom } from "../study/stats/metrics-headroom.ts";
import { afterDeath, healthyLoad, worstGone } from "./headroom.ts";
import type { Pool } from "./pool.ts";
import type { RunRecord } from "./task.ts";

export interface Measuring {
  readonly pool: Pool;
  readonly source: number;
  readonly scenario: Scenario;
  readonly jobs: readonly Job[];
  /** Runs searched at a time. */
  readonly lanes: number;
  readonly signal: AbortSignal;
  readonly repeat: (job: Job) => string;
}

/** Whether a scenario names it: its runs are searched for it then, each a dozen times as long as the run. */
export const asksHeadroom = (scenario: Scenario): boolean => askedOf(scenario).length > 0;

const askedOf = ({ expect, objectives }: Scenario): readonly string[] =>
  [...expect, ...objectives].flatMap((one) => (one.kind === "metric" && isHeadroom(one.metric) ? [one.metric] : []));

/** The same records with what was found; without it where the search was interrupted. In the order of the jobs. */
export async function measureHeadroom(
  records: readonly (RunRecord | undefined)[],
  { pool, source, scenario, jobs, lanes, signal, repeat }: Measuring,
): Promise<readonly (RunRecord | undefined)[]> {
  const asked = askedOf(scenario);
  const found = [...records];
  const isOver = (): boolean => signal.aborted;
  const one = async (index: number): Promise<void> => {
    const [job, record] = [jobs[index], records[index]];
    const strategy = scenario.strategies.find(({ name }) => name === job?.strategy);
    if (job === undefined || record === undefined || strategy === undefined || isOver()) return;
    const searching = {
      pool,
      source,
      scenario,
      strategy: strategy.name,
      jobs: [job],
      precision: HEADROOM_PRECISION,
      most: HEADROOM_MOST,
      after: afterDeath(strategy.run),
      signal,
      repeat,
    };
    const healthy = asked.includes("headroom") ? await healthyLoad(searching) : undefined;
    const gone = asked.includes("headroom.gone") ? await worstGone(searching, domainsOf(strategy.run)) : undefined;
    if (!isOver()) found[index] = { ...record, headroom: { healthy, gone: gone === "interrupted" ? undefined : gone } };
  };
  const waiting = [...records.keys()];
  const lane = async (): Promise<void> => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) await one(index);
  };
  await Promise.all(Array.from({ length: Math.max(1, lanes) }, lane));
  return found;
}
