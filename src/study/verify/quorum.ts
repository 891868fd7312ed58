/**
 * Staleness and latency of a leaderless quorum: writes and the reads after them through the simulator's own quorum, with a delay of
 * its own for each kind of message (write, acknowledgement, read, response), beside closed forms where there are any, the WARS model
 * played by itself (quorum-model.ts), and what was published (quorum-published.ts).
 */
import { assert } from "../../base/assert.ts";
import type { DistributionSpec } from "../../simulator/kernel/distribution-spec.ts";
import { compileDistribution } from "../../simulator/kernel/distributions.ts";
import { byStandardError, exactly, type VerifyCase } from "./case.ts";
import { memorylessConsistent, orderStatistic, playWars, consistentAt, countUpTo, type WarsResult } from "./quorum-model.ts";
import { PUBLISHED, PUBLISHED_TRIALS, SOURCE, type Published } from "./quorum-published.ts";
import { areTooLong, measurePairs, MESSAGES, PAIRS_PER_RUN, type Measured, type MessageName, type Pairs } from "./quorum-run.ts";
import { readSettings, type Setting, type Settings } from "./settings.ts";
import type { Topic, TopicOptions } from "./topic.ts";

const HOUR = 3_600_000_000;

const SETTINGS: readonly Setting[] = [
  { name: "n", default: "3", what: "replicas, 1 to 30", kind: "count", min: 1, max: 30 },
  { name: "r", default: "1", what: "replicas whose answers a read waits for, 1 to n", kind: "count", min: 1, max: 30 },
  { name: "w", default: "1", what: "replicas that a write waits for, 1 to n", kind: "count", min: 1, max: 30 },
  { name: "write", default: "exp(10ms)", what: "delay of a write to a replica, a distribution", kind: "distribution" },
  { name: "ack", default: "exp(1ms)", what: "delay of its acknowledgement, a distribution", kind: "distribution" },
  { name: "read", default: "exp(1ms)", what: "delay of a read to a replica, a distribution", kind: "distribution" },
  { name: "response", default: "exp(1ms)", what: "delay of its answer, a distribution", kind: "distribution" },
  {
    name: "t",
    default: "0ms",
    what: "from a write's acknowledgement to the read's sending, 0ms to 1h",
    kind: "duration",
    min: 0,
    max: HOUR,
  },
  {
    name: "far",
    default: "0ms",
    what: "one way more to all replicas but the one in the operation's own data centre, any of them, 0ms to 1h",
    kind: "duration",
    min: 0,
    max: HOUR,
  },
];

/** Repeats of each experiment, of the many that are published and of what is set; `--runs` gives another number. Each has 2,000 pairs. */
const RUNS_PUBLISHED = 10;
const RUNS = 20;
/** Trials of the model: its own error is a fifth of the simulation's. */
const TRIALS_PER_PAIR = 10;
const TRIALS_MOST = 1_000_000;
const QUANTILES = [0.5, 0.99, 0.999] as const;
/** Where a claim stops being held, in standard errors; as in case.ts. */
const Z_BOUND = 4;

export const QUORUM: Topic = {
  name: "quorum",
  summary: "reads after writes under a leaderless quorum: staleness and latency, closed forms, the WARS model, published figures",
  settings: SETTINGS,
  runsLeast: 1,
  problems: (settings) => [
    ...(["r", "w"] as const).flatMap((name) =>
      settings.number(name) > settings.number("n")
        ? [`${name}: ${settings.number(name)} of ${settings.number("n")} replicas; at most all`]
        : [],
    ),
    ...MESSAGES.filter((name) => areTooLong({ specs: each(() => settings.distribution(name)) })).map(
      (name) => `${name}: now and then longer than two days, and operations could not be kept apart; write shorter delays`,
    ),
  ],
  run: (options) => (Object.keys(options.set).length === 0 ? published(options) : underSettings(options)),
};

