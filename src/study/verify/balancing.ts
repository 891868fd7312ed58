/**
 * Load balancing over equal copies: one shard, as many replicas as servers, a network without delay, reads that ask d of
 * them and take the shortest queue. What the model calls a queue's length is here what the one client host knows: its own
 * requests that are not answered yet. On a network without delay these two are the same number, since nobody else asks.
 *
 * The twin has ten client hosts, each of which knows its own requests alone; with one choice, where nothing is known, it
 * serves 5 % slower than told.
 */
import { assert } from "../../base/assert.ts";
import { byStandardError, ratioOf, sum, type VerifyCase } from "./case.ts";
import { experiment, perSecond, us } from "./laboratory.ts";
import { ms, SLOWER } from "./queues.ts";
import { readSettings, type Setting, type Settings } from "./settings.ts";
import { supermarket } from "./supermarket.ts";
import type { Topic, TopicOptions } from "./topic.ts";

const COPIES = `
name: verify-balancing
question: Do servers whose clients join the shortest of d queues behave as the supermarket model says?
repeats: 1
window: 1s
cluster:
  regions: { local: { zones: { a: 100 } } }
  shards: 1
  replicas: 100
  server: { cores: 1, queue: 10M, service: { read: exp(10ms) } }
  network: { sameHost: 0ms, sameZone: 0ms }
  clients: [ { name: app, zones: [a], hosts: 1 } ]
data: { tables: { items: { rows: 1000 } } }
workload: [ { name: load, arrivals: { poisson: 80/s }, mix: { read: 100% } } ]
# Every request waits as long as it takes and is asked once.
strategies: { one: { replication: asynchronous, failover: none, client: { deadline: 10h, timeout: 10h, retries: 0 } } }
`;

const SETTINGS: readonly Setting[] = [
  { name: "servers", default: "100", what: "numbers of servers, each with a copy, 2 to 1000 each", kind: "counts", min: 2, max: 1000 },
  {
    name: "load",
    default: "0.7,0.9",
    what: "shares of the servers' time that arrivals ask for, 5% to 99% each",
    kind: "shares",
    min: 0.05,
    max: 0.99,
  },
  {
    name: "choices",
    default: "1,2,3,5",
    what: "numbers of servers d that a request looks at, 1 to 50 each",
    kind: "counts",
    min: 1,
    max: 50,
  },
  {
    name: "replacement",
    default: "without",
    what: "whether the d are distinct (without) or drawn anew each (with)",
    kind: { words: ["without", "with"] },
  },
  {
    name: "growth",
    default: "10,500",
    what: "more numbers of servers, at two choices and the highest load, 2 to 1000 each",
    kind: "counts",
    min: 2,
    max: 1000,
  },
  { name: "service", default: "10ms", what: "mean demand of a request, 1ms to 10s", kind: "duration", min: 1_000, max: 10_000_000 },
  {
    name: "customers",
    default: "200k",
    what: "operations of each run, at high load more if they must be, 5k to 50M",
    kind: "count",
    min: 5_000,
    max: 50_000_000,
  },
];

/** Windows of a run, which are its batches. */
const BATCHES = 16;
const RELAXATIONS_PER_BATCH = 4;
const RELAXATIONS_OF_WARMUP = 4;
/** Hosts of the twin. */
const HOSTS = 10;

export const BALANCING: Topic = {
  name: "balancing",
  summary: "d choices among equal copies: the supermarket model with 100 servers, and towards its limit as their number grows",
  settings: SETTINGS,
  runsLeast: 1,
  run: (options) => {
    const read = readSettings(SETTINGS, options.set);
    assert(read.ok, "settings were checked");
    const { settings } = read;
    const plans: { readonly servers: number; readonly load: number; readonly choices: number }[] = [];
    for (const servers of settings.list("servers"))
      for (const load of settings.list("load")) for (const choices of settings.list("choices")) plans.push({ servers, load, choices });
    const load = Math.max(...settings.list("load"));
    // Growth is of the default question; settings that ask another are asked alone.
    if (options.set["servers"] === undefined || options.set["growth"] !== undefined)
      for (const servers of settings.list("growth")) plans.push({ servers, load, choices: 2 });
    const fitting = plans.filter(({ servers, choices }) => choices <= servers);
    return fitting.map((plan, index) => {
      const found = responseCase(plan, index, settings, options);
      options.progress?.(index + 1, fitting.length);
      return found;
    });
  },
};

interface Plan {
  readonly servers: number;
  readonly load: number;
  readonly choices: number;
}

