/**
 * Outages taken apart: a delay planted in one step of a failover shows in the phase that is named for it and in no other,
 * and what never recovers is censored, not fast.
 */
import type { Outage, RunRecord } from "../../simulator/record/record.ts";
import { assert } from "../../base/assert.ts";
import { EVERYWHERE } from "../stats/metric.ts";
import { metricByName } from "../stats/metrics.ts";
import { quantile } from "../stats/quantile.ts";
import { isObserved, lowerEnd, order, type Observed } from "../stats/sample.ts";
import { everywhere, exactly, largestOfUniform, uniformly, type VerifyCase } from "./case.ts";
import { experiment, us } from "./laboratory.ts";
import { readSettings, type Setting, type Settings } from "./settings.ts";
import type { Topic, TopicOptions } from "./topic.ts";

/**
 * One shard, a primary that dies, and nothing that takes time but what is planted. Clients hear of the new owner from the
 * map alone: an attempt is never given up before its operation, so that nobody asks round among the replicas.
 */
const FAILOVER = `
name: verify-phases
question: Does each step of a failover show in its own phase?
repeats: 300
warmup: 1s
duration: 20s
settle: 10s
prober: { every: 100ms }
cluster:
  regions: { local: { zones: { a: 1, b: 1 } } }
  shards: 1
  replicas: 2
  server: { service: { read: 0ms, write: 0ms, apply: 0ms }, fsync: 0ms }
  network: { sameHost: 0ms, sameZone: 0ms, crossZone: 0ms }
  clients: [ { name: app, zones: [b], hosts: 1 } ]
  metadata: { read: 0ms, claim: 0ms, commit: 0ms }
data: { tables: { items: { rows: 100 } } }
workload: [ { name: load, arrivals: { poisson: 20/s }, mix: { update: 100% } } ]
faults: [ { at: uniform(2s..3s), hostDeath: server 0, for: ever } ]
strategies:
  one:
    placement: { spread: zone, primaries: zone a }
    replication: asynchronous
    failover: { monitor: { heartbeat: 100ms, misses: 3 } }
    fencing: epoch
    hosts: { monitor: [ zone b ], metadata: [ zone b ] }
    client: { deadline: 300ms, timeout: 1h, retries: 0, learn: [ watch ] }
`;

/** Three strategies on one death: nobody takes over; monitors do; and one that loses only a standby. */
const RANKS = `
name: verify-ranks
question: Does what never recovers rank last, and what was never away first?
repeats: 20
warmup: 1s
duration: 10s
settle: 10s
cluster:
  regions: { local: { zones: { a: 1, b: 1 } } }
  shards: 1
  replicas: 2
  clients: [ { name: app, zones: [b], hosts: 1 } ]
data: { tables: { items: { rows: 100 } } }
workload: [ { name: load, arrivals: { poisson: 20/s } } ]
faults: [ { at: uniform(2s..3s), hostDeath: server 0, for: ever } ]
common: { placement: { spread: zone, primaries: zone a }, replication: asynchronous, hosts: { monitor: [ zone b ], metadata: [ zone b ] } }
strategies:
  never:   { failover: none }
  monitor: { failover: { monitor: { heartbeat: 500ms, misses: 2 } } }
  spared:  { failover: none, placement: { primaries: zone b } }
`;
/** The twin has its names mixed up: the one that never recovers does, and the spared one is not spared. */
const MIXED_UP = ["strategies.never.failover.monitor={ heartbeat: 200ms, misses: 2 }", "strategies.spared.placement.primaries=zone a"];

const PARTS = ["all", "operator", "metadata", "ttl", "ranks"] as const;

const SETTINGS: readonly Setting[] = [
  { name: "part", default: "all", what: `which cases: ${PARTS.join(", ")}`, kind: { words: PARTS } },
  { name: "operatorDelay", default: "7s", what: "what a person takes to decide, 0s to 1h", kind: "duration", min: 0, max: 3_600_000_000 },
  { name: "claim", default: "300ms", what: "demand of claiming an epoch, 0ms to 400ms", kind: "duration", min: 0, max: 400_000 },
  { name: "commit", default: "400ms", what: "demand of committing a map, 0ms to 900ms", kind: "duration", min: 0, max: 900_000 },
  { name: "ttl", default: "5s", what: "how long a client keeps a map, 1s to 1h", kind: "duration", min: 1_000_000, max: 3_600_000_000 },
];
/** Planted delays are so much longer than told. */
const LONGER = 1.05;
/** Distances of distributions are blunter than their ends: this much longer for those. */
const MUCH_LONGER = 1.5;
/** Fewer repeats do where every one must be exact. */
const EXACT_RUNS = 20;

export const PHASES: Topic = {
  name: "phases",
  summary: "planted delays land in the right phase of an outage; what never recovers is censored and ranks last",
  settings: SETTINGS,
  runsLeast: 2,
  run: (options) => {
    const read = readSettings(SETTINGS, options.set);
    assert(read.ok, "settings were checked");
    const { settings } = read;
    const wanted = settings.word("part");
    const is = (part: string): boolean => wanted === "all" || wanted === part;
    return [
      ...(is("operator") ? operatorCases(settings, options) : []),
      ...(is("metadata") ? metadataCases(settings, options) : []),
      ...(is("ttl") ? ttlCases(settings, options) : []),
      ...(is("ranks") ? rankCases(options) : []),
    ];
  },
};

