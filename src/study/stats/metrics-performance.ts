/** Throughput, latency and cost. */
import { mergeHistograms } from "../../simulator/record/histogram.ts";
import type { RunRecord } from "../../simulator/record/record.ts";
import { type MetricDefinition, type MetricWhere, type Unit, seenFrom, windowRange } from "./metric.ts";
import { issuedAndGood } from "./metrics-recovery.ts";
import { distributionMetric } from "./pooled.ts";
import { type MetricValue, isMetricValue, unknown, value } from "./sample.ts";

/** Client operations, each with a latency metric; the same as the workload's. */
export const LATENCY_OPERATIONS = ["read", "update", "insert", "readModifyWrite", "delete", "scan", "find", "join", "multiRead"] as const;

const plain = { filters: [], conflicts: [], over: false, each: undefined, distribution: undefined } as const;

export const PERFORMANCE_METRICS: readonly MetricDefinition[] = [
  {
    ...plain,
    name: "throughput",
    definition:
      "Client operations issued in measured time that got a definite answer, per second of measured time: answered well or refused for certain; those without a definite answer by their deadline are not in it, nor are probes. What was asked is the offered load, which a closed loop lowers by itself when answers are slow. See goodput for useful answers only.",
    unit: "rate",
    better: "more",
    filters: ["operation", "vantage"],
    extract: (record, where) => {
      const rows = operations(record, where);
      return rows.length === 0
        ? noOperation(where)
        : value(rows.reduce((sum, row) => sum + row.good + row.refused + (row.partial ?? 0), 0) / (record.header.duration / 1e6));
    },
  },
  {
    ...plain,
    name: "goodput",
    definition:
      "Client operations issued in measured time (or in the `window`) that were answered well within their deadline, per second of it. Probes are not in it. At the same offered load, more is better; at different loads it says nothing.",
    unit: "rate",
    better: "more",
    filters: ["operation", "vantage", "window"],
    conflicts: [
      ["window", "operation"],
      ["window", "vantage"],
    ],
    extract: (record, where) => {
      const counts = issuedAndGood(record, where);
      if (isMetricValue(counts)) return counts;
      return counts.issued === 0 ? noOperation(where) : value(counts.good / (counts.time / 1e6));
    },
  },
  ...LATENCY_OPERATIONS.map(latency),
  {
    ...plain,
    name: "answers.partial",
    definition:
      "Of the scans, finds, joins and multi-key reads that were issued in measured time and answered, the share whose answer lacked the part of some shard: one that gave no answer within the deadline and the retries of its part. 0 unless the routing part says `scatter: { onFailure: return }`; with `refuse` such operations fail as a whole. A partial answer counts as answered, with its latency, and not as answered well: availability and goodput leave it out. Unknown if none was answered.",
    unit: "share",
    better: "less",
    filters: ["operation", "vantage"],
    extract: (record, where) => {
      const rows = operations(record, where).filter(({ partial }) => partial !== undefined);
      const partial = rows.reduce((sum, row) => sum + (row.partial ?? 0), 0);
      const answered = rows.reduce((sum, row) => sum + row.good, partial);
      return answered === 0 ? unknown("unexercised", "no operation on several shards was answered") : value(partial / answered);
    },
  },
  {
    ...plain,
    name: "query.index",
    definition:
      "Q = (1/n) sum of 1/T over the n shards that answered reads, T being the mean latency in seconds of the answered reads of a shard over measured time: a mean of speeds, in reads per second one after another, in which fast shards weigh most. A shard without an answered read is left out and counted in the note. It does not see how many reads a shard had.",
    unit: "rate",
    better: "more",
    extract: queryIndex,
  },
  total(
    "network.bytes",
    "bytes",
    ({ network }) => (network.measured ?? network).bytes,
    "Bytes of all messages sent over the network in measured time, probes' and controllers' included.",
  ),
  {
    ...plain,
    name: "network.crossZone",
    definition:
      "Bytes of all messages sent between zones in measured time, probes' and controllers' included: what clouds charge for. Copies of moves between servers are not messages; moved.bytes counts them. Divide by goodput before comparing strategies at different loads.",
    unit: "bytes",
    better: "less",
    extract: ({ network: { measured } }) =>
      measured === undefined ? unknown("unsupported", "the record does not say what went between zones") : value(measured.crossZoneBytes),
  },
  total(
    "network.messages",
    "count",
    ({ network }) => (network.measured ?? network).messages,
    "Number of messages sent over the network in measured time, probes' and controllers' included; messages within a host are none.",
  ),
  total("storage.bytes", "bytes", (record) => record.storageBytes, "Bytes held by all replicas together at the end of measured time."),
  total(
    "host.seconds",
    "time",
    (record) => record.hostTime,
    "Host time paid for over measured time, in microseconds of one host: servers, controllers and stores; a dead host counts until it is retired.",
  ),
];

function latency(operation: string): MetricDefinition {
  return distributionMetric({
    name: `latency.${operation}`,
    definition:
      `Latency of the answered ${operation} operations issued in measured time, in microseconds from the intended send (not the actual one, so that slow periods cannot hide) to the answer; operations without a definite answer are not in it, see availability. Quantiles are by nearest rank, to the precision of the histogram's buckets. ` +
      "A run holds the whole distribution. A statistic (p50, p90, p99, p99.9, max, mean) in a bound is that of all runs' operations pooled; with `confidence`, the runs, not the operations, are the independent observations: the bound is the largest (smallest) latency that the share of slower operations, run by run, cannot be told from by a one-sided Student-t test. " +
      "Paired comparisons use the same statistic of each run, in tables its p99.",
    unit: "time",
    better: "less",
    filters: ["vantage", "window"],
    conflicts: [["window", "vantage"]],
    distribution: {
      statistic: "p99",
      empty: undefined,
      of: (record, where) => {
        const range = windowRange(record, where);
        if (isMetricValue(range)) return range;
        const rows =
          where.window === undefined
            ? operations(record, { ...where, operation }).map((row) => row.latency)
            : record.windows.latency
                .filter((row) => row.operation === operation)
                .flatMap((row) => row.windows.slice(range.first, range.end));
        return mergeHistograms(rows);
      },
    },
  });
}

function queryIndex(record: RunRecord): MetricValue {
  const { shardReadTime, shardReads } = record.windows;
  const speeds = shardReads.flatMap((reads, shard) => (reads === 0 ? [] : [(reads * 1e6) / shardReadTime[shard]!]));
  const leftOut = shardReads.length - speeds.length;
  if (speeds.length === 0) return unknown("unexercised", "no shard answered a read");
  const index = speeds.reduce((sum, speed) => sum + speed, 0) / speeds.length;
  return value(index, leftOut === 0 ? undefined : `${leftOut} of ${shardReads.length} shards answered no read and are left out`);
}

function total(name: string, unit: Unit, take: (record: RunRecord) => number, definition: string): MetricDefinition {
  return {
    ...plain,
    name,
    definition: `${definition} Divide by goodput before comparing strategies at different loads.`,
    unit,
    better: "less",
    extract: (record) => value(take(record)),
  };
}

function operations(record: RunRecord, where: MetricWhere): RunRecord["operations"] {
  return record.operations.filter((row) => (where.operation ?? row.operation) === row.operation && seenFrom(where, row.vantage));
}

const noOperation = (where: MetricWhere): MetricValue =>
  unknown(
    "unexercised",
    `no ${where.operation ?? "client operation"} was issued${where.vantage === undefined ? "" : ` from ${where.vantage}`}`,
  );