function responseCase(plan: Plan, index: number, settings: Settings, options: TopicOptions): VerifyCase {
  const { servers, load, choices } = plan;
  const service = settings.number("service");
  const isReplaced = settings.word("replacement") === "with";
  const arrivals = Number(((load * servers * 1_000_000) / service).toPrecision(15));
  const relaxation = relaxationOf(plan);
  // Batches of d choices must be long enough to be independent; one queue's error is known otherwise.
  const least = choices === 1 ? 0 : BATCHES * RELAXATIONS_PER_BATCH * relaxation * load * servers;
  const customers = Math.max(settings.number("customers"), least);
  const length = Math.ceil(((customers / arrivals) * 1_000_000) / BATCHES);
  const windows = experiment(
    {
      text: COPIES,
      repeats: options.runs ?? 1,
      set: [
        `seed=${(index + 1) * 1000}`,
        `duration=${us(length * BATCHES)}`,
        `window=${us(length)}`,
        `warmup=${us(Math.ceil(RELAXATIONS_OF_WARMUP * relaxation * service))}`,
        `cluster.regions.local.zones.a=${servers}`,
        `cluster.replicas=${servers}`,
        `cluster.server.service.read=exp(${us(service * (options.plant && choices === 1 ? SLOWER : 1))})`,
        ...(options.plant && choices > 1 ? [`cluster.clients[0].hosts=${HOSTS}`] : []),
        `strategies.one.routing.smartClient.reads.choices=${choices}`,
        ...(isReplaced ? ["strategies.one.routing.smartClient.reads.replacement=true"] : []),
        `workload[0].arrivals.poisson=${perSecond(arrivals)}`,
      ],
    },
    (record) => record.windows.latency.find(({ operation }) => operation === "read")?.windows ?? [],
  ).flat();
  const count = sum(windows.map((data) => data.count));
  const found = ratioOf(
    windows.map((data) => data.sum / 1000),
    windows.map((data) => data.count),
  );
  const { predicted, uncertainty, source, limit } = predict(plan, isReplaced);
  const leastError = choices === 1 ? Math.sqrt(spreadOfOneQueue(load) / count) : 0;
  const unit = ms(service);
  const spread = Math.max(found.standardError, leastError * unit);
  const name = `${choices === 1 ? "1 choice" : `${choices} choices${isReplaced ? " with replacement" : ""}`} of ${servers} servers at ${load}`;
  return byStandardError(
    {
      case: `${name}: mean response time (ms)`,
      source,
      predicted: predicted * unit,
      n: count,
      note: `closed form for ever more servers: ${ms(Math.round(limit * service))} ms`,
    },
    found.value,
    Math.hypot(spread, uncertainty * unit),
  );
}

/**
 * How long, in mean demands, an empty system takes to forget that it was: of one queue 1 / (1 - sqrt(load))^2 (Cohen, The
 * Single Server Queue, 1982, section III.3). Queues that are filled by choice drain together, as one that is n times as
 * fast, and even out within about 1 / (1 - load).
 */
function relaxationOf({ servers, load, choices }: Plan): number {
  const idle = 1 - Math.sqrt(load);
  return choices === 1 ? 1 / (idle * idle) : 1 / (1 - load) + 1 / (servers * idle * idle);
}

/**
 * Sum of the autocovariances of waiting times in M/M/1, in squared mean demands: the variance of the mean of N waits is this
 * over N. Batches of any affordable length are not independent at high load, so this is the least error that is believed.
 * Daley, Journal of the Australian Mathematical Society 8 (1968); Whitt, Management Science 35 (1989), section 4.
 */
export function spreadOfOneQueue(load: number): number {
  const idle = 1 - load;
  return (load * (2 + 5 * load - 4 * load * load + load * load * load)) / (idle * idle * idle * idle);
}

interface Prediction {
  readonly predicted: number;
  /** Its standard error, or a quarter of what the prediction leaves out. */
  readonly uncertainty: number;
  readonly source: string;
  readonly limit: number;
}

function predict({ servers, load, choices }: Plan, isReplaced: boolean): Prediction {
  const { limit, refined } = supermarket(load, choices, servers, isReplaced);
  if (choices === 1) return { predicted: limit, uncertainty: 0, source: "each server is M/M/1: 1 / (mu - lambda)", limit };
  const published = servers === 100 && !isReplaced ? HUNDRED.find((row) => row.choices === choices && row.load === load) : undefined;
  if (published !== undefined)
    return {
      predicted: published.mean,
      uncertainty: published.error,
      source: "exact chain, n = 100, as Mitzenmacher (2001) ran it",
      limit,
    };
  const term = refined - limit;
  return {
    predicted: refined,
    // The next term is of order 1 / n^2: three times the square of the last over the whole, and 2 / n of it, cover it in
    // every case known (test/study/verify/supermarket.test.ts).
    uncertainty: (0.75 * term * term) / limit + (0.5 * term) / servers,
    source: "refined mean field: Gast and Van Houdt (2017)",
    limit,
  };
}

/**
 * Mean time in the system with 100 servers and d distinct choices: simulations of the exact Markov chain in C, made for
 * this project apart from its simulator (10 runs of 40,000 or 200,000 mean demands, of which a tenth or a twentieth was
 * discarded). Mitzenmacher's own figures for d = 2 (IEEE TPDS 12(10), 2001; remembered, not read again) are within 0.2 %.
 */
const HUNDRED: readonly { readonly choices: number; readonly load: number; readonly mean: number; readonly error: number }[] = [
  { choices: 2, load: 0.5, mean: 1.2678, error: 0.0008 },
  { choices: 2, load: 0.7, mean: 1.6205, error: 0.0013 },
  { choices: 2, load: 0.8, mean: 1.9568, error: 0.0011 },
  { choices: 2, load: 0.9, mean: 2.6495, error: 0.0011 },
  { choices: 2, load: 0.95, mean: 3.4551, error: 0.0021 },
  { choices: 2, load: 0.99, mean: 5.9348, error: 0.0288 },
  { choices: 3, load: 0.5, mean: 1.1279, error: 0.0004 },
  { choices: 3, load: 0.7, mean: 1.3619, error: 0.0007 },
  { choices: 3, load: 0.8, mean: 1.5939, error: 0.001 },
  { choices: 3, load: 0.9, mean: 2.0622, error: 0.0012 },
  { choices: 3, load: 0.95, mean: 2.6214, error: 0.002 },
  { choices: 3, load: 0.99, mean: 4.4424, error: 0.0279 },
  { choices: 5, load: 0.5, mean: 1.0335, error: 0.0004 },
  { choices: 5, load: 0.7, mean: 1.1764, error: 0.0008 },
  { choices: 5, load: 0.8, mean: 1.3409, error: 0.0008 },
  { choices: 5, load: 0.9, mean: 1.671, error: 0.0007 },
  { choices: 5, load: 0.95, mean: 2.0755, error: 0.0011 },
  { choices: 5, load: 0.99, mean: 3.4859, error: 0.0153 },
];
