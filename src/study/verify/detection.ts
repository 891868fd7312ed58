/**
 * How long a monitor takes to suspect a dead host. A timer of T = misses × h is re-armed by each heartbeat's answer, one
 * heartbeat every h; a host that dies at an instant that knows nothing of the heartbeats is suspected after a time that is
 * uniform in (T - h, T].
 */
import { assert } from "../../base/assert.ts";
import { byStandardError, largestOfUniform, meanOf, uniformly, type VerifyCase } from "./case.ts";
import { experiment, us } from "./laboratory.ts";
import { readSettings, type Setting } from "./settings.ts";
import type { Topic, TopicOptions } from "./topic.ts";

/** One monitor, no delay in the network: what is left is the timer. The death is uniform over one heartbeat. */
const DEATH = `
name: verify-detection
question: When does one monitor suspect a dead host?
repeats: 400
warmup: 1s
duration: 12s
settle: 10s
prober: { every: 100ms }
cluster:
  regions: { local: { zones: { a: 1, b: 1 } } }
  shards: 1
  replicas: 2
  server: { service: { read: 0.1ms, write: 0.1ms, apply: 0.1ms }, fsync: 0ms }
  network: { sameZone: 0ms, crossZone: 0ms }
  clients: [ { name: app, zones: [b], hosts: 1 } ]
data: { tables: { items: { rows: 100 } } }
workload: [ { name: load, arrivals: { poisson: 20/s }, mix: { update: 100% } } ]
faults: [ { at: uniform(5s..6s), hostDeath: server 0, for: ever } ]
strategies:
  one:
    placement: { spread: zone, primaries: zone a }
    replication: asynchronous
    failover: { monitor: { heartbeat: 1s, misses: 3 } }
    fencing: epoch
    hosts: { monitor: [ zone b ], metadata: [ zone b ] }
    client: { deadline: 300ms, timeout: 300ms, retries: 0 }
`;
/** The twin of a distribution: two monitors that must agree, so that the later of two counts. */
const TWO_MONITORS = "strategies.one.hosts.monitor=[zone b, zone b]";
/** The twin of a figure: monitors that ping so much more seldom than is told. */
const SELDOMER = 1.05;

const SETTINGS: readonly Setting[] = [
  { name: "heartbeat", default: "1s", what: "pause between two pings, 10ms to 10s", kind: "duration", min: 10_000, max: 10_000_000 },
  { name: "misses", default: "3", what: "heartbeats missed before a server is suspected, 2 to 20", kind: "count", min: 2, max: 20 },
];

export const DETECTION: Topic = {
  name: "detection",
  summary: "time from a host's death to a monitor's suspicion: uniform in (T - h, T]",
  settings: SETTINGS,
  runsLeast: 2,
  run: (options) => {
    const read = readSettings(SETTINGS, options.set);
    assert(read.ok, "settings were checked");
    const heartbeat = read.settings.number("heartbeat");
    const timeout = heartbeat * read.settings.number("misses");
    const told = { heartbeat, timeout, misses: read.settings.number("misses") };
    const one = detections(options, { ...told, heartbeat: options.plant ? Math.round(heartbeat * SELDOMER) : heartbeat }, []);
    const shape = options.plant ? detections(options, told, [TWO_MONITORS]) : one;
    return cases(told, one, shape);
  },
};

interface Timing {
  readonly heartbeat: number;
  readonly timeout: number;
  readonly misses: number;
}

/** Microseconds, one a repeat: the detection phase of its outage. */
function detections({ runs, progress }: TopicOptions, { heartbeat, misses }: Timing, set: readonly string[]): readonly number[] {
  const from = heartbeat * misses;
  return experiment(
    {
      text: DEATH,
      repeats: runs,
      progress,
      set: [
        `strategies.one.failover.monitor.heartbeat=${us(heartbeat)}`,
        `strategies.one.failover.monitor.misses=${misses}`,
        `faults[0].at=uniform(${us(from)}..${us(from + heartbeat)})`,
        `duration=${us(from + heartbeat * (misses + 1) + 2_000_000)}`,
        ...set,
      ],
    },
    ({ outages, header }) => {
      const [outage] = outages;
      assert(
        outages.length === 1 && outage?.ended === "failover",
        `seed ${header.seed}: one host died, and ${outages.length} outages were seen`,
      );
      return outage.phases.detection;
    },
  );
}

const SOURCE = "the last heartbeat before the death is uniform in [0, h) before it";

function cases({ heartbeat, timeout }: Timing, one: readonly number[], shape: readonly number[]): readonly VerifyCase[] {
  const low = timeout - heartbeat;
  const found = meanOf(one);
  const sigma = heartbeat / Math.sqrt(12);
  const spread = Math.sqrt(
    meanOf(shape.map((x) => (x - meanOf(shape).value) * (x - meanOf(shape).value))).value * (shape.length / (shape.length - 1)),
  );
  // Of a uniform variable the variance of the sample variance is (1/80 - 1/144) h^4 / n.
  const sigmaError = (Math.sqrt(1 / 80 - 1 / 144) * heartbeat * heartbeat) / Math.sqrt(shape.length) / (2 * sigma);
  return [
    byStandardError(
      { case: "detection by one monitor: mean, T - h / 2 (s)", source: SOURCE, predicted: (timeout - heartbeat / 2) / 1e6, n: one.length },
      found.value / 1e6,
      sigma / Math.sqrt(one.length) / 1e6,
    ),
    byStandardError(
      { case: "detection by one monitor: standard deviation, h / sqrt(12) (s)", source: SOURCE, predicted: sigma / 1e6, n: shape.length },
      spread / 1e6,
      sigmaError / 1e6,
    ),
    uniformly(
      { case: "detection by one monitor is uniform in (T - h, T]: distance", source: `${SOURCE}; Kolmogorov-Smirnov` },
      shape,
      low,
      timeout,
    ),
    largestOfUniform(
      { case: "detection by one monitor: longest beyond T - h (s)", source: SOURCE },
      one.map((x) => x - low),
      heartbeat,
      1e6,
    ),
  ];
}
