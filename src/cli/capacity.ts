/**
 * `shardlab capacity`: the load at which an objective breaks, healthy and with the worst single failure domain gone: the headroom of each
 * strategy. The scenario's own faults and planned operations are left out; its arrivals come more or less often, from the same streams.
 */
import { judge } from "../study/checks/expectations.ts";
import type { ExpectationVerdict } from "../study/checks/verdict.ts";
import { type LoadFound, searchLoad } from "../study/experiment/load-search.ts";
import { planJobs } from "../study/experiment/experiment.ts";
import { type Domain, domainText, domainsOf } from "../study/experiment/variant.ts";
import type { MetricExpectation, Scenario, Strategy } from "../study/scenario/scenario.ts";
import { metricByName } from "../study/stats/metrics.ts";
import { figure } from "../study/stats/figure.ts";
import { jsonText } from "../report/json-text.ts";
import { printable, wrap } from "../report/layout.ts";
import type { Given } from "./arguments.ts";
import { offeredLoad } from "./offered-load.ts";
import { Exit, InputError } from "./exit.ts";
import { listenForInterrupt } from "./interrupt.ts";
import type { Pool, StartPool } from "./pool.ts";
import { readDuration, readShare } from "./quantities.ts";
import { plan, studyOptions } from "./studies.ts";
import type { RunRecord } from "./task.ts";
import type { Terminal } from "./terminal.ts";

const REPEATS = 3;
const PRECISION = 0.05;
const LEAST = 1 / 64;
const MOST = 16;

/** What one strategy stands: healthy, and with each failure domain gone. */
interface Capacity {
  readonly strategy: string;
  /** Operations a second that the scenario asks for, where all its workloads are open loops. */
  readonly offered: number | undefined;
  readonly healthy: LoadFound;
  /** With the worst domain gone: the one at whose load something breaks first. */
  readonly gone: (LoadFound & { readonly domain: string }) | undefined;
}

interface Means {
  readonly pool: Pool;
  readonly terminal: Terminal;
  readonly quiet: boolean;
  readonly repeats: number;
  readonly seed: number;
  readonly precision: number;
  readonly most: number;
  readonly after: number;
  readonly signal: AbortSignal;
}

/** The command. Gives the exit status: 1 if a strategy breaks an objective at the load that the scenario asks for. */
export async function capacity(given: Given, terminal: Terminal, startPool: StartPool): Promise<number> {
  const options = studyOptions(given);
  const [planned] = await plan(options);
  if (planned === undefined) throw new InputError(["capacity: name a scenario"]);
  const { scenario, source, strategies } = planned;
  if (scenario.objectives.length === 0)
    throw new InputError([`${source.file}: no objectives: nothing can break; write such as objectives: { latency.read: { p99: 20ms } }`]);
  const precision = readShare(given, "precision") ?? PRECISION;
  if (precision < 0.001 || precision > 1) throw new InputError([`--precision: ${precision} is not from 0.1% to 100%`]);
  const repeats = options.repeats ?? REPEATS;
  const interrupt = listenForInterrupt();
  const pool = startPool([source], Math.max(1, Math.min(options.jobs, repeats)));
  const found: Capacity[] = [];
  try {
    for (const strategy of scenario.strategies.filter(({ name }) => strategies.includes(name))) {
      const after = readDuration(given, "after") ?? strategy.run.warmup;
      const means: Means = {
        pool,
        terminal,
        quiet: options.quiet,
        repeats,
        seed: options.seed ?? scenario.seed,
        precision,
        most: given.whole("most", 1, 1_024) ?? MOST,
        // Whole windows are judged.
        after: Math.ceil(after / strategy.run.window) * strategy.run.window,
        signal: interrupt.signal,
      };
      const one = await capacityOf(scenario, strategy, given.flag("healthy") ? [] : domainsOf(strategy.run), means);
      if (one === undefined) break;
      found.push(one);
      if (!given.flag("json")) terminal.print(capacityText(one, terminal.columns));
    }
  } finally {
    interrupt.release();
    await pool.close();
  }
  if (given.flag("json")) terminal.print(`${jsonText({ scenario: scenario.name, precision, repeats, strategies: found })}\n`);
  const isBroken = found.some(({ healthy, gone }) => [healthy, gone].some((one) => one?.breaks !== undefined && one.breaks <= 1));
  return interrupt.status() ?? (isBroken ? Exit.Broken : Exit.Held);
}

