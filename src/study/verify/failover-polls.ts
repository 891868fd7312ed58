/**
 * Observers that poll (`failover: monitor` with `detector: poll`), as orchestrator and VTOrc do. The model: a poll every h
 * with a phase of its own for each observer, a poll that is not answered in time, agreement; then what is wrong is looked
 * for at ticks with a phase of their own, the standby's server tries to reach the dead one for as long as it may, and the
 * standby is asked, claimed for, promoted. Nothing but timers, one network latency and the flushes takes time.
 */
import type { Random } from "../../base/random.ts";
import type { Chosen, Mechanism, Trial } from "./failover-mechanism.ts";
import { us } from "./laboratory.ts";

/** One way, any two hosts; a flush of any log device; answering a heartbeat. Microseconds. */
const ONE_WAY = 500;
const FLUSH = 1_000;
const CLAIM = 1_000;
const COMMIT = 1_000;
const MONITORS_MOST = 7;

const TEXT = `
name: verify-failover-polls
question: When do observers that poll have a successor for a primary whose host dies?
repeats: 1000
warmup: 0s
duration: 30s
settle: 3s
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
    failover: { monitor: { detector: { poll: {} }, confirm: { replicas: {} } } }
    fencing: epoch
    hosts: { metadata: [ zone b ] }
`;

const MONITOR = "strategies.one.failover.monitor";

export const POLLS: Mechanism = {
  name: "polls",
  source:
    "polls with random phases and a time-out, agreement, ticks of recovery with random phases, the standby's second opinion, then one claim and one promotion",
  settings: [
    { name: "poll", default: "5s", what: "pause between two polls, 100ms to 1m", kind: "duration", min: 100_000, max: 60_000_000 },
    { name: "timeout", default: "2s", what: "after which a poll has failed, 10ms to 1m", kind: "duration", min: 10_000, max: 60_000_000 },
    { name: "failures", default: "1", what: "polls in succession that fail, 1 to 10", kind: "count", min: 1, max: 10 },
    { name: "recovery", default: "1s", what: "pause between two looks, 10ms to 1m", kind: "duration", min: 10_000, max: 60_000_000 },
    {
      name: "within",
      default: "1s",
      what: "how long the standby tries to reach the primary, 1ms to 1m",
      kind: "duration",
      min: 1_000,
      max: 60_000_000,
    },
    { name: "observers", default: "3", what: `observers, 1 to ${MONITORS_MOST}`, kind: "count", min: 1, max: MONITORS_MOST },
    { name: "agree", default: "2", what: `of which so many must agree, 1 to ${MONITORS_MOST}`, kind: "count", min: 1, max: MONITORS_MOST },
  ],
  text: TEXT,
  problems: (chosen, isSet) =>
    isSet("agree") && chosen("agree") > chosen("observers")
      ? [`agree: ${chosen("agree")} of ${chosen("observers")} observers, so that they never would; at most all`]
      : [],
  set: (chosen) => {
    const [poll, timeout, failures, recovery, within] = ["poll", "timeout", "failures", "recovery", "within"].map(chosen) as [
      number,
      number,
      number,
      number,
      number,
    ];
    return [
      `${MONITOR}.heartbeat=${us(poll)}`,
      `${MONITOR}.misses=${failures}`,
      `${MONITOR}.detector.poll.timeout=${us(timeout)}`,
      `${MONITOR}.recoveryPoll=${us(recovery)}`,
      `${MONITOR}.confirm.replicas.within=${us(within)}`,
      `${MONITOR}.agree=${agreement(chosen)}`,
      `strategies.one.hosts.monitor=[${Array.from({ length: chosen("observers") }, () => "zone b").join(", ")}]`,
      `faults[0].at=uniform(${us(poll)}..${us(poll * 2)})`,
      `duration=${us(poll * (failures + 3) + timeout * failures + recovery + within + 1_000_000)}`,
    ];
  },
  model,
  planted: () => ({ within: 3 }),
  windows: [
    {
      system: "VTOrc",
      source:
        "VTOrc 22: instance-poll-time 5 s, recovery-poll-duration 1 s, wait-replicas-timeout 30 s at most (vtorc and vtctldclient reference pages); a check that hangs counts as failed when the next is due",
      options: { timeout: "5s", within: "1s", observers: "3", agree: "1" },
      low: 0,
      high: 36_000_000,
      planted: { failures: "9" },
    },
    {
      system: "orchestrator",
      source:
        "GitHub: a total outage of 10 s to 13 s in most cases (github.blog 2018-06-20), in which clients have their share: a new writer before that",
      options: { timeout: "2s", within: "4s" },
      low: 0,
      high: 13_000_000,
      planted: { failures: "3" },
    },
  ],
  countsElections: false,
};

/** Fewer observers than the default asks for must all agree. */
const agreement = (chosen: Chosen): number => Math.min(chosen("agree"), chosen("observers"));

function model(chosen: Chosen, random: Random): Trial {
  const [poll, timeout, recovery] = [chosen("poll"), chosen("timeout"), chosen("recovery")];
  // A poll under way is waited for before the next: those that fail follow one another at the first multiple of the pause.
  const between = Math.ceil(timeout / poll) * poll;
  const suspected = Array.from(
    { length: chosen("observers") },
    () => random.uniform() * poll - ONE_WAY + (chosen("failures") - 1) * between + timeout,
  );
  const looked = suspected.map((own, i) => {
    const heard = suspected.map((at, j) => (j === i ? own : at + ONE_WAY)).sort((a, b) => a - b);
    const agreed = Math.max(own, heard[agreement(chosen) - 1]!);
    // The next tick: ticks have nothing to do with polls.
    return agreed + random.uniform() * recovery;
  });
  const detection = Math.min(...looked) + 2 * ONE_WAY + chosen("within");
  const chosenAt = detection + 2 * ONE_WAY + (2 * ONE_WAY + CLAIM + FLUSH);
  const failover = chosenAt + ONE_WAY + FLUSH;
  return { detection, failover, published: failover + 2 * ONE_WAY + COMMIT + FLUSH, elections: 1 };
}
