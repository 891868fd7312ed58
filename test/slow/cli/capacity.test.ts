/** `shardlab capacity` beside the closed form of a queue: the load at which p99 of M/M/1 reaches a bound. */
import { expect, it } from "vitest";
import { scenarioFile, shardlab } from "../../cli/harness.ts";

const queue = (service: string): string => `name: queue
repeats: 5
warmup: 5s
duration: 80s
settle: 5s
window: 5s
prober: { every: 60s }
cluster:
  regions: { r: { zones: { a: 1 } } }
  shards: 1
  replicas: 1
  server: { cores: 1, queue: 1000000, service: { read: exp(${service}), write: exp(${service}) } }
  network: { sameHost: 0ms, sameZone: 0ms, crossZone: 0ms }
  clients: [ { name: web, zones: [a], hosts: 1 } ]
workload: [ { name: app, arrivals: { poisson: 40/s }, mix: { read: 100% } } ]
strategies: { one: { replication: none, client: { deadline: 60s, timeout: 60s, retries: 0 } } }
objectives: { latency.read: { p99: 200ms } }
`;

interface Found {
  readonly strategies: readonly { readonly healthy: { readonly holds: number; readonly breaks: number } }[];
}

/** Response time of M/M/1 is exponential with rate mu - lambda (Kleinrock, Queueing Systems I, section 3.2): its p99 is ln(100) / (mu - lambda). */
const capacityOf = (mu: number): number => mu - Math.log(100) / 0.2;

it.each([
  ["10ms", 100],
  ["12ms", 1_000 / 12],
])(
  "the load at which p99 of M/M/1 with a mean service of %s breaks 200 ms is that of the closed form",
  async (service, mu) => {
    const ran = await shardlab("capacity", scenarioFile(queue(service)), "--healthy", "--json", "--quiet", "--repeats", "5");
    const { holds, breaks } = (JSON.parse(ran.out) as Found).strategies[0]!.healthy;
    const middle = 40 * Math.sqrt(holds * breaks);
    // 5 % of the search and the noise of p99 in 400 s together; the other service time lies 20 % away.
    expect(Math.abs(middle / capacityOf(mu) - 1)).toBeLessThan(0.08);
    expect(ran.status).toBe(0);
  },
  60_000,
);
