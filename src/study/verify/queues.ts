/**
 * One server as a queue: the scenario, its batches, and the figures that are judged by batch means. The record's windows
 * are the batches.
 */
import { histogramBuckets, histogramQuantile, mergeHistograms, type HistogramData } from "../../simulator/record/histogram.ts";
import type { RunRecord } from "../../simulator/record/record.ts";
import { byStandardError, ratioOf, sum, type Claim, type VerifyCase } from "./case.ts";
import { exponentialQuantile } from "./closed-forms.ts";
import { experiment, perSecond, us } from "./laboratory.ts";
import type { Settings } from "./settings.ts";
import type { TopicOptions } from "./topic.ts";

/** One server, one shard, reads only, no delay but the server's. Rates, cores and demands are laid over it. */
const QUEUE = `
name: verify-queue
question: Does one server with Poisson arrivals behave as the queue it is?
repeats: 1
warmup: 10s
duration: 1000s
window: 25s
cluster:
  regions: { local: { zones: { a: 1 } } }
  shards: 1
  replicas: 1
  server: { cores: 1, queue: 10M, service: { read: exp(10ms) } }
  network: { sameHost: 0ms, sameZone: 0ms }
  clients: [ { name: app, zones: [a], hosts: 1 } ]
data: { tables: { items: { rows: 1000 } } }
workload: [ { name: load, arrivals: { poisson: 80/s }, mix: { read: 100% } } ]
# Every request waits as long as it takes and is asked once.
strategies: { one: { replication: none, failover: none, client: { deadline: 10h, timeout: 10h, retries: 0 } } }
`;

/** Windows of a run, which are its batches. */
const BATCHES = 40;
/** The planted fault: servers that are so much slower than the closed form says. */
export const SLOWER = 1.05;

/** What the cases of a topic's run share. */
export interface Setup {
  readonly settings: Settings;
  readonly options: TopicOptions;
  readonly runs: number;
}

interface Load {
  readonly servers: number;
  /** Requests that wait; unbounded if left out. */
  readonly queue?: number;
  /** Per second; of a closed loop what it is expected to ask. */
  readonly arrivals: number;
  /** Of reads, as a distribution of this mean in microseconds. */
  readonly service: (mean: number) => string;
  readonly workload?: readonly string[];
  /** Each queue has seeds of its own: alike arrivals would make one chance look like many. */
  readonly seed: number;
  /** So many times the customers, for what varies more. */
  readonly more?: number;
}

/** Runs one queue and gives its batches. */
export function batches({ settings, options, runs }: Setup, load: Load): Batches {
  const mean = settings.number("service") * (options.plant ? SLOWER : 1);
  const length = Math.ceil((((settings.number("customers") * (load.more ?? 1)) / load.arrivals) * 1_000_000) / BATCHES);
  const records = experiment(
    {
      text: QUEUE,
      repeats: runs,
      progress: options.progress,
      set: [
        `seed=${load.seed * 1000}`,
        `duration=${us(length * BATCHES)}`,
        `window=${us(length)}`,
        // From empty to steady takes some times 1 / (1 - load)^2 services; a bounded queue beyond load 1 has to fill.
        `warmup=${us(Math.max(Math.min(length * 4, 10_000 * settings.number("service")), 25 * (load.queue ?? 0) * settings.number("service")))}`,
        `cluster.server.cores=${load.servers}`,
        ...(load.queue === undefined ? [] : [`cluster.server.queue=${load.queue}`]),
        `cluster.server.service.read=${load.service(mean)}`,
        ...(load.workload ?? [`workload[0].arrivals.poisson=${perSecond(load.arrivals)}`]),
      ],
    },
    (record) => record,
  );
  return { latency: records.flatMap(latencyByWindow), records };
}

interface Batches {
  /** Latency of each window, by intended send. */
  readonly latency: readonly HistogramData[];
  readonly records: readonly RunRecord[];
}

const latencyByWindow = (record: RunRecord): readonly HistogramData[] =>
  record.windows.latency.find(({ operation }) => operation === "read")?.windows ?? [];

/** The book that most predictions come from; the sections are named beside each. */
export const KLEINROCK = "Kleinrock, Queueing Systems I (1975)";
/** An exponential distribution of this mean in microseconds, as a scenario writes it. */
export const exp = (mean: number): string => `exp(${us(mean)})`;
/** Microseconds to milliseconds. */
export const ms = (microseconds: number): number => microseconds / 1000;

/** Mean response time in milliseconds, from batches. */
export function responseCase(claim: Omit<Claim, "n">, latency: readonly HistogramData[]): VerifyCase {
  const found = ratioOf(
    latency.map((data) => data.sum / 1000),
    latency.map((data) => data.count),
  );
  return byStandardError({ ...claim, n: sum(latency.map((data) => data.count)) }, found.value, found.standardError);
}

/** Arrivals per second that keep so many servers busy for the share `load` of their time. */
export const arrivalsFor = (settings: Settings, servers: number): number =>
  Number(((settings.number("load") * servers * 1_000_000) / settings.number("service")).toPrecision(15));

/**
 * A quantile, judged by the share of operations at or below it: shares have batch means, quantiles of batches are biased.
 * The histogram knows shares exactly at the ends of its buckets, so the share is taken at the end nearest to the quantile.
 */
export function quantileCase(name: string, mean: number, p: number, latency: readonly HistogramData[]): VerifyCase {
  const all = mergeHistograms(latency);
  const due = exponentialQuantile(mean, p);
  const edge = histogramBuckets(all).find(({ to }) => to >= due)?.to ?? all.max;
  // Latencies are whole microseconds: `edge` stands for what was rounded to it.
  const shareDue = 1 - Math.exp(-(edge + 0.5) / mean);
  const atOrBelow = (data: HistogramData): number => sum(histogramBuckets(data).map(({ to, count }) => (to <= edge ? count : 0)));
  const share = ratioOf(
    latency.map(atOrBelow),
    latency.map(({ count }) => count),
  );
  // From a difference of shares to one of times by the density there.
  const density = (1 - shareDue) / mean;
  const simulated = due + (shareDue - share.value) / density;
  return byStandardError(
    {
      case: name,
      source: `response time is exponential: ${KLEINROCK}, chapter 5`,
      predicted: ms(due),
      n: all.count,
      note: `nearest rank in the histogram: ${ms(histogramQuantile(all, p))} ms`,
    },
    ms(simulated),
    ms(share.standardError / density),
  );
}

/** Share of the operations that were refused. */
export function lossCase(claim: Omit<Claim, "n">, records: readonly RunRecord[]): VerifyCase {
  const issued = records.flatMap(({ windows }) => windows.issued);
  const good = records.flatMap(({ windows }) => windows.good);
  const found = ratioOf(
    issued.map((all, i) => all - good[i]!),
    issued,
  );
  // Where losses are rare the batches may have none: then the spread is at least what the prediction says.
  const least = Math.sqrt((claim.predicted * (1 - claim.predicted)) / sum(issued));
  return byStandardError({ ...claim, n: sum(issued) }, found.value, Math.max(found.standardError, least));
}

/** Operations per second that were answered. */
export function throughputCase(claim: Omit<Claim, "n">, records: readonly RunRecord[]): VerifyCase {
  const good = records.flatMap(({ windows }) => windows.good);
  const seconds = records.flatMap(({ windows }) => windows.good.map(() => windows.width / 1_000_000));
  const found = ratioOf(good, seconds);
  return byStandardError({ ...claim, n: sum(good) }, found.value, found.standardError);
}
