/** How evenly load is spread, and how busy servers are, from the record's windows. */
import { mean } from "simple-statistics";
import type { RunRecord, Windows } from "../../simulator/record/record.ts";
import { gini, jain, maxOverMean, variationCoefficient } from "./balance.ts";
import { type MetricDefinition, type MetricWhere, type WindowRange, windowRange } from "./metric.ts";
import { type MetricValue, isMetricValue, unknown, value } from "./sample.ts";

const CARRIED =
  "`per: server` (default; every server that was a member all the time, dead ones included) or `per: shard`; `what: requests` (default; probes left out), `bytes`, `busy` (core time spent) summed over measured time or the `window`, or `keys` (held at its end, primaries' copies included). Unknown if there was nothing to carry.";

export const LOAD_METRICS: readonly MetricDefinition[] = [
  balance(
    "maxOverMean",
    maxOverMean,
    { better: "less", least: 1, most: Infinity },
    "Largest load over the mean load: 1 when even, n when one of n carries all. The figure that decides how much bigger the machines must be than the average asks for.",
  ),
  balance(
    "cv",
    variationCoefficient,
    { better: "less", least: 0, most: Infinity },
    "Coefficient of variation of the load: its standard deviation over all carriers (divided by n) over its mean; 0 when even.",
  ),
  balance(
    "gini",
    gini,
    { better: "less", least: 0, most: 1 },
    "Gini coefficient of the load: mean absolute difference of all ordered pairs of carriers over twice the mean; 0 when even, (n - 1)/n when one carries all.",
  ),
  balance(
    "jain",
    jain,
    { better: "more", least: 0, most: 1 },
    "Jain's fairness index of the load, (sum x)^2 / (n sum x^2): 1 when even, 1/n when one of n carries all.",
  ),
  {
    name: "load.utilisation",
    definition:
      "Busy share of a server: core time spent over cores x measured time (or `window`), dead time included. Of a run: the busiest server (over: max), the mean over all servers (over: mean), or each. Probes' work is in it. Queues grow without bound as it nears 1.",
    unit: "share",
    better: "less",
    filters: ["window"],
    conflicts: [],
    over: true,
    extract: (record, where, over) => {
      const shares = utilisations(record, where);
      if (isMetricValue(shares)) return shares;
      return value(over === "mean" ? mean([...shares]) : Math.max(...shares));
    },
    each: (record, where) => {
      const shares = utilisations(record, where);
      return isMetricValue(shares) ? [shares] : shares.map((share) => value(share));
    },
    distribution: undefined,
  },
];

/**
 * The load of every carrier over `where` (per, what, window); what the balance metrics judge. Servers that were members for
 * a part of the time only are left out: those that joined after its start, or left before its end.
 */
function loads(record: RunRecord, where: MetricWhere): readonly number[] | MetricValue {
  const range = windowRange(record, where);
  if (isMetricValue(range)) return range;
  const all = loadsIn(record, where, range);
  if (where.per === "shard") return all;
  const { width } = record.windows;
  const changes = record.facts.filter((fact) => fact.kind === "membership");
  const from = range.first * width;
  const to = range.end * width;
  return all.filter((_, server) => {
    const joined = changes.find(({ change, servers }) => change === "add" && servers.includes(server));
    const left = changes.find(({ change, servers }) => change === "remove" && servers.includes(server));
    const isThere = record.header.servers[server]?.joins !== true || (joined !== undefined && joined.at <= from);
    return isThere && (left === undefined || left.at >= to);
  });
}

/** The same, window by window: what a heat map draws. */
export function loadSeries(record: RunRecord, where: MetricWhere): readonly (readonly number[])[] | MetricValue {
  const range = windowRange(record, where);
  if (isMetricValue(range)) return range;
  return Array.from({ length: range.end - range.first }, (_, index) =>
    loadsIn(record, where, { first: range.first + index, end: range.first + index + 1, time: record.windows.width }),
  );
}

/** A balance metric window by window; undefined in a window without load. */
export function balanceSeries(metric: MetricDefinition, record: RunRecord, where: MetricWhere): readonly (number | undefined)[] {
  const { width, count } = record.windows;
  return Array.from({ length: count }, (_, index) => {
    const to = Math.min((index + 1) * width, record.header.duration);
    const found = metric.extract(record, { ...where, window: { from: index * width, to } }, "max");
    return found.kind === "value" ? found.value : undefined;
  });
}

function loadsIn(record: RunRecord, where: MetricWhere, range: WindowRange): readonly number[] {
  const perShard = where.per === "shard";
  const carriers = perShard ? record.header.shards : record.header.servers.length;
  const what = where.what ?? "requests";
  const cells = record.windows[cellsOf(perShard, what)];
  const first = what === "keys" ? range.end - 1 : range.first;
  const sums = new Array<number>(carriers).fill(0);
  for (let window = first; window < range.end; window += 1) {
    for (let carrier = 0; carrier < carriers; carrier += 1) sums[carrier] = sums[carrier]! + (cells[window * carriers + carrier] ?? 0);
  }
  return sums;
}

type Cells = "Requests" | "Bytes" | "Keys" | "Busy";
const CELLS = { requests: "Requests", bytes: "Bytes", keys: "Keys", busy: "Busy" } as const satisfies Record<string, Cells>;

const cellsOf = (perShard: boolean, what: keyof typeof CELLS): Extract<keyof Windows, `${"server" | "shard"}${Cells}`> =>
  perShard ? `shard${CELLS[what]}` : `server${CELLS[what]}`;

function balance(
  name: string,
  figure: (loads: readonly number[]) => number | undefined,
  range: Pick<Required<MetricDefinition>, "better" | "least" | "most">,
  what: string,
): MetricDefinition {
  const extract = (record: RunRecord, where: MetricWhere): MetricValue => {
    const carried = loads(record, where);
    if (isMetricValue(carried)) return carried;
    const found = figure(carried);
    return found === undefined ? unknown("unexercised", `no ${where.what ?? "requests"} to carry`) : value(found);
  };
  return {
    name: `load.${name}`,
    definition: `${what} ${CARRIED}`,
    unit: "number",
    ...range,
    filters: ["per", "what", "window"],
    conflicts: [],
    over: false,
    extract,
    each: undefined,
    distribution: undefined,
  };
}

function utilisations(record: RunRecord, where: MetricWhere): readonly number[] | MetricValue {
  const range = windowRange(record, where);
  if (isMetricValue(range)) return range;
  const busy = loadsIn(record, { ...where, per: "server", what: "busy" }, range);
  if (busy.length === 0) return unknown("unexercised", "the cluster has no server");
  return busy.map((time, server) => time / (record.header.servers[server]!.cores * range.time));
}