/** Closed forms, then the published table. */
function published({ runs = RUNS_PUBLISHED, plant, progress }: TopicOptions): readonly VerifyCase[] {
  const zero = { ack: "0ms", read: "0ms", response: "0ms" };
  const closed: readonly (Partial<Record<string, string>> & { readonly n: string })[] = [
    { n: "3", r: "1", w: "1", t: "2ms", write: "exp(10ms)", ...zero },
    { n: "5", r: "2", w: "2", t: "5ms", write: "exp(10ms)", ...zero },
    { n: "3", r: "2", w: "2", write: "exp(10ms)", ack: "exp(1ms)", read: "exp(1ms)", response: "exp(1ms)" },
    { n: "3", r: "1", w: "3", write: "2ms", ack: "3ms", read: "4ms", response: "5ms" },
  ];
  const work: readonly (() => readonly VerifyCase[])[] = [
    ...closed.map((set) => () => casesOf(pairsOf(set as Record<string, string>), runs, plant)),
    ...PUBLISHED.map((row) => () => publishedCases(row, runs, plant)),
  ];
  return work.flatMap((cases, done) => {
    const found = cases();
    progress?.(done + 1, work.length);
    return found;
  });
}

function underSettings({ set, runs = RUNS, plant, progress }: TopicOptions): readonly VerifyCase[] {
  const cases = casesOf(pairsOf(set), runs, plant);
  progress?.(1, 1);
  return cases;
}

const each = <Value>(of: (name: MessageName) => Value): Record<MessageName, Value> => ({
  write: of("write"),
  ack: of("ack"),
  read: of("read"),
  response: of("response"),
});

function pairsOf(set: Readonly<Record<string, string>>): Pairs {
  const read = readSettings(SETTINGS, set);
  assert(read.ok, "settings were checked");
  const settings: Settings = read.settings;
  const text = (name: MessageName): string => set[name] ?? SETTINGS.find((setting) => setting.name === name)!.default;
  return {
    n: settings.number("n"),
    r: settings.number("r"),
    w: settings.number("w"),
    t: settings.number("t"),
    far: settings.number("far"),
    delays: each(text),
    specs: each((name) => settings.distribution(name)),
  };
}

const samplersOf = ({ specs }: Pairs): Record<MessageName, ReturnType<typeof compileDistribution>> => ({
  write: compileDistribution(specs.write),
  ack: compileDistribution(specs.ack),
  read: compileDistribution(specs.read),
  response: compileDistribution(specs.response),
});

/** What is simulated: as told, or with something wrong: other quorums, slow coordinators, a clock that is years ahead. */
function measured(pairs: Pairs, runs: number, plant: boolean, model: WarsResult): Measured {
  if (!plant) return measurePairs(pairs, runs);
  const n = Math.max(2, pairs.n);
  const other = (quorum: number): number => (quorum < n ? quorum + 1 : quorum - 1);
  // Slower than all but one in a thousand should be.
  const tail = (latency: Float64Array): number => latency[Math.ceil(0.999 * latency.length) - 1]!;
  const fault = Math.ceil(Math.max(tail(model.writeLatency), tail(model.readLatency), 1_000)) * 2;
  return measurePairs({ ...pairs, n, r: other(pairs.r), w: other(pairs.w), fault }, runs);
}

const ms = (time: number): string => String(Number((time / 1_000).toPrecision(6)));
const conditions = ({ n, r, w, far }: Pairs): string => `N=${n} R=${r} W=${w}${far === 0 ? "" : `, others ${ms(far)} ms away`}`;

function casesOf(pairs: Pairs, runs: number, plant: boolean): readonly VerifyCase[] {
  const model = playWars({ ...pairs, ...samplersOf(pairs) }, trialsFor(runs), 1);
  const found = measured(pairs, runs, plant, model);
  const name = conditions(pairs);
  return [consistentCase(name, pairs, model, found), ...latencyCases(name, pairs, model, found)];
}

const trialsFor = (runs: number): number => Math.min(TRIALS_MOST, Math.max(50_000, runs * PAIRS_PER_RUN * TRIALS_PER_PAIR));

