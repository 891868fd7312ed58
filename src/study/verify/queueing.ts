/**
 * Queueing: servers' cores and their bounded queue, the clients' arrivals and what they measure, against closed forms.
 * One server on a network without delay is an M/M/c/K queue when the scenario makes it one. Tolerances come from batch
 * means: the record's windows are the batches.
 *
 * The twin of a queue serves 5 % slower than its closed form is told. queues.ts has the scenario and judges its figures;
 * little.ts and omission.ts are the two laws that need no distribution.
 */
import { assert } from "../../base/assert.ts";
import { byStandardError, ratioOf, sum, type VerifyCase } from "./case.ts";
import { closedLoop, erlangB, mg1, mm1k, mmc } from "./closed-forms.ts";
import { us } from "./laboratory.ts";
import { littleCases } from "./little.ts";
import { omissionCases } from "./omission.ts";
import {
  KLEINROCK,
  SLOWER,
  arrivalsFor,
  batches,
  exp,
  lossCase,
  ms,
  quantileCase,
  responseCase,
  throughputCase,
  type Setup,
} from "./queues.ts";
import { readSettings, type Setting } from "./settings.ts";
import type { Topic } from "./topic.ts";

const MODELS = ["all", "mm1", "mmc", "mg1", "mm1k", "mmcc", "closed", "utilisation", "little", "omission"] as const;

const SETTINGS: readonly Setting[] = [
  { name: "model", default: "all", what: `which queue: ${MODELS.join(", ")}`, kind: { words: MODELS } },
  {
    name: "load",
    default: "0.8",
    what: "share of the servers' time that arrivals ask for, 1% to 95%",
    kind: "share",
    min: 0.01,
    max: 0.95,
  },
  {
    name: "servers",
    default: "2,4,10",
    what: "numbers of servers of M/M/c and M/M/c/c, 1 to 1000 each",
    kind: "counts",
    min: 1,
    max: 1000,
  },
  { name: "service", default: "10ms", what: "mean demand of a request, 1ms to 10s", kind: "duration", min: 1_000, max: 10_000_000 },
  { name: "places", default: "10", what: "K of M/M/1/K, the place in service included, 1 to 1000", kind: "count", min: 1, max: 1000 },
  { name: "clients", default: "5,20", what: "numbers of clients of the closed loop, 1 to 1000 each", kind: "counts", min: 1, max: 1000 },
  {
    name: "think",
    default: "100ms",
    what: "mean think time of the closed loop, 1ms to 100s",
    kind: "duration",
    min: 1000,
    max: 100_000_000,
  },
  { name: "customers", default: "400k", what: "operations of each run, 2k to 20M", kind: "count", min: 2_000, max: 20_000_000 },
];

export const QUEUEING: Topic = {
  name: "queueing",
  summary: "M/M/1, M/M/c, M/G/1, M/M/1/K, M/M/c/c, closed loop, utilisation law, Little's law, coordinated omission",
  settings: SETTINGS,
  runsLeast: 1,
  run: (options) => {
    const read = readSettings(SETTINGS, options.set);
    assert(read.ok, "settings were checked");
    const setup = { settings: read.settings, options, runs: options.runs ?? 1 };
    const wanted = read.settings.word("model");
    const is = (model: string): boolean => wanted === "all" || wanted === model;
    return [
      ...(is("mm1") ? mm1Cases(setup) : []),
      ...(is("mmc") ? read.settings.list("servers").map((servers) => mmcCase(setup, servers)) : []),
      ...(is("mg1") ? mg1Cases(setup) : []),
      ...(is("mm1k") ? mm1kCases(setup) : []),
      ...(is("mmcc") ? read.settings.list("servers").map((servers) => mmccCase(setup, servers)) : []),
      ...(is("closed") ? read.settings.list("clients").flatMap((clients) => closedCases(setup, clients)) : []),
      ...(is("utilisation") ? [utilisationCase(setup)] : []),
      ...(is("little") ? littleCases(options.plant) : []),
      ...(is("omission") ? omissionCases(options.plant) : []),
    ];
  },
};

function mm1Cases(setup: Setup): readonly VerifyCase[] {
  const { settings } = setup;
  const arrivals = arrivalsFor(settings, 1);
  const { latency } = batches(setup, { seed: 1, servers: 1, arrivals, service: exp });
  const response = mmc(1, arrivals / 1_000_000, 1 / settings.number("service")).response;
  const name = `M/M/1 at ${settings.number("load")}`;
  return [
    responseCase(
      { case: `${name}: mean response time (ms)`, source: `1 / (mu - lambda): ${KLEINROCK}, 3.2`, predicted: ms(response) },
      latency,
    ),
    ...[0.5, 0.99].map((p) => quantileCase(`${name}: p${p * 100} of the response time (ms)`, response, p, latency)),
  ];
}

function mmcCase(setup: Setup, servers: number): VerifyCase {
  const { settings } = setup;
  const arrivals = arrivalsFor(settings, servers);
  const { latency } = batches(setup, { seed: 2 + servers, servers, arrivals, service: exp });
  const { response } = mmc(servers, arrivals / 1_000_000, 1 / settings.number("service"));
  return responseCase(
    {
      case: `M/M/${servers} at ${settings.number("load")}: mean response time (ms)`,
      source: `Erlang C: ${KLEINROCK}, 3.5`,
      predicted: ms(response),
    },
    latency,
  );
}

/** Balanced means: both branches carry half of the work. Its squared coefficient of variation comes out of `share` exactly. */
const HYPER_SHARE = 0.8873;

