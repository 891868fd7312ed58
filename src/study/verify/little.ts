/**
 * Little's law, L = lambda W, exactly: on a run that starts empty and is drained to empty, the integral over time of the
 * number of operations in the system is the sum of their latencies, to the microsecond. The number in the system is
 * counted from the trace (arrivals and replies), the latencies are what clients measured: two accounts of one run.
 */
import { exactly, sum, type VerifyCase } from "./case.ts";
import { experiment } from "./laboratory.ts";

/**
 * A whole cluster: several hosts a zone, replication, writes that wait for their standbys, a slow network. Probes are as
 * good as off, since the trace does not tell their replies from those of the workload. Measured time is all there is:
 * what the twin measures begins with operations on their way.
 */
const BUSY = `
name: verify-little
question: Does the number in the system agree with the time spent there?
repeats: 1
warmup: 0s
duration: 6s
prober: { every: 1h }
cluster:
  regions: { local: { zones: { a: 2, b: 2, c: 2 } } }
  shards: 12
  replicas: 3
  server: { cores: 1, service: { read: exp(3ms), write: lognormal(median 2ms p99 9ms) } }
  network: { crossZone: lognormal(median 1ms p99 8ms) }
  clients: [ { name: app, zones: [a, b, c], hosts: 6 } ]
data: { tables: { items: { rows: 10k } } }
workload: [ { name: load, arrivals: { poisson: 500/s }, keys: { zipf: 0.99 } } ]
strategies: { one: { replication: synchronous, failover: none, client: { deadline: 10h, timeout: 10h, retries: 0 } } }
`;
/** The twin starts to measure while operations are on their way. */
const NOT_EMPTY = "warmup=5s";

export function littleCases(plant: boolean): readonly VerifyCase[] {
  let inSystem = 0;
  let since = 0;
  let area = 0;
  const change = (at: number, by: number): void => {
    area += inSystem * (at - since);
    since = at;
    inSystem += by;
  };
  const [record] = experiment(
    {
      text: BUSY,
      set: plant ? [NOT_EMPTY] : [],
      trace: ({ at, kind, text }) => {
        if (kind === "arrival" && at < DURATION) change(at, 1);
        else if (kind === "deliver" && text.includes(" Reply ")) change(at, -1);
      },
    },
    ({ operations, header }) => ({
      latency: sum(operations.map((row) => row.latency.sum)),
      count: sum(operations.map((row) => row.latency.count)),
      duration: header.duration,
    }),
  );
  const { latency, count, duration } = record!;
  return [
    exactly(
      {
        case: "Little's law: mean number in the system, run drained to empty",
        source: "L = lambda W: Little, Operations Research 9 (1961)",
        predicted: latency / duration,
        n: count,
        note: "integral of the number in the system = sum of latencies, to the microsecond",
      },
      area / duration,
    ),
  ];
}

/** Of the scenario's: later arrivals are scheduled and not made. */
const DURATION = 6_000_000;
