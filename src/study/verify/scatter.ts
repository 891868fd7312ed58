/**
 * Scatter-gather: an operation on n shards takes as long as the slowest of them. One client asks one operation after
 * another, so no part ever waits, and with exponential demands the latency is the largest of n exponential variables.
 *
 * The twin's servers are 5 % slower than told.
 */
import { assert } from "../../base/assert.ts";
import { histogramBuckets, mergeHistograms } from "../../simulator/record/histogram.ts";
import { byStandardError, ratioOf, sum, type VerifyCase } from "./case.ts";
import { experiment, us } from "./laboratory.ts";
import { exp, ms, SLOWER } from "./queues.ts";
import { readSettings, type Setting, type Settings } from "./settings.ts";
import type { Topic, TopicOptions } from "./topic.ts";

const FINDS = `
name: verify-scatter
question: Does an operation on n shards take as long as the slowest of n?
repeats: 1
warmup: 1s
cluster:
  regions: { local: { zones: { a: 1 } } }
  shards: 1
  replicas: 1
  server: { cores: 1, queue: 10M, service: { read: exp(10ms), row: 0us } }
  network: { sameHost: 0ms, sameZone: 0ms }
  clients: [ { name: app, zones: [a], hosts: 1 } ]
data: { tables: { items: { rows: 1000, columns: { name: 1000 } } } }
workload: [ { name: one, arrivals: { closed: { clients: 1 } }, mix: { find: 100% }, find: { column: name } } ]
strategies: { one: { replication: none, failover: none, client: { deadline: 10h, timeout: 10h, retries: 0 } } }
`;

const SETTINGS: readonly Setting[] = [
  {
    name: "shards",
    default: "1,4,16",
    what: "numbers of shards, each on a server of its own, 1 to 500 each",
    kind: "counts",
    min: 1,
    max: 500,
  },
  { name: "service", default: "10ms", what: "mean demand of a part, 1ms to 10s", kind: "duration", min: 1_000, max: 10_000_000 },
  { name: "operations", default: "25k", what: "operations of each run, 1k to 1M", kind: "count", min: 1_000, max: 1_000_000 },
];
/** Windows of a run, which are its batches. */
const BATCHES = 40;
const SOURCE = "largest of n exponentials: David and Nagaraja, Order Statistics (2003), section 3.2";

export const SCATTER: Topic = {
  name: "scatter",
  summary: "operations on n shards take as long as the slowest: H(n) mean demands, and its p90",
  settings: SETTINGS,
  runsLeast: 1,
  run: (options) => {
    const read = readSettings(SETTINGS, options.set);
    assert(read.ok, "settings were checked");
    const counts = read.settings.list("shards");
    return counts.flatMap((shards, index) => {
      const cases = slowestOf(shards, index, read.settings, options);
      options.progress?.(index + 1, counts.length);
      return cases;
    });
  },
};

function slowestOf(shards: number, index: number, settings: Settings, options: TopicOptions): readonly VerifyCase[] {
  const service = settings.number("service");
  const mean = harmonic(shards) * service;
  const length = Math.ceil((settings.number("operations") * mean) / BATCHES);
  const windows = experiment(
    {
      text: FINDS,
      repeats: options.runs ?? 1,
      set: [
        `seed=${(index + 1) * 1000}`,
        `duration=${us(length * BATCHES)}`,
        `window=${us(length)}`,
        `cluster.regions.local.zones.a=${shards}`,
        `cluster.shards=${shards}`,
        `cluster.server.service.read=${exp(service * (options.plant ? SLOWER : 1))}`,
      ],
    },
    (record) => record.windows.latency.find(({ operation }) => operation === "find")?.windows ?? [],
  ).flat();
  const count = sum(windows.map((data) => data.count));
  const found = ratioOf(
    windows.map((data) => data.sum / 1000),
    windows.map((data) => data.count),
  );
  const name = `a find on ${shards} shard${shards === 1 ? "" : "s"}`;
  // The share at or below a bucket's end is known exactly: the one nearest to the quantile is judged, as a time.
  const due = -service * Math.log1p(-Math.exp(Math.log(P) / shards));
  const edge = histogramBuckets(mergeHistograms(windows)).find(({ to }) => to >= due)?.to ?? due;
  const shareDue = Math.exp(shards * Math.log1p(-Math.exp(-(edge + 0.5) / service)));
  const share = ratioOf(
    windows.map((data) => sum(histogramBuckets(data).map((bucket) => (bucket.to <= edge ? bucket.count : 0)))),
    windows.map((data) => data.count),
  );
  const density = (shards * shareDue * Math.exp(-due / service)) / (service * (1 - Math.exp(-due / service)));
  return [
    byStandardError(
      { case: `${name}: mean latency (ms)`, source: `H(n) / mu, ${SOURCE}`, predicted: ms(mean), n: count },
      found.value,
      found.standardError,
    ),
    byStandardError(
      { case: `${name}: p${P * 100} of the latency (ms)`, source: `(1 - exp(-mu t))^n = ${P}, ${SOURCE}`, predicted: ms(due), n: count },
      ms(due + (shareDue - share.value) / density),
      ms(share.standardError / density),
    ),
  ];
}

/** Of a tail that a run of this size knows well enough to see 5 %. */
const P = 0.9;

/** 1 + 1/2 + ... + 1/n. */
function harmonic(n: number): number {
  let total = 0;
  for (let k = n; k >= 1; k -= 1) total += 1 / k;
  return total;
}
