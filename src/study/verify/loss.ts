/**
 * What is lost: writes that were acknowledged and that no surviving history holds. Asynchronous shipping every S loses,
 * when a host dies at an instant that knows nothing of the shipments, what was acknowledged since the last one: rate × S / 2
 * on average. A primary that is cut off, or paused until another has its place, and fenced by nobody loses what it
 * acknowledges until it hears of its successor.
 * Synchronous replication loses nothing, nor does a process that comes back with its disk.
 */
import { assert } from "../../base/assert.ts";
import type { RunRecord } from "../../simulator/record/record.ts";
import { byStandardError, meanOf, never, sum, type VerifyCase } from "./case.ts";
import { experiment, perSecond, us } from "./laboratory.ts";
import { readSettings, type Setting, type Settings } from "./settings.ts";
import type { Topic, TopicOptions } from "./topic.ts";

/** The primary of every shard is on server 0: one death gives as many ages of shipments as there are shards. */
const DEATH = `
name: verify-loss
question: What does a primary's host take with it?
repeats: 450
warmup: 1s
duration: 1s
settle: 10s
prober: { every: 1s }
cluster:
  regions: { local: { zones: { a: 1, b: 1, c: 1 } } }
  shards: 16
  replicas: 3
  server: { cores: 16, service: { read: 0.1ms, write: 0.1ms, apply: 0.05ms }, fsync: 1ms }
  network: { crossZone: 1ms }
  clients: [ { name: app, zones: [b], hosts: 1 } ]
data: { tables: { items: { rows: 10k } } }
workload: [ { name: load, arrivals: { poisson: 300/s }, mix: { update: 100% } } ]
faults: [ { at: uniform(10ms..510ms), hostDeath: server 0, for: ever } ]
strategies:
  one:
    placement: { spread: zone, primaries: zone a }
    replication: { asynchronous: { ship: { every: 500ms } } }
    failover: { monitor: { heartbeat: 100ms, misses: 2 } }
    fencing: epoch
    hosts: { monitor: [ zone b ], metadata: [ zone b ] }
    client: { deadline: 100ms, timeout: 100ms, retries: 0 }
`;
const SHIP = "strategies.one.replication.asynchronous.ship.every";
/** Without delays a shipment of what is synced takes no time: nothing acknowledged is ever unshipped. */
const FAST = ["cluster.network.crossZone=0ms", "cluster.server.fsync=0ms", "cluster.server.service.apply=0ms"];
const SYNCHRONOUS = "strategies.one.replication=synchronous";
/** The process dies, its disk stays, and nobody takes over meanwhile. */
const CRASH = ["strategies.one.failover=none", "faults=[ { at: uniform(10ms..510ms), processCrash: server 0, for: 200ms } ]"];
/** Longer than told, for the twin; the twins of what loses nothing are strategies or faults that do. */
const LONGER = 1.05;

/** Clients of zone a still reach the primary there; the monitors and the standbys do not. */
const CUT = `
name: verify-cut
question: What does a primary lose that nobody can tell that it is one no longer?
repeats: 12
warmup: 1s
duration: 20s
settle: 20s
cluster:
  regions: { local: { zones: { a: 1, b: 1, c: 1 } } }
  shards: 1
  replicas: 3
  server: { service: { read: 0.1ms, write: 0.1ms, apply: 0.05ms }, fsync: 0ms }
  network: { sameZone: 0ms, crossZone: 0ms }
  clients: [ { name: near, zones: [a], hosts: 1 }, { name: far, zones: [b], hosts: 1 } ]
data: { tables: { items: { rows: 10k } } }
workload:
  - { name: near, from: clients near, arrivals: { poisson: 200/s }, mix: { update: 100% } }
  - { name: far, from: clients far, arrivals: { poisson: 20/s }, mix: { update: 100% } }
faults: [ { at: uniform(2s..3s), cut: { from: zone a, to: rest }, for: 10s } ]
strategies:
  one:
    placement: { spread: zone, primaries: zone a }
    replication: asynchronous
    failover: { monitor: { heartbeat: 200ms, misses: 3 } }
    fencing: none
    hosts: { monitor: [ zone b, zone c ], metadata: [ zone c ] }
`;
/**
 * The old primary goes on after 2 s. Its clients ask nobody else, each for 100 ms; what they sent in the last 100 ms waits
 * in its sockets. What the monitors say reaches it a second later, or the news would wait there too.
 */
