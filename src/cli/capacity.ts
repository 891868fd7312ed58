/**
 * `shardlab capacity`: the load at which an objective breaks, healthy and with the worst single failure domain gone: the headroom of each
 * strategy (study/stats/metrics-headroom.ts). The scenario's own faults and planned operations are left out; its arrivals come more or less often, from the same streams.
 */
import type { LoadFound } from "../simulator/record/record.ts";
import { planJobs } from "../study/experiment/experiment.ts";
import { type Domain, domainText, domainsOf } from "../study/experiment/variant.ts";
import { HEADROOM_MOST, HEADROOM_PRECISION } from "../study/stats/metrics-headroom.ts";
import { figure } from "../study/stats/figure.ts";
import { jsonText } from "../report/json-text.ts";
import { printable, wrap } from "../report/layout.ts";
import type { Given } from "./arguments.ts";
import { offeredLoad } from "./offered-load.ts";
import { Exit, InputError } from "./exit.ts";
import { type Searching, afterDeath, breakable, healthyLoad, worstGone } from "./headroom.ts";
import { listenForInterrupt } from "./interrupt.ts";
import type { StartPool } from "./pool.ts";
import { readDuration, readShare } from "./quantities.ts";
import { plan, studyOptions } from "./studies.ts";
import type { Terminal } from "./terminal.ts";

const REPEATS = 3;

/** What one strategy stands: healthy, and with each failure domain gone. */
interface Capacity {
  readonly strategy: string;
  /** Operations a second that the scenario asks for, where all its workloads are open loops. */
  readonly offered: number | undefined;
  readonly healthy: LoadFound;
  /** With the worst domain gone: the one at whose load something breaks first. */
  readonly gone: (LoadFound & { readonly domain: string }) | undefined;
}

/** The command. Gives the exit status: 1 if a strategy breaks an objective at the load that the scenario asks for. */
export async function capacity(given: Given, terminal: Terminal, startPool: StartPool): Promise<number> {
  const options = studyOptions(given);
  const [planned] = await plan(options);
  if (planned === undefined) throw new InputError(["capacity: name a scenario"]);
  const { scenario, source, strategies } = planned;
  if (breakable(scenario).length === 0)
    throw new InputError([`${source.file}: no objectives: nothing can break; write such as objectives: { latency.read: { p99: 20ms } }`]);
  const precision = readShare(given, "precision") ?? HEADROOM_PRECISION;
  if (precision < 0.001 || precision > 1) throw new InputError([`--precision: ${precision} is not from 0.1% to 100%`]);
  const repeats = options.repeats ?? REPEATS;
  const interrupt = listenForInterrupt();
  const pool = startPool([source], Math.max(1, Math.min(options.jobs, repeats)));
  const found: Capacity[] = [];
  try {
    for (const { name, run } of scenario.strategies.filter(({ name }) => strategies.includes(name))) {
      const searching: Searching = {
        pool,
        source: 0,
        scenario,
        strategy: name,
        jobs: planJobs(scenario, { repeats, seed: options.seed ?? scenario.seed, strategies: [name] }),
        precision,
        most: given.whole("most", 1, 1_024) ?? HEADROOM_MOST,
        after: afterDeath(run, readDuration(given, "after")),
        signal: interrupt.signal,
        repeat: () => `shardlab capacity ${scenario.file} --strategy ${name}`,
        ...(options.quiet ? {} : { tried: (gone, load, broke) => terminal.say(triedText(name, gone, load, broke)) }),
      };
      const healthy = await healthyLoad(searching);
      const gone = healthy === undefined ? "interrupted" : await worstGone(searching, given.flag("healthy") ? [] : domainsOf(run));
      if (healthy === undefined || gone === "interrupted") break;
      const one: Capacity = { strategy: name, offered: offeredLoad(run), healthy, gone };
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

const triedText = (strategy: string, gone: Domain | undefined, load: number, broke: string | undefined): string =>
  `${printable(strategy)}, ${gone === undefined ? "healthy" : `${domainText(gone)} gone`}, load × ${factor(load)}: ${broke === undefined ? "holds" : `breaks ${broke}`}`;

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