/** Share of reads that see the write before them, t after its acknowledgement. */
function consistentCase(name: string, pairs: Pairs, model: WarsResult, { consistent, reads }: Measured): VerifyCase {
  const { n, r, w, t, far, specs } = pairs;
  const told = { case: `${name}: consistent reads ${ms(t)} ms after the acknowledgement, share`, n: reads };
  const share = consistent / reads;
  if (r + w > n) return exactly({ ...told, source: "R + W > N: quorums that overlap (Gifford 1979)", predicted: 1 }, share);
  const mean = far === 0 ? exponentialMean(specs.write) : undefined;
  const elapsed = constantOf(specs.ack, specs.read);
  const isFixed = elapsed !== undefined && constantOf(specs.response) !== undefined;
  if (mean !== undefined && isFixed) {
    const predicted = memorylessConsistent(n, r, w, mean, t + elapsed);
    const source = "1 - C(N-W,R)/C(N,R) exp(-R t / mean): writes forget, responses do not (Bailis et al. 2012, section 3.1, at t = 0)";
    return byStandardError({ ...told, source, predicted }, share, binomialError(predicted, reads));
  }
  const predicted = consistentAt(model, t);
  return byStandardError(
    { ...told, source: `WARS model, ${model.trials} trials (Bailis et al. 2012, section 4)`, predicted },
    share,
    Math.hypot(binomialError(predicted, reads), binomialError(predicted, model.trials)),
  );
}

/** Of a share; where nothing at all is expected, of one event. */
const binomialError = (p: number, n: number): number => Math.sqrt(Math.max(p * (1 - p), 1 / n) / n);

function latencyCases(name: string, pairs: Pairs, model: WarsResult, found: Measured): readonly VerifyCase[] {
  const { n, r, w, far, specs } = pairs;
  const one = (first: DistributionSpec, second: DistributionSpec): ((x: number) => number) | undefined => {
    const mean = far === 0 ? exponentialMean(first) : undefined;
    const after = constantOf(second);
    return mean === undefined || after === undefined ? undefined : (x) => (x <= after ? 0 : 1 - Math.exp((after - x) / mean));
  };
  return [
    ...quantileCases(`${name}: write latency`, found.writeLatency, model.writeLatency, n, w, one(specs.write, specs.ack)),
    ...quantileCases(`${name}: read latency`, found.readLatency, model.readLatency, n, r, one(specs.read, specs.response)),
  ];
}

/** Quantiles of what the k-th of n replicas takes: by the closed form of one replica's, if there is one, else as the model has them. */
function quantileCases(
  name: string,
  found: Float64Array,
  model: Float64Array,
  n: number,
  k: number,
  one: ((x: number) => number) | undefined,
): readonly VerifyCase[] {
  return QUANTILES.map((p) => {
    const isClosed = one !== undefined;
    const predicted = isClosed ? solve((x) => orderStatistic(n, k, one(x)), p) : model[Math.ceil(p * model.length) - 1]!;
    const source = isClosed
      ? `${k} of ${n} exponential times, order statistics (David and Nagaraja 2003, section 2.1)`
      : `WARS model, ${model.length} trials (Bailis et al. 2012, section 4)`;
    return quantileCase(
      `${name}, p${String(Number((p * 100).toPrecision(4)))} (ms)`,
      source,
      predicted,
      found,
      p,
      isClosed ? Infinity : model.length,
    );
  });
}

/**
 * Is `predicted` the p-quantile of what was found? As many must be at most that as chance allows, in units of the binomial's
 * standard error; what is found is whole microseconds, so that half of one is forgiven. `slack` is how far the prediction may be off.
 */
function quantileCase(
  name: string,
  source: string,
  predicted: number,
  found: Float64Array,
  p: number,
  trials: number,
  slack = 0.5,
  note?: string,
): VerifyCase {
  const count = found.length;
  const error = Math.sqrt(p * (1 - p) * (1 / count + 1 / trials)) * count;
  const at = (rank: number): number => found[Math.min(count - 1, Math.max(0, Math.ceil(rank) - 1))]! / 1_000;
  const below = countUpTo(found, predicted - slack - 0.5);
  const upTo = countUpTo(found, predicted + slack);
  const wanted = p * count;
  const away = upTo < wanted ? upTo - wanted : below > wanted ? below - wanted : 0;
  const z = away / error;
  const base = {
    case: name,
    predicted: predicted / 1_000,
    source,
    simulated: at(wanted),
    interval: { low: at(wanted - Z_BOUND * error), high: at(wanted + Z_BOUND * error) },
    // More below than predicted: the simulation is faster.
    z: z === 0 ? 0 : -z,
    n: count,
    held: Math.abs(z) < Z_BOUND,
  };
  return note === undefined ? base : { ...base, note };
}