const PAUSE = `
name: verify-pause
question: What does a primary lose that stands still until another has its place?
repeats: 12
warmup: 1s
duration: 8s
settle: 20s
cluster:
  regions: { local: { zones: { a: 1, b: 1, c: 1 } } }
  shards: 1
  replicas: 3
  server: { cores: 16, service: { read: 0.01ms, write: 0.01ms, apply: 0.01ms }, fsync: 0ms }
  network: { sameZone: 0ms, crossZone: 0ms }
  clients: [ { name: near, zones: [a], hosts: 1 } ]
data: { tables: { items: { rows: 10k } } }
workload: [ { name: near, from: clients near, arrivals: { poisson: 200/s }, mix: { update: 100% } } ]
faults:
  - { at: 2s, pause: server 0, for: 2s }
  - { at: 2s, cut: { from: [ monitors, metadata ], to: server 0 }, for: 3s }
strategies:
  one:
    placement: { spread: zone, primaries: zone a }
    replication: asynchronous
    failover: { monitor: { heartbeat: 100ms, misses: 8 } }
    fencing: none
    hosts: { monitor: [ zone b, zone c ], metadata: [ zone c ] }
    client: { deadline: 100ms, timeout: 100ms, retries: 0, learn: [ { ttl: 1h } ] }
`;
/** What waits in the sockets of a paused primary is acknowledged when it goes on, if its client still waits. */
const PATIENCE = 0.1;

/** The twin's clients write so much faster than told. */
const FASTER = 1.05;
/** Fewer repeats do where one lost write is too many. */
const NOTHING_RUNS = 100;

const PARTS = ["all", "ship", "nothing", "cut", "pause"] as const;

const SETTINGS: readonly Setting[] = [
  { name: "part", default: "all", what: `which cases: ${PARTS.join(", ")}`, kind: { words: PARTS } },
  {
    name: "rate",
    default: "300/s",
    what: "writes acknowledged before the host dies, 10/s to 100000/s",
    kind: "rate",
    min: 10,
    max: 100_000,
  },
  { name: "ship", default: "500ms", what: "pause between shipments, 1ms to 1s", kind: "duration", min: 1_000, max: 1_000_000 },
  {
    name: "cutRate",
    default: "200/s",
    what: "writes of the clients that still reach the primary that is cut off, 1/s to 5000/s",
    kind: "rate",
    min: 1,
    max: 5_000,
  },
  { name: "cut", default: "10s", what: "length of the cut, 1s to 10m", kind: "duration", min: 1_000_000, max: 600_000_000 },
];

export const LOSS: Topic = {
  name: "loss",
  summary:
    "acknowledged writes lost: shipping every S, a cut or paused primary that nobody fences, synchronous replication, a crash that comes back",
  settings: SETTINGS,
  runsLeast: 2,
  run: (options) => {
    const read = readSettings(SETTINGS, options.set);
    assert(read.ok, "settings were checked");
    const { settings } = read;
    const wanted = settings.word("part");
    const is = (part: string): boolean => wanted === "all" || wanted === part;
    return [
      ...(is("ship")
        ? [
            shipCase(settings, options, "without delays", FAST),
            shipCase(settings, options, "with delays of 1 ms each way and a flush of 1 ms", []),
          ]
        : []),
      ...(is("nothing") ? NOTHING.map((one) => nothingCase(settings, options, one)) : []),
      ...(is("cut") ? [cutCase(settings, options, "none"), cutCase(settings, options, "epoch")] : []),
      ...(is("pause") ? [pauseCase(settings, options)] : []),
    ];
  },
};

/** Lost writes of each repeat. */
function losses(rate: number, { runs, progress }: TopicOptions, set: readonly string[]): readonly number[] {
  return experiment(
    { text: DEATH, repeats: runs, progress, set: [`workload[0].arrivals.poisson=${perSecond(rate)}`, ...set] },
    ({ data, header }) => {
      assert(data.acknowledged > 0, `seed ${header.seed}: nothing was acknowledged, so nothing could be lost`);
      return data.lossWrites;
    },
  );
}

function shipCase(settings: Settings, options: TopicOptions, where: string, set: readonly string[]): VerifyCase {
  const every = settings.number("ship");
  const rate = settings.number("rate");
  const lost = losses(rate, options, [...set, `${SHIP}=${us(options.plant ? every * LONGER : every)}`]);
  const found = meanOf(lost);
  return byStandardError(
    {
      case: `asynchronous, shipped every ${every / 1000} ms ${where}, host death: writes lost`,
      source: "rate × S / 2: the age of the last shipment is uniform in [0, S)",
      predicted: (rate * every) / 2_000_000,
      n: lost.length,
      note: "16 shards, each with a phase of its own; what is on the wire when the host dies arrives",
    },
    found.value,
    found.standardError,
  );
}

