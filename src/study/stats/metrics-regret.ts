/** Regret: how much more evenly the same requests could have been spread over the same hosts. */
import type { RunRecord } from "../../simulator/record/record.ts";
import { maxOverMean } from "./balance.ts";
import { bestPlacement, type BestPlacement } from "./best-placement.ts";
import type { MetricDefinition, MetricWhere } from "./metric.ts";
import { type MetricValue, unknown, value } from "./sample.ts";

export const REGRET_METRICS: readonly MetricDefinition[] = [
  {
    name: "regret",
    definition:
      "Imbalance less the imbalance of the best reachable placement: largest over mean load of the servers, less what dealing the same keys, each with all its requests, to the same servers could have reached; 0 when nothing better was possible, as with one key hotter than all others together. `what: requests` (default; probes left out) over measured time, or `keys` (held at its end, copies included). Exact where a best placement is found or its bounds meet; else it is a lower bound, the regret against a placement that is known to exist, and the run says how far the best could be from it. Servers are taken as alike: weights and cores do not count. Unknown without load, and where servers joined or left.",
    unit: "number",
    better: "less",
    filters: ["what"],
    conflicts: [],
    over: false,
    extract: regret,
    each: undefined,
    distribution: undefined,
  },
];

function regret(record: RunRecord, where: MetricWhere): MetricValue {
  const what = where.what ?? "requests";
  if (what === "bytes" || what === "busy") return unknown("unsupported", `${what} are not recorded by key`);
  if (record.facts.some(({ kind }) => kind === "membership") || record.header.servers.some(({ joins }) => joins === true))
    return unknown("unsupported", "servers came or went, and the best placement for each stretch of time is not known");
  const carried = what === "keys" ? keysHeld(record) : requestsServed(record);
  const imbalance = maxOverMean(carried);
  if (imbalance === undefined) return unknown("unexercised", `no ${what} to carry`);
  const mean = carried.reduce((sum, load) => sum + load, 0) / carried.length;
  const best = what === "keys" ? { least: Math.ceil(mean), reachable: Math.ceil(mean) } : bestOfRequests(record, carried.length);
  if (best === undefined) return unknown("unsupported", "the record does not tell requests by key");
  const found = Math.max(0, imbalance - best.reachable / mean);
  const most = Math.max(0, imbalance - best.least / mean);
  return most - found < 1e-9 ? value(found, "exact") : value(found, `at least; at most ${most.toFixed(3)}`);
}

function bestOfRequests({ windows: { hotKeys } }: RunRecord, hosts: number): BestPlacement | undefined {
  if (hotKeys === undefined) return undefined;
  return bestPlacement({ heaviest: hotKeys.hottest, next: hotKeys.next, rest: hotKeys.rest }, hosts);
}

function requestsServed({ header, windows: { count, serverRequests } }: RunRecord): readonly number[] {
  const servers = header.servers.length;
  return header.servers.map((_, server) => {
    let sum = 0;
    for (let window = 0; window < count; window += 1) sum += serverRequests[window * servers + server] ?? 0;
    return sum;
  });
}

function keysHeld({ header, windows: { count, serverKeys } }: RunRecord): readonly number[] {
  const servers = header.servers.length;
  return header.servers.map((_, server) => serverKeys[(count - 1) * servers + server] ?? 0);
}
