/**
 * Monitors that must agree (`failover: monitor`). The model: a heartbeat every h with a phase of its own for each
 * monitor, a timer of h x misses that each answer re-arms, suspicions told to one another, then asking the standby,
 * claiming, promoting. Nothing but timers, one network latency and the flushes takes time.
 */
import type { Random } from "../../base/random.ts";
import type { Chosen, Mechanism, Trial } from "./failover-mechanism.ts";
import { us } from "./laboratory.ts";

/** One way, any two hosts; a flush of any log device; answering a heartbeat. Microseconds. */
const ONE_WAY = 500;
const FLUSH = 1_000;
const ANSWER = 20;
const CLAIM = 1_000;
const COMMIT = 1_000;
/** The part numbers monitors in a mask of 32 bits; five are plenty. */
const MONITORS_MOST = 7;

const TEXT = `
name: verify-failover-monitor
question: When do monitors have a successor for a primary whose host dies?
repeats: 1000
warmup: 0s
duration: 10s
settle: 3s
window: 10m
prober: { every: 5s }
cluster:
  regions: { local: { zones: { a: 1, b: 1 } } }
  shards: 1
  replicas: 2
  server: { fsync: ${FLUSH}us }
  network: { sameZone: ${ONE_WAY}us, crossZone: ${ONE_WAY}us }
  clients: [ { name: app, zones: [b], hosts: 1 } ]
  metadata: { read: 0ms, claim: ${CLAIM}us, commit: ${COMMIT}us }
data: { tables: { items: { rows: 10 } } }
workload: [ { name: load, arrivals: { poisson: 0.1/s }, mix: { read: 100% } } ]
faults: [ { at: uniform(5s..6s), hostDeath: server 0, for: ever } ]
strategies:
  one:
    placement: { spread: zone, primaries: zone a }
    replication: asynchronous
    failover: { monitor: {} }
    fencing: epoch
    hosts: { metadata: [ zone b ] }
`;

export const MONITOR: Mechanism = {
  name: "monitor",
  source: "heartbeats with random phases, timers of heartbeat x misses, agreement, then one claim and one promotion",
  settings: [
    { name: "heartbeat", default: "1s", what: "pause between two pings, 10ms to 1m", kind: "duration", min: 10_000, max: 60_000_000 },
    { name: "misses", default: "3", what: "heartbeats missed before a monitor suspects, 2 to 20", kind: "count", min: 2, max: 20 },
    {
      name: "monitors",
      default: "3",
      what: `monitors, a majority of which must agree, 1 to ${MONITORS_MOST}`,
      kind: "count",
      min: 1,
      max: MONITORS_MOST,
    },
  ],
  text: TEXT,
  set: (chosen) => {
    const [heartbeat, misses, monitors] = [chosen("heartbeat"), chosen("misses"), chosen("monitors")];
    return [
      `strategies.one.failover.monitor.heartbeat=${us(heartbeat)}`,
      `strategies.one.failover.monitor.misses=${misses}`,
      `strategies.one.hosts.monitor=[${Array.from({ length: monitors }, () => "zone b").join(", ")}]`,
      `faults[0].at=uniform(${us(heartbeat)}..${us(heartbeat * 2)})`,
      `duration=${us(heartbeat * (misses + 3) + 1_000_000)}`,
    ];
  },
  model,
  planted: () => ({ heartbeat: 1.05 }),
  windows: [
    {
      system: "VTOrc",
      source:
        "VTOrc 22: instance-poll-time 5 s, recovery-poll-duration 1 s, wait-replicas-timeout 30 s at most (vtorc and vtctldclient reference pages)",
      options: { heartbeat: "5s", misses: "2", monitors: "3" },
      // As the preset vtorc-22: polls that count as failed when the next is due, whoever sees it first acts, at a recovery poll.
      set: (chosen) => [
        `strategies.one.failover.monitor={ misses: 1, agree: 1, detector: { poll: { timeout: ${us(chosen("heartbeat"))} } }, confirm: { replicas: { within: 1s } }, recoveryPoll: 1s, gather: 30s }`,
      ],
      low: 0,
      high: 36_000_000,
      planted: { heartbeat: "40s" },
    },
  ],
  countsElections: false,
};

function model(chosen: Chosen, random: Random): Trial {
  const heartbeat = chosen("heartbeat");
  const monitors = chosen("monitors");
  const agree = Math.floor(monitors / 2) + 1;
  // The last ping that still reached the server left up to one heartbeat, and one way, before the death.
  const suspected = Array.from(
    { length: monitors },
    () => -ONE_WAY - random.uniform() * heartbeat + 2 * ONE_WAY + ANSWER + heartbeat * chosen("misses"),
  );
  const agreed = suspected.map((own, i) => {
    const heard = suspected.map((at, j) => (j === i ? own : at + ONE_WAY)).sort((a, b) => a - b);
    return Math.max(own, heard[agree - 1]!);
  });
  const detection = Math.min(...agreed);
  const chosenAt = detection + 2 * ONE_WAY + (2 * ONE_WAY + CLAIM + FLUSH);
  const failover = chosenAt + ONE_WAY + FLUSH;
  return { detection, failover, published: failover + 2 * ONE_WAY + COMMIT + FLUSH, elections: 1 };
}