/** Undefined when it was interrupted. */
async function capacityOf(
  scenario: Scenario,
  { name, run }: Strategy,
  domains: readonly Domain[],
  means: Means,
): Promise<Capacity | undefined> {
  const healthy = await search(scenario, name, undefined, means);
  if (healthy === undefined) return undefined;
  let gone: Capacity["gone"];
  for (const domain of domains) {
    // A domain that stands the load at which the worst so far breaks is not the worst, and no more of its loads are tried.
    const found = await search(scenario, name, domain, means, gone?.breaks);
    if (found === undefined) return undefined;
    if (gone?.breaks === undefined || found.breaks !== undefined) gone = { ...found, domain: domainText(domain) };
    if (gone.breaks !== undefined && gone.holds === undefined) break;
  }
  return { strategy: name, offered: offeredLoad(run), healthy, gone };
}

async function search(
  scenario: Scenario,
  strategy: string,
  gone: Domain | undefined,
  means: Means,
  bound?: number,
): Promise<LoadFound | undefined> {
  const { terminal, quiet, precision, most } = means;
  const searching = searchLoad({ precision, least: LEAST, from: bound ?? 1, most: bound ?? most });
  for (let load = searching.next(); load !== undefined; load = searching.next()) {
    const records = await runAt(scenario, strategy, { load, gone }, means);
    if (records === undefined) return undefined;
    const broke = firstBroken(scenario.objectives, strategy, records, gone === undefined ? 0 : means.after);
    searching.tell(broke);
    if (!quiet) {
      const where = gone === undefined ? "healthy" : `${domainText(gone)} gone`;
      terminal.say(`${printable(strategy)}, ${where}, load × ${factor(load)}: ${broke === undefined ? "holds" : `breaks ${broke}`}`);
    }
  }
  return searching.found();
}

async function runAt(
  scenario: Scenario,
  strategy: string,
  { load, gone }: { readonly load: number; readonly gone: Domain | undefined },
  { pool, repeats, seed, after, signal }: Means,
): Promise<readonly RunRecord[] | undefined> {
  const jobs = planJobs(scenario, { repeats, seed, strategies: [strategy] });
  const variant = { load, gone, longer: gone === undefined ? 0 : after };
  const ran = await pool.run({
    source: 0,
    jobs,
    verify: false,
    variant,
    signal,
    done: () => undefined,
    repeat: () => `shardlab capacity ${scenario.file} --strategy ${strategy}`,
  });
  const records = ran.filter((record) => record !== undefined);
  return records.length < jobs.length ? undefined : records;
}

/** The first objective, in the file's order, that these runs break; judged from `from` on where the metric can be. */
function firstBroken(
  objectives: readonly MetricExpectation[],
  strategy: string,
  records: readonly RunRecord[],
  from: number,
): string | undefined {
  const duration = records[0]?.header.duration ?? 0;
  const verdicts = objectives.map((objective): ExpectationVerdict => {
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

const factor = (load: number): string => figure(load, "number");

function capacityText({ strategy, offered, healthy, gone }: Capacity, columns: number): string {
  const at = (load: number): string => `× ${factor(load)}${offered === undefined ? "" : ` (${figure(load * offered, "rate")})`}`;
  const says = ({ holds, breaks, what }: LoadFound): string => {
    if (breaks === undefined) return `holds up to ${at(holds ?? 1)}, and was not tried beyond`;
    if (holds === undefined) return `breaks even at ${at(breaks)}: ${what ?? ""}`;
    return `holds up to ${at(holds)}, breaks at ${at(breaks)}: ${what ?? ""}`;
  };
  const lines = [
    printable(strategy),
    ...wrap(`  healthy: ${says(healthy)}`, columns, 4).map((line) => (line.startsWith("  ") ? line : `  ${line}`)),
    ...(gone === undefined
      ? []
      : wrap(`  ${printable(gone.domain)} gone (the worst): ${says(gone)}`, columns, 4).map((line) =>
          line.startsWith("  ") ? line : `  ${line}`,
        )),
  ];
  return `${lines.join("\n")}\n`;
}
