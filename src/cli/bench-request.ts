/**
 * What one whole client request costs, in full steps of the kernel: all its events, replication, ledger and
 * metrics, on 12 servers with 16 shards of 3 replicas, asynchronous, YCSB-A. Steps and requests take turns in one process.
 */
import { planJobs } from "../study/experiment/experiment.ts";
import { runOne } from "../study/experiment/run-one.ts";
import { type BenchRow, spread } from "./bench/measure.ts";
import { step } from "./bench/models.ts";
import { catalogue } from "./catalogue.ts";
import { readSource } from "./load.ts";

/** Probes and the fault-free rest are kept small, so that what is measured are the requests. */
const SCENARIO = `name: one-request
question: What does one request cost?
repeats: 1
warmup: 1s
duration: 40s
prober: { every: 10s }
cluster: { regions: { eu: { zones: { a: 4, b: 4, c: 4 } } }, shards: 16, replicas: 3, clients: [ { name: web, zones: [a, b, c], hosts: 6 } ] }
data: { tables: { users: { rows: 100k, row: 1KB, key: id } } }
workload: [ { name: app, preset: ycsb-a, from: clients web, arrivals: { poisson: 5000/s } } ]
strategies: { async: { replication: { asynchronous: { ship: { every: 50ms } } } } }
`;

/** What the ratio is held to; 54 is what we hope to reach. */
const TARGET = 90;
const PAIRS = 5;
const PENDING = 1_000;
const STEPS = 3_000_000;

/** Measures the row; `scale` is the share of the usual amount of work. Takes about half a minute. */
export async function benchRequest({ pairs = PAIRS, scale = 1 }: { readonly pairs?: number; readonly scale?: number } = {}): Promise<
  readonly BenchRow[]
> {
  const source = {
    file: "one-request.yaml",
    text: SCENARIO,
    texts: {},
    traces: {},
    set: [`duration=${Math.max(2, Math.round(40 * scale))}s`],
    plugins: [],
  };
  const { makers, ...found } = await catalogue();
  const scenario = readSource(source, { makers, ...found });
  const [job] = planJobs(scenario);
  if (job === undefined) throw new Error("nothing to measure");
  const memo = new Map<string, unknown>();
  const request = (): number => {
    const before = process.cpuUsage();
    const record = runOne(scenario, job, { makers, memo });
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1_000) / record.requests.issued;
  };
  // Once to compile and to fill what repeats share.
  request();
  const [ratios, requests, steps]: [number[], number[], number[]] = [[], [], []];
  for (let pair = 0; pair < pairs; pair += 1) {
    const ours = request();
    const { nanoseconds } = step(PENDING, Math.round(STEPS * scale));
    ratios.push(ours / nanoseconds);
    requests.push(ours);
    steps.push(nanoseconds);
  }
  const ratio = spread(ratios);
  const detail = `${spread(requests).median.toFixed(0)} ns a request, ${spread(steps).median.toFixed(1)} ns a step`;
  return [
    { name: "one client request", against: "full kernel steps", kind: "cost", target: TARGET, ratio, held: ratio.median <= TARGET, detail },
  ];
}