/** Where a rising function reaches p, by halving. */
function solve(cdf: (x: number) => number, p: number): number {
  let high = 1;
  while (cdf(high) < p) high *= 2;
  let low = 0;
  for (let i = 0; i < 200; i += 1) {
    const middle = (low + high) / 2;
    if (cdf(middle) < p) low = middle;
    else high = middle;
  }
  return high;
}

/** A row of the published table: each figure that it has, beside the simulation under its conditions. */
function publishedCases(row: Published, runs: number, plant: boolean): readonly VerifyCase[] {
  const { model, r, w } = row;
  const set = {
    n: "3",
    r: String(r),
    w: String(w),
    write: model.write,
    ack: model.other,
    read: model.other,
    response: model.other,
    far: model.far ?? "0ms",
  };
  const pairs = pairsOf(set);
  const wars = playWars({ ...pairs, ...samplersOf(pairs) }, 50_000, 1);
  const name = `${model.name} ${conditions(pairs)}`;
  const atOnce = measured(pairs, runs, plant, wars);
  const cases: VerifyCase[] = [];
  const share = atOnce.consistent / atOnce.reads;
  if (row.consistent !== undefined) {
    const spread = Math.hypot(binomialError(row.consistent, atOnce.reads), binomialError(row.consistent, PUBLISHED_TRIALS.consistent));
    const error = spread + (row.rounding ?? 0) / Z_BOUND;
    const claim = {
      case: `${name}: consistent reads at t = 0, share`,
      source: `${SOURCE}, section 5`,
      predicted: row.consistent,
      n: atOnce.reads,
    };
    cases.push(byStandardError(claim, share, error));
  } else if (r + w > 3) cases.push(consistentCase(name, pairs, wars, atOnce));
  const latency = (what: string, value: number | undefined, sample: Float64Array): void => {
    if (value === undefined) return;
    const note = "published to 0.01 ms, of a million operations";
    cases.push(
      quantileCase(
        `${name}: ${what} latency, p99.9 (ms)`,
        `${SOURCE}, table 4`,
        value * 1_000,
        sample,
        0.999,
        PUBLISHED_TRIALS.latency,
        5,
        note,
      ),
    );
  };
  latency("read", row.readLatency, atOnce.readLatency);
  latency("write", row.writeLatency, atOnce.writeLatency);
  if (row.exactT === undefined || row.publishedT === undefined) return cases;
  const later = { ...pairs, t: Math.round(row.exactT * 1_000) };
  const { consistent, reads } = measured(later, runs, plant, wars);
  const claim = {
    case: `${name}: consistent reads ${row.exactT} ms after the acknowledgement, share`,
    source: `t-visibility at 99.9 %, by a Monte Carlo of the model that is not ours; ${SOURCE}, table 4, has ${row.publishedT} ms`,
    predicted: 0.999,
    n: reads,
    note: `the published time is the first at which one of many noisy estimates passed 99.9 %, and so too early`,
  };
  cases.push(
    byStandardError(claim, consistent / reads, Math.hypot(binomialError(0.999, reads), binomialError(0.999, PUBLISHED_TRIALS.latency))),
  );
  return cases;
}

function exponentialMean(spec: DistributionSpec): number | undefined {
  return spec.kind === "exponential" ? spec.mean : undefined;
}

/** The sum of what is constant; undefined if anything varies. */
function constantOf(...specs: readonly DistributionSpec[]): number | undefined {
  let sum = 0;
  for (const spec of specs) {
    if (spec.kind !== "constant") return undefined;
    sum += spec.value;
  }
  return sum;
}