function mg1Cases(setup: Setup): readonly VerifyCase[] {
  const { settings } = setup;
  const arrivals = arrivalsFor(settings, 1);
  const service = settings.number("service");
  const shapes = [
    { name: "M/D/1", variation: 0, of: us },
    { name: "M/U/1, uniform from 0", variation: 1 / 3, of: (mean: number) => `uniform(0us..${us(2 * mean)})` },
    { name: "M/E2/1, Erlang-2", variation: 1 / 2, of: (mean: number) => `gamma(shape 2 mean ${us(mean)})` },
    {
      name: "M/H2/1, hyperexponential with C2 = 4",
      variation: 1 / (2 * HYPER_SHARE * (1 - HYPER_SHARE)) - 1,
      of: (mean: number) =>
        `mix(${HYPER_SHARE * 100}% ${exp(mean / 2 / HYPER_SHARE)} ${Number((100 - HYPER_SHARE * 100).toFixed(6))}% ${exp(mean / 2 / (1 - HYPER_SHARE))})`,
    },
  ];
  return shapes.map(({ name, variation, of }, index) => {
    const { latency } = batches(setup, { seed: 2001 + index, servers: 1, arrivals, service: of, more: 1 + variation });
    const { response } = mg1(arrivals / 1_000_000, service, variation);
    return responseCase(
      {
        case: `${name} at ${settings.number("load")}: mean response time (ms)`,
        source: `Pollaczek-Khinchine: ${KLEINROCK}, 5.6`,
        predicted: ms(response),
      },
      latency,
    );
  });
}

/** Loads of M/M/1/K, beside the one set: one beyond 1, which only a bounded queue survives. */
const OVERLOAD = 1.2;

function mm1kCases(setup: Setup): readonly VerifyCase[] {
  const { settings } = setup;
  const places = settings.number("places");
  const service = settings.number("service");
  return [settings.number("load"), OVERLOAD].flatMap((load, index) => {
    const arrivals = Number(((load * 1_000_000) / service).toPrecision(15));
    const { latency, records } = batches(setup, { seed: 2011 + index, servers: 1, queue: places - 1, arrivals, service: exp });
    const { loss, throughput, response } = mm1k(places, arrivals / 1_000_000, 1 / service);
    const name = `M/M/1/${places} at ${load}`;
    const source = `${KLEINROCK}, 3.6`;
    return [
      lossCase({ case: `${name}: share refused`, source, predicted: loss }, records),
      // Below 1 nearly all are served, however slow the server: a throughput that would hide the fault shows nothing.
      ...(load > 1 ? [throughputCase({ case: `${name}: throughput (1/s)`, source, predicted: throughput * 1_000_000 }, records)] : []),
      responseCase({ case: `${name}: mean response time of those served (ms)`, source, predicted: ms(response) }, latency),
    ];
  });
}

function mmccCase(setup: Setup, servers: number): VerifyCase {
  const arrivals = arrivalsFor(setup.settings, servers);
  const { records } = batches(setup, { seed: 3000 + servers, servers, queue: 0, arrivals, service: exp });
  const predicted = erlangB(servers, (arrivals * setup.settings.number("service")) / 1_000_000);
  return lossCase(
    {
      case: `M/M/${servers}/${servers} at ${setup.settings.number("load")}: share refused`,
      source: `Erlang B: ${KLEINROCK}, 3.7`,
      predicted,
    },
    records,
  );
}

function closedCases(setup: Setup, clients: number): readonly VerifyCase[] {
  const { settings, options } = setup;
  const service = settings.number("service");
  const think = settings.number("think");
  const { throughput, response } = closedLoop(clients, 1 / think, 1, 1 / service);
  // Clients that think longer too: few clients hardly notice a slower server, many hardly a longer pause.
  const thinks = think * (options.plant ? SLOWER : 1);
  const { latency, records } = batches(setup, {
    seed: 5000 + clients,
    servers: 1,
    arrivals: throughput * 1_000_000,
    service: exp,
    workload: [`workload[0].arrivals={ closed: { clients: ${clients}, think: exp(${us(thinks)}) } }`],
  });
  const name = `closed loop of ${clients}`;
  const source = `machine repairman: ${KLEINROCK}, 3.8`;
  const width = records[0]!.windows.width;
  const law = ratioOf(
    latency.map((data) => data.sum + data.count * think),
    latency.map(() => width),
  );
  return [
    throughputCase({ case: `${name}: throughput X (1/s)`, source, predicted: throughput * 1_000_000 }, records),
    responseCase({ case: `${name}: mean response time R (ms)`, source, predicted: ms(response) }, latency),
    byStandardError(
      {
        case: `${name}: X (R + Z)`,
        source: "N = X (R + Z): Denning and Buzen, ACM Computing Surveys 10 (1978)",
        predicted: clients,
        n: sum(latency.map(({ count }) => count)),
      },
      law.value,
      law.standardError,
    ),
  ];
}

/** Busy time of the cores over requests served is the mean demand, whatever the queue. */
function utilisationCase(setup: Setup): VerifyCase {
  const { settings } = setup;
  const servers = 4;
  const { records } = batches(setup, { seed: 7000, servers, arrivals: arrivalsFor(settings, servers), service: exp });
  const busy = records.flatMap(({ windows }) => windows.serverBusy);
  const served = records.flatMap(({ windows }) => windows.serverRequests);
  const found = ratioOf(busy, served);
  // U = X S per core: the demand that the cores had is compared by way of the share of time they were busy.
  const rate = sum(served) / sum(records.map(({ header }) => header.duration * servers));
  return byStandardError(
    {
      case: `utilisation law: busy share of ${servers} cores`,
      source: "U = X S: Denning and Buzen, ACM Computing Surveys 10 (1978)",
      predicted: rate * settings.number("service"),
      n: sum(served),
    },
    rate * found.value,
    rate * found.standardError,
  );
}