const SOURCE = "the definition of the phases: shardlab explain recovery.detection";
const seconds = (time: number): number => time / 1e6;

function outagesOf({ runs, progress }: TopicOptions, set: readonly string[]): readonly Outage[] {
  return experiment({ text: FAILOVER, repeats: runs, progress, set }, ({ outages, header }) => {
    const [outage] = outages;
    assert(
      outages.length === 1 && outage?.ended === "failover",
      `seed ${header.seed}: one host died, and ${outages.length} outages were seen, the first ${outage?.ended ?? ""}`,
    );
    return outage;
  });
}

function operatorCases(settings: Settings, options: TopicOptions): readonly VerifyCase[] {
  const delay = settings.number("operatorDelay");
  const planted = options.plant ? Math.round(delay * LONGER) + 1 : delay;
  const outages = outagesOf({ ...options, runs: options.runs ?? EXACT_RUNS }, [
    `strategies.one.failover={ manual: { heartbeat: 100ms, misses: 3, operatorDelay: ${us(planted)} } }`,
    `duration=${us(delay * 2 + 10_000_000)}`,
  ]);
  return [
    everywhere(
      { case: `an operator delay of ${seconds(delay)} s: decision (s)`, source: SOURCE, predicted: seconds(delay) },
      outages.map(({ phases }) => seconds(phases.decision)),
    ),
  ];
}

function metadataCases(settings: Settings, options: TopicOptions): readonly VerifyCase[] {
  const [claim, commit] = [settings.number("claim"), settings.number("commit")];
  const longer = (time: number): number => (options.plant ? Math.round(time * LONGER) + 1 : time);
  const outages = outagesOf({ ...options, runs: options.runs ?? EXACT_RUNS }, [
    `cluster.metadata.claim=${us(longer(claim))}`,
    `cluster.metadata.commit=${us(longer(commit))}`,
  ]);
  return [
    everywhere(
      { case: `a claim of ${claim / 1000} ms: decision (s)`, source: SOURCE, predicted: seconds(claim) },
      outages.map(({ phases }) => seconds(phases.decision)),
    ),
    everywhere(
      { case: `a map commit of ${commit / 1000} ms: publication (s)`, source: SOURCE, predicted: seconds(commit) },
      outages.map(({ phases }) => seconds(phases.publication)),
    ),
  ];
}

function ttlCases(settings: Settings, options: TopicOptions): readonly VerifyCase[] {
  const ttl = settings.number("ttl");
  // Evenly spaced writes: reconnection ends at most one gap after the map has come.
  const reconnections = (planted: number): readonly number[] =>
    outagesOf(options, [
      `strategies.one.client.learn=[ { ttl: ${us(planted)} } ]`,
      `duration=${us(ttl * MUCH_LONGER + 5_000_000)}`,
      "workload[0].arrivals={ constant: 100/s }",
      "prober.every=1s",
    ]).map(({ phases }) => phases.reconnection);
  const one = reconnections(options.plant ? Math.round(ttl * LONGER) : ttl);
  const shape = options.plant ? reconnections(Math.round(ttl * MUCH_LONGER)) : one;
  const source = "the age of the only client's map is uniform at the moment the new owner is published";
  return [
    uniformly(
      { case: `a client TTL of ${seconds(ttl)} s: reconnection is uniform in (0, TTL]: distance`, source: `${source}; Kolmogorov-Smirnov` },
      shape,
      0,
      ttl,
    ),
    largestOfUniform(
      {
        case: `a client TTL of ${seconds(ttl)} s: longest reconnection (s)`,
        source,
        note: "less the 10 ms that the next write may be away",
      },
      one.map((x) => Math.max(0, x - 10_000)),
      ttl,
      1e6,
    ),
  ];
}

function rankCases({ runs, plant, progress }: TopicOptions): readonly VerifyCase[] {
  const metric = metricByName("recovery.time");
  assert(metric !== undefined, "there is no metric recovery.time");
  const seen = new Map<string, Observed[]>();
  experiment({ text: RANKS, repeats: runs, progress, set: plant ? MIXED_UP : [] }, (record: RunRecord) => {
    const value = metric.extract(record, EVERYWHERE, "max");
    assert(isObserved(value), `seed ${record.header.seed}: recovery.time of ${record.header.strategy} is ${value.kind}`);
    seen.set(record.header.strategy, [...(seen.get(record.header.strategy) ?? []), value]);
  });
  const never = seen.get("never") ?? [];
  const spared = seen.get("spared") ?? [];
  const medians = [...seen.values()].map((values) => order(quantile(values, 0.5)));
  const rank = 1 + medians.filter((other) => other < order(quantile(never, 0.5))).length;
  const source = "the definition: shardlab explain recovery.time";
  return [
    exactly(
      { case: "a strategy that never recovers: share of runs censored", source, predicted: 1, n: never.length },
      never.filter(({ kind }) => kind === "censored").length / never.length,
    ),
    exactly({ case: "a strategy that never recovers: rank of its median among three", source, predicted: 3, n: medians.length }, rank),
    everywhere(
      { case: "a strategy that only loses a standby: recovery.time (s)", source, predicted: 0 },
      spared.map((one) => seconds(lowerEnd(one))),
    ),
  ];
}
