/**
 * `availability.time`, the share of shard × time that is writable by state, against closed forms: on faults written out,
 * exactly; on crashes at random, by the probability that none of them is under way.
 */
import { assert } from "../../base/assert.ts";
import { byStandardError, exactly, meanOf, sum, type VerifyCase } from "./case.ts";
import { experiment, us } from "./laboratory.ts";
import { readSettings, type Setting } from "./settings.ts";
import type { Topic, TopicOptions } from "./topic.ts";

/** Six shards on three servers. No delay anywhere, so that a process that returns is primary again at once. */
const SCRIPTED = `
name: verify-availability
question: Which share of the time can be written to?
repeats: 1
warmup: 1s
duration: 60s
window: 60s
settle: 10s
prober: { every: 1s }
cluster:
  regions: { local: { zones: { a: 1, b: 1, c: 1 } } }
  shards: 6
  replicas: 3
  server: { service: { read: 0.1ms, write: 0.1ms, apply: 0.1ms }, fsync: 0ms }
  network: { sameZone: 0ms, crossZone: 0ms }
  clients: [ { name: app, zones: [b], hosts: 1 } ]
  metadata: { read: 0ms, claim: 0ms, commit: 0ms }
data: { tables: { items: { rows: 600 } } }
workload: [ { name: load, arrivals: { poisson: 1/s } } ]
faults: [ { at: 20s, processCrash: server 0, for: 12s } ]
strategies: { one: { replication: none, failover: none, client: { deadline: 100ms, timeout: 100ms, retries: 0 } } }
`;
/** How much longer the faults of the twin last. */
const LONGER = 1.05;

const SETTINGS: readonly Setting[] = [
  {
    name: "gap",
    default: "30s",
    what: "mean time between two crashes of a server, 1s to 1h",
    kind: "duration",
    min: 1_000_000,
    max: 3_600_000_000,
  },
  { name: "down", default: "5s", what: "length of a crash, 100ms to 10m", kind: "duration", min: 100_000, max: 600_000_000 },
  {
    name: "duration",
    default: "5000s",
    what: "measured time of each run, 100s to 30d",
    kind: "duration",
    min: 100_000_000,
    max: 2_592_000_000_000,
  },
];
const RUNS = 60;

export const AVAILABILITY: Topic = {
  name: "availability",
  summary: "availability.time on written faults, exactly, and under Poisson crashes",
  settings: SETTINGS,
  runsLeast: 2,
  run: (options) => {
    const read = readSettings(SETTINGS, options.set);
    assert(read.ok, "settings were checked");
    const { settings } = read;
    return [
      scripted(options, { name: "a server's process crashes for 12 of 60 s, one copy", share: 2 / 6, set: [] }),
      scripted(options, {
        name: "a server is paused for 12 of 60 s, one copy",
        share: 2 / 6,
        set: ["faults=[ { at: 20s, pause: server 0, for: 12s } ]"],
      }),
      scripted(options, {
        name: "a zone is cut off for 12 of 60 s, synchronous",
        share: 1,
        set: ["strategies.one.replication=synchronous", "faults=[ { at: 20s, cut: { from: zone c, to: rest }, for: 12s } ]"],
      }),
      scripted(options, {
        name: "two crashes overlap for 4 of 12 and 12 s, one copy",
        share: (20 / 12) * (2 / 6),
        set: ["faults=[ { at: 20s, processCrash: server 0, for: 12s }, { at: 28s, processCrash: server 0, for: 12s } ]"],
        overlaps: true,
      }),
      poisson(options, { gap: settings.number("gap"), down: settings.number("down"), duration: settings.number("duration") }),
    ];
  },
};

interface Scripted {
  readonly name: string;
  /** Of the shards that cannot be written to during the 12 s. */
  readonly share: number;
  readonly set: readonly string[];
  /** The first fault lasts until the second has begun, however long it is: its twin lengthens the second. */
  readonly overlaps?: boolean;
}

function scripted({ plant }: TopicOptions, { name, share, set, overlaps = false }: Scripted): VerifyCase {
  const [found] = experiment(
    { text: SCRIPTED, set: [...set, ...(plant ? [`faults[${overlaps ? 1 : 0}].for=${us(12_000_000 * LONGER)}`] : [])] },
    (record) => record.writableShare,
  );
  const predicted = 1 - (share * 12) / 60;
  // The share is a quotient of whole numbers: what differs is the last bit of two ways to write it.
  const rounding = 1e-12;
  return exactly({ case: `availability.time, ${name}`, source: "1 - share of shards × time down / time", predicted, n: 1 }, found!, {
    low: predicted - rounding,
    high: predicted + rounding,
  });
}

interface Crashes {
  readonly gap: number;
  readonly down: number;
  readonly duration: number;
}

/**
 * Crashes start as a Poisson process and overlap as they like: a server is up when none of them is under way, which is the
 * empty M/D/infinity queue. P(up at t) = exp(-min(t, down) / gap), since nothing has happened before measured time.
 */
function poisson({ plant, runs = RUNS, progress }: TopicOptions, { gap, down, duration }: Crashes): VerifyCase {
  const lasts = Math.round(plant ? down * LONGER : down);
  const crashes = [0, 1, 2].map((server) => `{ every: exp(${us(gap)}), processCrash: server ${server}, for: ${us(lasts)} }`).join(", ");
  const shares = experiment(
    {
      text: SCRIPTED,
      repeats: runs,
      progress,
      set: [
        `duration=${us(duration)}`,
        `window=${us(duration)}`,
        `faults=[ ${crashes} ]`,
        "workload[0].arrivals.poisson=1/min",
        "prober.every=1h",
      ],
    },
    (record) => record.writableShare,
  );
  const up = Math.exp(-down / gap);
  const predicted = (gap * (1 - up) + (duration - down) * up) / duration;
  const found = meanOf(shares);
  return byStandardError(
    {
      case: `availability.time, each server crashes every ${gap / 1e6} s on average, for ${down / 1e6} s`,
      source: "exp(-d / g): the empty M/D/infinity queue, Kleinrock, Queueing Systems I (1975), 3.4",
      predicted,
      n: shares.length,
      note: `${(sum(shares.map(() => duration)) / 1e6).toPrecision(6)} s in all`,
    },
    found.value,
    found.standardError,
  );
}
