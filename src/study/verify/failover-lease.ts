/**
 * Agents that keep a leader's key in the metadata service (`failover: lease`). The model, from Patroni's documentation and HA loop:
 * a round every loopWait with a phase of its own, in which the leader's session is renewed; the key is gone a ttl after the
 * last renewal, noticed by the store at its next look (etcd's lessor: every 500 ms); the standby's watch wakes its agent, which
 * looks, renews, asks the others how far they are (the dead one does not answer for 2 s), takes the key, then the epoch.
 */
import type { Random } from "../../base/random.ts";
import type { Chosen, Mechanism, Trial } from "./failover-mechanism.ts";
import { us } from "./laboratory.ts";

/** One way, any two hosts; within a host; a flush of any log device. Microseconds. */
const ONE_WAY = 500;
const SAME_HOST = 20;
const FLUSH = 1_000;
const CLAIM = 1_000;
const COMMIT = 1_000;
/** The store looks for leases that are over so often; Patroni gives another agent so long to answer. */
const LOOK = 500_000;
const STATUS_TIMEOUT = 2_000_000;

const TEXT = `
name: verify-failover-lease
question: When does another agent lead after a primary's host dies?
repeats: 1000
warmup: 0s
duration: 10s
settle: 3s
prober: { every: 20s }
cluster:
  regions: { local: { zones: { a: 1, b: 1 } } }
  shards: 1
  replicas: 2
  server: { fsync: ${FLUSH}us }
  network: { sameHost: ${SAME_HOST}us, sameZone: ${ONE_WAY}us, crossZone: ${ONE_WAY}us }
  clients: [ { name: app, zones: [b], hosts: 1 } ]
  metadata: { read: 0ms, claim: ${CLAIM}us, commit: ${COMMIT}us }
data: { tables: { items: { rows: 10 } } }
workload: [ { name: load, arrivals: { poisson: 0.1/s }, mix: { read: 100% } } ]
faults: [ { at: uniform(5s..6s), hostDeath: server 0, for: ever } ]
strategies:
  one:
    placement: { spread: zone, primaries: zone a }
    replication: asynchronous
    failover: { lease: {} }
    hosts: { metadata: [ zone b ] }
`;

/** A leader must be sure to step down in time: what is left of the ttl after a round is two tries' at most. */
const retryTimeout = (chosen: Chosen): number => Math.floor((chosen("ttl") - chosen("loopWait")) / 2);

export const LEASE: Mechanism = {
  name: "lease",
  source: "Patroni 4: docs/dynamic_configuration.rst and the HA loop (patroni/ha.py); etcd 3.5's lessor for the expiry",
  settings: [
    {
      name: "ttl",
      default: "3s",
      what: "time to live of the leader's key, 2s to 10m",
      kind: "duration",
      min: 2_000_000,
      max: 600_000_000,
    },
    {
      name: "loopWait",
      default: "1s",
      what: "pause between rounds of an agent, 100ms to 10s, below ttl",
      kind: "duration",
      min: 100_000,
      max: 10_000_000,
    },
  ],
  text: TEXT,
  problems: (chosen) =>
    chosen("loopWait") + 200_000 <= chosen("ttl")
      ? []
      : ["loopWait leaves no time to try again before the ttl is over; write a shorter one"],
  set: (chosen) => {
    const [ttl, loopWait] = [chosen("ttl"), chosen("loopWait")];
    return [
      `strategies.one.failover.lease.ttl=${us(ttl)}`,
      `strategies.one.failover.lease.loopWait=${us(loopWait)}`,
      `strategies.one.failover.lease.retryTimeout=${us(retryTimeout(chosen))}`,
      // Any instant of a round, some rounds after the key was first taken.
      `faults[0].at=uniform(${us(loopWait * 3)}..${us(loopWait * 4)})`,
      `duration=${us(loopWait * 4 + ttl + 4_000_000)}`,
    ];
  },
  model,
  planted: () => ({ ttl: 1.1 }),
  windows: [
    {
      system: "Patroni",
      source: "ttl 30, loop_wait 10 (docs/dynamic_configuration.rst): the lock expires 20 to 30 s after the death; then the race",
      options: { ttl: "30s", loopWait: "10s" },
      low: 20_000_000,
      high: 33_000_000,
      planted: { ttl: "60s" },
    },
  ],
  countsElections: false,
};

function model(chosen: Chosen, random: Random): Trial {
  // The leader's last round began so long before its death; of one that began just then, the renewal had not left.
  const ago = random.uniform() * chosen("loopWait");
  const last = ago >= 2 * ONE_WAY ? ago : ago + chosen("loopWait");
  const over = -last + 3 * ONE_WAY + chosen("ttl");
  const seen = over + random.uniform() * LOOK + FLUSH + ONE_WAY;
  // Woken, the agent looks and renews its own session before it races.
  const detection = seen + 2 * ONE_WAY + 2 * ONE_WAY;
  const conditionalWrite = 2 * ONE_WAY + CLAIM + FLUSH;
  const chosenAt = detection + STATUS_TIMEOUT + conditionalWrite + conditionalWrite;
  const failover = chosenAt + SAME_HOST + FLUSH;
  return { detection, failover, published: failover + SAME_HOST + ONE_WAY + COMMIT + FLUSH, elections: 1 };
}
