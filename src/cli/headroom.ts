/**
 * Looks for the load at which the first objective breaks, healthy and with each failure domain gone: for `capacity`, over the runs of a
 * load together, and for the metrics `headroom` and `headroom.gone`, run by run.
 */
import { judge } from "../study/checks/expectations.ts";
import type { ExpectationVerdict } from "../study/checks/verdict.ts";
import type { Job } from "../study/experiment/experiment.ts";
import type { LoadFound } from "../simulator/record/record.ts";
import { searchLoad } from "../study/experiment/load-search.ts";
import { type Domain, domainText } from "../study/experiment/variant.ts";
import type { MetricExpectation, Scenario, StrategyRun } from "../study/scenario/scenario.ts";
import { metricByName } from "../study/stats/metrics.ts";
import { HEADROOM_LEAST, isHeadroom } from "../study/stats/metrics-headroom.ts";
import { InputError } from "./exit.ts";
import type { Pool } from "./pool.ts";
import type { RunRecord } from "./task.ts";

export interface Searching {
  readonly pool: Pool;
  /** Which of the pool's sources. */
  readonly source: number;
  readonly scenario: Scenario;
  readonly strategy: string;
  /** The runs of a load, judged together. */
  readonly jobs: readonly Job[];
  readonly precision: number;
  readonly most: number;
  /** Microseconds after a domain's death that are left out of metrics that can be. */
  readonly after: number;
  readonly signal: AbortSignal;
  readonly repeat: (job: Job) => string;
  /** Told of every load that was tried. */
  readonly tried?: (gone: Domain | undefined, load: number, broke: string | undefined) => void;
}

/** The objectives that a load can break: not how much load it takes. */
export const breakable = ({ objectives }: Scenario): readonly MetricExpectation[] => objectives.filter(({ metric }) => !isHeadroom(metric));

/** The warm-up after a domain's death, in whole windows. */
export const afterDeath = ({ warmup, window }: StrategyRun, asked: number = warmup): number => Math.ceil(asked / window) * window;

/** With every server there; undefined when it was interrupted. */
export const healthyLoad = (searching: Searching): Promise<LoadFound | undefined> => search(searching, undefined, undefined);

/** With the worst of these domains gone: the one at whose load something breaks first; "interrupted", or undefined without domains. */
export async function worstGone(
  searching: Searching,
  domains: readonly Domain[],
): Promise<(LoadFound & { readonly domain: string }) | "interrupted" | undefined> {
  let gone: (LoadFound & { readonly domain: string }) | undefined;
  for (const domain of domains) {
    // A domain that stands the load at which the worst so far breaks is not the worst, and no more of its loads are tried.
    const found = await search(searching, domain, gone?.breaks);
    if (found === undefined) return "interrupted";
    if (gone?.breaks === undefined || found.breaks !== undefined) gone = { ...found, domain: domainText(domain) };
    if (gone.breaks !== undefined && gone.holds === undefined) break;
  }
  return gone;
}

async function search(searching: Searching, gone: Domain | undefined, bound: number | undefined): Promise<LoadFound | undefined> {
  const { precision, most, after, tried } = searching;
  const loads = searchLoad({ precision, least: HEADROOM_LEAST, from: bound ?? 1, most: bound ?? most });
  for (let load = loads.next(); load !== undefined; load = loads.next()) {
    const records = await runAt(searching, load, gone);
    if (records === undefined) return undefined;
    const broke = firstBroken(searching, records, gone === undefined ? 0 : after);
    loads.tell(broke);
    tried?.(gone, load, broke);
  }
  return loads.found();
}

async function runAt(
  { pool, source, jobs, after, signal, repeat }: Searching,
  load: number,
  gone: Domain | undefined,
): Promise<readonly RunRecord[] | undefined> {
  const variant = { load, gone, longer: gone === undefined ? 0 : after };
  const ran = await pool.run({ source, jobs, verify: false, variant, signal, done: () => undefined, repeat });
  const records = ran.filter((record) => record !== undefined);
  return records.length < jobs.length ? undefined : records;
}

/** The first objective, in the file's order, that these runs break; judged from `from` on where the metric can be. */
function firstBroken({ scenario, strategy }: Searching, records: readonly RunRecord[], from: number): string | undefined {
  const duration = records[0]?.header.duration ?? 0;
  const verdicts = breakable(scenario).map((objective): ExpectationVerdict => {
    const canWindow = metricByName(objective.metric)?.filters.includes("window") === true;
    const where = from > 0 && canWindow ? { ...objective.where, window: { from, to: duration } } : objective.where;
    const counts = { plannedRepeats: records.length, actualRepeats: records.length };
    return judge({ ...objective, where, of: [strategy] }, new Map([[strategy, records]]), counts);
  });
  // A run without faults exercises no recovery: what nobody can judge there is not what breaks.
  if (verdicts.every(({ parts }) => parts.every((part) => part.kind === "unknown")))
    throw new InputError([`no objective can be judged of ${strategy} without the scenario's faults: ${verdicts[0]?.text ?? ""}`]);
  const broken = verdicts.find(({ kind }) => kind === "broken");
  return broken?.parts[0]?.text.replace(` of ${strategy}`, "").replace(/: broken$/u, "");
}
