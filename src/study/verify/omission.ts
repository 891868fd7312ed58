/**
 * Coordinated omission: one stall of half a second in five seconds of requests that take 10 ms. An open loop, whose
 * latency runs from the intended send, shows the stall at p99; a closed loop of one client asks less while it lasts, and
 * its raw p99 sees nothing. Each is the twin of the other.
 */
import { histogramQuantile, mergeHistograms } from "../../simulator/record/histogram.ts";
import { exactly, type VerifyCase } from "./case.ts";
import { experiment } from "./laboratory.ts";

/**
 * 10 ms are 4 there, 2 of service and 4 back, so that a request arrives at the very instant of the stall: it waits all of
 * it, the next 10 ms less, and so on. As many cores as can be asked for at once.
 */
const STALL = `
name: verify-coordinated-omission
question: Does a stall show in the tail of what clients measure?
repeats: 1
warmup: 1s
duration: 5s
window: 5s
cluster:
  regions: { local: { zones: { a: 1 } } }
  shards: 1
  replicas: 1
  server: { cores: 1000, queue: 1000, service: { read: 2ms } }
  network: { sameHost: 0ms, sameZone: 4ms }
  clients: [ { name: app, zones: [a], hosts: 1 } ]
data: { tables: { items: { rows: 1000 } } }
workload: [ { name: load, arrivals: { constant: 100/s }, mix: { read: 100% } } ]
faults: [ { at: 2004ms, pause: server 0, for: 500ms } ]
strategies: { one: { replication: none, failover: none, client: { deadline: 1h, timeout: 1h, retries: 0 } } }
`;
const CLOSED = "workload[0].arrivals={ closed: { clients: 1, think: 0ms } }";

const SOURCE = "requests that arrive x ms into the stall take 500 - x + 10 ms; engnotes.dev, The Coordinated Omission Problem";
/** A histogram knows a quantile to 1/256 of itself. */
const BUCKET = 1 / 256;

export function omissionCases(plant: boolean): readonly VerifyCase[] {
  const measure = (closed: boolean): { p99: number; max: number; count: number; sum: number } => {
    const [latency] = experiment({ text: STALL, set: closed ? [CLOSED] : [] }, (record) =>
      mergeHistograms(record.operations.map((row) => row.latency)),
    );
    return { p99: histogramQuantile(latency!, 0.99) / 1000, max: latency!.max / 1000, count: latency!.count, sum: latency!.sum / 1000 };
  };
  const open = measure(plant);
  const closed = measure(!plant);
  const near = (value: number): { low: number; high: number } => ({ low: value * (1 - BUCKET), high: value * (1 + BUCKET) });
  return [
    exactly(
      { case: "stall of 500 ms, open loop of 100/s: p99 (ms)", source: SOURCE, predicted: 460, n: open.count, note: "6th largest of 500" },
      open.p99,
      near(460),
    ),
    exactly(
      {
        case: "stall of 500 ms, open loop: mean latency (ms)",
        source: SOURCE,
        predicted: 35.5,
        n: open.count,
        note: "450 of 10 ms, and 510, 500, ... 20",
      },
      open.sum / open.count,
    ),
    exactly({ case: "stall of 500 ms, open loop: requests", source: SOURCE, predicted: 500, n: open.count }, open.count),
    exactly(
      { case: "stall of 500 ms, closed loop of one client: raw p99 (ms)", source: SOURCE, predicted: 10, n: closed.count },
      closed.p99,
      near(10),
    ),
    exactly({ case: "stall of 500 ms, closed loop: requests in 5 s", source: SOURCE, predicted: 450, n: closed.count }, closed.count),
  ];
}