interface Nothing {
  readonly name: string;
  readonly source: string;
  readonly truth: readonly string[];
  readonly twin: readonly string[];
}

const NOTHING: readonly Nothing[] = [
  {
    name: "asynchronous, shipped at once on a network without delay, host death: runs that lose a write",
    source: "what is synced is shipped before its acknowledgement leaves",
    truth: [...FAST, `${SHIP}=0ms`],
    twin: [...FAST, `${SHIP}=50ms`],
  },
  {
    name: "synchronous, host death: runs that lose a write",
    source: "a write is acknowledged when every member has synced it",
    truth: [SYNCHRONOUS],
    twin: [`${SHIP}=50ms`],
  },
  {
    name: "asynchronous, process crash and restart: runs that lose a write",
    source: "a process crash keeps what was written, by definition",
    truth: [...CRASH, `${SHIP}=50ms`],
    twin: [`${SHIP}=50ms`],
  },
];

function nothingCase(settings: Settings, options: TopicOptions, { name, source, truth, twin }: Nothing): VerifyCase {
  const lost = losses(settings.number("rate"), { ...options, runs: options.runs ?? NOTHING_RUNS }, options.plant ? twin : truth);
  return never({ case: name, source, n: lost.length }, lost.filter((writes) => writes > 0).length);
}

function cutCase(settings: Settings, { runs, plant, progress }: TopicOptions, fencing: "none" | "epoch"): VerifyCase {
  const rate = settings.number("cutRate");
  const length = settings.number("cut");
  const found = experiment(
    {
      text: CUT,
      repeats: runs,
      progress,
      set: [
        `workload[0].arrivals.poisson=${perSecond(plant ? rate * FASTER : rate)}`,
        `faults[0].for=${us(length)}`,
        `duration=${us(length + 5_000_000)}`,
        `strategies.one.fencing=${fencing}`,
      ],
    },
    (record) => ({ lost: record.data.lossWrites, time: acknowledging(record) }),
  );
  const times = sum(found.map(({ time }) => time)) / 1e6;
  const lost = sum(found.map(({ lost: writes }) => writes));
  // Arrivals are Poisson: given the time, so is the number lost.
  return byStandardError(
    {
      case: `asynchronous, primary cut off for ${length / 1e6} s with clients of its zone, fencing ${fencing}: writes lost`,
      source: "rate × the time it keeps acknowledging, until it hears of its successor",
      predicted: (rate * times) / found.length,
      n: found.length,
      note: `it acknowledges for ${(times / found.length).toPrecision(5)} s`,
    },
    lost / found.length,
    Math.sqrt(rate * times) / found.length,
  );
}

function pauseCase(settings: Settings, { runs, plant, progress }: TopicOptions): VerifyCase {
  const rate = settings.number("cutRate");
  const found = experiment(
    { text: PAUSE, repeats: runs, progress, set: [`workload[0].arrivals.poisson=${perSecond(plant ? rate * FASTER : rate)}`] },
    (record) => ({ lost: record.data.lossWrites, time: acknowledgingAgain(record) }),
  );
  const times = sum(found.map(({ time }) => time)) / 1e6 + PATIENCE * found.length;
  const lost = sum(found.map(({ lost: writes }) => writes));
  return byStandardError(
    {
      case: "asynchronous, primary paused for 2 s with clients that ask nobody else, fencing none: writes lost",
      source: "rate × (what its clients wait, 0.1 s + the time it acknowledges again, until it hears of its successor)",
      predicted: (rate * times) / found.length,
      n: found.length,
      note: `it acknowledges for ${(times / found.length - PATIENCE).toPrecision(5)} s after the pause`,
    },
    lost / found.length,
    Math.sqrt(rate * times) / found.length,
  );
}

/** From the end of the pause until the old primary knows. */
function acknowledgingAgain({ facts, header }: RunRecord): number {
  const resumed = facts.find((fact) => fact.kind === "process" && fact.change === "resumed");
  const end = facts.find((fact) => fact.kind === "demoted" && fact.server === 0);
  assert(resumed !== undefined && end !== undefined, `seed ${header.seed}: the old primary was not paused, or never heard of it`);
  return end.at - resumed.at;
}

/** From the cut until the old primary knows: it acknowledges all the while, and shipped at once what it did before. */
function acknowledging({ facts, header }: RunRecord): number {
  const cut = facts.find((fact) => fact.kind === "fault" && fact.phase === "start");
  const end = facts.find((fact) => fact.kind === "demoted" && fact.server === 0);
  assert(cut !== undefined && end !== undefined, `seed ${header.seed}: the old primary was not cut off, or never heard of it`);
  return end.at - cut.at;
}
